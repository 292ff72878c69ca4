//! `junit.xml`: one suite a scenario, one case a check and mode.
//!
//! JUnit knows pass, failure, error and skipped; which outcome becomes which is fixed
//! so that a pipeline cannot be green by omission: what a run still owes is an error,
//! and a run that is not conformant without a single red case gets one that says so.
//! Valid against the schema of Surefire but for `file`, `line` and the properties of
//! a case, which GitHub and GitLab read.

use std::collections::HashMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use crate::model::event::{CheckResult, Deviation};
use crate::model::outcome::{Outcome, Verdict};
use crate::model::report::Report;
use crate::model::requirement::{Level, Requirement};

use super::digest;
use super::fold::outcome_key;
use super::text;
use super::totals::Totals;

/// Longest text of one case.
const MAX_TEXT: usize = 16 * 1024;

/// Name of the suite that a run without a red case gets when it is not conformant.
const VERDICT_SUITE: &str = "verdict";

/// How the cases of a report are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cases {
    pub(super) tests: usize,
    pub(super) failures: usize,
    pub(super) errors: usize,
    pub(super) skipped: usize,
}

/// What JUnit can say about a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pass,
    Failure,
    Error(&'static str),
    Skipped(&'static str),
}

/// Renders the report as JUnit XML.
pub fn write(report: &Report) -> String {
    let index: HashMap<&str, &Requirement> = report
        .requirements
        .iter()
        .map(|row| (row.requirement.id.as_str(), &row.requirement))
        .collect();
    let mut out = quick_junit::Report::new(format!("assay {}", report.profile));
    out.timestamp = report.started.parse().ok();
    out.time = duration(report);
    let mut suites: Vec<(&str, TestSuite)> = Vec::new();
    let mut names = HashMap::new();
    for check in &report.checks {
        let at = match suites.iter().position(|(name, _)| *name == check.scenario) {
            Some(at) => at,
            None => {
                suites.push((&check.scenario, suite(report, check)));
                suites.len() - 1
            }
        };
        suites[at]
            .1
            .add_test_case(case(report, check, &index, &mut names));
    }
    if let Some(case) = verdict_case(report, &index) {
        let mut suite = TestSuite::new(VERDICT_SUITE);
        suite.timestamp = report.started.parse().ok();
        suite.time = Some(Duration::ZERO);
        suite.add_properties(properties(report));
        suite.add_test_case(case);
        suites.push((VERDICT_SUITE, suite));
    }
    out.add_test_suites(suites.into_iter().map(|(_, suite)| suite));
    out.to_string()
        .unwrap_or_else(|error| format!("<!-- the report cannot be written as XML: {error:?} -->"))
}

/// The counts that the file must have, from the checks alone.
pub(super) fn expected(report: &Report) -> Cases {
    let index: HashMap<&str, &Requirement> = report
        .requirements
        .iter()
        .map(|row| (row.requirement.id.as_str(), &row.requirement))
        .collect();
    let mut cases = Cases::default();
    for check in &report.checks {
        cases.tests += 1;
        match kind(report, check, &index) {
            Kind::Pass => {}
            Kind::Failure => cases.failures += 1,
            Kind::Error(_) => cases.errors += 1,
            Kind::Skipped(_) => cases.skipped += 1,
        }
    }
    if report.verdict != Verdict::Conformant && cases.failures + cases.errors == 0 {
        cases.tests += 1;
        cases.errors += 1;
    }
    cases
}

/// The most binding level among the requirements that a check decides, or, for a
/// failed one, violates.
fn level(check: &CheckResult, index: &HashMap<&str, &Requirement>) -> Option<Level> {
    let deviating = check.deviations.iter().map(|d| &d.requirement);
    let level_of = |id: &String| index.get(id.as_str()).map(|r| r.level);
    if check.outcome == Outcome::Fail && !check.deviations.is_empty() {
        deviating.filter_map(level_of).min()
    } else {
        check.requirements.iter().filter_map(level_of).min()
    }
}

fn kind(report: &Report, check: &CheckResult, index: &HashMap<&str, &Requirement>) -> Kind {
    let level = level(check, index);
    match check.outcome {
        Outcome::Pass => Kind::Pass,
        Outcome::Fail => match level {
            Some(Level::Should) if !report.strict => Kind::Pass,
            Some(Level::May) => Kind::Pass,
            _ => Kind::Failure,
        },
        Outcome::Blocked => Kind::Error("blocked"),
        Outcome::Vacuous => Kind::Error("not-exercised"),
        Outcome::Error => Kind::Error("harness"),
        Outcome::Review => Kind::Skipped("REVIEW"),
        Outcome::NotApplicable => Kind::Skipped("N/A"),
        Outcome::NotSelected if check.by_scope => Kind::Skipped("LEFT OUT BY SCOPE"),
        Outcome::NotSelected if level == Some(Level::Must) && report.only.is_empty() => {
            Kind::Error("not-selected")
        }
        Outcome::NotSelected => Kind::Skipped("NOT SELECTED"),
    }
}

fn suite(report: &Report, check: &CheckResult) -> TestSuite {
    let mut suite = TestSuite::new(text::one_line(&check.scenario, 200));
    suite.timestamp = report.started.parse().ok();
    suite.time = Some(Duration::ZERO);
    suite
        .extra
        .insert("file".into(), text::one_line(&check.file, 400).into());
    suite.add_property(Property::new(
        "title",
        text::one_line(&check.scenario_title, 200),
    ));
    suite.add_properties(properties(report));
    suite
}

/// What every suite says about the run, since tools show suites one by one.
fn properties(report: &Report) -> Vec<Property> {
    let mut properties = vec![
        Property::new("verdict", report.verdict.label()),
        Property::new("statement", text::one_line(&report.statement, 400)),
        Property::new("exitCode", report.exit_code.to_string()),
        Property::new("totals", Totals::of(report).to_json()),
        Property::new("selfTest", digest::proof(report)),
    ];
    let repeats = digest::repeats(report);
    properties.extend(repeats.map(|repeats| Property::new("repeats", repeats)));
    properties
}

fn case(
    report: &Report,
    check: &CheckResult,
    index: &HashMap<&str, &Requirement>,
    names: &mut HashMap<(String, String), usize>,
) -> TestCase {
    let kind = kind(report, check, index);
    let reason = check.reason.as_deref().unwrap_or("no reason is given");
    let message = match (kind, check.outcome) {
        (_, Outcome::Fail) => headline(check),
        (Kind::Skipped(word), _) => format!("{word}: {}", text::one_line(reason, 300)),
        _ => text::one_line(reason, 300),
    };
    let details = details(check, &message, index);
    let mut status = match kind {
        Kind::Pass => TestCaseStatus::success(),
        Kind::Failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Kind::Error(_) => TestCaseStatus::non_success(NonSuccessKind::Error),
        Kind::Skipped(_) => TestCaseStatus::skipped(),
    };
    let level = level(check, index);
    let level_name = level.map_or_else(String::new, |l| l.to_string());
    match kind {
        Kind::Failure => {
            status.set_type(if level_name.is_empty() {
                "MUST"
            } else {
                &level_name
            });
        }
        Kind::Error(ty) => {
            status.set_type(ty);
        }
        Kind::Pass | Kind::Skipped(_) => {}
    }
    status.set_message(message.as_str());
    status.set_description(details.as_str());

    let mut classname = format!("{}.{}", dotless(&report.profile), dotless(&check.scenario));
    if !check.mode.is_empty() {
        classname.push('.');
        classname.push_str(&dotless(&check.mode));
    }
    let short = check
        .check
        .strip_prefix(&check.scenario)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(&check.check);
    let mut name = text::one_line(short, 200);
    if name.is_empty() {
        name.push_str("check");
    }
    // Readers drop a second case of the same name.
    let used = names.entry((classname.clone(), name.clone())).or_default();
    *used += 1;
    if *used > 1 {
        name = format!("{name} ({used})");
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(classname);
    case.set_time(Duration::ZERO);
    case.extra
        .insert("file".into(), text::one_line(&check.file, 400).into());
    case.extra
        .insert("line".into(), check.line.to_string().into());
    case.add_property(Property::new("requirement", check.requirements.join(" ")));
    if !level_name.is_empty() {
        case.add_property(Property::new("level", level_name.as_str()));
    }
    case.add_property(Property::new("outcome", outcome_key(check.outcome)));
    if let Some(domain) = check.domain {
        case.add_property(Property::new("faultDomain", domain.to_string()));
    }
    let evidence = evidence(check);
    if !evidence.is_empty() {
        case.add_property(Property::new("evidence", evidence.join(" ")));
    }
    if check.outcome == Outcome::Fail && kind == Kind::Pass {
        let finding = level.map_or("Warning", Level::finding);
        case.add_property(Property::new("finding", finding));
        case.set_system_out(format!("{finding}: {details}"));
    }
    case
}

/// The first deviation in one line.
fn headline(check: &CheckResult) -> String {
    match check.deviations.first() {
        Some(first) => {
            let more = check.deviation_count.saturating_sub(1);
            let more = match more {
                0 => String::new(),
                n => format!(" (and {n} more)"),
            };
            format!(
                "{}: expected {}, got {}{more}",
                first.requirement,
                text::one_line(&first.expected, 160),
                text::one_line(&first.actual, 160),
            )
        }
        None => text::one_line(
            check
                .reason
                .as_deref()
                .unwrap_or("the check failed without saying where"),
            300,
        ),
    }
}

/// The text of a case: the message again, because GitLab shows the text alone.
fn details(check: &CheckResult, message: &str, index: &HashMap<&str, &Requirement>) -> String {
    let mut out = format!("{message}\n");
    for id in &check.requirements {
        if let Some(requirement) = index.get(id.as_str()) {
            out.push_str(&format!(
                "\n{} {}: {}",
                requirement.id,
                requirement.level,
                text::visible(&requirement.text)
            ));
        }
    }
    for deviation in &check.deviations {
        out.push_str(&format!("\n\n{}", describe(deviation)));
    }
    let kept = check.deviations.len() as u64;
    if check.deviation_count > kept {
        out.push_str(&format!(
            "\n\n{} more not shown",
            check.deviation_count - kept
        ));
    }
    let (head, cut) = text::clip(&out, MAX_TEXT);
    if cut {
        format!("{head}\n… cut; the JSON report has all of it")
    } else {
        out
    }
}

fn describe(deviation: &Deviation) -> String {
    let mut lines = Vec::new();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let (value, cut) = text::clip(value, 2000);
            let mark = if cut { "…" } else { "" };
            lines.push(format!("{label:<12}{}{mark}", text::visible(value)));
        }
    };
    line("requirement", &deviation.requirement);
    line("operation", &deviation.operation);
    line(
        "situation",
        deviation.situation.as_deref().unwrap_or_default(),
    );
    line("expected", &deviation.expected);
    line("actual", &deviation.actual);
    line("at", deviation.pointer.as_deref().unwrap_or_default());
    line("schema", deviation.schema.as_deref().unwrap_or_default());
    line("evidence", &deviation.exchanges.join(" "));
    lines.join("\n")
}

/// Exchanges that a check cites, each once.
fn evidence(check: &CheckResult) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for id in check.deviations.iter().flat_map(|d| &d.exchanges) {
        if !ids.contains(&id.as_str()) && ids.len() < 20 {
            ids.push(id);
        }
    }
    ids
}

/// The case that keeps a pipeline from being green about a run that is not
/// conformant although no case is red: all open rows wait for a person, or no check
/// exists for them.
fn verdict_case(report: &Report, index: &HashMap<&str, &Requirement>) -> Option<TestCase> {
    let red =
        |check: &CheckResult| matches!(kind(report, check, index), Kind::Failure | Kind::Error(_));
    if report.verdict == Verdict::Conformant || report.checks.iter().any(red) {
        return None;
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("verdict");
    status.set_message(report.statement.as_str());
    status.set_description(report.statement.as_str());
    let mut case = TestCase::new("the run is conformant", status);
    case.set_classname(format!("{}.{VERDICT_SUITE}", dotless(&report.profile)));
    case.set_time(Duration::ZERO);
    case.add_property(Property::new("outcome", report.verdict.label()));
    Some(case)
}

/// A part of a class name: dots would start another part.
fn dotless(name: &str) -> String {
    text::one_line(name, 200).replace('.', "_")
}

fn duration(report: &Report) -> Option<Duration> {
    let started: jiff::Timestamp = report.started.parse().ok()?;
    let finished: jiff::Timestamp = report.finished.parse().ok()?;
    Some(
        finished
            .duration_since(started)
            .try_into()
            .unwrap_or(Duration::ZERO),
    )
}
