//! Faults of signed tokens.

use jiff::SignedDuration;
use jsonwebtoken::DecodingKey;

use super::tools::{FIRST, by_jwt, credential, is, result};
use super::{Fault, Seam};
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::policy::Policy;
use crate::sample::quote::wire::{Answer, Problem};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "signature-not-checked",
        summary: "Decodes signed tokens without verifying the signature.",
        violates: &["QC-035"],
        consequences: &["QC-041"],
        seams: &[Seam::Policy(|policy| policy.verify = |_, _, _, _| true)],
    },
    Fault {
        name: "empty-signature-accepted",
        summary: "Compares signatures only as far as the token has one.",
        violates: &["QC-035"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.verify = |algorithm, message, signature, key| {
                signature.is_empty() || checked(algorithm, message, signature, key)
            };
        })],
    },
    Fault {
        name: "unsigned-token-accepted",
        summary: "Accepts algorithm none, as its token library does by default.",
        violates: &["QC-036"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.algorithms = &["RS256", "none"];
            policy.verify = |algorithm, message, signature, key| {
                algorithm == "none" || checked(algorithm, message, signature, key)
            };
        })],
    },
    Fault {
        name: "hmac-token-accepted",
        summary: "Takes the algorithm from the token; the public key becomes an HMAC secret.",
        violates: &["QC-036"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.algorithms = &["RS256", "HS256"];
            policy.verify = |algorithm, message, signature, key| {
                algorithm == "HS256" || checked(algorithm, message, signature, key)
            };
        })],
    },
    Fault {
        name: "expired-jwt-accepted",
        summary: "Does not look at exp of signed tokens.",
        violates: &["QC-037"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.checks_expiry = false)],
    },
    Fault {
        name: "early-jwt-accepted",
        summary: "Does not look at nbf of signed tokens.",
        violates: &["QC-037"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.checks_not_before = false)],
    },
    Fault {
        name: "one-hour-of-tolerance",
        summary: "Tolerates clocks that differ by an hour.",
        violates: &["QC-037"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.clock_tolerance = SignedDuration::from_hours(1)
        })],
    },
    Fault {
        name: "audience-not-checked",
        summary: "Accepts signed tokens that are meant for other applications.",
        violates: &["QC-038"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.is_audience = |_, _| true)],
    },
    Fault {
        name: "audience-case-sensitive",
        summary: "Compares the audience letter for letter.",
        violates: &["QC-038"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.is_audience = |audience, expected| audience == expected;
        })],
    },
    Fault {
        name: "issuer-not-checked",
        summary: "Accepts signed tokens of any issuer.",
        violates: &["QC-039"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.is_issuer = |_| true)],
    },
    Fault {
        name: "issuer-by-its-beginning",
        summary: "Accepts issuers whose name only begins with SuperOffice AS.",
        violates: &["QC-039"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.is_issuer = |issuer| issuer.starts_with("SuperOffice AS");
        })],
    },
    Fault {
        name: "missing-ctx-is-first-customer",
        summary: "Takes a signed token without customer claim for the first customer's.",
        violates: &["QC-040"],
        consequences: &["QC-045"],
        seams: &[Seam::Policy(|policy| {
            policy.adopts = |named| named.is_none().then_some(FIRST);
        })],
    },
    Fault {
        name: "unknown-customer-is-welcome",
        summary: "Gives a token to a customer that it does not know.",
        violates: &["QC-040"],
        consequences: &["QC-045"],
        seams: &[Seam::Policy(|policy| {
            policy.adopts = |named| named.map(|_| FIRST)
        })],
    },
    Fault {
        name: "keys-read-once",
        summary: "Reads the key set at the first token and never again.",
        violates: &["QC-041"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.refreshes_keys = false)],
    },
    Fault {
        name: "second-server-has-other-key",
        summary: "Runs on two servers, one of which still trusts the key that is built in.",
        violates: &["QC-042"],
        consequences: &["QC-019"],
        seams: &[Seam::Answer(|connector, call, answer| {
            if by_jwt(call)
                && result(call, answer, Op::Authenticate).is_some()
                && connector.injected.count("signed tokens").is_multiple_of(2)
            {
                *answer = Answer::from(Problem::no_access("The signature does not verify."));
            }
        })],
    },
    Fault {
        name: "jwt-is-access-token",
        summary: "Accepts the signed token itself on every operation.",
        violates: &["QC-043", "QC-026"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.jwt_is_token = true)],
    },
    Fault {
        name: "jwt-opens-search",
        summary: "Takes anything with three parts for a token it may trust in FindProduct.",
        violates: &["QC-043", "QC-026"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.admits = |call| {
                let parts = credential(call)?.split('.').count();
                (is(call, Op::FindProduct) && parts == 3).then_some(FIRST)
            };
        })],
    },
];

fn checked(algorithm: &str, message: &[u8], signature: &str, key: &DecodingKey) -> bool {
    (Policy::default().verify)(algorithm, message, signature, key)
}
