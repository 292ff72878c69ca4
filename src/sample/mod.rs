//! Reference Quote Connectors: complete and compliant implementations of the
//! contract, as a partner would write them, and their injectable faults.
//!
//! | file | holds |
//! |---|---|
//! | `connector.rs` | the stages that a call goes through, and all operations at a glance |
//! | `server.rs`, `tls.rs` | the HTTP edge and its certificate |
//! | `auth.rs`, `keys.rs` | secrets, signed tokens, access tokens |
//! | `carriers.rs`, `wire.rs`, `text.rs`, `values.rs` | reading requests and writing answers |
//! | `setup.rs` | connection fields and test, capabilities |
//! | `catalog.rs`, `search.rs` | price lists, products, pictures, lists, search |
//! | `pricing.rs`, `calculation.rs`, `findings.rs` | arithmetic, lines, alternatives, remarks |
//! | `quotes.rs`, `orders.rs` | the quote operations and the orders |
//! | `data/` | the records of three invented ERP systems |
//! | `policy.rs`, `faults/` | decisions at the edge, and what changes them |

mod auth;
mod calculation;
mod carriers;
mod catalog;
mod connector;
mod data;
mod faults;
mod findings;
mod keys;
mod operation;
mod orders;
mod policy;
mod pricing;
mod quotes;
mod search;
mod server;
mod setup;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod values;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};

use crate::base::clock::Clock;
use crate::model::target::{
    ConnectionValues, ConnectorInfo, Customer, SecretSource, Target, TlsSettings, User,
};

pub use faults::{Fault, faults};

use auth::{Guard, Modes};
use catalog::Catalog;
use connector::{Connector, Tenant};
use faults::Injected;
use keys::SigningKeys;
use orders::OrderBook;
use policy::Policy;
use quotes::Register;
use server::Server;
use tls::ServerTls;

/// How much of the contract a sample implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Variant {
    /// All 28 operations.
    #[default]
    Full,
    /// The mandatory operations only.
    Minimal,
    /// Everything but orders.
    ReadOnly,
}

impl Variant {
    const ALL: &'static [Self] = &[Self::Full, Self::Minimal, Self::ReadOnly];

    const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Minimal => "minimal",
            Self::ReadOnly => "read-only",
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
    modes: Modes,
}

impl SampleInfo {
    /// Whether the sample takes signed tokens.
    pub fn signed_tokens(&self) -> bool {
        self.modes != Modes::Secret
    }
}

/// All samples.
pub const SAMPLES: &[SampleInfo] = &[
    SampleInfo {
        name: "quote-secret",
        title: "Quote Connector with a shared secret",
        profile: PROFILE,
        variants: Variant::ALL,
        modes: Modes::Secret,
    },
    SampleInfo {
        name: "quote-jwt",
        title: "Quote Connector with signed tokens",
        profile: PROFILE,
        variants: Variant::ALL,
        modes: Modes::Jwt,
    },
    SampleInfo {
        name: "quote-full",
        title: "Quote Connector with both ways of authentication",
        profile: PROFILE,
        variants: Variant::ALL,
        modes: Modes::Both,
    },
];

const PROFILE: &str = "quote-rest";
const APPLICATION_ID: &str = "a55a7e57c0de";

/// How the connector learns SuperOffice's signing keys.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys {
    /// A certificate with the public key.
    pub certificate_pem: Option<String>,
    /// Address of a key set.
    pub jwks_url: Option<String>,
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
    pub clock: Arc<dyn Clock>,
}

/// Why a sample did not start.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("no sample is called {name:?}; there are {}", listed(SAMPLES.iter().map(|s| s.name)))]
    UnknownSample { name: String },
    #[error("no variant is called {name:?}; there are {}", known_variants())]
    UnknownVariant { name: String },
    #[error("no fault is called {name:?}; there are {}", listed(faults().iter().map(|f| f.name)))]
    UnknownFault { name: String },
    #[error("certificate with the signing key cannot be read: {reason}")]
    Certificate { reason: String },
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
    let injected = Injected::named(&options.faults)?;
    let mut policy = Policy::default();
    injected.change_policy(&mut policy);
    let tls = options
        .https
        .then(|| ServerTls::new(policy.certificate))
        .transpose()?;
    let customers = data::customers();
    let keys = SigningKeys::new(&options.trusted_keys)?;
    let guard = Guard::new(sample.modes, APPLICATION_ID, &customers, keys);

    let in_use = |source| SampleError::Port {
        port: options.port,
        source,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(in_use)?;
    listener.set_nonblocking(true).map_err(in_use)?;
    let port = listener.local_addr().map_err(in_use)?.port();
    let scheme = if options.https { "https" } else { "http" };
    let base_url = format!("{scheme}://127.0.0.1:{port}/quotecon");
    let ca_pem = tls.as_ref().map(|tls| tls.ca_pem.clone());
    let target = target(sample, &options, &base_url, ca_pem, &customers);

    let tenants = customers.into_iter().map(|customer| Tenant {
        id: customer.id,
        catalog: Catalog::new(customer.erp, options.variant),
        register: Register::default(),
        orders: OrderBook::default(),
    });
    let connector = Arc::new(Connector {
        variant: options.variant,
        policy,
        guard,
        tenants: tenants.collect(),
        clock: options.clock,
        injected,
        calls: AtomicU64::new(1),
    });
    let server = Server::start(listener, connector, tls)
        .map_err(|source| SampleError::Port { port, source })?;
    Ok(RunningSample {
        server,
        base_url,
        target,
    })
}

/// The target file for a sample.
fn target(
    sample: &SampleInfo,
    options: &SampleOptions,
    base_url: &str,
    ca_pem: Option<String>,
    customers: &[data::Customer],
) -> Target {
    let customer = |customer: &data::Customer| {
        let users = customer.users.iter().map(|user| User {
            login: user.login.to_owned(),
            associate_id: user.associate_id.to_owned(),
            email: user.login.to_owned(),
        });
        let secret = SecretSource::Value(customer.secret.to_owned());
        let description = Customer {
            id: customer.id.to_owned(),
            serial: customer.serial.to_owned(),
            secret: (sample.modes != Modes::Jwt).then_some(secret),
            users: users.collect(),
        };
        (customer.role.to_owned(), description)
    };
    Target {
        profile: Some(sample.profile.to_owned()),
        connector: ConnectorInfo {
            name: sample.title.to_owned(),
            vendor: "Assay".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contact: String::new(),
        },
        url: base_url.to_owned(),
        application_id: Some(APPLICATION_ID.to_owned()),
        customers: customers.iter().map(customer).collect(),
        connection: connection_values(options.variant),
        fixtures: fixtures(options.variant),
        tls: TlsSettings {
            ca_pem,
            ..TlsSettings::default()
        },
        allow_http: !options.https,
        ..Target::default()
    }
}

fn connection_values(variant: Variant) -> ConnectionValues {
    if variant == Variant::Minimal {
        return ConnectionValues::default();
    }
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let values: BTreeMap<String, String> = setup::good_values().map(owned).collect();
    let mut bad_values = values.clone();
    bad_values.insert("server".to_owned(), "unreachable.invalid".to_owned());
    ConnectionValues { values, bad_values }
}

/// What a tester has to supply, because no harness can find it out.
fn fixtures(variant: Variant) -> BTreeMap<String, Value> {
    const COMPANY: &str = "/Context/CRMCompany/OrganisationNumber";
    let set = |pointer: &str, value: &str| json!({"set": {pointer: value}});
    let mut fixtures = BTreeMap::new();
    if variant != Variant::Minimal {
        let refused = set(COMPANY, quotes::ON_CREDIT_HOLD);
        fixtures.insert("refused_create_quote".to_owned(), refused.clone());
        fixtures.insert("refused_create_version".to_owned(), refused.clone());
        fixtures.insert("refused_create_alternative".to_owned(), refused);
        fixtures.insert(
            "product_without_image".to_owned(),
            json!("HO-DSK-CRN@HO-NOK"),
        );
    }
    if variant == Variant::Full {
        let comment = "/Context/CRMQuote/OrderComment";
        fixtures.insert(
            "refused_order".to_owned(),
            set(COMPANY, orders::CREDIT_USED_UP),
        );
        fixtures.insert(
            "changed_order".to_owned(),
            set(comment, orders::IN_TWO_PARTS),
        );
    }
    fixtures
}
