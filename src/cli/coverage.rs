//! `assay coverage`: what the samples of a profile, or recorded runs, put to the test.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::{KeyServer, SigningKey};
use crate::base::clock::{Clock, ManualClock};
use crate::coverage;
use crate::model::event::RunEvent;
use crate::model::outcome::{Scope, exit};
use crate::run::{Options, Prepared, Sink};
use crate::sample::{Application, SAMPLES, SampleInfo, SampleOptions, TrustedKeys, Variant};
use crate::suite::{Selection, Suite};

use super::{DEFAULT_PROFILE, Failure, Outcome, SuiteArguments, output, recording};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Profile, such as erp-sync; a sample or recording names it otherwise
    #[arg(value_name = "PROFILE")]
    profile: Option<String>,
    /// Measure this sample alone, in place of all samples of the profile
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    sample: Option<String>,
    /// Measure a recorded run in place of samples: its folder or events.ndjson; repeatable
    #[arg(long, value_name = "RUN")]
    run: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Write coverage.json and coverage.txt into this folder as well
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    suite: SuiteArguments,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let (suite, recordings) = match arguments.run.is_empty() {
        true => played(arguments)?,
        false => recorded(arguments)?,
    };
    let coverage = coverage::measure(&suite, &recordings);
    let text = coverage::write(&coverage);
    let json = coverage::json(&coverage).map_err(|error| Failure::Harness(error.to_string()))?;
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        for (name, text) in [("coverage.json", &json), ("coverage.txt", &text)] {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        }
    }
    output::print(if arguments.json { &json } else { &text });
    Ok(exit::CONFORMANT)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{}: {error}", path.display()))
}

/// Recordings, with the suite of the profile that they are of.
fn recorded(arguments: &Arguments) -> Result<(Suite, Vec<Vec<RunEvent>>), Failure> {
    let mut profile = arguments.profile.clone();
    let mut recordings = Vec::new();
    for run in &arguments.run {
        let (path, events) = recording::read(run)?;
        let head = events.iter().find_map(|event| match event {
            RunEvent::Started(head) => Some(head),
            _ => None,
        });
        let Some(head) = head else {
            let path = path.display();
            return Err(Failure::Usage(format!(
                "{path} is not the recording of a run"
            )));
        };
        let wanted = profile.get_or_insert_with(|| head.profile.clone());
        if *wanted != head.profile {
            return Err(Failure::Usage(format!(
                "{} is a run of {}, not of {wanted}",
                path.display(),
                head.profile
            )));
        }
        recordings.push(events);
    }
    let suite = arguments
        .suite
        .load(profile.as_deref().unwrap_or(DEFAULT_PROFILE))?;
    Ok((suite, recordings))
}

/// Runs of the samples, with the suite that was played.
fn played(arguments: &Arguments) -> Result<(Suite, Vec<Vec<RunEvent>>), Failure> {
    let named = match &arguments.sample {
        Some(name) => Some(sample(name)?),
        None => None,
    };
    let own = named.map(|sample| sample.profile);
    let profile = arguments.profile.as_deref().or(own);
    if let (Some(own), Some(profile)) = (own, profile.filter(|profile| own != Some(profile))) {
        return Err(Failure::Usage(format!(
            "the sample is one of {own}, not of {profile}"
        )));
    }
    let suite = arguments.suite.load(profile.unwrap_or(DEFAULT_PROFILE))?;
    let samples: Vec<&SampleInfo> = match named {
        Some(sample) => vec![sample],
        None => SAMPLES
            .iter()
            .filter(|sample| sample.profile == suite.profile.name)
            .collect(),
    };
    if samples.is_empty() {
        return Err(Failure::Usage(format!(
            "{} has no sample; give --sample NAME, or --run with a recording",
            suite.profile.name
        )));
    }
    let recordings = super::runtime()?.block_on(async {
        let mut recordings = Vec::new();
        for sample in samples {
            recordings.push(play(&suite, sample).await?);
        }
        Ok::<_, Failure>(recordings)
    })?;
    Ok((suite, recordings))
}

fn sample(name: &str) -> Result<&'static SampleInfo, Failure> {
    let found = SAMPLES.iter().find(|sample| sample.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = SAMPLES.iter().map(|sample| sample.name).collect();
        Failure::Usage(format!(
            "no sample is called `{name}`; there are {}",
            names.join(", ")
        ))
    })
}

/// Plays the whole suite against a full sample, on a clock that never waits.
async fn play(suite: &Suite, sample: &SampleInfo) -> Result<Vec<RunEvent>, Failure> {
    let harness = |error: &dyn std::error::Error| Failure::Harness(error.to_string());
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(jiff::Timestamp::now()));
    let key = SigningKey::generate("Assay plays SuperOffice", clock.now());
    let key = Arc::new(key.map_err(|error| harness(&error))?);
    let server = KeyServer::start(0, vec![Arc::clone(&key)]).await;
    let server = server.map_err(|error| harness(&error))?;
    let running = crate::sample::start(SampleOptions {
        name: sample.name.to_owned(),
        variant: Variant::Full,
        faults: Vec::new(),
        port: 0,
        https: true,
        trusted_keys: TrustedKeys {
            certificate_pem: None,
            jwks_url: Some(server.jwks_url()),
        },
        application: Application::default(),
        clock: Arc::clone(&clock),
    })
    .await
    .map_err(|error| harness(&error))?;
    let key = sample.signed_tokens().then_some((key, Some(server)));
    let prepared = Prepared::new(suite, running.target(), Path::new("."), key)
        .await
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let options = Options {
        scope: Scope::Certification,
        strict: false,
        seed: 1,
        jobs: 4,
        selection: Selection(Vec::new()),
        command: format!(
            "assay run {} --sample {} --certify --seed 1",
            suite.profile.name, sample.name
        ),
        leftovers: Vec::new(),
    };
    let collector = Collector::default();
    // A sample of this process leaves nothing behind: an interrupt may end it at once.
    let cancel = Box::pin(std::future::pending());
    crate::run::run(suite, &prepared, &options, clock, &collector, cancel).await;
    running.stop().await;
    let events = collector.0.into_inner();
    Ok(events.unwrap_or_else(PoisonError::into_inner))
}

/// Keeps the events of a run.
#[derive(Default)]
struct Collector(Mutex<Vec<RunEvent>>);

impl Sink for Collector {
    fn emit(&self, event: RunEvent) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
    }
}
