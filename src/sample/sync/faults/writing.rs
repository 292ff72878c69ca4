//! Faults of creating and saving actors, of lists, and of error results.

use serde_json::json;

use super::tools::{
    actors, bad, company, crash, each_actor, good, is, items, outcome, refusal, value,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Called, Connector};
use crate::sample::sync::erp::{
    Access, Actor, ActorType, Kind, Operation as Op, Outcome, Payload, Request, State,
    UNKNOWN_FIELD, UNKNOWN_ITEM,
};
use crate::sample::sync::reply::Reply;

/// The actor that WSCreateActor gives.
fn created<'a>(call: &Call, reply: &'a mut Reply) -> Option<&'a mut Actor> {
    match &mut good(call, reply, Op::CreateActor)?.payload {
        Payload::Actor(actor) => actor.as_mut(),
        _ => None,
    }
}

/// The actors that a request brings.
fn given(call: &mut Call) -> impl Iterator<Item = &mut Actor> {
    let request = &mut call.request;
    request
        .actor
        .iter_mut()
        .chain(request.actors.iter_mut().flatten())
}

/// Whether a value that is mandatory is missing in the actor to create.
fn lacks_mandatory(call: &Call) -> bool {
    let actor = call.request.actor.as_ref();
    let actor_type = actor
        .and_then(|actor| actor.actor_type.as_deref())
        .and_then(ActorType::named);
    actor.zip(actor_type).is_some_and(|(actor, actor_type)| {
        actor_type.fields().iter().any(|field| {
            let mut pairs = actor.field_values.iter().flatten();
            field.access == Access::Mandatory
                && !pairs.any(|(key, value)| key == field.key && !value.trim().is_empty())
        })
    })
}

/// Runs an operation for the connection of a call.
fn run(
    connector: &Connector,
    call: &Call,
    operation: Op,
    change: impl FnOnce(&mut Request),
) -> Option<Outcome> {
    let mut request = call.request.clone();
    change(&mut request);
    let outcome = connector
        .erp
        .as_ref()?
        .handle(operation, &request, call.now);
    Some(outcome)
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
                && let Some(actor_type) = actor.actor_type.as_deref().and_then(ActorType::named)
            {
                let pairs = actor.field_values.get_or_insert_default();
                for field in actor_type.fields() {
                    let mandatory = field.access == Access::Mandatory;
                    let filled = pairs
                        .iter()
                        .any(|(key, value)| key == field.key && !value.trim().is_empty());
                    if mandatory && !filled {
                        let value = if field.list.is_empty() {
                            "(none)"
                        } else {
                            "RAW"
                        };
                        pairs.retain(|(key, _)| key != field.key);
                        pairs.push((field.key.to_owned(), value.to_owned()));
                    }
                }
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
            if bad(call, reply, Op::CreateActor).is_some() && lacks_mandatory(call) {
                run(connector, call, Op::CreateActor, |request| {
                    let actor = request.actor.get_or_insert_default();
                    let made_up = [
                        ("NAME", "(none)"),
                        ("FIRSTNAME", "(none)"),
                        ("LASTNAME", "(none)"),
                        ("CATEGORY", "RAW"),
                    ];
                    let known = actor.actor_type.as_deref().and_then(ActorType::named);
                    let made_up = made_up
                        .iter()
                        .filter(|(key, _)| known.is_some_and(|known| known.field(key).is_some()))
                        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
                    actor.field_values = Some(made_up.collect());
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
                && actor
                    .actor_type
                    .as_deref()
                    .and_then(ActorType::named)
                    .is_none()
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
        name: "person-without-parent-created",
        summary: "Creates a person without parent below its first customer.",
        violates: &["ERP-143"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let first = company(connector, call)
                .and_then(|company| company.records(ActorType::Customer).into_iter().next());
            if is(call, Op::CreateActor)
                && let Some(actor) = &mut call.request.actor
                && actor.actor_type.as_deref() == Some("Person")
                && actor
                    .parent_erp_key
                    .as_deref()
                    .unwrap_or_default()
                    .is_empty()
                && let Some(first) = first
            {
                actor.parent_actor_type = Some("Customer".to_owned());
                actor.parent_erp_key = Some(first.key);
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
            let first = company(connector, call)
                .and_then(|company| company.records(ActorType::Customer).into_iter().next());
            if is(call, Op::CreateActor)
                && let Some(actor) = &mut call.request.actor
                && actor.actor_type.as_deref() == Some("Person")
                && actor.parent_actor_type.as_deref() == Some("Customer")
                && let Some(first) = first
            {
                actor.parent_erp_key = Some(first.key);
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
            let sent: Vec<&Actor> = request
                .actor
                .iter()
                .chain(request.actors.iter().flatten())
                .collect();
            let mut number = 0;
            each_actor(reply, &mut |actor| {
                let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                let key = actor.erp_key.clone().unwrap_or_default();
                let given = sent.get(number).filter(|_| writes);
                number += 1;
                for (name, value) in given
                    .iter()
                    .flat_map(|actor| actor.field_values.iter().flatten())
                {
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
            for actor in given(call) {
                let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                for (key, value) in actor.field_values.iter_mut().flatten() {
                    let field = actor_type.and_then(|actor| actor.field(key));
                    let longest = field.map_or(0, |field| field.max_length);
                    let longest = usize::try_from(longest).unwrap_or_default();
                    if longest > 0 {
                        *value = value.chars().take(longest).collect();
                    }
                }
            }
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
            for actor in given(call) {
                let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                for (key, value) in actor.field_values.iter_mut().flatten() {
                    let kind = actor_type
                        .and_then(|actor| actor.field(key))
                        .map(|field| field.kind);
                    let number = matches!(kind, Some(Kind::Integer | Kind::Double));
                    if number && !value.starts_with('[') {
                        value.clear();
                    }
                }
            }
            Ok(())
        })],
    },
    // WSSaveActors
    Fault {
        name: "fields-not-given-are-emptied",
        summary: "Empties the phone and the note of a customer when they are not given.",
        violates: &["ERP-150"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            for actor in call.request.actors.iter_mut().flatten() {
                if actor.actor_type.as_deref() == Some("Customer") {
                    let pairs = actor.field_values.get_or_insert_default();
                    for key in ["PHONE", "NOTE", "EMAIL"] {
                        if !pairs.iter().any(|(name, _)| name == key) {
                            pairs.push((key.to_owned(), String::new()));
                        }
                    }
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "texts-not-saved",
        summary: "Answers a save Ok without changing any text.",
        violates: &["ERP-150", "ERP-173"],
        consequences: &["ERP-012", "ERP-158"],
        seams: &[Seam::Request(|_, call| {
            for actor in call.request.actors.iter_mut().flatten() {
                let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                if let Some(pairs) = &mut actor.field_values {
                    pairs.retain(|(key, _)| {
                        let field = actor_type.and_then(|actor| actor.field(key));
                        field.is_none_or(|field| field.kind != Kind::Text)
                    });
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "saved-actors-not-told",
        summary: "Saves actors without giving them back.",
        violates: &["ERP-151"],
        consequences: &["ERP-102", "ERP-103", "ERP-109", "ERP-152", "ERP-156"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actors) = actors(call, reply, Op::SaveActors) {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "key-follows-the-name",
        summary: "Tells a new key for a customer whose name has changed.",
        violates: &["ERP-152"],
        consequences: &["ERP-151", "ERP-103", "ERP-102"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                let named = value(actor, "NAME").map(|name| name.to_lowercase());
                if let (Some(name), Some(key)) = (named, &mut actor.erp_key) {
                    let letters: String = name
                        .chars()
                        .filter(|c| c.is_alphanumeric())
                        .take(6)
                        .collect();
                    *key = format!("{key}-{letters}");
                }
            }
        })],
    },
    Fault {
        name: "save-creates-actors",
        summary: "Creates an actor when it is to save one that it does not know.",
        violates: &["ERP-153"],
        consequences: &["ERP-151", "ERP-154", "ERP-155"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let unknown: Vec<Actor> = call
                .request
                .actors
                .iter()
                .flatten()
                .filter(|actor| {
                    let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                    let key = actor.erp_key.clone().unwrap_or_default();
                    company(connector, call)
                        .zip(actor_type)
                        .is_some_and(|(company, kind)| company.record(kind, &key).is_none())
                })
                .cloned()
                .collect();
            if !is(call, Op::SaveActors) || unknown.is_empty() || outcome(reply).is_none() {
                return;
            }
            let mut made: Vec<Actor> = Vec::new();
            for mut actor in unknown {
                let pairs = actor.field_values.get_or_insert_default();
                if !pairs.iter().any(|(key, _)| key == "NAME") {
                    pairs.push(("NAME".to_owned(), "(imported)".to_owned()));
                }
                let done = run(connector, call, Op::CreateActor, |request| {
                    request.actor = Some(actor);
                });
                if let Some(Payload::Actor(Some(actor))) = done.map(|done| done.payload) {
                    made.push(actor);
                }
            }
            if let Some(outcome) = outcome(reply)
                && !made.is_empty()
            {
                let mut saved = match &outcome.payload {
                    Payload::Actors(Some(saved)) => saved.clone(),
                    _ => Vec::new(),
                };
                saved.extend(made);
                *outcome = Outcome::ok(Payload::Actors(Some(saved)));
            }
        })],
    },
    Fault {
        name: "unknown-actors-skipped-silently",
        summary: "Skips actors that it does not know without a word.",
        violates: &["ERP-154"],
        consequences: &["ERP-155", "ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = outcome(reply).filter(|_| is(call, Op::SaveActors))
                && outcome
                    .tech
                    .as_deref()
                    .is_some_and(|tech| tech.contains("has ErpKey"))
            {
                let saved = match &outcome.payload {
                    Payload::Actors(Some(saved)) => saved.clone(),
                    _ => Vec::new(),
                };
                *outcome = Outcome::ok(Payload::Actors(Some(saved)));
            }
        })],
    },
    Fault {
        name: "half-saved-batch-is-an-error",
        summary: "Calls a batch an error although it has saved a part of it.",
        violates: &["ERP-155"],
        consequences: &["ERP-175"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = good(call, reply, Op::SaveActors)
                && outcome.state == State::Warning
            {
                outcome.state = State::Error;
                outcome.is_ok = false;
                outcome.payload = Payload::Actors(None);
            }
        })],
    },
    Fault {
        name: "batch-of-one-type",
        summary: "Takes the type of the first actor for the whole batch.",
        violates: &["ERP-156"],
        consequences: &["ERP-150", "ERP-151", "ERP-155"],
        seams: &[Seam::Request(|_, call| {
            if let Some(actors) = &mut call.request.actors
                && let Some(first) = actors.first().and_then(|actor| actor.actor_type.clone())
            {
                for actor in actors {
                    actor.actor_type = Some(first.clone());
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "empty-batch-is-an-error",
        summary: "Refuses a batch without actors.",
        violates: &["ERP-157"],
        consequences: &[],
        seams: &[Seam::Request(|connector, call| {
            let none = call.request.actors.as_ref().is_none_or(Vec::is_empty);
            let known = company(connector, call).is_some();
            match is(call, Op::SaveActors) && none && known {
                true => Err(refusal(Op::SaveActors, "There is nothing to save.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "texts-cannot-be-emptied",
        summary: "Takes an empty value for one that was not given.",
        violates: &["ERP-158"],
        consequences: &["ERP-150", "ERP-159", "ERP-173"],
        seams: &[Seam::Request(|_, call| {
            for actor in call.request.actors.iter_mut().flatten() {
                if let Some(pairs) = &mut actor.field_values {
                    pairs.retain(|(_, value)| !value.is_empty());
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "mandatory-field-emptied",
        summary: "Lets a mandatory field be emptied.",
        violates: &["ERP-159"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            for (key, value) in call
                .request
                .actors
                .iter_mut()
                .flatten()
                .flat_map(|actor| actor.field_values.iter_mut().flatten())
            {
                if value.trim().is_empty() && key.ends_with("NAME") {
                    *value = "-".to_owned();
                }
            }
            Ok(())
        })],
    },
    Fault {
        name: "unknown-item-saved-as-first",
        summary: "Saves the first item of a list in place of one that is not in it.",
        violates: &["ERP-160"],
        consequences: &["ERP-173", "ERP-150"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let unknown = bad(call, reply, Op::SaveActors)
                .is_some_and(|outcome| outcome.error_code.as_deref() == Some(UNKNOWN_ITEM));
            let done = unknown.then(|| {
                run(connector, call, Op::SaveActors, |request| {
                    let lists = [
                        ("CUSTGR", "G1"),
                        ("COUNTRY", "NO"),
                        ("CATEGORY", "RAW"),
                        ("POSITION", "1"),
                        ("STATUS", "PLAN"),
                    ];
                    let pairs = request.actors.iter_mut().flatten();
                    for (key, value) in pairs.filter_map(|a| a.field_values.as_mut()).flatten() {
                        if let Some((_, first)) = lists.iter().find(|(list, _)| list == key) {
                            *value = (*first).to_owned();
                        }
                    }
                })
            });
            if let Some(done) = done.flatten() {
                *reply = Reply::Outcome(done);
            }
        })],
    },
    Fault {
        name: "stamps-of-saves-stand-still",
        summary: "Keeps the stamp of an actor that is saved a second time.",
        violates: &["ERP-102"],
        consequences: &["ERP-103", "ERP-105", "ERP-109"],
        seams: &[Seam::Answer(|connector, _, reply| {
            each_actor(reply, &mut |actor| {
                let key = actor.erp_key.clone().unwrap_or_default();
                let id = format!("stamp {key}");
                let first = connector.injected.recall(&id);
                match first.as_ref().and_then(|first| first.as_str()) {
                    Some(first) => actor.last_modified = Some(first.to_owned()),
                    None => {
                        connector.injected.remember(id, json!(actor.last_modified));
                    }
                }
            });
        })],
    },
    // Lists
    Fault {
        name: "list-of-groups-missing",
        summary: "Does not have the list of customer groups that a field names.",
        violates: &["ERP-161"],
        consequences: &["ERP-089", "ERP-126", "ERP-165"],
        seams: &[Seam::Request(|_, call| {
            if call.request.list_name.as_deref() == Some("CustomerGroup") {
                call.request.list_name = Some("CustomerGroups".to_owned());
            }
            Ok(())
        })],
    },
    Fault {
        name: "list-item-twice",
        summary: "Lists the first item twice.",
        violates: &["ERP-162"],
        consequences: &["ERP-161", "ERP-165"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(items) = items(call, reply, Op::GetList) {
                let first = items.first().cloned();
                items.extend(first);
            }
        })],
    },
    Fault {
        name: "list-item-without-text",
        summary: "Gives one item of every list no text.",
        violates: &["ERP-163"],
        consequences: &["ERP-165"],
        seams: &[Seam::Answer(|_, call, reply| {
            let either = items(call, reply, Op::GetList).is_some();
            let operation = if either {
                Op::GetList
            } else {
                Op::GetListItems
            };
            for (key, text) in items(call, reply, operation).into_iter().flatten() {
                if ["G1", "DK", "TRN", "2", "PLAN"].contains(&key.as_str()) {
                    text.clear();
                }
            }
        })],
    },
    Fault {
        name: "item-texts-differ",
        summary: "Gives another text for an item alone than in its list.",
        violates: &["ERP-165"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for (key, text) in items(call, reply, Op::GetListItems).into_iter().flatten() {
                *text = format!("{key} {text}");
            }
        })],
    },
    Fault {
        name: "item-keys-ignored",
        summary: "Gives the whole list when it is asked for some items.",
        violates: &["ERP-165"],
        consequences: &["ERP-166", "ERP-170"],
        seams: &[
            Seam::Request(|_, call| {
                if is(call, Op::GetListItems) {
                    call.called = Some(Called::Erp(Op::GetList));
                }
                Ok(())
            }),
            Seam::Written(|_, call, written| {
                if call.text.contains("WSGetListItems") {
                    super::tools::replace(written, "WSGetListRes", "WSGetListItemsRes");
                }
            }),
        ],
    },
    Fault {
        name: "unknown-item-is-a-fault",
        summary: "Answers an item key that it does not know with a SOAP fault.",
        violates: &["ERP-166"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let asked = call.request.list_item_keys.as_ref().map_or(0, Vec::len);
            let found = items(call, reply, Op::GetListItems).map(|items| items.len());
            if found.is_some_and(|found| found < asked) {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "unknown-list-is-a-fault",
        summary: "Answers a list that it does not have with a SOAP fault.",
        violates: &["ERP-167"],
        consequences: &["ERP-168", "ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            let unknown = bad(call, reply, Op::GetList).is_some_and(|outcome| {
                outcome
                    .tech
                    .as_deref()
                    .is_some_and(|t| t.starts_with("List "))
            });
            if unknown {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "unknown-list-is-empty",
        summary: "Answers a list that it does not have with an empty one.",
        violates: &["ERP-168"],
        consequences: &["ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = bad(call, reply, Op::GetList)
                && outcome.error_code.is_none()
                && outcome
                    .tech
                    .as_deref()
                    .is_some_and(|tech| tech.starts_with("List "))
            {
                *outcome = Outcome::ok(Payload::Items(Some(Vec::new())));
            }
        })],
    },
    Fault {
        name: "lists-need-a-connection",
        summary: "Has no lists before a connection is saved.",
        violates: &["ERP-169"],
        consequences: &["ERP-040"],
        seams: &[Seam::Request(|connector, call| {
            let known = company(connector, call).is_some();
            let zero = call.request.connection_guid.as_deref().unwrap_or_default();
            let zero = !zero.is_empty() && zero.chars().all(|sign| "0-{}".contains(sign));
            match (is(call, Op::GetList) || is(call, Op::GetListItems)) && zero && !known {
                true => Err(refusal(Op::GetList, "There is no connection yet.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "no-item-keys-is-a-fault",
        summary: "Answers a request for no items with a SOAP fault.",
        violates: &["ERP-170"],
        consequences: &["ERP-171", "ERP-009"],
        seams: &[Seam::Request(|_, call| {
            let none = call
                .request
                .list_item_keys
                .as_ref()
                .is_none_or(Vec::is_empty);
            match is(call, Op::GetListItems) && none {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    // Error results
    Fault {
        name: "errors-called-ok",
        summary: "Writes IsOk true into error results.",
        violates: &["ERP-172"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply) {
                outcome.is_ok = true;
            }
        })],
    },
    Fault {
        name: "warnings-called-not-ok",
        summary: "Writes IsOk false into answers with a warning.",
        violates: &["ERP-172"],
        consequences: &["ERP-155"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply) {
                outcome.is_ok = outcome.state == State::Ok;
            }
        })],
    },
    Fault {
        name: "errors-without-words",
        summary: "Gives neither explanation with an error that has no code.",
        violates: &["ERP-174"],
        consequences: &["ERP-046", "ERP-141", "ERP-154"],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.error_code.is_none()
            {
                outcome.user = None;
                outcome.tech = Some(String::new());
            }
        })],
    },
    Fault {
        name: "errors-with-payload",
        summary: "Sends a made-up actor along with error results.",
        violates: &["ERP-175"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
                && matches!(outcome.payload, Payload::Actors(None))
            {
                outcome.payload = Payload::Actors(Some(vec![Actor {
                    actor_type: Some("Customer".to_owned()),
                    erp_key: Some("none".to_owned()),
                    field_values: Some(Vec::new()),
                    last_modified: Some("1".to_owned()),
                    ..Actor::default()
                }]));
            }
        })],
    },
    Fault {
        name: "path-in-explanation",
        summary: "Shows the user a path of the server in every error.",
        violates: &["ERP-177"],
        consequences: &[],
        seams: &[Seam::Answer(|_, _, reply| {
            if let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
            {
                outcome.user = Some(
                    "Could not continue.\n   at Oak.Erp.Search.Run() in C:\\Oak\\Erp\\Search.cs:line 12"
                        .to_owned(),
                );
            }
        })],
    },
    Fault {
        name: "password-in-errors",
        summary: "Quotes the sign-in of the technical user in technical explanations of errors.",
        violates: &["ERP-178", "ERP-056"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if company(connector, call).is_some()
                && let Some(outcome) = outcome(reply)
                && outcome.state == State::Error
            {
                let password = crate::sample::sync::erp::PASSWORD;
                outcome.tech = Some(format!("Server=oak;User=sync;Password={password}"));
            }
        })],
    },
    Fault {
        name: "service-tired-after-errors",
        summary: "Fails two calls after every fifth error result.",
        violates: &["ERP-179"],
        consequences: &[
            "ERP-002", "ERP-017", "ERP-027", "ERP-055", "ERP-059", "ERP-171", "AUTH-091",
            "AUTH-013",
        ],
        seams: &[
            Seam::Arrival(super::malformed::down),
            Seam::Answer(|connector, _, reply| {
                let error = outcome(reply).is_some_and(|outcome| outcome.state == State::Error);
                if error && connector.injected.count("errors").is_multiple_of(5) {
                    connector.injected.remember("down", json!(2));
                }
            }),
        ],
    },
];
