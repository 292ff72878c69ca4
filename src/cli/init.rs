//! `assay init`: a commented target file to start from.

use std::path::PathBuf;

use crate::model::outcome::exit;

use super::{DEFAULT_PROFILE, Failure, Outcome, SuiteArguments, output};

/// Target files by profile; a profile of the operator's own gets the first one.
const TEMPLATES: [(&str, &str); 3] = [
    ("quote-rest", include_str!("init/quote-rest.yaml")),
    ("erp-sync", include_str!("init/erp-sync.yaml")),
    ("mirroring-auth", include_str!("init/mirroring-auth.yaml")),
];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Profile
    #[arg(value_name = "PROFILE", default_value = DEFAULT_PROFILE)]
    profile: String,
    /// File to write; `-` writes to stdout
    #[arg(long, value_name = "FILE", default_value = "assay.yaml")]
    out: PathBuf,
    #[command(flatten)]
    suite: SuiteArguments,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let suite = arguments.suite.load(&arguments.profile)?;
    let template = TEMPLATES
        .iter()
        .find(|(name, _)| *name == arguments.profile);
    let (_, template) = template.unwrap_or(&TEMPLATES[0]);
    let mut text = template.replace("PROFILE", &arguments.profile);
    if !suite.profile.fixtures.is_empty() {
        text.push_str(
            "\n# What the harness cannot discover. Without it the rows in question are left out in\n",
        );
        text.push_str("# development scope, and certification is incomplete.\n# fixtures:\n");
    }
    for (name, rules) in &suite.profile.fixtures {
        let value = match rules.kind.as_str() {
            "changes" => "{ set: { /Context/CRMQuote/PoNumber: value } }",
            _ => "value",
        };
        text.push_str(&format!("#   # {}\n#   {name}: {value}\n", rules.supply));
    }
    if arguments.out.as_os_str() == "-" {
        output::print(&text);
        return Ok(exit::CONFORMANT);
    }
    if arguments.out.exists() {
        return Err(Failure::Usage(format!(
            "{} exists; choose another --out",
            arguments.out.display()
        )));
    }
    std::fs::write(&arguments.out, text)
        .map_err(|error| Failure::Usage(format!("{}: {error}", arguments.out.display())))?;
    output::print(&format!(
        "{} written; fill it in, then `assay doctor`",
        arguments.out.display()
    ));
    Ok(exit::CONFORMANT)
}
