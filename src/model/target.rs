//! The target file: everything about one connector under test.
//!
//! Read from YAML (`assay.yaml` by default), published as JSON Schema by
//! `assay schema target`. Secrets are named by where they come from, so that a
//! target file can be committed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One connector under test, as the operator describes it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Profile to run, such as `quote-rest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Who made the connector; shown in the report's head.
    #[serde(default)]
    pub connector: ConnectorInfo,
    /// Base URL as an administrator would type it, or `app://` and an application id,
    /// which `apps` resolves.
    pub url: String,
    /// Registered URL by application id: what an `app://` address stands for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub apps: BTreeMap<String, String>,
    /// Application id in the audience of signed tokens (`spn:` + id).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Public half of the application's key (RSA XML, PEM or certificate), with which
    /// tokens that the connector signs are verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_key: Option<SecretSource>,
    /// Private half of the application's key, where the operator has it and it is one for
    /// tests: only then can it be tested that a token signed with it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_private_key: Option<SecretSource>,
    /// Customers by role: `first` (needed), `second` (isolation tests),
    /// `expiring` (a customer or credential whose tokens live for seconds).
    #[serde(default)]
    pub customers: BTreeMap<String, Customer>,
    /// The key with which the harness plays SuperOffice; signed-token mode is
    /// tested when it is present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtSettings>,
    /// Connection configuration values.
    #[serde(default)]
    pub connection: ConnectionValues,
    /// What the harness cannot discover: the profile lists names and shapes.
    #[serde(default)]
    pub fixtures: BTreeMap<String, Value>,
    /// What the connector does not claim, by the names the profile declares,
    /// such as `products: false`.
    #[serde(default)]
    pub claims: BTreeMap<String, bool>,
    /// Requirements that a person has decided, by id.
    #[serde(default)]
    pub attestations: BTreeMap<String, Attestation>,
    /// Trust in the connector's certificate.
    #[serde(default)]
    pub tls: TlsSettings,
    /// Permits plain http, on loopback only.
    #[serde(default)]
    pub allow_http: bool,
    /// Permits calls that create or change records behind the connector.
    #[serde(default)]
    pub allow_writes: bool,
    /// Takes the time for what only shows after minutes.
    #[serde(default)]
    pub thorough: bool,
    /// WSDL of the connector, in place of the one that it publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wsdl: Option<PathBuf>,
    /// Names on the wire by interface, over those that are assumed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wire: BTreeMap<String, WireSettings>,
    /// Bounds on what a run may take.
    #[serde(default)]
    pub limits: Limits,
}

/// Identity of the connector under test.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorInfo {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub vendor: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub contact: String,
}

/// One customer (tenant) as the connector knows it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Customer id, the `ctx` claim, such as `Cust12345`.
    pub id: String,
    /// Database serial number, the `serial` claim.
    #[serde(default = "default_serial")]
    pub serial: String,
    /// Shared secret; secret mode is tested when the first customer has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSource>,
    /// Users for signed tokens; invented when left out.
    #[serde(default)]
    pub users: Vec<User>,
}

/// A user of a customer, as the claims of a signed token name it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Login name, the `upn` and `sub` claims.
    pub login: String,
    /// Associate id, as text.
    pub associate_id: String,
    pub email: String,
}

/// Where a secret comes from; exactly one of the three.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// Name of an environment variable.
    Env(String),
    /// Path of a file, relative to the target file; its end of line is cut.
    File(PathBuf),
    /// The value itself: for samples and throw-away tests.
    Value(String),
}

/// How the harness signs, and how the connector learned the key.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JwtSettings {
    /// Private key (PEM, PKCS#8 or PKCS#1), written by `assay keys new`.
    pub key: PathBuf,
    /// Key id in the token header; the key's thumbprint when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Port on loopback on which the run serves certificate, key set and
    /// discovery document. Set it when the connector reads the key set from
    /// there: only then can key rotation be tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve_keys_on: Option<u16>,
}

/// Values for the connector's own configuration fields, by field key.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionValues {
    /// Values with which the connection test succeeds.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// A second configuration, such as another company, for isolation tests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub second_values: BTreeMap<String, String>,
    /// Values that cannot reach the back end.
    #[serde(default)]
    pub bad_values: BTreeMap<String, String>,
    /// Values that are secrets, such as a password: they belong to `values` and, where
    /// that is given, `second_values`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretSource>,
}

/// Names on the wire of one interface; what is absent is taken from the connector's
/// WSDL or from the wire profile.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WireSettings {
    /// Namespace of the operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Namespace of the members of carriers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_namespace: Option<String>,
    /// Whole SOAPAction, for an interface with one operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// SOAPAction without the operation's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_prefix: Option<String>,
    /// `wrapped` or `bare`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
}

/// A human decision about one requirement.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Who vouches for it.
    pub by: String,
    /// Day of the statement, `YYYY-MM-DD`.
    pub date: String,
    /// What was done and seen.
    pub statement: String,
}

/// Trust in the connector's certificate.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM file with a certificate authority to trust beside the public roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The same as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Goes on after a certificate finding, which stays in the report.
    #[serde(default)]
    pub accept_invalid: bool,
}

/// Bounds on what a run may take.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest wait for one answer, in seconds.
    pub request_timeout_s: u64,
    /// Longest answer body that is read, in bytes.
    pub max_body_bytes: usize,
    /// Longest a scenario may wait for time to pass, in seconds.
    pub waiting_budget_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_timeout_s: 30,
            max_body_bytes: 16 * 1024 * 1024,
            waiting_budget_s: 90,
        }
    }
}

fn default_serial() -> String {
    "1000000001".to_owned()
}

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("environment variable {0} is not set; export it or use `file:`")]
    Env(String),
    #[error("secret file {path} cannot be read: {reason}")]
    File { path: String, reason: String },
}

impl SecretSource {
    /// Reads the secret; `base` is the folder of the target file.
    pub fn read(&self, base: &Path) -> Result<String, SecretError> {
        match self {
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError::Env(name.clone())),
            Self::File(path) => std::fs::read_to_string(base.join(path))
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|error| SecretError::File {
                    path: path.display().to_string(),
                    reason: error.to_string(),
                }),
            Self::Value(value) => Ok(value.clone()),
        }
    }
}
