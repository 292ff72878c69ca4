//! The token that SuperOffice signs: how it is read, and what makes it good.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::sample::keys::{KeyHabits, SigningKeys};

/// A JSON object.
pub type Object = Map<String, Value>;

/// Who signs for SuperOffice.
pub const ISSUER: &str = "SuperOffice AS";

/// What a token has to satisfy. The defaults are the contract's; injected faults
/// change single ones.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Longest token, in bytes.
    pub longest: usize,
    /// The compact token in what was sent.
    pub unpack: fn(&str) -> String,
    pub algorithms: &'static [&'static str],
    pub verify: fn(algorithm: &str, message: &[u8], signature: &str, key: &DecodingKey) -> bool,
    /// Keys to try beside those of SuperOffice.
    pub other_keys: fn(&Presented) -> Vec<DecodingKey>,
    /// Whether the signature counts as good, whatever it is.
    pub trusts: fn(&Presented, keys: &[Arc<DecodingKey>]) -> bool,
    /// How the key set is treated.
    pub keys: KeyHabits,
    /// Whether a member that comes twice makes a token bad.
    pub unique_members: bool,
    /// Whether extensions that must be understood make a token bad.
    pub minds_extensions: bool,
    /// Difference between the clocks of SuperOffice and connector that is tolerated.
    pub tolerance: SignedDuration,
    pub needs_expiry: bool,
    pub checks_expiry: bool,
    pub checks_not_before: bool,
    pub issuer: fn(Option<&Value>) -> bool,
    pub audience: fn(Option<&Value>, expected: &str) -> bool,
    pub nonce: fn(Option<&Value>) -> Option<String>,
    /// Anything else that is asked of a token.
    pub demands: fn(&Presented) -> bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            longest: 16 * 1024,
            unpack: |text| text.trim().to_owned(),
            algorithms: &["RS256"],
            verify,
            other_keys: |_| Vec::new(),
            trusts: |_, _| false,
            keys: KeyHabits::default(),
            unique_members: true,
            minds_extensions: true,
            tolerance: SignedDuration::from_secs(300),
            needs_expiry: true,
            checks_expiry: true,
            checks_not_before: true,
            issuer: |issuer| issuer.and_then(Value::as_str) == Some(ISSUER),
            audience,
            nonce,
            demands: |_| true,
        }
    }
}

/// A token whose parts could be read.
#[derive(Debug, Clone)]
pub struct Presented {
    pub header: Object,
    pub claims: Object,
    /// The claims as they were written.
    pub payload: String,
    /// What is signed.
    pub message: String,
    pub signature: String,
}

/// Why a token is not good; for the log of the connector only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    Form,
    Algorithm,
    UnknownKey,
    Signature,
    Issuer,
    Audience,
    Time,
    Nonce,
    Other,
}

impl Presented {
    /// Takes a compact token apart.
    pub fn read(text: &str, rules: &Rules) -> Result<Self, Flaw> {
        if text.len() > rules.longest {
            return Err(Flaw::Form);
        }
        let compact = (rules.unpack)(text);
        let mut parts = compact.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Flaw::Form);
        };
        let decoded = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Form)?;
            String::from_utf8(bytes).map_err(|_| Flaw::Form)
        };
        let payload = decoded(claims)?;
        Ok(Self {
            header: object(&decoded(header)?, rules.unique_members).ok_or(Flaw::Form)?,
            claims: object(&payload, rules.unique_members).ok_or(Flaw::Form)?,
            payload,
            message: format!("{header}.{claims}"),
            signature: signature.to_owned(),
        })
    }

    /// Checks everything; gives the nonce.
    pub async fn check(
        &self,
        rules: &Rules,
        keys: &SigningKeys,
        audience: &str,
        now: Timestamp,
    ) -> Result<String, Flaw> {
        let text = |name: &str| self.header.get(name).and_then(Value::as_str);
        let algorithm = text("alg").unwrap_or_default();
        if !rules.algorithms.contains(&algorithm) {
            return Err(Flaw::Algorithm);
        }
        if rules.minds_extensions && self.header.contains_key("crit") {
            return Err(Flaw::Other);
        }
        let id = text("kid").or_else(|| text("x5t"));
        let mut known = keys.candidates(id, now, rules.keys).await;
        known.extend((rules.other_keys)(self).into_iter().map(Arc::new));
        if !(rules.trusts)(self, &known) {
            if known.is_empty() {
                return Err(Flaw::UnknownKey);
            }
            let good = |key: &Arc<DecodingKey>| {
                (rules.verify)(algorithm, self.message.as_bytes(), &self.signature, key)
            };
            if !known.iter().any(good) {
                return Err(Flaw::Signature);
            }
        }
        if !(rules.issuer)(self.claims.get("iss")) {
            return Err(Flaw::Issuer);
        }
        if !(rules.audience)(self.claims.get("aud"), audience) {
            return Err(Flaw::Audience);
        }
        self.check_times(rules, now)?;
        if !(rules.demands)(self) {
            return Err(Flaw::Other);
        }
        (rules.nonce)(self.claims.get("nonce")).ok_or(Flaw::Nonce)
    }

    fn check_times(&self, rules: &Rules, now: Timestamp) -> Result<(), Flaw> {
        let moment = |name: &str| match self.claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or(Flaw::Time),
        };
        let now = now.as_duration().as_secs_f64();
        let tolerance = rules.tolerance.as_secs_f64();
        match moment("exp")? {
            None if rules.needs_expiry => return Err(Flaw::Time),
            Some(expires) if rules.checks_expiry && now >= expires + tolerance => {
                return Err(Flaw::Time);
            }
            _ => {}
        }
        match moment("nbf")? {
            Some(begins) if rules.checks_not_before && now < begins - tolerance => Err(Flaw::Time),
            _ => Ok(()),
        }
    }
}

/// Checks one signature.
pub fn verify(algorithm: &str, message: &[u8], signature: &str, key: &DecodingKey) -> bool {
    let Ok(algorithm) = algorithm.parse::<Algorithm>() else {
        return false;
    };
    jsonwebtoken::crypto::verify(signature, message, key, algorithm).unwrap_or(false)
}

/// The audience, or an array with it; the samples of SuperOffice ignore letter case.
pub fn audience(given: Option<&Value>, expected: &str) -> bool {
    let is = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.eq_ignore_ascii_case(expected))
    };
    match given {
        Some(Value::Array(all)) => all.iter().any(is),
        Some(one) => is(one),
        None => false,
    }
}

/// A nonce that can stand in the answer: it must not look like more than one part.
pub fn nonce(given: Option<&Value>) -> Option<String> {
    let nonce = given?.as_str()?;
    let fits = |sign: char| !sign.is_whitespace() && !sign.is_control() && sign != '.';
    (!nonce.is_empty() && nonce.chars().all(fits)).then(|| nonce.to_owned())
}

/// A JSON object; a member that comes twice makes it none, if that counts.
fn object(text: &str, unique: bool) -> Option<Object> {
    if unique {
        serde_json::from_str::<Unique>(text).ok()?;
    }
    serde_json::from_str(text).ok()
}

/// JSON without members that come twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value::<Unique>()?;
            if !seen.insert(name) {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_that_comes_twice_makes_no_object() {
        assert!(object(r#"{"a": 1, "b": {"a": [1, null, true, 1.5, "x"]}}"#, true).is_some());
        assert!(object(r#"{"a": 1, "a": 2}"#, true).is_none());
        assert!(object(r#"{"a": {"b": 1, "b": 2}}"#, true).is_none());
        assert!(object(r#"{"a": 1, "a": 2}"#, false).is_some());
        assert!(object("[1]", true).is_none() && object("x", true).is_none());
    }

    #[test]
    fn only_three_parts_of_base64url_objects_are_a_token() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let good = format!("{}.{}.c2ln", part("{}"), part("{}"));
        let rules = Rules::default();
        assert!(Presented::read(&format!(" \n{good}\t"), &rules).is_ok());
        for wrong in [
            String::new(),
            "..".to_owned(),
            "a.b".to_owned(),
            format!("{good}.x"),
            format!("{}.{}.c2ln", part("[]"), part("{}")),
            format!("{}.{}.c2ln", part("{}"), part("\"text\"")),
            format!("{}=.{}.c2ln", part("{}"), part("{}")),
            "a".repeat(1024 * 1024),
        ] {
            assert_eq!(Presented::read(&wrong, &rules).err(), Some(Flaw::Form));
        }
    }

    #[test]
    fn audience_and_nonce_are_taken_strictly() {
        let expected = "spn:app1";
        for (given, good) in [
            (json!("spn:app1"), true),
            (json!("spn:APP1"), true),
            (json!(["other", "spn:app1"]), true),
            (json!("app1"), false),
            (json!("spn:app1x"), false),
            (json!("xspn:app1"), false),
            (json!(["other"]), false),
            (json!(5), false),
        ] {
            assert_eq!(audience(Some(&given), expected), good, "{given}");
        }
        assert!(!audience(None, expected));
        assert_eq!(nonce(Some(&json!("aB-_9"))).as_deref(), Some("aB-_9"));
        for wrong in [json!(""), json!(5), json!("a.b"), json!("a b"), Value::Null] {
            assert_eq!(nonce(Some(&wrong)), None, "{wrong}");
        }
    }
}
