//! Faults of simple search and of search below a parent.

use super::tools::{actors, asked_type, company, crash, good, is, outcome, refusal, run};
use super::{Fault, Seam};
use crate::sample::sync::erp::{Actor, ActorType, Operation as Op, Payload};

/// Whether an actor of the answer mentions the search text in this letter case.
fn mentions(actor: &Actor, text: &str) -> bool {
    let mut pairs = actor.field_values.iter().flatten();
    pairs.any(|(_, value)| value.contains(text))
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
        summary: "Leaves LastModified out of the hits of a simple search.",
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
        summary: "Finds suppliers as well in a simple search for customers.",
        violates: &["ERP-111"],
        consequences: &["ERP-100", "ERP-092", "ERP-079", "ERP-110", "ERP-075"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let mut request = call.request.clone();
            let customers = request.actor_type.as_deref() == Some("Customer");
            let blank = request
                .search_text
                .as_deref()
                .unwrap_or_default()
                .is_empty();
            request.actor_type = Some("Supplier".to_owned());
            let erp = connector.erp.as_ref().filter(|_| customers && blank);
            let others = erp.map(|erp| erp.handle(Op::SearchActors, &request, call.now));
            if let Some(Payload::Actors(Some(others))) = others.map(|others| others.payload)
                && let Some(actors) = actors(call, reply, Op::SearchActors)
            {
                actors.extend(others);
            }
        })],
    },
    Fault {
        name: "full-name-finds-nobody",
        summary: "Searches each text field of its own, so that a blank in the text finds nothing.",
        violates: &["ERP-112"],
        consequences: &["ERP-113"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call
                .request
                .search_text
                .as_deref()
                .unwrap_or_default()
                .trim();
            if text.contains(' ')
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
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call.request.search_text.clone().unwrap_or_default();
            if let Some(actors) = actors(call, reply, Op::SearchActors).filter(|_| !text.is_empty())
            {
                let upper = text.to_uppercase() == text || text.to_lowercase() == text;
                actors.retain(|actor| !upper || mentions(actor, &text));
            }
        })],
    },
    Fault {
        name: "blank-search-finds-nothing",
        summary: "Finds nothing for a blank text.",
        violates: &["ERP-114"],
        consequences: &["ERP-116"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call.request.search_text.as_deref().unwrap_or_default();
            if let Some(actors) =
                actors(call, reply, Op::SearchActors).filter(|_| text.trim().is_empty())
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
            let text = call.request.search_text.as_deref().unwrap_or_default();
            match is(call, Op::SearchActors) && text.contains('\'') {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "database-message-in-error",
        summary: "Shows the message of the database when a text has a bracket.",
        violates: &["ERP-115"],
        consequences: &["ERP-110", "ERP-177"],
        seams: &[Seam::Answer(|_, call, reply| {
            let text = call.request.search_text.as_deref().unwrap_or_default();
            if is(call, Op::SearchActors)
                && text.contains(['[', '%', '_'])
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
            let mut request = call.request.clone();
            request.search_text = request.search_text.filter(|text| !text.is_empty());
            let erp = connector.erp.as_ref();
            let all = erp.map(|erp| erp.handle(Op::SearchActors, &request, call.now));
            let same_type = call.request.parent_actor_type.clone();
            let found = actors(call, reply, Op::SearchActorByParent).is_some_and(|a| !a.is_empty());
            if let Some(Payload::Actors(Some(mut all))) = all.map(|all| all.payload)
                && let Some(outcome) = good(call, reply, Op::SearchActorByParent).filter(|_| found)
            {
                all.retain(|actor| actor.parent_actor_type == same_type);
                outcome.payload = Payload::Actors(Some(all));
            }
        })],
    },
    Fault {
        name: "text-below-parent-finds-others",
        summary: "Forgets the parent when it searches below one with a text.",
        violates: &["ERP-117"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let text = call.request.search_text.as_deref().unwrap_or_default();
            if let Some(outcome) = good(call, reply, Op::SearchActorByParent)
                && !text.is_empty()
                && let Some(all) = run(connector, call, Op::SearchActors, |_| {})
            {
                *outcome = all;
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
        seams: &[Seam::Answer(|_, call, reply| {
            let none = actors(call, reply, Op::SearchActorByParent).is_some_and(|a| a.is_empty());
            if none
                && call
                    .request
                    .search_text
                    .as_deref()
                    .unwrap_or_default()
                    .is_empty()
            {
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
            let request = &call.request;
            let parent = request
                .parent_actor_type
                .as_deref()
                .and_then(ActorType::named);
            let key = request.parent_actor_erp_key.as_deref().unwrap_or_default();
            let known = company(connector, call).zip(parent);
            let known = known.and_then(|(company, parent)| company.record(parent, key));
            if known.is_none()
                && let Some(outcome) = good(call, reply, Op::SearchActorByParent)
                && let Some(all) = run(connector, call, Op::SearchActors, |_| {})
            {
                *outcome = all;
            }
        })],
    },
];
