//! Faults of the Database Mirroring service.

use serde_json::json;

use super::answer::{in_local_time, over_nonce};
use super::tools::{
    NO_NONCE, accept, accepted, crash, cut, header, is_handshake, refused, replace, verdict,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called, fault};
use crate::sample::sync::handshake::{Verdict, timestamped, web_token};
use crate::sample::sync::mirroring::Operation;
use crate::sample::sync::reply::{Reply, SoapFault};

/// Whether this operation is called.
fn is(call: &Call, operation: Operation) -> bool {
    call.called == Some(Called::Mirroring(operation))
}

/// Accepts a call that wants no token in return.
fn let_in(reply: &mut Reply) {
    *reply = Reply::Handshake(Verdict {
        succeeded: true,
        reason: None,
        token: None,
    });
}

/// What cannot go well without a handshake.
const NO_HANDSHAKE: &[&str] = &[
    "AUTH-001", "AUTH-003", "AUTH-005", "AUTH-010", "AUTH-013", "AUTH-014", "AUTH-016", "AUTH-017",
    "AUTH-018", "AUTH-020", "AUTH-091", "AUTH-092", "AUTH-101",
];

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "mirroring-token-expected-in-body",
        summary: "Looks for the token in the body and not in the header.",
        violates: &["AUTH-098"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Request(|_, call| {
            call.token = None;
            Ok(())
        })],
    },
    Fault {
        name: "mirroring-header-not-understood",
        summary: "Does not understand the header with the token.",
        violates: &["AUTH-098"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Request(|_, call| {
            let text = "A header that must be understood is not understood.";
            match call.token.is_some() && is_handshake(call) {
                true => Err(fault(SoapFault::new("s:MustUnderstand", text))),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "mirroring-members-out-of-order",
        summary: "Writes IsSuccessful after all other members.",
        violates: &["AUTH-099"],
        consequences: &["AUTH-012"],
        seams: &[Seam::Written(|_, call, written| {
            if is(call, Operation::Authenticate)
                && let Some(member) = cut(&mut written.body, "<IsSuccessful>", "</IsSuccessful>")
            {
                let close = "</AuthenticateResponse>";
                replace(written, close, &format!("{member}{close}"));
            }
        })],
    },
    Fault {
        name: "mirroring-build-named-otherwise",
        summary: "Writes the build under a name that the contract does not have.",
        violates: &["AUTH-099"],
        consequences: &[],
        seams: &[Seam::Written(|_, _, written| {
            replace(written, "SuperOfficeMirroringBuild", "MirroringBuild");
        })],
    },
    Fault {
        name: "mirroring-flag-with-capital",
        summary: "Writes IsSuccessful as True.",
        violates: &["AUTH-099"],
        consequences: NO_HANDSHAKE,
        seams: &[Seam::Written(|_, _, written| {
            replace(written, "<IsSuccessful>true<", "<IsSuccessful>True<");
        })],
    },
    Fault {
        name: "mirroring-failure-without-message",
        summary: "Gives no error message for a refusal.",
        violates: &["AUTH-100"],
        consequences: &["AUTH-074"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(verdict) = refused(reply) {
                verdict.reason = None;
            }
        })],
    },
    Fault {
        name: "mirroring-failure-with-token",
        summary: "Gives its token even when it refuses.",
        violates: &["AUTH-100"],
        consequences: &["AUTH-075"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(verdict) = refused(reply) {
                verdict.token = timestamped(&connector.handshake, "none", call.now);
            }
        })],
    },
    Fault {
        name: "mirroring-failure-as-fault",
        summary: "Answers a bad token with a SOAP fault.",
        violates: &["AUTH-100"],
        consequences: &["AUTH-073", "AUTH-065"],
        seams: &[Seam::Answer(|_, _, reply| {
            if refused(reply).is_some() {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "mirroring-answers-with-jwt",
        summary: "Answers with a JWT in place of nonce, time and signature.",
        violates: &["AUTH-101"],
        consequences: &["AUTH-026", "AUTH-029", "AUTH-010"],
        seams: &[Seam::Policy(|policy| policy.answer = web_token)],
    },
    Fault {
        name: "mirroring-time-in-local-time",
        summary: "Writes the time of Oslo in summer in place of UTC.",
        violates: &["AUTH-101", "AUTH-027"],
        consequences: &["AUTH-010"],
        seams: &[Seam::Policy(|policy| policy.answer = in_local_time)],
    },
    Fault {
        name: "mirroring-signs-the-nonce-alone",
        summary: "Signs the nonce without the time.",
        violates: &["AUTH-101", "AUTH-030"],
        consequences: &["AUTH-031", "AUTH-010"],
        seams: &[Seam::Policy(|policy| policy.answer = over_nonce)],
    },
    Fault {
        name: "mirroring-rows-without-token",
        summary: "Takes rows without a token.",
        violates: &["AUTH-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if refused(reply).is_some() && is(call, Operation::RowData) && call.token.is_none() {
                let_in(reply);
            }
        })],
    },
    Fault {
        name: "mirroring-wipe-after-handshake",
        summary: "Wipes for everybody once there was a handshake.",
        violates: &["AUTH-102"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if accepted(reply).is_some() {
                connector.injected.remember("open", json!(true));
            } else if verdict(reply).is_some()
                && is(call, Operation::Wipe)
                && connector.injected.recall("open").is_some()
            {
                let_in(reply);
            }
        })],
    },
    Fault {
        name: "mirroring-schema-with-forged-token",
        summary: "Takes a table schema with any token, whoever has signed it.",
        violates: &["AUTH-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let schema = is(call, Operation::TableSchema);
            if refused(reply).is_some() && schema && call.presented.is_some() {
                let_in(reply);
            }
        })],
    },
    Fault {
        name: "mirroring-signature-not-checked",
        summary: "Decodes the token without checking its signature.",
        violates: &["AUTH-103"],
        consequences: &[
            "AUTH-037", "AUTH-038", "AUTH-039", "AUTH-040", "AUTH-041", "AUTH-045", "AUTH-095",
            "AUTH-102",
        ],
        seams: &[Seam::Policy(|policy| policy.rules.trusts = |_, _| true)],
    },
    Fault {
        name: "mirroring-unsigned-token-accepted",
        summary: "Takes a token with algorithm none.",
        violates: &["AUTH-103"],
        consequences: &["AUTH-042", "AUTH-102"],
        seams: &[Seam::Policy(|policy| {
            policy.rules.algorithms = &["RS256", "none", "None", "NONE", "nOnE"];
            policy.rules.trusts = |token, _| header(token, "alg").eq_ignore_ascii_case("none");
        })],
    },
    Fault {
        name: "mirroring-audience-not-checked",
        summary: "Does not look at the audience.",
        violates: &["AUTH-103"],
        consequences: &["AUTH-102"],
        seams: &[Seam::Policy(|policy| policy.rules.audience = |_, _| true)],
    },
    Fault {
        name: "mirroring-expired-token-accepted",
        summary: "Does not look at exp.",
        violates: &["AUTH-103"],
        consequences: &["AUTH-102"],
        seams: &[Seam::Policy(|policy| policy.rules.checks_expiry = false)],
    },
    Fault {
        name: "mirroring-empty-token-accepted",
        summary: "Takes an empty token.",
        violates: &["AUTH-103"],
        consequences: &["AUTH-068", "AUTH-069", "AUTH-070", "AUTH-102"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let empty = call.token.as_deref().unwrap_or_default().trim().is_empty();
            if refused(reply).is_some() && empty && is(call, Operation::Authenticate) {
                accept(&connector.handshake, NO_NONCE, call, reply);
            }
        })],
    },
    Fault {
        name: "mirroring-document-type-accepted",
        summary: "Takes messages with a document type and expands the entities in it.",
        violates: &["AUTH-103"],
        consequences: &["AUTH-080", "AUTH-083"],
        seams: &[Seam::Policy(|policy| policy.allow_dtd = true)],
    },
];
