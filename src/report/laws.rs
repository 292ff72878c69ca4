//! Laws of the judge, over random recordings: what the rows, the ledgers, the verdict
//! and the exit code must be, written down a second time and independently of the
//! product; that every format says so; and that a report depends on nothing but its
//! events.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use rstest::rstest;

use crate::model::event::{CheckResult, RunEvent};
use crate::model::outcome::{Ending, Outcome, Scope};
use crate::model::report::{ConnectorFacts, Report};
use crate::model::requirement::{Decided, Level};

use super::fixtures::{Run, check, deviation, exchange};
use super::fold::FoldError;
use super::terminal::{self, Style};
use super::tests::{junit_is_sound, rendered};
use super::{ReportKind, check_terminal, check_totals, fold, read_events};

/// A row of the catalogue, and what is known about it beside the checks.
#[derive(Debug, Clone)]
struct Row {
    level: Level,
    decided: Decided,
    /// Who signs it; blank is as good as nobody.
    attested: Option<&'static str>,
    /// Whether its capability is claimed, where it has one.
    claimed: Option<bool>,
}

/// A check: its rows, and what it saw.
#[derive(Debug, Clone)]
struct Seen {
    outcome: Outcome,
    rows: Vec<Index>,
    /// Which of its rows its deviations name.
    violated: Vec<bool>,
    /// A row that only a deviation names.
    elsewhere: Option<Index>,
    judged: u64,
    by_scope: bool,
    exchange: usize,
    cause: bool,
}

/// How the process ended.
#[derive(Debug, Clone)]
enum End {
    /// The recording has its last line.
    Orderly(Ending),
    /// A crash between two lines.
    Crash(Index),
    /// A kill in the middle of a line, or at its end.
    Kill(Index),
}

#[derive(Debug, Clone)]
struct Story {
    rows: Vec<Row>,
    checks: Vec<Seen>,
    strict: bool,
    certification: bool,
    only: bool,
    end: End,
    style: Style,
}

/// How well the connector of a story does: left to chance, nothing would be conformant.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Good,
    Mixed,
    Wild,
}

fn row() -> impl Strategy<Value = Row> {
    let decided = prop_oneof![
        6 => Just(Decided::Automated),
        2 => Just(Decided::Attested),
        1 => Just(Decided::NotTestable),
    ];
    let attested = select(vec![None, None, Some("Kari"), Some("  ")]);
    let claimed = select(vec![None, None, None, Some(true), Some(false)]);
    (select(Level::ALL.to_vec()), decided, attested, claimed).prop_map(
        |(level, decided, attested, claimed)| Row {
            level,
            decided,
            attested,
            claimed,
        },
    )
}

fn outcome(mood: Mood) -> BoxedStrategy<Outcome> {
    let any = select(Outcome::ALL.to_vec());
    match mood {
        Mood::Good => prop_oneof![
            9 => Just(Outcome::Pass),
            1 => select(vec![Outcome::NotApplicable, Outcome::NotSelected]),
        ]
        .boxed(),
        Mood::Mixed => prop_oneof![6 => Just(Outcome::Pass), 1 => any].boxed(),
        Mood::Wild => any.boxed(),
    }
}

fn seen(mood: Mood) -> impl Strategy<Value = Seen> {
    let judged = match mood {
        Mood::Good => 1..4_u64,
        Mood::Mixed | Mood::Wild => 0..4,
    };
    (
        outcome(mood),
        vec(any::<Index>(), 0..4),
        vec(any::<bool>(), 4),
        prop::option::weighted(0.1, any::<Index>()),
        judged,
        any::<bool>(),
        0..4_usize,
        any::<bool>(),
    )
        .prop_map(
            |(outcome, rows, violated, elsewhere, judged, by_scope, exchange, cause)| Seen {
                outcome,
                rows,
                violated,
                elsewhere,
                judged,
                by_scope,
                exchange,
                cause,
            },
        )
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Orderly(Ending::Completed)),
        1 => select(vec![Ending::Interrupted, Ending::Terminated]).prop_map(End::Orderly),
        1 => any::<Index>().prop_map(End::Crash),
        1 => any::<Index>().prop_map(End::Kill),
    ]
}

fn style() -> impl Strategy<Value = Style> {
    (any::<bool>(), any::<bool>(), 40..=120_usize).prop_map(|(colour, unicode, width)| Style {
        colour,
        unicode,
        width,
    })
}

fn story() -> impl Strategy<Value = Story> {
    select(vec![Mood::Good, Mood::Mixed, Mood::Wild]).prop_flat_map(|mood| {
        (
            vec(row(), 0..7),
            vec(seen(mood), 0..12),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
            end(),
            style(),
        )
            .prop_map(
                |(rows, checks, strict, certification, only, end, style)| Story {
                    rows,
                    checks,
                    strict,
                    certification,
                    only,
                    end,
                    style,
                },
            )
    })
}

impl Story {
    /// The events as the process would have recorded them, had it lived.
    fn events(&self) -> Vec<RunEvent> {
        let mut run = Run::new().configure(|head| {
            head.strict = self.strict;
            if self.certification {
                head.scope = Scope::Certification;
            }
            if self.only {
                head.only = vec!["R-1".to_owned()];
            }
        });
        let mut facts = ConnectorFacts::default();
        for (number, row) in self.rows.iter().enumerate() {
            let id = format!("R-{number}");
            let capability = row.claimed.map(|claimed| {
                facts.capabilities.insert(format!("c-{number}"), claimed);
                format!("c-{number}")
            });
            run = run.rule(&id, row.level).with(|rule| {
                rule.decided = row.decided;
                rule.capability = capability;
            });
            if let Some(by) = row.attested {
                run = run.attest(&id, by);
            }
        }
        run = run.event(RunEvent::Discovered(facts));
        for number in 0..4 {
            let id = format!("E-{number}");
            run = run.exchanged(exchange(&id, "ListBooks", "{}", "[]"));
        }
        for (number, seen) in self.checks.iter().enumerate() {
            run = run.judged(self.check(number, seen));
        }
        let ending = match self.end {
            End::Orderly(ending) => ending,
            End::Crash(_) | End::Kill(_) => Ending::Completed,
        };
        run.ending(Some(ending)).events()
    }

    /// A check; of rows that no run can decide only what decides nothing.
    fn check(&self, number: usize, seen: &Seen) -> CheckResult {
        let decidable = |index: &Index| {
            let at = index.index(self.rows.len());
            let testable = self.rows[at].decided != Decided::NotTestable;
            let decides = matches!(seen.outcome, Outcome::Pass | Outcome::Fail);
            (testable || !decides).then(|| format!("R-{at}"))
        };
        let given = |indices: &[Index]| -> Vec<String> {
            if self.rows.is_empty() {
                return Vec::new();
            }
            let mut ids: Vec<String> = indices.iter().filter_map(decidable).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        let rules = given(&seen.rows);
        let mut result = check(
            &format!("books/check-{}", number % 9),
            &rules.join(" "),
            seen.outcome,
        );
        result.mode = if number < 9 { "secret" } else { "jwt" }.to_owned();
        result.judged = seen.judged;
        result.by_scope = seen.by_scope;
        let exchange = format!("E-{}", seen.exchange);
        if seen.outcome == Outcome::Fail {
            let named = rules.iter().zip(&seen.violated);
            let named = named.filter(|(_, violated)| **violated).map(|(id, _)| id);
            let elsewhere = given(seen.elsewhere.as_slice());
            result.deviations = named
                .chain(&elsewhere)
                .map(|id| deviation(id, &exchange, None))
                .collect();
            result.deviation_count = result.deviations.len() as u64;
        }
        if seen.outcome == Outcome::Blocked && seen.cause {
            result.cause = Some(format!("R-{}", seen.exchange));
        }
        result
    }

    /// What is on the disk when the process is gone, and the events that are whole in it.
    fn recording(&self) -> (String, Vec<RunEvent>) {
        let mut events = self.events();
        let lines: Vec<String> = events
            .iter()
            .map(|event| serde_json::to_string(event).expect("an event is JSON"))
            .collect();
        let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut left = match &self.end {
            End::Orderly(_) => text.len(),
            End::Crash(index) => {
                let kept = index.index(lines.len());
                lines[..kept].iter().map(|line| line.len() + 1).sum()
            }
            End::Kill(index) => index.index(text.len()),
        };
        while !text.is_char_boundary(left) {
            left -= 1;
        }
        text.truncate(left);
        let mut end = 0;
        let whole = lines.iter().take_while(|line| {
            let fits = end + line.len() <= left;
            end += line.len() + 1;
            fits
        });
        events.truncate(whole.count());
        (text, events)
    }
}

/// What a report must say, by the table of the design and the words of the contract
/// between run and report.
#[derive(Debug, Default, PartialEq)]
struct Due {
    /// Of each level: applicable, satisfied, violated, unverified, of these left out by
    /// scope, not applicable, not testable, faults of ours.
    ledgers: [[u32; 8]; 3],
    verdict: &'static str,
    exit_code: u8,
}

/// The state of a requirement, in the words of the ledger.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Satisfied,
    Violated,
    Open,
    LeftOut,
    NotApplicable,
    NotTestable,
    Broken,
}

/// `None` when there is no head, and so no run to speak of.
fn due(events: &[RunEvent]) -> Option<Due> {
    let Some(RunEvent::Started(head)) = events.first() else {
        return None;
    };
    let checks: Vec<&CheckResult> = events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Judged(check) => Some(&**check),
            _ => None,
        })
        .collect();
    let unclaimed: Vec<&String> = events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Discovered(facts) => Some(&facts.capabilities),
            _ => None,
        })
        .flatten()
        .filter(|(_, claimed)| !**claimed)
        .map(|(name, _)| name)
        .collect();
    let ending = match events.last() {
        Some(RunEvent::Finished { ending, .. }) => *ending,
        _ => Ending::Truncated,
    };
    let completed = ending == Ending::Completed;
    let development = head.scope == Scope::Development;

    let mut due = Due::default();
    let mut states = BTreeMap::new();
    for requirement in &head.requirements {
        let id = &requirement.id;
        let signed = head
            .configuration
            .pointer(&format!("/attestations/{id}/by"))
            .and_then(serde_json::Value::as_str)
            .is_some_and(|by| !by.trim().is_empty());
        let about: Vec<&CheckResult> = checks
            .iter()
            .copied()
            .filter(|check| {
                check.requirements.contains(id)
                    || check.deviations.iter().any(|d| d.requirement == *id)
            })
            .collect();
        let says = |wanted: Outcome| about.iter().any(|check| observed(check, id) == wanted);
        let not_claimed = requirement
            .capability
            .as_ref()
            .is_some_and(|name| unclaimed.contains(&name));
        let by_person = requirement.decided == Decided::Attested;
        let open = if signed {
            State::Satisfied
        } else {
            State::Open
        };
        let state = if requirement.decided == Decided::NotTestable {
            State::NotTestable
        } else if says(Outcome::Fail) {
            State::Violated
        } else if says(Outcome::Error) {
            State::Broken
        } else if by_person && about.is_empty() && not_claimed {
            State::NotApplicable
        } else if by_person {
            let applies = about
                .iter()
                .any(|check| check.outcome != Outcome::NotApplicable);
            if applies || about.is_empty() {
                open
            } else {
                State::NotApplicable
            }
        } else if says(Outcome::Blocked) || says(Outcome::Review) {
            open
        } else if says(Outcome::Pass) {
            State::Satisfied
        } else if says(Outcome::Vacuous) {
            open
        } else if says(Outcome::NotSelected) {
            let left_out = about
                .iter()
                .filter(|check| check.outcome == Outcome::NotSelected)
                .all(|check| check.by_scope);
            if left_out && development {
                State::LeftOut
            } else {
                State::Open
            }
        } else if says(Outcome::NotApplicable) {
            State::NotApplicable
        } else if completed {
            State::Open
        } else {
            // The run ended before it: the same as blocked.
            open
        };
        states.insert(id.as_str(), state);
        let ledger = &mut due.ledgers[requirement.level as usize];
        let columns: &[usize] = match state {
            State::Satisfied => &[0, 1],
            State::Violated => &[0, 2],
            State::Open => &[0, 3],
            State::LeftOut => &[0, 3, 4],
            State::NotApplicable => &[5],
            State::NotTestable => &[6],
            State::Broken => &[0, 3, 7],
        };
        columns.iter().for_each(|column| ledger[*column] += 1);
    }

    let of = |level: Level, wanted: &[State]| {
        head.requirements
            .iter()
            .any(|r| r.level == level && wanted.contains(&states[r.id.as_str()]))
    };
    let any = |wanted: &[State]| Level::ALL.iter().any(|level| of(*level, wanted));
    let counts: &[Level] = match head.strict {
        true => &[Level::Must, Level::Should],
        false => &[Level::Must],
    };
    // A fault of ours that no row shows is one all the same.
    let hidden = checks.iter().any(|check| {
        check.outcome == Outcome::Error
            && !check.requirements.iter().any(|id| {
                matches!(
                    states.get(id.as_str()),
                    Some(State::Broken | State::Violated)
                )
            })
    });
    let executed = checks.iter().any(|check| check.judged > 0);
    due.verdict = if any(&[State::Broken]) || hidden {
        "INVALID"
    } else if counts.iter().any(|level| of(*level, &[State::Violated])) {
        "NON_CONFORMANT"
    } else if !completed || !executed || counts.iter().any(|level| of(*level, &[State::Open])) {
        "INCOMPLETE"
    } else {
        "CONFORMANT"
    };
    due.exit_code = match (ending, due.verdict) {
        (Ending::Interrupted, _) => 130,
        (Ending::Terminated, _) => 143,
        (_, "CONFORMANT") => 0,
        (_, "NON_CONFORMANT") => 1,
        (_, "INCOMPLETE") => 3,
        _ => 4,
    };
    Some(due)
}

/// What a check says about one of its requirements.
fn observed(check: &CheckResult, id: &str) -> Outcome {
    let names = |wanted: &str| check.deviations.iter().any(|d| d.requirement == wanted);
    match check.outcome {
        Outcome::Fail if check.deviations.is_empty() || names(id) => Outcome::Fail,
        // It failed for another of its requirements.
        Outcome::Fail | Outcome::Pass if check.judged > 0 => Outcome::Pass,
        // A pass that judged nothing is none.
        Outcome::Fail | Outcome::Pass => Outcome::Vacuous,
        other => other,
    }
}

/// What a report says, in the same form.
fn said(report: &Report) -> Due {
    let ledger = |level: Level| {
        let ledger = report.ledgers.of(level);
        [
            ledger.applicable,
            ledger.satisfied,
            ledger.violated,
            ledger.unverified,
            ledger.left_out_by_scope,
            ledger.not_applicable,
            ledger.not_testable,
            ledger.harness_errors,
        ]
    };
    Due {
        ledgers: Level::ALL.map(ledger),
        verdict: report.verdict.label(),
        exit_code: report.exit_code,
    }
}

/// Runs a law over stories; the same ones in every run of the tests.
fn over(stories: u32, seed: u64, law: impl Fn(&Story) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        cases: stories,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&story(), |story| law(&story));
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// 10,000 stories, in parts that run side by side.
#[rstest]
fn every_format_says_what_the_events_amount_to(#[values(1, 2, 3, 4)] part: u64) {
    let told: BTreeMap<&str, Cell<u32>> = [
        "CONFORMANT",
        "NON_CONFORMANT",
        "INCOMPLETE",
        "INVALID",
        "no run",
    ]
    .map(|verdict| (verdict, Cell::new(0)))
    .into();
    over(2_500, part, |story| {
        let verdict = agreed(story)?;
        told[verdict].set(told[verdict].get() + 1);
        Ok(())
    });
    for (verdict, times) in told {
        assert!(times.get() >= 50, "{verdict} only {} times", times.get());
    }
}

/// The verdict of a story, on which everything agrees.
fn agreed(story: &Story) -> Result<&'static str, TestCaseError> {
    let (text, whole) = story.recording();
    let (events, warning) = read_events(text.as_bytes());
    prop_assert_eq!(events.len(), whole.len());
    let torn = !text.is_empty() && !text.ends_with('\n');
    prop_assert!(torn || warning.is_none(), "{:?}", warning);

    let Some(due) = due(&whole) else {
        prop_assert_eq!(fold(events).err(), Some(FoldError::NoHead));
        return Ok("no run");
    };
    let report = fold(events).expect("a head and known rows");
    prop_assert_eq!(&said(&report), &due);
    for [applicable, satisfied, violated, unverified, ..] in due.ledgers {
        prop_assert_eq!(applicable, satisfied + violated + unverified);
    }
    // Law: an interrupted run is never conformant.
    prop_assert!(report.ending == Ending::Completed || due.verdict != "CONFORMANT");
    prop_assert!(report.statement.starts_with(due.verdict));

    let formats = rendered(&report);
    if let Err(error) = check_totals(&report, &formats) {
        return Err(TestCaseError::fail(error.to_string()));
    }
    let page = terminal::write(&report, story.style, &[]);
    if let Err(error) = check_terminal(&report, &page) {
        return Err(TestCaseError::fail(format!("{error}\n{page}")));
    }
    let junit = &formats[&ReportKind::Junit];
    junit_is_sound(junit);
    let red = junit.contains("<failure") || junit.contains("<error");
    prop_assert!(red || due.exit_code == 0, "green without being conformant");
    explained(&report)?;
    Ok(due.verdict)
}

/// Every violated row is explained by exactly one finding.
fn explained(report: &Report) -> Result<(), TestCaseError> {
    for row in &report.requirements {
        let id = &row.requirement.id;
        let findings = report.findings.iter().filter(|f| f.violates.contains(id));
        let violated = row.outcome == Outcome::Fail;
        prop_assert_eq!(findings.count(), usize::from(violated));
        prop_assert!(!violated || row.finding.is_some());
    }
    Ok(())
}

#[test]
fn a_report_depends_on_its_events_and_not_on_the_order_of_their_arrival() {
    over(400, 5, |story| {
        let (_, events) = story.recording();
        let Ok(report) = fold(events.clone()) else {
            return Ok(());
        };
        let formats = rendered(&report);
        prop_assert_eq!(&formats, &rendered(&fold(events.clone()).expect("again")));

        // Scenarios run side by side: their results come in any order, and with them
        // come events that say nothing of the connector.
        let (judged, mut others): (Vec<RunEvent>, Vec<RunEvent>) = events
            .into_iter()
            .partition(|event| matches!(event, RunEvent::Judged(_)));
        let head = usize::from(!others.is_empty());
        for (number, event) in judged.into_iter().enumerate() {
            others.insert(head + number * number % (number + 1), event);
            others.insert(
                head,
                RunEvent::ScenarioFinished {
                    scenario: "books".to_owned(),
                    mode: "secret".to_owned(),
                },
            );
        }
        let shuffled = fold(others).expect("the same events");
        prop_assert_eq!(&formats, &rendered(&shuffled));
        Ok(())
    });
}
