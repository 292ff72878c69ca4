//! What the self-test of a suite came to: how much of what it claims to catch it does
//! catch, in numbers that fit into a report.

use serde::{Deserialize, Serialize};

use super::requirement::Level;

/// The score of a suite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proof {
    /// Digest of the catalogue, scenarios and OpenAPI document that were tested.
    pub suite_digest: String,
    /// Faults of the sample connectors that were played.
    pub faults: u32,
    /// Faults of which exactly the declared requirements were reported.
    pub caught: u32,
    pub must: ProofOfLevel,
    pub should: ProofOfLevel,
    pub may: ProofOfLevel,
    /// Runs of samples without fault.
    pub clean_runs: u32,
    /// Those of them that reported anything.
    pub false_alarms: u32,
}

/// The requirements of one level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProofOfLevel {
    /// Requirements that checks decide.
    pub automated: u32,
    /// Those that a caught fault proves.
    pub proved: u32,
    /// Those that two or more caught faults prove.
    pub proved_twice: u32,
}

impl Proof {
    pub fn of_mut(&mut self, level: Level) -> &mut ProofOfLevel {
        match level {
            Level::Must => &mut self.must,
            Level::Should => &mut self.should,
            Level::May => &mut self.may,
        }
    }

    /// Automated requirements of all levels.
    pub fn automated(&self) -> u32 {
        self.must.automated + self.should.automated + self.may.automated
    }

    /// Automated requirements of all levels that a caught fault proves.
    pub fn proved(&self) -> u32 {
        self.must.proved + self.should.proved + self.may.proved
    }

    /// The score in a sentence; `suite` is the digest of the suite in use.
    pub fn sentence(&self, suite: &str) -> String {
        let score = format!(
            "{} of {} planted faults caught exactly; {} of {} automated requirements proved by one \
             ({} of {} MUST); {} in {} runs of compliant samples",
            self.caught,
            self.faults,
            self.proved(),
            self.automated(),
            self.must.proved,
            self.must.automated,
            match self.false_alarms {
                0 => "no false alarm".to_owned(),
                1 => "1 false alarm".to_owned(),
                n => format!("{n} false alarms"),
            },
            self.clean_runs,
        );
        if self.suite_digest == suite {
            score
        } else {
            format!("{score}. This suite differs from the one that was tested")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_suite_does_not_borrow_the_score_in_silence() {
        let proof = Proof {
            suite_digest: "aa".to_owned(),
            ..Proof::default()
        };
        assert!(!proof.sentence("aa").contains("differs"));
        assert!(
            proof
                .sentence("bb")
                .ends_with("differs from the one that was tested")
        );
    }
}
