//! Signing keys and the forms in which their public half is published.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize};
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_parser::asn1_rs::FromDer as _;
use x509_parser::prelude::X509Certificate;

use super::der::{bits, integers, pem, pkcs8_inner};
use super::sha1::sha1;

/// Name in the certificate that is made for a key without one.
const DEFAULT_NAME: &str = "Assay signing key";

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing in the text is a private key.
    #[error(
        "no private key found; give a PEM file with `-----BEGIN PRIVATE KEY-----`, as `assay keys new` writes it"
    )]
    Missing,
    /// The text holds something else in PEM.
    #[error("found {found}, which is not a private key; {advice}")]
    Other {
        /// What was found instead.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The key is damaged, or of another kind than RSA.
    #[error(
        "the private key is damaged or not RSA; signed tokens use RS256, so make an RSA key with `assay keys new`"
    )]
    NotRsa,
    /// The key is shorter than RS256 permits.
    #[error(
        "the RSA key has {bits} bits, RS256 needs 2048 or more; make one with `assay keys new`"
    )]
    TooShort {
        /// Length of the modulus.
        bits: usize,
    },
    /// A forged token needs something that is not there.
    #[error("a token with the defect `{defect}` needs {need}")]
    Needs {
        /// Name of the defect.
        defect: &'static str,
        /// What is missing.
        need: &'static str,
    },
    /// The crypto library failed.
    #[error("{action} failed: {reason}")]
    Crypto {
        /// What was tried.
        action: &'static str,
        /// The library's words.
        reason: String,
    },
}

/// An RSA key that signs RS256 tokens, with a self-signed certificate.
pub struct SigningKey {
    encoding: EncodingKey,
    private_pem: String,
    certificate_der: Vec<u8>,
    certificate_pem: String,
    public_pem: String,
    modulus: String,
    exponent: String,
    kid: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new 2048-bit key, with a certificate that is valid from the day before `now`
    /// for ten years.
    pub fn generate(common_name: &str, now: Timestamp) -> Result<Self, KeyError> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
            .map_err(|error| crypto("making an RSA key", &error))?;
        let today = now.to_zoned(TimeZone::UTC).date();
        let from = today.saturating_sub(Span::new().days(1));
        let to = today.saturating_add(Span::new().years(10));
        let certificate = certificate(&pair, common_name, from, to)?;
        Self::assemble(&pair, certificate)
    }

    /// Reads a private key (PKCS#8 or PKCS#1). A certificate in the same text is kept
    /// when it is the key's own; otherwise one is made, which is the same each time.
    pub fn from_pem(private_key_pem: &str) -> Result<Self, KeyError> {
        let text = private_key_pem.as_bytes();
        let der = PrivateKeyDer::from_pem_slice(text).map_err(|_| instead_of_key(text))?;
        if let Some(bits) = modulus_bits(&der)
            && bits < 2048
        {
            return Err(KeyError::TooShort { bits });
        }
        let pair = KeyPair::from_der_and_sign_algo(&der, &PKCS_RSA_SHA256)
            .map_err(|_| KeyError::NotRsa)?;
        let certificate = match own_certificate(text, &pair) {
            Some(certificate) => certificate,
            None => certificate(&pair, DEFAULT_NAME, date(2025, 1, 1), date(2055, 1, 1))?,
        };
        Self::assemble(&pair, certificate)
    }

    fn assemble(pair: &KeyPair, certificate_der: Vec<u8>) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::try_from(pair.serialized_der()).map_err(|_| KeyError::NotRsa)?;
        let tag = match &der {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        let private = pem(tag, der.secret_der());
        let encoding =
            EncodingKey::from_rsa_pem(private.as_bytes()).map_err(|_| KeyError::NotRsa)?;
        let numbers = integers(pair.public_key_raw()).ok_or(KeyError::NotRsa)?;
        let [modulus, exponent] = numbers.as_slice() else {
            return Err(KeyError::NotRsa);
        };
        let certificate_pem = pem("CERTIFICATE", &certificate_der);
        let kid = sha1(&certificate_der)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let key = Self {
            encoding,
            private_pem: format!("{private}{certificate_pem}"),
            certificate_pem,
            public_pem: pem("PUBLIC KEY", &pair.subject_public_key_info()),
            certificate_der,
            modulus: URL_SAFE_NO_PAD.encode(modulus),
            exponent: URL_SAFE_NO_PAD.encode(exponent),
            kid,
        };
        // A key that cannot sign shows here and not in the middle of a run.
        key.signature(b"trial")?;
        Ok(key)
    }

    /// The private key in PEM, followed by the certificate so that the key keeps its
    /// [`kid`](Self::kid) when it is read again. Secret: write it to a file of the
    /// owner, register it for redaction, never show it.
    pub fn private_pem(&self) -> &str {
        &self.private_pem
    }

    /// The certificate in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The certificate in DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// The public key in PEM (SubjectPublicKeyInfo).
    pub fn public_pem(&self) -> String {
        self.public_pem.clone()
    }

    /// Key id: SHA-1 thumbprint of the certificate in 40 upper-case hexadecimal
    /// digits, the form that SuperOffice's own tokens carry.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The same thumbprint in base64url (RFC 7515 §4.1.7).
    pub fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha1(&self.certificate_der))
    }

    /// The public key as JSON Web Key.
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": self.modulus,
            "e": self.exponent,
            "x5t": self.x5t(),
            "x5c": [STANDARD.encode(&self.certificate_der)],
        })
    }

    /// A token of exactly this header and these claims, signed by RS256 whatever the
    /// header says.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, KeyError> {
        let message = message(header, claims);
        let signature = self.signature(message.as_bytes())?;
        Ok(format!("{message}.{signature}"))
    }

    fn signature(&self, message: &[u8]) -> Result<String, KeyError> {
        self.signature_by(Algorithm::RS256, message)
    }

    /// Signature in base64url by any of the RSA algorithms.
    pub(super) fn signature_by(
        &self,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<String, KeyError> {
        jsonwebtoken::crypto::sign(message, &self.encoding, algorithm)
            .map_err(|error| crypto("signing", &error))
    }

    /// The modulus as the key set has it.
    pub(super) fn modulus(&self) -> &str {
        &self.modulus
    }
}

/// The signing input of a token: header and claims in base64url, with a dot between.
pub(super) fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

/// The key set of these keys (RFC 7517).
pub fn jwks(keys: &[&SigningKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
}

/// The discovery document of an issuer whose key set is at `/.well-known/jwks`.
pub fn discovery(issuer_url: &str) -> Value {
    let issuer = issuer_url.trim_end_matches('/');
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks"),
        "authorization_endpoint": format!("{issuer}/common/oauth/authorize"),
        "token_endpoint": format!("{issuer}/common/oauth/tokens"),
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

pub(super) fn crypto(action: &'static str, error: &dyn std::fmt::Display) -> KeyError {
    KeyError::Crypto {
        action,
        reason: error.to_string(),
    }
}

/// What a text without private key holds.
fn instead_of_key(text: &[u8]) -> KeyError {
    let found = <(SectionKind, Vec<u8>)>::from_pem_slice(text).map(|(kind, _)| kind);
    match found {
        Ok(SectionKind::Certificate) => KeyError::Other {
            found: "a certificate",
            advice: "give the file with its private key",
        },
        Ok(SectionKind::PublicKey) => KeyError::Other {
            found: "a public key",
            advice: "the harness has to sign, so give the private key",
        },
        _ if text
            .windows(9)
            .any(|window| window.eq_ignore_ascii_case(b"encrypted")) =>
        {
            KeyError::Other {
                found: "an encrypted key",
                advice: "take the password off, for example with `openssl pkey`",
            }
        }
        _ => KeyError::Missing,
    }
}

/// Length of an RSA private key's modulus, when the key can be read that far.
fn modulus_bits(der: &PrivateKeyDer<'_>) -> Option<usize> {
    let numbers = match der {
        PrivateKeyDer::Pkcs1(key) => integers(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => integers(&pkcs8_inner(key.secret_pkcs8_der())?),
        _ => None,
    }?;
    // The version comes first.
    numbers.get(1).map(|modulus| bits(modulus))
}

/// A certificate in the text that belongs to the key.
fn own_certificate(text: &[u8], pair: &KeyPair) -> Option<Vec<u8>> {
    CertificateDer::pem_slice_iter(text)
        .filter_map(Result::ok)
        .find(|certificate| {
            X509Certificate::from_der(certificate).is_ok_and(|(_, certificate)| {
                certificate.public_key().raw == pair.subject_public_key_info()
            })
        })
        .map(|certificate| certificate.to_vec())
}

/// A self-signed certificate that follows from its arguments alone.
fn certificate(
    pair: &KeyPair,
    common_name: &str,
    from: Date,
    to: Date,
) -> Result<Vec<u8>, KeyError> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let day = |date: Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rcgen::date_time_ymd(date.year().into(), month, day)
    };
    params.not_before = day(from);
    params.not_after = day(to);
    // The serial must be positive, so the first bit stays clear.
    let mut serial = Sha256::digest(pair.subject_public_key_info())[..16].to_vec();
    serial[0] = (serial[0] & 0x7f) | 1;
    params.serial_number = Some(serial.into());
    params
        .self_signed(pair)
        .map(|certificate| certificate.der().to_vec())
        .map_err(|error| crypto("making a certificate", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::auth::der::pkcs8;
    use crate::auth::testing::{KEY, now};

    #[test]
    fn a_key_survives_being_written_and_read_with_its_certificate() {
        let key = &*KEY;
        let again = SigningKey::from_pem(key.private_pem()).expect("own PEM");
        assert_eq!(again.kid(), key.kid());
        assert_eq!(again.certificate_pem(), key.certificate_pem());
        assert_eq!(again.jwk(), key.jwk());
        assert_eq!(again.private_pem(), key.private_pem());
    }

    #[test]
    fn the_certificate_names_the_key_and_its_validity() {
        let (_, certificate) =
            X509Certificate::from_der(KEY.certificate_der()).expect("own certificate");
        assert_eq!(certificate.subject().to_string(), "CN=Test signing key");
        assert_eq!(certificate.subject(), certificate.issuer());
        let day = 24 * 60 * 60;
        let validity = certificate.validity();
        assert!(validity.not_before.timestamp() <= now().as_second() - day);
        assert!(validity.not_after.timestamp() > now().as_second() + 3650 * day);
    }

    #[test]
    fn serial_numbers_are_positive_of_full_length_and_of_one_key() {
        let serial = |key: &SigningKey| {
            let (_, certificate) =
                X509Certificate::from_der(key.certificate_der()).expect("own certificate");
            certificate.raw_serial().to_vec()
        };
        // Unchanged, the number of this key would begin with the sign of a negative one.
        let text = include_str!("testdata/application-pkcs8.pem");
        let application = SigningKey::from_pem(text).expect("a key");
        let other = &*crate::auth::testing::OTHER;
        for key in [&*KEY, other, &application] {
            let serial = serial(key);
            assert_eq!(serial.len(), 16);
            assert!((1..0x80).contains(&serial[0]), "{serial:?}");
        }
        assert_ne!(serial(&KEY), serial(other));
    }

    /// The key alone, as other tools write it.
    fn bare_key() -> &'static str {
        let text = KEY.private_pem();
        &text[..text.find("-----BEGIN CERTIFICATE").expect("a certificate")]
    }

    fn pkcs1() -> String {
        let der = PrivateKeyDer::from_pem_slice(bare_key().as_bytes()).expect("own PEM");
        pem(
            "RSA PRIVATE KEY",
            &pkcs8_inner(der.secret_der()).expect("PKCS#8"),
        )
    }

    #[test]
    fn a_key_without_certificate_gets_the_same_one_each_time() {
        let first = SigningKey::from_pem(bare_key()).expect("PKCS#8");
        let second = SigningKey::from_pem(bare_key()).expect("PKCS#8");
        assert_eq!(first.kid(), second.kid());
        assert_ne!(first.kid(), KEY.kid());
        let old_form = SigningKey::from_pem(&pkcs1()).expect("PKCS#1");
        assert_eq!(old_form.kid(), first.kid());
        assert_eq!(old_form.public_pem(), first.public_pem());
        let again = SigningKey::from_pem(old_form.private_pem()).expect("own PEM");
        assert_eq!(again.kid(), first.kid());
    }

    #[test]
    fn the_certificate_of_another_key_is_not_taken() {
        let other = &*crate::auth::testing::OTHER;
        let mixed = format!("{}{}", other.certificate_pem(), bare_key());
        let key = SigningKey::from_pem(&mixed).expect("a key");
        assert_ne!(key.kid(), other.kid());
        assert_eq!(key.public_pem(), KEY.public_pem());
    }

    #[test]
    fn what_is_no_usable_key_says_what_to_do() {
        let damaged = bare_key().replace("MII", "MIJ");
        let encrypted = pem("ENCRYPTED PRIVATE KEY", b"0123456789");
        let ec = KeyPair::generate().expect("an EC key").serialize_pem();
        let short = include_str!("testdata/rsa-1024.pem");
        let short_der = PrivateKeyDer::from_pem_slice(short.as_bytes()).expect("a key");
        let short_pkcs8 = pem("PRIVATE KEY", &pkcs8(short_der.secret_der()));
        let cases = [
            ("", "no private key found"),
            ("hello", "no private key found"),
            (&damaged, "damaged or not RSA"),
            (&ec, "damaged or not RSA"),
            (&encrypted, "an encrypted key"),
            (KEY.certificate_pem(), "a certificate, which is not"),
            (&KEY.public_pem(), "a public key, which is not"),
            (short, "has 1024 bits, RS256 needs 2048"),
            (&short_pkcs8, "has 1024 bits, RS256 needs 2048"),
        ];
        for (text, expected) in cases {
            let error = SigningKey::from_pem(text).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn kid_and_x5t_are_the_thumbprint_of_the_certificate() {
        let thumbprint = sha1(KEY.certificate_der());
        assert_eq!(KEY.kid().len(), 40);
        assert_eq!(KEY.kid(), KEY.kid().to_uppercase());
        let decoded = URL_SAFE_NO_PAD.decode(KEY.x5t()).expect("base64url");
        assert_eq!(decoded, thumbprint);
        assert!(KEY.kid().starts_with(&format!("{:02X}", thumbprint[0])));
    }

    #[test]
    fn the_key_set_holds_what_a_verifier_needs() {
        let set = jwks(&[&KEY]);
        let key = &set["keys"][0];
        for (member, value) in [
            ("kty", "RSA"),
            ("use", "sig"),
            ("alg", "RS256"),
            ("e", "AQAB"),
        ] {
            assert_eq!(key[member], value);
        }
        assert_eq!(key["kid"], KEY.kid());
        let modulus = URL_SAFE_NO_PAD
            .decode(key["n"].as_str().expect("a modulus"))
            .expect("base64url");
        assert_eq!(bits(&modulus), 2048);
        let certificate = STANDARD
            .decode(key["x5c"][0].as_str().expect("a certificate"))
            .expect("base64");
        assert_eq!(certificate, KEY.certificate_der());
    }

    #[test]
    fn the_discovery_document_leads_to_the_key_set() {
        let document = discovery("http://127.0.0.1:9/");
        assert_eq!(document["issuer"], "http://127.0.0.1:9");
        assert_eq!(document["jwks_uri"], "http://127.0.0.1:9/.well-known/jwks");
    }

    #[test]
    fn debug_output_holds_no_key_material() {
        let text = format!("{:?}", *KEY);
        assert!(text.contains(KEY.kid()) && text.len() < 100, "{text}");
    }
}
