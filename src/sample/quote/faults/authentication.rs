//! Faults of authentication, tokens and isolation.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::tools::{failure, is, member, refusal, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector, Tenant};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::policy::EarlierTokens;
use crate::sample::quote::wire::{Answer, Object, part, put, success, text};

/// Index of the first and of the second customer.
const FIRST: usize = 0;
const SECOND: usize = 1;

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
            if is_bad_token(call, answer) && !call.operation.is_some_and(is_authenticate) {
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
            const BAD: &str = "bad token seen";
            if call.operation.is_some_and(is_authenticate) {
                if answer.status == StatusCode::OK
                    && connector.injected.forget(BAD).is_some()
                    && let Some(token) = answer.json()
                {
                    token["AccessToken"] = json!(format!("dead{}", call.number));
                }
            } else if is_bad_token(call, answer)
                && !credential(call).unwrap_or_default().starts_with("dead")
            {
                connector.injected.remember(BAD, json!(true));
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
        name: "tokens-never-expire",
        summary: "Accepts access tokens after their lifetime.",
        violates: &["QC-253"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.tokens_expire = false)],
    },
    // Signed tokens
    Fault {
        name: "signature-not-checked",
        summary: "Decodes signed tokens without verifying the signature.",
        violates: &["QC-035"],
        consequences: &["QC-041"],
        seams: &[Seam::Policy(|policy| policy.verify = |_, _, _, _| true)],
    },
    Fault {
        name: "unsigned-token-accepted",
        summary: "Accepts algorithm none, as its token library does by default.",
        violates: &["QC-036"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.algorithms = &["RS256", "none"];
            policy.verify = |algorithm, message, signature, key| {
                algorithm == "none" || checked(algorithm, message, signature, key)
            };
        })],
    },
    Fault {
        name: "hmac-token-accepted",
        summary: "Takes the algorithm from the token; the public key becomes an HMAC secret.",
        violates: &["QC-036"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.algorithms = &["RS256", "HS256"];
            policy.verify = |algorithm, message, signature, key| {
                algorithm == "HS256" || checked(algorithm, message, signature, key)
            };
        })],
    },
    Fault {
        name: "expired-jwt-accepted",
        summary: "Does not look at exp of signed tokens.",
        violates: &["QC-037"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.checks_expiry = false)],
    },
    Fault {
        name: "early-jwt-accepted",
        summary: "Does not look at nbf of signed tokens.",
        violates: &["QC-037"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.checks_not_before = false)],
    },
    Fault {
        name: "one-hour-of-tolerance",
        summary: "Tolerates clocks that differ by an hour.",
        violates: &["QC-037"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.clock_tolerance = SignedDuration::from_hours(1)
        })],
    },
    Fault {
        name: "audience-not-checked",
        summary: "Accepts signed tokens that are meant for other applications.",
        violates: &["QC-038"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.is_audience = |_, _| true)],
    },
    Fault {
        name: "audience-case-sensitive",
        summary: "Compares the audience letter for letter.",
        violates: &["QC-038"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.is_audience = |audience, expected| audience == expected;
        })],
    },
    Fault {
        name: "issuer-not-checked",
        summary: "Accepts signed tokens of any issuer.",
        violates: &["QC-039"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.checks_issuer = false)],
    },
    Fault {
        name: "missing-ctx-is-first-customer",
        summary: "Takes a signed token without customer claim for the first customer's.",
        violates: &["QC-040"],
        consequences: &["QC-045"],
        seams: &[Seam::Policy(|policy| {
            policy.adopts = |named| named.is_none().then_some(FIRST);
        })],
    },
    Fault {
        name: "unknown-customer-is-welcome",
        summary: "Gives a token to a customer that it does not know.",
        violates: &["QC-040"],
        consequences: &["QC-045"],
        seams: &[Seam::Policy(|policy| {
            policy.adopts = |named| named.map(|_| FIRST)
        })],
    },
    Fault {
        name: "keys-read-once",
        summary: "Reads the key set at the first token and never again.",
        violates: &["QC-041"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.refreshes_keys = false)],
    },
    Fault {
        name: "jwt-is-access-token",
        summary: "Accepts the signed token itself on every operation.",
        violates: &["QC-043", "QC-026"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.jwt_is_token = true)],
    },
    // Isolation and secrets
    Fault {
        name: "second-customer-gets-first-data",
        summary: "Serves the second customer the data of the first one.",
        violates: &["QC-044", "QC-045"],
        consequences: &["QC-047"],
        seams: &[Seam::Policy(|policy| policy.serves = |_| FIRST)],
    },
    Fault {
        name: "products-of-all-customers",
        summary: "Looks a product key up in the data of all customers.",
        violates: &["QC-045"],
        consequences: &["QC-141"],
        seams: &[Seam::Request(|connector, call| {
            let key = text(&call.request, "ErpProductKey").to_owned();
            if is(call, Op::GetProduct)
                && let Some(owner) =
                    owner_of(connector, |tenant| tenant.catalog.offer(&key).is_some())
            {
                call.customer = owner;
            }
            Ok(())
        })],
    },
    Fault {
        name: "price-list-of-other-customer",
        summary: "Finds the products of a price list whoever it belongs to.",
        violates: &["QC-045"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let key = text(&call.request, "PriceListKey").to_owned();
            if is(call, Op::FindProduct)
                && let Some(owner) = owner_of(connector, |tenant| {
                    tenant
                        .catalog
                        .records
                        .price_lists
                        .iter()
                        .any(|list| list.key == key)
                })
            {
                call.customer = owner;
            }
            Ok(())
        })],
    },
    Fault {
        name: "orders-of-all-customers",
        summary: "Tells the state of an order by its key alone, whoever asks.",
        violates: &["QC-045"],
        consequences: &["QC-243", "QC-246"],
        seams: &[
            Seam::Request(|connector, call| {
                let key = text(&quote_of(call), "ERPOrderKey").to_owned();
                if is(call, Op::GetOrderState)
                    && let Some(owner) = owner_of(connector, |tenant| {
                        key.starts_with(&format!("{}-SO-", tenant.catalog.records.prefix))
                    })
                {
                    call.customer = owner;
                }
                Ok(())
            }),
            Seam::Answer(|_, call, answer| {
                let own = call.session.as_ref().map(|session| session.customer);
                if own != Some(call.customer)
                    && let Some(value) = result(call, answer, Op::GetOrderState)
                    && value.is_null()
                {
                    let context = part(&call.request, "Context");
                    *value = Value::Object(success());
                    for name in ["CRMQuote", "CRMQuoteVersion", "CRMAlternativeWithLines"] {
                        value[name] = Value::Object(part(&context, name));
                    }
                }
            }),
        ],
    },
    Fault {
        name: "context-identifier-obeyed",
        summary: "Takes the customer from ContextIdentifier when it is there.",
        violates: &["QC-046", "QC-045"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let named = call.sent.get("ContextIdentifier").and_then(Value::as_str);
            if let Some(owner) = owner_of(connector, |tenant| Some(tenant.id) == named) {
                call.customer = owner;
            }
            Ok(())
        })],
    },
    Fault {
        name: "customers-mix-under-load",
        summary: "Keeps the current result in one variable for all customers.",
        violates: &["QC-047", "QC-045", "QC-018"],
        consequences: &["QC-250"],
        seams: &[
            Seam::Answer(|connector, call, answer| {
                if let Some(value) = price_lists_or_products(call, answer) {
                    connector.injected.remember(slot(call), value.clone());
                    answer.delay = Duration::from_millis(40);
                }
            }),
            Seam::Late(|connector, call, answer| {
                if let Some(value) = price_lists_or_products(call, answer)
                    && let Some(latest) = connector.injected.recall(&slot(call))
                {
                    *value = latest;
                }
            }),
        ],
    },
    Fault {
        name: "tested-values-stick",
        summary: "Uses the values of a failed TestConnection for other customers' calls.",
        violates: &["QC-048", "QC-110"],
        consequences: &["QC-045", "QC-117", "QC-119", "QC-133"],
        seams: &[Seam::Answer(|connector, call, answer| {
            const STUCK: &str = "customer of the failed test";
            let customer = json!(call.customer);
            if let Some(value) = result(call, answer, Op::TestConnection) {
                if value["State"] == "Error" {
                    connector.injected.remember(STUCK, customer);
                } else {
                    connector.injected.forget(STUCK);
                }
                return;
            }
            let stuck = connector.injected.recall(STUCK);
            if stuck.is_some_and(|stuck| stuck != customer)
                && result(call, answer, Op::GetActivePriceLists).is_some()
            {
                *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
                connector.injected.forget(STUCK);
            }
        })],
    },
    Fault {
        name: "token-in-error-text",
        summary: "Repeats the bad token in the text for support.",
        violates: &["QC-049", "QC-071"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if answer.status == StatusCode::UNAUTHORIZED
                && let Some(credential) = credential(call)
                && let Some(body) = answer.json()
            {
                body["TechExplanation"] = json!(format!("Token {credential} is not known."));
            }
        })],
    },
    Fault {
        name: "token-in-header",
        summary: "Repeats the access token in a response header for tracing.",
        violates: &["QC-049"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(token) = call.headers.get(AUTHORIZATION)
                && !call.operation.is_some_and(is_authenticate)
            {
                answer.headers.insert("x-trace", token.clone());
            }
        })],
    },
    Fault {
        name: "secret-expected-in-body",
        summary: "Wants the secret among the configuration values of TestConnection.",
        violates: &["QC-050"],
        consequences: &["QC-109", "QC-110", "QC-111"],
        seams: &[Seam::Answer(|_, call, answer| {
            let values = &call.sent["ConnectionConfigFields"];
            let has_secret = values.get("secret").is_some() || values.get("Secret").is_some();
            if !has_secret && let Some(value) = result(call, answer, Op::TestConnection) {
                *value = Value::Object(refusal());
            }
        })],
    },
    Fault {
        name: "password-repeated",
        summary: "Repeats the password in the outcome of a failed connection test.",
        violates: &["QC-051", "QC-071"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let password = call.sent["ConnectionConfigFields"]["password"].clone();
            if let Some(value) = result(call, answer, Op::TestConnection)
                && value["State"] == "Error"
                && let Some(password) = password.as_str()
            {
                value["TechExplanation"] = json!(format!("Login with {password} failed."));
            }
        })],
    },
    Fault {
        name: "password-becomes-default",
        summary: "Offers the password last typed as default of its field.",
        violates: &["QC-051", "QC-110"],
        consequences: &["QC-027", "QC-048", "QC-049"],
        seams: &[Seam::Answer(|connector, call, answer| {
            const TYPED: &str = "password typed";
            if let Some(password) = call.sent["ConnectionConfigFields"].get("password")
                && is(call, Op::TestConnection)
            {
                connector.injected.remember(TYPED, password.clone());
            }
            if let Some(password) = connector.injected.recall(TYPED)
                && let Some(value) = result(call, answer, Op::GetConfigurationFields)
            {
                value["password"]["DefaultValue"] = password;
            }
        })],
    },
    Fault {
        name: "jwt-users-see-second-customer",
        summary: "Serves users with signed tokens the price lists of another customer.",
        violates: &["QC-045"],
        consequences: &["QC-047"],
        seams: &[Seam::Request(|_, call| {
            let by_jwt = call
                .session
                .as_ref()
                .is_some_and(|session| session.user.is_some());
            if by_jwt && is(call, Op::GetActivePriceLists) {
                call.customer = if call.customer == FIRST {
                    SECOND
                } else {
                    FIRST
                };
            }
            Ok(())
        })],
    },
];

fn checked(
    algorithm: &str,
    message: &[u8],
    signature: &str,
    key: &jsonwebtoken::DecodingKey,
) -> bool {
    (crate::sample::quote::policy::Policy::default().verify)(algorithm, message, signature, key)
}

fn is_authenticate(operation: Op) -> bool {
    operation == Op::Authenticate
}

fn credential(call: &Call) -> Option<&str> {
    let (_, credential) = call
        .headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    Some(credential)
}

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

fn quote_of(call: &Call) -> Object {
    part(&part(&call.request, "Context"), "CRMQuote")
}

fn owner_of(connector: &Connector, owns: impl Fn(&Tenant) -> bool) -> Option<usize> {
    connector.tenants.iter().position(owns)
}

fn slot(call: &Call) -> String {
    format!("latest of {:?}", call.operation)
}

fn price_lists_or_products<'a>(call: &Call, answer: &'a mut Answer) -> Option<&'a mut Value> {
    let operations = [
        Op::GetActivePriceLists,
        Op::GetAllPriceLists,
        Op::FindProduct,
        Op::GetProduct,
    ];
    super::tools::any_result(call, answer, &operations)
}
