//! Faults that let tokens in whose signature or algorithm ought to be refused.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::tools::{accept, accepted, fetch, header, nonce, refused};
use super::{Fault, Seam};
use crate::sample::keys::{jwk_key, rsa_key};
use crate::sample::sync::token::{self, Presented};

/// The key in the header: as JSON Web Key, or in a certificate.
fn enclosed_keys(token: &Presented) -> Vec<DecodingKey> {
    let jwk = token.header.get("jwk").and_then(jwk_key);
    let chain = token.header.get("x5c").and_then(|chain| {
        let der = STANDARD.decode(chain.get(0)?.as_str()?).ok()?;
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        rsa_key(&certificate)
    });
    jwk.into_iter().chain(chain).collect()
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "handshake-signature-not-checked",
        summary: "Decodes the token without checking its signature.",
        violates: &[
            "AUTH-037", "AUTH-038", "AUTH-039", "AUTH-040", "AUTH-041", "AUTH-045",
        ],
        consequences: &["AUTH-095"],
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
                && let Some(nonce) = nonce(call)
            {
                accept(&connector.handshake, nonce, call, reply);
            }
        })],
    },
    Fault {
        name: "no-key-means-no-check",
        summary: "Skips the signature when it has no key with the token's key id.",
        violates: &["AUTH-039", "AUTH-095"],
        consequences: &["AUTH-041"],
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
        name: "unknown-algorithm-not-checked",
        summary: "Checks signatures of RS256, and takes tokens with any other algorithm as they are.",
        violates: &["AUTH-043", "AUTH-042", "AUTH-044"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.algorithms = &[
                "RS256", "RS384", "RS512", "PS256", "ES256", "HS256", "none", "None", "NONE",
                "nOnE",
            ];
            policy.rules.trusts = |token, _| header(token, "alg") != "RS256";
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
                && let Some(nonce) = nonce(call)
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
    Fault {
        name: "further-parts-ignored",
        summary: "Reads the first three parts of a token, however many follow.",
        violates: &["AUTH-047", "AUTH-066"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.unpack = |text| {
                let parts: Vec<&str> = text.trim().split('.').take(3).collect();
                parts.join(".")
            };
        })],
    },
];
