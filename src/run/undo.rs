//! What a run has made behind the connector, and takes back at its end: also when it
//! fails, and when the operator interrupts it.
//!
//! The profile says which operation takes back what another has made. Every answer is
//! watched; what was made is remembered until the operation that takes it back is
//! called for it, by a scenario or by [`all`].
//!
//! The recording tells it to a later run, secrets masked: what cannot be sent again for
//! that reason is not, and the operator is told.

use std::sync::Mutex;

use serde_json::{Map, Value};

use super::session;
use super::world::{Incoming, Outgoing, World, lock};
use crate::base::json;
use crate::expr::Scope;
use crate::model::event::RunEvent;
use crate::model::exchange::WireRequest;

/// What is still to be taken back, oldest first.
#[derive(Default)]
pub(super) struct Pending(Mutex<Vec<Made>>);

/// What was made, by what takes it back.
#[derive(Clone)]
struct Made {
    operation: String,
    body: Value,
    /// The body as the recording has it.
    recorded: Value,
}

/// Notes what an exchange has made or taken back.
pub(super) fn watch(world: &World<'_>, outgoing: &Outgoing<'_>, incoming: &Incoming) {
    let Some(body) = outgoing.body else { return };
    if !incoming.served() {
        return;
    }
    let pending = &world.undone.0;
    let covered =
        |made: &mut Made| made.operation == outgoing.operation && covers(body, &made.body);
    let taken: Vec<Made> = lock(pending).extract_if(.., covered).collect();
    for made in taken {
        world.emit(RunEvent::TakenBack {
            operation: made.operation,
            body: made.recorded,
        });
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
        remember(world, &rule.operation, body);
    }
}

/// Notes what is to be taken back, for this run and, should it be killed, for a later one.
fn remember(world: &World<'_>, operation: &str, body: Value) {
    let mut pending = lock(&world.undone.0);
    if pending.iter().any(|known| known.body == body) {
        return;
    }
    let recorded = json::map_texts(&body, &|text| world.prepared.redactor.redact(text));
    world.emit(RunEvent::Made {
        operation: operation.to_owned(),
        masked: recorded != body,
        body: recorded.clone(),
    });
    pending.push(Made {
        operation: operation.to_owned(),
        body,
        recorded,
    });
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

/// Takes back what an earlier run has left because it was killed, or leaves it to the
/// next one where nobody can be talked to.
pub(super) async fn earlier(world: &World<'_>) {
    let left = world.options.leftovers.iter();
    for left in left.filter(|left| !left.masked) {
        remember(world, &left.operation, left.body.clone());
    }
    match world.gate("") {
        None => all(world).await,
        Some(_) => lock(&world.undone.0).clear(),
    }
}

/// Takes back what is left, newest first. Answers are recorded and not judged.
pub(super) async fn all(world: &World<'_>) {
    let left = lock(&world.undone.0).clone();
    for (number, made) in left.into_iter().rev().enumerate() {
        let Some(request) = request(world, &made.operation, &made.body) else {
            continue;
        };
        let outgoing = Outgoing {
            id: format!("E-0.9{number:03}"),
            origin: "clean-up".to_owned(),
            operation: made.operation.clone(),
            request,
            body: Some(&made.body),
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
