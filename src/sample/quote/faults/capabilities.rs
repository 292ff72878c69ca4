//! Faults of GetCapabilities, and of what it promises.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{failure, is, objects, renamed, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::setup::CAPABILITIES;
use crate::sample::quote::wire::{Answer, part, text};

pub const FAULTS: &[Fault] = &[
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
        name: "unsure-capability-null",
        summary: "Answers null for a capability that depends on the customer's settings.",
        violates: &["QC-080"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(names)) = result(call, answer, Op::GetCapabilities)
                && let Some(value) = names.get_mut("iorderconsumer_send_order_confirm")
            {
                *value = Value::Null;
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
        name: "capability-names-camel-cased",
        summary: "Lets its serialiser write the names of capabilities in camelCase.",
        violates: &["QC-081"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetCapabilities) {
                *value = renamed(value.take(), |name| match name {
                    "cache-pricelists" => "cachePricelists".to_owned(),
                    other => other.to_owned(),
                });
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
            let all_known = asked.into_iter().all(|name| CAPABILITIES.contains(&name));
            if is(call, Op::GetCapabilities) && !all_known {
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
        name: "every-second-order-404",
        summary: "Claims to place orders and answers every second PlaceOrder 404.",
        violates: &["QC-085"],
        consequences: &["QC-013", "QC-014"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if result(call, answer, Op::PlaceOrder).is_some()
                && connector.injected.count("orders").is_multiple_of(2)
            {
                not_offered(call, answer, Op::PlaceOrder);
            }
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
        name: "state-without-order-404",
        summary: "Answers GetOrderState 404 when the quote has no order yet.",
        violates: &["QC-086", "QC-013", "QC-014"],
        consequences: &["QC-246"],
        seams: &[Seam::Answer(|_, call, answer| {
            let quote = part(&part(&call.request, "Context"), "CRMQuote");
            let answered = result(call, answer, Op::GetOrderState).is_some();
            if answered && text(&quote, "ERPOrderKey").is_empty() {
                not_offered(call, answer, Op::GetOrderState);
            }
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
        name: "fields-without-search-404",
        summary: "Claims the advanced search, offers fields and answers GetSearchResults 404.",
        violates: &["QC-087", "QC-097"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            not_offered(call, answer, Op::GetSearchResults)
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
        name: "list-promised-as-map",
        summary: "Claims the list of product types and serves it as a map of key to text.",
        violates: &["QC-088"],
        consequences: &["QC-058"],
        seams: &[Seam::Answer(|_, call, answer| {
            let named = text(&call.request, "QuoteListType").eq_ignore_ascii_case("producttype");
            if named && let Some(value) = result(call, answer, Op::GetQuoteList) {
                let entries = objects(value).into_iter().map(|item| {
                    let key = text(item, "ERPQuoteListItemKey").to_owned();
                    (key, json!(text(item, "DisplayValue")))
                });
                *value = Value::Object(entries.collect());
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
        name: "every-second-address-404",
        summary: "Claims to give addresses and answers every second GetAddresses 404.",
        violates: &["QC-090", "QC-013", "QC-014"],
        consequences: &["QC-057", "QC-097"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if result(call, answer, Op::GetAddresses).is_some()
                && connector.injected.count("addresses").is_multiple_of(2)
            {
                not_offered(call, answer, Op::GetAddresses);
            }
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
        name: "no-picture-404",
        summary: "Claims to have pictures and answers 404 where there is none.",
        violates: &["QC-091", "QC-013", "QC-014"],
        consequences: &["QC-152", "QC-153"],
        seams: &[Seam::Answer(|_, call, answer| {
            if result(call, answer, Op::GetProductImage).is_some_and(|image| image.is_null()) {
                not_offered(call, answer, Op::GetProductImage);
            }
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
