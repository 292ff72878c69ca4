//! Laws that hold for whatever is thrown at the harness: no secret gets out by any way,
//! what an author writes means the same however it is laid out, and numbers and texts
//! come through templates as they went in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use assay::base::clock::ManualClock;
use assay::base::redact::Redactor;
use assay::base::rng::Rng;
use assay::expr::{Scope as Variables, Template, from_json};
use assay::model::event::RunEvent;
use assay::model::outcome::Scope;
use assay::model::scenario::ScenarioFile;
use assay::model::target::{Customer, SecretSource, Target};
use assay::report::terminal::{self, Style};
use assay::report::{ReportKind, fold, read_events, render};
use assay::run::{Options, Prepared};
use assay::suite::{Selection, Source, load};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, Uri};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use regex::Regex;
use rstest::rstest;
use serde_json::{Map, Value, json};

use crate::encodings::{encodings, nested};
use crate::support::{Collector, suite_of};

// ---------------------------------------------------------------- secrets

/// A secret with everything that some encoding escapes.
fn secret(seed: u64) -> String {
    let mut rng = Rng::named(seed, "secret");
    let letters: Vec<char> = "abcXYZ0189+/=\"'<>&%\\ ~!()*åß🫐._-".chars().collect();
    let mut draw = || letters[rng.below(letters.len() as u64) as usize];
    let drawn: String = (0..18).map(|_| draw()).collect();
    format!("k{drawn}{seed}q")
}

/// A connector that answers every call with its customer's secret, each time in another
/// encoding and at another place.
async fn echo(secret: String, token: String) -> SocketAddr {
    let calls = Arc::new(AtomicUsize::new(0));
    let handed_out = Arc::new(AtomicBool::new(false));
    let router = Router::new().fallback(move |uri: Uri, _: Bytes| {
        let (secret, token) = (secret.clone(), token.clone());
        let number = calls.fetch_add(1, Ordering::Relaxed);
        let authenticates = uri.path().ends_with("/Authenticate");
        // Before it is handed out nobody can know that it is a token.
        let known = handed_out.fetch_or(authenticates, Ordering::Relaxed);
        async move {
            if authenticates {
                return Response::new(Body::from(json!({"AccessToken": token}).to_string()));
            }
            told(
                number,
                if known && number % 2 == 1 {
                    &token
                } else {
                    &secret
                },
            )
        }
    });
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An answer that tells a secret.
fn told(number: usize, secret: &str) -> Response<Body> {
    let forms: Vec<String> = encodings(secret)
        .into_iter()
        .chain(nested(secret))
        .collect();
    let form = &forms[number / 2 % forms.len()];
    let body = match number / 2 / forms.len() % 4 {
        0 => json!([{"Name": form, "Key": [form]}])
            .to_string()
            .into_bytes(),
        1 => format!("<html><p title='x'>no: {form}</p></html>").into_bytes(),
        2 => [b"\xff\xfe".as_slice(), form.as_bytes(), b"\x00"].concat(),
        // As it is, where a text in JSON would stand.
        _ => format!("{{\"Message\": \"{form}\"}}").into_bytes(),
    };
    let mut response = Response::builder()
        .status([200, 200, 500][number % 3])
        .header("content-type", "application/json");
    if form.is_ascii() && !form.contains(|letter: char| letter.is_ascii_control()) {
        response = response.header("x-echo", format!("a={form}&b"));
    }
    if form.chars().all(|letter| letter.is_ascii_hexdigit()) {
        response = response.header(format!("x-{form}"), "told by its name");
    }
    response.body(Body::from(body)).unwrap()
}

/// The events of a run against a connector that tells its secret.
async fn recorded(secret: &str, token: &str, seed: u64) -> (Vec<RunEvent>, Arc<Redactor>) {
    assay::transport::install_crypto_provider();
    let address = echo(secret.to_owned(), token.to_owned()).await;
    let customer = Customer {
        id: "Cust1".to_owned(),
        serial: "1".to_owned(),
        secret: Some(SecretSource::Value(secret.to_owned())),
        users: Vec::new(),
    };
    let target = Target {
        url: format!("http://{address}/x"),
        allow_http: true,
        allow_writes: true,
        customers: [("first".to_owned(), customer)].into(),
        ..Target::default()
    };
    let prepared = Prepared::new(suite_of("quote-rest"), target, Path::new("."), None)
        .await
        .unwrap();
    let options = Options {
        scope: Scope::Development,
        strict: false,
        seed,
        jobs: 4,
        selection: Selection::default(),
        command: "assay run quote-rest --target a.yaml".to_owned(),
        repeat: 1,
        leftovers: Vec::new(),
    };
    let collector = Collector::default();
    assay::run::run(
        suite_of("quote-rest"),
        &prepared,
        &options,
        Arc::new(ManualClock::new(jiff::Timestamp::now())),
        &collector,
        Box::pin(std::future::pending()),
    )
    .await;
    (collector.events(), Arc::clone(&prepared.redactor))
}

/// Everything that leaves the process: the recording, the reports, the terminal.
fn sinks(events: Vec<RunEvent>) -> Vec<(&'static str, String)> {
    let recording: String = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap() + "\n")
        .collect();
    let report = fold(events).unwrap();
    let mut sinks: Vec<(&str, String)> = ReportKind::ALL
        .into_iter()
        .map(|kind| (kind.name(), render(kind, &report)))
        .collect();
    let curl = report
        .findings
        .iter()
        .filter_map(|finding| finding.curl.clone());
    sinks.push(("curl", curl.collect()));
    sinks.push(("terminal", terminal::write(&report, Style::default(), &[])));
    sinks.push(("recording", recording));
    sinks
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_gets_out_in_any_encoding_by_any_way(#[values(1, 2, 3)] seed: u64) {
    let (secret, token) = (secret(seed), secret(seed + 100));
    let (events, redactor) = recorded(&secret, &token, seed).await;
    let masked = |event: &RunEvent| serde_json::to_string(event).unwrap().contains('«');
    let exchanges = events
        .iter()
        .filter(|e| matches!(e, RunEvent::Exchanged(_)));
    let masked = exchanges.filter(|event| masked(event)).count();
    assert!(masked >= 4 * 19, "only {masked} exchanges told a secret");
    for (sink, text) in sinks(events) {
        let leaks: Vec<&str> = text
            .lines()
            .filter(|line| !redactor.labels(line).is_empty())
            .collect();
        assert!(leaks.is_empty(), "{sink}: {leaks:#?}");
        for (number, form) in encodings(&secret)
            .into_iter()
            .chain(encodings(&token))
            .chain(nested(&secret))
            .chain(nested(&token))
            .enumerate()
        {
            // As it is, and as the sink itself would escape it.
            let quoted = Value::from(form.as_str()).to_string();
            for form in [form.as_str(), &quoted[1..quoted.len() - 1]] {
                assert!(
                    !text.contains(form),
                    "{sink} holds encoding {number}: {form}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_read_again_makes_the_same_reports() {
    let (secret, token) = (secret(7), secret(8));
    let (events, _) = recorded(&secret, &token, 7).await;
    let before = sinks(events);
    let (_, recording) = before.last().unwrap();
    let (events, warning) = read_events(recording.as_bytes());
    assert_eq!(warning, None);
    assert_eq!(before, sinks(events));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_a_word_of_the_catalogue_is_no_fault_of_the_harness() {
    let address = echo("connector".to_owned(), "requirement".to_owned()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "connector").unwrap();
    let out = folder.path().join("out");
    let output = tokio::task::spawn_blocking(move || {
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_assay"))
            .args(["run", "quote-rest", "--allow-http", "--only", "QC-010"])
            .args(["--url", &format!("http://{address}/x")])
            .arg("--secret-file")
            .arg(file)
            .arg("--out")
            .arg(out)
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(4), "{told}");
    assert!(folder.path().join("out/report.html").is_file(), "{told}");
}

// ---------------------------------------------------------------- scenarios

/// A number in scientific notation has two spellings.
fn one_spelling(text: &str) -> String {
    let exponent = Regex::new(r"([0-9])e\+([0-9])").unwrap();
    exponent.replace_all(text, "${1}e${2}").into_owned()
}

/// A file of scenarios without the places where its parts stood.
fn meaning(text: &str) -> Result<String, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let file: ScenarioFile =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
    let place = Regex::new(r"Location \{[^{}]*(\{[^{}]*\}[^{}]*)*\}").unwrap();
    Ok(one_spelling(&place.replace_all(&format!("{file:?}"), "")))
}

/// The same tree in every layout: flow style on one line, indented, and block style.
fn layouts(tree: &Value) -> [String; 3] {
    [
        tree.to_string(),
        serde_json::to_string_pretty(tree).unwrap(),
        serde_saphyr::to_string(tree).unwrap(),
    ]
}

#[rstest]
fn a_shipped_scenario_means_the_same_in_every_layout(
    #[files("scenarios/*/*.yaml")]
    #[exclude("(catalogue|profile|templates).yaml$")]
    path: std::path::PathBuf,
) {
    let text = std::fs::read_to_string(path).unwrap();
    let options = serde_saphyr::options! { strict_booleans: true };
    let tree: Value = serde_saphyr::from_str_with_options(&text, options).unwrap();
    let written = meaning(&text).unwrap();
    for layout in layouts(&tree) {
        assert_eq!(meaning(&layout).as_ref(), Ok(&written));
    }
}

/// A suite that is written anew compiles to the same scenarios, line numbers aside.
#[rstest]
#[case("quote-rest")]
#[case("mirroring-auth")]
fn a_suite_that_is_written_again_compiles_to_the_same(#[case] profile: &str) {
    let compiled = |source: &Source| {
        let suite = load(source, profile, None).unwrap_or_else(|found| panic!("{found:#?}"));
        let lines = Regex::new(r#"line: \d+|file: "[^"]*""#).unwrap();
        let scenarios: BTreeMap<String, String> = suite
            .scenarios
            .iter()
            .map(|scenario| {
                let shown = format!("{scenario:?}");
                (
                    scenario.id.clone(),
                    one_spelling(&lines.replace_all(&shown, "")),
                )
            })
            .collect();
        scenarios
    };
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(profile);
    for entry in std::fs::read_dir(shipped).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let options = serde_saphyr::options! { strict_booleans: true };
        let tree: Value = serde_saphyr::from_str_with_options(&text, options).unwrap();
        let written = serde_saphyr::to_string(&tree).unwrap();
        std::fs::write(folder.path().join(entry.file_name()), written).unwrap();
    }
    let again = Source::Folder(folder.path().to_owned());
    assert_eq!(compiled(&Source::Embedded), compiled(&again));
}

/// Any value that a schema admits, as far as its keywords tell; what they do not tell is
/// left to a validator.
struct Grammar {
    schema: Value,
    rng: Rng,
}

impl Grammar {
    fn value(&mut self, node: &Value, depth: usize) -> Value {
        if let Some(name) = node.get("$ref").and_then(Value::as_str) {
            let node = self.schema.pointer(&name[1..]).unwrap().clone();
            return self.value(&node, depth);
        }
        if let Some(constant) = node.get("const") {
            return constant.clone();
        }
        for choice in ["enum", "anyOf", "oneOf"] {
            let choices = node.get(choice).and_then(Value::as_array);
            let Some(choices) = choices.filter(|_| !node["properties"].is_object()) else {
                continue;
            };
            let chosen = self.pick(choices).clone();
            return match choice {
                "enum" => chosen,
                _ => self.value(&chosen, depth),
            };
        }
        let kind = match &node["type"] {
            Value::Array(kinds) => self.pick(kinds).as_str().unwrap_or_default().to_owned(),
            kind => kind.as_str().unwrap_or("string").to_owned(),
        };
        match kind.as_str() {
            "object" => self.object(node, depth),
            "array" => {
                let least = node["minItems"].as_u64().unwrap_or(0);
                let more = if depth > 5 { 0 } else { self.rng.below(3) };
                (0..least + more)
                    .map(|_| self.value(&node["items"], depth + 1))
                    .collect()
            }
            "integer" | "number" => {
                let least = node["minimum"].as_u64().unwrap_or(0);
                let most = node["maximum"].as_u64().unwrap_or(least + 1_000);
                json!(least + self.rng.below(most - least + 1))
            }
            "boolean" => json!(self.rng.below(2) == 0),
            "null" => Value::Null,
            _ => self.text(node["pattern"].as_str()),
        }
    }

    fn object(&mut self, node: &Value, depth: usize) -> Value {
        let mut members = Map::new();
        let required = node["required"].as_array().cloned().unwrap_or_default();
        for (name, member) in node["properties"].as_object().into_iter().flatten() {
            let due = required.iter().any(|one| one == name);
            if due || (depth < 6 && self.rng.below(8) == 0) {
                members.insert(name.clone(), self.value(member, depth + 1));
            }
        }
        if let Some(member) = node
            .get("additionalProperties")
            .filter(|one| one.is_object())
        {
            for _ in 0..=self.rng.below(2) {
                let pattern = node.pointer("/propertyNames/pattern");
                let name = self.text(pattern.and_then(Value::as_str).or(Some("^[A-Za-z_]")));
                let name = name.as_str().unwrap_or_default().to_owned();
                members.insert(name, self.value(member, depth + 1));
            }
        }
        Value::Object(members)
    }

    /// A text: one of the kinds that YAML takes for something else, where any will do.
    fn text(&mut self, pattern: Option<&str>) -> Value {
        const WORDS: [&str; 16] = [
            "yes",
            "null",
            "~",
            "1e3",
            "0x1F",
            "on",
            "- a",
            "a: b",
            "# no",
            "'q'",
            " lead ",
            "two\nlines\n",
            "{{ answer.Key }}",
            "blåbær 🫐",
            "*a",
            "%x",
        ];
        match pattern {
            None => json!(WORDS[self.rng.below(16) as usize]),
            Some(pattern) if pattern.starts_with("^(/|$") => json!("/a/0/{{ round }}"),
            Some(pattern) if pattern.starts_with("^[A-Z]+-") => json!("QC-117"),
            Some(pattern) if pattern.starts_with("^[1-5]") => json!("2xx"),
            Some(_) => json!(format!("name_{}", self.rng.below(1_000))),
        }
    }

    fn pick<'v>(&mut self, values: &'v [Value]) -> &'v Value {
        &values[self.rng.below(values.len() as u64) as usize]
    }
}

#[test]
fn what_the_published_schema_admits_is_read_the_same_in_every_layout() {
    let text = include_str!("../../schemas/assay/scenario.schema.json");
    let schema: Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut grammar = Grammar {
        schema: schema.clone(),
        rng: Rng::named(1, "grammar"),
    };
    let mut admitted = 0;
    for _ in 0..4_000 {
        let tree = grammar.value(&schema, 0);
        if !validator.is_valid(&tree) {
            continue;
        }
        admitted += 1;
        let [first, others @ ..] = layouts(&tree);
        let written = meaning(&first).unwrap_or_else(|error| panic!("{error}\n{tree:#}"));
        for layout in others {
            assert_eq!(meaning(&layout).as_ref(), Ok(&written), "{layout}");
        }
    }
    assert!(admitted >= 400, "only {admitted} trees were admitted");
}

// ---------------------------------------------------------------- values

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        // Texts without the mark of an expression.
        "[^{]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::btree_map("[^{$]{0,6}", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_value_comes_through_a_template_as_it_went_in(value in any_value()) {
        let mut scope = Variables::default();
        scope.set("value", from_json(&value));
        let through = Template::text("{{ value }}").unwrap().render(&scope).unwrap();
        prop_assert_eq!(through.as_ref(), Some(&value));
        let literal = Template::compile(&value, &BTreeMap::new()).unwrap();
        prop_assert_eq!(literal.render(&scope).unwrap(), Some(value));
    }

    #[test]
    fn a_number_is_the_same_after_it_was_written_and_read(number in any::<f64>()) {
        let value = Value::from(number);
        let read: Value = serde_json::from_str(&value.to_string()).unwrap();
        prop_assert_eq!(read, value);
    }
}
