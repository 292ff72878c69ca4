//! The handshake: SuperOffice's token is checked, and the connector proves with a
//! token of its own that it holds the application's key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use roxmltree::Node;
use serde_json::json;

use super::token::{Flaw, Presented, Rules};
use super::xml::{self, Writer, XSI};
use crate::auth::ApplicationKeyPair;
use crate::sample::keys::SigningKeys;

/// Name of the contract and of its operation.
pub const INTERFACE: &str = "IIntegrationServiceConnectorAuth";
pub const OPERATION: &str = "Authenticate";
/// Namespace of the operation, when a request does not tell another.
pub const NAMESPACE: &str = "http://tempuri.org/";
/// Namespace of the carriers of the wrapped shape.
pub const DATA_NAMESPACE: &str =
    "http://schemas.datacontract.org/2004/07/SuperOffice.SuperID.Contracts.V1";

/// What every refused caller is told; which check failed is nobody's business.
pub const REFUSED: &str = "The request could not be authenticated.";

/// The connector's own token for a nonce.
pub type Answer = fn(&Handshake, nonce: &str, now: Timestamp) -> Option<String>;

/// Everything that the handshake needs.
#[derive(Debug)]
pub struct Handshake {
    pub keys: SigningKeys,
    pub pair: ApplicationKeyPair,
    /// Id of the application.
    pub application: String,
    pub rules: Rules,
    pub answer: Answer,
}

/// The answer to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub succeeded: bool,
    pub reason: Option<String>,
    pub token: Option<String>,
}

impl Verdict {
    /// Not accepted.
    pub fn refused() -> Self {
        Self {
            succeeded: false,
            reason: Some(REFUSED.to_owned()),
            token: None,
        }
    }

    /// Accepted.
    pub fn accepted(token: String) -> Self {
        Self {
            succeeded: true,
            reason: None,
            token: Some(token),
        }
    }
}

impl Handshake {
    /// Takes a token apart and checks it; gives its nonce.
    pub async fn check(
        &self,
        token: &str,
        now: Timestamp,
    ) -> (Option<Presented>, Result<String, Flaw>) {
        let presented = match Presented::read(token, &self.rules) {
            Ok(presented) => presented,
            Err(flaw) => return (None, Err(flaw)),
        };
        let audience = format!("spn:{}", self.application);
        let checked = presented
            .check(&self.rules, &self.keys, &audience, now)
            .await;
        (Some(presented), checked)
    }
}

/// Nonce, minute and signature: what every published verifier expects.
pub fn timestamped(handshake: &Handshake, nonce: &str, now: Timestamp) -> Option<String> {
    let message = format!("{nonce}.{}", now.strftime("%Y%m%d%H%M"));
    let signature = handshake.pair.sign(message.as_bytes()).ok()?;
    Some(format!("{message}.{}", STANDARD.encode(signature)))
}

/// A JWT with the nonce: what the articles literally describe.
pub fn web_token(handshake: &Handshake, nonce: &str, now: Timestamp) -> Option<String> {
    let header = json!({"alg": "RS256", "typ": "JWT"});
    let claims = json!({
        "iss": handshake.application,
        "nonce": nonce,
        "iat": now.as_second(),
        "exp": now.as_second() + 300,
    });
    handshake.pair.sign_jwt(&header, &claims).ok()
}

/// Shape and namespaces of a request, which its answer keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub wrapped: bool,
    pub namespace: String,
    pub data_namespace: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            wrapped: true,
            namespace: NAMESPACE.to_owned(),
            data_namespace: DATA_NAMESPACE.to_owned(),
        }
    }
}

impl Names {
    /// The names that a body's element tells.
    pub fn of(operation: Node<'_, '_>, token: Option<Node<'_, '_>>) -> Self {
        let namespace = |node: Node<'_, '_>| {
            let namespace = node.tag_name().namespace();
            namespace.unwrap_or_default().to_owned()
        };
        let wrapped = operation.tag_name().name() == OPERATION;
        let data_namespace = match token {
            Some(token) => namespace(token),
            None if wrapped => DATA_NAMESPACE.to_owned(),
            None => namespace(operation),
        };
        Self {
            wrapped,
            namespace: namespace(operation),
            data_namespace,
        }
    }
}

/// The token of a request: the first element of that name in the body, else in the
/// header.
pub fn token_in<'a, 'i>(header: Option<Node<'a, 'i>>, body: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    let find = |node: Node<'a, 'i>| {
        node.descendants()
            .find(|node| node.is_element() && node.tag_name().name() == "SignedToken")
    };
    find(body).or_else(|| find(header?))
}

/// The answer as XML, in the names of the request.
pub fn write(verdict: &Verdict, names: &Names) -> String {
    let mut out = Writer::default();
    let namespace = names.namespace.as_str();
    if names.wrapped {
        out.open("AuthenticateResponse", &[("xmlns", namespace)]);
        let data = names.data_namespace.as_str();
        out.open("AuthenticateResult", &[("xmlns:d", data), ("xmlns:i", XSI)]);
        members(&mut out, "d:", verdict);
        out.close("AuthenticateResult");
        out.close("AuthenticateResponse");
    } else {
        out.open(
            "AuthenticationResponse",
            &[("xmlns", namespace), ("xmlns:i", XSI)],
        );
        members(&mut out, "", verdict);
        out.close("AuthenticationResponse");
    }
    out.finish()
}

fn members(out: &mut Writer, prefix: &str, verdict: &Verdict) {
    out.nillable(&format!("{prefix}Reason"), verdict.reason.as_deref());
    out.nillable(
        &format!("{prefix}SignedApplicationToken"),
        verdict.token.as_deref(),
    );
    let succeeded = if verdict.succeeded { "true" } else { "false" };
    out.text(&format!("{prefix}Succeeded"), succeeded);
}

/// Text of a SignedToken element.
pub fn token_text(node: Node<'_, '_>) -> Option<String> {
    xml::text(node)
}
