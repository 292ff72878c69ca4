//! Decisions that the connector takes at its edge. [`Policy::default`] is what the
//! contract asks for; injected faults change single decisions.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use roxmltree::Node;

use super::erp::Habits;
use super::handshake::{self, Answer};
use super::token::Rules;
use crate::sample::tls::Certificate;

/// The decisions.
#[derive(Debug, Clone)]
pub struct Policy {
    pub certificate: Certificate,
    /// Whether the port answers plain http beside https.
    pub plain_http: bool,
    /// Whether the port agrees to old versions of TLS.
    pub old_tls: bool,
    /// Longest message, in bytes.
    pub body_limit: usize,
    pub is_xml: fn(&HeaderMap) -> bool,
    /// The text in the bytes of a message.
    pub decode: fn(&[u8]) -> Option<String>,
    /// What happens to the text before it is parsed.
    pub prepare: fn(String) -> String,
    pub allow_dtd: bool,
    /// Whether header entries that must be understood may be ignored.
    pub ignores_headers: bool,
    /// The action in the header's value.
    pub action: fn(&str) -> Option<&str>,
    /// Whether the body's element decides when the action is not known.
    pub dispatch_by_body: bool,
    /// Whether the namespace of the body's element does not matter.
    pub any_namespace: bool,
    pub token_text: fn(Node<'_, '_>) -> Option<String>,
    pub rules: Rules,
    pub answer: Answer,
    /// The public half of the key that signs answers, when it is not the application's.
    pub public_key: Option<fn() -> String>,
    pub habits: Habits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            certificate: Certificate::Good,
            plain_http: false,
            old_tls: false,
            body_limit: 4 * 1024 * 1024,
            is_xml,
            decode,
            prepare: |text| text,
            allow_dtd: false,
            ignores_headers: false,
            action,
            dispatch_by_body: false,
            any_namespace: false,
            token_text: handshake::token_text,
            rules: Rules::default(),
            answer: handshake::timestamped,
            public_key: None,
            habits: Habits::default(),
        }
    }
}

/// `text/xml`; UTF-8 if a charset is given.
pub fn is_xml(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("text/xml"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8"),
            _ => true,
        })
}

/// UTF-8, with or without byte order mark.
pub fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8(bytes.to_vec()).ok()
}

/// The action with or without quotes around it.
pub fn action(value: &str) -> Option<&str> {
    let value = value.trim();
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"'),
        None => Some(value),
    }
}
