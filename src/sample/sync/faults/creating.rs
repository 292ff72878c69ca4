//! Faults of creating actors.

use serde_json::json;

use super::tools::{
    bad, company, crash, created, each_actor, each_given_value, is, outcome, run, type_of,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{
    Access, Actor, ActorType, Kind, Operation as Op, Payload, UNKNOWN_FIELD,
};

/// Makes up the mandatory values that an actor to create does not have; tells whether
/// there were any.
fn make_up(actor: &mut Actor) -> bool {
    let fields = type_of(actor).map_or(&[][..], ActorType::fields);
    let pairs = actor.field_values.get_or_insert_default();
    let mut made_up = false;
    for field in fields
        .iter()
        .filter(|field| field.access == Access::Mandatory)
    {
        let filled = |(key, value): &(String, String)| key == field.key && !value.trim().is_empty();
        if !pairs.iter().any(filled) {
            let value = if field.list.is_empty() {
                "(none)"
            } else {
                "RAW"
            };
            pairs.retain(|(key, _)| key != field.key);
            pairs.push((field.key.to_owned(), value.to_owned()));
            made_up = true;
        }
    }
    made_up
}

/// The key of the first customer.
fn first_customer(connector: &Connector, call: &Call) -> Option<String> {
    let customers = company(connector, call)?.records(ActorType::Customer);
    customers.into_iter().next().map(|customer| customer.key)
}

pub const FAULTS: &[Fault] = &[
    // WSCreateActor
    Fault {
        name: "new-key-not-told",
        summary: "Creates an actor without telling its key.",
        violates: &["ERP-137"],
        consequences: &[
            "ERP-012", "ERP-077", "ERP-102", "ERP-103", "ERP-104", "ERP-105", "ERP-109", "ERP-140",
            "ERP-144", "ERP-145", "ERP-148", "ERP-150", "ERP-173",
        ],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actor) = created(call, reply) {
                actor.erp_key = Some(String::new());
            }
        })],
    },
    Fault {
        name: "key-of-the-actor-before",
        summary: "Tells the highest key from before a creation as that of the new actor.",
        violates: &["ERP-137"],
        consequences: &["ERP-103", "ERP-173", "ERP-144"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actor) = created(call, reply)
                && let Some((company, kind)) = company(connector, call).zip(type_of(actor))
            {
                let before = company.records(kind).into_iter().rev().nth(1);
                actor.erp_key = before.map(|record| record.key);
            }
        })],
    },
    Fault {
        name: "new-stamp-sometimes-missing",
        summary: "Tells no stamp of every third new actor, where it has not been quick enough.",
        violates: &["ERP-138"],
        consequences: &["ERP-078"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actor) = created(call, reply)
                && connector.injected.count("creations").is_multiple_of(3)
            {
                actor.last_modified = None;
            }
        })],
    },
    Fault {
        name: "new-suppliers-told-as-customers",
        summary: "Tells a new supplier as a customer.",
        violates: &["ERP-139"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actor) = created(call, reply)
                && actor.actor_type.as_deref() == Some("Supplier")
            {
                actor.actor_type = Some("Customer".to_owned());
            }
        })],
    },
    Fault {
        name: "new-key-in-lower-case",
        summary: "Tells the key of a new actor in lower case, and cannot read by it.",
        violates: &["ERP-140"],
        consequences: &[
            "ERP-012", "ERP-102", "ERP-103", "ERP-104", "ERP-105", "ERP-109", "ERP-144", "ERP-145",
            "ERP-148", "ERP-150", "ERP-173",
        ],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(key) = created(call, reply).and_then(|actor| actor.erp_key.as_mut()) {
                *key = key.to_lowercase();
            }
        })],
    },
    Fault {
        name: "new-stamp-missing",
        summary: "Creates an actor without telling its stamp.",
        violates: &["ERP-138"],
        consequences: &["ERP-078", "ERP-103", "ERP-109"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actor) = created(call, reply) {
                actor.last_modified = None;
            }
        })],
    },
    Fault {
        name: "new-fields-not-told",
        summary: "Creates an actor without telling its fields.",
        violates: &["ERP-139"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actor) = created(call, reply) {
                actor.field_values = Some(Vec::new());
            }
        })],
    },
    Fault {
        name: "request-told-as-new-actor",
        summary: "Repeats the request as answer, and stores no decimals of a new actor.",
        violates: &["ERP-173"],
        consequences: &[],
        seams: &[
            Seam::Request(|connector, call| {
                if !is(call, Op::CreateActor) {
                    return Ok(());
                }
                if let Some(actor) = &mut call.request.actor
                    && let Some(kind) = type_of(actor)
                    && let Some(pairs) = &mut actor.field_values
                {
                    connector.injected.remember("submitted", json!(pairs));
                    let decimal = |key: &str| {
                        kind.field(key)
                            .is_some_and(|field| field.kind == Kind::Double)
                    };
                    pairs.retain(|(key, _)| !decimal(key));
                }
                Ok(())
            }),
            Seam::Answer(|connector, call, reply| {
                if let Some(actor) = created(call, reply) {
                    let submitted = connector.injected.recall("submitted").unwrap_or_default();
                    actor.field_values = serde_json::from_value(submitted).ok();
                }
            }),
        ],
    },
    Fault {
        name: "new-actor-appears-later",
        summary: "Shows a new actor only from the fourth time on that it is read.",
        violates: &["ERP-140", "ERP-104"],
        consequences: &[
            "ERP-012", "ERP-102", "ERP-103", "ERP-105", "ERP-109", "ERP-144", "ERP-145", "ERP-148",
            "ERP-150", "ERP-152", "ERP-156", "ERP-173", "ERP-091", "ERP-094",
        ],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actor) = created(call, reply) {
                let key = actor.erp_key.clone().unwrap_or_default();
                connector
                    .injected
                    .remember(format!("new {key}"), json!(true));
                return;
            }
            let reads = is(call, Op::GetActors) || is(call, Op::GetActorsByTimestamp);
            if let Some(Payload::Actors(Some(actors))) = outcome(reply)
                .filter(|_| reads)
                .map(|outcome| &mut outcome.payload)
            {
                actors.retain(|actor| {
                    let key = actor.erp_key.clone().unwrap_or_default();
                    connector.injected.recall(&format!("new {key}")).is_none()
                        || connector.injected.count(&format!("reads {key}")) > 3
                });
            }
        })],
    },
    Fault {
        name: "mandatory-value-made-up",
        summary: "Creates an actor without its mandatory values and makes them up.",
        violates: &["ERP-141"],
        consequences: &["ERP-139"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::CreateActor)
                && let Some(actor) = &mut call.request.actor
            {
                make_up(actor);
            }
            Ok(())
        })],
    },
    Fault {
        name: "empty-name-is-a-name",
        summary: "Creates an actor whose mandatory name is empty, and calls it -.",
        violates: &["ERP-141"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::CreateActor) {
                each_given_value(call, |field, value| {
                    if value.is_empty() && field.key.ends_with("NAME") {
                        "-".clone_into(value);
                    }
                });
            }
            Ok(())
        })],
    },
    Fault {
        name: "refused-actor-created-anyway",
        summary: "Refuses an actor without its mandatory values, after it has created it.",
        violates: &["ERP-141"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let mut actor = call.request.actor.clone().unwrap_or_default();
            if bad(call, reply, Op::CreateActor).is_some() && make_up(&mut actor) {
                run(connector, call, Op::CreateActor, |request| {
                    request.actor = Some(actor);
                });
            }
        })],
    },
    Fault {
        name: "unsupported-type-is-a-customer",
        summary: "Creates a customer for every type that it does not have.",
        violates: &["ERP-142"],
        consequences: &["ERP-139"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::CreateActor)
                && let Some(actor) = &mut call.request.actor
                && type_of(actor).is_none()
            {
                actor.actor_type = Some("Customer".to_owned());
                for (key, _) in actor.field_values.iter_mut().flatten() {
                    if key.ends_with("NAME") {
                        *key = "NAME".to_owned();
                    }
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "empty-type-is-a-fault",
        summary: "Answers a new actor without type with a SOAP fault.",
        violates: &["ERP-142"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            let untyped = |actor: &Actor| actor.actor_type.as_deref().is_none_or(str::is_empty);
            let given = call.request.actor.as_ref();
            match is(call, Op::CreateActor) && given.is_some_and(untyped) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "person-without-parent-created",
        summary: "Creates a person without parent below its first customer.",
        violates: &["ERP-143"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let first = first_customer(connector, call);
            if is(call, Op::CreateActor)
                && let Some(actor) = &mut call.request.actor
                && actor.actor_type.as_deref() == Some("Person")
                && actor
                    .parent_erp_key
                    .as_deref()
                    .unwrap_or_default()
                    .is_empty()
                && first.is_some()
            {
                actor.parent_actor_type = Some("Customer".to_owned());
                actor.parent_erp_key = first;
            }
            Ok(())
        })],
    },
    Fault {
        name: "parent-of-new-person-changed",
        summary: "Puts every new person below the first customer.",
        violates: &["ERP-144"],
        consequences: &["ERP-117", "ERP-130"],
        seams: &[Seam::Request(|connector, call| {
            let first = first_customer(connector, call);
            if is(call, Op::CreateActor)
                && let Some(actor) = &mut call.request.actor
                && actor.actor_type.as_deref() == Some("Person")
                && actor.parent_actor_type.as_deref() == Some("Customer")
                && first.is_some()
            {
                actor.parent_erp_key = first;
            }
            Ok(())
        })],
    },
    Fault {
        name: "parent-of-new-person-not-told",
        summary: "Creates a person without telling its parent.",
        violates: &["ERP-144"],
        consequences: &["ERP-091"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actor) = created(call, reply) {
                actor.parent_actor_type = None;
                actor.parent_erp_key = None;
            }
        })],
    },
    Fault {
        name: "read-only-value-stored",
        summary: "Stores the values that it is given for read-only fields.",
        violates: &["ERP-145"],
        consequences: &["ERP-139", "ERP-150"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let writes = is(call, Op::CreateActor) || is(call, Op::SaveActors);
            let request = &call.request;
            let mut sent = request.actor.iter().chain(request.actors.iter().flatten());
            each_actor(reply, &mut |actor| {
                let actor_type = type_of(actor);
                let key = actor.erp_key.clone().unwrap_or_default();
                let given = sent.next().filter(|_| writes);
                let given = given.and_then(|actor| actor.field_values.as_ref());
                for (name, value) in given.into_iter().flatten() {
                    let field = actor_type.and_then(|actor| actor.field(name));
                    if field.is_some_and(|field| field.access == Access::ReadOnly) {
                        connector
                            .injected
                            .remember(format!("{key} {name}"), json!(value));
                    }
                }
                for (name, value) in actor.field_values.iter_mut().flatten() {
                    let stored = connector.injected.recall(&format!("{key} {name}"));
                    if let Some(stored) = stored.as_ref().and_then(|stored| stored.as_str()) {
                        stored.clone_into(value);
                    }
                }
            });
        })],
    },
    Fault {
        name: "long-texts-cut",
        summary: "Cuts texts to the length of their field without a word.",
        violates: &["ERP-146"],
        consequences: &["ERP-139", "ERP-173"],
        seams: &[Seam::Request(|_, call| {
            each_given_value(call, |field, value| {
                let longest = usize::try_from(field.max_length).unwrap_or_default();
                if longest > 0 {
                    *value = value.chars().take(longest).collect();
                }
            });
            Ok(())
        })],
    },
    Fault {
        name: "unknown-field-in-write-is-a-fault",
        summary: "Answers a field that it does not know in a new actor with a SOAP fault.",
        violates: &["ERP-147"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let unknown = bad(call, reply, Op::CreateActor)
                .is_some_and(|outcome| outcome.error_code.as_deref() == Some(UNKNOWN_FIELD));
            if unknown {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "bare-numbers-lost",
        summary: "Stores no number that comes without marker.",
        violates: &["ERP-148"],
        consequences: &["ERP-139", "ERP-150", "ERP-173"],
        seams: &[Seam::Request(|_, call| {
            each_given_value(call, |field, value| {
                let number = matches!(field.kind, Kind::Integer | Kind::Double);
                if number && !value.starts_with('[') {
                    value.clear();
                }
            });
            Ok(())
        })],
    },
    Fault {
        name: "bare-decimals-without-point",
        summary: "Takes the point of a decimal without marker for a separator of thousands.",
        violates: &["ERP-148"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            each_given_value(call, |field, value| {
                if field.kind == Kind::Double && !value.starts_with('[') {
                    *value = value.replace('.', "");
                }
            });
            Ok(())
        })],
    },
];
