//! SOAP stacks that are not ours, prepared by `interop/prepare`: a connector of strangers
//! on spyne, a service of real WCF on Mono, and the clients of zeep and WCF against our
//! sample. Where one is missing the test says so and is skipped; with `CI` set that fails.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use assay::auth::{ApplicationKeyPair, KeyServer};
use assay::base::clock::{Clock, SystemClock};
use assay::model::outcome::{Outcome, Scope, Verdict};
use assay::model::report::Report;
use assay::model::target::{Customer, SecretSource, Target};
use assay::sample::{Application, RunningSample, SampleOptions, TrustedKeys, Variant};
use assay::selftest::Case;
use serde_json::{Value, json};

use crate::support::{against, case, ids, judge, key, keys};

const APPLICATION: &str = "5a55a7e57e12";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file that `interop/prepare` made, or `None` with a word about it.
fn peer(path: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("ASSAY_PEERS").map_or_else(|| root().join("target/peers"), PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{path} is needed in CI: run interop/prepare"
    );
    eprintln!("SKIPPED: {path} is missing; interop/prepare makes it");
    None
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command and waits for the line on its stdout that holds `word`.
fn start(command: &mut Command, word: &str) -> (Running, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let running = Running(child);
    let mut lines = BufReader::new(stdout).lines();
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains(word))
        .unwrap_or_else(|| panic!("{command:?} never said {word}"));
    // What it says later must not block it.
    std::thread::spawn(move || lines.for_each(drop));
    (running, line)
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// What both services are told: whom to trust, and the application's own key.
struct Given {
    folder: tempfile::TempDir,
    pair: ApplicationKeyPair,
}

impl Given {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pair = ApplicationKeyPair::generate().unwrap();
        std::fs::write(folder.path().join("trusted.crt"), key().certificate_pem()).unwrap();
        std::fs::write(folder.path().join("application.xml"), pair.to_rsa_xml()).unwrap();
        Self { folder, pair }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The target file that a service wrote, completed by what a tester adds.
    fn target(&self) -> Target {
        let text = std::fs::read_to_string(self.file("target.yaml")).unwrap();
        let mut target: Target = serde_saphyr::from_str(&text).unwrap();
        for (role, id) in [("first", "Cust12345"), ("second", "Cust54321")] {
            let customer = Customer {
                id: id.to_owned(),
                serial: "1234567890".to_owned(),
                ..Customer::default()
            };
            target.customers.insert(role.to_owned(), customer);
        }
        target.jwt = None;
        target.application_private_key = Some(SecretSource::Value(self.pair.to_rsa_xml()));
        target
    }

    async fn judge(&self) -> Report {
        self.judge_as("erp-sync", 0).await
    }

    /// Judges by the suite of a sample, and serves the keys on a port.
    async fn judge_as(&self, sample: &str, port: u16) -> Report {
        let served = KeyServer::start(port, vec![key()]).await.unwrap();
        let case = Case {
            scope: Scope::Development,
            ..case(sample)
        };
        let clock = Arc::new(SystemClock);
        judge(&case, self.target(), Some((keys(), Some(served))), clock).await
    }
}

/// A connector that trusts a certificate.
fn spyne(python: &Path, given: &Given, arguments: &[&str]) -> Running {
    let certificate = given.file("trusted.crt");
    let certificate = certificate.to_str().unwrap();
    let trust = ["--certificate", certificate];
    spyne_trusting(python, given, &[&trust, arguments].concat())
}

fn spyne_trusting(python: &Path, given: &Given, arguments: &[&str]) -> Running {
    let (running, _) = start(
        Command::new(python)
            .current_dir(root().join("interop/erp-python"))
            .args(["-B", "connector.py", "--port", &free_port().to_string()])
            .args(["--application-id", APPLICATION, "--application-key"])
            .arg(given.file("application.xml"))
            .arg("--state")
            .arg(given.file("state.json"))
            .arg("--write-target")
            .arg(given.file("target.yaml"))
            .args(arguments),
        "ready:",
    );
    running
}

fn styles(names: &'static str) -> Vec<&'static str> {
    let names = names.split(' ');
    names.flat_map(|name| ["--style", name]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compliant_connector_on_spyne_gets_no_finding() {
    let Some(python) = peer("venv/bin/python") else {
        return;
    };
    for arguments in [
        &["--variant", "full"][..],
        &["--variant", "no-search", "--is-ok"],
        &["--variant", "read-only", "--jwt-answer"],
        // What the contract leaves free, done otherwise.
        &styles("default-namespaces indented no-declaration further-members odd-keys"),
        &styles(
            "nil-members cdata-and-comments faults-of-another-stack connection-closed shuffled",
        ),
    ] {
        let given = Given::new();
        let _running = spyne(&python, &given, arguments);
        let report = given.judge().await;
        assert_eq!(
            report.verdict,
            Verdict::Conformant,
            "{arguments:?}: {}",
            against(&report)
        );
        assert_eq!(
            report.findings.len(),
            0,
            "{arguments:?}: {}",
            against(&report)
        );
    }
}

/// Bugs of each kind; their authors say what they violate.
#[tokio::test(flavor = "multi_thread")]
async fn bugs_planted_on_spyne_are_named() {
    let Some(python) = peer("venv/bin/python") else {
        return;
    };
    let listed = Command::new(&python)
        .current_dir(root().join("interop/erp-python"))
        .args(["-B", "bugs.py", "--json"])
        .output()
        .unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let bugs = [
        "stamp-after-parent",
        "value-before-key",
        "guid-lower-lost-on-save",
        "second-connection-shares",
        "partner-list-unnamed",
        "decimal-comma",
        "parent-key-cut",
        "since-is-exclusive",
        "third-restriction-lost",
        "saving-keeps-the-stamp",
        "depots-fail-for-second",
        "signed-utf16",
        "none-in-mixed-case-accepted",
        "audience-prefix",
        "search-in-all-firms",
        "batch-values-of-last",
    ];
    let mut wrong = Vec::new();
    for bug in bugs {
        let rows = listed.as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == bug).unwrap();
        let named: Vec<&str> = row["ids"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let given = Given::new();
        let _running = spyne(&python, &given, &["--bug", bug]);
        let report = given.judge().await;
        let failed = ids(&report, Outcome::Fail, None);
        if !failed.iter().any(|id| id == named[0]) {
            wrong.push(format!("{bug}: missed {}\n{}", named[0], against(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Keys that are fetched from the harness, which begins to serve them after the connector
/// has looked for them in vain.
#[tokio::test(flavor = "multi_thread")]
async fn bugs_with_fetched_keys_are_named() {
    let Some(python) = peer("venv/bin/python") else {
        return;
    };
    let mut wrong = Vec::new();
    for (bug, id) in [
        (None, None),
        (Some("first-published-key"), Some("AUTH-092")),
        (Some("open-without-keys"), Some("AUTH-095")),
        (Some("keys-not-cached"), Some("AUTH-096")),
        (Some("slow-first-handshake"), Some("AUTH-009")),
    ] {
        let given = Given::new();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}/.well-known/jwks");
        let trust = ["--jwks", &url];
        let planted: Vec<&str> = bug.into_iter().flat_map(|bug| ["--bug", bug]).collect();
        let _running = spyne_trusting(&python, &given, &[&trust, &planted[..]].concat());
        let report = given.judge_as("erp-sync", port).await;
        let failed = ids(&report, Outcome::Fail, None);
        let named = id.is_none_or(|id| failed.iter().any(|failed| failed == id));
        if !named || (id.is_none() && !failed.is_empty()) {
            wrong.push(format!("{bug:?}: {failed:?}\n{}", against(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A mirroring service of strangers: without a bug no finding, with one its requirement.
#[tokio::test(flavor = "multi_thread")]
async fn bugs_planted_on_a_mirroring_service_are_named() {
    let Some(python) = peer("venv/bin/python") else {
        return;
    };
    let folder = root().join("interop/mirroring-python");
    let listed = Command::new(&python)
        .current_dir(&folder)
        .args(["-B", "bugs.py", "--json"])
        .output()
        .unwrap();
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    // One of four, for time.
    let bugs = listed
        .iter()
        .step_by(4)
        .map(|row| (row["name"].as_str(), row["ids"][0].as_str()));
    let mut wrong = Vec::new();
    for (bug, id) in std::iter::once((None, None)).chain(bugs) {
        let given = Given::new();
        let mut command = Command::new(&python);
        command
            .current_dir(&folder)
            .args(["-B", "connector.py", "--port", &free_port().to_string()])
            .args(["--application-id", APPLICATION, "--application-key"])
            .arg(given.file("application.xml"))
            .arg("--certificate")
            .arg(given.file("trusted.crt"))
            .arg("--write-target")
            .arg(given.file("target.yaml"))
            .args(bug.into_iter().flat_map(|bug| ["--bug", bug]));
        let _running = start(&mut command, "ready:");
        let report = given.judge_as("mirroring-auth", 0).await;
        let failed = ids(&report, Outcome::Fail, None);
        let named = id.is_none_or(|id| failed.iter().any(|failed| failed == id));
        if !named || (id.is_none() && !failed.is_empty()) {
            wrong.push(format!("{bug:?} {id:?}: {failed:?}\n{}", against(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn real_wcf_gets_no_finding() {
    let Some(service) = peer("mono/service.exe") else {
        return;
    };
    let given = Given::new();
    let (_running, _) = start(
        Command::new("mono")
            .arg(service)
            .args([
                "--application-id",
                APPLICATION,
                "--password",
                "pw-of-a-test",
            ])
            .args(["--port", &free_port().to_string(), "--certificate"])
            .arg(given.file("trusted.crt"))
            .arg("--application-key")
            .arg(given.file("application.xml"))
            .arg("--jwt-key")
            .arg(given.file("unused.key"))
            .arg("--write-target")
            .arg(given.file("target.yaml")),
        "ready",
    );
    let report = given.judge().await;
    assert_eq!(report.verdict, Verdict::Conformant, "{}", against(&report));
    assert_eq!(report.findings.len(), 0, "{}", against(&report));
    // The names came from WCF's own WSDL, through its imports.
    let names = &report.facts.discovered["wire names of erp"];
    assert!(names.starts_with("the connector's WSDL"), "{names}");
}

/// Our sample over plain http, and a file with a good token for it.
async fn sample() -> (RunningSample, tempfile::TempDir) {
    assay::transport::install_crypto_provider();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sample = assay::sample::start(SampleOptions {
        name: "erp-sync".to_owned(),
        variant: Variant::Full,
        faults: Vec::new(),
        port: 0,
        https: false,
        trusted_keys: TrustedKeys {
            certificate_pem: Some(key().certificate_pem().to_owned()),
            jwks_url: None,
        },
        application: Application::default(),
        clock: Arc::clone(&clock),
    })
    .await
    .unwrap();
    let now = clock.now().as_second();
    let application = sample.target().application_id.unwrap();
    let token = key()
        .sign(
            &json!({"alg": "RS256", "typ": "JWT", "kid": key().kid(), "x5t": key().x5t()}),
            &json!({
                "iss": "SuperOffice AS", "aud": format!("spn:{application}"),
                "sub": "Cust12345", "nonce": "6D50C131F468876F5B316273B20B69FE",
                "http://schemes.superoffice.net/identity/ctx": "Cust12345",
                "nbf": now - 60, "exp": now + 300,
            }),
        )
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), token).unwrap();
    (sample, folder)
}

/// `--config` arguments with the values of the sample's first configuration.
fn configuration(target: &Target) -> Vec<String> {
    let mut values = target.connection.values.clone();
    for (name, secret) in &target.connection.secrets {
        let secret = secret.read(Path::new(".")).unwrap();
        values.insert(name.clone(), secret);
    }
    let pairs = values.into_iter();
    pairs
        .flat_map(|(name, value)| ["--config".to_owned(), format!("{name}={value}")])
        .collect()
}

/// Runs a client, which calls every operation and fails when one of them does.
async fn client(mut command: Command) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("18 operations called, 0 failed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn zeep_reads_our_wsdl_and_calls_every_operation() {
    let Some(python) = peer("venv/bin/python") else {
        return;
    };
    let (sample, folder) = sample().await;
    let application = sample.target().application_id.unwrap();
    let mut command = Command::new(python);
    command
        .arg("-B")
        .arg(root().join("interop/erp-zeep/client.py"))
        .arg(format!("{}?wsdl", sample.base_url()))
        .args(["--application-id", &application, "--token-file"])
        .arg(folder.path().join("token"))
        .args(configuration(&sample.target()));
    client(command).await;
    sample.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wcf_channel_calls_every_operation_of_our_sample() {
    let Some(program) = peer("mono/client.exe") else {
        return;
    };
    let (sample, folder) = sample().await;
    let mut command = Command::new("mono");
    command
        .arg(program)
        .args(["--url", sample.base_url(), "--token-file"])
        .arg(folder.path().join("token"))
        .args(configuration(&sample.target()));
    client(command).await;
    sample.stop().await;
}
