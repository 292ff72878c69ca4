//! The command line: arguments in, exit code out.
//!
//! Results go to stdout, progress and messages to stderr. Each command is a file with
//! its arguments and one function; [`main`] dispatches and turns errors into exit
//! codes. Nothing here judges.

mod coverage;
mod doctor;
mod explain;
mod init;
mod keys;
mod leaks;
mod lint;
mod list;
mod output;
mod recording;
mod report;
mod run;
mod sample;
mod schema;
mod selftest;
mod signals;
mod subject;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::base::diag::Diagnostic;
use crate::model::outcome::exit;

pub use subject::parse_target;

/// Conformance test harness for SuperOffice connectors.
#[derive(Debug, Parser)]
#[command(
    name = "assay",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Test a connector and write the reports
    Run(run::Arguments),
    /// Look whether the connector can be talked to, without judging it
    Doctor(doctor::Arguments),
    /// Serve a reference connector, compliant or with faults
    Sample(sample::Arguments),
    /// Prove the suite: every fault of the samples against its requirement
    Selftest(selftest::Arguments),
    /// Check scenarios, catalogue, OpenAPI document and target files
    Lint(lint::Arguments),
    /// List profiles, requirements, scenarios, checks, samples or faults
    List(list::Arguments),
    /// Explain a requirement or a check
    Explain(explain::Arguments),
    /// Show what the samples, or a recorded run, put to the test
    Coverage(coverage::Arguments),
    /// Write reports again from the recording of a run
    Report(report::Arguments),
    /// Write a commented target file
    Init(init::Arguments),
    /// Make or show the key with which the harness plays SuperOffice
    Keys(keys::Arguments),
    /// Write JSON Schemas: of Assay's files, or derived from the OpenAPI document
    Schema(schema::Arguments),
    /// Write a completion script
    Completions {
        /// Shell to complete for
        shell: clap_complete::Shell,
    },
}

/// Where a suite comes from.
#[derive(Debug, Clone, clap::Args)]
struct SuiteArguments {
    /// Folder with scenarios in place of the shipped ones
    #[arg(long, value_name = "DIR", env = "ASSAY_SCENARIOS")]
    scenarios: Option<PathBuf>,
    /// OpenAPI document (3.0 or 3.1) in place of the shipped one
    #[arg(long, value_name = "FILE", env = "ASSAY_OPENAPI")]
    openapi: Option<PathBuf>,
}

/// Why a command ends without a result: exit code 2 unless said otherwise.
#[derive(Debug)]
enum Failure {
    /// What the user gave is wrong.
    Usage(String),
    /// Files of an author are wrong.
    Diagnostics(Vec<Diagnostic>),
    /// Our own fault.
    Harness(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Usage(message)
    }
}

/// What a command comes to: its exit code.
type Outcome = Result<u8, Failure>;

/// Parses the command line, runs the command, gives the exit code.
pub fn main() -> ExitCode {
    crate::transport::install_crypto_provider();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                exit::USAGE
            } else {
                exit::CONFORMANT
            });
        }
    };
    let outcome = match arguments.command {
        Command::Run(arguments) => run::main(arguments),
        Command::Doctor(arguments) => doctor::main(arguments),
        Command::Sample(arguments) => sample::main(arguments),
        Command::Selftest(arguments) => selftest::main(&arguments),
        Command::Lint(arguments) => lint::main(&arguments),
        Command::List(arguments) => list::main(&arguments),
        Command::Explain(arguments) => explain::main(&arguments),
        Command::Coverage(arguments) => coverage::main(&arguments),
        Command::Report(arguments) => report::main(&arguments),
        Command::Init(arguments) => init::main(&arguments),
        Command::Keys(arguments) => keys::main(&arguments),
        Command::Schema(arguments) => schema::main(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "assay", &mut script);
            output::print(&String::from_utf8_lossy(&script));
            Ok(exit::CONFORMANT)
        }
    };
    ExitCode::from(match outcome {
        Ok(code) => code,
        Err(Failure::Usage(message)) => {
            output::complain(&message);
            exit::USAGE
        }
        Err(Failure::Diagnostics(diagnostics)) => {
            for diagnostic in &diagnostics {
                output::complain(&diagnostic.to_string());
            }
            let count = diagnostics.len();
            output::complain(&format!(
                "{count} problem{} found; nothing was sent",
                if count == 1 { "" } else { "s" }
            ));
            exit::USAGE
        }
        Err(Failure::Harness(message)) => {
            output::complain(&format!("fault of the harness: {message}"));
            exit::INVALID
        }
    })
}

/// A runtime for the commands that talk.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Harness(error.to_string()))
}

impl SuiteArguments {
    /// Loads the suite of a profile.
    fn load(&self, profile: &str) -> Result<crate::suite::Suite, Failure> {
        use crate::suite::{Source, load};
        let source = match &self.scenarios {
            Some(folder) => Source::Folder(folder.clone()),
            None => Source::Embedded,
        };
        let openapi = match &self.openapi {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Failure::Usage(format!("--openapi {}: {error}", path.display()))
                })?;
                Some((path.display().to_string(), text))
            }
            None => None,
        };
        let openapi = openapi
            .as_ref()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        load(&source, profile, openapi).map_err(Failure::Diagnostics)
    }
}

/// Profile of commands that take none: there is one, or it must be named.
const DEFAULT_PROFILE: &str = "quote-rest";
