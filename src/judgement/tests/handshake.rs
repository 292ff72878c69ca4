//! The token that answers a handshake, aspect by aspect.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};

use super::judge_values;
use crate::auth::ApplicationKeyPair;

static KEY: LazyLock<ApplicationKeyPair> =
    LazyLock::new(|| ApplicationKeyPair::generate().expect("a key"));

const NONCE: &str = "BDB65A558F193A8DD88E50E7416C0D86";

/// 2021-09-16, 11:25 UTC.
const AT: i64 = 1_631_791_500;

fn token(nonce: &str, time: &str) -> String {
    let message = format!("{nonce}.{time}");
    let signature = KEY.sign(message.as_bytes()).expect("a signature");
    format!("{message}.{}", STANDARD.encode(signature))
}

/// The parameters of a right answer, with these in place of them.
fn with(more: Value) -> Value {
    let mut with = json!({
        "token": token(NONCE, "202109161125"),
        "nonce": NONCE,
        "key": KEY.public_pem(),
        "at": AT,
        "aspects": ["parts", "nonce", "timestamp", "clock", "alphabet", "signature", "key",
            "length", "white-space", "format"],
    });
    for (name, value) in more.as_object().expect("an object") {
        with[name] = value.clone();
    }
    with
}

#[rstest]
#[case::right(json!({}), 10, &[])]
#[case::some_aspects(json!({"aspects": ["nonce", "signature"]}), 2, &[])]
#[case::no_aspect(json!({"aspects": []}), 0, &[])]
#[case::other_nonce(
    json!({"nonce": "0DB65A558F193A8DD88E50E7416C0D86", "aspects": ["nonce", "clock"]}),
    2,
    &["BDB65A558F193A8DD88E50E7416C0D86"]
)]
#[case::too_late(json!({"at": AT + 3600, "aspects": ["nonce", "clock"]}), 2, &["1 h 0 min behind"])]
// Nothing was signed by this key, so its length is all that can be said.
#[case::blank(json!({"token": " "}), 0, &[])]
#[case::absent(json!({"token": null}), 0, &[])]
fn aspects_are_judged_one_by_one(
    #[case] more: Value,
    #[case] values: u64,
    #[case] expected: &[&str],
) {
    let judged = judge_values("signed-answer", with(more)).expect("no mistakes");
    let found = &judged.deviations;
    assert_eq!(
        (judged.values, found.len()),
        (values, expected.len()),
        "{found:?}"
    );
    for (one, expected) in found.iter().zip(expected) {
        assert!(one.actual.contains(expected), "{one:?}");
        assert!(one.actual.contains("the token is BDB65A55"), "{one:?}");
        assert!(!one.expected.is_empty());
    }
}

#[test]
fn another_form_is_tolerated_and_what_it_lacks_not_judged() {
    let claims = json!({"nonce": NONCE});
    let token = KEY
        .sign_jwt(&json!({"alg": "RS256"}), &claims)
        .expect("a token");
    let aspects = json!(["nonce", "timestamp", "signature", "format"]);
    let with = with(json!({"token": token, "aspects": aspects}));
    let judged = judge_values("signed-answer", with).expect("no mistakes");
    let found = &judged.deviations;
    assert_eq!((judged.values, found.len()), (3, 0), "{found:?}");
}

#[rstest]
#[case(json!({"aspects": ["nonce", "colour"]}), "`aspects`: there is no aspect `colour`")]
#[case(json!({"at": "now"}), "`at` takes seconds since 1970")]
#[case(json!({"at": i64::MAX}), "`at` takes seconds since 1970")]
#[case(json!({"key": "none"}), "`key`: expected the public half")]
fn mistakes_of_the_author_are_named(#[case] more: Value, #[case] expected: &str) {
    let error = judge_values("signed-answer", with(more)).expect_err("a mistake");
    assert!(error.starts_with(expected), "{error}");
}
