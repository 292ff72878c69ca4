//! Every fault of the sample: reported under its requirement, and nothing that it did
//! not break reported as a MUST violation.

use std::collections::BTreeSet;

use assay::model::outcome::Outcome;
use assay::model::requirement::{Decided, Level};
use assay::sample::{Fault, faults};

use crate::support::{Case, against, ids};

/// Tests that share the faults: tests run side by side, a fault's run uses one core well.
const PARTS: usize = 4;

/// The sample that plays the faults of a profile.
fn sample_of(profile: &str) -> &str {
    match profile {
        "quote-rest" => "quote-full",
        other => other,
    }
}

async fn check(fault: &Fault) -> Result<(), String> {
    let case = Case {
        faults: vec![fault.name.to_owned()],
        ..Case::of(sample_of(fault.profile))
    };
    // The clock is the test's own: what takes minutes takes no time.
    let report = case.run_with(|target| target.thorough = true).await;
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
        .filter(|fault| !fault.name.starts_with("slow-"))
        .step_by(step)
        // What takes the service down breaks whatever is asked meanwhile.
        .filter(|fault| !fault.name.ends_with("-takes-service-down"))
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
    // A fault of mirroring breaks rows of its own chapter, and others only as a consequence.
    for profile in ["quote-rest", "erp-sync"] {
        let suite = crate::support::suite_of(profile);
        let area = |id: &str| suite.catalogue.get(id).map(|row| row.area.as_str());
        let broken: BTreeSet<&str> = faults()
            .iter()
            .filter(|fault| fault.profile == profile)
            .flat_map(|fault| fault.violates)
            .filter_map(|id| area(id))
            .collect();
        let automated: BTreeSet<&str> = suite
            .catalogue
            .requirements
            .iter()
            .filter(|row| row.decided == Decided::Automated && row.level == Level::Must)
            .map(|row| row.area.as_str())
            .collect();
        let without: Vec<&&str> = automated.difference(&broken).collect();
        assert!(without.is_empty(), "{profile}: no fault in {without:?}");
    }
    assert!(played().len() >= 60, "{}", played().len());
}
