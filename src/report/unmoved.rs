//! Operations that do not look at what they are asked: one answer to all requests, where
//! the contract demands answers that depend on the request.
//!
//! Whatever such an answer happens to satisfy, the connector has not shown it: a product
//! search that always returns the same product finds it by name, by code, in any letter
//! case. The rows that the operation decides are not verified, however many checks passed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::outcome::{FaultDomain, Outcome};
use crate::model::report::RequirementResult;

use super::fold::Recording;

/// Fewer different requests than this may well have the same answer.
const LEAST: usize = 3;

/// Operations that gave different requests of the run one and the same answer, with the
/// number of those requests. A run of a part of the suite may have asked for nothing else.
pub(super) fn operations(recording: &Recording) -> BTreeMap<String, usize> {
    if !recording.head.only.is_empty() {
        return BTreeMap::new();
    }
    let mut asked: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for exchange in &recording.exchanges {
        let served = exchange.response.as_ref().filter(|it| it.status == 200);
        let depends = recording.head.depending.contains(&exchange.operation);
        if let Some(response) = served.filter(|_| depends) {
            let (requests, answers) = asked.entry(&exchange.operation).or_default();
            requests.insert(&exchange.request_body.text);
            answers.insert(&response.body.text);
        }
    }
    asked
        .into_iter()
        .filter(|(_, (requests, answers))| answers.len() == 1 && requests.len() >= LEAST)
        .map(|(operation, (requests, _))| (operation.to_owned(), requests.len()))
        .collect()
}

/// Takes a pass back that rests on such an operation.
pub(super) fn sober(row: &mut RequirementResult, unmoved: &BTreeMap<String, usize>) {
    let mut operations = row.requirement.operations.iter();
    let found = operations.find_map(|name| unmoved.get_key_value(name));
    if let Some((operation, requests)) = found.filter(|_| row.outcome == Outcome::Pass) {
        row.outcome = Outcome::Vacuous;
        row.domain = Some(FaultDomain::Connector);
        row.reason = Some(format!(
            "{operation} gave {requests} different requests one and the same answer, \
             so what it holds shows nothing"
        ));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::model::outcome::Outcome;
    use crate::model::requirement::Level;
    use crate::report::fixtures::{Run, exchange};

    fn outcome(exchanges: &[(&str, &str)], operation: &str, only: &[&str]) -> Outcome {
        let mut run = Run::new()
            .rule("A", Level::Must)
            .with(|row| row.operations = vec!["List".to_owned(), operation.to_owned()])
            .configure(|head| head.only = only.iter().map(|s| (*s).to_owned()).collect())
            .check("s/a", "A", Outcome::Pass);
        for (request, answer) in exchanges {
            run = run.exchanged(exchange("E-1", "Find", request, answer));
        }
        run.report().requirements[0].outcome
    }

    const SAME: &[(&str, &str)] = &[("a", "x"), ("b", "x"), ("c", "x")];

    #[rstest]
    #[case::one_answer_to_all(SAME, "Find", &[], Outcome::Vacuous)]
    #[case::answers_differ(&[("a", "x"), ("b", "x"), ("c", "y")], "Find", &[], Outcome::Pass)]
    #[case::hardly_asked(&[("a", "x"), ("a", "x"), ("b", "x")], "Find", &[], Outcome::Pass)]
    #[case::decided_by_another(SAME, "Get", &[], Outcome::Pass)]
    #[case::part_of_the_suite(SAME, "Find", &["A"], Outcome::Pass)]
    fn a_pass_that_rests_on_one_answer_to_everything_is_vacuous(
        #[case] exchanges: &[(&str, &str)],
        #[case] operation: &str,
        #[case] only: &[&str],
        #[case] expected: Outcome,
    ) {
        assert_eq!(outcome(exchanges, operation, only), expected);
    }
}
