//! Faults of error results.

use serde_json::json;

use super::malformed::down;
use super::tools::{bad, good, guid, is, is_saved, outcome, refusal, type_of};
use super::{Fault, Seam};
use crate::sample::sync::connector::Called;
use crate::sample::sync::erp::{
    Actor, Kind, Operation as Op, PASSWORD, Payload, State, UNKNOWN_CONNECTION,
};
use crate::sample::sync::reply::{Reply, SoapFault};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "refused-actors-are-faults",
        summary: "Answers actors that it does not create or save with a SOAP fault.",
        violates: &["ERP-171"],
        consequences: &["ERP-142", "ERP-146", "ERP-154"],
        seams: &[Seam::Answer(|_, call, reply| {
            for operation in [Op::CreateActor, Op::SaveActors] {
                let why = bad(call, reply, operation).filter(|why| why.error_code.is_none());
                if let Some(why) = why.and_then(|why| why.tech.take()) {
                    *reply = Reply::Fault(SoapFault::new("s:Client", why));
                    return;
                }
            }
        })],
    },
    Fault {
        name: "checkboxes-not-saved",
        summary: "Answers Ok to saving actors, and leaves their checkboxes as they were.",
        violates: &["ERP-173"],
        consequences: &["ERP-150"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::SaveActors) {
                for actor in call.request.actors.iter_mut().flatten() {
                    let actor_type = type_of(actor);
                    let is_box = |key: &str| {
                        let field = actor_type.and_then(|actor_type| actor_type.field(key));
                        field.is_some_and(|field| field.kind == Kind::Checkbox)
                    };
                    if let Some(pairs) = &mut actor.field_values {
                        pairs.retain(|(key, _)| !is_box(key));
                    }
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "errors-called-ok",
        summary: "Writes IsOk true into error results.",
        violates: &["ERP-172"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply) {
                outcome.is_ok = true;
            }
        })],
    },
    Fault {
        name: "warnings-called-not-ok",
        summary: "Writes IsOk false into answers with a warning.",
        violates: &["ERP-172"],
        consequences: &["ERP-155"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply) {
                outcome.is_ok = outcome.state == State::Ok;
            }
        })],
    },
    Fault {
        name: "errors-without-words",
        summary: "Gives neither explanation with an error that has no code.",
        violates: &["ERP-174"],
        consequences: &["ERP-046", "ERP-141", "ERP-154"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.error_code.is_none()
            {
                outcome.user = None;
                outcome.tech = Some(String::new());
            }
        })],
    },
    Fault {
        name: "health-with-unsaid-info",
        summary: "Answers OkWithInfo to health checks and does not say which.",
        violates: &["ERP-174"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = good(call, reply, Op::TestConnection) {
                outcome.state = State::OkWithInfo;
            }
        })],
    },
    Fault {
        name: "error-codes-in-own-style",
        summary: "Spells the code for unknown connections as its own names.",
        violates: &["ERP-176"],
        consequences: &["ERP-025"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.error_code.as_deref() == Some(UNKNOWN_CONNECTION)
            {
                outcome.error_code = Some("UnknownConnectionId".to_owned());
            }
        })],
    },
    Fault {
        name: "errors-with-payload",
        summary: "Sends a made-up actor along with error results.",
        violates: &["ERP-175"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
                && matches!(outcome.payload, Payload::Actors(None))
            {
                outcome.payload = Payload::Actors(Some(vec![Actor {
                    actor_type: Some("Customer".to_owned()),
                    erp_key: Some("none".to_owned()),
                    field_values: Some(Vec::new()),
                    last_modified: Some("1".to_owned()),
                    ..Actor::default()
                }]));
            }
        })],
    },
    Fault {
        name: "path-in-explanation",
        summary: "Shows the user a path of the server in every error.",
        violates: &["ERP-177"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
            {
                outcome.user = Some(
                    "Could not continue.\n   at Oak.Erp.Search.Run() in C:\\Oak\\Erp\\Search.cs:line 12"
                        .to_owned(),
                );
            }
        })],
    },
    Fault {
        name: "password-in-errors",
        summary: "Quotes the sign-in of the technical user in technical explanations of errors.",
        violates: &["ERP-178", "ERP-056"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if is_saved(connector, call)
                && let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
            {
                outcome.tech = Some(format!("Server=oak;User=sync;Password={PASSWORD}"));
            }
        })],
    },
    Fault {
        name: "service-tired-after-errors",
        summary: "Fails two calls after every fifth error result.",
        violates: &["ERP-179"],
        consequences: &[
            "ERP-002", "ERP-017", "ERP-027", "ERP-055", "ERP-059", "ERP-171", "AUTH-091",
            "AUTH-013", "ERP-009", "ERP-021", "ERP-023", "ERP-024", "ERP-025", "ERP-049",
            "ERP-129",
        ],
        seams: &[
            Seam::Arrival(down),
            Seam::Answer(|connector, _, reply| {
                let error = outcome(reply).is_some_and(|outcome| outcome.state == State::Error);
                if error && connector.injected.count("errors").is_multiple_of(5) {
                    connector.injected.remember("down", json!(2));
                }
            }),
        ],
    },
    Fault {
        name: "failed-search-locks-the-connection",
        summary: "Fails the next two calls for a connection after a search that it refused.",
        violates: &["ERP-179"],
        consequences: &[],
        seams: &[
            Seam::Request(|connector, call| {
                let key = format!("locked {:?}", guid(call));
                match call.called {
                    Some(Called::Erp(operation)) if connector.injected.counted(&key) > 0 => {
                        connector.injected.add(&key, -1);
                        let why = "The records are locked by another session.";
                        Err(refusal(operation, why))
                    }
                    _ => Ok(()),
                }
            }),
            Seam::Answer(|connector, call, reply| {
                let refused = bad(call, reply, Op::SearchActorsAdvanced).is_some();
                if refused && is_saved(connector, call) {
                    let key = format!("locked {:?}", guid(call));
                    connector.injected.remember(key, json!(2));
                }
            }),
        ],
    },
];
