//! Faults of simple search and of search below a parent.

use super::tools::{actors, asked_type, crash, found, good, is, outcome, record_of, refusal};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{Actor, ActorType, Cell, Operation as Op, Record};

/// Whether the texts of a record mention a text, in this letter case.
fn mentions(record: &Record, text: &str) -> bool {
    let fields = record.actor_type.fields().iter();
    let texts = fields.filter_map(|field| match record.cell(field.key) {
        Cell::Text(text) => Some(text),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ").contains(text)
}

/// Whether the parent exists that a search is to find the children of.
fn knows_parent(connector: &Connector, call: &Call) -> bool {
    let parent = Actor {
        actor_type: call.request.parent_actor_type.clone(),
        erp_key: call.request.parent_actor_erp_key.clone(),
        ..Actor::default()
    };
    record_of(connector, call, &parent).is_some()
}

/// The text that a search looks for.
fn wanted(call: &Call) -> &str {
    let text = call.request.search_text.as_deref();
    text.unwrap_or_default().trim()
}

pub const FAULTS: &[Fault] = &[
    // WSSearchActors
    Fault {
        name: "no-hits-is-an-error",
        summary: "Answers a simple search without hits with an error.",
        violates: &["ERP-110"],
        consequences: &["ERP-115", "ERP-118"],
        seams: &[Seam::Answer(|_, call, reply| {
            if actors(call, reply, Op::SearchActors).is_some_and(|actors| actors.is_empty()) {
                *reply = refusal(Op::SearchActors, "Nothing was found.");
            }
        })],
    },
    Fault {
        name: "no-person-found-is-a-fault",
        summary: "Answers a simple search that finds no person with a SOAP fault.",
        violates: &["ERP-110"],
        consequences: &["ERP-115", "ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let persons = asked_type(call) == Some(ActorType::Person);
            let found = actors(call, reply, Op::SearchActors);
            if found.is_some_and(|actors| persons && actors.is_empty()) {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "hits-without-stamp",
        summary: "Leaves LastModified empty in the hits of a simple search.",
        violates: &["ERP-111"],
        consequences: &["ERP-078"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SearchActors).into_iter().flatten() {
                actor.last_modified = Some(String::new());
            }
        })],
    },
    Fault {
        name: "hits-of-all-types",
        summary: "Finds suppliers as well in a search for customers without text.",
        violates: &["ERP-111"],
        consequences: &["ERP-100", "ERP-092", "ERP-079", "ERP-110", "ERP-075"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if asked_type(call) == Some(ActorType::Customer)
                && wanted(call).is_empty()
                && let Some(actors) = actors(call, reply, Op::SearchActors)
            {
                actors.extend(found(connector, call, Op::SearchActors, |request| {
                    request.actor_type = Some("Supplier".to_owned());
                }));
            }
        })],
    },
    Fault {
        name: "full-name-finds-nobody",
        summary: "Searches each text field of its own, so that a blank in the text finds nothing.",
        violates: &["ERP-112"],
        consequences: &["ERP-113"],
        seams: &[Seam::Answer(|_, call, reply| {
            if wanted(call).contains(' ')
                && let Some(actors) = actors(call, reply, Op::SearchActors)
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "simple-search-minds-case",
        summary: "Minds letter case in a simple search.",
        violates: &["ERP-113"],
        consequences: &["ERP-112"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actors) = actors(call, reply, Op::SearchActors) {
                actors.retain(|actor| {
                    let record = record_of(connector, call, actor);
                    record.is_some_and(|record| mentions(&record, wanted(call)))
                });
            }
        })],
    },
    Fault {
        name: "blank-search-finds-nothing",
        summary: "Finds nothing for a blank text.",
        violates: &["ERP-114"],
        consequences: &["ERP-116"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actors) = actors(call, reply, Op::SearchActors)
                && wanted(call).is_empty()
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "quote-breaks-the-query",
        summary: "Puts the search text into its query, so that an apostrophe breaks it.",
        violates: &["ERP-115"],
        consequences: &["ERP-110", "ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::SearchActors) && wanted(call).contains('\'') {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "database-message-in-error",
        summary: "Shows the message of the database when a text has a bracket or wildcard.",
        violates: &["ERP-115"],
        consequences: &["ERP-110", "ERP-177"],
        seams: &[Seam::Answer(|_, call, reply| {
            if is(call, Op::SearchActors)
                && wanted(call).contains(['[', '%', '_'])
                && outcome(reply).is_some()
            {
                *reply = refusal(
                    Op::SearchActors,
                    "System.Data.SqlClient.SqlException: Incorrect syntax near '['.",
                );
            }
        })],
    },
    Fault {
        name: "missing-text-is-a-fault",
        summary: "Answers a search without text with a SOAP fault.",
        violates: &["ERP-116"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::SearchActors) && call.request.search_text.is_none() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "missing-text-below-parent-is-a-fault",
        summary: "Answers a search below a parent without text with a SOAP fault.",
        violates: &["ERP-116"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::SearchActorByParent) && call.request.search_text.is_none() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "children-of-all-parents",
        summary: "Finds the children of every parent of the given type.",
        violates: &["ERP-117"],
        consequences: &["ERP-118"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let parent = &call.request.parent_actor_type;
            let children = actors(call, reply, Op::SearchActorByParent);
            if let Some(children) = children.filter(|children| !children.is_empty()) {
                *children = found(connector, call, Op::SearchActors, |_| {});
                children.retain(|child| child.parent_actor_type == *parent);
            }
        })],
    },
    Fault {
        name: "text-below-parent-finds-others",
        summary: "Forgets the parent when it searches below one with a text.",
        violates: &["ERP-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(children) = actors(call, reply, Op::SearchActorByParent)
                && !wanted(call).is_empty()
            {
                *children = found(connector, call, Op::SearchActors, |_| {});
            }
        })],
    },
    Fault {
        name: "parent-left-out-of-hits",
        summary: "Leaves the parent out when it searches by parent.",
        violates: &["ERP-117"],
        consequences: &["ERP-091"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SearchActorByParent)
                .into_iter()
                .flatten()
            {
                actor.parent_actor_type = None;
                actor.parent_erp_key = None;
            }
        })],
    },
    Fault {
        name: "unknown-parent-is-an-error",
        summary: "Answers a search below an unknown parent with an error.",
        violates: &["ERP-118"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let searched = good(call, reply, Op::SearchActorByParent).is_some();
            if searched && !knows_parent(connector, call) {
                *reply = refusal(Op::SearchActorByParent, "No such parent.");
            }
        })],
    },
    Fault {
        name: "unknown-parent-finds-all",
        summary: "Finds everybody when it does not know the parent.",
        violates: &["ERP-118"],
        consequences: &["ERP-117"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(children) = actors(call, reply, Op::SearchActorByParent)
                && !knows_parent(connector, call)
            {
                *children = found(connector, call, Op::SearchActors, |_| {});
            }
        })],
    },
];
