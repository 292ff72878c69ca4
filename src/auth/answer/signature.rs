//! The signature of an answer; of one that does not verify, in which other way it was
//! made, when that can be told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Aspect;
use super::findings::Findings;
use super::padding::{Hash, Padded, seals, uncover};
use crate::auth::application::ApplicationKey;

/// Longest text for which other ways of signing are tried.
const LONGEST: usize = 64 * 1024;

/// A text that may have been signed.
struct Text {
    /// What it is, to be put behind "over".
    name: String,
    bytes: Vec<u8>,
}

impl Text {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
        }
    }
}

/// What a signature should be over, and what it may be over by mistake.
pub(super) struct Due<'a> {
    pub text: &'a str,
    pub name: &'static str,
    pub others: Vec<(String, String)>,
}

/// Signature, key and length.
pub(super) fn examine_signature(
    findings: &mut Findings,
    key: &ApplicationKey,
    bytes: Option<&[u8]>,
    due: Due<'_>,
) {
    let expected = format!(
        "RSASSA-PKCS1-v1_5 with SHA-256 over the UTF-8 bytes of {}",
        due.name
    );
    let expected_key = format!("the application key of {} bits", key.bits());
    let expected_length = format!("{} bytes, as the modulus has", key.modulus_len());
    let Some(bytes) = bytes else {
        let reason = "the signature cannot be decoded";
        findings.rule(Aspect::Signature, false, &expected, reason);
        findings.skip(Aspect::Key, &expected_key, reason);
        findings.skip(Aspect::Length, &expected_length, reason);
        return;
    };
    let fits = bytes.len() == key.modulus_len();
    let length = match bytes.len() {
        128 | 256 | 384 | 512 if !fits => {
            format!(
                "{} bytes, as of an RSA key of {} bits",
                bytes.len(),
                bytes.len() * 8
            )
        }
        32 => "32 bytes, like a digest or an HMAC".to_owned(),
        count => format!("{count} bytes"),
    };
    findings.rule(Aspect::Length, fits, &expected_length, length);
    match verify(key, due, bytes) {
        Outcome::Valid => {
            findings.rule(Aspect::Signature, true, &expected, "it verifies");
            findings.rule(Aspect::Key, true, &expected_key, "this key");
        }
        Outcome::OtherWay(way) => {
            let actual = format!("made with the application key, but {way}");
            findings.rule(Aspect::Signature, false, &expected, actual);
            findings.rule(Aspect::Key, true, &expected_key, "this key");
        }
        Outcome::NoMatch => {
            let actual = "it does not verify, and no known way of signing matches";
            findings.rule(Aspect::Signature, false, &expected, actual);
            if fits {
                let actual = "no known way of signing matches: made with another key, or changed \
                              afterwards";
                findings.rule(Aspect::Key, false, &expected_key, actual);
            } else {
                let reason = "the signature has the wrong length";
                findings.skip(Aspect::Key, &expected_key, reason);
            }
        }
    }
}

/// What is known of a signature.
enum Outcome {
    /// It verifies.
    Valid,
    /// It was made with the right key in another way, which the words name.
    OtherWay(String),
    /// No known way of signing leads to it.
    NoMatch,
}

/// Verifies a signature; when that fails, looks for another way in which it was made.
fn verify(key: &ApplicationKey, due: Due<'_>, signature: &[u8]) -> Outcome {
    if key.verify(due.text.as_bytes(), signature) {
        return Outcome::Valid;
    }
    let mut texts = vec![Text::new(due.name, due.text)];
    if due.text.len() <= LONGEST {
        let others = due.others.iter();
        texts.extend(others.map(|(name, text)| Text::new(name.clone(), text.clone())));
        texts.extend(encodings(due.name, due.text));
        for (name, text) in &due.others {
            texts.extend(encodings(name, text));
        }
    }
    for (spelling, bytes) in spellings(signature, key.modulus_len()) {
        for padded in uncover(key, &bytes) {
            if let Some(way) = explain(&padded, &texts) {
                let words: Vec<String> = spelling
                    .iter()
                    .map(|words| (*words).to_owned())
                    .chain(way)
                    .collect();
                return Outcome::OtherWay(if words.is_empty() {
                    "its DigestInfo has not the standard form".to_owned()
                } else {
                    words.join(", ")
                });
            }
        }
    }
    Outcome::NoMatch
}

/// The text in other encodings, with things around it, and hashed beforehand.
fn encodings(name: &str, text: &str) -> Vec<Text> {
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut texts = vec![
        Text::new(format!("{name} in UTF-16LE"), little.clone()),
        Text::new(
            format!("{name} in UTF-16LE with byte order mark"),
            [&[0xff, 0xfe], little.as_slice()].concat(),
        ),
        Text::new(format!("{name} in UTF-16BE"), big),
        Text::new(
            format!("{name} with byte order mark"),
            format!("\u{feff}{text}"),
        ),
        Text::new(format!("{name} with a line feed"), format!("{text}\n")),
        Text::new(format!("{name} with CR LF"), format!("{text}\r\n")),
        Text::new(format!("{name} with a dot behind"), format!("{text}.")),
        Text::new(format!("{name} in quotes"), format!("\"{text}\"")),
        Text::new(format!("{name} in Base64"), STANDARD.encode(text)),
        Text::new(format!("{name} in lower case"), text.to_lowercase()),
        Text::new(format!("{name} in upper case"), text.to_uppercase()),
    ];
    for hash in [Hash::Sha256, Hash::Sha1, Hash::Sha512] {
        let Some(digest) = hash.of(text.as_bytes()) else {
            continue;
        };
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, hash) = (format!("the {} digest of {name}", hash.name()), digest);
        texts.push(Text::new(
            format!("{name} in hexadecimal digits"),
            hex.to_uppercase(),
        ));
        texts.push(Text::new(format!("{name} in hexadecimal digits"), hex));
        texts.push(Text::new(
            format!("{name} in Base64"),
            STANDARD.encode(&hash),
        ));
        texts.push(Text::new(name, hash));
    }
    texts
}

/// The signature as it is, and as it would be if something had happened to it.
fn spellings(signature: &[u8], length: usize) -> Vec<(Option<&'static str>, Vec<u8>)> {
    let mut spellings = Vec::new();
    let zeros = signature.iter().take_while(|byte| **byte == 0).count();
    let number = &signature[zeros..];
    if signature.len() == length {
        let reversed = signature.iter().rev().copied().collect();
        spellings.push((None, signature.to_vec()));
        spellings.push((Some("with its bytes in reverse order"), reversed));
    } else if number.len() <= length && signature.len() <= 2 * length {
        let words = if signature.len() > length {
            "with zero bytes put in front"
        } else {
            "without the zero bytes in front"
        };
        let mut bytes = vec![0; length - number.len()];
        bytes.extend_from_slice(number);
        spellings.push((Some(words), bytes));
    }
    if signature.len() <= 2 * length
        && let Ok(inner) = STANDARD.decode(signature)
        && inner.len() == length
    {
        spellings.push((Some("in Base64 twice"), inner));
    }
    spellings
}

/// How the padding came about, where it differs from what is due; nothing when it is
/// no padding that this key made.
fn explain(padded: &Padded, texts: &[Text]) -> Option<Vec<String>> {
    let due = texts.first()?;
    let over = |found: Option<&Text>| match found {
        Some(text) if text.name == due.name => None,
        Some(text) => Some(format!("over {}", text.name)),
        None => Some(format!("over other bytes than {}", due.name)),
    };
    let (way, over) = match padded {
        Padded::Digest { hash, digest } => {
            let found = texts
                .iter()
                .find(|text| hash.of(&text.bytes).as_ref() == Some(digest));
            let way = (*hash != Hash::Sha256).then(|| {
                format!(
                    "by RSASSA-PKCS1-v1_5 with {} instead of SHA-256",
                    hash.name()
                )
            });
            (way, over(found))
        }
        Padded::Bare(content) => {
            let found = texts.iter().find(|text| text.bytes == *content);
            let way = "by padding the bytes themselves, without DigestInfo".to_owned();
            (Some(way), over(found))
        }
        Padded::Pss {
            hash,
            salt,
            seal,
            certain,
        } => {
            let found = texts
                .iter()
                .find(|text| seals(*hash, salt, seal, &text.bytes));
            if found.is_none() && !certain {
                return None;
            }
            let way = format!(
                "by RSASSA-PSS with {} instead of RSASSA-PKCS1-v1_5",
                hash.name()
            );
            (Some(way), over(found))
        }
    };
    Some(way.into_iter().chain(over).collect())
}
