//! Faults of the transport: TLS and HTTP, dispatch, size, and parallel calls.

use std::time::Duration;

use super::safety::document_type;
use super::tools::{crash, enter, is, leave, refusal, run};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called};
use crate::sample::sync::erp::Operation as Op;
use crate::sample::sync::reply::{Reply, SoapFault};
use crate::sample::tls::Certificate;

/// Whether actors are read or searched.
fn reads_actors(call: &Call) -> bool {
    [Op::GetActors, Op::GetActorsByTimestamp, Op::SearchActors]
        .iter()
        .any(|operation| is(call, *operation))
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "parent-search-not-implemented",
        summary: "Does not know WSSearchActorByParent.",
        violates: &["ERP-002"],
        consequences: &[
            "ERP-025", "ERP-115", "ERP-116", "ERP-117", "ERP-118", "ERP-171",
        ],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::SearchActorByParent) {
                true => Err(Reply::Fault(SoapFault::unknown_action())),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "deletion-not-implemented",
        summary: "Declares WSDeleteConnection without implementing it.",
        violates: &["ERP-002"],
        consequences: &["ERP-057", "ERP-058"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::DeleteConnection) {
                true => Err(Reply::Fault(SoapFault::new(
                    "s:Server.NotImplemented",
                    "The method or operation is not implemented.",
                ))),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "sixty-four-kilobyte-limit",
        summary: "Takes messages of up to 64 KiB, the default of its host.",
        violates: &["ERP-014"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.body_limit = 64 * 1024)],
    },
    Fault {
        name: "thousand-keys-at-most",
        summary: "Fails on arrays of more than a thousand items.",
        violates: &["ERP-014"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let keys = call.request.erp_keys.as_ref().map_or(0, Vec::len);
            match keys > 1000 {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "document-type-skipped",
        summary: "Skips the document type of a message and runs its operation.",
        violates: &["ERP-015"],
        consequences: &["AUTH-080"],
        seams: &[Seam::Policy(|policy| {
            policy.prepare = |mut text| {
                text.drain(document_type(&text));
                text
            };
        })],
    },
    Fault {
        name: "parallel-calls-share-a-connection",
        summary: "Keeps the current connection in one place for all calls.",
        violates: &["ERP-017"],
        consequences: &["ERP-028"],
        seams: &[
            Seam::Request(|connector, call| {
                if reads_actors(call) {
                    let guid = serde_json::json!(call.request.connection_guid);
                    connector.injected.remember("current", guid);
                    call.delay = Duration::from_millis(40);
                }
                Ok(())
            }),
            Seam::Late(|connector, call, reply| {
                let Some(Called::Erp(operation)) = call.called else {
                    return;
                };
                let current = connector.injected.recall("current");
                let current = current.as_ref().and_then(|guid| guid.as_str());
                if !call.delay.is_zero()
                    && current != call.request.connection_guid.as_deref()
                    && let Some(outcome) = run(connector, call, operation, |request| {
                        request.connection_guid = current.map(str::to_owned);
                    })
                {
                    *reply = Reply::outcome(outcome);
                }
            }),
        ],
    },
    Fault {
        name: "four-sessions-at-a-time",
        summary: "Refuses to read actors while it reads for four other calls.",
        violates: &["ERP-017"],
        consequences: &[],
        seams: &[
            Seam::Request(|connector, call| {
                let delay = Duration::from_millis(100);
                match !reads_actors(call) || enter(connector, call, 4, delay) {
                    true => Ok(()),
                    false => Err(refusal(Op::GetActors, "All sessions are in use.")),
                }
            }),
            Seam::Late(|connector, call, _| leave(connector, call)),
        ],
    },
    Fault {
        name: "connector-name-ignored",
        summary: "Takes whichever connector is asked for by name for its own.",
        violates: &["ERP-018"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            call.query.clear();
            Ok(())
        })],
    },
    Fault {
        name: "endpoint-certificate-expired",
        summary: "Shows a certificate that has run out to those who call the endpoint.",
        violates: &["ERP-019"],
        consequences: &["AUTH-007", "AUTH-011"],
        seams: &[Seam::Policy(|policy| {
            policy.certificate = Certificate::Expired;
        })],
    },
    Fault {
        name: "endpoint-certificate-self-signed",
        summary: "Shows a certificate that no authority vouches for.",
        violates: &["ERP-019"],
        consequences: &["AUTH-007", "AUTH-011"],
        seams: &[Seam::Policy(|policy| {
            policy.certificate = Certificate::SelfSigned;
        })],
    },
    Fault {
        name: "slow-reading",
        summary: "Takes eleven seconds for the second reading of actors.",
        violates: &["ERP-020"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            if is(call, Op::GetActors) && connector.injected.count("readings") == 2 {
                call.delay = Duration::from_secs(11);
            }
            Ok(())
        })],
    },
];
