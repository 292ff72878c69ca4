//! Faults of the description of configuration fields.

use super::tools::{fields, good, is, refusal, replace};
use super::{Fault, Seam};
use crate::sample::sync::connector::Connector;
use crate::sample::sync::erp::{Access, Field, Kind, Operation as Op, PASSWORD_FIELD, Payload};

/// Whether no connection is saved.
fn is_new(connector: &Connector) -> bool {
    let saved = connector.erp.as_ref();
    saved.is_none_or(|erp| erp.connections.all().is_empty())
}

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
        name: "configuration-read-once",
        summary: "Has no configuration fields left when it is asked a second time.",
        violates: &["ERP-031"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(outcome) = good(call, reply, Op::GetConfigData)
                && connector.injected.count("described") > 1
            {
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
            match is(call, Op::GetConfigData) && is_new(connector) {
                true => Err(refusal(Op::GetConfigData, "There is no connection yet.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "configuration-empty-before-saving",
        summary: "Lists no configuration fields until a connection is saved.",
        violates: &["ERP-032"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(fields) = fields(call, reply, Op::GetConfigData)
                && is_new(connector)
            {
                fields.clear();
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
        "label-without-key",
        "Gives the label of the dialog no key, as it has no value.",
        &["ERP-033"],
        &[],
        "About",
        |field| field.key.clear()
    ),
    setting_fault!(
        "description-too-long",
        "Describes a configuration field in three hundred characters.",
        &["ERP-034"],
        &[],
        "ClientId",
        |field| field.description = "Which company in the ERP system. ".repeat(10)
    ),
    setting_fault!(
        "label-in-many-languages",
        "Gives a label in so many languages that it gets too long.",
        &["ERP-034"],
        &[],
        "ClientId",
        |field| {
            for language in ["DA", "DE", "ES", "FI", "FR", "IT", "NL", "PL", "SV"] {
                let label = format!(";{language}:\"Client of the ERP system\"");
                field.display_name.push_str(&label);
            }
        }
    ),
    setting_fault!(
        "setting-without-label",
        "Gives the country field no display name.",
        &["ERP-035"],
        &[],
        "Country",
        |field| field.display_name.clear()
    ),
    Fault {
        name: "setting-label-nil",
        summary: "Writes a nil label for the country field.",
        violates: &["ERP-035"],
        consequences: &[],
        seams: &[Seam::Written(|_, call, written| {
            if is(call, Op::GetConfigData) {
                let label = "<DisplayName>US:&quot;Country&quot;;NO:&quot;Land&quot;</DisplayName>";
                replace(written, label, "<DisplayName i:nil=\"true\"/>");
            }
        })],
    },
    setting_fault!(
        "list-setting-without-list",
        "Does not name the list of a configuration field.",
        &["ERP-036"],
        &["ERP-040", "ERP-169"],
        "Country",
        |field| field.list_name.clear()
    ),
    setting_fault!(
        "client-chosen-from-nowhere",
        "Lets the administrator choose the client from a list without a name.",
        &["ERP-036"],
        &[],
        "ClientId",
        |field| field.kind = Kind::List
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
    Fault {
        name: "setting-comes-and-goes",
        summary: "Leaves one field out of every second description of its configuration.",
        violates: &["ERP-044"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(fields) = fields(call, reply, Op::GetConfigData)
                && connector.injected.count("described").is_multiple_of(2)
            {
                fields.retain(|field| field.key != "FinishedProjects");
            }
        })],
    },
];
