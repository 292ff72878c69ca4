//! Runs of samples inside the test process, on a clock that never waits.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use assay::auth::{KeyServer, SigningKey};
use assay::base::clock::{Clock, ManualClock};
use assay::model::event::RunEvent;
use assay::model::outcome::{Outcome, Scope};
use assay::model::report::Report;
use assay::model::requirement::Level;
use assay::model::target::Target;
use assay::run::{Options, Prepared, Sink};
use assay::sample::{Application, RunningSample, SAMPLES, SampleOptions, TrustedKeys, Variant};
use assay::suite::{Selection, Source, Suite, load};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri, header};

/// Collects the events of a run.
#[derive(Default)]
pub struct Collector(Mutex<Vec<RunEvent>>);

impl Sink for Collector {
    fn emit(&self, event: RunEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl Collector {
    pub fn events(self) -> Vec<RunEvent> {
        self.0.into_inner().unwrap()
    }
}

/// A shipped suite, loaded once.
pub fn suite_of(profile: &str) -> &'static Suite {
    static SUITES: Mutex<BTreeMap<String, &'static Suite>> = Mutex::new(BTreeMap::new());
    let mut suites = SUITES.lock().unwrap_or_else(PoisonError::into_inner);
    suites.entry(profile.to_owned()).or_insert_with(|| {
        let suite = load(&Source::Embedded, profile, None);
        Box::leak(Box::new(suite.unwrap_or_else(|found| panic!("{found:#?}"))))
    })
}

/// A key for all runs of the process: making one takes a tenth of a second.
pub fn key() -> Arc<SigningKey> {
    static KEY: std::sync::OnceLock<Arc<SigningKey>> = std::sync::OnceLock::new();
    Arc::clone(KEY.get_or_init(|| {
        let key = SigningKey::generate("Assay plays SuperOffice", jiff::Timestamp::now()).unwrap();
        Arc::new(key)
    }))
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Case {
    pub sample: String,
    pub profile: String,
    pub variant: Variant,
    pub faults: Vec<String>,
    pub scope: Scope,
    pub seed: u64,
    pub only: Vec<String>,
}

impl Case {
    pub fn of(sample: &str) -> Self {
        let known = SAMPLES.iter().find(|known| known.name == sample);
        Self {
            sample: sample.to_owned(),
            profile: known.map_or("quote-rest", |known| known.profile).to_owned(),
            variant: Variant::Full,
            faults: Vec::new(),
            scope: Scope::Certification,
            seed: 1,
            only: Vec::new(),
        }
    }

    /// Runs the sample and folds the report. `change` has the last word on the target.
    pub async fn run_with(&self, change: impl FnOnce(&mut Target)) -> Report {
        assay::transport::install_crypto_provider();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(jiff::Timestamp::now()));
        let (sample, server) = self.start(Arc::clone(&clock)).await;
        let mut target = sample.target();
        change(&mut target);
        let signs = SAMPLES
            .iter()
            .any(|known| known.name == self.sample && known.signed_tokens());
        let key = signs.then(|| (key(), Some(server)));
        let report = self.judge(target, key, clock).await;
        sample.stop().await;
        report
    }

    pub async fn run(&self) -> Report {
        self.run_with(|_| {}).await
    }

    /// Runs the suite against any target.
    pub async fn judge(
        &self,
        target: Target,
        key: Option<(Arc<SigningKey>, Option<KeyServer>)>,
        clock: Arc<dyn Clock>,
    ) -> Report {
        assay::transport::install_crypto_provider();
        let suite = suite_of(&self.profile);
        let prepared = Prepared::new(suite, target, Path::new("."), key)
            .await
            .unwrap();
        let options = Options {
            scope: self.scope,
            strict: false,
            seed: self.seed,
            jobs: 4,
            selection: Selection(self.only.clone()),
            command: format!("assay run {} --sample {}", self.profile, self.sample),
            leftovers: Vec::new(),
        };
        let collector = Collector::default();
        assay::run::run(
            suite,
            &prepared,
            &options,
            clock,
            &collector,
            Box::pin(std::future::pending()),
        )
        .await;
        assay::report::fold(collector.events()).unwrap()
    }

    async fn start(&self, clock: Arc<dyn Clock>) -> (RunningSample, KeyServer) {
        let server = KeyServer::start(0, vec![key()]).await.unwrap();
        let sample = assay::sample::start(SampleOptions {
            name: self.sample.clone(),
            variant: self.variant,
            faults: self.faults.clone(),
            port: 0,
            https: true,
            trusted_keys: TrustedKeys {
                certificate_pem: None,
                jwks_url: Some(server.jwks_url()),
            },
            application: Application::default(),
            clock,
        })
        .await
        .unwrap();
        (sample, server)
    }
}

/// Serves one function of the operation for every request: the last part of its
/// SOAPAction, or its path.
pub async fn serve<F>(answer: F) -> String
where
    F: Fn(&str) -> Response<Body> + Clone + Send + Sync + 'static,
{
    let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
        let answer = answer.clone();
        async move {
            let action = headers.get("soapaction");
            let name = action.map_or(uri.path(), |action| action.to_str().unwrap_or_default());
            let name = name.trim_matches('"');
            answer(name.rsplit('/').next().unwrap_or_default())
        }
    });
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// An answer of JSON.
pub fn json_answer(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

/// Ids with an outcome, of a level or of all.
pub fn ids(report: &Report, outcome: Outcome, level: Option<Level>) -> Vec<String> {
    report
        .requirements
        .iter()
        .filter(|row| {
            row.outcome == outcome && level.is_none_or(|level| row.requirement.level == level)
        })
        .map(|row| row.requirement.id.clone())
        .collect()
}

/// What a report says against a connector, for messages of assertions.
pub fn against(report: &Report) -> String {
    let mut text = format!("{}\n", report.statement);
    for finding in &report.findings {
        text.push_str(&format!(
            "{} {} {:?}\n",
            finding.id, finding.title, finding.violates
        ));
        for deviation in finding.deviations.iter().take(2) {
            text.push_str(&format!(
                "   {} {:?}: expected {} | actual {} | {:?}\n",
                deviation.operation,
                deviation.pointer,
                deviation.expected,
                deviation.actual,
                deviation.situation
            ));
        }
    }
    for row in report.requirements.iter().filter(|row| {
        !matches!(
            row.outcome,
            Outcome::Pass | Outcome::Fail | Outcome::NotApplicable
        )
    }) {
        text.push_str(&format!(
            "   {} {}: {:?}\n",
            row.requirement.id, row.outcome, row.reason
        ));
    }
    text
}
