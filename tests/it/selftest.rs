//! The suites prove themselves, and `assay selftest` tells when one does not.

use std::path::Path;

use assay::selftest::Choice;
use assert_cmd::Command;
use rstest::rstest;
use serde_json::Value;

use crate::support::suite_of;

/// Runs at the same time: profiles are tested side by side.
const JOBS: usize = 4;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_suite_catches_what_it_claims_and_nothing_else(
    #[values("quote-rest", "erp-sync", "mirroring-auth")] profile: &str,
) {
    let suite = suite_of(profile);
    let choice = Choice::default();
    let score = assay::selftest::test(suite, &choice, JOBS, &|_| {})
        .await
        .unwrap();
    let deviations = score.deviations();
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
    let must = score.proof.must;
    assert_eq!(must.proved, must.automated, "MUST without a caught fault");
    assert!(100 * score.proof.proved() >= 97 * score.proof.automated());
    assert_eq!(
        Some(&score.proof),
        assay::suite::proof(profile).as_ref(),
        "the recorded score is not of this suite: assay selftest --record src/suite/proof.json"
    );
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
        "AUTH-100",
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
