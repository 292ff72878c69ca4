//! The key pair of an application: the partner's half signs the answer to a handshake,
//! the other half verifies it. Both halves come in the forms in which they are handed
//! out and converted to: RSA XML and PEM.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::der::{
    PemBlock, bits, filled, integers, pem, pem_blocks, pkcs8, pkcs8_inner, public_key_info,
    sequence_of_integers,
};
use super::key::message;
use super::rsa_xml::{self, RsaXml};

const PUBLIC: &str = "the public half of the application key: RSA XML with `Modulus` and \
     `Exponent`, a public key in PEM, or a certificate in PEM";
const PRIVATE: &str = "the private half of the application key: RSA XML with all its numbers, \
     or a private key in PEM (PKCS#1 or PKCS#8)";

/// Modulus lengths that the crypto library verifies with.
const VERIFIABLE: RangeInclusive<usize> = 1024..=8192;

/// Modulus lengths that the crypto library signs with.
const SIGNABLE: RangeInclusive<usize> = 2048..=8192;

/// Why a half of an application key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationKeyError {
    /// The text holds something else.
    #[error("expected {expected}; found {found}")]
    Unexpected {
        /// What was asked for.
        expected: &'static str,
        /// What was there. Nothing of the text's content stands in it.
        found: String,
    },
    /// The crypto library failed.
    #[error("{action} failed")]
    Crypto {
        /// What was tried.
        action: &'static str,
    },
}

fn instead_of(expected: &'static str, found: impl Into<String>) -> ApplicationKeyError {
    ApplicationKeyError::Unexpected {
        expected,
        found: found.into(),
    }
}

/// The public half of an application key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl ApplicationKey {
    /// Reads RSA XML, a public key in PEM (SubjectPublicKeyInfo or PKCS#1), or an
    /// X.509 certificate in PEM; the content decides. A private key is refused, because
    /// it does not belong where this is read from.
    pub fn parse(text: &str) -> Result<Self, ApplicationKeyError> {
        let text = bare(text);
        if text.starts_with('<') {
            let xml = RsaXml::parse(text).map_err(|found| instead_of(PUBLIC, found))?;
            if xml.is_private() {
                return Err(instead_of(
                    PUBLIC,
                    "RSA XML with the private half; keep that with the connector, and give \
                     `Modulus` and `Exponent` alone",
                ));
            }
            return match (xml.modulus, xml.exponent) {
                (Some(modulus), Some(exponent)) => {
                    Self::from_numbers(modulus, exponent, PUBLIC, VERIFIABLE)
                }
                (modulus, _) => Err(instead_of(
                    PUBLIC,
                    format!(
                        "RSA XML without `{}`",
                        if modulus.is_none() {
                            "Modulus"
                        } else {
                            "Exponent"
                        }
                    ),
                )),
            };
        }
        let blocks = pem_blocks(text);
        if blocks
            .iter()
            .any(|block| block.tag.ends_with("PRIVATE KEY"))
        {
            return Err(instead_of(
                PUBLIC,
                "a private key in PEM; keep that with the connector, and give its public half",
            ));
        }
        for block in &blocks {
            let numbers = match (block.tag.as_str(), &block.der) {
                ("PUBLIC KEY", Some(der)) => public_key_numbers(der),
                ("RSA PUBLIC KEY", Some(der)) => integers(der).and_then(two),
                ("CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE", Some(der)) => {
                    certificate_numbers(der)
                }
                _ => continue,
            };
            let (modulus, exponent) = numbers.ok_or_else(|| {
                instead_of(
                    PUBLIC,
                    format!("{} that is damaged or not RSA", kind(block)),
                )
            })?;
            return Self::from_numbers(modulus, exponent, PUBLIC, VERIFIABLE);
        }
        Err(instead_of(PUBLIC, instead_of_pem(text, &blocks)))
    }

    fn from_numbers(
        modulus: Vec<u8>,
        exponent: Vec<u8>,
        expected: &'static str,
        range: RangeInclusive<usize>,
    ) -> Result<Self, ApplicationKeyError> {
        let length = bits(&modulus);
        if !range.contains(&length) {
            return Err(instead_of(
                expected,
                format!(
                    "an RSA key of {length} bits, where {} to {} can be used",
                    range.start(),
                    range.end()
                ),
            ));
        }
        let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !odd(&modulus) || !odd(&exponent) || exponent == [1] || bits(&exponent) > 33 {
            return Err(instead_of(
                expected,
                "an RSA key whose modulus or exponent is impossible",
            ));
        }
        Ok(Self { modulus, exponent })
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        bits(&self.modulus)
    }

    /// Length of the modulus in bytes, which is the length of every signature.
    pub fn modulus_len(&self) -> usize {
        self.modulus.len()
    }

    /// The public key in PEM (SubjectPublicKeyInfo).
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &self.to_der())
    }

    /// The public key as RSA XML.
    pub fn to_rsa_xml(&self) -> String {
        rsa_xml::write(&[
            ("Modulus", &self.modulus, 0),
            ("Exponent", &self.exponent, 0),
        ])
    }

    /// SHA-256 of the key's SubjectPublicKeyInfo in 64 hexadecimal digits: the same
    /// for every form in which the key is given.
    pub fn thumbprint(&self) -> String {
        hex(&Sha256::digest(self.to_der()))
    }

    /// Whether this is a signature by RSASSA-PKCS1-v1_5 with SHA-256 over the message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        PublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        }
        .verify(
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            message,
            signature,
        )
        .is_ok()
    }

    /// Modulus and exponent, without leading zeros.
    pub(super) fn numbers(&self) -> (&[u8], &[u8]) {
        (&self.modulus, &self.exponent)
    }

    fn to_der(&self) -> Vec<u8> {
        public_key_info(&self.modulus, &self.exponent)
    }
}

/// The numbers of a private key (RFC 8017, A.1.2), without leading zeros.
struct PrivateNumbers {
    d: Vec<u8>,
    p: Vec<u8>,
    q: Vec<u8>,
    dp: Vec<u8>,
    dq: Vec<u8>,
    inverse_q: Vec<u8>,
}

/// Both halves of an application key.
pub struct ApplicationKeyPair {
    signer: KeyPair,
    numbers: PrivateNumbers,
    public: ApplicationKey,
}

impl std::fmt::Debug for ApplicationKeyPair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ApplicationKeyPair")
            .field("thumbprint", &self.public.thumbprint())
            .finish_non_exhaustive()
    }
}

impl ApplicationKeyPair {
    /// A new pair of 2048 bits.
    pub fn generate() -> Result<Self, ApplicationKeyError> {
        let failed = |_| ApplicationKeyError::Crypto {
            action: "making an RSA key",
        };
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let der = pair.as_der().map_err(failed)?;
        let inner = pkcs8_inner(der.as_ref()).ok_or(ApplicationKeyError::Crypto {
            action: "writing an RSA key",
        })?;
        Self::from_pkcs1(&inner)
    }

    /// Reads RSA XML (children in any order, with or without white space) or a private
    /// key in PEM (PKCS#1 or PKCS#8); the content decides.
    pub fn parse(text: &str) -> Result<Self, ApplicationKeyError> {
        let text = bare(text);
        if text.starts_with('<') {
            return Self::from_rsa_xml(text);
        }
        let blocks = pem_blocks(text);
        for block in &blocks {
            let inner = match (block.tag.as_str(), &block.der) {
                ("RSA PRIVATE KEY", Some(der)) if !block.encrypted => Some(der.clone()),
                ("PRIVATE KEY", Some(der)) => pkcs8_inner(der),
                _ => continue,
            };
            let inner = inner
                .ok_or_else(|| instead_of(PRIVATE, format!("{} that is damaged", kind(block))))?;
            return Self::from_pkcs1(&inner);
        }
        Err(instead_of(PRIVATE, instead_of_pem(text, &blocks)))
    }

    fn from_rsa_xml(text: &str) -> Result<Self, ApplicationKeyError> {
        let xml = RsaXml::parse(text).map_err(|found| instead_of(PRIVATE, found))?;
        if !xml.is_private() {
            return Err(instead_of(PRIVATE, "RSA XML with the public half alone"));
        }
        let missing = |name| move || instead_of(PRIVATE, format!("RSA XML without `{name}`"));
        let modulus = xml.modulus.ok_or_else(missing("Modulus"))?;
        let exponent = xml.exponent.ok_or_else(missing("Exponent"))?;
        let numbers = PrivateNumbers {
            p: xml.p.ok_or_else(missing("P"))?,
            q: xml.q.ok_or_else(missing("Q"))?,
            dp: xml.dp.ok_or_else(missing("DP"))?,
            dq: xml.dq.ok_or_else(missing("DQ"))?,
            inverse_q: xml.inverse_q.ok_or_else(missing("InverseQ"))?,
            d: xml.d.ok_or_else(missing("D"))?,
        };
        Self::assemble(modulus, exponent, numbers)
    }

    /// From an RSAPrivateKey in DER.
    fn from_pkcs1(der: &[u8]) -> Result<Self, ApplicationKeyError> {
        let numbers = integers(der).unwrap_or_default();
        let numbers: [Vec<u8>; 9] = numbers.try_into().map_err(|_| {
            instead_of(
                PRIVATE,
                "a private key in PEM that is damaged, or of another kind than RSA with two primes",
            )
        })?;
        let [_version, modulus, exponent, d, p, q, dp, dq, inverse_q] = numbers;
        let numbers = PrivateNumbers {
            d,
            p,
            q,
            dp,
            dq,
            inverse_q,
        };
        Self::assemble(modulus, exponent, numbers)
    }

    fn assemble(
        modulus: Vec<u8>,
        exponent: Vec<u8>,
        numbers: PrivateNumbers,
    ) -> Result<Self, ApplicationKeyError> {
        let public = ApplicationKey::from_numbers(modulus, exponent, PRIVATE, SIGNABLE)?;
        let signer = KeyPair::from_der(&pkcs1(&public, &numbers))
            .map_err(|_| instead_of(PRIVATE, "an RSA key whose numbers do not belong together"))?;
        Ok(Self {
            signer,
            numbers,
            public,
        })
    }

    /// The private key as RSA XML, as SuperOffice issues it. Secret.
    pub fn to_rsa_xml(&self) -> String {
        let numbers = &self.numbers;
        let whole = self.public.modulus_len();
        let half = whole.div_ceil(2);
        rsa_xml::write(&[
            ("Modulus", &self.public.modulus, whole),
            ("Exponent", &self.public.exponent, 0),
            ("P", &numbers.p, half),
            ("Q", &numbers.q, half),
            ("DP", &numbers.dp, half),
            ("DQ", &numbers.dq, half),
            ("InverseQ", &numbers.inverse_q, half),
            ("D", &numbers.d, whole),
        ])
    }

    /// The private key in PEM of PKCS#1. Secret.
    pub fn to_pkcs1_pem(&self) -> String {
        pem("RSA PRIVATE KEY", &pkcs1(&self.public, &self.numbers))
    }

    /// The private key in PEM of PKCS#8. Secret.
    pub fn to_pkcs8_pem(&self) -> String {
        pem("PRIVATE KEY", &pkcs8(&pkcs1(&self.public, &self.numbers)))
    }

    /// The public half.
    pub fn public(&self) -> ApplicationKey {
        self.public.clone()
    }

    /// The public half as RSA XML.
    pub fn public_rsa_xml(&self) -> String {
        self.public.to_rsa_xml()
    }

    /// The public half in PEM (SubjectPublicKeyInfo).
    pub fn public_pem(&self) -> String {
        self.public.to_pem()
    }

    /// Signature by RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ApplicationKeyError> {
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| ApplicationKeyError::Crypto { action: "signing" })?;
        Ok(signature)
    }

    /// A JWT of exactly this header and these claims, signed by RS256 whatever the
    /// header says.
    pub fn sign_jwt(&self, header: &Value, claims: &Value) -> Result<String, ApplicationKeyError> {
        let message = message(header, claims);
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes())?);
        Ok(format!("{message}.{signature}"))
    }

    /// The secret numbers D, P and Q in every spelling in which they may leak: Base64
    /// and base64url without padding, hexadecimal in lower and in upper case. A number
    /// that RSA XML fills up with zeros is there with and without them.
    pub fn secret_numbers(&self) -> Vec<String> {
        let numbers = &self.numbers;
        let whole = self.public.modulus_len();
        let half = whole.div_ceil(2);
        let mut texts = BTreeSet::new();
        for (number, length) in [(&numbers.d, whole), (&numbers.p, half), (&numbers.q, half)] {
            for bytes in [number.clone(), filled(number, length)] {
                let digits = hex(&bytes);
                texts.extend([
                    STANDARD_NO_PAD.encode(&bytes),
                    URL_SAFE_NO_PAD.encode(&bytes),
                    digits.to_uppercase(),
                    digits,
                ]);
            }
        }
        texts.into_iter().collect()
    }
}

/// An RSAPrivateKey in DER.
fn pkcs1(public: &ApplicationKey, numbers: &PrivateNumbers) -> Vec<u8> {
    sequence_of_integers(&[
        &[],
        &public.modulus,
        &public.exponent,
        &numbers.d,
        &numbers.p,
        &numbers.q,
        &numbers.dp,
        &numbers.dq,
        &numbers.inverse_q,
    ])
}

/// A text without byte order mark and surrounding white space.
fn bare(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

fn two(numbers: Vec<Vec<u8>>) -> Option<(Vec<u8>, Vec<u8>)> {
    let [modulus, exponent] = numbers.try_into().ok()?;
    Some((modulus, exponent))
}

fn public_key_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
    info_numbers(&info)
}

fn certificate_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    info_numbers(certificate.public_key())
}

fn info_numbers(info: &SubjectPublicKeyInfo<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    match info.parsed().ok()? {
        PublicKey::RSA(_) => integers(&info.subject_public_key.data).and_then(two),
        _ => None,
    }
}

/// What a PEM block is, in words.
fn kind(block: &PemBlock) -> String {
    match block.tag.as_str() {
        _ if block.encrypted => {
            "an encrypted private key (take the password off, for example with `openssl pkey`)"
                .to_owned()
        }
        "PUBLIC KEY" | "RSA PUBLIC KEY" => "a public key in PEM".to_owned(),
        "PRIVATE KEY" | "RSA PRIVATE KEY" => "a private key in PEM".to_owned(),
        "CERTIFICATE" => "a certificate in PEM".to_owned(),
        "EC PRIVATE KEY" => "a private key for elliptic curves".to_owned(),
        "OPENSSH PRIVATE KEY" => "a private key in the form of OpenSSH".to_owned(),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => "a certificate request".to_owned(),
        _ => "PEM of another kind".to_owned(),
    }
}

/// What a text holds in which no fitting PEM block was found.
fn instead_of_pem(text: &str, blocks: &[PemBlock]) -> String {
    match blocks.first() {
        Some(block) if block.der.is_none() && !block.encrypted => {
            format!("{} whose Base64 is damaged", kind(block))
        }
        Some(block) => kind(block),
        None if text.is_empty() => "nothing".to_owned(),
        None if text.contains("-----BEGIN ") => "PEM without its last line".to_owned(),
        None if text.starts_with('{') => "JSON".to_owned(),
        None => "text that starts neither with `<` nor with `-----BEGIN`".to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
