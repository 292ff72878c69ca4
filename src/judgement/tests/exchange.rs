//! Judgements about one exchange.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, places};

#[rstest]
#[case::plain("application/json", None)]
#[case::with_parameters("application/json; charset=utf-8", None)]
#[case::in_capitals("Application/JSON", None)]
#[case::text("text/html", Some("Content-Type: text/html"))]
#[case::none("", Some("no Content-Type header"))]
#[case::longer_name("application/jsonp", Some("Content-Type: application/jsonp"))]
fn an_answer_says_that_it_is_json(#[case] header: &str, #[case] actual: Option<&str>) {
    let mut bench = Bench::new(200, "{}");
    if !header.is_empty() {
        bench = bench.header("content-type", header);
    }
    match actual {
        None => assert_eq!(bench.counts("content-type", json!({})), (1, 0)),
        Some(actual) => assert_eq!(bench.actual("content-type", json!({})), actual),
    }
}

#[test]
fn an_empty_answer_has_no_type_and_no_letters() {
    for name in ["content-type", "utf-8"] {
        assert_eq!(
            Bench::new(200, "").counts(name, json!({})),
            (0, 0),
            "{name}"
        );
    }
}

const MARKED: &str = "a byte order mark at the start";

#[rstest]
#[case::ascii(b"{}", None)]
#[case::letters("{\"a\": \"é😀\"}".as_bytes(), None)]
#[case::latin(b"ab\xe9", Some("byte 2 does not belong to UTF-8 text"))]
#[case::mark(b"\xef\xbb\xbf{}", Some(MARKED))]
#[case::big_endian(b"\xfe\xff\0{", Some(MARKED))]
#[case::little_endian(b"\xff\xfe{\0", Some(MARKED))]
fn a_body_is_utf_8_without_mark(#[case] body: &[u8], #[case] actual: Option<&str>) {
    let bench = Bench::new(200, body);
    match actual {
        None => assert_eq!(bench.counts("utf-8", json!({})), (1, 0)),
        Some(actual) => assert_eq!(bench.actual("utf-8", json!({})), actual),
    }
}

#[test]
fn a_body_that_was_cut_may_end_inside_a_letter() {
    let mut bench = Bench::new(200, &b"ab\xc3"[..]);
    bench.response.truncated = true;
    assert_eq!(bench.counts("utf-8", json!({})), (0, 0));
    let cut = bench.actual("well-formed", json!({}));
    assert_eq!(cut, "a body longer than the limit of 3 bytes");
}

#[rstest]
#[case::json("{}", None)]
#[case::null("null", None)]
#[case::empty("", Some("an empty body"))]
#[case::page("<html>", Some("not JSON: <html>"))]
fn a_result_is_well_formed(#[case] body: &str, #[case] actual: Option<&str>) {
    let bench = Bench::new(200, body);
    match actual {
        None => assert_eq!(bench.counts("well-formed", json!({})), (1, 0)),
        Some(actual) => assert_eq!(bench.actual("well-formed", json!({})), actual),
    }
}

#[rstest]
#[case::no_result(200, "Get", json!({"no_result": ["Get"]}), 0)]
#[case::another_has_none(200, "Get", json!({"no_result": ["List"]}), 1)]
#[case::failed(500, "Get", json!({}), 0)]
#[case::other_success(204, "Get", json!({}), 0)]
#[case::raw_request(200, "/robots.txt", json!({}), 0)]
fn only_results_are_due(
    #[case] status: u16,
    #[case] operation: &'static str,
    #[case] with: Value,
    #[case] values: u64,
) {
    let bench = Bench::new(status, "").of(operation);
    let expected = (values, usize::try_from(values).expect("a small number"));
    assert_eq!(bench.counts("well-formed", with), expected);
}

#[rstest]
#[case(299, 0)]
#[case(300, 1)]
#[case(399, 1)]
#[case(400, 0)]
fn redirects_are_no_answers(#[case] status: u16, #[case] expected: usize) {
    assert_eq!(
        Bench::new(status, "").counts("no-redirect", json!({})),
        (1, expected)
    );
}

#[test]
fn a_redirect_shows_where_it_leads() {
    let bench = Bench::new(302, "").header("location", "https://login.example.com/");
    let actual = bench.actual("no-redirect", json!({}));
    assert_eq!(actual, "302 to https://login.example.com/");
    let bench = Bench::new(302, "");
    assert_eq!(bench.actual("no-redirect", json!({})), "302 to nowhere");
}

/// Parameters of the body of errors, with more of them.
fn error_body(more: Value) -> Value {
    let mut with = json!({"component": "Error", "members": {"Code": 7}});
    for (name, value) in more.as_object().expect("an object") {
        with[name] = value.clone();
    }
    with
}

#[rstest]
#[case::right("{\"Code\": 7}", None)]
#[case::more("{\"Code\": 7, \"Message\": \"m\"}", None)]
#[case::other_value(
    "{\"Code\": 8}",
    Some(("a Error body with Code 7", "401 with Code 8", "/Code"))
)]
#[case::wrong_type(
    "{\"Code\": 7, \"Message\": 5}",
    Some(("a Error body: string", "401 with 5", "/Message"))
)]
#[case::empty("", Some(("a Error body with Code 7", "401 with an empty body", "nowhere")))]
#[case::page("<html>", Some(("a Error body with Code 7", "401 with <html>", "nowhere")))]
#[case::text("\"no\"", Some(("a Error body with Code 7", "401 with \"no\"", "nowhere")))]
fn an_error_has_a_body(#[case] body: &str, #[case] deviation: Option<(&str, &str, &str)>) {
    let (values, found) = Bench::new(401, body).verdict("error-body", error_body(json!({})));
    assert_eq!(values, 1);
    let place = places(&found);
    let found: Vec<(&str, &str, &str)> = found
        .iter()
        .zip(place)
        .map(|(one, place)| (one.expected.as_str(), one.actual.as_str(), place))
        .collect();
    assert_eq!(found, Vec::from_iter(deviation));
}

#[rstest]
#[case::success(200, json!({}), 0)]
#[case::redirect(399, json!({}), 0)]
#[case::refusal(400, json!({}), 1)]
#[case::failure(599, json!({}), 1)]
#[case::beyond(600, json!({}), 0)]
#[case::listed(401, json!({"statuses": [401]}), 1)]
#[case::not_listed(403, json!({"statuses": [401]}), 0)]
#[case::success_listed(200, json!({"statuses": [200]}), 1)]
#[case::optional(401, json!({"optional": [401]}), 0)]
#[case::other_optional(401, json!({"optional": [404, 405]}), 1)]
fn the_statuses_of_errors_can_be_chosen(
    #[case] status: u16,
    #[case] more: Value,
    #[case] values: u64,
) {
    let bench = Bench::new(status, "{\"Code\": 7}");
    assert_eq!(bench.counts("error-body", error_body(more)), (values, 0));
}

#[rstest]
#[case(json!({"statuses": 401}), "`statuses` takes a list of statuses")]
#[case(json!({"optional": 401}), "`optional` takes a list of statuses")]
#[case(json!({"component": 1}), "`component` takes a name")]
#[case(
    json!({"component": "Mistake"}),
    "component `Mistake` does not exist in the OpenAPI document"
)]
#[case(json!({"members": []}), "`members` takes an object")]
fn mistakes_in_the_body_of_errors_are_named(#[case] more: Value, #[case] expected: &str) {
    let judged = Bench::new(401, "{\"Code\": 7}").judge("error-body", error_body(more));
    assert_eq!(judged.expect_err("a mistake"), expected);
}

#[rstest]
#[case(499, 0)]
#[case(500, 1)]
#[case(502, 1)]
#[case(599, 1)]
#[case(600, 0)]
// "Later" says nothing about the input.
#[case(503, 0)]
#[case(429, 0)]
fn servers_do_not_break(#[case] status: u16, #[case] expected: usize) {
    let bench = Bench::new(status, "");
    assert_eq!(bench.counts("no-server-error", json!({})), (1, expected));
}

#[rstest]
#[case::in_time(99.9, 0)]
#[case::at_the_limit(100.0, 0)]
#[case::late(100.1, 1)]
fn answers_come_in_time(#[case] elapsed_ms: f64, #[case] expected: usize) {
    let mut bench = Bench::new(200, "");
    bench.elapsed_ms = elapsed_ms;
    assert_eq!(
        bench.counts("latency", json!({"limit_ms": 100})),
        (1, expected)
    );
}

#[rstest]
#[case::light(1000, 1)]
#[case::heavy(1001, 0)]
fn heavy_requests_take_their_time(#[case] request_bytes: usize, #[case] values: u64) {
    let mut bench = Bench::new(200, "");
    bench.request_bytes = request_bytes;
    let with = json!({"limit_ms": 100, "light_bytes": 1000});
    assert_eq!(bench.counts("latency", with), (values, 0));
}

#[test]
fn the_longest_time_is_a_number() {
    let judged = Bench::new(200, "").judge("latency", json!({"limit_ms": "100"}));
    assert_eq!(judged.expect_err("a mistake"), "`limit_ms` takes a number");
}

const SECRET: &str = "correct-horse-battery-staple";

/// An answer with the secret in the body, behind a harmless header.
fn leaking(status: u16) -> Bench {
    let body = json!({"Note": format!("used {SECRET}"), "Token": SECRET, "Code": "ok"});
    let bench = Bench::new(status, body.to_string()).header("server", "shop");
    bench.secrets.register("password", SECRET);
    bench
}

#[test]
fn no_place_of_an_answer_holds_a_secret() {
    let (values, deviations) = leaking(200).verdict("no-credentials", json!({}));
    assert_eq!((values, deviations.len()), (2, 1));
    assert_eq!(deviations[0].actual, "the body holds «password:1»");
    let bench = leaking(200).header("x-debug", SECRET);
    let (values, deviations) = bench.verdict("no-credentials", json!({}));
    assert_eq!((values, deviations.len()), (3, 2));
    assert_eq!(deviations[0].actual, "header x-debug holds «password:1»");
}

#[rstest]
#[case::hands_out(200, 0)]
#[case::hands_out_too(299, 0)]
#[case::refuses(401, 1)]
#[case::redirects(300, 1)]
fn who_hands_out_tokens_shows_them(#[case] status: u16, #[case] expected: usize) {
    let mut bench = leaking(status);
    bench.authenticating = true;
    let (_, deviations) = bench.verdict("no-credentials", json!({}));
    assert_eq!(deviations.len(), expected);
}

#[test]
fn some_members_can_be_looked_at_alone() {
    let with = json!({"members": ["Note", "Code"]});
    let (values, deviations) = leaking(200).verdict("no-credentials", with);
    assert_eq!((values, places(&deviations)), (2, vec!["/Note"]));
    assert_eq!(deviations[0].actual, "it holds «password:1»");
    let blank = Bench::answer(&json!({"Note": "", "Code": 5}));
    let with = json!({"members": ["Note", "Code"]});
    assert_eq!(blank.counts("no-credentials", with), (0, 0));
    let page = Bench::new(200, SECRET);
    assert_eq!(
        page.counts("no-credentials", json!({"members": ["Note"]})),
        (0, 0)
    );
}
