//! The samples over real sockets, with messages as the contract shows them.

mod every_fault;
mod handshakes;
mod messages;
mod operations;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Client;
use serde_json::{Value, json};

use super::erp::NAMESPACE as N;
use super::xml::escaped;
use super::*;
use crate::auth::SigningKey;
use crate::base::clock::{Clock, ManualClock};
use crate::sample::{Application, TrustedKeys, faults, start};

const GUID: &str = "3aef3af6-8642-4fc1-8dc9-4e08bd76a6bf";
const OTHER: &str = "7d2f8d0e-11aa-4c0b-9a55-0c8ffb1e0d11";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/// A sample over http, and the key with which SuperOffice signs for it.
struct Bench {
    sample: RunningSample,
    client: Client,
    clock: ManualClock,
    key: SigningKey,
}

/// Status, content type and body of an answer.
struct Got {
    status: u16,
    kind: String,
    body: String,
}

impl Got {
    /// The text of the first element with this local name.
    fn text(&self, name: &str) -> Option<String> {
        let document = xml::parse(&self.body, false).ok()?;
        let mut nodes = document.descendants();
        let node = nodes.find(|node| node.tag_name().name() == name)?;
        xml::text(node)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let Ok(document) = xml::parse(&self.body, false) else {
            return Vec::new();
        };
        let nodes = document.descendants();
        nodes
            .filter(|node| node.is_element() && node.tag_name().name() == name)
            .map(|node| xml::text(node).unwrap_or_default())
            .collect()
    }

    fn state(&self) -> String {
        self.text("State").unwrap_or_default()
    }
}

impl Bench {
    async fn new(name: &str, variant: Variant, faults: &[&str]) -> Self {
        Self::with(name, variant, faults, AnswerToken::Timestamped).await
    }

    async fn with(name: &str, variant: Variant, faults: &[&str], answer: AnswerToken) -> Self {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(496_000 * 3600));
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .ok();
        let key = SigningKey::generate("SuperOffice", clock.now());
        let key = key.unwrap_or_else(|error| panic!("{error}"));
        let options = SampleOptions {
            name: name.to_owned(),
            variant,
            faults: faults.iter().map(|&name| name.to_owned()).collect(),
            port: 0,
            https: false,
            trusted_keys: TrustedKeys {
                certificate_pem: Some(key.certificate_pem().to_owned()),
                jwks_url: None,
            },
            application: Application { key: None, answer },
            clock: Arc::new(clock.clone()),
        };
        let sample = start(options).await;
        let client = Client::builder().no_proxy().build();
        Self {
            sample: sample.unwrap_or_else(|error| panic!("{error}")),
            client: client.unwrap_or_else(|error| panic!("{error}")),
            clock,
            key,
        }
    }

    async fn connected(variant: Variant, faults: &[&str]) -> Self {
        let bench = Self::new("erp-sync", variant, faults).await;
        for (guid, company) in [(GUID, 0), (OTHER, 1)] {
            let saved = bench.save(guid, company).await;
            assert_eq!(saved.state(), "Ok", "{}", saved.body);
        }
        bench
    }

    async fn post(&self, action: &str, kind: &str, body: impl Into<reqwest::Body>) -> Got {
        let request = self.client.post(self.sample.base_url());
        let request = request.header("SOAPAction", action);
        let answer = request.header("Content-Type", kind).body(body).send().await;
        got(answer.unwrap_or_else(|error| panic!("{error:?}"))).await
    }

    async fn envelope(&self, action: &str, header: &str, body: &str) -> Got {
        let text = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">{header}\
             <s:Body>{body}</s:Body></s:Envelope>"
        );
        self.post(action, "text/xml; charset=utf-8", text).await
    }

    /// Calls an ERP operation with these members.
    async fn call(&self, operation: &str, members: &str) -> Got {
        let action = format!("\"{N}/IErpConnectorWS/{operation}\"");
        let request = format!(
            "<{operation} xmlns=\"{N}\"><request xmlns:i=\"{XSI}\" xmlns:b=\"{ARRAYS}\">\
             {members}</request></{operation}>",
            XSI = xml::XSI
        );
        self.envelope(&action, "", &request).await
    }

    /// The same for the first connection.
    async fn ask(&self, operation: &str, members: &str) -> Got {
        let members = format!("<ConnectionGuid>{GUID}</ConnectionGuid>{members}");
        self.call(operation, &members).await
    }

    async fn save(&self, guid: &str, company: usize) -> Got {
        let members = format!(
            "<ConnectionGuid>{guid}</ConnectionGuid>{}",
            info(&good_values(company))
        );
        self.call("WSSaveConnection", &members).await
    }

    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": "SuperOffice AS", "aud": format!("spn:{APPLICATION_ID}"), "sub": "Cust12345",
            "http://schemes.superoffice.net/identity/ctx": "Cust12345",
            "nonce": "6D50C131F468876F5B316273B20B69FE", "nbf": now - 60, "exp": now + 300,
        });
        change(&mut claims);
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key.kid()});
        self.key.sign(&header, &claims).unwrap_or_default()
    }

    async fn authenticate(&self, token: &str) -> Got {
        let action = "\"http://tempuri.org/IIntegrationServiceConnectorAuth/Authenticate\"";
        let body = format!(
            "<Authenticate xmlns=\"http://tempuri.org/\"><request xmlns:d=\"http://schemas.datacontract.org/2004/07/SuperOffice.SuperID.Contracts.V1\">\
             <d:SignedToken>{}</d:SignedToken></request></Authenticate>",
            escaped(token)
        );
        self.envelope(action, "", &body).await
    }

    /// The public half of the application's key.
    fn public_key(&self) -> DecodingKey {
        let Some(SecretSource::Value(text)) = self.sample.target().application_key else {
            panic!("no application key in the target");
        };
        let document = xml::parse(&text, false).unwrap_or_else(|error| panic!("{error}"));
        let number = |name: &str| {
            let node = document
                .descendants()
                .find(|node| node.tag_name().name() == name);
            let text = node.and_then(xml::text).unwrap_or_default();
            STANDARD.decode(text).unwrap_or_default()
        };
        DecodingKey::from_rsa_raw_components(&number("Modulus"), &number("Exponent"))
    }
}

async fn got(answer: reqwest::Response) -> Got {
    let kind = answer.headers().get("content-type");
    Got {
        status: answer.status().as_u16(),
        kind: kind
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body: answer.text().await.unwrap_or_default(),
    }
}

fn good_values(company: usize) -> Vec<(&'static str, &'static str)> {
    let mut values = Erp::good_values(company);
    values.push((erp::PASSWORD_FIELD, erp::PASSWORD));
    values
}

fn dictionary(name: &str, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(key, value)| {
        format!(
            "<b:KeyValueOfstringstring><b:Key>{key}</b:Key><b:Value>{}</b:Value></b:KeyValueOfstringstring>",
            escaped(value)
        )
    });
    format!("<{name}>{}</{name}>", pairs.collect::<String>())
}

fn info(pairs: &[(&str, &str)]) -> String {
    dictionary("ConnectionInfo", pairs)
}

fn strings(name: &str, items: &[&str]) -> String {
    let items = items
        .iter()
        .map(|item| format!("<b:string>{}</b:string>", escaped(item)));
    format!("<{name}>{}</{name}>", items.collect::<String>())
}

fn restriction(key: &str, operator: &str, values: &[&str]) -> String {
    format!(
        "<SearchRestrictionInfoWS><FieldKey>{key}</FieldKey><Operator>{}</Operator>{}</SearchRestrictionInfoWS>",
        escaped(operator),
        strings("Values", values)
    )
}

fn actor(kind: &str, key: &str, values: &[(&str, &str)], parent: Option<(&str, &str)>) -> String {
    let (parent_type, parent_key) = parent.unwrap_or_default();
    format!(
        "<ActorType>{kind}</ActorType><ErpKey>{key}</ErpKey>{}<LastModified/>\
         <ParentActorType>{parent_type}</ParentActorType><ParentErpKey>{parent_key}</ParentErpKey>",
        dictionary("FieldValues", values)
    )
}
