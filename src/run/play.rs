//! Plays one scenario: the interpreter of the scenario language.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Url;
use serde_json::{Map, Value, json};

use super::judge::{CheckState, Situation, Trouble, evaluate, judge};
use super::session::{self, Actor, TokenChanges};
use super::world::{Gate, Incoming, OperationState, Outgoing, World, lock};
use super::{unplayed, wire, world};
use crate::auth::SigningKey;
use crate::base::json;
use crate::base::rng::Rng;
use crate::expr::{Scope, from_json, to_json};
use crate::judgement::Facts;
use crate::model::event::RunEvent;
use crate::model::exchange::{TransportFault, TransportFaultKind, WireRequest};
use crate::model::outcome::{FaultDomain, Outcome, Scope as RunScope};
use crate::soap::decode::Decoded;
use crate::soap::encode::Changes;
use crate::suite::{Action, Call, CallOptions, Expectation, PlanEntry, Probe, RawBody, Rule, Step};
use crate::transport::PlainRequest;

/// Why the rest of a sequence of steps cannot be played.
#[derive(Debug, Clone)]
enum Stop {
    Blocked(Gate),
    NotApplicable(String),
}

impl Stop {
    fn connector(cause: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Blocked(Gate {
            cause: cause.into(),
            reason: reason.into(),
            domain: FaultDomain::Connector,
        })
    }

    fn author(reason: impl Into<String>) -> Self {
        Self::Blocked(Gate {
            cause: "scenario".to_owned(),
            reason: reason.into(),
            domain: FaultDomain::Harness,
        })
    }
}

/// Plays a scenario, or says why not, and emits the results of its checks.
pub(super) async fn play(world: &World<'_>, entry: &PlanEntry<'_>) {
    let mut scope = world.exports();
    let player = Player {
        world,
        entry,
        checks: Mutex::new(
            entry
                .scenario
                .checks
                .iter()
                .map(|_| CheckState::default())
                .collect(),
        ),
        exchanges: AtomicUsize::new(0),
        drawn: AtomicUsize::new(0),
        nonce: Rng::named(
            world.seed(),
            &format!("{}/{}", entry.scenario.id, entry.mode),
        )
        .hex(16),
    };
    player.fill(&mut scope);
    match player.obstacle(&scope) {
        Some(obstacle) => player.skip(&obstacle),
        None => {
            let mut frame = Frame {
                scope,
                evidence: BTreeMap::new(),
            };
            player.steps(&entry.scenario.steps, &mut frame).await;
            // A key that the scenario replaced is back in force for the others; the key
            // set that is served keeps both.
            world.restore_key();
            if let Some(server) = &world.prepared.key_server {
                server.set_available(true);
            }
            for name in &entry.scenario.exports {
                if let Some(value) = frame.scope.get(name) {
                    world.export(name, value.clone());
                }
            }
            player.emit();
        }
    }
    world.emit(RunEvent::ScenarioFinished {
        scenario: entry.scenario.id.clone(),
        mode: entry.mode.to_owned(),
    });
}

/// Why a scenario is not played at all.
struct Obstacle {
    outcome: Outcome,
    reason: String,
    domain: Option<FaultDomain>,
    cause: Option<String>,
    by_scope: bool,
}

impl Obstacle {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self {
            outcome,
            reason: reason.into(),
            domain: None,
            cause: None,
            by_scope: false,
        }
    }

    fn blocked(gate: Gate) -> Self {
        Self {
            outcome: Outcome::Blocked,
            reason: gate.reason,
            domain: Some(gate.domain),
            cause: Some(gate.cause),
            by_scope: false,
        }
    }
}

/// Variables, and which exchanges each of them came from.
#[derive(Clone)]
struct Frame {
    scope: Scope,
    evidence: BTreeMap<String, Vec<String>>,
}

struct Player<'w, 'a> {
    world: &'w World<'a>,
    entry: &'w PlanEntry<'a>,
    checks: Mutex<Vec<CheckState>>,
    exchanges: AtomicUsize,
    /// Random texts given out so far.
    drawn: AtomicUsize,
    nonce: String,
}

/// An exchange that a step made.
struct Made {
    id: String,
    operation: String,
    body: Option<Value>,
    incoming: Incoming,
}

type Playing<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

impl<'w, 'a> Player<'w, 'a> {
    fn fill(&self, scope: &mut Scope) {
        let prepared = self.world.prepared;
        let public = prepared.public_target();
        scope.set_json("customers", public.get("customers").unwrap_or(&Value::Null));
        scope.set_json("fixtures", &json!(prepared.target.fixtures));
        scope.set_json("connection", &json!(prepared.target.connection));
        scope.set_json("target", &public);
        scope.set_json("application_id", &json!(prepared.target.application_id));
        scope.set_json("application_key", &json!(prepared.application_key));
        scope.set_json(
            "application_key_bits",
            &json!(prepared.application_key_bits()),
        );
        scope.set_json("resolution", &prepared.resolution());
        scope.set_json("wsdl", &self.world.wsdl());
        scope.set_json("listener", &prepared.listener());
        scope.set_json("mode", &json!(self.entry.mode));
        scope.set_json("modes", &json!(prepared.modes));
        scope.set_json("nonce", &json!(self.nonce));
        let number =
            u64::from_str_radix(self.nonce.get(..8).unwrap_or("0"), 16).unwrap_or_default();
        scope.set_json("number", &json!(100_000 + number % 900_000));
        session::describe_actor(self.world, &Actor::default(), scope);
        self.tick(scope);
    }

    /// Brings the time variables up to date.
    fn tick(&self, scope: &mut Scope) {
        let now = self.world.now();
        scope.set_json("today", &json!(now.get(..10)));
        scope.set_json("now", &json!(now));
        scope.set_json("now_s", &json!(self.world.clock.now().as_second()));
    }

    /// The first thing that keeps the scenario from being played.
    fn obstacle(&self, scope: &Scope) -> Option<Obstacle> {
        let world = self.world;
        let needs = &self.entry.scenario.needs;
        if !self.entry.selected {
            return Some(Obstacle::new(Outcome::NotSelected, "left out by --only"));
        }
        let absent = needs
            .mode
            .as_ref()
            .filter(|mode| !world.prepared.modes.contains(mode));
        let optional = world.suite.profile.authentication.optional;
        if let Some(mode) = absent.filter(|_| !optional) {
            let reason =
                format!("authentication mode `{mode}` is not configured in the target file");
            return Some(Obstacle::new(Outcome::NotApplicable, reason));
        }
        if let Some(reason) = self.unsupported() {
            return Some(Obstacle::new(Outcome::NotApplicable, reason));
        }
        // Whether it applies is known only when discovery could be played.
        if world.gate(self.entry.mode).is_none() {
            for (expr, otherwise) in &needs.applies {
                if !evaluate(expr, scope).is_ok_and(|value| value.is_true()) {
                    return Some(Obstacle::new(Outcome::NotApplicable, otherwise));
                }
            }
        }
        if let Some(missing) = self.missing(scope) {
            return Some(missing);
        }
        // A run without the mode is possible, but what belongs to it is not judged then.
        if let Some(mode) = absent {
            let what = self.mode_title(mode);
            return Some(self.left_out(format!("needs `jwt` in the target file: {what}")));
        }
        // A refused certificate keeps requests away, not the look at the certificate.
        let probing = self.entry.scenario.only_probes() && world.tls().is_some();
        if let Some(gate) = world.gate(self.entry.mode).filter(|_| !probing) {
            return Some(Obstacle::blocked(gate));
        }
        for name in &needs.operations {
            if let Some(state @ (OperationState::NotSupported | OperationState::Failing)) =
                world.operation(name)
            {
                return Some(Obstacle::blocked(self.failing(name, state)));
            }
        }
        if !needs.capabilities.is_empty() && world.capabilities().is_none() {
            return Some(Obstacle::blocked(Gate {
                cause: world.suite.profile.calls.failing.value.clone(),
                reason: "the capabilities of the connector are not known".to_owned(),
                domain: FaultDomain::Connector,
            }));
        }
        for (expr, otherwise) in &needs.data {
            if !evaluate(expr, scope).is_ok_and(|value| value.is_true()) {
                let mut obstacle = Obstacle::new(Outcome::Vacuous, otherwise);
                obstacle.domain = Some(FaultDomain::Connector);
                return Some(obstacle);
            }
        }
        None
    }

    /// What the connector legitimately does not have.
    fn unsupported(&self) -> Option<String> {
        let world = self.world;
        let needs = &self.entry.scenario.needs;
        let absent = needs.operations.iter().find(|name| {
            world.operation(name) == Some(OperationState::NotSupported) && !world.mandatory(name)
        });
        if let Some(name) = absent {
            return Some(format!("{name} is not supported"));
        }
        let claimed = world.capabilities()?;
        let name = needs
            .capabilities
            .iter()
            .find(|name| claimed.get(*name) != Some(&true))?;
        Some(format!("capability {name} is not claimed"))
    }

    /// What the operator has not provided for.
    fn missing(&self, scope: &Scope) -> Option<Obstacle> {
        let world = self.world;
        let needs = &self.entry.scenario.needs;
        let profile = &world.suite.profile;
        let target = &world.prepared.target;
        let customer = needs
            .customers
            .iter()
            .find(|role| !target.customers.contains_key(*role))
            .map(|role| {
                let supply = profile.customers.get(role).map_or("", String::as_str);
                format!("needs `customers.{role}` in the target file: {supply}")
            });
        let fixture = needs
            .fixtures
            .iter()
            .find(|name| !target.fixtures.contains_key(*name))
            .map(|name| {
                let supply = profile
                    .fixtures
                    .get(name)
                    .map_or("", |rules| rules.supply.as_str());
                format!("needs `fixtures.{name}` in the target file: {supply}")
            });
        let setting = needs
            .settings
            .iter()
            .find(|(expr, _)| !evaluate(expr, scope).is_ok_and(|value| value.is_true()))
            .map(|(_, supply)| supply.clone());
        let reason = customer.or(fixture).or(setting)?;
        Some(self.left_out(reason))
    }

    /// Something the operator has not provided: left out by scope, or open.
    fn left_out(&self, reason: String) -> Obstacle {
        match self.world.options.scope {
            RunScope::Development => Obstacle {
                by_scope: true,
                ..Obstacle::new(Outcome::NotSelected, reason)
            },
            RunScope::Certification => Obstacle::blocked(Gate {
                cause: "target file".to_owned(),
                reason,
                domain: FaultDomain::Configuration,
            }),
        }
    }

    fn mode_title(&self, name: &str) -> &str {
        let modes = &self.world.suite.profile.modes;
        let mode = modes.iter().find(|mode| mode.name == name);
        mode.map_or("", |mode| mode.title.as_str())
    }

    fn failing(&self, operation: &str, state: OperationState) -> Gate {
        // What is mandatory has a requirement that says so; the rest only fails.
        let cause = match self.world.mandatory(operation) {
            true => self.world.suite.profile.calls.failing.value.clone(),
            false => format!("{operation} refuses a valid request"),
        };
        Gate {
            cause,
            reason: match state {
                OperationState::NotSupported => {
                    format!("{operation} is mandatory and not supported")
                }
                _ => format!("{operation} does not answer a valid request with success"),
            },
            domain: FaultDomain::Connector,
        }
    }

    fn skip(&self, obstacle: &Obstacle) {
        for check in &self.entry.scenario.checks {
            let mut result = unplayed(
                self.entry,
                check,
                obstacle.outcome,
                &obstacle.reason,
                obstacle.domain,
                obstacle.cause.clone(),
            );
            result.by_scope = obstacle.by_scope;
            self.world.emit(RunEvent::Judged(Box::new(result)));
        }
    }

    fn emit(&self) {
        let states = std::mem::take(&mut *lock(&self.checks));
        for (check, state) in self.entry.scenario.checks.iter().zip(states) {
            let base = unplayed(self.entry, check, Outcome::Vacuous, "", None, None);
            self.world
                .emit(RunEvent::Judged(Box::new(state.result(base))));
        }
    }

    /// Plays steps in order until one stops the sequence; the checks of the rest are
    /// then blocked, or do not apply.
    fn steps<'f>(&'f self, steps: &'f [Step], frame: &'f mut Frame) -> Playing<'f, Option<Stop>> {
        Box::pin(async move {
            for (index, step) in steps.iter().enumerate() {
                if let Err(stop) = self.step(step, frame).await {
                    let rest: BTreeSet<usize> =
                        steps[index..].iter().flat_map(Step::checks).collect();
                    self.stopped(&stop, &rest);
                    return Some(stop);
                }
            }
            None
        })
    }

    fn stopped(&self, stop: &Stop, checks: &BTreeSet<usize>) {
        let mut states = lock(&self.checks);
        for check in checks {
            match stop {
                Stop::Blocked(gate) if gate.domain == FaultDomain::Harness => {
                    states[*check].error = Some(gate.reason.clone());
                }
                Stop::Blocked(gate) => states[*check].block(gate.clone()),
                Stop::NotApplicable(reason) => states[*check].not_applicable = Some(reason.clone()),
            }
        }
    }

    fn step<'f>(&'f self, step: &'f Step, frame: &'f mut Frame) -> Playing<'f, Result<(), Stop>> {
        Box::pin(async move {
            if let Some(when) = &step.when
                && !evaluate(when, &frame.scope).is_ok_and(|value| value.is_true())
            {
                return Ok(());
            }
            self.tick(&mut frame.scope);
            let actor = match &step.actor {
                Some(template) => {
                    let text = template
                        .render_text(&frame.scope)
                        .map_err(|error| Stop::author(error.to_string()))?;
                    Actor::parse(&text).map_err(Stop::author)?
                }
                None => Actor::default(),
            };
            session::describe_actor(self.world, &actor, &mut frame.scope);
            match &step.action {
                Action::None => self.after(step, frame, None, None),
                Action::Call(call) => self.call(step, call, &actor, frame).await,
                Action::Raw {
                    method,
                    path,
                    body,
                    options,
                } => {
                    self.raw(step, method, path, body, options, &actor, frame)
                        .await
                }
                Action::Authenticate {
                    credential,
                    authorization,
                    anonymous,
                    body,
                    headers,
                } => {
                    let credential = match credential {
                        Some(expr) => evaluate(expr, &frame.scope)
                            .map(|value| value.as_str().unwrap_or_default().to_owned())
                            .map_err(|_| Stop::author("the credential is not a text"))?,
                        None => {
                            session::credential(self.world, &actor, self.entry.mode, &self.fresh())
                                .map_err(|reason| self.unconfigured(reason))?
                        }
                    };
                    if credential.len() >= 6 {
                        self.world
                            .prepared
                            .redactor
                            .register("credential", &credential);
                    }
                    let authorization = match (anonymous, authorization) {
                        (true, _) => None,
                        (false, Some(template)) => {
                            let mut scope = frame.scope.clone();
                            scope.set_json("credential", &json!(credential));
                            Some(
                                template
                                    .render_text(&scope)
                                    .map_err(|error| Stop::author(error.to_string()))?,
                            )
                        }
                        (false, None) => Some(format!("Bearer {credential}")),
                    };
                    let mut request = self.authentication(authorization, body.clone());
                    apply_headers(&mut request.headers, headers, &frame.scope)?;
                    let made = self
                        .send(
                            step,
                            frame,
                            &self.authentication_operation(),
                            request,
                            None,
                            true,
                            1,
                        )
                        .await;
                    self.settle(step, frame, made, false).await
                }
                Action::Forge {
                    defect,
                    claims,
                    header,
                    name,
                    claims_as,
                } => {
                    let render = |list: &[(String, Option<crate::expr::Template>)]| {
                        list.iter()
                            .map(|(name, value)| {
                                let value = match value {
                                    Some(template) => template
                                        .render(&frame.scope)
                                        .map_err(|error| Stop::author(error.to_string()))?,
                                    None => None,
                                };
                                Ok((name.clone(), value))
                            })
                            .collect::<Result<Vec<_>, Stop>>()
                    };
                    let defect = match defect {
                        Some(template) => Some(
                            template
                                .render_text(&frame.scope)
                                .map_err(|error| Stop::author(error.to_string()))?,
                        ),
                        None => None,
                    };
                    let changes = TokenChanges {
                        defect,
                        claims: render(claims)?,
                        header: render(header)?,
                    };
                    let signed = session::build_token(
                        self.world,
                        &actor,
                        self.entry.mode,
                        &self.fresh(),
                        &changes,
                    )
                    .map_err(|reason| self.unconfigured(reason))?;
                    frame.scope.set_json(name, &json!(signed.token));
                    if let Some(name) = claims_as {
                        frame.scope.set_json(name, &signed.claims);
                    }
                    Ok(())
                }
                Action::Bind(bindings) => {
                    for (name, expr) in bindings {
                        let value = evaluate(expr, &frame.scope)
                            .map_err(|trouble| self.trouble(trouble))?;
                        let cited = self.cited(frame, &expr.names());
                        frame.evidence.insert(name.clone(), cited);
                        frame.scope.set(name, value);
                    }
                    self.after(step, frame, None, None)
                }
                Action::ForEach {
                    list,
                    name,
                    limit,
                    steps,
                } => {
                    let value =
                        evaluate(list, &frame.scope).map_err(|trouble| self.trouble(trouble))?;
                    let cited = self.cited(frame, &list.names());
                    let items = match to_json(&value) {
                        Value::Array(items) => items,
                        _ => Vec::new(),
                    };
                    for (round, item) in items
                        .into_iter()
                        .take(limit.unwrap_or(usize::MAX))
                        .enumerate()
                    {
                        let mut inner = frame.clone();
                        inner.scope.set(name, from_json(&item));
                        inner.scope.set_json("round", &json!(round));
                        inner.evidence.insert(name.clone(), cited.clone());
                        // One item that cannot be played does not keep the others from it.
                        self.steps(steps, &mut inner).await;
                        self.carry(steps, &inner, frame);
                    }
                    self.after(step, frame, None, None)
                }
                Action::Repeat {
                    times,
                    until,
                    steps,
                } => {
                    for round in 0..*times {
                        frame.scope.set_json("round", &json!(round));
                        self.steps(steps, frame).await;
                        if let Some(until) = until
                            && evaluate(until, &frame.scope).is_ok_and(|value| value.is_true())
                        {
                            break;
                        }
                    }
                    self.after(step, frame, None, None)
                }
                Action::Parallel { copies, steps } => {
                    self.parallel(*copies, steps, frame).await;
                    self.after(step, frame, None, None)
                }
                Action::Bracket { control, steps } => self.bracket(control, steps, frame).await,
                Action::Group { bind, steps } => {
                    let mut bound = Vec::new();
                    for (name, template) in bind {
                        let value = template
                            .render(&frame.scope)
                            .map_err(|error| Stop::author(error.to_string()))?;
                        bound.push((name, value));
                    }
                    for (name, value) in bound {
                        match value {
                            Some(value) => frame.scope.set_json(name, &value),
                            None => frame.scope.set(name, crate::expr::Value::UNDEFINED),
                        }
                    }
                    match self.steps(steps, frame).await {
                        Some(stop) => Err(stop),
                        None => self.after(step, frame, None, None),
                    }
                }
                Action::Wait(seconds) => {
                    let value =
                        evaluate(seconds, &frame.scope).map_err(|trouble| self.trouble(trouble))?;
                    let seconds = to_json(&value).as_f64().unwrap_or(0.0);
                    let budget = self.world.prepared.target.limits.waiting_budget_s;
                    if seconds > budget as f64 {
                        return Err(Stop::Blocked(Gate {
                            cause: "target file".to_owned(),
                            reason: format!(
                                "needs a wait of {seconds:.0} s, the budget is {budget} s (`limits.waiting_budget_s`)"
                            ),
                            domain: FaultDomain::Configuration,
                        }));
                    }
                    self.world
                        .sleep(Duration::from_secs_f64(seconds.max(0.0)))
                        .await;
                    self.tick(&mut frame.scope);
                    self.after(step, frame, None, None)
                }
                Action::Probe(probe) => {
                    self.probe(*probe, frame).await?;
                    self.after(step, frame, None, None)
                }
                Action::RotateKey => {
                    let Some(server) = &self.world.prepared.key_server else {
                        return Err(
                            self.unconfigured("the run serves no key set (`jwt.serve_keys_on`)")
                        );
                    };
                    let key = SigningKey::generate("Assay signing key", self.world.clock.now())
                        .map_err(|error| Stop::author(error.to_string()))?;
                    let key = std::sync::Arc::new(key);
                    server.add_key(std::sync::Arc::clone(&key));
                    self.world.set_key(key);
                    Ok(())
                }
            }
        })
    }

    /// Brings captures and collected lists of inner steps out of a loop's own frame.
    fn carry(&self, steps: &[Step], inner: &Frame, outer: &mut Frame) {
        for step in steps {
            for (name, _) in &step.collect {
                if let Some(value) = inner.scope.get(name) {
                    outer.scope.set(name, value.clone());
                }
                if let Some(cited) = inner.evidence.get(name) {
                    outer.evidence.insert(name.clone(), cited.clone());
                }
            }
            for inner_step in step.inner() {
                self.carry(std::slice::from_ref(inner_step), inner, outer);
            }
        }
    }

    async fn parallel(&self, copies: usize, steps: &[Step], frame: &mut Frame) {
        let mut branches = Vec::new();
        for copy in 0..copies {
            for step in steps {
                let mut inner = frame.clone();
                inner.scope.set_json("copy", &json!(copy));
                branches.push(async move {
                    self.steps(std::slice::from_ref(step), &mut inner).await;
                    (step, inner)
                });
            }
        }
        let ended = join_all(branches).await;
        for step in steps {
            let of_step: Vec<&Frame> = ended
                .iter()
                .filter(|(other, _)| std::ptr::eq(*other, step))
                .map(|(_, inner)| inner)
                .collect();
            let names = step
                .id
                .iter()
                .chain(step.capture.iter().map(|(name, _)| name));
            for name in names {
                let values: Vec<crate::expr::Value> = of_step
                    .iter()
                    .map(|inner| inner.scope.get(name).cloned().unwrap_or_default())
                    .collect();
                let cited = of_step
                    .iter()
                    .filter_map(|inner| inner.evidence.get(name))
                    .flatten()
                    .cloned()
                    .collect();
                let value = if copies == 1 {
                    values.into_iter().next().unwrap_or_default()
                } else {
                    crate::expr::Value::from(values)
                };
                frame.scope.set(name, value);
                frame.evidence.insert(name.clone(), cited);
            }
        }
    }

    /// A negative case counts only when the control succeeds before and after.
    async fn bracket(
        &self,
        control: &[Step],
        steps: &[Step],
        frame: &mut Frame,
    ) -> Result<(), Stop> {
        let inside: BTreeSet<usize> = steps.iter().flat_map(Step::checks).collect();
        let broken = |when: &str| {
            Stop::connector(
                "control",
                format!("the control of the negative cases was refused {when} them"),
            )
        };
        if let Some(stop) = self.steps(control, frame).await {
            let stop = match stop {
                Stop::Blocked(_) => broken("before"),
                other => other,
            };
            self.stopped(&stop, &inside);
            return Ok(());
        }
        let before: Vec<(u64, usize, u64)> = {
            let states = lock(&self.checks);
            states
                .iter()
                .map(|state| (state.judged, state.deviations.len(), state.deviation_count))
                .collect()
        };
        self.steps(steps, frame).await;
        if self.steps(control, frame).await.is_some() {
            // What was judged in between proves nothing: take it back.
            let mut states = lock(&self.checks);
            for check in &inside {
                let (judged, kept, count) = before[*check];
                let state = &mut states[*check];
                state.judged = judged;
                state.deviations.truncate(kept);
                state.deviation_count = count;
            }
            drop(states);
            self.stopped(&broken("after"), &inside);
        }
        Ok(())
    }

    async fn probe(&self, probe: Probe, frame: &mut Frame) -> Result<(), Stop> {
        match probe {
            Probe::Tls => {
                if let Some(facts) = self.world.tls() {
                    let prepared = &self.world.prepared;
                    let timeout =
                        Duration::from_secs(prepared.target.limits.request_timeout_s.min(10));
                    let old = crate::transport::old_versions(&prepared.url, timeout).await;
                    let mut facts = json!(facts);
                    facts["old_versions"] = json!(old);
                    frame.scope.set_json("tls", &facts);
                }
            }
            Probe::Keys { available } => {
                let Some(server) = &self.world.prepared.key_server else {
                    return Err(
                        self.unconfigured("the run serves no key set (`jwt.serve_keys_on`)")
                    );
                };
                server.set_available(available);
            }
            Probe::SecondKey => {
                let Some(key) = &self.world.prepared.second_key else {
                    return Err(
                        self.unconfigured("the run serves no key set (`jwt.serve_keys_on`)")
                    );
                };
                self.world.set_key(std::sync::Arc::clone(key));
            }
            Probe::Listener => {
                frame
                    .scope
                    .set_json("listener", &self.world.prepared.listener());
            }
            Probe::PlainHttp => {
                let timeout = Duration::from_secs(
                    self.world.prepared.target.limits.request_timeout_s.min(10),
                );
                let (url, request) = self.plain_request(frame)?;
                let twin = crate::transport::plain_http_twin(&url, &request, timeout).await;
                let statuses: Vec<Value> = twin
                    .ports
                    .iter()
                    .map(|port| {
                        let status = match &port.answer {
                            crate::transport::TwinAnswer::Status(status) => Some(*status),
                            _ => None,
                        };
                        let accepted = wire::accepted_handshake(self.world, &port.body);
                        match accepted {
                            Some(accepted) => json!({
                                "port": port.port, "status": status, "accepted": accepted,
                            }),
                            None => json!({"port": port.port, "status": status}),
                        }
                    })
                    .collect();
                frame.scope.set_json("plain_http", &json!(statuses));
            }
        }
        Ok(())
    }

    /// What is sent over plain HTTP, and where to: a whole handshake where the API speaks
    /// SOAP. Its token is no secret, unlike the credential of other APIs.
    fn plain_request(&self, frame: &mut Frame) -> Result<(Url, PlainRequest), Stop> {
        let world = self.world;
        let mut url = world.prepared.url.clone();
        let operation = self.authentication_operation();
        if world.suite.soap.is_some() {
            self.challenge(&Actor::default(), frame)?;
            let template = world.suite.templates.get(&operation);
            let body = template.and_then(|template| template.render(&frame.scope).ok().flatten());
            let request = session::request(world, &operation, body.as_ref(), &Changes::default())
                .ok_or_else(|| Stop::author(format!("{operation} has no wire names")))?;
            let request = PlainRequest {
                headers: request.headers,
                body: request.body,
            };
            return Ok((url, request));
        }
        url.set_path(&format!("{}/{operation}", url.path()));
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        // A credential may go in clear text to this machine and no further.
        if world.prepared.on_loopback()
            && let Ok(credential) =
                session::credential(world, &Actor::default(), self.entry.mode, &self.fresh())
        {
            headers.push(("authorization".to_owned(), format!("Bearer {credential}")));
        }
        let body = Vec::new();
        Ok((url, PlainRequest { headers, body }))
    }

    /// A random text that no other token of the run carries: 32 digits in capitals.
    fn fresh(&self) -> String {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        Rng::named(self.world.seed(), &format!("{}/{number}", self.nonce))
            .hex(32)
            .to_uppercase()
    }

    fn authentication_operation(&self) -> String {
        self.world
            .suite
            .profile
            .authentication
            .operation
            .value
            .clone()
    }

    fn unconfigured(&self, reason: impl Into<String>) -> Stop {
        Stop::Blocked(Gate {
            cause: "target file".to_owned(),
            reason: reason.into(),
            domain: FaultDomain::Configuration,
        })
    }

    fn trouble(&self, trouble: Trouble) -> Stop {
        match trouble {
            Trouble::Author(reason) => Stop::author(reason),
            Trouble::Shape(reason) => Stop::connector("shape of the answer", reason),
        }
    }

    fn url(&self, path: &str) -> String {
        let base = self.world.prepared.url.as_str().trim_end_matches('/');
        match path.is_empty() || path.starts_with('?') {
            true => format!("{base}{path}"),
            false => format!("{base}/{path}"),
        }
    }

    fn authentication(&self, authorization: Option<String>, body: Option<String>) -> WireRequest {
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        WireRequest {
            method: "POST".to_owned(),
            url: self.url(&self.authentication_operation()),
            headers,
            body: body.unwrap_or_default().into_bytes(),
        }
    }

    /// The session token of an actor; authenticates when there is none yet, or anew
    /// in place of `spent`.
    async fn token(
        &self,
        step: &Step,
        frame: &mut Frame,
        actor: &Actor,
        spent: Option<&str>,
    ) -> Result<String, Stop> {
        let slot = self.world.sessions.slot(actor, self.entry.mode);
        let mut token = slot.lock().await;
        if let Some(token) = token.as_ref().filter(|token| Some(token.as_str()) != spent) {
            return Ok(token.clone());
        }
        let credential = session::credential(self.world, actor, self.entry.mode, &self.fresh())
            .map_err(|reason| self.unconfigured(reason))?;
        let request = self.authentication(Some(format!("Bearer {credential}")), None);
        let operation = self.authentication_operation();
        let made = self
            .send(step, frame, &operation, request, None, true, 1)
            .await;
        let fresh = made.incoming.answer.as_ref().and_then(|answer| {
            let mut scope = Scope::default();
            scope.set_json("answer", answer);
            let value = self.world.suite.access_token.as_ref()?.eval(&scope).ok()?;
            value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        });
        let requirement = &self.world.suite.profile.authentication.failing.value;
        let described = describe(&made.incoming);
        self.world
            .stand_call("calls/authenticate", requirement, |state| {
                state.judged += 1;
                if fresh.is_none() {
                    state.deviate(self.world.deviation(
                        requirement,
                        &operation,
                        vec![made.id.clone()],
                        Some(format!(
                            "authenticating customer `{}` with its credential",
                            actor.role
                        )),
                        crate::judgement::Observed::new(
                            "200 with an access token",
                            described.clone(),
                        ),
                    ));
                }
            });
        match fresh {
            Some(fresh) => {
                *token = Some(fresh.clone());
                Ok(fresh)
            }
            None => Err(Stop::connector(
                requirement,
                format!("authentication failed: {described}"),
            )),
        }
    }

    async fn call(
        &self,
        step: &Step,
        call: &Call,
        actor: &Actor,
        frame: &mut Frame,
    ) -> Result<(), Stop> {
        let world = self.world;
        let author = |error: crate::expr::ExprError| Stop::author(error.to_string());
        if world.suite.access_token.is_none() && call.operation == self.authentication_operation() {
            self.challenge(actor, frame)?;
        }
        let mut body = match (&call.body, world.suite.templates.get(&call.operation)) {
            (Some(template), _) | (None, Some(template)) => {
                template.render(&frame.scope).map_err(author)?
            }
            (None, None) => None,
        };
        if let (Some(Value::Object(members)), Some(envelope), true) =
            (&body, &world.suite.envelope, call.envelope)
        {
            let mut whole = match envelope.render(&frame.scope).map_err(author)? {
                Some(Value::Object(envelope)) => envelope,
                _ => Map::new(),
            };
            whole.extend(members.clone());
            body = Some(Value::Object(whole));
        }
        if let Some(body) = &mut body {
            for pointer in &call.remove {
                json::remove(body, &pointer.render_text(&frame.scope).map_err(author)?);
            }
            for (pointer, value) in &call.set {
                let pointer = pointer.render_text(&frame.scope).map_err(author)?;
                let value = value
                    .render(&frame.scope)
                    .map_err(author)?
                    .unwrap_or(Value::Null);
                if !json::set(body, &pointer, value) {
                    return Err(Stop::connector(
                        "shape of the answer",
                        format!("{pointer} is not in the request"),
                    ));
                }
            }
            if let Some(changes) = &call.changes {
                let changes =
                    evaluate(changes, &frame.scope).map_err(|trouble| self.trouble(trouble))?;
                apply_changes(body, &to_json(&changes))
                    .map_err(|reason| self.unconfigured(reason))?;
            }
        }
        let Some(kind) = call.vary else {
            return self.call_with(step, call, actor, frame, body).await;
        };
        let body = body.unwrap_or(Value::Null);
        for variation in world.suite.api.variations(&call.operation, &body, kind) {
            frame.scope.set_json("variation", &json!(variation.label));
            self.call_with(step, call, actor, frame, Some(variation.body))
                .await?;
        }
        Ok(())
    }

    async fn call_with(
        &self,
        step: &Step,
        call: &Call,
        actor: &Actor,
        frame: &mut Frame,
        body: Option<Value>,
    ) -> Result<(), Stop> {
        let changes = self.soap_changes(call, frame)?;
        let request = session::request(self.world, &call.operation, body.as_ref(), &changes)
            .ok_or_else(|| Stop::author(format!("{} has no wire names", call.operation)))?;
        let plain = call.options.token.is_none() && !step.invalid && !judges_status(&step.expect);
        let made = self
            .with_token(
                step,
                &call.options,
                actor,
                frame,
                &call.operation,
                request,
                body,
            )
            .await?;
        self.settle(step, frame, made, plain).await
    }

    /// A fresh token for a handshake; without a key to sign with there is none.
    fn challenge(&self, actor: &Actor, frame: &mut Frame) -> Result<(), Stop> {
        let changes = TokenChanges::default();
        let mode = &self.entry.mode;
        let signed = session::build_token(self.world, actor, mode, &self.fresh(), &changes)
            .map_err(|reason| self.unconfigured(reason))?;
        frame.scope.set_json("signed_token", &json!(signed.token));
        frame.scope.set_json("challenge", &signed.claims);
        Ok(())
    }

    /// How the message of a call is written.
    fn soap_changes(&self, call: &Call, frame: &mut Frame) -> Result<Changes, Stop> {
        let options = &call.soap;
        let Some(soap) = &self.world.suite.soap else {
            return Ok(Changes::default());
        };
        let names = soap
            .operation(&call.operation)
            .and_then(|operation| self.world.names(&operation.binding));
        let action = names.map(|names| names.action(&call.operation));
        frame.scope.set_json("soap_action", &json!(action));
        let scope = &frame.scope;
        let text = |template: &Option<crate::expr::Template>| match template {
            Some(template) => template
                .render_text(scope)
                .map(Some)
                .map_err(|error| Stop::author(error.to_string())),
            None => Ok(None),
        };
        let mut replace = Vec::new();
        for (from, to) in &options.replace {
            let text = |template: &crate::expr::Template| {
                template
                    .render_text(scope)
                    .map_err(|error| Stop::author(error.to_string()))
            };
            replace.push((text(from)?, text(to)?));
        }
        Ok(Changes {
            style: options.style,
            declaration: options.declaration,
            nulls: options.nulls,
            action: text(&options.action)?,
            prolog: text(&options.prolog)?,
            header: text(&options.header)?,
            extra: text(&options.extra)?,
            namespace: text(&options.namespace)?,
            body: text(&options.body)?,
            replace,
            pad: options.pad,
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one request, used once"
    )]
    async fn raw(
        &self,
        step: &Step,
        method: &str,
        path: &crate::expr::Template,
        body: &RawBody,
        options: &CallOptions,
        actor: &Actor,
        frame: &mut Frame,
    ) -> Result<(), Stop> {
        let author = |error: crate::expr::ExprError| Stop::author(error.to_string());
        let path = path.render_text(&frame.scope).map_err(author)?;
        let (bytes, json_body) = match body {
            RawBody::None => (Vec::new(), None),
            RawBody::Text(text) => (
                text.render_text(&frame.scope).map_err(author)?.into_bytes(),
                None,
            ),
            RawBody::Bytes(bytes) => (bytes.clone(), None),
            RawBody::Json(tree) => {
                let value = tree
                    .render(&frame.scope)
                    .map_err(author)?
                    .unwrap_or(Value::Null);
                (value.to_string().into_bytes(), Some(value))
            }
        };
        let kind = match self.world.suite.soap {
            Some(_) => "text/xml; charset=utf-8",
            None => "application/json",
        };
        let mut headers = Vec::new();
        if self.world.suite.soap.is_none() {
            headers.push(("accept".to_owned(), kind.to_owned()));
        }
        if !matches!(body, RawBody::None) {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        let request = WireRequest {
            method: method.to_owned(),
            url: self.url(&path),
            headers,
            body: bytes,
        };
        // Only a POST is a call of the operation whose name the path happens to be.
        let operation = match method {
            "POST" => path.trim_matches('/').to_owned(),
            _ => format!("{method} {}", path.trim_matches('/')),
        };
        let made = self
            .with_token(step, options, actor, frame, &operation, request, json_body)
            .await?;
        self.settle(step, frame, made, false).await
    }

    /// Sends with the token that the options ask for; a session token that is refused
    /// is renewed and the call repeated once.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one request, used twice"
    )]
    async fn with_token(
        &self,
        step: &Step,
        options: &CallOptions,
        actor: &Actor,
        frame: &mut Frame,
        operation: &str,
        mut request: WireRequest,
        body: Option<Value>,
    ) -> Result<Made, Stop> {
        let overridden = options
            .headers
            .iter()
            .any(|(name, _)| name == "authorization");
        let explicit = match &options.token {
            Some(expr) => {
                let value =
                    evaluate(expr, &frame.scope).map_err(|trouble| self.trouble(trouble))?;
                match value.as_str() {
                    Some(token) => Some(Some(token.to_owned())),
                    None if value.is_none() => Some(None),
                    None => {
                        let reason = format!(
                            "`token: {}` has no value: an earlier step did not yield it",
                            expr.source()
                        );
                        return Err(Stop::connector("shape of the answer", reason));
                    }
                }
            }
            None if overridden || self.world.suite.access_token.is_none() => Some(None),
            None => None,
        };
        let base_headers = request.headers.clone();
        if let Some(token) = explicit {
            if let Some(token) = token {
                request
                    .headers
                    .push(("authorization".to_owned(), format!("Bearer {token}")));
            }
            apply_headers(&mut request.headers, &options.headers, &frame.scope)?;
            return Ok(self
                .send(step, frame, operation, request, body, false, 1)
                .await);
        }
        let token = self.token(step, frame, actor, None).await?;
        frame.scope.set_json("session_token", &json!(token));
        request
            .headers
            .push(("authorization".to_owned(), format!("Bearer {token}")));
        apply_headers(&mut request.headers, &options.headers, &frame.scope)?;
        let first = self
            .send(
                step,
                frame,
                operation,
                request.clone(),
                body.clone(),
                false,
                1,
            )
            .await;
        if !matches!(&first.incoming.response, Ok(response) if response.status == 401) {
            return Ok(first);
        }
        let fresh = self.token(step, frame, actor, Some(&token)).await?;
        request.headers = base_headers;
        request
            .headers
            .push(("authorization".to_owned(), format!("Bearer {fresh}")));
        apply_headers(&mut request.headers, &options.headers, &frame.scope)?;
        let second = self
            .send(step, frame, operation, request, body, false, 2)
            .await;
        let rules = &self.world.suite.profile.authentication;
        let requirement = &rules.refresh.as_ref().unwrap_or(&rules.failing).value;
        let refused = matches!(&second.incoming.response, Ok(response) if response.status == 401);
        self.world
            .stand_call("calls/refresh", requirement, |state| {
                state.judged += 1;
                if refused {
                    state.deviate(self.world.deviation(
                        requirement,
                        operation,
                        vec![first.id.clone(), second.id.clone()],
                        Some("authenticated again after 401 and repeated the call".to_owned()),
                        crate::judgement::Observed::new("the new token is accepted", "401 again"),
                    ));
                }
            });
        if refused {
            return Err(Stop::connector(
                requirement,
                format!("{operation} answers 401 to a token just issued"),
            ));
        }
        Ok(second)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one exchange")]
    async fn send(
        &self,
        step: &Step,
        frame: &Frame,
        operation: &str,
        request: WireRequest,
        body: Option<Value>,
        authenticating: bool,
        attempt: u8,
    ) -> Made {
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("E-{}.{number}", self.entry.index + 1);
        let mode = if self.entry.mode.is_empty() {
            String::new()
        } else {
            format!("/{}", self.entry.mode)
        };
        let name = step
            .id
            .clone()
            .unwrap_or_else(|| format!("line {}", step.line));
        let authenticating = authenticating || operation == self.authentication_operation();
        let outgoing = Outgoing {
            id: id.clone(),
            origin: format!("{}{mode}/{name}", self.entry.scenario.id),
            operation: operation.to_owned(),
            request,
            body: body.as_ref(),
            attempt,
            invalid: step.invalid,
            malformed: step.malformed,
            authenticating,
            looking: false,
            situation: step
                .situation
                .as_ref()
                .and_then(|text| text.render_text(&frame.scope).ok()),
        };
        let incoming = self.world.send(&outgoing).await;
        Made {
            id,
            operation: operation.to_owned(),
            body,
            incoming,
        }
    }

    /// What follows an exchange: variables, the operation's state, expectations.
    async fn settle(
        &self,
        step: &Step,
        frame: &mut Frame,
        made: Made,
        plain: bool,
    ) -> Result<(), Stop> {
        let response = match &made.incoming.response {
            Ok(response) => response,
            Err(fault) => {
                if plain && !self.entry.scenario.exports.is_empty() {
                    self.world
                        .set_operation(&made.operation, OperationState::Failing);
                }
                let stop = self.fault(&made.operation, fault);
                if let Some(id) = &step.id {
                    frame.scope.set(id, crate::expr::Value::UNDEFINED);
                }
                return match step.tolerant {
                    true => self.tolerate(step, frame, Some(&made), &stop),
                    false => Err(stop),
                };
            }
        };
        let status = response.status;
        let headers: BTreeMap<&str, &str> = response
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = |body: &Option<Value>| {
            body.as_ref()
                .map_or_else(|| from_json(&Value::Null), from_json)
        };
        let (fault, wire) = describe_message(made.incoming.message.as_ref());
        let members = [
            ("fault", from_json(&fault)),
            ("wire", from_json(&wire)),
            (
                "challenge",
                frame.scope.get("challenge").cloned().unwrap_or_default(),
            ),
            ("status", crate::expr::Value::from(status)),
            ("answer", body(&made.incoming.answer)),
            ("headers", from_json(&json!(headers))),
            (
                "body_text",
                crate::expr::Value::from(String::from_utf8_lossy(&response.body)),
            ),
            ("ms", crate::expr::Value::from(made.incoming.elapsed_ms)),
            ("request", body(&made.body)),
        ];
        for (name, value) in &members {
            frame.scope.set(name, value.clone());
        }
        let result = crate::expr::Value::from_pairs(members);
        if let Some(id) = &step.id {
            frame.scope.set(id, result);
            frame.evidence.insert(id.clone(), vec![made.id.clone()]);
        }
        let stop = if plain {
            self.plain_call(step, &made, status)
        } else if !made.incoming.served() && !step.invalid && !judges_status(&step.expect) {
            // A step that says nothing of its status relies on success.
            let reason = format!("{} answered {}", made.operation, describe(&made.incoming));
            Some(Stop::connector(
                format!("{} refuses a valid request", made.operation),
                reason,
            ))
        } else {
            None
        };
        match stop {
            Some(stop) if step.tolerant => self.tolerate(step, frame, Some(&made), &stop),
            Some(stop) => Err(stop),
            None => self.after(step, frame, Some(&made), Some(status)),
        }
    }

    /// Judges the answer to a valid request, and learns from it.
    fn plain_call(&self, step: &Step, made: &Made, status: u16) -> Option<Stop> {
        let world = self.world;
        let rules = &world.suite.profile.calls;
        let discovering = !self.entry.scenario.exports.is_empty();
        let known = world.operation(&made.operation);
        let deviate = |check: &str, requirement: &str, expected: &str| {
            let observed = crate::judgement::Observed::new(expected, describe(&made.incoming));
            let situation = step
                .situation
                .as_ref()
                .map(|_| "a valid request".to_owned());
            let deviation = world.deviation(
                requirement,
                &made.operation,
                vec![made.id.clone()],
                situation,
                observed,
            );
            world.stand_call(check, requirement, |state| {
                state.judged += 1;
                state.deviate(deviation);
            });
        };
        if made.incoming.served() {
            world.stand_call("calls/valid", &rules.failing.value, |state| {
                state.judged += 1
            });
            if let Some(missing) = &rules.missing {
                world.stand_call("calls/supported", &missing.value, |state| state.judged += 1);
            }
            world.stand_call("calls/steady", &rules.switching.value, |state| {
                state.judged += 1
            });
            if !self.succeeded(made) {
                // Served and refused: what the answer says is judged by its own rows.
                let reason = format!(
                    "{} answered {} to a valid request",
                    made.operation,
                    describe(&made.incoming)
                );
                if discovering {
                    world.set_operation(&made.operation, OperationState::Failing);
                }
                let cause = format!("{} refuses a valid request", made.operation);
                return Some(Stop::connector(cause, reason));
            }
            if discovering {
                world.set_operation(&made.operation, OperationState::Supported);
            }
            return None;
        }
        let fault = made
            .incoming
            .message
            .as_ref()
            .and_then(|message| message.fault.as_ref());
        let unsupported = match fault {
            Some(fault) => rules.unsupported_faults.iter().any(|code| fault.is(code)),
            None => status == rules.unsupported,
        };
        if unsupported {
            if known == Some(OperationState::Supported) {
                deviate(
                    "calls/steady",
                    &rules.switching.value,
                    "support that does not end within a session",
                );
                return Some(Stop::connector(
                    rules.switching.value.clone(),
                    format!("{} answered {status} after it had worked", made.operation),
                ));
            }
            if discovering {
                world.set_operation(&made.operation, OperationState::NotSupported);
            }
            if made.operation == self.authentication_operation() {
                // Scenarios about the handshake judge that.
                let state = OperationState::NotSupported;
                return Some(Stop::Blocked(self.failing(&made.operation, state)));
            }
            if world.mandatory(&made.operation) {
                let (check, requirement) = match &rules.missing {
                    Some(missing) => ("calls/supported", &missing.value),
                    None => ("calls/valid", &rules.failing.value),
                };
                deviate(check, requirement, "an answer: the operation is mandatory");
                return Some(Stop::Blocked(
                    self.failing(&made.operation, OperationState::NotSupported),
                ));
            }
            return Some(Stop::NotApplicable(format!(
                "{} is not supported",
                made.operation
            )));
        }
        if discovering {
            world.set_operation(&made.operation, OperationState::Failing);
        }
        // A message that cannot be read is judged as such.
        let unreadable = made
            .incoming
            .message
            .as_ref()
            .is_some_and(|message| message.unreadable() || (200..300).contains(&status));
        let failing = match made.operation == self.authentication_operation() {
            true => &world.suite.profile.authentication.failing.value,
            false => &rules.failing.value,
        };
        // Outside discovery a 4xx may have a reason that only the connector knows.
        if world.mandatory(&made.operation) && !unreadable && (discovering || status >= 500) {
            let check = match failing == &rules.failing.value {
                true => "calls/valid",
                false => "calls/authenticate",
            };
            deviate(check, failing, "success for a valid request");
            return Some(Stop::Blocked(
                self.failing(&made.operation, OperationState::Failing),
            ));
        }
        let reason = format!(
            "{} answered {} to a valid request",
            made.operation,
            describe(&made.incoming)
        );
        Some(Stop::connector(
            format!("{} refuses a valid request", made.operation),
            reason,
        ))
    }

    /// Whether an answer that was served says that the call was done.
    fn succeeded(&self, made: &Made) -> bool {
        let Some(success) = &self.world.suite.success else {
            return true;
        };
        let mut scope = Scope::default();
        scope.set_json(
            "answer",
            made.incoming.answer.as_ref().unwrap_or(&Value::Null),
        );
        evaluate(success, &scope).is_ok_and(|value| value.is_true())
    }

    fn fault(&self, operation: &str, fault: &TransportFault) -> Stop {
        let detail = self.world.prepared.redactor.redact(&fault.detail);
        let (cause, domain) = match fault.kind {
            TransportFaultKind::Timeout => (
                format!("{operation} does not answer in time"),
                FaultDomain::Connector,
            ),
            TransportFaultKind::Protocol => (
                format!("{operation} breaks the connection"),
                FaultDomain::Connector,
            ),
            TransportFaultKind::Dns => ("host name".to_owned(), FaultDomain::Environment),
            TransportFaultKind::Connect => ("connection".to_owned(), FaultDomain::Environment),
            TransportFaultKind::Tls => ("certificate".to_owned(), FaultDomain::Environment),
        };
        Stop::Blocked(Gate {
            cause,
            reason: format!("{operation}: {detail}"),
            domain,
        })
    }

    /// Expectations, captures and collections of a step, after its action.
    fn after(
        &self,
        step: &Step,
        frame: &mut Frame,
        made: Option<&Made>,
        status: Option<u16>,
    ) -> Result<(), Stop> {
        for (name, expr) in &step.capture {
            let value = evaluate(expr, &frame.scope).map_err(|trouble| self.trouble(trouble));
            let mut cited = self.cited(frame, &expr.names());
            cited.extend(made.map(|made| made.id.clone()));
            frame.evidence.insert(name.clone(), cited);
            frame.scope.set(name, value.unwrap_or_default());
        }
        let world = self.world;
        let facts = made.and_then(|made| {
            let response = made.incoming.response.as_ref().ok()?;
            Some(Facts {
                operation: &made.operation,
                request: made.body.as_ref(),
                request_bytes: 0,
                response,
                answer: made.incoming.answer.as_ref(),
                elapsed_ms: made.incoming.elapsed_ms,
                authenticating: false,
                message: made.incoming.message.as_ref(),
            })
        });
        let situation = Situation {
            scope: &frame.scope,
            facts: facts.as_ref(),
            api: &world.suite.api,
            secrets: &world.prepared.redactor,
        };
        let words = step
            .situation
            .as_ref()
            .and_then(|text| text.render_text(&frame.scope).ok());
        let mut status_refused = false;
        for expectation in &step.expect {
            // After a status that is not accepted the body is not the one judged below.
            if status_refused && !matches!(expectation.rule, Rule::Status(_) | Rule::Header { .. })
            {
                continue;
            }
            let mut cited = self.cited(frame, &names_of(expectation));
            cited.extend(made.map(|made| made.id.clone()));
            let operation = made.map_or_else(String::new, |made| made.operation.clone());
            let judged = judge(expectation, &situation);
            let mut states = lock(&self.checks);
            let state = &mut states[expectation.check];
            match judged {
                Ok(judged) => {
                    state.judged += judged.values;
                    if let (Rule::Status(rule), Some(status)) = (&expectation.rule, status) {
                        status_refused |= !rule.accepts(status);
                    }
                    for observed in judged.deviations {
                        // What charges no one in particular charges all of the expectation.
                        let charged: Vec<&String> = match &observed.requirement {
                            Some(_) => expectation.requirements.iter().take(1).collect(),
                            None => expectation.requirements.iter().collect(),
                        };
                        for requirement in charged {
                            state.deviate(world.deviation(
                                requirement,
                                &operation,
                                cited.clone(),
                                words.clone(),
                                observed.clone(),
                            ));
                        }
                    }
                }
                Err(Trouble::Author(message)) => {
                    state.error = Some(format!(
                        "{}:{}: {message}",
                        self.entry.scenario.file, step.line
                    ));
                }
                Err(Trouble::Shape(message)) => state.block(Gate {
                    cause: "shape of the answer".to_owned(),
                    reason: format!("the answer cannot be judged: {message}"),
                    domain: FaultDomain::Connector,
                }),
            }
        }
        self.collect(step, frame, made)
    }

    /// Adds to the lists that outlive loops.
    fn collect(&self, step: &Step, frame: &mut Frame, made: Option<&Made>) -> Result<(), Stop> {
        for (name, expr) in &step.collect {
            let value = evaluate(expr, &frame.scope).map_err(|trouble| self.trouble(trouble))?;
            frame.scope.push(name, value);
            let cited = made.map(|made| made.id.clone());
            frame
                .evidence
                .entry(name.clone())
                .or_default()
                .extend(cited);
        }
        Ok(())
    }

    /// A failure that the step tolerates: its checks are blocked, and lists keep in
    /// step with what was tried.
    fn tolerate(
        &self,
        step: &Step,
        frame: &mut Frame,
        made: Option<&Made>,
        stop: &Stop,
    ) -> Result<(), Stop> {
        self.stopped(stop, &step.checks().into_iter().collect());
        self.collect(step, frame, made)
    }

    /// Exchanges that the named variables came from, last twelve.
    fn cited(&self, frame: &Frame, names: &[String]) -> Vec<String> {
        let mut cited: Vec<String> = Vec::new();
        for id in names
            .iter()
            .filter_map(|name| frame.evidence.get(name))
            .flatten()
        {
            if !cited.contains(id) {
                cited.push(id.clone());
            }
        }
        cited.split_off(cited.len().saturating_sub(12))
    }
}

fn names_of(expectation: &Expectation) -> Vec<String> {
    let mut names = match &expectation.rule {
        Rule::That(expr) => expr.names(),
        Rule::Judge { with, .. } => with
            .iter()
            .flat_map(|(_, template)| template.names())
            .collect(),
        Rule::Schema {
            value: Some(expr), ..
        } => expr.names(),
        _ => Vec::new(),
    };
    names.extend(expectation.each.iter().flat_map(crate::expr::Expr::names));
    names
}

fn judges_status(expect: &[Expectation]) -> bool {
    expect
        .iter()
        .any(|expectation| matches!(expectation.rule, Rule::Status(_)))
}

fn apply_headers(
    headers: &mut Vec<(String, String)>,
    changes: &[(String, Option<crate::expr::Template>)],
    scope: &Scope,
) -> Result<(), Stop> {
    for (name, value) in changes {
        headers.retain(|(known, _)| known != name);
        if let Some(template) = value {
            let text = template
                .render_text(scope)
                .map_err(|error| Stop::author(error.to_string()))?;
            headers.push((name.clone(), text));
        }
    }
    Ok(())
}

/// Applies `{set: {pointer: value}, remove: [pointer]}` of a fixture.
fn apply_changes(body: &mut Value, changes: &Value) -> Result<(), String> {
    for (pointer, value) in changes
        .get("set")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if !json::set(body, pointer, value.clone()) {
            return Err(format!(
                "the fixture sets {pointer}, which is not in the request"
            ));
        }
    }
    for pointer in changes
        .get("remove")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        json::remove(body, pointer.as_str().unwrap_or_default());
    }
    Ok(())
}

/// Fault and wire issues of a SOAP message, as expressions see them.
fn describe_message(message: Option<&Decoded>) -> (Value, Value) {
    let Some(message) = message else {
        return (Value::Null, Value::Null);
    };
    let fault = message.fault.as_ref().map_or(
        Value::Null,
        |fault| json!({"code": fault.code, "string": fault.string, "detail": fault.detail}),
    );
    let wire: Vec<Value> = message
        .issues
        .iter()
        .map(|issue| {
            json!({
                "kind": issue.kind.name(),
                "at": issue.at,
                "expected": issue.expected,
                "actual": issue.actual,
            })
        })
        .collect();
    (fault, Value::Array(wire))
}

/// An answer in a few words.
pub(super) fn describe(incoming: &Incoming) -> String {
    let fault = incoming
        .message
        .as_ref()
        .and_then(|message| message.fault.as_ref());
    match &incoming.response {
        Ok(response) if fault.is_some() => {
            let fault = fault.map_or_else(String::new, |fault| {
                format!("fault {}: {}", fault.code, json::cut(&fault.string, 120))
            });
            format!("{} with the {fault}", response.status)
        }
        Ok(response) => {
            let body = match &incoming.answer {
                Some(answer) => json::brief(answer, 160),
                None if response.body.is_empty() => "no body".to_owned(),
                None => json::cut(&String::from_utf8_lossy(&response.body), 80),
            };
            format!("{} with {body}", response.status)
        }
        Err(fault) => fault.detail.clone(),
    }
}

/// For preflight: the answer to one authentication.
pub(super) async fn authenticate_once(
    world: &world::World<'_>,
    mode: &str,
    number: usize,
) -> Result<(String, Incoming), String> {
    let actor = Actor::default();
    let credential = session::credential(world, &actor, mode, &format!("preflight{number}"))?;
    let operation = world.suite.profile.authentication.operation.value.clone();
    let id = format!("E-0.{number}");
    let base = world.prepared.url.as_str().trim_end_matches('/');
    let outgoing = Outgoing {
        id: id.clone(),
        origin: format!("preflight/{mode}"),
        operation: operation.clone(),
        request: WireRequest {
            method: "POST".to_owned(),
            url: format!("{base}/{operation}"),
            headers: vec![
                ("accept".to_owned(), "application/json".to_owned()),
                ("authorization".to_owned(), format!("Bearer {credential}")),
            ],
            body: Vec::new(),
        },
        body: None,
        attempt: 1,
        invalid: false,
        malformed: false,
        authenticating: true,
        looking: true,
        situation: None,
    };
    Ok((id, world.send(&outgoing).await))
}
