//! What several writers say in the same words: names, open rows by reason, why the
//! program exits as it does.

use crate::model::event::Deviation;
use crate::model::outcome::{Ending, Outcome, Verdict};
use crate::model::report::{Finding, Report, RequirementResult};
use crate::model::requirement::{Decided, Level, RequirementId};

use super::text;

/// Rows that are open for the same reason.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) outcome: Outcome,
    /// Left out by the scope of the run.
    pub(super) by_scope: bool,
    pub(super) reason: &'a str,
    pub(super) rows: Vec<&'a RequirementResult>,
}

impl Open<'_> {
    /// The most binding level among the rows.
    pub(super) fn level(&self) -> Level {
        let levels = self.rows.iter().map(|row| row.requirement.level);
        levels.min().unwrap_or(Level::May)
    }

    /// `2 MUST, 1 SHOULD`.
    pub(super) fn levels(&self) -> String {
        levels(self.rows.iter().map(|row| row.requirement.level))
    }

    /// What the reader sees instead of the outcome's name.
    pub(super) fn label(&self) -> &'static str {
        if self.by_scope {
            "left out by scope"
        } else {
            self.outcome.label()
        }
    }
}

/// `2 MUST, 1 SHOULD`.
pub(super) fn levels(levels: impl Iterator<Item = Level> + Clone) -> String {
    Level::ALL
        .iter()
        .filter_map(
            |level| match levels.clone().filter(|l| l == level).count() {
                0 => None,
                n => Some(format!("{n} {level}")),
            },
        )
        .collect::<Vec<_>>()
        .join(", ")
}

/// The applicable rows without a decision, grouped by outcome and reason: what is open
/// first, what the scope leaves out last.
pub(super) fn open_rows(report: &Report) -> Vec<Open<'_>> {
    let mut groups: Vec<Open<'_>> = Vec::new();
    for row in &report.requirements {
        if row.requirement.decided == Decided::NotTestable
            || matches!(
                row.outcome,
                Outcome::Pass | Outcome::Fail | Outcome::NotApplicable
            )
        {
            continue;
        }
        let reason = row.reason.as_deref().unwrap_or("no reason is given");
        match groups.iter_mut().find(|group| {
            group.outcome == row.outcome && group.by_scope == row.by_scope && group.reason == reason
        }) {
            Some(group) => group.rows.push(row),
            None => groups.push(Open {
                outcome: row.outcome,
                by_scope: row.by_scope,
                reason,
                rows: vec![row],
            }),
        }
    }
    let rank = |outcome: Outcome| {
        [
            Outcome::Error,
            Outcome::Blocked,
            Outcome::Vacuous,
            Outcome::Review,
        ]
        .iter()
        .position(|o| *o == outcome)
        .unwrap_or(usize::MAX)
    };
    groups.sort_by_key(|group| {
        (
            group.by_scope,
            group.level(),
            rank(group.outcome),
            usize::MAX - group.rows.len(),
        )
    });
    groups
}

/// Name and version of the connector, or its URL where it has no name.
pub(super) fn connector_name(report: &Report) -> String {
    let info = &report.connector;
    let name = text::one_line(&info.name, 120);
    let version = text::one_line(&info.version, 60);
    match (name.is_empty(), version.is_empty()) {
        (true, _) => text::one_line(&report.url, 120),
        (false, true) => name,
        (false, false) => format!("{name} {version}"),
    }
}

/// Fail, Warning or Note; or what else a finding is about.
pub(super) fn severity(finding: &Finding) -> &'static str {
    match (finding.outcome, finding.level) {
        (Outcome::Fail, Some(level)) => level.finding(),
        (Outcome::Fail, None) => "Fail",
        (Outcome::Error, _) => "Error",
        _ => "Blocked",
    }
}

/// The first ids of a list, and how many more there are.
pub(super) fn some_ids(ids: &[RequirementId], max: usize) -> String {
    let shown = ids
        .iter()
        .take(max)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match ids.len().saturating_sub(max) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Operations that show a finding beside the first one.
pub(super) fn other_operations(deviations: &[Deviation]) -> Vec<&str> {
    let first = deviations.first().map(|d| d.operation.as_str());
    let mut others: Vec<&str> = Vec::new();
    for deviation in deviations {
        let name = deviation.operation.as_str();
        if !name.is_empty() && Some(name) != first && !others.contains(&name) {
            others.push(name);
        }
    }
    others
}

/// What the self-test of the suite came to, in a sentence without its full stop.
pub(super) fn proof(report: &Report) -> String {
    match &report.proof {
        Some(proof) => proof.sentence(&report.suite_digest),
        None => "this suite has no recorded self-test".to_owned(),
    }
}

/// How steady the requirements are, in a sentence without its full stop; `None` when
/// nothing was played twice.
pub(super) fn repeats(report: &Report) -> Option<String> {
    let repeated = || {
        let rows = report.requirements.iter();
        rows.filter_map(|row| Some((row.requirement.id.as_str(), row.repeats?)))
    };
    let rounds = repeated().map(|(_, repeats)| repeats.rounds).max()?;
    let steady = repeated().filter(|(_, repeats)| !repeats.flaky()).count();
    let flaky: Vec<String> = repeated()
        .filter(|(_, repeats)| repeats.flaky())
        .map(|(id, repeats)| format!("{id} passed {} of {}", repeats.passed, repeats.rounds))
        .collect();
    let steady = text::count(steady, "requirement");
    Some(match flaky.as_slice() {
        [] => format!("{rounds} rounds, each with the same result for {steady}"),
        flaky => format!(
            "{rounds} rounds with the same result for {steady}; unsteady: {}",
            flaky.join(", ")
        ),
    })
}

/// Why the program exits as it does.
pub(super) fn exit_reason(report: &Report) -> String {
    let must = &report.ledgers.must;
    let reason = match (report.ending, report.verdict) {
        (Ending::Interrupted, _) => "the run was interrupted; the report is partial",
        (Ending::Terminated, _) => "the run was terminated; the report is partial",
        (_, Verdict::Conformant) if must.left_out_by_scope > 0 => {
            "every applicable MUST that the scope includes is satisfied"
        }
        (_, Verdict::Conformant) => "every applicable MUST is satisfied",
        (_, Verdict::NonConformant) if must.violated > 0 => "a MUST is violated",
        (_, Verdict::NonConformant) => "a SHOULD is violated, and the run is strict",
        (Ending::Truncated, Verdict::Incomplete) => "the recording stops in the middle",
        (_, Verdict::Incomplete) if must.open() > 0 => "an applicable MUST is open",
        (_, Verdict::Incomplete) if report.strict && report.ledgers.should.open() > 0 => {
            "an applicable SHOULD is open, and the run is strict"
        }
        (_, Verdict::Incomplete) => "no check judged anything",
        (_, Verdict::Invalid) => "a fault of Assay; the run says nothing about the connector",
    };
    format!("exit {}: {reason}", report.exit_code)
}
