//! Reference connectors: complete and compliant implementations of the contracts, as
//! a partner would write them, and their injectable faults.
//!
//! | file | holds |
//! |---|---|
//! | `server.rs`, `tls.rs` | the port, and the certificate of the samples |
//! | `keys.rs` | SuperOffice's signing keys |
//! | `fault.rs` | what all faults have in common |
//! | `quote/` | Quote Connectors |
//! | `sync/` | ERP sync and Database Mirroring, behind SOAP |

mod fault;
mod keys;
mod quote;
mod server;
mod sync;
mod tls;

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;

use crate::auth::ApplicationKeyError;
use crate::base::clock::Clock;
use crate::model::target::Target;

pub use fault::{Fault, faults};

use server::{Server, Service};
use tls::ServerTls;

/// How much of the contract a sample implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Variant {
    /// All operations.
    #[default]
    Full,
    /// The mandatory operations only.
    Minimal,
    /// Everything but writing into the ERP system.
    ReadOnly,
    /// Everything but advanced search.
    NoSearch,
}

impl Variant {
    const ALL: &'static [Self] = &[Self::Full, Self::Minimal, Self::ReadOnly, Self::NoSearch];

    const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Minimal => "minimal",
            Self::ReadOnly => "read-only",
            Self::NoSearch => "no-search",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Variant {
    type Err = SampleError;

    fn from_str(name: &str) -> Result<Self, SampleError> {
        let found = Self::ALL.iter().find(|variant| variant.name() == name);
        found.copied().ok_or_else(|| SampleError::UnknownVariant {
            name: name.to_owned(),
        })
    }
}

/// What there is to know about a sample before it runs.
#[derive(Debug)]
pub struct SampleInfo {
    pub name: &'static str,
    pub title: &'static str,
    pub profile: &'static str,
    pub variants: &'static [Variant],
    family: Family,
}

/// Which connector a sample is, inside.
#[derive(Debug, Clone, Copy)]
enum Family {
    Quote(quote::Modes),
    Sync(sync::Role),
}

impl SampleInfo {
    /// Whether the sample takes signed tokens.
    pub fn signed_tokens(&self) -> bool {
        !matches!(self.family, Family::Quote(quote::Modes::Secret))
    }

    /// Whether the sample may answer a handshake with a JWT, too.
    pub fn may_answer_with_jwt(&self) -> bool {
        matches!(self.family, Family::Sync(sync::Role::ErpSync))
    }

    /// The sample of a profile that leaves out no way of authentication.
    pub fn reference(profile: &str) -> Option<&'static Self> {
        let complete =
            |family: &Family| matches!(family, Family::Quote(quote::Modes::Both) | Family::Sync(_));
        SAMPLES
            .iter()
            .find(|sample| sample.profile == profile && complete(&sample.family))
    }
}

/// All samples.
pub const SAMPLES: &[SampleInfo] = &[
    SampleInfo {
        name: "quote-secret",
        title: "Quote Connector with a shared secret",
        profile: quote::PROFILE,
        variants: quote::VARIANTS,
        family: Family::Quote(quote::Modes::Secret),
    },
    SampleInfo {
        name: "quote-jwt",
        title: "Quote Connector with signed tokens",
        profile: quote::PROFILE,
        variants: quote::VARIANTS,
        family: Family::Quote(quote::Modes::Jwt),
    },
    SampleInfo {
        name: "quote-full",
        title: "Quote Connector with both ways of authentication",
        profile: quote::PROFILE,
        variants: quote::VARIANTS,
        family: Family::Quote(quote::Modes::Both),
    },
    SampleInfo {
        name: "erp-sync",
        title: "ERP Sync Connector with the handshake of SuperOffice Online",
        profile: sync::SYNC_PROFILE,
        variants: sync::SYNC_VARIANTS,
        family: Family::Sync(sync::Role::ErpSync),
    },
    SampleInfo {
        name: "mirroring-auth",
        title: "Database Mirroring service with its handshake",
        profile: sync::MIRRORING_PROFILE,
        variants: sync::MIRRORING_VARIANTS,
        family: Family::Sync(sync::Role::Mirroring),
    },
];

/// Id of the samples' application.
const APPLICATION_ID: &str = "a55a7e57c0de";

/// How the connector learns SuperOffice's signing keys.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys {
    /// A certificate with the public key.
    pub certificate_pem: Option<String>,
    /// Address of a key set.
    pub jwks_url: Option<String>,
}

/// The application behind the connector, for the samples with a handshake.
#[derive(Debug, Clone, Default)]
pub struct Application {
    /// Private key as RSA XML or PEM; a new one is made when there is none.
    pub key: Option<String>,
    /// Form of the connector's own token.
    pub answer: AnswerToken,
}

/// Form of the token with which a connector answers the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerToken {
    /// Nonce, minute and signature, which every published verifier expects.
    #[default]
    Timestamped,
    /// A JWT, as the articles literally say.
    WebToken,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct SampleOptions {
    pub name: String,
    pub variant: Variant,
    /// Names of the faults to inject.
    pub faults: Vec<String>,
    /// Port on loopback; 0 takes a free one.
    pub port: u16,
    pub https: bool,
    pub trusted_keys: TrustedKeys,
    pub application: Application,
    pub clock: Arc<dyn Clock>,
}

/// Why a sample did not start.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("no sample is called {name:?}; there are {}", listed(SAMPLES.iter().map(|s| s.name)))]
    UnknownSample { name: String },
    #[error("no variant is called {name:?}; there are {}", known_variants())]
    UnknownVariant { name: String },
    #[error("sample {sample} has no variant {variant}; it has {known}")]
    VariantOfOthers {
        sample: &'static str,
        variant: Variant,
        known: String,
    },
    #[error("no fault is called {name:?}; there are {known}")]
    UnknownFault { name: String, known: String },
    #[error("fault {name:?} is one of {profile}, and sample {sample} cannot have it")]
    FaultOfOthers {
        name: String,
        profile: &'static str,
        sample: &'static str,
    },
    #[error("certificate with the signing key cannot be read: {reason}")]
    Certificate { reason: String },
    #[error("application key cannot be used: {0}")]
    ApplicationKey(#[from] ApplicationKeyError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error("port {port} cannot be used: {source}")]
    Port { port: u16, source: std::io::Error },
}

fn known_variants() -> String {
    listed(Variant::ALL.iter().map(|variant| variant.name()))
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// A sample that answers until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningSample {
    server: Server,
    base_url: String,
    target: Target,
}

impl RunningSample {
    /// Base URL, as an administrator would type it.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The target file that a tester would write for it.
    pub fn target(&self) -> Target {
        self.target.clone()
    }

    /// Stops the sample when its running calls have ended.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Starts a sample on loopback.
pub async fn start(options: SampleOptions) -> Result<RunningSample, SampleError> {
    // Fails when a provider has been installed already, which is as good.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .ok();
    let sample = SAMPLES
        .iter()
        .find(|sample| sample.name == options.name)
        .ok_or_else(|| SampleError::UnknownSample {
            name: options.name.clone(),
        })?;
    if !sample.variants.contains(&options.variant) {
        return Err(SampleError::VariantOfOthers {
            sample: sample.name,
            variant: options.variant,
            known: listed(sample.variants.iter().map(|variant| variant.name())),
        });
    }
    fault::check(sample, &options.faults)?;
    match sample.family {
        Family::Quote(modes) => quote::start(sample, modes, options),
        Family::Sync(role) => sync::start(sample, role, options),
    }
}

/// A port on loopback that is taken, and not served yet.
#[derive(Debug)]
struct Port {
    listener: TcpListener,
    number: u16,
    tls: Option<ServerTls>,
}

impl Port {
    /// Takes the port of the options.
    fn take(options: &SampleOptions, certificate: tls::Certificate) -> Result<Self, SampleError> {
        let tls = options
            .https
            .then(|| ServerTls::new(certificate))
            .transpose()?;
        let in_use = |source| SampleError::Port {
            port: options.port,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(in_use)?;
        listener.set_nonblocking(true).map_err(in_use)?;
        let number = listener.local_addr().map_err(in_use)?.port();
        Ok(Self {
            listener,
            number,
            tls,
        })
    }

    /// Address of a path on this port.
    fn url(&self, path: &str) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}{path}", self.number)
    }

    /// The authority that has signed the certificate.
    fn ca_pem(&self) -> Option<String> {
        self.tls.as_ref().map(|tls| tls.ca_pem.clone())
    }

    /// Serves a connector from now on.
    fn serve<S: Service>(self, connector: Arc<S>) -> Result<Server, SampleError> {
        let port = self.number;
        Server::start(self.listener, connector, self.tls)
            .map_err(|source| SampleError::Port { port, source })
    }
}
