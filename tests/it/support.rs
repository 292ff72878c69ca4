//! Runs of samples inside the test process, on a clock that never waits.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use assay::auth::{KeyRing, KeyServer, SigningKey};
use assay::base::clock::Clock;
use assay::model::event::RunEvent;
use assay::model::outcome::Outcome;
use assay::model::report::Report;
use assay::model::requirement::Level;
use assay::model::target::Target;
use assay::run::Sink;
use assay::sample::SAMPLES;
use assay::selftest::{Bench, Case};
use assay::suite::{Source, Suite, load};
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
    keys().trusted
}

/// That key and those that stand beside it.
pub fn keys() -> KeyRing {
    static KEYS: std::sync::OnceLock<KeyRing> = std::sync::OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let key = SigningKey::generate("Assay plays SuperOffice", jiff::Timestamp::now());
        KeyRing::new(Arc::new(key.unwrap()))
    });
    keys.clone()
}

/// What all runs of samples share.
fn bench() -> &'static Bench {
    static BENCH: std::sync::OnceLock<Bench> = std::sync::OnceLock::new();
    BENCH.get_or_init(|| Bench::new().unwrap())
}

/// A run of everything against the sample of that name.
pub fn case(sample: &str) -> Case {
    let known = SAMPLES.iter().find(|known| known.name == sample);
    Case::of(known.unwrap_or_else(|| panic!("no sample {sample}")))
}

/// Runs the sample and folds the report.
pub async fn run(case: &Case) -> Report {
    run_with(case, |_| {}).await
}

/// Runs the sample; `change` has the last word on the target.
pub async fn run_with(case: &Case, change: impl FnOnce(&mut Target)) -> Report {
    let suite = suite_of(case.sample.profile);
    bench().play_with(suite, case, change).await.unwrap()
}

/// Runs the suite of the case against any target.
pub async fn judge(
    case: &Case,
    target: Target,
    keys: Option<(KeyRing, Option<KeyServer>)>,
    clock: Arc<dyn Clock>,
) -> Report {
    let suite = suite_of(case.sample.profile);
    bench()
        .judge(suite, case, target, keys, clock)
        .await
        .unwrap()
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
