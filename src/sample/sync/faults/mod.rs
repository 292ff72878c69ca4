//! The faults of ERP sync and mirroring connectors, and the seams at which they work.

mod advanced;
mod answer;
mod claims;
mod connections;
mod creating;
mod errors;
mod handshake;
mod keys;
mod lists;
mod malformed;
mod metadata;
mod mirroring;
mod polling;
mod reading;
mod safety;
mod saving;
mod search;
mod settings;
mod shared;
mod short_key;
mod tokens;
mod tools;
mod transport;
mod types;
mod values;
mod wire;

use std::sync::LazyLock;

use super::connector::{Call, Connector};
use super::policy::Policy;
use super::reply::{Reply, Written};
use crate::sample::fault::Injectable;

/// A fault of a connector behind SOAP.
pub type Fault = Injectable<Seam>;

/// Where a fault takes hold.
#[derive(Debug, Clone, Copy)]
pub enum Seam {
    /// Changes a decision at the edge.
    Policy(fn(&mut Policy)),
    /// Looks at a call before anything has been read of it.
    Arrival(fn(&Connector, &mut Call) -> Result<(), Reply>),
    /// Changes or refuses a request before its operation sees it.
    Request(fn(&Connector, &mut Call) -> Result<(), Reply>),
    /// Changes the answer that an operation or the edge has given.
    Answer(fn(&Connector, &Call, &mut Reply)),
    /// Changes the answer after it has been held back for its delay.
    Late(fn(&Connector, &Call, &mut Reply)),
    /// Changes what has been written.
    Written(fn(&Connector, &Call, &mut Written)),
}

/// All faults of the ERP sync connector; names are unique.
pub fn sync_faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        [
            handshake::FAULTS,
            handshake::CERTIFICATES,
            answer::FAULTS,
            tokens::FAULTS,
            claims::FAULTS,
            keys::FAULTS,
            malformed::FAULTS,
            safety::FAULTS,
            transport::FAULTS,
            wire::FAULTS,
            connections::FAULTS,
            settings::FAULTS,
            metadata::FAULTS,
            types::FAULTS,
            reading::FAULTS,
            values::FAULTS,
            polling::FAULTS,
            search::FAULTS,
            advanced::FAULTS,
            creating::FAULTS,
            saving::FAULTS,
            lists::FAULTS,
            errors::FAULTS,
        ]
        .concat()
    });
    &ALL
}

/// All faults of the mirroring service; names are unique.
pub fn mirroring_faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> =
        LazyLock::new(|| [mirroring::FAULTS, shared::shared_faults()].concat());
    &ALL
}

/// The faults of one running connector.
pub type Injected = crate::sample::fault::Injected<Seam>;

impl Injected {
    /// Applies what changes decisions.
    pub fn change_policy(&self, policy: &mut Policy) {
        for seam in self.seams() {
            if let Seam::Policy(change) = seam {
                change(policy);
            }
        }
    }

    /// Applies what looks at calls as they arrive.
    pub fn arrival(&self, connector: &Connector, call: &mut Call) -> Result<(), Reply> {
        for seam in self.seams() {
            if let Seam::Arrival(look) = seam {
                look(connector, call)?;
            }
        }
        Ok(())
    }

    /// Applies what changes requests.
    pub fn change_request(&self, connector: &Connector, call: &mut Call) -> Result<(), Reply> {
        for seam in self.seams() {
            if let Seam::Request(change) = seam {
                change(connector, call)?;
            }
        }
        Ok(())
    }

    /// Applies what changes answers, and writes them.
    pub async fn finish(&self, connector: &Connector, call: &Call, mut reply: Reply) -> Written {
        for seam in self.seams() {
            if let Seam::Answer(change) = seam {
                change(connector, call, &mut reply);
            }
        }
        if !call.delay.is_zero() {
            tokio::time::sleep(call.delay).await;
        }
        for seam in self.seams() {
            if let Seam::Late(change) = seam {
                change(connector, call, &mut reply);
            }
        }
        let mut written = reply.write(call);
        for seam in self.seams() {
            if let Seam::Written(change) = seam {
                change(connector, call, &mut written);
            }
        }
        written
    }
}
