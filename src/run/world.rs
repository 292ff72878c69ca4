//! What all scenarios of a run share: the way to the wire, what was learnt of the
//! connector, and the judgements that look at every exchange.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use super::judge::CheckState;
use super::{Options, Prepared, Sink, seconds, session, undo, wire};
use crate::auth::SigningKey;
use crate::base::clock::Clock;
use crate::base::json::map_texts;
use crate::expr::Scope;
use crate::judgement::{Arguments, Facts, Judged, Observed, objects};
use crate::model::event::{CheckResult, Deviation, RunEvent};
use crate::model::exchange::{
    BodyText, Exchange, Header, ResponseEvidence, TlsFacts, TransportFault, TransportFaultKind,
    WireRequest, WireResponse,
};
use crate::model::outcome::FaultDomain;
use crate::model::report::ConnectorFacts;
use crate::model::requirement::RequirementId;
use crate::soap::WireNames;
use crate::soap::decode::{Decoded, IssueKind, decode};
use crate::soap::xsd::Validator;
use crate::suite::{AlwaysKind, AlwaysRule, Suite};
use crate::transport::Sent;

/// Bytes of a request body that evidence keeps.
const REQUEST_KEPT: usize = 512 * 1024;

/// State of an operation as calls with valid requests show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OperationState {
    Supported,
    NotSupported,
    Failing,
}

impl OperationState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::NotSupported => "not supported",
            Self::Failing => "failing",
        }
    }
}

/// Why scenarios cannot be played: one root cause for all that it blocks.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub cause: String,
    pub reason: String,
    pub domain: FaultDomain,
}

/// A check that belongs to no scenario: fed by every exchange.
struct Standing {
    requirements: Vec<RequirementId>,
    line: u64,
    state: CheckState,
}

pub(super) struct World<'a> {
    pub suite: &'a Suite,
    pub prepared: &'a Prepared,
    pub options: &'a Options,
    pub clock: Arc<dyn Clock>,
    /// When the run began, in nanoseconds since 1970.
    pub started: i128,
    sink: &'a dyn Sink,
    pub sessions: session::Sessions,
    /// The signing key in force; replaced when a scenario rotates it.
    key: Mutex<Option<Arc<SigningKey>>>,
    operations: Mutex<BTreeMap<String, OperationState>>,
    exports: Mutex<Scope>,
    standing: Mutex<BTreeMap<String, Standing>>,
    gates: Mutex<BTreeMap<String, Gate>>,
    tls: Mutex<Option<TlsFacts>>,
    /// Wire names in force, by interface; of an API that speaks SOAP.
    names: Mutex<BTreeMap<String, WireNames>>,
    /// The schema of messages under these names.
    validator: Mutex<Option<Arc<Validator>>>,
    /// Facts about the connector for the head of the report, beside those of the suite.
    facts: Mutex<BTreeMap<String, String>>,
    /// What is known of the connector's WSDL.
    wsdl: Mutex<Value>,
    /// What readers should know of signed tokens, by token.
    tokens: Mutex<BTreeMap<String, String>>,
    pub undone: undo::Pending,
    /// Requirements that a check has failed so far.
    failed: Mutex<BTreeSet<RequirementId>>,
    /// Number of the present round.
    round: AtomicU32,
}

/// A request with what is known about it before it is sent.
pub(super) struct Outgoing<'r> {
    pub id: String,
    pub origin: String,
    pub operation: String,
    pub request: WireRequest,
    pub body: Option<&'r Value>,
    pub attempt: u8,
    pub invalid: bool,
    /// The message itself is wrong on purpose.
    pub malformed: bool,
    pub authenticating: bool,
    /// Only looks whether anyone is there: what answers may be no connector at all.
    pub looking: bool,
    pub situation: Option<String>,
}

/// What came back.
pub(super) struct Incoming {
    pub response: Result<WireResponse, TransportFault>,
    pub answer: Option<Value>,
    /// The SOAP message that came, where the API speaks SOAP.
    pub message: Option<Decoded>,
    pub elapsed_ms: f64,
}

impl Incoming {
    /// The answer holds what was asked for, as far as the protocol tells.
    pub(super) fn served(&self) -> bool {
        let Ok(response) = &self.response else {
            return false;
        };
        let success = (200..300).contains(&response.status);
        match &self.message {
            Some(message) => success && message.fault.is_none() && message.envelope,
            None => success,
        }
    }
}

impl<'a> World<'a> {
    pub(super) fn new(
        suite: &'a Suite,
        prepared: &'a Prepared,
        options: &'a Options,
        clock: Arc<dyn Clock>,
        sink: &'a dyn Sink,
    ) -> Self {
        Self {
            suite,
            prepared,
            options,
            started: clock.now().as_nanosecond(),
            clock,
            sink,
            sessions: session::Sessions::default(),
            key: Mutex::new(trusted(prepared)),
            operations: Mutex::default(),
            exports: Mutex::default(),
            standing: Mutex::default(),
            gates: Mutex::default(),
            tls: Mutex::default(),
            names: Mutex::new(prepared.default_names(suite)),
            validator: Mutex::default(),
            facts: Mutex::default(),
            wsdl: Mutex::new(Value::Null),
            tokens: Mutex::default(),
            undone: undo::Pending::default(),
            failed: Mutex::default(),
            round: AtomicU32::new(0),
        }
    }

    /// Starts to play scenarios once more.
    pub(super) fn begin_round(&self, number: u32) {
        self.round.store(number, Ordering::Relaxed);
    }

    /// Seed of the present round.
    pub(super) fn seed(&self) -> u64 {
        let round = self.round.load(Ordering::Relaxed);
        self.options.seed.wrapping_add(u64::from(round))
    }

    pub(super) fn now(&self) -> String {
        seconds(self.clock.as_ref())
    }

    pub(super) fn emit(&self, mut event: RunEvent) {
        if let RunEvent::Judged(result) = &mut event {
            result.round = self.round.load(Ordering::Relaxed);
            // Reasons quote answers, and an answer may quote a secret.
            for words in [&mut result.reason, &mut result.cause]
                .into_iter()
                .flatten()
            {
                *words = self.prepared.redactor.redact_excerpt(words);
            }
            let mut failed = lock(&self.failed);
            failed.extend(
                result
                    .deviations
                    .iter()
                    .map(|deviation| deviation.requirement.clone()),
            );
        }
        if let RunEvent::Discovered(facts) = &mut event {
            // So may whatever else a connector says of itself, such as its certificate.
            let redact = |text: &str| self.prepared.redactor.redact(text);
            let clean = serde_json::to_value(&*facts).map(|facts| map_texts(&facts, &redact));
            if let Ok(clean) = clean.and_then(serde_json::from_value) {
                *facts = clean;
            }
        }
        self.sink.emit(event);
    }

    /// Scenarios that may run at the same time: one, once the connector has shown that
    /// it mixes up parallel calls. That is one finding then, not one of every scenario.
    pub(super) fn jobs(&self) -> usize {
        let parallel = &self.suite.profile.calls.parallel;
        let failed = lock(&self.failed);
        match parallel.iter().any(|id| failed.contains(&id.value)) {
            true => 1,
            false => self.options.jobs.max(1),
        }
    }

    pub(super) fn key(&self) -> Option<Arc<SigningKey>> {
        lock(&self.key).clone()
    }

    pub(super) fn set_key(&self, key: Arc<SigningKey>) {
        *lock(&self.key) = Some(key);
    }

    /// Signs with the key of the target file again.
    pub(super) fn restore_key(&self) {
        *lock(&self.key) = trusted(self.prepared);
    }

    /// A key that nobody trusts.
    pub(super) fn stranger_key(&self) -> Result<Arc<SigningKey>, String> {
        let keys = self.prepared.keys.as_ref();
        let keys = keys.ok_or("the run has no key to sign with")?;
        let key = keys.stranger(self.clock.now());
        key.map_err(|error| error.to_string())
    }

    pub(super) fn tls(&self) -> Option<TlsFacts> {
        lock(&self.tls).clone()
    }

    pub(super) fn set_tls(&self, facts: TlsFacts) {
        *lock(&self.tls) = Some(facts);
    }

    /// Wire names in force for an interface.
    pub(super) fn names(&self, binding: &str) -> Option<WireNames> {
        lock(&self.names).get(binding).cloned()
    }

    pub(super) fn set_names(&self, binding: &str, names: WireNames) {
        lock(&self.names).insert(binding.to_owned(), names);
        // Built anew for the names, when the next message comes.
        *lock(&self.validator) = None;
    }

    fn validator(&self) -> Option<Arc<Validator>> {
        let soap = self.suite.soap.as_ref()?;
        let mut validator = lock(&self.validator);
        if validator.is_none() {
            match Validator::new(soap, &lock(&self.names)) {
                Ok(built) => *validator = Some(Arc::new(built)),
                Err(reason) => {
                    self.note("schema of messages", format!("not judged: {reason}"));
                    return None;
                }
            }
        }
        validator.clone()
    }

    /// Notes a fact for the head of the report.
    pub(super) fn note(&self, label: impl Into<String>, text: impl Into<String>) {
        lock(&self.facts).insert(label.into(), text.into());
    }

    pub(super) fn wsdl(&self) -> Value {
        lock(&self.wsdl).clone()
    }

    pub(super) fn set_wsdl(&self, facts: Value) {
        *lock(&self.wsdl) = facts;
    }

    /// Remembers what a signed token says, for those who read the evidence.
    pub(super) fn describe_token(&self, token: &str, description: String) {
        lock(&self.tokens).insert(token.to_owned(), description);
    }

    /// Blocks all scenarios of a mode, or of every mode when `mode` is empty.
    pub(super) fn close_gate(&self, mode: &str, gate: Gate) {
        lock(&self.gates).insert(mode.to_owned(), gate);
    }

    pub(super) fn gate(&self, mode: &str) -> Option<Gate> {
        let gates = lock(&self.gates);
        gates.get("").or_else(|| gates.get(mode)).cloned()
    }

    pub(super) fn operation(&self, name: &str) -> Option<OperationState> {
        lock(&self.operations).get(name).copied()
    }

    /// The first plain call of an operation decides its state.
    pub(super) fn set_operation(&self, name: &str, state: OperationState) {
        lock(&self.operations)
            .entry(name.to_owned())
            .or_insert(state);
    }

    /// Whether a connector must support the operation.
    pub(super) fn mandatory(&self, name: &str) -> bool {
        let rules = self.suite.profile.operations.get(name);
        rules.is_some_and(|rules| {
            let claimed = |claim: &str| self.prepared.target.claims.get(claim) != Some(&false);
            rules.mandatory
                && rules
                    .claim
                    .as_ref()
                    .is_none_or(|claim| claimed(&claim.value))
        })
    }

    pub(super) fn exports(&self) -> Scope {
        let mut scope = lock(&self.exports).clone();
        let states: serde_json::Map<String, Value> = lock(&self.operations)
            .iter()
            .map(|(name, state)| (name.clone(), Value::from(state.word())))
            .collect();
        scope.set_json("operations", &Value::Object(states));
        scope
    }

    pub(super) fn export(&self, name: &str, value: crate::expr::Value) {
        lock(&self.exports).set(name, value);
    }

    /// Claimed capabilities; `None` while unknown.
    pub(super) fn capabilities(&self) -> Option<BTreeMap<String, bool>> {
        let name = self.suite.profile.capabilities.as_ref()?;
        let value = crate::expr::to_json(lock(&self.exports).get(name)?);
        let members = value.as_object()?;
        Some(
            members
                .iter()
                .map(|(name, value)| (name.clone(), value == &Value::Bool(true)))
                .collect(),
        )
    }

    /// Emits what discovery found.
    pub(super) fn discovered(&self) {
        let mut scope = self.exports();
        scope.set_json("resolution", &self.prepared.resolution());
        scope.set_json("target", &self.prepared.public_target());
        let discovered = self.suite.show.iter().filter_map(|(label, expr)| {
            let value = expr.eval(&scope).ok()?;
            Some((label.clone(), value.to_string()))
        });
        let mut discovered: BTreeMap<String, String> = discovered.collect();
        for (binding, names) in lock(&self.names).iter() {
            discovered.insert(format!("wire names of {binding}"), names.describe());
        }
        discovered.extend(lock(&self.facts).clone());
        let mut operations: BTreeMap<String, String> = self
            .suite
            .profile
            .operations
            .keys()
            .map(|name| (name.clone(), "unknown".to_owned()))
            .collect();
        for (name, state) in lock(&self.operations).iter() {
            operations.insert(name.clone(), state.word().to_owned());
        }
        self.emit(RunEvent::Discovered(ConnectorFacts {
            operations,
            capabilities: self.capabilities().unwrap_or_default(),
            tls: self.tls(),
            discovered,
        }));
    }

    /// Sends a request, records the exchange and judges it by the standing rules.
    pub(super) async fn send(&self, outgoing: &Outgoing<'_>) -> Incoming {
        let sent_at = self.clock.now().to_string();
        let sent = self
            .prepared
            .client
            .send(&outgoing.request)
            .await
            .unwrap_or_else(|error| Sent {
                result: Err(TransportFault {
                    kind: TransportFaultKind::Protocol,
                    detail: error.to_string(),
                }),
                elapsed: Duration::ZERO,
                reconnected: false,
            });
        let elapsed_ms = sent.elapsed.as_secs_f64() * 1000.0;
        let message = self.read_message(outgoing, &sent.result);
        let answer = match (&message, &sent.result) {
            (Some(message), _) => message.answer.clone(),
            (None, Ok(response)) if !response.truncated => read_json(&response.body),
            _ => None,
        };
        if outgoing.authenticating
            && let Some(answer) = &answer
        {
            session::register_tokens(self, answer);
        }
        self.record(outgoing, &sent.result, sent_at, elapsed_ms);
        // Of what is looked for in preflight, a handshake that is answered is the first call
        // to the connector, and judged like every other.
        let unknown = outgoing.looking
            && !wire::greets(
                self,
                outgoing.authenticating,
                message.as_ref(),
                answer.as_ref(),
            );
        if let (Ok(response), false) = (&sent.result, unknown) {
            let facts = Facts {
                operation: &outgoing.operation,
                request: outgoing.body,
                request_bytes: outgoing.request.body.len(),
                response,
                answer: answer.as_ref(),
                elapsed_ms,
                authenticating: outgoing.authenticating,
                message: message.as_ref(),
            };
            let objects = Objects::new(answer.as_ref());
            for rule in &self.suite.always {
                self.judge_always(rule, outgoing, &facts, &objects);
            }
        }
        let incoming = Incoming {
            response: sent.result,
            answer,
            message,
            elapsed_ms,
        };
        undo::watch(self, outgoing, &incoming);
        incoming
    }

    /// The SOAP message of an answer.
    fn read_message(
        &self,
        outgoing: &Outgoing<'_>,
        result: &Result<WireResponse, TransportFault>,
    ) -> Option<Decoded> {
        let soap = self.suite.soap.as_ref()?;
        let response = result.as_ref().ok()?;
        if response.truncated || outgoing.request.method != "POST" {
            return Some(Decoded::default());
        }
        let operation = soap.operation(&outgoing.operation);
        let names = operation.and_then(|operation| self.names(&operation.binding));
        let mut message = decode(soap, names.as_ref(), operation, &response.body);
        // The schema is a second net: what the codec has found already is not told twice.
        let plain = message
            .issues
            .iter()
            .all(|issue| issue.kind == IssueKind::Addition);
        if operation.is_some() && message.answer.is_some() && plain {
            let text = String::from_utf8_lossy(&response.body);
            if let Some(validator) = self.validator() {
                message.schema_errors(&validator.errors(&text));
            }
        }
        Some(message)
    }

    fn record(
        &self,
        outgoing: &Outgoing<'_>,
        result: &Result<WireResponse, TransportFault>,
        sent: String,
        elapsed_ms: f64,
    ) {
        let redactor = &self.prepared.redactor;
        let headers = |headers: &[(String, String)]| {
            headers
                .iter()
                .map(|(name, value)| Header {
                    name: redactor.redact(name),
                    value: redactor.redact(value),
                })
                .collect()
        };
        let response = result.as_ref().ok().map(|response| ResponseEvidence {
            status: response.status,
            version: response.version.clone(),
            headers: headers(&response.headers),
            body: self.body_text(&response.body, response.truncated),
        });
        let fault = result.as_ref().err().map(|fault| TransportFault {
            kind: fault.kind,
            detail: redactor.redact(&fault.detail),
        });
        self.emit(RunEvent::Exchanged(Box::new(Exchange {
            id: outgoing.id.clone(),
            origin: outgoing.origin.clone(),
            operation: redactor.redact(&outgoing.operation),
            method: outgoing.request.method.clone(),
            url: redactor.redact(&outgoing.request.url),
            request_headers: headers(&outgoing.request.headers),
            request_body: self.request_text(&outgoing.request.body),
            response,
            fault,
            sent,
            elapsed_ms: (elapsed_ms * 1000.0).round() / 1000.0,
            attempt: outgoing.attempt,
            notes: self.notes(outgoing),
        })));
    }

    /// What signed tokens in a request say.
    fn notes(&self, outgoing: &Outgoing<'_>) -> Vec<(String, String)> {
        let mut notes = Vec::new();
        let tokens = lock(&self.tokens);
        let members = outgoing.body.and_then(Value::as_object);
        for (name, value) in members.into_iter().flatten() {
            let known = value.as_str().and_then(|text| tokens.get(text.trim()));
            notes.extend(known.map(|says| (name.clone(), self.prepared.redactor.redact(says))));
        }
        notes
    }

    /// A request body as evidence. We made it, so its beginning suffices where it is huge.
    fn request_text(&self, body: &[u8]) -> BodyText {
        match body.len() > REQUEST_KEPT {
            true => {
                let kept = String::from_utf8_lossy(&body[..REQUEST_KEPT]);
                let bytes = body.len() as u64;
                BodyText {
                    bytes,
                    ..self.body_text(kept.as_bytes(), true)
                }
            }
            false => self.body_text(body, false),
        }
    }

    fn body_text(&self, body: &[u8], truncated: bool) -> BodyText {
        let bytes = body.len() as u64;
        match std::str::from_utf8(body) {
            Ok(text) => BodyText {
                text: self.prepared.redactor.redact(text),
                bytes,
                base64: false,
                truncated,
            },
            Err(_) => {
                let clean = self.prepared.redactor.redact_bytes(body);
                let text = base64::engine::general_purpose::STANDARD.encode(clean);
                BodyText {
                    text,
                    bytes,
                    base64: true,
                    truncated,
                }
            }
        }
    }

    fn judge_always(
        &self,
        rule: &AlwaysRule,
        outgoing: &Outgoing<'_>,
        facts: &Facts<'_>,
        objects: &Objects<'_>,
    ) {
        let named = |list: &[String]| list.iter().any(|name| name == facts.operation);
        if (!rule.operations.is_empty() && !named(&rule.operations))
            || named(&rule.except)
            || rule
                .invalid
                .is_some_and(|invalid| invalid != outgoing.invalid)
            || rule
                .malformed
                .is_some_and(|malformed| malformed != outgoing.malformed)
        {
            return;
        }
        let judged = match &rule.rule {
            AlwaysKind::Judge { judgement, with } => {
                let arguments = Arguments {
                    with,
                    facts: Some(facts),
                    api: &self.suite.api,
                    secrets: &self.prepared.redactor,
                };
                judgement.judge(&arguments)
            }
            AlwaysKind::Objects {
                filter,
                that,
                expected,
            } => objects.judge(filter, that, expected),
        };
        self.stand(
            &rule.name,
            &rule.requirements,
            rule.line,
            |state| match judged {
                Ok(judged) => {
                    state.judged += judged.values;
                    for (id, values) in judged.shares {
                        let id = if id.is_empty() {
                            rule.requirements[0].clone()
                        } else {
                            id
                        };
                        *state.shares.entry(id).or_default() += values;
                    }
                    for observed in judged.deviations {
                        state.deviate(self.deviation(
                            &rule.requirements[0],
                            facts.operation,
                            vec![outgoing.id.clone()],
                            outgoing.situation.clone(),
                            observed,
                        ));
                    }
                }
                Err(message) => state.error = Some(format!("{}: {message}", rule.name)),
            },
        );
    }

    /// A deviation, redacted.
    pub(super) fn deviation(
        &self,
        requirement: &str,
        operation: &str,
        exchanges: Vec<String>,
        situation: Option<String>,
        observed: Observed,
    ) -> Deviation {
        let redact = |text: String| self.prepared.redactor.redact_excerpt(&text);
        Deviation {
            requirement: observed
                .requirement
                .unwrap_or_else(|| requirement.to_owned()),
            operation: redact(operation.to_owned()),
            exchanges,
            pointer: observed.pointer.map(redact),
            schema: observed.schema,
            expected: redact(observed.expected),
            actual: redact(observed.actual),
            situation: situation.map(redact),
        }
    }

    /// Feeds a standing check.
    pub(super) fn stand(
        &self,
        name: &str,
        requirements: &[RequirementId],
        line: u64,
        feed: impl FnOnce(&mut CheckState),
    ) {
        let mut standing = lock(&self.standing);
        let check = standing.entry(name.to_owned()).or_insert_with(|| Standing {
            requirements: requirements.to_vec(),
            line,
            state: CheckState::default(),
        });
        feed(&mut check.state);
    }

    /// Notes what a call that must succeed showed.
    pub(super) fn stand_call(
        &self,
        name: &str,
        requirement: &str,
        feed: impl FnOnce(&mut CheckState),
    ) {
        self.stand(name, &[requirement.to_owned()], 0, feed);
    }

    /// Emits the standing checks, those that never judged anything included.
    pub(super) fn finish(&self) {
        for rule in &self.suite.always {
            let reason = rule.otherwise.clone().or_else(|| self.nobody_there(rule));
            self.stand(&rule.name, &rule.requirements, rule.line, |state| {
                state.not_applicable = reason;
            });
        }
        let profile = &self.suite.profile;
        let mut standing = vec![
            ("calls/steady", &profile.calls.switching.value),
            ("calls/valid", &profile.calls.failing.value),
        ];
        if self.suite.access_token.is_some() {
            let rules = &profile.authentication;
            standing.push(("calls/authenticate", &rules.failing.value));
            let refresh = rules.refresh.as_ref();
            standing.extend(refresh.map(|id| ("calls/refresh", &id.value)));
        }
        let missing = profile.calls.missing.as_ref();
        standing.extend(missing.map(|id| ("calls/supported", &id.value)));
        for (name, requirement) in standing {
            self.stand_call(name, requirement, |_| {});
        }
        let file = format!("scenarios/{}/profile.yaml", profile.name);
        let gate = self.gate("");
        for (name, check) in std::mem::take(&mut *lock(&self.standing)) {
            let mut state = check.state;
            if state.judged == 0
                && let Some(gate) = &gate
            {
                state.block(gate.clone());
            }
            self.emit(RunEvent::Judged(Box::new(state.result(CheckResult {
                check: name,
                scenario: "every exchange".to_owned(),
                scenario_title: "What every exchange shows".to_owned(),
                file: file.clone(),
                line: check.line,
                requirements: check.requirements,
                ..super::judge::blank_result()
            }))));
        }
    }

    /// Why a rule could not meet anything: every operation that its requirement is about
    /// is one that the connector legitimately does not have.
    fn nobody_there(&self, rule: &AlwaysRule) -> Option<String> {
        let row = self.suite.catalogue.get(rule.requirements.first()?)?;
        let about = match row.operations.is_empty() {
            true => &rule.operations,
            false => &row.operations,
        };
        let absent = |name: &String| {
            self.operation(name) == Some(OperationState::NotSupported) && !self.mandatory(name)
        };
        (!about.is_empty() && about.iter().all(absent))
            .then(|| format!("{} not supported", about.join(", ")))
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

fn trusted(prepared: &Prepared) -> Option<Arc<SigningKey>> {
    let keys = prepared.keys.as_ref();
    keys.map(|keys| Arc::clone(&keys.trusted))
}

/// A member for rules on objects, which speak of an object's own members and not of what
/// lies deeper: of a list or object only how much is in it.
fn shallow(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(vec![Value::Bool(true); items.len()]),
        Value::Object(members) => members
            .keys()
            .map(|name| (name.clone(), Value::Bool(true)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        plain => plain.clone(),
    }
}

/// The objects of an answer, made ready once for all rules that look at objects.
struct Objects<'a>(Vec<(String, &'a serde_json::Map<String, Value>, Scope)>);

impl<'a> Objects<'a> {
    fn new(answer: Option<&'a Value>) -> Self {
        let found = answer.map(objects).unwrap_or_default();
        let ready = found.into_iter().map(|(pointer, members)| {
            let mut scope = Scope::default();
            let own: serde_json::Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), shallow(value)))
                .collect();
            scope.set_json("item", &Value::Object(own));
            (pointer, members, scope)
        });
        Self(ready.collect())
    }

    fn judge(
        &self,
        filter: &crate::expr::Expr,
        that: &crate::expr::Expr,
        expected: &str,
    ) -> Result<Judged, String> {
        let mut judged = Judged::default();
        for (pointer, members, scope) in &self.0 {
            // What a connector sends may not suit an expression; then it is not a case for it.
            if !filter.holds(scope).unwrap_or(false) {
                continue;
            }
            let fine = that.holds(scope).unwrap_or(false);
            judged.value(fine, || {
                let shown: Vec<String> = members_read(&[that.source(), filter.source()])
                    .into_iter()
                    .map(|name| {
                        let value = members.get(name).unwrap_or(&Value::Null);
                        format!("{name} {}", crate::base::json::brief(value, 80))
                    })
                    .collect();
                Observed::new(expected, shown.join(", ")).at(pointer.as_str())
            });
        }
        Ok(judged)
    }
}

/// Names that stand behind `item.` in expressions, each once.
fn members_read<'s>(sources: &[&'s str]) -> Vec<&'s str> {
    let mut names: Vec<&str> = Vec::new();
    for source in sources {
        for rest in source.split("item.").skip(1) {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            if !names.contains(&&rest[..end]) {
                names.push(&rest[..end]);
            }
        }
    }
    names
}

/// The JSON value of a body. A byte order mark and bytes outside UTF-8 are violations
/// of their own; what the answer says can be judged all the same.
fn read_json(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_str(&String::from_utf8_lossy(body)).ok()
}

/// Locks; a panic elsewhere does not lose what was seen.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
