//! The connector that a command works on: a target file, an address, or a sample.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::auth::{KeyRing, KeyServer, SigningKey};
use crate::base::clock::{Clock, SystemClock};
use crate::base::diag::Diagnostic;
use crate::model::target::{Customer, SecretSource, Target};
use crate::run::Prepared;
use crate::sample::{Application, RunningSample, SampleOptions, TrustedKeys, Variant};
use crate::suite::Suite;

use super::{DEFAULT_PROFILE, Failure};

/// Options that name the connector.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "subject")]
pub(super) struct Arguments {
    /// Profile, such as quote-rest; the target file names it otherwise
    #[arg(value_name = "PROFILE")]
    profile: Option<String>,
    /// Target file
    #[arg(long, value_name = "FILE", env = "ASSAY_TARGET")]
    target: Option<PathBuf>,
    /// Base URL of the connector, over that of the target file
    #[arg(long, value_name = "URL", env = "ASSAY_URL")]
    url: Option<String>,
    /// Customer id, when there is no target file
    #[arg(long, value_name = "ID", env = "ASSAY_CUSTOMER")]
    customer: Option<String>,
    /// File with the shared secret, when there is no target file; else ASSAY_SECRET
    #[arg(long, value_name = "FILE", env = "ASSAY_SECRET_FILE")]
    secret_file: Option<PathBuf>,
    /// Permit plain http; on loopback only
    #[arg(long, env = "ASSAY_ALLOW_HTTP")]
    allow_http: bool,
    /// Test the embedded sample of that name in place of a connector
    #[arg(long, value_name = "NAME", conflicts_with_all = ["target", "url"])]
    sample: Option<String>,
    /// Variant of the sample: full, minimal, read-only, no-search
    #[arg(long, value_name = "NAME", default_value = "full", requires = "sample")]
    variant: Variant,
    /// Fault of the sample; repeatable (assay list faults)
    #[arg(long, value_name = "NAME", requires = "sample")]
    fault: Vec<String>,
}

/// A connector ready to be tested, with what must live as long as the test.
pub(super) struct Subject {
    pub suite: Suite,
    pub prepared: Prepared,
    pub sample: Option<RunningSample>,
    /// Name for the folder of reports.
    pub name: String,
    /// Arguments that name this connector again.
    pub command: String,
}

/// Where the target file is looked for when none is named.
const DEFAULT_TARGET: &str = "assay.yaml";

impl Arguments {
    /// Resolves the arguments; starts the sample if one is wanted.
    pub(super) async fn subject(&self, suite: &super::SuiteArguments) -> Result<Subject, Failure> {
        let (mut target, base, name, mut command, sample) = match &self.sample {
            Some(name) => {
                let (sample, keys) = self.start_sample(name).await?;
                let mut command = format!("--sample {name}");
                if self.variant != Variant::Full {
                    command.push_str(&format!(" --variant {}", self.variant));
                }
                for fault in &self.fault {
                    command.push_str(&format!(" --fault {fault}"));
                }
                (
                    sample.target(),
                    PathBuf::from("."),
                    name.clone(),
                    command,
                    Some((sample, keys)),
                )
            }
            None => {
                let (target, base, command) = self.read_target()?;
                let name = slug(&target);
                (target, base, name, command, None)
            }
        };
        if let Some(url) = &self.url {
            target.url.clone_from(url);
        }
        target.allow_http |= self.allow_http;
        let profile = self
            .profile
            .clone()
            .or(target.profile.clone())
            .unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        command = format!("{profile} {command}");
        let suite = suite.load(&profile)?;
        let (sample, keys) = sample.map_or((None, None), |(sample, keys)| (Some(sample), keys));
        let prepared = Prepared::new(&suite, target, &base, keys)
            .await
            .map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Subject {
            suite,
            prepared,
            sample,
            name,
            command: command.trim().to_owned(),
        })
    }

    async fn start_sample(
        &self,
        name: &str,
    ) -> Result<(RunningSample, Option<(KeyRing, Option<KeyServer>)>), Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let key = SigningKey::generate("Assay plays SuperOffice", clock.now())
            .map_err(|error| Failure::Harness(error.to_string()))?;
        let key = Arc::new(key);
        let server = KeyServer::start(0, vec![Arc::clone(&key)])
            .await
            .map_err(|error| Failure::Harness(error.to_string()))?;
        let sample = crate::sample::start(SampleOptions {
            name: name.to_owned(),
            variant: self.variant,
            faults: self.fault.clone(),
            port: 0,
            https: true,
            trusted_keys: TrustedKeys {
                certificate_pem: None,
                jwks_url: Some(server.jwks_url()),
            },
            application: Application::default(),
            clock,
        })
        .await
        .map_err(|error| Failure::Usage(error.to_string()))?;
        let signs = crate::sample::SAMPLES
            .iter()
            .any(|known| known.name == name && known.signed_tokens());
        let keys = signs.then(|| (KeyRing::new(key), Some(server)));
        Ok((sample, keys))
    }

    fn read_target(&self) -> Result<(Target, PathBuf, String), Failure> {
        let path = match &self.target {
            Some(path) => Some(path.clone()),
            None if self.url.is_none() || Path::new(DEFAULT_TARGET).is_file() => {
                Some(PathBuf::from(DEFAULT_TARGET))
            }
            None => None,
        };
        match path {
            Some(path) => {
                if self.target.is_none() && !path.is_file() {
                    return Err(Failure::Usage(format!(
                        "no {DEFAULT_TARGET} here; give --target FILE, --url URL or --sample NAME, or write one with `assay init`"
                    )));
                }
                let target = load_target(&path)?;
                let base = path
                    .parent()
                    .filter(|parent| !parent.as_os_str().is_empty());
                let base = base.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
                let file = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                Ok((target, base, format!("--target {file}")))
            }
            None => {
                let url = self.url.clone().unwrap_or_default();
                let secret = match &self.secret_file {
                    Some(path) => SecretSource::File(path.clone()),
                    None => SecretSource::Env("ASSAY_SECRET".to_owned()),
                };
                let customer = Customer {
                    id: self
                        .customer
                        .clone()
                        .unwrap_or_else(|| "Cust00001".to_owned()),
                    serial: "1000000001".to_owned(),
                    secret: Some(secret),
                    users: Vec::new(),
                };
                let target = Target {
                    url: url.clone(),
                    customers: [("first".to_owned(), customer)].into(),
                    ..Target::default()
                };
                Ok((target, PathBuf::from("."), format!("--url {url}")))
            }
        }
    }
}

/// Reads a target file.
pub(super) fn load_target(path: &Path) -> Result<Target, Failure> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("{file}: {error}")))?;
    parse_target(&text, &file).map_err(|diagnostic| Failure::Diagnostics(vec![diagnostic]))
}

/// Reads the text of a target file; `file` is its name in diagnostics.
pub fn parse_target(text: &str, file: &str) -> Result<Target, Diagnostic> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let remedy =
            "`assay init` writes a commented target file; `assay schema target` is for editors";
        let mut diagnostic = crate::suite::explain_yaml(&error, file, text, remedy);
        let line = diagnostic.source.as_deref().unwrap_or_default();
        if line.trim_start().starts_with("secret:") {
            // What stands there may be the secret itself: it is not printed.
            diagnostic.source = None;
            diagnostic.message = "`secret` takes where the secret comes from".to_owned();
            diagnostic.help = Some(
                "write { env: NAME }, { file: PATH } or, for tests only, { value: TEXT }"
                    .to_owned(),
            );
        }
        diagnostic
    })
}

/// A folder name for the reports of a target.
fn slug(target: &Target) -> String {
    let words = [&target.connector.name, &target.connector.version].map(|word| {
        let kept: String = word
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '.' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        kept.trim_matches(['-', '.']).to_lowercase()
    });
    let name = words
        .iter()
        .filter(|word| !word.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join("-");
    if name.is_empty() {
        "target".to_owned()
    } else {
        name
    }
}
