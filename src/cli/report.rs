//! `assay report`: write the reports again from a recording, without a run.

use std::path::PathBuf;

use super::{Failure, Outcome, output, recording, run};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder of a run, or its events.ndjson
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Write a report elsewhere: html, junit, json, markdown; `-` writes to stdout; repeatable
    #[arg(long, value_name = "KIND=PATH")]
    report: Vec<String>,
    /// Colours on the terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: output::Colour,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let wanted = arguments
        .report
        .iter()
        .map(|word| run::parse_report(word))
        .collect::<Result<Vec<_>, _>>()?;
    let (path, events) = recording::read(&arguments.run)?;
    let report = crate::report::fold(events).map_err(|error| {
        Failure::Usage(format!("{} is not a recording: {error}", path.display()))
    })?;
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    run::write(
        &report,
        &folder,
        &wanted,
        None,
        output::style(arguments.color),
    )
}
