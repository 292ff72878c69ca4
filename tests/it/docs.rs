//! The scenario reference: every example compiles and plays, every table is complete,
//! and the published JSON Schemas know exactly what the reader knows.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use assay::api::VariationKind;
use assay::auth::{Defect, KeyServer};
use assay::base::clock::{Clock, ManualClock};
use assay::expr::{Expr, FUNCTIONS, Scope as Variables};
use assay::judgement;
use assay::model::event::{CheckResult, RunEvent};
use assay::model::outcome::{Outcome, Scope};
use assay::model::profile::Profile;
use assay::model::scenario::{
    Authenticate, Bracket, Condition, ExpectationSource, ForEach, Forge, Group, HeaderRule,
    JsonRule, Needs, Parallel, Raw, Repeat, ScenarioFile, ScenarioSource, Setting, StepSource,
    WaitSource,
};
use assay::model::target::{
    Attestation, ConnectionValues, ConnectorInfo, Customer, JwtSettings, Limits, SecretSource,
    Target, TlsSettings, User,
};
use assay::run::{Options, Prepared};
use assay::sample::{Application, SampleOptions, TrustedKeys, Variant};
use assay::suite::{Selection, Source, Suite, VARIABLES, embedded, load};
use rstest::rstest;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{Collector, key, keys};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn document() -> String {
    read("docs/scenarios.md")
}

/// A fenced block of the document.
struct Example {
    line: usize,
    /// Words after `yaml`.
    kind: Vec<String>,
    text: String,
}

impl Example {
    fn is(&self, kind: &str) -> bool {
        self.kind.first().is_some_and(|word| word == kind)
    }

    /// The text, further in.
    fn indented(&self, by: usize) -> String {
        let margin = " ".repeat(by);
        let lines = self.text.lines();
        lines
            .map(|line| {
                if line.is_empty() {
                    "\n".to_owned()
                } else {
                    format!("{margin}{line}\n")
                }
            })
            .collect()
    }

    /// Requirement ids in the text, in order of their first mention.
    fn requirements(&self) -> String {
        let mut found: Vec<&str> = Vec::new();
        for prefix in ["QC-", "ERP-", "AUTH-"] {
            for (at, _) in self.text.match_indices(prefix) {
                let id = &self.text[at..at + prefix.len() + 3];
                if !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        found.join(", ")
    }

    /// The scenario file that the example is, or stands in; `None` when it is of
    /// another kind.
    fn scenario_file(&self) -> Option<String> {
        let steps = match self.kind.first()?.as_str() {
            "scenario" => return Some(self.text.clone()),
            "steps" | "soap" => self.indented(6),
            "expect" => format!(
                "      - call: {}\n        expect:\n{}",
                self.kind[1],
                self.indented(10)
            ),
            _ => return None,
        };
        let line = self.line;
        let mode = if self.is("steps") || self.is("soap") {
            self.kind.get(1)
        } else {
            None
        };
        let needs = mode
            .map(|mode| format!("    needs: {{ mode: {mode} }}\n"))
            .unwrap_or_default();
        let requirements = self.requirements();
        Some(format!(
            "topic: docs\nscenarios:\n  - id: docs-line-{line}\n    title: The example in line {line}\n    \
             requirements: [{requirements}]\n{needs}    steps:\n{steps}"
        ))
    }
}

fn examples() -> Vec<Example> {
    let document = document();
    let mut examples = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) {
            let text = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```");
            let text = text.map(|line| format!("{line}\n")).collect();
            let kind = info.split_whitespace().skip(1).map(str::to_owned).collect();
            examples.push(Example {
                line: index + 1,
                kind,
                text,
            });
        }
    }
    examples
}

/// A shipped suite with all its examples in it, and the ids of their scenarios.
fn suite_of_examples(profile: &str) -> (Suite, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let mut templates = embedded(&format!("scenarios/{profile}/templates.yaml"))
        .unwrap()
        .to_owned();
    let soap = profile != "quote-rest";
    for example in examples().into_iter().filter(|one| one.is("soap") == soap) {
        if let Some(file) = example.scenario_file() {
            write(&format!("docs-line-{}.yaml", example.line), &file);
        } else if example.is("templates") {
            templates.push_str(&example.text);
        }
    }
    write("templates.yaml", &templates);
    let suite = load(&Source::Folder(folder.path().to_owned()), profile, None);
    let suite = suite.unwrap_or_else(|found| panic!("{}", told(&found)));
    let own = suite
        .scenarios
        .iter()
        .filter(|scenario| scenario.file.contains("docs-line-"));
    let ids = own.map(|scenario| scenario.id.clone()).collect();
    (suite, ids)
}

fn told(found: &[assay::base::diag::Diagnostic]) -> String {
    found.iter().map(|one| format!("{one}\n\n")).collect()
}

#[test]
fn examples_are_of_a_known_kind() {
    for example in examples() {
        let known = ["scenario", "steps", "soap", "expect", "templates", "always"];
        let fine = example.kind.is_empty() || known.iter().any(|kind| example.is(kind));
        assert!(
            fine,
            "docs/scenarios.md:{}: {:?}",
            example.line, example.kind
        );
    }
}

#[rstest]
#[case("quote-rest", "quote-full", 25)]
#[case("erp-sync", "erp-sync", 1)]
#[tokio::test(flavor = "multi_thread")]
async fn examples_compile_and_play(
    #[case] profile: &str,
    #[case] sample: &str,
    #[case] more_than: usize,
) {
    assay::transport::install_crypto_provider();
    let (suite, ids) = suite_of_examples(profile);
    assert!(ids.len() > more_than, "{ids:?}");
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(jiff::Timestamp::now()));
    let server = KeyServer::start(0, vec![key()]).await.unwrap();
    let sample = assay::sample::start(SampleOptions {
        name: sample.to_owned(),
        variant: Variant::Full,
        faults: Vec::new(),
        port: 0,
        https: true,
        trusted_keys: TrustedKeys {
            certificate_pem: None,
            jwks_url: Some(server.jwks_url()),
        },
        application: Application::default(),
        clock: Arc::clone(&clock),
    })
    .await
    .unwrap();
    let mut target = sample.target();
    target.jwt = Some(JwtSettings {
        serve_keys_on: Some(1),
        ..JwtSettings::default()
    });
    let prepared = Prepared::new(&suite, target, Path::new("."), Some((keys(), Some(server))))
        .await
        .unwrap();
    let options = Options {
        scope: Scope::Certification,
        strict: false,
        seed: 1,
        jobs: 4,
        selection: Selection(ids.clone()),
        command: String::new(),
        repeat: 1,
        leftovers: Vec::new(),
    };
    let collector = Collector::default();
    let forever = Box::pin(std::future::pending());
    assay::run::run(&suite, &prepared, &options, clock, &collector, forever).await;
    sample.stop().await;
    let results: Vec<CheckResult> = collector
        .events()
        .into_iter()
        .filter_map(|event| match event {
            RunEvent::Judged(result) => Some(*result),
            _ => None,
        })
        .collect();
    let mut wrong = String::new();
    for result in &results {
        let own = ids.contains(&result.scenario);
        let fine = if own {
            result.outcome == Outcome::Pass
        } else {
            result.outcome != Outcome::Fail
        };
        if !fine || result.outcome == Outcome::Error {
            let CheckResult {
                check,
                outcome,
                reason,
                deviations,
                ..
            } = result;
            writeln!(wrong, "{check}: {outcome} {reason:?} {deviations:#?}").unwrap();
        }
    }
    assert_eq!(wrong, "");
}

/// The diagnostic that the document shows is what lint says.
#[test]
fn the_mistake_shown_is_told_like_that() {
    let first = examples()
        .into_iter()
        .find(|example| example.is("scenario"));
    let text = first.unwrap().text;
    let text = text.replace("currency_code(item.Currency)", "item.Currency == curency");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("my.yaml"), text).unwrap();
    let found = load(
        &Source::Folder(folder.path().to_owned()),
        "quote-rest",
        None,
    );
    let mut found = found.err().unwrap();
    assert_eq!(found.len(), 1, "{}", told(&found));
    found[0].place.file = "my.yaml".to_owned();
    let shown = found[0].to_string();
    assert!(document().contains(&shown), "{shown}");
}

#[test]
fn rules_on_every_exchange_compile() {
    let profile = embedded("scenarios/quote-rest/profile.yaml").unwrap();
    let start = profile.find("\nalways:\n").unwrap() + 1;
    let after = profile[start..].find("\nshow:").unwrap() + start;
    let examples: Vec<Example> = examples()
        .into_iter()
        .filter(|example| example.is("always"))
        .collect();
    assert_eq!(examples.len(), 1);
    let rules = examples[0].indented(2);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "profile.yaml",
        &format!("{}always:\n{rules}{}", &profile[..start], &profile[after..]),
    );
    for name in ["catalogue.yaml", "templates.yaml", "discovery.yaml"] {
        write(
            name,
            embedded(&format!("scenarios/quote-rest/{name}")).unwrap(),
        );
    }
    let suite = load(
        &Source::Folder(folder.path().to_owned()),
        "quote-rest",
        None,
    );
    let suite = suite.unwrap_or_else(|found| panic!("{}", told(&found)));
    assert_eq!(suite.always.len(), 4);
}

/// First cells of the table behind a heading or another line, without code marks;
/// cells with several names give each.
fn first_cells(after: &str) -> Vec<String> {
    let document = document();
    let start = document
        .find(&format!("\n{after}"))
        .unwrap_or_else(|| panic!("{after} is not there"));
    let rows = document[start + 1..]
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1);
    rows.take_while(|line| line.starts_with('|'))
        .flat_map(|line| {
            let cell = line.split('|').nth(1).unwrap_or_default();
            cell.split(", `")
                .map(|name| name.trim().trim_matches('`').to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

/// Tables that the code has in full stand in the document word by word.
#[test]
fn generated_tables_are_current() {
    let mut defects = String::from("| Defect | The token |\n|---|---|\n");
    for defect in Defect::ALL {
        writeln!(defects, "| `{defect}` | {} |", defect.describe()).unwrap();
    }
    let mut variables = String::from("| Variable | Is |\n|---|---|\n");
    for (name, meaning) in VARIABLES {
        writeln!(variables, "| `{name}` | {meaning} |").unwrap();
    }
    let mut judgements =
        String::from("| Judgement | Parameter | Accepts, or means |\n|---|---|---|\n");
    for judgement in judgement::ALL {
        writeln!(
            judgements,
            "| `{}` | | {} |",
            judgement.name(),
            judgement.summary()
        )
        .unwrap();
        for parameter in judgement.parameters() {
            let needed = if parameter.required { " (needed)" } else { "" };
            writeln!(
                judgements,
                "| | `{}`{needed} | {} |",
                parameter.name, parameter.meaning
            )
            .unwrap();
        }
    }
    let mut document = document();
    let written = document.clone();
    for (name, table) in [
        ("defects", defects),
        ("variables", variables),
        ("judgements", judgements),
    ] {
        let marker = format!("<!-- {name} -->\n");
        let start = document.find(&marker).expect("a marker before each table") + marker.len();
        let lines = document[start..].split_inclusive('\n');
        let old = lines.take_while(|line| *line == "\n" || line.starts_with('|'));
        let end = start + old.map(str::len).sum::<usize>();
        document.replace_range(start..end, &format!("\n{table}\n"));
    }
    if std::env::var_os("ASSAY_UPDATE_DOCS").is_some() {
        std::fs::write(Path::new(ROOT).join("docs/scenarios.md"), &document).unwrap();
        return;
    }
    assert!(
        document == written,
        "run this test with ASSAY_UPDATE_DOCS=1 and look at the difference"
    );
}

/// Members that the reader of a type knows, by what it says about one it does not.
fn members<T: DeserializeOwned>() -> Vec<String> {
    let Err(error) = serde_saphyr::from_str::<T>("no-such-member: 1\n") else {
        panic!("an unknown member is accepted");
    };
    let known = match error.without_snippet() {
        serde_saphyr::Error::SerdeUnknownField { expected, .. }
        | serde_saphyr::Error::SerdeUnknownVariant { expected, .. } => expected.clone(),
        other => panic!("{other}"),
    };
    sorted(known.into_iter().map(str::to_owned))
}

#[test]
fn tables_of_members_are_complete() {
    let table = |after: &str| sorted(first_cells(after));
    assert_eq!(table("## Scenario files"), members::<ScenarioFile>());
    assert_eq!(table("## Scenarios"), members::<ScenarioSource>());
    assert_eq!(table("### Needs"), members::<Needs>());
    let actions = first_cells("## Steps");
    let options = first_cells("Beside the action a step may have");
    assert_eq!(
        sorted(actions.into_iter().chain(options)),
        members::<StepSource>()
    );
    assert_eq!(table("#### `authenticate`"), members::<Authenticate>());
    assert_eq!(table("### Tokens"), members::<Forge>());
    assert_eq!(table("## Expectations"), members::<ExpectationSource>());
    assert_eq!(table("## The profile"), members::<Profile>());
    let variations = VariationKind::ALL.map(|kind| kind.name().to_owned());
    assert_eq!(table("#### `vary`"), sorted(variations));
}

#[test]
fn functions_are_documented_and_there() {
    let documented = first_cells("### Functions").into_iter();
    let documented = documented.map(|cell| cell.split('(').next().unwrap_or_default().to_owned());
    assert_eq!(
        sorted(documented),
        sorted(FUNCTIONS.iter().map(|name| (*name).to_owned()))
    );
    for name in FUNCTIONS {
        let known = Expr::compile(&format!("{name} is defined")).unwrap();
        assert!(
            known.holds(&Variables::default()).unwrap(),
            "{name} does not exist"
        );
    }
}

#[test]
fn every_rule_and_action_has_an_example() {
    let text: String = examples().into_iter().map(|example| example.text).collect();
    let rules = ["status", "that", "judge", "header", "json", "schema"].map(str::to_owned);
    for name in first_cells("## Steps").into_iter().chain(rules) {
        assert!(text.contains(&format!("{name}:")), "no example of {name}");
    }
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&read(&format!("schemas/assay/{name}.schema.json"))).unwrap()
}

fn yaml(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap_or_else(|error| panic!("{error}"))
}

fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn every_scenario_file_satisfies_its_schema() {
    let schema = schema("scenario");
    let shipped = std::fs::read_dir(Path::new(ROOT).join("scenarios/quote-rest")).unwrap();
    let mut files: Vec<(String, String)> = shipped
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .filter(|(name, _)| {
            !["profile", "catalogue", "templates"]
                .iter()
                .any(|other| name.contains(other))
        })
        .collect();
    assert!(files.len() > 3);
    files.extend(examples().iter().filter_map(|example| {
        Some((
            format!("docs/scenarios.md:{}", example.line),
            example.scenario_file()?,
        ))
    }));
    for (name, text) in files {
        assert_eq!(
            problems(&schema, &yaml(&text)),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

/// The mistakes that a schema can see: an editor underlines them before lint does.
#[rstest]
fn wrong_scenario_files_break_their_schema(
    #[values(
        "bad-pointer",
        "bad-status",
        "judgement-parameters",
        "missing-steps",
        "missing-title",
        "no-requirement",
        "plays-nothing",
        "scenario-twice",
        "two-rules",
        "unknown-defect",
        "unknown-judgement",
        "unknown-member",
        "unknown-words",
        "wrong-choice",
        "wrong-type"
    )]
    name: &str,
) {
    let text = read(&format!("tests/it/fixtures/lint/{name}.yaml"));
    assert_ne!(
        problems(&schema("scenario"), &yaml(&text)),
        Vec::<String>::new()
    );
}

/// The target file that `assay init` writes, with everything in it that is commented
/// out; it satisfies the schema with and without.
fn init(profile: &str) -> Value {
    let schema = schema("target");
    let output = assert_cmd::Command::cargo_bin("assay")
        .unwrap()
        .env_clear()
        .args(["init", profile, "--out", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(problems(&schema, &yaml(&text)), Vec::<String>::new());

    let all = uncommented(&text);
    let value = yaml(&all);
    assert_eq!(problems(&schema, &value), Vec::<String>::new(), "{all}");
    serde_saphyr::from_str::<Target>(&all).unwrap_or_else(|error| panic!("{error}\n{all}"));
    value
}

#[test]
fn every_target_file_satisfies_its_schema() {
    let value = init("quote-rest");
    init("mirroring-auth");
    // All that can be said in a target file is shown in one of them.
    let soap = init("erp-sync");
    for name in members::<Target>()
        .iter()
        .filter(|name| !["limits", "thorough", "wsdl"].contains(&name.as_str()))
    {
        assert!(
            value.get(name).is_some() || soap.get(name).is_some(),
            "{name} is not in the files of `assay init`"
        );
    }
}

#[test]
fn a_wrong_target_file_breaks_its_schema() {
    for name in ["unknown-member", "secret-in-clear", "missing-url", "yes"] {
        let text = read(&format!("tests/it/fixtures/target/{name}.yaml"));
        let found = problems(&schema("target"), &yaml(&text));
        assert_ne!(found, Vec::<String>::new(), "{name}");
    }
}

/// The file of `assay init` with everything in it that is commented out; of two
/// variants the second.
fn uncommented(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start_matches(['#', ' ']);
        let key = bare.split(':').next().unwrap_or_default();
        let is_key = bare.contains(':')
            && !key.is_empty()
            && (key.ends_with(|c: char| c.is_ascii_digit()) && key.contains('-')
                || key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        if line.trim_start().starts_with('#') && !is_key {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let line = match line.trim_start().strip_prefix("# ") {
            Some(rest) => format!("{}{rest}", " ".repeat(indent)),
            None => line.to_owned(),
        };
        let top = !line.starts_with(' ') && is_key;
        lines.retain(|other| !(top && other.starts_with(&format!("{key}:"))));
        lines.push(line);
    }
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_of_samples_satisfy_their_schema() {
    for sample in assay::sample::SAMPLES {
        for variant in sample.variants {
            let options = SampleOptions {
                name: sample.name.to_owned(),
                variant: *variant,
                faults: Vec::new(),
                port: 0,
                https: true,
                trusted_keys: TrustedKeys::default(),
                application: Application::default(),
                clock: Arc::new(ManualClock::new(jiff::Timestamp::now())),
            };
            let running = assay::sample::start(options).await.unwrap();
            let target = serde_json::to_value(running.target()).unwrap();
            running.stop().await;
            assert_eq!(
                problems(&schema("target"), &target),
                Vec::<String>::new(),
                "{}",
                sample.name
            );
        }
    }
}

/// Names of the properties of an object schema, at the root or under `$defs`.
fn properties(schema: &Value, name: &str) -> Vec<String> {
    let object = if name.is_empty() {
        schema
    } else {
        &schema["$defs"][name]
    };
    assert_eq!(
        object["additionalProperties"],
        Value::Bool(false),
        "{name} is open"
    );
    sorted(object["properties"].as_object().unwrap().keys().cloned())
}

#[test]
fn schemas_know_what_the_reader_knows() {
    let schema = schema("scenario");
    let known = |name: &str| properties(&schema, name);
    assert_eq!(known(""), members::<ScenarioFile>());
    assert_eq!(known("group"), members::<Group>());
    assert_eq!(known("scenario"), members::<ScenarioSource>());
    assert_eq!(known("needs"), members::<Needs>());
    assert_eq!(known("condition"), members::<Condition>());
    assert_eq!(known("setting"), members::<Setting>());
    assert_eq!(known("step"), members::<StepSource>());
    assert_eq!(known("raw"), members::<Raw>());
    assert_eq!(known("authenticate"), members::<Authenticate>());
    assert_eq!(known("forge"), members::<Forge>());
    assert_eq!(known("for_each"), members::<ForEach>());
    assert_eq!(known("repeat"), members::<Repeat>());
    assert_eq!(known("parallel"), members::<Parallel>());
    assert_eq!(known("bracket"), members::<Bracket>());
    assert_eq!(known("wait"), members::<WaitSource>());
    assert_eq!(known("expectation"), members::<ExpectationSource>());
    assert_eq!(known("header"), members::<HeaderRule>());
    assert_eq!(known("json"), members::<JsonRule>());
    let schema = self::schema("target");
    let known = |name: &str| properties(&schema, name);
    assert_eq!(known(""), members::<Target>());
    assert_eq!(known("connector"), members::<ConnectorInfo>());
    assert_eq!(known("customer"), members::<Customer>());
    assert_eq!(known("user"), members::<User>());
    assert_eq!(known("secret"), members::<SecretSource>());
    assert_eq!(known("jwt"), members::<JwtSettings>());
    assert_eq!(known("connection"), members::<ConnectionValues>());
    assert_eq!(known("attestation"), members::<Attestation>());
    assert_eq!(known("tls"), members::<TlsSettings>());
    assert_eq!(known("limits"), members::<Limits>());
}

#[test]
fn choices_of_the_schema_are_those_of_the_code() {
    let schema = schema("scenario");
    let choices = |pointer: &str| -> Vec<String> {
        let list = schema.pointer(pointer).and_then(Value::as_array).unwrap();
        sorted(list.iter().map(|name| name.as_str().unwrap().to_owned()))
    };
    let defects = Defect::ALL.iter().map(ToString::to_string);
    assert_eq!(
        choices("/$defs/forge/properties/defect/anyOf/0/enum"),
        sorted(defects)
    );
    let variations = VariationKind::ALL.iter().map(ToString::to_string);
    assert_eq!(
        choices("/$defs/step/properties/vary/enum"),
        sorted(variations)
    );
    let judgements = judgement::ALL
        .iter()
        .map(|judgement| judgement.name().to_owned());
    assert_eq!(
        choices("/$defs/expectation/properties/judge/enum"),
        sorted(judgements)
    );
    for rule in schema["$defs"]["expectation"]["allOf"].as_array().unwrap() {
        let name = rule
            .pointer("/if/properties/judge/const")
            .and_then(Value::as_str)
            .unwrap();
        let with = &rule["then"]["properties"]["with"];
        let parameters = judgement::find(name).unwrap().parameters();
        let known = with["properties"].as_object().unwrap().keys().cloned();
        assert_eq!(
            sorted(known),
            sorted(parameters.iter().map(|parameter| parameter.name.to_owned())),
            "{name}"
        );
        let needed = with["required"].as_array().into_iter().flatten();
        let needed: BTreeSet<&str> = needed.filter_map(Value::as_str).collect();
        let required = parameters.iter().filter(|parameter| parameter.required);
        assert_eq!(
            needed,
            required.map(|parameter| parameter.name).collect(),
            "{name}"
        );
    }
}

/// An editor shows title and description of whatever the author points at.
#[rstest]
fn every_property_is_described(#[values("scenario", "target")] name: &str) {
    fn look(schema: &Value, path: &str, bare: &mut Vec<String>) {
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            // Conditions repeat properties that are described elsewhere.
            if property.get("const").is_none() && !(name == "with" && path.contains("then")) {
                for word in ["title", "description"] {
                    if property[word].as_str().is_none_or(str::is_empty) {
                        bare.push(format!("{path}/{name}: no {word}"));
                    }
                }
            }
        }
        let children: Vec<(String, &Value)> = match schema {
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), member))
                .collect(),
            Value::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
            _ => Vec::new(),
        };
        for (name, child) in children {
            look(child, &format!("{path}/{name}"), bare);
        }
    }
    let mut bare = Vec::new();
    look(&schema(name), name, &mut bare);
    assert_eq!(bare, Vec::<String>::new());
}
