//! Connectors that are down, wrongly configured or hostile.

use std::sync::Arc;

use assay::base::clock::ManualClock;
use assay::model::outcome::{FaultDomain, Outcome, Scope, Verdict};
use assay::model::report::Report;
use assay::model::target::{Customer, SecretSource, Target};
use assay::selftest::Case;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use rstest::rstest;

use crate::support::{against, case, ids, json_answer, judge as run_against, run_with, serve};

fn target(url: &str) -> Target {
    let customer = Customer {
        id: "Cust1".to_owned(),
        serial: "1".to_owned(),
        secret: Some(SecretSource::Value("a-secret-of-the-test".to_owned())),
        users: Vec::new(),
    };
    Target {
        url: url.to_owned(),
        allow_http: true,
        customers: [("first".to_owned(), customer)].into(),
        ..Target::default()
    }
}

async fn judge(target: Target) -> Report {
    let clock = Arc::new(ManualClock::new(jiff::Timestamp::now()));
    let case = Case {
        scope: Scope::Development,
        ..case("quote-full")
    };
    run_against(&case, target, None, clock).await
}

fn one_finding(report: &Report, domain: FaultDomain) {
    assert_eq!(report.findings.len(), 1, "{}", against(report));
    assert_eq!(report.findings[0].domain, domain, "{}", against(report));
    assert_eq!(
        ids(report, Outcome::Fail, None),
        Vec::<String>::new(),
        "{}",
        against(report)
    );
    assert_eq!(
        (report.verdict, report.exit_code),
        (Verdict::Incomplete, 3),
        "{}",
        against(report)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_is_down_is_one_finding_of_the_environment() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    one_finding(
        &judge(target(&format!("http://{address}/x"))).await,
        FaultDomain::Environment,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_one_finding_of_the_configuration() {
    let case = Case {
        scope: Scope::Development,
        ..case("quote-secret")
    };
    let report = run_with(&case, |target| {
        let first = target.customers.get_mut("first").unwrap();
        first.secret = Some(SecretSource::Value("not-the-secret-at-all".to_owned()));
    })
    .await;
    one_finding(&report, FaultDomain::Configuration);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_base_path_is_one_finding_of_the_configuration() {
    let case = Case {
        scope: Scope::Development,
        ..case("quote-full")
    };
    let report = run_with(&case, |target| target.url.push_str("/nowhere")).await;
    one_finding(&report, FaultDomain::Configuration);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_in_place_of_the_connector_is_one_finding_of_the_configuration() {
    let url = serve(|_| {
        Response::builder()
            .header(header::CONTENT_TYPE, "text/html")
            .body(Body::from("<h1>Sign in</h1>"))
            .unwrap()
    })
    .await;
    one_finding(&judge(target(&url)).await, FaultDomain::Configuration);
}

#[rstest]
#[case::not_json("oops")]
#[case::deep(&"[".repeat(100_000))]
#[case::control("\u{0}\u{1b}[31m\u{202e}")]
#[case::number("1e999999")]
#[case::keys(r#"{"__proto__": {"a": 1}, "": [[[[]]]], "\ud800": 1}"#)]
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_crashes_or_fools_the_harness(#[case] body: &str) {
    let body = body.to_owned();
    let url = serve(move |operation| match operation {
        "Authenticate" => json_answer(
            StatusCode::OK,
            r#"{"AccessToken": "token-of-the-hostile-one"}"#,
        ),
        _ => json_answer(StatusCode::OK, body.clone()),
    })
    .await;
    let report = judge(target(&url)).await;
    assert_eq!(
        report.verdict,
        Verdict::NonConformant,
        "{}",
        against(&report)
    );
    assert_eq!(
        ids(&report, Outcome::Error, None),
        Vec::<String>::new(),
        "{}",
        against(&report)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_a_finding_and_stops_the_run() {
    let report = run_with(&case("quote-full"), |target| {
        // The sample's CA is taken away: its certificate chains to nothing known.
        target.tls.ca_pem = None;
    })
    .await;
    assert_eq!(
        ids(&report, Outcome::Fail, None),
        ["QC-002"],
        "{}",
        against(&report)
    );
    assert_eq!(
        report.verdict,
        Verdict::NonConformant,
        "{}",
        against(&report)
    );
}
