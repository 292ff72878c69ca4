//! What the tests of this module share: two keys, a moment and a template.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::json;

use super::key::SigningKey;
use super::token::TokenTemplate;

/// The key that a verifier trusts.
pub(super) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate("Test signing key", now()).expect("a key"));

/// A key that nobody trusts.
pub(super) static OTHER: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate("Another key", now()).expect("a key"));

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
