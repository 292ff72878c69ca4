//! Faults in keeping customers apart, and values secret.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::tools::{
    FIRST, SECOND, any_result, by_jwt, credential, failure, is, note_test, order_as_sent, refusal,
    result,
};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector, Tenant};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, part, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "second-customer-gets-first-data",
        summary: "Serves the second customer the data of the first one.",
        violates: &["QC-044", "QC-045"],
        consequences: &["QC-047"],
        seams: &[Seam::Policy(|policy| policy.serves = |_| FIRST)],
    },
    Fault {
        name: "price-lists-of-latest-search",
        summary: "Shows the price lists of the customer that has searched last.",
        violates: &["QC-044"],
        consequences: &["QC-045", "QC-047"],
        seams: &[Seam::Request(|connector, call| {
            const LATEST: &str = "customer of the latest search";
            if is(call, Op::FindProduct) {
                connector.injected.remember(LATEST, json!(call.customer));
            }
            if is(call, Op::GetActivePriceLists)
                && let Some(latest) = connector.injected.recall(LATEST)
            {
                call.customer =
                    usize::try_from(latest.as_u64().unwrap_or_default()).unwrap_or(FIRST);
            }
            Ok(())
        })],
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
                    *value = order_as_sent(call);
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
        name: "other-context-sees-nothing",
        summary: "Shows no price lists when ContextIdentifier is not the customer of the token.",
        violates: &["QC-046"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let named = call.sent.get("ContextIdentifier").and_then(Value::as_str);
            let own = connector.tenants[call.customer].id;
            if named.is_some_and(|named| named != own)
                && let Some(value) = result(call, answer, Op::GetActivePriceLists)
            {
                *value = json!([]);
            }
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
        name: "full-pool-mixes-customers",
        summary: "Gives a call the result of another customer when ten others are under way.",
        violates: &["QC-047", "QC-045"],
        consequences: &[],
        seams: &[
            Seam::Answer(|connector, call, answer| {
                let slot = |customer| format!("{} of {customer}", slot(call));
                let Some(value) = price_lists_or_products(call, answer) else {
                    return;
                };
                connector
                    .injected
                    .remember(slot(call.customer), value.clone());
                if connector.injected.add("under way", 1) > 10
                    && let Some(foreign) = connector.injected.recall(&slot(neighbour(call)))
                {
                    *value = foreign;
                }
                answer.delay = Duration::from_millis(120);
            }),
            Seam::Late(|connector, call, answer| {
                if price_lists_or_products(call, answer).is_some() {
                    connector.injected.add("under way", -1);
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
            if note_test(connector, call, answer, STUCK, customer.clone()) {
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
        name: "tested-values-for-other-connections",
        summary: "Uses the values of a failed TestConnection for the customer's other connections.",
        violates: &["QC-048"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let failed = format!("failed test of {}", call.customer);
            let connection = call.sent["ConnectionId"].clone();
            if note_test(connector, call, answer, &failed, connection.clone()) {
                return;
            }
            let tested = connector.injected.recall(&failed);
            if tested.is_some_and(|tested| tested != connection)
                && let Some(value) = result(call, answer, Op::GetActivePriceLists)
            {
                *value = json!([]);
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
                && !is(call, Op::Authenticate)
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
        name: "token-expected-in-body",
        summary: "Wants the access token in the body of GetAddresses as well.",
        violates: &["QC-050"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetAddresses) && call.sent.get("AccessToken").is_none() {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
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
            if by_jwt(call) && is(call, Op::GetActivePriceLists) {
                call.customer = neighbour(call);
            }
            Ok(())
        })],
    },
];

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
    any_result(call, answer, &operations)
}

/// A customer other than the one of the call.
fn neighbour(call: &Call) -> usize {
    if call.customer == FIRST {
        SECOND
    } else {
        FIRST
    }
}
