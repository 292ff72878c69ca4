//! Outcomes, the ledger and the verdict: what a run may say, and how rows add up.
//!
//! Everything here is a pure function of counts; no format computes a total of its
//! own, so terminal, HTML, JSON and JUnit cannot disagree.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::requirement::Level;

/// Outcome of a check, and by roll-up of a requirement: exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Behaviour observed and accepted.
    Pass,
    /// Behaviour observed and not accepted.
    Fail,
    /// Could not be exercised: prerequisite failed, unreachable, timed out.
    Blocked,
    /// Ran, but there was nothing to judge.
    Vacuous,
    /// Needs a human or an attestation.
    Review,
    /// Capability not claimed, or operation legitimately absent.
    NotApplicable,
    /// Filtered out by the operator, or left out by the scope of the run.
    NotSelected,
    /// Fault of the harness.
    Error,
}

impl Outcome {
    /// All outcomes in the order in which reports list them.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::Fail,
        Self::Blocked,
        Self::Vacuous,
        Self::Review,
        Self::NotSelected,
        Self::NotApplicable,
        Self::Error,
    ];

    /// Rolls the outcomes of several checks of one requirement into one.
    ///
    /// A violation seen anywhere stays a violation. After that a fault of ours, then
    /// whatever is still owed (blocked, review) weigh more than a pass, because a
    /// requirement of which a part was not exercised is not verified. A check that
    /// found nothing to judge, did not apply or was not selected does not spoil what
    /// another check of the same requirement did see. `None` for no check at all.
    pub fn roll_up(outcomes: impl IntoIterator<Item = Self>) -> Option<Self> {
        outcomes.into_iter().max_by_key(|outcome| outcome.weight())
    }

    fn weight(self) -> u8 {
        match self {
            Self::Fail => 7,
            Self::Error => 6,
            Self::Blocked => 5,
            Self::Review => 4,
            Self::Pass => 3,
            Self::Vacuous => 2,
            Self::NotSelected => 1,
            Self::NotApplicable => 0,
        }
    }

    /// The word reports use.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Blocked => "blocked",
            Self::Vacuous => "vacuous",
            Self::Review => "review",
            Self::NotApplicable => "not applicable",
            Self::NotSelected => "not selected",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Where the reason of an outcome other than pass lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultDomain {
    /// The connector's code or data.
    Connector,
    /// What the target file says: URL, credentials, fixtures, claims.
    Configuration,
    /// Network, name resolution, certificates, clocks.
    Environment,
    /// Assay itself.
    Harness,
}

impl fmt::Display for FaultDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connector => "connector",
            Self::Configuration => "configuration",
            Self::Environment => "environment",
            Self::Harness => "harness",
        })
    }
}

/// How much a run leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What the operator has not provided for is left out and listed.
    Development,
    /// Nothing is left out.
    Certification,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Development => "development",
            Self::Certification => "certification",
        })
    }
}

/// Counts of the requirements of one level.
///
/// `applicable = satisfied + violated + unverified` holds by construction of
/// [`Ledger::add`]; [`Ledger::balanced`] checks it on ledgers read from files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ledger {
    pub applicable: u32,
    pub satisfied: u32,
    pub violated: u32,
    /// Applicable, but without a decision: blocked, vacuous, review, not selected, error.
    pub unverified: u32,
    /// The part of `unverified` that the development scope leaves out on purpose.
    pub left_out_by_scope: u32,
    pub not_applicable: u32,
    /// Rows that no run can decide.
    pub not_testable: u32,
    /// The part of `unverified` that is a fault of the harness.
    pub harness_errors: u32,
}

impl Ledger {
    /// Counts one automated or attested requirement.
    pub fn add(&mut self, outcome: Outcome, by_scope: bool) {
        if outcome == Outcome::NotApplicable {
            self.not_applicable += 1;
            return;
        }
        self.applicable += 1;
        match outcome {
            Outcome::Pass => self.satisfied += 1,
            Outcome::Fail => self.violated += 1,
            _ => {
                self.unverified += 1;
                self.left_out_by_scope += u32::from(by_scope && outcome == Outcome::NotSelected);
                self.harness_errors += u32::from(outcome == Outcome::Error);
            }
        }
    }

    /// The ledger identity.
    pub fn balanced(&self) -> bool {
        self.applicable == self.satisfied + self.violated + self.unverified
            && self.left_out_by_scope + self.harness_errors <= self.unverified
    }

    /// Applicable rows that are open and were not left out by the scope.
    pub fn open(&self) -> u32 {
        self.unverified - self.left_out_by_scope
    }
}

/// The ledgers of all levels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ledgers {
    pub must: Ledger,
    pub should: Ledger,
    pub may: Ledger,
}

impl Ledgers {
    pub fn of(&self, level: Level) -> &Ledger {
        match level {
            Level::Must => &self.must,
            Level::Should => &self.should,
            Level::May => &self.may,
        }
    }

    pub fn of_mut(&mut self, level: Level) -> &mut Ledger {
        match level {
            Level::Must => &mut self.must,
            Level::Should => &mut self.should,
            Level::May => &mut self.may,
        }
    }

    pub fn balanced(&self) -> bool {
        Level::ALL.iter().all(|level| self.of(*level).balanced())
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Completed,
    /// SIGINT: exit 130.
    Interrupted,
    /// SIGTERM: exit 143.
    Terminated,
    /// The recording stops in the middle: the process was killed.
    Truncated,
}

/// Verdict of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    Conformant,
    NonConformant,
    Incomplete,
    Invalid,
}

impl Verdict {
    /// The verdict that the ledgers carry. `strict` counts SHOULD findings as well;
    /// `executed` is the number of checks that judged something.
    pub fn of(ledgers: &Ledgers, strict: bool, executed: u64, ending: Ending) -> Self {
        let errors: u32 = Level::ALL
            .iter()
            .map(|l| ledgers.of(*l).harness_errors)
            .sum();
        let counts = |ledger: &Ledger| ledger.violated > 0;
        if errors > 0 {
            Self::Invalid
        } else if counts(&ledgers.must) || (strict && counts(&ledgers.should)) {
            Self::NonConformant
        } else if executed == 0
            || ending != Ending::Completed
            || ledgers.must.open() > 0
            || (strict && ledgers.should.open() > 0)
        {
            Self::Incomplete
        } else {
            Self::Conformant
        }
    }

    /// The word in capitals.
    pub fn label(self) -> &'static str {
        match self {
            Self::Conformant => "CONFORMANT",
            Self::NonConformant => "NON_CONFORMANT",
            Self::Incomplete => "INCOMPLETE",
            Self::Invalid => "INVALID",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Exit codes of the program, in one place.
pub mod exit {
    use super::{Ending, Verdict};

    pub const CONFORMANT: u8 = 0;
    pub const NON_CONFORMANT: u8 = 1;
    /// Usage, target file, scenario or schema error; nothing was sent.
    pub const USAGE: u8 = 2;
    pub const INCOMPLETE: u8 = 3;
    pub const INVALID: u8 = 4;
    pub const INTERRUPTED: u8 = 130;
    pub const TERMINATED: u8 = 143;

    /// Exit code of a run.
    pub fn of(verdict: Verdict, ending: Ending) -> u8 {
        match (ending, verdict) {
            (Ending::Interrupted, _) => INTERRUPTED,
            (Ending::Terminated, _) => TERMINATED,
            (_, Verdict::Conformant) => CONFORMANT,
            (_, Verdict::NonConformant) => NON_CONFORMANT,
            (_, Verdict::Incomplete) => INCOMPLETE,
            (_, Verdict::Invalid) => INVALID,
        }
    }
}
