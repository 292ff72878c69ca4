//! Faults that a partner's connector might have, injected one by one.
//!
//! Each fault is a small mistake and names the requirements that it breaks by the
//! words of the contract: the first is what it is there for, the consequences are
//! what a client cannot help noticing as well. The handlers know nothing of faults;
//! a fault works at seams around them, and each family of samples has its own seams.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::{SampleError, SampleInfo, quote, sync};

/// A named fault.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub name: &'static str,
    /// Profile of the samples that can have it.
    pub profile: &'static str,
    /// What the connector does wrong, in one sentence.
    pub summary: &'static str,
    /// Requirements that it breaks; the first is the primary one.
    pub violates: &'static [&'static str],
    /// Requirements that unavoidably look broken, or cannot be judged, as well.
    pub consequences: &'static [&'static str],
}

/// All faults of all samples; names are unique within a profile.
pub fn faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        let quote = quote::faults().iter().map(|f| f.of(quote::PROFILE));
        let sync = sync::sync_faults().iter();
        let sync = sync.map(|f| f.of(sync::SYNC_PROFILE));
        let mirroring = sync::mirroring_faults().iter();
        let mirroring = mirroring.map(|f| f.of(sync::MIRRORING_PROFILE));
        quote.chain(sync).chain(mirroring).collect()
    });
    &ALL
}

/// A fault with the places where it takes hold.
#[derive(Debug)]
pub struct Injectable<Seam: 'static> {
    pub name: &'static str,
    /// What the connector does wrong, in one sentence.
    pub summary: &'static str,
    /// Requirements that it breaks; the first is the primary one.
    pub violates: &'static [&'static str],
    /// Requirements that unavoidably look broken, or cannot be judged, as well.
    pub consequences: &'static [&'static str],
    pub seams: &'static [Seam],
}

impl<Seam> Clone for Injectable<Seam> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Seam> Copy for Injectable<Seam> {}

impl<Seam> Injectable<Seam> {
    /// The same fault where it breaks other requirements.
    pub fn breaking(
        self,
        violates: &'static [&'static str],
        consequences: &'static [&'static str],
    ) -> Self {
        Self {
            violates,
            consequences,
            ..self
        }
    }

    /// The fault as it is told.
    fn of(&self, profile: &'static str) -> Fault {
        Fault {
            name: self.name,
            profile,
            summary: self.summary,
            violates: self.violates,
            consequences: self.consequences,
        }
    }
}

/// Whether a sample can have all these faults.
pub fn check(sample: &SampleInfo, names: &[String]) -> Result<(), SampleError> {
    for name in names {
        let same_name = || faults().iter().filter(|fault| fault.name == name);
        if same_name().any(|fault| fault.profile == sample.profile) {
            continue;
        }
        return Err(match same_name().next() {
            Some(fault) => SampleError::FaultOfOthers {
                name: name.clone(),
                profile: fault.profile,
                sample: sample.name,
            },
            None => SampleError::UnknownFault {
                name: name.clone(),
                known: of_profile(sample.profile),
            },
        });
    }
    Ok(())
}

fn of_profile(profile: &str) -> String {
    let known = faults().iter().filter(|fault| fault.profile == profile);
    known.map(|fault| fault.name).collect::<Vec<_>>().join(", ")
}

/// The faults of the certificate, which every family of samples can have: `Fault`, `Seam`
/// and `Certificate` are those of the family.
macro_rules! certificate_faults {
    ($violates:expr, $consequences:expr) => {
        &[
            Fault {
                name: "certificate-expired",
                summary: "Shows a certificate that has run out.",
                violates: $violates,
                consequences: $consequences,
                seams: &[Seam::Policy(|policy| {
                    policy.certificate = Certificate::Expired
                })],
            },
            Fault {
                name: "certificate-of-other-host",
                summary: "Shows a certificate that names another host.",
                violates: $violates,
                consequences: $consequences,
                seams: &[Seam::Policy(|policy| {
                    policy.certificate = Certificate::OtherHost
                })],
            },
            Fault {
                name: "certificate-self-signed",
                summary: "Shows a certificate that it has signed itself.",
                violates: $violates,
                consequences: $consequences,
                seams: &[Seam::Policy(|policy| {
                    policy.certificate = Certificate::SelfSigned
                })],
            },
        ]
    };
}
pub(super) use certificate_faults;

/// The faults of one running sample, and what they remember between calls.
#[derive(Debug)]
pub struct Injected<Seam: 'static> {
    faults: Vec<Injectable<Seam>>,
    memory: Mutex<HashMap<String, Value>>,
}

impl<Seam: Copy> Injected<Seam> {
    /// Those of a family's faults that have these names.
    pub fn of(family: &[Injectable<Seam>], names: &[String]) -> Self {
        let chosen = names
            .iter()
            .filter_map(|name| family.iter().find(|fault| fault.name == name));
        Self {
            faults: chosen.copied().collect(),
            memory: Mutex::default(),
        }
    }

    /// All seams of all chosen faults.
    pub fn seams(&self) -> impl Iterator<Item = Seam> {
        self.faults.iter().flat_map(|fault| fault.seams).copied()
    }

    pub fn remember(&self, key: impl Into<String>, value: Value) -> Option<Value> {
        self.memory().insert(key.into(), value)
    }

    pub fn recall(&self, key: &str) -> Option<Value> {
        self.memory().get(key).cloned()
    }

    pub fn forget(&self, key: &str) -> Option<Value> {
        self.memory().remove(key)
    }

    /// The number that something has come to.
    pub fn counted(&self, key: &str) -> u64 {
        self.add(key, 0)
    }

    /// Counts, beginning with 1.
    pub fn count(&self, key: &str) -> u64 {
        self.add(key, 1)
    }

    /// Adds to a number, which is 0 at first and never less, and gives the sum.
    pub fn add(&self, key: &str, difference: i64) -> u64 {
        let mut memory = self.memory();
        let before = memory.get(key).and_then(Value::as_u64).unwrap_or_default();
        let after = before.saturating_add_signed(difference);
        memory.insert(key.to_owned(), json!(after));
        after
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Value>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::sample::SAMPLES;

    fn is_requirement(profile: &str, id: &str) -> bool {
        let families: &[(&str, u16)] = match profile {
            "quote-rest" => &[("QC-", 255)],
            "erp-sync" => &[("ERP-", 179), ("AUTH-", 97)],
            _ => &[("AUTH-", 103)],
        };
        families.iter().any(|(prefix, last)| {
            id.strip_prefix(prefix).is_some_and(|number| {
                number.len() == 3
                    && number
                        .parse()
                        .is_ok_and(|number: u16| (1..=*last).contains(&number))
            })
        })
    }

    #[test]
    fn names_are_unique_in_a_profile_and_kebab_case() {
        let mut seen = HashSet::new();
        for fault in faults() {
            let key = (fault.profile, fault.name);
            assert!(seen.insert(key), "{} twice", fault.name);
            let kebab = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
            assert!(
                fault
                    .name
                    .split('-')
                    .all(|word| !word.is_empty() && word.chars().all(kebab))
            );
        }
    }

    #[test]
    fn every_fault_breaks_something_and_is_described_in_a_sentence() {
        for fault in faults() {
            let name = fault.name;
            assert!(!fault.violates.is_empty(), "{name}");
            // What faults share as consequences may hold what one of them breaks.
            for ids in [fault.violates, fault.consequences] {
                let mut seen = HashSet::new();
                for id in ids {
                    assert!(
                        is_requirement(fault.profile, id) && seen.insert(id),
                        "{name}: {id}"
                    );
                }
            }
            assert!(
                fault.summary.ends_with('.') && fault.summary.len() > 20,
                "{name}"
            );
        }
    }

    #[test]
    fn every_fault_belongs_to_a_sample() {
        for fault in faults() {
            assert!(
                SAMPLES.iter().any(|sample| sample.profile == fault.profile),
                "{}",
                fault.name
            );
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = check(&SAMPLES[0], &["nonsense".to_owned()]).err();
        let message = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("nonsense") && message.contains("unknown-product-404"));
    }
}
