//! `assay doctor`: can the connector be talked to, and does the target file suffice?

use std::sync::Arc;

use crate::base::clock::SystemClock;
use crate::model::event::RunEvent;
use crate::model::outcome::{Scope, exit};
use crate::run::preflight::State;
use crate::run::{Options, Sink};
use crate::suite::Selection;

use super::{Outcome, SuiteArguments, output, subject};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: subject::Arguments,
    #[command(flatten)]
    suite: SuiteArguments,
}

/// Doctor keeps no recording.
struct Nothing;

impl Sink for Nothing {
    fn emit(&self, _: RunEvent) {}
}

pub(super) fn main(arguments: Arguments) -> Outcome {
    super::runtime()?.block_on(examine(arguments))
}

async fn examine(arguments: Arguments) -> Outcome {
    let subject = arguments.subject.subject(&arguments.suite).await?;
    let options = Options {
        scope: Scope::Development,
        strict: false,
        seed: 1,
        jobs: 1,
        selection: Selection::default(),
        command: String::new(),
        repeat: 1,
        leftovers: Vec::new(),
    };
    let findings = crate::run::doctor(
        &subject.suite,
        &subject.prepared,
        &options,
        Arc::new(SystemClock),
        &Nothing,
    )
    .await;
    let mut text = format!("{}\n\n", subject.prepared.url);
    let redact = |words: &str| subject.prepared.redactor.redact(words);
    for finding in &findings {
        let mark = match finding.state {
            State::Fine => "ok   ",
            State::Note => "note ",
            State::Blocking => "FAIL ",
        };
        text.push_str(&format!(
            "{mark} {:<20} {}\n",
            finding.subject,
            redact(&finding.detail)
        ));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("      {:<20} {remedy}\n", ""));
        }
    }
    let target = &subject.prepared.target;
    let profile = &subject.suite.profile;
    let customers = profile
        .customers
        .iter()
        .filter(|(role, _)| !target.customers.contains_key(*role));
    let fixtures = profile
        .fixtures
        .iter()
        .filter(|(name, _)| !target.fixtures.contains_key(*name));
    let missing: Vec<String> = customers
        .map(|(role, supply)| format!("customers.{role}: {supply}"))
        .chain(fixtures.map(|(name, rules)| format!("fixtures.{name}: {}", rules.supply)))
        .collect();
    if !missing.is_empty() {
        text.push_str("\nNot in the target file; certification needs it:\n");
        for line in missing {
            text.push_str(&format!("  {line}\n"));
        }
    }
    let blocked = findings
        .iter()
        .any(|finding| finding.state == State::Blocking);
    text.push_str(if blocked {
        "\nA run would be blocked.\n"
    } else {
        "\nA run can start.\n"
    });
    output::print(&text);
    if let Some(sample) = subject.sample {
        sample.stop().await;
    }
    Ok(if blocked {
        exit::INCOMPLETE
    } else {
        exit::CONFORMANT
    })
}
