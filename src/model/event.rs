//! The event stream: the only thing that leaves the runner.
//!
//! Events are written as NDJSON while the run goes on, one line each, so that a run
//! that is killed leaves all it has seen; every report is a fold over them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use super::outcome::{Ending, FaultDomain, Outcome, Scope};
use super::proof::Proof;
use super::report::{ConnectorFacts, ToolInfo};
use super::requirement::{Requirement, RequirementId};

/// One event of a run.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// First line: all that is known before anything is sent.
    Started(Box<RunStarted>),
    /// What the harness found out about the connector before judging.
    Discovered(ConnectorFacts),
    /// A request was sent and answered, or not.
    Exchanged(Box<Exchange>),
    /// A check has its outcome.
    Judged(Box<CheckResult>),
    /// A call has made something that `operation` with `body` takes back.
    Made {
        operation: String,
        body: serde_json::Value,
        /// A secret in the body was masked, so that it cannot be sent as it stands here.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        masked: bool,
    },
    /// It has been taken back.
    TakenBack {
        operation: String,
        body: serde_json::Value,
    },
    /// A scenario is over.
    ScenarioFinished { scenario: String, mode: String },
    /// Last line.
    Finished { ending: Ending, at: String },
}

/// Head of a recording.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct RunStarted {
    /// Version of the event format.
    pub schema_version: u32,
    pub tool: ToolInfo,
    pub profile: String,
    pub profile_title: String,
    /// Revision of the requirement set.
    pub revision: String,
    /// SHA-256 over catalogue, scenarios and OpenAPI document.
    pub suite_digest: String,
    /// What the self-test of the shipped suite came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    pub scope: Scope,
    pub strict: bool,
    pub seed: u64,
    /// `--only` selectors, empty for everything.
    pub only: Vec<String>,
    pub connector: super::target::ConnectorInfo,
    pub url: String,
    /// Authentication modes under test.
    pub modes: Vec<String>,
    /// Redacted echo of the target file.
    pub configuration: serde_json::Value,
    /// RFC 3339 UTC.
    pub started: String,
    pub requirements: Vec<Requirement>,
    /// Command that repeats this run, with placeholders for secrets.
    pub command: String,
    /// Scenarios in plan order: reports sort by it.
    pub plan: Vec<String>,
    /// Operations whose answers depend on what is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depending: Vec<String>,
}

/// Result of one check in one mode: a case in JUnit, a row in the HTML report.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct CheckResult {
    /// `scenario/name`, unique together with `mode`.
    pub check: String,
    pub scenario: String,
    pub scenario_title: String,
    /// File and line of the scenario step that holds the check.
    pub file: String,
    pub line: u64,
    /// Authentication mode, or empty where it does not matter.
    pub mode: String,
    pub requirements: Vec<RequirementId>,
    pub outcome: Outcome,
    /// How many values were judged.
    pub judged: u64,
    /// How many for each requirement, where the judgement tells them apart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<RequirementId, u64>,
    /// What is wrong, first few of them.
    pub deviations: Vec<Deviation>,
    /// All deviations, also those not kept.
    pub deviation_count: u64,
    /// Why, for every outcome but pass and fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<FaultDomain>,
    /// Name of the root cause that this outcome follows from, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Left out by the scope of the run, not by the operator.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_scope: bool,
    /// Which repetition of the scenario it is from; 0 for the first time.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
}

/// Most results are from the only round.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(round: &u32) -> bool {
    *round == 0
}

/// One observation that does not agree with a requirement.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Deviation {
    pub requirement: RequirementId,
    /// Operation that answered.
    pub operation: String,
    /// Exchanges that show it, the decisive one last.
    pub exchanges: Vec<String>,
    /// JSON Pointer into the answer, where there is one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Pointer into the OpenAPI document, for schema findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    pub expected: String,
    pub actual: String,
    /// What was done to provoke it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub situation: Option<String>,
}
