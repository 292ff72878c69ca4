//! `assay coverage`: what the samples of a profile, or recorded runs, put to the test.

use std::path::{Path, PathBuf};

use crate::coverage;
use crate::model::event::RunEvent;
use crate::model::outcome::exit;
use crate::sample::{SAMPLES, SampleInfo};
use crate::selftest::{Bench, Case, PlayError};
use crate::suite::Suite;

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
    let samples: Vec<&'static SampleInfo> = match named {
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
        let bench = Bench::new()?;
        let mut recordings = Vec::new();
        for sample in samples {
            recordings.push(bench.record(&suite, &Case::of(sample), |_| {}).await?);
        }
        Ok(recordings)
    });
    let recordings = recordings.map_err(|error: PlayError| Failure::Harness(error.to_string()))?;
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
