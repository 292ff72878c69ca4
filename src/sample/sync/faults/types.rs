//! Faults of actor types and of the fields that they have.

use super::tools::{
    asked_type, bad, crash, fields, good, guid, is, is_saved, is_second, refusal, strings,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{Field, Kind, Operation as Op, Outcome, Payload};
use crate::sample::sync::reply::Reply;

/// Which call of its operation this is for a connection and a type, beginning with 1.
fn round(connector: &Connector, call: &Call) -> u64 {
    let actor_type = call.request.actor_type.as_deref().unwrap_or_default();
    let key = format!("{:?} {:?} {actor_type}", call.called, guid(call));
    connector.injected.count(&key)
}

/// Whether a call names an actor type, known or not.
fn names_type(call: &Call) -> bool {
    let name = call.request.actor_type.as_deref();
    name.is_some_and(|name| !name.is_empty())
}

/// The error result to the fields of a type that the ERP system does not have.
fn unsupported<'a>(
    connector: &Connector,
    call: &Call,
    reply: &'a mut Reply,
) -> Option<&'a mut Outcome> {
    let about_type = is_saved(connector, call) && asked_type(call).is_none();
    bad(call, reply, Op::GetSupportedActorTypeFields).filter(|_| about_type)
}

/// The fields of one type of actors.
fn fields_of<'a>(call: &Call, reply: &'a mut Reply, name: &str) -> Option<&'a mut Vec<Field>> {
    let asked = call.request.actor_type.as_deref() == Some(name);
    fields(call, reply, Op::GetSupportedActorTypeFields).filter(|_| asked)
}

/// Changes one field, whichever types have it.
fn change_field(call: &Call, reply: &mut Reply, key: &str, change: fn(&mut Field)) {
    let fields = fields(call, reply, Op::GetSupportedActorTypeFields);
    let fields = fields.into_iter().flatten();
    fields.filter(|field| field.key == key).for_each(change);
}

pub const FAULTS: &[Fault] = &[
    // Actor types
    Fault {
        name: "no-actor-types",
        summary: "Offers no actor types in the second company.",
        violates: &["ERP-060"],
        consequences: &["ERP-017", "ERP-028", "ERP-052", "ERP-101"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if is_second(connector, call)
                && let Some(names) = strings(call, reply, Op::GetSupportedActorTypes)
            {
                names.clear();
            }
        })],
    },
    Fault {
        name: "actor-types-in-lower-case",
        summary: "Writes the names of actor types in lower case.",
        violates: &["ERP-061"],
        consequences: &[
            "ERP-066", "ERP-071", "ERP-075", "ERP-092", "ERP-100", "ERP-119", "ERP-171",
        ],
        seams: &[Seam::Answer(|_, call, reply| {
            for name in strings(call, reply, Op::GetSupportedActorTypes)
                .into_iter()
                .flatten()
            {
                *name = name.to_lowercase();
            }
        })],
    },
    Fault {
        name: "actor-type-translated",
        summary: "Translates the name of the actor type Project.",
        violates: &["ERP-061"],
        consequences: &["ERP-066", "ERP-075", "ERP-098", "ERP-119"],
        seams: &[Seam::Answer(|_, call, reply| {
            for name in strings(call, reply, Op::GetSupportedActorTypes)
                .into_iter()
                .flatten()
            {
                if name == "Project" {
                    *name = "Prosjekt".to_owned();
                }
            }
        })],
    },
    Fault {
        name: "unknown-type-offered",
        summary: "Offers the actor type Unknown.",
        violates: &["ERP-062"],
        consequences: &["ERP-066", "ERP-098", "ERP-119", "ERP-142"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(names) = strings(call, reply, Op::GetSupportedActorTypes) {
                names.push("Unknown".to_owned());
            }
        })],
    },
    Fault {
        name: "actor-type-twice",
        summary: "Offers the actor type Customer twice.",
        violates: &["ERP-063"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(names) = strings(call, reply, Op::GetSupportedActorTypes) {
                names.push("Customer".to_owned());
            }
        })],
    },
    Fault {
        name: "actor-types-read-once",
        summary: "Has no actor types left for a connection that asks a second time.",
        violates: &["ERP-060"],
        consequences: &["ERP-065"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(outcome) = good(call, reply, Op::GetSupportedActorTypes)
                && round(connector, call) > 1
            {
                outcome.payload = Payload::Strings(None);
            }
        })],
    },
    Fault {
        name: "second-company-offers-unknown",
        summary: "Offers what it cannot translate as Unknown, in the second company only.",
        violates: &["ERP-062"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if is_second(connector, call)
                && let Some(names) = strings(call, reply, Op::GetSupportedActorTypes)
            {
                names.push("Unknown".to_owned());
            }
        })],
    },
    Fault {
        name: "actor-types-pile-up",
        summary: "Adds its actor types to the same list at each call.",
        violates: &["ERP-063"],
        consequences: &["ERP-065"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(names) = strings(call, reply, Op::GetSupportedActorTypes) {
                let once = names.clone();
                for _ in 1..round(connector, call).min(9) {
                    names.extend_from_slice(&once);
                }
            }
        })],
    },
    Fault {
        name: "actor-types-come-and-go",
        summary: "Leaves Project out of every second list of actor types.",
        violates: &["ERP-065"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(names) = strings(call, reply, Op::GetSupportedActorTypes)
                && connector.injected.count("types").is_multiple_of(2)
            {
                names.retain(|name| name != "Project");
            }
        })],
    },
    // Fields of an actor type
    Fault {
        name: "type-without-fields",
        summary: "Describes no fields for projects.",
        violates: &["ERP-066"],
        consequences: &["ERP-074", "ERP-119", "ERP-079"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(fields) = fields_of(call, reply, "Project") {
                fields.clear();
            }
        })],
    },
    Fault {
        name: "no-fields-in-second-company",
        summary: "Gives a nil list of fields for persons of the second company.",
        violates: &["ERP-066"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let person = call.request.actor_type.as_deref() == Some("Person");
            if is_second(connector, call)
                && let Some(outcome) = good(call, reply, Op::GetSupportedActorTypeFields)
                && person
            {
                outcome.payload = Payload::Fields(None);
            }
        })],
    },
    Fault {
        name: "list-field-without-list",
        summary: "Does not name the list of the customer group.",
        violates: &["ERP-067"],
        consequences: &["ERP-089", "ERP-126"],
        seams: &[Seam::Answer(|_, call, reply| {
            change_field(call, reply, "CUSTGR", |field| field.list_name.clear());
        })],
    },
    Fault {
        name: "field-without-label",
        summary: "Gives a field of suppliers no display name.",
        violates: &["ERP-067"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            change_field(call, reply, "LEADDAYS", |field| field.display_name.clear());
        })],
    },
    Fault {
        name: "field-of-negative-length",
        summary: "Writes -1 as length of a text without limit.",
        violates: &["ERP-067"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            change_field(call, reply, "TEXT", |field| field.max_length = -1);
        })],
    },
    Fault {
        name: "field-twice",
        summary: "Describes NAME twice for suppliers.",
        violates: &["ERP-068"],
        consequences: &["ERP-067"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(fields) = fields_of(call, reply, "Supplier") {
                let again = fields.iter().find(|field| field.key == "NAME").cloned();
                fields.extend(again.map(|field| Field { rank: 99, ..field }));
            }
        })],
    },
    Fault {
        name: "fields-pile-up",
        summary: "Adds the last field of persons once more at each call.",
        violates: &["ERP-068"],
        consequences: &["ERP-073"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(fields) = fields_of(call, reply, "Person")
                && let Some(mut last) = fields.last().cloned()
            {
                for _ in 1..round(connector, call).min(9) {
                    last.rank += 1;
                    fields.push(last.clone());
                }
            }
        })],
    },
    Fault {
        name: "password-among-actor-fields",
        summary: "Describes a note of customers as password.",
        violates: &["ERP-069"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            change_field(call, reply, "NOTE", |field| field.kind = Kind::Password);
        })],
    },
    Fault {
        name: "invented-type-is-a-fault",
        summary: "Answers the fields of an invented actor type with a SOAP fault.",
        violates: &["ERP-071"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if unsupported(connector, call, reply).is_some() && names_type(call) {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "invented-type-has-fields",
        summary: "Describes the fields of customers for every type that it does not know.",
        violates: &["ERP-071"],
        consequences: &["ERP-072"],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetSupportedActorTypeFields)
                && names_type(call)
                && asked_type(call).is_none()
            {
                call.request.actor_type = Some("Customer".to_owned());
            }
            Ok(())
        })],
    },
    Fault {
        name: "unsupported-type-is-empty",
        summary: "Answers the fields of an unsupported type with an empty list.",
        violates: &["ERP-072"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(outcome) = unsupported(connector, call, reply) {
                *outcome = Outcome::ok(Payload::Fields(Some(Vec::new())));
            }
        })],
    },
    Fault {
        name: "field-keys-change",
        summary: "Numbers the key of the last field anew at each call.",
        violates: &["ERP-073"],
        consequences: &["ERP-079", "ERP-119", "ERP-139", "ERP-150"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let count = connector.injected.count("fields");
            if let Some(fields) = fields(call, reply, Op::GetSupportedActorTypeFields)
                && let Some(field) = fields.iter_mut().find(|field| field.key == "NOTE")
            {
                field.key = format!("NOTE{count}");
            }
        })],
    },
    Fault {
        name: "supplier-field-comes-and-goes",
        summary: "Leaves a field of suppliers out of every second description.",
        violates: &["ERP-073"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(fields) = fields_of(call, reply, "Supplier")
                && round(connector, call).is_multiple_of(2)
            {
                fields.retain(|field| field.key != "RATING");
            }
        })],
    },
    Fault {
        name: "demanded-field-not-mandatory",
        summary: "Demands an e-mail address of new customers without declaring it mandatory.",
        violates: &["ERP-074"],
        consequences: &[
            "ERP-104", "ERP-109", "ERP-137", "ERP-138", "ERP-139", "ERP-140", "ERP-144", "ERP-148",
            "ERP-012", "ERP-103", "ERP-102", "ERP-105", "ERP-150", "ERP-151", "ERP-152", "ERP-156",
        ],
        seams: &[Seam::Request(|_, call| {
            let actor = call.request.actor.as_ref();
            let customer = actor.filter(|actor| actor.actor_type.as_deref() == Some("Customer"));
            let given = customer.is_some_and(|actor| {
                let mut pairs = actor.field_values.iter().flatten();
                pairs.any(|(key, value)| key == "EMAIL" && !value.is_empty())
            });
            match is(call, Op::CreateActor) && customer.is_some() && !given {
                true => Err(refusal(Op::CreateActor, "EMAIL has no value.")),
                false => Ok(()),
            }
        })],
    },
];
