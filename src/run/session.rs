//! Who the harness acts as: credentials, and access tokens as SuperOffice keeps them.
//!
//! The token of a customer's user is obtained once and sent on every call; after 401
//! it is obtained anew, stored, and the call is repeated once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::world::World;
use crate::auth::{ForgeContext, TokenTemplate, forge, mint};
use crate::expr::{Scope, Template};
use crate::model::exchange::WireRequest;
use crate::model::profile::{CredentialKind, Mode};
use crate::soap::encode::{self, Changes};

/// A user of a customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Actor {
    pub role: String,
    /// Number of the user, from 1.
    pub user: usize,
}

impl Actor {
    /// Reads `first` or `first.2`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (role, user) = match text.split_once('.') {
            Some((role, number)) => (
                role,
                number
                    .parse()
                    .map_err(|_| format!("`{text}`: the user's number follows the dot"))?,
            ),
            None => (text, 1),
        };
        Ok(Self {
            role: role.to_owned(),
            user,
        })
    }
}

impl Default for Actor {
    fn default() -> Self {
        Self {
            role: "first".to_owned(),
            user: 1,
        }
    }
}

type Slot = Arc<Mutex<Option<String>>>;

/// Access tokens by actor and mode.
#[derive(Default)]
pub(super) struct Sessions(std::sync::Mutex<BTreeMap<(Actor, String), Slot>>);

impl Sessions {
    pub(super) fn slot(&self, actor: &Actor, mode: &str) -> Slot {
        let mut sessions = super::world::lock(&self.0);
        Arc::clone(
            sessions
                .entry((actor.clone(), mode.to_owned()))
                .or_default(),
        )
    }
}

/// What a token is built with, beside the actor.
#[derive(Debug, Default)]
pub(super) struct TokenChanges {
    pub defect: Option<String>,
    pub claims: Vec<(String, Option<Value>)>,
    pub header: Vec<(String, Option<Value>)>,
}

/// A token that the harness signed, and what it claims.
#[derive(Debug)]
pub(super) struct SignedToken {
    pub token: String,
    pub claims: Value,
}

/// The actor's credential in a mode; `Err` says what is missing.
pub(super) fn credential(
    world: &World<'_>,
    actor: &Actor,
    mode: &str,
    nonce: &str,
) -> Result<String, String> {
    let mode = find_mode(world, mode)?;
    match mode.credential {
        CredentialKind::Secret => world
            .prepared
            .secrets
            .get(&actor.role)
            .cloned()
            .ok_or_else(|| format!("customer `{}` has no secret in the target file", actor.role)),
        CredentialKind::SignedToken => {
            let changes = TokenChanges::default();
            signed_token(world, actor, mode, nonce, &changes).map(|signed| signed.token)
        }
    }
}

fn find_mode<'w>(world: &World<'w>, name: &str) -> Result<&'w Mode, String> {
    world
        .suite
        .profile
        .modes
        .iter()
        .find(|mode| mode.name == name)
        .ok_or_else(|| format!("mode `{name}` is not one of the profile"))
}

/// A signed token for the actor, good or with changes.
pub(super) fn build_token(
    world: &World<'_>,
    actor: &Actor,
    mode: &str,
    nonce: &str,
    changes: &TokenChanges,
) -> Result<SignedToken, String> {
    signed_token(world, actor, find_mode(world, mode)?, nonce, changes)
}

fn signed_token(
    world: &World<'_>,
    actor: &Actor,
    mode: &Mode,
    nonce: &str,
    changes: &TokenChanges,
) -> Result<SignedToken, String> {
    let key = world
        .key()
        .ok_or("the target file gives no key to sign with")?;
    let (header, claims) = world
        .suite
        .tokens
        .get(&mode.name)
        .ok_or("the mode has no token template")?;
    let mut scope = Scope::default();
    describe_actor(world, actor, &mut scope);
    let now = world.clock.now();
    scope.set_json("now_s", &json!(now.as_second()));
    scope.set_json("nonce", &json!(nonce));
    scope.set_json(
        "application_id",
        &json!(world.prepared.target.application_id),
    );
    scope.set_json("target", &json!({"kid": key.kid(), "x5t": key.x5t()}));
    let render = |template: &Template,
                  changes: &[(String, Option<Value>)]|
     -> Result<Map<String, Value>, String> {
        let rendered = template.render(&scope).map_err(|error| error.to_string())?;
        let mut members = match rendered {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        for (name, value) in changes {
            match value {
                Some(value) => members.insert(name.clone(), value.clone()),
                // Null keeps the default from being filled in.
                None => members.insert(name.clone(), Value::Null),
            };
        }
        Ok(members)
    };
    let template = TokenTemplate {
        header: render(header, &changes.header)?,
        claims: render(claims, &changes.claims)?,
    };
    let token = match &changes.defect {
        None => mint(&key, &template, now),
        Some(defect) => {
            let defect = defect
                .parse()
                .map_err(|_| format!("unknown token defect `{defect}`"))?;
            let other = world.stranger_key()?;
            let listener = world.prepared.key_server.as_ref();
            let listener = listener.map(|server| server.canary_url("forged"));
            let context = ForgeContext {
                listener: listener.as_deref(),
                application: world.prepared.application_pair.as_ref(),
                key: &key,
                other: &other,
                now,
                customer_claim: &mode.customer_claim,
                unknown_customer: "CustUnknown0",
            };
            forge(&context, &template, defect)
        }
    };
    let token = token.map_err(|error| error.to_string())?;
    if mode.readable {
        let signature = token.rsplit('.').next().unwrap_or_default();
        world.prepared.redactor.shorten(signature);
        world.describe_token(
            &token,
            describe_claims(&template.claims, changes.defect.as_deref()),
        );
    } else {
        world.prepared.redactor.register("jwt", &token);
    }
    Ok(SignedToken {
        token,
        claims: Value::Object(template.claims),
    })
}

/// The claims of a token in one line.
fn describe_claims(claims: &Map<String, Value>, defect: Option<&str>) -> String {
    let mut said: Vec<String> = claims
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name} {text}"),
            other => format!("{name} {other}"),
        })
        .collect();
    said.extend(defect.map(|defect| format!("defect {defect}")));
    said.join(", ")
}

/// Puts `customer` and `user` into a scope, without secrets.
pub(super) fn describe_actor(world: &World<'_>, actor: &Actor, scope: &mut Scope) {
    let target = &world.prepared.target;
    let users = world.prepared.users(&actor.role);
    let user = users.get(actor.user.saturating_sub(1)).or(users.first());
    let customer = target.customers.get(&actor.role);
    scope.set_json(
        "customer",
        &json!({
            "role": actor.role,
            "id": customer.map(|customer| &customer.id),
            "serial": customer.map(|customer| &customer.serial),
        }),
    );
    scope.set_json(
        "user",
        &json!({
            "number": actor.user,
            "login": user.map(|user| &user.login),
            "associate_id": user.map(|user| &user.associate_id),
            "email": user.map(|user| &user.email),
        }),
    );
}

/// The request of a call, in the protocol of the API; without a token.
pub(super) fn request(
    world: &World<'_>,
    operation: &str,
    body: Option<&Value>,
    changes: &Changes,
) -> Option<WireRequest> {
    let base = world.prepared.url.as_str();
    let Some(soap) = &world.suite.soap else {
        let json = || "application/json".to_owned();
        return Some(WireRequest {
            method: "POST".to_owned(),
            url: format!("{}/{operation}", base.trim_end_matches('/')),
            headers: vec![
                ("accept".to_owned(), json()),
                ("content-type".to_owned(), json()),
            ],
            body: body.map(Value::to_string).unwrap_or_default().into_bytes(),
        });
    };
    let operation = soap.operation(operation)?;
    let names = world.names(&operation.binding)?;
    Some(WireRequest {
        method: "POST".to_owned(),
        url: base.to_owned(),
        headers: vec![
            (
                "content-type".to_owned(),
                "text/xml; charset=utf-8".to_owned(),
            ),
            (
                "soapaction".to_owned(),
                encode::action(&names, operation, changes),
            ),
        ],
        body: encode::envelope(soap, &names, operation, body, changes),
    })
}

/// Registers every text of an authentication answer that may be a token, before the
/// answer is recorded.
pub(super) fn register_tokens(world: &World<'_>, answer: &Value) {
    let mut scope = Scope::default();
    scope.set_json("answer", answer);
    if let Some(expr) = &world.suite.answer_token {
        let token = expr.eval(&scope).unwrap_or_default();
        let signature = token
            .as_str()
            .and_then(|token| token.trim().rsplit('.').next());
        if let Some(signature) = signature.filter(|signature| signature.len() > 16) {
            world.prepared.redactor.shorten(signature);
        }
    }
    let Some(access_token) = &world.suite.access_token else {
        return;
    };
    let token = access_token.eval(&scope).ok();
    let texts = token
        .as_ref()
        .and_then(|token| token.as_str())
        .into_iter()
        .chain(answer.as_str());
    for text in texts.filter(|text| text.len() >= 6) {
        world.prepared.redactor.register(super::TOKEN, text);
    }
}
