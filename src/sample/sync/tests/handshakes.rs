//! The handshake, of ERP sync and of mirroring.

use super::*;

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
        // The first letter: the last one holds bits that do not count.
        match signature.strip_prefix('A') {
            Some(rest) => format!("{message}.B{rest}"),
            None => format!("{message}.A{}", &signature[1..]),
        },
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
