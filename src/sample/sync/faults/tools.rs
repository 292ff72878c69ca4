//! What the faults have in common: finding their place in requests and answers.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::sample::sync::connector::{Call, Called, Connector};
use crate::sample::sync::erp::{
    Actor, ActorType, Company, Field, Guid, Operation, Outcome, Payload, Record, Refusal, Request,
    Settings, Spec, State, read_guid,
};
use crate::sample::sync::handshake::{self, Handshake, Verdict};
use crate::sample::sync::reply::{Reply, SoapFault, Written};
use crate::sample::sync::token::Presented;

/// Whether this ERP operation is called.
pub fn is(call: &Call, operation: Operation) -> bool {
    call.called == Some(Called::Erp(operation))
}

/// Whether any ERP operation is called.
pub fn is_erp(call: &Call) -> bool {
    matches!(call.called, Some(Called::Erp(_)))
}

/// Whether a token is to be checked.
pub fn is_handshake(call: &Call) -> bool {
    matches!(
        call.called,
        Some(Called::Authenticate | Called::Mirroring(_))
    )
}

/// The answer to a token.
pub fn verdict(reply: &mut Reply) -> Option<&mut Verdict> {
    match reply {
        Reply::Handshake(verdict) => Some(verdict),
        _ => None,
    }
}

/// The answer to a token that was accepted.
pub fn accepted(reply: &mut Reply) -> Option<&mut Verdict> {
    verdict(reply).filter(|verdict| verdict.succeeded)
}

/// The answer to a token that was refused.
pub fn refused(reply: &mut Reply) -> Option<&mut Verdict> {
    verdict(reply).filter(|verdict| !verdict.succeeded)
}

/// What stands for the nonce where a token that is accepted has none.
pub const NO_NONCE: &str = "00000000000000000000000000000000";

/// Accepts a token after all.
pub fn accept(handshake: &Handshake, nonce: &str, call: &Call, reply: &mut Reply) {
    if let Some(token) = handshake::timestamped(handshake, nonce, call.now) {
        *reply = Reply::Handshake(Verdict::accepted(token));
    }
}

/// A text of the token's header.
pub fn header<'a>(token: &'a Presented, name: &str) -> &'a str {
    let value = token.header.get(name).and_then(Value::as_str);
    value.unwrap_or_default()
}

/// A claim of the token.
pub fn claim<'a>(call: &'a Call, name: &str) -> Option<&'a Value> {
    call.presented.as_ref()?.claims.get(name)
}

/// The nonce of the token, when it has one.
pub fn nonce(call: &Call) -> Option<&str> {
    claim(call, "nonce")?.as_str()
}

/// The result of any ERP operation.
pub fn outcome(reply: &mut Reply) -> Option<&mut Outcome> {
    match reply {
        Reply::Outcome(outcome) => Some(&mut **outcome),
        _ => None,
    }
}

/// The result of an operation, when that is what was called and it went well.
pub fn good<'a>(
    call: &Call,
    reply: &'a mut Reply,
    operation: Operation,
) -> Option<&'a mut Outcome> {
    outcome(reply).filter(|outcome| is(call, operation) && outcome.state != State::Error)
}

/// The error result of an operation.
pub fn bad<'a>(call: &Call, reply: &'a mut Reply, operation: Operation) -> Option<&'a mut Outcome> {
    outcome(reply).filter(|outcome| is(call, operation) && outcome.state == State::Error)
}

/// The fields that an operation describes.
pub fn fields<'a>(
    call: &Call,
    reply: &'a mut Reply,
    operation: Operation,
) -> Option<&'a mut Vec<Field>> {
    match &mut good(call, reply, operation)?.payload {
        Payload::Fields(fields) => fields.as_mut(),
        _ => None,
    }
}

/// The texts that an operation lists.
pub fn strings<'a>(
    call: &Call,
    reply: &'a mut Reply,
    operation: Operation,
) -> Option<&'a mut Vec<String>> {
    match &mut good(call, reply, operation)?.payload {
        Payload::Strings(strings) => strings.as_mut(),
        _ => None,
    }
}

/// The items of a list.
pub fn items<'a>(
    call: &Call,
    reply: &'a mut Reply,
    operation: Operation,
) -> Option<&'a mut Vec<(String, String)>> {
    match &mut good(call, reply, operation)?.payload {
        Payload::Items(items) => items.as_mut(),
        _ => None,
    }
}

/// The actors that an operation gives.
pub fn actors<'a>(
    call: &Call,
    reply: &'a mut Reply,
    operation: Operation,
) -> Option<&'a mut Vec<Actor>> {
    match &mut good(call, reply, operation)?.payload {
        Payload::Actors(actors) => actors.as_mut(),
        _ => None,
    }
}

/// The actor that WSCreateActor gives.
pub fn created<'a>(call: &Call, reply: &'a mut Reply) -> Option<&'a mut Actor> {
    match &mut good(call, reply, Operation::CreateActor)?.payload {
        Payload::Actor(actor) => actor.as_mut(),
        _ => None,
    }
}

/// The number of an actor among those that the connector has created.
pub fn created_as(actor: &Actor) -> Option<i64> {
    let key = actor.erp_key.as_deref()?;
    let digits = key.trim_start_matches(|sign: char| !sign.is_ascii_digit());
    let place = digits.parse::<i64>().ok()? - 900;
    (place > 0).then_some(place)
}

/// Visits every actor of an answer, whichever operation it is from.
pub fn each_actor(reply: &mut Reply, change: &mut dyn FnMut(&mut Actor)) {
    match outcome(reply).map(|outcome| &mut outcome.payload) {
        Some(Payload::Actors(Some(actors))) => actors.iter_mut().for_each(change),
        Some(Payload::Actor(Some(actor))) => change(actor),
        _ => {}
    }
}

/// The value of a field in an actor.
pub fn value<'a>(actor: &'a mut Actor, key: &str) -> Option<&'a mut String> {
    let pairs = actor.field_values.as_mut()?;
    let found = pairs.iter_mut().find(|(name, _)| name == key);
    found.map(|(_, value)| value)
}

/// An error result.
pub fn refusal(operation: Operation, tech: &str) -> Reply {
    let refusal = Refusal::new("That did not work.", "Det gikk ikke.", tech);
    Reply::outcome(Outcome::refused(operation, refusal))
}

/// A SOAP fault of the connector.
pub fn crash() -> Reply {
    Reply::Fault(SoapFault::server())
}

/// The connection that a call is for.
pub fn settings(connector: &Connector, call: &Call) -> Option<Settings> {
    let erp = connector.erp.as_ref()?;
    let guid = (erp.habits.read_guid)(call.request.connection_guid.as_deref()?)?;
    erp.connections.find(guid)
}

/// Whether a call is for a connection of the second company.
pub fn is_second(connector: &Connector, call: &Call) -> bool {
    settings(connector, call).is_some_and(|settings| settings.company == 1)
}

/// Whether the all-zero id stands for a connection that is not there yet.
pub fn is_zero(call: &Call) -> bool {
    guid(call) == Some(0)
}

/// The company whose records a call is about.
pub fn company<'a>(connector: &'a Connector, call: &Call) -> Option<&'a Company> {
    let settings = settings(connector, call)?;
    connector.erp.as_ref()?.companies.get(settings.company)
}

/// The type of actors that a call asks for.
pub fn asked_type(call: &Call) -> Option<ActorType> {
    ActorType::named(call.request.actor_type.as_deref()?)
}

/// The type of an actor.
pub fn type_of(actor: &Actor) -> Option<ActorType> {
    ActorType::named(actor.actor_type.as_deref()?)
}

/// What the ERP system has of an actor.
pub fn record_of(connector: &Connector, call: &Call, actor: &Actor) -> Option<Record> {
    company(connector, call)?.record(type_of(actor)?, actor.erp_key.as_deref()?)
}

/// The value from which on a poll asks for changes.
pub fn since(call: &Call) -> &str {
    let since = call.request.updated_on_or_after.as_deref();
    since.unwrap_or_default()
}

/// The actors that a request brings.
pub fn given(call: &mut Call) -> impl Iterator<Item = &mut Actor> {
    let request = &mut call.request;
    let created = request.actor.iter_mut();
    created.chain(request.actors.iter_mut().flatten())
}

/// Visits every value that a request brings for a field of the actor's type.
pub fn each_given_value(call: &mut Call, change: impl Fn(&Spec, &mut String)) {
    for actor in given(call) {
        let actor_type = type_of(actor);
        for (key, value) in actor.field_values.iter_mut().flatten() {
            if let Some(field) = actor_type.and_then(|actor_type| actor_type.field(key)) {
                change(field, value);
            }
        }
    }
}

/// Visits every key by which a request names an actor.
pub fn each_key(call: &mut Call, change: impl FnMut(&mut String)) {
    let request = &mut call.request;
    let given = request.actors.iter_mut().flatten();
    let given = given.filter_map(|actor| actor.erp_key.as_mut());
    let asked = request.erp_keys.iter_mut().flatten();
    asked.chain(given).for_each(change);
}

/// Replaces text in what is sent.
pub fn replace(written: &mut Written, from: &str, to: &str) {
    if written.body.contains(from) {
        written.body = written.body.replace(from, to);
    }
}

/// Cuts the first piece of XML from one text up to the end of another.
pub fn cut(xml: &mut String, from: &str, to: &str) -> Option<String> {
    let start = xml.find(from)?;
    let end = start + xml[start..].find(to)? + to.len();
    Some(xml.drain(start..end).collect())
}

/// Asks an http address of this machine, without waiting for what it says.
pub fn fetch(url: &str) {
    let Some(rest) = url.strip_prefix("http://") else {
        return;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = authority.replace("localhost", "127.0.0.1");
    let Ok(address) = address.parse::<SocketAddr>() else {
        return;
    };
    // Here a connection is made or refused at once, so that no other call has to wait.
    if address.ip().is_loopback()
        && let Ok(mut stream) = TcpStream::connect(address)
    {
        let request =
            format!("GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        // Whether anybody listens does not matter.
        let _ = stream.write_all(request.as_bytes());
    }
}

/// What stands in quotes after each occurrence of a text.
pub fn quoted_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let rest = text
        .match_indices(before)
        .map(|(at, _)| &text[at + before.len()..]);
    let quoted = rest.filter_map(|rest| {
        let rest = rest.trim_start();
        let quote = rest
            .chars()
            .next()
            .filter(|sign| matches!(sign, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    quoted.collect()
}

/// The id in a request.
pub fn guid(call: &Call) -> Option<Guid> {
    read_guid(call.request.connection_guid.as_deref()?)
}

/// Whether the id in a request stands for a saved connection.
pub fn is_saved(connector: &Connector, call: &Call) -> bool {
    settings(connector, call).is_some()
}

/// Runs an operation for the connection of a call.
pub fn run(
    connector: &Connector,
    call: &Call,
    operation: Operation,
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

/// The actors that an operation finds for the connection of a call.
pub fn found(
    connector: &Connector,
    call: &Call,
    operation: Operation,
    change: impl FnOnce(&mut Request),
) -> Vec<Actor> {
    match run(connector, call, operation, change).map(|outcome| outcome.payload) {
        Some(Payload::Actors(Some(actors))) => actors,
        _ => Vec::new(),
    }
}

/// Begins to work on a call that takes a while, unless as many are under way as fit. One
/// that has begun has a delay and ends with [`leave`].
pub fn enter(connector: &Connector, call: &mut Call, most: u64, delay: Duration) -> bool {
    let fits = connector.injected.add("under way", 1) <= most;
    if fits {
        call.delay = delay;
    } else {
        connector.injected.add("under way", -1);
    }
    fits
}

/// Ends the work on a call.
pub fn leave(connector: &Connector, call: &Call) {
    if !call.delay.is_zero() {
        connector.injected.add("under way", -1);
    }
}

/// Moves the stamp of an actor, as any write to its record does.
pub fn touch(connector: &Connector, call: &Call, actor: &Actor) {
    let nothing_new = Actor {
        actor_type: actor.actor_type.clone(),
        erp_key: actor.erp_key.clone(),
        ..Actor::default()
    };
    run(connector, call, Operation::SaveActors, |request| {
        request.actors = Some(vec![nothing_new]);
    });
}

/// A stamp that is a counter, as the first company has them.
pub fn number(stamp: &str) -> Option<i64> {
    stamp.parse().ok()
}

/// The stamp of an actor, for looking and changing.
pub fn stamp(actor: &mut Actor) -> Option<&mut String> {
    actor.last_modified.as_mut()
}
