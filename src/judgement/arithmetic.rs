//! Arithmetic of lines and alternatives (contract E.2) within its tolerances (B.7).
//!
//! Amounts on the wire are IEEE doubles, so doubles judge them: within ±0.01 a line,
//! ±0.01 × lines on an alternative, percentages ±0.05. Each formula is judged on the
//! answer's own values, so that one wrong amount is one deviation and does not spread.
//! Percentages say nothing where their base is 0, earnings nothing where a cost is not
//! known (H.3 no. 34, 35).

use serde_json::Value;

use super::{Arguments, Judged, Judgement, Observed, Parameter};
use crate::base::decimal::{NOT_KNOWN, close};

const AMOUNT: f64 = 0.01;
const PERCENT: f64 = 0.05;

/// A number member; absent counts as 0.
fn number(object: &Value, name: &str) -> f64 {
    object.get(name).and_then(Value::as_f64).unwrap_or(0.0)
}

/// An object with members: without any, all amounts would agree at 0.
fn holds_anything(value: &Value) -> bool {
    value.as_object().is_some_and(|members| !members.is_empty())
}

fn quantity(line: &Value) -> f64 {
    let quantity = number(line, "Quantity");
    match line.get("IsSubscription").and_then(Value::as_bool) {
        Some(true) => quantity * number(line, "SubscriptionQuantity"),
        _ => quantity,
    }
}

fn cost(line: &Value) -> Option<f64> {
    let unit = number(line, "UnitCost");
    (unit > NOT_KNOWN).then(|| quantity(line) * unit)
}

/// A percentage of an amount that may itself be off by the amount's tolerance.
fn percent_tolerance(base: f64, amount_tolerance: f64) -> f64 {
    PERCENT + 100.0 * amount_tolerance / base.abs()
}

struct Formulas<'a, 'b> {
    arguments: &'a Arguments<'b>,
    judged: Judged,
    at: String,
}

impl Formulas<'_, '_> {
    /// Judges one formula, when `charges` names it or is absent.
    fn check(
        &mut self,
        formula: &str,
        member: &str,
        is: f64,
        should: f64,
        tolerance: f64,
        words: &str,
    ) {
        let charge = match self.arguments.get("charges") {
            Value::Object(charges) => match charges.get(formula) {
                Some(charge) => charge.as_str(),
                None => return,
            },
            _ => None,
        };
        let fine = close(is, should, tolerance);
        let at = format!("{}/{member}", self.at);
        self.judged.value(fine, || {
            Observed::new(
                format!("{member} {} = {words}", plain(should)),
                format!("{member} {}", plain(is)),
            )
            .at(at)
            .charged(charge)
        });
    }
}

/// A number for people: at most six decimals.
fn plain(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const CHARGES: Parameter = Parameter {
    name: "charges",
    required: false,
    meaning: "formula name to requirement: judges only these and charges each; all to the check's when absent",
};
const COSTS: Parameter = Parameter {
    name: "costs",
    required: false,
    meaning: "false: the connector gives no costs, earnings are not judged",
};
const AT: Parameter = Parameter {
    name: "at",
    required: false,
    meaning: "JSON Pointer of the value in the answer",
};

/// `line-arithmetic`
pub struct LineArithmetic;

impl Judgement for LineArithmetic {
    fn name(&self) -> &'static str {
        "line-arithmetic"
    }

    fn summary(&self) -> &'static str {
        "Amounts of quote lines agree by the formulas sub-total, total, earning, discount-percent, earning-percent, erp-copied (override None) and erp-agree."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "line",
                required: true,
                meaning: "a line or a list of lines",
            },
            CHARGES,
            COSTS,
            AT,
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let at = arguments.get("at").as_str().unwrap_or_default();
        let lines: Vec<(String, &Value)> = match arguments.get("line") {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, line)| (format!("{at}/{index}"), line))
                .collect(),
            line => vec![(at.to_owned(), line)],
        };
        let costs = arguments.get("costs") != &Value::Bool(false);
        let mut formulas = Formulas {
            arguments,
            judged: Judged::default(),
            at: String::new(),
        };
        for (at, line) in lines.into_iter().filter(|(_, line)| holds_anything(line)) {
            formulas.at = at;
            line_formulas(&mut formulas, line, costs);
        }
        Ok(formulas.judged)
    }
}

fn line_formulas(formulas: &mut Formulas<'_, '_>, line: &Value, costs: bool) {
    let sub_total = number(line, "SubTotal");
    let total = number(line, "TotalPrice");
    let discount = number(line, "DiscountAmount");
    let discount_percent = number(line, "DiscountPercent");
    let earning = number(line, "EarningAmount");
    let should = quantity(line) * number(line, "UnitListPrice");
    formulas.check(
        "sub-total",
        "SubTotal",
        sub_total,
        should,
        AMOUNT,
        "quantity × UnitListPrice",
    );
    formulas.check(
        "total",
        "TotalPrice",
        total,
        sub_total - discount,
        AMOUNT,
        "SubTotal − DiscountAmount",
    );
    if sub_total != 0.0 {
        let should = discount * 100.0 / sub_total;
        let tolerance = percent_tolerance(sub_total, AMOUNT);
        let words = "DiscountAmount × 100 ÷ SubTotal";
        formulas.check(
            "discount-percent",
            "DiscountPercent",
            discount_percent,
            should,
            tolerance,
            words,
        );
        let erp_amount = number(line, "ERPDiscountAmount");
        let should = erp_amount * 100.0 / sub_total;
        let words = "ERPDiscountAmount × 100 ÷ SubTotal";
        formulas.check(
            "erp-agree",
            "ERPDiscountPercent",
            number(line, "ERPDiscountPercent"),
            should,
            tolerance,
            words,
        );
    }
    if let Some(cost) = cost(line).filter(|_| costs) {
        formulas.check(
            "earning",
            "EarningAmount",
            earning,
            total - cost,
            AMOUNT,
            "TotalPrice − total cost",
        );
        if total != 0.0 {
            let should = earning * 100.0 / total;
            let words = "EarningAmount × 100 ÷ TotalPrice";
            let tolerance = percent_tolerance(total, AMOUNT);
            formulas.check(
                "earning-percent",
                "EarningPercent",
                number(line, "EarningPercent"),
                should,
                tolerance,
                words,
            );
        }
    }
    let none = line
        .get("UserValueOverride")
        .and_then(Value::as_str)
        .unwrap_or("None")
        == "None";
    if none {
        let erp = number(line, "ERPDiscountPercent");
        formulas.check(
            "erp-copied",
            "DiscountPercent",
            discount_percent,
            erp,
            PERCENT,
            "ERPDiscountPercent",
        );
        let erp = number(line, "ERPDiscountAmount");
        formulas.check(
            "erp-copied",
            "DiscountAmount",
            discount,
            erp,
            AMOUNT,
            "ERPDiscountAmount",
        );
    }
}

/// `alternative-arithmetic`
pub struct AlternativeArithmetic;

impl Judgement for AlternativeArithmetic {
    fn name(&self) -> &'static str {
        "alternative-arithmetic"
    }

    fn summary(&self) -> &'static str {
        "Amounts of an alternative agree with its lines by the formulas sub-total, total, discount, earning, earning-percent, line-share and vat."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "alternative",
                required: true,
                meaning: "the alternative",
            },
            Parameter {
                name: "lines",
                required: true,
                meaning: "its lines",
            },
            CHARGES,
            COSTS,
            AT,
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let alternative = arguments.get("alternative");
        let empty = Vec::new();
        let lines = arguments.get("lines").as_array().unwrap_or(&empty);
        let costs = arguments.get("costs") != &Value::Bool(false);
        let at = arguments.get("at").as_str().unwrap_or_default();
        let mut formulas = Formulas {
            arguments,
            judged: Judged::default(),
            at: format!("{at}/CRMAlternative"),
        };
        if !holds_anything(alternative) {
            return Ok(formulas.judged);
        }
        let count = u32::try_from(lines.len().max(1)).unwrap_or(u32::MAX);
        let amount = AMOUNT * f64::from(count);

        let sub_total = number(alternative, "SubTotal");
        let total = number(alternative, "TotalPrice");
        let discount = number(alternative, "DiscountAmount");
        let percent = number(alternative, "DiscountPercent");
        let earning = number(alternative, "EarningAmount");
        let sum: f64 = lines.iter().map(|line| number(line, "TotalPrice")).sum();
        formulas.check(
            "sub-total",
            "SubTotal",
            sub_total,
            sum,
            amount,
            "sum of the lines' TotalPrice",
        );
        formulas.check(
            "total",
            "TotalPrice",
            total,
            sub_total - discount,
            amount,
            "SubTotal − DiscountAmount",
        );
        if sub_total != 0.0 {
            let should = discount * 100.0 / sub_total;
            let words = "DiscountAmount × 100 ÷ SubTotal";
            formulas.check(
                "discount",
                "DiscountPercent",
                percent,
                should,
                percent_tolerance(sub_total, amount),
                words,
            );
        }
        let cost: Option<f64> = lines.iter().map(cost).sum();
        if let Some(cost) = cost.filter(|_| costs) {
            let words = "TotalPrice − sum of the line costs";
            formulas.check(
                "earning",
                "EarningAmount",
                earning,
                total - cost,
                amount,
                words,
            );
            if total != 0.0 {
                let should = earning * 100.0 / total;
                let words = "EarningAmount × 100 ÷ TotalPrice";
                let is = number(alternative, "EarningPercent");
                let tolerance = percent_tolerance(total, amount);
                formulas.check(
                    "earning-percent",
                    "EarningPercent",
                    is,
                    should,
                    tolerance,
                    words,
                );
            }
        }
        let vat: f64 = lines
            .iter()
            .map(|line| {
                number(line, "TotalPriceWithAlternativeDiscount") * number(line, "VAT") / 100.0
            })
            .filter(|vat| *vat > 0.0)
            .sum();
        let words = "sum of TotalPriceWithAlternativeDiscount × VAT ÷ 100, negative lines left out";
        formulas.check("vat", "VAT", number(alternative, "VAT"), vat, amount, words);
        for (index, line) in lines.iter().enumerate() {
            formulas.at = format!("{at}/CRMQuoteLines/{index}");
            let total = number(line, "TotalPrice");
            let is = number(line, "TotalPriceWithAlternativeDiscount");
            // The percentage may be rounded to what people read.
            let tolerance = AMOUNT + total.abs() * PERCENT / 100.0;
            let should = total * (1.0 - percent / 100.0);
            let words = "TotalPrice × (1 − the alternative's DiscountPercent ÷ 100)";
            formulas.check(
                "line-share",
                "TotalPriceWithAlternativeDiscount",
                is,
                should,
                tolerance,
                words,
            );
        }
        Ok(formulas.judged)
    }
}
