//! Faults in orders and addresses.

use axum::http::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::tools::{amount, each, each_line, failure, is, member, order_as_sent, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, number, part, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "validation-before-order-refused",
        summary: "Refuses to validate a version before it is ordered.",
        violates: &["QC-237", "QC-213"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::ValidateQuoteVersion) && text(&call.request, "Action") == "PlaceOrder" {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "relative-order-url",
        summary: "Sends the path of the order page without its host.",
        violates: &["QC-236"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if placed(call, answer)
                && let Some(value) = answer.json()
            {
                value["Url"] = json!("/orders/latest");
            }
        })],
    },
    Fault {
        name: "order-key-missing",
        summary: "Creates an order and does not return its key.",
        violates: &["QC-238"],
        consequences: &["QC-045", "QC-241", "QC-243", "QC-244", "QC-245"],
        seams: &[Seam::Answer(|_, call, answer| {
            if placed(call, answer)
                && let Some(value) = answer.json()
                && let Some(quote) = member(value, "CRMQuote")
            {
                put(quote, "ERPOrderKey", "");
            }
        })],
    },
    Fault {
        name: "order-with-own-ids",
        summary: "Returns an ordered version with id 0, as if it were new.",
        violates: &["QC-239", "QC-065"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if placed(call, answer)
                && let Some(value) = answer.json()
                && let Some(version) = member(value, "CRMQuoteVersion")
            {
                put(version, "QuoteVersionId", 0);
            }
        })],
    },
    Fault {
        name: "ordered-alternative-renumbered",
        summary: "Puts its own order number into the id of the ordered alternative.",
        violates: &["QC-239", "QC-065"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if placed(call, answer)
                && let Some(value) = answer.json()
            {
                each(value, "CRMAlternative", &mut |alternative| {
                    put(alternative, "QuoteAlternativeId", 5001);
                });
            }
        })],
    },
    Fault {
        name: "refused-order-has-key",
        summary: "Returns the key of a draft order although it refuses the order.",
        violates: &["QC-240"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::PlaceOrder)
                && value["State"] == "Error"
                && let Some(quote) = member(value, "CRMQuote")
            {
                put(quote, "ERPOrderKey", "DRAFT-1");
            }
        })],
    },
    Fault {
        name: "order-placed-twice",
        summary: "Makes a second order when the call is repeated.",
        violates: &["QC-241"],
        consequences: &["QC-243", "QC-244", "QC-252"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if placed(call, answer)
                && let Some(value) = answer.json()
                && let Some(quote) = member(value, "CRMQuote")
            {
                let key = text(quote, "ERPOrderKey").to_owned();
                let times = connector.injected.count(&format!("order {key}"));
                if times > 1 {
                    put(quote, "ERPOrderKey", format!("{key}-{times}"));
                }
            }
        })],
    },
    Fault {
        name: "order-state-always-told",
        summary: "Sends the whole order although nothing has changed.",
        violates: &["QC-243"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetOrderState)
                && value.is_null()
            {
                *value = order_as_sent(call);
            }
        })],
    },
    Fault {
        name: "changed-order-lacks-lines",
        summary: "Sends only half of the lines when an order has changed.",
        violates: &["QC-244"],
        consequences: &["QC-245"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetOrderState)
                && let Some(alternative) = member(value, "CRMAlternativeWithLines")
                && let Some(lines) = alternative
                    .get_mut("CRMQuoteLines")
                    .and_then(Value::as_array_mut)
            {
                let half = lines.len() / 2;
                lines.truncate(half);
            }
        })],
    },
    Fault {
        name: "changed-order-without-alternative",
        summary: "Tells that an order has changed, but not how.",
        violates: &["QC-244"],
        consequences: &["QC-245"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(value)) = result(call, answer, Op::GetOrderState) {
                put(value, "CRMAlternativeWithLines", Value::Null);
            }
        })],
    },
    Fault {
        name: "more-delivered-than-ordered",
        summary: "Tells twice the quantity ordered as delivered.",
        violates: &["QC-245"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetOrderState) {
                each_line(call, value, &mut |line| {
                    let twice = amount(line, "Quantity") * Decimal::TWO;
                    put(line, "DeliveredQuantity", number(twice));
                });
            }
        })],
    },
    Fault {
        name: "unknown-order-422",
        summary: "Answers an unknown order key 422.",
        violates: &["QC-246"],
        consequences: &["QC-045", "QC-068"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetOrderState)
                && value["State"] == "Error"
            {
                answer.status = StatusCode::UNPROCESSABLE_ENTITY;
            }
        })],
    },
    Fault {
        name: "unknown-order-404",
        summary: "Answers an unknown order key 404.",
        violates: &["QC-246", "QC-013", "QC-014"],
        consequences: &["QC-045", "QC-068", "QC-086", "QC-097"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetOrderState)
                && value["State"] == "Error"
            {
                answer.status = StatusCode::NOT_FOUND;
            }
        })],
    },
    // GetAddresses
    Fault {
        name: "one-address",
        summary: "Sends the invoice address alone.",
        violates: &["QC-247"],
        consequences: &["QC-248", "QC-249"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(addresses)) = result(call, answer, Op::GetAddresses) {
                addresses.truncate(1);
            }
        })],
    },
    Fault {
        name: "address-of-every-site",
        summary: "Sends a third address, that of the office.",
        violates: &["QC-247"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(addresses)) = result(call, answer, Op::GetAddresses)
                && let Some(invoice) = addresses.first().filter(|one| one.is_object()).cloned()
            {
                addresses.push(invoice);
            }
        })],
    },
    Fault {
        name: "country-in-three-letters",
        summary: "Sends country codes of three letters.",
        violates: &["QC-248"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(addresses)) = result(call, answer, Op::GetAddresses) {
                for address in addresses.iter_mut().filter_map(Value::as_object_mut) {
                    put(address, "CountryCode", "NOR");
                }
            }
        })],
    },
    Fault {
        name: "own-address-without-company",
        summary: "Sends the seller's own address when there is no company.",
        violates: &["QC-249"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetAddresses)
                && *value == json!([null, null])
            {
                let own = json!({
                    "AddressLine1": "Smithy Lane 4",
                    "AddressLine2": "",
                    "AddressLine3": "",
                    "City": "Leeds",
                    "ZipCode": "LS1 4AA",
                    "CountryCode": "GB",
                    "Country": "United Kingdom",
                });
                *value = json!([own, own]);
            }
        })],
    },
    Fault {
        name: "no-company-500",
        summary: "Falls over a context without a company.",
        violates: &["QC-249"],
        consequences: &["QC-055", "QC-056", "QC-072"],
        seams: &[Seam::Request(|_, call| {
            let context = part(&call.request, "Context");
            let has_company = context.get("CRMCompany").is_some_and(Value::is_object);
            if is(call, Op::GetAddresses) && !has_company {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
];

/// Whether an order has been placed just now.
fn placed(call: &Call, answer: &mut Answer) -> bool {
    result(call, answer, Op::PlaceOrder).is_some_and(|value| value["State"] != "Error")
}
