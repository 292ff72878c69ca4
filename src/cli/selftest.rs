//! `assay selftest`: every fault of the sample connectors against its requirement.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::outcome::exit;
use crate::model::report::ToolInfo;
use crate::selftest::{self, Choice, SCHEMA_VERSION, SelfTest, SelfTestError};
use crate::suite::Selection;

use super::{Failure, Outcome, SuiteArguments, output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Profile; all that have a sample when none is named
    #[arg(value_name = "PROFILE")]
    profile: Option<String>,
    #[command(flatten)]
    suite: SuiteArguments,
    /// Only these faults, or the faults that break these requirements; repeatable, `*` at the end
    #[arg(long, value_name = "SEL", value_delimiter = ',', requires = "profile")]
    only: Vec<String>,
    /// Seeds with which the samples without fault are run
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u64,
    /// Play every scenario against every fault, not only those that decide or provoke what it breaks
    #[arg(long)]
    whole: bool,
    /// Play one of N runs only, for a quick look
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "record")]
    one_of: usize,
    /// Runs at the same time
    #[arg(
        long,
        value_name = "N",
        env = "ASSAY_SELFTEST_JOBS",
        default_value_t = 6
    )]
    jobs: usize,
    /// Folder of selftest.json and selftest.html
    #[arg(long, value_name = "DIR", default_value = "reports/selftest")]
    out: PathBuf,
    /// Write the scores alone, as the program embeds them (src/suite/proof.json)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "profile"])]
    record: Option<PathBuf>,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    super::runtime()?.block_on(run(arguments))
}

async fn run(arguments: &Arguments) -> Outcome {
    let choice = Choice {
        only: Selection(arguments.only.clone()),
        seeds: arguments.seeds,
        whole: arguments.whole,
        one_of: arguments.one_of,
    };
    let profiles = match &arguments.profile {
        Some(profile) => vec![profile.as_str()],
        None => crate::suite::profiles(),
    };
    let mut test = SelfTest {
        schema_version: SCHEMA_VERSION,
        tool: ToolInfo::this(),
        profiles: Vec::new(),
    };
    for profile in profiles {
        let suite = Arc::new(arguments.suite.load(profile)?);
        let over = AtomicUsize::new(0);
        let interactive = output::interactive();
        let progress = |case: &selftest::Case| {
            let over = over.fetch_add(1, Ordering::Relaxed) + 1;
            if interactive {
                output::progress(&format!("{profile}: {over} runs, {}", case.name()));
            }
        };
        let score = selftest::test(&suite, &choice, arguments.jobs, &progress).await;
        if interactive {
            output::progress("");
        }
        let score = score.map_err(|error| match error {
            SelfTestError::Matrix(error) => Failure::Usage(error.to_string()),
            SelfTestError::Bench(error) => Failure::Harness(error.to_string()),
        })?;
        output::print(&selftest::terminal(&score));
        test.profiles.push(score);
    }
    write(arguments, &test)?;
    let deviations: usize = test
        .profiles
        .iter()
        .map(|score| score.deviations().len())
        .sum();
    let files = arguments.out.display();
    output::print(&match deviations {
        0 => format!("No deviation. {files}/selftest.html has the matrix."),
        1 => format!("1 deviation; {files}/selftest.html has the matrix."),
        n => format!("{n} deviations; {files}/selftest.html has the matrix."),
    });
    Ok(match deviations {
        0 => exit::CONFORMANT,
        _ => exit::NON_CONFORMANT,
    })
}

fn write(arguments: &Arguments, test: &SelfTest) -> Result<(), Failure> {
    let folder = &arguments.out;
    let unwritable = |path: &std::path::Path, error: std::io::Error| {
        Failure::Usage(format!("{}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    let mut files = vec![
        (folder.join("selftest.json"), pretty(test)?),
        (folder.join("selftest.html"), selftest::html(test)),
    ];
    if let Some(path) = &arguments.record {
        files.push((path.clone(), pretty(&test.proofs())?));
    }
    for (path, text) in files {
        std::fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
    }
    Ok(())
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n")
        .map_err(|error| Failure::Harness(error.to_string()))
}
