//! A token that is being written: header and claims before they are signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::auth::key::{KeyError, SigningKey};
use crate::auth::token::{EARLY, LIFETIME};

/// Members of a JSON object, in their order.
pub(super) type Members = Map<String, Value>;

/// Header and claims.
#[derive(Clone)]
pub(super) struct Draft {
    pub header: Members,
    pub claims: Members,
}

impl Draft {
    /// The token, signed by RS256 whatever the header says.
    pub(super) fn sign(self, key: &SigningKey) -> Result<String, KeyError> {
        key.sign(&Value::Object(self.header), &Value::Object(self.claims))
    }

    /// What a signature is over.
    pub(super) fn message(&self) -> String {
        let header = Value::Object(self.header.clone()).to_string();
        compact(header, self.payload())
    }

    /// The claims as they are written.
    pub(super) fn payload(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// Sets a header member.
    pub(super) fn head(mut self, name: &str, value: Value) -> Self {
        self.header = with(self.header, name, value);
        self
    }

    /// Sets a claim.
    pub(super) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims = with(self.claims, name, value);
        self
    }

    /// Takes a claim out.
    pub(super) fn without_claim(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    /// Names this key in the header, in place of the one it names.
    pub(super) fn naming(self, key: &SigningKey) -> Self {
        let has_thumbprint = self.header.contains_key("x5t");
        let draft = self.head("kid", json!(key.kid()));
        if has_thumbprint {
            draft.head("x5t", json!(key.x5t()))
        } else {
            draft
        }
    }

    /// As it was when it was good, with the end of its life then.
    pub(super) fn expired(self, expiry: i64) -> Self {
        self.times(expiry - LIFETIME - EARLY, expiry)
    }

    /// As it will be when it is good, with the begin of its life then.
    pub(super) fn valid_from(self, start: i64) -> Self {
        self.times(start, start + EARLY + LIFETIME)
    }

    /// Another validity; `iat`, where there is one, lies in it.
    fn times(self, nbf: i64, exp: i64) -> Self {
        let has_iat = self.claims.contains_key("iat");
        let draft = self.claim("nbf", json!(nbf)).claim("exp", json!(exp));
        if has_iat {
            draft.claim("iat", json!(nbf))
        } else {
            draft
        }
    }
}

/// Two parts in base64url with a dot between.
pub(super) fn compact(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    )
}

pub(super) fn with(mut members: Members, name: &str, value: Value) -> Members {
    members.insert(name.to_owned(), value);
    members
}
