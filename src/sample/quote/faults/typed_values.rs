//! Faults in what the user has typed on a line: overrides, and the values they hold.

use rust_decimal::Decimal;

use super::tools::{amount, changed_line, line_of, original_line, resettle_line, restore};
use super::{Fault, Seam};
use crate::sample::quote::calculation::line_cost;
use crate::sample::quote::connector::{Call, Connector};
use crate::sample::quote::pricing::Held;
use crate::sample::quote::wire::{Answer, Problem, put, text, texts};

pub const FAULTS: &[Fault] = &[
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
            changed_line(call, answer, |line| {
                if text(line, "UserValueOverride") == "OverrideDiscountAmount" {
                    let discount = amount(line, "DiscountAmount") * amount(line, "Quantity");
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
            changed_line(call, answer, |line| {
                if text(line, "UserValueOverride") == "OverrideEarningAmount" {
                    let earning = amount(line, "EarningAmount") * amount(line, "Quantity");
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
            changed_line(call, answer, |line| {
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
            changed_line(call, answer, |line| put(line, "UserValueOverride", "None"));
        })],
    },
    Fault {
        name: "quantity-resets-typed-value",
        summary: "Forgets the value typed last when the quantity changes.",
        violates: &["QC-191", "QC-192"],
        consequences: &["QC-185", "QC-186", "QC-187", "QC-188", "QC-189", "QC-177"],
        seams: &[
            Seam::Request(|_, call| forget_typed_when_changed(call, "quantity")),
            Seam::Answer(restore_override),
        ],
    },
    Fault {
        name: "list-price-resets-typed-value",
        summary: "Forgets the value typed last when the list price changes.",
        violates: &["QC-191"],
        consequences: &[],
        seams: &[
            Seam::Request(|_, call| forget_typed_when_changed(call, "unitlistprice")),
            Seam::Answer(restore_override),
        ],
    },
    Fault {
        name: "cost-resets-typed-value",
        summary: "Forgets the value typed last when the cost changes.",
        violates: &["QC-191"],
        consequences: &[],
        seams: &[
            Seam::Request(|_, call| forget_typed_when_changed(call, "unitcost")),
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
];

/// Calculates lines with this override as if the user had typed nothing.
fn take_for_none(call: &mut Call, value: &str) -> Result<(), Problem> {
    if let Some(line) = line_of(call)
        && text(line, "UserValueOverride") == value
    {
        put(line, "UserValueOverride", "None");
    }
    Ok(())
}

/// Calculates a line as if the user had typed nothing once this field has changed.
fn forget_typed_when_changed(call: &mut Call, field: &str) -> Result<(), Problem> {
    let changed = texts(&call.request, "ChangedFields")
        .into_iter()
        .any(|name| name.to_lowercase().ends_with(field));
    if changed && let Some(line) = line_of(call) {
        put(line, "UserValueOverride", "None");
    }
    Ok(())
}

/// Tells the override as it was sent.
fn restore_override(_: &Connector, call: &Call, answer: &mut Answer) {
    changed_line(call, answer, |line| {
        restore(call, line, &["UserValueOverride"])
    });
}
