//! An answer in the form of a JWT.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Aspect;
use super::base64::url_safe;
use super::clock::LIMIT;
use super::findings::{Findings, SHOWN, second, shown};
use super::plain::compare_nonce;
use super::signature::{Due, examine_signature};
use crate::auth::application::ApplicationKey;

/// The header of a text whose first part is a JSON object with `alg`.
pub(super) fn header(token: &str) -> Option<Map<String, Value>> {
    let (first, _) = token.split_once('.').unwrap_or((token, ""));
    object(first).filter(|header| header.contains_key("alg"))
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&url_safe(part)?).ok()
}

/// The aspects of a JWT. Gives the nonce in its claims.
pub(super) fn examine(
    findings: &mut Findings,
    header: &Map<String, Value>,
    [first, second_part, signature]: [&str; 3],
    nonce: &str,
    key: &ApplicationKey,
    now: Timestamp,
) -> Option<String> {
    let other_form = "the answer is a JWT";
    findings.skip(Aspect::Timestamp, "12 digits, `yyyyMMddHHmm`", other_form);
    findings.skip(Aspect::Alphabet, "standard Base64 with padding", other_form);
    let claims = object(second_part);
    let claimed = claims.as_ref().and_then(|claims| claims.get("nonce"));
    match (&claims, claimed) {
        (_, Some(Value::String(actual))) => {
            compare_nonce(findings, "claim `nonce`", actual, nonce);
        }
        (Some(_), Some(_)) => fail_nonce(findings, nonce, "a claim `nonce` that is not a text"),
        (Some(_), None) => fail_nonce(findings, nonce, "no claim `nonce`"),
        (None, _) => fail_nonce(findings, nonce, "part 2 is no JSON object"),
    }
    times(findings, &claims.as_ref().cloned().unwrap_or_default(), now);
    examine_jws(
        findings,
        header,
        &format!("{first}.{second_part}"),
        signature,
        key,
    );
    claimed.and_then(Value::as_str).map(str::to_owned)
}

fn fail_nonce(findings: &mut Findings, nonce: &str, actual: &str) {
    let expected = format!("`{}` in claim `nonce`", shown(nonce, 2 * SHOWN));
    findings.rule(Aspect::Nonce, false, &expected, actual);
}

fn times(findings: &mut Findings, claims: &Map<String, Value>, now: Timestamp) {
    let expected = format!(
        "`iat`, `nbf` and `exp` at most 15 min from {}, where present",
        second(now)
    );
    let mut present = Vec::new();
    let mut wrong = Vec::new();
    for name in ["iat", "nbf", "exp"] {
        let Some(value) = claims.get(name) else {
            continue;
        };
        // A NumericDate may have a fraction (RFC 7519, 2).
        let Some(time) = value.as_f64() else {
            wrong.push(format!("`{name}` is not a number"));
            continue;
        };
        let distance = time - now.as_second() as f64;
        let words = format!("`{name}` {:+.0} s", distance.clamp(-1e15, 1e15));
        if distance.abs() <= LIMIT as f64 {
            present.push(words);
        } else {
            wrong.push(words);
        }
    }
    match (present.is_empty(), wrong.is_empty()) {
        (true, true) => findings.skip(Aspect::Clock, &expected, "none of them is present"),
        (_, right) => {
            let actual = if right { present } else { wrong };
            findings.rule(Aspect::Clock, right, &expected, actual.join(", "));
        }
    }
}

/// Signature, key and length; RS256 only.
fn examine_jws(
    findings: &mut Findings,
    header: &Map<String, Value>,
    message: &str,
    signature: &str,
    key: &ApplicationKey,
) {
    let due = Due {
        text: message,
        name: "`header.payload`",
        others: Vec::new(),
    };
    let strict = URL_SAFE_NO_PAD.decode(signature).ok();
    let lenient = strict.clone().or_else(|| {
        let text = signature.replace('+', "-").replace('/', "_");
        url_safe(&text)
    });
    examine_signature(findings, key, lenient.as_deref(), due);
    // The algorithm and the spelling are parts of a valid JWS, whatever the bytes are.
    let complaint = match header.get("alg") {
        Some(Value::String(alg)) if alg == "RS256" => None,
        Some(Value::String(alg)) => Some(format!("`alg` is `{}`", shown(alg, 32))),
        _ => Some("`alg` is not a text".to_owned()),
    };
    let complaint = complaint.or_else(|| {
        (strict.is_none() && lenient.is_some())
            .then(|| "the signature is not base64url without padding".to_owned())
    });
    if let Some(complaint) = complaint {
        findings.refuse_signature(&complaint);
    }
}
