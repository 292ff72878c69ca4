//! Faults of reading actors.

use serde_json::json;

use super::tools::{
    actors, asked_type, company, crash, each_actor, each_key, found, is, is_saved, number, outcome,
    record_of, refusal, stamp, touch, type_of, value,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{Actor, Operation as Op, Outcome, Refusal, UNKNOWN_FIELD};
use crate::sample::sync::reply::Reply;

/// Whether a call reads actors by any way.
fn reads(call: &Call) -> bool {
    [
        Op::GetActors,
        Op::GetActorsByTimestamp,
        Op::SearchActors,
        Op::SearchActorsAdvanced,
        Op::SearchActorByParent,
    ]
    .iter()
    .any(|operation| is(call, *operation))
}

/// Whether the request names a field that the type does not have.
fn names_unknown_field(call: &Call) -> bool {
    let mut keys = call.request.field_keys.iter().flatten();
    asked_type(call).is_some_and(|actor| keys.any(|key| actor.field(key).is_none()))
}

/// Gives an actor one more of its fields.
fn add_field(connector: &Connector, call: &Call, actor: &mut Actor, key: &str) {
    let record = record_of(connector, call, actor);
    let pairs = actor.field_values.get_or_insert_default();
    if let Some(record) = record
        && !pairs.iter().any(|(name, _)| name == key)
    {
        pairs.push((key.to_owned(), record.cell(key).write()));
    }
}

pub const FAULTS: &[Fault] = &[
    // WSGetActors
    Fault {
        name: "batches-of-one",
        summary: "Reads only the first of several keys.",
        violates: &["ERP-075"],
        consequences: &["ERP-094", "ERP-081"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actors) = actors(call, reply, Op::GetActors) {
                actors.truncate(1);
            }
        })],
    },
    Fault {
        name: "suppliers-read-as-customers",
        summary: "Gives suppliers the actor type Customer when it reads them by key.",
        violates: &["ERP-075"],
        consequences: &["ERP-107", "ERP-094", "ERP-156", "ERP-140"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::GetActors).into_iter().flatten() {
                if actor.actor_type.as_deref() == Some("Supplier") {
                    actor.actor_type = Some("Customer".to_owned());
                }
            }
        })],
    },
    Fault {
        name: "neighbour-read-as-well",
        summary: "Reads one actor more than was asked for.",
        violates: &["ERP-076"],
        consequences: &["ERP-083", "ERP-094"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actors) = actors(call, reply, Op::GetActors).filter(|all| !all.is_empty()) {
                let all = found(connector, call, Op::GetActorsByTimestamp, |_| {});
                let foreign =
                    |other: &Actor| !actors.iter().any(|actor| actor.erp_key == other.erp_key);
                let neighbour = all.into_iter().find(foreign);
                actors.extend(neighbour);
            }
        })],
    },
    Fault {
        name: "missing-key-reads-the-next",
        summary: "Reads the record that follows when a key does not exist.",
        violates: &["ERP-076"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let known = company(connector, call).zip(asked_type(call));
            if let Some((company, actor_type)) = known.filter(|_| is(call, Op::GetActors)) {
                let records = company.records(actor_type);
                for asked in call.request.erp_keys.iter_mut().flatten() {
                    let at = records.iter().find(|record| record.key >= *asked);
                    if let Some(record) = at.or(records.last()) {
                        asked.clone_from(&record.key);
                    }
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "keys-too-long",
        summary: "Gives projects keys of more than 254 characters.",
        violates: &["ERP-077"],
        consequences: &[
            "ERP-075", "ERP-095", "ERP-096", "ERP-104", "ERP-105", "ERP-106", "ERP-111", "ERP-130",
            "ERP-137", "ERP-140", "ERP-150", "ERP-151", "ERP-152", "ERP-156",
        ],
        seams: &[
            Seam::Request(|_, call| {
                each_key(call, |key| {
                    *key = key.trim_start_matches("project-").to_owned();
                });
                Ok(())
            }),
            Seam::Answer(|_, _, reply| {
                each_actor(reply, &mut |actor| {
                    if actor.actor_type.as_deref() == Some("Project")
                        && let Some(key) = &mut actor.erp_key
                    {
                        *key = format!("{}{key}", "project-".repeat(32));
                    }
                });
            }),
        ],
    },
    Fault {
        name: "children-without-key",
        summary: "Leaves the key out of what it finds below a parent.",
        violates: &["ERP-077"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let found = actors(call, reply, Op::SearchActorByParent);
            for actor in found.into_iter().flatten() {
                actor.erp_key = None;
            }
        })],
    },
    Fault {
        name: "stamps-too-long",
        summary: "Fills stamps up with zeros to 300 digits.",
        violates: &["ERP-078"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                if let Some(stamp) = stamp(actor)
                    && let Some(at) = number(stamp)
                {
                    *stamp = format!("{at:0>300}");
                }
            });
        })],
    },
    Fault {
        name: "stamp-missing-when-read",
        summary: "Leaves LastModified out when it reads actors by key.",
        violates: &["ERP-078"],
        consequences: &[
            "ERP-093", "ERP-094", "ERP-095", "ERP-103", "ERP-107", "ERP-102",
        ],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::GetActors).into_iter().flatten() {
                actor.last_modified = None;
            }
        })],
    },
    Fault {
        name: "all-fields-always",
        summary: "Gives a field that was not asked for.",
        violates: &["ERP-079"],
        consequences: &["ERP-111", "ERP-085", "ERP-133"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if !reads(call) {
                return;
            }
            each_actor(reply, &mut |actor| {
                let first = type_of(actor).and_then(|actor_type| actor_type.fields().first());
                if let Some(field) = first {
                    add_field(connector, call, actor, field.key);
                }
            });
        })],
    },
    Fault {
        name: "fields-of-earlier-reads",
        summary: "Keeps what it has read of an actor, and gives it again with the next fields.",
        violates: &["ERP-079"],
        consequences: &["ERP-085"],
        seams: &[Seam::Answer(|connector, call, reply| {
            for actor in actors(call, reply, Op::GetActors).into_iter().flatten() {
                let id = format!("fields {}", actor.erp_key.as_deref().unwrap_or_default());
                let kept = connector.injected.recall(&id).unwrap_or_default();
                for key in kept.as_array().into_iter().flatten() {
                    add_field(connector, call, actor, key.as_str().unwrap_or_default());
                }
                let pairs = actor.field_values.iter().flatten();
                let keys: Vec<&String> = pairs.map(|(key, _)| key).collect();
                connector.injected.remember(id, json!(keys));
            }
        })],
    },
    Fault {
        name: "empty-fields-left-out",
        summary: "Leaves out fields without a value.",
        violates: &["ERP-080"],
        consequences: &["ERP-158"],
        seams: &[Seam::Answer(|_, call, reply| {
            if reads(call) {
                each_actor(reply, &mut |actor| {
                    if let Some(pairs) = &mut actor.field_values {
                        pairs.retain(|(_, value)| !value.is_empty());
                    }
                });
            }
        })],
    },
    Fault {
        name: "unknown-key-fails-the-batch",
        summary: "Refuses to read anything when one key does not exist.",
        violates: &["ERP-081"],
        consequences: &["ERP-153"],
        seams: &[Seam::Answer(|_, call, reply| {
            let asked = call.request.erp_keys.as_ref().map_or(0, |keys| {
                let mut keys = keys.clone();
                keys.sort();
                keys.dedup();
                keys.len()
            });
            let found = actors(call, reply, Op::GetActors).map(|actors| actors.len());
            if found.is_some_and(|found| found < asked) {
                *reply = refusal(Op::GetActors, "A record does not exist.");
            }
        })],
    },
    Fault {
        name: "reading-stops-at-unknown-key",
        summary: "Reads no further when it comes to a key that does not exist.",
        violates: &["ERP-081"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let known = company(connector, call).zip(asked_type(call));
            if let Some((company, actor_type)) = known.filter(|_| is(call, Op::GetActors))
                && let Some(keys) = &mut call.request.erp_keys
            {
                let unknown = |key: &String| company.record(actor_type, key).is_none();
                let readable = keys.iter().position(unknown).unwrap_or(keys.len());
                keys.truncate(readable);
            }
            Ok(())
        })],
    },
    Fault {
        name: "only-unknown-fields-is-a-fault",
        summary: "Breaks its query when no requested field is known.",
        violates: &["ERP-082"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let mut keys = call.request.field_keys.iter().flatten();
            let none_is_known =
                asked_type(call).is_some_and(|actor| keys.all(|key| actor.field(key).is_none()));
            match is(call, Op::GetActors) && names_unknown_field(call) && none_is_known {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "unknown-field-is-a-fault",
        summary: "Answers a request for a field that it does not have with a SOAP fault.",
        violates: &["ERP-082"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::GetActors) && names_unknown_field(call) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "error-code-spelled-correctly",
        summary: "Spells the code for unknown fields with the N that the contract lacks.",
        violates: &["ERP-176"],
        consequences: &["ERP-082", "ERP-147"],
        seams: &[
            Seam::Request(|_, call| {
                if is(call, Op::GetActors) && names_unknown_field(call) {
                    let refusal = Refusal::new("Unknown field.", "Ukjent felt.", "No such field.");
                    let refusal = refusal.with(UNKNOWN_FIELD);
                    return Err(Reply::outcome(Outcome::refused(Op::GetActors, refusal)));
                }
                Ok(())
            }),
            Seam::Answer(|_, _, reply| {
                if let Some(outcome) = outcome(reply)
                    && let Some(code) = &mut outcome.error_code
                {
                    *code = code.replace("UNKOWN", "UNKNOWN");
                }
            }),
        ],
    },
    Fault {
        name: "no-keys-is-an-error",
        summary: "Refuses to read actors without keys.",
        violates: &["ERP-083"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let none = call.request.erp_keys.as_ref().is_none_or(Vec::is_empty);
            let known = is_saved(connector, call);
            match is(call, Op::GetActors) && none && known {
                true => Err(refusal(Op::GetActors, "ErpKeys is empty.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "no-keys-reads-everything",
        summary: "Leaves the condition out of its query when it is given no keys.",
        violates: &["ERP-083"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let none = call.request.erp_keys.as_ref().is_none_or(Vec::is_empty);
            let known = company(connector, call).zip(asked_type(call));
            if let Some((company, actor_type)) = known.filter(|_| none && is(call, Op::GetActors)) {
                let records = company.records(actor_type).into_iter();
                call.request.erp_keys = Some(records.map(|record| record.key).collect());
            }
            Ok(())
        })],
    },
    Fault {
        name: "double-keys-read-twice",
        summary: "Reads an actor twice when its key comes twice.",
        violates: &["ERP-084"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let keys = call.request.erp_keys.clone().unwrap_or_default();
            if let Some(actors) = actors(call, reply, Op::GetActors) {
                let found = |key: &String| {
                    actors
                        .iter()
                        .find(|actor| actor.erp_key.as_ref() == Some(key))
                };
                *actors = keys.iter().filter_map(found).cloned().collect();
            }
        })],
    },
    Fault {
        name: "no-fields-is-an-error",
        summary: "Refuses to read actors without fields.",
        violates: &["ERP-085"],
        consequences: &["ERP-009"],
        seams: &[Seam::Request(|connector, call| {
            let none = call.request.field_keys.as_ref().is_none_or(Vec::is_empty);
            let known = is_saved(connector, call);
            match is(call, Op::GetActors) && none && known {
                true => Err(refusal(Op::GetActors, "FieldKeys is empty.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "parent-type-missing",
        summary: "Gives the key of a person's parent without its type.",
        violates: &["ERP-091"],
        consequences: &["ERP-117", "ERP-130", "ERP-144", "ERP-158"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                if actor.actor_type.as_deref() == Some("Person") {
                    actor.parent_actor_type = None;
                }
            });
        })],
    },
    Fault {
        name: "parents-told-by-number",
        summary: "Tells the number of a person's supplier in place of its key.",
        violates: &["ERP-091"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                let person = actor.actor_type.as_deref() == Some("Person");
                let supplied = actor.parent_actor_type.as_deref() == Some("Supplier");
                if let Some(key) = actor.parent_erp_key.as_mut().filter(|_| person && supplied) {
                    *key = key.rsplit('-').next().unwrap_or_default().to_owned();
                }
            });
        })],
    },
    Fault {
        name: "parent-type-in-lower-case",
        summary: "Writes the type of parents in lower case in a simple search.",
        violates: &["ERP-092"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SearchActors).into_iter().flatten() {
                if let Some(parent) = &mut actor.parent_actor_type {
                    *parent = parent.to_lowercase();
                }
            }
        })],
    },
    Fault {
        name: "parent-type-of-the-crm",
        summary: "Names the parent's type company, as SuperOffice does.",
        violates: &["ERP-092"],
        consequences: &["ERP-091", "ERP-117", "ERP-130", "ERP-144"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                if let Some(parent) = &mut actor.parent_actor_type {
                    *parent = "Company".to_owned();
                }
            });
        })],
    },
    Fault {
        name: "reading-touches-records",
        summary: "Counts reading an actor as a change.",
        violates: &["ERP-093"],
        consequences: &[
            "ERP-094", "ERP-095", "ERP-097", "ERP-103", "ERP-106", "ERP-107", "ERP-109",
        ],
        seams: &[Seam::Answer(|connector, call, reply| {
            for actor in actors(call, reply, Op::GetActors).into_iter().flatten() {
                touch(connector, call, actor);
            }
        })],
    },
    Fault {
        name: "finding-touches-records",
        summary: "Counts being found as a change, because it notes the last use of a record.",
        violates: &["ERP-093"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            for actor in actors(call, reply, Op::SearchActors).into_iter().flatten() {
                touch(connector, call, actor);
            }
        })],
    },
    Fault {
        name: "names-cut-in-batches",
        summary: "Cuts the last letter off names when it gives several actors at once.",
        violates: &["ERP-094"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let many = actors(call, reply, Op::GetActors).filter(|actors| actors.len() > 1);
            for actor in many.into_iter().flatten() {
                if let Some(name) = value(actor, "NAME") {
                    name.pop();
                }
            }
        })],
    },
    Fault {
        name: "parents-mixed-in-batches",
        summary: "Gives all children of a batch the parent of the first one.",
        violates: &["ERP-094"],
        consequences: &["ERP-107"],
        seams: &[Seam::Answer(|_, call, reply| {
            let mut first: Option<Actor> = None;
            let read = actors(call, reply, Op::GetActors).into_iter().flatten();
            for actor in read.filter(|actor| actor.parent_erp_key.is_some()) {
                let first = first.get_or_insert_with(|| actor.clone());
                actor.parent_actor_type.clone_from(&first.parent_actor_type);
                actor.parent_erp_key.clone_from(&first.parent_erp_key);
            }
        })],
    },
];
