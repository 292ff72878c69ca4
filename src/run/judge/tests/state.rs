//! The result that a check comes to.

use rstest::rstest;

use super::super::*;

fn deviation(requirement: &str, actual: usize) -> Deviation {
    Deviation {
        requirement: requirement.to_owned(),
        operation: "Get".to_owned(),
        exchanges: Vec::new(),
        pointer: None,
        schema: None,
        expected: String::new(),
        actual: actual.to_string(),
        situation: None,
    }
}

fn gate(cause: &str) -> Gate {
    Gate {
        cause: cause.to_owned(),
        reason: format!("because of {cause}"),
        domain: FaultDomain::Environment,
    }
}

#[test]
fn all_deviations_count_and_each_requirement_keeps_one() {
    let mut state = CheckState::default();
    for number in 0..100 {
        state.deviate(deviation("R-1", number));
    }
    state.deviate(deviation("R-2", 100));
    state.deviate(deviation("R-2", 101));
    let result = state.result(blank_result());
    assert_eq!(
        (result.outcome, result.deviation_count),
        (Outcome::Fail, 102)
    );
    let kept: Vec<&str> = result.deviations.iter().map(|one| &*one.actual).collect();
    let mut expected: Vec<String> = (0..KEPT).map(|number| number.to_string()).collect();
    expected.push("100".to_owned());
    assert_eq!(kept, expected);
}

/// A state of which only the deviation, the block and so on are set that are named.
fn state(of: &[&str]) -> CheckState {
    let mut state = CheckState::default();
    for what in of {
        match *what {
            "judged" => state.judged = 3,
            "deviation" => state.deviate(deviation("R-1", 0)),
            "blocked" => state.block(gate("network")),
            "not applicable" => state.not_applicable = Some("no lists".to_owned()),
            _ => state.error = Some("a panic".to_owned()),
        }
    }
    state
}

const CONNECTOR: Option<FaultDomain> = Some(FaultDomain::Connector);
const HARNESS: Option<FaultDomain> = Some(FaultDomain::Harness);

#[rstest]
#[case::nothing(
    &[],
    Outcome::Vacuous,
    CONNECTOR,
    Some("ran, but nothing that came could be judged")
)]
#[case::judged(&["judged"], Outcome::Pass, None, None)]
#[case::judged_before(&["judged", "not applicable"], Outcome::Pass, None, None)]
#[case::not_applicable(&["not applicable"], Outcome::NotApplicable, None, Some("no lists"))]
#[case::blocked(
    &["judged", "not applicable", "blocked"],
    Outcome::Blocked,
    Some(FaultDomain::Environment),
    Some("because of network")
)]
#[case::deviation(
    &["judged", "blocked", "not applicable", "deviation"],
    Outcome::Fail,
    CONNECTOR,
    None
)]
#[case::our_own_mistake(
    &["judged", "deviation", "blocked", "error"],
    Outcome::Error,
    HARNESS,
    Some("a panic")
)]
fn a_check_comes_to_its_worst(
    #[case] of: &[&str],
    #[case] outcome: Outcome,
    #[case] domain: Option<FaultDomain>,
    #[case] reason: Option<&str>,
) {
    let result = state(of).result(blank_result());
    assert_eq!((result.outcome, result.domain), (outcome, domain));
    assert_eq!(result.reason.as_deref(), reason);
    let cause = (outcome == Outcome::Blocked).then_some("network");
    assert_eq!(result.cause.as_deref(), cause);
    let count = u64::from(of.contains(&"deviation"));
    assert_eq!(
        (result.deviations.len() as u64, result.deviation_count),
        (count, count)
    );
    assert_eq!(result.judged, if of.contains(&"judged") { 3 } else { 0 });
}

#[test]
fn a_result_is_that_of_its_check() {
    let base = CheckResult {
        check: "topic/check".to_owned(),
        line: 7,
        by_scope: true,
        ..blank_result()
    };
    let result = state(&["judged"]).result(base);
    assert_eq!(
        (&*result.check, result.line, result.by_scope),
        ("topic/check", 7, true)
    );
}

#[test]
fn the_first_block_stands() {
    let mut state = CheckState::default();
    state.block(gate("first"));
    state.block(gate("second"));
    assert_eq!(state.result(blank_result()).cause.as_deref(), Some("first"));
}

#[test]
fn a_blank_result_says_nothing() {
    let blank = blank_result();
    assert_eq!(
        (blank.outcome, blank.judged, blank.deviation_count),
        (Outcome::Vacuous, 0, 0)
    );
    assert!(!blank.by_scope && blank.deviations.is_empty());
}
