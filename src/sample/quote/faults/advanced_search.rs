//! Faults in the advanced search.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{KEY, catalog, failure, is, keyless_services, objects, result, today};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, object, parts, put, text, texts};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "search-field-twice",
        summary: "Offers two search fields with the same key.",
        violates: &["QC-155"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchableFields)
                && let Some(field) = objects(value).into_iter().next_back()
            {
                put(field, "FieldKey", "name");
            }
        })],
    },
    Fault {
        name: "search-field-in-preparation",
        summary: "Offers a search field that has no key yet.",
        violates: &["QC-155"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Array(fields)) = result(call, answer, Op::GetSearchableFields)
                && let Some(mut added) = fields.first().cloned()
            {
                added["FieldKey"] = json!("");
                added["DisplayName"] = json!("Notes");
                fields.push(added);
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
        name: "last-criterion-of-a-field",
        summary: "Keeps criteria by field, so that only the last of each field counts.",
        violates: &["QC-158"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            each_criterion(call, |criteria| {
                let all = criteria.clone();
                let field = |one: &Object| text(one, "FieldKey").to_lowercase();
                let mut at = 0;
                criteria.retain(|one| {
                    at += 1;
                    !all[at..].iter().any(|later| field(later) == field(one))
                });
            });
            Ok(())
        })],
    },
    Fault {
        name: "criteria-with-or",
        summary: "Finds what fits any of the criteria.",
        violates: &["QC-158"],
        consequences: &["QC-159"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            let criteria = parts(&call.request, "Restrictions");
            if let Some(Value::Array(hits)) = result(call, answer, Op::GetSearchResults) {
                for one in criteria {
                    let alone = object(json!({"Restrictions": [one]}));
                    let found = catalog.search(&alone, today(call)).unwrap_or_default();
                    for hit in found.as_array().into_iter().flatten() {
                        if !hits.contains(hit) {
                            hits.push(hit.clone());
                        }
                    }
                }
            }
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
        name: "service-hits-without-key",
        summary: "Has no key for the services that the advanced search finds.",
        violates: &["QC-163"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchResults) {
                keyless_services(value);
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
                let offers = catalog(connector, call).offers.iter();
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
