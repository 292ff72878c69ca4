//! A requirement: one normative sentence of a contract, with its id for ever.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Id of a requirement, such as `QC-117`; ordered as text, never reused.
pub type RequirementId = String;

/// How binding a requirement is; severity of a finding follows from it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    Must,
    Should,
    May,
}

impl Level {
    /// All levels, most binding first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];

    /// What a violation is called: Fail, Warning or Note.
    pub fn finding(self) -> &'static str {
        match self {
            Self::Must => "Fail",
            Self::Should => "Warning",
            Self::May => "Note",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        })
    }
}

/// What a requirement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Basis {
    /// Public sources alone: a finding is a contract violation.
    S,
    /// A public source completed by a project decision.
    M,
    /// A project decision alone.
    P,
}

impl Basis {
    /// What the letter stands for, and what a finding is called because of it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::S => "public sources; a finding is a contract violation",
            Self::M => {
                "a public source completed by a decision; a finding is a deviation from the reference"
            }
            Self::P => "a project decision; a finding is a deviation from the reference",
        }
    }
}

/// How a requirement is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    /// By checks of scenarios.
    Automated,
    /// By a person, through an attestation in the target file.
    Attested,
    /// Not at all; the row says why.
    NotTestable,
}

/// One row of the catalogue.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub id: RequirementId,
    pub level: Level,
    /// Part of the contract it belongs to, such as `transport`.
    pub area: String,
    pub basis: Basis,
    /// The rule in a few plain words, for people who do not program.
    pub title: String,
    /// The normative sentence.
    pub text: String,
    /// Section of the contract that explains it best.
    pub section: String,
    /// Tags of the sources behind the sentence.
    pub sources: Vec<String>,
    /// Operations whose answers decide it; empty for all.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Capability without which it does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// What a black-box client does to decide it.
    pub observation: String,
    pub decided: Decided,
    /// Why it is attested or not testable, and what to do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why no fault of a sample connector can prove the checks of an automated row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproved: Option<String>,
    /// What a developer does about a finding.
    pub remedy: String,
}
