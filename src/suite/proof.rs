//! The scores of the shipped suites, as the last recorded self-test left them:
//! `assay selftest --record src/suite/proof.json`.

use std::collections::BTreeMap;

use crate::model::proof::Proof;

const SCORES: &str = include_str!("proof.json");

/// The score of a shipped suite. It tells of which state it is by its digest; a suite in
/// another state must not be taken for the one that was tested.
pub fn proof(profile: &str) -> Option<Proof> {
    let mut scores: BTreeMap<String, Proof> = serde_json::from_str(SCORES).ok()?;
    scores.remove(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_suite_has_a_score() {
        for profile in crate::suite::profiles() {
            let proof = proof(profile);
            assert!(proof.is_some_and(|proof| proof.faults > 0), "{profile}");
        }
    }
}
