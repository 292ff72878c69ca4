//! A profile as data: what the harness must know of an API to play its client.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// `profile.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub title: String,
    /// One sentence for `assay list`.
    pub summary: String,
    /// Authentication modes in order of preference.
    pub modes: Vec<Mode>,
    pub authentication: AuthenticationRules,
    /// Requirement charged by what every call shows.
    pub calls: CallRules,
    /// Members added to object bodies: name of a template.
    #[serde(default)]
    pub envelope: Option<String>,
    pub operations: BTreeMap<String, OperationRules>,
    /// What takes back what a call has made, by operation.
    #[serde(default)]
    pub undo: BTreeMap<String, Undo>,
    /// Variable of discovery that holds the claimed capabilities.
    #[serde(default)]
    pub capabilities: Option<String>,
    /// Claims a target file may disclaim, with their meaning.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Customer roles, with what to supply.
    pub customers: BTreeMap<String, String>,
    /// Fixtures a target file may bring, with what to supply.
    #[serde(default)]
    pub fixtures: BTreeMap<String, FixtureRules>,
    /// Judgements on every exchange of every scenario.
    #[serde(default)]
    pub always: Vec<Spanned<Always>>,
    /// What discovery shows in the report's head: label to expression.
    #[serde(default)]
    pub show: BTreeMap<String, Spanned<String>>,
}

/// An authentication mode.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    pub name: String,
    pub title: String,
    pub credential: CredentialKind,
    /// Header of signed tokens: a template.
    #[serde(default)]
    pub header: Map<String, Value>,
    /// Claims of signed tokens: a template over `customer`, `user`, `application_id`, `now`.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// Name of the claim that selects the customer.
    #[serde(default)]
    pub customer_claim: String,
    /// Evidence shows signed tokens with a shortened signature, in place of a label.
    #[serde(default)]
    pub readable: bool,
}

/// What is sent to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// The customer's shared secret.
    Secret,
    /// A token signed by the harness.
    SignedToken,
}

/// How the harness and the connector make themselves known.
///
/// With `token` there are sessions: an access token is obtained and sent on every call.
/// Without it the operation is a handshake of its own, which calls do not depend on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticationRules {
    pub operation: Spanned<String>,
    /// Expression over `answer` that gives the access token.
    #[serde(default)]
    pub token: Option<Spanned<String>>,
    /// Charged when authentication that should succeed does not.
    pub failing: Spanned<String>,
    /// Charged when authenticating again after 401 does not help.
    #[serde(default)]
    pub refresh: Option<Spanned<String>>,
    /// A run without any authentication mode is possible.
    #[serde(default)]
    pub optional: bool,
    /// Handshake: expression over `answer` that tells whether the answer is one, whatever
    /// it says; wire profiles are tried until it holds.
    #[serde(default)]
    pub recognised: Option<Spanned<String>>,
    /// Handshake: expression over `answer` for the token that the connector signs;
    /// evidence shows it with a shortened signature.
    #[serde(default)]
    pub answer_token: Option<Spanned<String>>,
}

/// What takes back what a call has made: played at the end of a run, however it ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Operation that takes it back.
    pub call: Spanned<String>,
    /// Its body: a template over `request` and `answer` of the call.
    pub with: Map<String, Value>,
    /// Expression over `request` and `answer`: something was made.
    pub when: Spanned<String>,
}

/// What calls with a valid request show about the connector as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRules {
    /// Status that means: operation not supported.
    pub unsupported: u16,
    /// Codes of SOAP faults that mean the same.
    #[serde(default)]
    pub unsupported_faults: Vec<String>,
    /// Expression over `answer` that holds for an answer to a valid request which was
    /// served, where the status alone does not tell.
    #[serde(default)]
    pub success: Option<Spanned<String>>,
    /// Charged when a valid request is not answered with success.
    pub failing: Spanned<String>,
    /// Charged when a mandatory operation is not supported; `failing` when absent.
    #[serde(default)]
    pub missing: Option<Spanned<String>>,
    /// Operation that tells whether a connector is there, when no mode is configured.
    #[serde(default)]
    pub probe: Option<Spanned<String>>,
    /// Charged when a supported operation answers as unsupported later.
    pub switching: Spanned<String>,
    /// Decided by scenarios that run alone: once one of them is violated, scenarios no
    /// longer run at the same time.
    #[serde(default)]
    pub parallel: Vec<Spanned<String>>,
}

/// What is known of an operation beyond OpenAPI.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperationRules {
    /// Template of a valid request body; without one the body is empty.
    pub template: Option<Spanned<String>>,
    /// A connector that does not support it fails.
    pub mandatory: bool,
    /// Mandatory only while the target does not disclaim this.
    pub claim: Option<Spanned<String>>,
    /// The envelope does not go with it.
    pub bare: bool,
    /// Changes something on the connector's side.
    pub writes: bool,
    /// Its answers depend on what is asked, so that no contract-abiding connector gives
    /// all requests of a run the same. What such an answer shows counts for nothing.
    pub depends: bool,
}

/// A fixture of the target file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixtureRules {
    /// What to supply, for people.
    pub supply: String,
    /// JSON type, or `changes` for `{set: {pointer: value}}`.
    pub kind: String,
}

/// A judgement that runs on every exchange.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Always {
    /// Named judgement; its parameters are in `with`.
    #[serde(default)]
    pub judge: Option<Spanned<String>>,
    /// Or a rule on every object of the answer.
    #[serde(default)]
    pub objects: Option<ObjectsRule>,
    /// Requirement charged when the judgement names no other.
    pub requirement: Spanned<String>,
    /// Operations it looks at; all when empty.
    #[serde(default)]
    pub operations: Vec<Spanned<String>>,
    /// Operations it does not look at.
    #[serde(default)]
    pub except: Vec<Spanned<String>>,
    /// Only requests that are invalid on purpose (true) or only valid ones (false).
    #[serde(default)]
    pub invalid: Option<bool>,
    /// Only messages that are malformed on purpose (true) or only others (false).
    #[serde(default)]
    pub malformed: Option<bool>,
    /// It speaks of something that a connector may do without: what it means when that
    /// was never seen. The row does not apply then; without this it is vacuous.
    #[serde(default)]
    pub otherwise: Option<String>,
    #[serde(default)]
    pub with: Map<String, Value>,
}

/// Every object `item` for which `where` holds must satisfy `that`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectsRule {
    #[serde(rename = "where")]
    pub filter: Spanned<String>,
    pub that: Spanned<String>,
    /// What was expected, in words.
    pub expected: String,
}
