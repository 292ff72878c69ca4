//! Reference connectors behind SOAP: ERP sync, with the handshake in front of it, and
//! Database Mirroring.
//!
//! | file | holds |
//! |---|---|
//! | `connector.rs`, `envelope.rs` | the stages that a message goes through, dispatch |
//! | `xml.rs`, `reply.rs` | reading and writing XML, answers and faults |
//! | `token.rs`, `handshake.rs` | SuperOffice's token, and the connector's own |
//! | `mirroring.rs` | the messages of Database Mirroring |
//! | `erp/` | the 17 operations, search, values, records of two invented companies |
//! | `wsdl.rs`, `wsdl/` | the published description |
//! | `policy.rs`, `faults/` | decisions at the edge, and what changes them |

mod connector;
mod envelope;
mod erp;
mod faults;
mod handshake;
mod mirroring;
mod policy;
mod reply;
#[cfg(test)]
mod tests;
mod token;
mod wsdl;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::auth::ApplicationKeyPair;
use crate::model::target::{
    ConnectionValues, ConnectorInfo, Customer, SecretSource, Target, TlsSettings,
};

pub use faults::{mirroring_faults, sync_faults};

use connector::{CONNECTOR_NAME, Connector};
use erp::Erp;
use faults::Injected;
use handshake::Handshake;
use policy::Policy;
use wsdl::Documents;

use super::keys::SigningKeys;
use super::{
    APPLICATION_ID, AnswerToken, Port, RunningSample, SampleError, SampleInfo, SampleOptions,
    Variant,
};

/// The profile of the ERP sync sample, and what it comes in.
pub const SYNC_PROFILE: &str = "erp-sync";
pub const SYNC_VARIANTS: &[Variant] = &[Variant::Full, Variant::ReadOnly, Variant::NoSearch];
/// The profile of the mirroring sample, and what it comes in.
pub const MIRRORING_PROFILE: &str = "mirroring-auth";
pub const MIRRORING_VARIANTS: &[Variant] = &[Variant::Full];

/// Which connector it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    ErpSync,
    Mirroring,
}

/// Starts a connector.
pub fn start(
    sample: &SampleInfo,
    role: Role,
    options: SampleOptions,
) -> Result<RunningSample, SampleError> {
    let (path, family) = match role {
        Role::ErpSync => ("/Services/ErpConnectorWS.svc", sync_faults()),
        Role::Mirroring => ("/Services/MirroringService.svc", mirroring_faults()),
    };
    let injected = Injected::of(family, &options.faults);
    let mut policy = Policy {
        answer: match options.application.answer {
            AnswerToken::Timestamped => handshake::timestamped,
            AnswerToken::WebToken => handshake::web_token,
        },
        ..Policy::default()
    };
    injected.change_policy(&mut policy);
    // A new key takes the way of one that SuperOffice has handed out.
    let pair = match &options.application.key {
        Some(text) => ApplicationKeyPair::parse(text)?,
        None => ApplicationKeyPair::parse(&ApplicationKeyPair::generate()?.to_rsa_xml())?,
    };
    let handshake = Handshake {
        keys: SigningKeys::new(&options.trusted_keys)?,
        pair,
        application: APPLICATION_ID.to_owned(),
        rules: policy.rules,
        answer: policy.answer,
    };
    let port = Port::take(&options, policy.certificate)?;
    let base_url = port.url(path);
    let mut target = target(sample, role, &options, &base_url, &port, &handshake.pair);
    if let Some(public_key) = policy.public_key {
        target.application_key = Some(SecretSource::Value(public_key()));
        target.application_private_key = None;
    }
    let now = options.clock.now();
    let erp = (role == Role::ErpSync).then(|| Erp::new(options.variant, policy.habits, now));
    let connector = Connector {
        path,
        policy,
        handshake,
        erp,
        documents: Documents::new(role, &base_url),
        clock: options.clock,
        injected,
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
    role: Role,
    options: &SampleOptions,
    base_url: &str,
    port: &Port,
    pair: &ApplicationKeyPair,
) -> Target {
    let customer = |role: &str, id: &str, serial: &str| {
        let description = Customer {
            id: id.to_owned(),
            serial: serial.to_owned(),
            secret: None,
            users: Vec::new(),
        };
        (role.to_owned(), description)
    };
    Target {
        profile: Some(sample.profile.to_owned()),
        connector: ConnectorInfo {
            name: sample.title.to_owned(),
            vendor: "Assay".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contact: String::new(),
        },
        url: format!("app://{APPLICATION_ID}"),
        apps: [(APPLICATION_ID.to_owned(), base_url.to_owned())].into(),
        application_id: Some(APPLICATION_ID.to_owned()),
        application_key: Some(SecretSource::Value(pair.public_rsa_xml())),
        application_private_key: Some(SecretSource::Value(pair.to_rsa_xml())),
        customers: [
            customer("first", "Cust20101", "2010100001"),
            customer("second", "Cust20202", "2020200002"),
        ]
        .into(),
        connection: match role {
            Role::ErpSync => connection_values(),
            Role::Mirroring => ConnectionValues::default(),
        },
        fixtures: match role {
            Role::ErpSync => [("known_connector_name".to_owned(), json!(CONNECTOR_NAME))].into(),
            Role::Mirroring => BTreeMap::new(),
        },
        tls: TlsSettings {
            ca_pem: port.ca_pem(),
            ..TlsSettings::default()
        },
        allow_http: !options.https,
        allow_writes: options.variant != Variant::ReadOnly,
        claims: match options.variant {
            Variant::ReadOnly => [("writing".to_owned(), false)].into(),
            _ => BTreeMap::new(),
        },
        ..Target::default()
    }
}

fn connection_values() -> ConnectionValues {
    let values = |company| {
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let values = Erp::good_values(company).into_iter().map(owned);
        values.collect::<BTreeMap<String, String>>()
    };
    let mut bad_values = values(0);
    bad_values.insert(erp::CLIENT.to_owned(), "FI NONE".to_owned());
    bad_values.insert(
        erp::PASSWORD_FIELD.to_owned(),
        "not the password".to_owned(),
    );
    let password = SecretSource::Value(erp::PASSWORD.to_owned());
    ConnectionValues {
        values: values(0),
        second_values: values(1),
        bad_values,
        secrets: [(erp::PASSWORD_FIELD.to_owned(), password)].into(),
    }
}
