//! Faults in the lines that are made from products.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::tools::{KEY, add_vat, amount, catalog, objects, resettle_line, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::pricing::Held;
use crate::sample::quote::wire::{Answer, Object, number, put, text};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "no-line",
        summary: "Answers GetQuoteLinesFromProduct with an empty array.",
        violates: &["QC-165", "QC-166"],
        consequences: &[
            "QC-066", "QC-095", "QC-146", "QC-167", "QC-168", "QC-169", "QC-170", "QC-171",
            "QC-172", "QC-174", "QC-178", "QC-183", "QC-184", "QC-188", "QC-189", "QC-217",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteLinesFromProduct) {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "no-line-out-of-stock",
        summary: "Makes no line of goods that are out of stock.",
        violates: &["QC-165"],
        consequences: &["QC-166"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let catalog = catalog(connector, call);
            let offer = catalog.offer(text(&call.request, "ErpProductKey"));
            let out_of_stock = offer.is_some_and(|offer| {
                let article = catalog.article(offer);
                article.kind != "intangible" && article.stock <= Decimal::ZERO
            });
            if out_of_stock && let Some(value) = result(call, answer, Op::GetQuoteLinesFromProduct)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "new-line-with-article-number",
        summary: "Puts the article number into the product key of a new line.",
        violates: &["QC-166"],
        consequences: &["QC-169", "QC-184", "QC-217"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let code = text(line, "Code").to_owned();
                put(line, KEY, code);
            });
        })],
    },
    Fault {
        name: "new-line-with-id",
        summary: "Numbers new lines itself.",
        violates: &["QC-167"],
        consequences: &["QC-065", "QC-171"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let rank = line["Rank"].clone();
                put(line, "QuoteLineId", rank);
            });
        })],
    },
    Fault {
        name: "second-new-line-with-id",
        summary: "Numbers the lines that come along with the line of a product.",
        violates: &["QC-167"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetQuoteLinesFromProduct) {
                for (line, id) in objects(value).into_iter().skip(1).zip(1..) {
                    put(line, "QuoteLineId", id);
                }
            }
        })],
    },
    Fault {
        name: "new-line-rights-with-reason-to-write",
        summary: "Gives a reason on new lines for fields that users may write, too.",
        violates: &["QC-148"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let rights = text(line, "Rights").replace("=W", "=W,Please describe it");
                put(line, "Rights", rights);
            });
        })],
    },
    Fault {
        name: "new-line-without-quantity",
        summary: "Makes new lines with quantity 0.",
        violates: &["QC-168"],
        consequences: &["QC-178", "QC-184"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                put(line, "Quantity", 0.0);
                resettle_line(line, Decimal::ZERO, Held::DiscountAmount(Decimal::ZERO));
                put(line, "ERPDiscountAmount", 0.0);
                put(line, "DiscountPercent", line["ERPDiscountPercent"].clone());
                put(line, "EarningAmount", 0.0);
                put(line, "EarningPercent", 0.0);
            });
        })],
    },
    Fault {
        name: "new-line-price-with-vat",
        summary: "Makes new lines with prices that include VAT.",
        violates: &["QC-169"],
        consequences: &["QC-170"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                let before = amount(line, "UnitListPrice");
                add_vat(line);
                if !before.is_zero() {
                    let factor = amount(line, "UnitListPrice") / before;
                    let percent = amount(line, "DiscountPercent");
                    let sub_total = amount(line, "SubTotal") * factor;
                    resettle_line(line, sub_total, Held::DiscountPercent(percent));
                    put(line, "ERPDiscountAmount", line["DiscountAmount"].clone());
                }
            });
        })],
    },
    Fault {
        name: "new-line-not-calculated",
        summary: "Leaves the amounts of new lines at zero.",
        violates: &["QC-170"],
        consequences: &["QC-184"],
        seams: &[Seam::Answer(|_, call, answer| {
            each_new_line(call, answer, |line| {
                for name in [
                    "SubTotal",
                    "TotalPrice",
                    "EarningAmount",
                    "EarningPercent",
                    "TotalPriceWithAlternativeDiscount",
                ] {
                    put(line, name, 0.0);
                }
            });
        })],
    },
    Fault {
        name: "new-lines-counted",
        summary: "Notes every new line and proposes one more unit the next time.",
        violates: &["QC-171", "QC-250"],
        consequences: &["QC-018", "QC-057"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let key = format!("{} {}", call.customer, text(&call.request, "ErpProductKey"));
            each_new_line(call, answer, |line| {
                let quantity = Decimal::from(connector.injected.count(&key));
                let sub_total = amount(line, "SubTotal") * quantity;
                put(line, "Quantity", number(quantity));
                let percent = amount(line, "ERPDiscountPercent");
                resettle_line(line, sub_total, Held::DiscountPercent(percent));
                put(line, "ERPDiscountAmount", line["DiscountAmount"].clone());
            });
        })],
    },
    Fault {
        name: "stock-reserved-by-new-lines",
        summary: "Reserves stock for every new line before anything is ordered.",
        violates: &["QC-171"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let reserved = format!("reserved {}", text(&call.request, "ErpProductKey"));
            if result(call, answer, Op::GetQuoteLinesFromProduct).is_some() {
                connector.injected.count(&reserved);
            }
            if let Some(Value::Object(product)) = result(call, answer, Op::GetProduct) {
                let times = connector.injected.counted(&reserved);
                let left = amount(product, "InStock") - Decimal::from(times);
                put(product, "InStock", number(left));
            }
        })],
    },
];

fn each_new_line(call: &Call, answer: &mut Answer, change: impl Fn(&mut Object)) {
    if let Some(value) = result(call, answer, Op::GetQuoteLinesFromProduct) {
        objects(value).into_iter().for_each(change);
    }
}
