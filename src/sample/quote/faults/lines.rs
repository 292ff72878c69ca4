//! Faults in OnQuoteLineChanged.
//!
//! Where one formula is wrong the other amounts follow it, so that only the
//! intended rule is broken.

use axum::http::StatusCode;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::tools::{
    amount, failure, is, line_of, original, original_line, resettle_line, restore, result,
};
use super::{Fault, Seam};
use crate::sample::quote::calculation::line_cost;
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::pricing::{Held, percentage};
use crate::sample::quote::wire::{
    Answer, Object, decimal, filled, flag, integer, number, part, parts, put, text,
};

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
                each(call, answer, |line| {
                    restore(call, line, &["UnitMinimumPrice"])
                });
            }),
        ],
    },
    Fault {
        name: "line-renumbered",
        summary: "Returns lines with rank 1.",
        violates: &["QC-172"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
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
            each(call, answer, |line| put(line, "QuoteAlternativeId", 0));
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
            let context = part(&call.request, "Context");
            let lines = parts(&part(&context, "CRMAlternativeWithLines"), "CRMQuoteLines");
            if let Some(line) = line_of(call) {
                let id = integer(line, "QuoteLineId");
                let copy = lines
                    .into_iter()
                    .find(|copy| integer(copy, "QuoteLineId") == id);
                *line = copy.unwrap_or_else(|| line.clone());
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
            each(call, answer, |line| {
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
            let fields = crate::sample::quote::wire::texts(&call.request, "ChangedFields");
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
            let catalog = &connector.tenants[call.customer].catalog;
            each(call, answer, |line| {
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
            let customer = call.customer;
            if let Some(line) = line_of(call)
                && let Some(offer) = connector.tenants[customer]
                    .catalog
                    .offer(text(line, "ERPProductKey"))
            {
                put(line, "UnitListPrice", offer.info["UnitListPrice"].clone());
            }
            Ok(())
        })],
    },
    Fault {
        name: "periods-forgotten",
        summary: "Calculates a subscription without the number of periods.",
        violates: &["QC-178"],
        consequences: &["QC-170", "QC-180", "QC-183", "QC-184"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                let held = Held::DiscountPercent(amount(line, "DiscountPercent"));
                let untyped = matches!(text(line, "UserValueOverride"), "None" | "");
                if untyped && flag(line, "IsSubscription") {
                    let sub_total = amount(line, "Quantity") * amount(line, "UnitListPrice");
                    resettle_line(line, sub_total, held);
                    put(line, "ERPDiscountAmount", line["DiscountAmount"].clone());
                }
            });
        })],
    },
    Fault {
        name: "total-with-vat",
        summary: "Adds VAT to the total of a line.",
        violates: &["QC-179"],
        consequences: &["QC-180", "QC-181", "QC-182", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                if text(line, "UserValueOverride") == "None" {
                    let factor = Decimal::ONE + amount(line, "VAT") / Decimal::ONE_HUNDRED;
                    let total = amount(line, "TotalPrice") * factor;
                    put(line, "TotalPrice", number(total));
                    if let Ok(Some(cost)) = line_cost(line) {
                        put_earning(line, total - cost);
                    }
                }
            });
        })],
    },
    Fault {
        name: "earning-before-discount",
        summary: "Calculates the earning from the price before discount.",
        violates: &["QC-180"],
        consequences: &["QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                let typed = text(line, "UserValueOverride").starts_with("OverrideEarning");
                if let Ok(Some(cost)) = line_cost(line)
                    && !typed
                {
                    put_earning(line, amount(line, "SubTotal") - cost);
                }
            });
        })],
    },
    Fault {
        name: "discount-percent-whole",
        summary: "Rounds the discount percentage to whole percent.",
        violates: &["QC-181"],
        consequences: &["QC-186", "QC-187", "QC-188", "QC-189", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                if !matches!(
                    text(line, "UserValueOverride"),
                    "None" | "OverrideDiscountPercent"
                ) {
                    let whole = amount(line, "DiscountPercent").round();
                    put(line, "DiscountPercent", number(whole));
                }
            });
        })],
    },
    Fault {
        name: "markup-for-margin",
        summary: "Tells the earning in percent of the cost.",
        violates: &["QC-182"],
        consequences: &["QC-185", "QC-186", "QC-187", "QC-188", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                let typed = text(line, "UserValueOverride") == "OverrideEarningPercent";
                if let Ok(Some(cost)) = line_cost(line)
                    && !typed
                {
                    let markup = percentage(amount(line, "EarningAmount"), cost);
                    put(line, "EarningPercent", number(markup.unwrap_or_default()));
                }
            });
        })],
    },
    Fault {
        name: "erp-discount-not-copied",
        summary: "Proposes a discount and does not apply it where the user has typed nothing.",
        violates: &["QC-183"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                if text(line, "UserValueOverride") == "None" {
                    let sub_total = amount(line, "SubTotal");
                    resettle_line(line, sub_total, Held::DiscountPercent(Decimal::ZERO));
                }
            });
        })],
    },
    Fault {
        name: "erp-discount-percent-only",
        summary: "Proposes a discount in percent and leaves its amount at 0.",
        violates: &["QC-184", "QC-183"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| put(line, "ERPDiscountAmount", 0.0));
        })],
    },
    Fault {
        name: "typed-percent-overruled",
        summary: "Overrules the discount percentage that the user typed by its own.",
        violates: &["QC-185", "QC-192"],
        consequences: &["QC-191", "QC-177", "QC-194"],
        seams: &[
            Seam::Request(|_, call| take_for_none(call, "OverrideDiscountPercent")),
            Seam::Answer(restore_override),
        ],
    },
    Fault {
        name: "typed-amount-per-unit",
        summary: "Takes the discount amount that the user typed for that of one unit.",
        violates: &["QC-186"],
        consequences: &["QC-177", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                if text(line, "UserValueOverride") == "OverrideDiscountAmount" {
                    let discount = amount(line, "DiscountAmount") * two_or(line, "Quantity");
                    let sub_total = amount(line, "SubTotal");
                    resettle_line(line, sub_total, Held::DiscountAmount(discount));
                }
            });
        })],
    },
    Fault {
        name: "typed-total-ignored",
        summary: "Ignores a total that the user typed.",
        violates: &["QC-187", "QC-192"],
        consequences: &["QC-191", "QC-177"],
        seams: &[
            Seam::Request(|_, call| take_for_none(call, "OverrideTotal")),
            Seam::Answer(restore_override),
        ],
    },
    Fault {
        name: "typed-earning-per-unit",
        summary: "Takes the earning that the user typed for that of one unit.",
        violates: &["QC-188"],
        consequences: &["QC-177", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                if text(line, "UserValueOverride") == "OverrideEarningAmount" {
                    let earning = amount(line, "EarningAmount") * two_or(line, "Quantity");
                    let sub_total = amount(line, "SubTotal");
                    resettle_line(line, sub_total, Held::EarningAmount(earning));
                }
            });
        })],
    },
    Fault {
        name: "typed-margin-as-markup",
        summary: "Adds the typed earning percentage to the cost instead of keeping it as margin.",
        violates: &["QC-189"],
        consequences: &["QC-177", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            let typed = amount(&original_line(call), "EarningPercent");
            each(call, answer, |line| {
                if let Ok(Some(cost)) = line_cost(line)
                    && text(line, "UserValueOverride") == "OverrideEarningPercent"
                {
                    let earning = cost * typed / Decimal::ONE_HUNDRED;
                    let sub_total = amount(line, "SubTotal");
                    resettle_line(line, sub_total, Held::EarningAmount(earning));
                }
            });
        })],
    },
    Fault {
        name: "override-reset",
        summary: "Resets UserValueOverride once it has calculated the line.",
        violates: &["QC-190"],
        consequences: &["QC-066", "QC-191"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| put(line, "UserValueOverride", "None"));
        })],
    },
    Fault {
        name: "quantity-resets-typed-value",
        summary: "Forgets the value typed last when the quantity changes.",
        violates: &["QC-191", "QC-192"],
        consequences: &["QC-185", "QC-186", "QC-187", "QC-188", "QC-189", "QC-177"],
        seams: &[
            Seam::Request(|_, call| {
                let fields = crate::sample::quote::wire::texts(&call.request, "ChangedFields");
                let of_quantity = fields
                    .into_iter()
                    .any(|field| field.to_lowercase().contains("quantity"));
                if of_quantity && let Some(line) = line_of(call) {
                    put(line, "UserValueOverride", "None");
                }
                Ok(())
            }),
            Seam::Answer(restore_override),
        ],
    },
    Fault {
        name: "erp-discount-always-copied",
        summary: "Copies its own discount to the user's fields whatever the user has typed.",
        violates: &["QC-192", "QC-185", "QC-186", "QC-187", "QC-188", "QC-189"],
        consequences: &["QC-191", "QC-177", "QC-194"],
        seams: &[
            Seam::Request(|_, call| {
                if let Some(line) = line_of(call) {
                    put(line, "UserValueOverride", "None");
                }
                Ok(())
            }),
            Seam::Answer(restore_override),
        ],
    },
    Fault {
        name: "zero-quantity-500",
        summary: "Divides by the quantity and falls over 0.",
        violates: &["QC-193"],
        consequences: &["QC-072", "QC-055"],
        seams: &[Seam::Request(|_, call| {
            if line_of(call).is_some_and(|line| amount(line, "Quantity").is_zero()) {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-cost-422",
        summary: "Refuses a line whose cost is not known.",
        violates: &["QC-193"],
        consequences: &["QC-174", "QC-180", "QC-182"],
        seams: &[Seam::Request(|_, call| {
            if line_of(call).is_some_and(|line| matches!(line_cost(line), Ok(None))) {
                return Err(failure(StatusCode::UNPROCESSABLE_ENTITY));
            }
            Ok(())
        })],
    },
    Fault {
        name: "negative-total-unflagged",
        summary: "Has no remark on a negative or zero total.",
        violates: &["QC-194"],
        consequences: &["QC-078"],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                if amount(line, "TotalPrice") <= Decimal::ZERO {
                    put(line, "Status", "Ok");
                    put(line, "Reason", "");
                }
            });
        })],
    },
    Fault {
        name: "whole-quantities",
        summary: "Rounds quantities to whole units.",
        violates: &["QC-195", "QC-177"],
        consequences: &["QC-066", "QC-173", "QC-191"],
        seams: &[Seam::Request(|_, call| {
            if let Some(line) = line_of(call) {
                let whole = amount(line, "Quantity").ceil();
                put(line, "Quantity", whole.to_f64().unwrap_or_default());
            }
            Ok(())
        })],
    },
    Fault {
        name: "amounts-rounded",
        summary: "Rounds amounts to one decimal.",
        violates: &["QC-196"],
        consequences: &[
            "QC-178", "QC-179", "QC-180", "QC-181", "QC-182", "QC-183", "QC-184", "QC-185",
            "QC-186", "QC-187", "QC-188", "QC-189", "QC-191", "QC-175",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            each(call, answer, |line| {
                for name in ["SubTotal", "TotalPrice", "DiscountAmount", "EarningAmount"] {
                    if let Ok(exact) = decimal(line, name) {
                        put(line, name, number(exact.round_dp(1)));
                    }
                }
            });
        })],
    },
    Fault {
        name: "every-third-line-stale",
        summary: "Answers every third line from a cache, as it was sent.",
        violates: &["QC-178"],
        consequences: &[
            "QC-171", "QC-174", "QC-018", "QC-079", "QC-095", "QC-170", "QC-172", "QC-173",
            "QC-175", "QC-179", "QC-180", "QC-181", "QC-182", "QC-183", "QC-184", "QC-185",
            "QC-186", "QC-187", "QC-188", "QC-189", "QC-191", "QC-192", "QC-194", "QC-196",
        ],
        seams: &[Seam::Answer(|connector, call, answer| {
            each(call, answer, |line| {
                if connector.injected.count("lines").is_multiple_of(3) {
                    *line = original_line(call);
                }
            });
        })],
    },
];

/// Changes the line in the answer of OnQuoteLineChanged.
fn each(call: &Call, answer: &mut Answer, change: impl FnOnce(&mut Object)) {
    if let Some(Value::Object(line)) = result(call, answer, Op::OnQuoteLineChanged) {
        change(line);
    }
}

/// Calculates lines with this override as if the user had typed nothing.
fn take_for_none(call: &mut Call, value: &str) -> Result<(), crate::sample::quote::wire::Problem> {
    if let Some(line) = line_of(call)
        && text(line, "UserValueOverride") == value
    {
        put(line, "UserValueOverride", "None");
    }
    Ok(())
}

fn restore_override(
    _: &crate::sample::quote::connector::Connector,
    call: &Call,
    answer: &mut Answer,
) {
    let sent = part(&original(call), "QuoteLine");
    each(call, answer, |line| {
        let typed = sent
            .get("UserValueOverride")
            .cloned()
            .unwrap_or_else(|| json!("None"));
        put(line, "UserValueOverride", typed);
    });
}

fn put_earning(line: &mut Object, earning: Decimal) {
    let percent = percentage(earning, amount(line, "TotalPrice")).unwrap_or_default();
    put(line, "EarningAmount", number(earning));
    put(line, "EarningPercent", number(percent));
}

/// The quantity, but 2 in place of 1, which would hide the mistake.
fn two_or(line: &Object, name: &str) -> Decimal {
    let quantity = amount(line, name);
    if quantity == Decimal::ONE {
        Decimal::TWO
    } else {
        quantity
    }
}
