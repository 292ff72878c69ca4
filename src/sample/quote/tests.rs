//! The samples over real sockets: the HTTP edge, and faults end to end.

use std::time::Duration;

use axum::http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use jiff::Timestamp;
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::*;
use crate::base::clock::ManualClock;
use crate::sample::{Application, TrustedKeys, faults, start};

/// A sample over http, and a client with a token of the first customer.
struct Bench {
    sample: RunningSample,
    client: Client,
    clock: ManualClock,
    token: String,
}

fn options(name: &str, faults: &[&str]) -> SampleOptions {
    let now = Timestamp::UNIX_EPOCH.saturating_add(jiff::SignedDuration::from_hours(496_000));
    SampleOptions {
        name: name.to_owned(),
        variant: Variant::Full,
        faults: faults.iter().map(|&name| name.to_owned()).collect(),
        port: 0,
        https: false,
        trusted_keys: TrustedKeys::default(),
        application: Application::default(),
        clock: Arc::new(ManualClock::new(now.unwrap_or_default())),
    }
}

fn secret(target: &Target, role: &str) -> String {
    match target
        .customers
        .get(role)
        .and_then(|customer| customer.secret.clone())
    {
        Some(SecretSource::Value(secret)) => secret,
        _ => String::new(),
    }
}

impl Bench {
    async fn start(variant: Variant, faults: &[&str]) -> Self {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(496_000 * 3600));
        let options = SampleOptions {
            variant,
            clock: Arc::new(clock.clone()),
            ..options("quote-full", faults)
        };
        let sample = start(options)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let client = Client::builder().no_proxy().build();
        let mut bench = Self {
            sample,
            client: client.unwrap_or_else(|error| panic!("{error}")),
            clock,
            token: String::new(),
        };
        bench.token = bench.authenticate("first").await;
        bench
    }

    fn post(&self, operation: &str) -> RequestBuilder {
        let url = format!("{}/{operation}", self.sample.base_url());
        self.client.post(url).bearer_auth(&self.token)
    }

    async fn authenticate(&self, role: &str) -> String {
        let url = format!("{}/Authenticate", self.sample.base_url());
        let secret = secret(&self.sample.target(), role);
        let answer = sent(self.client.post(url).bearer_auth(secret)).await;
        let answer = body(answer).await;
        answer["AccessToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    async fn call(&self, operation: &str, request: &Value) -> (u16, Value) {
        let request = self
            .post(operation)
            .header(CONTENT_TYPE, "application/json")
            .body(request.to_string());
        let answer = sent(request).await;
        (answer.status().as_u16(), body(answer).await)
    }
}

async fn sent(request: RequestBuilder) -> Response {
    request
        .send()
        .await
        .unwrap_or_else(|error| panic!("{error:?}"))
}

async fn body(answer: Response) -> Value {
    let bytes = answer.bytes().await.unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[tokio::test]
async fn a_call_with_a_token_is_answered_and_one_without_is_not() {
    let bench = Bench::start(Variant::Full, &[]).await;
    let (status, lists) = bench.call("GetActivePriceLists", &json!({})).await;
    assert_eq!((status, lists.as_array().map(Vec::len)), (200, Some(4)));
    let url = format!("{}/GetActivePriceLists", bench.sample.base_url());
    let answer = sent(bench.client.post(&url).body("{")).await;
    assert_eq!(answer.status(), 401, "the token counts before the body");
    assert_eq!(
        answer.headers()[WWW_AUTHENTICATE],
        "Bearer realm=\"quotecon\""
    );
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(body(answer).await["State"], "Error");
    let fields = format!("{}/GetConfigurationFields", bench.sample.base_url());
    assert_eq!(sent(bench.client.post(&fields)).await.status(), 200);
    assert_eq!(
        sent(bench.client.post(&fields).bearer_auth("no"))
            .await
            .status(),
        401
    );
}

#[tokio::test]
async fn status_codes_tell_what_is_wrong_with_a_request() {
    let bench = Bench::start(Variant::Full, &[]).await;
    let status = async |request: RequestBuilder| sent(request).await.status().as_u16();
    assert_eq!(status(bench.post("NoSuchThing").body("{}")).await, 404);
    assert_eq!(status(bench.post("findproduct").body("{}")).await, 404);
    assert_eq!(status(bench.post("GetProduct").body("{")).await, 400);
    assert_eq!(status(bench.post("GetProduct").body("[]")).await, 400);
    assert_eq!(status(bench.post("GetProduct").body("{}")).await, 422);
    let text = bench
        .post("GetProduct")
        .header(CONTENT_TYPE, "text/plain")
        .body("{}");
    assert_eq!(status(text).await, 415);
    let utf8 = bench
        .post("GetAllPriceLists")
        .header(CONTENT_TYPE, "application/json; charset=utf-8");
    assert_eq!(status(utf8.body("{}")).await, 200);
    let long = bench
        .post("GetAllPriceLists")
        .body(vec![b' '; 33 * 1024 * 1024]);
    assert_eq!(status(long).await, 413);
    let url = format!("{}/GetProduct", bench.sample.base_url());
    let get = sent(bench.client.get(url)).await;
    assert_eq!(
        (get.status().as_u16(), &get.headers()[ALLOW]),
        (405, &"POST".parse().unwrap())
    );
}

#[tokio::test]
async fn a_version_of_ten_megabytes_is_validated() {
    let bench = Bench::start(Variant::Full, &[]).await;
    let line = json!({"Quantity": 1, "UnitListPrice": 10, "Thumbnail": "A".repeat(100_000)});
    let lines = vec![line; 104];
    let alternative = json!({"CRMAlternative": {}, "CRMQuoteLines": lines});
    let request = json!({
        "Action": "Validate",
        "Context": {
            "CRMQuoteVersion": {"State": "DraftNotCalculated"},
            "CRMAlternativesWithLines": [alternative],
        },
    });
    let (status, answer) = bench.call("ValidateQuoteVersion", &request).await;
    assert_eq!(
        (status, &answer["CRMQuoteVersion"]["State"]),
        (200, &json!("Draft"))
    );
    let total = &answer["CRMAlternativesWithLines"][0]["CRMAlternative"]["TotalPrice"];
    assert_eq!(*total, json!(1040.0));
}

#[tokio::test]
async fn names_are_read_in_any_case_and_written_in_one() {
    let bench = Bench::start(Variant::Full, &[]).await;
    let key = "HO-DSK-160@HO-NOK";
    let (_, exact) = bench
        .call("GetQuoteLinesFromProduct", &json!({"ErpProductKey": key}))
        .await;
    let (_, other) = bench
        .call("GetQuoteLinesFromProduct", &json!({"erpProductKey": key}))
        .await;
    assert_eq!(exact, other);
    assert_eq!(exact[0]["ERPProductKey"], key);
}

#[tokio::test]
async fn customers_are_kept_apart() {
    let mut bench = Bench::start(Variant::Full, &[]).await;
    let mine = json!({"ErpProductKey": "HO-DSK-160@HO-NOK", "ContextIdentifier": "Cust20101"});
    assert_eq!(bench.call("GetProduct", &mine).await.0, 200);
    bench.token = bench.authenticate("second").await;
    assert_eq!(bench.call("GetProduct", &mine).await.0, 422);
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let mut bench = Bench::start(Variant::Full, &[]).await;
    bench.token = bench.authenticate("expiring").await;
    assert_eq!(bench.call("GetCapabilities", &json!([])).await.0, 200);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.call("GetCapabilities", &json!([])).await.0, 401);
}

#[tokio::test]
async fn variants_offer_what_they_say() {
    for (variant, offered) in [
        (Variant::Full, 28),
        (Variant::ReadOnly, 26),
        (Variant::Minimal, 7),
    ] {
        let bench = Bench::start(variant, &[]).await;
        let mut found = 0;
        for operation in operation::Operation::ALL {
            let (status, _) = bench.call(operation.name(), &json!({})).await;
            assert_eq!(
                status != 404,
                operation.offered(variant),
                "{variant} {operation}"
            );
            found += i32::from(status != 404);
        }
        assert_eq!(found, offered, "{variant}");
        let (_, capabilities) = bench.call("GetCapabilities", &json!([])).await;
        assert_eq!(
            capabilities["iorderconsumer_place_order"],
            variant == Variant::Full
        );
    }
}

#[tokio::test]
async fn https_is_served_under_an_authority_of_its_own() {
    let sample = start(SampleOptions {
        https: true,
        ..options("quote-secret", &[])
    })
    .await;
    let sample = sample.unwrap_or_else(|error| panic!("{error}"));
    let target = sample.target();
    assert!(target.url.starts_with("https://127.0.0.1:") && !target.allow_http);
    let ca = Certificate::from_pem(target.tls.ca_pem.clone().unwrap_or_default().as_bytes());
    let client = Client::builder().no_proxy().tls_certs_only(ca).build();
    let client = client.unwrap_or_else(|error| panic!("{error}"));
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("{}/Authenticate", target.url.replace("127.0.0.1", host));
        let answer = sent(client.post(url).bearer_auth(secret(&target, "first"))).await;
        assert_eq!(answer.status(), 200);
    }
    let plain = format!("{}/Authenticate", target.url.replace("https:", "http:"));
    assert!(client.post(plain).send().await.is_err());
    sample.stop().await;
    assert!(client.post(&target.url).send().await.is_err(), "stopped");
}

#[tokio::test]
async fn plain_http_is_a_fault() {
    let faulty = SampleOptions {
        https: true,
        ..options("quote-secret", &["plain-http-served"])
    };
    let sample = start(faulty)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let target = sample.target();
    let client = Client::builder()
        .no_proxy()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let plain = format!("{}/Authenticate", target.url.replace("https:", "http:"));
    let answer = sent(client.post(plain).bearer_auth(secret(&target, "first"))).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn what_cannot_be_started_says_what_can() {
    let message = |result: Result<RunningSample, SampleError>| match result {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let unknown = message(start(options("quote-soap", &[])).await);
    assert!(
        unknown.contains("quote-soap") && unknown.contains("quote-full"),
        "{unknown}"
    );
    let fault = message(start(options("quote-full", &["typo"])).await);
    assert!(
        fault.contains("typo") && fault.contains("bearer-in-one-spelling"),
        "{fault}"
    );
    let variant = "huge".parse::<Variant>().map_err(|error| error.to_string());
    assert_eq!(
        variant.err().as_deref(),
        Some("no variant is called \"huge\"; there are full, minimal, read-only, no-search")
    );
}

#[tokio::test]
async fn faults_show_over_the_wire() {
    let bench = Bench::start(Variant::Full, &["unknown-product-404", "english-only"]).await;
    let (status, answer) = bench
        .call("GetProduct", &json!({"ErpProductKey": "none"}))
        .await;
    assert_eq!(status, 404);
    assert_eq!(answer["UserExplanation"], "That did not work.");
    let bench = Bench::start(Variant::Full, &["one-megabyte-limit"]).await;
    let long = bench
        .post("GetAllPriceLists")
        .body(vec![b' '; 2 * 1024 * 1024]);
    assert_eq!(sent(long).await.status(), 413);
}

#[tokio::test]
async fn no_fault_breaks_the_connection_or_an_unrelated_call() {
    for fault in faults() {
        if fault.profile != PROFILE {
            continue;
        }
        let certificate = fault.name.starts_with("certificate") || fault.name.starts_with("slow");
        if certificate || fault.name.starts_with("authenticate") || fault.name.contains("oauth") {
            continue;
        }
        let bench = Bench::start(Variant::Full, &[fault.name]).await;
        for operation in operation::Operation::ALL {
            let (status, _) = bench.call(operation.name(), &json!({})).await;
            assert!(status >= 200, "{}: {operation}", fault.name);
        }
    }
}

#[tokio::test]
async fn results_mix_under_parallel_load_only_with_the_fault() {
    for (fault, mixes) in [(None, false), (Some("parallel-calls-share-a-result"), true)] {
        let bench = Bench::start(Variant::Full, fault.as_slice()).await;
        let keys = [
            "HO-DSK-160@HO-NOK",
            "HO-STO-LOW@HO-NOK",
            "HO-SRV-ASM@HO-NOK",
        ];
        let bench = &bench;
        let calls = keys.map(|key| async move {
            let (_, product) = bench
                .call("GetProduct", &json!({"ErpProductKey": key}))
                .await;
            product["ERPProductKey"] == key
        });
        let [first, second, third] = calls;
        let (first, second, third) = tokio::join!(first, second, third);
        assert_eq!(!(first && second && third), mixes, "{fault:?}");
    }
}

#[test]
fn the_target_brings_the_fixtures_that_apply() {
    let customers = data::customers();
    for variant in VARIANTS {
        let options = SampleOptions {
            variant: *variant,
            ..options("quote-full", &[])
        };
        let target = target(
            &crate::sample::SAMPLES[2],
            Modes::Both,
            &options,
            "http://127.0.0.1/quotecon",
            None,
            &customers,
        );
        assert_eq!(
            target.fixtures.contains_key("refused_order"),
            *variant == Variant::Full
        );
        assert_eq!(
            target.connection.values.is_empty(),
            *variant == Variant::Minimal
        );
        assert_eq!(target.customers.len(), 3);
    }
}
