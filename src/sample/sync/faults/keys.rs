//! Faults with the key set that is fetched.

use std::time::Duration;

use serde_json::Value;

use super::tools::{accepted, header};
use super::{Fault, Seam};
use crate::sample::sync::handshake::Verdict;
use crate::sample::sync::reply::Reply;

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "first-key-for-ever",
        summary: "Stays with the key of its first handshake, although the set has others.",
        violates: &["AUTH-092"],
        consequences: &["AUTH-093"],
        seams: &[Seam::Answer(|connector, call, reply| {
            let Some(token) = call
                .presented
                .as_ref()
                .filter(|_| accepted(reply).is_some())
            else {
                return;
            };
            let id = Value::String(header(token, "kid").to_owned());
            let first = connector.injected.recall("first key");
            if first.as_ref().is_some_and(|first| *first != id) {
                *reply = Reply::Handshake(Verdict::refused());
            } else {
                connector.injected.remember("first key", id);
            }
        })],
    },
    Fault {
        name: "first-published-key",
        summary: "Takes the first key of the key set, whatever id a token names.",
        violates: &["AUTH-092"],
        consequences: &["AUTH-093"],
        seams: &[Seam::Policy(|policy| policy.rules.keys.first_only = true)],
    },
    Fault {
        name: "key-set-read-once",
        summary: "Reads the key set once and never again.",
        violates: &["AUTH-093"],
        consequences: &["AUTH-092"],
        seams: &[Seam::Policy(|policy| policy.rules.keys.refreshes = false)],
    },
    Fault {
        name: "key-set-waited-for",
        summary: "Tries for eleven seconds to read a key set that cannot be had.",
        violates: &["AUTH-095"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| {
            policy.rules.keys.waits = Duration::from_secs(11);
        })],
    },
    Fault {
        name: "keys-not-kept",
        summary: "Reads the key set for every token.",
        violates: &["AUTH-096"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.keys.caches = false)],
    },
    Fault {
        name: "keys-dropped-when-unreachable",
        summary: "Forgets the keys that it has when it cannot read the set anew.",
        violates: &["AUTH-096"],
        consequences: &[],
        seams: &[Seam::Policy(|policy| policy.rules.keys.keeps = false)],
    },
];
