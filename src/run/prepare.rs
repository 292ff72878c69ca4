//! From a target file to what a run needs: secrets read, keys loaded, URL checked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Url;
use serde_json::{Value, json};

use crate::auth::{ApplicationKey, ApplicationKeyPair, KeyRing, KeyServer, SigningKey};
use crate::base::redact::Redactor;
use crate::model::profile::CredentialKind;
use crate::model::target::{SecretError, Target, User};
use crate::soap::{Operation, Shape, Soap, WireNames, WireOverrides};
use crate::suite::Suite;
use crate::transport::{Client, ClientError, ClientSettings, Trust};

/// A target ready to be talked to.
pub struct Prepared {
    pub target: Target,
    /// Base URL without trailing slashes.
    pub url: Url,
    /// Names of the authentication modes under test, preferred first.
    pub modes: Vec<String>,
    /// Shared secrets by customer role.
    pub secrets: BTreeMap<String, String>,
    /// The keys with which the harness signs.
    pub keys: Option<KeyRing>,
    /// A key that stands behind it in the key set, as long as one is served.
    pub second_key: Option<Arc<SigningKey>>,
    /// Serves the key set while the run lasts.
    pub key_server: Option<KeyServer>,
    /// Public half of the application's key, as text.
    pub application_key: Option<String>,
    /// Both halves of the application's key, where the operator has given them.
    pub application_pair: Option<ApplicationKeyPair>,
    /// WSDL of the target file.
    pub wsdl: Option<String>,
    pub redactor: Arc<Redactor>,
    pub trust: Trust,
    pub client: Client,
}

/// Why a target cannot be used; nothing has been sent.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error(
        "`url: {0}` is not an absolute http(s) URL; write it as an administrator would, such as https://erp.example.com/quotecon"
    )]
    Url(String),
    #[error(
        "`url: {0}` is plain http; connectors are reached over https. For a connector on this machine set `allow_http: true`"
    )]
    PlainHttp(String),
    #[error(
        "`url: {0}` is plain http and not on loopback; `allow_http` covers 127.0.0.1, ::1 and localhost only"
    )]
    PlainHttpRemote(String),
    #[error(
        "`customers.first` is missing: the run needs a customer with `id` and, in secret mode, `secret`"
    )]
    FirstCustomer,
    #[error(
        "no authentication mode is configured; give `customers.first.secret`, or `jwt` with a key and `application_id`"
    )]
    NoMode,
    #[error("`jwt` needs `application_id`: it is the audience of signed tokens")]
    ApplicationId,
    #[error("unknown {what} `{name}` in the target file; known: {known}")]
    Unknown {
        what: &'static str,
        name: String,
        known: String,
    },
    #[error("customer `{role}`: {source}")]
    Secret { role: String, source: SecretError },
    #[error("`application_private_key`: {0}")]
    PrivateKey(SecretError),
    #[error("`application_private_key`: {0}")]
    PrivateKeyForm(String),
    #[error("`application_key`: {0}")]
    ApplicationKey(SecretError),
    #[error("`application_key`: {0}")]
    ApplicationKeyForm(String),
    #[error("`connection.secrets.{name}`: {source}")]
    ConnectionSecret { name: String, source: SecretError },
    #[error(
        "`url: {0}` names an application that `apps` does not hold; add its registered URL there: `apps: {{ \"{1}\": https://… }}`"
    )]
    UnknownApplication(String, String),
    #[error("`wsdl: {0}`: {1}")]
    Wsdl(String, String),
    #[error("`wire`: {0}")]
    Wire(String),
    #[error("`jwt.key: {path}`: {reason}")]
    Key { path: String, reason: String },
    #[error("`jwt.serve_keys_on`: {0}")]
    KeyServer(String),
    #[error("`tls`: {0}")]
    Trust(String),
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Prepared {
    /// Prepares `target`; paths in it are relative to `base`. `keys` are keys that
    /// the caller already holds (samples), in place of the one that the file names.
    pub async fn new(
        suite: &Suite,
        mut target: Target,
        base: &Path,
        keys: Option<(KeyRing, Option<KeyServer>)>,
    ) -> Result<Self, PrepareError> {
        let url = check_url(&target)?;
        check_names(suite, &target)?;
        let redactor = Arc::new(Redactor::default());
        let mut secrets = BTreeMap::new();
        for (role, customer) in &target.customers {
            if let Some(source) = &customer.secret {
                let secret = source.read(base).map_err(|source| PrepareError::Secret {
                    role: role.clone(),
                    source,
                })?;
                redactor.register("secret", &secret);
                secrets.insert(role.clone(), secret);
            }
        }
        if !target.customers.contains_key("first") {
            return Err(PrepareError::FirstCustomer);
        }
        let (keys, key_server) = match keys {
            Some((keys, server)) => (Some(keys), server),
            None => load_key(&target, base).await?,
        };
        if keys.is_some() && target.application_id.is_none() {
            return Err(PrepareError::ApplicationId);
        }
        let mut second_key = None;
        if let (Some(keys), Some(server)) = (&keys, &key_server) {
            // A connector that fetches keys finds several, as it may in production.
            let second = keys
                .second(Timestamp::now())
                .map_err(|error| PrepareError::KeyServer(error.to_string()))?;
            server.set_keys(vec![Arc::clone(&keys.trusted), Arc::clone(&second)]);
            second_key = Some(second);
            // Scenarios ask the target whether a key can be replaced while the run lasts.
            let settings = target.jwt.get_or_insert_default();
            settings.serve_keys_on.get_or_insert(server.port());
        }
        let modes: Vec<String> = suite
            .profile
            .modes
            .iter()
            .filter(|mode| match mode.credential {
                CredentialKind::Secret => secrets.contains_key("first"),
                CredentialKind::SignedToken => keys.is_some(),
            })
            .map(|mode| mode.name.clone())
            .collect();
        if modes.is_empty() && !suite.profile.authentication.optional {
            return Err(PrepareError::NoMode);
        }
        read_connection(&mut target, base, &redactor)?;
        let application_pair = match &target.application_private_key {
            Some(source) => {
                let text = source.read(base).map_err(PrepareError::PrivateKey)?;
                redactor.register("secret", text.trim());
                let pair = ApplicationKeyPair::parse(&text)
                    .map_err(|error| PrepareError::PrivateKeyForm(error.to_string()))?;
                for number in pair.secret_numbers() {
                    redactor.register("private-key", &number);
                }
                Some(pair)
            }
            None => None,
        };
        let application_key = match (&target.application_key, &application_pair) {
            (Some(source), _) => Some(source.read(base).map_err(PrepareError::ApplicationKey)?),
            (None, Some(pair)) => Some(pair.public_pem()),
            (None, None) => None,
        };
        let wsdl = match &target.wsdl {
            Some(path) => Some(std::fs::read_to_string(base.join(path)).map_err(|error| {
                PrepareError::Wsdl(path.display().to_string(), error.to_string())
            })?),
            None => None,
        };
        if let Some(text) = &application_key {
            ApplicationKey::parse(text)
                .map_err(|error| PrepareError::ApplicationKeyForm(error.to_string()))?;
        }
        let trust = match (&target.tls.ca_pem, &target.tls.ca_file) {
            (Some(pem), _) => {
                Trust::with_ca_pem(pem).map_err(|error| PrepareError::Trust(error.to_string()))?
            }
            (None, Some(path)) => {
                let pem = std::fs::read_to_string(base.join(path))
                    .map_err(|error| PrepareError::Trust(format!("{}: {error}", path.display())))?;
                Trust::with_ca_pem(&pem).map_err(|error| PrepareError::Trust(error.to_string()))?
            }
            (None, None) => Trust::public(),
        };
        let client = Client::new(&ClientSettings {
            timeout: std::time::Duration::from_secs(target.limits.request_timeout_s),
            max_body: target.limits.max_body_bytes,
            trust: trust.clone(),
            verify: !target.tls.accept_invalid,
        })?;
        Ok(Self {
            target,
            url,
            modes,
            secrets,
            keys,
            second_key,
            key_server,
            application_key,
            application_pair,
            wsdl,
            redactor,
            trust,
            client,
        })
    }

    /// Whether the connector runs on this machine.
    pub fn on_loopback(&self) -> bool {
        self.url.host_str().is_some_and(is_loopback)
    }

    /// Users of a customer: those of the target file, or invented ones.
    pub fn users(&self, role: &str) -> Vec<User> {
        match self.target.customers.get(role) {
            Some(customer) if !customer.users.is_empty() => customer.users.clone(),
            Some(customer) => (1..=2)
                .map(|number| User {
                    login: format!("assay{number}@{}.example", customer.id.to_lowercase()),
                    associate_id: (40 + number).to_string(),
                    email: format!("assay{number}@{}.example", customer.id.to_lowercase()),
                })
                .collect(),
            None => Vec::new(),
        }
    }

    /// Size of the application's key in bits, where it is known.
    pub(super) fn application_key_bits(&self) -> Option<usize> {
        let key = ApplicationKey::parse(self.application_key.as_deref()?).ok()?;
        Some(key.bits())
    }

    /// How the address of the target file became the URL that is called.
    pub fn resolution(&self) -> Value {
        let id = application_of(&self.target.url).or(self.target.application_id.as_deref());
        let asked = match application_of(&self.target.url) {
            Some(_) => self.target.url.trim().to_owned(),
            None => id.map_or_else(String::new, |id| format!("app://{id}")),
        };
        json!({"asked": asked, "application_id": id, "url": self.url.as_str()})
    }

    /// The harness's own listener, and what was fetched from it.
    pub fn listener(&self) -> Value {
        match &self.key_server {
            Some(server) => json!({
                "url": server.canary_url(""),
                "fetched": server.fetched(),
            }),
            None => Value::Null,
        }
    }

    /// Wire names before anything is known of the connector: the first wire profile of
    /// each interface, with what the target file says over it.
    pub(super) fn default_names(&self, suite: &Suite) -> BTreeMap<String, WireNames> {
        let bindings = suite.soap.iter().flat_map(Soap::bindings);
        bindings
            .filter_map(|binding| {
                let names = WireNames::of_profile(binding, binding.wires.first()?);
                Some((
                    binding.name.clone(),
                    self.overridden(suite, &binding.name, names),
                ))
            })
            .collect()
    }

    /// Names with those of the target file over them.
    pub(super) fn overridden(&self, suite: &Suite, binding: &str, names: WireNames) -> WireNames {
        let Some(settings) = self.target.wire.get(binding) else {
            return names;
        };
        let operations: Vec<&Operation> = suite
            .soap
            .iter()
            .flat_map(Soap::operations)
            .filter(|operation| operation.binding == binding)
            .collect();
        let overrides = WireOverrides {
            namespace: settings.namespace.clone(),
            data_namespace: settings.data_namespace.clone(),
            action: settings.action.clone(),
            action_prefix: settings.action_prefix.clone(),
            shape: settings.shape.as_deref().and_then(Shape::parse),
        };
        names.with(&overrides, &operations)
    }

    /// The target file for expressions and for the report: without secrets.
    pub fn public_target(&self) -> Value {
        let mut echo = serde_json::to_value(&self.target).unwrap_or(Value::Null);
        if let Some(customers) = echo.get_mut("customers").and_then(Value::as_object_mut) {
            for customer in customers.values_mut() {
                if let Some(secret) = customer.get_mut("secret") {
                    *secret = json!("given");
                }
            }
        }
        for name in ["application_key", "application_private_key"] {
            if let Some(key) = echo.get_mut(name) {
                *key = json!("given");
            }
        }
        if let Some(secrets) = echo
            .pointer_mut("/connection/secrets")
            .and_then(Value::as_object_mut)
        {
            for secret in secrets.values_mut() {
                *secret = json!("given");
            }
        }
        if let Some(tls) = echo.get_mut("tls").and_then(Value::as_object_mut) {
            tls.remove("ca_pem");
        }
        echo
    }

    /// What the report says about the configuration.
    pub(super) fn echo(&self, suite: &Suite) -> Value {
        let mut echo = self.public_target();
        if let Some(members) = echo.as_object_mut() {
            members.insert("modes".to_owned(), json!(self.modes));
            members.insert(
                "authentication_operation".to_owned(),
                json!(suite.profile.authentication.operation.value),
            );
            members.insert("trust".to_owned(), json!(self.trust.describe()));
        }
        let text = self.redactor.redact(&echo.to_string());
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// Whether a host name stands for this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    bare == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The application id of an `app://` address; the scheme in any letter case.
fn application_of(address: &str) -> Option<&str> {
    let (scheme, id) = address.trim().split_once("://")?;
    scheme
        .eq_ignore_ascii_case("app")
        .then(|| id.trim_end_matches('/'))
}

/// The URL that is registered for an address: what the application authorization
/// service looks up for `app://`, and the address itself otherwise.
fn registered(target: &Target) -> Result<&str, PrepareError> {
    let Some(id) = application_of(&target.url) else {
        return Ok(&target.url);
    };
    let found = target
        .apps
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(id));
    match found {
        Some((_, url)) => Ok(url),
        None => Err(PrepareError::UnknownApplication(
            target.url.clone(),
            id.to_owned(),
        )),
    }
}

fn check_url(target: &Target) -> Result<Url, PrepareError> {
    let address = registered(target)?;
    let bad = || PrepareError::Url(address.to_owned());
    let mut url = Url::parse(address.trim()).map_err(|_| bad())?;
    let host = url.host_str().map(str::to_owned).ok_or_else(bad)?;
    match url.scheme() {
        "https" => {}
        "http" if !target.allow_http => return Err(PrepareError::PlainHttp(address.to_owned())),
        "http" => {
            if !is_loopback(&host) {
                return Err(PrepareError::PlainHttpRemote(address.to_owned()));
            }
        }
        _ => return Err(bad()),
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn check_names(suite: &Suite, target: &Target) -> Result<(), PrepareError> {
    fn unknown<'a>(
        what: &'static str,
        given: impl Iterator<Item = &'a String>,
        known: Vec<&str>,
    ) -> Result<(), PrepareError> {
        for name in given {
            if !known.contains(&name.as_str()) {
                return Err(PrepareError::Unknown {
                    what,
                    name: name.clone(),
                    known: known.join(", "),
                });
            }
        }
        Ok(())
    }
    let profile = &suite.profile;
    unknown(
        "customer role",
        target.customers.keys(),
        profile.customers.keys().map(String::as_str).collect(),
    )?;
    unknown(
        "fixture",
        target.fixtures.keys(),
        profile.fixtures.keys().map(String::as_str).collect(),
    )?;
    unknown(
        "claim",
        target.claims.keys(),
        profile.claims.keys().map(String::as_str).collect(),
    )?;
    let bindings: Vec<&str> = suite
        .soap
        .iter()
        .flat_map(Soap::bindings)
        .map(|binding| binding.name.as_str())
        .collect();
    unknown("interface in `wire`", target.wire.keys(), bindings)?;
    for (name, settings) in &target.wire {
        if let Some(shape) = &settings.shape
            && Shape::parse(shape).is_none()
        {
            return Err(PrepareError::Wire(format!(
                "`{name}.shape: {shape}` is neither wrapped nor bare"
            )));
        }
    }
    let rows = suite
        .catalogue
        .requirements
        .iter()
        .map(|row| row.id.as_str())
        .collect::<Vec<_>>();
    let unknown = target
        .attestations
        .keys()
        .find(|id| !rows.contains(&id.as_str()));
    if let Some(id) = unknown {
        return Err(PrepareError::Unknown {
            what: "requirement",
            name: id.clone(),
            known: format!(
                "{} to {}",
                rows.first().unwrap_or(&""),
                rows.last().unwrap_or(&"")
            ),
        });
    }
    Ok(())
}

/// Reads the secrets among the connection values, and puts them in their places.
fn read_connection(
    target: &mut Target,
    base: &Path,
    redactor: &Redactor,
) -> Result<(), PrepareError> {
    /// Field keys whose values are taken for secrets though they stand in `values`.
    const SECRET_WORDS: [&str; 5] = ["passw", "secret", "token", "apikey", "api_key"];
    let connection = &mut target.connection;
    for (name, source) in &connection.secrets {
        let failed = |source| PrepareError::ConnectionSecret {
            name: name.clone(),
            source,
        };
        let secret = source.read(base).map_err(failed)?;
        redactor.register("secret", &secret);
        connection.values.insert(name.clone(), secret.clone());
        if !connection.second_values.is_empty() {
            let second = connection.second_values.entry(name.clone());
            second.or_insert(secret);
        }
    }
    let all = [
        &connection.values,
        &connection.second_values,
        &connection.bad_values,
    ];
    for (name, value) in all.into_iter().flatten() {
        let name = name.to_lowercase();
        if SECRET_WORDS.iter().any(|word| name.contains(word)) && !value.is_empty() {
            redactor.register("secret", value);
        }
    }
    Ok(())
}

async fn load_key(
    target: &Target,
    base: &Path,
) -> Result<(Option<KeyRing>, Option<KeyServer>), PrepareError> {
    let Some(settings) = &target.jwt else {
        return Ok((None, None));
    };
    let failed = |reason: String| PrepareError::Key {
        path: settings.key.display().to_string(),
        reason,
    };
    let pem = std::fs::read_to_string(base.join(&settings.key))
        .map_err(|error| failed(format!("{error}; `assay keys new` makes a key")))?;
    let key = Arc::new(SigningKey::from_pem(&pem).map_err(|error| failed(error.to_string()))?);
    let server = match settings.serve_keys_on {
        Some(port) => Some(
            KeyServer::start(port, vec![Arc::clone(&key)])
                .await
                .map_err(|error| PrepareError::KeyServer(error.to_string()))?,
        ),
        None => None,
    };
    Ok((Some(KeyRing::new(key)), server))
}
