//! Every fault of the sample: reported under its requirement, and nothing that it did
//! not break reported as a MUST violation.

use std::collections::BTreeSet;

use assay::model::outcome::Outcome;
use assay::model::requirement::Level;
use assay::sample::{Fault, faults};

use crate::support::{Case, against, ids};

/// Tests that share the faults: tests run side by side, a fault's run uses one core well.
const PARTS: usize = 4;

async fn check(fault: &Fault) -> Result<(), String> {
    let case = Case {
        faults: vec![fault.name.to_owned()],
        ..Case::of("quote-full")
    };
    let report = case.run().await;
    let failed: BTreeSet<String> = ids(&report, Outcome::Fail, None).into_iter().collect();
    let musts: BTreeSet<String> = ids(&report, Outcome::Fail, Some(Level::Must))
        .into_iter()
        .collect();
    let declared: BTreeSet<String> = fault
        .violates
        .iter()
        .chain(fault.consequences)
        .map(|id| (*id).to_owned())
        .collect();
    let missed: Vec<&str> = fault
        .violates
        .iter()
        .copied()
        .filter(|id| !failed.contains(*id))
        .collect();
    let wrong: Vec<&String> = musts.difference(&declared).collect();
    if missed.is_empty() && wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}: missed {missed:?}, wrongly charged {wrong:?}\n{}",
        fault.name,
        against(&report)
    ))
}

/// One fault of every few is played here, which keeps the suite quick; with
/// `ASSAY_ALL_FAULTS=1` every one of them. Slow answers take real time, so those faults
/// are left to runs by hand.
fn played() -> Vec<&'static Fault> {
    let step = if std::env::var_os("ASSAY_ALL_FAULTS").is_some() {
        1
    } else {
        5
    };
    faults()
        .iter()
        .filter(|fault| fault.profile == "quote-rest" && !fault.name.starts_with("slow-"))
        .step_by(step)
        .collect()
}

async fn part(number: usize) {
    let mut wrong = Vec::new();
    for fault in played().into_iter().skip(number).step_by(PARTS) {
        wrong.extend(check(fault).await.err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_caught_1_of_4() {
    part(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_caught_2_of_4() {
    part(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_caught_3_of_4() {
    part(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_caught_4_of_4() {
    part(3).await;
}

#[test]
fn there_are_faults_in_every_area() {
    let suite = crate::support::suite();
    let areas: BTreeSet<&str> = played()
        .into_iter()
        .filter_map(|fault| suite.catalogue.get(fault.violates[0]))
        .map(|row| row.area.as_str())
        .collect();
    let all: BTreeSet<&str> = suite
        .catalogue
        .requirements
        .iter()
        .map(|row| row.area.as_str())
        .collect();
    assert_eq!(areas, all);
    assert!(played().len() >= 40, "{}", played().len());
}
