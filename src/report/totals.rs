//! One set of totals, and the proof that every format says the same.
//!
//! Each file carries the totals for machines, and shows people a ledger; before the
//! program exits both are read back from what was rendered and compared with the
//! report. The terminal shows a ledger alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::outcome::{Ledger, Ledgers, Verdict};
use crate::model::report::Report;
use crate::model::requirement::Level;

use super::{ReportKind, fold, html, junit, markdown, terminal};

/// What all formats of a report agree on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Totals {
    verdict: Verdict,
    exit_code: u8,
    ledgers: Ledgers,
    outcomes: BTreeMap<String, u32>,
    findings: usize,
    checks: usize,
}

impl Totals {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            verdict: report.verdict,
            exit_code: report.exit_code,
            ledgers: report.ledgers,
            outcomes: report.outcomes.clone(),
            findings: report.findings.len(),
            checks: report.checks.len(),
        }
    }

    /// One line of JSON.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A format does not say what the ledger says: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the {format} report disagrees with the ledger: {what}")]
pub struct TotalsError {
    /// Format that disagrees: the name of a kind, or `terminal`.
    pub format: &'static str,
    /// What does not agree.
    pub what: String,
}

/// Reads the totals back from rendered reports and compares them with the ledger.
pub fn check_totals(
    report: &Report,
    rendered: &BTreeMap<ReportKind, String>,
) -> Result<(), TotalsError> {
    for (format, text) in rendered {
        let checked = match format {
            ReportKind::Json => of_json(report, text),
            ReportKind::Junit => of_junit(report, text),
            ReportKind::Html => of_html(report, text),
            ReportKind::Markdown => of_markdown(report, text),
        };
        checked.map_err(|what| TotalsError {
            format: format.name(),
            what,
        })?;
    }
    Ok(())
}

/// Reads back what a terminal shows, with or without colours, and compares it.
pub fn check_terminal(report: &Report, text: &str) -> Result<(), TotalsError> {
    of_terminal(report, text).map_err(|what| TotalsError {
        format: "terminal",
        what,
    })
}

fn compare(report: &Report, found: &str) -> Result<(), String> {
    let found: Totals =
        serde_json::from_str(found).map_err(|error| format!("its totals are no JSON: {error}"))?;
    let expected = Totals::of(report);
    if found == expected {
        Ok(())
    } else {
        Err(format!(
            "it says {}, the ledger {}",
            found.to_json(),
            expected.to_json()
        ))
    }
}

fn of_json(report: &Report, text: &str) -> Result<(), String> {
    let read: Report =
        serde_json::from_str(text).map_err(|error| format!("it is no report: {error}"))?;
    compare(report, &Totals::of(&read).to_json())?;
    // The rows themselves, not only the numbers beside them.
    let mut rows: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &read.requirements {
        *rows.entry(fold::row_key(row)).or_default() += 1;
    }
    rows_agree(report, &rows)
}

fn rows_agree(report: &Report, rows: &BTreeMap<&str, u32>) -> Result<(), String> {
    for (key, expected) in &report.outcomes {
        let found = rows.get(key.as_str()).copied().unwrap_or(0);
        if found != *expected {
            return Err(format!("{found} rows are {key}, the ledger has {expected}"));
        }
    }
    Ok(())
}

fn of_junit(report: &Report, text: &str) -> Result<(), String> {
    let read = quick_junit::Report::deserialize_from_str(text)
        .map_err(|error| format!("it is no JUnit XML: {error}"))?;
    let expected = junit::expected(report);
    let stated = junit::Cases {
        tests: read.tests,
        failures: read.failures,
        errors: read.errors,
        skipped: read.skipped,
    };
    let mut counted = junit::Cases::default();
    for suite in &read.test_suites {
        let mut own = junit::Cases::default();
        for case in &suite.test_cases {
            own.tests += 1;
            match &case.status {
                quick_junit::TestCaseStatus::Success { .. } => {}
                quick_junit::TestCaseStatus::NonSuccess { kind, .. } => match kind {
                    quick_junit::NonSuccessKind::Failure => own.failures += 1,
                    quick_junit::NonSuccessKind::Error => own.errors += 1,
                },
                quick_junit::TestCaseStatus::Skipped { .. } => own.skipped += 1,
            }
        }
        let said = junit::Cases {
            tests: suite.tests,
            failures: suite.failures,
            errors: suite.errors,
            skipped: suite.skipped,
        };
        if said != own {
            return Err(format!(
                "suite {} says {said:?}, has {own:?}",
                suite.name.as_str()
            ));
        }
        counted.tests += own.tests;
        counted.failures += own.failures;
        counted.errors += own.errors;
        counted.skipped += own.skipped;
        let totals = suite
            .properties
            .iter()
            .find(|property| property.name.as_str() == "totals")
            .ok_or("a suite has no totals")?;
        compare(report, totals.value.as_str())?;
    }
    if stated == expected && counted == expected {
        Ok(())
    } else {
        Err(format!(
            "it says {stated:?} and has {counted:?}, the checks make {expected:?}"
        ))
    }
}

/// The columns of a ledger as files show them, in their order.
fn columns(ledger: &Ledger) -> [u32; 7] {
    [
        ledger.applicable,
        ledger.satisfied,
        ledger.violated,
        ledger.unverified,
        ledger.left_out_by_scope,
        ledger.not_applicable,
        ledger.not_testable,
    ]
}

/// Compares the ledger that people see.
fn ledger_agrees(report: &Report, shown: &[Vec<u32>]) -> Result<(), String> {
    let expected = Level::ALL.map(|level| columns(report.ledgers.of(level)));
    if shown == expected {
        Ok(())
    } else {
        Err(format!("it shows {shown:?}, the ledger has {expected:?}"))
    }
}

fn findings_agree(report: &Report, shown: usize) -> Result<(), String> {
    if shown == report.findings.len() {
        return Ok(());
    }
    Err(format!(
        "it shows {shown} findings, there are {}",
        report.findings.len()
    ))
}

fn of_html(report: &Report, text: &str) -> Result<(), String> {
    compare(report, &html::totals(text).ok_or("it has no totals")?)?;
    ledger_agrees(report, &html::ledger(text))?;
    findings_agree(report, html::findings(text))?;
    let mut rows: BTreeMap<&str, u32> = BTreeMap::new();
    for key in html::rows(text) {
        *rows.entry(key).or_default() += 1;
    }
    rows_agree(report, &rows)
}

fn of_markdown(report: &Report, text: &str) -> Result<(), String> {
    compare(report, markdown::totals(text).ok_or("it has no totals")?)?;
    ledger_agrees(report, &markdown::ledger(text))
}

fn of_terminal(report: &Report, text: &str) -> Result<(), String> {
    let text = anstream::adapter::strip_str(text).to_string();
    let shown = terminal::shown(&text).ok_or("it has no ledger")?;
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    if solid(&shown.statement) != solid(&report.statement) {
        return Err(format!(
            "it says \"{}\", the report \"{}\"",
            shown.statement, report.statement
        ));
    }
    if shown.exit_code != Some(report.exit_code) {
        return Err(format!(
            "it exits by {:?}, the report by {}",
            shown.exit_code, report.exit_code
        ));
    }
    findings_agree(report, shown.findings)?;
    // What the scope leaves out stands below the table, in words.
    let expected = Level::ALL.map(|level| {
        let [
            applicable,
            satisfied,
            violated,
            unverified,
            _,
            absent,
            untestable,
        ] = columns(report.ledgers.of(level));
        [
            applicable, satisfied, violated, unverified, absent, untestable,
        ]
    });
    if shown.ledger == expected {
        Ok(())
    } else {
        Err(format!(
            "it shows {:?}, the ledger has {expected:?}",
            shown.ledger
        ))
    }
}
