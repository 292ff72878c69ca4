//! Faults in product search and advanced search.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{failure, is, objects, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, object, parts, put, text, texts};

pub const FAULTS: &[Fault] = &[
    // FindProduct
    Fault {
        name: "code-not-searched",
        summary: "Does not find products by their code.",
        violates: &["QC-126"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let typed = text(&call.request, "Userinput").trim().to_lowercase();
            keep_hits(call, answer, |hit| {
                text_of(hit, "Code").to_lowercase() != typed
            });
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
        name: "jwt-users-find-nothing",
        summary: "Finds no product by its code for users with signed tokens.",
        violates: &["QC-126"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let by_jwt = call
                .session
                .as_ref()
                .is_some_and(|session| session.user.is_some());
            let typed = text(&call.request, "Userinput").trim().to_lowercase();
            keep_hits(call, answer, |hit| {
                !by_jwt || text_of(hit, "Code").to_lowercase() != typed
            });
        })],
    },
    // GetSearchableFields and GetSearchResults
    Fault {
        name: "search-field-twice",
        summary: "Offers two search fields with the same key.",
        violates: &["QC-155"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchableFields) {
                put(objects(value)[2], "FieldKey", "name");
            }
        })],
    },
    Fault {
        name: "search-list-missing",
        summary: "Names a list for a search field that it does not have.",
        violates: &["QC-156"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchableFields) {
                for field in objects(value) {
                    if text(field, "FieldType") == "List" {
                        put(field, "ListName", "categories");
                    }
                }
            }
        })],
    },
    Fault {
        name: "price-list-criterion-ignored",
        summary: "Ignores the criterion erpPriceListKey, since it does not offer it.",
        violates: &["QC-157"],
        consequences: &["QC-158"],
        seams: &[Seam::Request(|_, call| {
            each_criterion(call, |criteria| {
                criteria.retain(|one| !is_price_list(one));
            });
            Ok(())
        })],
    },
    Fault {
        name: "price-list-criterion-in-one-spelling",
        summary: "Honours erpPriceListKey in exactly this spelling only.",
        violates: &["QC-157"],
        consequences: &["QC-158"],
        seams: &[Seam::Request(|_, call| {
            each_criterion(call, |criteria| {
                criteria.retain(|one| {
                    !is_price_list(one) || text(one, "FieldKey") == "erpPriceListKey"
                });
            });
            Ok(())
        })],
    },
    Fault {
        name: "only-first-criterion",
        summary: "Looks at the first criterion only.",
        violates: &["QC-158"],
        consequences: &[
            "QC-157", "QC-159", "QC-160", "QC-161", "QC-162", "QC-164", "QC-255",
        ],
        seams: &[Seam::Request(|_, call| {
            each_criterion(call, |criteria| criteria.truncate(1));
            Ok(())
        })],
    },
    Fault {
        name: "begins-not-known",
        summary: "Refuses the operator begins.",
        violates: &["QC-159"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let mut criteria = parts(&call.request, "Restrictions").into_iter();
            if criteria.any(|one| text(&one, "Operator").eq_ignore_ascii_case("begins")) {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "between-without-ends",
        summary: "Leaves out both ends of between.",
        violates: &["QC-160"],
        consequences: &["QC-159"],
        seams: &[Seam::Request(|_, call| {
            each_criterion(call, |criteria| {
                let (mut kept, mut added) = (Vec::new(), Vec::new());
                for one in criteria.drain(..) {
                    match texts(&one, "Values").as_slice() {
                        [from, to] if text(&one, "Operator") == "between" => {
                            added.push(criterion(text(&one, "FieldKey"), ">", from));
                            added.push(criterion(text(&one, "FieldKey"), "<", to));
                        }
                        _ => kept.push(one),
                    }
                }
                criteria.extend(kept.into_iter().chain(added));
            });
            Ok(())
        })],
    },
    Fault {
        name: "in-takes-one",
        summary: "Compares with the first value of in only.",
        violates: &["QC-161"],
        consequences: &["QC-159"],
        seams: &[Seam::Request(|_, call| {
            each_criterion(call, |criteria| {
                for one in criteria {
                    if text(one, "Operator").eq_ignore_ascii_case("in") {
                        let first: Vec<String> = texts(one, "Values")
                            .into_iter()
                            .take(1)
                            .map(str::to_owned)
                            .collect();
                        put(one, "Values", first);
                    }
                }
            });
            Ok(())
        })],
    },
    Fault {
        name: "encoded-values-not-understood",
        summary: "Understands plain values only.",
        violates: &["QC-162"],
        consequences: &["QC-159", "QC-160", "QC-161"],
        seams: &[Seam::Answer(|_, call, answer| {
            let criteria = parts(&call.request, "Restrictions");
            let encoded = criteria.iter().flat_map(|one| texts(one, "Values"));
            if encoded
                .into_iter()
                .any(|value| value.starts_with('[') && value.contains(':'))
                && let Some(value) = result(call, answer, Op::GetSearchResults)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "plain-values-not-understood",
        summary: "Understands encoded values of numbers only.",
        violates: &["QC-162"],
        consequences: &["QC-159", "QC-160", "QC-161"],
        seams: &[Seam::Answer(|_, call, answer| {
            let criteria = parts(&call.request, "Restrictions");
            let mut values = criteria.iter().flat_map(|one| texts(one, "Values"));
            if values.any(|value| value.parse::<f64>().is_ok())
                && let Some(value) = result(call, answer, Op::GetSearchResults)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "hit-without-key",
        summary: "Sends name and price of hits, but not their keys.",
        violates: &["QC-163"],
        consequences: &["QC-157", "QC-158", "QC-159", "QC-160", "QC-161", "QC-162"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchResults) {
                objects(value)
                    .into_iter()
                    .for_each(|hit| put(hit, KEY, Value::Null));
            }
        })],
    },
    Fault {
        name: "no-hit-null",
        summary: "Answers null when the advanced search finds nothing.",
        violates: &["QC-164"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchResults)
                && *value == json!([])
            {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "unknown-criterion-ignored",
        summary: "Ignores criteria that it cannot read, so that everything is found.",
        violates: &["QC-255"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let refused = answer.status == StatusCode::UNPROCESSABLE_ENTITY;
            if refused && is(call, Op::GetSearchResults) {
                let offers = connector.tenants[call.customer].catalog.offers.iter();
                let all = offers.map(|offer| Value::Object(offer.info.clone()));
                *answer = Answer::result(all.collect());
            }
        })],
    },
    Fault {
        name: "unknown-operator-500",
        summary: "Falls over an operator that it does not know.",
        violates: &["QC-255", "QC-072"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if is(call, Op::GetSearchResults) && answer.status == StatusCode::UNPROCESSABLE_ENTITY {
                *answer = Answer::from(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
        })],
    },
];

const KEY: &str = "ERPProductKey";

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Keeps those hits of FindProduct that are like this.
fn keep_hits(call: &Call, answer: &mut Answer, wanted: impl Fn(&Value) -> bool) {
    if let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct) {
        hits.retain(wanted);
    }
}

/// Adds hits to `%` that do not belong there.
fn add_hits(
    connector: &Connector,
    call: &Call,
    answer: &mut Answer,
    wanted: impl Fn(&Value, bool) -> bool,
) {
    let all = text(&call.request, "Userinput").trim() == "%";
    let today = call.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let catalog = &connector.tenants[call.customer].catalog;
    if all && let Some(Value::Array(hits)) = result(call, answer, Op::FindProduct) {
        for offer in &catalog.offers {
            let info = Value::Object(offer.info.clone());
            if wanted(&info, catalog.is_on_sale(offer, today)) {
                hits.push(info);
            }
        }
    }
}

fn each_criterion(call: &mut Call, change: impl FnOnce(&mut Vec<Object>)) {
    if is(call, Op::GetSearchResults) {
        let mut criteria = parts(&call.request, "Restrictions");
        change(&mut criteria);
        put(&mut call.request, "Restrictions", json!(criteria));
    }
}

fn is_price_list(criterion: &Object) -> bool {
    text(criterion, "FieldKey").eq_ignore_ascii_case("erpPriceListKey")
}

fn criterion(field: &str, operator: &str, value: &str) -> Object {
    object(json!({"FieldKey": field, "Operator": operator, "Values": [value]}))
}
