//! An answer in the form `nonce.timestamp.signature`.

use jiff::Timestamp;

use super::findings::{Findings, SHOWN, second, shown};
use super::signature::{Due, examine_signature};
use super::{Aspect, base64, clock};
use crate::auth::application::ApplicationKey;

/// The aspects of `nonce.timestamp.signature`.
pub(super) fn examine(
    findings: &mut Findings,
    [first, time, text]: [&str; 3],
    nonce: &str,
    key: &ApplicationKey,
    now: Timestamp,
) {
    compare_nonce(findings, "part 1", first, nonce);
    let timestamp = clock::read(time);
    findings.rule(
        Aspect::Timestamp,
        timestamp.is_some(),
        "12 digits, `yyyyMMddHHmm`, of a real minute",
        match timestamp {
            Some(timestamp) => format!("`{time}`, {timestamp}"),
            None if clock::has_form(time) => format!("`{time}`, which is no date and time"),
            None => format!("`{}`, {}", shown(time, SHOWN), clock::guess(time)),
        },
    );
    if let Some(timestamp) = timestamp {
        let difference = timestamp.as_second().abs_diff(now.as_second());
        let near = difference < clock::LIMIT.unsigned_abs();
        let distance = clock::distance(timestamp, now);
        findings.rule(
            Aspect::Clock,
            near,
            &format!("UTC, less than 15 min from {}", second(now)),
            match clock::local_offset(timestamp, now) {
                Some(offset) if !near => {
                    format!("{timestamp}, {distance}: local time used ({offset})")
                }
                _ => format!("{timestamp}, {distance}"),
            },
        );
    } else {
        findings.skip(
            Aspect::Clock,
            "UTC, less than 15 min from the clock",
            "part 2 is no time",
        );
    }
    let due = format!("{first}.{time}");
    let others = [
        ("the nonce alone", first.to_owned()),
        ("the timestamp alone", time.to_owned()),
        (
            "nonce and timestamp without the dot",
            format!("{first}{time}"),
        ),
        (
            "nonce and timestamp with a blank between",
            format!("{first} {time}"),
        ),
        ("`timestamp.nonce`", format!("{time}.{first}")),
        ("the nonce that was sent", nonce.to_owned()),
        (
            "the sent nonce and the timestamp",
            format!("{nonce}.{time}"),
        ),
    ];
    let others = others
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect();
    if text.is_empty() {
        findings.rule(
            Aspect::Signature,
            false,
            "a signature over `nonce.timestamp`",
            "part 3 is empty",
        );
        return;
    }
    let spelt = base64::standard(text, key.modulus_len());
    findings.rule(
        Aspect::Alphabet,
        spelt.complaint.is_none(),
        "standard Base64 with padding",
        spelt
            .complaint
            .unwrap_or_else(|| "standard Base64 with padding".to_owned()),
    );
    let due = Due {
        text: &due,
        name: "`nonce.timestamp`",
        others,
    };
    examine_signature(findings, key, spelt.bytes.as_deref(), due);
}

/// Whether the nonce is the one that was sent, byte for byte.
pub(super) fn compare_nonce(findings: &mut Findings, place: &str, actual: &str, nonce: &str) {
    let difference = if actual == nonce {
        ""
    } else if actual.is_empty() {
        ", which is empty"
    } else if actual.eq_ignore_ascii_case(nonce) {
        ", which differs in letter case"
    } else if actual.trim() == nonce {
        ", which has white space around it"
    } else if nonce.starts_with(actual) {
        ", which is cut short"
    } else {
        ", which is another one"
    };
    findings.rule(
        Aspect::Nonce,
        actual == nonce,
        &format!("`{}` in {place}", shown(nonce, 2 * SHOWN)),
        format!("`{}`{difference}", shown(actual, 2 * SHOWN)),
    );
}
