//! `assay explain`: a requirement or check in full.

use crate::base::diag::did_you_mean;
use crate::model::outcome::exit;
use crate::model::requirement::Decided;
use crate::sample::faults;
use crate::suite::Suite;

use super::{DEFAULT_PROFILE, Failure, Outcome, SuiteArguments, output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Id of a requirement such as QC-117, of a check or a scenario
    id: String,
    /// Profile it belongs to
    #[arg(long, value_name = "PROFILE", default_value = DEFAULT_PROFILE)]
    profile: String,
    #[command(flatten)]
    suite: SuiteArguments,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let suite = arguments.suite.load(&arguments.profile)?;
    let id = arguments.id.trim();
    let scenario = id.split('/').next().unwrap_or_default();
    let text = requirement(&suite, &id.to_uppercase()).or_else(|| scenario_text(&suite, scenario));
    match text {
        Some(text) => {
            output::print(&text);
            Ok(exit::CONFORMANT)
        }
        None => {
            let known = suite
                .catalogue
                .requirements
                .iter()
                .map(|row| row.id.as_str())
                .chain(suite.scenarios.iter().map(|scenario| scenario.id.as_str()));
            let help = did_you_mean(id, known)
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            Err(Failure::Usage(format!(
                "`{id}` is neither a requirement nor a check of {}{help}",
                arguments.profile
            )))
        }
    }
}

fn requirement(suite: &Suite, id: &str) -> Option<String> {
    let row = suite.catalogue.get(id)?;
    let mut text = format!(
        "{} ({}, {}): {}\n\n",
        row.id, row.level, row.area, row.title
    );
    let mut field = |name: &str, value: &str| text.push_str(&wrapped(name, value));
    field("Requirement", &row.text);
    field(
        "Source",
        &format!("section {}; {}", row.section, row.sources.join(", ")),
    );
    field(
        "Basis",
        &format!("{:?}: {}", row.basis, row.basis.meaning()),
    );
    if let Some(capability) = &row.capability {
        field(
            "Applies",
            &format!("when capability {capability} is claimed"),
        );
    }
    if !row.operations.is_empty() {
        field("Operations", &row.operations.join(", "));
    }
    field("What is sent and accepted", &row.observation);
    match row.decided {
        Decided::Automated => field("Decided by", &decided_by(suite, id).join(", ")),
        Decided::Attested => {
            field(
                "Decided by",
                "a person, through `attestations` in the target file",
            );
            field("Why", row.reason.as_deref().unwrap_or_default());
        }
        Decided::NotTestable => field("Not testable", row.reason.as_deref().unwrap_or_default()),
    }
    field("How to fix", &row.remedy);
    let shown: Vec<&str> = faults()
        .iter()
        .filter(|fault| fault.profile == suite.profile.name && fault.violates.contains(&id))
        .map(|fault| fault.name)
        .collect();
    if !shown.is_empty() {
        field("Shown by fault", &shown.join(", "));
    }
    field(
        "Run it alone",
        &format!("assay run {} --only {id}", suite.profile.name),
    );
    Some(text)
}

/// Checks that decide a requirement.
fn decided_by(suite: &Suite, id: &str) -> Vec<String> {
    let named = |ids: &[String]| ids.iter().any(|other| other == id);
    let mut checks: Vec<String> = suite
        .scenarios
        .iter()
        .flat_map(|scenario| {
            scenario
                .checks
                .iter()
                .filter(|check| named(&check.requirements))
                .map(|check| format!("{}/{}", scenario.id, check.name))
        })
        .collect();
    checks.extend(
        suite
            .always
            .iter()
            .filter(|rule| named(&rule.requirements))
            .map(|rule| rule.name.clone()),
    );
    if checks.is_empty() {
        checks.push("every call".to_owned());
    }
    checks
}

fn scenario_text(suite: &Suite, id: &str) -> Option<String> {
    let scenario = suite.scenario(id)?;
    let mut text = format!("{}: {}\n\n", scenario.id, scenario.title);
    text.push_str(&wrapped(
        "File",
        &format!("{}:{}", scenario.file, scenario.line),
    ));
    for check in &scenario.checks {
        let titles: Vec<String> = check
            .requirements
            .iter()
            .filter_map(|id| suite.catalogue.get(id))
            .map(|row| format!("{} {} ({})", row.id, row.title, row.level))
            .collect();
        text.push_str(&wrapped(&check.name, &titles.join("; ")));
    }
    Some(text)
}

/// A field of at most 80 columns.
fn wrapped(name: &str, value: &str) -> String {
    let mut text = format!("{name}\n");
    let mut line = String::from("   ");
    for word in value.split_whitespace() {
        if line.chars().count() + word.chars().count() + 1 > 80 && line.trim() != "" {
            text.push_str(line.trim_end());
            text.push('\n');
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(line.trim_end());
    text.push_str("\n\n");
    text
}
