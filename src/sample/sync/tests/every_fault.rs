//! Every fault shows: the same messages are answered otherwise than without it.

use std::net::TcpListener;
use std::sync::LazyLock;

use super::*;
use crate::sample::SAMPLES;

/// One pair of keys for all samples of this test, so that their answers are the same.
static APPLICATION: LazyLock<String> = LazyLock::new(|| {
    let pair = ApplicationKeyPair::generate();
    pair.map(|pair| pair.to_rsa_xml()).unwrap_or_default()
});
static STRANGER: LazyLock<String> = LazyLock::new(|| {
    let pair = ApplicationKeyPair::generate();
    pair.map(|pair| pair.to_rsa_xml()).unwrap_or_default()
});
static SUPEROFFICE: LazyLock<String> = LazyLock::new(|| {
    let key = SigningKey::generate("SuperOffice", Timestamp::UNIX_EPOCH);
    key.map(|key| key.private_pem().to_owned())
        .unwrap_or_default()
});

/// What cannot be seen in these messages: what takes real time, what parallel calls and
/// many calls in a row need, the certificate, and what the key set does.
const OTHERWISE: &[&str] = &[
    "parallel-handshakes-share-a-nonce",
    "parallel-calls-share-a-connection",
    "four-sessions-at-a-time",
    "idle-connection-forgotten",
    "endpoint-certificate-expired",
    "endpoint-certificate-self-signed",
    "slow-handshake",
    "slow-entity-expansion",
    "slow-nesting",
    "slow-reading",
    "key-set-read-once",
    "first-published-key",
    "key-set-waited-for",
    "keys-not-kept",
    "keys-dropped-when-unreachable",
    "slow-first-handshake",
    "few-handshakes-at-a-time",
    "entity-expansion-takes-service-down",
    "plain-http-served",
    "old-tls-offered",
    "certificate-expired",
    "certificate-of-other-host",
    "certificate-self-signed",
];

/// Faults that make the connector call an address.
const FETCHING: &[&str] = &[
    "key-address-fetched",
    "external-entities-fetched",
    "external-document-type-fetched",
    "schema-hints-followed",
    "public-document-type-fetched",
    "inclusions-followed",
];

struct Talk {
    bench: Bench,
    listener: TcpListener,
    said: Vec<String>,
}

impl Talk {
    async fn start(name: &str, faults: &[&str]) -> Self {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(496_000 * 3600));
        let key = SigningKey::from_pem(&SUPEROFFICE).unwrap_or_else(|error| panic!("{error}"));
        let options = SampleOptions {
            name: name.to_owned(),
            variant: Variant::Full,
            faults: faults.iter().map(|&name| name.to_owned()).collect(),
            port: 0,
            https: false,
            trusted_keys: TrustedKeys {
                certificate_pem: Some(key.certificate_pem().to_owned()),
                jwks_url: None,
            },
            application: Application {
                key: Some(APPLICATION.clone()),
                ..Application::default()
            },
            clock: Arc::new(clock.clone()),
        };
        let sample = start(options).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
        listener
            .set_nonblocking(true)
            .unwrap_or_else(|error| panic!("{error}"));
        let client = Client::builder().no_proxy().build();
        Self {
            bench: Bench {
                sample: sample.unwrap_or_else(|error| panic!("{error}")),
                client: client.unwrap_or_else(|error| panic!("{error}")),
                clock,
                key,
            },
            listener,
            said: Vec::new(),
        }
    }

    fn hear(&mut self, got: &Got) {
        let text = format!("{} {} {}", got.status, got.kind, got.body);
        self.said.push(text);
    }

    fn address(&self) -> String {
        let address = self.listener.local_addr();
        format!(
            "http://{}/",
            address.map(|at| at.to_string()).unwrap_or_default()
        )
    }

    /// Tokens with one thing about them, good and bad.
    fn tokens(&self) -> Vec<String> {
        let bench = &self.bench;
        let now = bench.clock.now().as_second();
        let good = bench.token(|_| {});
        let claims: Vec<(&str, Value)> = vec![
            ("iss", json!("superoffice as")),
            ("iss", json!("https://sod.superoffice.com")),
            ("aud", json!(APPLICATION_ID)),
            ("aud", json!("spn:other")),
            ("aud", json!("spn:2010100001")),
            ("aud", json!(format!("spn:{APPLICATION_ID}x"))),
            ("exp", json!(now - 900)),
            ("nbf", json!(now + 900)),
            ("nonce", json!("")),
            ("nonce", json!(17)),
            ("nonce", json!("aBc-_".repeat(13))),
            ("nonce", json!("6d50c131f468876F5B316273B20B69FE")),
            ("sub", json!("Cust20202")),
            ("iat", json!(now)),
            ("shoe_size", json!(43)),
            ("shoes", json!({"size": 43})),
            ("padding", json!("x".repeat(20_000))),
        ];
        let mut tokens: Vec<String> = Vec::new();
        for (claim, value) in claims {
            tokens.push(bench.token(|claims| claims[claim] = value));
        }
        for claim in ["iss", "aud", "exp", "nonce"] {
            tokens.push(bench.token(|claims| {
                claims.as_object_mut().map(|claims| claims.remove(claim));
            }));
        }
        tokens.push(bench.token(|claims| {
            claims["iss"] = json!("https://sod.superoffice.com");
            claims["aud"] = json!(APPLICATION_ID);
        }));
        let (message, signature) = good.rsplit_once('.').unwrap_or_default();
        let payload = message.split('.').nth(1).unwrap_or_default();
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "NONE"}),
            json!({"alg": "HS256"}),
            json!({"alg": "RS512"}),
            json!({"alg": "RS256", "kid": "unknown"}),
            json!({"alg": "RS256", "jku": self.address(), "kid": "x"}),
        ] {
            tokens.push(format!(
                "{}.{payload}.{signature}",
                part(&header.to_string())
            ));
        }
        let signed = |header: Value, payload: &str| {
            let text = format!("{}.{}", part(&header.to_string()), part(payload));
            let pem = bench.key.private_pem();
            let key = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes());
            let key = key.unwrap_or_else(|error| panic!("{error}"));
            let algorithm = match header["alg"].as_str() {
                Some("RS512") => Algorithm::RS512,
                _ => Algorithm::RS256,
            };
            let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, algorithm);
            format!("{text}.{}", signature.unwrap_or_default())
        };
        let plain = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let plain = String::from_utf8(plain).unwrap_or_default();
        let pretty: Value = serde_json::from_str(&plain).unwrap_or_default();
        let pretty = serde_json::to_string_pretty(&pretty).unwrap_or_default();
        let twice = plain.replacen('{', "{\"nonce\":\"AAAA\",", 1);
        tokens.push(signed(json!({"alg": "RS256"}), &pretty));
        tokens.push(signed(json!({"alg": "RS256"}), &twice));
        tokens.push(signed(json!({"alg": "RS512"}), &plain));
        tokens.push(signed(json!({"alg": "RS256", "crit": ["exp2"]}), &plain));
        tokens.push(signed(json!({"alg": "RS256", "cty": "JWT"}), &good));
        tokens.push(signed(json!({"alg": "RS256"}), "[]"));
        tokens.push(signed(json!({"alg": "RS256"}), &format!("[{plain}]")));
        let parsed: serde_json::Map<String, Value> =
            serde_json::from_str(&plain).unwrap_or_default();
        let members = parsed.iter().rev();
        let members = members.map(|(name, value)| format!("{}:{value}", json!(name)));
        let reversed = members.collect::<Vec<_>>().join(",");
        tokens.push(signed(json!({"alg": "RS256"}), &format!("{{{reversed}}}")));
        let own = ApplicationKeyPair::parse(&APPLICATION).unwrap_or_else(|error| panic!("{error}"));
        let header = json!({"alg": "RS256"});
        let claims: Value = serde_json::from_str(&plain).unwrap_or_default();
        tokens.push(own.sign_jwt(&header, &claims).unwrap_or_default());
        let other = ApplicationKeyPair::parse(&STRANGER).unwrap_or_else(|error| panic!("{error}"));
        let number = |name: &str| {
            let xml = other.public_rsa_xml();
            let text = xml.split(name).nth(1).unwrap_or_default();
            let text = text.trim_matches(['<', '>', '/']);
            URL_SAFE_NO_PAD.encode(STANDARD.decode(text).unwrap_or_default())
        };
        let jwk = json!({"kty": "RSA", "n": number("Modulus"), "e": number("Exponent")});
        for header in [
            json!({"alg": "RS256", "jwk": jwk}),
            json!({"alg": "RS256", "kid": bench.key.kid()}),
        ] {
            tokens.push(other.sign_jwt(&header, &claims).unwrap_or_default());
        }
        tokens.extend([
            format!("\n {good} \n"),
            format!("{message}.{}A", &signature[..signature.len() - 1]),
            message.to_owned(),
            format!("{good}.x"),
            "..".to_owned(),
            format!("{}!{}", &good[..20], &good[20..]),
            format!("{good}\u{202e}"),
            "<saml:Assertion xmlns:saml=\"urn:x\"/>".to_owned(),
            "a".repeat(600_000),
            "   ".to_owned(),
            String::new(),
            good,
        ]);
        tokens
    }

    async fn handshakes(&mut self) {
        for token in self.tokens() {
            let got = self.bench.authenticate(&token).await;
            self.hear(&got);
        }
        let token = self.bench.token(|_| {});
        let action = "http://tempuri.org/IIntegrationServiceConnectorAuth/Authenticate";
        let address = self.address();
        let (first, second) = token.split_at(40);
        for body in [
            "<Authenticate xmlns=\"http://tempuri.org/\"/>".to_owned(),
            "<Authenticate xmlns=\"http://tempuri.org/\"><request><SignedToken/></request></Authenticate>".to_owned(),
            "<Authenticate xmlns=\"http://tempuri.org/\"><request/></Authenticate>".to_owned(),
            format!("<AuthenticationRequest xmlns=\"urn:x\"><SignedToken xmlns:i=\"{}\" i:nil=\"true\"/></AuthenticationRequest>", xml::XSI),
            format!("<AuthenticationRequest xmlns=\"urn:x\"><x:include xmlns:x=\"urn:x\" href=\"{address}\"/><SignedToken>x</SignedToken></AuthenticationRequest>"),
            format!("<AuthenticationRequest xmlns=\"urn:x\"><SignedToken>{token}</SignedToken></AuthenticationRequest>"),
            format!("<AuthenticationRequest xmlns=\"urn:x\"><SignedToken>{first}<!-- x -->{second}</SignedToken></AuthenticationRequest>"),
            format!("<AuthenticationRequest xmlns=\"urn:x\"><SignedToken xmlns:i=\"{}\" i:schemaLocation=\"urn:x {address}\">x</SignedToken></AuthenticationRequest>", xml::XSI),
        ] {
            let got = self.bench.envelope(action, "", &body).await;
            self.hear(&got);
            let again = self.bench.authenticate(&token).await;
            self.hear(&again);
        }
        let body = |token: &str| {
            format!(
                "<AuthenticationRequest xmlns=\"urn:x\"><SignedToken>{token}</SignedToken></AuthenticationRequest>"
            )
        };
        let good = xml::envelope(&body(&token));
        let nope = action.replace("/Authenticate", "/Nope");
        for (action, text) in [
            (nope.as_str(), good.clone()),
            (action, format!("}} {good}")),
            (
                action,
                format!("<!DOCTYPE a PUBLIC \"-//X//EN\" \"{address}\">{good}"),
            ),
            (
                action,
                format!(
                    "<!DOCTYPE a [<!ENTITY file SYSTEM \"file:///etc/passwd\">]>{}",
                    xml::envelope(&body("&file;"))
                ),
            ),
        ] {
            let got = self.bench.post(action, "text/xml", text).await;
            self.hear(&got);
        }
        self.bench.clock.advance(Duration::from_secs(61));
        let got = self.bench.authenticate(&self.bench.token(|_| {})).await;
        self.hear(&got);
        let url = format!("{}?singleWsdl", self.bench.sample.base_url());
        let answer = self.bench.client.get(url).send().await;
        let mut got = got_of(answer).await;
        // The port is another one each time.
        let port = self.bench.sample.base_url().to_owned();
        got.body = got.body.replace(&port, "");
        self.hear(&got);
    }

    async fn messages(&mut self) {
        let action = format!("\"{N}/IErpConnectorWS/WSGetConfigData\"");
        let body = format!("<WSGetConfigData xmlns=\"{N}\"/>");
        let address = self.address();
        let envelope = xml::envelope(&body);
        let declared = format!("<?xml version=\"1.0\"?>{envelope}");
        for (action, text) in [
            (action.clone(), declared.clone()),
            (action.clone(), format!("\u{feff}{declared}")),
            (action.trim_matches('"').to_owned(), envelope.clone()),
            (format!("{N}/IErpConnectorWS/Nope"), envelope.clone()),
            (action.clone(), envelope.replace(N, "urn:other")),
            (
                action.clone(),
                format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{envelope}"),
            ),
            (
                action.clone(),
                format!("<!DOCTYPE a [<!ENTITY b SYSTEM \"{address}\">]>{envelope}"),
            ),
            (
                action.clone(),
                format!("<!DOCTYPE a SYSTEM \"{address}\">{envelope}"),
            ),
            (action.clone(), "<a".to_owned()),
            (
                action.clone(),
                envelope.replace(
                    "<s:Body>",
                    "<s:Header><x:Y xmlns:x=\"urn:x\" s:mustUnderstand=\"1\"/></s:Header><s:Body>",
                ),
            ),
        ] {
            let got = self
                .bench
                .post(&action, "text/xml; charset=utf-8", text)
                .await;
            self.hear(&got);
        }
        let named = format!("{}?ConnectorName=Other", self.bench.sample.base_url());
        let request = self.bench.client.post(named).header("SOAPAction", &action);
        let request = request.header("Content-Type", "text/xml");
        let got = got_of(request.body(envelope.clone()).send().await).await;
        self.hear(&got);
        let got = self.bench.post(&action, "application/json", envelope).await;
        self.hear(&got);
        let answer = self
            .bench
            .client
            .get(self.bench.sample.base_url())
            .send()
            .await;
        let got = got_of(answer).await;
        self.hear(&got);
    }

    async fn call(&mut self, operation: &str, members: &str) -> Got {
        let got = self.bench.call(operation, members).await;
        self.hear(&got);
        got
    }

    /// Calls an operation for both connections.
    async fn ask(&mut self, operation: &str, members: &str) {
        for guid in [GUID, OTHER] {
            let members = format!("<ConnectionGuid>{guid}</ConnectionGuid>{members}");
            self.call(operation, &members).await;
        }
    }

    async fn connections(&mut self) {
        self.call("WSGetConfigData", "").await;
        self.call("WSGetConfigData", "").await;
        let zero = "<ConnectionGuid>00000000-0000-0000-0000-000000000000</ConnectionGuid>";
        let list = format!("{zero}<ListName>CountryList</ListName>");
        self.call("WSGetList", &list).await;
        self.ask("WSTestConnection", "").await;
        self.ask("WSGetList", "<ListName>CountryList</ListName>")
            .await;
        let mut extra = good_values(0);
        extra.push(("Extra", "1"));
        let wrong = [(erp::CLIENT, "FI NONE"), (erp::PASSWORD_FIELD, "guess")];
        for info in [
            String::new(),
            info(&good_values(0)),
            info(&good_values(0)[1..]),
            info(&good_values(0)[..2]),
            info(&wrong),
            info(&extra),
        ] {
            self.call("WSTestConfigData", &info).await;
            let spare = format!("<ConnectionGuid>{}</ConnectionGuid>{info}", "9".repeat(32));
            self.call("WSSaveConnection", &spare).await;
            let test = format!("<ConnectionGuid>{}</ConnectionGuid>", "9".repeat(32));
            self.call("WSTestConnection", &test).await;
        }
        for round in 0..2 {
            for (guid, company) in [(GUID, 0), (OTHER, 1)] {
                let saved = self.bench.save(guid, company).await;
                self.hear(&saved);
            }
            self.ask("WSTestConnection", "").await;
            let test = info(&good_values(round));
            self.call("WSTestConfigData", &test).await;
        }
        self.bench.save(OTHER, 0).await;
        self.ask("WSGetActorsByTimestamp", "<ActorType>Customer</ActorType>")
            .await;
        self.bench.save(OTHER, 1).await;
        self.call("WSGetConfigData", "").await;
        let saved = self
            .call(
                "WSSaveConnection",
                &format!("{zero}{}", info(&good_values(0))),
            )
            .await;
        assert!(saved.status > 0);
        self.call("WSTestConnection", zero).await;
        let upper = GUID.to_uppercase();
        for guid in [
            upper.as_str(),
            &GUID.replace('-', ""),
            &format!("{{{GUID}}}"),
            "no-guid",
            "",
            "11111111-2222-3333-4444-555555555555",
        ] {
            let members = format!("<ConnectionGuid>{guid}</ConnectionGuid>");
            for operation in [
                "WSTestConnection",
                "WSGetSupportedActorTypes",
                "WSGetList",
                "WSGetActors",
            ] {
                self.call(operation, &members).await;
            }
        }
        for late in [
            "11111111-2222-3333-4444-555555555555",
            "ABCDEF00-2222-3333-4444-555555555555",
        ] {
            let saved = self.bench.save(late, 0).await;
            self.hear(&saved);
            let late = format!("<ConnectionGuid>{late}</ConnectionGuid>");
            self.call("WSGetSupportedActorTypes", &late).await;
        }
        self.call("WSTestConnection", "").await;
        self.ask("WSGetActorsByTimestamp", "<ActorType>Customer</ActorType>")
            .await;
    }

    async fn reading(&mut self) {
        self.ask("WSGetSupportedActorTypes", "").await;
        for kind in ["Customer", "Supplier", "Person", "Project", "Robot"] {
            let of_type = format!("<ActorType>{kind}</ActorType>");
            let fields = [
                "NAME",
                "NOTE",
                "CREDITLIMIT",
                "PAYDAYS",
                "SINCE",
                "CUSTGR",
                "FIRSTNAME",
                "ONHOLD",
                "POSITION",
            ];
            let fields = strings("FieldKeys", &fields);
            self.ask("WSGetSupportedActorTypeFields", &of_type).await;
            self.ask("WSGetSupportedActorTypeFields", &of_type).await;
            self.ask("WSGetSearchableFields", &of_type).await;
            for since in [
                "",
                "103423550",
                "103423682",
                "nonsense",
                "2026-08-01T00:00:00Z",
            ] {
                let members =
                    format!("{of_type}{fields}<UpdatedOnOrAfter>{since}</UpdatedOnOrAfter>");
                self.ask("WSGetActorsByTimestamp", &members).await;
            }
            let since = "<UpdatedOnOrAfter>103423507</UpdatedOnOrAfter>";
            self.ask("WSGetActorsByTimestamp", &format!("{of_type}{since}"))
                .await;
            for keys in [
                &[
                    "NO-C101",
                    "NO-C102",
                    "NO-C102",
                    "no-such-key",
                    "NO-P301",
                    "NO-P303",
                    "NO-S201",
                    "NO-J401",
                ][..],
                &["NO-C103"],
                &[],
            ] {
                let keys = strings("ErpKeys", keys);
                self.ask("WSGetActors", &format!("{of_type}{keys}{fields}"))
                    .await;
            }
            let keys = strings("ErpKeys", &["NO-C101", "NO-P301"]);
            let unknown = strings("FieldKeys", &["NAME", "NOPE"]);
            self.ask("WSGetActors", &format!("{of_type}{keys}{unknown}"))
                .await;
            self.ask("WSGetActors", &format!("{of_type}{keys}")).await;
            let nil = "<FieldKeys i:nil=\"true\"/><Extra>1</Extra>";
            self.ask("WSGetActors", &format!("{of_type}{keys}{nil}"))
                .await;
        }
        let other_prefix = format!(
            "<ActorType>Customer</ActorType><ErpKeys xmlns:q=\"{ARRAYS}\"><q:string>NO-C101</q:string></ErpKeys>"
        );
        self.ask("WSGetActors", &other_prefix).await;
        let many = strings("ErpKeys", &["x"; 1001]);
        self.ask(
            "WSGetActors",
            &format!("<ActorType>Customer</ActorType>{many}"),
        )
        .await;
        let padding = " ".repeat(80_000);
        self.ask("WSTestConnection", &padding).await;
        let action = format!("{N}/IErpConnectorWS/WSTestConnection");
        let prefixed = format!(
            "<q:WSTestConnection xmlns:q=\"{N}\"><q:request><q:ConnectionGuid>{GUID}</q:ConnectionGuid></q:request></q:WSTestConnection>"
        );
        let got = self
            .bench
            .envelope(&format!("\"{action}\""), "", &prefixed)
            .await;
        self.hear(&got);
    }

    async fn searching(&mut self) {
        let fields = strings("FieldKeys", &["NAME", "FIRSTNAME"]);
        for text in [
            "Orkdal Senter AS",
            "ORKDAL",
            "",
            "nobody",
            "o'x",
            "[%_",
            "Kari Nordmann",
        ] {
            for kind in ["Customer", "Person"] {
                let members = format!(
                    "<ActorType>{kind}</ActorType>{fields}<SearchText>{}</SearchText>",
                    escaped(text)
                );
                self.ask("WSSearchActors", &members).await;
            }
        }
        self.ask("WSSearchActors", "<ActorType>Customer</ActorType>")
            .await;
        for key in ["NO-C101", "nobody"] {
            for text in ["<SearchText/>", "", "<SearchText>e</SearchText>"] {
                let members = format!(
                    "<ActorType>Person</ActorType>{fields}<ParentActorErpKey>{key}</ParentActorErpKey><ParentActorType>Customer</ParentActorType>{text}"
                );
                self.ask("WSSearchActorByParent", &members).await;
            }
        }
        let since = "[DT:03/14/2009 08:00:00.0000000]";
        let cases: &[(&str, &str, &[&str])] = &[
            ("NAME", "begins", &["senter"]),
            ("NAME", "contains", &["SENTER"]),
            ("NAME", "ends", &["as"]),
            ("NAME", "notends", &["AS"]),
            ("NAME", "between", &["Orkdal Senter AS", "P"]),
            ("PAYDAYS", ">", &["[I:30]"]),
            ("PAYDAYS", "!=", &["[I:30]"]),
            ("PAYDAYS", "=", &["30"]),
            ("CREDITLIMIT", "=", &["[F:250000.1]"]),
            ("CREDITLIMIT", "<", &["[F:99999.5]"]),
            ("EMAIL", "notcontains", &["zz"]),
            ("ONHOLD", "=", &["[I:0]"]),
            ("ONHOLD", "=", &["[I:1]"]),
            ("CUSTGR", "oneof", &["G1", "G5"]),
            ("CUSTGR", "notoneof", &["G1", "G5"]),
            ("SINCE", "beforeOrEqual", &[since]),
            ("NAME", "like", &["x"]),
            ("NOTE", "=", &["x"]),
        ];
        for (key, operator, values) in cases {
            let members = format!(
                "<ActorType>Customer</ActorType>{fields}<Restrictions>{}</Restrictions>",
                restriction(key, operator, values)
            );
            self.ask("WSSearchActorsAdvanced", &members).await;
        }
        let two = restriction("NAME", "begins", &["ork"]) + &restriction("ONHOLD", "=", &["1"]);
        let three = restriction("NAME", "contains", &["o"]) + &two;
        let parent = restriction("ParentErpKey", "=", &["NO-C101"]);
        let supplier = restriction("ParentErpKey", "=", &["NO-S201"])
            + &restriction("ParentActorType", "=", &["Supplier"]);
        let named = restriction("FIRSTNAME", "begins", &["s"]) + &supplier;
        for (kind, restrictions) in [
            ("Customer", two.as_str()),
            ("Customer", &three),
            ("Person", &parent),
            ("Person", &supplier),
            ("Person", &named),
            ("Customer", ""),
        ] {
            let members =
                format!("<ActorType>{kind}</ActorType><Restrictions>{restrictions}</Restrictions>");
            self.ask("WSSearchActorsAdvanced", &members).await;
        }
    }

    async fn writing(&mut self) {
        self.changes().await;
        let long = "x".repeat(81);
        let parent = Some(("Customer", "NO-C102"));
        let person = [("FIRSTNAME", "A"), ("LASTNAME", "B")];
        let text = "a\nb 👩‍🚀";
        for actor in [
            actor(
                "Customer",
                "",
                &[("NAME", "New"), ("NOTE", text), ("PAYDAYS", "5")],
                None,
            ),
            actor(
                "Customer",
                "",
                &[("NAME", "New"), ("BALANCE", "[F:77.5]")],
                None,
            ),
            actor("Customer", "", &[("NOTE", "no name")], None),
            actor(
                "Customer",
                "",
                &[("NAME", "New"), ("CREDITLIMIT", "1.5")],
                None,
            ),
            actor(
                "Supplier",
                "",
                &[("NAME", "New"), ("CATEGORY", "RAW")],
                None,
            ),
            actor("", "", &[("NAME", "x")], None),
            actor("Customer", "", &[("NAME", "")], None),
            actor("Unknown", "", &[("NAME", "x")], None),
            actor("Customer", "", &[("NAME", &long)], None),
            actor("Customer", "", &[("NAME", "x"), ("NOPE", "y")], None),
            actor("Person", "", &person, None),
            actor("Person", "", &person, parent),
        ] {
            self.ask("WSCreateActor", &format!("<Actor>{actor}</Actor>"))
                .await;
        }
        for actors in [
            vec![],
            vec![actor(
                "Customer",
                "NO-C101",
                &[("NAME", "Orkdal & Co")],
                None,
            )],
            vec![actor("Customer", "NO-C101", &[("EMAIL", "")], None)],
            vec![actor("Customer", "NO-C101", &[("ONHOLD", "1")], None)],
            vec![actor("Customer", "NO-C101", &[("NAME", "")], None)],
            vec![actor("Customer", "NO-C101", &[("CUSTGR", "G9")], None)],
            vec![
                actor("Customer", "nobody", &[("NAME", "x")], None),
                actor("Supplier", "NO-S201", &[("LEADDAYS", "[I:9]")], None),
            ],
            vec![actor("Customer", "nobody", &[("PHONE", "x")], None)],
            vec![actor("Customer", "", &[("NAME", "x")], None)],
        ] {
            let actors = actors
                .iter()
                .map(|actor| format!("<ErpActorWS>{actor}</ErpActorWS>"));
            let members = format!("<Actors>{}</Actors>", actors.collect::<String>());
            self.ask("WSSaveActors", &members).await;
        }
        self.changes().await;
    }

    /// Polls what writing changes.
    async fn changes(&mut self) {
        for kind in ["Customer", "Person"] {
            let fields = strings(
                "FieldKeys",
                &["NAME", "EMAIL", "NOTE", "BALANCE", "PAYDAYS", "CUSTGR"],
            );
            let members = format!("<ActorType>{kind}</ActorType>{fields}");
            self.ask("WSGetActorsByTimestamp", &members).await;
        }
    }

    async fn lists(&mut self) {
        for name in ["CustomerGroup", "CountryList", "SupplierCategory", "None"] {
            let of_name = format!("<ListName>{name}</ListName>");
            self.ask("WSGetList", &of_name).await;
            for keys in [&["G4"][..], &["G4", "no"], &[]] {
                let keys = strings("ListItemKeys", keys);
                self.ask("WSGetListItems", &format!("{keys}{of_name}"))
                    .await;
            }
        }
        let deleted = format!("<ConnectionGuid>{OTHER}</ConnectionGuid>");
        let third = "7".repeat(32);
        let saved = self.bench.save(&third, 1).await;
        self.hear(&saved);
        for _ in 0..2 {
            self.call("WSDeleteConnection", &deleted).await;
        }
        self.ask("WSTestConnection", "").await;
        let third = format!("<ConnectionGuid>{third}</ConnectionGuid>");
        self.call("WSTestConnection", &third).await;
        let first = format!("<ConnectionGuid>{GUID}</ConnectionGuid>");
        self.call("WSDeleteConnection", &first).await;
        self.call("WSTestConnection", &third).await;
    }

    async fn mirroring(&mut self) {
        let ns = mirroring::NAMESPACE;
        let mut tokens = self.tokens();
        let last = tokens.pop().unwrap_or_default();
        tokens.retain(|token| token.len() < 100_000);
        tokens.insert(0, last);
        for operation in mirroring::Operation::ALL {
            let name = operation.name();
            for token in &tokens {
                let header = format!(
                    "<s:Header><h:SignedToken s:mustUnderstand=\"1\" xmlns:h=\"{ns}\">{}</h:SignedToken></s:Header>",
                    escaped(token)
                );
                let action = format!("\"{ns}/IMirroringClientService/{name}\"");
                let body = format!("<{name} xmlns=\"{ns}\"/>");
                let got = self.bench.envelope(&action, &header, &body).await;
                self.hear(&got);
                if token.is_empty() {
                    let got = self.bench.envelope(&action, "", &body).await;
                    self.hear(&got);
                    let text = format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", xml::envelope(&body));
                    let got = self.bench.post(&action, "text/xml", text).await;
                    self.hear(&got);
                }
            }
        }
        self.bench.clock.advance(Duration::from_secs(61));
        let token = self.bench.token(|_| {});
        let header = format!(
            "<s:Header><h:SignedToken s:mustUnderstand=\"1\" xmlns:h=\"{ns}\">{token}</h:SignedToken></s:Header>"
        );
        let action = format!("\"{ns}/IMirroringClientService/Authenticate\"");
        let body = format!("<Authenticate xmlns=\"{ns}\"/>");
        let got = self.bench.envelope(&action, &header, &body).await;
        self.hear(&got);
    }

    /// Two saved connections, as most messages need them.
    async fn connected(&mut self) {
        for (guid, company) in [(GUID, 0), (OTHER, 1)] {
            let saved = self.bench.save(guid, company).await;
            self.hear(&saved);
        }
    }

    /// All that was said about a topic, and whether the listener was called.
    async fn about(mut self, topic: Topic) -> (Vec<String>, bool) {
        match topic {
            Topic::Mirroring => self.mirroring().await,
            Topic::Handshakes => self.handshakes().await,
            Topic::Messages => self.messages().await,
            Topic::Connections => self.connections().await,
            _ => self.connected().await,
        }
        match topic {
            Topic::Reading => self.reading().await,
            Topic::Searching => self.searching().await,
            Topic::Writing => self.writing().await,
            Topic::Lists => self.lists().await,
            _ => {}
        }
        (self.said, self.listener.accept().is_ok())
    }
}

/// What the messages of a conversation are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Handshakes,
    Messages,
    Connections,
    Reading,
    Searching,
    Writing,
    Lists,
    Mirroring,
}

impl Topic {
    /// The topics of a profile, the likeliest for a requirement first.
    fn of(profile: &str, requirement: &str) -> Vec<Self> {
        if profile == MIRRORING_PROFILE {
            return vec![Self::Mirroring];
        }
        let number = requirement.rsplit('-').next().unwrap_or_default();
        let likeliest = match number.parse().unwrap_or_default() {
            _ if requirement.starts_with("AUTH") => Self::Handshakes,
            0..=20 => Self::Messages,
            21..=59 => Self::Connections,
            60..=109 => Self::Reading,
            110..=136 => Self::Searching,
            137..=160 => Self::Writing,
            _ => Self::Lists,
        };
        let mut all = vec![
            likeliest,
            Self::Messages,
            Self::Lists,
            Self::Writing,
            Self::Reading,
            Self::Searching,
            Self::Connections,
            Self::Handshakes,
        ];
        let mut seen = Vec::new();
        all.retain(|topic| {
            let new = !seen.contains(topic);
            seen.push(*topic);
            new
        });
        all
    }
}

async fn got_of(answer: Result<reqwest::Response, reqwest::Error>) -> Got {
    got(answer.unwrap_or_else(|error| panic!("{error}"))).await
}

async fn shows(profile: &str, part: usize, parts: usize) {
    let sample = SAMPLES.iter().find(|sample| sample.profile == profile);
    let sample = sample.map(|sample| sample.name).unwrap_or_default();
    let mut clean = Vec::new();
    for topic in Topic::of(profile, "") {
        let (said, called) = Talk::start(sample, &[]).await.about(topic).await;
        assert!(!called, "nothing is fetched without a fault");
        let (again, _) = Talk::start(sample, &[]).await.about(topic).await;
        assert_eq!(said, again, "{topic:?}: answers are the same each time");
        clean.push((topic, said));
    }
    let mut hidden = Vec::new();
    let chosen = faults().iter().filter(|fault| fault.profile == profile);
    'faults: for fault in chosen.skip(part).step_by(parts) {
        if OTHERWISE.contains(&fault.name) {
            continue;
        }
        for topic in Topic::of(profile, fault.violates[0]) {
            let (said, called) = Talk::start(sample, &[fault.name]).await.about(topic).await;
            let expected = clean.iter().find(|(other, _)| *other == topic);
            let differs = expected.is_some_and(|(_, expected)| *expected != said);
            if differs || (called && FETCHING.contains(&fault.name)) {
                continue 'faults;
            }
        }
        hidden.push(fault.name);
    }
    assert_eq!(hidden, Vec::<&str>::new());
}

#[tokio::test]
async fn faults_of_erp_sync_show_1_of_2() {
    shows(SYNC_PROFILE, 0, 2).await;
}

#[tokio::test]
async fn faults_of_erp_sync_show_2_of_2() {
    shows(SYNC_PROFILE, 1, 2).await;
}

#[tokio::test]
async fn faults_of_mirroring_show() {
    shows(MIRRORING_PROFILE, 0, 1).await;
}

#[test]
fn there_are_enough_faults_of_each_kind() {
    let of = |profile: &str| -> Vec<_> {
        faults()
            .iter()
            .filter(|fault| fault.profile == profile)
            .collect()
    };
    let sync = of(SYNC_PROFILE);
    let handshake = sync
        .iter()
        .filter(|fault| fault.violates[0].starts_with("AUTH-"));
    assert!(
        sync.len() >= 90 && handshake.count() >= 35,
        "{}",
        sync.len()
    );
    assert!(of(MIRRORING_PROFILE).len() >= 10);
}
