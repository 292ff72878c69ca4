//! Faults of saving actors.

use std::collections::BTreeSet;

use serde_json::json;

use super::tools::{
    actors, bad, crash, created_as, each_actor, each_given_value, each_key, found, good, is,
    is_saved, number, outcome, record_of, refusal, run, stamp, type_of, value,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{
    Actor, Kind, Operation as Op, Outcome, Payload, State, UNKNOWN_ITEM,
};
use crate::sample::sync::reply::Reply;

/// Creates the actors that are to be saved and are not known, where their key is such.
fn create_instead(
    connector: &Connector,
    call: &Call,
    reply: &mut Reply,
    such: impl Fn(&str) -> bool,
) {
    if !is(call, Op::SaveActors) || outcome(reply).is_none() {
        return;
    }
    let given = call.request.actors.iter().flatten();
    let unknown = given.filter(|actor| {
        such(actor.erp_key.as_deref().unwrap_or_default())
            && record_of(connector, call, actor).is_none()
    });
    let mut made: Vec<Actor> = Vec::new();
    for mut actor in unknown.cloned() {
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
}

/// Whether an error is about an actor that does not exist.
fn misses_actor(outcome: &Outcome) -> bool {
    let tech = outcome.tech.as_deref().unwrap_or_default();
    tech.contains("has ErpKey")
}

/// Whether a batch to be saved has no actors.
fn saves_nothing(connector: &Connector, call: &Call) -> bool {
    let none = call.request.actors.as_ref().is_none_or(Vec::is_empty);
    is(call, Op::SaveActors) && none && is_saved(connector, call)
}

/// What a renamed actor has at the end of its key.
const RENAMED: &str = "-R";

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "fields-not-given-are-emptied",
        summary: "Empties phone, e-mail and note of a customer when they are not given.",
        violates: &["ERP-150"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            for actor in call.request.actors.iter_mut().flatten() {
                if actor.actor_type.as_deref() == Some("Customer") {
                    let pairs = actor.field_values.get_or_insert_default();
                    for key in ["PHONE", "EMAIL", "NOTE"] {
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
        consequences: &["ERP-012", "ERP-158", "ERP-159"],
        seams: &[Seam::Request(|_, call| {
            for actor in call.request.actors.iter_mut().flatten() {
                let actor_type = type_of(actor);
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
        name: "first-of-batch-saved",
        summary: "Saves the first actor of a batch only, and tells all as saved.",
        violates: &["ERP-150"],
        consequences: &["ERP-102", "ERP-155", "ERP-156"],
        seams: &[
            Seam::Request(|connector, call| {
                let given = call.request.actors.iter_mut().flatten();
                for (place, actor) in given.enumerate() {
                    let id = format!("submitted {place}");
                    let values = actor.field_values.take_if(|_| place > 0);
                    connector.injected.remember(id, json!(values));
                }
                Ok(())
            }),
            Seam::Answer(|connector, call, reply| {
                let saved = actors(call, reply, Op::SaveActors).into_iter().flatten();
                for (place, actor) in saved.enumerate().skip(1) {
                    let values = connector.injected.recall(&format!("submitted {place}"));
                    actor.field_values =
                        values.and_then(|values| serde_json::from_value(values).ok());
                }
            }),
        ],
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
        name: "saved-children-told-as-well",
        summary: "Gives the persons of a saved actor back as well.",
        violates: &["ERP-151"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(saved) = actors(call, reply, Op::SaveActors) else {
                return;
            };
            for parent in saved.clone() {
                saved.extend(found(connector, call, Op::SearchActorByParent, |request| {
                    request.actor_type = Some("Person".to_owned());
                    request.parent_actor_type = parent.actor_type;
                    request.parent_actor_erp_key = parent.erp_key;
                }));
            }
        })],
    },
    Fault {
        name: "key-renewed-with-the-name",
        summary: "Gives an actor a new key when its name changes, and forgets the old one.",
        violates: &["ERP-152"],
        consequences: &["ERP-151", "ERP-075"],
        seams: &[
            Seam::Request(|connector, call| {
                each_key(call, |key| match key.strip_suffix(RENAMED) {
                    Some(old) => *key = old.to_owned(),
                    None if connector
                        .injected
                        .recall(&format!("renamed {key}"))
                        .is_some() =>
                    {
                        key.push_str(" is gone");
                    }
                    None => {}
                });
                Ok(())
            }),
            Seam::Answer(|connector, call, reply| {
                for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                    let mut pairs = actor.field_values.iter().flatten();
                    if pairs.any(|(key, _)| matches!(key.as_str(), "NAME" | "LASTNAME")) {
                        let key = actor.erp_key.as_deref().unwrap_or_default();
                        let id = format!("renamed {key}");
                        connector.injected.remember(id, json!(true));
                    }
                }
                each_actor(reply, &mut |actor| {
                    if let Some(key) = &mut actor.erp_key
                        && connector
                            .injected
                            .recall(&format!("renamed {key}"))
                            .is_some()
                    {
                        key.push_str(RENAMED);
                    }
                });
            }),
        ],
    },
    Fault {
        name: "key-follows-the-name",
        summary: "Tells a new key for an actor whose name was saved.",
        violates: &["ERP-152"],
        consequences: &["ERP-151", "ERP-103", "ERP-102"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                let named = value(actor, "NAME").map(|name| name.to_lowercase());
                if let (Some(name), Some(key)) = (named, &mut actor.erp_key) {
                    let letters = name.chars().filter(|sign| sign.is_alphanumeric());
                    let letters: String = letters.take(6).collect();
                    *key = format!("{key}-{letters}");
                }
            }
        })],
    },
    Fault {
        name: "save-creates-actors",
        summary: "Creates an actor when it is to save one that it does not know.",
        violates: &["ERP-153"],
        consequences: &["ERP-151", "ERP-154", "ERP-155", "ERP-173"],
        seams: &[Seam::Answer(|connector, call, reply| {
            create_instead(connector, call, reply, |_| true);
        })],
    },
    Fault {
        name: "save-without-key-creates",
        summary: "Creates an actor when it is to save one without key.",
        violates: &["ERP-153"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            create_instead(connector, call, reply, str::is_empty);
        })],
    },
    Fault {
        name: "unknown-actors-skipped-silently",
        summary: "Skips actors that it does not know without a word.",
        violates: &["ERP-154"],
        consequences: &["ERP-155", "ERP-173"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(outcome) = outcome(reply).filter(|_| is(call, Op::SaveActors))
                && misses_actor(outcome)
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
        name: "unknown-actor-is-a-fault",
        summary: "Answers a save of an actor that it does not know with a SOAP fault.",
        violates: &["ERP-154"],
        consequences: &["ERP-171"],
        seams: &[Seam::Answer(|_, call, reply| {
            if bad(call, reply, Op::SaveActors).is_some_and(|outcome| misses_actor(outcome)) {
                *reply = crash();
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
            match saves_nothing(connector, call) {
                true => Err(refusal(Op::SaveActors, "There is nothing to save.")),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "empty-batch-is-a-fault",
        summary: "Looks for the first actor of a batch without asking whether there is one.",
        violates: &["ERP-157"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|connector, call| {
            match saves_nothing(connector, call) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "mixed-batch-refused",
        summary: "Refuses a batch with actors of different types.",
        violates: &["ERP-156"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            let given = call.request.actors.iter().flatten();
            let types: BTreeSet<_> = given.map(|actor| &actor.actor_type).collect();
            match is(call, Op::SaveActors) && types.len() > 1 {
                true => Err(refusal(
                    Op::SaveActors,
                    "All actors of a call have one type.",
                )),
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
        summary: "Saves a dash in place of an empty name, which is mandatory, and says nothing.",
        violates: &["ERP-159"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::SaveActors) {
                each_given_value(call, |field, value| {
                    if value.trim().is_empty() && field.key.ends_with("NAME") {
                        "-".clone_into(value);
                    }
                });
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
                *reply = Reply::outcome(done);
            }
        })],
    },
    Fault {
        name: "stamps-of-saves-stand-still",
        summary: "Gives the stamp of an actor that it has given first, however often it is saved.",
        violates: &["ERP-102"],
        consequences: &["ERP-103", "ERP-105", "ERP-109", "ERP-097", "ERP-106"],
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
    Fault {
        name: "saved-actors-missing-in-polls",
        summary: "Leaves actors that SuperOffice has saved out of polls, to avoid loops.",
        violates: &["ERP-105"],
        consequences: &["ERP-095", "ERP-096", "ERP-098"],
        seams: &[Seam::Answer(|connector, call, reply| {
            for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                let key = actor.erp_key.clone().unwrap_or_default();
                connector
                    .injected
                    .remember(format!("own {key}"), json!(true));
            }
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                actors.retain(|actor| {
                    let key = actor.erp_key.clone().unwrap_or_default();
                    connector.injected.recall(&format!("own {key}")).is_none()
                });
            }
        })],
    },
    Fault {
        name: "later-actors-stamped-lower",
        summary: "Stamps new actors by a counter that runs backwards.",
        violates: &["ERP-109"],
        consequences: &[
            "ERP-095", "ERP-096", "ERP-097", "ERP-104", "ERP-105", "ERP-106",
        ],
        seams: &[Seam::Answer(|_, _, reply| {
            each_actor(reply, &mut |actor| {
                if let Some(created) = created_as(actor)
                    && let Some(stamp) = stamp(actor)
                    && let Some(at) = number(stamp)
                {
                    *stamp = (at - 5 * created).to_string();
                }
            });
        })],
    },
];
