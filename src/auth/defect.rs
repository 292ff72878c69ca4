//! Broken tokens: each differs from a good one in exactly the way that its name says,
//! so that a verifier which accepts it shows one weakness and not another.
//!
//! They are put together by hand, because no JWT library writes most of them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};

use super::key::{KeyError, SigningKey, message};
use super::token::{EARLY, LIFETIME, TokenTemplate, filled_claims, filled_header};

/// Seconds by which a token is too old or too young.
const OFF: i64 = 600;

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defect {
    /// One bit of the decoded signature is flipped.
    FlippedSignature,
    /// The signature is empty; the dot before it stays.
    StrippedSignature,
    /// `alg` is `none` and the signature is empty.
    AlgNone,
    /// HS256, keyed with the public key in PEM as a file holds it.
    AlgHs256PublicKey,
    /// HS256, keyed with the certificate in PEM as a file holds it.
    AlgHs256Certificate,
    /// Expired ten minutes ago, and otherwise as it was when it was good.
    Expired,
    /// Becomes valid in ten minutes.
    NotYetValid,
    /// The audience is another one.
    WrongAudience,
    /// The issuer is another one.
    WrongIssuer,
    /// The claim that names the customer is missing.
    MissingCustomer,
    /// The claim that names the customer names one that nobody knows.
    UnknownCustomer,
    /// The claims were changed after signing: `exp` is a minute later.
    TamperedClaims,
    /// Signed by an attacker's key under the key id of the good one.
    OtherKey,
    /// Signed by an attacker's key, which the header carries as `jwk`.
    EmbeddedJwk,
    /// Signed by an attacker's key, whose certificate the header carries as `x5c`.
    EmbeddedX5c,
    /// Signed by an attacker's key under its own key id, which is not published.
    UnknownKid,
    /// The signature and the dot before it are missing.
    TwoParts,
    /// Three parts of base64url that hold no JSON.
    Garbage,
}

impl Defect {
    /// Every defect, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::FlippedSignature,
        Self::StrippedSignature,
        Self::AlgNone,
        Self::AlgHs256PublicKey,
        Self::AlgHs256Certificate,
        Self::Expired,
        Self::NotYetValid,
        Self::WrongAudience,
        Self::WrongIssuer,
        Self::MissingCustomer,
        Self::UnknownCustomer,
        Self::TamperedClaims,
        Self::OtherKey,
        Self::EmbeddedJwk,
        Self::EmbeddedX5c,
        Self::UnknownKid,
        Self::TwoParts,
        Self::Garbage,
    ];

    /// The name that scenarios use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FlippedSignature => "flipped-signature",
            Self::StrippedSignature => "stripped-signature",
            Self::AlgNone => "alg-none",
            Self::AlgHs256PublicKey => "alg-hs256-public-key",
            Self::AlgHs256Certificate => "alg-hs256-certificate",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongAudience => "wrong-audience",
            Self::WrongIssuer => "wrong-issuer",
            Self::MissingCustomer => "missing-customer",
            Self::UnknownCustomer => "unknown-customer",
            Self::TamperedClaims => "tampered-claims",
            Self::OtherKey => "other-key",
            Self::EmbeddedJwk => "embedded-jwk",
            Self::EmbeddedX5c => "embedded-x5c",
            Self::UnknownKid => "unknown-kid",
            Self::TwoParts => "two-parts",
            Self::Garbage => "garbage",
        }
    }

    /// What is wrong with the token, as a clause for reports.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::FlippedSignature => "one bit of the signature is flipped",
            Self::StrippedSignature => "the signature is empty",
            Self::AlgNone => "the algorithm is `none` and the signature is empty",
            Self::AlgHs256PublicKey => {
                "it is signed by HS256 with the public key (PEM) as shared secret"
            }
            Self::AlgHs256Certificate => {
                "it is signed by HS256 with the certificate (PEM) as shared secret"
            }
            Self::Expired => "it expired ten minutes ago",
            Self::NotYetValid => "it becomes valid in ten minutes",
            Self::WrongAudience => "it is meant for another audience",
            Self::WrongIssuer => "it comes from another issuer",
            Self::MissingCustomer => "the claim that names the customer is missing",
            Self::UnknownCustomer => "it names a customer that does not exist",
            Self::TamperedClaims => "the claims were changed after signing",
            Self::OtherKey => "it is signed by another key under the key id of the right one",
            Self::EmbeddedJwk => "it is signed by another key, which its header carries as `jwk`",
            Self::EmbeddedX5c => {
                "it is signed by another key, whose certificate its header carries as `x5c`"
            }
            Self::UnknownKid => "it is signed by another key under an unpublished key id",
            Self::TwoParts => "it has two parts instead of three",
            Self::Garbage => "its parts hold no JSON",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A name that is no defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown token defect `{name}`; known are {}", Defect::ALL.iter().map(|defect| defect.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownDefect {
    /// The name as given.
    pub name: String,
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|defect| defect.name() == name)
            .ok_or_else(|| UnknownDefect {
                name: name.to_owned(),
            })
    }
}

/// What a forger needs.
#[derive(Debug, Clone, Copy)]
pub struct ForgeContext<'a> {
    /// The key that the connector trusts.
    pub key: &'a SigningKey,
    /// The attacker's key, which it must not trust.
    pub other: &'a SigningKey,
    /// The moment for which the token would be good.
    pub now: Timestamp,
    /// Name of the claim that names the customer.
    pub customer_claim: &'a str,
    /// A customer that does not exist.
    pub unknown_customer: &'a str,
}

/// A token that is good but for one defect.
pub fn forge(
    context: &ForgeContext<'_>,
    template: &TokenTemplate,
    defect: Defect,
) -> Result<String, KeyError> {
    let now = context.now.as_second();
    let header = filled_header(context.key, template);
    let claims = filled_claims(template, now - EARLY, now + LIFETIME);
    match defect {
        Defect::FlippedSignature => Ok(flip(&sign(context.key, header, claims)?)),
        Defect::StrippedSignature => Ok(format!("{}.", unsigned(header, claims))),
        Defect::TwoParts => Ok(unsigned(header, claims)),
        Defect::AlgNone => Ok(format!(
            "{}.",
            unsigned(with(header, "alg", json!("none")), claims)
        )),
        Defect::AlgHs256PublicKey => hs256(&context.key.public_pem(), header, claims),
        Defect::AlgHs256Certificate => hs256(context.key.certificate_pem(), header, claims),
        Defect::Expired => {
            let expiry = now - OFF;
            sign(
                context.key,
                header,
                times(claims, expiry - LIFETIME - EARLY, expiry),
            )
        }
        Defect::NotYetValid => {
            let start = now + OFF;
            sign(
                context.key,
                header,
                times(claims, start, start + EARLY + LIFETIME),
            )
        }
        Defect::WrongAudience => {
            let audience = another_audience(claims.get("aud"));
            sign(context.key, header, with(claims, "aud", json!(audience)))
        }
        Defect::WrongIssuer => {
            let issuer = json!("https://another-issuer.invalid");
            sign(context.key, header, with(claims, "iss", issuer))
        }
        Defect::MissingCustomer => sign(
            context.key,
            header,
            without(claims, &[context.customer_claim]),
        ),
        Defect::UnknownCustomer => {
            let customer = json!(context.unknown_customer);
            sign(
                context.key,
                header,
                with(claims, context.customer_claim, customer),
            )
        }
        Defect::TamperedClaims => {
            let good = sign(context.key, header.clone(), claims.clone())?;
            let signature = good.rsplit('.').next().unwrap_or_default();
            let later = claims.get("exp").and_then(Value::as_i64).unwrap_or(now) + 60;
            let tampered = unsigned(header, with(claims, "exp", json!(later)));
            Ok(format!("{tampered}.{signature}"))
        }
        Defect::OtherKey => sign(context.other, header, claims),
        Defect::EmbeddedJwk => {
            let header = with(attackers(context, header), "jwk", context.other.jwk());
            sign(context.other, header, claims)
        }
        Defect::EmbeddedX5c => {
            let chain = context.other.jwk()["x5c"].take();
            let header = with(attackers(context, header), "x5c", chain);
            sign(context.other, header, claims)
        }
        Defect::UnknownKid => sign(context.other, attackers(context, header), claims),
        Defect::Garbage => Ok([
            "neither a header",
            "nor claims, but three parts",
            "nor a signature",
        ]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".")),
    }
}

fn sign(
    key: &SigningKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
) -> Result<String, KeyError> {
    key.sign(&Value::Object(header), &Value::Object(claims))
}

fn unsigned(header: Map<String, Value>, claims: Map<String, Value>) -> String {
    message(&Value::Object(header), &Value::Object(claims))
}

fn hs256(
    secret: &str,
    header: Map<String, Value>,
    claims: Map<String, Value>,
) -> Result<String, KeyError> {
    let message = unsigned(with(header, "alg", json!("HS256")), claims);
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256)
        .map(|signature| format!("{message}.{signature}"))
        .map_err(|error| KeyError::Crypto {
            action: "signing",
            reason: error.to_string(),
        })
}

fn with(mut members: Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    members.insert(name.to_owned(), value);
    members
}

fn without(members: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    members
        .into_iter()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .collect()
}

/// Claims with another validity; `iat`, where the template has one, lies in it.
fn times(claims: Map<String, Value>, nbf: i64, exp: i64) -> Map<String, Value> {
    let has_iat = claims.contains_key("iat");
    let claims = with(with(claims, "nbf", json!(nbf)), "exp", json!(exp));
    if has_iat {
        with(claims, "iat", json!(nbf))
    } else {
        claims
    }
}

/// A header that names the attacker's key.
fn attackers(context: &ForgeContext<'_>, header: Map<String, Value>) -> Map<String, Value> {
    let has_thumbprint = header.contains_key("x5t");
    let header = with(header, "kid", json!(context.other.kid()));
    if has_thumbprint {
        with(header, "x5t", json!(context.other.x5t()))
    } else {
        header
    }
}

/// An audience of the same form that names somebody else.
fn another_audience(audience: Option<&Value>) -> String {
    let scheme = audience
        .and_then(Value::as_str)
        .and_then(|text| text.rsplit_once(':'))
        .map(|(scheme, _)| format!("{scheme}:"))
        .unwrap_or_default();
    format!("{scheme}another-audience")
}

/// Flips one bit in the middle of the decoded signature.
fn flip(token: &str) -> String {
    let Some((message, signature)) = token.rsplit_once('.') else {
        return token.to_owned();
    };
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    use jsonwebtoken::errors::{Error, ErrorKind};
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};

    use crate::auth::testing::{KEY, OTHER, now, template};
    use crate::auth::{jwks, mint, split_token};

    const CUSTOMER: &str = "http://example.org/identity/customer";

    fn context() -> ForgeContext<'static> {
        ForgeContext {
            key: &KEY,
            other: &OTHER,
            now: now(),
            customer_claim: CUSTOMER,
            unknown_customer: "Cust00000",
        }
    }

    fn forged(defect: Defect) -> String {
        forge(&context(), &template(), defect).expect("a token")
    }

    /// Why a strict verifier refuses.
    #[derive(Debug)]
    enum Refusal {
        Token(ErrorKind),
        UnknownKey,
        UnknownCustomer,
    }

    impl From<Error> for Refusal {
        fn from(error: Error) -> Self {
            Self::Token(error.into_kind())
        }
    }

    /// Verifies as the contracts ask: key by id from the key set, RS256 only, no
    /// leeway, issuer, audience, times, customer known.
    fn verify(token: &str) -> Result<(), Refusal> {
        let set: JwkSet = serde_json::from_value(jwks(&[&KEY])).expect("a key set");
        let kid = decode_header(token)?.kid.unwrap_or_default();
        let key = DecodingKey::from_jwk(set.find(&kid).ok_or(Refusal::UnknownKey)?)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&["Test Issuer"]);
        validation.set_audience(&["spn:test-application"]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
        let claims = decode::<Value>(token, &key, &validation)?.claims;
        match claims.get(CUSTOMER).and_then(Value::as_str) {
            Some("Cust12345") => Ok(()),
            _ => Err(Refusal::UnknownCustomer),
        }
    }

    #[test]
    fn a_good_token_passes() {
        let token = mint(&KEY, &template(), now()).expect("a token");
        verify(&token).expect("a good token");
    }

    #[test]
    fn each_defect_is_refused_for_its_own_reason() {
        use ErrorKind as Kind;
        for defect in Defect::ALL {
            let refusal = verify(&forged(*defect)).expect_err(defect.name());
            let expected = match defect {
                Defect::FlippedSignature
                | Defect::StrippedSignature
                | Defect::TamperedClaims
                | Defect::OtherKey => {
                    matches!(refusal, Refusal::Token(Kind::InvalidSignature))
                }
                Defect::AlgHs256PublicKey | Defect::AlgHs256Certificate => {
                    matches!(refusal, Refusal::Token(Kind::InvalidAlgorithm))
                }
                // The library has no such algorithm, so it cannot read the header.
                Defect::AlgNone => matches!(refusal, Refusal::Token(Kind::Json(_))),
                Defect::Expired => matches!(refusal, Refusal::Token(Kind::ExpiredSignature)),
                Defect::NotYetValid => matches!(refusal, Refusal::Token(Kind::ImmatureSignature)),
                Defect::WrongAudience => matches!(refusal, Refusal::Token(Kind::InvalidAudience)),
                Defect::WrongIssuer => matches!(refusal, Refusal::Token(Kind::InvalidIssuer)),
                Defect::MissingCustomer | Defect::UnknownCustomer => {
                    matches!(refusal, Refusal::UnknownCustomer)
                }
                Defect::EmbeddedJwk | Defect::EmbeddedX5c | Defect::UnknownKid => {
                    matches!(refusal, Refusal::UnknownKey)
                }
                Defect::TwoParts => matches!(refusal, Refusal::Token(Kind::InvalidToken)),
                Defect::Garbage => matches!(refusal, Refusal::Token(_)),
            };
            assert!(expected, "{defect}: {refusal:?}");
        }
    }

    /// Verifies the signature alone, with the key that the token itself brings: what a
    /// careless connector does.
    fn trusts_header(token: &str) -> bool {
        let header = decode_header(token).expect("a header");
        let key = match (&header.jwk, &header.x5c) {
            (Some(jwk), _) => DecodingKey::from_jwk(jwk).expect("a key"),
            (None, Some(chain)) => {
                let der = base64::engine::general_purpose::STANDARD
                    .decode(&chain[0])
                    .expect("base64");
                let (_, certificate) =
                    x509_parser::parse_x509_certificate(&der).expect("a certificate");
                DecodingKey::from_rsa_der(&certificate.public_key().subject_public_key.data)
            }
            (None, None) => return false,
        };
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_aud = false;
        decode::<Value>(token, &key, &validation).is_ok()
    }

    #[test]
    fn a_careless_verifier_falls_for_embedded_keys() {
        assert!(trusts_header(&forged(Defect::EmbeddedJwk)));
        assert!(trusts_header(&forged(Defect::EmbeddedX5c)));
    }

    #[test]
    fn a_confused_verifier_falls_for_hs256() {
        for (defect, secret) in [
            (Defect::AlgHs256PublicKey, KEY.public_pem()),
            (
                Defect::AlgHs256Certificate,
                KEY.certificate_pem().to_owned(),
            ),
        ] {
            let mut validation = Validation::new(Algorithm::HS256);
            validation.validate_aud = false;
            let key = DecodingKey::from_secret(secret.as_bytes());
            assert!(
                decode::<Value>(forged(defect), &key, &validation).is_ok(),
                "{defect}"
            );
        }
    }

    #[test]
    fn everything_but_the_defect_is_as_in_a_good_token() {
        let good = mint(&KEY, &template(), now()).expect("a token");
        let (good_header, good_claims) = split_token(&good).expect("three parts");
        for defect in [
            Defect::FlippedSignature,
            Defect::StrippedSignature,
            Defect::OtherKey,
        ] {
            let token = forged(defect);
            assert_eq!(
                token.rsplit_once('.').expect("a dot").0,
                good.rsplit_once('.').expect("a dot").0
            );
        }
        for (defect, claims) in [
            (Defect::Expired, ["nbf", "exp"].as_slice()),
            (Defect::NotYetValid, &["nbf", "exp"]),
            (Defect::WrongAudience, &["aud"]),
            (Defect::WrongIssuer, &["iss"]),
            (Defect::MissingCustomer, &[CUSTOMER]),
            (Defect::UnknownCustomer, &[CUSTOMER]),
            (Defect::TamperedClaims, &["exp"]),
            (Defect::AlgNone, &[]),
            (Defect::EmbeddedJwk, &[]),
        ] {
            let (header, forged) = split_token(&forged(defect)).expect("three parts");
            let different: Vec<&str> = good_claims
                .as_object()
                .expect("an object")
                .iter()
                .filter(|(name, value)| forged.get(name.as_str()) != Some(value))
                .map(|(name, _)| name.as_str())
                .collect();
            let mut expected = claims.to_vec();
            expected.sort_unstable();
            let mut actual = different;
            actual.sort_unstable();
            assert_eq!(actual, expected, "{defect}");
            if !matches!(defect, Defect::AlgNone | Defect::EmbeddedJwk) {
                assert_eq!(header, good_header, "{defect}");
            }
        }
    }

    #[test]
    fn the_flipped_bit_is_one_bit_of_the_decoded_signature() {
        let good = mint(&KEY, &template(), now()).expect("a token");
        let signature = |token: &str| {
            let (_, signature) = token.rsplit_once('.').expect("a dot");
            URL_SAFE_NO_PAD.decode(signature).expect("base64url")
        };
        let (good, flipped) = (
            signature(&good),
            signature(&forged(Defect::FlippedSignature)),
        );
        let bits: u32 = good
            .iter()
            .zip(&flipped)
            .map(|(one, other)| (one ^ other).count_ones())
            .sum();
        assert_eq!((good.len(), bits), (256, 1));
    }

    #[test]
    fn a_token_of_the_past_is_consistent() {
        let mut template = template();
        template.claims.insert("iat".to_owned(), json!(0));
        let token = forge(&context(), &template, Defect::Expired).expect("a token");
        let (_, claims) = split_token(&token).expect("three parts");
        assert_eq!(claims["exp"], now().as_second() - 600);
        assert_eq!(claims["nbf"], now().as_second() - 960);
        assert_eq!(claims["iat"], claims["nbf"]);
    }

    #[test]
    fn names_lead_back_to_their_defects() {
        for defect in Defect::ALL {
            assert_eq!(defect.to_string().parse(), Ok(*defect));
            assert!(!defect.describe().is_empty());
        }
        let error = "expird".parse::<Defect>().expect_err("no defect");
        assert!(
            error
                .to_string()
                .starts_with("unknown token defect `expird`; known are flipped-signature, ")
        );
    }
}
