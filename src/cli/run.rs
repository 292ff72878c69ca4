//! `assay run`: test a connector, write the reports, tell by the exit code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::clock::SystemClock;
use crate::model::outcome::Scope;
use crate::model::report::Report;
use crate::report::{self, ReportKind};
use crate::run::Options;
use crate::suite::Selection;

use super::leaks::Scan;
use super::recording::{self, Recorder};
use super::{Failure, Outcome, SuiteArguments, output, signals, subject};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: subject::Arguments,
    #[command(flatten)]
    suite: SuiteArguments,
    /// Run only these requirements, scenarios, topics or areas; repeatable, `*` at the end
    #[arg(long, value_name = "SEL", value_delimiter = ',')]
    only: Vec<String>,
    /// Write a report: html, junit, json, markdown or ndjson; `-` writes to stdout; repeatable
    #[arg(long, value_name = "KIND=PATH")]
    report: Vec<String>,
    /// Folder of the reports; reports/<target>/ by default
    #[arg(long, value_name = "DIR", env = "ASSAY_OUT")]
    out: Option<PathBuf>,
    /// Certification scope: leave nothing out
    #[arg(long, env = "ASSAY_CERTIFY")]
    certify: bool,
    /// Count SHOULD findings in the verdict
    #[arg(long, env = "ASSAY_STRICT")]
    strict: bool,
    /// Seed of all that is random
    #[arg(long, value_name = "N", env = "ASSAY_SEED", default_value_t = 1)]
    seed: u64,
    /// Play what decides a MUST N times, from other seeds and in other orders, and tell how
    /// often each requirement passed
    #[arg(long, value_name = "N", env = "ASSAY_REPEAT", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// Scenarios at the same time
    #[arg(long, value_name = "N", env = "ASSAY_JOBS", default_value_t = 4)]
    jobs: usize,
    /// Colours on the terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: output::Colour,
}

pub(super) fn main(arguments: Arguments) -> Outcome {
    let extra = arguments
        .report
        .iter()
        .map(|word| parse_report(word))
        .collect::<Result<Vec<_>, _>>()?;
    super::runtime()?.block_on(run(arguments, extra))
}

/// A report that was asked for.
pub(super) struct Wanted {
    kind: Kind,
    path: PathBuf,
}

enum Kind {
    Report(ReportKind),
    Recording,
}

/// Reads `KIND=PATH`.
pub(super) fn parse_report(word: &str) -> Result<Wanted, Failure> {
    let Some((kind, path)) = word.split_once('=') else {
        return Err(Failure::Usage(format!(
            "--report {word}: write KIND=PATH, such as html=report.html"
        )));
    };
    let kind = match kind {
        "ndjson" => Kind::Recording,
        kind => Kind::Report(
            kind.parse()
                .map_err(|error| Failure::Usage(format!("--report {word}: {error}, ndjson")))?,
        ),
    };
    Ok(Wanted {
        kind,
        path: PathBuf::from(path),
    })
}

async fn run(arguments: Arguments, wanted: Vec<Wanted>) -> Outcome {
    let subject = arguments.subject.subject(&arguments.suite).await?;
    let selection = Selection(arguments.only.clone());
    if let Some(unknown) = selection.unknown(&subject.suite).first() {
        return Err(Failure::Usage(format!(
            "--only {unknown}: neither requirement, scenario, topic nor area; see `assay list requirements`"
        )));
    }
    let scope = if arguments.certify {
        Scope::Certification
    } else {
        Scope::Development
    };
    let mut command = format!("assay run {}", subject.command);
    for (flag, given) in [
        (" --certify", arguments.certify),
        (" --strict", arguments.strict),
    ] {
        if given {
            command.push_str(flag);
        }
    }
    command.push_str(&format!(" --seed {}", arguments.seed));
    if arguments.repeat > 1 {
        command.push_str(&format!(" --repeat {}", arguments.repeat));
    }
    for selector in &arguments.only {
        // Areas have blanks, and a shell makes file names of `*`.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
        command.push_str(&match selector.chars().all(plain) {
            true => format!(" --only {selector}"),
            false => format!(" --only '{selector}'"),
        });
    }
    let folder = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new("reports").join(&subject.name));
    // The recording of a run that was killed tells what it has left behind.
    let leftovers = match std::fs::File::open(folder.join(recording::FILE)) {
        Ok(file) => {
            let (events, _) = report::read_events(std::io::BufReader::new(file));
            crate::run::leftovers(&events, subject.prepared.url.as_str())
        }
        Err(_) => Vec::new(),
    };
    for left in leftovers.iter().filter(|left| left.masked) {
        output::complain(&format!(
            "an earlier run has left something behind the connector, and a secret in the call \
             that takes it back was masked; call it by hand: {} {}",
            left.operation, left.body
        ));
    }
    let options = Options {
        leftovers,
        scope,
        strict: arguments.strict,
        seed: arguments.seed,
        jobs: arguments.jobs,
        repeat: arguments.repeat,
        selection,
        command,
    };
    let recorder = Recorder::create(&folder)
        .map_err(|error| Failure::Usage(format!("--out {}: {error}", folder.display())))?;
    crate::run::run(
        &subject.suite,
        &subject.prepared,
        &options,
        Arc::new(SystemClock),
        &recorder,
        signals::cancel(),
    )
    .await;
    if let Some(sample) = subject.sample {
        sample.stop().await;
    }
    let (events, failed) = recorder.finish();
    if let Some(error) = failed {
        return Err(Failure::Harness(format!(
            "the recording could not be written: {error}"
        )));
    }
    let report = report::fold(events).map_err(|error| Failure::Harness(error.to_string()))?;
    let secrets = &subject.prepared.redactor;
    let path = folder.join(recording::FILE);
    let unusable = |error: std::io::Error| Failure::Usage(format!("{}: {error}", path.display()));
    let recording = std::fs::read_to_string(&path).map_err(unusable)?;
    let scan = Scan::new(secrets, &report, &recording);
    if let Some(label) = scan.recording() {
        std::fs::write(&path, secrets.redact(&recording)).map_err(unusable)?;
        return Err(Failure::Harness(format!(
            "the recording held {label}, which is masked now; no report was written"
        )));
    }
    let style = output::style(arguments.color);
    write(&report, &folder, &wanted, Some(&scan), style)
}

/// Writes the default reports into `folder` and those wanted elsewhere, after the
/// totals of all formats agreed and no secret was found in any.
pub(super) fn write(
    report: &Report,
    folder: &Path,
    wanted: &[Wanted],
    secrets: Option<&Scan<'_>>,
    style: report::terminal::Style,
) -> Outcome {
    let rendered: BTreeMap<ReportKind, String> = ReportKind::ALL
        .iter()
        .map(|kind| (*kind, report::render(*kind, report)))
        .collect();
    report::check_totals(report, &rendered).map_err(|error| Failure::Harness(error.to_string()))?;
    let unwritable =
        |path: &Path, error: std::io::Error| Failure::Usage(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    let mut to_stdout = None;
    for (kind, text) in &rendered {
        if let Some(label) = secrets.and_then(|secrets| secrets.find(text)) {
            return Err(Failure::Harness(format!(
                "the {kind} report would have held {label}; it was not written"
            )));
        }
        let path = folder.join(kind.file_name());
        std::fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
        files.push((*kind, path.display().to_string()));
    }
    for one in wanted {
        let text = match &one.kind {
            Kind::Report(kind) => rendered[kind].clone(),
            Kind::Recording => {
                let path = folder.join(recording::FILE);
                std::fs::read_to_string(&path).map_err(|error| unwritable(&path, error))?
            }
        };
        if one.path.as_os_str() == "-" {
            to_stdout = Some(text);
        } else {
            if let Some(parent) = one.path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| unwritable(parent, error))?;
            }
            std::fs::write(&one.path, text).map_err(|error| unwritable(&one.path, error))?;
            if let Kind::Report(kind) = one.kind {
                files.push((kind, one.path.display().to_string()));
            }
        }
    }
    let summary = report::terminal::write(report, style, &files);
    report::check_terminal(report, &summary)
        .map_err(|error| Failure::Harness(error.to_string()))?;
    if let Some(label) = secrets.and_then(|secrets| secrets.find(&summary)) {
        return Err(Failure::Harness(format!(
            "the terminal would have shown {label}"
        )));
    }
    match to_stdout {
        Some(text) => {
            output::print(&text);
            output::complain(summary.trim_end().lines().last().unwrap_or_default());
        }
        None => output::print(&summary),
    }
    Ok(report.exit_code)
}
