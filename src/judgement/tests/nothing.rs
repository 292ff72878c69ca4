//! No judgement claims to have judged what was not there.

use rstest::rstest;
use serde_json::{Value, json};

use crate::api::Api;
use crate::base::redact::Redactor;
use crate::judgement::{ALL, Arguments, Facts, Judged, find};
use crate::model::exchange::WireResponse;
use crate::soap::decode::Decoded;

const DOCUMENT: &str = r##"
openapi: "3.1.0"
info: { title: t, version: "1" }
paths:
  /Get:
    post:
      operationId: Get
      responses:
        "200":
          description: d
          content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } }
components:
  schemas:
    Item:
      type: [object, "null"]
      properties:
        Name: { type: [string, "null"], maxLength: 5 }
        When: { $ref: "#/components/schemas/Date" }
        Price: { type: [number, "null"] }
        Kind: { enum: [A, B] }
    Date: { type: [string, "null"], format: date }
"##;

/// An answer of 200 with a body that is empty, or JSON.
fn judge(name: &str, with: &Value, answer: Option<&Value>) -> Judged {
    let api = Api::parse(DOCUMENT, "document").unwrap();
    let secrets = Redactor::default();
    let response = WireResponse {
        status: 200,
        version: "HTTP/1.1".to_owned(),
        headers: Vec::new(),
        body: answer
            .map(|answer| answer.to_string().into_bytes())
            .unwrap_or_default(),
        truncated: false,
    };
    let message = Decoded::default();
    let facts = Facts {
        operation: "Get",
        request: None,
        request_bytes: 0,
        response: &response,
        answer,
        elapsed_ms: 1.0,
        authenticating: false,
        message: Some(&message),
    };
    let with = with.as_object().cloned().unwrap_or_default();
    let arguments = Arguments {
        with: &with,
        facts: Some(&facts),
        api: &api,
        secrets: &secrets,
    };
    find(name).unwrap().judge(&arguments).unwrap()
}

/// Makes the parameters with which a judgement has nothing to judge.
type Parameters = fn() -> Value;

/// Each judgement with nothing to judge: no body, no values, no message.
const NOTHING: &[(&str, Parameters)] = &[
    (
        "alternative-arithmetic",
        || json!({"alternative": {}, "lines": []}),
    ),
    ("line-arithmetic", || json!({"line": [{}, null]})),
    ("preserved", || json!({"sent": {}, "received": null})),
    (
        "returned-as-received",
        || json!({"pairs": [], "fields": ["Id"]}),
    ),
    ("same-as", || json!({})),
    ("content-type", || json!({})),
    ("error-body", || json!({"component": "Item", "members": {}})),
    ("no-credentials", || json!({})),
    ("utf-8", || json!({})),
    (
        "signed-answer",
        || json!({"token": " ", "nonce": "n", "key": "", "at": 0, "aspects": []}),
    ),
    ("no-fault", || json!({})),
    ("soap-envelope", || json!({})),
    (
        "soap-message",
        || json!({"kinds": ["order", "wrapper", "schema"]}),
    ),
    ("bare-result", || json!({})),
    ("property-names", || json!({})),
    ("schema", || json!({})),
    ("image", || json!({"value": [null, " "], "nullable": true})),
    ("multi-language", || json!({"members": ["Name"]})),
    ("numbers-in-texts", || json!({})),
];

/// Judgements for which that an answer came is a value: its status, its time, that it
/// has the body that is due.
const ABOUT_THE_ANSWER_ITSELF: &[&str] =
    &["latency", "no-redirect", "no-server-error", "well-formed"];

#[test]
fn where_nothing_is_there_nothing_is_judged() {
    for (name, with) in NOTHING {
        let judged = judge(name, &with(), None);
        assert_eq!((judged.values, judged.deviations.len()), (0, 0), "{name}");
    }
}

#[test]
fn every_judgement_is_looked_at_here() {
    let known: Vec<&str> = NOTHING.iter().map(|(name, _)| *name).collect();
    for judgement in ALL {
        let name = judgement.name();
        let looked_at = known.contains(&name) || ABOUT_THE_ANSWER_ITSELF.contains(&name);
        assert!(looked_at, "{name}");
    }
}

#[rstest]
#[case::null_answer("bare-result", json!({}), json!(null))]
#[case::no_members("property-names", json!({}), json!({}))]
#[case::empty_list("property-names", json!({}), json!([]))]
#[case::no_such_text("multi-language", json!({"members": ["Name"]}), json!({"Name": "plain"}))]
#[case::no_encoded_number("numbers-in-texts", json!({}), json!({"Name": "12"}))]
#[case::no_fields("returned-as-received", json!({"pairs": [], "fields": []}), json!({"Id": 1}))]
fn an_answer_without_what_is_looked_for_is_not_judged(
    #[case] name: &str,
    #[case] with: Value,
    #[case] answer: Value,
) {
    assert_eq!(judge(name, &with, Some(&answer)).values, 0);
}

#[rstest]
#[case::nulls(json!({"Name": null, "When": null, "Price": null}), &[("", 2)])]
#[case::a_text(json!({"Name": "x"}), &[("", 2), ("R-LENGTH", 1)])]
#[case::a_date(json!({"When": "2026-01-31"}), &[("", 1), ("R-DATE", 1)])]
#[case::a_number(json!({"Price": 1.5}), &[("", 1), ("R-NUMBER", 1)])]
#[case::a_name(json!({"Kind": "A"}), &[("", 1), ("R-ENUM", 1)])]
#[case::a_wrong_one_counts(json!({"Kind": "C"}), &[("", 1), ("R-ENUM", 1)])]
fn rules_of_a_schema_count_the_values_that_they_speak_of(
    #[case] answer: Value,
    #[case] expected: &[(&str, u64)],
) {
    let rules = json!({"rules": [
        {"keyword": "maxLength", "requirement": "R-LENGTH"},
        {"component": "Date", "requirement": "R-DATE"},
        {"keyword": "enum", "requirement": "R-ENUM"},
        {"type": "number", "requirement": "R-NUMBER"},
    ]});
    let judged = judge("schema", &rules, Some(&answer));
    let shares: Vec<(&str, u64)> = judged
        .shares
        .iter()
        .map(|(id, values)| (id.as_str(), *values))
        .collect();
    assert_eq!(shares, expected);
}
