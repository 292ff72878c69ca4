//! What is wrong about each forged token, and that nothing else is.

mod singly;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};

use super::*;
use crate::auth::testing::{APPLICATION, KEY, OTHER, now, template};
use crate::auth::{jwks, mint, split_token};

const CUSTOMER: &str = "http://example.org/identity/customer";
const LISTENER: &str = "http://127.0.0.1:9/canary/";

fn context() -> ForgeContext<'static> {
    ForgeContext {
        key: &KEY,
        other: &OTHER,
        now: now(),
        customer_claim: CUSTOMER,
        unknown_customer: "Cust00000",
        listener: Some(LISTENER),
        application: Some(&APPLICATION),
    }
}

/// The shared template with a nonce.
fn nonce_template() -> TokenTemplate {
    let mut template = template();
    let nonce = json!("BDB65A558F193A8DD88E50E7416C0D86");
    template.claims.insert("nonce".to_owned(), nonce);
    template
}

fn forged(defect: Defect) -> String {
    forge(&context(), &nonce_template(), defect).expect("a token")
}

fn good() -> String {
    mint(&KEY, &nonce_template(), now()).expect("a token")
}

/// Why a strict verifier refuses.
#[derive(Debug)]
enum Refusal {
    Token(ErrorKind),
    TooLong,
    UnknownKey,
    UnknownCustomer,
    Critical,
    Twice,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Token(error.into_kind())
    }
}

/// Verifies as the contracts ask: key by id from the key set, RS256 only, no leeway,
/// issuer, audience, times, nothing twice, customer known.
fn verify(token: &str) -> Result<(), Refusal> {
    if token.len() > 64 * 1024 {
        return Err(Refusal::TooLong);
    }
    verify_any_length(token)
}

fn verify_any_length(token: &str) -> Result<(), Refusal> {
    let set: JwkSet = serde_json::from_value(jwks(&[&KEY])).expect("a key set");
    let header = decode_header(token)?;
    let kid = header.kid.unwrap_or_default();
    let key = DecodingKey::from_jwk(set.find(&kid).ok_or(Refusal::UnknownKey)?)?;
    if split_token(token).is_some_and(|(header, _)| header.get("crit").is_some()) {
        return Err(Refusal::Critical);
    }
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_issuer(&["Test Issuer"]);
    validation.set_audience(&["spn:test-application"]);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
    let claims = decode::<Value>(token, &key, &validation)?.claims;
    // Members that stand twice are one after parsing, so the text gets shorter.
    if text(token, 1).len() > format!("{claims:#}").len() + 2
        || (!text(token, 1).contains('\n') && text(token, 1).len() > claims.to_string().len())
    {
        return Err(Refusal::Twice);
    }
    match claims.get(CUSTOMER).and_then(Value::as_str) {
        Some("Cust12345") => Ok(()),
        _ => Err(Refusal::UnknownCustomer),
    }
}

/// What a part of a token says.
fn text(token: &str, part: usize) -> String {
    let part = token.split('.').nth(part).expect("a part");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    String::from_utf8(bytes).expect("UTF-8")
}

/// Whether the signature over the first two parts, as they stand, is by this key.
fn is_signed_by(token: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
    let (message, signature) = token.rsplit_once('.').expect("a dot");
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm).unwrap_or_default()
}

fn public(key: &SigningKey) -> DecodingKey {
    DecodingKey::from_rsa_pem(key.public_pem().as_bytes()).expect("a key")
}

#[test]
fn a_good_token_passes() {
    verify(&good()).expect("a good token");
}

#[test]
fn each_defect_is_refused_for_its_own_reason() {
    use ErrorKind as Kind;
    for defect in Defect::ALL {
        let token = forged(*defect);
        if defect.is_harmless() {
            verify(&token).expect("a good token in unusual dress");
            continue;
        }
        let refusal = verify(&token).expect_err(defect.name());
        let expected = match defect {
            Defect::FlippedSignature
            | Defect::StrippedSignature
            | Defect::TamperedClaims
            | Defect::TamperedNonce
            | Defect::OtherKey
            | Defect::ApplicationKey => {
                matches!(refusal, Refusal::Token(Kind::InvalidSignature))
            }
            Defect::AlgHs256PublicKey
            | Defect::AlgHs256Certificate
            | Defect::AlgHs256CertificateDer
            | Defect::AlgHs256Modulus
            | Defect::AlgRs384
            | Defect::AlgRs512
            | Defect::AlgPs256
            | Defect::AlgEs256 => {
                matches!(refusal, Refusal::Token(Kind::InvalidAlgorithm))
            }
            // The library has no such algorithm, so it cannot read the header.
            Defect::AlgNone
            | Defect::AlgNoneCapitalized
            | Defect::AlgNoneUpperCase
            | Defect::AlgNoneMixedCase
            | Defect::AlgNoneGarbage
            | Defect::AlgNoneCapitalizedGarbage
            | Defect::AlgNoneUpperCaseGarbage
            | Defect::AlgNoneMixedCaseGarbage => {
                matches!(refusal, Refusal::Token(Kind::Json(_)))
            }
            Defect::Expired | Defect::ExpiredLong | Defect::ExpiredShort => {
                matches!(refusal, Refusal::Token(Kind::ExpiredSignature))
            }
            Defect::NotYetValid | Defect::NotYetValidLong => {
                matches!(refusal, Refusal::Token(Kind::ImmatureSignature))
            }
            Defect::WrongAudience => matches!(refusal, Refusal::Token(Kind::InvalidAudience)),
            Defect::WrongIssuer => matches!(refusal, Refusal::Token(Kind::InvalidIssuer)),
            Defect::MissingCustomer | Defect::UnknownCustomer => {
                matches!(refusal, Refusal::UnknownCustomer)
            }
            Defect::DuplicateAudience
            | Defect::DuplicateAudienceRightFirst
            | Defect::DuplicateNonce => {
                matches!(
                    refusal,
                    Refusal::Twice | Refusal::Token(Kind::InvalidAudience | Kind::Json(_))
                )
            }
            Defect::EmbeddedJwk
            | Defect::EmbeddedX5c
            | Defect::LinkedJku
            | Defect::LinkedX5u
            | Defect::UnknownKid => matches!(refusal, Refusal::UnknownKey),
            Defect::UnknownCrit => matches!(refusal, Refusal::Critical),
            Defect::TwoParts
            | Defect::FourParts
            | Defect::FiveParts
            | Defect::Encrypted
            | Defect::OnlyDots => matches!(refusal, Refusal::Token(_)),
            Defect::Nested
            | Defect::NotBase64Url
            | Defect::HeaderNotObject
            | Defect::ClaimsNotObject
            | Defect::NonAscii
            | Defect::ControlCharacters
            | Defect::RightToLeft
            | Defect::Garbage => matches!(refusal, Refusal::Token(_)),
            Defect::Huge => matches!(refusal, Refusal::TooLong),
            Defect::PrettyPrinted | Defect::Reordered => false,
        };
        assert!(expected, "{defect}: {refusal:?}");
    }
}
