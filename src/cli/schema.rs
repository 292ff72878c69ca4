//! `assay schema`: JSON Schemas for editors and other programs.

use std::path::{Path, PathBuf};

use crate::model::outcome::exit;
use crate::suite::embedded;

use super::{DEFAULT_PROFILE, Failure, Outcome, SuiteArguments, output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Schema of target files
    Target,
    /// Schema of scenario files
    Scenario,
    /// Schema of report.json
    Report,
    /// Schemas of requests and answers, derived from the OpenAPI document; XSD and WSDL
    /// where it describes SOAP messages
    Derive {
        /// Profile
        #[arg(value_name = "PROFILE", default_value = DEFAULT_PROFILE)]
        profile: String,
        /// Folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        suite: SuiteArguments,
    },
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let name = match &arguments.command {
        Command::Target => "target",
        Command::Scenario => "scenario",
        Command::Report => "report",
        Command::Derive {
            profile,
            out,
            suite,
        } => return derive(profile, out, suite),
    };
    let path = format!("schemas/assay/{name}.schema.json");
    let text =
        embedded(&path).ok_or_else(|| Failure::Harness(format!("{path} is not embedded")))?;
    output::print(text);
    Ok(exit::CONFORMANT)
}

fn derive(profile: &str, out: &Path, suite: &SuiteArguments) -> Outcome {
    let suite = suite.load(profile)?;
    let files = suite.derive();
    for (name, text) in &files {
        let path = out.join(name);
        let written = match path.parent() {
            Some(parent) => {
                std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, text))
            }
            None => std::fs::write(&path, text),
        };
        written.map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    }
    output::print(&format!(
        "{} schemas written to {}",
        files.len(),
        out.display()
    ));
    Ok(exit::CONFORMANT)
}
