//! What goes over the wire: a request, and an answer or a transport fault.

use serde::{Deserialize, Serialize};

/// A request as it will be sent. Held in memory only: what leaves the process is an
/// [`Exchange`], which is redacted.
#[derive(Debug, Clone)]
pub struct WireRequest {
    pub method: String,
    pub url: String,
    /// Names and values in sending order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct WireResponse {
    pub status: u16,
    /// HTTP version, such as `HTTP/1.1`.
    pub version: String,
    /// Lower-case names and values; repeated headers keep their order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body was longer than the limit and has been cut.
    pub truncated: bool,
}

impl WireResponse {
    /// First value of a header, by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportFaultKind {
    /// The host name does not resolve.
    Dns,
    /// Nobody listens, or the host is unreachable.
    Connect,
    /// The TLS handshake or the certificate was refused.
    Tls,
    /// No answer within the limit.
    Timeout,
    /// The connection broke, or the answer is not HTTP.
    Protocol,
}

/// Why no answer came, in words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct TransportFault {
    pub kind: TransportFaultKind,
    pub detail: String,
}

/// Facts of a TLS handshake, with the verdict of normal validation.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct TlsFacts {
    /// `TLSv1.3` and the like.
    pub version: String,
    pub cipher: String,
    /// Chain as sent, leaf first.
    pub chain: Vec<CertificateFacts>,
    /// `None` when normal validation accepts the certificate, else its reason.
    pub refused: Option<String>,
    /// Trust anchors used: `public roots` or `public roots and the target's own CA`.
    pub trust: String,
}

/// Facts of one certificate.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct CertificateFacts {
    pub subject: String,
    pub issuer: String,
    pub names: Vec<String>,
    /// RFC 3339.
    pub not_before: String,
    pub not_after: String,
    pub self_signed: bool,
    /// SHA-256 of the DER form, hex.
    pub fingerprint: String,
}

/// A header as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A body as evidence: redacted text, or base64 where it is not UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct BodyText {
    pub text: String,
    /// Size on the wire in bytes.
    pub bytes: u64,
    /// The body is not UTF-8 and `text` holds base64.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// The body was longer than the limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One exchange as evidence: redacted, complete, citable by its id.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Exchange {
    /// `E-0042`: stable within a report.
    pub id: String,
    /// Scenario, mode and step that made it, such as `find-product/secret/words[2]`.
    pub origin: String,
    /// Operation, or the path of a raw request.
    pub operation: String,
    pub method: String,
    pub url: String,
    pub request_headers: Vec<Header>,
    pub request_body: BodyText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseEvidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<TransportFault>,
    /// When it was sent, RFC 3339 UTC.
    pub sent: String,
    /// From sending to the end of the answer, without the time in which the machine did
    /// not let the harness run.
    pub elapsed_ms: f64,
    /// 1, or 2 for a repetition after 401.
    pub attempt: u8,
    /// What a reader should know of it, such as the claims of a signed token: label and
    /// text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<(String, String)>,
}

/// The answer of an [`Exchange`].
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ResponseEvidence {
    pub status: u16,
    pub version: String,
    pub headers: Vec<Header>,
    pub body: BodyText,
}
