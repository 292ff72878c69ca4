//! Faults with tokens that are none, and with the way in which tokens are refused.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::tools::{NO_NONCE, accept, accepted, crash, is_handshake, nonce, refused};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::reply::{Reply, SoapFault};
use crate::sample::sync::token::Flaw;

/// A part of a token's text as the JSON object that it is.
fn object(part: Option<&str>) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part?).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

/// Whether the token is a SAML assertion, as text or in Base64.
fn is_saml(call: &Call) -> bool {
    let token = call.token.as_deref().unwrap_or_default().trim();
    let decoded = STANDARD.decode(token).unwrap_or_default();
    token.contains("Assertion") || String::from_utf8_lossy(&decoded).contains("Assertion")
}

/// A stack trace as .NET writes one.
const TRACE: &str = "System.Security.SecurityException: token refused\n   at Oak.Erp.Auth.Validate(String token) in C:\\build\\Oak.Erp\\Auth.cs:line 84";

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "saml-accepted",
        summary: "Takes a SAML assertion without looking into it.",
        violates: &["AUTH-065"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if refused(reply).is_some() && is_saml(call) {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "saml-crashes",
        summary: "Crashes on a SAML assertion.",
        violates: &["AUTH-065"],
        consequences: &["AUTH-073"],
        seams: &[Seam::Answer(|_, call, reply| {
            if refused(reply).is_some() && is_saml(call) {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "two-part-token-accepted",
        summary: "Takes a token without its third part.",
        violates: &["AUTH-066"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let mut parts = call.token.as_deref().unwrap_or_default().trim().split('.');
            let (header, claims) = (object(parts.next()), object(parts.next()));
            if refused(reply).is_some() && header.is_some() && parts.next().is_none() {
                let claims = claims.unwrap_or_default();
                if let Some(nonce) = claims.get("nonce").and_then(Value::as_str) {
                    accept(&connector.handshake, nonce, call, reply);
                }
            }
        })],
    },
    Fault {
        name: "unreadable-claims-accepted",
        summary: "Goes on with the claims of the call before when it cannot read those of a token.",
        violates: &["AUTH-067"],
        consequences: &["AUTH-047", "AUTH-066", "AUTH-072"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if accepted(reply).is_some() {
                connector.injected.remember("nonce", json!(nonce(call)));
                return;
            }
            let mut parts = call.token.as_deref().unwrap_or_default().trim().split('.');
            let (header, claims) = (object(parts.next()), object(parts.next()));
            let unreadable = header.is_some() && claims.is_none() && parts.next().is_some();
            let before = connector.injected.recall("nonce");
            if refused(reply).is_some()
                && unreadable
                && parts.next().is_none()
                && let Some(nonce) = before.as_ref().and_then(Value::as_str)
            {
                accept(&connector.handshake, nonce, call, reply);
            }
        })],
    },
    Fault {
        name: "claims-in-a-list-accepted",
        summary: "Takes the first of a list of claims.",
        violates: &["AUTH-067"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let token = call.token.as_deref().unwrap_or_default().trim();
            let payload = token.split('.').nth(1).unwrap_or_default();
            let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
            let claims: Value = serde_json::from_slice(&payload).unwrap_or_default();
            let nonce = claims
                .get(0)
                .and_then(|claims| claims.get("nonce")?.as_str());
            if refused(reply).is_some()
                && let Some(nonce) = nonce
            {
                accept(&connector.handshake, nonce, call, reply);
            }
        })],
    },
    Fault {
        name: "blank-token-accepted",
        summary: "Refuses an empty token, and takes one of blanks.",
        violates: &["AUTH-068"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let token = call.token.as_deref().unwrap_or_default();
            if refused(reply).is_some() && !token.is_empty() && token.trim().is_empty() {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "empty-token-accepted",
        summary: "Takes an empty token, which onsite installations send.",
        violates: &["AUTH-068"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let empty = call
                .token
                .as_deref()
                .is_some_and(|token| token.trim().is_empty());
            if refused(reply).is_some() && empty {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "missing-token-accepted",
        summary: "Takes a request without token.",
        violates: &["AUTH-069"],
        consequences: &["AUTH-070"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if refused(reply).is_some() && call.token.is_none() {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "nil-token-accepted",
        summary: "Takes a token that is nil for one that need not be checked.",
        violates: &["AUTH-069"],
        consequences: &["AUTH-068"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let nil = call.text.contains("SignedToken") && call.text.contains("nil=\"true\"");
            if refused(reply).is_some() && nil && call.presented.is_none() {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "missing-carrier-accepted",
        summary: "Takes a call without carrier for a question whether it is alive.",
        violates: &["AUTH-070"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let named = |word: &str| call.text.contains(word);
            let bare = !named("request") || named("nil=\"true\"");
            if refused(reply).is_some() && bare && !named("SignedToken") {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "missing-carrier-takes-service-down",
        summary: "Is down for three calls after a request without carrier.",
        violates: &["AUTH-070"],
        consequences: &[
            "AUTH-002", "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-069", "AUTH-071",
            "AUTH-083", "AUTH-088", "AUTH-091", "ERP-179", "ERP-121", "ERP-128",
        ],
        seams: &[
            Seam::Arrival(down),
            Seam::Request(|connector, call| {
                let bare = !call.text.contains("SignedToken");
                if is_handshake(call) && bare {
                    connector.injected.remember("down", json!(3));
                }
                Ok(())
            }),
        ],
    },
    Fault {
        name: "long-token-takes-service-down",
        summary: "Is down for three calls after a token of more than half a megabyte.",
        violates: &["AUTH-071"],
        consequences: &[
            "AUTH-002", "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-083", "AUTH-088",
            "AUTH-091", "ERP-014", "ERP-179", "ERP-123",
        ],
        seams: &[
            Seam::Arrival(down),
            Seam::Request(|connector, call| {
                let length = call.token.as_ref().map_or(0, String::len);
                if is_handshake(call) && length > 512 * 1024 {
                    connector.injected.remember("down", json!(3));
                }
                Ok(())
            }),
        ],
    },
    Fault {
        name: "long-token-accepted",
        summary: "Takes a token of any length.",
        violates: &["AUTH-071"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.longest = usize::MAX)],
    },
    Fault {
        name: "invisible-characters-dropped",
        summary: "Drops control and direction characters from a token.",
        violates: &["AUTH-072"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.unpack = |text| {
                let invisible = |sign: char| sign.is_control() || sign == '\u{202e}';
                text.trim()
                    .chars()
                    .filter(|sign| !invisible(*sign))
                    .collect()
            };
        })],
    },
    Fault {
        name: "odd-characters-dropped",
        summary: "Drops the characters from a token that it does not expect there.",
        violates: &["AUTH-072"],
        consequences: &["AUTH-019", "AUTH-067"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.unpack = |text| {
                let expected = |sign: &char| sign.is_ascii_alphanumeric() || "-_.".contains(*sign);
                text.chars().filter(expected).collect()
            };
        })],
    },
    // The form of a refusal
    Fault {
        name: "refusal-as-fault",
        summary: "Answers a bad token with a SOAP fault.",
        violates: &["AUTH-073"],
        consequences: &["AUTH-065"],
        seams: &[Seam::Answer(|_, _, reply| {
            if refused(reply).is_some() {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "refusal-with-http-401",
        summary: "Answers a bad token with HTTP 401.",
        violates: &["AUTH-073"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if refused(reply).is_some() {
                *reply = Reply::Status(StatusCode::UNAUTHORIZED);
            }
        })],
    },
    Fault {
        name: "refusal-without-reason",
        summary: "Gives no reason for a refusal.",
        violates: &["AUTH-074"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(verdict) = refused(reply) {
                verdict.reason = None;
            }
        })],
    },
    Fault {
        name: "no-reason-for-expired-tokens",
        summary: "Gives no reason when a token is out of its time.",
        violates: &["AUTH-074"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if call.flaw == Some(Flaw::Time)
                && let Some(verdict) = refused(reply)
            {
                verdict.reason = Some(String::new());
            }
        })],
    },
    Fault {
        name: "token-in-refusal",
        summary: "Gives its token even when it refuses.",
        violates: &["AUTH-075"],
        consequences: &["AUTH-095"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let answer = connector.handshake.answer;
            if let Some(verdict) = refused(reply) {
                verdict.token = answer(&connector.handshake, "none", call.now);
            }
        })],
    },
    Fault {
        name: "token-in-refusal-of-expired",
        summary: "Gives its token when it refuses one that is out of its time.",
        violates: &["AUTH-075"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let answer = connector.handshake.answer;
            if call.flaw == Some(Flaw::Time)
                && let (Some(verdict), Some(nonce)) = (refused(reply), nonce(call))
            {
                verdict.token = answer(&connector.handshake, nonce, call.now);
            }
        })],
    },
    Fault {
        name: "path-in-fault",
        summary: "Names the file of its settings in SOAP faults.",
        violates: &["AUTH-076"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Reply::Fault(fault) = reply {
                fault.text += " See C:\\inetpub\\oak\\connector\\web.config.";
            }
        })],
    },
    Fault {
        name: "stack-trace-in-reason",
        summary: "Gives the stack trace as reason.",
        violates: &["AUTH-076"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(verdict) = refused(reply) {
                verdict.reason = Some(TRACE.to_owned());
            }
        })],
    },
    Fault {
        name: "token-echoed-in-reason",
        summary: "Quotes the token in the reason.",
        violates: &["AUTH-077"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(verdict) = refused(reply) {
                let token: String = call
                    .token
                    .iter()
                    .flat_map(|text| text.chars())
                    .take(2000)
                    .collect();
                verdict.reason = Some(format!("Not accepted: {token}"));
            }
        })],
    },
    Fault {
        name: "exception-detail-in-faults",
        summary: "Sends the details of exceptions in SOAP faults.",
        violates: &["AUTH-079"],
        consequences: &["AUTH-076"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Reply::Fault(SoapFault { detail, .. }) = reply {
                *detail = Some(
                    "<ExceptionDetail xmlns=\"http://schemas.datacontract.org/2004/07/System.ServiceModel\">\
                     <Message>The message could not be processed.</Message>\
                     <Type>System.InvalidOperationException</Type></ExceptionDetail>"
                        .to_owned(),
                );
            }
        })],
    },
];

/// Is not available for some calls after a crash.
pub fn down(connector: &Connector, _: &mut Call) -> Result<(), Reply> {
    if connector.injected.counted("down") == 0 {
        return Ok(());
    }
    connector.injected.add("down", -1);
    Err(Reply::Status(StatusCode::SERVICE_UNAVAILABLE))
}
