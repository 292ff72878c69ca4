//! Faults that let well signed tokens in whose claims or times ought to be refused.

use jiff::SignedDuration;
use serde_json::Value;

use super::tools::{NO_NONCE, accept, claim, nonce};
use super::{Fault, Seam};
use crate::sample::sync::token::{self, Flaw, ISSUER};

/// Whether a claim is a text with this property.
fn is_text(given: Option<&Value>, holds: impl Fn(&str) -> bool) -> bool {
    given.and_then(Value::as_str).is_some_and(holds)
}

pub const FAULTS: &[Fault] = &[
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
        name: "issuer-and-audience-not-checked",
        summary: "Takes every token that SuperOffice has signed, for whomever it is.",
        violates: &[
            "AUTH-061", "AUTH-048", "AUTH-049", "AUTH-050", "AUTH-051", "AUTH-052", "AUTH-053",
            "AUTH-062",
        ],
        consequences: &["AUTH-063"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.issuer = |_| true;
            policy.rules.audience = |_, _| true;
        })],
    },
    Fault {
        name: "id-token-accepted",
        summary: "Takes the id_token of a user as well, since SuperOffice has signed it.",
        violates: &["AUTH-061"],
        consequences: &["AUTH-048"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let of_user = is_text(claim(call, "iss"), |text| {
                text.ends_with(".superoffice.com")
            });
            let for_client = is_text(claim(call, "aud"), |text| !text.starts_with("spn:"));
            // The issuer is looked at when the signature has been found good.
            if call.flaw == Some(Flaw::Issuer) && of_user && for_client {
                let nonce = nonce(call).unwrap_or(NO_NONCE);
                accept(&connector.handshake, nonce, call, reply);
            }
        })],
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
        name: "handshake-times-not-checked",
        summary: "Does not look at the times of a token.",
        violates: &["AUTH-056", "AUTH-054", "AUTH-055"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.needs_expiry = false;
            policy.rules.checks_expiry = false;
            policy.rules.checks_not_before = false;
        })],
    },
    Fault {
        name: "missing-nonce-read-as-empty",
        summary: "Reads a nonce that is missing as an empty one, and takes both.",
        violates: &["AUTH-058", "AUTH-059"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.nonce = |given| match given.map(Value::as_str) {
                None | Some(Some("")) => Some(String::new()),
                _ => token::nonce(given),
            };
        })],
    },
    Fault {
        name: "nonce-invented",
        summary: "Makes up a nonce when the token has none.",
        violates: &["AUTH-058"],
        consequences: &["AUTH-059"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.nonce = |given| match given {
                None => Some(NO_NONCE.to_owned()),
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
];
