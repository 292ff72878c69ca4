//! Faults in price lists.

use serde_json::{Value, json};

use super::tools::{SECOND, any_result, catalog, is, objects, result, text_of, today};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, flag, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "expired-list-active",
        summary: "Does not look at ValidTo of price lists.",
        violates: &["QC-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            add_lists(connector, call, answer, |list, today| {
                let last = text_of(list, "ValidTo");
                list["IsActive"] == true && last < today && !last.starts_with("0001")
            });
        })],
    },
    Fault {
        name: "future-list-active",
        summary: "Does not look at ValidFrom of price lists.",
        violates: &["QC-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            add_lists(connector, call, answer, |list, today| {
                list["IsActive"] == true && text_of(list, "ValidFrom") > today
            });
        })],
    },
    Fault {
        name: "withdrawn-list-active",
        summary: "Does not look at IsActive of price lists.",
        violates: &["QC-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            add_lists(connector, call, answer, |list, _| list["IsActive"] == false);
        })],
    },
    Fault {
        name: "last-day-not-included",
        summary: "Takes a price list away on its last day already.",
        violates: &["QC-117"],
        consequences: &["QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            let today = today(call);
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetActivePriceLists) {
                lists.retain(|list| text_of(list, "ValidTo") != format!("{today}T00:00:00"));
            }
        })],
    },
    Fault {
        name: "currency-in-capitals-only",
        summary: "Compares currencies letter for letter.",
        violates: &["QC-118"],
        consequences: &["QC-119", "QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            let asked = text(&call.request, "IsoCurrencyCode");
            if asked != asked.to_uppercase()
                && let Some(value) = any_result(call, answer, LISTS)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "currency-ignored",
        summary: "Answers with the price lists of every currency.",
        violates: &["QC-118", "QC-120"],
        consequences: &["QC-121"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetActivePriceLists) {
                call.request.remove("IsoCurrencyCode");
            }
            Ok(())
        })],
    },
    Fault {
        name: "no-currency-means-home-currency",
        summary: "Takes an empty currency for that of its own country.",
        violates: &["QC-119"],
        consequences: &["QC-117", "QC-121", "QC-133"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetActivePriceLists)
                && text(&call.request, "IsoCurrencyCode").is_empty()
            {
                put(&mut call.request, "IsoCurrencyCode", "EUR");
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-currency-null",
        summary: "Answers null when there is no price list in the currency.",
        violates: &["QC-120"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetActivePriceLists)
                && *value == json!([])
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "all-lists-without-active-ones",
        summary: "Answers GetAllPriceLists with the inactive ones only.",
        violates: &["QC-121"],
        consequences: &["QC-142"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetAllPriceLists) {
                lists.retain(|list| list["IsActive"] == false);
            }
        })],
    },
    Fault {
        name: "new-list-missing-among-all",
        summary: "Answers GetAllPriceLists from a nightly copy, which lacks a list of today.",
        violates: &["QC-121"],
        consequences: &["QC-142"],
        seams: &[Seam::Answer(|_, call, answer| {
            let today = format!("{}T00:00:00", today(call));
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetAllPriceLists) {
                lists.retain(|list| text_of(list, "ValidFrom") != today);
            }
        })],
    },
    Fault {
        name: "price-list-twice",
        summary: "Lists a price list twice, once for each warehouse.",
        violates: &["QC-122"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(lists)) = result(call, answer, Op::GetActivePriceLists)
                && let Some(first) = lists.first().cloned()
            {
                lists.push(first);
            }
        })],
    },
    Fault {
        name: "second-customer-list-key-blank",
        summary: "Has no key for a price list of the second customer.",
        violates: &["QC-122"],
        consequences: &["QC-121", "QC-133", "QC-142"],
        seams: &[Seam::Answer(|_, call, answer| {
            if call.customer == SECOND
                && let Some(value) = any_result(call, answer, LISTS)
                && let Some(list) = objects(value).into_iter().next_back()
            {
                put(list, "ERPPriceListKey", "");
            }
        })],
    },
    Fault {
        name: "price-list-without-name",
        summary: "Has a price list without a name.",
        violates: &["QC-123"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_first_list(call, answer, |list| put(list, "Name", ""));
        })],
    },
    Fault {
        name: "inactive-list-name-blank",
        summary: "Has nothing but a space for the name of a price list in preparation.",
        violates: &["QC-123"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetAllPriceLists) {
                for list in objects(value) {
                    if !flag(list, "IsActive") {
                        put(list, "Name", " ");
                    }
                }
            }
        })],
    },
    Fault {
        name: "currency-symbol",
        summary: "Sends the symbol of a currency instead of its code.",
        violates: &["QC-124", "QC-118"],
        consequences: &["QC-119", "QC-133"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_first_list(call, answer, |list| put(list, "Currency", "kr"));
        })],
    },
    Fault {
        name: "currency-in-small-letters",
        summary: "Sends currency codes in small letters, as its database has them.",
        violates: &["QC-124"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, LISTS) {
                for list in objects(value) {
                    let code = text(list, "Currency").to_lowercase();
                    put(list, "Currency", code);
                }
            }
        })],
    },
    Fault {
        name: "validity-swapped",
        summary: "Mixes up first and last day of price lists that have both.",
        violates: &["QC-125"],
        consequences: &["QC-117"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = any_result(call, answer, LISTS) {
                for list in objects(value) {
                    let (from, to) = (list["ValidFrom"].clone(), list["ValidTo"].clone());
                    let limited = !text(list, "ValidFrom").starts_with("0001")
                        && !text(list, "ValidTo").starts_with("0001");
                    if limited {
                        put(list, "ValidFrom", to);
                        put(list, "ValidTo", from);
                    }
                }
            }
        })],
    },
];

const LISTS: &[Op] = &[Op::GetActivePriceLists, Op::GetAllPriceLists];

/// Adds price lists that are not active, but that the connector takes for active.
fn add_lists(
    connector: &Connector,
    call: &Call,
    answer: &mut Answer,
    wanted: fn(&Value, &str) -> bool,
) {
    let today = today(call);
    let catalog = catalog(connector, call);
    if let Some(Value::Array(active)) = result(call, answer, Op::GetActivePriceLists)
        && let Value::Array(all) = catalog.all_price_lists(&call.request, today)
    {
        let now = format!("{today}T00:00:00");
        let is_new = |list: &&Value| wanted(list, &now) && !active.contains(list);
        let added: Vec<Value> = all.iter().filter(is_new).cloned().collect();
        active.extend(added);
    }
}

fn change_first_list(call: &Call, answer: &mut Answer, change: fn(&mut Object)) {
    if let Some(value) = any_result(call, answer, LISTS)
        && let Some(first) = objects(value).into_iter().next()
    {
        change(first);
    }
}
