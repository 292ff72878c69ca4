//! The faults of Quote Connectors, and the seams at which they work.

mod advanced_search;
mod alternatives;
mod authentication;
mod capabilities;
mod errors;
mod isolation;
mod jwt;
mod lifecycle;
mod line_amounts;
mod lines;
mod lists;
mod new_lines;
mod orders;
mod pictures;
mod price_lists;
mod products;
mod requests;
mod schema;
mod search;
mod setup;
mod tools;
mod transport;
mod typed_values;
mod versions;

use std::sync::LazyLock;

use super::connector::{Call, Connector};
use super::policy::Policy;
use super::wire::{Answer, Problem};
use crate::sample::fault::Injectable;

/// A fault of a Quote Connector.
pub type Fault = Injectable<Seam>;

/// Where a fault takes hold.
#[derive(Debug, Clone, Copy)]
pub enum Seam {
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
            transport::CERTIFICATES,
            authentication::FAULTS,
            jwt::FAULTS,
            isolation::FAULTS,
            requests::FAULTS,
            schema::FAULTS,
            errors::FAULTS,
            capabilities::FAULTS,
            setup::FAULTS,
            lists::FAULTS,
            price_lists::FAULTS,
            products::FAULTS,
            search::FAULTS,
            pictures::FAULTS,
            advanced_search::FAULTS,
            new_lines::FAULTS,
            lines::FAULTS,
            line_amounts::FAULTS,
            typed_values::FAULTS,
            alternatives::FAULTS,
            versions::FAULTS,
            lifecycle::FAULTS,
            orders::FAULTS,
        ]
        .concat()
    });
    &ALL
}

/// The faults of one running Quote Connector.
pub type Injected = crate::sample::fault::Injected<Seam>;

impl Injected {
    /// The faults with these names, which are known to exist.
    pub fn named(names: &[String]) -> Self {
        Self::of(faults(), names)
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
}
