//! Faults in configuration fields and connection test.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::tools::{authorization, is, note_test, refusal, result};
use super::{Fault, Seam};
use crate::sample::quote::connector::Call;
use crate::sample::quote::operation::Operation as Op;
use crate::sample::quote::setup::{configuration_fields, good_values};
use crate::sample::quote::wire::{Answer, Object, part, put};

pub const FAULTS: &[Fault] = &[
    // GetConfigurationFields
    Fault {
        name: "field-under-other-key",
        summary: "Files a configuration field under another key than its own.",
        violates: &["QC-098"],
        consequences: &["QC-107"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "checkstock", |field| {
                put(field, "FieldKey", "CheckStock")
            });
        })],
    },
    Fault {
        name: "fields-by-number",
        summary: "Files the configuration fields under running numbers.",
        violates: &["QC-098"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(Value::Object(fields)) = result(call, answer, Op::GetConfigurationFields) {
                let fields = std::mem::take(fields).into_iter().zip(1..);
                let numbered = fields.map(|((_, field), number)| (number.to_string(), field));
                *answer = Answer::result(Value::Object(numbered.collect()));
            }
        })],
    },
    Fault {
        name: "no-fields-null",
        summary: "Answers null when it has no configuration fields.",
        violates: &["QC-099"],
        consequences: &[
            "QC-027", "QC-098", "QC-100", "QC-101", "QC-102", "QC-103", "QC-104", "QC-105",
            "QC-107", "QC-111",
        ],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetConfigurationFields) {
                *value = Value::Null;
            }
        })],
    },
    Fault {
        name: "no-fields-array",
        summary: "Answers an empty array when it has no configuration fields, as PHP does.",
        violates: &["QC-099"],
        consequences: &["QC-058"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::GetConfigurationFields) {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "equal-ranks",
        summary: "Gives two configuration fields the same rank.",
        violates: &["QC-100"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "freight", |field| put(field, "Rank", 1));
        })],
    },
    Fault {
        name: "list-of-field-missing",
        summary: "Names a list for a configuration field that it does not have.",
        violates: &["QC-101", "QC-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "warehouse", |field| {
                put(field, "ListName", "stores")
            });
        })],
    },
    Fault {
        name: "list-field-without-list",
        summary: "Forgets to name the list of a configuration field of type List.",
        violates: &["QC-101"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "warehouse", |field| {
                put(field, "ListName", "")
            });
        })],
    },
    Fault {
        name: "checkbox-default-true",
        summary: "Gives a checkbox the default true instead of 1.",
        violates: &["QC-102"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "checkstock", |field| {
                put(field, "DefaultValue", "true")
            });
        })],
    },
    Fault {
        name: "label-mandatory",
        summary: "Makes a label mandatory.",
        violates: &["QC-103"],
        consequences: &["QC-107"],
        seams: &[Seam::Answer(|_, call, answer| {
            change_field(call, answer, "heading", |field| {
                put(field, "Access", "Mandatory")
            });
        })],
    },
    Fault {
        name: "long-field-key",
        summary: "Gives a configuration field a key that is longer than its column.",
        violates: &["QC-104"],
        consequences: &["QC-064"],
        seams: &[Seam::Answer(|_, call, answer| {
            rename_field(call, answer, "since", &"since".repeat(60));
        })],
    },
    Fault {
        name: "empty-field-key",
        summary: "Leaves the key of a configuration field empty.",
        violates: &["QC-104"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            rename_field(call, answer, "since", "")
        })],
    },
    Fault {
        name: "reserved-field-key",
        summary: "Asks for the Url once more among its configuration fields.",
        violates: &["QC-105"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            rename_field(call, answer, "since", "Url")
        })],
    },
    // TestConnection
    Fault {
        name: "failed-test-400",
        summary: "Answers a failed connection test 400.",
        violates: &["QC-106", "QC-068"],
        consequences: &["QC-107", "QC-108", "QC-109"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::TestConnection)
                && value["State"] == "Error"
            {
                answer.status = StatusCode::BAD_REQUEST;
            }
        })],
    },
    Fault {
        name: "failed-test-false",
        summary: "Answers a failed connection test with false.",
        violates: &["QC-106"],
        consequences: &["QC-058", "QC-107", "QC-108"],
        seams: &[Seam::Answer(|_, call, answer| {
            if let Some(value) = result(call, answer, Op::TestConnection)
                && value["State"] == "Error"
            {
                *value = json!(false);
            }
        })],
    },
    Fault {
        name: "missing-fields-pass",
        summary: "Tests with its own defaults where mandatory fields are empty.",
        violates: &["QC-107"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::TestConnection) {
                fill_in(call, |value| {
                    value.is_none_or(|value| value.trim().is_empty())
                });
            }
            Ok(())
        })],
    },
    Fault {
        name: "always-connected",
        summary: "Looks whether the values are there, but never tries them.",
        violates: &["QC-108"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::TestConnection) {
                fill_in(call, |value| {
                    value.is_some_and(|value| !value.trim().is_empty())
                });
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-value-refused",
        summary: "Fails the connection test when a value belongs to no field.",
        violates: &["QC-109"],
        consequences: &["QC-110", "QC-111"],
        seams: &[Seam::Answer(|_, call, answer| {
            if has_unknown_value(call)
                && let Some(value) = result(call, answer, Op::TestConnection)
            {
                *value = Value::Object(refusal());
            }
        })],
    },
    Fault {
        name: "unknown-value-noted",
        summary: "Notes in the outcome of a connection test which values it does not know.",
        violates: &["QC-109"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, answer| {
            if has_unknown_value(call)
                && let Some(value) = result(call, answer, Op::TestConnection)
                && value["State"] == "Ok"
            {
                value["State"] = json!("OkWithInfo");
                value["UserExplanation"] = json!("US:\"Unknown value.\";NO:\"Ukjent verdi.\"");
            }
        })],
    },
    Fault {
        name: "test-changes-prices",
        summary: "Shows no price lists until a connection test has succeeded again.",
        violates: &["QC-110"],
        consequences: &["QC-048", "QC-117", "QC-119", "QC-121", "QC-133", "QC-250"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let failed = format!("failed test of {}", call.customer);
            if !note_test(connector, call, answer, &failed, json!(true))
                && connector.injected.recall(&failed).is_some()
                && let Some(value) = result(call, answer, Op::GetActivePriceLists)
            {
                *value = json!([]);
            }
        })],
    },
    Fault {
        name: "capabilities-asked-first",
        summary: "Wants GetCapabilities to be called before a connection is tested.",
        violates: &["QC-111"],
        consequences: &["QC-109", "QC-110"],
        seams: &[Seam::Answer(|connector, call, answer| {
            let session = session(call);
            if is(call, Op::GetCapabilities) {
                connector.injected.remember(session, json!(true));
            } else if connector.injected.recall(&session).is_none()
                && let Some(value) = result(call, answer, Op::TestConnection)
            {
                *value = Value::Object(refusal());
            }
        })],
    },
    Fault {
        name: "fields-not-loaded-at-first",
        summary: "Has no configuration fields yet when a session begins with them.",
        violates: &["QC-111"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, answer| {
            let is_first = connector.injected.count(&session(call)) == 1;
            if is_first && let Some(value) = result(call, answer, Op::GetConfigurationFields) {
                *value = json!({});
            }
        })],
    },
];

fn change_field(call: &Call, answer: &mut Answer, key: &str, change: impl FnOnce(&mut Object)) {
    if let Some(value) = result(call, answer, Op::GetConfigurationFields)
        && let Some(field) = value.get_mut(key).and_then(Value::as_object_mut)
    {
        change(field);
    }
}

/// Sets the good value where the value typed is like this.
fn fill_in(call: &mut Call, is_so: fn(Option<&str>) -> bool) {
    let mut values = part(&call.request, "ConnectionConfigFields");
    for (key, good) in good_values() {
        if is_so(values.get(key).and_then(Value::as_str)) {
            put(&mut values, key, good);
        }
    }
    put(&mut call.request, "ConnectionConfigFields", values);
}

/// Gives a field another key, in both places.
fn rename_field(call: &Call, answer: &mut Answer, key: &str, other: &str) {
    if let Some(Value::Object(fields)) = result(call, answer, Op::GetConfigurationFields)
        && let Some(mut field) = fields.remove(key)
    {
        field["FieldKey"] = json!(other);
        fields.insert(other.to_owned(), field);
    }
}

/// Whether a value typed belongs to no field.
fn has_unknown_value(call: &Call) -> bool {
    let fields = configuration_fields();
    let values = part(&call.request, "ConnectionConfigFields");
    values.keys().any(|name| fields.get(name).is_none())
}

/// What is remembered of the session that a call belongs to.
fn session(call: &Call) -> String {
    format!("session {}", authorization(call).unwrap_or_default())
}
