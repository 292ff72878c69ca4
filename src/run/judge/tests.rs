//! Expectations of each kind on an answer.

use regex::Regex;
use rstest::rstest;
use serde_json::{Map, json};

use super::*;
use crate::expr::Template;
use crate::model::exchange::WireResponse;
use crate::suite::StatusPattern;

mod state;

fn expr(source: &str) -> Expr {
    Expr::compile(source).expect("an expression")
}

fn text(source: &str) -> Template {
    Template::text(source).expect("a template")
}

/// An expectation with nothing but its rule.
fn expectation(rule: Rule) -> Expectation {
    Expectation {
        check: 0,
        requirements: vec!["R-1".to_owned(), "R-2".to_owned()],
        rule,
        each: None,
        item: "item".to_owned(),
        filter: None,
        expected: None,
        actual: None,
        at: None,
    }
}

fn that(source: &str) -> Expectation {
    expectation(Rule::That(expr(source)))
}

const API: &str = "
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /Get:
    post:
      operationId: Get
      responses:
        '200': {description: d}
components:
  schemas:
    Thing: {type: object, properties: {Name: {type: string}}}
";

/// An answer, its headers, and what a scenario knows.
struct Bench {
    response: WireResponse,
    scope: Scope,
}

impl Bench {
    fn new(status: u16, body: &str) -> Self {
        let mut scope = Scope::default();
        if let Ok(answer) = serde_json::from_str::<Value>(body) {
            scope.set_json("answer", &answer);
        }
        Self {
            response: WireResponse {
                status,
                version: "HTTP/1.1".to_owned(),
                headers: Vec::new(),
                body: body.into(),
                truncated: false,
            },
            scope,
        }
    }

    fn knowing(mut self, name: &str, value: &Value) -> Self {
        self.scope.set_json(name, value);
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        let headers = &mut self.response.headers;
        headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn judge(&self, expectation: &Expectation) -> Result<Judged, Trouble> {
        let answer: Option<Value> = serde_json::from_slice(&self.response.body).ok();
        let facts = Facts {
            operation: "Get",
            request: None,
            request_bytes: 0,
            response: &self.response,
            answer: answer.as_ref(),
            elapsed_ms: 1.0,
            authenticating: false,
            message: None,
        };
        judge_facts(expectation, &self.scope, Some(&facts))
    }

    /// Values judged and deviations, where there is no trouble.
    fn verdict(&self, expectation: &Expectation) -> (u64, Vec<Observed>) {
        untroubled(self.judge(expectation))
    }

    /// Values judged and number of deviations.
    fn counts(&self, expectation: &Expectation) -> (u64, usize) {
        let (values, deviations) = self.verdict(expectation);
        (values, deviations.len())
    }

    /// What was expected and found, of the one deviation that there must be.
    fn deviation(&self, expectation: &Expectation) -> (String, String) {
        let (values, mut deviations) = self.verdict(expectation);
        assert_eq!((values, deviations.len()), (1, 1), "{deviations:?}");
        let one = deviations.remove(0);
        (one.expected, one.actual)
    }
}

fn judge_facts(
    expectation: &Expectation,
    scope: &Scope,
    facts: Option<&Facts<'_>>,
) -> Result<Judged, Trouble> {
    let situation = Situation {
        scope,
        facts,
        api: &Api::parse(API, "t").expect("an API"),
        secrets: &Redactor::new(),
    };
    judge(expectation, &situation)
}

/// Judges after a step without an exchange.
fn judge_alone(expectation: &Expectation, scope: &Scope) -> (u64, Vec<Observed>) {
    untroubled(judge_facts(expectation, scope, None))
}

fn untroubled(judged: Result<Judged, Trouble>) -> (u64, Vec<Observed>) {
    match judged {
        Ok(judged) => (judged.values, judged.deviations),
        Err(Trouble::Author(message) | Trouble::Shape(message)) => panic!("{message}"),
    }
}

fn places(deviations: &[Observed]) -> Vec<Option<&str>> {
    let places = deviations.iter();
    places.map(|one| one.pointer.as_deref()).collect()
}

fn status(accept: &[u16], otherwise: &[(StatusPattern, &[&str])]) -> Expectation {
    expectation(Rule::Status(StatusRule {
        accept: accept.iter().copied().map(StatusPattern::Exact).collect(),
        otherwise: otherwise
            .iter()
            .map(|(pattern, ids)| (*pattern, ids.iter().map(|id| (*id).to_owned()).collect()))
            .collect(),
    }))
}

#[test]
fn an_accepted_status_is_a_value_without_deviation() {
    let rule = status(&[200, 204], &[(StatusPattern::Class(2), &["R-9"])]);
    assert_eq!(Bench::new(200, "").counts(&rule), (1, 0));
    assert_eq!(Bench::new(204, "").counts(&rule), (1, 0));
    assert_eq!(judge_alone(&rule, &Scope::default()).0, 0);
}

#[rstest]
#[case::the_check(404, 1, &["R-1", "R-2"])]
#[case::a_class(502, 1, &["R-5"])]
#[case::the_first_that_fits(503, 1, &["R-3"])]
#[case::no_one(401, 0, &[])]
fn another_status_charges_who_is_named(
    #[case] code: u16,
    #[case] values: u64,
    #[case] expected: &[&str],
) {
    let rule = status(
        &[200],
        &[
            (StatusPattern::Exact(503), &["R-3"]),
            (StatusPattern::Class(5), &["R-5"]),
            (StatusPattern::Exact(401), &[]),
        ],
    );
    let (judged, deviations) = Bench::new(code, "").verdict(&rule);
    let charged: Vec<&str> = deviations
        .iter()
        .filter_map(|one| one.requirement.as_deref())
        .collect();
    assert_eq!((judged, charged), (values, expected.to_vec()));
}

#[rstest]
#[case::json("{\"a\": 1}", "400 with {\"a\":1}")]
#[case::nothing("", "400 without a body")]
#[case::page("<html>", "400 with <html>")]
fn a_wrong_status_shows_the_answer(#[case] body: &str, #[case] actual: &str) {
    let mut rule = status(&[200, 201], &[]);
    rule.requirements = vec!["R-1".to_owned()];
    let found = Bench::new(400, body).deviation(&rule);
    assert_eq!(found, ("status 200 or 201".to_owned(), actual.to_owned()));
}

#[test]
fn an_expression_holds_or_shows_the_answer() {
    let bench = Bench::new(200, "{\"a\": 1}").knowing("n", &json!(1));
    assert_eq!(bench.counts(&that("answer.a == n")), (1, 0));
    let (expected, actual) = bench.deviation(&that("answer.a > n"));
    assert_eq!(
        (&*expected, &*actual),
        ("answer.a > n", "200 with {\"a\":1}")
    );
    let (_, actual) = Bench::new(204, "").deviation(&that("false"));
    assert_eq!(actual, "204");
}

#[test]
fn without_an_exchange_the_values_that_were_read_are_shown() {
    let bench = Bench::new(200, "")
        .knowing("n", &json!(5))
        .knowing("m", &json!("x"));
    let (_, found) = judge_alone(&that("n == 4 and absent == m"), &bench.scope);
    assert_eq!(found[0].actual, "m \"x\", n 5");
    let (_, found) = judge_alone(&that("1 == 2"), &bench.scope);
    assert_eq!(found[0].actual, "it does not hold");
}

#[test]
fn an_expression_over_data_of_another_kind_is_a_matter_of_shape() {
    let bench = Bench::new(200, "5");
    let Err(Trouble::Shape(message)) = bench.judge(&that("answer | items | length > 0")) else {
        panic!("no trouble");
    };
    assert!(
        message.starts_with("`answer | items | length > 0`: "),
        "{message}"
    );
}

#[test]
fn where_the_filter_does_not_hold_nothing_is_judged() {
    let bench = Bench::new(200, "{\"a\": 1}");
    let mut rule = that("answer.a == 2");
    rule.filter = Some(expr("answer.a == 5"));
    assert_eq!(bench.counts(&rule), (0, 0));
    rule.filter = Some(expr("answer.a == 1"));
    assert_eq!(bench.counts(&rule), (1, 1));
}

#[rstest]
#[case::list("[1, 5, 6]", "answer", "item < 5", 3, &["/1", "/2"])]
#[case::members(
    "{\"a/b\": 1, \"c\": 5}",
    "answer",
    "item.value < 5 and item.key != ''",
    2,
    &["/c"]
)]
#[case::escaped("{\"a/b\": 5}", "answer", "item.value < 5", 1, &["/a~1b"])]
#[case::absent("null", "answer.list", "item < 5", 0, &[])]
#[case::another_kind("\"abc\"", "answer", "item < 5", 0, &[])]
fn each_item_is_judged_at_its_place(
    #[case] body: &str,
    #[case] each: &str,
    #[case] source: &str,
    #[case] values: u64,
    #[case] expected: &[&str],
) {
    let mut rule = that(source);
    rule.each = Some(expr(each));
    let (judged, deviations) = Bench::new(200, body).verdict(&rule);
    let expected: Vec<Option<&str>> = expected.iter().copied().map(Some).collect();
    assert_eq!((judged, places(&deviations)), (values, expected));
}

#[test]
fn items_are_filtered_and_shown_one_by_one() {
    let mut rule = that("entry.a < 5");
    rule.item = "entry".to_owned();
    rule.each = Some(expr(" answer "));
    rule.filter = Some(expr("entry.a != 7"));
    let bench = Bench::new(200, "[{\"a\": 7}, {\"a\": 6}, {\"a\": 1}]");
    let (values, deviations) = bench.verdict(&rule);
    assert_eq!((values, places(&deviations)), (2, vec![Some("/1")]));
    assert_eq!(deviations[0].actual, "{\"a\":6}");
}

#[test]
fn items_of_a_capture_have_no_place_in_the_answer() {
    let mut rule = that("item < 5");
    rule.each = Some(expr("seen"));
    let bench = Bench::new(200, "[]").knowing("seen", &json!([9]));
    assert_eq!(places(&bench.verdict(&rule).1), [None]);
    rule.at = Some(text("/Lists/{{ seen | length }}"));
    assert_eq!(places(&bench.verdict(&rule).1), [Some("/Lists/1")]);
}

/// The words of the author over those of the engine.
fn worded(mut rule: Expectation) -> Expectation {
    rule.expected = Some(text("at most {{ most }}"));
    rule.actual = Some(expr("answer.a"));
    rule.at = Some(text("/Here"));
    rule
}

#[test]
fn the_author_has_the_last_word() {
    let rule = worded(that("answer.a <= most"));
    let bench = Bench::new(200, "{\"a\": \"much\"}").knowing("most", &json!(3));
    let mut rule_of_json = worded(expectation(Rule::Json {
        at: "/a".to_owned(),
        equals: None,
        kind: Some("number".to_owned()),
        matches: None,
    }));
    let (_, found) = bench.verdict(&rule);
    assert_eq!(
        (&*found[0].expected, &*found[0].actual),
        ("at most 3", "much")
    );
    assert_eq!(places(&found), [Some("/Here")]);
    rule_of_json.actual = Some(expr("[answer.a]"));
    let (_, found) = bench.verdict(&rule_of_json);
    assert_eq!(
        (&*found[0].expected, &*found[0].actual),
        ("at most 3", "[\"much\"]")
    );
    assert_eq!(places(&found), [Some("/Here/a")]);
}

/// A rule that calls a judgement by name.
fn named(name: &str, with: &[(&str, &str)]) -> Expectation {
    expectation(Rule::Judge {
        judgement: crate::judgement::find(name).expect("a judgement"),
        with: with
            .iter()
            .map(|(name, source)| ((*name).to_owned(), text(source)))
            .collect(),
    })
}

#[test]
fn a_judgement_judges_with_its_parameters() {
    let rule = named(
        "same-as",
        &[("left", "{{ answer.a }}"), ("right", "{{ due }}")],
    );
    let bench = Bench::new(200, "{\"a\": 1}");
    assert_eq!(bench.counts(&rule), (1, 1));
    let bench = bench.knowing("due", &json!(1));
    assert_eq!(bench.counts(&rule), (1, 0));
}

#[test]
fn a_judgement_sees_the_exchange_and_counts_its_values() {
    let bench = Bench::new(302, "").header("x", "y").header("z", "w");
    let (expected, actual) = bench.deviation(&named("no-redirect", &[]));
    assert_eq!(
        (&*expected, &*actual),
        ("an answer, not a redirect", "302 to nowhere")
    );
    assert_eq!(bench.counts(&named("no-credentials", &[])), (2, 0));
    let Err(Trouble::Author(message)) =
        judge_facts(&named("no-redirect", &[]), &Scope::default(), None)
    else {
        panic!("no trouble");
    };
    assert!(message.contains("needs an exchange"), "{message}");
}

#[test]
fn the_values_of_a_judgement_stand_beside_the_words_of_the_author() {
    let mut rule = named(
        "same-as",
        &[("left", "{{ answer.a }}"), ("right", "{{ most }}")],
    );
    rule.each = Some(expr("[1, 2]"));
    rule.expected = Some(text("number {{ item }}"));
    let bench = Bench::new(200, "{\"a\": 1}").knowing("most", &json!(3));
    let (values, found) = bench.verdict(&rule);
    let expected: Vec<&str> = found.iter().map(|one| &*one.expected).collect();
    assert_eq!((values, expected), (2, vec!["number 1: 3", "number 2: 3"]));
}

#[rstest]
#[case::of_the_answer("{{ answer.none }}", false)]
#[case::null("{{ answer.null }}", false)]
#[case::of_the_author("text", true)]
fn a_hole_in_the_answer_is_no_mistake_of_the_author(#[case] sent: &str, #[case] author: bool) {
    let rule = named("preserved", &[("sent", sent), ("received", "{{ answer }}")]);
    match Bench::new(200, "{\"null\": null}").judge(&rule) {
        Err(Trouble::Author(_)) => assert!(author),
        Err(Trouble::Shape(_)) => assert!(!author),
        Ok(_) => panic!("no trouble"),
    }
}

fn header(matches: Option<&str>) -> Expectation {
    expectation(Rule::Header {
        name: "x-id".to_owned(),
        matches: matches.map(|pattern| Regex::new(pattern).expect("a pattern")),
    })
}

#[test]
fn a_header_is_there_and_one_of_its_values_matches() {
    let bench = Bench::new(200, "")
        .header("server", "7")
        .header("x-id", "a")
        .header("x-id", "7");
    assert_eq!(bench.counts(&header(None)), (1, 0));
    assert_eq!(bench.counts(&header(Some("^[0-9]$"))), (1, 0));
    let (expected, actual) = bench.deviation(&header(Some("^z$")));
    assert_eq!(&*expected, "header x-id that matches ^z$");
    assert_eq!(&*actual, "200 with x-id: a");
    let (expected, actual) = Bench::new(200, "")
        .header("server", "7")
        .deviation(&header(None));
    assert_eq!(
        (&*expected, &*actual),
        ("header x-id", "200 with no header x-id")
    );
    assert_eq!(judge_alone(&header(None), &Scope::default()).0, 0);
}

/// A rule about `/a` of the answer.
fn of_json(equals: Option<&str>, kind: Option<&str>, matches: Option<&str>) -> Expectation {
    expectation(Rule::Json {
        at: "/a".to_owned(),
        equals: equals.map(text),
        kind: kind.map(str::to_owned),
        matches: matches.map(|pattern| Regex::new(pattern).expect("a pattern")),
    })
}

#[rstest]
#[case::there(json!({"a": null}), of_json(None, None, None), None)]
#[case::not_there(json!({}), of_json(None, None, None), Some(("a value", "nothing there")))]
#[case::equal(json!({"a": 1.0}), of_json(Some("{{ 1 }}"), None, None), None)]
#[case::unequal(json!({"a": 2}), of_json(Some("{{ 1 }}"), None, None), Some(("1", "2")))]
#[case::absent_is_not_null(
    json!({}),
    of_json(Some("{{ nothing }}"), None, None),
    Some(("null", "nothing there"))
)]
#[case::null(json!({"a": null}), of_json(Some("{{ nothing }}"), None, None), None)]
#[case::matches(json!({"a": "x7"}), of_json(None, None, Some("[0-9]")), None)]
#[case::does_not_match(
    json!({"a": "x"}),
    of_json(None, None, Some("[0-9]")),
    Some(("a text that matches [0-9]", "\"x\""))
)]
#[case::no_text(
    json!({"a": 7}),
    of_json(None, None, Some("[0-9]")),
    Some(("a text that matches [0-9]", "7"))
)]
#[case::is_null(json!({"a": null}), of_json(None, Some("null"), None), None)]
#[case::is_boolean(json!({"a": true}), of_json(None, Some("boolean"), None), None)]
#[case::is_number(json!({"a": 1}), of_json(None, Some("number"), None), None)]
#[case::is_string(json!({"a": ""}), of_json(None, Some("string"), None), None)]
#[case::is_array(json!({"a": []}), of_json(None, Some("array"), None), None)]
#[case::is_object(json!({"a": {}}), of_json(None, Some("object"), None), None)]
#[case::is_nothing(json!({}), of_json(None, Some("nothing"), None), None)]
#[case::of_another_type(
    json!({"a": []}),
    of_json(None, Some("object"), None),
    Some(("a value of type object", "[]"))
)]
fn a_place_of_the_answer_holds_what_it_must(
    #[case] answer: Value,
    #[case] rule: Expectation,
    #[case] expected: Option<(&str, &str)>,
) {
    let (values, found) = Bench::new(200, &answer.to_string()).verdict(&rule);
    assert_eq!(values, 1);
    assert!(places(&found).iter().all(|place| *place == Some("/a")));
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (&*one.expected, &*one.actual))
        .collect();
    assert_eq!(found, Vec::from_iter(expected));
}

#[test]
fn each_word_about_a_place_is_a_value() {
    let rule = of_json(Some("x"), Some("string"), Some("^y$"));
    assert_eq!(Bench::new(200, "{\"a\": \"x\"}").counts(&rule), (3, 1));
    assert_eq!(Bench::new(200, "<html>").counts(&rule), (3, 3));
    assert_eq!(judge_alone(&rule, &Scope::default()).0, 0);
}

#[rstest]
#[case::answer(None, "{\"Name\": \"x\"}", None)]
#[case::wrong(None, "{\"Name\": 5}", Some("/Name"))]
#[case::no_json(None, "<html>", Some(""))]
#[case::a_value(
    Some("answer.Inner"),
    "{\"Inner\": {\"Name\": \"x\"}, \"Name\": 5}",
    None
)]
#[case::a_wrong_value(Some("answer.Inner"), "{\"Inner\": {\"Name\": 7}}", Some("/Name"))]
fn a_value_satisfies_a_component(
    #[case] value: Option<&str>,
    #[case] body: &str,
    #[case] place: Option<&str>,
) {
    let rule = expectation(Rule::Schema {
        component: "Thing".to_owned(),
        value: value.map(expr),
    });
    let (values, found) = Bench::new(200, body).verdict(&rule);
    assert_eq!(values, 1);
    let expected: Vec<Option<&str>> = place.into_iter().map(Some).collect();
    assert_eq!(places(&found), expected);
    for one in &found {
        assert!(one.expected.starts_with("a Thing: "), "{one:?}");
        assert!(one.schema.is_some(), "{one:?}");
    }
}

#[test]
fn parameters_that_are_no_text_are_rendered_as_they_are() {
    let mut with = Map::new();
    with.insert("left".to_owned(), json!([1]));
    let bench = Bench::new(200, "[1]").knowing("with", &Value::Object(with));
    let rule = named(
        "same-as",
        &[("left", "{{ with.left }}"), ("right", "{{ answer }}")],
    );
    assert_eq!(bench.counts(&rule), (1, 0));
}
