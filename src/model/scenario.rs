//! The scenario language as plain data, with the place of everything an author wrote.
//!
//! `docs/scenarios.md` is its reference. These types only read YAML; meaning is given
//! to them by `suite` (names resolved, expressions compiled) and `run` (played).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// A file of scenarios on one topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// What the scenarios of this file are about.
    pub topic: String,
    /// Step groups that any scenario of the profile may `use`.
    #[serde(default)]
    pub groups: BTreeMap<String, Group>,
    #[serde(default)]
    pub scenarios: Vec<Spanned<ScenarioSource>>,
}

/// Steps under a name, with parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What it is for.
    pub title: String,
    /// Names that `with` of a `use` step must give.
    #[serde(default)]
    pub parameters: Vec<String>,
    pub steps: Vec<Spanned<StepSource>>,
}

/// One scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSource {
    pub id: Spanned<String>,
    pub title: String,
    /// Requirements that its checks decide, all of them.
    #[serde(default)]
    pub requirements: Vec<Spanned<String>>,
    /// Requirements of rules on every exchange, for which it makes exchanges to judge.
    #[serde(default)]
    pub provokes: Vec<Spanned<String>>,
    #[serde(default)]
    pub needs: Needs,
    /// `any` (default): once, in the first mode configured. `each`: once a mode.
    #[serde(default)]
    pub modes: Modes,
    /// Runs alone: nothing else talks to the connector meanwhile.
    #[serde(default)]
    pub exclusive: bool,
    /// Names whose values later scenarios see; for discovery.
    #[serde(default)]
    pub exports: Vec<Spanned<String>>,
    pub steps: Vec<Spanned<StepSource>>,
}

/// In which authentication modes a scenario runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modes {
    #[default]
    Any,
    Each,
}

/// What must be there before a scenario can run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// Operations that must be supported, else not applicable.
    pub operations: Vec<Spanned<String>>,
    /// Capabilities that must be claimed, else not applicable.
    pub capabilities: Vec<Spanned<String>>,
    /// Mode it belongs to; not applicable when that mode is not configured.
    pub mode: Option<Spanned<String>>,
    /// Customers of the target file, else left out by scope (certification: blocked).
    pub customers: Vec<Spanned<String>>,
    /// Fixtures of the target file, else left out by scope (certification: blocked).
    pub fixtures: Vec<Spanned<String>>,
    /// Settings of the target file by expression over `target`, with what to supply.
    pub settings: Vec<Setting>,
    /// Conditions that must hold, else not applicable.
    pub applies: Vec<Condition>,
    /// Data that must have been discovered, else vacuous.
    pub data: Vec<Condition>,
}

/// A condition with its name for people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub that: Spanned<String>,
    /// What it means when it does not hold.
    pub otherwise: String,
}

/// Something the operator may provide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub that: Spanned<String>,
    /// What to put into the target file.
    pub supply: String,
}

/// One step: exactly one action, or only expectations.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepSource {
    /// Name under which later expressions find the result.
    pub id: Option<Spanned<String>>,
    /// The step is played only if this holds.
    pub when: Option<Spanned<String>>,

    // Actions.
    /// Calls an operation with its template.
    pub call: Option<Spanned<String>>,
    /// Sends any request.
    pub raw: Option<Raw>,
    /// Obtains an access token of its own.
    pub authenticate: Option<Authenticate>,
    /// Builds a token with named defects.
    pub forge: Option<Forge>,
    /// Gives names to values.
    #[serde(rename = "let")]
    pub bind: BTreeMap<String, Spanned<String>>,
    /// Plays `steps` once for each item.
    pub for_each: Option<ForEach>,
    /// Plays `steps` several times.
    pub repeat: Option<Repeat>,
    /// Plays `steps` at the same time.
    pub parallel: Option<Parallel>,
    /// Plays `steps` between two controls that must succeed.
    pub bracket: Option<Bracket>,
    /// Plays a group; `with` gives its parameters.
    #[serde(rename = "use")]
    pub group: Option<Spanned<String>>,
    /// Lets time pass.
    pub wait: Option<WaitSource>,
    /// Looks at the connection below HTTP.
    pub probe: Option<Spanned<String>>,
    /// Replaces the harness's signing key by a new one in the key set it serves.
    pub rotate_key: bool,

    // Options of `call`.
    /// Customer, and after a dot the number of its user: `first`, `second`, `first.2`.
    #[serde(rename = "as")]
    pub actor: Option<Spanned<String>>,
    /// The whole body (or parameters of a group) in place of the template.
    pub with: Option<Value>,
    /// Changes to the template by JSON Pointer.
    pub set: Map<String, Value>,
    /// Places taken out of the template.
    pub remove: Vec<Spanned<String>>,
    /// Further changes, from a fixture: an expression that gives `{set: …, remove: …}`.
    pub changes: Option<Spanned<String>>,
    /// Access token to send: an expression; without it the session's, with `none` no header.
    pub token: Option<Spanned<String>>,
    /// Headers to add, or with null to leave out.
    pub headers: BTreeMap<String, Option<String>>,
    /// Sends the envelope members; default as the profile says.
    pub envelope: Option<bool>,
    /// Sends one request a variation of the body.
    pub vary: Option<Spanned<String>>,
    /// How the message is written, where the API speaks SOAP.
    pub soap: Option<SoapChanges>,
    /// The input is invalid on purpose: no server error may follow.
    pub invalid: bool,
    /// The message itself is wrong on purpose: a protocol error is due.
    pub malformed: bool,
    /// What this provokes, in words, for findings.
    pub situation: Option<String>,
    /// An answer other than success does not end the scenario.
    pub tolerant: bool,

    pub expect: Vec<Spanned<ExpectationSource>>,
    /// Values to keep: name to expression over the answer.
    pub capture: BTreeMap<String, Spanned<String>>,
    /// Values to add to lists that outlive the loop.
    pub collect: BTreeMap<String, Spanned<String>>,
    /// Steps of `for_each`, `repeat`, `parallel` and `bracket`.
    pub steps: Vec<Spanned<StepSource>>,
}

/// A request given in full.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    #[serde(default = "post")]
    pub method: String,
    /// Path below the base URL, a text template.
    pub path: String,
    /// Body as text.
    #[serde(default)]
    pub body: Option<String>,
    /// Body as base64, for bytes that are not text.
    #[serde(default)]
    pub body_base64: Option<String>,
    /// Body as JSON, a template.
    #[serde(default)]
    pub json: Option<Value>,
}

fn post() -> String {
    "POST".to_owned()
}

/// An explicit authentication.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authenticate {
    /// Customer and user, as in `as`.
    #[serde(rename = "as")]
    pub actor: Option<Spanned<String>>,
    /// Credential in place of the actor's: an expression.
    pub credential: Option<Spanned<String>>,
    /// Authorization header in place of `Bearer` and the credential: a text template
    /// that may use `credential`; null for no header.
    pub authorization: Option<String>,
    /// Leaves the Authorization header out.
    pub anonymous: bool,
    /// Body as text; empty by default.
    pub body: Option<String>,
}

/// A token to build.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Forge {
    #[serde(rename = "as")]
    pub actor: Option<Spanned<String>>,
    /// Name of the defect; without it the token is good.
    pub defect: Option<String>,
    /// Claims to set, or with null to leave out.
    pub claims: Map<String, Value>,
    /// Header members to set, or with null to leave out.
    pub header: Map<String, Value>,
    /// Name for the token.
    pub name: String,
    /// Name for the claims that the token carries.
    pub claims_as: Option<String>,
}

/// How the SOAP message of a call differs from the one that a client would send.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoapChanges {
    /// `default`, `prefixed` or `root`.
    pub style: Option<String>,
    /// `none`, `plain` or `bom`.
    pub declaration: Option<String>,
    /// `nil` or `omit`.
    pub nulls: Option<String>,
    /// Whole SOAPAction header: a text template over `soap_action`.
    pub action: Option<String>,
    /// XML before the envelope: a text template.
    pub prolog: Option<String>,
    /// XML inside the header: a text template.
    pub header: Option<String>,
    /// XML at the end of the request carrier: a text template.
    pub extra: Option<String>,
    /// Namespace of the operation's element: a text template.
    pub namespace: Option<String>,
    /// Content of the body: a text template.
    pub body: Option<String>,
    /// Texts of the message and the XML in their place: text templates.
    pub replace: BTreeMap<String, String>,
    /// Size in bytes up to which white space fills the message.
    pub pad: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// Expression that gives the list.
    #[serde(rename = "in")]
    pub list: Spanned<String>,
    /// Name of the item.
    #[serde(rename = "as")]
    pub name: String,
    /// Plays at most so many.
    #[serde(default)]
    pub limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub times: usize,
    /// Stops when this holds after a round.
    #[serde(default)]
    pub until: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parallel {
    /// Plays so many copies of each step; the copy's number is `copy`.
    pub copies: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bracket {
    /// The control: played before and after, must end with success both times.
    pub control: Vec<Spanned<StepSource>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitSource {
    /// Seconds: an expression.
    pub seconds: Spanned<String>,
}

/// What is expected, and which requirement it decides.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectationSource {
    /// Requirement charged.
    pub requirement: Option<Spanned<String>>,
    /// Several requirements charged.
    pub requirements: Vec<Spanned<String>>,
    /// Name within the scenario, when one requirement has several expectations.
    pub name: Option<String>,

    // One of these decides.
    /// Accepted statuses: `200`, `2xx`, a list, or `{accept: …, otherwise: {404: QC-…}}`.
    pub status: Option<Value>,
    /// Expression that must hold.
    pub that: Option<Spanned<String>>,
    /// Named judgement; its parameters are in `with`.
    pub judge: Option<Spanned<String>>,
    /// Header rule.
    pub header: Option<HeaderRule>,
    /// JSON value rule.
    pub json: Option<JsonRule>,
    /// Component schema that `value` (default `answer`) must satisfy.
    pub schema: Option<Spanned<String>>,

    /// Parameters of the judgement: a template.
    pub with: Map<String, Value>,
    /// Value for `schema`: an expression.
    pub value: Option<Spanned<String>>,
    /// Judges each item of this list.
    pub each: Option<Spanned<String>>,
    /// Name of the item, `item` by default.
    #[serde(rename = "as")]
    pub item: Option<String>,
    /// Judges only items (or only the case) for which this holds.
    #[serde(rename = "where")]
    pub filter: Option<Spanned<String>>,
    /// What was expected, in words: a text template.
    pub expected: Option<String>,
    /// What came: an expression for people.
    pub actual: Option<Spanned<String>>,
    /// Place in the answer: a text template of a JSON Pointer.
    pub at: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderRule {
    pub name: String,
    /// Regular expression the value must match; without it the header must be there.
    #[serde(default)]
    pub matches: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonRule {
    /// JSON Pointer into the answer.
    pub at: String,
    /// Value it must equal: a template.
    #[serde(default)]
    pub equals: Option<Value>,
    /// JSON type it must have.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Regular expression its text must match.
    #[serde(default)]
    pub matches: Option<String>,
}
