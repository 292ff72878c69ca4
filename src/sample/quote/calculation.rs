//! Lines and alternatives as carriers: reads the amounts, applies [`pricing`], and
//! writes them back. Everything else in a carrier stays as it is.

use rust_decimal::Decimal;

use super::catalog::Catalog;
use super::pricing::{
    Amounts, Calculated, Held, add, after_discount, multiply, percentage, settle, share, subtract,
    vat,
};
use super::wire::{Object, Problem, decimal, flag, known_decimal, number, put, text};

/// Where the discounts come from that the ERP proposes.
#[derive(Debug, Clone, Copy)]
pub enum Proposals<'a> {
    /// The ERP is asked, and its proposals apply where the user has typed nothing.
    Fresh(&'a Catalog),
    /// Discounts stay as they are.
    AsSent,
}

/// Calculates a line. `order_discount` is the percentage of its alternative.
pub fn line(
    line: &mut Object,
    proposals: Proposals,
    order_discount: Decimal,
) -> Result<(), Problem> {
    let quantity = charged_quantity(line)?;
    let sub_total = multiply(quantity, decimal(line, "UnitListPrice")?)?;
    let cost = line_cost(line)?;
    let proposed = match proposals {
        Proposals::Fresh(catalog) => proposed_discount(line, catalog)?,
        Proposals::AsSent => decimal(line, "ERPDiscountPercent")?,
    };
    let amounts = calculate(line, proposals, proposed, sub_total, cost)?;
    let after_order_discount = after_discount(amounts.total_price, order_discount)?;
    put(
        line,
        "TotalPriceWithAlternativeDiscount",
        number(after_order_discount),
    );
    Ok(())
}

/// Calculates an alternative from its calculated lines, and what the order discount
/// leaves of each line.
pub fn alternative(
    alternative: &mut Object,
    lines: &mut [Object],
    proposals: Proposals,
) -> Result<(), Problem> {
    let sub_total = sum(lines, "TotalPrice")?;
    let cost = lines
        .iter()
        .map(line_cost)
        .try_fold(Some(Decimal::ZERO), |sum, cost| {
            let both = sum.zip(cost?);
            both.map(|(sum, cost)| add(sum, cost).map_err(Problem::from))
                .transpose()
        })?;
    let proposed = match proposals {
        Proposals::Fresh(catalog) => {
            let (from, percent) = catalog.records.order_discount;
            if sub_total >= from {
                percent
            } else {
                Decimal::ZERO
            }
        }
        Proposals::AsSent => decimal(alternative, "ERPDiscountPercent")?,
    };
    let amounts = calculate(alternative, proposals, proposed, sub_total, cost)?;
    let mut taxed = Vec::with_capacity(lines.len());
    for line in lines {
        let price = after_discount(decimal(line, "TotalPrice")?, amounts.discount_percent)?;
        put(line, "TotalPriceWithAlternativeDiscount", number(price));
        taxed.push((price, decimal(line, "VAT")?));
    }
    put(alternative, "VAT", number(vat(taxed)?));
    Ok(())
}

/// The part that lines and alternatives share.
fn calculate(
    carrier: &mut Object,
    proposals: Proposals,
    proposed: Decimal,
    sub_total: Decimal,
    cost: Option<Decimal>,
) -> Result<Amounts, Problem> {
    let in_force = decimal(carrier, "DiscountPercent")?;
    let held = match (typed(carrier)?, proposals) {
        (Some(held), _) => held,
        (None, Proposals::Fresh(_)) => Held::DiscountPercent(proposed),
        (None, Proposals::AsSent) => Held::DiscountPercent(in_force),
    };
    let amounts = settle(sub_total, cost, held, in_force)?;
    put(carrier, "ERPDiscountPercent", number(proposed));
    put(
        carrier,
        "ERPDiscountAmount",
        number(share(sub_total, proposed)?),
    );
    write(carrier, &amounts);
    Ok(amounts)
}

/// Writes the six amounts.
pub fn write(carrier: &mut Object, amounts: &Amounts) {
    put(carrier, "SubTotal", number(amounts.sub_total));
    put(carrier, "TotalPrice", number(amounts.total_price));
    put(carrier, "DiscountAmount", number(amounts.discount_amount));
    put(carrier, "DiscountPercent", number(amounts.discount_percent));
    put(carrier, "EarningAmount", number(amounts.earning_amount));
    put(carrier, "EarningPercent", number(amounts.earning_percent));
}

/// The amount that the user typed last; it is held.
pub fn typed(carrier: &Object) -> Result<Option<Held>, Problem> {
    Ok(match text(carrier, "UserValueOverride") {
        "OverrideTotal" => Some(Held::TotalPrice(decimal(carrier, "TotalPrice")?)),
        "OverrideDiscountPercent" => {
            Some(Held::DiscountPercent(decimal(carrier, "DiscountPercent")?))
        }
        "OverrideDiscountAmount" => Some(Held::DiscountAmount(decimal(carrier, "DiscountAmount")?)),
        "OverrideEarningPercent" => Some(Held::EarningPercent(decimal(carrier, "EarningPercent")?)),
        "OverrideEarningAmount" => Some(Held::EarningAmount(decimal(carrier, "EarningAmount")?)),
        _ => None,
    })
}

/// Quantity, times the number of periods for a subscription.
pub fn charged_quantity(line: &Object) -> Result<Decimal, Problem> {
    let quantity = decimal(line, "Quantity")?;
    if !flag(line, "IsSubscription") {
        return Ok(quantity);
    }
    Ok(multiply(quantity, decimal(line, "SubscriptionQuantity")?)?)
}

/// Cost of a whole line, when it is known.
pub fn line_cost(line: &Object) -> Result<Option<Decimal>, Problem> {
    let unit_cost = known_decimal(line, "UnitCost")?;
    let quantity = charged_quantity(line)?;
    Ok(unit_cost.map(|cost| multiply(quantity, cost)).transpose()?)
}

/// The quantity discount of the ERP; a line that the ERP does not know keeps its own.
fn proposed_discount(line: &Object, catalog: &Catalog) -> Result<Decimal, Problem> {
    let Some(offer) = catalog.offer(text(line, "ERPProductKey")) else {
        return decimal(line, "ERPDiscountPercent");
    };
    Ok(catalog
        .article(offer)
        .discount_for(decimal(line, "Quantity")?))
}

/// Sum of one amount over all lines.
pub fn sum(lines: &[Object], name: &str) -> Result<Decimal, Problem> {
    lines.iter().try_fold(Decimal::ZERO, |sum, line| {
        Ok(add(sum, decimal(line, name)?)?)
    })
}

/// Whether the amounts of a line fit each other, within the tolerance of B.7.
pub fn line_adds_up(line: &Object, order_discount: Decimal) -> Result<bool, Problem> {
    let sub_total = multiply(charged_quantity(line)?, decimal(line, "UnitListPrice")?)?;
    let total = decimal(line, "TotalPrice")?;
    let left = decimal(line, "TotalPriceWithAlternativeDiscount")?;
    Ok(adds_up(line, sub_total, line_cost(line)?)?
        && near(left, after_discount(total, order_discount)?, CENT)?)
}

/// Whether the amounts of an alternative fit each other and its lines.
pub fn alternative_adds_up(alternative: &Object, lines: &[Object]) -> Result<bool, Problem> {
    let discount = decimal(alternative, "DiscountPercent")?;
    let mut cost = Some(Decimal::ZERO);
    let mut taxed = Vec::with_capacity(lines.len());
    for line in lines {
        if !line_adds_up(line, discount)? {
            return Ok(false);
        }
        cost = match (cost, line_cost(line)?) {
            (Some(sum), Some(cost)) => Some(add(sum, cost)?),
            _ => None,
        };
        let price = decimal(line, "TotalPriceWithAlternativeDiscount")?;
        taxed.push((price, decimal(line, "VAT")?));
    }
    Ok(adds_up(alternative, sum(lines, "TotalPrice")?, cost)?
        && near(decimal(alternative, "VAT")?, vat(taxed)?, CENT)?)
}

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
const FIVE_CENT: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

fn adds_up(carrier: &Object, sub_total: Decimal, cost: Option<Decimal>) -> Result<bool, Problem> {
    let total = decimal(carrier, "TotalPrice")?;
    let discount = decimal(carrier, "DiscountAmount")?;
    let percent = decimal(carrier, "DiscountPercent")?;
    let fits = near(decimal(carrier, "SubTotal")?, sub_total, CENT)?
        && near(total, subtract(sub_total, discount)?, CENT)?
        && (sub_total.is_zero() || near(percent, percentage(discount, sub_total)?, FIVE_CENT)?);
    let Some(cost) = cost else { return Ok(fits) };
    let earning = decimal(carrier, "EarningAmount")?;
    let percent = decimal(carrier, "EarningPercent")?;
    Ok(fits
        && near(earning, subtract(total, cost)?, CENT)?
        && (total.is_zero() || near(percent, percentage(earning, total)?, FIVE_CENT)?))
}

fn near(left: Decimal, right: Decimal, tolerance: Decimal) -> Calculated<bool> {
    Ok(subtract(left, right)?.abs() <= tolerance)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::Variant;
    use crate::sample::quote::data;
    use crate::sample::quote::wire::{NOT_KNOWN, object};

    fn catalog() -> Catalog {
        Catalog::new(data::customers().remove(0).erp, Variant::Full)
    }

    fn calculated(value: Value) -> Object {
        let mut carrier = object(value);
        let done = line(&mut carrier, Proposals::Fresh(&catalog()), Decimal::ZERO);
        assert!(done.is_ok(), "{done:?}");
        assert!(
            line_adds_up(&carrier, Decimal::ZERO).is_ok_and(|fits| fits),
            "{carrier:?}"
        );
        carrier
    }

    #[test]
    fn a_line_without_override_takes_the_discount_of_the_erp() {
        let line = calculated(json!({
            "ERPProductKey": "HO-DSK-160@HO-NOK", "Quantity": 10, "UnitListPrice": 7490.0,
            "UnitCost": 4310.0, "DiscountPercent": 33.0, "UserValueOverride": "None",
        }));
        assert_eq!(line["SubTotal"], 74900.0);
        assert_eq!(line["ERPDiscountPercent"], 5.0);
        assert_eq!(line["DiscountAmount"], 3745.0);
        assert_eq!(line["TotalPrice"], 71155.0);
        assert_eq!(line["EarningAmount"], 28055.0);
    }

    #[test]
    fn a_typed_value_stays_when_the_quantity_changes() {
        let line = calculated(json!({
            "ERPProductKey": "HO-DSK-160@HO-NOK", "Quantity": 2.5, "UnitListPrice": 7490.0,
            "UnitCost": 4310.0, "TotalPrice": 15000, "UserValueOverride": "OverrideTotal",
        }));
        assert_eq!(line["TotalPrice"], 15000.0);
        assert_eq!(line["DiscountAmount"], 3725.0);
        assert_eq!(line["Quantity"], 2.5);
        assert_eq!(line["UserValueOverride"], "OverrideTotal");
    }

    #[test]
    fn subscriptions_count_their_periods_and_unknown_costs_do_not_count() {
        let line = calculated(json!({
            "Quantity": 3, "SubscriptionQuantity": 12, "IsSubscription": true,
            "UnitListPrice": 49.0, "UnitCost": NOT_KNOWN,
        }));
        assert_eq!(line["SubTotal"], 1764.0);
        assert_eq!(line["EarningAmount"], 0.0);
    }

    #[test]
    fn an_alternative_sums_what_its_lines_cost_after_discount() {
        let mut lines = vec![
            calculated(json!({
                "ERPProductKey": "HO-DSK-160@HO-NOK", "Quantity": 20, "UnitListPrice": 7490.0,
                "UnitCost": 4310.0, "VAT": 25,
            })),
            calculated(json!({
                "Quantity": 1, "UnitListPrice": 1000, "UnitCost": 400, "VAT": 0,
                "DiscountAmount": 100, "UserValueOverride": "OverrideDiscountAmount",
            })),
        ];
        let mut carrier = object(json!({"UserValueOverride": "None"}));
        let done = alternative(&mut carrier, &mut lines, Proposals::Fresh(&catalog()));
        assert!(done.is_ok(), "{done:?}");
        assert_eq!(carrier["SubTotal"], 143_210.0);
        assert_eq!(carrier["DiscountPercent"], 2.0);
        assert_eq!(carrier["TotalPrice"], 140_345.8);
        assert_eq!(carrier["EarningAmount"], 53_745.8);
        assert_eq!(lines[1]["TotalPriceWithAlternativeDiscount"], 882.0);
        assert_eq!(carrier["VAT"], 34_865.95);
        assert!(alternative_adds_up(&carrier, &lines).is_ok_and(|fits| fits));
        let before = (carrier.clone(), lines.clone());
        let again = alternative(&mut carrier, &mut lines, Proposals::Fresh(&catalog()));
        assert!(again.is_ok());
        assert_eq!(
            (carrier, lines),
            before,
            "calculating twice changes nothing"
        );
    }
}
