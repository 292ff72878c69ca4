//! Judgements about texts.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, judge_values, places};

const GIF: &str = "R0lGODlhAQABAAAAACw=";

#[rstest]
#[case::url(json!("https://example.com/a.png"), None)]
#[case::plain_url(json!("http://example.com/a.png"), None)]
#[case::no_host(json!("https://"), Some("not a URL: https://"))]
#[case::relative(
    json!("./relative.png"),
    Some("neither base64 nor an absolute URL: ./relative.png")
)]
#[case::gif_89(json!(GIF), None)]
#[case::gif_87(json!("R0lGODdhAQABAAAAACw="), None)]
#[case::png(json!("iVBORw0KGgo="), None)]
#[case::jpg(json!("/9j/4AAQ"), None)]
#[case::in_lines(json!("R0lGODlhAQAB\r\nAAAAACw="), None)]
#[case::data_prefix(
    json!("data:;base64,R0lG"),
    Some("neither base64 nor an absolute URL: data:;base64,R0lG")
)]
#[case::text(json!("aGVsbG8="), Some("base64 of data that is neither PNG, JPG nor GIF"))]
#[case::number(json!(5), Some("5"))]
#[case::null(json!(null), Some("null"))]
#[case::blank(json!(" "), Some("base64 of data that is neither PNG, JPG nor GIF"))]
fn an_image_is_data_or_a_url(#[case] value: Value, #[case] expected: Option<&str>) {
    let judged = judge_values("image", json!({"value": value})).expect("a value");
    let found: Vec<&str> = judged
        .deviations
        .iter()
        .map(|one| one.actual.as_str())
        .collect();
    assert_eq!((judged.values, found), (1, Vec::from_iter(expected)));
}

#[rstest]
#[case(json!(true), 3, 1)]
#[case(json!(false), 5, 3)]
#[case(json!(null), 5, 3)]
fn images_may_be_absent_where_that_is_said(
    #[case] nullable: Value,
    #[case] values: u64,
    #[case] deviations: usize,
) {
    let list = json!([GIF, null, " ", "aGVsbG8=", GIF]);
    let with = json!({"value": list, "nullable": nullable});
    let judged = judge_values("image", with).expect("values");
    assert_eq!(
        (judged.values, judged.deviations.len()),
        (values, deviations)
    );
}

#[rstest]
#[case::plain("Hello", 0, 0)]
#[case::one(r#"US:"Hello""#, 1, 0)]
#[case::several(r#"US:"Hello";NO:"Hei";"#, 1, 0)]
#[case::empty(r#"US:"""#, 1, 0)]
#[case::colon_missing(r#"US:"Hello";NO"Hei""#, 1, 1)]
#[case::quote_inside(r#"US:"He"llo""#, 1, 1)]
#[case::not_closed(r#"US:"Hello"#, 1, 1)]
#[case::not_at_the_start(r#"see US:"Hello"#, 0, 0)]
fn texts_in_languages_follow_their_grammar(
    #[case] text: &str,
    #[case] values: u64,
    #[case] deviations: usize,
) {
    let answer = json!({"List": [{"Reason": text}], "Other": text});
    let with = json!({"members": ["Reason"]});
    let (judged, found) = Bench::answer(&answer).verdict("multi-language", with);
    assert_eq!((judged, found.len()), (values, deviations));
    assert!(
        places(&found)
            .iter()
            .all(|place| *place == "/List/0/Reason")
    );
}

#[test]
fn an_answer_without_json_has_no_texts() {
    for name in ["multi-language", "numbers-in-texts"] {
        let bench = Bench::new(200, "US:\"[F:1,5]");
        assert_eq!(
            bench.counts(name, json!({"members": [""]})),
            (0, 0),
            "{name}"
        );
    }
}

#[rstest]
#[case::none("1,5 and 7", 0, 0)]
#[case::decimal("[F:123.45]", 1, 0)]
#[case::whole("[I:-12]", 1, 0)]
#[case::money("pay [M:1.5E+3] now", 1, 0)]
#[case::comma("[F:123,45]", 1, 1)]
#[case::grouped("[M:1 000.00]", 1, 1)]
#[case::fraction_of_a_whole_number("[I:1.5]", 1, 1)]
#[case::empty("[F:]", 1, 1)]
#[case::several("[F:1.5] or [F:1,5] or [I:2]", 3, 1)]
fn encoded_numbers_have_a_period(
    #[case] text: &str,
    #[case] values: u64,
    #[case] deviations: usize,
) {
    let answer = json!({"a": [text]});
    let (judged, found) = Bench::answer(&answer).verdict("numbers-in-texts", json!({}));
    assert_eq!((judged, found.len()), (values, deviations));
    assert!(places(&found).iter().all(|place| *place == "/a/0"));
    assert!(
        found.iter().all(|one| one.actual.starts_with('[')),
        "{found:?}"
    );
}

#[rstest]
#[case::right(json!({"Kind": "Double", "Text": "-1000.01"}), 1, 0)]
#[case::padded(json!({"Kind": "Double", "Text": " 5 "}), 1, 0)]
#[case::comma(json!({"Kind": "Double", "Text": "1000,01"}), 1, 1)]
#[case::of_another_kind(json!({"Kind": "Text", "Text": "1000,01"}), 0, 0)]
#[case::without_kind(json!({"Text": "1000,01"}), 0, 0)]
#[case::blank(json!({"Kind": "Double", "Text": " "}), 0, 0)]
#[case::absent(json!({"Kind": "Double"}), 0, 0)]
#[case::encoded(json!({"Kind": "Double", "Text": "[F:5.5]"}), 1, 0)]
fn numbers_of_their_kind_have_a_period(
    #[case] field: Value,
    #[case] values: u64,
    #[case] deviations: usize,
) {
    let with = json!({"plain": [{"kind": "Kind", "value": "Text"}]});
    let answer = json!({"Fields": [field]});
    let (judged, found) = Bench::answer(&answer).verdict("numbers-in-texts", with);
    assert_eq!((judged, found.len()), (values, deviations));
    assert!(
        places(&found)
            .iter()
            .all(|place| *place == "/Fields/0/Text")
    );
}

#[test]
fn plain_numbers_are_named_by_kind_and_value() {
    let bench = Bench::answer(&json!({}));
    for wrong in [json!([{"kind": "K"}]), json!([{"value": "V"}])] {
        let judged = bench.judge("numbers-in-texts", json!({"plain": wrong}));
        let error = judged.expect_err("a mistake");
        assert_eq!(error, "`plain` takes a list of {kind, value}");
    }
}
