//! `assay list`: what there is.

use serde_json::{Value, json};

use crate::judgement;
use crate::model::outcome::exit;
use crate::sample::{SAMPLES, faults};

use super::{DEFAULT_PROFILE, Failure, Outcome, SuiteArguments, output};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to list
    #[arg(value_enum)]
    what: What,
    /// Profile that requirements, scenarios and checks are listed of
    #[arg(long, value_name = "PROFILE", default_value = DEFAULT_PROFILE)]
    profile: String,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    suite: SuiteArguments,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    Profiles,
    Requirements,
    Scenarios,
    Checks,
    Judgements,
    Samples,
    Faults,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let rows = rows(arguments)?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&rows).map_err(|error| Failure::Harness(error.to_string()))?
    } else {
        table(&rows)
    };
    output::print(&text);
    Ok(exit::CONFORMANT)
}

fn rows(arguments: &Arguments) -> Result<Vec<Value>, Failure> {
    let suite = || arguments.suite.load(&arguments.profile);
    Ok(match arguments.what {
        What::Profiles => {
            let mut rows = Vec::new();
            for name in crate::suite::profiles() {
                let suite = arguments.suite.load(name)?;
                rows.push(json!({"profile": name, "summary": suite.profile.summary}));
            }
            rows
        }
        What::Requirements => suite()?
            .catalogue
            .requirements
            .iter()
            .map(|row| {
                json!({"id": row.id, "level": row.level, "basis": row.basis, "area": row.area,
                    "decided": row.decided, "title": row.title})
            })
            .collect(),
        What::Scenarios => suite()?
            .scenarios
            .iter()
            .map(|scenario| {
                json!({"id": scenario.id, "topic": scenario.topic, "title": scenario.title,
                    "requirements": scenario.requirements.join(" ")})
            })
            .collect(),
        What::Checks => suite()?
            .scenarios
            .iter()
            .flat_map(|scenario| {
                scenario.checks.iter().map(|check| {
                    json!({"check": format!("{}/{}", scenario.id, check.name),
                        "requirements": check.requirements.join(" "),
                        "place": format!("{}:{}", scenario.file, check.line)})
                })
            })
            .collect(),
        What::Judgements => judgement::ALL
            .iter()
            .map(|judgement| json!({"judgement": judgement.name(), "summary": judgement.summary()}))
            .collect(),
        What::Samples => SAMPLES
            .iter()
            .map(|sample| {
                let variants: Vec<String> = sample.variants.iter().map(ToString::to_string).collect();
                json!({"sample": sample.name, "profile": sample.profile, "variants": variants.join(" "),
                    "title": sample.title})
            })
            .collect(),
        What::Faults => faults()
            .iter()
            .map(|fault| {
                json!({"fault": fault.name, "profile": fault.profile, "violates": fault.violates.join(" "),
                    "consequences": fault.consequences.join(" "), "summary": fault.summary})
            })
            .collect(),
    })
}

/// Columns as wide as their widest value; the last one runs free.
fn table(rows: &[Value]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .filter_map(Value::as_object)
        .map(|row| {
            row.values()
                .map(|value| {
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned)
                })
                .collect()
        })
        .collect();
    let columns = cells.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            cells
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in cells {
        let line: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| match column + 1 == columns {
                true => cell.clone(),
                false => format!("{cell:<width$}", width = widths[column]),
            })
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}
