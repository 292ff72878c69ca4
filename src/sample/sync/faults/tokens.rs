//! Faults that let tokens in which ought to be refused: signatures, keys, claims and
//! times.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::tools::{accept, accepted, fetch, refused};
use super::{Fault, Seam};
use crate::sample::sync::handshake::Verdict;
use crate::sample::sync::reply::Reply;
use crate::sample::sync::token::{self, ISSUER, Presented};

/// A text of the token's header.
fn header<'a>(token: &'a Presented, name: &str) -> &'a str {
    let value = token.header.get(name).and_then(Value::as_str);
    value.unwrap_or_default()
}

/// The key in the header: as JSON Web Key, or in a certificate.
fn enclosed_keys(token: &Presented) -> Vec<DecodingKey> {
    let jwk = token.header.get("jwk").and_then(|jwk| {
        let number = |name: &str| {
            let text = jwk.get(name).and_then(Value::as_str)?;
            URL_SAFE_NO_PAD.decode(text).ok()
        };
        Some(DecodingKey::from_rsa_raw_components(
            &number("n")?,
            &number("e")?,
        ))
    });
    let chain = token.header.get("x5c").and_then(|chain| {
        let der = STANDARD.decode(chain.get(0)?.as_str()?).ok()?;
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        match certificate.public_key().parsed().ok()? {
            PublicKey::RSA(key) => {
                let modulus = key.modulus.strip_prefix(&[0]).unwrap_or(key.modulus);
                Some(DecodingKey::from_rsa_raw_components(modulus, key.exponent))
            }
            _ => None,
        }
    });
    jwk.into_iter().chain(chain).collect()
}

/// Whether an audience is a text with this property.
fn is_text(given: Option<&Value>, holds: impl Fn(&str) -> bool) -> bool {
    given.and_then(Value::as_str).is_some_and(holds)
}

pub const FAULTS: &[Fault] = &[
    // Signatures and keys
    Fault {
        name: "handshake-signature-not-checked",
        summary: "Decodes the token without checking its signature.",
        violates: &["AUTH-037", "AUTH-038", "AUTH-039", "AUTH-040"],
        consequences: &["AUTH-041", "AUTH-045", "AUTH-095"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.trusts = |_, _| true;
        })],
    },
    Fault {
        name: "known-key-id-is-enough",
        summary: "Takes a token whose key id is that of a known key, whatever its signature.",
        violates: &["AUTH-040", "AUTH-037", "AUTH-038"],
        consequences: &["AUTH-045"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(token) = &call.presented else {
                return;
            };
            let id = header(token, "kid").to_owned();
            if accepted(reply).is_some() {
                connector.injected.remember("kid", Value::String(id));
            } else if connector.injected.recall("kid") == Some(Value::String(id))
                && call.flaw == Some(token::Flaw::Signature)
                && let Some(nonce) = super::tools::nonce(call)
            {
                accept(&connector.handshake, nonce, call, reply);
            }
        })],
    },
    Fault {
        name: "no-key-means-no-check",
        summary: "Skips the signature when it has no key with the token's key id.",
        violates: &["AUTH-039"],
        consequences: &["AUTH-041", "AUTH-095"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.trusts = |token, keys| {
                // A certificate has no key id: there a foreign one stands for no key.
                keys.is_empty() || !header(token, "kid").chars().all(|c| c.is_ascii_hexdigit())
            };
        })],
    },
    Fault {
        name: "enclosed-key-trusted",
        summary: "Checks the signature with the key that the token brings along.",
        violates: &["AUTH-041"],
        consequences: &["AUTH-040"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.other_keys = enclosed_keys;
        })],
    },
    Fault {
        name: "key-address-fetched",
        summary: "Fetches the key set that the token's header points to.",
        violates: &["AUTH-041"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.other_keys = |token| {
                for name in ["jku", "x5u"] {
                    fetch(header(token, name));
                }
                Vec::new()
            };
        })],
    },
    Fault {
        name: "handshake-unsigned-token-accepted",
        summary: "Takes a token with algorithm none, in any letter case.",
        violates: &["AUTH-042"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.algorithms = &["RS256", "none", "None", "NONE", "nOnE"];
            policy.rules.trusts = |token, _| header(token, "alg").eq_ignore_ascii_case("none");
        })],
    },
    Fault {
        name: "mixed-case-none-accepted",
        summary: "Refuses algorithm none in lower-case letters only.",
        violates: &["AUTH-042"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.algorithms = &["RS256", "None", "NONE", "nOnE", "NoNe"];
            policy.rules.trusts = |token, _| header(token, "alg").eq_ignore_ascii_case("none");
        })],
    },
    Fault {
        name: "handshake-hmac-token-accepted",
        summary: "Takes a token that is signed with the public key as shared secret.",
        violates: &["AUTH-043"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            // Which form of the key is the secret does not matter for what is seen.
            policy.rules.algorithms = &["RS256", "HS256"];
            policy.rules.trusts = |token, _| header(token, "alg") == "HS256";
        })],
    },
    Fault {
        name: "other-rsa-algorithms-accepted",
        summary: "Takes every algorithm that the trusted key can be used with.",
        violates: &["AUTH-044"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.algorithms = &["RS256", "RS384", "RS512", "PS256"];
        })],
    },
    Fault {
        name: "own-key-trusted",
        summary: "Takes tokens that are signed with the application's own key.",
        violates: &["AUTH-045"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let (Some(_), Some(token)) = (refused(reply), &call.presented) else {
                return;
            };
            let signature = URL_SAFE_NO_PAD.decode(&token.signature).unwrap_or_default();
            let key = connector.handshake.pair.public();
            if key.verify(token.message.as_bytes(), &signature)
                && let Some(nonce) = super::tools::nonce(call)
            {
                accept(&connector.handshake, nonce, call, reply);
            }
        })],
    },
    Fault {
        name: "extensions-ignored",
        summary: "Ignores crit in the token's header.",
        violates: &["AUTH-046"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.minds_extensions = false)],
    },
    Fault {
        name: "nested-token-accepted",
        summary: "Unwraps a token inside a token and takes the inner one.",
        violates: &["AUTH-047"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.unpack = |text| {
                let text = text.trim();
                let inner = text
                    .split('.')
                    .nth(1)
                    .and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok())
                    .and_then(|payload| String::from_utf8(payload).ok());
                let inner = inner.map(|inner| inner.trim_matches('"').to_owned());
                let is_token =
                    |inner: &String| inner.matches('.').count() == 2 && !inner.contains('{');
                inner.filter(is_token).unwrap_or_else(|| text.to_owned())
            };
        })],
    },
    // Issuer and audience
    Fault {
        name: "handshake-issuer-not-checked",
        summary: "Does not look at the issuer.",
        violates: &["AUTH-048", "AUTH-049"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.issuer = |_| true)],
    },
    Fault {
        name: "issuer-compared-loosely",
        summary: "Compares the issuer without regard to case and blanks at its ends.",
        violates: &["AUTH-048"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.issuer =
                |issuer| is_text(issuer, |text| text.trim().eq_ignore_ascii_case(ISSUER));
        })],
    },
    Fault {
        name: "issuer-may-be-missing",
        summary: "Checks the issuer only when there is one.",
        violates: &["AUTH-049"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.issuer =
                |issuer| issuer.is_none_or(|issuer| issuer.as_str() == Some(ISSUER));
        })],
    },
    Fault {
        name: "handshake-audience-not-checked",
        summary: "Does not look at the audience.",
        violates: &["AUTH-050", "AUTH-051", "AUTH-052", "AUTH-053", "AUTH-062"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.audience = |_, _| true)],
    },
    Fault {
        name: "any-application-welcome",
        summary: "Takes every audience that begins with spn:.",
        violates: &["AUTH-050", "AUTH-062"],
        consequences: &["AUTH-053"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.audience = |given, _| is_text(given, |text| text.starts_with("spn:"));
        })],
    },
    Fault {
        name: "audience-without-prefix-accepted",
        summary: "Takes the bare application id as audience.",
        violates: &["AUTH-051"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.audience = |given, expected| {
                token::audience(given, expected)
                    || token::audience(given, expected.trim_start_matches("spn:"))
            };
        })],
    },
    Fault {
        name: "audience-may-be-missing",
        summary: "Checks the audience only when there is one.",
        violates: &["AUTH-052"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.audience =
                |given, expected| given.is_none() || token::audience(given, expected);
        })],
    },
    Fault {
        name: "audience-by-containment",
        summary: "Takes every audience that contains its own.",
        violates: &["AUTH-053"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.audience =
                |given, expected| is_text(given, |text| text.contains(expected));
        })],
    },
    Fault {
        name: "id-token-accepted",
        summary: "Takes the id_token of a user as well, since SuperOffice has signed it.",
        violates: &["AUTH-061"],
        consequences: &["AUTH-048"],
        seams: &[
            Seam::Policy(|policy| {
                policy.rules.issuer = |issuer| {
                    is_text(issuer, |text| {
                        text == ISSUER || text.ends_with(".superoffice.com")
                    })
                };
                policy.rules.audience = |given, expected| {
                    token::audience(given, expected)
                        || token::audience(given, expected.trim_start_matches("spn:"))
                };
                policy.rules.demands = |token| {
                    let user = is_text(token.claims.get("iss"), |text| text != ISSUER);
                    let bare = is_text(token.claims.get("aud"), |text| !text.starts_with("spn:"));
                    user == bare
                };
            }),
            Seam::Policy(|policy| {
                policy.rules.nonce = |given| Some(token::nonce(given).unwrap_or("0".repeat(32)));
            }),
            Seam::Answer(|_, call, reply| {
                let claims = call.presented.as_ref().map(|token| &token.claims);
                let of_superoffice =
                    claims.is_some_and(|claims| is_text(claims.get("iss"), |text| text == ISSUER));
                // Only the token of a user may come without nonce.
                if of_superoffice && super::tools::nonce(call).is_none_or(str::is_empty) {
                    *reply = Reply::Handshake(Verdict::refused());
                }
            }),
        ],
    },
    Fault {
        name: "system-user-token-accepted",
        summary: "Takes a token whose audience is the serial number of the tenant.",
        violates: &["AUTH-062"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.audience = |given, expected| {
                let serial = |text: &str| {
                    text.strip_prefix("spn:").is_some_and(|serial| {
                        !serial.is_empty() && serial.bytes().all(|digit| digit.is_ascii_digit())
                    })
                };
                token::audience(given, expected) || is_text(given, serial)
            };
        })],
    },
    // Times and nonce
    Fault {
        name: "expired-token-accepted",
        summary: "Does not look at exp.",
        violates: &["AUTH-054"],
        consequences: &["AUTH-056"],
        seams: &[Seam::Policy(|policy| policy.rules.checks_expiry = false)],
    },
    Fault {
        name: "one-hour-of-skew",
        summary: "Tolerates clocks that are an hour apart.",
        violates: &["AUTH-054", "AUTH-055"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.tolerance = SignedDuration::from_hours(1);
        })],
    },
    Fault {
        name: "early-token-accepted",
        summary: "Does not look at nbf.",
        violates: &["AUTH-055"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.checks_not_before = false
        })],
    },
    Fault {
        name: "exp-may-be-missing",
        summary: "Takes a token without exp as one that never expires.",
        violates: &["AUTH-056"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.needs_expiry = false)],
    },
    Fault {
        name: "nonce-invented",
        summary: "Makes up a nonce when the token has none.",
        violates: &["AUTH-058"],
        consequences: &["AUTH-059"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.nonce = |given| match given {
                None => Some("0".repeat(32)),
                given => token::nonce(given),
            };
        })],
    },
    Fault {
        name: "empty-nonce-accepted",
        summary: "Takes an empty nonce.",
        violates: &["AUTH-059"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.nonce = |given| match given.and_then(Value::as_str) {
                Some("") => Some(String::new()),
                _ => token::nonce(given),
            };
        })],
    },
    Fault {
        name: "nonce-of-any-type",
        summary: "Takes a number as nonce.",
        violates: &["AUTH-060"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.nonce = |given| match given {
                Some(Value::String(_)) | None => token::nonce(given),
                Some(other) => Some(other.to_string()),
            };
        })],
    },
    Fault {
        name: "double-claims-accepted",
        summary: "Takes the last of two claims with one name.",
        violates: &["AUTH-063"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.unique_members = false)],
    },
    // Key rotation
    Fault {
        name: "first-key-for-ever",
        summary: "Stays with the key of its first handshake, although the set has others.",
        violates: &["AUTH-092"],
        consequences: &["AUTH-093"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(token) = call
                .presented
                .as_ref()
                .filter(|_| accepted(reply).is_some())
            else {
                return;
            };
            let id = Value::String(header(token, "kid").to_owned());
            let first = connector.injected.recall("first key");
            if first.as_ref().is_some_and(|first| *first != id) {
                *reply = Reply::Handshake(Verdict::refused());
            } else {
                connector.injected.remember("first key", id);
            }
        })],
    },
    Fault {
        name: "key-set-read-once",
        summary: "Reads the key set once and never again.",
        violates: &["AUTH-093"],
        consequences: &["AUTH-092"],
        seams: &[Seam::Policy(|policy| policy.rules.refreshes_keys = false)],
    },
];
