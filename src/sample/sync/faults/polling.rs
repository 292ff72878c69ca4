//! Faults of polling for changes.

use jiff::Timestamp;
use serde_json::json;

use super::tools::{
    actors, asked_type, company, crash, created, created_as, each_actor, found, good, is, number,
    record_of, refusal, since, stamp, touch,
};
use super::{Fault, Seam};
use crate::sample::sync::connector::{Call, Connector};
use crate::sample::sync::erp::{Actor, ActorType, Cell, Company, Operation as Op, Request};

/// Writes a stamp that is a number as a time.
fn restamp(actor: &mut Actor, format: &str) {
    if let Some(stamp) = stamp(actor)
        && let Some(at) = number(stamp)
        && let Ok(at) = Timestamp::from_second(at)
    {
        *stamp = at.strftime(format).to_string();
    }
}

/// Reads such a time in a poll as the number that it stands for.
fn unstamp(call: &mut Call, suffix: &str) {
    let since = call.request.updated_on_or_after.as_mut();
    if let Some(since) = since
        && let Some(time) = since.strip_suffix(suffix)
        && let Ok(at) = format!("{time}Z").parse::<Timestamp>()
    {
        *since = at.as_second().to_string();
    }
}

/// Whether a poll gives a value that is no stamp of the company.
fn is_odd(connector: &Connector, call: &Call) -> bool {
    let since = since(call);
    let unread = |company: &Company| company.read_stamp(since) == i64::MIN;
    !since.is_empty() && company(connector, call).is_some_and(unread)
}

/// How often an actor was saved, counting from 1.
fn version(connector: &Connector, actor: &Actor) -> u64 {
    let key = actor.erp_key.as_deref().unwrap_or_default();
    connector.injected.counted(&format!("version {key}")) + 1
}

/// Whether a save changes nothing but how to reach somebody.
fn is_contact_data(actor: &Actor) -> bool {
    let mut pairs = actor.field_values.iter().flatten();
    pairs.all(|(key, _)| matches!(key.as_str(), "PHONE" | "EMAIL"))
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "polling-excludes-the-limit",
        summary: "Gives actors that were changed after the given value, and not those on it.",
        violates: &["ERP-095"],
        consequences: &["ERP-106"],
        seams: &[Seam::Answer(|_, call, reply| {
            let since = call.request.updated_on_or_after.clone();
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                actors.retain(|actor| actor.last_modified != since);
            }
        })],
    },
    Fault {
        name: "newest-stamp-refused",
        summary: "Refuses a poll with its newest value, because nothing has changed since.",
        violates: &["ERP-095"],
        consequences: &["ERP-106"],
        seams: &[Seam::Answer(|_, call, reply| {
            let since = call.request.updated_on_or_after.clone();
            let unchanged = |actor: &Actor| actor.last_modified == since;
            let polled = actors(call, reply, Op::GetActorsByTimestamp);
            if polled.is_some_and(|actors| !actors.is_empty() && actors.iter().all(unchanged)) {
                *reply = refusal(Op::GetActorsByTimestamp, "There are no changes.");
            }
        })],
    },
    Fault {
        name: "polling-gives-five",
        summary: "Gives at most five actors per poll.",
        violates: &["ERP-096"],
        consequences: &["ERP-098", "ERP-104", "ERP-105", "ERP-095"],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                actors.truncate(5);
            }
        })],
    },
    Fault {
        name: "blocked-customers-not-polled",
        summary: "Leaves customers that are on hold out of polls.",
        violates: &["ERP-096"],
        consequences: &["ERP-095", "ERP-104", "ERP-105"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                actors.retain(|actor| {
                    let record = record_of(connector, call, actor);
                    record.is_none_or(|record| record.cell("ONHOLD") != Cell::Flag(true))
                });
            }
        })],
    },
    Fault {
        name: "polling-gives-everything",
        summary: "Gives all actors, whatever the given value is.",
        violates: &["ERP-097", "ERP-106"],
        consequences: &[],
        seams: &[Seam::Request(|_, call| {
            if is(call, Op::GetActorsByTimestamp) {
                call.request.updated_on_or_after = None;
            }
            Ok(())
        })],
    },
    Fault {
        name: "first-poll-is-a-fault",
        summary: "Answers a poll without a value with a SOAP fault.",
        violates: &["ERP-098"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|_, call| {
            match is(call, Op::GetActorsByTimestamp) && since(call).is_empty() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "first-poll-begins-now",
        summary: "Takes a poll without a value for one from now on.",
        violates: &["ERP-098"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp)
                && since(call).is_empty()
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "odd-stamp-is-a-fault",
        summary: "Answers a poll with a value that it cannot read with a SOAP fault.",
        violates: &["ERP-099"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|connector, call| {
            match is(call, Op::GetActorsByTimestamp) && is_odd(connector, call) {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "odd-stamp-finds-nothing",
        summary: "Finds nothing when it cannot read the value of a poll.",
        violates: &["ERP-099"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp)
                && is_odd(connector, call)
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "polling-mixes-types",
        summary: "Gives persons as well when customers are polled.",
        violates: &["ERP-100"],
        consequences: &["ERP-075", "ERP-079", "ERP-091", "ERP-097", "ERP-106"],
        seams: &[Seam::Answer(|connector, call, reply| {
            if asked_type(call) == Some(ActorType::Customer)
                && let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp)
            {
                let person = |request: &mut Request| {
                    request.actor_type = Some("Person".to_owned());
                };
                actors.extend(found(connector, call, Op::GetActorsByTimestamp, person));
            }
        })],
    },
    Fault {
        name: "suppliers-polled-as-customers",
        summary: "Gives suppliers the actor type Customer in polls.",
        violates: &["ERP-100"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            let polled = actors(call, reply, Op::GetActorsByTimestamp);
            for actor in polled.into_iter().flatten() {
                if actor.actor_type.as_deref() == Some("Supplier") {
                    actor.actor_type = Some("Customer".to_owned());
                }
            }
        })],
    },
    Fault {
        name: "hits-stamped-with-dates",
        summary: "Stamps what a simple search finds with dates and everything else with numbers.",
        violates: &["ERP-101"],
        consequences: &[],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::SearchActors).into_iter().flatten() {
                restamp(actor, "%Y-%m-%dT%H:%M:%SZ");
            }
        })],
    },
    Fault {
        name: "stamps-in-local-time",
        summary: "Stamps changes with the local time.",
        violates: &["ERP-108"],
        consequences: &[],
        seams: &[
            Seam::Answer(|_, _, reply| {
                each_actor(reply, &mut |actor| {
                    restamp(actor, "%Y-%m-%dT%H:%M:%S+02:00")
                });
            }),
            Seam::Request(|_, call| {
                unstamp(call, "+02:00");
                Ok(())
            }),
        ],
    },
    Fault {
        name: "persons-stamped-with-dates",
        summary: "Stamps persons with dates and everything else with numbers.",
        violates: &["ERP-101"],
        consequences: &["ERP-095", "ERP-096", "ERP-097", "ERP-106", "ERP-109"],
        seams: &[
            Seam::Answer(|_, _, reply| {
                each_actor(reply, &mut |actor| {
                    if actor.actor_type.as_deref() == Some("Person") {
                        restamp(actor, "%Y-%m-%dT%H:%M:%S");
                    }
                });
            }),
            Seam::Request(|_, call| {
                unstamp(call, "");
                Ok(())
            }),
        ],
    },
    Fault {
        name: "new-actors-stamped-with-dates",
        summary: "Stamps the actors that it has created itself with dates.",
        violates: &["ERP-101"],
        consequences: &["ERP-104", "ERP-109"],
        seams: &[
            Seam::Answer(|_, _, reply| {
                each_actor(reply, &mut |actor| {
                    if created_as(actor).is_some() {
                        restamp(actor, "%Y-%m-%dT%H:%M:%SZ");
                    }
                });
            }),
            Seam::Request(|_, call| {
                unstamp(call, "Z");
                Ok(())
            }),
        ],
    },
    Fault {
        name: "fields-missing-in-polls",
        summary: "Gives no field values in polls.",
        violates: &["ERP-107"],
        consequences: &["ERP-080", "ERP-020"],
        seams: &[Seam::Answer(|_, call, reply| {
            for actor in actors(call, reply, Op::GetActorsByTimestamp)
                .into_iter()
                .flatten()
            {
                actor.field_values = Some(Vec::new());
            }
        })],
    },
    Fault {
        name: "polls-show-old-values",
        summary: "Gives the values in polls that it had when it was polled first.",
        violates: &["ERP-107"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            let polled = actors(call, reply, Op::GetActorsByTimestamp);
            for actor in polled.into_iter().flatten() {
                let key = actor.erp_key.as_deref().unwrap_or_default();
                for (field, value) in actor.field_values.iter_mut().flatten() {
                    let id = format!("polled {key} {field}");
                    match connector.injected.recall(&id) {
                        Some(first) => first.as_str().unwrap_or_default().clone_into(value),
                        None => {
                            connector.injected.remember(id, json!(value));
                        }
                    }
                }
            }
        })],
    },
    Fault {
        name: "polls-of-suppliers-fail",
        summary: "Cannot poll suppliers.",
        violates: &["ERP-171", "ERP-098"],
        consequences: &["ERP-095", "ERP-096", "ERP-104", "ERP-105"],
        seams: &[Seam::Answer(|_, call, reply| {
            let suppliers = call.request.actor_type.as_deref() == Some("Supplier");
            if good(call, reply, Op::GetActorsByTimestamp).is_some() && suppliers {
                *reply = crash();
            }
        })],
    },
    Fault {
        name: "new-stamp-not-told",
        summary: "Gives the stamp from before a change as answer to the change.",
        violates: &["ERP-103", "ERP-102"],
        consequences: &["ERP-109"],
        seams: &[
            Seam::Request(|connector, call| {
                for actor in call.request.actors.iter().flatten() {
                    if let Some(record) = record_of(connector, call, actor)
                        && let Some(company) = company(connector, call)
                    {
                        let before = json!(company.stamp(record.stamp));
                        let id = format!("before {}", record.key);
                        connector.injected.remember(id, before);
                    }
                }
                Ok(())
            }),
            Seam::Answer(|connector, call, reply| {
                for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                    let key = actor.erp_key.clone().unwrap_or_default();
                    let before = connector.injected.recall(&format!("before {key}"));
                    actor.last_modified =
                        before.and_then(|before| Some(before.as_str()?.to_owned()));
                }
            }),
        ],
    },
    Fault {
        name: "new-actors-stamped-afterwards",
        summary: "Stamps a new actor once more after the answer to its creation.",
        violates: &["ERP-103"],
        consequences: &[],
        seams: &[Seam::Answer(|connector, call, reply| {
            if let Some(actor) = created(call, reply) {
                touch(connector, call, actor);
            }
        })],
    },
    Fault {
        name: "creations-not-polled",
        summary: "Polls a log of changes in which creations do not stand.",
        violates: &["ERP-104"],
        consequences: &["ERP-095", "ERP-096"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let id = |actor: &Actor| {
                format!("unlogged {}", actor.erp_key.as_deref().unwrap_or_default())
            };
            if let Some(actor) = created(call, reply) {
                connector.injected.remember(id(actor), json!(true));
            }
            for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                connector.injected.forget(&id(actor));
            }
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                actors.retain(|actor| connector.injected.recall(&id(actor)).is_none());
            }
        })],
    },
    Fault {
        name: "contact-data-is-no-change",
        summary: "Keeps the stamp of an actor when only its phone or e-mail is saved.",
        violates: &["ERP-105", "ERP-102"],
        consequences: &[],
        seams: &[
            Seam::Request(|connector, call| {
                for actor in call.request.actors.iter().flatten() {
                    let id = format!("kept {}", actor.erp_key.as_deref().unwrap_or_default());
                    if !is_contact_data(actor) {
                        connector.injected.forget(&id);
                    } else if let Some(record) = record_of(connector, call, actor)
                        && connector.injected.recall(&id).is_none()
                    {
                        connector.injected.remember(id, json!(record.stamp));
                    }
                }
                Ok(())
            }),
            Seam::Answer(|connector, call, reply| {
                each_actor(reply, &mut |actor| {
                    let key = actor.erp_key.as_deref().unwrap_or_default();
                    let kept = connector.injected.recall(&format!("kept {key}"));
                    if let Some(kept) = kept.and_then(|kept| kept.as_i64())
                        && let Some(company) = company(connector, call)
                    {
                        actor.last_modified = Some(company.stamp(kept));
                    }
                });
                let since = number(since(call)).unwrap_or_default();
                if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                    actors.retain_mut(|actor| {
                        let at = stamp(actor).and_then(|stamp| number(stamp));
                        at.is_none_or(|at| at >= since)
                    });
                }
            }),
        ],
    },
    Fault {
        name: "polling-touches-records",
        summary: "Counts being polled as a change, because it marks what it has handed over.",
        violates: &["ERP-106"],
        consequences: &["ERP-093"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let polled = actors(call, reply, Op::GetActorsByTimestamp);
            for actor in polled.into_iter().flatten() {
                touch(connector, call, actor);
            }
        })],
    },
    Fault {
        name: "stamps-are-versions",
        summary: "Stamps actors with a version number that each of them has for itself.",
        violates: &["ERP-109"],
        consequences: &["ERP-105", "ERP-104"],
        seams: &[Seam::Answer(|connector, call, reply| {
            for actor in actors(call, reply, Op::SaveActors).into_iter().flatten() {
                let key = actor.erp_key.as_deref().unwrap_or_default();
                connector.injected.count(&format!("version {key}"));
            }
            each_actor(reply, &mut |actor| {
                actor.last_modified = Some(version(connector, actor).to_string());
            });
            // A version is below all stamps, so that a poll with it has found everything.
            let since = number(since(call)).unwrap_or_default();
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp) {
                actors.retain_mut(|actor| {
                    stamp(actor).and_then(|stamp| number(stamp)) >= Some(since)
                });
            }
        })],
    },
];
