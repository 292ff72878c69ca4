//! Which samples are run, with which fault, against which scenarios.

use std::collections::BTreeSet;

use crate::model::outcome::Scope;
use crate::sample::{AnswerToken, Fault, SAMPLES, SampleInfo, Variant, faults};
use crate::suite::{Selection, Suite};

/// One run.
#[derive(Debug, Clone)]
pub struct Case {
    pub sample: &'static SampleInfo,
    pub variant: Variant,
    pub answer: AnswerToken,
    pub scope: Scope,
    pub seed: u64,
    /// Rounds of the scenarios that decide a MUST.
    pub repeat: u32,
    pub subject: Subject,
    /// What is played; empty for everything.
    pub only: Vec<String>,
}

/// What a run is there to show.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// A compliant connector gets no finding.
    Clean,
    /// A fault is reported under its requirements.
    Fault(&'static Fault),
}

impl Case {
    /// A run of everything against a sample, from the first seed.
    pub fn of(sample: &'static SampleInfo) -> Self {
        Self {
            sample,
            variant: Variant::Full,
            answer: AnswerToken::default(),
            scope: Scope::Certification,
            seed: 1,
            repeat: 1,
            subject: Subject::Clean,
            only: Vec::new(),
        }
    }

    /// What the run is called where progress is told.
    pub fn name(&self) -> String {
        match self.subject {
            Subject::Fault(fault) => fault.name.to_owned(),
            Subject::Clean => format!("{} {}", self.sample.name, self.variant),
        }
    }
}

/// What the operator wants to have tested.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Names of faults, or requirements that they break; empty for all, and for the
    /// samples without fault.
    pub only: Selection,
    /// How many seeds the samples without fault are run with.
    pub seeds: u64,
    /// Every fault meets every scenario, not only those that decide or provoke what it
    /// breaks.
    pub whole: bool,
    /// Plays one of so many runs only: 1 for all.
    pub one_of: usize,
}

impl Choice {
    /// Whether faults are left out.
    pub fn partial(&self) -> bool {
        !self.only.0.is_empty() || self.one_of > 1
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            only: Selection::default(),
            seeds: 1,
            whole: false,
            one_of: 1,
        }
    }
}

/// Why there is no matrix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    #[error("no sample keeps the contract of profile {0}, so nothing can be proved of it")]
    NoSample(String),
    #[error(
        "--only {0}: neither a fault nor a requirement that a fault breaks (assay list faults)"
    )]
    Unknown(String),
}

/// All runs of a suite: samples without fault first, then one for each fault.
pub fn cases(suite: &Suite, choice: &Choice) -> Result<Vec<Case>, MatrixError> {
    let profile = &suite.profile.name;
    let none = || MatrixError::NoSample(profile.clone());
    let reference = SampleInfo::reference(profile).ok_or_else(none)?;
    let planted = || faults().iter().filter(|fault| fault.profile == profile);
    for word in &choice.only.0 {
        let one = Selection(vec![word.clone()]);
        if !planted().any(|fault| wanted(&one, fault)) {
            return Err(MatrixError::Unknown(word.clone()));
        }
    }
    let mut cases = Vec::new();
    if choice.only.0.is_empty() {
        for seed in 1..=choice.seeds {
            let samples = SAMPLES.iter().filter(|sample| sample.profile == profile);
            cases.extend(samples.flat_map(|sample| clean(sample, seed)));
        }
    }
    let in_scenarios: BTreeSet<&str> = suite
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.requirements.iter().chain(&scenario.provokes))
        .map(String::as_str)
        .collect();
    cases.extend(
        planted()
            .filter(|fault| choice.only.0.is_empty() || wanted(&choice.only, fault))
            .map(|fault| {
                // What is judged on every exchange, and provoked by no scenario, may show
                // anywhere.
                let anywhere = fault.violates.iter().any(|id| !in_scenarios.contains(id));
                let only = match choice.whole || anywhere {
                    true => Vec::new(),
                    false => fault.violates.iter().map(|id| (*id).to_owned()).collect(),
                };
                Case {
                    subject: Subject::Fault(fault),
                    only,
                    ..Case::of(reference)
                }
            }),
    );
    Ok(cases.into_iter().step_by(choice.one_of.max(1)).collect())
}

fn wanted(only: &Selection, fault: &Fault) -> bool {
    only.fits(fault.name) || fault.violates.iter().any(|id| only.fits(id))
}

/// A sample without fault in all that it comes in.
fn clean(sample: &'static SampleInfo, seed: u64) -> Vec<Case> {
    let of = |variant: Variant, answer, scope| Case {
        variant,
        answer,
        scope,
        seed,
        ..Case::of(sample)
    };
    let mut cases: Vec<Case> = sample
        .variants
        .iter()
        .map(|variant| of(*variant, AnswerToken::default(), Scope::Certification))
        .collect();
    cases.push(of(
        Variant::Full,
        AnswerToken::default(),
        Scope::Development,
    ));
    if sample.may_answer_with_jwt() {
        cases.push(of(
            Variant::Full,
            AnswerToken::WebToken,
            Scope::Certification,
        ));
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Source, load};

    fn suite(profile: &str) -> Suite {
        load(&Source::Embedded, profile, None).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    fn only(word: &str) -> Choice {
        Choice {
            only: Selection(vec![word.to_owned()]),
            ..Choice::default()
        }
    }

    #[test]
    fn every_fault_and_every_variant_has_its_run() {
        for profile in crate::suite::profiles() {
            let cases = cases(&suite(profile), &Choice::default()).unwrap();
            let planted = faults().iter().filter(|fault| fault.profile == profile);
            let played = cases
                .iter()
                .filter(|case| matches!(case.subject, Subject::Fault(_)));
            assert_eq!(planted.count(), played.count(), "{profile}");
            for sample in SAMPLES.iter().filter(|sample| sample.profile == profile) {
                for variant in sample.variants {
                    assert!(
                        cases.iter().any(|case| case.sample.name == sample.name
                            && case.variant == *variant
                            && matches!(case.subject, Subject::Clean)),
                        "{} {variant}",
                        sample.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_word_that_names_nothing_is_refused() {
        let unknown = cases(&suite("quote-rest"), &only("QC-999")).map(|cases| cases.len());
        assert_eq!(unknown, Err(MatrixError::Unknown("QC-999".to_owned())));
    }

    #[test]
    fn a_requirement_selects_the_faults_that_break_it() {
        let cases = cases(&suite("quote-rest"), &only("QC-001")).unwrap();
        assert!(!cases.is_empty());
        for case in &cases {
            let Subject::Fault(fault) = case.subject else {
                panic!("a run without fault");
            };
            assert!(fault.violates.contains(&"QC-001"));
        }
    }

    #[test]
    fn more_seeds_are_more_runs_without_fault() {
        let suite = suite("mirroring-auth");
        let count = |seeds| {
            let choice = Choice {
                seeds,
                ..Choice::default()
            };
            let cases = cases(&suite, &choice).unwrap();
            cases
                .iter()
                .filter(|case| matches!(case.subject, Subject::Clean))
                .count()
        };
        assert_eq!(count(3), 3 * count(1));
    }
}
