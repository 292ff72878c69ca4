//! What the answers of runs have put to the test: requirements × scenarios, operations ×
//! statuses, and the keywords of the answers' schemas.
//!
//! A pure function of the suite and of recordings ([`measure`]): nothing is played here,
//! and a partner's recording tells what their connector has exercised as well as that of
//! a sample does. SOAP messages are decoded again, by the description's names: reading
//! is lenient, and what is wrong with a message is the business of judgements.

mod tally;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::event::RunEvent;
use crate::model::requirement::{Level, RequirementId};
use crate::suite::Suite;

pub use text::write;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// What some runs have covered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    pub schema_version: u32,
    pub profile: String,
    /// Revision of the requirement set.
    pub revision: String,
    pub suite_digest: String,
    /// Runs that were looked at.
    pub runs: Vec<Run>,
    /// In the order of the catalogue.
    pub requirements: Vec<Row>,
    /// In the order of the suite.
    pub scenarios: Vec<Played>,
    /// In the order of the API description.
    pub operations: Vec<Operation>,
    /// Exchanges with anything but an operation, such as `GET FindProduct`, with the
    /// statuses of their answers.
    pub others: BTreeMap<String, BTreeMap<u16, u64>>,
    /// By place in the API description.
    pub keywords: Vec<Keyword>,
}

/// A run that was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub connector: String,
    pub version: String,
    /// Command that repeats it.
    pub command: String,
    /// It was played with the suite that it is now measured against.
    pub same_suite: bool,
}

/// A requirement, and what decides it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub id: RequirementId,
    pub level: Level,
    pub area: String,
    pub state: State,
    /// Values that its checks judged.
    pub judged: u64,
    /// Scenarios first, then judgements on every exchange.
    pub checks: Vec<Check>,
    /// Why it is attested or not testable, or why its checks judged nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far a requirement is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its checks judged values.
    Judged,
    /// It has checks, and they judged nothing.
    NothingJudged,
    /// It is automated, and has no check.
    NoCheck,
    /// A person decides it.
    Attested,
    NotTestable,
}

/// A check that decides a requirement.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// `scenario/name`.
    pub check: String,
    pub judged: u64,
    /// Outcomes in the runs, by mode.
    pub outcomes: BTreeMap<&'static str, u64>,
}

/// A scenario, and what it has played.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    pub id: String,
    pub file: String,
    pub requirements: Vec<RequirementId>,
    /// Values that its checks judged.
    pub judged: u64,
    /// Operations called, with the number of exchanges.
    pub operations: BTreeMap<String, u64>,
}

/// An operation, and how it was answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub name: String,
    pub exchanges: u64,
    /// Statuses that the description has, or that came.
    pub statuses: Vec<Status>,
    /// Codes of SOAP faults that came.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, u64>,
    /// Requests that nothing answered.
    pub unanswered: u64,
}

/// A status of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// `200`, or as declared: `4XX`, `default`.
    pub status: String,
    pub declared: bool,
    pub seen: u64,
}

/// A keyword of an answer's schema, or one part of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Keyword {
    /// JSON Pointer into the API description.
    pub pointer: String,
    /// JSON Pointer of the schema that it belongs to.
    pub schema: String,
    pub keyword: String,
    /// What it says, as JSON; empty where the pointer tells.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub says: String,
    /// Values that it judged.
    pub judged: u64,
    /// Why it judged none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<&'static str>,
}

/// What some recordings have covered of a suite.
pub fn measure(suite: &Suite, recordings: &[Vec<RunEvent>]) -> Coverage {
    let mut tally = tally::Tally::new(suite);
    for event in recordings.iter().flatten() {
        tally.add(event);
    }
    tally.coverage()
}

/// The coverage as data, indented, in the order of its fields.
pub fn json(coverage: &Coverage) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(coverage).map(|mut text| {
        text.push('\n');
        text
    })
}

impl Coverage {
    /// Automated requirements, and how many of them were judged.
    pub fn rows(&self) -> (usize, usize) {
        let states = self.requirements.iter().map(|row| row.state);
        let automated = states
            .filter(|state| matches!(state, State::Judged | State::NothingJudged | State::NoCheck));
        let automated: Vec<State> = automated.collect();
        let judged = automated.iter().filter(|state| **state == State::Judged);
        (judged.count(), automated.len())
    }

    /// Declared statuses that came, and all that are declared.
    pub fn statuses(&self) -> (usize, usize) {
        let statuses = self.operations.iter().flat_map(|op| &op.statuses);
        let declared: Vec<&Status> = statuses.filter(|status| status.declared).collect();
        let seen = declared.iter().filter(|status| status.seen > 0).count();
        (seen, declared.len())
    }

    /// Keywords that judged something, and all.
    pub fn exercised(&self) -> (usize, usize) {
        let judged = self.keywords.iter().filter(|keyword| keyword.judged > 0);
        (judged.count(), self.keywords.len())
    }
}
