//! Faults in writing answers, and in handing carriers back.

use serde_json::{Value, json};

use super::tools::{
    any_result, each, each_line, each_text, english, member, objects, renamed, result,
};
use super::{Fault, Seam};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "guide-names-in-addresses",
        summary: "Names the members of an address as an older guide page does.",
        violates: &["QC-052"],
        consequences: &["QC-247"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetAddresses) {
                *value = renamed(value.take(), |name| match name {
                    "City" => "AddressCity".to_owned(),
                    "ZipCode" => "AddressZip".to_owned(),
                    other => other.to_owned(),
                });
            }
        })],
    },
    Fault {
        name: "camel-case-lists",
        summary: "Writes the items of GetQuoteList in camelCase.",
        violates: &["QC-052"],
        consequences: &["QC-101", "QC-102", "QC-114", "QC-115", "QC-116"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteList) {
                *value = renamed(value.take(), |name| {
                    let mut signs = name.chars();
                    let first = signs.next().map(|sign| sign.to_ascii_lowercase());
                    first.into_iter().chain(signs).collect()
                });
            }
        })],
    },
    Fault {
        name: "wrapped-products",
        summary: "Wraps the answer of GetProducts in an object with the member Result.",
        violates: &["QC-058"],
        consequences: &["QC-142", "QC-143", "QC-144", "QC-145"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetProducts) {
                *value = json!({"Result": value.take()});
            }
        })],
    },
    Fault {
        name: "override-without-prefix",
        summary: "Writes UserValueOverride without the prefix Override, as the web API does.",
        violates: &["QC-059", "QC-190"],
        consequences: &["QC-172", "QC-191", "QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(line)) = result(call, answer, Op::OnQuoteLineChanged) {
                let short = text(line, "UserValueOverride").trim_start_matches("Override");
                put(line, "UserValueOverride", short.to_owned());
            }
        })],
    },
    Fault {
        name: "enum-numbers",
        summary: "Writes the access of search fields as a number.",
        violates: &["QC-059"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetSearchableFields) {
                objects(value)
                    .into_iter()
                    .for_each(|field| put(field, "Access", 0));
            }
        })],
    },
    Fault {
        name: "dates-without-time",
        summary: "Writes the validity of price lists as dates without time.",
        violates: &["QC-060"],
        consequences: &["QC-117", "QC-125"],
        seams: &[Seam::Answer(|_, call, answer| {
            let lists = [Op::GetActivePriceLists, Op::GetAllPriceLists];
            if let Some(value) = any_result(call, answer, &lists) {
                for list in objects(value) {
                    for name in ["ValidFrom", "ValidTo"] {
                        let day = text(list, name).get(..10).unwrap_or_default().to_owned();
                        put(list, name, day);
                    }
                }
            }
        })],
    },
    Fault {
        name: "dates-of-wcf",
        summary: "Writes LastRecalculated as WCF writes dates in JSON.",
        violates: &["QC-060"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices)
                && let Some(version) = member(value, "CRMQuoteVersion")
            {
                put(version, "LastRecalculated", "/Date(1767225600000+0100)/");
            }
        })],
    },
    Fault {
        name: "quoted-stock",
        summary: "Writes the stock level as text.",
        violates: &["QC-062"],
        consequences: &["QC-138", "QC-139"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(product)) = result(call, answer, Op::GetProduct) {
                let stock = product.get("InStock").map(ToString::to_string);
                put(product, "InStock", stock.unwrap_or_default());
            }
        })],
    },
    Fault {
        name: "totals-formatted",
        summary: "Formats the totals of alternatives as texts with two decimals in a validation.",
        violates: &["QC-062"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion) {
                each(value, "CRMAlternative", &mut |head| {
                    for name in ["SubTotal", "TotalPrice"] {
                        let total = head.get(name).and_then(Value::as_f64);
                        put(head, name, format!("{:.2}", total.unwrap_or_default()));
                    }
                });
            }
        })],
    },
    Fault {
        name: "decimal-comma",
        summary: "Writes the default of a Double field with a comma.",
        violates: &["QC-063", "QC-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetConfigurationFields) {
                value["freight"]["DefaultValue"] = json!("1,25");
            }
        })],
    },
    Fault {
        name: "grouped-thousands",
        summary: "Tells weights in extra data in grams, and groups the thousands.",
        violates: &["QC-063"],
        consequences: &["QC-139"],
        seams: &[Seam::Answer(|_, call, answer| {
            let products = [Op::GetProduct, Op::FindProduct, Op::GetProducts];
            if let Some(value) = any_result(call, answer, &products) {
                each(value, "ExtraInfo", &mut |extra| {
                    let weight = text(extra, "Value").strip_prefix("[F:");
                    let weight = weight.and_then(|rest| rest.strip_suffix("] kg"));
                    if let Some(Ok(weight)) = weight.map(str::parse::<f64>) {
                        let (kilos, grams) = (weight.trunc(), (weight.fract() * 1000.0).round());
                        put(extra, "Value", format!("[F:{kilos},{grams:03}] g"));
                    }
                });
            }
        })],
    },
    Fault {
        name: "long-description",
        summary: "Describes price lists at greater length than the database column.",
        violates: &["QC-064"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetActivePriceLists) {
                for list in objects(value) {
                    put(list, "Description", "Prices as agreed. ".repeat(16));
                }
            }
        })],
    },
    Fault {
        name: "sale-id-lost",
        summary: "Returns SaleId 0 after validation.",
        violates: &["QC-065", "QC-066"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion)
                && let Some(quote) = member(value, "CRMQuote")
            {
                put(quote, "SaleId", 0);
            }
        })],
    },
    Fault {
        name: "line-breaks-flattened",
        summary: "Replaces the line breaks in descriptions by blanks.",
        violates: &["QC-066", "QC-177"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let operations = [Op::OnQuoteLineChanged, Op::RecalculateQuoteAlternative];
            if let Some(value) = any_result(call, answer, &operations) {
                each_line(call, value, &mut |line| {
                    let flat = text(line, "Description").replace(['\r', '\n'], " ");
                    put(line, "Description", flat);
                });
            }
        })],
    },
    Fault {
        name: "ampersands-escaped",
        summary: "Escapes texts for HTML before it sends them back.",
        violates: &["QC-066"],
        consequences: &["QC-148", "QC-177", "QC-205", "QC-251"],
        seams: &[Seam::Answer(|_, call, answer| {
            let operations = [Op::RecalculateQuoteAlternative, Op::ValidateQuoteVersion];
            if let Some(value) = any_result(call, answer, &operations) {
                each_text(value, &mut |text| {
                    if english(text).is_none() {
                        *text = text.replace('&', "&amp;").replace('<', "&lt;");
                    }
                });
            }
        })],
    },
    Fault {
        name: "extra-info-lost",
        summary: "Loses the extra data of lines in a recalculation.",
        violates: &["QC-066"],
        consequences: &["QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::RecalculateQuoteAlternative) {
                each_line(call, value, &mut |line| put(line, "ExtraInfo", Value::Null));
            }
        })],
    },
    Fault {
        name: "extra-fields-lost",
        summary: "Blanks ExtraField3 of lines and alternatives, which it does not use.",
        violates: &["QC-251"],
        consequences: &["QC-066", "QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            let operations = [
                Op::OnQuoteLineChanged,
                Op::RecalculateQuoteAlternative,
                Op::ValidateQuoteVersion,
            ];
            if let Some(value) = any_result(call, answer, &operations) {
                each_line(call, value, &mut |line| put(line, "ExtraField3", ""));
                each(value, "CRMAlternative", &mut |head| {
                    put(head, "ExtraField3", "")
                });
            }
        })],
    },
    Fault {
        name: "keys-reissued",
        summary: "Gives a quote a new ERP key at every call.",
        violates: &["QC-252"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if let Some(value) = result(call, answer, Op::OnBeforeCreateQuote)
                && let Some(quote) = member(value, "CRMQuote")
            {
                let number = connector.injected.count("quote keys");
                put(quote, "ERPQuoteKey", format!("NEW-{number}"));
            }
        })],
    },
    Fault {
        name: "line-keys-replaced",
        summary: "Replaces the ERP key of a line by a key of its own in a recalculation.",
        violates: &["QC-252"],
        consequences: &["QC-066", "QC-207"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if let Some(value) = result(call, answer, Op::RecalculateQuoteAlternative) {
                let number = connector.injected.count("line keys");
                each_line(call, value, &mut |line| {
                    let key = format!("L{number}-{}", line.get("Rank").unwrap_or(&Value::Null));
                    put(line, "ERPQuoteLineKey", key);
                });
            }
        })],
    },
];
