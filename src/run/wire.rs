//! Which names a connector speaks SOAP under: its own WSDL, then the target file, then
//! the wire profiles of the description, tried one after the other.

use serde_json::{Value, json};

use super::session::{self, Actor};
use super::world::{Incoming, Outgoing, World};
use crate::expr::Scope;
use crate::model::exchange::WireRequest;
use crate::soap::decode::{Decoded, decode};
use crate::soap::encode::Changes;
use crate::soap::{Soap, WireNames, wsdl};

/// How often preflight asks again while the connector has not fetched the keys.
const PATIENCE: usize = 13;

/// The pause before it asks again.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// Documents that a WSDL may be spread over.
const DOCUMENTS: usize = 24;

/// Finds out the names in force, and keeps them in the world.
pub(super) async fn resolve(world: &World<'_>, soap: &Soap) {
    let usual = world.prepared.default_names(world.suite);
    let own = own_names(world, soap).await;
    let mut differences = Vec::new();
    for (binding, names) in own.iter().flatten() {
        if let Some(usual) = usual.get(binding) {
            let found = wsdl::differences(usual, names);
            differences.extend(found.iter().map(|text| format!("{binding}: {text}")));
        }
        world.set_names(
            binding,
            world
                .prepared
                .overridden(world.suite, binding, names.clone()),
        );
    }
    let operation = &world.suite.profile.authentication.operation.value;
    let covers = own.as_ref().is_some_and(|own| {
        soap.operation(operation)
            .is_some_and(|operation| own.contains_key(&operation.binding))
    });
    world.set_wsdl(json!({
        "published": own.is_some(),
        "handshake": covers,
        "differs": differences,
    }));
    if !differences.is_empty() {
        let text = differences.join("; ");
        world.note("wire profile differs from the derived one", text);
    }
}

/// The names of the connector's own WSDL: the file of the target, or what it publishes.
async fn own_names(
    world: &World<'_>,
    soap: &Soap,
) -> Option<std::collections::BTreeMap<String, WireNames>> {
    if let Some(text) = &world.prepared.wsdl {
        return read(
            world,
            soap,
            &[("wsdl of the target file".to_owned(), text.clone())],
        );
    }
    let mut number = 0;
    for query in ["singleWsdl", "wsdl"] {
        let mut url = world.prepared.url.clone();
        url.set_query(Some(query));
        let Some(text) = fetch(world, url.as_str(), &mut number).await else {
            continue;
        };
        let mut documents = vec![(format!("?{query}"), text)];
        let mut seen = vec![url.to_string()];
        let mut next = 0;
        while next < documents.len() && documents.len() < DOCUMENTS {
            let locations = wsdl::imports(&documents[next].1).unwrap_or_default();
            for location in locations {
                let Some(there) = local_url(world, &location) else {
                    continue;
                };
                if seen.contains(&there) || documents.len() >= DOCUMENTS {
                    continue;
                }
                seen.push(there.clone());
                if let Some(text) = fetch(world, &there, &mut number).await {
                    documents.push((location, text));
                }
            }
            next += 1;
        }
        if let Some(names) = read(world, soap, &documents) {
            return Some(names);
        }
    }
    None
}

/// An imported document on the connector's own host: services behind a proxy publish
/// the name that they know themselves by, and nothing is fetched from anywhere else.
fn local_url(world: &World<'_>, location: &str) -> Option<String> {
    let base = &world.prepared.url;
    let mut url = base.join(location).ok()?;
    url.set_scheme(base.scheme()).ok()?;
    url.set_host(base.host_str()).ok()?;
    url.set_port(base.port()).ok()?;
    Some(url.to_string())
}

fn read(
    world: &World<'_>,
    soap: &Soap,
    documents: &[(String, String)],
) -> Option<std::collections::BTreeMap<String, WireNames>> {
    match wsdl::read(soap, documents) {
        Ok(names) if !names.is_empty() => Some(names),
        Ok(_) => None,
        Err(reason) => {
            world.note("WSDL of the connector", format!("not used: {reason}"));
            None
        }
    }
}

async fn fetch(world: &World<'_>, url: &str, number: &mut usize) -> Option<String> {
    *number += 1;
    let outgoing = Outgoing {
        id: format!("E-0.5{number:02}"),
        origin: "preflight/wsdl".to_owned(),
        operation: "WSDL".to_owned(),
        request: WireRequest {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        },
        body: None,
        attempt: 1,
        invalid: false,
        malformed: false,
        authenticating: false,
        looking: true,
        situation: None,
    };
    let incoming = world.send(&outgoing).await;
    let response = incoming.response.ok()?;
    let text = String::from_utf8(response.body).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    let described = text.contains("definitions") || text.contains("schema");
    (response.status == 200 && described).then(|| text.to_owned())
}

/// One handshake under the names in force, for preflight; where nobody has said what
/// the names are, the wire profiles are tried until an answer is recognised.
pub(super) async fn handshake(
    world: &World<'_>,
    soap: &Soap,
    mode: &str,
) -> Result<Incoming, String> {
    let name = &world.suite.profile.authentication.operation.value;
    let operation = soap.operation(name).ok_or("no such operation")?;
    let binding = soap
        .binding(&operation.binding)
        .ok_or("no such interface")?;
    let given = world.names(&binding.name).ok_or("no wire names")?;
    let mut candidates = vec![given.clone()];
    if given.origin == crate::soap::Origin::Profile(binding.wires[0].name.clone()) {
        let others = binding.wires.iter().skip(1);
        candidates.extend(others.map(|wire| WireNames::of_profile(binding, wire)));
    }
    let mut first = None;
    for (number, names) in candidates.into_iter().enumerate() {
        world.set_names(&binding.name, names);
        let mut incoming = attempt(world, mode, name, number).await?;
        if recognised(world, &incoming) {
            // A connector that was started before the harness could not fetch its keys
            // then, and may wait a minute before it tries again.
            for _ in 0..PATIENCE {
                if accepted(world, &incoming) || !waits_for_keys(world) {
                    break;
                }
                world.sleep(PAUSE).await;
                incoming = attempt(world, mode, name, number).await?;
            }
            return Ok(incoming);
        }
        first.get_or_insert(incoming);
    }
    // Nobody understood anything: the first profile stays in force.
    world.set_names(&binding.name, given);
    first.ok_or_else(|| "no wire profile".to_owned())
}

/// Whether the connector may still be waiting to fetch the harness's keys.
fn waits_for_keys(world: &World<'_>) -> bool {
    let told = world.prepared.target.jwt.as_ref();
    let serves = told.is_some_and(|jwt| jwt.serve_keys_on.is_some());
    let server = world.prepared.key_server.as_ref();
    serves && server.is_some_and(|server| server.fetched().is_empty())
}

fn accepted(world: &World<'_>, incoming: &Incoming) -> bool {
    let Some(expr) = &world.suite.success else {
        return true;
    };
    let mut scope = Scope::default();
    scope.set_json("answer", incoming.answer.as_ref().unwrap_or(&Value::Null));
    expr.eval(&scope).is_ok_and(|value| value.is_true())
}

async fn attempt(
    world: &World<'_>,
    mode: &str,
    operation: &str,
    number: usize,
) -> Result<Incoming, String> {
    let nonce = crate::base::rng::Rng::named(
        world.seed(),
        &format!("preflight{number}/{}", world.started),
    )
    .hex(32)
    .to_uppercase();
    let token = session::credential(world, &Actor::default(), mode, &nonce)?;
    let mut scope = Scope::default();
    scope.set_json("signed_token", &json!(token));
    call(
        world,
        operation,
        &scope,
        &format!("preflight/{mode}"),
        number,
    )
    .await
}

/// A call of an operation that tells whether a connector is there.
pub(super) async fn look(world: &World<'_>, operation: &str) -> Result<Incoming, String> {
    call(world, operation, &Scope::default(), "preflight/look", 8).await
}

async fn call(
    world: &World<'_>,
    operation: &str,
    scope: &Scope,
    origin: &str,
    number: usize,
) -> Result<Incoming, String> {
    let template = world.suite.templates.get(operation);
    let body = match template {
        Some(template) => template.render(scope).map_err(|error| error.to_string())?,
        None => None,
    };
    let request = session::request(world, operation, body.as_ref(), &Changes::default())
        .ok_or_else(|| format!("{operation} has no wire names"))?;
    let outgoing = Outgoing {
        id: format!("E-0.{}", number + 1),
        origin: origin.to_owned(),
        operation: operation.to_owned(),
        request,
        body: body.as_ref(),
        attempt: 1,
        invalid: false,
        malformed: false,
        authenticating: true,
        looking: true,
        situation: None,
    };
    Ok(world.send(&outgoing).await)
}

/// Whether bytes that came over plain HTTP accept a handshake; `None` when they are no
/// answer to one.
pub(super) fn accepted_handshake(world: &World<'_>, body: &[u8]) -> Option<bool> {
    let soap = world.suite.soap.as_ref()?;
    let operation = soap.operation(&world.suite.profile.authentication.operation.value)?;
    let names = world.names(&operation.binding);
    // Without the sizes of chunks around it.
    let from = body.iter().position(|byte| *byte == b'<')?;
    let to = body.iter().rposition(|byte| *byte == b'>')?;
    let message = body.get(from..=to)?;
    let answer = decode(soap, names.as_ref(), Some(operation), message).answer?;
    let mut scope = Scope::default();
    scope.set_json("answer", &answer);
    let holds = |expr: &crate::expr::Expr| expr.eval(&scope).is_ok_and(|value| value.is_true());
    let recognised = world.suite.recognised.as_ref().is_some_and(holds);
    recognised.then(|| world.suite.success.as_ref().is_none_or(holds))
}

/// Whether a SOAP message answers a handshake, whatever it says.
pub(super) fn greets(
    world: &World<'_>,
    authenticating: bool,
    message: Option<&Decoded>,
    answer: Option<&Value>,
) -> bool {
    let Some(expr) = world.suite.recognised.as_ref().filter(|_| authenticating) else {
        return false;
    };
    let mut scope = Scope::default();
    scope.set_json("answer", answer.unwrap_or(&Value::Null));
    message.is_some_and(|message| message.envelope && message.fault.is_none())
        && expr.eval(&scope).is_ok_and(|value| value.is_true())
}

/// The answer is one to a handshake, whatever it says.
pub(super) fn recognised(world: &World<'_>, incoming: &Incoming) -> bool {
    let Some(expr) = &world.suite.recognised else {
        return true;
    };
    let mut scope = Scope::default();
    let answer = incoming.answer.as_ref().unwrap_or(&Value::Null);
    scope.set_json("answer", answer);
    incoming.served() && expr.eval(&scope).is_ok_and(|value| value.is_true())
}
