//! Faults in reading requests.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{each, failure, is, line_of, original, result};
use super::{Fault, Seam};
use crate::sample::quote::carriers::Names;
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Object, part, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "names-in-one-spelling",
        summary: "Reads property names letter for letter only.",
        violates: &["QC-053"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.names = Names::Exact)],
    },
    Fault {
        name: "unknown-properties-refused",
        summary: "Refuses requests with members that it does not know.",
        violates: &["QC-054"],
        consequences: &["QC-053"],
        seams: &[Seam::Request(|_, call| {
            if has_unknown_member(call) {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-properties-become-filters",
        summary: "Filters a search by members that it does not know, and finds nothing.",
        violates: &["QC-054"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if has_unknown_member(call)
                && let Some(value) = result(call, answer, Op::FindProduct)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "absent-subscription-refused",
        summary: "Refuses a line without SubscriptionQuantity.",
        violates: &["QC-055"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let line = part(&call.request, "QuoteLine");
            if is(call, Op::OnQuoteLineChanged) && !line.contains_key("SubscriptionQuantity") {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "absent-quantity-is-one",
        summary: "Calculates a line without Quantity as if one had been ordered.",
        violates: &["QC-055"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if let Some(line) = line_of(call)
                && !line.contains_key("Quantity")
            {
                put(line, "Quantity", 1);
            }
            Ok(())
        })],
    },
    Fault {
        name: "null-person-500",
        summary: "Falls over a sale without a person.",
        violates: &["QC-056"],
        consequences: &["QC-249", "QC-072"],
        seams: &[Seam::Request(|_, call| {
            let context = part(&call.request, "Context");
            if context.get("CRMPerson").is_some_and(Value::is_null) {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "null-text-refused",
        summary: "Refuses a line whose Description is null instead of empty.",
        violates: &["QC-056"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if line_of(call).is_some_and(|line| line.get("Description") == Some(&Value::Null)) {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "envelope-needed",
        summary: "Answers GetAllPriceLists only when the request tells the connection.",
        violates: &["QC-057"],
        consequences: &["QC-121", "QC-142"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetAllPriceLists) && call.sent.get("ConnectionId").is_none() {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "lists-need-connection",
        summary: "Knows drop-down lists only when the request tells the connection.",
        violates: &["QC-057"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.sent.get("ConnectionId").is_none()
                && let Some(value) = result(call, answer, Op::GetQuoteList)
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "offset-refused",
        summary: "Cannot read dates with an offset.",
        violates: &["QC-061"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if has_date(call, |date| {
                date.ends_with('Z') || date[19..].contains(['+', '-'])
            }) {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "stale-date-500",
        summary: "Falls over 1760-01-01, which its database cannot hold.",
        violates: &["QC-061"],
        consequences: &[
            "QC-072", "QC-210", "QC-213", "QC-215", "QC-216", "QC-224", "QC-237",
        ],
        seams: &[Seam::Request(|_, call| {
            if has_date(call, |date| date.starts_with("1760-")) {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "wrong-type-500",
        summary: "Lets a text in place of a number end in 500.",
        violates: &["QC-072"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, answer| {
            let wrong_type = answer.json().is_some_and(|body| {
                let tech = body.get("TechExplanation").and_then(Value::as_str);
                tech.is_some_and(|tech| tech.contains("wrong type"))
            });
            if wrong_type {
                answer.status = StatusCode::INTERNAL_SERVER_ERROR;
            }
        })],
    },
    Fault {
        name: "last-currency-remembered",
        summary: "Uses the currency of the call before when there is none.",
        violates: &["QC-250", "QC-119"],
        consequences: &["QC-018", "QC-117", "QC-133", "QC-057", "QC-084"],
        seams: &[Seam::Request(|connector, call| {
            const LAST: &str = "last currency";
            if is(call, Op::GetActivePriceLists) {
                let asked = text(&call.request, "IsoCurrencyCode").to_owned();
                if !asked.is_empty() {
                    connector.injected.remember(LAST, json!(asked));
                } else if let Some(last) = connector.injected.recall(LAST) {
                    put(&mut call.request, "IsoCurrencyCode", last);
                }
            }
            Ok(())
        })],
    },
];

const IN_ENVELOPE: [&str; 6] = [
    "ContextIdentifier",
    "ConnectionId",
    "SessionId",
    "ConnectionData",
    "ConnectionConfigFields",
    "UserInfo",
];

/// Whether a date of version or line in the request is like this.
fn has_date(call: &Call, is_so: fn(&str) -> bool) -> bool {
    let mut request = Value::Object(original(call));
    let mut found = false;
    let mut look = |carrier: &mut Object| {
        let dates = [
            "ExpirationDate",
            "SentDate",
            "LastRecalculated",
            "SubscriptionStart",
        ];
        found |= dates
            .into_iter()
            .map(|name| text(carrier, name))
            .any(|date| date.len() >= 19 && is_so(date));
    };
    each(&mut request, "CRMQuoteVersion", &mut look);
    each(&mut request, "CRMQuoteLines", &mut look);
    each(&mut request, "QuoteLine", &mut look);
    found
}

/// Whether the request has a member that is neither the operation's nor the envelope's.
fn has_unknown_member(call: &Call) -> bool {
    let is_known = |name: &str| {
        let own = call.request.keys().map(String::as_str);
        own.chain(IN_ENVELOPE)
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    let sent = call.sent.as_object();
    sent.is_some_and(|sent| !sent.keys().all(|name| is_known(name)))
}
