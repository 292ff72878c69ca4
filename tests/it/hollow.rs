//! Connectors without anything behind them: what they answer is valid, and says nothing.
//!
//! None of them satisfies a requirement about data. The snapshots list what they do
//! satisfy: rows about form, which one answer alone can keep, and rows that demand that
//! nothing changes, or that something is tolerated.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay::api::{Api, Operation};
use assay::auth::ApplicationKeyPair;
use assay::model::outcome::{Outcome, Verdict};
use assay::model::report::{Report, RequirementResult};
use assay::model::target::{SecretSource, Target};
use assay::soap::encode::{Changes, envelope};
use assay::soap::{Soap, WireNames};
use assay::suite::Suite;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use base64::Engine as _;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{against, case, json_answer, run_with, serve, suite_of};

/// What every operation answers, whatever is asked.
type Answers = BTreeMap<String, Value>;

/// The least that the schema of an operation permits: no data at all.
fn empty(suite: &Suite) -> Answers {
    let candidates = [json!(null), json!([]), json!({}), json!(0), json!("")];
    let operations = suite.api.operations();
    operations
        .map(|operation| {
            let fits = |body: &&Value| fits(&suite.api, operation, body);
            let least = match &suite.soap {
                Some(_) => json!({}),
                None => candidates.iter().find(fits).cloned().unwrap_or(json!({})),
            };
            (operation.name.clone(), least)
        })
        .collect()
}

fn fits(api: &Api, operation: &Operation, body: &Value) -> bool {
    let judged = api.judge_response(&operation.name, 200, Some("application/json"), body);
    judged.described && judged.errors.is_empty()
}

/// The example of the API description, one that is not of an error.
fn constant(suite: &Suite) -> Answers {
    let operations = suite.api.operations();
    operations
        .map(|operation| {
            let document = suite.api.document();
            let responses = document.pointer(&operation.pointer).unwrap();
            let content = &responses["responses"]["200"]["content"];
            let content = content.as_object().into_iter().flat_map(|map| map.values());
            let examples = content.filter_map(|media| media["examples"].as_object());
            let examples = examples.flat_map(|map| map.values()).map(|example| {
                let reference = example["$ref"].as_str().unwrap_or_default();
                let target = document.pointer(reference.trim_start_matches('#'));
                target.unwrap_or(example)["value"].clone()
            });
            let mut good = examples.filter(|value| value["State"] != "Error");
            let value = good.next().unwrap_or(json!({"IsOk": true, "State": "Ok"}));
            (operation.name.clone(), value)
        })
        .collect()
}

/// Serves the answers over REST, or over SOAP where the API speaks it.
async fn connector(suite: &'static Suite, answers: Answers) -> String {
    let answers = Arc::new(answers);
    serve(
        move |operation| match (answers.get(operation), &suite.soap) {
            (Some(body), None) => json_answer(StatusCode::OK, body.to_string()),
            (Some(body), Some(soap)) => Response::builder()
                .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
                .body(Body::from(message(soap, operation, body)))
                .unwrap(),
            (None, _) => json_answer(StatusCode::NOT_FOUND, "null"),
        },
    )
    .await
}

/// The envelope of an answer: written as that of a request whose names are the answer's.
fn message(soap: &Soap, operation: &str, body: &Value) -> Vec<u8> {
    let operation = soap.operation(operation).unwrap();
    let binding = soap.binding(&operation.binding).unwrap();
    let mut names = WireNames::of_profile(binding, &binding.wires[0]);
    let (outer, inner) = (
        names.response_body(operation),
        names.result_element(operation),
    );
    names.request_bodies.insert(operation.name.clone(), outer);
    names.request_elements.insert(operation.name.clone(), inner);
    let answer = assay::soap::Operation {
        request: Some(operation.response.clone()),
        ..operation.clone()
    };
    envelope(soap, &names, &answer, Some(body), &Changes::default())
}

/// Certifies a hollow connector with everything that the target file of a sample brings.
async fn certify(sample: &str, answers: fn(&Suite) -> Answers) -> Report {
    let case = case(sample);
    let suite = suite_of(case.sample.profile);
    let mut answers = answers(suite);
    let pair = ApplicationKeyPair::generate().unwrap();
    introduce(suite, &mut answers, &pair);
    let url = connector(suite, answers).await;
    run_with(&case, |target| point(target, url, &pair)).await
}

/// Lets the connector say who it is: a hollow one that is refused at once proves nothing.
fn introduce(suite: &Suite, answers: &mut Answers, pair: &ApplicationKeyPair) {
    let Some(answer) = answers.get_mut(&suite.profile.authentication.operation.value) else {
        return;
    };
    *answer = match &suite.soap {
        None => json!({"AccessToken": "token-of-the-hollow-one"}),
        Some(_) => {
            let message = "6D50C131F468876F5B316273B20B69FE.202611212359";
            let signature = pair.sign(message.as_bytes()).unwrap();
            let signature = base64::engine::general_purpose::STANDARD.encode(signature);
            json!({"Succeeded": true, "SignedApplicationToken": format!("{message}.{signature}")})
        }
    };
}

fn point(target: &mut Target, url: String, pair: &ApplicationKeyPair) {
    target.url = url;
    target.allow_http = true;
    target.apps.clear();
    if target.application_key.is_some() {
        target.application_key = Some(SecretSource::Value(pair.public_rsa_xml()));
        target.application_private_key = Some(SecretSource::Value(pair.to_rsa_xml()));
    }
}

#[rstest]
#[case("quote_empty", "quote-full", empty)]
#[case("quote_constant", "quote-full", constant)]
#[case("sync_empty", "erp-sync", empty)]
#[case("sync_constant", "erp-sync", constant)]
#[case("mirroring_empty", "mirroring-auth", empty)]
#[case("mirroring_constant", "mirroring-auth", constant)]
#[tokio::test(flavor = "multi_thread")]
async fn a_hollow_connector_satisfies_no_data_requirement(
    #[case] name: &str,
    #[case] sample: &str,
    #[case] answers: fn(&Suite) -> Answers,
) {
    let report = certify(sample, answers).await;
    assert_eq!(
        report.verdict,
        Verdict::NonConformant,
        "{}",
        against(&report)
    );
    // A row is about data when an operation that decides it gives answers that depend on
    // what is asked; the profile says which do.
    let depending: Vec<&str> = suite_of(&report.profile).depending().collect();
    let about_data = |row: &&&RequirementResult| {
        let mut operations = row.requirement.operations.iter();
        operations.any(|name| depending.contains(&name.as_str()))
    };
    let passing = report.requirements.iter();
    let passing: Vec<_> = passing.filter(|row| row.outcome == Outcome::Pass).collect();
    let wrongly: Vec<&str> = passing
        .iter()
        .filter(about_data)
        .map(|row| row.requirement.id.as_str())
        .collect();
    assert_eq!(wrongly, Vec::<&str>::new(), "{}", against(&report));
    let rest: Vec<String> = passing
        .iter()
        .map(|row| format!("{} {}", row.requirement.id, row.requirement.title))
        .collect();
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("hollow__{name}"), rest.join("\n"));
    });
}
