//! Tests of all formats together: what people read, agreement of totals, hostile text.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;

use crate::model::event::RunEvent;
use crate::model::outcome::Outcome;
use crate::model::report::Report;
use crate::model::requirement::Level;

use super::fixtures::{Run, all_pass, check, failed, hostile, one_of_each, with_text};
use super::terminal::Style;
use super::{
    ReportKind, check_terminal, check_totals, html, json, junit, markdown, render, terminal,
};

pub(super) fn rendered(report: &Report) -> BTreeMap<ReportKind, String> {
    ReportKind::ALL
        .into_iter()
        .map(|kind| (kind, render(kind, report)))
        .collect()
}

fn files() -> Vec<(ReportKind, String)> {
    vec![
        (ReportKind::Html, "reports/books/report.html".to_owned()),
        (ReportKind::Junit, "reports/books/junit.xml".to_owned()),
    ]
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn terminal_of_a_run_with_findings() {
    let text = terminal::write(&one_of_each().report(), Style::default(), &files());
    snapshot("report__terminal_fail", &text);
    for line in text.lines() {
        assert!(super::text::width(line) <= 80, "{line}");
    }
}

#[test]
fn terminal_of_a_conformant_run() {
    let report = all_pass(9).report();
    snapshot(
        "report__terminal_pass",
        &terminal::write(&report, Style::default(), &files()),
    );
}

#[test]
fn terminal_of_a_run_that_was_cut_off() {
    let report = one_of_each().ending(None).report();
    snapshot(
        "report__terminal_truncated",
        &terminal::write(&report, Style::default(), &[]),
    );
}

#[test]
fn markdown_of_a_run_with_findings() {
    snapshot(
        "report__markdown_fail",
        &markdown::write(&one_of_each().report()),
    );
}

#[test]
fn junit_of_a_run_with_findings() {
    snapshot("report__junit_fail", &junit::write(&one_of_each().report()));
}

#[test]
fn html_of_a_run_with_findings() {
    let page = html::write(&one_of_each().report());
    let page = page
        .replace(html::STYLE, "[style]")
        .replace(html::SCRIPT, "[script]");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("'sha256-[^']+'", "[hash]");
    settings.bind(|| snapshot("report__html_fail", &page));
}

#[test]
fn curl_of_a_finding() {
    let report = one_of_each().report();
    let curl = report.findings[0].curl.as_deref().unwrap_or_default();
    snapshot("report__curl", curl);
}

#[test]
fn ascii_and_colour_change_no_word() {
    let report = one_of_each().report();
    let plain = terminal::write(&report, Style::default(), &files());
    let ascii = Style {
        unicode: false,
        ..Style::default()
    };
    let ascii = terminal::write(&report, ascii, &files());
    assert!(ascii.is_ascii());
    assert_eq!(ascii.lines().count(), plain.lines().count());
    let colour = Style {
        colour: true,
        ..Style::default()
    };
    let colour = terminal::write(&report, colour, &files());
    assert!(colour.contains("\u{1b}["));
    let stripped = anstream::adapter::strip_str(&colour).to_string();
    assert_eq!(stripped, plain);
}

#[test]
fn the_last_line_on_a_terminal_is_the_exit_reason() {
    let report = one_of_each().report();
    let text = terminal::write(&report, Style::default(), &files());
    assert_eq!(text.lines().last(), Some("exit 1: a MUST is violated"));
}

/// The schema, with every object closed: whatever we write has to be described.
fn closed(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            let entries = std::mem::take(members);
            *members = entries.into_iter().map(|(k, v)| (k, closed(v))).collect();
            if members.get("properties").is_some_and(Value::is_object) {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => {
            let entries = std::mem::take(items);
            *items = entries.into_iter().map(closed).collect();
        }
        _ => {}
    }
    schema
}

#[rstest]
#[case(one_of_each())]
#[case(all_pass(3))]
#[case(one_of_each().ending(None))]
fn json_agrees_with_its_schema(#[case] run: Run) {
    let schema: Value = serde_json::from_str(json::SCHEMA).expect("the schema is JSON");
    let schema = closed(schema);
    jsonschema::meta::validate(&schema).expect("the schema is one");
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("the schema compiles");
    let text = json::write(&run.report());
    let report: Value = serde_json::from_str(&text).expect("the report is JSON");
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn every_member_of_the_schema_is_described() {
    fn walk(value: &Value, path: &str, bare: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                if property.get("description").is_none() && property.get("$ref").is_none() {
                    bare.push(format!("{path}/{name}"));
                }
                walk(property, &format!("{path}/{name}"), bare);
            }
        }
        if let Some(items) = value.get("items") {
            walk(items, path, bare);
        }
        if let Some(defs) = value.get("$defs").and_then(Value::as_object) {
            for (name, def) in defs {
                walk(def, name, bare);
            }
        }
    }
    let schema: Value = serde_json::from_str(json::SCHEMA).expect("the schema is JSON");
    let mut bare = Vec::new();
    walk(&schema, "", &mut bare);
    assert_eq!(bare, Vec::<String>::new());
}

/// What Surefire's schema demands of attributes, and what readers demand of cases.
pub(super) fn junit_is_sound(text: &str) {
    let mut names = HashSet::new();
    let mut case = None;
    for line in text.lines() {
        let line = line.trim_start();
        let attribute = |name: &str| {
            let at = line.find(&format!(" {name}=\""))? + name.len() + 3;
            line[at..].split('"').next()
        };
        let seconds = |text: &str| {
            text.split_once('.')
                .is_some_and(|(a, b)| b.len() == 3 && (a.to_owned() + b).parse::<u64>().is_ok())
        };
        if line.starts_with("<testsuite ") {
            for name in ["name", "tests", "errors", "skipped", "failures"] {
                assert!(attribute(name).is_some(), "{name} in {line}");
            }
        } else if line.starts_with("<testcase ") {
            let class = attribute("classname").expect("a class name");
            let name = attribute("name").expect("a name");
            assert!(!name.is_empty() && !class.is_empty());
            assert!(attribute("time").is_some_and(seconds), "{line}");
            assert!(names.insert((class.to_owned(), name.to_owned())), "{line}");
            case = Some(0);
        } else if line.starts_with("<failure ") || line.starts_with("<error ") {
            assert!(attribute("type").is_some_and(|t| !t.is_empty()), "{line}");
            assert!(attribute("message").is_some(), "{line}");
            case = case.map(|n| n + 1);
        } else if line.starts_with("<skipped ") {
            assert_eq!(attribute("type"), None, "{line}");
            case = case.map(|n| n + 1);
        }
        assert!(case.unwrap_or(0) <= 1, "more than one result: {line}");
    }
}

#[rstest]
#[case(one_of_each())]
#[case(all_pass(3))]
#[case(Run::new())]
fn junit_keeps_the_rules_of_its_readers(#[case] run: Run) {
    junit_is_sound(&junit::write(&run.report()));
}

#[test]
fn the_same_check_in_two_modes_or_twice_is_two_cases() {
    let mut other = check("books/a", "A", Outcome::Pass);
    other.mode = "jwt".to_owned();
    let report = Run::new()
        .rule("A", Level::Must)
        .check("books/a", "A", Outcome::Pass)
        .check("books/a", "A", Outcome::Pass)
        .judged(other)
        .report();
    let text = junit::write(&report);
    junit_is_sound(&text);
    assert_eq!(text.matches("<testcase ").count(), 3);
}

#[rstest]
#[case(Outcome::Review)]
#[case(Outcome::NotApplicable)]
fn a_run_that_is_not_conformant_is_never_green_in_junit(#[case] outcome: Outcome) {
    let report = Run::new()
        .rule("A", Level::Must)
        .rule("B", Level::Must)
        .check("books/a", "A", outcome)
        .report();
    let text = junit::write(&report);
    assert!(text.contains("<error message=\"INCOMPLETE"), "{text}");
    check_totals(&report, &rendered(&report)).expect("totals agree");
}

#[test]
fn a_warning_is_a_pass_with_words_unless_the_run_is_strict() {
    let run = Run::new()
        .rule("A", Level::Should)
        .judged(failed("books/a", "A", "E-1", None));
    let lenient = junit::write(&run.clone().report());
    assert!(lenient.contains("<system-out>Warning: A: expected a number"));
    assert!(!lenient.contains("<failure"));
    let strict = junit::write(&run.configure(|head| head.strict = true).report());
    assert!(strict.contains("type=\"SHOULD\""));
}

#[test]
fn totals_that_were_tampered_with_are_noticed() {
    let report = one_of_each().report();
    let good = rendered(&report);
    check_totals(&report, &good).expect("totals agree");
    for (kind, from, to) in [
        (ReportKind::Json, "\"violated\": 1", "\"violated\": 0"),
        (
            ReportKind::Json,
            "\"outcome\": \"vacuous\"",
            "\"outcome\": \"pass\"",
        ),
        (ReportKind::Junit, "failures=\"1\"", "failures=\"0\""),
        (
            ReportKind::Junit,
            "&quot;satisfied&quot;:2",
            "&quot;satisfied&quot;:3",
        ),
        (
            ReportKind::Html,
            "data-row=\"vacuous\"",
            "data-row=\"pass\"",
        ),
        (
            ReportKind::Html,
            "&quot;violated&quot;:1",
            "&quot;violated&quot;:0",
        ),
        (ReportKind::Markdown, "\"violated\":1", "\"violated\":0"),
        // What people see counts as well.
        (ReportKind::Markdown, "| MUST | 7 | 2 |", "| MUST | 7 | 3 |"),
        (ReportKind::Html, " t-pass\">2<", " t-pass\">3<"),
        (ReportKind::Html, ">Findings <b>3<", ">Findings <b>2<"),
    ] {
        let text = &good[&kind];
        assert!(text.contains(from), "{kind} has no {from}");
        let bad = BTreeMap::from([(kind, text.replace(from, to))]);
        let error = check_totals(&report, &bad).expect_err(from);
        assert_eq!(error.format, kind.name());
    }
}

#[test]
fn the_same_events_make_the_same_bytes() {
    let report = one_of_each().report();
    let mut events = one_of_each().events();
    // Scenarios run side by side: results may come in another order.
    events[1..].reverse();
    let end = events
        .iter()
        .position(|e| matches!(e, RunEvent::Finished { .. }));
    let end = events.remove(end.expect("an end"));
    events.push(end);
    let exchanges = |e: &RunEvent| matches!(e, RunEvent::Exchanged(_));
    let mut others: Vec<RunEvent> = events.iter().filter(|e| !exchanges(e)).cloned().collect();
    others.extend(one_of_each().events().into_iter().filter(|e| exchanges(e)));
    let again = super::fold(others).expect("a report");
    assert_eq!(rendered(&report), rendered(&again));
}

#[test]
fn a_large_report_without_findings_stays_small() {
    let text = html::write(&all_pass(255).report());
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
}

/// 60 findings with bodies of a megabyte each.
fn large() -> Report {
    let big = format!("{{\"Books\":[{}0]}}", "{\"Pages\":12345},".repeat(60_000));
    let mut run = Run::new();
    for number in 0..60 {
        let (rule, id) = (format!("R-{number:02}"), format!("E-{number:04}"));
        let pointer = format!("/Books/{}/Pages", number * 900);
        run = run
            .rule(&rule, Level::Must)
            .exchanged(super::fixtures::exchange(&id, "ListBooks", &big, &big))
            .judged(failed(&format!("books/{rule}"), &rule, &id, Some(&pointer)));
    }
    run.report()
}

#[test]
fn large_bodies_are_cut_and_the_place_that_matters_is_shown() {
    let text = html::write(&large());
    assert!(text.len() < 5_000_000, "{} bytes", text.len());
    assert!(text.contains("lines left out"));
    assert!(text.matches("<mark>").count() >= 60);
}

#[test]
fn a_summary_stays_below_the_limit_of_a_step() {
    let mut run = Run::new();
    for number in 0..4000 {
        let rule = format!("R-{number:04}");
        let mut check = failed(&format!("books/{rule}"), &rule, &rule, None);
        check.deviations[0].actual = "<&>@`".repeat(200);
        run = run.rule(&rule, Level::Must).judged(check);
    }
    for number in 0..4000 {
        let rule = format!("V-{number:04}");
        let mut check = check(&format!("books/{rule}"), &rule, Outcome::Vacuous);
        check.reason = Some(format!("{number} {}", "<&>@`".repeat(200)));
        run = run.rule(&rule, Level::Must).judged(check);
    }
    let text = markdown::write(&run.report());
    assert!(text.len() <= markdown::MAX_BYTES, "{} bytes", text.len());
    assert!(text.contains("more findings not shown here"));
    assert!(text.contains("more reasons not shown here"));
    assert!(text.ends_with("</sub>\n"));
}

#[rstest]
#[case("MUST             7 =         2", "MUST             7 =         3")]
#[case("Findings (3)", "Findings (2)")]
#[case("exit 1:", "exit 0:")]
#[case("NON_CONFORMANT (", "CONFORMANT (")]
fn a_terminal_that_was_tampered_with_is_noticed(#[case] from: &str, #[case] to: &str) {
    let report = one_of_each().report();
    let page = terminal::write(&report, Style::default(), &files());
    check_terminal(&report, &page).expect("totals agree");
    assert!(page.contains(from), "no {from} in {page}");
    let error = check_terminal(&report, &page.replace(from, to)).expect_err(from);
    assert_eq!(error.format, "terminal");
}

/// Tags and attributes of a page: what hostile text must not change.
fn skeleton(page: &str) -> Vec<&str> {
    let body = page.split("</style>").nth(1).expect("a body");
    body.split('<')
        .skip(1)
        .map(|part| part.split([' ', '>', '\n']).next().unwrap_or_default())
        .collect()
}

#[rstest]
fn hostile_text_breaks_no_format(#[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)] text: usize) {
    let text = &hostile()[text];
    let report = with_text(text).report();
    let formats = rendered(&report);
    check_totals(&report, &formats).expect("totals agree");
    junit_is_sound(&formats[&ReportKind::Junit]);

    let page = &formats[&ReportKind::Html];
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("onerror=alert") || page.contains("&gt;&lt;img src=x"));
    let quiet = render(ReportKind::Html, &with_text("quiet").report());
    let known: HashSet<&str> = skeleton(&quiet).into_iter().collect();
    let new: Vec<&str> = skeleton(page)
        .into_iter()
        .filter(|tag| !known.contains(tag))
        .collect();
    assert_eq!(new, Vec::<&str>::new());

    let summary = &formats[&ReportKind::Markdown];
    assert_eq!(summary.matches("\n<").count(), 1, "{summary}");

    let style = Style {
        width: 80,
        ..Style::default()
    };
    let shown = terminal::write(&report, style, &files());
    for steering in super::fixtures::hostile()
        .iter()
        .flat_map(|text| text.chars().collect::<Vec<_>>())
        .filter(|c| c.is_control() && *c != '\n')
        .chain("\u{202e}\u{2066}\u{200f}\u{feff}\u{fffe}\u{2028}".chars())
    {
        for (name, text) in [("terminal", &shown), ("html", page), ("markdown", summary)] {
            assert!(!text.contains(steering), "{name} has {:?}", steering);
        }
    }
    assert!(shown.lines().all(|line| super::text::width(line) <= 80));
    assert!(shown.len() < 20_000, "{} bytes", shown.len());
}

#[test]
fn a_page_asks_the_network_for_nothing() {
    let page = html::write(&one_of_each().report());
    for wanted in [
        " src=",
        "url(",
        "@import",
        "<link",
        "http-equiv=\"refresh\"",
        " style=",
        "<base",
    ] {
        assert!(!page.contains(wanted), "{wanted}");
    }
    let handlers = page.match_indices(" on").any(|(at, _)| {
        let rest = &page[at + 3..];
        let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        !name.is_empty() && rest[name.len()..].starts_with("=\"")
    });
    assert!(!handlers);
}

#[test]
fn links_of_a_page_lead_somewhere_and_ids_are_unique() {
    let page = html::write(&one_of_each().report());
    let values = |attribute: &str| -> Vec<String> {
        page.split(&format!(" {attribute}=\""))
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    };
    let ids = values("id");
    let unique: HashSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    for href in values("href") {
        let target = href.strip_prefix('#').expect("a link within the page");
        assert!(
            unique.contains(&target.to_owned()),
            "nothing has id {target}"
        );
    }
    for label in values("aria-labelledby") {
        assert!(unique.contains(&label), "nothing has id {label}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_leaves_every_format_whole(text in any::<String>()) {
        let report = with_text(&text).report();
        let formats = rendered(&report);
        prop_assert!(check_totals(&report, &formats).is_ok());
        junit_is_sound(&formats[&ReportKind::Junit]);
        let shown = terminal::write(&report, Style::default(), &files());
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
    }
}
