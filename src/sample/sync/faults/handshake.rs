//! Faults of the handshake: its place, and tokens that ought to be accepted.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::tools::{
    accepted, claim, crash, cut, enter, is_handshake, leave, nonce, replace, verdict,
};
use super::{Fault, Seam};
use crate::sample::fault::certificate_faults;
use crate::sample::sync::connector::{Connector, fault};
use crate::sample::sync::handshake::{INTERFACE, Verdict, timestamped};
use crate::sample::sync::reply::{Reply, SoapFault};
use crate::sample::sync::token;
use crate::sample::tls::Certificate;

/// What cannot go well without any handshake.
const NO_HANDSHAKE: &[&str] = &[
    "AUTH-002", "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-014", "AUTH-016", "AUTH-017",
    "AUTH-018", "AUTH-020", "AUTH-091", "AUTH-092",
];

/// The same when tokens are refused in the proper form.
const REFUSED: &[&str] = &[
    "AUTH-003", "AUTH-010", "AUTH-014", "AUTH-017", "AUTH-018", "AUTH-020", "AUTH-091", "AUTH-092",
];

/// How many bad tokens there were up to this handshake; none for other operations.
fn count_bad_tokens(connector: &Connector, reply: &mut Reply) -> u64 {
    match verdict(reply) {
        Some(verdict) => {
            let bad = i64::from(!verdict.succeeded);
            connector.injected.add("bad tokens", bad)
        }
        None => 0,
    }
}

pub const CERTIFICATES: &[Fault] = certificate_faults!(&["AUTH-007"], &["AUTH-011", "ERP-019"]);

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "handshake-at-another-address",
        summary: "Does not know the action Authenticate at the connector's address, only at another.",
        violates: &["AUTH-001"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Request(|_, call| match is_handshake(call) {
            true => Err(fault(SoapFault::unknown_action())),
            false => Ok(()),
        })],
    },
    Fault {
        name: "handshake-at-a-path-of-its-own",
        summary: "Answers Authenticate with 404 at the connector's address, as it has a path of its own.",
        violates: &["AUTH-001"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Request(|_, call| match is_handshake(call) {
            true => Err(Reply::Status(StatusCode::NOT_FOUND)),
            false => Ok(()),
        })],
    },
    Fault {
        name: "handshake-as-application-xml",
        summary: "Answers Authenticate as application/xml.",
        violates: &["AUTH-002"],
        consequences: &["AUTH-005", "AUTH-013"],
        seams: &[Seam::Written(|_, call, written| {
            if is_handshake(call) {
                let kind = HeaderValue::from_static("application/xml; charset=utf-8");
                written.headers.insert(CONTENT_TYPE, kind);
            }
        })],
    },
    Fault {
        name: "refusal-with-http-500",
        summary: "Answers a refused token with HTTP 500 around the result.",
        violates: &["AUTH-002", "AUTH-073"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if is_handshake(call) && written.body.contains(">false</") {
                written.status = StatusCode::INTERNAL_SERVER_ERROR;
            }
        })],
    },
    Fault {
        name: "action-needs-quotes",
        summary: "Does not know an operation when SOAPAction comes without quotes.",
        violates: &["AUTH-003"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.action = |value| value.trim().strip_prefix('"')?.strip_suffix('"');
        })],
    },
    Fault {
        name: "action-quotes-kept",
        summary: "Takes the quotes for a part of the action Authenticate.",
        violates: &["AUTH-003"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Request(|_, call| {
            let action = call.headers.get("soapaction");
            let quoted = action.is_some_and(|value| value.as_bytes().starts_with(b"\""));
            match is_handshake(call) && quoted {
                true => Err(fault(SoapFault::unknown_action())),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "handshake-wants-api-key",
        summary: "Asks for an API key before it looks at the token.",
        violates: &["AUTH-004"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Request(|_, call| {
            let has_key = call.headers.contains_key("x-api-key");
            match is_handshake(call) && !has_key {
                true => Err(Reply::Status(StatusCode::UNAUTHORIZED)),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "handshake-behind-a-login-page",
        summary: "Sends callers of Authenticate without a cookie to a login page.",
        violates: &["AUTH-004"],
        consequences: NO_HANDSHAKE,
        seams: &[
            Seam::Request(|_, call| {
                let known = call.headers.contains_key(COOKIE);
                match is_handshake(call) && !known {
                    true => Err(Reply::Status(StatusCode::FOUND)),
                    false => Ok(()),
                }
            }),
            Seam::Written(|_, _, written| {
                if written.status == StatusCode::FOUND {
                    let page = HeaderValue::from_static("/login?next=/Services");
                    written.headers.insert(LOCATION, page);
                }
            }),
        ],
    },
    Fault {
        name: "success-not-told",
        summary: "Leaves Succeeded out of the answer, because the token says it all.",
        violates: &["AUTH-005"],
        consequences: &[
            "AUTH-003", "AUTH-010", "AUTH-013", "AUTH-016", "AUTH-017", "AUTH-018", "AUTH-020",
            "AUTH-091", "AUTH-092",
        ],
        seams: &[Seam::Written(|_, call, written| {
            if is_handshake(call) {
                cut(&mut written.body, "<d:Succeeded>true", "</d:Succeeded>");
                cut(&mut written.body, "<Succeeded>true", "</Succeeded>");
            }
        })],
    },
    Fault {
        name: "accepted-with-http-202",
        summary: "Answers an accepted token with HTTP 202.",
        violates: &["AUTH-005"],
        consequences: &["AUTH-002"],
        seams: &[Seam::Written(|_, call, written| {
            if is_handshake(call) && written.body.contains("Succeeded>true</") {
                written.status = StatusCode::ACCEPTED;
            }
        })],
    },
    Fault {
        name: "plain-http-served",
        summary: "Serves the same operations over plain http beside https.",
        violates: &["AUTH-006"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.plain_http = true)],
    },
    Fault {
        name: "old-tls-offered",
        summary: "Agrees to TLS 1.0 and 1.1.",
        violates: &["AUTH-008"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.old_tls = true)],
    },
    Fault {
        name: "slow-handshake",
        summary: "Takes eleven seconds for the third handshake, when it tidies up.",
        violates: &["AUTH-009"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            if is_handshake(call) && connector.injected.count("handshakes") == 3 {
                call.delay = Duration::from_secs(11);
            }
            Ok(())
        })],
    },
    Fault {
        name: "slow-first-handshake",
        summary: "Takes eleven seconds to get ready when the first handshake comes.",
        violates: &["AUTH-009"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            if is_handshake(call) && connector.injected.count("handshakes") == 1 {
                call.delay = Duration::from_secs(11);
            }
            Ok(())
        })],
    },
    Fault {
        name: "few-handshakes-at-a-time",
        summary: "Works on three handshakes at a time, and sends further callers away.",
        violates: &["AUTH-010"],
        consequences: &[],
        seams: &[
            Seam::Request(|connector, call| {
                let delay = Duration::from_millis(40);
                match !is_handshake(call) || enter(connector, call, 3, delay) {
                    true => Ok(()),
                    false => Err(crash()),
                }
            }),
            Seam::Late(|connector, call, _| leave(connector, call)),
        ],
    },
    Fault {
        name: "parallel-handshakes-share-a-nonce",
        summary: "Keeps the nonce in one place for all calls, so that parallel ones mix.",
        violates: &["AUTH-010"],
        consequences: &["AUTH-025", "AUTH-033"],
        seams: &[
            Seam::Request(|_, call| {
                if is_handshake(call) {
                    call.delay = Duration::from_millis(40);
                }
                Ok(())
            }),
            Seam::Answer(|connector, call, reply| {
                if accepted(reply).is_some()
                    && let Some(nonce) = nonce(call)
                {
                    connector.injected.remember("nonce", json!(nonce));
                }
            }),
            Seam::Late(|connector, call, reply| {
                let last = connector.injected.recall("nonce");
                if let Some(verdict) = accepted(reply)
                    && let Some(nonce) = last.as_ref().and_then(Value::as_str)
                {
                    verdict.token = timestamped(&connector.handshake, nonce, call.now);
                }
            }),
        ],
    },
    Fault {
        name: "wsdl-without-handshake",
        summary: "Publishes a WSDL of the ERP contract alone.",
        violates: &["AUTH-011"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if call.method == Method::GET {
                for part in ["portType", "binding"] {
                    let begin = format!("<wsdl:{part} name=\"{INTERFACE}");
                    cut(&mut written.body, &begin, &format!("</wsdl:{part}>"));
                }
                cut(
                    &mut written.body,
                    &format!("<wsdl:port name=\"{INTERFACE}"),
                    "</wsdl:port>",
                );
            }
        })],
    },
    Fault {
        name: "answer-not-in-described-order",
        summary: "Writes Succeeded before the members that come first in the WSDL.",
        violates: &["AUTH-012"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if is_handshake(call)
                && let Some(member) = cut(&mut written.body, "<d:Succeeded>", "</d:Succeeded>")
            {
                replace(written, "<d:Reason", &format!("{member}<d:Reason"));
            }
        })],
    },
    Fault {
        name: "every-third-handshake-refused",
        summary: "Refuses every third good token.",
        violates: &["AUTH-013"],
        consequences: REFUSED,
        seams: &[Seam::Answer(|connector, _, reply| {
            if accepted(reply).is_some()
                && connector.injected.count("good tokens").is_multiple_of(3)
            {
                *reply = Reply::Handshake(Verdict::refused());
            }
        })],
    },
    Fault {
        name: "clock-two-minutes-late",
        summary: "Has a clock that is two minutes late, and tolerates no difference.",
        violates: &["AUTH-013"],
        consequences: REFUSED,
        seams: &[Seam::Policy(|policy| {
            policy.rules.tolerance = SignedDuration::from_mins(-2);
        })],
    },
    Fault {
        name: "success-without-token",
        summary: "Accepts the token without giving one of its own.",
        violates: &["AUTH-014"],
        consequences: &[
            "AUTH-010", "AUTH-013", "AUTH-024", "AUTH-025", "AUTH-033", "AUTH-086",
        ],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(verdict) = accepted(reply) {
                verdict.token = None;
            }
        })],
    },
    Fault {
        name: "token-lost-now-and-then",
        summary: "Accepts every third token with an empty one of its own.",
        violates: &["AUTH-014"],
        consequences: &[
            "AUTH-010", "AUTH-013", "AUTH-024", "AUTH-025", "AUTH-033", "AUTH-086",
        ],
        seams: &[Seam::Answer(|connector, _, reply| {
            if let Some(verdict) = accepted(reply)
                && connector.injected.count("accepted").is_multiple_of(3)
            {
                verdict.token = Some(String::new());
            }
        })],
    },
    Fault {
        name: "reason-on-success",
        summary: "Fills Reason with OK when the token was accepted.",
        violates: &["AUTH-015"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(verdict) = accepted(reply) {
                verdict.reason = Some("OK".to_owned());
            }
        })],
    },
    Fault {
        name: "new-tenant-told-in-reason",
        summary: "Tells in Reason that it has not seen a tenant before.",
        violates: &["AUTH-015"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let tenant = format!("tenant {:?}", claim(call, "sub"));
            if let Some(verdict) = accepted(reply)
                && connector.injected.count(&tenant) == 1
            {
                verdict.reason = Some("Welcome: the tenant has been registered.".to_owned());
            }
        })],
    },
    Fault {
        name: "iat-demanded",
        summary: "Refuses a token without iat, although SuperOffice sends none.",
        violates: &["AUTH-016"],
        consequences: &[
            "AUTH-003", "AUTH-010", "AUTH-013", "AUTH-014", "AUTH-017", "AUTH-018", "AUTH-020",
            "AUTH-091", "AUTH-092",
        ],
        seams: &[Seam::Policy(|policy| {
            policy.rules.demands = |token| token.claims.contains_key("iat");
        })],
    },
    Fault {
        name: "email-demanded",
        summary: "Refuses a token that names no user by email.",
        violates: &["AUTH-016"],
        consequences: &[
            "AUTH-003", "AUTH-010", "AUTH-013", "AUTH-014", "AUTH-017", "AUTH-018", "AUTH-020",
            "AUTH-091", "AUTH-092",
        ],
        seams: &[Seam::Policy(|policy| {
            policy.rules.demands = |token| token.claims.keys().any(|name| name.contains("email"));
        })],
    },
    Fault {
        name: "extra-claims-refused",
        summary: "Refuses a token with a claim that it does not know.",
        violates: &["AUTH-017"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.demands = |token| {
                let known = ["iss", "aud", "sub", "nonce", "nbf", "exp", "iat"];
                token
                    .claims
                    .keys()
                    .all(|name| known.contains(&name.as_str()) || name.ends_with("/ctx"))
            };
        })],
    },
    Fault {
        name: "claims-are-all-text",
        summary: "Cannot read a token with a claim that is an object or a list.",
        violates: &["AUTH-017"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.demands = |token| {
                let compound = |value: &Value| value.is_object() || value.is_array();
                token
                    .claims
                    .iter()
                    .all(|(name, value)| name == "aud" || !compound(value))
            };
        })],
    },
    Fault {
        name: "claims-in-order",
        summary: "Looks for sub behind aud, and does not find it in front of it.",
        violates: &["AUTH-018"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.demands = |token| {
                let behind = token.payload.split("\"aud\"").nth(1);
                behind.is_some_and(|rest| rest.contains("\"sub\""))
            };
        })],
    },
    Fault {
        name: "claims-without-white-space",
        summary: "Looks for claims in the text of the payload, and trips over white space.",
        violates: &["AUTH-018"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.demands = |token| {
                let text = &token.payload;
                !text.contains("\": ") && !text.contains('\n') && !text.contains("\" :")
            };
        })],
    },
    Fault {
        name: "token-not-trimmed",
        summary: "Refuses a token with line breaks around it.",
        violates: &["AUTH-019"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.unpack = str::to_owned)],
    },
    Fault {
        name: "one-tenant-only",
        summary: "Serves the tenant whose token came first, and refuses all others.",
        violates: &["AUTH-020"],
        consequences: &["AUTH-010", "AUTH-013"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let tenant = claim(call, "sub");
            if let (Some(_), Some(tenant)) = (accepted(reply), tenant) {
                let first = connector.injected.recall("tenant");
                let first = first.unwrap_or_else(|| {
                    connector.injected.remember("tenant", tenant.clone());
                    tenant.clone()
                });
                if first != *tenant {
                    *reply = Reply::Handshake(Verdict::refused());
                }
            }
        })],
    },
    Fault {
        name: "other-tenants-crash",
        summary: "Crashes when the token is for another tenant than the first one's.",
        violates: &["AUTH-020"],
        consequences: &["AUTH-010", "AUTH-013"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let tenant = claim(call, "sub").cloned().unwrap_or_default();
            if accepted(reply).is_none() {
                return;
            }
            match connector.injected.recall("tenant") {
                Some(first) if first != tenant => *reply = crash(),
                _ => {
                    connector.injected.remember("tenant", tenant);
                }
            }
        })],
    },
    Fault {
        name: "long-nonce-refused",
        summary: "Has room for a nonce of 36 characters only.",
        violates: &["AUTH-021"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.nonce =
                |given| token::nonce(given).filter(|nonce| nonce.chars().count() <= 36);
        })],
    },
    Fault {
        name: "locked-out-after-refusals",
        summary: "Refuses everybody after more than fifteen bad tokens.",
        violates: &["AUTH-091"],
        consequences: &[
            "AUTH-003", "AUTH-010", "AUTH-013", "AUTH-014", "AUTH-016", "AUTH-017", "AUTH-018",
            "AUTH-020", "AUTH-071", "AUTH-083", "AUTH-088", "AUTH-092",
        ],
        seams: &[Seam::Answer(|connector, _, reply| {
            if count_bad_tokens(connector, reply) > 15 {
                *reply = Reply::Handshake(Verdict::refused());
            }
        })],
    },
    Fault {
        name: "crashes-after-refusals",
        summary: "Answers every handshake with a fault after more than twenty-five bad tokens.",
        violates: &["AUTH-091"],
        consequences: &[
            "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-014", "AUTH-016", "AUTH-017",
            "AUTH-018", "AUTH-020", "AUTH-071", "AUTH-083", "AUTH-088", "AUTH-092",
        ],
        seams: &[Seam::Answer(|connector, _, reply| {
            if count_bad_tokens(connector, reply) > 25 {
                *reply = crash();
            }
        })],
    },
];
