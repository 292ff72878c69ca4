//! Faults of the descriptions: configuration fields, actor types and their fields.

use super::tools::{bad, crash, fields, good, is, refusal, strings};
use super::{Fault, Seam};
use crate::sample::sync::erp::{
    Access, Field, Kind, Operation as Op, Outcome, PASSWORD_FIELD, Payload,
};

/// A configuration field by its key.
fn setting<'a>(fields: &'a mut [Field], key: &str) -> Option<&'a mut Field> {
    fields.iter_mut().find(|field| field.key == key)
}

/// Changes one configuration field.
macro_rules! setting_fault {
    ($name:literal, $summary:literal, $violates:expr, $consequences:expr, $key:expr, $change:expr) => {
        Fault {
            name: $name,
            summary: $summary,
            violates: $violates,
            consequences: $consequences,
            seams: &[Seam::Answer(|_, call, reply| {
                let change: fn(&mut Field) = $change;
                if let Some(fields) = fields(call, reply, Op::GetConfigData)
                    && let Some(field) = setting(fields, $key)
                {
                    change(field);
                }
            })],
        }
    };
}

pub const FAULTS: &[Fault] = &[
    // Configuration fields
    Fault {
        name: "configuration-fields-nil",
        summary: "Describes its configuration with a nil list.",
        violates: &["ERP-031"],
        consequences: &["ERP-032"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = good(call, reply, Op::GetConfigData) {
                outcome.payload = Payload::Fields(None);
            }
        })],
    },
    Fault {
        name: "configuration-needs-a-connection",
        summary: "Describes its configuration only after a connection was saved.",
        violates: &["ERP-032"],
        consequences: &[
            "ERP-031", "ERP-046", "ERP-049", "ERP-171", "ERP-173", "ERP-002", "ERP-003", "ERP-044",
        ],
        seams: &[Seam::Request(|connector, call| {
            let saved = connector.erp.as_ref();
            let none = saved.is_none_or(|erp| erp.connections.all().is_empty());
            match is(call, Op::GetConfigData) && none {
                true => Err(refusal(Op::GetConfigData, "There is no connection yet.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "configuration-field-twice",
        summary: "Describes the field ClientId twice.",
        violates: &["ERP-033"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(fields) = fields(call, reply, Op::GetConfigData) {
                let again = fields.iter().find(|field| field.key == "ClientId").cloned();
                fields.extend(again.map(|field| Field { rank: 9, ..field }));
            }
        })],
    },
    setting_fault!(
        "description-too-long",
        "Describes a configuration field in three hundred characters.",
        &["ERP-034"],
        &[],
        "ClientId",
        |field| field.description = "Which company in the ERP system. ".repeat(10)
    ),
    setting_fault!(
        "setting-without-label",
        "Gives the country field no display name.",
        &["ERP-035"],
        &[],
        "Country",
        |field| field.display_name.clear()
    ),
    setting_fault!(
        "list-setting-without-list",
        "Does not name the list of a configuration field.",
        &["ERP-036"],
        &["ERP-040", "ERP-169"],
        "Country",
        |field| field.list_name.clear()
    ),
    setting_fault!(
        "text-setting-with-list",
        "Names a list for a text field.",
        &["ERP-037"],
        &[],
        "ClientId",
        |field| field.list_name = "CountryList".to_owned()
    ),
    setting_fault!(
        "negative-length",
        "Writes -1 for a length without limit.",
        &["ERP-038"],
        &[],
        "Country",
        |field| field.max_length = -1
    ),
    Fault {
        name: "settings-without-order",
        summary: "Gives all configuration fields the same rank.",
        violates: &["ERP-039"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for field in fields(call, reply, Op::GetConfigData).into_iter().flatten() {
                field.rank = 0;
            }
        })],
    },
    setting_fault!(
        "default-not-in-list",
        "Suggests a country that is not in the list.",
        &["ERP-040"],
        &[],
        "Country",
        |field| field.default_value = "Norway".to_owned()
    ),
    setting_fault!(
        "password-suggested",
        "Suggests a password for the technical user.",
        &["ERP-041"],
        &[],
        PASSWORD_FIELD,
        |field| field.default_value = "Winter2026!".to_owned()
    ),
    setting_fault!(
        "label-is-mandatory",
        "Marks a label as mandatory.",
        &["ERP-042"],
        &["ERP-045", "ERP-046", "ERP-051"],
        "About",
        |field| field.access = Access::Mandatory
    ),
    setting_fault!(
        "languages-without-semicolon",
        "Leaves out the semicolons between languages.",
        &["ERP-043"],
        &[],
        "ClientId",
        |field| field.display_name = field.display_name.replace("\";", "\"")
    ),
    Fault {
        name: "setting-names-change",
        summary: "Numbers the key of a configuration field anew at each call.",
        violates: &["ERP-044"],
        consequences: &["ERP-045", "ERP-046", "ERP-051"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let count = connector.injected.count("described");
            if let Some(fields) = fields(call, reply, Op::GetConfigData)
                && let Some(field) = setting(fields, "About")
            {
                field.key = format!("About{count}");
            }
        })],
    },
    // Actor types
    Fault {
        name: "no-actor-types",
        summary: "Offers no actor types on the second connection.",
        violates: &["ERP-060"],
        consequences: &["ERP-017", "ERP-028", "ERP-052", "ERP-101"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let settings = super::tools::settings(connector, call);
            if settings.is_some_and(|settings| settings.company == 1)
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
            let project = call.request.actor_type.as_deref() == Some("Project");
            if let Some(fields) =
                fields(call, reply, Op::GetSupportedActorTypeFields).filter(|_| project)
            {
                fields.clear();
            }
        })],
    },
    Fault {
        name: "list-field-without-list",
        summary: "Does not name the list of the customer group.",
        violates: &["ERP-067"],
        consequences: &["ERP-089", "ERP-126"],
        seams: &[Seam::Answer(|_, call, reply| {
            for field in fields(call, reply, Op::GetSupportedActorTypeFields)
                .into_iter()
                .flatten()
            {
                if field.key == "CUSTGR" {
                    field.list_name.clear();
                }
            }
        })],
    },
    Fault {
        name: "field-twice",
        summary: "Describes NAME twice for suppliers.",
        violates: &["ERP-068"],
        consequences: &["ERP-067"],
        seams: &[Seam::Answer(|_, call, reply| {
            let supplier = call.request.actor_type.as_deref() == Some("Supplier");
            if let Some(fields) =
                fields(call, reply, Op::GetSupportedActorTypeFields).filter(|_| supplier)
            {
                let again = fields.iter().find(|field| field.key == "NAME").cloned();
                fields.extend(again.map(|field| Field { rank: 99, ..field }));
            }
        })],
    },
    Fault {
        name: "password-among-actor-fields",
        summary: "Describes a note of customers as password.",
        violates: &["ERP-069"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for field in fields(call, reply, Op::GetSupportedActorTypeFields)
                .into_iter()
                .flatten()
            {
                if field.key == "NOTE" {
                    field.kind = Kind::Password;
                }
            }
        })],
    },
    Fault {
        name: "invented-type-is-a-fault",
        summary: "Answers the fields of an invented actor type with a SOAP fault.",
        violates: &["ERP-071"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let unknown = bad(call, reply, Op::GetSupportedActorTypeFields)
                .is_some_and(|outcome| outcome.error_code.is_none());
            if unknown
                && call
                    .request
                    .actor_type
                    .as_deref()
                    .is_some_and(|name| !name.is_empty())
            {
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
            let known = ["Customer", "Supplier", "Person", "Project"];
            let name = call.request.actor_type.as_deref().unwrap_or_default();
            if is(call, Op::GetSupportedActorTypeFields)
                && !name.is_empty()
                && !known.contains(&name)
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
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = bad(call, reply, Op::GetSupportedActorTypeFields)
                && outcome.error_code.is_none()
                && call
                    .request
                    .connection_guid
                    .as_ref()
                    .is_some_and(|guid| guid.len() >= 32)
            {
                *outcome = Outcome::ok(Payload::Fields(None));
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
