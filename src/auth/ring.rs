//! The keys that one harness signs with.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::key::{KeyError, SigningKey};

/// The key that a connector trusts, and others that take their time to make, as every
/// RSA key does: each is made when it is first asked for, and clones share it.
#[derive(Debug, Clone)]
pub struct KeyRing {
    /// The key that signs as long as nothing else is said.
    pub trusted: Arc<SigningKey>,
    second: Spare,
    stranger: Spare,
}

type Spare = Arc<Mutex<Option<Arc<SigningKey>>>>;

impl KeyRing {
    pub fn new(trusted: Arc<SigningKey>) -> Self {
        Self {
            trusted,
            second: Spare::default(),
            stranger: Spare::default(),
        }
    }

    /// A key that is published beside the trusted one: what it signs is good too.
    pub fn second(&self, now: Timestamp) -> Result<Arc<SigningKey>, KeyError> {
        spare(&self.second, "Assay second signing key", now)
    }

    /// A key that nobody publishes, so that nobody trusts it.
    pub fn stranger(&self, now: Timestamp) -> Result<Arc<SigningKey>, KeyError> {
        spare(&self.stranger, "Not the trusted key", now)
    }
}

fn spare(spare: &Spare, name: &str, now: Timestamp) -> Result<Arc<SigningKey>, KeyError> {
    let mut spare = spare.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = spare.as_ref() {
        return Ok(Arc::clone(key));
    }
    let key = Arc::new(SigningKey::generate(name, now)?);
    Ok(Arc::clone(spare.insert(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::testing::now;

    #[test]
    fn each_key_is_made_once_and_is_another() {
        let ring = KeyRing::new(Arc::new(SigningKey::generate("Trusted", now()).unwrap()));
        let (second, stranger) = (ring.second(now()).unwrap(), ring.stranger(now()).unwrap());
        let kids = [ring.trusted.kid(), second.kid(), stranger.kid()];
        assert!(kids[0] != kids[1] && kids[0] != kids[2] && kids[1] != kids[2]);
        let clone = ring.clone();
        assert!(Arc::ptr_eq(&second, &clone.second(now()).unwrap()));
        assert!(Arc::ptr_eq(&stranger, &clone.stranger(now()).unwrap()));
    }
}
