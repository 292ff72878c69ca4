//! The samples over real sockets, with messages as the contract shows them.

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

#[tokio::test]
async fn the_handshake_is_answered_with_a_token_that_the_public_key_verifies() {
    let bench = Bench::new("erp-sync", Variant::Full, &[]).await;
    let got = bench
        .authenticate(&format!("\n   {}  ", bench.token(|_| {})))
        .await;
    assert_eq!(
        (got.status, got.kind.as_str()),
        (200, "text/xml; charset=utf-8")
    );
    assert_eq!(
        got.text("Succeeded").as_deref(),
        Some("true"),
        "{}",
        got.body
    );
    assert_eq!(got.text("Reason"), None);
    let token = got.text("SignedApplicationToken").unwrap_or_default();
    let parts: Vec<&str> = token.split('.').collect();
    let [nonce, time, signature] = parts[..] else {
        panic!("{token}");
    };
    assert_eq!(nonce, "6D50C131F468876F5B316273B20B69FE");
    assert_eq!(time, bench.clock.now().strftime("%Y%m%d%H%M").to_string());
    let signature = STANDARD.decode(signature).unwrap_or_default();
    assert_eq!(signature.len(), 256);
    let message = format!("{nonce}.{time}");
    let signature = URL_SAFE_NO_PAD.encode(signature);
    let key = bench.public_key();
    let good = jsonwebtoken::crypto::verify(&signature, message.as_bytes(), &key, Algorithm::RS256);
    assert!(good.unwrap_or(false));
}

#[tokio::test]
async fn the_other_form_of_the_answer_is_a_jwt() {
    let bench = Bench::with("erp-sync", Variant::Full, &[], AnswerToken::WebToken).await;
    let got = bench.authenticate(&bench.token(|_| {})).await;
    let token = got.text("SignedApplicationToken").unwrap_or_default();
    let (message, signature) = token.rsplit_once('.').unwrap_or_default();
    let key = bench.public_key();
    let good = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::RS256);
    assert!(good.unwrap_or(false));
    let claims = message.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    assert_eq!(claims["nonce"], "6D50C131F468876F5B316273B20B69FE");
}

#[tokio::test]
async fn the_answer_keeps_shape_and_namespace_of_the_request() {
    let bench = Bench::new("erp-sync", Variant::Full, &[]).await;
    let token = bench.token(|_| {});
    let body = format!(
        "<AuthenticationRequest xmlns=\"urn:own\"><SignedToken>{token}</SignedToken></AuthenticationRequest>"
    );
    let action = "urn:own/IIntegrationServiceConnectorAuth/Authenticate";
    let got = bench.envelope(action, "", &body).await;
    assert!(
        got.body
            .contains("<AuthenticationResponse xmlns=\"urn:own\""),
        "{}",
        got.body
    );
    assert_eq!(got.text("Succeeded").as_deref(), Some("true"));
}

#[tokio::test]
async fn a_token_with_one_thing_wrong_is_refused_in_a_normal_answer() {
    let bench = Bench::new("erp-sync", Variant::Full, &[]).await;
    let now = bench.clock.now().as_second();
    let mut tokens: Vec<String> = [
        ("iss", json!("superoffice as")),
        ("iss", Value::Null),
        ("aud", json!(APPLICATION_ID)),
        ("aud", json!("spn:other")),
        ("aud", Value::Null),
        ("exp", json!(now - 900)),
        ("exp", Value::Null),
        ("nbf", json!(now + 900)),
        ("nonce", json!("")),
        ("nonce", json!(17)),
    ]
    .into_iter()
    .map(|(claim, value)| bench.token(|claims| claims[claim] = value))
    .collect();
    let good = bench.token(|_| {});
    let (message, signature) = good.rsplit_once('.').unwrap_or_default();
    let hs256 = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let claims = message.split('.').nth(1).unwrap_or_default();
    tokens.extend([
        String::new(),
        "..".to_owned(),
        format!("{message}.{}A", &signature[..signature.len() - 1]),
        format!("{message}.{signature}.x"),
        format!("{hs256}.{claims}.{signature}"),
        format!("{none}.{claims}."),
        format!("<Assertion/>{good}"),
        format!("{good}\u{202e}"),
    ]);
    for token in tokens {
        let got = bench.authenticate(&token).await;
        assert_eq!(
            (got.status, got.text("Succeeded").as_deref()),
            (200, Some("false")),
            "{token}"
        );
        assert_eq!(got.text("Reason").as_deref(), Some(handshake::REFUSED));
        assert_eq!(got.text("SignedApplicationToken"), None);
    }
    let action = "http://tempuri.org/IIntegrationServiceConnectorAuth/Authenticate";
    for body in [
        "<Authenticate xmlns=\"http://tempuri.org/\"/>",
        "<Authenticate xmlns=\"http://tempuri.org/\"><request/></Authenticate>",
    ] {
        let got = bench.envelope(action, "", body).await;
        assert_eq!(
            got.text("Succeeded").as_deref(),
            Some("false"),
            "{}",
            got.body
        );
    }
    let got = bench.authenticate(&good).await;
    assert_eq!(got.text("Succeeded").as_deref(), Some("true"));
}

#[tokio::test]
async fn a_message_that_is_no_call_runs_nothing() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let action = format!("\"{N}/IErpConnectorWS/WSGetConfigData\"");
    let body = format!("<WSGetConfigData xmlns=\"{N}\"/>");
    let fault = |got: Got, code: &str| {
        assert_eq!(got.status, 500, "{}", got.body);
        assert_eq!(got.text("faultcode").as_deref(), Some(code), "{}", got.body);
        assert_eq!(got.kind, "text/xml; charset=utf-8");
    };
    assert_eq!(bench.envelope(&action, "", &body).await.state(), "Ok");
    let unknown = "a:ActionNotSupported";
    fault(
        bench
            .envelope(&format!("{N}/IErpConnectorWS/Nope"), "", &body)
            .await,
        unknown,
    );
    fault(bench.envelope("", "", &body).await, unknown);
    fault(
        bench
            .envelope(&action, "", "<WSGetConfigData xmlns=\"urn:x\"/>")
            .await,
        unknown,
    );
    let other = format!("\"{N}/IErpConnectorWS/WSGetActors\"");
    fault(bench.envelope(&other, "", &body).await, unknown);
    let header = "<s:Header><x:Y xmlns:x=\"urn:x\" s:mustUnderstand=\"1\"/></s:Header>";
    fault(
        bench.envelope(&action, header, &body).await,
        "s:MustUnderstand",
    );
    let header = "<s:Header><x:Y xmlns:x=\"urn:x\"/></s:Header>";
    assert_eq!(bench.envelope(&action, header, &body).await.state(), "Ok");
    for text in ["<a", "<a/>", "", "<!DOCTYPE a [<!ENTITY x \"y\">]><a/>"] {
        fault(bench.post(&action, "text/xml", text).await, "s:Client");
    }
    let soap12 = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"/>";
    fault(
        bench.post(&action, "text/xml", soap12).await,
        "s:VersionMismatch",
    );
    let json = bench.post(&action, "application/json", "{}").await;
    assert_eq!(json.status, 415);
    let long = bench
        .post(&action, "text/xml", vec![b' '; 5 * 1024 * 1024])
        .await;
    assert_eq!(long.status, 413);
    let answer = bench.client.get(bench.sample.base_url()).send().await;
    assert_eq!(
        answer.map(|answer| answer.status().as_u16()).ok(),
        Some(405)
    );
}

#[tokio::test]
async fn descriptions_are_published() {
    for name in ["erp-sync", "mirroring-auth"] {
        let bench = Bench::new(name, Variant::Full, &[]).await;
        for query in ["wsdl", "singleWsdl", "xsd=xsd0"] {
            let url = format!("{}?{query}", bench.sample.base_url());
            let answer = bench.client.get(url).send().await;
            let got = got(answer.unwrap_or_else(|error| panic!("{error}"))).await;
            assert_eq!(
                (got.status, got.kind.starts_with("text/xml")),
                (200, true),
                "{query}"
            );
            assert!(query.starts_with("xsd") || got.body.contains(bench.sample.base_url()));
        }
    }
}

#[tokio::test]
async fn messages_are_understood_in_every_dress() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let action = format!("{N}/IErpConnectorWS/WSGetActors");
    let members = |p: &str, extra: &str| {
        format!(
            "<{p}ConnectionGuid>{{{}}}</{p}ConnectionGuid><{p}ActorType>Customer</{p}ActorType>\
             <{p}ErpKeys><b:string>NO-C101</b:string></{p}ErpKeys>\
             <{p}FieldKeys><b:string>NAME</b:string></{p}FieldKeys>{extra}",
            GUID.to_uppercase()
        )
    };
    let prefixed = format!(
        "<q:Envelope xmlns:q=\"{}\" xmlns:ns0=\"{N}\" xmlns:b=\"{ARRAYS}\"><q:Body><ns0:WSGetActors>\
         <ns0:request>{}</ns0:request></ns0:WSGetActors></q:Body></q:Envelope>",
        xml::SOAP,
        members("ns0:", "<Extra>1</Extra>")
    );
    let bare = format!(
        "<s:Envelope xmlns:s=\"{}\"><s:Body><GetActorsRequestWS xmlns=\"{N}\" xmlns:b=\"{ARRAYS}\">{}\
         </GetActorsRequestWS></s:Body></s:Envelope>",
        xml::SOAP,
        members("", "")
    );
    for text in [
        prefixed.clone(),
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{prefixed}"),
        format!("\u{feff}<?xml version=\"1.0\"?>{prefixed}"),
        bare,
    ] {
        let got = bench.post(&action, "text/xml", text).await;
        assert_eq!(
            got.text("Value").as_deref(),
            Some("Orkdal Senter AS"),
            "{}",
            got.body
        );
    }
    let padding = " ".repeat(1_200_000);
    let long = bench
        .ask(
            "WSGetActors",
            &format!("{padding}<ActorType>Customer</ActorType>"),
        )
        .await;
    assert_eq!(long.state(), "Ok");
}

#[tokio::test]
async fn connections_are_configured_known_and_kept_apart() {
    let bench = Bench::new("erp-sync", Variant::Full, &[]).await;
    let test = async |pairs: &[(&str, &str)]| bench.call("WSTestConfigData", &info(pairs)).await;
    assert_eq!(test(&good_values(0)).await.state(), "Ok");
    let missing = test(&good_values(0)[1..]).await;
    assert_eq!(missing.state(), "Error");
    assert!(
        missing
            .text("UserExplanation")
            .is_some_and(|text| text.starts_with("US:\""))
    );
    assert_eq!(bench.call("WSTestConfigData", "").await.state(), "Error");
    assert_eq!(
        test(&[(erp::CLIENT, "NO SME"), (erp::PASSWORD_FIELD, "guess")])
            .await
            .state(),
        "Error"
    );

    let unknown = bench.ask("WSTestConnection", "").await;
    assert_eq!(
        unknown.text("ErrorCode").as_deref(),
        Some("UNKNOWN_CONNECTION_ID")
    );
    assert_eq!(unknown.text("IsOk").as_deref(), Some("false"));
    assert_eq!(bench.save(GUID, 0).await.state(), "Ok");
    assert_eq!(bench.save(GUID, 0).await.state(), "Ok");
    assert_eq!(bench.save(OTHER, 1).await.state(), "Ok");
    assert_eq!(bench.ask("WSTestConnection", "").await.state(), "Ok");
    let zero = "00000000-0000-0000-0000-000000000000";
    assert_eq!(bench.save(zero, 0).await.state(), "Error");
    assert_eq!(bench.save("no-guid", 0).await.state(), "Error");
    for (guid, name) in [(GUID, "NO-C101"), (OTHER, "SE-C101")] {
        let members =
            format!("<ConnectionGuid>{guid}</ConnectionGuid><ActorType>Customer</ActorType>");
        let got = bench.call("WSGetActorsByTimestamp", &members).await;
        assert!(
            got.texts("ErpKey").iter().any(|key| key == name),
            "{}",
            got.body
        );
    }
    let deleted = format!("<ConnectionGuid>{OTHER}</ConnectionGuid>");
    for _ in 0..2 {
        assert_eq!(
            bench.call("WSDeleteConnection", &deleted).await.state(),
            "Ok"
        );
    }
    assert_eq!(
        bench.call("WSTestConnection", &deleted).await.state(),
        "Error"
    );
    assert_eq!(bench.ask("WSTestConnection", "").await.state(), "Ok");

    let list = format!("<ConnectionGuid>{zero}</ConnectionGuid><ListName>CountryList</ListName>");
    assert_eq!(bench.call("WSGetList", &list).await.texts("Key").len(), 4);
}

#[tokio::test]
async fn types_fields_lists_and_actors_are_told() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let types = bench
        .ask("WSGetSupportedActorTypes", "")
        .await
        .texts("string");
    assert_eq!(types, ["Customer", "Supplier", "Person", "Project"]);
    for kind in &types {
        let of_type = format!("<ActorType>{kind}</ActorType>");
        let fields = bench.ask("WSGetSupportedActorTypeFields", &of_type).await;
        let keys = fields.texts("FieldKey");
        assert!(keys.len() >= 7 && fields.texts("FieldType").len() == keys.len());
        for name in fields
            .texts("ListName")
            .iter()
            .filter(|name| !name.is_empty())
        {
            let list = bench
                .ask("WSGetList", &format!("<ListName>{name}</ListName>"))
                .await;
            assert_eq!(list.state(), "Ok", "{name}");
        }
        let searchable = bench
            .ask("WSGetSearchableFields", &of_type)
            .await
            .texts("string");
        assert!(!searchable.is_empty() && searchable.iter().all(|key| keys.contains(key)));
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let all = format!("{of_type}{}", strings("FieldKeys", &keys));
        let actors = bench.ask("WSGetActorsByTimestamp", &all).await;
        assert!(actors.texts("ErpActorWS").len() >= 6);
        assert_eq!(
            actors.texts("Key").len(),
            keys.len() * actors.texts("ErpActorWS").len()
        );
        let stamps = actors.texts("LastModified");
        let later = format!(
            "{of_type}<UpdatedOnOrAfter>{}</UpdatedOnOrAfter>",
            stamps[2]
        );
        let later = bench.ask("WSGetActorsByTimestamp", &later).await;
        assert_eq!(later.texts("LastModified"), stamps[2..]);
    }
    let wrong = bench
        .ask(
            "WSGetSupportedActorTypeFields",
            "<ActorType>Robot</ActorType>",
        )
        .await;
    assert_eq!(wrong.state(), "Error");
    let members = format!(
        "<ActorType>Person</ActorType>{}{}",
        strings("ErpKeys", &["NO-P301", "no-such-key", "NO-P301"]),
        strings("FieldKeys", &["FIRSTNAME", "BIRTHDATE", "NOPE"])
    );
    let got = bench.ask("WSGetActors", &members).await;
    assert_eq!(got.texts("ErpKey"), ["NO-P301"]);
    assert_eq!(
        got.texts("Value"),
        ["Kari", "[DT:07/21/1979 00:00:00.0000000]"]
    );
    assert_eq!(got.text("ParentErpKey").as_deref(), Some("NO-C101"));
    let items = format!(
        "<ListName>CustomerGroup</ListName>{}",
        strings("ListItemKeys", &["G4", "no"])
    );
    assert_eq!(
        bench.ask("WSGetListItems", &items).await.texts("Value"),
        ["Health care"]
    );
    assert_eq!(
        bench
            .ask("WSGetList", "<ListName>No</ListName>")
            .await
            .state(),
        "Error"
    );
}

#[tokio::test]
async fn every_operator_finds_and_passes_over() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let day = |text: &str| format!("[DT:{text}.0000000]");
    let since = day("03/14/2009 08:00:00");
    let (before, after) = (day("03/13/2009 08:00:00"), day("03/15/2009 08:00:00"));
    let cases: &[(&str, &str, &[&str], bool)] = &[
        ("NAME", "=", &["orkdal senter as"], true),
        ("NAME", "isnot", &["orkdal senter as"], false),
        ("NAME", "begins", &["ORK"], true),
        ("NAME", "begins", &["senter"], false),
        ("NAME", "notbegins", &["senter"], true),
        ("NAME", "contains", &["SENTER"], true),
        ("NAME", "notcontains", &["senter"], false),
        ("NAME", "ends", &["as"], true),
        ("NAME", "notends", &["as"], false),
        ("NAME", "between", &["Orkdal Senter AS", "p"], true),
        ("PAYDAYS", "=", &["[I:30]"], true),
        ("PAYDAYS", "=", &["30"], true),
        ("PAYDAYS", "!=", &["[I:30]"], false),
        ("PAYDAYS", ">", &["[I:29]"], true),
        ("PAYDAYS", "<", &["[I:30]"], false),
        ("PAYDAYS", ">=", &["[I:30]"], true),
        ("PAYDAYS", "<=", &["[I:29]"], false),
        ("PAYDAYS", "between", &["[I:30]", "[I:31]"], true),
        ("CREDITLIMIT", "=", &["[F:250000.5]"], true),
        ("CREDITLIMIT", ">", &["[F:250000.4]"], true),
        (
            "CREDITLIMIT",
            "between",
            &["[F:250000.6]", "[F:250001]"],
            false,
        ),
        ("ONHOLD", "=", &["[I:0]"], true),
        ("ONHOLD", "=", &["[I:1]"], false),
        ("CUSTGR", "oneof", &["G4", "G5"], true),
        ("CUSTGR", "oneof", &["G4"], false),
        ("CUSTGR", "notoneof", &["G4"], true),
        ("SINCE", "=", &[&since], true),
        ("SINCE", "before", &[&after], true),
        ("SINCE", "after", &[&since], false),
        ("SINCE", "beforeOrEqual", &[&since], true),
        ("SINCE", "afterOrEqual", &[&after], false),
        ("SINCE", "between", &[&before, &since], true),
    ];
    for (key, operator, values, expected) in cases {
        let members = format!(
            "<ActorType>Customer</ActorType>{}<Restrictions>{}</Restrictions>",
            strings("FieldKeys", &["NAME"]),
            restriction(key, operator, values)
        );
        let got = bench.ask("WSSearchActorsAdvanced", &members).await;
        let found = got.texts("ErpKey").iter().any(|key| key == "NO-C101");
        assert_eq!(
            (got.state().as_str(), found),
            ("Ok", *expected),
            "{key} {operator}"
        );
        assert!(!got.texts("Key").iter().any(|key| key != "NAME"));
    }
    let search = async |kind: &str, restrictions: &str| {
        let members =
            format!("<ActorType>{kind}</ActorType><Restrictions>{restrictions}</Restrictions>");
        bench.ask("WSSearchActorsAdvanced", &members).await
    };
    let both = restriction("NAME", "begins", &["ork"]) + &restriction("CUSTGR", "oneof", &["G4"]);
    assert_eq!(search("Customer", &both).await.texts("ErpKey").len(), 0);
    let parent = restriction("ParentErpKey", "=", &["NO-C101"])
        + &restriction("ParentActorType", "=", &["Customer"]);
    assert_eq!(
        search("Person", &parent).await.texts("ErpKey"),
        ["NO-P301", "NO-P302"]
    );
    for wrong in [
        restriction("NAME", "like", &["x"]),
        restriction("NOTE", "=", &["x"]),
        restriction("PAYDAYS", "=", &["x"]),
    ] {
        assert_eq!(search("Customer", &wrong).await.state(), "Error");
    }
    assert_eq!(search("Customer", "").await.texts("ErpKey").len(), 7);
}

#[tokio::test]
async fn simple_search_looks_at_names_and_parents() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let search = async |members: &str| bench.ask("WSSearchActors", members).await.texts("ErpKey");
    let text = |kind: &str, text: &str| {
        format!(
            "<ActorType>{kind}</ActorType><SearchText>{}</SearchText>",
            escaped(text)
        )
    };
    assert_eq!(
        search(&text("Customer", "ORKDAL senter")).await,
        ["NO-C101"]
    );
    assert_eq!(search(&text("Person", "Kari Nordmann")).await, ["NO-P301"]);
    assert_eq!(search(&text("Customer", "")).await.len(), 7);
    assert_eq!(search("<ActorType>Customer</ActorType>").await.len(), 7);
    assert_eq!(
        search(&text("Customer", "' \" % _ * [ ] \\ ;")).await.len(),
        0
    );
    let parent = |key: &str, text: &str| {
        format!(
            "<ActorType>Person</ActorType><ParentActorErpKey>{key}</ParentActorErpKey>\
             <ParentActorType>Customer</ParentActorType><SearchText>{text}</SearchText>"
        )
    };
    let by_parent = async |members: &str| bench.ask("WSSearchActorByParent", members).await;
    assert_eq!(
        by_parent(&parent("NO-C101", ""))
            .await
            .texts("ErpKey")
            .len(),
        2
    );
    assert_eq!(
        by_parent(&parent("NO-C101", "kari"))
            .await
            .texts("ErpKey")
            .len(),
        1
    );
    let none = by_parent(&parent("nobody", "")).await;
    assert_eq!(
        (none.state().as_str(), none.texts("ErpKey").len()),
        ("Ok", 0)
    );
}

#[tokio::test]
async fn actors_are_created_and_saved_by_the_rules() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let create = async |actor: &str| {
        bench
            .ask("WSCreateActor", &format!("<Actor>{actor}</Actor>"))
            .await
    };
    let text = "Fjord & <Fjell> \"AS\" 'x'\nsecond\r\nline Łódź 東京 👩‍🚀";
    let values = [
        ("NAME", "Fjord"),
        ("NOTE", text),
        ("PAYDAYS", "5"),
        ("NUMBER1", "[I:1]"),
    ];
    let got = create(&actor("Customer", "", &values, None)).await;
    assert_eq!(got.state(), "Ok", "{}", got.body);
    let key = got.text("ErpKey").unwrap_or_default();
    let stamp = got.text("LastModified").unwrap_or_default();
    assert_eq!(
        got.texts("Value")[1..3],
        [text.replace("\r\n", "\r\n"), "[I:5]".to_owned()]
    );
    let read = format!(
        "<ActorType>Customer</ActorType>{}{}",
        strings("ErpKeys", &[&key]),
        strings("FieldKeys", &["NOTE", "NUMBER1", "NAME"])
    );
    let got = bench.ask("WSGetActors", &read).await;
    assert_eq!(got.text("LastModified"), Some(stamp.clone()));
    assert_eq!(got.texts("Value")[0], text);
    assert_ne!(got.texts("Value")[1], "[I:1]");

    let refused = async |body: &str, code: Option<&str>| {
        let got = create(body).await;
        assert_eq!(got.state(), "Error", "{body}");
        assert_eq!(got.text("ErrorCode").as_deref(), code, "{body}");
        assert!(got.text("UserExplanation").is_some() && got.text("Actor").is_none());
    };
    refused(&actor("Customer", "", &[], None), None).await;
    refused(&actor("Customer", "", &[("NAME", " ")], None), None).await;
    refused(&actor("Unknown", "", &[("NAME", "x")], None), None).await;
    refused(&actor("", "", &[("NAME", "x")], None), None).await;
    let long = "x".repeat(81);
    refused(&actor("Customer", "", &[("NAME", &long)], None), None).await;
    let unknown = [("NAME", "x"), ("NOPE", "y")];
    refused(
        &actor("Customer", "", &unknown, None),
        Some("UNKOWN_FIELDKEY"),
    )
    .await;
    let item = [("NAME", "x"), ("CUSTGR", "G9")];
    refused(
        &actor("Customer", "", &item, None),
        Some("UNKOWN_LISTITEM_ID"),
    )
    .await;
    let person = [("FIRSTNAME", "A"), ("LASTNAME", "B")];
    refused(&actor("Person", "", &person, None), None).await;
    refused(
        &actor("Person", "", &person, Some(("Customer", "none"))),
        None,
    )
    .await;
    let got = create(&actor("Person", "", &person, Some(("Customer", &key)))).await;
    assert_eq!(got.text("ParentErpKey"), Some(key.clone()));

    let save = async |actors: &[String]| {
        let actors = actors
            .iter()
            .map(|actor| format!("<ErpActorWS>{actor}</ErpActorWS>"));
        let members = format!("<Actors>{}</Actors>", actors.collect::<String>());
        bench.ask("WSSaveActors", &members).await
    };
    let got = save(&[actor("Customer", &key, &[("NAME", "Fjord ASA")], None)]).await;
    assert_eq!(
        (got.state(), got.text("ErpKey")),
        ("Ok".to_owned(), Some(key.clone()))
    );
    assert!(got.text("LastModified") > Some(stamp));
    let mixed = save(&[
        actor("Customer", "nobody", &[("NAME", "x")], None),
        actor("Supplier", "NO-S201", &[("LEADDAYS", "[I:9]")], None),
    ])
    .await;
    assert_eq!(
        (mixed.state().as_str(), mixed.texts("ErpKey").len()),
        ("Warning", 1)
    );
    let none = save(&[actor("Customer", &key, &[("NAME", "")], None)]).await;
    assert_eq!(
        (none.state().as_str(), none.text("Actors")),
        ("Error", None)
    );
    assert_eq!(save(&[]).await.state(), "Ok");
}

#[tokio::test]
async fn stamps_of_time_rise_although_the_clock_stands_still() {
    let bench = Bench::connected(Variant::Full, &[]).await;
    let mut last = String::new();
    for _ in 0..3 {
        let members = format!(
            "<ConnectionGuid>{OTHER}</ConnectionGuid><Actors><ErpActorWS>{}</ErpActorWS></Actors>",
            actor("Customer", "SE-C101", &[("PAYDAYS", "31")], None)
        );
        let got = bench.call("WSSaveActors", &members).await;
        let stamp = got.text("LastModified").unwrap_or_default();
        assert!(stamp > last && stamp.ends_with('Z'), "{}", got.body);
        last = stamp;
    }
}

#[tokio::test]
async fn variants_offer_what_they_say() {
    let bench = Bench::connected(Variant::ReadOnly, &[]).await;
    let create = format!(
        "<Actor>{}</Actor>",
        actor("Customer", "", &[("NAME", "x")], None)
    );
    let got = bench.ask("WSCreateActor", &create).await;
    assert_eq!(
        (got.state().as_str(), got.text("ErrorCode")),
        ("Error", None)
    );
    assert!(!bench.sample.target().allow_writes);
    let bench = Bench::connected(Variant::NoSearch, &[]).await;
    let of_type = "<ActorType>Customer</ActorType>";
    let fields = bench.ask("WSGetSearchableFields", of_type).await;
    assert_eq!(
        (fields.state().as_str(), fields.texts("string").len()),
        ("Ok", 0)
    );
    assert_eq!(
        bench.ask("WSSearchActorsAdvanced", of_type).await.state(),
        "Error"
    );
}

#[tokio::test]
async fn mirroring_checks_the_token_of_every_operation() {
    let bench = Bench::new("mirroring-auth", Variant::Full, &[]).await;
    let ns = mirroring::NAMESPACE;
    let call = async |operation: &str, body: &str, token: &str| {
        let header = format!(
            "<s:Header><h:SignedToken s:mustUnderstand=\"1\" xmlns:h=\"{ns}\">\n {token}\n</h:SignedToken></s:Header>"
        );
        let header = if token.is_empty() { "" } else { &header };
        let action = format!("\"{ns}/IMirroringClientService/{operation}\"");
        let body = format!("<{body} xmlns=\"{ns}\"><ClientState/></{body}>");
        bench.envelope(&action, header, &body).await
    };
    let token = bench.token(|_| {});
    let got = call("Authenticate", "AuthenticateRequest", &token).await;
    assert_eq!(
        got.text("IsSuccessful").as_deref(),
        Some("true"),
        "{}",
        got.body
    );
    assert!(
        got.text("SignedApplicationToken")
            .is_some_and(|token| token.contains('.'))
    );
    for operation in mirroring::Operation::ALL {
        let name = operation.name();
        let got = call(name, name, &token).await;
        assert_eq!(got.text("IsSuccessful").as_deref(), Some("true"), "{name}");
        for bad in ["", "a.b.c"] {
            let got = call(name, name, bad).await;
            assert_eq!(got.text("IsSuccessful").as_deref(), Some("false"), "{name}");
            assert!(
                got.text("ErrorMessage")
                    .is_some_and(|text| !text.is_empty())
            );
            assert_eq!(got.text("SignedApplicationToken"), None);
        }
    }
}

#[tokio::test]
async fn a_fault_or_variant_of_another_sample_is_told() {
    let options = |name: &str, variant, fault: &str| SampleOptions {
        name: name.to_owned(),
        variant,
        faults: vec![fault.to_owned()],
        port: 0,
        https: false,
        trusted_keys: TrustedKeys::default(),
        application: Application::default(),
        clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)),
    };
    let message = async |options| match start(options).await {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let other = message(options("erp-sync", Variant::Full, "unknown-product-404")).await;
    assert!(
        other.contains("quote-rest") && other.contains("erp-sync"),
        "{other}"
    );
    let variant = message(options("mirroring-auth", Variant::NoSearch, "x")).await;
    assert!(variant.contains("no variant no-search"), "{variant}");
    assert!(faults().iter().any(|fault| fault.profile == "quote-rest"));
}
