//! Faults of the handshake that a mirroring service can have as well. They work at the same
//! seams; what they break there has other numbers, because the profile decides other rows.

use std::sync::LazyLock;

use super::answer::UNREADABLE;
use super::{Fault, sync_faults};

/// What a token that does not verify breaks, whatever is wrong with it.
const FORM: &[&str] = &["AUTH-010", "AUTH-098"];

/// Name, broken requirements, consequences.
type Shared = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const SHARED: &[Shared] = &[
    ("handshake-as-application-xml", &["AUTH-002"], &[]),
    ("refusal-with-http-500", &["AUTH-002", "AUTH-100"], &[]),
    ("handshake-wants-api-key", &["AUTH-004"], NO_HANDSHAKE),
    ("plain-http-served", &["AUTH-006"], &[]),
    ("certificate-expired", &["AUTH-007"], &[]),
    ("certificate-of-other-host", &["AUTH-007"], &[]),
    ("certificate-self-signed", &["AUTH-007"], &[]),
    ("old-tls-offered", &["AUTH-008"], &[]),
    ("slow-first-handshake", &["AUTH-009"], &[]),
    (
        "parallel-handshakes-share-a-nonce",
        &["AUTH-010"],
        &["AUTH-025", "AUTH-033", "AUTH-101"],
    ),
    ("few-handshakes-at-a-time", &["AUTH-010"], &[]),
    (
        "answer-in-four-parts",
        &["AUTH-024", "AUTH-101"],
        UNREADABLE,
    ),
    ("answer-without-time", &["AUTH-024", "AUTH-101"], UNREADABLE),
    ("nonce-in-lower-case", &["AUTH-025", "AUTH-101"], FORM),
    ("nonce-cut-short", &["AUTH-025", "AUTH-101"], FORM),
    ("time-with-seconds", &["AUTH-026", "AUTH-101"], UNREADABLE),
    (
        "time-in-day-first-order",
        &["AUTH-026", "AUTH-101"],
        &["AUTH-010", "AUTH-027"],
    ),
    ("time-sixteen-minutes-late", &["AUTH-027", "AUTH-101"], FORM),
    (
        "time-of-the-first-handshake",
        &["AUTH-028"],
        &["AUTH-027", "AUTH-101"],
    ),
    (
        "time-kept-for-ten-minutes",
        &["AUTH-028"],
        &["AUTH-027", "AUTH-101"],
    ),
    ("signature-in-base64url", &["AUTH-029", "AUTH-101"], FORM),
    ("signature-without-padding", &["AUTH-029", "AUTH-101"], FORM),
    (
        "signature-with-sha-512",
        &["AUTH-030", "AUTH-101"],
        &["AUTH-010", "AUTH-031"],
    ),
    (
        "signature-over-utf-16",
        &["AUTH-030", "AUTH-101"],
        &["AUTH-010", "AUTH-031"],
    ),
    (
        "signed-with-another-key",
        &["AUTH-031", "AUTH-101"],
        &["AUTH-010", "AUTH-030"],
    ),
    (
        "other-key-now-and-then",
        &["AUTH-031", "AUTH-101"],
        &["AUTH-010", "AUTH-030"],
    ),
    (
        "signature-cut-short",
        &["AUTH-032", "AUTH-101"],
        &["AUTH-010", "AUTH-030", "AUTH-031"],
    ),
    (
        "signature-with-sign-byte",
        &["AUTH-032", "AUTH-101"],
        &["AUTH-010", "AUTH-030", "AUTH-031"],
    ),
    (
        "one-token-for-all",
        &["AUTH-033", "AUTH-101"],
        &["AUTH-010", "AUTH-025", "AUTH-027", "AUTH-028"],
    ),
    (
        "token-kept-for-a-tenant",
        &["AUTH-033", "AUTH-101"],
        &["AUTH-010", "AUTH-025", "AUTH-027", "AUTH-028"],
    ),
    (
        "signature-in-lines",
        &["AUTH-034"],
        &[
            "AUTH-010", "AUTH-029", "AUTH-030", "AUTH-031", "AUTH-032", "AUTH-101",
        ],
    ),
    ("application-key-of-1024-bits", &["AUTH-035"], &[]),
    ("private-key-in-a-comment", &["AUTH-036"], &[]),
    ("private-number-in-refusal", &["AUTH-036"], &[]),
];

/// What cannot go well without a handshake.
const NO_HANDSHAKE: &[&str] = &["AUTH-010", "AUTH-098", "AUTH-100", "AUTH-103"];

/// The faults of the table, as mirroring has them.
pub fn shared_faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        let named = |name: &str| sync_faults().iter().find(|fault| fault.name == name);
        SHARED
            .iter()
            .filter_map(|(name, violates, consequences)| {
                Some(named(name)?.breaking(violates, consequences))
            })
            .collect()
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_a_fault() {
        assert_eq!(shared_faults().len(), SHARED.len());
    }
}
