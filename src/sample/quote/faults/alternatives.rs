//! Faults in RecalculateQuoteAlternative.

use axum::http::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::tools::{
    amount, change_sent_lines, copy, failure, is, original, put_earning, put_total, resettle,
    result,
};
use super::{Fault, Seam};
use crate::sample::quote::calculation::{line_cost, sum, typed};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::pricing::{Held, percentage, vat};
use crate::sample::quote::wire::{Answer, Object, filled, number, part, parts, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "subtotal-before-line-discounts",
        summary: "Sums the subtotals of the lines instead of their totals.",
        violates: &["QC-197"],
        consequences: &["QC-200", "QC-201", "QC-202"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let sub_total = sum(lines, "SubTotal").unwrap_or_default();
                settle_head(head, lines, sub_total);
            });
        })],
    },
    Fault {
        name: "credit-lines-not-summed",
        summary: "Leaves credit lines out of the sum of an alternative.",
        violates: &["QC-197"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let totals = lines.iter().map(|line| amount(line, "TotalPrice"));
                let sub_total = totals.filter(|total| *total > Decimal::ZERO).sum();
                settle_head(head, lines, sub_total);
            });
        })],
    },
    Fault {
        name: "order-discount-not-subtracted",
        summary: "Does not subtract the order discount from the total.",
        violates: &["QC-198"],
        consequences: &["QC-199", "QC-200"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let total = amount(head, "SubTotal");
                put_total(head, total, total_cost(lines));
            });
        })],
    },
    Fault {
        name: "order-total-with-vat",
        summary: "Adds VAT to the total of an alternative.",
        violates: &["QC-198"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                if text(head, "UserValueOverride") == "None" {
                    let total = amount(head, "TotalPrice") + amount(head, "VAT");
                    put_total(head, total, total_cost(lines));
                }
            });
        })],
    },
    Fault {
        name: "order-discount-in-line-totals",
        summary: "Takes the order discount off the totals of the lines, too.",
        violates: &["QC-179"],
        consequences: &["QC-180", "QC-182", "QC-197", "QC-201"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |_, lines| {
                for line in lines {
                    let left = line["TotalPriceWithAlternativeDiscount"].clone();
                    put(line, "TotalPrice", left);
                }
            });
        })],
    },
    Fault {
        name: "earning-before-order-discount",
        summary: "Sums the earnings of the lines and forgets the order discount.",
        violates: &["QC-199"],
        consequences: &["QC-200"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let earning = sum(lines, "EarningAmount").unwrap_or_default();
                put_earning(head, earning);
            });
        })],
    },
    Fault {
        name: "order-margin-of-subtotal",
        summary: "Tells the earning of an alternative in percent of its subtotal.",
        violates: &["QC-199"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let typed = text(head, "UserValueOverride") == "OverrideEarningPercent";
                if total_cost(lines).is_some() && !typed {
                    let percent =
                        percentage(amount(head, "EarningAmount"), amount(head, "SubTotal"));
                    put(head, "EarningPercent", number(percent.unwrap_or_default()));
                }
            });
        })],
    },
    Fault {
        name: "order-override-ignored",
        summary: "Ignores what the user typed for the whole alternative.",
        violates: &["QC-200"],
        consequences: &["QC-189", "QC-201", "QC-202", "QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let proposed = amount(head, "ERPDiscountPercent");
                let sub_total = amount(head, "SubTotal");
                let cost = total_cost(lines);
                resettle(head, sub_total, cost, Held::DiscountPercent(proposed));
                spread(head, lines);
            });
        })],
    },
    Fault {
        name: "order-total-override-ignored",
        summary: "Keeps typed order discounts, but not a typed order total.",
        violates: &["QC-200"],
        consequences: &["QC-201", "QC-202", "QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                if text(head, "UserValueOverride") == "OverrideTotal" {
                    let sub_total = amount(head, "SubTotal");
                    let cost = total_cost(lines);
                    resettle(head, sub_total, cost, Held::DiscountPercent(Decimal::ZERO));
                    spread(head, lines);
                }
            });
        })],
    },
    Fault {
        name: "order-discount-not-on-lines",
        summary: "Does not tell what the order discount leaves of each line.",
        violates: &["QC-201"],
        consequences: &["QC-202"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |_, lines| {
                for line in lines {
                    let total = line["TotalPrice"].clone();
                    put(line, "TotalPriceWithAlternativeDiscount", total);
                }
            });
        })],
    },
    Fault {
        name: "vat-before-order-discount",
        summary: "Calculates VAT from the totals before the order discount.",
        violates: &["QC-202"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let taxed = lines
                    .iter()
                    .map(|line| (amount(line, "TotalPrice"), amount(line, "VAT")));
                put(head, "VAT", number(vat(taxed).unwrap_or_default()));
            });
        })],
    },
    Fault {
        name: "vat-as-percentage",
        summary: "Sends the VAT of an alternative as a percentage, as on lines.",
        violates: &["QC-202"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, lines| {
                let rates = lines.iter().map(|line| amount(line, "VAT"));
                put(head, "VAT", number(rates.max().unwrap_or_default()));
            });
        })],
    },
    Fault {
        name: "lines-without-product-dropped",
        summary: "Returns only the lines that the ERP has a product for.",
        violates: &["QC-203"],
        consequences: &["QC-066", "QC-197", "QC-199", "QC-202", "QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::RecalculateQuoteAlternative)
                && let Some(lines) = value["CRMQuoteLines"].as_array_mut()
            {
                lines.retain(|line| {
                    line.as_object()
                        .is_some_and(|line| filled(line, "ERPProductKey").is_some())
                });
            }
        })],
    },
    Fault {
        name: "last-line-dropped",
        summary: "Loses the last line of an alternative with more than one.",
        violates: &["QC-203"],
        consequences: &["QC-066", "QC-197", "QC-199", "QC-202", "QC-207", "QC-252"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::RecalculateQuoteAlternative)
                && let Some(lines) = value["CRMQuoteLines"].as_array_mut()
                && lines.len() > 1
            {
                lines.pop();
            }
        })],
    },
    Fault {
        name: "freight-line-with-id",
        summary: "Adds a line for freight and numbers it itself.",
        violates: &["QC-204"],
        consequences: &["QC-203", "QC-206", "QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            add_freight(call, answer, Some(2_000_000_001));
        })],
    },
    Fault {
        name: "freight-line-shares-id",
        summary: "Adds a line for freight that has the id of the line it was copied from.",
        violates: &["QC-204"],
        consequences: &["QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            add_freight(call, answer, None);
        })],
    },
    Fault {
        name: "freight-line-at-every-pass",
        summary: "Adds a line for freight whether or not there is one already.",
        violates: &["QC-207"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            add_freight(call, answer, Some(0));
        })],
    },
    Fault {
        name: "alternative-renamed",
        summary: "Puts its own words before the name of the alternative.",
        violates: &["QC-205", "QC-066"],
        consequences: &["QC-207"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, _| {
                let name = format!("Offer: {}", text(head, "Name"));
                put(head, "Name", name);
            });
        })],
    },
    Fault {
        name: "version-id-lost",
        summary: "Returns the alternative without the id of its version.",
        violates: &["QC-205", "QC-065"],
        consequences: &["QC-066"],
        seams: &[Seam::Answer(|_, call, answer| {
            recalculated(call, answer, |head, _| put(head, "QuoteVersionId", 0));
        })],
    },
    Fault {
        name: "no-lines-500",
        summary: "Falls over an alternative without lines.",
        violates: &["QC-206"],
        consequences: &["QC-056", "QC-072"],
        seams: &[Seam::Request(|_, call| {
            let context = part(&call.request, "Context");
            let alternative = part(&context, "CRMAlternativeWithLines");
            if is(call, Op::RecalculateQuoteAlternative)
                && parts(&alternative, "CRMQuoteLines").is_empty()
            {
                return Err(failure(StatusCode::INTERNAL_SERVER_ERROR));
            }
            Ok(())
        })],
    },
    Fault {
        name: "empty-alternative-keeps-total",
        summary: "Leaves the old totals of an alternative whose lines have gone.",
        violates: &["QC-206"],
        consequences: &["QC-197", "QC-198", "QC-199"],
        seams: &[Seam::Answer(|_, call, answer| {
            let sent = sent_head(call);
            recalculated(call, answer, |head, lines| {
                if lines.is_empty() {
                    copy(&sent, head, &["SubTotal", "TotalPrice"]);
                }
            });
        })],
    },
    Fault {
        name: "cost-rises-with-every-pass",
        summary: "Adds a handling fee to the cost of each line at every recalculation.",
        violates: &["QC-207"],
        consequences: &["QC-018", "QC-066"],
        seams: &[Seam::Request(|_, call| {
            change_sent_lines(call, Op::RecalculateQuoteAlternative, |line| {
                if matches!(line_cost(line), Ok(Some(_))) {
                    let cost = amount(line, "UnitCost") + Decimal::ONE;
                    put(line, "UnitCost", number(cost));
                }
            });
            Ok(())
        })],
    },
    Fault {
        name: "order-discount-piles-up",
        summary: "Adds its order discount to the one that is in force already.",
        violates: &["QC-207"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            let sent = sent_head(call);
            recalculated(call, answer, |head, lines| {
                if text(head, "UserValueOverride") == "None" {
                    let in_force = amount(&sent, "DiscountPercent");
                    let percent = in_force + amount(head, "ERPDiscountPercent");
                    let sub_total = amount(head, "SubTotal");
                    let cost = total_cost(lines);
                    resettle(head, sub_total, cost, Held::DiscountPercent(percent));
                    spread(head, lines);
                }
            });
        })],
    },
];

/// Changes head and lines of the recalculated alternative.
fn recalculated(
    call: &Call,
    answer: &mut Answer,
    change: impl FnOnce(&mut Object, &mut Vec<Object>),
) {
    if let Some(Value::Object(value)) = result(call, answer, Op::RecalculateQuoteAlternative) {
        let mut head = part(value, "CRMAlternative");
        let mut lines = parts(value, "CRMQuoteLines");
        change(&mut head, &mut lines);
        put(value, "CRMAlternative", head);
        put(value, "CRMQuoteLines", json!(lines));
    }
}

/// The alternative as it was sent.
fn sent_head(call: &Call) -> Object {
    let context = part(&original(call), "Context");
    part(&part(&context, "CRMAlternativeWithLines"), "CRMAlternative")
}

/// Adds a line for freight, which is free; without an id it has that of the last line.
fn add_freight(call: &Call, answer: &mut Answer, id: Option<i64>) {
    recalculated(call, answer, |_, lines| {
        let Some(mut freight) = lines.last().cloned() else {
            return;
        };
        for name in [
            "UnitListPrice",
            "UnitCost",
            "UnitMinimumPrice",
            "SubTotal",
            "TotalPrice",
            "DiscountAmount",
            "DiscountPercent",
            "ERPDiscountAmount",
            "ERPDiscountPercent",
            "EarningAmount",
            "EarningPercent",
            "TotalPriceWithAlternativeDiscount",
        ] {
            put(&mut freight, name, 0.0);
        }
        put(&mut freight, "ERPProductKey", "");
        put(&mut freight, "Name", "Freight");
        put(&mut freight, "UserValueOverride", "None");
        if let Some(id) = id {
            put(&mut freight, "QuoteLineId", id);
        }
        lines.push(freight);
    });
}

/// Calculates the head anew from another subtotal, with what the user typed.
fn settle_head(head: &mut Object, lines: &mut [Object], sub_total: Decimal) {
    let in_force = Held::DiscountPercent(amount(head, "DiscountPercent"));
    let held = typed(head).ok().flatten().unwrap_or(in_force);
    let cost = total_cost(lines);
    resettle(head, sub_total, cost, held);
    let proposed = sub_total * amount(head, "ERPDiscountPercent") / Decimal::ONE_HUNDRED;
    put(head, "ERPDiscountAmount", number(proposed));
    spread(head, lines);
}

/// Takes the order discount to the lines and to VAT.
fn spread(head: &mut Object, lines: &mut [Object]) {
    let left = Decimal::ONE - amount(head, "DiscountPercent") / Decimal::ONE_HUNDRED;
    let mut taxed = Vec::new();
    for line in lines {
        let price = amount(line, "TotalPrice") * left;
        put(line, "TotalPriceWithAlternativeDiscount", number(price));
        taxed.push((price, amount(line, "VAT")));
    }
    put(head, "VAT", number(vat(taxed).unwrap_or_default()));
}

/// Cost of all lines; `None` when one is not known.
fn total_cost(lines: &[Object]) -> Option<Decimal> {
    lines
        .iter()
        .map(|line| line_cost(line).ok().flatten())
        .sum()
}
