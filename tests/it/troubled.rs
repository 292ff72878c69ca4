//! Connectors that are down, wrongly configured, empty or hostile.

use std::net::SocketAddr;
use std::sync::Arc;

use assay::base::clock::ManualClock;
use assay::model::outcome::{FaultDomain, Outcome, Scope, Verdict};
use assay::model::report::Report;
use assay::model::target::{Customer, SecretSource, Target};
use assay::selftest::Case;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, Uri, header};
use rstest::rstest;
use serde_json::json;

use crate::support::{against, case, ids, judge as run_against, run_with, suite};

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

/// Serves one function for every request.
async fn serve<F>(answer: F) -> String
where
    F: Fn(&str, &Bytes) -> Response<Body> + Clone + Send + Sync + 'static,
{
    let router = Router::new().fallback(move |uri: Uri, body: Bytes| {
        let answer = answer.clone();
        async move { answer(uri.path().trim_start_matches('/'), &body) }
    });
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn json_answer(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
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
    let url = serve(|_, _| {
        Response::builder()
            .header(header::CONTENT_TYPE, "text/html")
            .body(Body::from("<h1>Sign in</h1>"))
            .unwrap()
    })
    .await;
    one_finding(&judge(target(&url)).await, FaultDomain::Configuration);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_connector_is_not_conformant_and_verifies_no_data() {
    let url = serve(|operation, _| {
        if operation == "Authenticate" {
            return json_answer(
                StatusCode::OK,
                r#"{"AccessToken": "token-of-the-empty-one"}"#,
            );
        }
        let api = &suite().api;
        let fits = |body: &serde_json::Value| {
            let judged = api.judge_response(operation, 200, Some("application/json"), body);
            judged.described && judged.errors.is_empty()
        };
        let candidates = [json!(null), json!([]), json!({}), json!(0), json!("")];
        match candidates.iter().find(|body| fits(body)) {
            Some(body) => json_answer(StatusCode::OK, body.to_string()),
            None => json_answer(StatusCode::NOT_FOUND, "null"),
        }
    })
    .await;
    let report = judge(target(&url)).await;
    assert_eq!(
        report.verdict,
        Verdict::NonConformant,
        "{}",
        against(&report)
    );
    let data = [
        "QC-117", "QC-122", "QC-132", "QC-138", "QC-143", "QC-165", "QC-178", "QC-197", "QC-217",
    ];
    let satisfied = ids(&report, Outcome::Pass, None);
    let wrongly: Vec<&&str> = data
        .iter()
        .filter(|id| satisfied.contains(&(**id).to_owned()))
        .collect();
    assert!(
        wrongly.is_empty(),
        "{wrongly:?} satisfied by nothing\n{}",
        against(&report)
    );
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
    let url = serve(move |operation, _| match operation {
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
