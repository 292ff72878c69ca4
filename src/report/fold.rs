//! Folds the events of a run into its report: the only place where outcomes of
//! checks become outcomes of requirements, ledgers and a verdict.
//!
//! A pure function of the events. It knows no profile: requirements, scenarios and
//! modes are what the head of the recording says they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::event::{CheckResult, RunEvent, RunStarted};
use crate::model::exchange::Exchange;
use crate::model::outcome::{Ending, FaultDomain, Ledger, Ledgers, Outcome, Scope, Verdict, exit};
use crate::model::report::{ConnectorFacts, Report, RequirementResult, SCHEMA_VERSION};
use crate::model::requirement::{Decided, Level, Requirement, RequirementId};
use crate::model::target::Attestation;

use super::findings;

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
    let rows = judge_rows(&recording)?;
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
                RunEvent::Judged(check) => checks.push(sobered(*check)),
                RunEvent::ScenarioFinished { .. } => {}
                RunEvent::Finished { ending, at } => end = Some((ending, at)),
            }
        }
        let head = head.ok_or(FoldError::NoHead)?;
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

/// A pass that judged nothing is none.
fn sobered(mut check: CheckResult) -> CheckResult {
    if check.outcome == Outcome::Pass && check.judged == 0 {
        check.outcome = Outcome::Vacuous;
        check
            .reason
            .get_or_insert_with(|| "nothing was there to judge".to_owned());
        check.domain.get_or_insert(FaultDomain::Configuration);
    }
    check
}

/// The outcome that a check has for one of its requirements: a failed check fails
/// those that its deviations name. One that names none fails all of them, because a
/// violation must not vanish for want of words.
fn outcome_for(check: &CheckResult, id: &str) -> Outcome {
    if check.outcome != Outcome::Fail
        || check.deviations.is_empty()
        || check.deviations.iter().any(|d| d.requirement == id)
    {
        check.outcome
    } else if check.judged > 0 {
        Outcome::Pass
    } else {
        Outcome::Vacuous
    }
}

/// Decides every row of the catalogue, in its order.
fn judge_rows(recording: &Recording) -> Result<Vec<RequirementResult>, FoldError> {
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
        .map(|requirement| judge_row(recording, requirement, &rows[requirement.id.as_str()]))
        .collect()
}

fn judge_row(
    recording: &Recording,
    requirement: &Requirement,
    checks: &[&CheckResult],
) -> Result<RequirementResult, FoldError> {
    let id = requirement.id.as_str();
    let judged = checks.iter().map(|c| c.judged).sum();
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
