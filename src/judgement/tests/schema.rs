//! Judgements by the description of the API.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, charges, places};

#[rstest]
#[case::right(json!({"Id": 1, "Name": "abc"}), &[])]
#[case::addition(json!({"Id": 1, "Colour": 5}), &[])]
#[case::missing(json!({"Name": "abc"}), &["/Id"])]
#[case::too_long(json!({"Id": 1, "Name": "abcdef"}), &["/Name"])]
#[case::deep(
    json!({"Id": 1, "Parts": [{"Id": "one", "Name": 7}]}),
    &["/Parts/0/Id", "/Parts/0/Name"]
)]
// Another thing altogether is the business of `bare-result`.
#[case::no_object(json!([1]), &[])]
fn an_answer_satisfies_its_schema(#[case] answer: Value, #[case] expected: &[&str]) {
    let (_, deviations) = Bench::answer(&answer).verdict("schema", json!({}));
    let mut found = places(&deviations);
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_deviation_shows_the_rule_that_is_broken() {
    let answer = json!({"Id": 1, "Name": "abcdef"});
    let (values, deviations) = Bench::answer(&answer).verdict("schema", json!({}));
    assert_eq!((values, deviations.len()), (3, 1));
    assert!(deviations[0].expected.contains('5'), "{deviations:?}");
    assert!(deviations[0].actual.contains("abcdef"), "{deviations:?}");
    let schema = deviations[0].schema.as_deref().unwrap_or_default();
    assert!(schema.ends_with("/Name/maxLength"), "{schema}");
}

#[rstest]
#[case::success(200, "{\"Id\": \"x\"}", true)]
#[case::undescribed(299, "{\"Id\": \"x\"}", false)]
#[case::redirect(300, "{\"Id\": \"x\"}", false)]
#[case::refused(400, "{\"Id\": \"x\"}", false)]
#[case::no_json(200, "<html>", false)]
fn only_results_have_the_schema_of_results(
    #[case] status: u16,
    #[case] body: &str,
    #[case] judged: bool,
) {
    let (values, deviations) = Bench::new(status, body).verdict("schema", json!({}));
    assert_eq!(
        (values > 0, deviations.len()),
        (judged, usize::from(judged))
    );
}

#[rstest]
#[case("application/json; charset=utf-8")]
#[case("application/problem+json")]
#[case("text/html")]
fn a_wrong_media_type_hides_no_wrong_body(#[case] media: &str) {
    let bench = Bench::answer(&json!({"Id": "x"})).header("content-type", media);
    assert_eq!(bench.verdict("schema", json!({})).1.len(), 1);
}

#[rstest]
#[case::no_rules(json!(null), &[None, None])]
#[case::no_rule_fits(json!([{"keyword": "minimum", "requirement": "R-1"}]), &[None, None])]
#[case::keyword(json!([{"keyword": "maxLength", "requirement": "R-1"}]), &[Some("R-1"), None])]
#[case::kind(json!([{"type": "integer", "requirement": "R-1"}]), &[None, Some("R-1")])]
#[case::one_of_kinds(json!([{"type": "null", "requirement": "R-1"}]), &[Some("R-1"), None])]
#[case::no_such_kind(json!([{"type": "number", "requirement": "R-1"}]), &[None, None])]
#[case::operation(json!([{"operation": "Get", "requirement": "R-1"}]), &[Some("R-1"), Some("R-1")])]
#[case::other_operation(json!([{"operation": "List", "requirement": "R-1"}]), &[None, None])]
#[case::component(
    json!([{"component": "Thing", "requirement": "R-1"}]),
    &[Some("R-1"), Some("R-1")]
)]
#[case::other_component(json!([{"component": "Error", "requirement": "R-1"}]), &[None, None])]
#[case::all_must_fit(
    json!([{"keyword": "maxLength", "operation": "List", "requirement": "R-1"}]),
    &[None, None]
)]
#[case::the_first_counts(
    json!([{"keyword": "maxLength", "requirement": "R-1"}, {"requirement": "R-2"}]),
    &[Some("R-1"), Some("R-2")]
)]
#[case::dropped(json!([{"keyword": "maxLength", "requirement": null}]), &[None])]
#[case::dropped_in_silence(json!([{"keyword": "type"}]), &[None])]
fn rules_say_who_is_charged(#[case] rules: Value, #[case] expected: &[Option<&str>]) {
    let answer = json!({"Id": "x", "Name": "abcdef"});
    let (_, mut deviations) = Bench::answer(&answer).verdict("schema", json!({"rules": rules}));
    deviations.sort_by(|one, other| other.pointer.cmp(&one.pointer));
    assert_eq!(charges(&deviations), expected);
}

#[test]
fn rules_are_a_list() {
    let judged = Bench::answer(&json!({})).judge("schema", json!({"rules": {}}));
    assert_eq!(judged.expect_err("a mistake"), "`rules` takes a list");
}

#[rstest]
#[case::bare(json!({"Id": 1}), None)]
#[case::wrapped(
    json!({"result": {"Id": 1}}),
    Some(("/result", "an object that holds it as result"))
)]
#[case::wrapped_with_more(
    json!({"Data": {"Id": 1}, "ok": true}),
    Some(("/Data", "an object that holds it as Data"))
)]
#[case::too_many_for_a_wrapper(json!({"Data": 1, "a": 1, "b": 1}), None)]
#[case::an_addition(json!({"Id": 1, "Colour": 5}), None)]
#[case::declared(json!({"Name": "x"}), None)]
#[case::declared_beside_an_addition(json!({"Name": "x", "Colour": 5}), None)]
#[case::an_addition_of_that_name_inside(json!({"Box": {"Box": 5}}), None)]
#[case::wrapped_in_a_part(json!({"Parts": [{"Data": {"Id": 1}}]}), None)]
#[case::wrapped_in_a_strange_name(
    json!({"a/b": {"Id": 1}}),
    Some(("/a~1b", "an object that holds it as a/b"))
)]
#[case::a_list(json!([{"Id": 1}]), Some(("", "[{\"Id\":1}]")))]
#[case::text(json!("x"), Some(("", "\"x\"")))]
// A null or an object with other mistakes is not a wrapper.
#[case::wrong_inside(json!({"Id": "x"}), None)]
fn a_result_is_not_wrapped(#[case] answer: Value, #[case] expected: Option<(&str, &str)>) {
    let with = json!({"wrappers": ["Result", "Data", "Name", "Box", "A/B"]});
    let (values, deviations) = Bench::answer(&answer).verdict("bare-result", with);
    assert_eq!(values, 1);
    let found: Vec<(&str, &str)> = places(&deviations)
        .into_iter()
        .zip(deviations.iter().map(|one| one.actual.as_str()))
        .collect();
    assert_eq!(found, Vec::from_iter(expected));
}

#[test]
fn a_wrong_result_shows_what_is_due() {
    let with = json!({"wrappers": []});
    let (_, deviations) = Bench::answer(&json!([])).verdict("bare-result", with);
    assert!(deviations[0].expected.contains("object"), "{deviations:?}");
    assert!(deviations[0].schema.is_some(), "{deviations:?}");
    let with = json!({"wrappers": ["d"]});
    let (_, deviations) = Bench::answer(&json!({"d": 1})).verdict("bare-result", with);
    assert_eq!(deviations[0].expected, "the bare result of Get");
}

#[rstest]
#[case::list_for_list(200, "List", json!([]), (1, 0))]
#[case::object_for_list(200, "List", json!({}), (1, 1))]
#[case::null(200, "Get", json!(null), (0, 0))]
#[case::refused(400, "Get", json!([]), (0, 0))]
#[case::no_schema(200, "Ping", json!([]), (0, 0))]
#[case::no_operation(200, "/raw", json!([]), (0, 0))]
fn only_results_can_be_wrapped(
    #[case] status: u16,
    #[case] operation: &'static str,
    #[case] answer: Value,
    #[case] expected: (u64, usize),
) {
    let bench = Bench::new(status, answer.to_string()).of(operation);
    assert_eq!(bench.counts("bare-result", json!({})), expected);
}

#[rstest]
#[case::right(json!({"Id": 1, "Name": "x"}), 2, &[])]
#[case::addition(json!({"Id": 1, "Colour": 5}), 2, &[])]
#[case::case(json!({"id": 1}), 1, &[("/id", "property Id", "property id")])]
#[case::deep(
    json!({"Id": 1, "Parts": [{"Id": 2, "na_me": "x"}]}),
    4,
    &[("/Parts/0/na_me", "property Name", "property na_me")]
)]
#[case::former_name(json!({"Title": "x"}), 1, &[("/Title", "property Name", "property Title")])]
fn properties_have_their_own_names(
    #[case] answer: Value,
    #[case] values: u64,
    #[case] expected: &[(&str, &str, &str)],
) {
    let with = json!({"misnomers": {"Title": "Name"}});
    let (judged, deviations) = Bench::answer(&answer).verdict("property-names", with);
    let found: Vec<(&str, &str, &str)> = places(&deviations)
        .into_iter()
        .zip(&deviations)
        .map(|(place, one)| (place, one.expected.as_str(), one.actual.as_str()))
        .collect();
    assert_eq!((judged, found), (values, expected.to_vec()));
}

#[rstest]
#[case(199, 0)]
#[case(200, 1)]
#[case(299, 1)]
#[case(300, 0)]
fn names_are_those_of_results(#[case] status: u16, #[case] values: u64) {
    let bench = Bench::new(status, "{\"Id\": 1}");
    assert_eq!(bench.counts("property-names", json!({})), (values, 0));
}
