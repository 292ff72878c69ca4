//! From a target file to what a run needs: secrets read, keys loaded, URL checked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use serde_json::{Value, json};

use crate::auth::{KeyServer, SigningKey};
use crate::base::redact::Redactor;
use crate::model::profile::CredentialKind;
use crate::model::target::{SecretError, Target, User};
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
    /// The key with which the harness signs.
    pub key: Option<Arc<SigningKey>>,
    /// Serves the key set while the run lasts.
    pub key_server: Option<KeyServer>,
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
    /// Prepares `target`; paths in it are relative to `base`. `key` is a key that the
    /// caller already holds (samples), in place of the one that the file names.
    pub async fn new(
        suite: &Suite,
        mut target: Target,
        base: &Path,
        key: Option<(Arc<SigningKey>, Option<KeyServer>)>,
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
        let (key, key_server) = match key {
            Some((key, server)) => (Some(key), server),
            None => load_key(&target, base).await?,
        };
        if key.is_some() && target.application_id.is_none() {
            return Err(PrepareError::ApplicationId);
        }
        if let Some(server) = &key_server {
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
                CredentialKind::SignedToken => key.is_some(),
            })
            .map(|mode| mode.name.clone())
            .collect();
        if modes.is_empty() {
            return Err(PrepareError::NoMode);
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
            key,
            key_server,
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

fn check_url(target: &Target) -> Result<Url, PrepareError> {
    let bad = || PrepareError::Url(target.url.clone());
    let mut url = Url::parse(target.url.trim()).map_err(|_| bad())?;
    let host = url.host_str().map(str::to_owned).ok_or_else(bad)?;
    match url.scheme() {
        "https" => {}
        "http" if !target.allow_http => return Err(PrepareError::PlainHttp(target.url.clone())),
        "http" => {
            if !is_loopback(&host) {
                return Err(PrepareError::PlainHttpRemote(target.url.clone()));
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

async fn load_key(
    target: &Target,
    base: &Path,
) -> Result<(Option<Arc<SigningKey>>, Option<KeyServer>), PrepareError> {
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
    Ok((Some(key), server))
}
