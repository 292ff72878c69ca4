//! Faults in product search.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{
    KEY, SECOND, by_jwt, catalog, failure, is, keyless_services, objects, result, text_of, today,
};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, flag, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "code-not-searched",
        summary: "Does not find products by their code.",
        violates: &["QC-126"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            drop_hits_by_code(call, answer)
        })],
    },
    Fault {
        name: "one-word-only",
        summary: "Finds nothing for more than one word.",
        violates: &["QC-127"],
        consequences: &["QC-126"],
        seams: &[Seam::Answer(|_, call, answer| {
            let one_word = text(&call.request, "Userinput").split_whitespace().count() < 2;
            keep_hits(call, answer, |_| one_word);
        })],
    },
    Fault {
        name: "search-case-sensitive",
        summary: "Finds words only in the letter case of the product.",
        violates: &["QC-128"],
        consequences: &["QC-126", "QC-127"],
        seams: &[Seam::Answer(|_, call, answer| {
            let typed = text(&call.request, "Userinput").to_owned();
            keep_hits(call, answer, |hit| {
                let fields = hit.to_string();
                typed
                    .split_whitespace()
                    .all(|word| word == "%" || fields.contains(word))
            });
        })],
    },
    Fault {
        name: "empty-search-finds-all",
        summary: "Takes an empty search text for all products.",
        violates: &["QC-129"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::FindProduct) && text(&call.request, "Userinput").trim().is_empty() {
                put(&mut call.request, "Userinput", "%");
            }
            Ok(())
        })],
    },
    Fault {
        name: "percent-shows-first-page",
        summary: "Shows only the first five products for %.",
        violates: &["QC-130"],
        consequences: &["QC-116", "QC-150", "QC-151", "QC-153"],
        seams: &[Seam::Answer(|_, call, answer| {
            let all = text(&call.request, "Userinput").trim() == "%";
            if all && let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct) {
                hits.truncate(5);
            }
        })],
    },
    Fault {
        name: "six-hundred-hits",
        summary: "Sends every spare part along, without a limit.",
        violates: &["QC-131"],
        consequences: &["QC-016", "QC-138", "QC-139", "QC-141", "QC-143"],
        seams: &[Seam::Answer(|_, call, answer| {
            let all = text(&call.request, "Userinput").trim() == "%";
            if all
                && let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct)
                && let Some(first) = hits.first().cloned()
            {
                for number in 0..600 {
                    let mut part = first.clone();
                    part[KEY] = json!(format!("PART-{number}"));
                    hits.push(part);
                }
            }
        })],
    },
    Fault {
        name: "price-list-not-a-filter",
        summary: "Searches every price list in use, whichever is asked for.",
        violates: &["QC-132"],
        consequences: &["QC-133", "QC-045"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::FindProduct) {
                call.request.remove("PriceListKey");
                call.request.remove("CurrencyCode");
            }
            Ok(())
        })],
    },
    Fault {
        name: "price-list-key-as-prefix",
        summary: "Takes the price list key for the beginning of a key.",
        violates: &["QC-132"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let key = text(&call.request, "PriceListKey").to_owned();
            let lists = &catalog(connector, call).records.price_lists;
            let longer = lists
                .iter()
                .filter(|list| !key.is_empty() && list.key != key && list.key.starts_with(&key));
            let more = longer.flat_map(|list| hits_with(connector, call, "PriceListKey", list.key));
            extend_hits(call, answer, more.collect());
        })],
    },
    Fault {
        name: "price-list-filters-codes-only",
        summary: "Has no brackets around the fields searched: the price list goes with the last.",
        violates: &["QC-132"],
        consequences: &["QC-130"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let typed = text(&call.request, "Userinput").to_lowercase();
            if text(&call.request, "PriceListKey").is_empty() || typed == "%" {
                return;
            }
            let offers = catalog(connector, call).offers.iter();
            let by_name = offers
                .filter(|offer| text(&offer.info, "Name").to_lowercase().contains(&typed))
                .filter(|offer| flag(&offer.info, "InAssortment"))
                .map(|offer| Value::Object(offer.info.clone()));
            extend_hits(call, answer, by_name.collect());
        })],
    },
    Fault {
        name: "currency-not-a-filter",
        summary: "Finds products in every currency when no price list is given.",
        violates: &["QC-133"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::FindProduct) {
                call.request.remove("CurrencyCode");
            }
            Ok(())
        })],
    },
    Fault {
        name: "second-customer-all-currencies",
        summary: "Searches the products of the second customer in every currency.",
        violates: &["QC-133"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::FindProduct) && call.customer == SECOND {
                call.request.remove("CurrencyCode");
            }
            Ok(())
        })],
    },
    Fault {
        name: "expired-price-lists-searched",
        summary: "Finds products of price lists that are not valid any more.",
        violates: &["QC-133"],
        consequences: &["QC-134"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let without_list = text(&call.request, "PriceListKey").is_empty();
            add_hits(connector, call, answer, |offer, on_sale| {
                without_list && !on_sale && offer["InAssortment"] == true
            });
        })],
    },
    Fault {
        name: "discontinued-found",
        summary: "Finds products that are discontinued.",
        violates: &["QC-134"],
        consequences: &["QC-133"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let list = text(&call.request, "PriceListKey");
            add_hits(connector, call, answer, |offer, on_sale| {
                let in_list = list.is_empty() || text_of(offer, "ERPPriceListKey") == list;
                on_sale && in_list && offer["InAssortment"] == false
            });
        })],
    },
    Fault {
        name: "in-assortment-never-set",
        summary: "Never fills InAssortment of hits, so that all look discontinued.",
        violates: &["QC-134"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::FindProduct) {
                objects(value)
                    .into_iter()
                    .for_each(|hit| put(hit, "InAssortment", false));
            }
        })],
    },
    Fault {
        name: "services-without-key",
        summary: "Finds services, which have no article number in the warehouse, without key.",
        violates: &["QC-135"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::FindProduct) {
                keyless_services(value);
            }
        })],
    },
    Fault {
        name: "hits-twice",
        summary: "Lists a product once for each field in which the words are found.",
        violates: &["QC-135"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct)
                && let Some(first) = hits.first().cloned()
            {
                hits.push(first);
            }
        })],
    },
    Fault {
        name: "nothing-found-422",
        summary: "Answers 422 when nothing is found.",
        violates: &["QC-136"],
        consequences: &["QC-013", "QC-137"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::FindProduct)
                && *value == json!([])
            {
                *answer = Answer::from(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
        })],
    },
    Fault {
        name: "nothing-found-shows-all",
        summary: "Shows all products instead when nothing is found.",
        violates: &["QC-136"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            if let Some(value) = result(call, answer, Op::FindProduct)
                && *value == json!([])
            {
                *value = json!(hits_with(connector, call, "Userinput", "%"));
            }
        })],
    },
    Fault {
        name: "line-break-in-search-400",
        summary: "Refuses a search text with a line break or tab, as pasted from a table.",
        violates: &["QC-137"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::FindProduct)
                && text(&call.request, "Userinput").contains(char::is_control)
            {
                return Err(failure(StatusCode::BAD_REQUEST));
            }
            Ok(())
        })],
    },
    Fault {
        name: "jwt-users-find-nothing",
        summary: "Finds no product by its code for users with signed tokens.",
        violates: &["QC-126"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if by_jwt(call) {
                drop_hits_by_code(call, answer);
            }
        })],
    },
];

/// Keeps those hits of FindProduct that are like this.
fn keep_hits(call: &Call, answer: &mut Answer, wanted: impl Fn(&Value) -> bool) {
    if let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct) {
        hits.retain(wanted);
    }
}

/// Drops the hits of FindProduct whose code was typed.
fn drop_hits_by_code(call: &Call, answer: &mut Answer) {
    let typed = text(&call.request, "Userinput").trim().to_lowercase();
    keep_hits(call, answer, |hit| {
        text_of(hit, "Code").to_lowercase() != typed
    });
}

/// Adds hits to `%` that do not belong there.
fn add_hits(
    connector: &Connector,
    call: &Call,
    answer: &mut Answer,
    wanted: impl Fn(&Value, bool) -> bool,
) {
    let all = text(&call.request, "Userinput").trim() == "%";
    let today = today(call);
    let catalog = catalog(connector, call);
    if all && let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct) {
        for offer in &catalog.offers {
            let info = Value::Object(offer.info.clone());
            if wanted(&info, catalog.is_on_sale(offer, today)) {
                hits.push(info);
            }
        }
    }
}

/// The hits that the search has with another argument.
fn hits_with(connector: &Connector, call: &Call, name: &str, value: &str) -> Vec<Value> {
    let mut request = call.request.clone();
    put(&mut request, name, value);
    let catalog = catalog(connector, call);
    match catalog.find(&request, today(call)) {
        Value::Array(hits) => hits,
        _ => Vec::new(),
    }
}

/// Adds those of the hits that are not there yet.
fn extend_hits(call: &Call, answer: &mut Answer, more: Vec<Value>) {
    if let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct) {
        for hit in more {
            if !hits.contains(&hit) {
                hits.push(hit);
            }
        }
    }
}
