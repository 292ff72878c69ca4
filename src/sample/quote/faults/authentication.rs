//! Faults of Authenticate and of access tokens.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::tools::{FIRST, authorization, credential, failure, is, member, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::policy::EarlierTokens;
use crate::sample::quote::wire::{Answer, Problem, put};

pub const FAULTS: &[Fault] = &[
    // Authenticate
    Fault {
        name: "authenticate-answers-201",
        summary: "Answers a successful Authenticate 201, since a token has been created.",
        violates: &["QC-022", "QC-019"],
        consequences: &["QC-020", "QC-021", "QC-032", "QC-033"],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::Authenticate).is_some() {
                answer.status = StatusCode::CREATED;
            }
        })],
    },
    Fault {
        name: "authenticate-fails-now-and-then",
        summary: "Answers every third good credential 503.",
        violates: &["QC-019"],
        consequences: &[
            "QC-038", "QC-042", "QC-020", "QC-021", "QC-022", "QC-032", "QC-033", "QC-034",
            "QC-041", "QC-044",
        ],
        seams: &[Seam::Answer(|connector, call, answer| {
            if result(call, answer, Op::Authenticate).is_some()
                && connector
                    .injected
                    .count("good credentials")
                    .is_multiple_of(3)
            {
                *answer = Answer::from(failure(StatusCode::SERVICE_UNAVAILABLE));
            }
        })],
    },
    Fault {
        name: "bearer-in-one-spelling",
        summary: "Compares the scheme name letter for letter with Bearer.",
        violates: &["QC-020"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.is_bearer = |scheme| scheme == "Bearer"
        })],
    },
    Fault {
        name: "scheme-in-capitals-refused",
        summary: "Knows Bearer and bearer in front of access tokens, but not BEARER.",
        violates: &["QC-020"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let in_capitals = authorization(call).is_some_and(|text| text.starts_with("BEARER "));
            if in_capitals && !is(call, Op::Authenticate) {
                *answer = Answer::from(Problem::no_token("Not a bearer token."));
            }
        })],
    },
    Fault {
        name: "authenticate-refuses-empty-object",
        summary: "Refuses {} as body of Authenticate, because it expects no body.",
        violates: &["QC-021"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::Authenticate) && !call.sent.is_null() {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "empty-object-gives-no-token",
        summary: "Takes {} as body of Authenticate for a question and gives no token.",
        violates: &["QC-021"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if !call.sent.is_null()
                && let Some(given) = result(call, answer, Op::Authenticate)
            {
                *given = json!({"TokenType": "Bearer"});
            }
        })],
    },
    Fault {
        name: "token-named-as-in-oauth",
        summary: "Names the token access_token, as OAuth does.",
        violates: &["QC-022", "QC-052"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::Authenticate) {
                *value = json!({
                    "access_token": value["AccessToken"],
                    "token_type": "Bearer",
                    "expires_in": value["ExpiresIn"],
                });
            }
        })],
    },
    Fault {
        name: "token-not-for-addresses",
        summary: "Does not accept its own token for GetAddresses.",
        violates: &["QC-023"],
        consequences: &["QC-032", "QC-090", "QC-247", "QC-248", "QC-249"],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::GetAddresses).is_some() {
                *answer = Answer::from(failure(StatusCode::UNAUTHORIZED));
            }
        })],
    },
    Fault {
        name: "tokens-wear-out",
        summary: "Ends an access token after twenty calls.",
        violates: &["QC-023"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            if call.session.is_some()
                && !is(call, Op::Authenticate)
                && let Some(token) = credential(call)
                && connector.injected.count(&format!("calls with {token}")) > 20
            {
                *answer = Answer::from(Problem::no_token("The access token is used up."));
            }
        })],
    },
    Fault {
        name: "missing-credential-gets-token",
        summary: "Gives whoever sends no credential a token of the first customer.",
        violates: &["QC-024"],
        consequences: &["QC-045"],
        seams: &[Seam::Policy(|policy| {
            policy.admits = |call| {
                let missing = !call.headers.contains_key(AUTHORIZATION);
                (is(call, Op::Authenticate) && missing).then_some(FIRST)
            };
        })],
    },
    Fault {
        name: "wrong-secret-gets-token",
        summary: "Gives a token for any credential that is not a signed token.",
        violates: &["QC-024"],
        consequences: &["QC-045", "QC-044"],
        seams: &[Seam::Policy(|policy| {
            policy.admits = |call| {
                let credential = credential(call).unwrap_or_default();
                (is(call, Op::Authenticate) && !credential.contains('.')).then_some(FIRST)
            };
        })],
    },
    // Access tokens
    Fault {
        name: "search-without-token",
        summary: "Lets FindProduct be called without a token.",
        violates: &["QC-025"],
        consequences: &["QC-045"],
        seams: &[Seam::Policy(|policy| {
            policy.admits = |call| {
                let missing = !call.headers.contains_key(AUTHORIZATION);
                (is(call, Op::FindProduct) && missing).then_some(FIRST)
            };
        })],
    },
    Fault {
        name: "missing-token-400",
        summary: "Answers calls without a token 400, since a header is missing.",
        violates: &["QC-025"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let refused = answer.status == StatusCode::UNAUTHORIZED;
            if refused && authorization(call).is_none() && !is(call, Op::Authenticate) {
                *answer = Answer::from(failure(StatusCode::BAD_REQUEST));
            }
        })],
    },
    Fault {
        name: "any-token-for-price-lists",
        summary: "Does not check the token of GetActivePriceLists.",
        violates: &["QC-026", "QC-029", "QC-028"],
        consequences: &["QC-032", "QC-043", "QC-253"],
        seams: &[Seam::Policy(|policy| {
            policy.admits = |call| {
                let present = call.headers.contains_key(AUTHORIZATION);
                (is(call, Op::GetActivePriceLists) && present).then_some(FIRST)
            };
        })],
    },
    Fault {
        name: "fields-disclose-customer",
        summary: "Shows a customer's server to whoever asks for the fields without a token.",
        violates: &["QC-027"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            if call.session.is_none()
                && let Some(value) = result(call, answer, Op::GetConfigurationFields)
                && let Some(field) = member(value, "server")
            {
                let tenant = &connector.tenants[FIRST];
                let company = tenant.catalog.records.company;
                put(
                    field,
                    "DisplayDescription",
                    format!("{company} ({})", tenant.id),
                );
                put(field, "DefaultValue", format!("{}.erp.example", tenant.id));
            }
        })],
    },
    Fault {
        name: "body-before-token",
        summary: "Parses the body before it looks at the token.",
        violates: &["QC-028"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.token_before_body = false)],
    },
    Fault {
        name: "unknown-token-403",
        summary: "Answers an unknown token 403.",
        violates: &["QC-029", "QC-026", "QC-028"],
        consequences: &["QC-253", "QC-030", "QC-031", "QC-032", "QC-043"],
        seams: &[Seam::Answer(|_, call, answer| {
            if is_bad_token(call, answer) && !is(call, Op::Authenticate) {
                *answer = Answer::from(failure(StatusCode::FORBIDDEN));
            }
        })],
    },
    Fault {
        name: "no-challenge",
        summary: "Leaves WWW-Authenticate out of 401 answers.",
        violates: &["QC-030"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            answer.headers.remove(WWW_AUTHENTICATE);
        })],
    },
    Fault {
        name: "bare-401",
        summary: "Answers 401 with a body of its own instead of a PluginResponseInfo.",
        violates: &["QC-031", "QC-067"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            if answer.status == StatusCode::UNAUTHORIZED
                && let Some(body) = answer.json()
            {
                *body = json!({"error": "invalid_token"});
            }
        })],
    },
    Fault {
        name: "token-after-401-is-dead",
        summary: "Gives a token that does not work when the call before had a bad one.",
        violates: &["QC-032"],
        consequences: &["QC-023"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if comes_after_bad_token(connector, call, answer)
                && let Some(given) = answer.json()
            {
                given["AccessToken"] = json!(format!("dead{}", call.number));
            }
        })],
    },
    Fault {
        name: "locked-out-after-401",
        summary: "Locks a credential out for one attempt after a bad token.",
        violates: &["QC-032"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            if comes_after_bad_token(connector, call, answer) {
                *answer = Answer::from(Problem::no_access("Locked out."));
            }
        })],
    },
    Fault {
        name: "new-token-ends-earlier-ones",
        summary: "Keeps one token for a user: a new one ends those before.",
        violates: &["QC-033"],
        consequences: &["QC-018", "QC-023", "QC-032", "QC-047"],
        seams: &[Seam::Policy(|policy| {
            policy.earlier_tokens = EarlierTokens::GoForUser
        })],
    },
    Fault {
        name: "one-user-for-a-customer",
        summary: "Keeps the token of one user for a customer: another user's ends it.",
        violates: &["QC-034", "QC-033"],
        consequences: &["QC-018", "QC-023", "QC-047"],
        seams: &[Seam::Policy(|policy| {
            policy.earlier_tokens = EarlierTokens::GoForOtherUsers
        })],
    },
    Fault {
        name: "one-user-at-a-time",
        summary: "Refuses a user while a call of another user of the customer is under way.",
        violates: &["QC-034"],
        consequences: &[],
        seams: &[
            Seam::Answer(|connector, call, answer| {
                if let Some((slot, user)) = busy(call, answer) {
                    if connector
                        .injected
                        .recall(&slot)
                        .is_some_and(|other| other != user)
                    {
                        *answer = Answer::from(failure(StatusCode::CONFLICT));
                        return;
                    }
                    connector.injected.remember(slot, user);
                    answer.delay = Duration::from_millis(300);
                }
            }),
            Seam::Late(|connector, call, answer| {
                if let Some((slot, _)) = busy(call, answer) {
                    connector.injected.forget(&slot);
                }
            }),
        ],
    },
    Fault {
        name: "tokens-never-expire",
        summary: "Accepts access tokens after their lifetime.",
        violates: &["QC-253"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.tokens_expire = false)],
    },
    Fault {
        name: "expired-token-403",
        summary: "Answers an access token past its lifetime 403.",
        violates: &["QC-253"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let expired = answer
                .json()
                .is_some_and(|body| body["TechExplanation"] == "The access token has expired.");
            if expired && !is(call, Op::Authenticate) {
                *answer = Answer::from(failure(StatusCode::FORBIDDEN));
            }
        })],
    },
];

/// A token that was never given, as opposed to one that has expired or is missing.
fn is_bad_token(call: &Call, answer: &mut Answer) -> bool {
    answer.status == StatusCode::UNAUTHORIZED
        && call.headers.contains_key(AUTHORIZATION)
        && answer.json().is_some_and(|body| {
            body["TechExplanation"]
                .as_str()
                .is_some_and(|text| text.contains("not known"))
        })
}

/// Whether this Authenticate has gone well and the call before had a bad token.
fn comes_after_bad_token(connector: &Connector, call: &Call, answer: &mut Answer) -> bool {
    const BAD: &str = "bad token seen";
    if result(call, answer, Op::Authenticate).is_some() {
        return connector.injected.forget(BAD).is_some();
    }
    let is_dead = || credential(call).unwrap_or_default().starts_with("dead");
    if !is(call, Op::Authenticate) && is_bad_token(call, answer) && !is_dead() {
        connector.injected.remember(BAD, json!(true));
    } else if call.session.is_some() {
        connector.injected.forget(BAD);
    }
    false
}

/// Whose seat a call of a user takes, and the user; one operation is enough to show it.
fn busy(call: &Call, answer: &mut Answer) -> Option<(String, Value)> {
    result(call, answer, Op::GetCapabilities)?;
    let user = call.session.as_ref()?.user.as_ref()?;
    Some((format!("busy for {}", call.customer), json!(user)))
}
