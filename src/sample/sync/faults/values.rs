//! Faults of field values.

use super::tools::{each_actor, is, type_of, value};
use super::{Fault, Seam};
use crate::sample::sync::erp::{Cell, Kind, Operation as Op};
use crate::sample::sync::reply::Reply;

/// Visits every value of a type in an answer.
fn each_value(reply: &mut Reply, kind: Kind, change: fn(&mut String)) {
    each_actor(reply, &mut |actor| {
        let actor_type = type_of(actor);
        for (key, value) in actor.field_values.iter_mut().flatten() {
            let field = actor_type.and_then(|actor| actor.field(key));
            if field.is_some_and(|field| field.kind == kind) && !value.is_empty() {
                change(value);
            }
        }
    });
}

pub const FAULTS: &[Fault] = &[
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
        name: "texts-with-signs-encoded",
        summary: "Encodes the texts that hold a sign which XML escapes.",
        violates: &["ERP-086"],
        consequences: &["ERP-012", "ERP-139"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_value(reply, Kind::Text, |value| {
                if value.contains(['&', '<', '>', '"']) {
                    *value = format!("[S:{value}]");
                }
            });
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
        name: "numeric-list-keys-encoded",
        summary: "Encodes the keys of list items that are numbers.",
        violates: &["ERP-089"],
        consequences: &["ERP-126", "ERP-139", "ERP-150"],
        seams: &[Seam::Answer(|_, _, reply| {
            each_value(reply, Kind::List, |value| {
                if value.bytes().all(|sign| sign.is_ascii_digit()) {
                    *value = format!("[I:{value}]");
                }
            });
        })],
    },
    Fault {
        name: "texts-longer-than-declared",
        summary: "Gives names of projects that are longer than their field.",
        violates: &["ERP-090"],
        consequences: &[
            "ERP-012", "ERP-107", "ERP-112", "ERP-121", "ERP-122", "ERP-139", "ERP-150", "ERP-173",
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
];
