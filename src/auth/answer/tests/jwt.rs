//! Answers in the form of a JWT.

use serde_json::{Value, json};

use super::*;
use crate::auth::key::message;
use crate::auth::testing::KEY;

fn jwt(header: Value, claims: Value) -> String {
    APPLICATION.sign_jwt(&header, &claims).expect("a token")
}

#[test]
fn a_good_jwt_is_tolerated() {
    let now = clock_now().as_second();
    for claims in [
        json!({"nonce": NONCE}),
        json!({"nonce": NONCE, "iat": now, "nbf": now - 60, "exp": now as f64 + 899.5}),
        json!({"nonce": NONCE, "iat": now - 900, "exp": now + 900}),
    ] {
        let examination = examine(&jwt(json!({"alg": "RS256"}), claims.clone()));
        assert_eq!(failing(&examination), [""; 0]);
        assert_eq!(examination.ruling(), Ruling::Tolerated);
        assert_eq!(examination.format.name(), "jwt");
        assert_eq!(examination.nonce.as_deref(), Some(NONCE));
        assert!(actual(&examination, Aspect::Format).contains(
            "matches the article text, but the published verifier would refuse it: part 2 is \
             not a 12-digit time"
        ));
        let judged = |aspect| examination.finding(aspect).expect("one").judged();
        assert!(!judged(Aspect::Timestamp) && !judged(Aspect::Alphabet));
        assert_eq!(judged(Aspect::Clock), claims.get("iat").is_some());
        assert_eq!(
            examination.finding(Aspect::Clock).expect("one").expected,
            "`iat`, `nbf` and `exp` at most 15 min from 2021-09-16T11:25:20Z, where present"
        );
    }
}

#[test]
fn a_jwt_with_one_thing_wrong_fails_in_one_aspect() {
    let now = clock_now().as_second();
    let header = || json!({"alg": "RS256", "typ": "JWT"});
    for (claims, aspect, words) in [
        (json!({}), Aspect::Nonce, "no claim `nonce`"),
        (json!({"nonce": 7}), Aspect::Nonce, "that is not a text"),
        (json!([]), Aspect::Nonce, "part 2 is no JSON object"),
        (
            json!({"nonce": "x"}),
            Aspect::Nonce,
            "`x`, which is another one",
        ),
        (
            json!({"nonce": NONCE, "exp": now - 901}),
            Aspect::Clock,
            "`exp` -901 s",
        ),
        (
            json!({"nonce": NONCE, "nbf": now + 901}),
            Aspect::Clock,
            "`nbf` +901 s",
        ),
        (
            json!({"nonce": NONCE, "iat": "now"}),
            Aspect::Clock,
            "`iat` is not a number",
        ),
        (
            json!({"nonce": NONCE, "iat": 1e300}),
            Aspect::Clock,
            "`iat` +",
        ),
    ] {
        fails(&examine(&jwt(header(), claims)), &[aspect], words);
    }
    let claims = || json!({"nonce": NONCE});
    let wrong_alg = examine(&jwt(json!({"alg": "PS256"}), claims()));
    fails(&wrong_alg, &[Aspect::Signature], "`alg` is `PS256`");
    let no_text = examine(&jwt(json!({"alg": 5}), claims()));
    fails(&no_text, &[Aspect::Signature], "`alg` is not a text");

    let token = jwt(header(), claims());
    let (head, text) = token.rsplit_once('.').expect("a dot");
    let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let padded = format!("{head}.{}", STANDARD.encode(&bytes));
    fails(
        &examine(&padded),
        &[Aspect::Signature],
        "not base64url without padding",
    );

    let encoding = EncodingKey::from_rsa_pem(APPLICATION.to_pkcs1_pem().as_bytes()).expect("a key");
    let signature = jsonwebtoken::crypto::sign(head.as_bytes(), &encoding, Algorithm::RS512);
    let examination = examine(&format!("{head}.{}", signature.expect("a signature")));
    fails(
        &examination,
        &[Aspect::Signature],
        "with SHA-512 instead of SHA-256",
    );

    let foreign = KEY.sign(&header(), &claims()).expect("a token");
    fails(
        &examine(&foreign),
        &[Aspect::Signature, Aspect::Key],
        "no known way of signing matches",
    );
    let none = format!("{}.", message(&json!({"alg": "none"}), &claims()));
    fails(
        &examine(&none),
        &[Aspect::Signature, Aspect::Length],
        "`alg` is `none`; it does not verify",
    );
}

#[test]
fn a_jwt_of_two_or_five_parts_is_still_a_jwt() {
    let message = message(&json!({"alg": "none"}), &json!({}));
    for text in [message.clone(), format!("{message}.a.b.c")] {
        let examination = examine(&text);
        assert_eq!(examination.format, AnswerFormat::Jwt);
        assert_eq!(failing(&examination), ["parts"]);
    }
    // Without `alg` it is none, and twelve digits decide first.
    let bare = URL_SAFE_NO_PAD.encode("{}");
    assert_eq!(
        examine(&format!("{bare}.e30.x")).format,
        AnswerFormat::Unknown
    );
    let header = URL_SAFE_NO_PAD.encode("{\"alg\":\"RS256\"}");
    let examination = examine(&format!("{header}.{TIME}.x"));
    assert_eq!(examination.format, AnswerFormat::NonceTimestampSignature);
}
