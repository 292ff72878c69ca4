//! Judgements that compare: what counts as the same, and how things find each other.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, judge_values, places};
use crate::judgement::Observed;

fn verdict(name: &str, with: Value) -> (u64, Vec<Observed>) {
    let judged = judge_values(name, with).expect("parameters without mistakes");
    (judged.values, judged.deviations)
}

#[rstest]
#[case::equal(json!({"a": [1, {"b": "x"}]}), json!({"a": [1, {"b": "x"}]}), None)]
#[case::order_of_members(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), None)]
#[case::whole_numbers(json!(1), json!(1.0), None)]
#[case::absent_is_null(json!({"a": null}), json!({}), None)]
#[case::a_member(json!({"a": {"b/c": 1}}), json!({"a": {"b/c": 2}}), Some("/a/b~1c"))]
#[case::order_of_items(json!([2, 1]), json!([1, 2]), Some("/0"))]
#[case::length(json!([1]), json!([1, 1]), Some(""))]
fn values_are_the_same(#[case] left: Value, #[case] right: Value, #[case] place: Option<&str>) {
    let (values, deviations) = verdict("same-as", json!({"left": left, "right": right}));
    assert_eq!(values, 1);
    assert_eq!(places(&deviations), Vec::from_iter(place));
}

#[test]
fn a_difference_shows_what_should_be_and_what_is() {
    let (_, deviations) = verdict(
        "same-as",
        json!({"left": {"a": "is"}, "right": {"a": "due"}}),
    );
    assert_eq!(deviations[0].expected, "\"due\"");
    assert_eq!(deviations[0].actual, "\"is\"");
}

#[rstest]
#[case::at_any_depth(json!(["Stamp"]), 0)]
#[case::another(json!(["Id"]), 1)]
#[case::part_of_a_name(json!(["amp"]), 1)]
fn members_may_be_ignored(#[case] ignore: Value, #[case] expected: usize) {
    let left = json!({"List": [{"Id": 1, "Stamp": 5}]});
    let right = json!({"List": [{"Id": 1, "Stamp": 6}]});
    let (_, deviations) = verdict(
        "same-as",
        json!({"left": left, "right": right, "ignore": ignore}),
    );
    assert_eq!(deviations.len(), expected);
}

#[rstest]
#[case(json!(true), 0)]
#[case(json!(false), 1)]
#[case(json!(null), 1)]
fn lists_may_differ_in_order_where_that_is_said(#[case] unordered: Value, #[case] expected: usize) {
    let left = json!([{"Id": 2}, {"Id": 1}, {"Id": 3}]);
    let right = json!([{"Id": 3}, {"Id": 2}, {"Id": 1}]);
    let (_, deviations) = verdict(
        "same-as",
        json!({"left": left, "right": right, "unordered": unordered}),
    );
    assert_eq!(deviations.len(), expected);
}

#[test]
fn other_items_differ_in_any_order() {
    let with = json!({"left": [1, 2], "right": [2, 3], "unordered": true});
    assert_eq!(verdict("same-as", with).1.len(), 1);
}

#[rstest]
#[case::everything(json!({}), 3, &["/b", "/c~1d"])]
#[case::only(json!({"only": ["a", "b"]}), 2, &["/b"])]
#[case::except(json!({"except": ["b"]}), 2, &["/c~1d"])]
#[case::both(json!({"only": ["a", "b"], "except": ["b"]}), 1, &[])]
fn members_that_were_sent_come_back(
    #[case] choice: Value,
    #[case] values: u64,
    #[case] expected: &[&str],
) {
    let mut with = json!({
        "sent": {"a": 1, "b": "x", "c/d": "y"},
        "received": {"a": 1, "b": "z", "more": 5},
    });
    for (name, value) in choice.as_object().expect("an object") {
        with[name] = value.clone();
    }
    let (judged, deviations) = verdict("preserved", with);
    assert_eq!((judged, places(&deviations)), (values, expected.to_vec()));
}

#[test]
fn a_list_comes_back_by_position() {
    let sent = json!([{"a": 1}, "no object", {"a": 2}, {"a": 3}]);
    let received = json!([{"a": 1}, "other", {"a": 5}]);
    let (values, deviations) = verdict("preserved", json!({"sent": sent, "received": received}));
    assert_eq!((values, places(&deviations)), (3, vec!["/2/a", "/3/a"]));
    assert_eq!(deviations[0].expected, "a 2");
    assert_eq!(deviations[0].actual, "a 5");
    assert_eq!(deviations[1].actual, "a null");
}

#[test]
fn what_was_sent_is_an_object_or_a_list() {
    let error = judge_values("preserved", json!({"sent": "x", "received": {}}));
    assert!(
        error
            .expect_err("a mistake")
            .contains("`sent` takes an object")
    );
}

/// Whether a member comes back unchanged.
fn comes_back(was: &Value, is: &Value) -> bool {
    let with = json!({"sent": {"a": was}, "received": {"a": is}});
    verdict("preserved", with).1.is_empty()
}

#[rstest]
#[case::same(json!("x"), json!("x"), true)]
#[case::other(json!("x"), json!("y"), false)]
#[case::line_ends(json!("a\r\nb"), json!("a\nb"), false)]
#[case::emptied(json!("x"), json!(""), false)]
#[case::text_as_number(json!("1"), json!(1), false)]
#[case::whole_number(json!(1), json!(1.0), true)]
// Absent counts as the default of the type.
#[case::no_number(json!(0), json!(null), true)]
#[case::no_amount(json!(null), json!(0.0), true)]
#[case::number_lost(json!(5), json!(null), false)]
#[case::number_from_nowhere(json!(null), json!(5), false)]
#[case::not_true(json!(false), json!(null), true)]
#[case::truth_lost(json!(true), json!(null), false)]
#[case::truth_from_nowhere(json!(null), json!(true), false)]
#[case::no_date(json!("0001-01-01T00:00:00"), json!(null), true)]
#[case::date_from_default(json!(null), json!("0001-01-01T00:00:00Z"), true)]
#[case::text_lost(json!("x"), json!(null), false)]
#[case::list_lost(json!([]), json!(null), false)]
#[case::nothing(json!(null), json!(null), true)]
// Dates to the second, with or without a fraction and an offset.
#[case::fraction(json!("2026-01-01T00:00:00"), json!("2026-01-01T00:00:00.123"), true)]
#[case::offset(json!("2026-01-01T00:00:00+01:00"), json!("2026-01-01T00:00:00"), true)]
#[case::second(json!("2026-01-01T00:00:00"), json!("2026-01-01T00:00:01"), false)]
#[case::date_cut(json!("2026-01-01T00:00:00"), json!("2026-01-01"), false)]
#[case::date_for_text(json!("2026-01-01T00:00"), json!("2026-01-01T00:00:00"), false)]
fn carriers_pass_values_through(#[case] was: Value, #[case] is: Value, #[case] same: bool) {
    assert_eq!(comes_back(&was, &is), same, "{was} and {is}");
}

#[test]
fn texts_that_are_no_dates_count_to_the_last_letter() {
    let date = "2026-12-31T23:59:58";
    assert!(comes_back(
        &json!(format!("{date}a")),
        &json!(format!("{date}b"))
    ));
    for at in 0..date.len() {
        let mut text = date.to_owned();
        text.replace_range(at..=at, "x");
        let (was, is) = (format!("{text}a"), format!("{text}b"));
        assert!(!comes_back(&json!(was), &json!(is)), "{text}");
    }
}

/// Judges what came back by one pair of places.
fn returned(request: Value, answer: &Value, pair: Value) -> (u64, Vec<Observed>) {
    let mut bench = Bench::answer(answer);
    bench.request = Some(request);
    let mut pair = pair;
    pair["operations"] = json!(["List", "Get"]);
    bench.verdict(
        "returned-as-received",
        json!({"pairs": [pair], "fields": ["Rank", "Note"]}),
    )
}

#[test]
fn carriers_come_back_with_their_fields() {
    let request = json!({"Head": {"Line": {"Rank": 1, "Note": "n", "Free": 1}}});
    let answer = json!({"Line": {"Rank": 2, "Free": 2}});
    let pair = json!({"sent": "/Head/Line", "received": "/Line"});
    let (values, deviations) = returned(request, &answer, pair);
    assert_eq!(
        (values, places(&deviations)),
        (2, vec!["/Line/Rank", "/Line/Note"])
    );
    assert_eq!(deviations[0].expected, "Rank 1 as received");
    assert_eq!(deviations[0].actual, "Rank 2");
}

#[rstest]
#[case::whole_bodies(json!({"Rank": 1}), json!({"Rank": 2}), "", "", &["/Rank"])]
#[case::not_there(json!({"Rank": 1}), json!({"Rank": 2}), "/Line", "", &[])]
#[case::no_object(json!({"Line": 5}), json!({"Rank": 2}), "/Line", "", &[])]
#[case::no_list(json!({"Rank": 1}), json!({"Rank": 2}), "/*", "", &[])]
#[case::lists_in_lists(
    json!([{"L": [{"Rank": 1}, {"Rank": 2}]}, {"L": [{"Rank": 3}]}]),
    json!({"A": [{"Rank": 1}, {"Rank": 2}, {"Rank": 4}]}),
    "/*/L/*",
    "/A/*",
    &["/A/2/Rank"]
)]
#[case::by_position(
    json!([{"Rank": 1}, {"Rank": 2}]),
    json!([{"Rank": 2}, {"Rank": 2}]),
    "/*",
    "/*",
    &["/0/Rank"]
)]
#[case::positions_say_nothing_in_another_length(
    json!([{"Rank": 1}, {"Rank": 2}]),
    json!([{"Rank": 5}]),
    "/*",
    "/*",
    &[]
)]
fn places_are_read_in_request_and_answer(
    #[case] request: Value,
    #[case] answer: Value,
    #[case] sent: &str,
    #[case] received: &str,
    #[case] expected: &[&str],
) {
    let pair = json!({"sent": sent, "received": received});
    let (_, deviations) = returned(request, &answer, pair);
    assert_eq!(places(&deviations), expected);
}

#[rstest]
#[case::in_another_order(
    json!([{"Id": 7, "Rank": 1}, {"Id": 8, "Rank": 2}]),
    json!([{"Id": 8, "Rank": 2}, {"Id": 7, "Rank": 1}]),
    &[],
    2
)]
#[case::one_left_out(
    json!([{"Id": 7, "Rank": 1}, {"Id": 8, "Rank": 2}]),
    json!([{"Id": 8, "Rank": 3}]),
    &["/0/Rank"],
    1
)]
#[case::another_is_no_partner(
    json!([{"Id": 7, "Rank": 1}, {"Id": 8, "Rank": 2}]),
    json!([{"Id": 7, "Rank": 1}, {"Id": 9, "Rank": 5}]),
    &[],
    1
)]
#[case::new_ones_by_position(
    json!([{"Id": 7, "Rank": 1}, {"Id": 0, "Rank": 2}, {"Id": null, "Rank": 3}, {"Rank": 4}]),
    json!([{"Id": 7, "Rank": 1}, {"Id": 21, "Rank": 5}, {"Id": 22, "Rank": 5}, {"Rank": 5}]),
    &["/1/Rank", "/2/Rank", "/3/Rank"],
    4
)]
#[case::identity_lost(
    json!([{"Id": 7, "Rank": 1}, {"Id": 8, "Rank": 2}]),
    json!([{"Rank": 5}, {"Id": 8, "Rank": 2}]),
    &["/0/Rank"],
    2
)]
#[case::alone_it_is_the_same_even_renamed(
    json!([{"Id": 7, "Rank": 1}]),
    json!([{"Id": 9, "Rank": 2}]),
    &["/0/Rank"],
    1
)]
#[case::texts_are_identities_too(
    json!([{"Id": "a", "Rank": 1}, {"Id": "b", "Rank": 2}]),
    json!([{"Id": "b", "Rank": 2}, {"Id": "a", "Rank": 1}]),
    &[],
    2
)]
fn list_items_find_their_partner(
    #[case] request: Value,
    #[case] answer: Value,
    #[case] expected: &[&str],
    #[case] values: u64,
) {
    let pair = json!({"sent": "/*", "received": "/*", "key": "Id"});
    let (judged, deviations) = returned(request, &answer, pair);
    assert_eq!((judged, places(&deviations)), (values, expected.to_vec()));
}

#[rstest]
#[case::null(json!(null), 0)]
#[case::blank(json!(" "), 0)]
#[case::zero(json!(0), 0)]
#[case::text(json!("x"), 1)]
#[case::number(json!(1), 1)]
#[case::truth(json!(false), 1)]
fn blank_fields_may_say_nothing(#[case] was: Value, #[case] values: u64) {
    let mut bench = Bench::answer(&json!({"Rank": was}));
    bench.request = Some(json!({"Rank": was}));
    let mut with = json!({
        "pairs": [{"operations": ["Get"], "sent": "", "received": ""}],
        "fields": ["Rank"],
    });
    assert_eq!(bench.counts("returned-as-received", with.clone()), (1, 0));
    with["unless_blank"] = json!(true);
    assert_eq!(bench.counts("returned-as-received", with), (values, 0));
}

#[test]
fn only_successful_answers_of_the_operations_count() {
    let with = |operation: &str| {
        json!({
            "pairs": [{"operations": [operation], "sent": "", "received": ""}],
            "fields": ["Rank"],
        })
    };
    let bench = |status: u16, request: Option<Value>| {
        let mut bench = Bench::new(status, "{\"Rank\": 2}");
        bench.request = request;
        bench
    };
    let request = Some(json!({"Rank": 1}));
    let name = "returned-as-received";
    assert_eq!(
        bench(200, request.clone()).counts(name, with("Get")),
        (1, 1)
    );
    assert_eq!(
        bench(200, request.clone()).counts(name, with("List")),
        (0, 0)
    );
    assert_eq!(bench(400, request).counts(name, with("Get")), (0, 0));
    assert_eq!(bench(200, None).counts(name, with("Get")), (0, 0));
}

#[rstest]
#[case(json!("x"), "`pairs` takes a list")]
#[case(json!([{}]), "a pair needs `operations`")]
#[case(json!([{"operations": ["Get"], "received": ""}]), "a pair needs `sent`")]
#[case(json!([{"operations": ["Get"], "sent": ""}]), "a pair needs `received`")]
fn mistakes_in_pairs_are_named(#[case] pairs: Value, #[case] expected: &str) {
    let mut bench = Bench::answer(&json!({}));
    bench.request = Some(json!({}));
    let error = bench.judge(
        "returned-as-received",
        json!({"pairs": pairs, "fields": []}),
    );
    assert_eq!(error.expect_err("a mistake"), expected);
}
