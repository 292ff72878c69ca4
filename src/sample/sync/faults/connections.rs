//! Faults of connection ids, of testing and saving connections.

use serde_json::{Value, json};

use super::tools::{actors, bad, crash, good, guid, is, is_saved, is_zero, outcome, refusal, run};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called, Connector};
use crate::sample::sync::erp::{
    Guid, Operation as Op, Outcome, Payload, UNKNOWN_CONNECTION, read_guid,
};
use crate::sample::sync::reply::Reply;

/// Whether the answer says that the connection is not known.
fn unknown(reply: &mut Reply) -> Option<&mut Outcome> {
    outcome(reply).filter(|outcome| outcome.error_code.as_deref() == Some(UNKNOWN_CONNECTION))
}

/// Runs the operation for another connection id.
fn run_for(connector: &Connector, call: &Call, guid: Guid) -> Option<Reply> {
    let Some(Called::Erp(operation)) = call.called else {
        return None;
    };
    let outcome = run(connector, call, operation, |request| {
        request.connection_guid = Some(format!("{guid:032x}"));
    });
    outcome.map(Reply::outcome)
}

/// Whether a request names a connection by what is no GUID.
fn is_no_guid(call: &Call) -> bool {
    let text = call.request.connection_guid.as_deref().unwrap_or_default();
    !text.is_empty() && guid(call).is_none()
}

/// Says that the connection is not known, whatever was to be answered.
fn deny(call: &Call, reply: &mut Reply) {
    if let Some(Called::Erp(operation)) = call.called {
        *reply = refusal(operation, "No configuration stored for this connection id.");
        if let Some(outcome) = outcome(reply) {
            outcome.error_code = Some(UNKNOWN_CONNECTION.to_owned());
        }
    }
}

/// The saved connection with the smallest id.
fn first_saved(connector: &Connector) -> Option<Guid> {
    let erp = connector.erp.as_ref()?;
    erp.connections.all().keys().min().copied()
}

pub const FAULTS: &[Fault] = &[
    // Connection ids
    Fault {
        name: "ids-compared-as-text",
        summary: "Compares connection ids letter for letter, so that case matters.",
        violates: &["ERP-021"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.habits.read_guid = |text| {
                let folded = read_guid(text)?;
                let upper = text.chars().any(|sign| sign.is_ascii_uppercase());
                Some(if upper { !folded } else { folded })
            };
        })],
    },
    Fault {
        name: "ids-folded-when-looked-up",
        summary: "Saves a connection id as it came, and looks it up in lower case.",
        violates: &["ERP-021"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let text = call.request.connection_guid.as_deref().unwrap_or_default();
            let upper = text.chars().any(|sign| sign.is_ascii_uppercase());
            if is(call, Op::SaveConnection)
                && let Some(guid) = guid(call).filter(|_| upper)
            {
                // What nobody can look up may have any other name.
                call.request.connection_guid = Some(format!("{:032x}", !guid));
            }
            Ok(())
        })],
    },
    Fault {
        name: "ids-in-one-form",
        summary: "Takes connection ids with hyphens and without braces only.",
        violates: &["ERP-022"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.habits.read_guid = |text| read_guid(text).filter(|_| text.trim().len() == 36);
        })],
    },
    Fault {
        name: "bad-id-is-a-fault",
        summary: "Answers a connection id that is no GUID with a SOAP fault.",
        violates: &["ERP-023"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| match is_no_guid(call) {
            true => Err(crash()),
            false => Ok(()),
        })],
    },
    Fault {
        name: "bad-id-has-no-actors",
        summary: "Finds no actors for a connection id that is no GUID, and calls that Ok.",
        violates: &["ERP-023"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for operation in [Op::GetActors, Op::GetActorsByTimestamp, Op::SearchActors] {
                if let Some(outcome) = bad(call, reply, operation).filter(|_| is_no_guid(call)) {
                    *outcome = Outcome::ok(Payload::Actors(Some(Vec::new())));
                }
            }
        })],
    },
    Fault {
        name: "missing-id-is-the-last-one",
        summary: "Takes the connection of the call before when a call names none.",
        violates: &["ERP-024"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let given = call.request.connection_guid.as_deref().unwrap_or_default();
            if !given.trim().is_empty() {
                if is_saved(connector, call) {
                    connector.injected.remember("last", json!(given));
                }
            } else if !is(call, Op::SaveConnection) && !is(call, Op::DeleteConnection) {
                let last = connector.injected.recall("last");
                call.request.connection_guid =
                    last.and_then(|last| Some(last.as_str()?.to_owned()));
            }
            Ok(())
        })],
    },
    Fault {
        name: "missing-id-is-a-fault",
        summary: "Answers a call without connection id with a SOAP fault.",
        violates: &["ERP-024"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let needs = matches!(call.called, Some(Called::Erp(operation))
                if operation != Op::GetConfigData && operation != Op::TestConfigData);
            let given = call.request.connection_guid.as_deref().unwrap_or_default();
            match needs && given.trim().is_empty() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "unknown-connection-without-code",
        summary: "Tells of an unknown connection in words, without the error code.",
        violates: &["ERP-025"],
        consequences: &["ERP-026"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = unknown(reply) {
                outcome.error_code = None;
            }
        })],
    },
    Fault {
        name: "unknown-connection-has-no-lists",
        summary: "Answers lists for an unknown connection with an empty list.",
        violates: &["ERP-025"],
        consequences: &["ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            if (is(call, Op::GetList) || is(call, Op::GetListItems))
                && let Some(outcome) = unknown(reply)
            {
                *outcome = Outcome::ok(Payload::Items(Some(Vec::new())));
            }
        })],
    },
    Fault {
        name: "unknown-connection-is-any",
        summary: "Uses another saved connection when it does not know the id.",
        violates: &["ERP-025"],
        consequences: &[
            "ERP-028", "ERP-030", "ERP-048", "ERP-054", "ERP-058", "ERP-016", "ERP-173",
        ],
        seams: &[Seam::Answer(|connector, call, reply| {
            if unknown(reply).is_some()
                && !is_zero(call)
                && let Some(saved) = first_saved(connector)
                && let Some(answer) = run_for(connector, call, saved)
            {
                *reply = answer;
            }
        })],
    },
    Fault {
        name: "unknown-once-is-unknown-for-ever",
        summary: "Remembers that a connection was not known, although it is saved later.",
        violates: &["ERP-026"],
        consequences: &["ERP-048", "ERP-051", "ERP-173", "ERP-169"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(guid) = guid(call) else {
                return;
            };
            let key = format!("unknown {guid}");
            if unknown(reply).is_some() {
                connector.injected.remember(key, Value::Bool(true));
            } else if connector.injected.recall(&key).is_some()
                && !is(call, Op::SaveConnection)
                && !is(call, Op::DeleteConnection)
            {
                deny(call, reply);
            }
        })],
    },
    Fault {
        name: "refused-types-remembered",
        summary: "Remembers for its list of actor types that a connection was not known.",
        violates: &["ERP-026"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(guid) = guid(call).filter(|_| is(call, Op::GetSupportedActorTypes)) else {
                return;
            };
            let key = format!("refused {guid}");
            if unknown(reply).is_some() {
                connector.injected.remember(key, Value::Bool(true));
            } else if connector.injected.recall(&key).is_some() {
                deny(call, reply);
            }
        })],
    },
    Fault {
        name: "configuration-forgotten-after-five-calls",
        summary: "Wants the configuration again after five calls for a connection.",
        violates: &["ERP-027"],
        consequences: &[
            "ERP-017", "ERP-021", "ERP-026", "ERP-048", "ERP-052", "ERP-053", "ERP-055", "ERP-059",
            "ERP-060", "ERP-179", "ERP-075", "ERP-110", "ERP-114", "ERP-118", "ERP-121", "ERP-123",
            "ERP-124", "ERP-125", "ERP-126", "ERP-127", "ERP-157", "ERP-161", "ERP-170",
        ],
        seams: &[Seam::Request(|connector, call| {
            let Some(guid) = guid(call).filter(|_| is_saved(connector, call)) else {
                return Ok(());
            };
            let key = format!("calls {guid}");
            if is(call, Op::SaveConnection) {
                connector.injected.forget(&key);
            } else if connector.injected.count(&key) > 5
                && let Some(Called::Erp(operation)) = call.called
            {
                return Err(refusal(
                    operation,
                    "The configuration is missing in this call.",
                ));
            }
            Ok(())
        })],
    },
    Fault {
        name: "idle-connection-forgotten",
        summary: "Wants the configuration again after twenty-five health checks in a row.",
        violates: &["ERP-027"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let Some(guid) = guid(call).filter(|_| is_saved(connector, call)) else {
                return Ok(());
            };
            let key = format!("idle {guid}");
            if !is(call, Op::TestConnection) {
                connector.injected.forget(&key);
            } else if connector.injected.count(&key) > 25 {
                return Err(refusal(
                    Op::TestConnection,
                    "The configuration is missing in this call.",
                ));
            }
            Ok(())
        })],
    },
    Fault {
        name: "one-company-for-all-connections",
        summary: "Reads the company of the first connection for all of them.",
        violates: &["ERP-028"],
        consequences: &["ERP-052", "ERP-101", "ERP-173"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if good(call, reply, Op::SaveConnection).is_some()
                && let Some((guid, erp)) = guid(call).zip(connector.erp.as_ref())
                && let Some(mut settings) = erp.connections.find(guid)
            {
                let first = connector.injected.recall("company");
                let first = first.unwrap_or(json!(settings.company));
                settings.company = serde_json::from_value(first.clone()).unwrap_or_default();
                connector.injected.remember("company", first);
                erp.connections.save(guid, settings);
            }
        })],
    },
    Fault {
        name: "actors-of-all-connections",
        summary: "Looks for the keys of actors in the companies of all connections.",
        violates: &["ERP-028"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(erp) = connector.erp.as_ref().filter(|_| is(call, Op::GetActors)) else {
                return;
            };
            let saved: Vec<Guid> = erp.connections.all().keys().copied().collect();
            for other in saved {
                let mut theirs = run_for(connector, call, other);
                let theirs = theirs
                    .as_mut()
                    .and_then(|theirs| actors(call, theirs, Op::GetActors))
                    .map(std::mem::take);
                if let Some(found) = actors(call, reply, Op::GetActors) {
                    let mut more = theirs.unwrap_or_default();
                    more.retain(|actor| !found.iter().any(|own| own.erp_key == actor.erp_key));
                    found.append(&mut more);
                }
            }
        })],
    },
    Fault {
        name: "zero-id-can-be-saved",
        summary: "Saves a connection under the all-zero id.",
        violates: &["ERP-030"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            const SPARE: Guid = Guid::MAX;
            if bad(call, reply, Op::SaveConnection).is_none() || !is_zero(call) {
                return;
            }
            let saved = run_for(connector, call, SPARE);
            if let (Some(saved), Some(erp)) = (saved, &connector.erp)
                && let Some(settings) = erp.connections.delete(SPARE)
            {
                erp.connections.save(0, settings);
                *reply = saved;
            }
        })],
    },
    Fault {
        name: "zero-id-is-the-first-connection",
        summary: "Answers Ok to saving the all-zero id, which stands for another connection.",
        violates: &["ERP-030"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            if is_zero(call) && is(call, Op::SaveConnection) {
                return Err(Reply::outcome(Outcome::ok(Payload::Nothing)));
            }
            let reads = is(call, Op::GetActors) || is(call, Op::SearchActors);
            if is_zero(call)
                && reads
                && let Some(first) = first_saved(connector)
            {
                call.request.connection_guid = Some(format!("{first:032x}"));
            }
            Ok(())
        })],
    },
];
