//! Faults in configuration fields, connection test, capabilities and lists.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{failure, is, objects, refusal, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::setup::good_values;
use crate::sample::quote::wire::{Answer, Object, put, text};

pub const FAULTS: &[Fault] = &[
    // GetCapabilities
    Fault {
        name: "capabilities-as-texts",
        summary: "Answers capabilities with the texts true and false.",
        violates: &["QC-080"],
        consequences: &[
            "QC-081", "QC-082", "QC-083", "QC-084", "QC-085", "QC-086", "QC-087", "QC-088",
            "QC-089", "QC-090", "QC-091", "QC-092", "QC-093", "QC-094", "QC-095", "QC-096",
            "QC-097",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(names)) = result(call, answer, Op::GetCapabilities) {
                names
                    .values_mut()
                    .for_each(|value| *value = json!(value.to_string()));
            }
        })],
    },
    Fault {
        name: "false-capabilities-left-out",
        summary: "Names only the capabilities that it has.",
        violates: &["QC-081", "QC-082"],
        consequences: &["QC-083"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(names)) = result(call, answer, Op::GetCapabilities) {
                names.retain(|_, value| *value == json!(true));
            }
        })],
    },
    Fault {
        name: "unknown-capability-422",
        summary: "Refuses the whole question when it does not know a capability.",
        violates: &["QC-082"],
        consequences: &["QC-081"],
        seams: &[Seam::Request(|_, call| {
            let asked = call
                .sent
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let known = crate::sample::quote::setup::CAPABILITIES;
            if is(call, Op::GetCapabilities) && !asked.into_iter().all(|name| known.contains(&name))
            {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "nothing-asked-nothing-told",
        summary: "Answers an empty array of capability names with an empty object.",
        violates: &["QC-083"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.sent == json!([])
                && let Some(value) = result(call, answer, Op::GetCapabilities)
            {
                *value = json!({});
            }
        })],
    },
    Fault {
        name: "capability-flips",
        summary: "Changes its mind about cached price lists at every third question.",
        violates: &["QC-084"],
        consequences: &["QC-009", "QC-047", "QC-018", "QC-250"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if let Some(Value::Object(names)) = result(call, answer, Op::GetCapabilities)
                && let Some(cached) = names.get_mut("cache-pricelists")
                && connector.injected.count("capabilities").is_multiple_of(3)
            {
                *cached = json!(false);
            }
        })],
    },
    Fault {
        name: "orders-promised-404",
        summary: "Claims to place orders and answers PlaceOrder 404.",
        violates: &["QC-085", "QC-097"],
        consequences: &[
            "QC-013", "QC-014", "QC-068", "QC-079", "QC-236", "QC-237", "QC-238", "QC-239",
            "QC-240", "QC-241", "QC-242", "QC-243", "QC-244", "QC-245",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            not_offered(call, answer, Op::PlaceOrder)
        })],
    },
    Fault {
        name: "order-state-promised-404",
        summary: "Claims to tell the state of orders and answers GetOrderState 404.",
        violates: &["QC-086", "QC-097"],
        consequences: &["QC-013", "QC-014", "QC-243", "QC-244", "QC-245", "QC-246"],
        seams: &[Seam::Answer(|_, call, answer| {
            not_offered(call, answer, Op::GetOrderState)
        })],
    },
    Fault {
        name: "search-without-fields",
        summary: "Claims the advanced search and offers no field.",
        violates: &["QC-087"],
        consequences: &[
            "QC-155", "QC-156", "QC-158", "QC-159", "QC-160", "QC-161", "QC-162",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchableFields) {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "list-promised-null",
        summary: "Claims the list of payment types and answers null.",
        violates: &["QC-088"],
        consequences: &["QC-112", "QC-114", "QC-115"],
        seams: &[Seam::Answer(|_, call, answer| {
            let named = text(&call.request, "QuoteListType").eq_ignore_ascii_case("paymenttype");
            if named && let Some(value) = result(call, answer, Op::GetQuoteList) {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "list-denied-but-served",
        summary: "Denies the list of delivery types and serves it.",
        violates: &["QC-089"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            deny(call, answer, "ilistprovider_provide_deliverytypelist");
        })],
    },
    Fault {
        name: "addresses-promised-404",
        summary: "Claims to give addresses and answers GetAddresses 404.",
        violates: &["QC-090", "QC-097"],
        consequences: &["QC-013", "QC-014", "QC-023", "QC-247", "QC-248", "QC-249"],
        seams: &[Seam::Answer(|_, call, answer| {
            not_offered(call, answer, Op::GetAddresses)
        })],
    },
    Fault {
        name: "pictures-promised-404",
        summary: "Claims to have pictures and answers GetProductImage 404.",
        violates: &["QC-091", "QC-097"],
        consequences: &[
            "QC-013", "QC-014", "QC-140", "QC-150", "QC-151", "QC-152", "QC-153", "QC-154",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            not_offered(call, answer, Op::GetProductImage)
        })],
    },
    Fault {
        name: "picture-count-404",
        summary: "Claims to have pictures and answers GetNumberOfProductImages 404.",
        violates: &["QC-097"],
        consequences: &[
            "QC-013", "QC-014", "QC-149", "QC-150", "QC-151", "QC-152", "QC-153",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            not_offered(call, answer, Op::GetNumberOfProductImages);
        })],
    },
    Fault {
        name: "pictures-denied-but-served",
        summary: "Denies pictures and serves them.",
        violates: &["QC-092"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            deny(call, answer, "iproductprovider_provide_picture");
        })],
    },
    Fault {
        name: "cost-denied-but-sent",
        summary: "Denies to know costs and sends them.",
        violates: &["QC-093"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            deny(call, answer, "iproductprovider_provide_cost");
        })],
    },
    Fault {
        name: "minimum-denied-but-sent",
        summary: "Denies to know minimum prices and sends them.",
        violates: &["QC-094"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            deny(call, answer, "iproductprovider_provide_minimumprice");
        })],
    },
    Fault {
        name: "extra-data-denied-but-sent",
        summary: "Denies extra data and sends it.",
        violates: &["QC-096"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            deny(call, answer, "iproductprovider_provide_extradata");
        })],
    },
    // GetConfigurationFields
    Fault {
        name: "field-under-other-key",
        summary: "Files a configuration field under another key than its own.",
        violates: &["QC-098"],
        consequences: &["QC-107"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "checkstock", |field| {
                put(field, "FieldKey", "CheckStock")
            });
        })],
    },
    Fault {
        name: "no-fields-null",
        summary: "Answers null when it has no configuration fields.",
        violates: &["QC-099"],
        consequences: &[
            "QC-027", "QC-098", "QC-100", "QC-101", "QC-102", "QC-103", "QC-104", "QC-105",
            "QC-107", "QC-111",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetConfigurationFields) {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "equal-ranks",
        summary: "Gives two configuration fields the same rank.",
        violates: &["QC-100"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "freight", |field| put(field, "Rank", 1));
        })],
    },
    Fault {
        name: "list-of-field-missing",
        summary: "Names a list for a configuration field that it does not have.",
        violates: &["QC-101", "QC-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "warehouse", |field| {
                put(field, "ListName", "stores")
            });
        })],
    },
    Fault {
        name: "checkbox-default-true",
        summary: "Gives a checkbox the default true instead of 1.",
        violates: &["QC-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "checkstock", |field| {
                put(field, "DefaultValue", "true")
            });
        })],
    },
    Fault {
        name: "label-mandatory",
        summary: "Makes a label mandatory.",
        violates: &["QC-103"],
        consequences: &["QC-107"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "heading", |field| {
                put(field, "Access", "Mandatory")
            });
        })],
    },
    Fault {
        name: "long-field-key",
        summary: "Gives a configuration field a key that is longer than its column.",
        violates: &["QC-104"],
        consequences: &["QC-064"],
        seams: &[Seam::Answer(|_, call, answer| {
            let key = "since".repeat(60);
            change_field(call, answer, "since", |field| {
                put(field, "FieldKey", key.clone())
            });
            if let Some(Value::Object(fields)) = result(call, answer, Op::GetConfigurationFields)
                && let Some(field) = fields.remove("since")
            {
                fields.insert(key, field);
            }
        })],
    },
    Fault {
        name: "reserved-field-key",
        summary: "Asks for the Url once more among its configuration fields.",
        violates: &["QC-105"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(fields)) = result(call, answer, Op::GetConfigurationFields)
                && let Some(mut field) = fields.remove("since")
            {
                field["FieldKey"] = json!("Url");
                fields.insert("Url".to_owned(), field);
            }
        })],
    },
    // TestConnection
    Fault {
        name: "failed-test-400",
        summary: "Answers a failed connection test 400.",
        violates: &["QC-106", "QC-068"],
        consequences: &["QC-107", "QC-108", "QC-109"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::TestConnection)
                && value["State"] == "Error"
            {
                answer.status = StatusCode::BAD_REQUEST;
            }
        })],
    },
    Fault {
        name: "missing-fields-pass",
        summary: "Tests with its own defaults where mandatory fields are empty.",
        violates: &["QC-107"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::TestConnection) {
                fill_in(call, |value| {
                    value.is_none_or(|value| value.trim().is_empty())
                });
            }
            Ok(())
        })],
    },
    Fault {
        name: "always-connected",
        summary: "Looks whether the values are there, but never tries them.",
        violates: &["QC-108"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::TestConnection) {
                fill_in(call, |value| {
                    value.is_some_and(|value| !value.trim().is_empty())
                });
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-value-refused",
        summary: "Fails the connection test when a value belongs to no field.",
        violates: &["QC-109"],
        consequences: &["QC-110", "QC-111"],
        seams: &[Seam::Answer(|_, call, answer| {
            let fields = crate::sample::quote::setup::configuration_fields();
            let values = call
                .request
                .get("ConnectionConfigFields")
                .and_then(Value::as_object);
            let mut names = values.into_iter().flatten().map(|(name, _)| name);
            if names.any(|name| fields.get(name).is_none())
                && let Some(value) = result(call, answer, Op::TestConnection)
            {
                *value = Value::Object(refusal());
            }
        })],
    },
    Fault {
        name: "test-changes-prices",
        summary: "Shows no price lists until a connection test has succeeded again.",
        violates: &["QC-110"],
        consequences: &["QC-048", "QC-117", "QC-119", "QC-121", "QC-133", "QC-250"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let failed = format!("failed test of {}", call.customer);
            if let Some(value) = result(call, answer, Op::TestConnection) {
                if value["State"] == "Error" {
                    connector.injected.remember(failed, json!(true));
                } else {
                    connector.injected.forget(&failed);
                }
            } else if connector.injected.recall(&failed).is_some()
                && let Some(value) = result(call, answer, Op::GetActivePriceLists)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "capabilities-asked-first",
        summary: "Wants GetCapabilities to be called before a connection is tested.",
        violates: &["QC-111"],
        consequences: &["QC-109", "QC-110"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let token = call
                .headers
                .get("authorization")
                .and_then(|value| value.to_str().ok());
            let session = format!("session {}", token.unwrap_or_default());
            if is(call, Op::GetCapabilities) {
                connector.injected.remember(session, json!(true));
            } else if connector.injected.recall(&session).is_none()
                && let Some(value) = result(call, answer, Op::TestConnection)
            {
                *value = Value::Object(refusal());
            }
        })],
    },
    // GetQuoteList
    Fault {
        name: "list-names-in-one-spelling",
        summary: "Compares the names of lists letter for letter.",
        violates: &["QC-112"],
        consequences: &["QC-088"],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = text(&call.request, "QuoteListType");
            if asked != asked.to_lowercase()
                && let Some(value) = result(call, answer, Op::GetQuoteList)
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "unknown-list-empty",
        summary: "Answers an unknown list with an empty array.",
        violates: &["QC-113"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteList)
                && value.is_null()
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "unknown-list-404",
        summary: "Answers an unknown list 404.",
        violates: &["QC-113", "QC-013", "QC-014"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteList)
                && value.is_null()
            {
                *answer = Answer::from(failure(StatusCode::NOT_FOUND));
            }
        })],
    },
    Fault {
        name: "list-keys-twice",
        summary: "Uses the same key for two payment terms.",
        violates: &["QC-114"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_items(call, answer, "paymentterms", |items| {
                let key = items[0]["ERPQuoteListItemKey"].clone();
                items[1].insert("ERPQuoteListItemKey".to_owned(), key);
            });
        })],
    },
    Fault {
        name: "list-text-blank",
        summary: "Has a delivery term without a text.",
        violates: &["QC-115"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_items(call, answer, "deliveryterms", |items| {
                put(items[0], "DisplayValue", "");
            });
        })],
    },
    Fault {
        name: "category-as-text",
        summary: "Sends the name of a product's category instead of its key.",
        violates: &["QC-116"],
        consequences: &["QC-139"],
        seams: &[Seam::Answer(|_, call, answer| {
            let products = [Op::FindProduct, Op::GetProduct, Op::GetProducts];
            if let Some(value) = super::tools::any_result(call, answer, &products) {
                for product in objects(value) {
                    let name = format!("{} goods", text(product, "ProductCategoryKey"));
                    put(product, "ProductCategoryKey", name);
                }
            }
        })],
    },
];

fn not_offered(call: &Call, answer: &mut Answer, operation: Op) {
    if is(call, operation) {
        *answer = Answer::from(failure(StatusCode::NOT_FOUND));
    }
}

fn deny(call: &Call, answer: &mut Answer, capability: &str) {
    if let Some(Value::Object(names)) = result(call, answer, Op::GetCapabilities)
        && let Some(value) = names.get_mut(capability)
    {
        *value = json!(false);
    }
}

fn change_field(call: &Call, answer: &mut Answer, key: &str, change: impl FnOnce(&mut Object)) {
    if let Some(value) = result(call, answer, Op::GetConfigurationFields)
        && let Some(field) = value.get_mut(key).and_then(Value::as_object_mut)
    {
        change(field);
    }
}

fn change_items(
    call: &Call,
    answer: &mut Answer,
    list: &str,
    change: impl FnOnce(&mut [&mut Object]),
) {
    let named = text(&call.request, "QuoteListType").eq_ignore_ascii_case(list);
    if named && let Some(value) = result(call, answer, Op::GetQuoteList) {
        change(&mut objects(value));
    }
}

/// Sets the good value where the value typed is like this.
fn fill_in(call: &mut Call, is_so: fn(Option<&str>) -> bool) {
    let mut values = crate::sample::quote::wire::part(&call.request, "ConnectionConfigFields");
    for (key, good) in good_values() {
        if is_so(values.get(key).and_then(Value::as_str)) {
            put(&mut values, key, good);
        }
    }
    put(&mut call.request, "ConnectionConfigFields", values);
}
