//! Faults in the amounts of lines.
//!
//! Where one formula is wrong the other amounts follow it, so that only the
//! intended rule is broken.

use axum::http::StatusCode;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::tools::{
    amount, changed_line, clear_remark, failure, line_cost_of, line_of, original_line, put_earning,
    put_total, resettle_line, restore,
};
use super::{Fault, Seam};
use crate::sample::quote::calculation::line_cost;
use crate::sample::quote::pricing::{Held, percentage};
use crate::sample::quote::wire::{decimal, flag, number, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "periods-forgotten",
        summary: "Calculates a subscription without the number of periods.",
        violates: &["QC-178"],
        consequences: &["QC-170", "QC-180", "QC-183", "QC-184"],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
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
            changed_line(call, answer, |line| {
                if text(line, "UserValueOverride") == "None" {
                    let factor = Decimal::ONE + amount(line, "VAT") / Decimal::ONE_HUNDRED;
                    let total = amount(line, "TotalPrice") * factor;
                    put_total(line, total, line_cost_of(line));
                }
            });
        })],
    },
    Fault {
        name: "total-in-whole-units",
        summary: "Rounds the total of a line to whole units of the currency.",
        violates: &["QC-179"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                if text(line, "UserValueOverride") == "None" {
                    let total = amount(line, "TotalPrice").round();
                    put_total(line, total, line_cost_of(line));
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
            changed_line(call, answer, |line| {
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
        name: "cost-of-one-period",
        summary: "Subtracts the cost of one period from the price of all of them.",
        violates: &["QC-180"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                if let Ok(Some(_)) = line_cost(line)
                    && flag(line, "IsSubscription")
                {
                    let cost = amount(line, "Quantity") * amount(line, "UnitCost");
                    put_earning(line, amount(line, "TotalPrice") - cost);
                }
            });
        })],
    },
    Fault {
        name: "earning-stale-where-typed",
        summary: "Leaves the earning as it was when the user types a discount or total.",
        violates: &["QC-180", "QC-182"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                let typed = text(line, "UserValueOverride");
                if typed.starts_with("OverrideDiscount") || typed == "OverrideTotal" {
                    restore(call, line, &["EarningAmount", "EarningPercent"]);
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
            changed_line(call, answer, |line| {
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
        name: "discount-percent-as-sent",
        summary: "Leaves the discount percentage as it was when another amount is typed.",
        violates: &["QC-181"],
        consequences: &["QC-186"],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                if !matches!(text(line, "UserValueOverride"), "None" | "") {
                    restore(call, line, &["DiscountPercent"]);
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
            changed_line(call, answer, |line| {
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
        name: "margin-as-fraction",
        summary: "Sends the earning percentage as a fraction, 0.25 for 25 percent.",
        violates: &["QC-182"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                if text(line, "UserValueOverride") != "OverrideEarningPercent" {
                    let fraction = amount(line, "EarningPercent") / Decimal::ONE_HUNDRED;
                    put(line, "EarningPercent", number(fraction));
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
            changed_line(call, answer, |line| {
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
            changed_line(call, answer, |line| put(line, "ERPDiscountAmount", 0.0));
        })],
    },
    Fault {
        name: "erp-amount-stale-where-typed",
        summary: "Proposes a new discount percentage where the user typed one, and the old amount.",
        violates: &["QC-184"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            changed_line(call, answer, |line| {
                if !matches!(text(line, "UserValueOverride"), "None" | "") {
                    restore(call, line, &["ERPDiscountAmount"]);
                }
            });
        })],
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
            changed_line(call, answer, |line| {
                if amount(line, "TotalPrice") <= Decimal::ZERO {
                    clear_remark(line);
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
        name: "quantities-with-one-decimal",
        summary: "Keeps one decimal of a quantity.",
        violates: &["QC-195"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if let Some(line) = line_of(call) {
                let rounded = amount(line, "Quantity").round_dp(1);
                put(line, "Quantity", number(rounded));
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
            changed_line(call, answer, |line| {
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
            changed_line(call, answer, |line| {
                if connector.injected.count("lines").is_multiple_of(3) {
                    *line = original_line(call);
                }
            });
        })],
    },
];
