//! What the tests of this module share: keys, signatures, a moment and a template.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;

use super::application::{ApplicationKey, ApplicationKeyPair};
use super::der::{integers, pem, pem_blocks, sequence_of_integers};
use super::key::SigningKey;
use super::token::TokenTemplate;

/// The key that a verifier trusts.
pub(super) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate("Test signing key", now()).expect("a key"));

/// A key that nobody trusts.
pub(super) static OTHER: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate("Another key", now()).expect("a key"));

/// The key of an application, made by another tool.
pub(super) static APPLICATION: LazyLock<ApplicationKeyPair> = LazyLock::new(|| {
    ApplicationKeyPair::parse(include_str!("testdata/application-pkcs8.pem")).expect("a key")
});

/// The public half of a key of 1024 bits.
pub(super) static SHORT_KEY: LazyLock<ApplicationKey> = LazyLock::new(|| {
    let blocks = pem_blocks(include_str!("testdata/rsa-1024.pem"));
    let numbers = integers(blocks[0].der.as_ref().expect("a key")).expect("numbers");
    let public = sequence_of_integers(&[&numbers[1], &numbers[2]]);
    ApplicationKey::parse(&pem("RSA PUBLIC KEY", &public)).expect("a key")
});

/// What the signatures of [`signature`] are over.
pub(super) const SIGNED: &str = "BDB65A558F193A8DD88E50E7416C0D86.202109161125";

/// A signature over [`SIGNED`] that another tool made: by the application key or, with
/// `short-key` in its name, by the key of 1024 bits.
pub(super) fn signature(name: &str) -> Vec<u8> {
    include_str!("testdata/application-signatures.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(first, _)| *first == name)
        .map(|(_, text)| STANDARD.decode(text).expect("Base64"))
        .expect("a known name")
}

/// The present, because the verifying library reads the system's clock.
pub(super) fn now() -> Timestamp {
    static NOW: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);
    *NOW
}

/// A template as a profile would fill it.
pub(super) fn template() -> TokenTemplate {
    let members = |value: serde_json::Value| value.as_object().cloned().unwrap_or_default();
    TokenTemplate {
        header: members(json!({})),
        claims: members(json!({
            "iss": "Test Issuer",
            "aud": "spn:test-application",
            "sub": "somebody",
            "http://example.org/identity/customer": "Cust12345",
        })),
    }
}
