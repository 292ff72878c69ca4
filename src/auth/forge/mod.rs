//! Forging of broken tokens. They are put together by hand, because no JWT library
//! writes most of them.

mod draft;
#[cfg(test)]
mod tests;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use self::draft::{Draft, Members, compact, with};
use super::application::ApplicationKeyPair;
use super::defect::Defect;
use super::key::{KeyError, SigningKey, crypto};
use super::token::{EARLY, LIFETIME, TokenTemplate, filled_claims, filled_header};

/// Bytes of a token that is far too long.
pub const HUGE: usize = 1024 * 1024;

/// Seconds by which a token is too old or too young.
const OFF: i64 = 600;

/// Seconds that no tolerance for clocks covers.
const LONG_OFF: i64 = 900;

/// Seconds that a tolerance for clocks may cover.
const SHORT_OFF: i64 = 120;

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
    /// Address of the harness's listener, for headers that name one; `/jku` and `/x5u`
    /// are put behind it.
    pub listener: Option<&'a str>,
    /// The application's own key, where the harness has it.
    pub application: Option<&'a ApplicationKeyPair>,
}

/// A token that is good but for one defect.
pub fn forge(
    context: &ForgeContext<'_>,
    template: &TokenTemplate,
    defect: Defect,
) -> Result<String, KeyError> {
    let now = context.now.as_second();
    let draft = Draft {
        header: filled_header(context.key, template),
        claims: filled_claims(template, now - EARLY, now + LIFETIME),
    };
    let (key, other) = (context.key, context.other);
    match defect {
        Defect::FlippedSignature => Ok(flip(&draft.sign(key)?)),
        Defect::StrippedSignature => Ok(format!("{}.", draft.message())),
        Defect::AlgNone => Ok(unsigned(draft, "none", "")),
        Defect::AlgNoneCapitalized => Ok(unsigned(draft, "None", "")),
        Defect::AlgNoneUpperCase => Ok(unsigned(draft, "NONE", "")),
        Defect::AlgNoneMixedCase => Ok(unsigned(draft, "nOnE", "")),
        Defect::AlgNoneGarbage => Ok(unsigned(draft, "none", NO_SIGNATURE)),
        Defect::AlgNoneCapitalizedGarbage => Ok(unsigned(draft, "None", NO_SIGNATURE)),
        Defect::AlgNoneUpperCaseGarbage => Ok(unsigned(draft, "NONE", NO_SIGNATURE)),
        Defect::AlgNoneMixedCaseGarbage => Ok(unsigned(draft, "nOnE", NO_SIGNATURE)),
        Defect::AlgHs256PublicKey => hs256(key.public_pem().as_bytes(), draft),
        Defect::AlgHs256Certificate => hs256(key.certificate_pem().as_bytes(), draft),
        Defect::AlgHs256CertificateDer => hs256(key.certificate_der(), draft),
        Defect::AlgHs256Modulus => hs256(key.modulus().as_bytes(), draft),
        Defect::AlgRs384 => signed_by(key, "RS384", Algorithm::RS384, draft),
        Defect::AlgRs512 => signed_by(key, "RS512", Algorithm::RS512, draft),
        Defect::AlgPs256 => signed_by(key, "PS256", Algorithm::PS256, draft),
        Defect::AlgEs256 => es256(draft),
        Defect::Expired => draft.expired(now - OFF).sign(key),
        Defect::ExpiredLong => draft.expired(now - LONG_OFF).sign(key),
        Defect::ExpiredShort => draft.expired(now - SHORT_OFF).sign(key),
        Defect::NotYetValid => draft.valid_from(now + OFF).sign(key),
        Defect::NotYetValidLong => draft.valid_from(now + LONG_OFF).sign(key),
        Defect::WrongAudience => {
            let audience = another_audience(draft.claims.get("aud"));
            draft.claim("aud", json!(audience)).sign(key)
        }
        Defect::WrongIssuer => {
            let issuer = json!("https://another-issuer.invalid");
            draft.claim("iss", issuer).sign(key)
        }
        Defect::MissingCustomer => draft.without_claim(context.customer_claim).sign(key),
        Defect::UnknownCustomer => {
            let customer = json!(context.unknown_customer);
            draft.claim(context.customer_claim, customer).sign(key)
        }
        Defect::TamperedClaims => {
            let expiry = draft.claims.get("exp").and_then(Value::as_i64);
            let later = json!(expiry.unwrap_or(now) + 60);
            tampered(key, draft, "exp", later)
        }
        Defect::TamperedNonce => {
            let nonce = another_nonce(defect, &draft)?;
            tampered(key, draft, "nonce", json!(nonce))
        }
        Defect::DuplicateAudience => {
            let audience = claim(defect, &draft, "aud", "a claim `aud` in the token")?;
            let audience = another_audience(Some(audience));
            let payload = draft.payload();
            sign_payload(key, &draft, &put_first(&payload, "aud", &audience))
        }
        Defect::DuplicateAudienceRightFirst => {
            let audience = claim(defect, &draft, "aud", "a claim `aud` in the token")?;
            let audience = another_audience(Some(audience));
            let payload = draft.payload();
            sign_payload(key, &draft, &put_last(&payload, "aud", &audience))
        }
        Defect::DuplicateNonce => {
            let nonce = another_nonce(defect, &draft)?;
            let payload = draft.payload();
            sign_payload(key, &draft, &put_last(&payload, "nonce", &nonce))
        }
        Defect::OtherKey => draft.sign(other),
        Defect::ApplicationKey => context
            .application
            .ok_or_else(|| needs(defect, "the private half of the application's key"))?
            .sign_jwt(&Value::Object(draft.header), &Value::Object(draft.claims))
            .map_err(|error| crypto("signing", &error)),
        Defect::EmbeddedJwk => draft.naming(other).head("jwk", other.jwk()).sign(other),
        Defect::EmbeddedX5c => {
            let chain = other.jwk()["x5c"].take();
            draft.naming(other).head("x5c", chain).sign(other)
        }
        Defect::LinkedJku => linked(context, draft, defect, "jku"),
        Defect::LinkedX5u => linked(context, draft, defect, "x5u"),
        Defect::UnknownKid => draft.naming(other).sign(other),
        Defect::UnknownCrit => draft
            .head("crit", json!([EXTENSION]))
            .head(EXTENSION, json!(true))
            .sign(key),
        Defect::Encrypted => Ok(encrypted(key, &draft)),
        Defect::Nested => {
            let inner = draft.clone().sign(key)?;
            let outer = draft.head("cty", json!("JWT"));
            sign_payload(key, &outer, &inner)
        }
        Defect::TwoParts => Ok(draft.message()),
        Defect::FourParts => Ok(format!("{}.{NO_SIGNATURE}", draft.sign(key)?)),
        Defect::FiveParts => Ok(format!("{}.{NO_SIGNATURE}.e30", draft.sign(key)?)),
        Defect::OnlyDots => Ok("..".to_owned()),
        Defect::NotBase64Url => {
            let message = in_middle_of_last_part(&draft.message(), "!");
            sign_message(key, message)
        }
        Defect::HeaderNotObject => {
            let header = json!([draft.header]).to_string();
            sign_message(key, compact(header, draft.payload()))
        }
        Defect::ClaimsNotObject => {
            let claims = json!([draft.claims]).to_string();
            sign_payload(key, &draft, &claims)
        }
        Defect::Garbage => Ok([
            "neither a header",
            "nor claims, but three parts",
            "nor a signature",
        ]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".")),
        Defect::NonAscii => Ok(in_middle_of_last_part(&draft.sign(key)?, "é")),
        // The only control characters that XML 1.0 can carry, besides white space.
        Defect::ControlCharacters => Ok(in_middle_of_last_part(&draft.sign(key)?, "\u{7f}\u{85}")),
        Defect::RightToLeft => Ok(in_middle_of_last_part(&draft.sign(key)?, "\u{202e}")),
        Defect::Huge => huge(key, draft),
        Defect::PrettyPrinted => {
            let pretty = |members: &Members| format!("{:#}", Value::Object(members.clone()));
            sign_message(key, compact(pretty(&draft.header), pretty(&draft.claims)))
        }
        Defect::Reordered => {
            let reverse = |members: Members| members.into_iter().rev().collect();
            Draft {
                header: reverse(draft.header),
                claims: reverse(draft.claims),
            }
            .sign(key)
        }
    }
}

/// base64url of "nor a signature".
const NO_SIGNATURE: &str = "bm9yIGEgc2lnbmF0dXJl";

/// A header parameter that no verifier knows.
const EXTENSION: &str = "http://example.invalid/unknown-extension";

fn needs(defect: Defect, need: &'static str) -> KeyError {
    KeyError::Needs {
        defect: defect.name(),
        need,
    }
}

fn unsigned(draft: Draft, algorithm: &str, signature: &str) -> String {
    let message = draft.head("alg", json!(algorithm)).message();
    format!("{message}.{signature}")
}

fn sign_message(key: &SigningKey, message: String) -> Result<String, KeyError> {
    let signature = key.signature_by(Algorithm::RS256, message.as_bytes())?;
    Ok(format!("{message}.{signature}"))
}

/// Signs the draft's header with this payload, byte for byte.
fn sign_payload(key: &SigningKey, draft: &Draft, payload: &str) -> Result<String, KeyError> {
    let header = Value::Object(draft.header.clone()).to_string();
    sign_message(key, compact(header, payload))
}

fn signed_by(
    key: &SigningKey,
    name: &str,
    algorithm: Algorithm,
    draft: Draft,
) -> Result<String, KeyError> {
    let message = draft.head("alg", json!(name)).message();
    let signature = key.signature_by(algorithm, message.as_bytes())?;
    Ok(format!("{message}.{signature}"))
}

fn hs256(secret: &[u8], draft: Draft) -> Result<String, KeyError> {
    let message = draft.head("alg", json!("HS256")).message();
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256)
        .map(|signature| format!("{message}.{signature}"))
        .map_err(|error| crypto("signing", &error))
}

/// The right key is an RSA key, so the signature is of a fresh one.
fn es256(draft: Draft) -> Result<String, KeyError> {
    let message = draft.head("alg", json!("ES256")).message();
    let signature = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .and_then(|pair| pair.sign(&aws_lc_rs::rand::SystemRandom::new(), message.as_bytes()))
        .map_err(|error| crypto("signing", &error))?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn linked(
    context: &ForgeContext<'_>,
    draft: Draft,
    defect: Defect,
    member: &str,
) -> Result<String, KeyError> {
    let listener = context
        .listener
        .ok_or_else(|| needs(defect, "the address of a listener"))?;
    let address = format!("{}/{member}", listener.trim_end_matches('/'));
    draft
        .naming(context.other)
        .head(member, json!(address))
        .sign(context.other)
}

/// A token whose claim was changed when it was signed already.
fn tampered(key: &SigningKey, draft: Draft, name: &str, value: Value) -> Result<String, KeyError> {
    let good = draft.clone().sign(key)?;
    let signature = good.rsplit('.').next().unwrap_or_default();
    Ok(format!(
        "{}.{signature}",
        draft.claim(name, value).message()
    ))
}

/// What an encrypted token looks like; nothing can be decrypted from it.
fn encrypted(key: &SigningKey, draft: &Draft) -> String {
    let header = json!({
        "alg": "RSA-OAEP",
        "enc": "A256GCM",
        "cty": "JWT",
        "kid": key.kid(),
    });
    let text = draft.message();
    let noise = |name: &str, length: usize| {
        let bytes: Vec<u8> = (0_u64..)
            .flat_map(|round| {
                let seed = format!("{name} {round} {text}");
                Sha256::digest(seed).to_vec()
            })
            .take(length)
            .collect();
        URL_SAFE_NO_PAD.encode(bytes)
    };
    [
        URL_SAFE_NO_PAD.encode(header.to_string()),
        noise("encrypted key", 256),
        noise("initialization vector", 12),
        noise("ciphertext", text.len()),
        noise("authentication tag", 16),
    ]
    .join(".")
}

/// A token of [`HUGE`] bytes, or up to three more, which a claim fills.
fn huge(key: &SigningKey, draft: Draft) -> Result<String, KeyError> {
    let padded = |length: usize| {
        let claims = with(draft.claims.clone(), "padding", json!("x".repeat(length)));
        Draft {
            header: draft.header.clone(),
            claims,
        }
    };
    let empty = padded(0);
    let payload = empty.payload().len();
    let around = empty.sign(key)?.len() - payload.saturating_mul(4).div_ceil(3);
    let length = HUGE.saturating_sub(around).saturating_mul(3).div_ceil(4);
    padded(length.saturating_sub(payload)).sign(key)
}

/// A claim that must be there before there can be something wrong about it.
fn claim<'a>(
    defect: Defect,
    draft: &'a Draft,
    name: &str,
    need: &'static str,
) -> Result<&'a Value, KeyError> {
    draft.claims.get(name).ok_or_else(|| needs(defect, need))
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

/// Another nonce, in the form of 32 upper-case hexadecimal digits. It follows from the
/// first one.
fn another_nonce(defect: Defect, draft: &Draft) -> Result<String, KeyError> {
    let nonce = claim(defect, draft, "nonce", "a claim `nonce` in the token")?;
    Ok(Sha256::digest(nonce.to_string())[..16]
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect())
}

/// A JSON object with one more member in front.
fn put_first(object: &str, name: &str, value: &str) -> String {
    object.replacen('{', &format!("{{{},", member(name, value)), 1)
}

/// A JSON object with one more member at the end.
fn put_last(object: &str, name: &str, value: &str) -> String {
    let open = object.strip_suffix('}').unwrap_or(object);
    format!("{open},{}}}", member(name, value))
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{}", json!(name), json!(value))
}

/// Puts characters into the middle of what follows the last dot. A decoder that passes
/// over what it does not know reads the text as if they were not there.
fn in_middle_of_last_part(text: &str, characters: &str) -> String {
    let start = text.rfind('.').map_or(0, |dot| dot + 1);
    let middle = start + (text.len() - start) / 2;
    match text.split_at_checked(middle) {
        Some((head, tail)) => format!("{head}{characters}{tail}"),
        None => text.to_owned(),
    }
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
