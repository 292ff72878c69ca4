//! Arithmetic of lines and alternatives: the worked example of the contract (E.2), and
//! one wrong amount at a time, beside and beyond its tolerance (B.7).

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::{charges, judge_values, places};
use crate::judgement::Observed;

/// The worked example of the contract.
fn line() -> Value {
    json!({"UnitListPrice": 80.0, "UnitCost": 50.0, "Quantity": 12, "SubTotal": 960.0,
        "DiscountAmount": 144.0, "DiscountPercent": 15.0,
        "ERPDiscountAmount": 144.0, "ERPDiscountPercent": 15,
        "TotalPrice": 816.0, "EarningAmount": 216.0, "EarningPercent": 26.470588,
        "UserValueOverride": "None"})
}

/// A line that is given away: nothing is there to take a percentage of.
fn free() -> Value {
    json!({"Quantity": 1, "DiscountPercent": 15, "ERPDiscountPercent": 15, "EarningPercent": 9})
}

/// `value` with these members in place of its own.
fn with(mut value: Value, members: Value) -> Value {
    for (name, member) in members.as_object().expect("an object") {
        value[name] = member.clone();
    }
    value
}

fn judge_line(line: Value, more: Value) -> (u64, Vec<Observed>) {
    let judged = judge_values("line-arithmetic", with(json!({"line": line}), more));
    let judged = judged.expect("a line");
    (judged.values, judged.deviations)
}

#[test]
fn the_worked_example_holds() {
    let (values, deviations) = judge_line(line(), json!({}));
    assert_eq!((values, places(&deviations)), (8, vec![]));
}

#[rstest]
#[case::within(json!({"SubTotal": 960.009}), &[])]
#[case::beyond(json!({"SubTotal": 960.03}), &["/SubTotal", "/TotalPrice"])]
#[case::sub_total(json!({"SubTotal": 961}), &["/SubTotal", "/TotalPrice"])]
#[case::total(json!({"TotalPrice": 817}), &["/TotalPrice", "/EarningAmount"])]
#[case::total_below(json!({"TotalPrice": 815.98}), &["/TotalPrice", "/EarningAmount"])]
#[case::earning(json!({"EarningAmount": 216.02}), &["/EarningAmount"])]
#[case::percent_as_the_guides_round(json!({"EarningPercent": 26.52}), &[])]
#[case::percent_beyond(json!({"EarningPercent": 26.53}), &["/EarningPercent"])]
#[case::discount(json!({"DiscountPercent": 14}), &["/DiscountPercent", "/DiscountPercent"])]
#[case::discount_within(json!({"DiscountPercent": 15.04}), &[])]
#[case::erp_amount(json!({"ERPDiscountAmount": 150}), &["/ERPDiscountPercent", "/DiscountAmount"])]
#[case::erp_percent(
    json!({"ERPDiscountPercent": 15.06}),
    &["/ERPDiscountPercent", "/DiscountPercent"]
)]
#[case::free_of_cost(json!({"UnitCost": null}), &["/EarningAmount"])]
#[case::list_price(json!({"UnitListPrice": 81}), &["/SubTotal"])]
#[case::not_a_subscription(json!({"IsSubscription": false, "SubscriptionQuantity": 2}), &[])]
#[case::subscription(
    json!({"IsSubscription": true, "SubscriptionQuantity": 24, "Quantity": 0.5}),
    &[]
)]
#[case::subscription_of_nothing(
    json!({"IsSubscription": true}),
    &["/SubTotal", "/EarningAmount"]
)]
fn a_wrong_amount_shows_where_it_is(#[case] change: Value, #[case] expected: &[&str]) {
    let (values, deviations) = judge_line(with(line(), change), json!({}));
    assert_eq!((values, places(&deviations)), (8, expected.to_vec()));
}

#[rstest]
#[case::cost_not_known(line(), json!({"UnitCost": -7.922816251426434e28}), 6)]
#[case::user_has_typed(
    line(),
    json!({"UserValueOverride": "OverrideTotal", "ERPDiscountPercent": 1,
        "ERPDiscountAmount": 9.6}),
    6
)]
#[case::override_absent(line(), json!({"UserValueOverride": null}), 8)]
#[case::no_base(free(), json!({}), 5)]
#[case::no_base_for_earnings(
    line(),
    json!({"DiscountAmount": 960, "DiscountPercent": 100, "ERPDiscountAmount": 960,
        "ERPDiscountPercent": 100, "TotalPrice": 0, "EarningAmount": -600, "EarningPercent": 5}),
    7
)]
// A discount of a cent may be a quarter of so small an amount.
#[case::small_change(
    json!({"Quantity": 1, "UnitListPrice": 0.1, "SubTotal": 0.1, "DiscountAmount": 0.02,
        "DiscountPercent": 25, "ERPDiscountAmount": 0.02, "ERPDiscountPercent": 25,
        "TotalPrice": 0.08, "UnitCost": 0.07, "EarningAmount": 0.01, "EarningPercent": 20}),
    json!({}),
    8
)]
#[case::credit(
    json!({"Quantity": -1, "UnitListPrice": 0.1, "SubTotal": -0.1, "DiscountAmount": -0.02,
        "DiscountPercent": 25, "ERPDiscountAmount": -0.02, "ERPDiscountPercent": 25,
        "TotalPrice": -0.08, "UnitCost": 0.07, "EarningAmount": -0.01, "EarningPercent": 20}),
    json!({}),
    8
)]
// Doubles of that size lie apart by more than a cent.
#[case::astronomical(
    json!({"Quantity": 1, "UnitListPrice": 3e14, "SubTotal": 3e14 + 0.0625,
        "TotalPrice": 3e14, "UnitCost": 3e14}),
    json!({}),
    8
)]
fn what_says_nothing_is_not_judged(
    #[case] line: Value,
    #[case] change: Value,
    #[case] values: u64,
) {
    let (judged, deviations) = judge_line(with(line, change), json!({}));
    assert_eq!((judged, places(&deviations)), (values, vec![]));
}

#[test]
fn costs_just_above_the_sentinel_are_known() {
    let (values, _) = judge_line(with(line(), json!({"UnitCost": -7.8e28})), json!({}));
    assert_eq!(values, 8);
    let (values, _) = judge_line(with(line(), json!({"UnitCost": -7.9e28})), json!({}));
    assert_eq!(values, 6);
}

#[test]
fn a_connector_without_costs_has_no_earnings() {
    let line = with(line(), json!({"EarningAmount": 1, "EarningPercent": 1}));
    let (values, deviations) = judge_line(line.clone(), json!({"costs": false}));
    assert_eq!((values, places(&deviations)), (6, vec![]));
    let (values, deviations) = judge_line(line, json!({"costs": true}));
    let expected = vec!["/EarningAmount", "/EarningPercent"];
    assert_eq!((values, places(&deviations)), (8, expected));
}

#[test]
fn charges_choose_formulas_and_who_pays() {
    let wrong = with(line(), json!({"SubTotal": 961}));
    let (values, deviations) = judge_line(wrong.clone(), json!({"charges": {"sub-total": "R-1"}}));
    assert_eq!((values, charges(&deviations)), (1, vec![Some("R-1")]));
    let (values, deviations) = judge_line(wrong.clone(), json!({"charges": {"earning": "R-2"}}));
    assert_eq!((values, charges(&deviations)), (1, vec![]));
    let (_, deviations) = judge_line(wrong, json!({}));
    assert_eq!(charges(&deviations), [None, None]);
}

#[test]
fn a_list_is_judged_line_by_line() {
    let wrong = with(line(), json!({"EarningPercent": 1}));
    let lines = json!([line(), null, wrong]);
    let (values, deviations) = judge_line(lines.clone(), json!({"at": "/Lines"}));
    assert_eq!(
        (values, places(&deviations)),
        (16, vec!["/Lines/2/EarningPercent"])
    );
    let (_, deviations) = judge_line(lines, json!({}));
    assert_eq!(places(&deviations), ["/2/EarningPercent"]);
    assert_eq!(judge_line(json!(null), json!({})).0, 0);
}

#[test]
fn people_read_the_amounts_and_the_formula() {
    let wrong = with(line(), json!({"SubTotal": 900.5, "TotalPrice": 756.5}));
    let (_, deviations) = judge_line(wrong, json!({"charges": {"sub-total": "R-1"}}));
    assert_eq!(
        deviations[0].expected,
        "SubTotal 960 = quantity × UnitListPrice"
    );
    assert_eq!(deviations[0].actual, "SubTotal 900.5");
}

/// Two lines: 816.00 with 25 % VAT and 184.00 with 15 %, and 5 % off the whole.
fn lines() -> Value {
    json!([
        with(line(), json!({"VAT": 25, "TotalPriceWithAlternativeDiscount": 775.2})),
        {"TotalPrice": 184, "UnitCost": 10, "Quantity": 10, "VAT": 15,
            "TotalPriceWithAlternativeDiscount": 174.8},
    ])
}

fn alternative() -> Value {
    json!({"SubTotal": 1000, "DiscountAmount": 50, "DiscountPercent": 5, "TotalPrice": 950,
        "EarningAmount": 250, "EarningPercent": 26.315789, "VAT": 220.02})
}

fn judge_alternative(alternative: Value, lines: Value, more: Value) -> (u64, Vec<Observed>) {
    let parameters = with(json!({"alternative": alternative, "lines": lines}), more);
    let judged = judge_values("alternative-arithmetic", parameters).expect("an alternative");
    (judged.values, judged.deviations)
}

const SHARES: [&str; 2] = [
    "/CRMQuoteLines/0/TotalPriceWithAlternativeDiscount",
    "/CRMQuoteLines/1/TotalPriceWithAlternativeDiscount",
];

#[rstest]
#[case::as_it_should_be(json!({}), &[])]
#[case::a_cent_for_each_line(json!({"SubTotal": 1000.019}), &[])]
#[case::beyond(json!({"SubTotal": 1000.03}), &["SubTotal", "TotalPrice"])]
#[case::total(json!({"TotalPrice": 950.03}), &["TotalPrice", "EarningAmount"])]
#[case::discount_amount(json!({"DiscountAmount": 51}), &["TotalPrice", "DiscountPercent"])]
#[case::discount_within(json!({"DiscountPercent": 5.04}), &[])]
#[case::earning(json!({"EarningAmount": 250.03}), &["EarningAmount"])]
#[case::earning_percent(json!({"EarningPercent": 26.37}), &["EarningPercent"])]
#[case::earning_percent_within(json!({"EarningPercent": 26.36}), &[])]
#[case::vat(json!({"VAT": 220.05}), &["VAT"])]
#[case::vat_as_a_percentage(json!({"VAT": 25}), &["VAT"])]
fn a_wrong_amount_of_an_alternative_shows_where_it_is(
    #[case] change: Value,
    #[case] expected: &[&str],
) {
    let (values, deviations) =
        judge_alternative(with(alternative(), change), lines(), json!({"at": ""}));
    let expected: Vec<String> = expected
        .iter()
        .map(|member| format!("/CRMAlternative/{member}"))
        .collect();
    let found: Vec<&str> = places(&deviations);
    assert_eq!(
        (values, found),
        (8, expected.iter().map(String::as_str).collect())
    );
}

#[test]
fn lines_share_the_discount_of_the_alternative() {
    let only = json!({"charges": {"line-share": "R-1"}});
    let other = with(alternative(), json!({"DiscountPercent": 6}));
    let (values, deviations) = judge_alternative(other, lines(), only.clone());
    assert_eq!((values, places(&deviations)), (2, SHARES.to_vec()));
    // The percentage may be rounded: on 184.00 that is 9 cents, and one more.
    let mut lines = lines();
    lines[1]["TotalPriceWithAlternativeDiscount"] = json!(174.9);
    let (_, deviations) = judge_alternative(alternative(), lines.clone(), only.clone());
    assert_eq!(places(&deviations), [""; 0]);
    lines[1]["TotalPriceWithAlternativeDiscount"] = json!(174.91);
    let at = with(only, json!({"at": "/Alternatives/0"}));
    let (_, deviations) = judge_alternative(alternative(), lines, at);
    assert_eq!(
        places(&deviations),
        [format!("/Alternatives/0{}", SHARES[1])]
    );
}

#[test]
fn negative_values_have_no_vat() {
    let only = json!({"charges": {"vat": "R-1"}});
    let mut lines = lines();
    lines[1]["TotalPriceWithAlternativeDiscount"] = json!(-174.8);
    let right = with(alternative(), json!({"VAT": 193.8}));
    let (values, deviations) = judge_alternative(right, lines.clone(), only.clone());
    assert_eq!((values, places(&deviations)), (1, vec![]));
    let netted = with(alternative(), json!({"VAT": 167.58}));
    let (_, deviations) = judge_alternative(netted, lines, only);
    assert_eq!(places(&deviations), ["/CRMAlternative/VAT"]);
}

#[rstest]
#[case::a_cost_not_known(json!({"UnitCost": -7.922816251426434e28}), json!({}), 6)]
#[case::no_costs(json!({"UnitCost": 1}), json!({"costs": false}), 6)]
fn earnings_need_every_cost(#[case] change: Value, #[case] more: Value, #[case] values: u64) {
    let mut lines = lines();
    lines[1] = with(lines[1].clone(), change);
    let (judged, deviations) = judge_alternative(alternative(), lines, more);
    assert_eq!((judged, places(&deviations)), (values, vec![]));
}

#[rstest]
#[case::empty(json!({}), json!([]), 0)]
#[case::a_cent(json!({"SubTotal": 0.009, "TotalPrice": 0.009}), json!([]), 6)]
#[case::percentages_of_nothing(json!({"DiscountPercent": 7, "EarningPercent": 7}), json!([]), 4)]
#[case::no_alternative(json!(null), json!([{"TotalPrice": 1}]), 0)]
fn an_alternative_without_lines_is_worth_nothing(
    #[case] alternative: Value,
    #[case] lines: Value,
    #[case] values: u64,
) {
    let (judged, deviations) = judge_alternative(alternative, lines, json!({}));
    assert_eq!((judged, places(&deviations)), (values, vec![]));
}

/// A line by the formulas of the contract, in the names of the wire.
fn computed(price: f64, cost: f64, quantity: f64, percent: f64) -> Value {
    let sub_total = price * quantity;
    let discount = sub_total * percent / 100.0;
    let total = sub_total - discount;
    let earning = total - cost * quantity;
    json!({"UnitListPrice": price, "UnitCost": cost, "Quantity": quantity,
        "SubTotal": sub_total, "DiscountAmount": discount, "DiscountPercent": percent,
        "ERPDiscountAmount": discount, "ERPDiscountPercent": percent, "TotalPrice": total,
        "EarningAmount": earning, "EarningPercent": earning * 100.0 / total})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn computed_lines_hold_and_changed_amounts_do_not(
        price in 1.0..100_000.0_f64,
        cost in 0.0..100_000.0_f64,
        quantity in 0.5..1000.0_f64,
        percent in 0.0..99.0_f64,
        off in prop_oneof![-5.0..-0.03_f64, 0.03..5.0_f64],
        member in prop_oneof![Just("SubTotal"), Just("TotalPrice"), Just("EarningAmount")],
    ) {
        let line = computed(price, cost, quantity, percent);
        let (values, deviations) = judge_line(line.clone(), json!({}));
        prop_assert_eq!((values, places(&deviations)), (8, vec![]));
        let amount = line[member].as_f64().unwrap_or_default() + off;
        let (_, deviations) = judge_line(with(line, json!({member: amount})), json!({}));
        let place = format!("/{member}");
        prop_assert!(places(&deviations).contains(&place.as_str()));
    }
}
