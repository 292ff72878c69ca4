//! Folds the events of a run into its report: the only place where outcomes of
//! checks become outcomes of requirements, ledgers and a verdict.
//!
//! A pure function of the events. It knows no profile: requirements, scenarios and
//! modes are what the head of the recording says they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::event::{CheckResult, RunEvent, RunStarted};
use crate::model::exchange::Exchange;
use crate::model::outcome::{Ending, FaultDomain, Ledger, Ledgers, Outcome, Scope, Verdict, exit};
use crate::model::report::{
    ConnectorFacts, Noted, Repeats, Report, RequirementResult, SCHEMA_VERSION,
};
use crate::model::requirement::{Decided, Level, Requirement, RequirementId};
use crate::model::target::Attestation;

use super::{findings, unmoved};

/// Key under which [`Report::outcomes`] counts the rows that no run can decide.
pub const NOT_TESTABLE: &str = "not_testable";

/// Why events do not make a report. Each of these is a fault of ours or a recording
/// that somebody edited, never one of the connector.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// There is no `started` event.
    #[error("the recording has no head: nothing says which run it is")]
    NoHead,
    /// There is more than one `started` event.
    #[error("the recording has two heads; a report is about one run")]
    TwoHeads,
    /// Two rows of the catalogue share an id.
    #[error("requirement {0} stands in the catalogue twice")]
    DuplicateRequirement(RequirementId),
    /// A check decides a requirement that the catalogue does not have.
    #[error("check {check} names requirement {requirement}, which is not in the catalogue")]
    UnknownRequirement {
        check: String,
        requirement: RequirementId,
    },
    /// A check decides a requirement that the catalogue calls not testable.
    #[error("check {check} decides {requirement}, which the catalogue calls not testable")]
    NotTestable {
        check: String,
        requirement: RequirementId,
    },
    /// The counts do not add up.
    #[error("the ledger does not balance: {rows} rows, {counted} of them counted")]
    Unbalanced { rows: usize, counted: u32 },
}

/// Builds the report of a run from its events alone.
///
/// A recording without its last line is the one of a run that was killed: its ending
/// is [`Ending::Truncated`], and it is never conformant.
pub fn fold(events: impl IntoIterator<Item = RunEvent>) -> Result<Report, FoldError> {
    let recording = Recording::collect(events)?;
    let rows = judge_rows(&recording, &unmoved::operations(&recording))?;
    let (ledgers, outcomes) = count(&rows)?;
    let executed = recording.checks.iter().filter(|c| c.judged > 0).count() as u64;
    let verdict = if orphan_error(&recording.checks, &rows) {
        Verdict::Invalid
    } else {
        Verdict::of(&ledgers, recording.head.strict, executed, recording.ending)
    };
    let mut rows = rows;
    let findings = findings::group(&recording, &rows);
    link(&mut rows, &findings);
    let evidence = cited(&recording, &findings);
    let (conversation, noted) = noted(&recording);
    let Recording {
        head,
        facts,
        checks,
        exchanges,
        ending,
        finished,
    } = recording;
    let statement = statement(&Summary {
        verdict,
        scope: head.scope,
        strict: head.strict,
        ending,
        ledgers: &ledgers,
        executed,
    });
    Ok(Report {
        schema_version: SCHEMA_VERSION,
        tool: head.tool,
        profile: head.profile,
        profile_title: head.profile_title,
        revision: head.revision,
        suite_digest: head.suite_digest,
        proof: head.proof,
        connector: head.connector,
        url: head.url,
        modes: head.modes,
        scope: head.scope,
        strict: head.strict,
        seed: head.seed,
        only: head.only,
        started: head.started,
        finished,
        ending,
        verdict,
        exit_code: exit::of(verdict, ending),
        statement,
        ledgers,
        outcomes,
        facts,
        findings,
        requirements: rows,
        checks,
        evidence,
        conversation,
        noted,
        exchanges: exchanges.len() as u64,
        configuration: head.configuration,
        command: head.command,
    })
}

/// The events of one run, sorted by what they are.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) head: RunStarted,
    pub(super) facts: ConnectorFacts,
    /// In plan order.
    pub(super) checks: Vec<CheckResult>,
    /// In recorded order.
    pub(super) exchanges: Vec<Exchange>,
    pub(super) ending: Ending,
    pub(super) finished: String,
}

impl Recording {
    fn collect(events: impl IntoIterator<Item = RunEvent>) -> Result<Self, FoldError> {
        let mut head: Option<RunStarted> = None;
        let mut facts = ConnectorFacts::default();
        let mut checks = Vec::new();
        let mut exchanges = Vec::new();
        let mut end = None;
        for event in events {
            match event {
                RunEvent::Started(started) => {
                    if head.replace(*started).is_some() {
                        return Err(FoldError::TwoHeads);
                    }
                }
                RunEvent::Discovered(found) => {
                    facts.operations.extend(found.operations);
                    facts.capabilities.extend(found.capabilities);
                    facts.discovered.extend(found.discovered);
                    facts.tls = found.tls.or(facts.tls);
                }
                RunEvent::Exchanged(exchange) => exchanges.push(*exchange),
                RunEvent::Judged(check) => checks.push(*check),
                RunEvent::ScenarioFinished { .. }
                | RunEvent::Made { .. }
                | RunEvent::TakenBack { .. } => {}
                RunEvent::Finished { ending, at } => end = Some((ending, at)),
            }
        }
        let head = head.ok_or(FoldError::NoHead)?;
        for check in &mut checks {
            sober(check, head.scope);
        }
        let (ending, finished) = end.unwrap_or_else(|| {
            let last = exchanges.iter().map(|e: &Exchange| e.sent.as_str()).max();
            let last = last.unwrap_or(&head.started).max(head.started.as_str());
            (Ending::Truncated, last.to_owned())
        });
        // Scenarios run side by side, so the order of arrival is chance.
        let plan: HashMap<&str, usize> = (0..)
            .zip(&head.plan)
            .map(|(i, s)| (s.as_str(), i))
            .collect();
        let modes: HashMap<&str, usize> = (0..)
            .zip(&head.modes)
            .map(|(i, m)| (m.as_str(), i))
            .collect();
        checks.sort_by(|a: &CheckResult, b: &CheckResult| {
            let key = |c: &CheckResult| {
                (
                    plan.get(c.scenario.as_str()).copied().unwrap_or(usize::MAX),
                    c.line,
                    modes.get(c.mode.as_str()).copied().unwrap_or(usize::MAX),
                )
            };
            (key(a).0, &a.scenario, key(a).1, &a.check, key(a).2, &a.mode).cmp(&(
                key(b).0,
                &b.scenario,
                key(b).1,
                &b.check,
                key(b).2,
                &b.mode,
            ))
        });
        Ok(Self {
            head,
            facts,
            checks,
            exchanges,
            ending,
            finished,
        })
    }
}

/// A pass that judged nothing is none, and certification leaves nothing out.
fn sober(check: &mut CheckResult, scope: Scope) {
    check.by_scope &= scope == Scope::Development;
    if check.outcome == Outcome::Pass && check.judged == 0 {
        check.outcome = Outcome::Vacuous;
        check
            .reason
            .get_or_insert_with(|| "nothing was there to judge".to_owned());
        check.domain.get_or_insert(FaultDomain::Configuration);
    }
}

/// The outcome that a check has for one of its requirements: a failed check fails
/// those that its deviations name. One that names none fails all of them, because a
/// violation must not vanish for want of words.
fn outcome_for(check: &CheckResult, id: &str) -> Outcome {
    let looked = matches!(check.outcome, Outcome::Pass | Outcome::Fail);
    let deviates = check.deviations.iter().any(|d| d.requirement == id);
    if looked && !deviates && judged_for(check, id) == 0 && check.judged > 0 {
        // What it says of this requirement met no value; it speaks of others.
        return Outcome::NotApplicable;
    }
    if check.outcome != Outcome::Fail || check.deviations.is_empty() || deviates {
        check.outcome
    } else if check.judged > 0 {
        Outcome::Pass
    } else {
        Outcome::Vacuous
    }
}

/// In how many rounds a requirement passed; `None` when nothing was repeated.
fn repeats(checks: &[&CheckResult], id: &str) -> Option<Repeats> {
    let mut rounds: BTreeMap<u32, Vec<Outcome>> = BTreeMap::new();
    for check in checks {
        let of_round = rounds.entry(check.round).or_default();
        of_round.push(outcome_for(check, id));
    }
    rounds.keys().any(|round| *round > 0).then(|| {
        let mut repeats = Repeats {
            passed: 0,
            rounds: 0,
        };
        for outcome in rounds.into_values().filter_map(Outcome::roll_up) {
            let passed = outcome == Outcome::Pass;
            repeats.passed += u32::from(passed);
            repeats.rounds += u32::from(passed || outcome == Outcome::Fail);
        }
        repeats
    })
}

/// Values that a check judged for one of its requirements.
fn judged_for(check: &CheckResult, id: &str) -> u64 {
    match check.shares.is_empty() {
        true => check.judged,
        false => check.shares.get(id).copied().unwrap_or_default(),
    }
}

/// Decides every row of the catalogue, in its order.
fn judge_rows(
    recording: &Recording,
    unmoved: &BTreeMap<String, usize>,
) -> Result<Vec<RequirementResult>, FoldError> {
    let catalogue = &recording.head.requirements;
    let mut rows: HashMap<&str, Vec<&CheckResult>> = HashMap::with_capacity(catalogue.len());
    for requirement in catalogue {
        if rows.insert(&requirement.id, Vec::new()).is_some() {
            return Err(FoldError::DuplicateRequirement(requirement.id.clone()));
        }
    }
    for check in &recording.checks {
        let mut named = HashSet::new();
        let deviating = check.deviations.iter().map(|d| &d.requirement);
        for id in check.requirements.iter().chain(deviating) {
            if !named.insert(id) {
                continue;
            }
            rows.get_mut(id.as_str())
                .ok_or_else(|| FoldError::UnknownRequirement {
                    check: check.check.clone(),
                    requirement: id.clone(),
                })?
                .push(check);
        }
    }
    catalogue
        .iter()
        .map(|requirement| {
            let mut row = judge_row(recording, requirement, &rows[requirement.id.as_str()])?;
            unmoved::sober(&mut row, unmoved);
            Ok(row)
        })
        .collect()
}

fn judge_row(
    recording: &Recording,
    requirement: &Requirement,
    checks: &[&CheckResult],
) -> Result<RequirementResult, FoldError> {
    let id = requirement.id.as_str();
    // A recording may come from strangers: its numbers are whatever they wrote.
    let judged = checks.iter().map(|c| judged_for(c, id));
    let judged = judged.fold(0, u64::saturating_add);
    let mut names: Vec<String> = Vec::new();
    for check in checks {
        if !names.contains(&check.check) {
            names.push(check.check.clone());
        }
    }
    let mut row = RequirementResult {
        requirement: requirement.clone(),
        outcome: Outcome::NotApplicable,
        by_scope: false,
        judged,
        checks: names,
        reason: None,
        domain: None,
        finding: None,
        attestation: None,
        repeats: repeats(checks, id),
    };
    let outcomes: Vec<Outcome> = checks.iter().map(|c| outcome_for(c, id)).collect();
    if requirement.decided == Decided::NotTestable {
        if let Some(at) = outcomes
            .iter()
            .position(|o| matches!(o, Outcome::Pass | Outcome::Fail))
        {
            return Err(FoldError::NotTestable {
                check: checks[at].check.clone(),
                requirement: requirement.id.clone(),
            });
        }
        row.reason.clone_from(&requirement.reason);
        return Ok(row);
    }
    match Outcome::roll_up(outcomes.iter().copied()) {
        Some(outcome) => {
            row.outcome = outcome;
            let decisive = || (0..checks.len()).filter(|&i| outcomes[i] == outcome);
            row.by_scope =
                outcome == Outcome::NotSelected && decisive().all(|i| checks[i].by_scope);
            if outcome != Outcome::Pass {
                row.reason = decisive().find_map(|i| checks[i].reason.clone());
                row.domain = decisive().find_map(|i| checks[i].domain);
            }
            if outcome == Outcome::NotApplicable && row.reason.is_none() {
                row.reason = Some("no answer had a value that it speaks of".to_owned());
            }
            if outcome == Outcome::Fail {
                row.domain.get_or_insert(FaultDomain::Connector);
            }
        }
        None if requirement.decided == Decided::Attested => {}
        None if recording.ending == Ending::Completed => {
            row.outcome = Outcome::NotSelected;
            row.reason = Some("no check ran".to_owned());
        }
        None => {
            row.outcome = Outcome::Blocked;
            row.reason = Some("the run ended before it".to_owned());
            row.domain = Some(FaultDomain::Environment);
        }
    }
    if requirement.decided == Decided::Attested {
        owe_attestation(recording, &mut row, checks.is_empty());
    }
    if matches!(
        row.outcome,
        Outcome::Blocked | Outcome::Vacuous | Outcome::Review
    ) && let Some(attestation) = attestation(&recording.head.configuration, id)
    {
        row.outcome = Outcome::Pass;
        row.reason = None;
        row.domain = None;
        row.attestation = Some(attestation);
    }
    Ok(row)
}

/// A row that a person decides stays open until somebody has, whatever checks saw:
/// they can violate it, or show that it does not apply, but not satisfy it.
fn owe_attestation(recording: &Recording, row: &mut RequirementResult, unchecked: bool) {
    let unclaimed = row
        .requirement
        .capability
        .as_ref()
        .filter(|name| recording.facts.capabilities.get(*name) == Some(&false));
    match row.outcome {
        Outcome::Fail | Outcome::Error => {}
        Outcome::NotApplicable if !unchecked => {}
        _ => match unclaimed {
            Some(name) if unchecked => {
                row.outcome = Outcome::NotApplicable;
                row.reason = Some(format!("capability {name} is not claimed"));
            }
            _ => {
                row.outcome = Outcome::Review;
                row.by_scope = false;
                row.reason =
                    Some(row.requirement.reason.clone().unwrap_or_else(|| {
                        "a person decides it; no attestation is given".to_owned()
                    }));
                row.domain = Some(FaultDomain::Configuration);
            }
        },
    }
}

/// The statement of a person about a requirement; one without a name or without
/// words does not count.
fn attestation(configuration: &serde_json::Value, id: &str) -> Option<Attestation> {
    let value = configuration.get("attestations")?.get(id)?.clone();
    let attestation: Attestation = serde_json::from_value(value).ok()?;
    let given = |text: &str| !text.trim().is_empty();
    (given(&attestation.by) && given(&attestation.statement)).then_some(attestation)
}

/// An error of a check that no row of the ledger shows.
fn orphan_error(checks: &[CheckResult], rows: &[RequirementResult]) -> bool {
    let shown: HashSet<&str> = rows
        .iter()
        .filter(|row| matches!(row.outcome, Outcome::Error | Outcome::Fail))
        .map(|row| row.requirement.id.as_str())
        .collect();
    checks
        .iter()
        .filter(|check| check.outcome == Outcome::Error)
        .any(|check| {
            !check
                .requirements
                .iter()
                .any(|id| shown.contains(id.as_str()))
        })
}

/// Adds the rows up, and checks that they do.
fn count(rows: &[RequirementResult]) -> Result<(Ledgers, BTreeMap<String, u32>), FoldError> {
    let mut ledgers = Ledgers::default();
    let mut outcomes: BTreeMap<String, u32> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome_key(*outcome).to_owned(), 0))
        .collect();
    outcomes.insert(NOT_TESTABLE.to_owned(), 0);
    for row in rows {
        let ledger = ledgers.of_mut(row.requirement.level);
        let key = row_key(row);
        if key == NOT_TESTABLE {
            ledger.not_testable += 1;
        } else {
            ledger.add(row.outcome, row.by_scope);
        }
        *outcomes.entry(key.to_owned()).or_default() += 1;
    }
    let counted = Level::ALL
        .iter()
        .map(|level| ledgers.of(*level))
        .map(|l: &Ledger| l.applicable + l.not_applicable + l.not_testable)
        .sum();
    if !ledgers.balanced()
        || counted as usize != rows.len()
        || outcomes.values().sum::<u32>() != counted
    {
        return Err(FoldError::Unbalanced {
            rows: rows.len(),
            counted,
        });
    }
    Ok((ledgers, outcomes))
}

/// The key of an outcome in machine-readable formats.
pub(super) fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Blocked => "blocked",
        Outcome::Vacuous => "vacuous",
        Outcome::Review => "review",
        Outcome::NotApplicable => "not_applicable",
        Outcome::NotSelected => "not_selected",
        Outcome::Error => "error",
    }
}

/// The key under which [`Report::outcomes`] counts a row.
pub(super) fn row_key(row: &RequirementResult) -> &'static str {
    if row.requirement.decided == Decided::NotTestable {
        NOT_TESTABLE
    } else {
        outcome_key(row.outcome)
    }
}

/// Tells each row which finding explains it.
fn link(rows: &mut [RequirementResult], findings: &[crate::model::report::Finding]) {
    let mut by_row: HashMap<(&str, Outcome), &str> = HashMap::new();
    for finding in findings {
        for id in &finding.violates {
            by_row.entry((id, Outcome::Fail)).or_insert(&finding.id);
        }
        for id in &finding.blocks {
            let outcome = match finding.outcome {
                Outcome::Error => Outcome::Error,
                _ => Outcome::Blocked,
            };
            by_row.entry((id, outcome)).or_insert(&finding.id);
        }
    }
    for row in rows {
        row.finding = by_row
            .get(&(row.requirement.id.as_str(), row.outcome))
            .map(|id| (*id).to_owned());
    }
}

/// The exchanges that findings cite, in recorded order.
fn cited(recording: &Recording, findings: &[crate::model::report::Finding]) -> Vec<Exchange> {
    let cited: HashSet<&str> = findings
        .iter()
        .flat_map(|finding| &finding.deviations)
        .flat_map(|deviation| &deviation.exchanges)
        .map(String::as_str)
        .collect();
    recording
        .exchanges
        .iter()
        .filter(|exchange| cited.contains(exchange.id.as_str()))
        .cloned()
        .collect()
}

/// Exchanges shown to let people see how harness and connector spoke.
const CONVERSATION: usize = 4;

/// How the two spoke, and the exchanges with a note.
fn noted(recording: &Recording) -> (Vec<Exchange>, Vec<Noted>) {
    let noted: Vec<Noted> = recording
        .exchanges
        .iter()
        .filter(|exchange| !exchange.notes.is_empty())
        .map(|exchange| Noted {
            id: exchange.id.clone(),
            operation: exchange.operation.clone(),
            status: exchange.response.as_ref().map(|answer| answer.status),
            elapsed_ms: exchange.elapsed_ms,
            notes: exchange.notes.clone(),
        })
        .collect();
    let first = recording
        .exchanges
        .iter()
        .position(|exchange| !exchange.notes.is_empty());
    let conversation = match first {
        Some(first) => recording.exchanges[first..]
            .iter()
            .take(CONVERSATION)
            .cloned()
            .collect(),
        None => Vec::new(),
    };
    (conversation, noted)
}

/// What the statement of a verdict is made of.
struct Summary<'a> {
    verdict: Verdict,
    scope: Scope,
    strict: bool,
    ending: Ending,
    ledgers: &'a Ledgers,
    executed: u64,
}

/// The verdict in one sentence, with its scope and what is missing.
fn statement(summary: &Summary<'_>) -> String {
    let must = &summary.ledgers.must;
    let should = &summary.ledgers.should;
    let mut scope = format!("{} scope", summary.scope);
    if summary.strict {
        scope.push_str(", strict");
    }
    if must.left_out_by_scope > 0 {
        scope.push_str(&format!(", {} MUST not judged", must.left_out_by_scope));
    }
    let mut parts = Vec::new();
    match summary.verdict {
        Verdict::Conformant => {}
        Verdict::NonConformant | Verdict::Invalid => {
            let errors: u32 = Level::ALL
                .iter()
                .map(|level| summary.ledgers.of(*level).harness_errors)
                .sum();
            if summary.verdict == Verdict::Invalid {
                parts.push(match errors {
                    0 => "a check ended in a fault of the harness".to_owned(),
                    1 => "1 requirement ended in a fault of the harness".to_owned(),
                    n => format!("{n} requirements ended in a fault of the harness"),
                });
            }
            if must.violated > 0 || summary.verdict == Verdict::NonConformant && !summary.strict {
                parts.push(format!(
                    "{} of {} applicable MUST violated",
                    must.violated, must.applicable
                ));
            }
            if summary.strict && should.violated > 0 {
                parts.push(format!(
                    "{} of {} applicable SHOULD violated",
                    should.violated, should.applicable
                ));
            }
            if must.open() > 0 {
                parts.push(format!("{} open", must.open()));
            }
        }
        Verdict::Incomplete => {
            if summary.executed == 0 {
                parts.push("no check judged anything".to_owned());
            }
            if must.open() > 0 {
                parts.push(format!(
                    "{} of {} applicable MUST open",
                    must.open(),
                    must.applicable
                ));
            }
            if summary.strict && should.open() > 0 {
                parts.push(format!(
                    "{} of {} applicable SHOULD open",
                    should.open(),
                    should.applicable
                ));
            }
        }
    }
    match summary.ending {
        Ending::Completed => {}
        Ending::Interrupted => parts.push("the run was interrupted".to_owned()),
        Ending::Terminated => parts.push("the run was terminated".to_owned()),
        Ending::Truncated => parts.push("the recording stops in the middle".to_owned()),
    }
    let head = format!("{} ({scope})", summary.verdict);
    if parts.is_empty() {
        head
    } else {
        format!("{head}: {}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Run, check, deviation, failed};
    use super::*;
    use rstest::rstest;

    fn outcome(report: &Report, id: &str) -> Outcome {
        row(report, id).outcome
    }

    fn row<'a>(report: &'a Report, id: &str) -> &'a RequirementResult {
        let found = report.requirements.iter().find(|r| r.requirement.id == id);
        found.expect("the row exists")
    }

    #[test]
    fn a_failed_check_fails_the_requirements_that_its_deviations_name() {
        let mut check = failed("books/types", "A B", "E-1", None);
        check.deviations.retain(|d| d.requirement == "A");
        let report = Run::new()
            .rule("A", Level::Must)
            .rule("B", Level::Must)
            .judged(check)
            .report();
        assert_eq!(outcome(&report, "A"), Outcome::Fail);
        assert_eq!(outcome(&report, "B"), Outcome::Pass);
        assert_eq!(report.verdict, Verdict::NonConformant);
        assert_eq!(report.exit_code, exit::NON_CONFORMANT);
    }

    #[test]
    fn a_failed_check_without_deviations_fails_all_and_still_makes_a_finding() {
        let report = Run::new()
            .rule("A", Level::Must)
            .rule("B", Level::Should)
            .check("books/types", "A B", Outcome::Fail)
            .report();
        assert_eq!(outcome(&report, "A"), Outcome::Fail);
        assert_eq!(outcome(&report, "B"), Outcome::Fail);
        assert_eq!(report.findings.len(), 2);
    }

    #[test]
    fn a_deviation_counts_for_a_requirement_that_the_check_forgot_to_name() {
        let mut check = failed("books/types", "A", "E-1", None);
        check.deviations.push(deviation("B", "E-2", None));
        let report = Run::new()
            .rule("A", Level::Must)
            .rule("B", Level::Must)
            .judged(check)
            .report();
        assert_eq!(outcome(&report, "B"), Outcome::Fail);
    }

    #[test]
    fn a_pass_that_judged_nothing_is_vacuous() {
        let mut empty = check("books/types", "A", Outcome::Pass);
        empty.judged = 0;
        let report = Run::new().rule("A", Level::Must).judged(empty).report();
        assert_eq!(outcome(&report, "A"), Outcome::Vacuous);
        assert_eq!(report.checks[0].outcome, Outcome::Vacuous);
        assert_eq!(report.verdict, Verdict::Incomplete);
    }

    #[rstest]
    #[case(&[Outcome::Pass, Outcome::Vacuous], Outcome::Pass)]
    #[case(&[Outcome::Pass, Outcome::NotSelected], Outcome::Pass)]
    #[case(&[Outcome::Pass, Outcome::Blocked], Outcome::Blocked)]
    #[case(&[Outcome::Pass, Outcome::Review], Outcome::Review)]
    #[case(&[Outcome::NotApplicable, Outcome::Vacuous], Outcome::Vacuous)]
    #[case(&[Outcome::Error, Outcome::Pass], Outcome::Error)]
    fn several_checks_roll_up(#[case] outcomes: &[Outcome], #[case] expected: Outcome) {
        let mut run = Run::new().rule("A", Level::Must);
        for (at, outcome) in outcomes.iter().enumerate() {
            run = run.check(&format!("books/check-{at}"), "A", *outcome);
        }
        assert_eq!(outcome(&run.report(), "A"), expected);
    }

    #[test]
    fn a_row_without_a_check_is_not_selected_or_blocked_by_the_end_of_the_run() {
        let run = Run::new().rule("A", Level::Must);
        let report = run.clone().report();
        assert_eq!(outcome(&report, "A"), Outcome::NotSelected);
        assert_eq!(row(&report, "A").reason.as_deref(), Some("no check ran"));
        assert!(!row(&report, "A").by_scope);
        assert_eq!(report.exit_code, exit::INCOMPLETE);

        let report = run.ending(Some(Ending::Interrupted)).report();
        assert_eq!(outcome(&report, "A"), Outcome::Blocked);
        assert_eq!(report.exit_code, exit::INTERRUPTED);
    }

    #[rstest]
    #[case(&[true], true, Verdict::Conformant)]
    #[case(&[true, true], true, Verdict::Conformant)]
    #[case(&[true, false], false, Verdict::Incomplete)]
    fn a_row_is_left_out_by_scope_when_all_of_its_checks_are(
        #[case] checks: &[bool],
        #[case] by_scope: bool,
        #[case] verdict: Verdict,
    ) {
        let mut run = Run::new()
            .rule("A", Level::Must)
            .rule("B", Level::Must)
            .check("books/other", "B", Outcome::Pass);
        for (at, by_scope) in checks.iter().enumerate() {
            let mut check = check(&format!("books/c-{at}"), "A", Outcome::NotSelected);
            check.by_scope = *by_scope;
            run = run.judged(check);
        }
        let report = run.report();
        assert_eq!(row(&report, "A").by_scope, by_scope);
        assert_eq!(report.verdict, verdict);
    }

    #[rstest]
    #[case(Outcome::Fail, Outcome::Fail)]
    #[case(Outcome::Error, Outcome::Error)]
    #[case(Outcome::NotSelected, Outcome::NotSelected)]
    #[case(Outcome::NotApplicable, Outcome::NotApplicable)]
    #[case(Outcome::Blocked, Outcome::Pass)]
    #[case(Outcome::Vacuous, Outcome::Pass)]
    #[case(Outcome::Review, Outcome::Pass)]
    fn an_attestation_decides_what_is_owed_and_nothing_else(
        #[case] seen: Outcome,
        #[case] expected: Outcome,
    ) {
        let report = Run::new()
            .rule("A", Level::Must)
            .check("books/a", "A", seen)
            .attest("A", "Kari")
            .report();
        let row = row(&report, "A");
        assert_eq!(row.outcome, expected);
        assert_eq!(
            row.attestation.is_some(),
            expected == Outcome::Pass && seen != Outcome::Pass
        );
    }

    #[test]
    fn an_attested_row_waits_for_its_attestation() {
        let run = Run::new()
            .rule("A", Level::Must)
            .with(|r| r.decided = Decided::Attested);
        assert_eq!(outcome(&run.clone().report(), "A"), Outcome::Review);
        let checked = run.clone().check("books/a", "A", Outcome::Pass);
        assert_eq!(outcome(&checked.report(), "A"), Outcome::Review);
        let unsigned = run.clone().attest("A", "  ");
        assert_eq!(outcome(&unsigned.report(), "A"), Outcome::Review);
        let attested = run.attest("A", "Kari").report();
        assert_eq!(outcome(&attested, "A"), Outcome::Pass);
        assert!(row(&attested, "A").attestation.is_some());
        assert_eq!(attested.verdict, Verdict::Incomplete, "no check ran");
    }

    #[rstest]
    #[case::both_met_values(&[("A", 2), ("B", 1)], Outcome::Pass, [Outcome::Pass, Outcome::Pass])]
    #[case::nothing_of_one(&[("A", 2)], Outcome::Pass, [Outcome::Pass, Outcome::NotApplicable])]
    #[case::not_told_apart(&[], Outcome::Pass, [Outcome::Pass, Outcome::Pass])]
    #[case::one_deviates(&[("A", 2)], Outcome::Fail, [Outcome::Fail, Outcome::NotApplicable])]
    #[case::blocked(&[("A", 2)], Outcome::Blocked, [Outcome::Blocked, Outcome::Blocked])]
    fn a_check_decides_what_its_values_speak_of(
        #[case] shares: &[(&str, u64)],
        #[case] seen: Outcome,
        #[case] expected: [Outcome; 2],
    ) {
        let mut check = match seen {
            Outcome::Fail => failed("s/a", "A", "E-1", None),
            _ => check("s/a", "A", seen),
        };
        check.requirements = vec!["A".to_owned(), "B".to_owned()];
        check.shares = shares
            .iter()
            .map(|(id, n)| ((*id).to_owned(), *n))
            .collect();
        let report = Run::new()
            .rule("A", Level::Must)
            .rule("B", Level::Must)
            .judged(check)
            .report();
        assert_eq!([outcome(&report, "A"), outcome(&report, "B")], expected);
    }

    #[test]
    fn an_attested_row_of_an_unclaimed_capability_does_not_apply() {
        let mut facts = ConnectorFacts::default();
        facts.capabilities.insert("films".to_owned(), false);
        let report = Run::new()
            .rule("A", Level::Must)
            .with(|r| {
                r.decided = Decided::Attested;
                r.capability = Some("films".to_owned());
            })
            .event(RunEvent::Discovered(facts))
            .report();
        assert_eq!(outcome(&report, "A"), Outcome::NotApplicable);
    }

    #[test]
    fn rows_that_no_run_can_decide_are_counted_apart() {
        let run = Run::new()
            .rule("A", Level::Must)
            .with(|r| r.decided = Decided::NotTestable)
            .rule("B", Level::Must)
            .check("books/b", "B", Outcome::Pass);
        let report = run.clone().report();
        assert_eq!(report.ledgers.must.not_testable, 1);
        assert_eq!(report.ledgers.must.applicable, 1);
        assert_eq!(report.outcomes[NOT_TESTABLE], 1);
        assert_eq!(
            run.check("books/a", "A", Outcome::Pass).fold().err(),
            Some(FoldError::NotTestable {
                check: "books/a".to_owned(),
                requirement: "A".to_owned()
            })
        );
    }

    #[test]
    fn a_recording_that_stops_in_the_middle_is_never_conformant() {
        let run = Run::new()
            .rule("A", Level::Must)
            .check("books/a", "A", Outcome::Pass)
            .ending(None);
        let report = run.clone().report();
        assert_eq!(report.ending, Ending::Truncated);
        assert_eq!(report.verdict, Verdict::Incomplete);
        assert_eq!(report.finished, report.started);
        let violated = run.judged(failed("books/b", "A", "E-1", None)).report();
        assert_eq!(violated.verdict, Verdict::NonConformant);
    }

    #[test]
    fn an_error_that_no_row_shows_still_makes_the_run_invalid() {
        let report = Run::new()
            .rule("A", Level::Must)
            .check("books/a", "A", Outcome::Pass)
            .check("books/none", "", Outcome::Error)
            .report();
        assert_eq!(report.verdict, Verdict::Invalid);
        assert_eq!(report.exit_code, exit::INVALID);
        assert_eq!(report.findings[0].domain, FaultDomain::Harness);
    }

    #[rstest]
    #[case(Vec::new(), FoldError::NoHead)]
    #[case([Run::new().events(), Run::new().events()].concat(), FoldError::TwoHeads)]
    #[case(
        Run::new().rule("A", Level::Must).rule("A", Level::May).events(),
        FoldError::DuplicateRequirement("A".to_owned())
    )]
    #[case(
        Run::new().check("books/a", "A", Outcome::Pass).events(),
        FoldError::UnknownRequirement { check: "books/a".to_owned(), requirement: "A".to_owned() }
    )]
    fn a_recording_that_contradicts_itself_is_refused(
        #[case] events: Vec<RunEvent>,
        #[case] expected: FoldError,
    ) {
        assert_eq!(fold(events).err(), Some(expected));
    }

    #[test]
    fn checks_stand_in_plan_order_whatever_order_they_came_in() {
        let at = |name: &str, line: u64, mode: &str| {
            let mut check = check(name, "A", Outcome::Pass);
            check.line = line;
            check.mode = mode.to_owned();
            check
        };
        let report = Run::new()
            .rule("A", Level::Must)
            .judged(at("loans/x", 3, "secret"))
            .judged(at("books/b", 9, "jwt"))
            .judged(at("books/a", 4, "jwt"))
            .judged(at("books/b", 9, "secret"))
            .judged(at("login/z", 50, ""))
            .report();
        let order: Vec<String> = report
            .checks
            .iter()
            .map(|c| format!("{} {}", c.check, c.mode))
            .collect();
        let expected = [
            "login/z ",
            "books/a jwt",
            "books/b secret",
            "books/b jwt",
            "loans/x secret",
        ];
        assert_eq!(order, expected);
    }

    #[rstest]
    #[case(Run::new().rule("A", Level::Must).check("s/a", "A", Outcome::Pass), "CONFORMANT (development scope)")]
    #[case(
        Run::new()
            .configure(|h| h.scope = Scope::Certification)
            .rule("A", Level::Must).check("s/a", "A", Outcome::Blocked).check("s/b", "", Outcome::Pass),
        "INCOMPLETE (certification scope): 1 of 1 applicable MUST open"
    )]
    #[case(Run::new(), "INCOMPLETE (development scope): no check judged anything")]
    #[case(
        Run::new().rule("A", Level::Must).rule("B", Level::Must)
            .check("s/a", "A", Outcome::Fail).check("s/b", "B", Outcome::Vacuous),
        "NON_CONFORMANT (development scope): 1 of 2 applicable MUST violated, 1 open"
    )]
    #[case(
        Run::new().configure(|h| h.strict = true).rule("A", Level::Should).check("s/a", "A", Outcome::Fail),
        "NON_CONFORMANT (development scope, strict): 1 of 1 applicable SHOULD violated"
    )]
    #[case(
        Run::new().rule("A", Level::Must).check("s/a", "A", Outcome::Error).ending(Some(Ending::Interrupted)),
        "INVALID (development scope): 1 requirement ended in a fault of the harness, 1 open, the run was interrupted"
    )]
    fn the_statement_says_verdict_scope_and_what_is_missing(
        #[case] run: Run,
        #[case] expected: &str,
    ) {
        assert_eq!(run.report().statement, expected);
    }

    #[test]
    fn the_statement_names_what_the_scope_leaves_out() {
        let mut left_out = check("s/b", "B", Outcome::NotSelected);
        left_out.by_scope = true;
        let report = Run::new()
            .rule("A", Level::Must)
            .rule("B", Level::Must)
            .check("s/a", "A", Outcome::Pass)
            .judged(left_out)
            .report();
        assert_eq!(
            report.statement,
            "CONFORMANT (development scope, 1 MUST not judged)"
        );
    }
}
