//! Judgements on SOAP messages, as a reader left them.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Bench, places};
use crate::soap::decode::{Decoded, Fault, Issue, IssueKind};

/// A result in an envelope without mistakes.
fn result() -> Decoded {
    Decoded {
        answer: Some(json!({})),
        expected: true,
        envelope: true,
        ..Decoded::default()
    }
}

fn fault() -> Decoded {
    Decoded {
        answer: None,
        fault: Some(Fault {
            code: "Client.Authentication".to_owned(),
            string: "who are you?".to_owned(),
            actor: String::new(),
            detail: String::new(),
        }),
        ..result()
    }
}

/// A body that is no envelope.
fn page() -> Decoded {
    Decoded {
        expected: true,
        ..Decoded::default()
    }
}

fn issue(kind: IssueKind, at: &str) -> Issue {
    Issue::new(kind, at, "due", "there")
}

fn bench(status: u16, message: Decoded) -> Bench {
    let mut bench = Bench::new(status, "<a/>").header("content-type", "text/xml; charset=utf-8");
    bench.message = Some(message);
    bench
}

#[rstest]
#[case("soap-envelope")]
#[case("soap-message")]
#[case("no-fault")]
fn messages_are_of_an_api_that_speaks_soap(#[case] name: &str) {
    let judged = Bench::new(200, "<a/>").judge(name, json!({"kinds": []}));
    let error = judged.expect_err("no message");
    assert_eq!(error, "this judgement needs an API that speaks SOAP");
}

#[rstest]
#[case::result(200, result(), 2, &[])]
#[case::fault(500, fault(), 2, &[])]
#[case::result_as_failure(500, result(), 2, &["500 with a result"])]
#[case::created(201, result(), 2, &["201 with a result"])]
#[case::fault_as_success(200, fault(), 2, &["200 with the fault who are you?"])]
#[case::page_of_a_proxy(502, page(), 0, &[])]
#[case::page_of_success(200, page(), 2, &["<a/>"])]
#[case::nothing_was_asked(200, Decoded { expected: false, ..page() }, 0, &[])]
#[case::envelope_without_result(200, Decoded { answer: None, ..result() }, 1, &[])]
fn an_envelope_comes_with_its_status(
    #[case] status: u16,
    #[case] message: Decoded,
    #[case] values: u64,
    #[case] expected: &[&str],
) {
    let (judged, deviations) = bench(status, message).verdict("soap-envelope", json!({}));
    let actual: Vec<&str> = deviations.iter().map(|one| one.actual.as_str()).collect();
    assert_eq!((judged, actual), (values, expected.to_vec()));
}

#[rstest]
#[case("text/xml", None)]
#[case("TEXT/XML;charset=utf-8", None)]
#[case("application/soap+xml", Some("Content-Type: application/soap+xml"))]
#[case("", Some("no Content-Type"))]
fn an_envelope_travels_as_xml(#[case] kind: &str, #[case] actual: Option<&str>) {
    let mut bench = bench(200, result());
    bench.response.headers.clear();
    if !kind.is_empty() {
        bench = bench.header("content-type", kind);
    }
    let (values, deviations) = bench.verdict("soap-envelope", json!({}));
    assert_eq!(values, 2);
    let found: Vec<&str> = deviations.iter().map(|one| one.actual.as_str()).collect();
    assert_eq!(found, Vec::from_iter(actual));
}

#[test]
fn an_empty_body_is_no_envelope() {
    let mut bench = bench(200, page());
    bench.response.body.clear();
    let (_, deviations) = bench.verdict("soap-envelope", json!({}));
    assert_eq!(deviations[0].actual, "an empty body");
}

#[test]
fn what_cannot_be_read_is_another_mistake_than_no_envelope() {
    let broken = Decoded {
        issues: vec![issue(IssueKind::NotWellFormed, "")],
        ..page()
    };
    assert_eq!(
        bench(200, broken).counts("soap-envelope", json!({})),
        (1, 0)
    );
}

#[test]
fn an_envelope_is_of_soap_1_1_without_dtd() {
    let message = Decoded {
        issues: vec![
            issue(IssueKind::Envelope, "/Envelope"),
            issue(IssueKind::Order, "/Envelope/Body"),
            issue(IssueKind::Dtd, ""),
        ],
        ..result()
    };
    let (_, deviations) = bench(200, message).verdict("soap-envelope", json!({}));
    assert_eq!(places(&deviations), ["/Envelope", "nowhere"]);
    assert_eq!(
        (&*deviations[0].expected, &*deviations[0].actual),
        ("due", "there")
    );
}

/// A message of which two kinds were judged, with mistakes of two kinds.
fn mistaken() -> Decoded {
    Decoded {
        issues: vec![
            issue(IssueKind::Order, "/a"),
            issue(IssueKind::Enum, "/b"),
            issue(IssueKind::Order, "/c"),
        ],
        judged: [("order", 5), ("items", 3)].into(),
        ..result()
    }
}

#[rstest]
#[case::one(json!(["order"]), 5, &["/a", "/c"])]
#[case::several(json!(["items", "order"]), 8, &["/a", "/c"])]
#[case::nothing_wrong(json!(["items"]), 3, &[])]
#[case::not_counted(json!(["enum"]), 1, &["/b"])]
#[case::none(json!([]), 0, &[])]
fn kinds_are_judged_one_by_one(
    #[case] kinds: Value,
    #[case] values: u64,
    #[case] expected: &[&str],
) {
    let with = json!({"kinds": kinds});
    let (judged, deviations) = bench(200, mistaken()).verdict("soap-message", with);
    assert_eq!((judged, places(&deviations)), (values, expected.to_vec()));
}

#[rstest]
#[case::fault(500, mistaken(), 5)]
#[case::result_without_envelope(200, Decoded { envelope: false, ..mistaken() }, 5)]
#[case::page(500, Decoded { envelope: false, ..mistaken() }, 0)]
fn pages_of_proxies_are_no_messages(
    #[case] status: u16,
    #[case] message: Decoded,
    #[case] values: u64,
) {
    let with = json!({"kinds": ["order"]});
    let (judged, _) = bench(status, message).verdict("soap-message", with);
    assert_eq!(judged, values);
}

#[test]
fn a_kind_that_does_not_exist_is_named() {
    let with = json!({"kinds": ["order", "odour"]});
    let error = bench(200, result()).judge("soap-message", with);
    let error = error.expect_err("a mistake");
    assert_eq!(error, "`kinds`: there is no kind `odour`");
}

#[test]
fn a_message_in_order_is_not_answered_by_a_fault() {
    assert_eq!(bench(200, result()).counts("no-fault", json!({})), (1, 0));
    let actual = bench(500, fault()).actual("no-fault", json!({}));
    assert_eq!(actual, "fault Client.Authentication: who are you?");
    let except = |code: &str| json!({"except_codes": [code]});
    assert_eq!(
        bench(500, fault()).counts("no-fault", except("Server")),
        (1, 1)
    );
    let refined = except("Authentication");
    assert_eq!(bench(500, fault()).counts("no-fault", refined), (0, 0));
}
