//! Faults in ValidateQuoteVersion and UpdateQuoteVersionPrices.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{
    amount, catalog, change_sent_lines, clear_remark, copy, each_line, failure, is, member,
    objects, original, result,
};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::wire::{Answer, Object, filled, number, part, parts, put, text, texts};

pub const FAULTS: &[Fault] = &[
    // ValidateQuoteVersion
    Fault {
        name: "only-first-alternative",
        summary: "Returns the first alternative of a version only.",
        violates: &["QC-208"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion)
                && let Some(alternatives) = value["CRMAlternativesWithLines"].as_array_mut()
            {
                alternatives.truncate(1);
            }
        })],
    },
    Fault {
        name: "empty-alternatives-dropped",
        summary: "Leaves alternatives without lines out of its answer.",
        violates: &["QC-208"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion)
                && let Some(alternatives) = value["CRMAlternativesWithLines"].as_array_mut()
            {
                alternatives.retain(|one| one["CRMQuoteLines"] != json!([]));
            }
        })],
    },
    Fault {
        name: "validation-updates-prices",
        summary: "Updates list prices during validation.",
        violates: &["QC-209"],
        consequences: &["QC-066", "QC-214", "QC-216"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion) {
                each_line(call, value, &mut |line| {
                    if let Some(offer) = catalog.offer(text(line, "ERPProductKey")) {
                        put(line, "UnitListPrice", offer.info["UnitListPrice"].clone());
                    }
                });
            }
        })],
    },
    Fault {
        name: "validation-takes-discounts-away",
        summary: "Resets the discounts of lines during validation.",
        violates: &["QC-209"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::ValidateQuoteVersion) {
                each_line(call, value, &mut |line| {
                    put(line, "DiscountPercent", 0.0);
                    put(line, "DiscountAmount", 0.0);
                });
            }
        })],
    },
    Fault {
        name: "draft-not-moved-on",
        summary: "Leaves a draft not calculated and does not say why.",
        violates: &["QC-210"],
        consequences: &["QC-215"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                if text(before, "State") == "DraftNotCalculated" {
                    put(version, "State", "DraftNotCalculated");
                    clear_remark(version);
                }
            });
        })],
    },
    Fault {
        name: "approved-becomes-draft",
        summary: "Makes an approved version a draft again.",
        violates: &["QC-211"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                if text(before, "State") == "DraftApproved" {
                    put(version, "State", "Draft");
                }
            });
        })],
    },
    Fault {
        name: "archived-becomes-draft",
        summary: "Makes archived versions drafts when they are validated.",
        violates: &["QC-211"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                if text(before, "State") == "Archived" {
                    put(version, "State", "DraftNotCalculated");
                }
            });
        })],
    },
    Fault {
        name: "validation-sends",
        summary: "Sets the state Sent when it is asked to validate before sending.",
        violates: &["QC-212", "QC-210"],
        consequences: &["QC-216"],
        seams: &[Seam::Answer(|_, call, answer| {
            let sends = text(&call.request, "Action") == "SendQuote";
            change_version(call, answer, |before, version| {
                if sends && text(before, "State").starts_with("Draft") {
                    put(version, "State", "Sent");
                }
            });
        })],
    },
    Fault {
        name: "update-sets-approved",
        summary: "Sets the state DraftApproved after a price update.",
        violates: &["QC-212"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices)
                && let Some(version) = member(value, "CRMQuoteVersion")
            {
                put(version, "State", "DraftApproved");
            }
        })],
    },
    Fault {
        name: "place-order-action-refused",
        summary: "Refuses the action PlaceOrder for versions that are no drafts.",
        violates: &["QC-213", "QC-237"],
        consequences: &["QC-211"],
        seams: &[Seam::Request(|_, call| {
            let version = part(&part(&call.request, "Context"), "CRMQuoteVersion");
            if text(&call.request, "Action") == "PlaceOrder"
                && !text(&version, "State").starts_with("Draft")
            {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-action-500",
        summary: "Falls over the action Unknown.",
        violates: &["QC-213"],
        consequences: &["QC-055", "QC-072"],
        seams: &[Seam::Request(|_, call| {
            let action = text(&call.request, "Action");
            if is(call, Op::ValidateQuoteVersion) && matches!(action, "Unknown" | "") {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "line-errors-still-draft",
        summary: "Calls a version with line errors a clean draft.",
        violates: &["QC-214"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                let was_draft =
                    text(before, "State").starts_with("DraftN") || text(before, "State") == "Draft";
                if was_draft && text(version, "Status") == "Error" {
                    put(version, "State", "Draft");
                    clear_remark(version);
                }
            });
        })],
    },
    Fault {
        name: "last-recalculated-kept",
        summary: "Does not note when a version was calculated.",
        violates: &["QC-215"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                copy(before, version, &["LastRecalculated"]);
            });
        })],
    },
    Fault {
        name: "second-validation-asks-approval",
        summary: "Asks for approval when a version is validated again.",
        violates: &["QC-216"],
        consequences: &["QC-237"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                if text(before, "State") == "Draft" && text(version, "State") == "Draft" {
                    put(version, "State", "DraftNeedsApproval");
                    put(version, "Status", "Warning");
                    put(
                        version,
                        "Reason",
                        "US:\"Checked twice.\";NO:\"Kontrollert to ganger.\"",
                    );
                }
            });
        })],
    },
    Fault {
        name: "approval-mentioned-once",
        summary: "Says that approval is needed when that is new, and not again.",
        violates: &["QC-216"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_version(call, answer, |before, version| {
                let known = text(before, "State") == "DraftNeedsApproval";
                if known && text(version, "State") == "DraftNeedsApproval" {
                    clear_remark(version);
                }
            });
        })],
    },
    // UpdateQuoteVersionPrices
    Fault {
        name: "cost-not-updated",
        summary: "Updates list prices, but not costs.",
        violates: &["QC-217"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            keep_of_lines(
                call,
                answer,
                &["UnitCost", "EarningAmount", "EarningPercent"],
            );
        })],
    },
    Fault {
        name: "minimum-price-not-updated",
        summary: "Updates list prices and costs, but not minimum prices.",
        violates: &["QC-217"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            keep_of_lines(call, answer, &["UnitMinimumPrice"]);
        })],
    },
    Fault {
        name: "only-first-alternative-updated",
        summary: "Updates the prices of the first alternative only.",
        violates: &["QC-217"],
        consequences: &["QC-219", "QC-221"],
        seams: &[Seam::Answer(|_, call, answer| {
            let sent = sent_alternatives(call);
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices)
                && let Some(alternatives) = value["CRMAlternativesWithLines"].as_array_mut()
            {
                for (alternative, before) in alternatives.iter_mut().zip(sent).skip(1) {
                    *alternative = Value::Object(before);
                }
            }
        })],
    },
    Fault {
        name: "editable-prices-emptied",
        summary: "Empties the prices that users may edit instead of keeping or refreshing them.",
        violates: &["QC-218"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if texts(&call.request, "WriteableFields").contains(&"unitlistprice") {
                change_sent_lines(call, Op::UpdateQuoteVersionPrices, |line| {
                    put(line, "ERPProductKey", "");
                    put(line, "UnitListPrice", 0.0);
                });
            }
            Ok(())
        })],
    },
    Fault {
        name: "gone-product-unflagged",
        summary: "Has no remark on a line whose product is gone.",
        violates: &["QC-219"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices) {
                each_line(call, value, &mut |line| {
                    if catalog.offer(text(line, "ERPProductKey")).is_none() {
                        clear_remark(line);
                    }
                });
            }
        })],
    },
    Fault {
        name: "gone-product-priced-zero",
        summary: "Sets the price of a line to 0 when its product is gone.",
        violates: &["QC-219"],
        consequences: &["QC-221"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices) {
                each_line(call, value, &mut |line| {
                    let key = filled(line, "ERPProductKey");
                    if key.is_some_and(|key| catalog.offer(key).is_none()) {
                        put(line, "UnitListPrice", 0.0);
                    }
                });
            }
        })],
    },
    Fault {
        name: "free-lines-priced-zero",
        summary: "Sets the price of lines without a product to 0.",
        violates: &["QC-220"],
        consequences: &["QC-221"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices) {
                each_line(call, value, &mut |line| {
                    if filled(line, "ERPProductKey").is_none() {
                        put(line, "UnitListPrice", 0.0);
                    }
                });
            }
        })],
    },
    Fault {
        name: "free-line-texts-emptied",
        summary: "Takes description and supplier of each line from its product, also without one.",
        violates: &["QC-220"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices) {
                each_line(call, value, &mut |line| {
                    if filled(line, "ERPProductKey").is_none() {
                        put(line, "Description", "");
                        put(line, "Supplier", "");
                    }
                });
            }
        })],
    },
    Fault {
        name: "update-with-whole-quantities",
        summary: "Rounds quantities to whole units when it updates prices.",
        violates: &["QC-195"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            change_sent_lines(call, Op::UpdateQuoteVersionPrices, |line| {
                put(line, "Quantity", number(amount(line, "Quantity").ceil()));
            });
            Ok(())
        })],
    },
    Fault {
        name: "alternatives-not-updated",
        summary: "Updates prices and amounts of lines, but not the sums of the alternatives.",
        violates: &["QC-221"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let sent = sent_alternatives(call);
            if let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices) {
                let alternatives = objects(&mut value["CRMAlternativesWithLines"]);
                for (alternative, before) in alternatives.into_iter().zip(&sent) {
                    put(
                        alternative,
                        "CRMAlternative",
                        part(before, "CRMAlternative"),
                    );
                }
            }
        })],
    },
    Fault {
        name: "totals-not-updated",
        summary: "Updates prices and leaves the amounts of the lines as they were.",
        violates: &["QC-221"],
        consequences: &["QC-217"],
        seams: &[Seam::Answer(|_, call, answer| {
            let amounts = [
                "SubTotal",
                "TotalPrice",
                "DiscountAmount",
                "DiscountPercent",
                "EarningAmount",
                "EarningPercent",
            ];
            keep_of_lines(call, answer, &amounts);
        })],
    },
    Fault {
        name: "writeable-fields-needed",
        summary: "Falls over WriteableFields null.",
        violates: &["QC-222"],
        consequences: &["QC-055", "QC-056", "QC-072"],
        seams: &[Seam::Request(|_, call| {
            let named = call
                .request
                .get("WriteableFields")
                .is_some_and(Value::is_array);
            if is(call, Op::UpdateQuoteVersionPrices) && !named {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "no-writeable-fields-422",
        summary: "Refuses a price update when users may edit no field.",
        violates: &["QC-222"],
        consequences: &[
            "QC-013", "QC-014", "QC-212", "QC-218", "QC-217", "QC-219", "QC-220", "QC-221",
        ],
        seams: &[Seam::Request(|_, call| {
            let none = call.request.get("WriteableFields") == Some(&json!([]));
            if is(call, Op::UpdateQuoteVersionPrices) && none {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
];

/// Changes the version in the answer of ValidateQuoteVersion, knowing the one sent.
fn change_version(call: &Call, answer: &mut Answer, change: impl FnOnce(&Object, &mut Object)) {
    let before = part(&part(&original(call), "Context"), "CRMQuoteVersion");
    if let Some(value) = result(call, answer, Op::ValidateQuoteVersion)
        && let Some(version) = member(value, "CRMQuoteVersion")
    {
        change(&before, version);
    }
}

fn sent_alternatives(call: &Call) -> Vec<Object> {
    parts(
        &part(&original(call), "Context"),
        "CRMAlternativesWithLines",
    )
}

/// Gives lines of UpdateQuoteVersionPrices back members as they were sent.
fn keep_of_lines(call: &Call, answer: &mut Answer, names: &[&str]) {
    let sent = sent_alternatives(call);
    let Some(value) = result(call, answer, Op::UpdateQuoteVersionPrices) else {
        return;
    };
    let Some(alternatives) = value["CRMAlternativesWithLines"].as_array_mut() else {
        return;
    };
    for (alternative, before) in alternatives.iter_mut().zip(&sent) {
        let before = parts(before, "CRMQuoteLines");
        for (line, before) in objects(&mut alternative["CRMQuoteLines"])
            .into_iter()
            .zip(before)
        {
            copy(&before, line, names);
        }
    }
}
