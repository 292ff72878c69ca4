//! The suites prove themselves, and `assay selftest` tells when one does not.

use std::path::Path;
use std::sync::Arc;

use assay::selftest::Choice;
use assay::suite::{Source, load};
use assert_cmd::Command;
use rstest::rstest;
use serde_json::Value;

use crate::support::suite_of;

/// Runs at the same time: profiles are tested side by side.
const JOBS: usize = 4;

/// The tests play one run of so many; all of them with `ASSAY_ALL_FAULTS=1`, and in
/// `assay selftest`, of whose last recorded result the reports tell.
fn one_of() -> usize {
    match std::env::var_os("ASSAY_ALL_FAULTS") {
        Some(_) => 1,
        None => 5,
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_suite_catches_what_it_claims_and_nothing_else(
    #[values("quote-rest", "erp-sync", "mirroring-auth")] profile: &str,
) {
    let suite = Arc::new(load(&Source::Embedded, profile, None).unwrap());
    let choice = Choice {
        one_of: one_of(),
        ..Choice::default()
    };
    let score = assay::selftest::test(&suite, &choice, JOBS, &|_| {})
        .await
        .unwrap();
    let deviations = score.deviations();
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
    assert!(score.faults.len() >= 10, "{}", score.faults.len());
}

#[test]
fn the_recorded_scores_are_of_these_suites() {
    let (mut proved, mut automated) = (0, 0);
    for profile in ["quote-rest", "erp-sync", "mirroring-auth"] {
        let proof = assay::suite::proof(profile).unwrap();
        assert_eq!(
            proof.suite_digest,
            suite_of(profile).digest,
            "{profile}: record it again: assay selftest --record src/suite/proof.json"
        );
        assert_eq!(proof.must.proved, proof.must.automated, "{profile}");
        assert_eq!(proof.false_alarms, 0, "{profile}");
        proved += proof.proved();
        automated += proof.automated();
    }
    assert!(100 * proved >= 97 * automated, "{proved} of {automated}");
}

fn selftest(arguments: &[&str], out: &Path) -> Command {
    let mut command = Command::cargo_bin("assay").unwrap();
    command
        .arg("selftest")
        .args(arguments)
        .arg("--out")
        .arg(out);
    command
}

#[test]
fn a_caught_fault_is_told_in_every_file() {
    let out = tempfile::tempdir().unwrap();
    selftest(&["quote-rest", "--only", "unknown-product-404"], out.path())
        .assert()
        .success();
    let text = std::fs::read_to_string(out.path().join("selftest.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["profiles"][0]["proof"]["faults"], 1);
    assert_eq!(json["profiles"][0]["proof"]["caught"], 1);
    let page = std::fs::read_to_string(out.path().join("selftest.html")).unwrap();
    assert!(page.contains("unknown-product-404") && page.contains("No deviation"));
}

/// A suite whose author forgot what an expectation is there for.
#[test]
fn a_weakened_suite_is_found_out() {
    let out = tempfile::tempdir().unwrap();
    let suite = tempfile::tempdir().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/mirroring-auth");
    let own = suite.path().join("mirroring-auth");
    std::fs::create_dir(&own).unwrap();
    let mut weakened = 0;
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        // The check stays, and holds for every answer.
        let weak = text.replace("that: refused\n", "that: refused == refused\n");
        weakened += usize::from(weak != text);
        std::fs::write(own.join(file.file_name()), weak).unwrap();
    }
    assert!(weakened > 0, "the line to weaken has changed");
    let scenarios = suite.path().to_str().unwrap();
    let arguments = [
        "mirroring-auth",
        "--only",
        "AUTH-102",
        "--scenarios",
        scenarios,
    ];
    let assert = selftest(&arguments, out.path()).assert().code(1);
    let told = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(told.contains("survived"), "{told}");
}

#[test]
fn a_fault_that_nobody_planted_is_refused() {
    let out = tempfile::tempdir().unwrap();
    selftest(&["quote-rest", "--only", "no-such-fault"], out.path())
        .assert()
        .code(2);
}
