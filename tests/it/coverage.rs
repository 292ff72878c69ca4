//! `assay coverage`: what recordings put to the test, as text, as data, as a command.

use std::path::Path;
use std::process::Output;

use assay::coverage::{Coverage, State, measure, write};
use assay::model::event::RunEvent;
use assay::suite::{Source, Suite, load};
use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/shop");

const ITEMS: &str = "
topic: items
scenarios:
  - id: keys
    title: Items have keys
    requirements: [SH-003, SH-005]
    steps:
      - call: GetItem
        expect:
          - requirement: SH-003
            that: not blank(answer.Key)
          - requirement: SH-005
            name: found
            each: answer.Found
            that: item
";

const API: &str = r##"
openapi: "3.1.0"
info: { title: Shop, version: "1" }
paths:
  /Authenticate:
    post:
      operationId: Authenticate
      responses: { "200": { description: A token. } }
  /GetItem:
    post:
      operationId: GetItem
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses:
        "200":
          description: The item.
          content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } }
        "4XX":
          description: A mistake.
          content: { application/json: { schema: { $ref: "#/components/schemas/Mistake" } } }
  /FindItems:
    post:
      operationId: FindItems
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { "200": { description: Items. }, "404": { description: Not there. } }
  /PlaceOrder:
    post:
      operationId: PlaceOrder
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { "200": { description: The order. } }
components:
  schemas:
    Item:
      type: object
      required: [Key]
      properties:
        Key: { type: string, maxLength: 20 }
        Price: { type: [number, "null"], minimum: 0 }
        Kind: { enum: [book, film] }
        Old: { type: string }
    Mistake: { type: object, properties: { Why: { type: string } } }
"##;

/// The suite of the fixtures with a scenario that judges, and an API with more to say.
fn shop() -> Suite {
    let folder = TempDir::new().unwrap();
    for entry in std::fs::read_dir(FIXTURES).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    std::fs::write(folder.path().join("items.yaml"), ITEMS).unwrap();
    let source = Source::Folder(folder.path().to_owned());
    load(&source, "shop", Some(("api", API))).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn event(value: Value) -> RunEvent {
    serde_json::from_value(value).unwrap()
}

fn started(digest: &str) -> RunEvent {
    event(json!({
        "event": "started", "schema_version": 1, "tool": {"name": "assay", "version": "0"},
        "profile": "shop", "profile_title": "Shop", "revision": "1", "suite_digest": digest,
        "scope": "development", "strict": false, "seed": 1, "only": [],
        "connector": {"name": "Corner\u{1b}[31m shop", "version": "2.0"},
        "url": "https://shop.example/", "modes": ["secret"], "configuration": {},
        "started": "2026-11-02T08:15:30Z", "requirements": [], "plan": ["keys"],
        "command": "assay run shop --target shop.yaml",
    }))
}

fn exchange(method: &str, operation: &str, status: u64, answer: &str) -> RunEvent {
    let body = |text: &str| json!({"text": text, "bytes": text.len()});
    event(json!({
        "event": "exchanged", "id": "E-1", "origin": "keys/secret/1", "operation": operation,
        "method": method, "url": "https://shop.example/x", "request_headers": [],
        "request_body": body("{}"), "sent": "2026-11-02T08:15:31Z", "elapsed_ms": 1.0,
        "attempt": 1,
        "response": {"status": status, "version": "HTTP/1.1", "headers": [], "body": body(answer)},
    }))
}

fn judged(check: &str, requirement: &str, outcome: &str, judged: u64) -> RunEvent {
    event(json!({
        "event": "judged", "check": check, "scenario": "keys", "scenario_title": "Items have keys",
        "file": "items.yaml", "line": 1, "mode": "", "requirements": [requirement],
        "outcome": outcome, "judged": judged, "deviations": [], "deviation_count": 0,
        "reason": (judged == 0).then_some("ran, but nothing that came could be judged"),
    }))
}

fn measured(suite: &Suite) -> Coverage {
    let events = vec![
        started(&suite.digest),
        exchange("POST", "GetItem", 200, r#"{"Key": "a", "Kind": "book"}"#),
        exchange("POST", "GetItem", 200, r#"{"Key": "b", "Price": null}"#),
        exchange("POST", "GetItem", 500, "no JSON"),
        exchange("GET", "GET FindItems", 404, ""),
        exchange("POST", "nowhere", 404, ""),
        judged("keys/SH-003", "SH-003", "pass", 2),
        judged("keys/found", "SH-005", "vacuous", 0),
        judged("calls/valid", "SH-002", "pass", 3),
    ];
    measure(suite, &[events, vec![started("another")]])
}

#[test]
fn the_text_tells_what_was_covered_and_what_was_not() {
    let suite = shop();
    let text = write(&measured(&suite));
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("coverage__shop", text);
    });
}

#[test]
fn rows_operations_and_keywords_are_counted() {
    let suite = shop();
    let coverage = measured(&suite);
    assert_eq!(coverage.rows(), (2, 8));
    assert_eq!(coverage.statuses(), (2, 6));
    let row = |id: &str| {
        coverage
            .requirements
            .iter()
            .find(|row| row.id == id)
            .unwrap()
    };
    assert_eq!(
        (row("SH-003").state, row("SH-003").judged),
        (State::Judged, 2)
    );
    assert_eq!(row("SH-005").state, State::NothingJudged);
    assert_eq!(row("SH-004").state, State::NoCheck);
    let keyword = |end: &str| {
        let mut keywords = coverage.keywords.iter();
        keywords
            .find(|keyword| keyword.pointer.ends_with(end))
            .unwrap()
    };
    assert_eq!(keyword("Item/required/0").judged, 2);
    assert_eq!(keyword("properties/Kind/enum/0").judged, 1);
    assert_eq!(
        keyword("properties/Kind/enum/1").gap,
        Some("no answer had this value")
    );
    assert_eq!(keyword("Price/minimum").judged, 0);
    assert_eq!(
        keyword("properties/Old").gap,
        Some("no answer had this member")
    );
    assert_eq!(
        keyword("Mistake/type").gap,
        Some("no answer came to this schema")
    );
    assert_eq!(coverage.others["nowhere"][&404], 1);
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    let suite = shop();
    let json = |coverage: &Coverage| assay::coverage::json(coverage).unwrap();
    assert_eq!(json(&measured(&suite)), json(&measured(&suite)));
}

fn assay(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("assay")
        .unwrap()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_recording_is_measured_and_written() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let only = ["--only", "AUTH-024", "--out", "played"];
    assay(
        here,
        &[
            &["run", "--sample", "mirroring-auth", "mirroring-auth"],
            &only[..],
        ]
        .concat(),
    );
    let out = assay(
        here,
        &["coverage", "--run", "played", "--json", "--out", "covered"],
    );
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let coverage: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(coverage["schemaVersion"], 1);
    assert_eq!(coverage["profile"], "mirroring-auth");
    let rows = coverage["requirements"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "AUTH-024").unwrap();
    assert_eq!(row["state"], "judged");
    let file = std::fs::read(here.join("covered/coverage.json")).unwrap();
    assert_eq!(file, out.stdout);
    let text = std::fs::read_to_string(here.join("covered/coverage.txt")).unwrap();
    assert!(text.starts_with("Coverage of mirroring-auth"), "{text}");
}

#[test]
fn a_sample_is_played_and_measured() {
    let folder = TempDir::new().unwrap();
    let out = assay(folder.path(), &["coverage", "--sample", "mirroring-auth"]);
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(text.contains("5 of 5 operations called"), "{text}");
}

#[test]
fn wrong_usage_is_exit_2() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("events.ndjson"), "").unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["coverage", "quote-rst"], "did you mean `quote-rest`"),
        (&["coverage", "--sample", "quote-ful"], "quote-full"),
        (
            &["coverage", "quote-rest", "--sample", "erp-sync"],
            "erp-sync",
        ),
        (&["coverage", "--run", "nowhere"], "nowhere"),
        (&["coverage", "--run", "."], "not the recording of a run"),
    ];
    for (arguments, words) in cases {
        let out = assay(folder.path(), arguments);
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{arguments:?} {told}");
        assert!(told.contains(words), "{arguments:?} {told}");
    }
}
