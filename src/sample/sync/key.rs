//! The application's key pair, with which the connector signs.
//!
//! SuperOffice hands the private key out as RSA XML. Other tools write PEM, in PKCS#1
//! or PKCS#8. What a text is, its content tells.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use x509_parser::asn1_rs::{FromDer as _, Integer, OctetString, Sequence};

use super::xml;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a key pair could not be made: {0}")]
    Generation(#[from] rcgen::Error),
    #[error("the text is neither RSA XML nor a PEM file with a private RSA key")]
    NotAKey,
    #[error("the RSA XML has no usable {0}")]
    Member(&'static str),
}

/// The numbers in the order of PKCS#1, by their names in RSA XML.
const NUMBERS: [&str; 8] = ["Modulus", "Exponent", "D", "P", "Q", "DP", "DQ", "InverseQ"];

/// A private RSA key.
pub struct ApplicationKeyPair {
    /// Big-endian, without leading zeros, in the order of [`NUMBERS`].
    numbers: [Vec<u8>; 8],
    encoding: EncodingKey,
}

impl std::fmt::Debug for ApplicationKeyPair {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ApplicationKeyPair")
            .finish_non_exhaustive()
    }
}

impl ApplicationKeyPair {
    /// A new key of 2048 bits.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        from_der(pair.serialized_der())
    }

    /// Reads RSA XML or PEM.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('<') {
            return from_rsa_xml(text);
        }
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::NotAKey)?;
        from_der(der.secret_der())
    }

    /// The private key as SuperOffice writes it.
    pub fn to_rsa_xml(&self) -> String {
        const ORDER: [usize; 8] = [0, 1, 3, 4, 5, 6, 7, 2];
        self.rsa_xml(&ORDER)
    }

    /// The public half as SuperOffice keeps it.
    pub fn public_rsa_xml(&self) -> String {
        self.rsa_xml(&[0, 1])
    }

    fn rsa_xml(&self, members: &[usize]) -> String {
        let member = |at: &usize| {
            let (name, value) = (NUMBERS[*at], STANDARD.encode(&self.numbers[*at]));
            format!("<{name}>{value}</{name}>")
        };
        let members: String = members.iter().map(member).collect();
        format!("<RSAKeyValue>{members}</RSAKeyValue>")
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature =
            jsonwebtoken::crypto::sign(message, &self.encoding, Algorithm::RS256).ok()?;
        URL_SAFE_NO_PAD.decode(signature).ok()
    }

    /// A signed token of exactly this header and these claims.
    pub fn sign_jwt(&self, header: &Value, claims: &Value) -> Option<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.sign(message.as_bytes())?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn from_numbers(numbers: [Vec<u8>; 8]) -> Result<ApplicationKeyPair, KeyError> {
    let encoding = EncodingKey::from_rsa_der(&pkcs1(&numbers));
    let key = ApplicationKeyPair { numbers, encoding };
    // A key that cannot sign shows here and not at the first handshake.
    key.sign(b"trial").ok_or(KeyError::NotAKey)?;
    Ok(key)
}

fn from_rsa_xml(text: &str) -> Result<ApplicationKeyPair, KeyError> {
    let document = xml::parse(text, false).map_err(|_| KeyError::NotAKey)?;
    let root = document.root_element();
    let mut numbers: [Vec<u8>; 8] = Default::default();
    for (number, name) in numbers.iter_mut().zip(NUMBERS) {
        let found = root
            .children()
            .find(|child| child.is_element() && child.tag_name().name() == name);
        let text: String = found.and_then(xml::text).unwrap_or_default();
        let text: String = text.split_whitespace().collect();
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::Member(name))?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        *number = bytes[zeros..].to_vec();
        if number.is_empty() {
            return Err(KeyError::Member(name));
        }
    }
    from_numbers(numbers)
}

/// Reads PKCS#8 or PKCS#1.
fn from_der(der: &[u8]) -> Result<ApplicationKeyPair, KeyError> {
    numbers_of(der)
        .ok_or(KeyError::NotAKey)
        .and_then(from_numbers)
}

fn numbers_of(der: &[u8]) -> Option<[Vec<u8>; 8]> {
    let (_, outer) = Sequence::from_der(der).ok()?;
    let (rest, _version) = Integer::from_der(&outer.content).ok()?;
    if let Ok((rest, _algorithm)) = Sequence::from_der(rest) {
        let (_, inner) = OctetString::from_der(rest).ok()?;
        return numbers_of(inner.as_ref());
    }
    let mut rest = rest;
    let mut numbers: [Vec<u8>; 8] = Default::default();
    for number in &mut numbers {
        let (after, read) = Integer::from_der(rest).ok()?;
        let bytes = read.as_ref();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        *number = bytes[zeros..].to_vec();
        rest = after;
    }
    Some(numbers)
}

fn pkcs1(numbers: &[Vec<u8>; 8]) -> Vec<u8> {
    let mut content = tagged(2, &[0]);
    for number in numbers {
        let mut bytes = number.clone();
        if bytes.first().is_some_and(|first| *first >= 0x80) {
            bytes.insert(0, 0);
        }
        content.extend(tagged(2, &bytes));
    }
    tagged(0x30, &content)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let length = &length[zeros..];
    let mut der = vec![tag];
    match length {
        [] => der.push(0),
        [short] if *short < 0x80 => der.push(*short),
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            der.extend_from_slice(long);
        }
    }
    der.extend_from_slice(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_xml_is_read_in_any_order_and_layout_and_pem_as_well() {
        let key = ApplicationKeyPair::generate().unwrap_or_else(|error| panic!("{error}"));
        let signed = key.sign(b"text");
        let xml = key.to_rsa_xml();
        let document = xml::parse(&xml, false).unwrap_or_else(|error| panic!("{error}"));
        let mut parts: Vec<String> = document
            .root_element()
            .children()
            .map(|member| xml[member.range()].replace('>', ">\n  "))
            .collect();
        parts.reverse();
        let shuffled = format!("\u{feff}\n<RSAKeyValue>\n{}</RSAKeyValue>", parts.concat());
        let encode = |der: Vec<u8>, tag: &str| {
            format!(
                "-----BEGIN {tag}-----\n{}\n-----END {tag}-----\n",
                STANDARD.encode(der)
            )
        };
        let pkcs1 = encode(pkcs1(&key.numbers), "RSA PRIVATE KEY");
        for text in [xml, shuffled, pkcs1] {
            let again = ApplicationKeyPair::parse(&text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again.sign(b"text"), signed);
        }
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
        let pem = pair.map(|pair| pair.serialize_pem()).unwrap_or_default();
        assert!(ApplicationKeyPair::parse(&pem).is_ok());
        assert!(ApplicationKeyPair::parse(&key.public_rsa_xml()).is_err());
        assert!(ApplicationKeyPair::parse("no key").is_err());
    }
}
