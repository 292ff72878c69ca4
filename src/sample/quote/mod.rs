//! Reference Quote Connectors.
//!
//! | file | holds |
//! |---|---|
//! | `connector.rs` | the stages that a call goes through, and all operations at a glance |
//! | `auth.rs` | secrets, signed tokens, access tokens |
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
mod operation;
mod orders;
mod policy;
mod pricing;
mod quotes;
mod search;
mod setup;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};

use crate::model::target::{
    ConnectionValues, ConnectorInfo, Customer, SecretSource, Target, TlsSettings, User,
};

pub use auth::Modes;
pub use faults::faults;

use auth::Guard;
use catalog::Catalog;
use connector::{Connector, Tenant};
use faults::Injected;
use orders::OrderBook;
use policy::Policy;
use quotes::Register;

use super::keys::SigningKeys;
use super::{APPLICATION_ID, Port, RunningSample, SampleError, SampleInfo, SampleOptions, Variant};

/// The profile of the samples.
pub const PROFILE: &str = "quote-rest";
/// What each of them comes in.
pub const VARIANTS: &[Variant] = &[Variant::Full, Variant::Minimal, Variant::ReadOnly];

/// Starts a Quote Connector.
pub fn start(
    sample: &SampleInfo,
    modes: Modes,
    options: SampleOptions,
) -> Result<RunningSample, SampleError> {
    let injected = Injected::named(&options.faults);
    let mut policy = Policy::default();
    injected.change_policy(&mut policy);
    let port = Port::take(&options, policy.certificate)?;
    let customers = data::customers();
    let keys = SigningKeys::new(&options.trusted_keys)?;
    let guard = Guard::new(modes, APPLICATION_ID, &customers, keys);
    let base_url = port.url("/quotecon");
    let target = target(
        sample,
        modes,
        &options,
        &base_url,
        port.ca_pem(),
        &customers,
    );

    let tenants = customers.into_iter().map(|customer| Tenant {
        id: customer.id,
        catalog: Catalog::new(customer.erp, options.variant),
        register: Register::default(),
        orders: OrderBook::default(),
    });
    let connector = Connector {
        variant: options.variant,
        policy,
        guard,
        tenants: tenants.collect(),
        clock: options.clock,
        injected,
        calls: AtomicU64::new(1),
    };
    let server = port.serve(Arc::new(connector))?;
    Ok(RunningSample {
        server,
        base_url,
        target,
    })
}

/// The target file for a sample.
fn target(
    sample: &SampleInfo,
    modes: Modes,
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
            secret: (modes != Modes::Jwt).then_some(secret),
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
    ConnectionValues {
        values,
        bad_values,
        ..ConnectionValues::default()
    }
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
