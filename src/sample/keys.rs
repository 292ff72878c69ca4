//! SuperOffice's signing keys: from a certificate, or from a key set that is read
//! when first needed and again when a token names a key that is not in it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use tokio::sync::Mutex;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::{SampleError, TrustedKeys};

/// Longest key set that is read.
const LONGEST_KEY_SET: usize = 256 * 1024;
/// How often the key set may be read within [`REFRESH_WINDOW`].
const MOST_REFRESHES: usize = 20;
const REFRESH_WINDOW: SignedDuration = SignedDuration::from_secs(20);

/// How a connector treats a key set. The defaults are right; injected faults change
/// single ones.
#[derive(Debug, Clone, Copy)]
pub struct KeyHabits {
    /// Whether a key id that is not known makes the set be read again.
    pub refreshes: bool,
    /// Whether keys are kept from one token to the next.
    pub caches: bool,
    /// Whether known keys stay when the set cannot be had.
    pub keeps: bool,
    /// Whether the first key of the set is taken, whatever id is asked for.
    pub first_only: bool,
    /// How long it waits for a set that cannot be had.
    pub waits: Duration,
}

impl Default for KeyHabits {
    fn default() -> Self {
        Self {
            refreshes: true,
            caches: true,
            keeps: true,
            first_only: false,
            waits: Duration::ZERO,
        }
    }
}

/// The keys whose signatures count.
#[derive(Debug)]
pub struct SigningKeys {
    /// The key of the configured certificate; it has no id.
    fixed: Option<Arc<DecodingKey>>,
    jwks_url: Option<String>,
    /// Held while the key set is read, so that many tokens at once read it once.
    known: Mutex<KeySet>,
}

#[derive(Debug, Default)]
struct KeySet {
    keys: Vec<Key>,
    refreshes: VecDeque<Timestamp>,
}

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    x5t: Option<String>,
    key: Arc<DecodingKey>,
}

impl Key {
    fn is(&self, id: &str) -> bool {
        self.kid.as_deref() == Some(id) || self.x5t.as_deref() == Some(id)
    }
}

impl SigningKeys {
    /// Keys from the settings; a certificate must hold an RSA key.
    pub fn new(settings: &TrustedKeys) -> Result<Self, SampleError> {
        let fixed = settings
            .certificate_pem
            .as_deref()
            .map(certificate_key)
            .transpose()?;
        Ok(Self {
            fixed: fixed.map(Arc::new),
            jwks_url: settings.jwks_url.clone(),
            known: Mutex::default(),
        })
    }

    /// The keys that may have signed a token with this key id: the one with the id,
    /// every known key when there is no id, the certificate's as a last resort.
    pub async fn candidates(
        &self,
        id: Option<&str>,
        now: Timestamp,
        habits: KeyHabits,
    ) -> Vec<Arc<DecodingKey>> {
        let id = id.filter(|_| !habits.first_only);
        let mut known = self.known.lock().await;
        if !habits.caches {
            known.keys.clear();
        }
        let is_missing = match id {
            Some(id) => !known.keys.iter().any(|key| key.is(id)),
            None => known.keys.is_empty(),
        };
        if let Some(url) = self.jwks_url.as_deref().filter(|_| is_missing)
            && (habits.refreshes || known.keys.is_empty())
            && (known.may_refresh(now) || !habits.caches)
        {
            known.refresh(url, habits).await;
        }
        if habits.first_only {
            let first = known.keys.first();
            return first.map(|key| Arc::clone(&key.key)).into_iter().collect();
        }
        let matching = known
            .keys
            .iter()
            .filter(|key| id.is_none_or(|id| key.is(id)));
        let mut candidates: Vec<_> = matching.map(|key| Arc::clone(&key.key)).collect();
        if candidates.is_empty() || id.is_none() {
            candidates.extend(self.fixed.clone());
        }
        candidates
    }
}

impl KeySet {
    /// Reads the set anew.
    async fn refresh(&mut self, url: &str, habits: KeyHabits) {
        match read_key_set(url).await {
            Some(keys) => self.keys = keys,
            None => {
                tokio::time::sleep(habits.waits).await;
                if !habits.keeps {
                    self.keys.clear();
                }
            }
        }
    }

    /// Counts refreshes, so that made-up key ids cannot flood the key server.
    fn may_refresh(&mut self, now: Timestamp) -> bool {
        self.refreshes
            .retain(|past| now.duration_since(*past) < REFRESH_WINDOW);
        let allowed = self.refreshes.len() < MOST_REFRESHES;
        if allowed {
            self.refreshes.push_back(now);
        }
        allowed
    }
}

fn certificate_key(pem: &str) -> Result<DecodingKey, SampleError> {
    let unreadable = |reason: String| SampleError::Certificate { reason };
    let (_, pem) = parse_x509_pem(pem.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    let certificate = pem
        .parse_x509()
        .map_err(|error| unreadable(error.to_string()))?;
    rsa_key(&certificate).ok_or_else(|| unreadable("it holds no RSA key".to_owned()))
}

/// The RSA key of a certificate.
pub fn rsa_key(certificate: &X509Certificate<'_>) -> Option<DecodingKey> {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(DecodingKey::from_rsa_raw_components(
            unsigned(key.modulus),
            unsigned(key.exponent),
        )),
        _ => None,
    }
}

/// An ASN.1 integer without its leading zero.
fn unsigned(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

/// Reads a key set; `None` when it cannot be had, and the keys known stay.
async fn read_key_set(url: &str) -> Option<Vec<Key>> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(5))
        .build()
        .ok()?;
    let answer = client.get(url).send().await.ok()?.error_for_status().ok()?;
    let mut body = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.ok()?);
        if body.len() > LONGEST_KEY_SET {
            return None;
        }
    }
    let document: Value = serde_json::from_slice(&body).ok()?;
    Some(
        document
            .get("keys")?
            .as_array()?
            .iter()
            .filter_map(read_key)
            .collect(),
    )
}

fn read_key(jwk: &Value) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("kty") != Some("RSA") || text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let owned = |name| text(name).map(str::to_owned);
    Some(Key {
        kid: owned("kid"),
        x5t: owned("x5t"),
        key: Arc::new(jwk_key(jwk)?),
    })
}

/// The RSA key of a JSON Web Key.
pub fn jwk_key(jwk: &Value) -> Option<DecodingKey> {
    let number = |name: &str| {
        let text = jwk.get(name).and_then(Value::as_str)?;
        URL_SAFE_NO_PAD.decode(text).ok()
    };
    let (modulus, exponent) = (number("n")?, number("e")?);
    Some(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as Shared;

    use axum::Router;
    use axum::extract::State;
    use axum::routing::get;
    use serde_json::json;

    use super::*;

    /// Serves whatever key set is in the cell, and counts how often.
    async fn key_server(cell: Arc<Shared<(Value, usize)>>) -> String {
        let answer = async |State(cell): State<Arc<Shared<(Value, usize)>>>| {
            let mut cell = cell
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            cell.1 += 1;
            cell.0.to_string()
        };
        let router = Router::new().route("/jwks", get(answer)).with_state(cell);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("{error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("{error}"));
        tokio::spawn(axum::serve(listener, router).into_future());
        format!("http://{address}/jwks")
    }

    fn key_set(kid: &str) -> Value {
        json!({"keys": [{"kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB"}, {"kty": "EC"}]})
    }

    #[tokio::test]
    async fn an_unknown_key_id_makes_the_key_set_be_read_again() {
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .ok();
        let cell = Arc::new(Shared::new((key_set("one"), 0)));
        let jwks_url = Some(key_server(Arc::clone(&cell)).await);
        let settings = TrustedKeys {
            certificate_pem: None,
            jwks_url,
        };
        let keys = SigningKeys::new(&settings).unwrap_or_else(|error| panic!("{error}"));
        let found = async |id, refreshes| {
            let habits = KeyHabits {
                refreshes,
                ..KeyHabits::default()
            };
            keys.candidates(id, Timestamp::UNIX_EPOCH, habits)
                .await
                .len()
        };
        assert_eq!(found(Some("one"), true).await, 1);
        assert_eq!(found(Some("one"), true).await, 1);
        assert_eq!(found(None, true).await, 1);
        let times = || cell.lock().map(|cell| cell.1).unwrap_or_default();
        assert_eq!(times(), 1, "known keys are kept");
        if let Ok(mut cell) = cell.lock() {
            cell.0 = key_set("two");
        }
        assert_eq!(found(Some("two"), false).await, 0);
        assert_eq!(found(Some("two"), true).await, 1);
        assert_eq!(found(Some("one"), true).await, 0, "a withdrawn key is gone");
        assert_eq!(times(), 3);
    }

    #[test]
    fn refreshes_are_bounded_and_possible_again_later() {
        let mut set = KeySet::default();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(
            (0..50).filter(|_| set.may_refresh(now)).count(),
            MOST_REFRESHES
        );
        assert!(set.may_refresh(now.saturating_add(REFRESH_WINDOW).unwrap_or_default()));
    }

    #[test]
    fn a_certificate_that_cannot_be_read_is_told() {
        let settings = TrustedKeys {
            certificate_pem: Some("no".into()),
            jwks_url: None,
        };
        assert!(matches!(
            SigningKeys::new(&settings),
            Err(SampleError::Certificate { .. })
        ));
    }
}
