//! The little of DER and PEM that RSA keys need: numbers, PKCS#1, PKCS#8 and
//! SubjectPublicKeyInfo (RFC 8017, RFC 5208, RFC 5280, RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::asn1_rs::{FromDer as _, Integer, OctetString, Sequence};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// AlgorithmIdentifier of rsaEncryption, 1.2.840.113549.1.1.1 with NULL.
const RSA_ENCRYPTION: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// One block of a PEM text.
pub(super) struct PemBlock {
    /// What stands after `BEGIN`.
    pub tag: String,
    /// The content; `None` when it is no Base64, as in encrypted PKCS#1.
    pub der: Option<Vec<u8>>,
    /// Whether the block says that it is encrypted.
    pub encrypted: bool,
}

/// The blocks of a PEM text; what stands around them is passed over.
pub(super) fn pem_blocks(text: &str) -> Vec<PemBlock> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((tag, after)) = after.split_once("-----") else {
            break;
        };
        let Some((body, after)) = after.split_once(&format!("-----END {tag}-----")) else {
            break;
        };
        let bare: String = body.split_whitespace().collect();
        blocks.push(PemBlock {
            tag: tag.to_owned(),
            der: STANDARD.decode(bare).ok().filter(|der| !der.is_empty()),
            encrypted: tag.contains("ENCRYPTED") || body.contains("ENCRYPTED"),
        });
        rest = after;
    }
    blocks
}

/// One PEM block, lines ended by LF.
pub(super) fn pem(tag: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {tag}-----\n");
    let encoded = STANDARD.encode(der);
    for line in encoded.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str(&format!("-----END {tag}-----\n"));
    text
}

/// The numbers of a SEQUENCE that holds nothing but INTEGERs, without leading zeros.
pub(super) fn integers(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (_, sequence) = Sequence::from_der(der).ok()?;
    let mut rest: &[u8] = &sequence.content;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (after, number) = Integer::from_der(rest).ok()?;
        numbers.push(magnitude(number.as_ref()).to_vec());
        rest = after;
    }
    Some(numbers)
}

/// The key inside a PrivateKeyInfo: version, algorithm, then the key as OCTET STRING.
pub(super) fn pkcs8_inner(der: &[u8]) -> Option<Vec<u8>> {
    let (_, outer) = Sequence::from_der(der).ok()?;
    let (rest, _version) = Integer::from_der(&outer.content).ok()?;
    let (rest, _algorithm) = Sequence::from_der(rest).ok()?;
    let (_, inner) = OctetString::from_der(rest).ok()?;
    Some(inner.as_ref().to_vec())
}

/// A PrivateKeyInfo around an RSAPrivateKey.
pub(super) fn pkcs8(rsa_private_key: &[u8]) -> Vec<u8> {
    let key = element(OCTET_STRING, rsa_private_key);
    sequence(&[integer(&[]), RSA_ENCRYPTION.to_vec(), key])
}

/// A SubjectPublicKeyInfo of this modulus and exponent.
pub(super) fn public_key_info(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend(sequence_of_integers(&[modulus, exponent]));
    sequence(&[RSA_ENCRYPTION.to_vec(), element(BIT_STRING, &bits)])
}

/// A SEQUENCE of these numbers, each in big-endian bytes.
pub(super) fn sequence_of_integers(numbers: &[&[u8]]) -> Vec<u8> {
    let numbers: Vec<Vec<u8>> = numbers.iter().map(|number| integer(number)).collect();
    sequence(&numbers)
}

/// A number without its leading zeros.
pub(super) fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// A number with as many leading zeros as fill the length.
pub(super) fn filled(number: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length.saturating_sub(number.len())];
    bytes.extend_from_slice(number);
    bytes
}

/// Length in bits of a number without leading zeros.
pub(super) fn bits(magnitude: &[u8]) -> usize {
    magnitude.first().map_or(0, |first| {
        magnitude.len() * 8 - first.leading_zeros() as usize
    })
}

fn integer(number: &[u8]) -> Vec<u8> {
    let number = magnitude(number);
    // A first bit that is set would make the number negative, and zero has one byte.
    let mut content = Vec::with_capacity(number.len() + 1);
    if number.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(number);
    element(INTEGER, &content)
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = magnitude(&length);
    let mut bytes = vec![tag];
    match length {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_being_written_and_read() {
        let long = [0xff; 300];
        let numbers: [&[u8]; 5] = [&[], &[0x7f], &[0x80], &[0, 0, 5], &long];
        let der = sequence_of_integers(&numbers);
        let read = integers(&der).expect("numbers");
        assert_eq!(read.len(), numbers.len());
        for (read, written) in read.iter().zip(numbers) {
            assert_eq!(read, magnitude(written));
        }
        assert_eq!(integers(&der[..der.len() - 1]), None);
        assert_eq!(integers(b"\x30\x02\x05\x00"), None);
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(element(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[7; 256])[..4], [4, 0x82, 1, 0]);
        assert_eq!(element(5, &[]), [5, 0]);
    }

    #[test]
    fn blocks_are_found_between_other_text() {
        let text = format!(
            "Bag Attributes\r\n{}some text\n{}-----BEGIN X-----\n",
            pem("ONE", b"first").replace('\n', "\r\n"),
            pem("TWO", &[0; 100])
        );
        let blocks = pem_blocks(&text);
        assert_eq!(blocks.len(), 2);
        assert_eq!(
            (blocks[0].tag.as_str(), blocks[1].tag.as_str()),
            ("ONE", "TWO")
        );
        assert_eq!(blocks[0].der.as_deref(), Some(b"first".as_slice()));
        assert_eq!(blocks[1].der.as_deref(), Some([0; 100].as_slice()));
    }
}
