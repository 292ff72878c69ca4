//! A connector that strangers wrote: `interop/quote-python`, Python's standard library
//! only, from the contract's words and with other data. Without bugs it gets no finding;
//! with bugs planted by its authors the right requirements are named.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use assay::auth::KeyServer;
use assay::base::clock::SystemClock;
use assay::model::outcome::{Outcome, Scope, Verdict};
use assay::model::report::Report;
use assay::model::requirement::Level;
use assay::model::target::Target;
use assay::selftest::Case;
use serde_json::{Value, json};

use crate::support::{against, case, ids, judge, key, keys};

struct Peer {
    process: Child,
    facts: Value,
    keys: Option<KeyServer>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/quote-python")
}

/// Whether there is a Python to run the peer; says so when there is none. CI has one.
fn python() -> bool {
    let found = Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "python3 is needed in CI"
    );
    if !found {
        eprintln!("SKIPPED: no python3 on this machine");
    }
    found
}

impl Peer {
    async fn start(arguments: &[&str]) -> Self {
        let keys = KeyServer::start(0, vec![key()]).await.unwrap();
        let mut process = Command::new("python3")
            .current_dir(folder())
            .args([
                "-B",
                "connector.py",
                "--port",
                "0",
                "--jwks",
                &keys.jwks_url(),
            ])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let facts = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self {
            process,
            facts,
            keys: Some(keys),
        }
    }

    /// The target file that a tester would write from the peer's own words.
    fn target(&self) -> Target {
        let (first, second) = (&self.facts["customers"][0], &self.facts["customers"][1]);
        let cases = &self.facts["testerCases"];
        let changes = |name: &str| json!({"set": cases[name]["set"]});
        let customer = |facts: &Value, secret: &str| {
            json!({"id": facts["ctx"], "serial": facts["serial"].to_string().trim_matches('"'),
                "secret": {"value": facts[secret]}})
        };
        serde_json::from_value(json!({
            "connector": {"name": "Quote peer in Python"},
            "url": self.facts["baseUrl"],
            "allow_http": true,
            "application_id": self.facts["applicationId"],
            "customers": {
                "first": customer(first, "secret"),
                "second": customer(second, "secret"),
                "expiring": customer(first, "shortLivedSecret"),
            },
            "connection": {"values": cases["configGood"], "bad_values": cases["configBad"][0]},
            "fixtures": {
                "refused_create_quote": changes("refuseCreate"),
                "refused_create_version": changes("refuseCreate"),
                "refused_create_alternative": changes("refuseCreate"),
                "refused_order": changes("refuseOrder"),
                "changed_order": changes("orderPartlyDelivered"),
                "product_without_image": first["productWithoutImage"],
            },
        }))
        .unwrap()
    }

    async fn judge(&mut self) -> Report {
        let served = self.keys.take();
        let case = Case {
            scope: Scope::Development,
            ..case("quote-full")
        };
        let clock = Arc::new(SystemClock);
        judge(&case, self.target(), Some((keys(), served)), clock).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compliant_connector_of_strangers_gets_no_finding() {
    if !python() {
        return;
    }
    for variant in ["full", "minimal", "no-orders", "no-search"] {
        let report = Peer::start(&["--variant", variant]).await.judge().await;
        assert_eq!(
            report.verdict,
            Verdict::Conformant,
            "{variant}: {}",
            against(&report)
        );
        assert_eq!(report.findings.len(), 0, "{variant}: {}", against(&report));
    }
}

/// What the contract leaves free, another connector does otherwise: several ways at once.
#[tokio::test(flavor = "multi_thread")]
async fn other_ways_to_keep_the_contract_get_no_finding() {
    if !python() {
        return;
    }
    for styles in [
        "members-reversed more-members two-zeros close-each other-headers odd-keys",
        "nulls-written pretty-ascii many-digits tokens-look-like-jwt",
        "nulls-left-out exponents http-1.0 always-400 long-tokens numeric-keys",
    ] {
        let names = styles.split(' ');
        let arguments: Vec<&str> = names.flat_map(|name| ["--style", name]).collect();
        let report = Peer::start(&arguments).await.judge().await;
        let found = against(&report);
        assert_eq!(report.verdict, Verdict::Conformant, "{styles}: {found}");
        assert_eq!(report.findings.len(), 0, "{styles}: {found}");
    }
}

/// One planted bug of each area; its authors say what it violates.
#[tokio::test(flavor = "multi_thread")]
async fn bugs_planted_by_strangers_are_named() {
    if !python() {
        return;
    }
    let listed = Command::new("python3")
        .current_dir(folder())
        .args(["-B", "connector.py", "--list-bugs"])
        .output()
        .unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let bugs = [
        "unknown-product-404",
        "jwt-audience-unchecked",
        "context-identifier-obeyed",
        "camel-case-second-customer",
        "isok-always-true",
        "list-promised-not-kept",
        "currency-exact-case",
        "criteria-or",
        "subscription-periods-ignored",
        "alternative-sums-subtotals",
        "validate-reopens-sent",
        "refused-order-has-key",
        "jwt-session-per-associate",
        "changed-fields-decide",
    ];
    let mut wrong = Vec::new();
    for bug in bugs {
        let row = listed
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == bug)
            .unwrap();
        let named = |member: &str| -> Vec<String> {
            row[member]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap().to_owned())
                .collect()
        };
        let (violates, consequences) = (named("violates"), named("consequences"));
        let report = Peer::start(&["--bug", bug]).await.judge().await;
        let failed = ids(&report, Outcome::Fail, None);
        let missed: Vec<&String> = violates.iter().filter(|id| !failed.contains(id)).collect();
        let musts = ids(&report, Outcome::Fail, Some(Level::Must));
        let extra: Vec<&String> = musts
            .iter()
            .filter(|id| !violates.contains(id) && !consequences.contains(id))
            .collect();
        if !missed.is_empty() || !extra.is_empty() {
            wrong.push(format!(
                "{bug}: missed {missed:?}, wrongly charged {extra:?}\n{}",
                against(&report)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
