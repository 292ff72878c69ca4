//! Secrets as strangers write them, by nothing that the redactor uses: shared by its
//! own tests and by those of whole runs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Text in which `escape` says how some characters are written.
fn written(text: &str, escape: impl Fn(char) -> Option<String>) -> String {
    let write = |letter| escape(letter).unwrap_or_else(|| String::from(letter));
    text.chars().map(write).collect()
}

fn percent(text: &str, kept: &str, upper: bool) -> String {
    written(text, |letter| {
        let plain = letter.is_ascii_alphanumeric() || kept.contains(letter);
        let mut bytes = [0; 4];
        let bytes = letter.encode_utf8(&mut bytes).bytes();
        (!plain).then(|| match upper {
            true => bytes.map(|byte| format!("%{byte:02X}")).collect(),
            false => bytes.map(|byte| format!("%{byte:02x}")).collect(),
        })
    })
}

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

/// As .NET writes JSON: everything but the plainest letters by number.
fn json_by_number(text: &str) -> String {
    written(text, |letter| {
        let plain = letter.is_ascii_alphanumeric() || "-._ /".contains(letter);
        let mut units = [0; 2];
        let units = letter.encode_utf16(&mut units).iter();
        (!plain).then(|| units.map(|unit| format!("\\u{unit:04X}")).collect())
    })
}

fn xml(text: &str) -> String {
    written(text, |letter| {
        let name = match letter {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            _ => return None,
        };
        Some(name.to_owned())
    })
}

fn html_by_number(text: &str, hexadecimal: bool) -> String {
    written(text, |letter| {
        let code = u32::from(letter);
        let plain = letter.is_ascii_alphanumeric() || letter == ' ';
        (!plain).then(|| match hexadecimal {
            true => format!("&#x{code:X};"),
            false => format!("&#{code};"),
        })
    })
}

/// The twelve encodings, as strangers write them: by nothing that the redactor uses.
pub fn encodings(secret: &str) -> [String; 12] {
    let hex = |upper| match upper {
        true => secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        false => secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    };
    [
        secret.to_owned(),
        json(secret),
        json_by_number(secret),
        percent(secret, "-._~", true),
        percent(secret, "-._!()*/", false),
        percent(secret, "-._* ", true).replace(' ', "+"),
        xml(secret),
        html_by_number(secret, true),
        STANDARD.encode(format!("user:{secret}")),
        URL_SAFE_NO_PAD.encode(format!(
            "{{\"secret\":{}}}",
            serde_json::Value::from(secret)
        )),
        hex(false),
        hex(true),
    ]
}

/// Encodings inside each other.
pub fn nested(secret: &str) -> Vec<String> {
    vec![
        json(&json(secret)),
        json_by_number(&html_by_number(secret, false)),
        json(&percent(secret, "", true)),
        xml(&json(secret)),
        percent(&percent(secret, "", true), "", false),
        percent(&STANDARD.encode(secret), "-._~", true),
        json_by_number(&STANDARD.encode(secret)),
    ]
}
