//! Faults of drop-down lists.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{SECOND, any_result, copy, failure, objects, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, put, text};

pub const FAULTS: &[Fault] = &[
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
        name: "lists-in-capitals-empty",
        summary: "Knows lists in capitals but looks for their items letter for letter.",
        violates: &["QC-112"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = text(&call.request, "QuoteListType");
            if asked == asked.to_uppercase()
                && let Some(Value::Array(items)) = result(call, answer, Op::GetQuoteList)
            {
                items.clear();
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
                if let [first, second, ..] = items {
                    copy(first, second, &["ERPQuoteListItemKey"]);
                }
            });
        })],
    },
    Fault {
        name: "second-customer-may-choose-nothing",
        summary: "Begins a list of the second customer with an item without key.",
        violates: &["QC-114"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.customer == SECOND {
                change_items(call, answer, "producttype", |items| {
                    if let [first, ..] = items {
                        put(first, "ERPQuoteListItemKey", "");
                        put(first, "DisplayValue", "(none)");
                    }
                });
            }
        })],
    },
    Fault {
        name: "list-text-blank",
        summary: "Has a delivery term without a text.",
        violates: &["QC-115"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_items(call, answer, "deliveryterms", |items| {
                if let [first, ..] = items {
                    put(first, "DisplayValue", "");
                }
            });
        })],
    },
    Fault {
        name: "second-customer-list-untranslated",
        summary: "Has no texts for the product families of the second customer.",
        violates: &["QC-115"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.customer == SECOND {
                change_items(call, answer, "productfamily", |items| {
                    items
                        .iter_mut()
                        .for_each(|item| put(item, "DisplayValue", Value::Null));
                });
            }
        })],
    },
    Fault {
        name: "category-as-text",
        summary: "Sends the name of a product's category instead of its key.",
        violates: &["QC-116"],
        consequences: &["QC-139"],
        seams: &[Seam::Answer(|_, call, answer| {
            let products = [Op::FindProduct, Op::GetProduct, Op::GetProducts];
            if let Some(value) = any_result(call, answer, &products) {
                for product in objects(value) {
                    let name = format!("{} goods", text(product, "ProductCategoryKey"));
                    put(product, "ProductCategoryKey", name);
                }
            }
        })],
    },
];

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
