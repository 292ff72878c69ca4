//! What the fuzz targets do with bytes: each takes the way that such bytes take through
//! Assay, and tells all that came of it.
//!
//! Nothing here expects anything of the bytes. A target fails when the product panics,
//! when an invariant that is asserted here does not hold, or when the same bytes are
//! told of in two ways: reading and judging are pure. The targets of `fuzz_targets/`
//! and the tests of `tests/it/fuzz_corpus.rs` share this file, so it uses nothing but
//! the public interface.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use assay::api::{Api, VariationKind};
use assay::auth::{ApplicationKey, ApplicationKeyPair, SigningKey, examine_answer, split_token};
use assay::base::redact::Redactor;
use assay::expr::{Expr, Scope, Template, from_json};
use assay::judgement::{self, Arguments, Facts};
use assay::model::exchange::WireResponse;
use assay::model::outcome::{Ending, Verdict};
use assay::model::report::Report;
use assay::model::target::{SecretSource, Target};
use assay::report::terminal::{self, Style};
use assay::report::{ReportKind, check_terminal, check_totals, fold, read_events, render};
use assay::run::Prepared;
use assay::run::judge::{self, Situation};
use assay::soap::decode::{Decoded, decode};
use assay::soap::xsd::Validator;
use assay::soap::{Soap, WireNames, wsdl, xsd};
use assay::suite::{Action, AlwaysKind, Expectation, Selection, Source, Step, Suite, load, plan};
use serde_json::{Value, json};

/// A target: its name, which is that of its folder below `corpus/`, and what it does.
pub type FuzzTarget = (&'static str, fn(&[u8]) -> String);

/// All targets.
pub const TARGETS: &[FuzzTarget] = &[
    ("answer", answer),
    ("bundle", bundle),
    ("expression", expression),
    ("jwt", jwt),
    ("openapi", openapi),
    ("scenario", scenario),
    ("target_file", target_file),
    ("wsdl", wsdl),
];

/// Plays bytes twice, and gives what came of them.
pub fn play(target: &str, bytes: &[u8]) -> String {
    let known = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, told) = known.expect("a name of the list");
    let first = told(bytes);
    assert_eq!(first, told(bytes), "the same bytes, told of in two ways");
    first
}

/// A line of what is told.
macro_rules! tell {
    ($told:expr, $($words:tt)*) => {
        writeln!($told, $($words)*).expect("to memory")
    };
}

/// Longest part of a text that is told.
const TOLD: usize = 20_000;

fn short(text: &str) -> String {
    text.chars().take(TOLD).collect()
}

/// The files of a small suite, without its scenarios of its own.
const SHOP: [(&str, &str); 5] = [
    (
        "catalogue.yaml",
        include_str!("../../tests/it/fixtures/shop/catalogue.yaml"),
    ),
    (
        "discovery.yaml",
        include_str!("../../tests/it/fixtures/shop/discovery.yaml"),
    ),
    (
        "openapi.yaml",
        include_str!("../../tests/it/fixtures/shop/openapi.yaml"),
    ),
    (
        "profile.yaml",
        include_str!("../../tests/it/fixtures/shop/profile.yaml"),
    ),
    (
        "templates.yaml",
        include_str!("../../tests/it/fixtures/shop/templates.yaml"),
    ),
];

/// A file of scenarios, added to a small suite: lint's diagnostics or the plan.
fn scenario(bytes: &[u8]) -> String {
    thread_local! {
        static FOLDER: tempfile::TempDir = {
            let folder = tempfile::tempdir().expect("a folder");
            for (name, text) in SHOP {
                std::fs::write(folder.path().join(name), text).expect("a file");
            }
            folder
        };
    }
    FOLDER.with(|folder| {
        std::fs::write(folder.path().join("input.yaml"), bytes).expect("a file");
        let mut told = String::new();
        match load(&Source::Folder(folder.path().to_owned()), "shop", None) {
            Ok(suite) => {
                let modes = ["secret".to_owned(), "jwt".to_owned()];
                for entry in plan(&suite, &modes, &Selection::default()) {
                    tell!(told, "{} {} {:?}", entry.index, entry.mode, entry.scenario);
                }
            }
            Err(found) => {
                assert!(!found.is_empty(), "refused without a word");
                found.iter().for_each(|one| tell!(told, "{one}"));
            }
        }
        told
    })
}

/// A target file, and what a run would make of it. Nothing is sent; files and keys that
/// it names are not opened.
fn target_file(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let target = match assay::cli::parse_target(&text, "assay.yaml") {
        Ok(target) => target,
        Err(diagnostic) => return diagnostic.to_string(),
    };
    let told = format!("{target:?}\n");
    if opens_files(&target) {
        return told;
    }
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        assay::transport::install_crypto_provider();
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().expect("a runtime")
    });
    let base = std::path::Path::new("/nowhere");
    match RUNTIME.block_on(Prepared::new(suite("quote-rest"), target, base, None)) {
        Ok(prepared) => told + &prepared.public_target().to_string(),
        Err(error) => told + &error.to_string(),
    }
}

fn opens_files(target: &Target) -> bool {
    let secrets = target
        .customers
        .values()
        .filter_map(|one| one.secret.as_ref());
    let keys = [&target.application_key, &target.application_private_key];
    target.jwt.is_some()
        || target.wsdl.is_some()
        || target.tls.ca_file.is_some()
        || secrets
            .chain(keys.into_iter().flatten())
            .chain(target.connection.secrets.values())
            .any(|source| matches!(source, SecretSource::File(_)))
}

/// A description of an API: lint, derived schemas, and what it says of simple bodies.
fn openapi(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut told = String::new();
    let api = match Api::parse(&text, "openapi.yaml") {
        Ok(api) => api,
        Err(error) => {
            assert!(!error.problems.is_empty(), "refused without a word");
            return short(&error.to_string());
        }
    };
    tell!(told, "{}", api.digest());
    let bodies = [json!(null), json!([{}]), json!({"Key": "a"}), json!("x")];
    for operation in api.operations().take(20) {
        for body in &bodies {
            let name = operation.name.as_str();
            let judged = api.judge_response(name, 200, Some("application/json"), body);
            tell!(
                told,
                "{name} {judged:?} {:?}",
                api.undeclared(name, 200, body)
            );
            tell!(told, "{}", api.scalars(name, 200, body).len());
            for kind in VariationKind::ALL {
                tell!(told, "{:?}", api.variations(name, body, kind));
            }
        }
    }
    tell!(told, "{:?}", api.derive());
    match Soap::read(&api) {
        Ok(Some(soap)) => {
            let names = usual_names(&soap);
            xsd::schemas(&soap, &names)
                .iter()
                .for_each(|one| tell!(told, "{}", one.text));
            tell!(
                told,
                "{}",
                wsdl::document(&soap, &names, "https://connector.example/")
            );
            tell!(told, "{:?}", Validator::new(&soap, &names));
        }
        other => tell!(told, "{other:?}"),
    }
    short(&told)
}

/// The WSDL of a connector, or a schema that one imports.
fn wsdl(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let soap = suite("erp-sync").soap.as_ref().expect("it speaks SOAP");
    let mut told = String::new();
    tell!(told, "{:?}", wsdl::imports(&text));
    let service = include_str!("../../src/soap/tests/fixtures/bare.wsdl").to_owned();
    let alone = [("input".to_owned(), text.clone())];
    let imported = [("service".to_owned(), service), ("input".to_owned(), text)];
    for documents in [&alone[..], &imported[..]] {
        match wsdl::read(soap, documents) {
            Ok(found) => {
                let usual = usual_names(soap);
                for (binding, names) in &found {
                    let other = usual
                        .get(binding)
                        .map(|usual| wsdl::differences(usual, names));
                    tell!(told, "{binding} {names:?} {other:?}");
                }
                // What was read must describe messages that can be written and judged.
                let described = xsd::schemas(soap, &found);
                described
                    .iter()
                    .for_each(|schema| tell!(told, "{}", schema.text));
            }
            Err(reason) => tell!(told, "{reason}"),
        }
    }
    short(&told)
}

/// An answer to an operation, judged by all that the profile says of it. The first line
/// is `operation status content-type`, the rest the body.
fn answer(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (head, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (&bytes[..0], bytes),
    };
    let head = String::from_utf8_lossy(head);
    let mut words = head.split_whitespace();
    let operation = words.next().unwrap_or_default();
    let status = words
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(200);
    let response = WireResponse {
        status,
        version: "HTTP/1.1".to_owned(),
        headers: words.next().map_or_else(Vec::new, |media| {
            vec![("content-type".to_owned(), media.to_owned())]
        }),
        body: body.to_owned(),
        truncated: false,
    };
    ["quote-rest", "erp-sync"]
        .map(|profile| judged(suite(profile), operation, &response))
        .concat()
}

fn judged(suite: &Suite, operation: &str, response: &WireResponse) -> String {
    let mut told = String::new();
    let message = message(suite, operation, &response.body);
    let answer = match &message {
        Some(message) => message.answer.clone(),
        None => serde_json::from_str(&String::from_utf8_lossy(&response.body)).ok(),
    };
    let mut scope = Scope::default();
    let request = suite.templates.get(operation);
    let request = request.and_then(|template| template.render(&scope).ok().flatten());
    let facts = Facts {
        operation,
        request: request.as_ref(),
        request_bytes: 100,
        response,
        answer: answer.as_ref(),
        elapsed_ms: 12.5,
        authenticating: operation == suite.profile.authentication.operation.value,
        message: message.as_ref(),
    };
    tell!(told, "{message:?}");
    let secrets = Redactor::new();
    secrets.register("secret", "the-secret-of-the-customer");
    for rule in &suite.always {
        match &rule.rule {
            AlwaysKind::Judge { judgement, with } => {
                let arguments = Arguments {
                    with,
                    facts: Some(&facts),
                    api: &suite.api,
                    secrets: &secrets,
                };
                tell!(told, "{} {:?}", rule.name, judgement.judge(&arguments));
            }
            AlwaysKind::Objects { filter, that, .. } => {
                let objects = answer.as_ref().map(judgement::objects).unwrap_or_default();
                for (pointer, members) in objects {
                    let mut scope = Scope::default();
                    scope.set("item", from_json(&Value::Object(members.clone())));
                    let (filter, that) = (filter.eval(&scope), that.eval(&scope));
                    tell!(told, "{} {pointer} {filter:?} {that:?}", rule.name);
                }
            }
        }
    }
    scope.set_json("answer", answer.as_ref().unwrap_or(&Value::Null));
    scope.set_json("request", request.as_ref().unwrap_or(&Value::Null));
    scope.set_json("status", &json!(response.status));
    scope.set_json("body_text", &json!(String::from_utf8_lossy(&response.body)));
    let situation = Situation {
        scope: &scope,
        facts: Some(&facts),
        api: &suite.api,
        secrets: &secrets,
    };
    for expectation in expectations(suite, operation) {
        tell!(told, "{:?}", judge::judge(expectation, &situation));
    }
    told
}

/// The SOAP message of an answer, as far as the profile speaks SOAP.
fn message(suite: &Suite, operation: &str, body: &[u8]) -> Option<Decoded> {
    static NAMES: LazyLock<(BTreeMap<String, WireNames>, Validator)> = LazyLock::new(|| {
        let soap = suite_of_soap();
        let names = usual_names(soap);
        let validator = Validator::new(soap, &names).expect("a schema");
        (names, validator)
    });
    let soap = suite.soap.as_ref()?;
    let (names, validator) = &*NAMES;
    let operation = soap.operation(operation);
    let names = operation.and_then(|operation| names.get(&operation.binding));
    let mut message = decode(soap, names, operation, body);
    message.schema_errors(&validator.errors(&String::from_utf8_lossy(body)));
    Some(message)
}

fn suite_of_soap() -> &'static Soap {
    suite("erp-sync").soap.as_ref().expect("it speaks SOAP")
}

/// What scenarios expect of the answer to an operation.
fn expectations<'s>(suite: &'s Suite, operation: &str) -> Vec<&'s Expectation> {
    fn collect<'s>(steps: &'s [Step], operation: &str, found: &mut Vec<&'s Expectation>) {
        for step in steps {
            if matches!(&step.action, Action::Call(call) if call.operation == operation) {
                found.extend(&step.expect);
            }
            for inner in step.inner() {
                collect(std::slice::from_ref(inner), operation, found);
            }
        }
    }
    let mut found = Vec::new();
    for scenario in &suite.scenarios {
        collect(&scenario.steps, operation, &mut found);
    }
    found
}

/// A token: the answer to a handshake, a JSON Web Token, or a key in any form.
fn jwt(bytes: &[u8]) -> String {
    static KEY: LazyLock<ApplicationKey> = LazyLock::new(|| {
        let text = include_str!("../../src/auth/testdata/application-public.pem");
        ApplicationKey::parse(text).expect("a key")
    });
    let text = String::from_utf8_lossy(bytes);
    let mut told = String::new();
    let first = text.split('.').next().unwrap_or_default();
    for nonce in ["BDB65A558F193A8DD88E50E7416C0D86", first] {
        // The moment of the corpus: 2021-09-16 11:25 UTC.
        let now = jiff::Timestamp::constant(1_631_791_500, 0);
        let examined = examine_answer(&text, nonce, &KEY, now);
        tell!(told, "{:?} {examined:?}", examined.ruling());
    }
    tell!(told, "{:?}", split_token(&text));
    match ApplicationKey::parse(&text) {
        Ok(key) => tell!(
            told,
            "{} {}",
            key.thumbprint(),
            key.verify(b"message", bytes)
        ),
        Err(error) => tell!(told, "{error}"),
    }
    match ApplicationKeyPair::parse(&text) {
        Ok(pair) => tell!(told, "{} {}", pair.public_pem(), pair.to_rsa_xml()),
        Err(error) => tell!(told, "{error}"),
    }
    match SigningKey::from_pem(&text) {
        Ok(key) => tell!(told, "{} {}", key.kid(), key.jwk()),
        Err(error) => tell!(told, "{error}"),
    }
    told
}

/// A recording (`events.ndjson`): everything a report is made of, and every report.
fn bundle(bytes: &[u8]) -> String {
    let (events, warning) = read_events(bytes);
    let mut told = format!("{warning:?}\n");
    let _ = assay::run::leftovers(&events, "https://connector.example/");
    match fold(events) {
        Ok(report) => told.push_str(&written(&report)),
        Err(error) => tell!(told, "{error}"),
    }
    told
}

/// A report in every format, which must agree.
fn written(report: &Report) -> String {
    let formats: BTreeMap<ReportKind, String> = ReportKind::ALL
        .into_iter()
        .map(|kind| (kind, render(kind, report)))
        .collect();
    let page = terminal::write(report, Style::default(), &[]);
    assert!(report.ledgers.balanced());
    assert!(report.ending == Ending::Completed || report.verdict != Verdict::Conformant);
    if let Err(error) = check_totals(report, &formats) {
        panic!("{error}");
    }
    if let Err(error) = check_terminal(report, &page) {
        panic!("{error}");
    }
    formats.into_values().chain([page]).collect()
}

/// An expression, a text template, or a template tree in JSON.
fn expression(bytes: &[u8]) -> String {
    static SCOPE: LazyLock<Scope> = LazyLock::new(|| {
        let mut scope = Scope::default();
        scope.set_json(
            "answer",
            &json!([{"Key": "a1", "Price": 12.5, "Lines": [], "No": null}]),
        );
        scope.set_json("text", &json!("Blåbær [I:12] 2026-11-22T10:00:00"));
        scope.set_json("n", &json!(7));
        scope.set_json("big", &json!(u64::MAX));
        scope.set_json("object", &json!({"a": {"b": [1, 2, 3]}, "": -0.0}));
        scope
    });
    let text = String::from_utf8_lossy(bytes);
    let mut told = String::new();
    match Expr::compile(&text) {
        Ok(expr) => {
            assert_eq!(expr.source(), text);
            tell!(told, "{:?} {:?}", expr.names(), expr.eval(&SCOPE));
        }
        Err(error) => tell!(told, "{error} at {:?}", error.offset),
    }
    let tree = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    match Template::compile(&tree, &BTreeMap::new()) {
        Ok(template) => tell!(told, "{:?} {:?}", template.names(), template.render(&SCOPE)),
        Err(error) => tell!(told, "{error}"),
    }
    short(&told)
}

/// The first wire profile of every interface.
fn usual_names(soap: &Soap) -> BTreeMap<String, WireNames> {
    soap.bindings()
        .map(|binding| {
            let names = WireNames::of_profile(binding, &binding.wires[0]);
            (binding.name.clone(), names)
        })
        .collect()
}

/// A shipped suite, loaded once.
fn suite(profile: &str) -> &'static Suite {
    static QUOTE: LazyLock<Suite> = LazyLock::new(|| shipped("quote-rest"));
    static ERP: LazyLock<Suite> = LazyLock::new(|| shipped("erp-sync"));
    match profile {
        "quote-rest" => &QUOTE,
        _ => &ERP,
    }
}

fn shipped(profile: &str) -> Suite {
    load(&Source::Embedded, profile, None).unwrap_or_else(|found| panic!("{found:#?}"))
}
