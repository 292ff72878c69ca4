//! Who is calling: the credential at Authenticate, and the access token everywhere
//! else.
//!
//! Access tokens are random, opaque, tied to customer and user, limited in time and
//! kept as digests only. Many may be valid at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::data::Customer;
use super::policy::{EarlierTokens, Policy};
use super::wire::{Object, Problem};
use crate::sample::keys::{KeyHabits, SigningKeys};

/// Prefix of the claims that SuperOffice adds.
const CLAIM: &str = "http://schemes.superoffice.net/identity/";

type Fingerprint = [u8; 32];

/// Which credentials a sample takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modes {
    Secret,
    Jwt,
    Both,
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Index of the customer.
    pub customer: usize,
    /// The user, in signed-token mode.
    pub user: Option<String>,
    expires: Timestamp,
}

/// Everything that proves who is calling.
#[derive(Debug)]
pub struct Guard {
    modes: Modes,
    audience: String,
    known: Vec<Known>,
    keys: SigningKeys,
    sessions: Mutex<HashMap<Fingerprint, Session>>,
    random: &'static dyn rustls::crypto::SecureRandom,
}

/// What the guard knows of a customer.
#[derive(Debug)]
struct Known {
    id: &'static str,
    secret: Fingerprint,
    token_lifetime: i64,
}

impl Guard {
    /// A guard for these customers.
    pub fn new(
        modes: Modes,
        application_id: &str,
        customers: &[Customer],
        keys: SigningKeys,
    ) -> Self {
        let known = customers.iter().map(|customer| Known {
            id: customer.id,
            secret: fingerprint(customer.secret),
            token_lifetime: customer.token_lifetime,
        });
        Self {
            modes,
            audience: format!("spn:{application_id}"),
            known: known.collect(),
            keys,
            sessions: Mutex::default(),
            random: rustls::crypto::aws_lc_rs::default_provider().secure_random,
        }
    }

    /// Authenticate: checks the credential and gives a token.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Session, Value), Problem> {
        let credential = bearer(headers, policy)
            .ok_or_else(|| Problem::no_access("No bearer credential in the request."))?;
        let (customer, user) = self.recognise(credential, policy, now).await?;
        self.open(customer, user, policy, now)
    }

    /// Gives a token for a customer.
    pub fn open(
        &self,
        customer: usize,
        user: Option<String>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Session, Value), Problem> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes).map_err(|_| Problem::fault())?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let lifetime = self.known[customer].token_lifetime;
        let expires = now.saturating_add(SignedDuration::from_secs(lifetime));
        let session = Session {
            customer,
            user,
            expires: expires.unwrap_or(Timestamp::MAX),
        };
        let mut sessions = self.sessions();
        sessions.retain(|_, earlier| {
            let same_customer = earlier.customer == session.customer;
            let same_user = earlier.user == session.user;
            let goes = match policy.earlier_tokens {
                EarlierTokens::Stay => false,
                EarlierTokens::GoForUser => same_customer && same_user,
                EarlierTokens::GoForOtherUsers => same_customer && !same_user,
            };
            !goes && (now < earlier.expires || !policy.tokens_expire)
        });
        sessions.insert(fingerprint(&token), session.clone());
        let answer = json!({
            "AccessToken": token,
            "TokenType": "Bearer",
            "ExpiresIn": lifetime,
        });
        Ok((session, answer))
    }

    /// The session of an access token; `None` when the request has no token at all.
    pub async fn session(
        &self,
        headers: &HeaderMap,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Option<Session>, Problem> {
        if !headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let token = bearer(headers, policy)
            .ok_or_else(|| Problem::no_token("The Authorization header has no bearer token."))?;
        let found = self.sessions().get(&fingerprint(token)).cloned();
        match found {
            Some(session) if now < session.expires || !policy.tokens_expire => Ok(Some(session)),
            Some(_) => Err(Problem::no_token("The access token has expired.")),
            None if policy.jwt_is_token => {
                let (customer, user) = self.verify(token, policy, now).await?;
                Ok(Some(Session {
                    customer,
                    user,
                    expires: Timestamp::MAX,
                }))
            }
            None => Err(Problem::no_token("The access token is not known.")),
        }
    }

    /// Customer and user behind a credential.
    async fn recognise(
        &self,
        credential: &str,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(usize, Option<String>), Problem> {
        let by_secret = match self.modes {
            Modes::Jwt => None,
            Modes::Secret | Modes::Both => self.by_secret(credential),
        };
        match by_secret {
            Some(customer) => Ok((customer, None)),
            None if self.modes == Modes::Secret => {
                Err(Problem::no_access("Unknown shared secret."))
            }
            None => self.verify(credential, policy, now).await,
        }
    }

    /// The customer of a secret. Digests are compared, all of them and in full, so
    /// that the time tells nothing.
    fn by_secret(&self, secret: &str) -> Option<usize> {
        let given = fingerprint(secret);
        let mut found = None;
        for (customer, known) in self.known.iter().enumerate() {
            if same(&known.secret, &given) {
                found = Some(customer);
            }
        }
        found
    }

    /// Checks a signed token in the order of contract C.4.
    async fn verify(
        &self,
        token: &str,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(usize, Option<String>), Problem> {
        let refused = Problem::no_access;
        let (message, signature) = token
            .rsplit_once('.')
            .ok_or_else(|| refused("The credential is not known."))?;
        let (header, claims) = message
            .split_once('.')
            .and_then(|(header, claims)| Some((decoded(header)?, decoded(claims)?)))
            .ok_or_else(|| refused("The credential is not known."))?;
        let text = |object: &Object, name: &str| {
            object.get(name).and_then(Value::as_str).map(str::to_owned)
        };

        let algorithm = text(&header, "alg").unwrap_or_default();
        if !policy.algorithms.contains(&algorithm.as_str()) {
            return Err(refused("The algorithm of the token is not allowed."));
        }
        let id = text(&header, "kid").or_else(|| text(&header, "x5t"));
        let habits = KeyHabits {
            refreshes: policy.refreshes_keys,
            ..KeyHabits::default()
        };
        let keys = self.keys.candidates(id.as_deref(), now, habits).await;
        if !keys
            .iter()
            .any(|key| (policy.verify)(&algorithm, message.as_bytes(), signature, key))
        {
            return Err(refused("The signature of the token does not verify."));
        }
        self.check_times(&claims, policy, now)?;
        if !(policy.is_issuer)(&text(&claims, "iss").unwrap_or_default()) {
            return Err(refused("The issuer of the token is not SuperOffice."));
        }
        let audiences = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.as_slice(),
            Some(audience) => std::slice::from_ref(audience),
            None => &[],
        };
        let mut audiences = audiences.iter().filter_map(Value::as_str);
        if !audiences.any(|audience| (policy.is_audience)(audience, &self.audience)) {
            return Err(refused("The token is meant for another application."));
        }
        let named = text(&claims, &format!("{CLAIM}ctx")).filter(|id| !id.is_empty());
        let customer = named
            .as_deref()
            .and_then(|id| self.known.iter().position(|known| known.id == id))
            .or_else(|| (policy.adopts)(named.as_deref()))
            .ok_or_else(|| refused("The token names no known customer."))?;
        let user = text(&claims, &format!("{CLAIM}upn")).or_else(|| text(&claims, "sub"));
        Ok((customer, user))
    }

    fn check_times(&self, claims: &Object, policy: &Policy, now: Timestamp) -> Result<(), Problem> {
        let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
        let now = now.as_duration().as_secs_f64();
        let tolerance = policy.clock_tolerance.as_secs_f64();
        let expires = moment("exp").ok_or_else(|| Problem::no_access("The token has no exp."))?;
        if policy.checks_expiry && now >= expires + tolerance {
            return Err(Problem::no_access("The token has expired."));
        }
        let begins = moment("nbf").unwrap_or(f64::MIN);
        if policy.checks_not_before && now < begins - tolerance {
            return Err(Problem::no_access("The token is not valid yet."));
        }
        Ok(())
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Fingerprint, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bearer credential of a request.
pub fn bearer<'a>(headers: &'a HeaderMap, policy: &Policy) -> Option<&'a str> {
    let (scheme, credential) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let credential = credential.trim();
    ((policy.is_bearer)(scheme) && !credential.is_empty()).then_some(credential)
}

fn decoded(part: &str) -> Option<Object> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares without stopping at the first difference.
fn same(left: &Fingerprint, right: &Fingerprint) -> bool {
    left.iter()
        .zip(right)
        .fold(0, |differences, (left, right)| differences | (left ^ right))
        == 0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::HeaderValue;
    use jsonwebtoken::{Algorithm, EncodingKey};
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

    use super::*;
    use crate::base::clock::{Clock, ManualClock};
    use crate::sample::TrustedKeys;
    use crate::sample::quote::data;
    use crate::sample::quote::faults::Injected;
    use crate::sample::quote::wire::put;

    /// A guard that trusts the key with which the tests sign.
    struct Bench {
        guard: Guard,
        policy: Policy,
        key: EncodingKey,
        clock: ManualClock,
    }

    impl Bench {
        fn new() -> Self {
            let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
            let pair = pair.unwrap_or_else(|error| panic!("{error}"));
            let params = CertificateParams::new(vec!["superoffice.example".to_owned()]);
            let certificate = params.and_then(|params| params.self_signed(&pair));
            let certificate_pem = certificate.map(|certificate| certificate.pem()).ok();
            let settings = TrustedKeys {
                certificate_pem,
                jwks_url: None,
            };
            let keys = SigningKeys::new(&settings).unwrap_or_else(|error| panic!("{error}"));
            let key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes());
            Self {
                guard: Guard::new(Modes::Both, "app1", &data::customers(), keys),
                policy: Policy::default(),
                key: key.unwrap_or_else(|error| panic!("{error}")),
                clock: ManualClock::new(Timestamp::UNIX_EPOCH),
            }
        }

        fn token(&self, header: &Value, change: impl FnOnce(&mut Object)) -> String {
            let now = self.clock.now().as_second();
            let mut claims = crate::sample::quote::wire::object(json!({
                "iss": "SuperOffice AS", "aud": "spn:APP1", "nbf": now - 60, "exp": now + 300,
                "sub": "runa", format!("{CLAIM}ctx"): "Cust20101",
            }));
            change(&mut claims);
            let part = |value: String| URL_SAFE_NO_PAD.encode(value);
            let message = format!(
                "{}.{}",
                part(header.to_string()),
                part(json!(claims).to_string())
            );
            let signature =
                jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::RS256);
            format!("{message}.{}", signature.unwrap_or_default())
        }

        async fn authenticate(&self, credential: &str) -> Result<(Session, Value), Problem> {
            let headers = headers(credential);
            self.guard
                .authenticate(&headers, &self.policy, self.clock.now())
                .await
        }

        async fn refuses(&self, change: impl FnOnce(&mut Object)) -> bool {
            let token = self.token(&json!({"alg": "RS256"}), change);
            self.authenticate(&token).await.is_err()
        }
    }

    fn headers(credential: &str) -> HeaderMap {
        let value = HeaderValue::from_str(&format!("bearer {credential}"));
        value
            .into_iter()
            .map(|value| (AUTHORIZATION, value))
            .collect()
    }

    #[tokio::test]
    async fn a_secret_belongs_to_one_customer() {
        let bench = Bench::new();
        for (at, customer) in data::customers().iter().enumerate() {
            let session = bench
                .authenticate(customer.secret)
                .await
                .map(|(session, _)| session);
            assert_eq!(session.map(|session| session.customer).ok(), Some(at));
        }
        for wrong in ["", "guess", "ho-7c1Vt9QmZr4KxN2bWf6JpL8sYd3GhT5"] {
            let problem = bench.authenticate(wrong).await.err();
            assert_eq!(
                problem.map(|problem| problem.status.as_u16()),
                Some(401),
                "{wrong}"
            );
        }
    }

    #[tokio::test]
    async fn a_good_signed_token_names_customer_and_user() {
        let bench = Bench::new();
        let token = bench.token(&json!({"alg": "RS256", "kid": "any"}), |_| {});
        let session = bench.authenticate(&token).await.map(|(session, _)| session);
        let session = session.unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(
            (session.customer, session.user.as_deref()),
            (0, Some("runa"))
        );
    }

    #[tokio::test]
    async fn a_signed_token_with_one_thing_wrong_is_refused() {
        let bench = Bench::new();
        let set = |name: &'static str, value: Value| {
            move |claims: &mut Object| {
                claims.insert(name.to_owned(), value);
            }
        };
        assert!(!bench.refuses(|_| {}).await);
        assert!(bench.refuses(set("exp", json!(-600))).await);
        assert!(bench.refuses(set("nbf", json!(600))).await);
        assert!(bench.refuses(set("iss", json!("SuperOffice"))).await);
        assert!(bench.refuses(set("aud", json!("spn:app2"))).await);
        assert!(bench.refuses(set("aud", Value::Null)).await);
        for customer in [Value::Null, json!(""), json!("Cust1"), json!("cust20101")] {
            let claim = "http://schemes.superoffice.net/identity/ctx";
            assert!(bench.refuses(set(claim, customer)).await);
        }
    }

    #[tokio::test]
    async fn only_rs256_counts_and_only_with_a_good_signature() {
        let bench = Bench::new();
        for algorithm in ["none", "HS256", "RS512", "rs256", ""] {
            let token = bench.token(&json!({"alg": algorithm}), |_| {});
            assert!(bench.authenticate(&token).await.is_err(), "{algorithm}");
        }
        let token = bench.token(&json!({"alg": "RS256"}), |_| {});
        let (message, _) = token.rsplit_once('.').unwrap_or_default();
        for forged in [
            format!("{message}."),
            format!("{message}.AAAA"),
            message.to_owned(),
        ] {
            assert!(bench.authenticate(&forged).await.is_err(), "{forged}");
        }
    }

    #[tokio::test]
    async fn each_fault_of_signed_tokens_lets_its_own_token_in() {
        type Change = fn(&mut Object);
        let cases: [(&str, &str, Change); 12] = [
            ("unsigned-token-accepted", "none", |_| {}),
            ("hmac-token-accepted", "HS256", |_| {}),
            ("expired-jwt-accepted", "RS256", |claims| {
                put(claims, "exp", -600)
            }),
            ("early-jwt-accepted", "RS256", |claims| {
                put(claims, "nbf", 600)
            }),
            ("one-hour-of-tolerance", "RS256", |claims| {
                put(claims, "exp", -600)
            }),
            ("audience-not-checked", "RS256", |claims| {
                put(claims, "aud", "spn:other")
            }),
            ("issuer-not-checked", "RS256", |claims| {
                put(claims, "iss", "Somebody")
            }),
            ("issuer-by-its-beginning", "RS256", |claims| {
                put(claims, "iss", "SuperOffice AS Partner")
            }),
            ("missing-ctx-is-first-customer", "RS256", |claims| {
                claims.remove(&format!("{CLAIM}ctx"));
            }),
            ("unknown-customer-is-welcome", "RS256", |claims| {
                put(claims, &format!("{CLAIM}ctx"), "Cust1");
            }),
            ("signature-not-checked", "RS256", |_| {}),
            ("empty-signature-accepted", "RS256", |_| {}),
        ];
        let mut bench = Bench::new();
        for (fault, algorithm, change) in cases {
            let mut token = bench.token(&json!({"alg": algorithm}), change);
            match fault {
                "signature-not-checked" => token.push_str("AA"),
                "empty-signature-accepted" => {
                    let dot = token.rfind('.').unwrap_or_default();
                    token.truncate(dot + 1);
                }
                _ => {}
            }
            assert!(
                bench.authenticate(&token).await.is_err(),
                "{fault} is no fault"
            );
            let injected = Injected::named(&[fault.to_owned()]);
            injected.change_policy(&mut bench.policy);
            assert!(bench.authenticate(&token).await.is_ok(), "{fault}");
            bench.policy = Policy::default();
        }
    }

    #[tokio::test]
    async fn tokens_live_beside_each_other_and_end_with_their_time() {
        let bench = Bench::new();
        let customers = data::customers();
        let mut tokens = Vec::new();
        for secret in [
            customers[0].secret,
            customers[0].secret,
            customers[2].secret,
        ] {
            let given = bench.authenticate(secret).await.map(|(_, answer)| answer);
            let token = given.unwrap_or_default()["AccessToken"]
                .as_str()
                .map(str::to_owned);
            tokens.push(token.unwrap_or_default());
        }
        let valid = async |token: &str| {
            let headers = headers(token);
            let now = bench.clock.now();
            bench
                .guard
                .session(&headers, &bench.policy, now)
                .await
                .is_ok()
        };
        assert!(valid(&tokens[0]).await && valid(&tokens[1]).await && valid(&tokens[2]).await);
        bench.clock.advance(Duration::from_secs(1));
        assert!(valid(&tokens[0]).await && !valid(&tokens[2]).await);
        bench.clock.advance(Duration::from_secs(3600));
        assert!(!valid(&tokens[0]).await);
        assert!(!valid("made-up").await && !valid(customers[0].secret).await);
    }
}
