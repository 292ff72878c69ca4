//! Groups what went wrong by root cause: one cause is one finding, and what follows
//! from it is listed under it instead of beside it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::model::event::{CheckResult, Deviation};
use crate::model::exchange::Exchange;
use crate::model::outcome::{FaultDomain, Outcome};
use crate::model::report::{Finding, RequirementResult};
use crate::model::requirement::{Level, RequirementId};

use super::curl;
use super::fold::Recording;
use super::text;

/// How many deviations a finding shows.
const KEPT: usize = 5;

/// The findings of a run, most severe first.
pub(super) fn group(recording: &Recording, rows: &[RequirementResult]) -> Vec<Finding> {
    let index = Index::new(recording, rows);
    let mut findings = violations(&index);
    blocked(&index, &mut findings);
    findings.extend(harness(&index));
    findings.sort_by_cached_key(|finding| {
        let class = match (finding.outcome, finding.level) {
            (Outcome::Error, _) => 0,
            (Outcome::Fail, Some(Level::Must)) => 1,
            (Outcome::Fail, Some(Level::Should)) => 3,
            (Outcome::Fail, _) => 4,
            _ => 2,
        };
        let first = finding.violates.first().or(finding.blocks.first()).cloned();
        (
            class,
            Reverse(finding.blocks.len()),
            first,
            finding.title.clone(),
        )
    });
    for (number, finding) in (1..).zip(&mut findings) {
        finding.id = format!("F-{number}");
        finding.curl = curl::script(recording, finding, &index.exchanges);
    }
    findings
}

/// What the grouping looks up.
struct Index<'a> {
    recording: &'a Recording,
    rows: HashMap<&'a str, &'a RequirementResult>,
    /// Place of a requirement in the catalogue.
    order: HashMap<&'a str, usize>,
    exchanges: HashMap<&'a str, &'a Exchange>,
}

impl<'a> Index<'a> {
    fn new(recording: &'a Recording, rows: &'a [RequirementResult]) -> Self {
        Self {
            recording,
            rows: rows
                .iter()
                .map(|r| (r.requirement.id.as_str(), r))
                .collect(),
            order: (0..)
                .zip(rows)
                .map(|(i, r)| (r.requirement.id.as_str(), i))
                .collect(),
            exchanges: recording
                .exchanges
                .iter()
                .map(|e| (e.id.as_str(), e))
                .collect(),
        }
    }

    fn with_outcome(&self, id: &str, outcome: Outcome) -> bool {
        self.rows.get(id).is_some_and(|row| row.outcome == outcome)
    }

    /// The requirements of some checks that ended with `outcome`, in catalogue order.
    fn ending(&self, checks: &[&CheckResult], outcome: Outcome) -> Vec<RequirementId> {
        let ids: HashSet<&str> = checks
            .iter()
            .flat_map(|check| &check.requirements)
            .map(String::as_str)
            .filter(|id| self.with_outcome(id, outcome))
            .collect();
        let mut ids: Vec<&str> = ids.into_iter().collect();
        ids.sort_by_key(|id| self.order[id]);
        ids.into_iter().map(str::to_owned).collect()
    }

    /// Command that shows a finding again.
    fn reproduce(&self, id: Option<&str>) -> String {
        let command = &self.recording.head.command;
        match id {
            Some(id) => format!("{} --only {id}", without_only(command)),
            None => command.clone(),
        }
    }
}

/// The command without its selectors, so that one more narrows instead of widens it.
/// A selector that is quoted stays: this is no shell parser.
fn without_only(command: &str) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    let mut kept = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let plain = |word: Option<&&str>| word.is_some_and(|w| !w.contains(['"', '\'', '\\']));
        if words[at] == "--only" && plain(words.get(at + 1)) {
            at += 2;
        } else if words[at].starts_with("--only=") && plain(words.get(at)) {
            at += 1;
        } else {
            kept.push(words[at]);
            at += 1;
        }
    }
    kept.join(" ")
}

/// One violated requirement with all that shows it.
struct Violation<'a> {
    row: &'a RequirementResult,
    deviations: Vec<Deviation>,
}

/// A place of an answer; without a pointer it is the answer itself.
type Symptom<'a> = (&'a str, Option<&'a str>);

impl Violation<'_> {
    fn symptoms(&self) -> HashSet<Symptom<'_>> {
        self.deviations
            .iter()
            .filter_map(|deviation| {
                let decisive = deviation.exchanges.last()?;
                Some((decisive.as_str(), deviation.pointer.as_deref()))
            })
            .collect()
    }
}

/// Two requirements are violated by one cause when they show in the same places. Half
/// of the rarer one's places are asked for: where everything is wrong in one way,
/// whatever else is wrong meets it somewhere by chance.
fn one_cause(a: &HashSet<Symptom<'_>>, b: &HashSet<Symptom<'_>>) -> bool {
    let shared = a.intersection(b).count();
    shared > 0 && shared * 2 >= a.len().min(b.len())
}

/// Findings about what the connector did: one for each group of requirements that the
/// same place of the same answer violates.
fn violations(index: &Index<'_>) -> Vec<Finding> {
    let failed: Vec<&CheckResult> = index
        .recording
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Fail)
        .collect();
    let mut violations: BTreeMap<usize, Violation<'_>> = BTreeMap::new();
    for check in &failed {
        for deviation in deviations_of(check, index) {
            let id = deviation.requirement.as_str();
            if index.with_outcome(id, Outcome::Fail) {
                violations
                    .entry(index.order[id])
                    .or_insert_with(|| Violation {
                        row: index.rows[id],
                        deviations: Vec::new(),
                    })
                    .deviations
                    .push(deviation);
            }
        }
    }
    let violations: Vec<Violation<'_>> = violations.into_values().collect();

    let symptoms: Vec<HashSet<Symptom<'_>>> = violations.iter().map(Violation::symptoms).collect();
    let mut groups = Groups::new(violations.len());
    for at in 0..violations.len() {
        for before in 0..at {
            if one_cause(&symptoms[before], &symptoms[at]) {
                groups.join(before, at);
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<&Violation<'_>>> = BTreeMap::new();
    for (at, violation) in violations.iter().enumerate() {
        members.entry(groups.root(at)).or_default().push(violation);
    }
    members
        .into_values()
        .map(|members| violation_finding(index, &failed, members))
        .collect()
}

/// The deviations of a failed check. One that has none still tells something.
fn deviations_of(check: &CheckResult, index: &Index<'_>) -> Vec<Deviation> {
    if !check.deviations.is_empty() {
        return check.deviations.clone();
    }
    check
        .requirements
        .iter()
        .map(|id| Deviation {
            requirement: id.clone(),
            operation: String::new(),
            exchanges: Vec::new(),
            pointer: None,
            schema: None,
            expected: index
                .rows
                .get(id.as_str())
                .map(|row| row.requirement.text.clone())
                .unwrap_or_default(),
            actual: check
                .reason
                .clone()
                .unwrap_or_else(|| "the check failed without saying where".to_owned()),
            situation: None,
        })
        .collect()
}

fn violation_finding(
    index: &Index<'_>,
    failed: &[&CheckResult],
    mut members: Vec<&Violation<'_>>,
) -> Finding {
    members.sort_by_key(|v| {
        (
            v.row.requirement.level,
            index.order[v.row.requirement.id.as_str()],
        )
    });
    let primary = &members[0].row.requirement;
    let ids: HashSet<&str> = members
        .iter()
        .map(|v| v.row.requirement.id.as_str())
        .collect();
    let seen: u64 = members.iter().map(|v| v.deviations.len() as u64).sum();
    let unkept: u64 = failed
        .iter()
        .filter(|check| !check.deviations.is_empty())
        .filter(|check| {
            check
                .deviations
                .iter()
                .all(|d| ids.contains(d.requirement.as_str()))
        })
        .map(|check| {
            check
                .deviation_count
                .saturating_sub(check.deviations.len() as u64)
        })
        .fold(0, u64::saturating_add);
    let domain = failed
        .iter()
        .filter(|check| check.requirements.contains(&primary.id))
        .find_map(|check| check.domain)
        .unwrap_or(FaultDomain::Connector);
    Finding {
        id: String::new(),
        title: primary.title.clone(),
        outcome: Outcome::Fail,
        level: Some(primary.level),
        domain,
        violates: members
            .iter()
            .map(|v| v.row.requirement.id.clone())
            .collect(),
        blocks: Vec::new(),
        deviations: spread(members.iter().flat_map(|v| &v.deviations)),
        deviation_count: seen.saturating_add(unkept),
        remedy: primary.remedy.clone(),
        reproduce: index.reproduce(Some(&primary.id)),
        curl: None,
    }
}

/// The few deviations to show: one of each requirement, then different operations,
/// nothing twice.
fn spread<'a>(deviations: impl Iterator<Item = &'a Deviation>) -> Vec<Deviation> {
    let mut seen = HashSet::new();
    let mut requirements = HashSet::new();
    let mut kept: Vec<&Deviation> = Vec::new();
    let mut queues: Vec<(&str, VecDeque<&Deviation>)> = Vec::new();
    for deviation in deviations {
        let words = (
            deviation.operation.as_str(),
            deviation.pointer.as_deref(),
            deviation.expected.as_str(),
            deviation.actual.as_str(),
        );
        if !seen.insert(words) {
            continue;
        }
        if requirements.insert(&deviation.requirement) {
            kept.push(deviation);
            continue;
        }
        match queues
            .iter_mut()
            .find(|(name, _)| *name == deviation.operation)
        {
            Some((_, queue)) => queue.push_back(deviation),
            None => queues.push((&deviation.operation, VecDeque::from([deviation]))),
        }
    }
    while kept.len() < KEPT {
        let shown = |name: &str| kept.iter().filter(|d| d.operation == name).count();
        let next = queues
            .iter_mut()
            .filter(|(_, queue)| !queue.is_empty())
            .min_by_key(|(name, _)| shown(name));
        match next.and_then(|(_, queue)| queue.pop_front()) {
            Some(deviation) => kept.push(deviation),
            None => break,
        }
    }
    kept.into_iter().take(KEPT).cloned().collect()
}

/// Hangs what could not be exercised under its cause: a violated requirement, or a
/// finding of its own.
fn blocked(index: &Index<'_>, findings: &mut Vec<Finding>) {
    let mut causes: BTreeMap<&str, Vec<&CheckResult>> = BTreeMap::new();
    for check in &index.recording.checks {
        if let (Outcome::Blocked, Some(cause)) = (check.outcome, &check.cause) {
            causes.entry(cause).or_default().push(check);
        }
    }
    for (cause, checks) in causes {
        let ids = index.ending(&checks, Outcome::Blocked);
        if let Some(finding) = findings
            .iter_mut()
            .find(|finding| finding.violates.iter().any(|id| id == cause))
        {
            finding.blocks.extend(ids);
            let mut seen = HashSet::new();
            finding.blocks.retain(|id| seen.insert(id.clone()));
            finding.blocks.sort_by_key(|id| index.order[id.as_str()]);
            continue;
        }
        let domain = checks
            .iter()
            .find_map(|check| check.domain)
            .unwrap_or(FaultDomain::Environment);
        let row = index.rows.get(cause).map(|row| &row.requirement);
        findings.push(Finding {
            id: String::new(),
            title: row.map_or_else(|| cause.to_owned(), |r| r.title.clone()),
            outcome: Outcome::Blocked,
            level: None,
            domain,
            violates: Vec::new(),
            deviations: reasons(&checks, &ids, "the check can be carried out"),
            deviation_count: checks.len() as u64,
            remedy: row.map_or_else(|| advice(domain).to_owned(), |r| r.remedy.clone()),
            reproduce: index.reproduce(
                row.map(|r| r.id.as_str())
                    .or(ids.first().map(String::as_str)),
            ),
            blocks: ids,
            curl: None,
        });
    }
}

/// Faults of ours, one finding for each message.
fn harness(index: &Index<'_>) -> Vec<Finding> {
    let mut messages: BTreeMap<&str, Vec<&CheckResult>> = BTreeMap::new();
    for check in &index.recording.checks {
        if check.outcome == Outcome::Error {
            let message = check
                .reason
                .as_deref()
                .unwrap_or("a check broke without a message");
            messages.entry(message).or_default().push(check);
        }
    }
    messages
        .into_iter()
        .map(|(message, checks)| {
            let ids = index.ending(&checks, Outcome::Error);
            Finding {
                id: String::new(),
                title: format!("Fault of the harness: {}", text::one_line(message, 120)),
                outcome: Outcome::Error,
                level: None,
                domain: FaultDomain::Harness,
                violates: Vec::new(),
                deviations: reasons(&checks, &ids, "the check reaches an outcome"),
                deviation_count: checks.len() as u64,
                remedy: advice(FaultDomain::Harness).to_owned(),
                reproduce: index.reproduce(ids.first().map(String::as_str)),
                blocks: ids,
                curl: None,
            }
        })
        .collect()
}

/// The distinct reasons of checks, in the shape of deviations.
fn reasons(checks: &[&CheckResult], ids: &[RequirementId], expected: &str) -> Vec<Deviation> {
    let mut kept: Vec<Deviation> = Vec::new();
    for check in checks {
        let actual = check.reason.as_deref().unwrap_or("no reason is given");
        if kept.iter().any(|d| d.actual == actual) {
            continue;
        }
        let told = check.deviations.first();
        kept.push(Deviation {
            requirement: check
                .requirements
                .iter()
                .find(|id| ids.contains(id))
                .or(check.requirements.first())
                .cloned()
                .unwrap_or_default(),
            operation: told.map(|d| d.operation.clone()).unwrap_or_default(),
            exchanges: told.map(|d| d.exchanges.clone()).unwrap_or_default(),
            pointer: None,
            schema: None,
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            situation: Some(format!("check {}", check.check)),
        });
        if kept.len() == KEPT {
            break;
        }
    }
    kept
}

/// What to do where no row of the catalogue knows better.
fn advice(domain: FaultDomain) -> &'static str {
    match domain {
        FaultDomain::Connector => {
            "Correct the connector where the exchanges show it, then run again: the requirements listed here are judged as soon as this works."
        }
        FaultDomain::Configuration => {
            "Correct the target file: URL, credentials, fixtures and claims have to fit the connector. The command assay doctor checks them one by one."
        }
        FaultDomain::Environment => {
            "Check that the connector runs and can be reached from here: name, port, certificate, clock. The command assay doctor checks them one by one."
        }
        FaultDomain::Harness => {
            "This is a fault of Assay and says nothing about the connector. Report it with the recording of the run."
        }
    }
}

/// Disjoint groups of indices.
struct Groups(Vec<usize>);

impl Groups {
    fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Run, check, deviation, failed, one_of_each};
    use super::*;
    use crate::model::report::Report;

    fn rules(count: usize) -> Run {
        (1..=count).fold(Run::new(), |run, n| {
            run.rule(&format!("R-{n}"), Level::Must)
        })
    }

    fn told(report: &Report) -> Vec<String> {
        report
            .findings
            .iter()
            .map(|f| {
                format!(
                    "{} {} {}: violates [{}] blocks [{}]",
                    f.id,
                    f.outcome,
                    f.title,
                    f.violates.join(" "),
                    f.blocks.join(" ")
                )
            })
            .collect()
    }

    #[test]
    fn one_of_each_makes_one_finding_for_each_root_cause() {
        assert_eq!(
            told(&one_of_each().report()),
            [
                "F-1 fail Numbers are JSON numbers: violates [LIB-001 LIB-002] blocks [LIB-003]",
                "F-2 blocked LendBook does not answer: violates [] blocks [LIB-004 LIB-005]",
                "F-3 fail Nothing is an empty list: violates [LIB-006] blocks []",
            ]
        );
    }

    #[test]
    fn the_same_place_of_the_same_answer_is_one_root_cause() {
        let report = rules(5)
            .judged(failed("s/a", "R-1", "E-1", Some("/x")))
            .judged(failed("s/b", "R-2", "E-1", Some("/x")))
            .judged(failed("s/c", "R-3", "E-1", Some("/y")))
            .judged(failed("s/d", "R-4", "E-2", None))
            .judged(failed("s/e", "R-5", "E-2", None))
            .report();
        let violated: Vec<String> = report
            .findings
            .iter()
            .map(|f| f.violates.join(" "))
            .collect();
        assert_eq!(violated, ["R-1 R-2", "R-3", "R-4 R-5"]);
    }

    #[test]
    fn what_is_wrong_everywhere_does_not_swallow_what_is_wrong_here_and_there() {
        let mut everywhere = failed("s/a", "R-1", "E-1", None);
        for number in 2..20 {
            let exchange = format!("E-{number}");
            everywhere
                .deviations
                .push(deviation("R-1", &exchange, None));
        }
        let mut rare = failed("s/b", "R-2", "E-7", None);
        rare.deviations.push(deviation("R-2", "E-80", None));
        rare.deviations.push(deviation("R-2", "E-90", None));
        let report = rules(2).judged(everywhere).judged(rare).report();
        assert_eq!(report.findings.len(), 2);
    }

    #[test]
    fn every_requirement_of_a_finding_is_shown_with_a_deviation() {
        let mut check = failed("s/a", "R-1", "E-1", None);
        for number in 0..9 {
            let operation = format!("Operation{number}");
            check.deviations.push(Deviation {
                operation,
                ..deviation("R-1", "E-1", None)
            });
        }
        let mut other = failed("s/b", "R-2", "E-1", None);
        other.deviations[0].expected = "something else".to_owned();
        let report = rules(2).judged(check).judged(other).report();
        let shown: HashSet<&str> = report.findings[0]
            .deviations
            .iter()
            .map(|d| d.requirement.as_str())
            .collect();
        assert_eq!(shown.len(), 2);
    }

    #[test]
    fn the_most_binding_requirement_gives_the_finding_its_name() {
        let report = Run::new()
            .rule("A", Level::May)
            .rule("B", Level::Must)
            .rule("C", Level::Should)
            .judged(failed("s/a", "A B C", "E-1", Some("/x")))
            .report();
        let finding = &report.findings[0];
        assert_eq!(finding.violates, ["B", "C", "A"]);
        assert_eq!(finding.level, Some(Level::Must));
        assert_eq!(finding.remedy, "Correct what B says.");
        assert!(finding.reproduce.ends_with(" --only B"));
    }

    #[test]
    fn must_comes_before_blocked_before_should_before_may() {
        let mut blocked = check("s/d", "D", Outcome::Blocked);
        blocked.cause = Some("nothing works".to_owned());
        let report = Run::new()
            .rule("A", Level::May)
            .rule("B", Level::Should)
            .rule("C", Level::Must)
            .rule("D", Level::May)
            .rule("E", Level::May)
            .judged(failed("s/a", "A", "E-1", None))
            .judged(failed("s/b", "B", "E-2", None))
            .judged(failed("s/c", "C", "E-3", None))
            .judged(blocked)
            .check("s/e", "E", Outcome::Error)
            .report();
        let titles: Vec<&str> = report.findings.iter().map(|f| f.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Fault of the harness: error for a reason",
                "Title of C",
                "nothing works",
                "Title of B",
                "Title of A"
            ]
        );
    }

    #[test]
    fn blocked_without_a_cause_vacuous_and_review_are_no_findings() {
        let report = rules(3)
            .check("s/a", "R-1", Outcome::Blocked)
            .check("s/b", "R-2", Outcome::Vacuous)
            .check("s/c", "R-3", Outcome::Review)
            .report();
        assert!(report.findings.is_empty());
    }

    #[test]
    fn a_cause_that_is_no_violated_requirement_is_a_finding_of_its_own() {
        let mut waiting = check("s/b", "R-2", Outcome::Blocked);
        waiting.cause = Some("R-1".to_owned());
        let report = rules(2)
            .check("s/a", "R-1", Outcome::Blocked)
            .judged(waiting)
            .report();
        assert_eq!(
            told(&report),
            ["F-1 blocked Title of R-1: violates [] blocks [R-2]"]
        );
        assert_eq!(report.requirements[1].finding.as_deref(), Some("F-1"));
        assert_eq!(report.requirements[0].finding, None);
    }

    #[test]
    fn few_deviations_are_kept_of_different_operations_first_and_none_twice() {
        let mut check = failed("s/a", "R-1", "E-1", None);
        check.deviations.clear();
        for (operation, pointer) in [
            ("One", "/a"),
            ("One", "/a"),
            ("One", "/b"),
            ("One", "/c"),
            ("Two", "/a"),
            ("Two", "/b"),
            ("Three", "/a"),
        ] {
            check.deviations.push(Deviation {
                operation: operation.to_owned(),
                ..deviation("R-1", "E-1", Some(pointer))
            });
        }
        check.deviation_count = 40;
        let report = rules(1).judged(check).report();
        let kept: Vec<String> = report.findings[0]
            .deviations
            .iter()
            .map(|d| {
                format!(
                    "{}{}",
                    d.operation,
                    d.pointer.as_deref().unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(kept, ["One/a", "Two/a", "Three/a", "One/b", "Two/b"]);
        assert_eq!(report.findings[0].deviation_count, 40);
    }

    #[test]
    fn a_selector_of_the_run_is_replaced_in_the_command() {
        assert_eq!(without_only("assay run --only A --only=B x"), "assay run x");
        assert_eq!(
            without_only("assay run --only 'a b' x"),
            "assay run --only 'a b' x"
        );
    }
}
