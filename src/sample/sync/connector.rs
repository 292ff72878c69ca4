//! The connector itself: takes a message through its stages to an answer.
//!
//! The order of the stages: address and method, content type and length, XML and
//! envelope, headers that must be understood, action and body. Only then an operation
//! sees the request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use futures_util::StreamExt;
use jiff::Timestamp;

use super::erp::{self, Erp, Outcome, Refusal};
use super::faults::Injected;
use super::handshake::{Handshake, Names, Verdict};
use super::mirroring;
use super::policy::Policy;
use super::reply::{Reply, SoapFault};
use super::token::{Flaw, Presented};
use super::wsdl::Documents;
use crate::base::clock::Clock;
use crate::sample::server::Service;

/// A running connector's state.
#[derive(Debug)]
pub struct Connector {
    /// Path of the endpoint.
    pub path: &'static str,
    pub policy: Policy,
    pub handshake: Handshake,
    /// The ERP side; mirroring has none.
    pub erp: Option<Erp>,
    pub documents: Documents,
    pub clock: Arc<dyn Clock>,
    pub injected: Injected,
}

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    Authenticate,
    Erp(erp::Operation),
    Mirroring(mirroring::Operation),
}

/// One message on its way through the stages.
#[derive(Debug)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    /// The message as text.
    pub text: String,
    pub called: Option<Called>,
    pub names: Names,
    pub request: erp::Request,
    /// The signed token, as it was sent.
    pub token: Option<String>,
    /// The token taken apart, when that was possible.
    pub presented: Option<Presented>,
    /// What was wrong with the token.
    pub flaw: Option<Flaw>,
    /// How long the answer is held back; zero but for injected faults.
    pub delay: Duration,
    pub now: Timestamp,
}

impl Service for Connector {
    async fn respond(&self, request: Request) -> Response<Body> {
        let (head, body) = request.into_parts();
        let mut call = Call {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            text: String::new(),
            called: None,
            names: Names::default(),
            request: erp::Request::default(),
            token: None,
            presented: None,
            flaw: None,
            delay: Duration::ZERO,
            now: self.clock.now(),
        };
        let mut body = Some(body);
        let reply = match self.stages(&mut call, &mut body).await {
            Ok(reply) | Err(reply) => reply,
        };
        // A client that is still sending would miss the answer otherwise.
        if let Some(unread) = body.take() {
            drain(unread).await;
        }
        let written = self.injected.finish(self, &call, reply).await;
        written.into_response()
    }

    fn plain_http(&self) -> bool {
        self.policy.plain_http
    }

    fn old_tls(&self) -> bool {
        self.policy.old_tls
    }
}

impl Connector {
    async fn stages(&self, call: &mut Call, body: &mut Option<Body>) -> Result<Reply, Reply> {
        self.injected.arrival(self, call)?;
        if !call.path.eq_ignore_ascii_case(self.path) {
            return Err(Reply::Status(StatusCode::NOT_FOUND));
        }
        if call.method == Method::GET
            && let Some(document) = self.documents.named(&call.query)
        {
            return Ok(Reply::Document(document.to_owned()));
        }
        if call.method != Method::POST {
            return Err(Reply::Status(StatusCode::METHOD_NOT_ALLOWED));
        }
        if !(self.policy.is_xml)(&call.headers) {
            return Err(Reply::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = self.read_body(call, body).await?;
        let text = (self.policy.decode)(&bytes)
            .ok_or_else(|| fault(SoapFault::client("The message is not UTF-8.")))?;
        call.text = (self.policy.prepare)(text);
        self.read_envelope(call)?;
        self.injected.change_request(self, call)?;
        match call.called {
            Some(Called::Authenticate | Called::Mirroring(_)) => Ok(self.authenticate(call).await),
            Some(Called::Erp(operation)) => Ok(Reply::outcome(self.run(call, operation)?)),
            None => Err(fault(SoapFault::unknown_action())),
        }
    }

    async fn read_body(&self, call: &Call, body: &mut Option<Body>) -> Result<Vec<u8>, Reply> {
        let too_long = || Reply::Status(StatusCode::PAYLOAD_TOO_LARGE);
        let announced = call
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok());
        let announced = announced.and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.policy.body_limit) {
            return Err(too_long());
        }
        let Some(stream) = body.take() else {
            return Ok(Vec::new());
        };
        let mut bytes = Vec::new();
        let mut chunks = stream.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk: Bytes = chunk.map_err(|_| Reply::Status(StatusCode::BAD_REQUEST))?;
            if bytes.len() + chunk.len() > self.policy.body_limit {
                *body = Some(Body::from_stream(chunks));
                return Err(too_long());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Checks the token of a call, whichever operation it comes with.
    async fn authenticate(&self, call: &mut Call) -> Reply {
        let token = call.token.as_deref().unwrap_or_default();
        let (presented, checked) = self.handshake.check(token, call.now).await;
        call.presented = presented;
        call.flaw = checked.as_ref().err().copied();
        let wants_token = matches!(
            call.called,
            Some(Called::Authenticate | Called::Mirroring(mirroring::Operation::Authenticate))
        );
        let verdict = match checked {
            Err(_) => Verdict::refused(),
            Ok(_) if !wants_token => Verdict {
                token: None,
                ..Verdict::accepted(String::new())
            },
            Ok(nonce) => match (self.handshake.answer)(&self.handshake, &nonce, call.now) {
                Some(token) => Verdict::accepted(token),
                None => Verdict::refused(),
            },
        };
        Reply::Handshake(verdict)
    }

    /// Runs an ERP operation.
    fn run(&self, call: &Call, operation: erp::Operation) -> Result<Outcome, Reply> {
        let erp = self
            .erp
            .as_ref()
            .ok_or_else(|| fault(SoapFault::unknown_action()))?;
        if let Some(name) = parameter(&call.query, "ConnectorName")
            && name != CONNECTOR_NAME
        {
            let refusal = Refusal::new(
                "The connector was not found.",
                "Koblingen ble ikke funnet.",
                "No connector has the name in ConnectorName.",
            );
            return Ok(Outcome::refused(operation, refusal));
        }
        // A fault of ours is an answer too, and ends no connection.
        let handled = AssertUnwindSafe(|| erp.handle(operation, &call.request, call.now));
        catch_unwind(handled).map_err(|_| fault(SoapFault::server()))
    }
}

/// What a host with several connectors would select this one by.
pub const CONNECTOR_NAME: &str = "HollowOak";

/// A fault as answer.
pub fn fault(fault: SoapFault) -> Reply {
    Reply::Fault(fault)
}

/// A parameter of the query, as it stands there.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Reads on without keeping anything, but not for ever.
async fn drain(body: Body) {
    let mut left = 64 * 1024 * 1024_usize;
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        if chunk.len() > left {
            return;
        }
        left -= chunk.len();
    }
}
