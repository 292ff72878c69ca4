//! A suite: everything a profile is made of, read from its folder, with names
//! resolved and expressions compiled.
//!
//! | file | holds |
//! |---|---|
//! | `<profile>/profile.yaml` | modes, operations, judgements on every exchange ([`Profile`]) |
//! | `<profile>/catalogue.yaml` | the requirements |
//! | `<profile>/templates.yaml` | named request bodies |
//! | `<profile>/*.yaml` | scenarios, one file a topic |
//! | `schemas/<profile>/openapi.yaml` | the API, unless the operator gives another |
//!
//! Loading finds all mistakes at once: [`load`] returns either a suite in which
//! every name resolves, or the complete list of diagnostics. `assay lint` shows that
//! list; there is no second set of rules.

mod compile;
mod plan;
mod proof;
mod source;

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::api::Api;
use crate::base::diag::{Diagnostic, Place};
use crate::expr::{Expr, Template};
use crate::judgement::Judgement;
use crate::model::profile::Profile;
use crate::model::requirement::{Decided, Requirement, RequirementId};
use crate::model::scenario::Modes;
use crate::soap::encode::{Declaration, Nulls, Style};
use crate::soap::{Soap, WireNames};

pub use compile::VARIABLES;
pub(crate) use compile::explain_yaml;
pub use plan::{PlanEntry, Selection, plan};
pub use proof::proof;
pub use source::{Source, embedded, profiles};

/// A profile ready to run.
pub struct Suite {
    pub profile: Profile,
    pub catalogue: Catalogue,
    pub api: Api,
    /// Messages of an API that speaks SOAP.
    pub soap: Option<Soap>,
    pub scenarios: Vec<Scenario>,
    /// Valid request body of each operation.
    pub templates: BTreeMap<String, Template>,
    pub envelope: Option<Template>,
    /// Header and claims of signed tokens, by mode name.
    pub tokens: BTreeMap<String, (Template, Template)>,
    /// Gives the access token of an authentication answer, where there are sessions.
    pub access_token: Option<Expr>,
    /// Tells the answer of a handshake from other answers.
    pub recognised: Option<Expr>,
    /// Gives the token that a connector signs in a handshake.
    pub answer_token: Option<Expr>,
    /// Holds for the answer to a valid request that was served.
    pub success: Option<Expr>,
    /// What takes back what a call has made, by operation.
    pub undo: BTreeMap<String, UndoRule>,
    pub always: Vec<AlwaysRule>,
    /// Label and expression of what discovery shows in the report.
    pub show: Vec<(String, Expr)>,
    /// SHA-256 over all files of the suite and the OpenAPI document.
    pub digest: String,
}

/// The requirement catalogue of a profile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    pub contract: String,
    pub title: String,
    pub revision: String,
    pub requirements: Vec<Requirement>,
}

impl Catalogue {
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements
            .iter()
            .find(|requirement| requirement.id == id)
    }
}

/// Address in WSDLs that are written for partners, who put their own in its place.
const ADDRESS: &str = "https://connector.example.com/Services/Connector.svc";

impl Suite {
    /// What partners build from: JSON Schemas of requests and answers, and of an API
    /// that speaks SOAP the XSDs and the WSDL. File name to text.
    pub fn derive(&self) -> BTreeMap<String, String> {
        let mut files = self.api.derive();
        let Some(soap) = &self.soap else {
            return files;
        };
        let names: BTreeMap<String, WireNames> = soap
            .bindings()
            .filter_map(|binding| {
                let names = WireNames::of_profile(binding, binding.wires.first()?);
                Some((binding.name.clone(), names))
            })
            .collect();
        for schema in crate::soap::xsd::schemas(soap, &names) {
            files.insert(format!("{}.xsd", file_name(&schema.namespace)), schema.text);
        }
        let wsdl = crate::soap::wsdl::document(soap, &names, ADDRESS);
        files.insert(format!("{}.wsdl", self.profile.name), wsdl);
        files
    }

    /// The scenario of that id.
    pub fn scenario(&self, id: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.id == id)
    }

    /// Operations whose answers depend on what is asked.
    pub fn depending(&self) -> impl Iterator<Item = &str> {
        let operations = self.profile.operations.iter();
        operations
            .filter(|(_, rules)| rules.depends)
            .map(|(name, _)| name.as_str())
    }

    /// Ids that scenarios, judgements on every exchange and the profile decide.
    pub fn decided(&self) -> std::collections::BTreeSet<&str> {
        let checks = self.scenarios.iter().flat_map(|scenario| &scenario.checks);
        let mut ids: std::collections::BTreeSet<&str> = checks
            .flat_map(|check| check.requirements.iter().map(String::as_str))
            .collect();
        ids.extend(standing(&self.always, &self.profile));
        ids
    }
}

/// Ids that every exchange may decide, whichever scenario it belongs to.
fn standing<'a>(
    always: &'a [AlwaysRule],
    profile: &'a Profile,
) -> std::collections::BTreeSet<&'a str> {
    let rules = always.iter().flat_map(|rule| &rule.requirements);
    let mut ids: std::collections::BTreeSet<&str> = rules.map(String::as_str).collect();
    ids.extend([
        profile.authentication.failing.value.as_str(),
        profile.calls.failing.value.as_str(),
        profile.calls.switching.value.as_str(),
    ]);
    let refresh = profile.authentication.refresh.as_ref();
    let more = refresh.into_iter().chain(&profile.calls.missing);
    ids.extend(more.map(|id| id.value.as_str()));
    ids
}

impl Suite {
    /// Automated rows that nothing decides: a hole in the suite, which a run shows as
    /// not judged and lint as a mistake.
    pub fn undecided(&self) -> Vec<Diagnostic> {
        let decided = self.decided();
        let rows = self.catalogue.requirements.iter();
        rows.filter(|row| row.decided == Decided::Automated && !decided.contains(row.id.as_str()))
            .map(|row| {
                let place = Place { file: "catalogue.yaml".to_owned(), ..Place::default() };
                Diagnostic::new(place, format!("requirement {} is automated, but nothing decides it", row.id))
                    .help("write a scenario with it, or set `decided: attested` or `not_testable` with a reason")
            })
            .collect()
    }
}

/// A namespace as a file name.
fn file_name(namespace: &str) -> String {
    let path = namespace
        .split_once("://")
        .map_or(namespace, |(_, path)| path);
    path.trim_end_matches('/').replace(['/', ':'], "-")
}

/// A compiled scenario.
#[derive(Debug)]
pub struct Scenario {
    pub id: String,
    pub title: String,
    pub topic: String,
    pub file: String,
    pub line: u64,
    pub requirements: Vec<RequirementId>,
    /// Requirements of rules on every exchange that have something to judge in it.
    pub provokes: Vec<RequirementId>,
    pub needs: Needs,
    pub modes: Modes,
    pub exclusive: bool,
    pub exports: Vec<String>,
    pub steps: Vec<Step>,
    /// Every check that its steps can decide.
    pub checks: Vec<CheckSpec>,
}

impl Scenario {
    /// Looks only below HTTP: can be played when the certificate keeps all requests away.
    pub fn only_probes(&self) -> bool {
        fn harmless(step: &Step) -> bool {
            let quiet = !matches!(
                step.action,
                Action::Call(_)
                    | Action::Raw { .. }
                    | Action::Authenticate { .. }
                    | Action::Forge { .. }
            );
            quiet && step.inner().into_iter().all(harmless)
        }
        self.steps.iter().all(harmless)
    }
}

/// What must be there before a scenario can run.
#[derive(Debug, Default)]
pub struct Needs {
    pub operations: Vec<String>,
    pub capabilities: Vec<String>,
    pub mode: Option<String>,
    pub customers: Vec<String>,
    pub fixtures: Vec<String>,
    /// Expression over `target`, and what to supply.
    pub settings: Vec<(Expr, String)>,
    /// Expression, and what it means when it does not hold.
    pub applies: Vec<(Expr, String)>,
    pub data: Vec<(Expr, String)>,
}

/// A check as the scenario declares it.
#[derive(Debug, Clone)]
pub struct CheckSpec {
    /// Unique within the scenario.
    pub name: String,
    pub requirements: Vec<RequirementId>,
    pub line: u64,
}

/// A compiled step.
#[derive(Debug)]
pub struct Step {
    pub id: Option<String>,
    pub line: u64,
    pub when: Option<Expr>,
    pub action: Action,
    /// Customer and user, as a text template.
    pub actor: Option<Template>,
    pub situation: Option<Template>,
    pub invalid: bool,
    /// The message itself is wrong on purpose.
    pub malformed: bool,
    pub tolerant: bool,
    pub expect: Vec<Expectation>,
    pub capture: Vec<(String, Expr)>,
    pub collect: Vec<(String, Expr)>,
}

impl Step {
    /// The steps inside this one.
    pub fn inner(&self) -> Vec<&Step> {
        match &self.action {
            Action::ForEach { steps, .. }
            | Action::Repeat { steps, .. }
            | Action::Parallel { steps, .. }
            | Action::Group { steps, .. } => steps.iter().collect(),
            Action::Bracket { control, steps } => control.iter().chain(steps).collect(),
            _ => Vec::new(),
        }
    }

    /// Checks of this step and all steps inside it.
    pub fn checks(&self) -> Vec<usize> {
        let own = self.expect.iter().map(|expectation| expectation.check);
        own.chain(self.inner().into_iter().flat_map(Step::checks))
            .collect()
    }
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Only expectations and captures.
    None,
    Call(Call),
    Raw {
        method: String,
        path: Template,
        body: RawBody,
        options: CallOptions,
    },
    Authenticate {
        credential: Option<Expr>,
        authorization: Option<Template>,
        anonymous: bool,
        body: Option<String>,
        headers: Vec<(String, Option<Template>)>,
    },
    Forge {
        defect: Option<Template>,
        claims: Vec<(String, Option<Template>)>,
        header: Vec<(String, Option<Template>)>,
        name: String,
        claims_as: Option<String>,
    },
    Bind(Vec<(String, Expr)>),
    ForEach {
        list: Expr,
        name: String,
        limit: Option<usize>,
        steps: Vec<Step>,
    },
    Repeat {
        times: usize,
        until: Option<Expr>,
        steps: Vec<Step>,
    },
    Parallel {
        copies: usize,
        steps: Vec<Step>,
    },
    Bracket {
        control: Vec<Step>,
        steps: Vec<Step>,
    },
    /// A group with its parameters bound.
    Group {
        bind: Vec<(String, Template)>,
        steps: Vec<Step>,
    },
    Wait(Expr),
    Probe(Probe),
    RotateKey,
}

/// What a probe looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Certificate and chain of the target; binds `tls`.
    Tls,
    /// The same host without TLS; binds `plain_http`.
    PlainHttp,
    /// What was fetched from the harness's own listener; binds `listener`.
    Listener,
    /// The harness's keys can no longer be fetched, or can again.
    Keys { available: bool },
    /// Tokens are signed with the second key of the key set from now on.
    SecondKey,
}

impl Probe {
    /// Names in scenarios.
    pub const ALL: [(&'static str, Self); 6] = [
        ("tls", Self::Tls),
        ("plain_http", Self::PlainHttp),
        ("listener", Self::Listener),
        ("keys_down", Self::Keys { available: false }),
        ("keys_up", Self::Keys { available: true }),
        ("second_key", Self::SecondKey),
    ];
}

/// What takes back what a call has made.
#[derive(Debug)]
pub struct UndoRule {
    pub operation: String,
    pub body: Template,
    pub when: Expr,
}

/// How the SOAP message of a call differs from the usual one.
#[derive(Debug, Default)]
pub struct SoapOptions {
    pub style: Style,
    pub declaration: Declaration,
    pub nulls: Nulls,
    pub action: Option<Template>,
    pub prolog: Option<Template>,
    pub header: Option<Template>,
    pub extra: Option<Template>,
    pub namespace: Option<Template>,
    pub body: Option<Template>,
    pub replace: Vec<(Template, Template)>,
    pub pad: usize,
}

/// A call of an operation.
#[derive(Debug)]
pub struct Call {
    pub operation: String,
    /// Whole body in place of the operation's template.
    pub body: Option<Template>,
    /// Changes by JSON Pointer, pointer being a text template.
    pub set: Vec<(Template, Template)>,
    pub remove: Vec<Template>,
    /// Gives further changes at run time: `{set: …, remove: …}` of a fixture.
    pub changes: Option<Expr>,
    pub envelope: bool,
    pub vary: Option<crate::api::VariationKind>,
    pub soap: Box<SoapOptions>,
    pub options: CallOptions,
}

/// What calls and raw requests have in common.
#[derive(Debug, Default)]
pub struct CallOptions {
    pub token: Option<Expr>,
    /// Headers to add, or with `None` to leave out.
    pub headers: Vec<(String, Option<Template>)>,
}

/// Body of a raw request.
#[derive(Debug)]
pub enum RawBody {
    None,
    Text(Template),
    Bytes(Vec<u8>),
    Json(Template),
}

/// A compiled expectation.
#[derive(Debug)]
pub struct Expectation {
    /// Index into the scenario's checks.
    pub check: usize,
    pub requirements: Vec<RequirementId>,
    pub rule: Rule,
    pub each: Option<Expr>,
    pub item: String,
    pub filter: Option<Expr>,
    pub expected: Option<Template>,
    pub actual: Option<Expr>,
    pub at: Option<Template>,
}

/// What decides an expectation.
pub enum Rule {
    Status(StatusRule),
    That(Expr),
    Judge {
        judgement: &'static dyn Judgement,
        with: Vec<(String, Template)>,
    },
    Header {
        name: String,
        matches: Option<Regex>,
    },
    Json {
        at: String,
        equals: Option<Template>,
        kind: Option<String>,
        matches: Option<Regex>,
    },
    Schema {
        component: String,
        value: Option<Expr>,
    },
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(rule) => write!(f, "Status({rule:?})"),
            Self::That(expr) => write!(f, "That({})", expr.source()),
            Self::Judge { judgement, .. } => write!(f, "Judge({})", judgement.name()),
            Self::Header { name, .. } => write!(f, "Header({name})"),
            Self::Json { at, .. } => write!(f, "Json({at})"),
            Self::Schema { component, .. } => write!(f, "Schema({component})"),
        }
    }
}

/// Accepted statuses, and who is charged for others.
#[derive(Debug)]
pub struct StatusRule {
    pub accept: Vec<StatusPattern>,
    /// First fitting pattern charges these instead of the check's requirements.
    pub otherwise: Vec<(StatusPattern, Vec<RequirementId>)>,
}

impl StatusRule {
    pub fn accepts(&self, status: u16) -> bool {
        self.accept.iter().any(|pattern| pattern.fits(status))
    }
}

/// `200` or a class such as `2xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    Exact(u16),
    Class(u16),
}

impl StatusPattern {
    /// Reads a JSON value of the language.
    pub fn parse(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => return None,
        };
        match (text.len(), text.strip_suffix("xx")) {
            (3, Some(class)) => class
                .parse()
                .ok()
                .filter(|class| (1..=5).contains(class))
                .map(Self::Class),
            _ => text
                .parse()
                .ok()
                .filter(|code| (100..600).contains(code))
                .map(Self::Exact),
        }
    }

    pub fn fits(self, status: u16) -> bool {
        match self {
            Self::Exact(code) => code == status,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl std::fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(code) => write!(f, "{code}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

/// A judgement on every exchange.
#[derive(Debug)]
pub struct AlwaysRule {
    /// `always/<n>-<judgement>`: its check id.
    pub name: String,
    pub line: u64,
    /// The requirement charged by default, and all that its parameters name.
    pub requirements: Vec<RequirementId>,
    pub rule: AlwaysKind,
    pub operations: Vec<String>,
    pub except: Vec<String>,
    pub invalid: Option<bool>,
    pub malformed: Option<bool>,
    /// Why it does not apply when there never was anything to judge.
    pub otherwise: Option<String>,
}

/// How a rule on every exchange decides.
pub enum AlwaysKind {
    Judge {
        judgement: &'static dyn Judgement,
        with: serde_json::Map<String, Value>,
    },
    /// Each object of the answer for which `filter` holds must satisfy `that`.
    Objects {
        filter: Box<Expr>,
        that: Box<Expr>,
        expected: String,
    },
}

impl std::fmt::Debug for AlwaysKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Judge { judgement, .. } => write!(f, "Judge({})", judgement.name()),
            Self::Objects { that, .. } => write!(f, "Objects({})", that.source()),
        }
    }
}

/// Reads and checks a suite. `openapi` replaces the shipped document: its name for
/// messages, and its text.
pub fn load(
    source: &Source,
    profile: &str,
    openapi: Option<(&str, &str)>,
) -> Result<Suite, Vec<Diagnostic>> {
    let files = source
        .files(profile)
        .map_err(|diagnostic| vec![diagnostic])?;
    let mut digest = Sha256::new();
    for (name, text) in &files {
        digest.update(name.as_bytes());
        digest.update([0]);
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    let (openapi_name, openapi_text) = match openapi {
        Some((name, text)) => (name.to_owned(), text.to_owned()),
        None => source
            .openapi(profile)
            .map_err(|diagnostic| vec![diagnostic])?,
    };
    digest.update(openapi_text.as_bytes());
    let api = Api::parse(&openapi_text, &openapi_name).map_err(|error| {
        let place = Place {
            file: openapi_name.clone(),
            ..Place::default()
        };
        vec![Diagnostic::new(place, error.to_string())]
    })?;
    let soap = Soap::read(&api).map_err(|problems| {
        let place = Place {
            file: openapi_name.clone(),
            ..Place::default()
        };
        let diagnostic = |problem: &String| Diagnostic::new(place.clone(), problem.clone());
        problems.iter().map(diagnostic).collect::<Vec<_>>()
    })?;
    let digest = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    compile::compile(files, api, soap, digest)
}
