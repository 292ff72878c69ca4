//! Faults of reading actors and of polling for changes.

use super::tools::{
    actors, company, crash, each_actor, is, number, outcome, refusal, settings, stamp, value,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::Call;
use crate::sample::sync::erp::{
    Actor, ActorType, Cell, Kind, Operation as Op, Outcome, Payload, Refusal, UNKNOWN_FIELD,
};
use crate::sample::sync::reply::Reply;

/// Visits every value of a type in an answer.
fn each_value(reply: &mut Reply, kind: Kind, change: fn(&mut String)) {
    each_actor(reply, &mut |actor| {
        let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
        for (key, value) in actor.field_values.iter_mut().flatten() {
            let field = actor_type.and_then(|actor| actor.field(key));
            if field.is_some_and(|field| field.kind == kind) && !value.is_empty() {
                change(value);
            }
        }
    });
}

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
    let actor_type = call
        .request
        .actor_type
        .as_deref()
        .and_then(ActorType::named);
    let mut keys = call.request.field_keys.iter().flatten();
    actor_type.is_some_and(|actor| keys.any(|key| actor.field(key).is_none()))
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
            let erp = connector.erp.as_ref();
            let mut request = call.request.clone();
            let all = erp.map(|erp| erp.handle(Op::GetActorsByTimestamp, &request, call.now));
            request.erp_keys = None;
            let Some(Payload::Actors(Some(all))) = all.map(|all| all.payload) else {
                return;
            };
            if let Some(actors) =
                actors(call, reply, Op::GetActors).filter(|actors| !actors.is_empty())
            {
                let foreign =
                    |other: &Actor| !actors.iter().any(|actor| actor.erp_key == other.erp_key);
                let neighbour = all.into_iter().find(foreign);
                actors.extend(neighbour);
            }
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
                for key in call.request.erp_keys.iter_mut().flatten() {
                    *key = key.trim_start_matches("project-").to_owned();
                }
                let given = call.request.actors.iter_mut().flatten();
                for key in given.filter_map(|actor| actor.erp_key.as_mut()) {
                    *key = key.trim_start_matches("project-").to_owned();
                }
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
        consequences: &["ERP-111", "ERP-085"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let company = company(connector, call);
            if !reads(call) {
                return;
            }
            each_actor(reply, &mut |actor| {
                let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                let Some((actor_type, company)) = actor_type.zip(company) else {
                    return;
                };
                let key = actor_type.fields()[0].key;
                let record =
                    company.record(actor_type, actor.erp_key.as_deref().unwrap_or_default());
                let pairs = actor.field_values.get_or_insert_default();
                if let Some(record) = record
                    && !pairs.iter().any(|(name, _)| name == key)
                {
                    pairs.push((key.to_owned(), record.cell(key).write()));
                }
            });
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
            let known = settings(connector, call).is_some();
            match is(call, Op::GetActors) && none && known {
                true => Err(refusal(Op::GetActors, "ErpKeys is empty.")),
                false => Ok(()),
            }
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
            let known = settings(connector, call).is_some();
            match is(call, Op::GetActors) && none && known {
                true => Err(refusal(Op::GetActors, "FieldKeys is empty.")),
                false => Ok(()),
            }
        })],
    },
    // Values
    Fault {
        name: "texts-encoded",
        summary: "Encodes texts with a marker.",
        violates: &["ERP-086"],
        consequences: &[
            "ERP-012", "ERP-139", "ERP-150", "ERP-121", "ERP-122", "ERP-090",
        ],
        seams: &[Seam::Answer(|_, _, reply| {
            each_value(reply, Kind::Text, |value| *value = format!("[S:{value}]"));
        })],
    },
    Fault {
        name: "numbers-bare",
        summary: "Writes whole numbers without marker.",
        violates: &["ERP-087"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            each_value(reply, Kind::Integer, |value| {
                *value = value
                    .trim_start_matches("[I:")
                    .trim_end_matches(']')
                    .to_owned();
            });
        })],
    },
    Fault {
        name: "decimals-with-comma",
        summary: "Writes decimals with a comma.",
        violates: &["ERP-088"],
        consequences: &["ERP-124", "ERP-131", "ERP-139", "ERP-148", "ERP-150"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_value(reply, Kind::Double, |value| {
                *value = value.replace('.', ",")
            });
        })],
    },
    Fault {
        name: "dates-day-first",
        summary: "Writes dates with the day before the month.",
        violates: &["ERP-088"],
        consequences: &["ERP-127", "ERP-131", "ERP-139", "ERP-148", "ERP-150"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_value(reply, Kind::Datetime, |value| {
                if let Some(Cell::Moment(moment)) = Cell::read(Kind::Datetime, value) {
                    *value = moment.strftime("%d.%m.%Y %H:%M").to_string();
                }
            });
        })],
    },
    Fault {
        name: "list-texts-for-keys",
        summary: "Gives the text of a customer group in place of its key.",
        violates: &["ERP-089"],
        consequences: &["ERP-126", "ERP-139", "ERP-150"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                if let Some(group) = value(actor, "CUSTGR")
                    && group == "G5"
                {
                    *group = "Retail".to_owned();
                }
            });
        })],
    },
    Fault {
        name: "texts-longer-than-declared",
        summary: "Gives names that are longer than their field.",
        violates: &["ERP-090"],
        consequences: &[
            "ERP-012", "ERP-107", "ERP-112", "ERP-121", "ERP-122", "ERP-139", "ERP-150",
        ],
        seams: &[Seam::Answer(|_, call, reply| {
            if is(call, Op::GetActors) || is(call, Op::GetActorsByTimestamp) {
                each_actor(reply, &mut |actor| {
                    if actor.actor_type.as_deref() == Some("Project")
                        && let Some(name) = value(actor, "NAME")
                    {
                        name.push_str(&" (project of the ERP system)".repeat(3));
                    }
                });
            }
        })],
    },
    Fault {
        name: "parent-type-missing",
        summary: "Gives the key of a person's parent without its type.",
        violates: &["ERP-091"],
        consequences: &["ERP-117", "ERP-130", "ERP-144"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                if actor.actor_type.as_deref() == Some("Person") {
                    actor.parent_actor_type = None;
                }
            });
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
            let count = connector.injected.count("reads");
            for actor in actors(call, reply, Op::GetActors).into_iter().flatten() {
                if let Some(stamp) = stamp(actor)
                    && let Some(at) = number(stamp)
                {
                    *stamp = (at + i64::try_from(count).unwrap_or_default()).to_string();
                }
            }
        })],
    },
];
