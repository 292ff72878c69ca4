//! Every judgement through its name in the registry, as scenarios call it: an exchange
//! and parameters go in, the number of values and the deviations come out.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{ALL, Arguments, Facts, Judged, Observed, find, objects};
use crate::api::Api;
use crate::base::redact::Redactor;
use crate::model::exchange::WireResponse;
use crate::soap::decode::Decoded;

mod arithmetic;
mod compare;
mod exchange;
mod handshake;
mod message;
mod nothing;
mod schema;
mod text;

/// A small service with a result of each kind.
static API: LazyLock<Api> =
    LazyLock::new(|| Api::parse(include_str!("testdata/shop.yaml"), "shop").expect("an API"));

/// An exchange, and what the judgements know besides.
struct Bench {
    operation: &'static str,
    request: Option<Value>,
    request_bytes: usize,
    response: WireResponse,
    elapsed_ms: f64,
    authenticating: bool,
    message: Option<Decoded>,
    secrets: Redactor,
}

impl Bench {
    /// An answer of `Get` with this status and body.
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            operation: "Get",
            request: None,
            request_bytes: 2,
            response: WireResponse {
                status,
                version: "HTTP/1.1".to_owned(),
                headers: Vec::new(),
                body: body.into(),
                truncated: false,
            },
            elapsed_ms: 1.0,
            authenticating: false,
            message: None,
            secrets: Redactor::new(),
        }
    }

    /// A successful answer.
    fn answer(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    fn of(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        let headers = &mut self.response.headers;
        headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Judges the exchange.
    fn judge(&self, name: &str, with: Value) -> Result<Judged, String> {
        let answer: Option<Value> = serde_json::from_slice(&self.response.body).ok();
        let facts = Facts {
            operation: self.operation,
            request: self.request.as_ref(),
            request_bytes: self.request_bytes,
            response: &self.response,
            answer: answer.as_ref(),
            elapsed_ms: self.elapsed_ms,
            authenticating: self.authenticating,
            message: self.message.as_ref(),
        };
        judge_with(name, &with, Some(&facts), &self.secrets)
    }

    /// Values judged and deviations, of parameters without mistakes.
    fn verdict(&self, name: &str, with: Value) -> (u64, Vec<Observed>) {
        let judged = self.judge(name, with).expect("parameters without mistakes");
        (judged.values, judged.deviations)
    }

    /// Values judged and number of deviations.
    fn counts(&self, name: &str, with: Value) -> (u64, usize) {
        let (values, deviations) = self.verdict(name, with);
        (values, deviations.len())
    }

    /// What was found, of the one deviation that there must be.
    fn actual(&self, name: &str, with: Value) -> String {
        let (values, mut deviations) = self.verdict(name, with);
        assert_eq!((values, deviations.len()), (1, 1), "{deviations:?}");
        deviations.remove(0).actual
    }
}

fn judge_with(
    name: &str,
    with: &Value,
    facts: Option<&Facts<'_>>,
    secrets: &Redactor,
) -> Result<Judged, String> {
    let with: Map<String, Value> = with.as_object().cloned().unwrap_or_default();
    let arguments = Arguments {
        with: &with,
        facts,
        api: &API,
        secrets,
    };
    find(name).expect("a judgement").judge(&arguments)
}

/// Judges values alone: there was no exchange.
fn judge_values(name: &str, with: Value) -> Result<Judged, String> {
    judge_with(name, &with, None, &Redactor::new())
}

/// The places that deviate.
fn places(deviations: &[Observed]) -> Vec<&str> {
    let places = deviations.iter();
    places
        .map(|observed| observed.pointer.as_deref().unwrap_or("nowhere"))
        .collect()
}

/// What the deviations are charged to, where it is not the check's requirements.
fn charges(deviations: &[Observed]) -> Vec<Option<&str>> {
    let charges = deviations.iter();
    charges
        .map(|observed| observed.requirement.as_deref())
        .collect()
}

/// Names with their parameters; those with `!` must be there.
const LANGUAGE: &[(&str, &[&str])] = &[
    (
        "alternative-arithmetic",
        &["alternative!", "lines!", "charges", "costs", "at"],
    ),
    ("line-arithmetic", &["line!", "charges", "costs", "at"]),
    ("preserved", &["sent!", "received!", "only", "except"]),
    (
        "returned-as-received",
        &["pairs!", "fields!", "unless_blank"],
    ),
    ("same-as", &["left!", "right!", "ignore", "unordered"]),
    ("content-type", &[]),
    (
        "error-body",
        &["component!", "members!", "statuses", "optional"],
    ),
    ("latency", &["limit_ms!", "light_bytes"]),
    ("no-credentials", &["members"]),
    ("no-redirect", &[]),
    ("no-server-error", &[]),
    ("utf-8", &[]),
    ("well-formed", &["no_result"]),
    (
        "signed-answer",
        &["token!", "nonce!", "key!", "at!", "aspects!"],
    ),
    ("no-fault", &["except_codes"]),
    ("soap-envelope", &[]),
    ("soap-message", &["kinds!"]),
    ("bare-result", &["wrappers"]),
    ("property-names", &["misnomers"]),
    ("schema", &["rules"]),
    ("image", &["value!", "nullable"]),
    ("multi-language", &["members!"]),
    ("numbers-in-texts", &["plain"]),
];

#[test]
fn scenarios_find_each_judgement_with_its_parameters() {
    assert_eq!(ALL.len(), LANGUAGE.len());
    for (name, parameters) in LANGUAGE {
        let judgement = find(name).expect(name);
        let known: Vec<String> = judgement
            .parameters()
            .iter()
            .map(|parameter| match parameter.required {
                true => format!("{}!", parameter.name),
                false => parameter.name.to_owned(),
            })
            .collect();
        assert_eq!(known, *parameters, "{name}");
    }
    assert!(find("no-such-judgement").is_none());
}

#[test]
fn the_reference_has_a_sentence_for_each_judgement() {
    for judgement in ALL {
        let summary = judgement.summary();
        let words = summary.split_whitespace().count();
        assert!(words > 3 && summary.ends_with('.'), "{summary}");
    }
}

#[test]
fn judgements_of_exchanges_say_that_they_need_one() {
    let about_values = [
        "alternative-arithmetic",
        "line-arithmetic",
        "preserved",
        "same-as",
        "signed-answer",
        "image",
    ];
    for (name, _) in LANGUAGE {
        if !about_values.contains(name) {
            let with = json!({"members": [], "fields": [], "pairs": []});
            let error = judge_values(name, with).expect_err(name);
            assert!(error.contains("needs an exchange"), "{name}: {error}");
        }
    }
}

#[test]
fn lists_of_texts_hold_texts() {
    for wrong in [json!("Name"), json!(["Name", 1])] {
        let with = json!({"left": 1, "right": 1, "ignore": wrong});
        let error = judge_values("same-as", with).expect_err("no list of texts");
        assert_eq!(error, "`ignore` takes a list of texts");
    }
}

#[test]
fn objects_are_found_at_every_depth_with_their_places() {
    let tree = json!({"a/b": [1, {"c": {"~": []}}], "d": {}});
    let found = objects(&tree);
    let places: Vec<&str> = found.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(places, ["", "/a~1b/1", "/a~1b/1/c", "/d"]);
    for (at, members) in found {
        assert_eq!(tree.pointer(&at).and_then(Value::as_object), Some(members));
    }
}
