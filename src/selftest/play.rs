//! One run of a sample inside this process, on a clock that never waits.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::{
    ApplicationKeyError, ApplicationKeyPair, KeyError, KeyRing, KeyServer, KeyServerError,
    SigningKey,
};
use crate::base::clock::{Clock, ManualClock};
use crate::model::event::RunEvent;
use crate::model::report::Report;
use crate::model::target::Target;
use crate::report::FoldError;
use crate::run::{Options, PrepareError, Prepared, Sink};
use crate::sample::{Application, RunningSample, SampleError, SampleOptions, TrustedKeys};
use crate::suite::{Selection, Suite};

use super::matrix::{Case, Subject};

/// Scenarios at the same time within one run, as a run has by default.
const JOBS: usize = 4;

/// What all runs share: keys, which take long to make.
#[derive(Debug)]
pub struct Bench {
    keys: KeyRing,
    application: String,
}

/// Why a run could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    ApplicationKey(#[from] ApplicationKeyError),
    #[error(transparent)]
    KeyServer(#[from] KeyServerError),
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// Collects the events of a run.
#[derive(Debug, Default)]
struct Collector(Mutex<Vec<RunEvent>>);

impl Sink for Collector {
    fn emit(&self, event: RunEvent) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
    }
}

impl Bench {
    pub fn new() -> Result<Self, PlayError> {
        crate::transport::install_crypto_provider();
        Ok(Self {
            keys: KeyRing::new(Arc::new(SigningKey::generate(
                "Assay plays SuperOffice",
                jiff::Timestamp::now(),
            )?)),
            application: ApplicationKeyPair::generate()?.to_rsa_xml(),
        })
    }

    /// Runs the sample of a case, and folds the report.
    pub async fn play(&self, suite: &Suite, case: &Case) -> Result<Report, PlayError> {
        // What would take minutes takes no time on this clock, so nothing is left out.
        self.play_with(suite, case, |target| target.thorough = true)
            .await
    }

    /// The same, with a target that `change` has the last word on.
    pub async fn play_with(
        &self,
        suite: &Suite,
        case: &Case,
        change: impl FnOnce(&mut Target),
    ) -> Result<Report, PlayError> {
        Ok(crate::report::fold(
            self.record(suite, case, change).await?,
        )?)
    }

    /// Runs the sample of a case; `change` has the last word on the target.
    pub async fn record(
        &self,
        suite: &Suite,
        case: &Case,
        change: impl FnOnce(&mut Target),
    ) -> Result<Vec<RunEvent>, PlayError> {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(jiff::Timestamp::now()));
        let (sample, server) = self.start(case, Arc::clone(&clock)).await?;
        let mut target = sample.target();
        change(&mut target);
        let keys = case.sample.signed_tokens();
        let keys = keys.then(|| (self.keys.clone(), Some(server)));
        let events = self.record_of(suite, case, target, keys, clock).await;
        sample.stop().await;
        events
    }

    /// Runs a suite against any target.
    pub async fn judge(
        &self,
        suite: &Suite,
        case: &Case,
        target: Target,
        keys: Option<(KeyRing, Option<KeyServer>)>,
        clock: Arc<dyn Clock>,
    ) -> Result<Report, PlayError> {
        let events = self.record_of(suite, case, target, keys, clock).await?;
        Ok(crate::report::fold(events)?)
    }

    async fn record_of(
        &self,
        suite: &Suite,
        case: &Case,
        target: Target,
        keys: Option<(KeyRing, Option<KeyServer>)>,
        clock: Arc<dyn Clock>,
    ) -> Result<Vec<RunEvent>, PlayError> {
        let prepared = Prepared::new(suite, target, Path::new("."), keys).await?;
        let options = Options {
            scope: case.scope,
            strict: false,
            seed: case.seed,
            jobs: JOBS,
            repeat: case.repeat,
            selection: Selection(case.only.clone()),
            command: format!(
                "assay run {} --sample {}",
                suite.profile.name, case.sample.name
            ),
            leftovers: Vec::new(),
        };
        let collector = Collector::default();
        let forever = Box::pin(std::future::pending());
        crate::run::run(suite, &prepared, &options, clock, &collector, forever).await;
        let events = collector.0.into_inner();
        Ok(events.unwrap_or_else(PoisonError::into_inner))
    }

    async fn start(
        &self,
        case: &Case,
        clock: Arc<dyn Clock>,
    ) -> Result<(RunningSample, KeyServer), PlayError> {
        let server = KeyServer::start(0, vec![Arc::clone(&self.keys.trusted)]).await?;
        let faults = match case.subject {
            Subject::Clean => Vec::new(),
            Subject::Fault(fault) => vec![fault.name.to_owned()],
        };
        let sample = crate::sample::start(SampleOptions {
            name: case.sample.name.to_owned(),
            variant: case.variant,
            faults,
            port: 0,
            https: true,
            trusted_keys: TrustedKeys {
                certificate_pem: None,
                jwks_url: Some(server.jwks_url()),
            },
            application: Application {
                key: Some(self.application.clone()),
                answer: case.answer,
            },
            clock,
        })
        .await?;
        Ok((sample, server))
    }
}
