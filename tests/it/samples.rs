//! The samples without faults: conformant in every variant, mode and scope, without a
//! finding at any level.

use assay::model::outcome::{Outcome, Scope, Verdict};
use assay::sample::Variant;
use rstest::rstest;

use crate::support::{Case, against, ids};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sample_without_faults_gets_no_finding(
    #[values("quote-secret", "quote-jwt", "quote-full")] sample: &str,
    #[values(Variant::Full, Variant::Minimal, Variant::ReadOnly)] variant: Variant,
    #[values(Scope::Development, Scope::Certification)] scope: Scope,
) {
    let report = Case {
        variant,
        scope,
        ..Case::of(sample)
    }
    .run()
    .await;
    assert_eq!(report.verdict, Verdict::Conformant, "{}", against(&report));
    assert_eq!(report.findings.len(), 0, "{}", against(&report));
    assert_eq!(
        ids(&report, Outcome::Fail, None),
        Vec::<String>::new(),
        "{}",
        against(&report)
    );
}

#[rstest]
#[case("erp-sync", Variant::Full)]
#[case("erp-sync", Variant::ReadOnly)]
#[case("erp-sync", Variant::NoSearch)]
#[case("mirroring-auth", Variant::Full)]
#[tokio::test(flavor = "multi_thread")]
async fn a_soap_sample_without_faults_gets_no_finding(
    #[case] sample: &str,
    #[case] variant: Variant,
    #[values(Scope::Development, Scope::Certification)] scope: Scope,
) {
    let case = Case {
        variant,
        scope,
        ..Case::of(sample)
    };
    let report = case.run().await;
    assert_eq!(report.verdict, Verdict::Conformant, "{}", against(&report));
    assert_eq!(report.findings.len(), 0, "{}", against(&report));
    let failed = ids(&report, Outcome::Fail, None);
    assert_eq!(failed, Vec::<String>::new(), "{}", against(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_full_sample_leaves_only_the_attested_row_open() {
    let report = Case::of("quote-full").run().await;
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
