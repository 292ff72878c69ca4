//! The samples without faults: what the self-test does not look at.

use assay::model::outcome::{Outcome, Scope, Verdict};
use assay::sample::Variant;
use assay::selftest::Case;
use rstest::rstest;

use crate::support::{against, case, ids, run};

#[rstest]
#[case("quote-secret", Variant::Minimal)]
#[case("quote-jwt", Variant::ReadOnly)]
#[case("quote-full", Variant::Minimal)]
#[case("quote-full", Variant::ReadOnly)]
#[case("erp-sync", Variant::ReadOnly)]
#[case("erp-sync", Variant::NoSearch)]
#[tokio::test(flavor = "multi_thread")]
async fn a_lesser_variant_gets_no_finding_in_the_development_scope(
    #[case] sample: &str,
    #[case] variant: Variant,
) {
    let case = Case {
        variant,
        scope: Scope::Development,
        ..case(sample)
    };
    let report = run(&case).await;
    assert_eq!(report.verdict, Verdict::Conformant, "{}", against(&report));
    assert_eq!(report.findings.len(), 0, "{}", against(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_full_sample_leaves_only_the_attested_row_open() {
    let report = run(&case("quote-full")).await;
    let open: Vec<String> = [
        Outcome::Vacuous,
        Outcome::Blocked,
        Outcome::Review,
        Outcome::NotSelected,
    ]
    .into_iter()
    .flat_map(|outcome| ids(&report, outcome, None))
    .collect();
    assert_eq!(open, ["QC-242"], "{}", against(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_repeated_gives_the_same_result_each_time() {
    let once = run(&case("quote-full")).await;
    let repeated = Case {
        repeat: 3,
        ..case("quote-full")
    };
    let report = run(&repeated).await;
    assert_eq!(report.verdict, Verdict::Conformant, "{}", against(&report));
    for (row, before) in report.requirements.iter().zip(&once.requirements) {
        let id = &row.requirement.id;
        assert_eq!(row.outcome, before.outcome, "{id}");
        let repeats = row.repeats.filter(|repeats| repeats.rounds > 1);
        assert!(
            repeats.is_none_or(|repeats| repeats.passed == repeats.rounds),
            "{id}"
        );
    }
    let steady = report.requirements.iter().filter(|row| {
        let three = row.repeats.is_some_and(|repeats| repeats.passed == 3);
        row.outcome == Outcome::Pass && three
    });
    assert!(steady.count() > 150, "{}", against(&report));
}
