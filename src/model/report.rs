//! The report: a versioned view of a run, complete enough for every writer.
//!
//! Built by folding events (`report::fold`); writers read it and compute no totals of
//! their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{CheckResult, Deviation};
use super::exchange::{Exchange, TlsFacts};
use super::outcome::{Ending, FaultDomain, Ledgers, Outcome, Scope, Verdict};
use super::proof::Proof;
use super::requirement::{Requirement, RequirementId};
use super::target::{Attestation, ConnectorInfo};

/// Version of `report.json`; raised when a reader would break.
pub const SCHEMA_VERSION: u32 = 1;

/// The report of one run.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub schema_version: u32,
    pub tool: ToolInfo,
    pub profile: String,
    pub profile_title: String,
    pub revision: String,
    pub suite_digest: String,
    /// What the self-test of the shipped suite came to, and for which state of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    pub connector: ConnectorInfo,
    pub url: String,
    pub modes: Vec<String>,
    pub scope: Scope,
    pub strict: bool,
    pub seed: u64,
    pub only: Vec<String>,
    pub started: String,
    pub finished: String,
    pub ending: Ending,
    pub verdict: Verdict,
    pub exit_code: u8,
    /// One sentence: verdict with scope and what is missing.
    pub statement: String,
    pub ledgers: Ledgers,
    pub outcomes: BTreeMap<String, u32>,
    pub facts: ConnectorFacts,
    /// Most severe first; one root cause is one finding.
    pub findings: Vec<Finding>,
    /// Every row of the catalogue in its order.
    pub requirements: Vec<RequirementResult>,
    /// Every check in plan order.
    pub checks: Vec<CheckResult>,
    /// Exchanges that findings cite; the recording holds all.
    pub evidence: Vec<Exchange>,
    /// The first exchanges with a signed token and after it: how the two spoke. Empty
    /// where no exchange carries a note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversation: Vec<Exchange>,
    /// Every exchange that carries a note, such as what its signed token claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noted: Vec<Noted>,
    /// Number of exchanges in the recording.
    pub exchanges: u64,
    pub configuration: serde_json::Value,
    /// Command that repeats the run.
    pub command: String,
}

/// The program that made a report.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
}

impl ToolInfo {
    /// This program.
    pub fn this() -> Self {
        Self {
            name: "assay".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// What was found out about the connector.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorFacts {
    /// State of each operation: `supported`, `not supported`, `failing`, `unknown`.
    pub operations: BTreeMap<String, String>,
    /// Capabilities as the connector claims them.
    pub capabilities: BTreeMap<String, bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFacts>,
    /// Counts and samples of what discovery found, by name.
    pub discovered: BTreeMap<String, String>,
}

/// An exchange with a note, in one line.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Noted {
    /// Id of the exchange.
    pub id: String,
    pub operation: String,
    /// Status of the answer; absent when none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub elapsed_ms: f64,
    /// Label and text.
    pub notes: Vec<(String, String)>,
}

/// One row of the catalogue with its outcome.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementResult {
    pub requirement: Requirement,
    pub outcome: Outcome,
    pub by_scope: bool,
    /// Values judged over all checks.
    pub judged: u64,
    /// Checks that decided it, by id.
    pub checks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<FaultDomain>,
    /// Finding that tells more, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestation: Option<Attestation>,
    /// How steady it is, when its scenarios were played more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
}

/// In how many of the rounds that decided a requirement it passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Repeats {
    pub passed: u32,
    pub rounds: u32,
}

impl Repeats {
    /// Now so, now so.
    pub fn flaky(self) -> bool {
        self.passed > 0 && self.passed < self.rounds
    }
}

/// One root cause with its consequences.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// `F-1`: stable within a report.
    pub id: String,
    pub title: String,
    /// `fail`, `blocked` or `error`.
    pub outcome: Outcome,
    /// Highest level among the violated requirements; `None` for faults outside them.
    pub level: Option<super::requirement::Level>,
    pub domain: FaultDomain,
    /// Requirements violated, the primary first.
    pub violates: Vec<RequirementId>,
    /// Requirements that could not be judged because of it.
    pub blocks: Vec<RequirementId>,
    /// What was seen, first few; expected and actual side by side.
    pub deviations: Vec<Deviation>,
    pub deviation_count: u64,
    /// What to do about it.
    pub remedy: String,
    /// Command that shows it again.
    pub reproduce: String,
    /// Shell script with the authentication step and placeholders for secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curl: Option<String>,
}
