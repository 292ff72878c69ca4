//! Faults in OnQuoteLineChanged: which line is calculated, and what comes back.

use axum::http::StatusCode;
use serde_json::Value;

use super::tools::{catalog, changed_line, failure, is, line_of, original_line, restore};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Object, filled, integer, part, parts, put, text, texts};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "minimum-price-ignored",
        summary: "Claims minimum prices but does not check them.",
        violates: &["QC-095"],
        consequences: &["QC-078", "QC-214"],
        seams: &[
            Seam::Request(|_, call| {
                if let Some(line) = line_of(call) {
                    put(line, "UnitMinimumPrice", 0.0);
                }
                Ok(())
            }),
            Seam::Answer(|_, call, answer| {
                changed_line(call, answer, |line| {
                    restore(call, line, &["UnitMinimumPrice"])
                });
            }),
        ],
    },
    Fault {
        name: "line-renumbered",
        summary: "Returns lines with another rank: 1, or 2 where it was 1.",
        violates: &["QC-172"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                let rank = if integer(line, "Rank") == 1 { 2 } else { 1 };
                put(line, "Rank", rank);
            });
        })],
    },
    Fault {
        name: "alternative-id-lost",
        summary: "Returns the line without its alternative.",
        violates: &["QC-172", "QC-065"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| put(line, "QuoteAlternativeId", 0));
        })],
    },
    Fault {
        name: "line-of-context-calculated",
        summary: "Calculates the copy of the line in the context.",
        violates: &["QC-173", "QC-177"],
        consequences: &[
            "QC-066", "QC-079", "QC-095", "QC-172", "QC-175", "QC-183", "QC-185", "QC-186",
            "QC-187", "QC-188", "QC-189", "QC-190", "QC-191", "QC-192", "QC-194", "QC-195",
            "QC-251", "QC-252",
        ],
        seams: &[Seam::Request(|_, call| {
            let copy = copy_in_context(call);
            if let Some(line) = line_of(call)
                && let Some(copy) = copy
            {
                *line = copy;
            }
            Ok(())
        })],
    },
    Fault {
        name: "list-price-from-context",
        summary: "Reads the list price of a line from the context, which has the older one.",
        violates: &["QC-173"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let copy = copy_in_context(call);
            if let Some(line) = line_of(call)
                && let Some(price) = copy.and_then(|copy| copy.get("UnitListPrice").cloned())
            {
                put(line, "UnitListPrice", price);
            }
            Ok(())
        })],
    },
    Fault {
        name: "new-line-refused",
        summary: "Refuses a line that it does not find in the context.",
        violates: &["QC-174"],
        consequences: &["QC-055"],
        seams: &[Seam::Request(|_, call| {
            if line_of(call).is_some_and(|line| integer(line, "QuoteLineId") == 0) {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "line-not-in-context-as-sent",
        summary: "Hands a line that it does not find in the context back as it was sent.",
        violates: &["QC-174"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let known = copy_in_context(call).is_some();
            changed_line(call, answer, |line| {
                if !known {
                    *line = original_line(call);
                }
            });
        })],
    },
    Fault {
        name: "line-without-product-refused",
        summary: "Refuses a line without a product key.",
        violates: &["QC-175"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if line_of(call).is_some_and(|line| filled(line, "ERPProductKey").is_none()) {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "line-without-product-not-calculated",
        summary: "Leaves the amounts of lines without a product key as they are.",
        violates: &["QC-175"],
        consequences: &["QC-178", "QC-179", "QC-181"],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                if filled(line, "ERPProductKey").is_none() {
                    *line = original_line(call);
                }
            });
        })],
    },
    Fault {
        name: "changed-fields-needed",
        summary: "Refuses the call when it does not say which fields have changed.",
        violates: &["QC-176"],
        consequences: &["QC-055", "QC-056"],
        seams: &[Seam::Request(|_, call| {
            let named = call
                .request
                .get("ChangedFields")
                .is_some_and(Value::is_array);
            if is(call, Op::OnQuoteLineChanged) && !named {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-changed-field-500",
        summary: "Falls over the name of a changed field that it does not know.",
        violates: &["QC-176"],
        consequences: &["QC-055", "QC-072"],
        seams: &[Seam::Request(|_, call| {
            let line = original_line(call);
            let fields = texts(&call.request, "ChangedFields");
            let known = |field: &str| {
                field
                    .split('.')
                    .next_back()
                    .is_some_and(|field| line.contains_key(field))
            };
            if is(call, Op::OnQuoteLineChanged) && !fields.into_iter().all(known) {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "description-from-catalogue",
        summary: "Replaces the description that the user typed by that of the catalogue.",
        violates: &["QC-177", "QC-066"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            changed_line(call, answer, |line| {
                if let Some(offer) = catalog.offer(text(line, "ERPProductKey")) {
                    put(line, "Description", offer.info["Description"].clone());
                }
            });
        })],
    },
    Fault {
        name: "list-price-from-catalogue",
        summary: "Replaces the list price that the user typed by that of the catalogue.",
        violates: &["QC-177"],
        consequences: &["QC-095", "QC-191", "QC-066", "QC-173"],
        seams: &[Seam::Request(|connector, call| {
            let catalog = catalog(connector, call);
            if let Some(line) = line_of(call)
                && let Some(offer) = catalog.offer(text(line, "ERPProductKey"))
            {
                put(line, "UnitListPrice", offer.info["UnitListPrice"].clone());
            }
            Ok(())
        })],
    },
];

/// The copy of the line in the context of an OnQuoteLineChanged request.
fn copy_in_context(call: &Call) -> Option<Object> {
    let id = integer(&part(&call.request, "QuoteLine"), "QuoteLineId");
    let alternative = part(&part(&call.request, "Context"), "CRMAlternativeWithLines");
    parts(&alternative, "CRMQuoteLines")
        .into_iter()
        .find(|copy| integer(copy, "QuoteLineId") == id)
}
