//! `assay lint`: every mistake in suites and target files, at once.

use std::path::PathBuf;

use crate::model::outcome::exit;

use super::{Failure, Outcome, SuiteArguments, output, subject};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Target files to check; without any, the suites
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Profile to check; all shipped ones by default
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    #[command(flatten)]
    suite: SuiteArguments,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let mut problems = Vec::new();
    let mut fine = Vec::new();
    if arguments.files.is_empty() {
        let profiles = match &arguments.profile {
            Some(profile) => vec![profile.as_str()],
            None => crate::suite::profiles(),
        };
        for profile in profiles {
            match arguments.suite.load(profile) {
                Ok(suite) => {
                    problems.extend(suite.undecided());
                    let rows = suite.catalogue.requirements.len();
                    let checks: usize = suite
                        .scenarios
                        .iter()
                        .map(|scenario| scenario.checks.len())
                        .sum();
                    let scenarios = suite.scenarios.len();
                    fine.push(format!(
                        "{profile}: {rows} requirements, {scenarios} scenarios, {checks} checks"
                    ));
                }
                Err(Failure::Diagnostics(found)) => problems.extend(found),
                Err(other) => return Err(other),
            }
        }
    }
    for path in &arguments.files {
        match subject::load_target(path) {
            Ok(_) => fine.push(format!("{}: fine", path.display())),
            Err(Failure::Diagnostics(found)) => problems.extend(found),
            Err(other) => return Err(other),
        }
    }
    for line in fine {
        output::print(&line);
    }
    if problems.is_empty() {
        Ok(exit::CONFORMANT)
    } else {
        Err(Failure::Diagnostics(problems))
    }
}
