//! Faults of polling for changes.

use serde_json::json;

use super::tools::{actors, company, crash, each_actor, good, is, number, stamp};
use super::{Fault, Seam};
use crate::sample::sync::erp::{ActorType, Operation as Op, Payload};

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
            let since = call
                .request
                .updated_on_or_after
                .as_deref()
                .unwrap_or_default();
            match is(call, Op::GetActorsByTimestamp) && since.is_empty() {
                true => Err(crash()),
                false => Ok(()),
            }
        })],
    },
    Fault {
        name: "odd-stamp-is-a-fault",
        summary: "Answers a poll with a value that it cannot read with a SOAP fault.",
        violates: &["ERP-099"],
        consequences: &["ERP-171"],
        seams: &[Seam::Request(|connector, call| {
            let since = call
                .request
                .updated_on_or_after
                .as_deref()
                .unwrap_or_default();
            let unread = company(connector, call)
                .is_some_and(|company| company.read_stamp(since) == i64::MIN);
            match is(call, Op::GetActorsByTimestamp) && !since.is_empty() && unread {
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
            let since = call
                .request
                .updated_on_or_after
                .as_deref()
                .unwrap_or_default();
            let unread = company(connector, call)
                .is_some_and(|company| company.read_stamp(since) == i64::MIN);
            if let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp)
                .filter(|_| unread && !since.is_empty())
            {
                actors.clear();
            }
        })],
    },
    Fault {
        name: "polling-mixes-types",
        summary: "Gives the persons of a customer when it polls customers.",
        violates: &["ERP-100"],
        consequences: &["ERP-075", "ERP-079", "ERP-091", "ERP-097", "ERP-106"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let mut request = call.request.clone();
            let customers = request.actor_type.as_deref() == Some("Customer");
            request.actor_type = Some("Person".to_owned());
            let erp = connector.erp.as_ref().filter(|_| customers);
            let persons = erp.map(|erp| erp.handle(Op::GetActorsByTimestamp, &request, call.now));
            if let Some(Payload::Actors(Some(persons))) = persons.map(|persons| persons.payload)
                && let Some(actors) = actors(call, reply, Op::GetActorsByTimestamp)
            {
                actors.extend(persons);
            }
        })],
    },
    Fault {
        name: "persons-stamped-with-dates",
        summary: "Stamps persons with dates and everything else with numbers.",
        violates: &["ERP-101"],
        consequences: &["ERP-095", "ERP-096", "ERP-097", "ERP-106", "ERP-109"],
        seams: &[
            Seam::Answer(|_, _, reply| {
                each_actor(reply, &mut |actor| {
                    let person = actor.actor_type.as_deref() == Some("Person");
                    if let Some(stamp) = stamp(actor).filter(|_| person)
                        && let Some(at) = number(stamp)
                        && let Ok(at) = jiff::Timestamp::from_second(at)
                    {
                        *stamp = at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
                    }
                });
            }),
            Seam::Request(|_, call| {
                if let Some(since) = &mut call.request.updated_on_or_after
                    && let Ok(at) = format!("{since}Z").parse::<jiff::Timestamp>()
                {
                    *since = at.as_second().to_string();
                }
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
                    let actor_type = actor.actor_type.as_deref().and_then(ActorType::named);
                    let key = actor.erp_key.clone().unwrap_or_default();
                    if let Some((company, actor_type)) = company(connector, call).zip(actor_type)
                        && let Some(record) = company.record(actor_type, &key)
                    {
                        let before = json!(company.stamp(record.stamp));
                        connector.injected.remember(format!("before {key}"), before);
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
];
