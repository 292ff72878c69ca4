//! Faults that a partner's connector might have, injected one by one.
//!
//! Each fault is a small mistake and names the requirements that it breaks by the
//! words of the contract: the first is what it is there for, the consequences are
//! what a client cannot help noticing as well. The handlers know nothing of faults;
//! a fault works at a [`Seam`] around them.

mod alternatives;
mod authentication;
mod errors;
mod lifecycle;
mod lines;
mod orders;
mod products;
mod schema;
mod search;
mod setup;
mod tools;
mod transport;
mod versions;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::SampleError;
use super::connector::{Call, Connector};
use super::policy::Policy;
use super::wire::{Answer, Problem};

/// A named fault.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub name: &'static str,
    /// What the connector does wrong, in one sentence.
    pub summary: &'static str,
    /// Requirements that it breaks; the first is the primary one.
    pub violates: &'static [&'static str],
    /// Requirements that unavoidably look broken, or cannot be judged, as well.
    pub consequences: &'static [&'static str],
    seams: &'static [Seam],
}

/// Where a fault takes hold.
#[derive(Debug, Clone, Copy)]
enum Seam {
    /// Changes a decision at the edge.
    Policy(fn(&mut Policy)),
    /// Changes or refuses a request before its handler sees it.
    Request(fn(&Connector, &mut Call) -> Result<(), Problem>),
    /// Changes the answer that a handler or the edge has given.
    Answer(fn(&Connector, &Call, &mut Answer)),
    /// Changes the answer after it has been held back for its delay.
    Late(fn(&Connector, &Call, &mut Answer)),
}

/// All faults; names are unique.
pub fn faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        [
            transport::FAULTS,
            authentication::FAULTS,
            schema::FAULTS,
            errors::FAULTS,
            setup::FAULTS,
            products::FAULTS,
            search::FAULTS,
            lines::FAULTS,
            alternatives::FAULTS,
            versions::FAULTS,
            lifecycle::FAULTS,
            orders::FAULTS,
        ]
        .concat()
    });
    &ALL
}

/// The faults of one running sample, and what they remember between calls.
#[derive(Debug)]
pub struct Injected {
    faults: Vec<Fault>,
    memory: Mutex<HashMap<String, Value>>,
}

impl Injected {
    /// The faults with these names.
    pub fn named(names: &[String]) -> Result<Self, SampleError> {
        let find = |name: &String| {
            let found = faults().iter().find(|fault| fault.name == name);
            found
                .copied()
                .ok_or_else(|| SampleError::UnknownFault { name: name.clone() })
        };
        let faults = names.iter().map(find).collect::<Result<_, _>>()?;
        Ok(Self {
            faults,
            memory: Mutex::default(),
        })
    }

    /// Applies what changes decisions.
    pub fn change_policy(&self, policy: &mut Policy) {
        for seam in self.seams() {
            if let Seam::Policy(change) = seam {
                change(policy);
            }
        }
    }

    /// Applies what changes requests.
    pub fn change_request(&self, connector: &Connector, call: &mut Call) -> Result<(), Problem> {
        for seam in self.seams() {
            if let Seam::Request(change) = seam {
                change(connector, call)?;
            }
        }
        Ok(())
    }

    /// Applies what changes answers.
    pub async fn finish(&self, connector: &Connector, call: &Call, mut answer: Answer) -> Answer {
        for seam in self.seams() {
            if let Seam::Answer(change) = seam {
                change(connector, call, &mut answer);
            }
        }
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        for seam in self.seams() {
            if let Seam::Late(change) = seam {
                change(connector, call, &mut answer);
            }
        }
        answer
    }

    fn seams(&self) -> impl Iterator<Item = Seam> {
        self.faults.iter().flat_map(|fault| fault.seams).copied()
    }

    fn remember(&self, key: impl Into<String>, value: Value) -> Option<Value> {
        self.memory().insert(key.into(), value)
    }

    fn recall(&self, key: &str) -> Option<Value> {
        self.memory().get(key).cloned()
    }

    fn forget(&self, key: &str) -> Option<Value> {
        self.memory().remove(key)
    }

    /// Counts, beginning with 1.
    fn count(&self, key: &str) -> u64 {
        let mut memory = self.memory();
        let counted = memory.get(key).and_then(Value::as_u64).unwrap_or_default() + 1;
        memory.insert(key.to_owned(), json!(counted));
        counted
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Value>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn is_requirement(id: &str) -> bool {
        id.strip_prefix("QC-").is_some_and(|number| {
            number.len() == 3
                && number
                    .parse()
                    .is_ok_and(|number: u16| (1..=255).contains(&number))
        })
    }

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut seen = HashSet::new();
        for fault in faults() {
            assert!(seen.insert(fault.name), "{} twice", fault.name);
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
            assert!(
                !fault.violates.is_empty() && !fault.seams.is_empty(),
                "{name}"
            );
            let ids = fault.violates.iter().chain(fault.consequences);
            let mut seen = HashSet::new();
            for id in ids {
                assert!(is_requirement(id) && seen.insert(id), "{name}: {id}");
            }
            assert!(
                fault.summary.ends_with('.') && fault.summary.len() > 20,
                "{name}"
            );
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = Injected::named(&["nonsense".to_owned()]).err();
        let message = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("nonsense") && message.contains("unknown-product-404"));
    }
}
