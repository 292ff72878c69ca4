//! The third part of an answer as bytes: strictly, and leniently so that a wrong
//! spelling does not hide what else is wrong.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Bits that are left over at the end are not looked at, as in .NET.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// A signature as it was spelt.
pub(super) struct Spelt {
    /// The bytes, when the text can be read in any way.
    pub bytes: Option<Vec<u8>>,
    /// What is wrong with the spelling, when something is.
    pub complaint: Option<String>,
}

/// Reads standard Base64 with padding; white space is passed over. `length` is that
/// of the signature which is expected.
pub(super) fn standard(text: &str, length: usize) -> Spelt {
    let text: String = text.split_whitespace().collect();
    let complain = |bytes, complaint: String| Spelt {
        bytes,
        complaint: Some(complaint),
    };
    // Hexadecimal digits are all in the alphabet of Base64, so only the length tells.
    if text.len() == 2 * length && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return complain(hexadecimal(&text), "hexadecimal digits".to_owned());
    }
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let outside = body.chars().find(|character| {
        !character.is_ascii_alphanumeric() && !['+', '/', '-', '_'].contains(character)
    });
    if let Some(character) = outside {
        let complaint = format!("`{}`, which is not Base64", character.escape_debug());
        let rest: String = body
            .chars()
            .filter(|character| character.is_ascii_alphanumeric() || "+/".contains(*character))
            .collect();
        return complain(STANDARD.decode(rest).ok(), complaint);
    }
    if body.contains(['-', '_']) {
        let complaint = if body.contains(['+', '/']) {
            "base64url and standard Base64 mixed: `-` or `_` beside `+` or `/`"
        } else {
            "base64url: `-` or `_`"
        };
        let plain = body.replace('-', "+").replace('_', "/");
        return complain(STANDARD.decode(plain).ok(), complaint.to_owned());
    }
    let bytes = STANDARD.decode(body).ok();
    let due = match body.len() % 4 {
        0 => 0,
        1 => {
            let complaint = format!("{} digits, which no Base64 has", body.len());
            return complain(bytes, complaint);
        }
        rest => 4 - rest,
    };
    match padding {
        _ if padding == due => Spelt {
            bytes,
            complaint: None,
        },
        0 => complain(bytes, format!("no padding, where {due} `=` are due")),
        _ => complain(bytes, format!("{padding} `=`, where {due} are due")),
    }
}

/// Reads base64url, with or without padding.
pub(super) fn url_safe(text: &str) -> Option<Vec<u8>> {
    URL_SAFE.decode(text).ok()
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 6;

    #[test]
    fn each_spelling_is_read_and_named() {
        for (text, bytes, complaint) in [
            ("AQIDBAUG", Some(&[1, 2, 3, 4, 5, 6][..]), None),
            ("AQID BA\nUG\r\n", Some(&[1, 2, 3, 4, 5, 6]), None),
            ("AQIDBA==", Some(&[1, 2, 3, 4]), None),
            ("AQIDBAU=", Some(&[1, 2, 3, 4, 5]), None),
            ("", Some(&[]), None),
            (
                "AQIDBA",
                Some(&[1, 2, 3, 4]),
                Some("no padding, where 2 `=` are due"),
            ),
            (
                "AQIDBAU",
                Some(&[1, 2, 3, 4, 5]),
                Some("no padding, where 1 `=` are due"),
            ),
            (
                "AQIDBA=",
                Some(&[1, 2, 3, 4]),
                Some("1 `=`, where 2 are due"),
            ),
            ("AQID=", Some(&[1, 2, 3]), Some("1 `=`, where 0 are due")),
            ("AQIDB", None, Some("5 digits, which no Base64 has")),
            // Twice as many digits as the signature has bytes, and no others.
            (
                "0102030405fF",
                Some(&[1, 2, 3, 4, 5, 255]),
                Some("hexadecimal digits"),
            ),
            ("AQIDBAUGBwgJ", Some(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), None),
            (
                "01020304",
                Some(&[0xd3, 0x5d, 0x36, 0xd3, 0x7d, 0x38]),
                None,
            ),
            (
                "-_AA",
                Some(&[0xfb, 0xf0, 0x00]),
                Some("base64url: `-` or `_`"),
            ),
            ("-A", Some(&[0xf8]), Some("base64url: `-` or `_`")),
            (
                "-+AA",
                Some(&[0xfb, 0xe0, 0x00]),
                Some("base64url and standard Base64 mixed: `-` or `_` beside `+` or `/`"),
            ),
            ("+/AA", Some(&[0xfb, 0xf0, 0x00]), None),
            ("AQ!ID", Some(&[1, 2, 3]), Some("`!`, which is not Base64")),
            ("AQ=ID", Some(&[1, 2, 3]), Some("`=`, which is not Base64")),
        ] {
            let spelt = standard(text, LENGTH);
            assert_eq!(spelt.complaint.as_deref(), complaint, "{text}");
            assert_eq!(spelt.bytes.as_deref(), bytes, "{text}");
        }
    }
}
