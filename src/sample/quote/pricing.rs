//! The arithmetic of contract E.2, exactly: decimals, never binary fractions, and
//! no rounding.
//!
//! Lines and alternatives follow one rule. A subtotal and a cost are given; of the
//! five amounts price, discount (amount, percent) and earning (amount, percent) one
//! is held and fixes the other four. Which one is held, [`Held`] says.

use rust_decimal::Decimal;

use super::wire::Problem;

/// The amount that stays as it is while the others follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    TotalPrice(Decimal),
    DiscountPercent(Decimal),
    DiscountAmount(Decimal),
    EarningPercent(Decimal),
    EarningAmount(Decimal),
}

/// The amounts of a line or an alternative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    pub sub_total: Decimal,
    pub total_price: Decimal,
    pub discount_amount: Decimal,
    pub discount_percent: Decimal,
    pub earning_amount: Decimal,
    pub earning_percent: Decimal,
}

/// An amount beyond what decimals can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange;

impl From<OutOfRange> for Problem {
    fn from(_: OutOfRange) -> Self {
        Self::argument("An amount is out of range.")
    }
}

/// A result of arithmetic.
pub type Calculated<T = Decimal> = Result<T, OutOfRange>;

/// Sum.
pub fn add(left: Decimal, right: Decimal) -> Calculated {
    left.checked_add(right).ok_or(OutOfRange)
}

/// Difference.
pub fn subtract(left: Decimal, right: Decimal) -> Calculated {
    left.checked_sub(right).ok_or(OutOfRange)
}

/// Product.
pub fn multiply(left: Decimal, right: Decimal) -> Calculated {
    left.checked_mul(right).ok_or(OutOfRange)
}

/// `percent` of an amount.
pub fn share(amount: Decimal, percent: Decimal) -> Calculated {
    multiply(amount, percent)?
        .checked_div(Decimal::ONE_HUNDRED)
        .ok_or(OutOfRange)
}

/// How many percent `part` is of `whole`; 0 of nothing.
pub fn percentage(part: Decimal, whole: Decimal) -> Calculated {
    if whole.is_zero() {
        return Ok(Decimal::ZERO);
    }
    multiply(part, Decimal::ONE_HUNDRED)?
        .checked_div(whole)
        .ok_or(OutOfRange)
}

/// Calculates all amounts from the one that is held. Without a known cost there are
/// no earnings, and an earning cannot be held either: `discount_percent` is then.
pub fn settle(
    sub_total: Decimal,
    cost: Option<Decimal>,
    held: Held,
    discount_percent: Decimal,
) -> Calculated<Amounts> {
    let held = match (held, cost) {
        (Held::EarningAmount(_) | Held::EarningPercent(_), None) => {
            Held::DiscountPercent(discount_percent)
        }
        // The whole price cannot be earning while there is a cost.
        (Held::EarningPercent(percent), Some(_)) if percent == Decimal::ONE_HUNDRED => {
            Held::DiscountPercent(discount_percent)
        }
        _ => held,
    };
    let total_price = match (held, cost) {
        (Held::TotalPrice(total), _) => total,
        (Held::DiscountAmount(discount), _) => subtract(sub_total, discount)?,
        (Held::DiscountPercent(percent), _) => subtract(sub_total, share(sub_total, percent)?)?,
        (Held::EarningAmount(earning), cost) => add(cost.unwrap_or_default(), earning)?,
        (Held::EarningPercent(percent), cost) => {
            let cost = cost.unwrap_or_default();
            add(cost, earning_from_percent(cost, percent)?)?
        }
    };
    let discount_amount = subtract(sub_total, total_price)?;
    let discount_percent = match held {
        Held::DiscountPercent(percent) => percent,
        _ => percentage(discount_amount, sub_total)?,
    };
    let (earning_amount, earning_percent) = match cost {
        None => (Decimal::ZERO, Decimal::ZERO),
        Some(cost) => {
            let amount = subtract(total_price, cost)?;
            let percent = match held {
                Held::EarningPercent(percent) => percent,
                _ => percentage(amount, total_price)?,
            };
            (amount, percent)
        }
    };
    Ok(Amounts {
        sub_total,
        total_price,
        discount_amount,
        discount_percent,
        earning_amount,
        earning_percent,
    })
}

/// The earning that is `percent` of the resulting price: cost × p ÷ (100 − p).
fn earning_from_percent(cost: Decimal, percent: Decimal) -> Calculated {
    let rest = subtract(Decimal::ONE_HUNDRED, percent)?;
    multiply(cost, percent)?.checked_div(rest).ok_or(OutOfRange)
}

/// What of a price is left after the discount of the whole alternative.
pub fn after_discount(price: Decimal, percent: Decimal) -> Calculated {
    subtract(price, share(price, percent)?)
}

/// VAT of an alternative: lines or rates below 0 are skipped.
pub fn vat(lines: impl IntoIterator<Item = (Decimal, Decimal)>) -> Calculated {
    lines
        .into_iter()
        .try_fold(Decimal::ZERO, |sum, (price, percent)| {
            if price < Decimal::ZERO || percent < Decimal::ZERO {
                return Ok(sum);
            }
            add(sum, share(price, percent)?)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Decimal {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    fn settled(sub_total: &str, cost: Option<&str>, held: Held) -> Amounts {
        settle(amount(sub_total), cost.map(amount), held, Decimal::ZERO)
            .unwrap_or_else(|_| panic!("out of range"))
    }

    #[test]
    fn the_worked_example_of_the_contract_comes_out() {
        let sub_total = multiply(amount("12"), amount("80.00")).unwrap_or_default();
        let amounts = settled(
            &sub_total.to_string(),
            Some("600"),
            Held::DiscountPercent(amount("15")),
        );
        assert_eq!(amounts.sub_total, amount("960"));
        assert_eq!(amounts.discount_amount, amount("144"));
        assert_eq!(amounts.total_price, amount("816"));
        assert_eq!(amounts.earning_amount, amount("216"));
        assert_eq!(amounts.earning_percent.round_dp(6), amount("26.470588"));
    }

    #[test]
    fn each_amount_can_be_held_and_leads_to_the_same_others() {
        let all = settled("960", Some("600"), Held::DiscountPercent(amount("15")));
        let exact = |held| settled("960", Some("600"), held);
        assert_eq!(exact(Held::TotalPrice(amount("816"))), all);
        assert_eq!(exact(Held::DiscountAmount(amount("144"))), all);
        assert_eq!(exact(Held::EarningAmount(amount("216"))), all);
        let by_percent = exact(Held::EarningPercent(amount("20")));
        assert_eq!(by_percent.earning_amount, amount("150"));
        assert_eq!(by_percent.total_price, amount("750"));
        assert_eq!(by_percent.earning_percent, amount("20"));
        assert_eq!(by_percent.discount_amount, amount("210"));
    }

    #[test]
    fn nothing_divides_by_zero() {
        let typed = Held::DiscountPercent(amount("10"));
        assert_eq!(
            settled("0", Some("5"), typed).discount_percent,
            amount("10")
        );
        assert_eq!(
            settled("0", Some("0"), typed).earning_percent,
            Decimal::ZERO
        );
        let free = settled("0", Some("0"), Held::EarningPercent(amount("20")));
        assert_eq!(
            (free.total_price, free.earning_percent),
            (Decimal::ZERO, amount("20"))
        );
        let all = settled("100", Some("60"), Held::EarningPercent(amount("100")));
        assert_eq!(all.total_price, amount("100"));
        let taken = settled("0", Some("5"), Held::DiscountAmount(amount("10")));
        assert_eq!(
            (taken.total_price, taken.discount_percent),
            (amount("-10"), Decimal::ZERO)
        );
    }

    #[test]
    fn an_unknown_cost_has_no_earning() {
        let held = Held::EarningAmount(amount("50"));
        let amounts = settle(amount("100"), None, held, amount("5"));
        let amounts = amounts.unwrap_or_else(|_| panic!("out of range"));
        assert_eq!(amounts.total_price, amount("95"));
        assert_eq!(
            (amounts.earning_amount, amounts.earning_percent),
            Default::default()
        );
    }

    #[test]
    fn what_decimals_cannot_hold_is_an_error_and_no_panic() {
        let big = Decimal::MAX;
        assert_eq!(multiply(big, big), Err(OutOfRange));
        assert_eq!(
            settle(big, None, Held::DiscountAmount(-big), big),
            Err(OutOfRange)
        );
    }

    #[test]
    fn vat_skips_what_is_negative() {
        let lines = [("100", "25"), ("-50", "25"), ("10", "-1"), ("40", "0")];
        let lines = lines.map(|(price, percent)| (amount(price), amount(percent)));
        assert_eq!(vat(lines), Ok(amount("25")));
        assert_eq!(
            after_discount(amount("46.50"), amount("12")),
            Ok(amount("40.92"))
        );
    }
}
