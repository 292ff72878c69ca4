//! Decisions that the connector takes at its edge. [`Policy::default`] is what the
//! contract asks for; injected faults change single decisions.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::carriers::Names;
use super::connector::{BASE_PATH, Call};
use crate::sample::tls::Certificate;

/// How a signature is checked: algorithm of the header, signed text, signature, key.
pub type Verify = fn(algorithm: &str, message: &[u8], signature: &str, key: &DecodingKey) -> bool;

/// The decisions.
#[derive(Debug, Clone)]
pub struct Policy {
    pub certificate: Certificate,
    /// Whether the port answers plain http beside https.
    pub plain_http: bool,
    /// The name of the operation in a path.
    pub operation_name: fn(&str) -> &str,
    /// Longest request body, in bytes.
    pub body_limit: usize,
    pub is_json: fn(&HeaderMap) -> bool,
    pub names: Names,
    /// Whether the token is looked at before the body.
    pub token_before_body: bool,
    pub is_bearer: fn(&str) -> bool,
    pub algorithms: &'static [&'static str],
    pub verify: Verify,
    /// Difference between the clocks of SuperOffice and connector that is tolerated.
    pub clock_tolerance: SignedDuration,
    pub checks_expiry: bool,
    pub checks_not_before: bool,
    pub is_issuer: fn(&str) -> bool,
    pub is_audience: fn(audience: &str, expected: &str) -> bool,
    /// Whether an unknown key id makes the connector read the key set again.
    pub refreshes_keys: bool,
    pub tokens_expire: bool,
    pub earlier_tokens: EarlierTokens,
    /// Whether a signed token works on operations other than Authenticate.
    pub jwt_is_token: bool,
    /// Customer to serve although the credential is not good.
    pub admits: fn(&Call) -> Option<usize>,
    /// Customer to serve for a signed token that names none, or an unknown one.
    pub adopts: fn(named: Option<&str>) -> Option<usize>,
    /// Customer whose data a customer is served.
    pub serves: fn(customer: usize) -> usize,
}

/// What stands below the base URL; empty for other paths.
pub fn operation_name(path: &str) -> &str {
    path.strip_prefix(BASE_PATH).unwrap_or_default()
}

/// What becomes of earlier tokens when a new one is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierTokens {
    Stay,
    /// Those of the same user go.
    GoForUser,
    /// Those of other users of the customer go.
    GoForOtherUsers,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            certificate: Certificate::Good,
            plain_http: false,
            operation_name,
            body_limit: 32 * 1024 * 1024,
            is_json,
            names: Names::AnyCase,
            token_before_body: true,
            is_bearer: |scheme| scheme.eq_ignore_ascii_case("bearer"),
            algorithms: &["RS256"],
            verify,
            clock_tolerance: SignedDuration::from_secs(60),
            checks_expiry: true,
            checks_not_before: true,
            is_issuer: |issuer| issuer == "SuperOffice AS",
            is_audience: |audience, expected| audience.eq_ignore_ascii_case(expected),
            refreshes_keys: true,
            tokens_expire: true,
            earlier_tokens: EarlierTokens::Stay,
            jwt_is_token: false,
            admits: |_| None,
            adopts: |_| None,
            serves: |customer| customer,
        }
    }
}

/// `application/json`, or none at all; UTF-8 if a charset is given.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
                charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

fn verify(algorithm: &str, message: &[u8], signature: &str, key: &DecodingKey) -> bool {
    let Ok(algorithm) = algorithm.parse::<Algorithm>() else {
        return false;
    };
    jsonwebtoken::crypto::verify(signature, message, key, algorithm).unwrap_or(false)
}
