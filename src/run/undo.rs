//! What a run has made behind the connector, and takes back at its end: also when it
//! fails, and when the operator interrupts it.
//!
//! The profile says which operation takes back what another has made. Every answer is
//! watched; what was made is remembered until the operation that takes it back is
//! called for it, by a scenario or by [`all`].

use std::sync::Mutex;

use serde_json::{Map, Value};

use super::session;
use super::world::{Incoming, Outgoing, World, lock};
use crate::expr::Scope;
use crate::model::event::RunEvent;
use crate::model::exchange::WireRequest;

/// What is still to be taken back, oldest first: operation and body.
#[derive(Default)]
pub(super) struct Pending(Mutex<Vec<(String, Value)>>);

/// Notes what an exchange has made or taken back.
pub(super) fn watch(world: &World<'_>, outgoing: &Outgoing<'_>, incoming: &Incoming) {
    let Some(body) = outgoing.body else { return };
    if !incoming.served() {
        return;
    }
    let pending = &world.undone.0;
    let mut taken = Vec::new();
    lock(pending).retain(|(operation, made)| {
        let covered = *operation == outgoing.operation && covers(body, made);
        if covered {
            taken.push((operation.clone(), made.clone()));
        }
        !covered
    });
    for (operation, body) in taken {
        world.emit(RunEvent::TakenBack { operation, body });
    }
    let Some(rule) = world.suite.undo.get(&outgoing.operation) else {
        return;
    };
    let mut scope = Scope::default();
    scope.set_json("request", body);
    scope.set_json("answer", incoming.answer.as_ref().unwrap_or(&Value::Null));
    if !rule.when.eval(&scope).is_ok_and(|value| value.is_true()) {
        return;
    }
    if let Ok(Some(body)) = rule.body.render(&scope) {
        let operation = rule.operation.clone();
        let mut pending = lock(pending);
        if !pending.iter().any(|(_, known)| *known == body) {
            pending.push((operation.clone(), body.clone()));
            // Recorded, so that a later run can take it back when this one is killed.
            world.emit(RunEvent::Made { operation, body });
        }
    }
}

/// Whether a request takes back what `made` stands for; spelling does not matter.
fn covers(request: &Value, made: &Value) -> bool {
    let empty = Map::new();
    let made = made.as_object().unwrap_or(&empty);
    made.iter().all(|(name, value)| {
        let given = request
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let wanted = value.as_str().unwrap_or_default();
        given.eq_ignore_ascii_case(wanted)
    })
}

/// Takes back what an earlier run has left because it was killed.
pub(super) async fn earlier(world: &World<'_>) {
    if world.gate("").is_none() {
        lock(&world.undone.0).extend(world.options.leftovers.iter().cloned());
        all(world).await;
    }
}

/// Takes back what is left, newest first. Answers are recorded and not judged.
pub(super) async fn all(world: &World<'_>) {
    let left = lock(&world.undone.0).clone();
    for (number, (operation, body)) in left.into_iter().rev().enumerate() {
        let Some(request) = request(world, &operation, &body) else {
            continue;
        };
        let outgoing = Outgoing {
            id: format!("E-0.9{number:03}"),
            origin: "clean-up".to_owned(),
            operation,
            request,
            body: Some(&body),
            attempt: 1,
            invalid: false,
            malformed: false,
            authenticating: false,
            looking: true,
            situation: None,
        };
        world.send(&outgoing).await;
    }
}

fn request(world: &World<'_>, operation: &str, body: &Value) -> Option<WireRequest> {
    session::request(
        world,
        operation,
        Some(body),
        &crate::soap::encode::Changes::default(),
    )
}
