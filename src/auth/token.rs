//! Good tokens, and reading tokens for reports.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::key::{KeyError, SigningKey};

/// Seconds that `nbf` lies before the issue of a token.
pub(super) const EARLY: i64 = 60;

/// Seconds from the issue of a token to its `exp`.
pub(super) const LIFETIME: i64 = 300;

/// Longest token that [`split_token`] reads.
const LONGEST: usize = 64 * 1024;

/// What a token says. Members that are missing are filled by [`mint`]; a member that
/// is `null` is left out of the token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TokenTemplate {
    /// Header members. Filled: `alg`, `typ`, `kid`, `x5t`.
    pub header: Map<String, Value>,
    /// Claims. Filled: `nbf` (one minute ago) and `exp` (in five minutes).
    pub claims: Map<String, Value>,
}

/// A good token for this moment, signed by RS256.
pub fn mint(
    key: &SigningKey,
    template: &TokenTemplate,
    now: Timestamp,
) -> Result<String, KeyError> {
    let now = now.as_second();
    key.sign(
        &Value::Object(filled_header(key, template)),
        &Value::Object(filled_claims(template, now - EARLY, now + LIFETIME)),
    )
}

/// The header that [`mint`] writes.
pub(super) fn filled_header(key: &SigningKey, template: &TokenTemplate) -> Map<String, Value> {
    filled(
        [
            ("alg", json!("RS256")),
            ("typ", json!("JWT")),
            ("kid", json!(key.kid())),
            ("x5t", json!(key.x5t())),
        ],
        &template.header,
    )
}

/// The claims that [`mint`] writes, for a given validity.
pub(super) fn filled_claims(template: &TokenTemplate, nbf: i64, exp: i64) -> Map<String, Value> {
    filled([("nbf", json!(nbf)), ("exp", json!(exp))], &template.claims)
}

/// Defaults, overridden by the author's members, `null` taken out.
fn filled<const N: usize>(
    defaults: [(&str, Value); N],
    given: &Map<String, Value>,
) -> Map<String, Value> {
    let defaults = defaults
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let given = given
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let all: Map<String, Value> = defaults.chain(given).collect();
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// Header and claims of a token as they stand, without any verification: for reports
/// only. `None` when the text is not three parts with JSON in the first two.
pub fn split_token(token: &str) -> Option<(Value, Value)> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let decode = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    Some((decode(header)?, decode(claims)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::auth::testing::{KEY, now, template};

    #[test]
    fn what_the_template_leaves_open_is_filled() {
        let token = mint(&KEY, &template(), now()).expect("a token");
        let (header, claims) = split_token(&token).expect("three parts");
        assert_eq!(
            header,
            json!({"alg": "RS256", "typ": "JWT", "kid": KEY.kid(), "x5t": KEY.x5t()})
        );
        assert_eq!(claims["nbf"], now().as_second() - 60);
        assert_eq!(claims["exp"], now().as_second() + 300);
        assert_eq!(claims["iss"], "Test Issuer");
    }

    #[test]
    fn the_template_has_the_last_word() {
        let mut template = template();
        template.header.insert("kid".to_owned(), json!("mine"));
        template.header.insert("x5t".to_owned(), Value::Null);
        template.claims.insert("nbf".to_owned(), Value::Null);
        template.claims.insert("exp".to_owned(), json!(7));
        let token = mint(&KEY, &template, now()).expect("a token");
        let (header, claims) = split_token(&token).expect("three parts");
        assert_eq!(header["kid"], "mine");
        assert_eq!(header.get("x5t"), None);
        assert_eq!(claims.get("nbf"), None);
        assert_eq!(claims["exp"], 7);
    }

    #[test]
    fn what_is_no_token_is_not_split() {
        let huge = format!("{}.e30.x", "e30".repeat(LONGEST));
        for text in [
            "",
            "a.b",
            "e30.e30",
            "e30.e30.x.y",
            "e30.!.x",
            "eA.e30.x",
            &huge,
        ] {
            assert_eq!(split_token(text), None);
        }
        assert_eq!(split_token("e30.e30."), Some((json!({}), json!({}))));
    }

    #[test]
    fn the_longest_token_is_split_and_no_longer_one() {
        let of_length = |length: usize| format!("e30.e30.{}", "x".repeat(length - 8));
        assert!(split_token(&of_length(LONGEST)).is_some());
        assert!(split_token(&of_length(LONGEST + 1)).is_none());
        assert!(split_token(&of_length(2 * LONGEST)).is_none());
    }
}
