//! Answers: decoded first, then as they are written.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::connector::{Call, Called};
use super::erp::{self, Outcome};
use super::handshake::{self, Verdict};
use super::mirroring;
use super::xml::{self, Writer, XSI};

/// An answer before it is written.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Of Authenticate, and of every operation of mirroring.
    Handshake(Verdict),
    /// Of an ERP operation.
    Outcome(Box<Outcome>),
    Fault(SoapFault),
    /// Plain HTTP, without an envelope.
    Status(StatusCode),
    /// A published document.
    Document(String),
}

/// A protocol fault.
#[derive(Debug, Clone)]
pub struct SoapFault {
    /// With the prefix `s` of the envelope or `a` of the addressing faults.
    pub code: &'static str,
    pub text: String,
    /// XML inside `detail`.
    pub detail: Option<String>,
}

impl SoapFault {
    /// The message is wrong.
    pub fn client(text: impl Into<String>) -> Self {
        Self::new("s:Client", text)
    }

    /// A fault of the connector.
    pub fn server() -> Self {
        Self::new("s:Server", "The service is not available right now.")
    }

    /// No operation has this action.
    pub fn unknown_action() -> Self {
        let text = "No operation matches the given action.";
        Self::new("a:ActionNotSupported", text)
    }

    /// A fault without detail.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            detail: None,
        }
    }

    fn write(&self) -> String {
        const ADDRESSING: &str = "http://schemas.microsoft.com/ws/2005/05/addressing/none";
        let mut out = Writer::default();
        out.open("s:Fault", &[]);
        out.open("faultcode", &[("xmlns:a", ADDRESSING)]);
        out.raw(self.code);
        out.close("faultcode");
        out.open("faultstring", &[("xml:lang", "en-US")]);
        out.raw(&xml::escaped(&self.text));
        out.close("faultstring");
        if let Some(detail) = &self.detail {
            out.open("detail", &[]);
            out.raw(detail);
            out.close("detail");
        }
        out.close("s:Fault");
        out.finish()
    }
}

/// An answer as it is sent.
#[derive(Debug)]
pub struct Written {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Written {
    fn xml(status: StatusCode, body: String) -> Self {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("text/xml; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        Self {
            status,
            headers,
            body,
        }
    }

    /// The answer as the server sends it.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl Reply {
    /// The answer of an ERP operation.
    pub fn outcome(outcome: Outcome) -> Self {
        Self::Outcome(Box::new(outcome))
    }

    /// Writes the answer of a call.
    pub fn write(&self, call: &Call) -> Written {
        match self {
            Self::Document(text) => Written::xml(StatusCode::OK, text.clone()),
            Self::Fault(fault) => Written::xml(
                StatusCode::INTERNAL_SERVER_ERROR,
                xml::envelope(&fault.write()),
            ),
            Self::Status(status) => {
                let mut headers = HeaderMap::new();
                if *status == StatusCode::METHOD_NOT_ALLOWED {
                    headers.insert(ALLOW, HeaderValue::from_static("POST"));
                }
                Written {
                    status: *status,
                    headers,
                    body: String::new(),
                }
            }
            Self::Handshake(verdict) => {
                let body = match &call.called {
                    Some(Called::Mirroring(operation)) => mirroring::write(*operation, verdict),
                    _ => handshake::write(verdict, &call.names),
                };
                Written::xml(StatusCode::OK, xml::envelope(&body))
            }
            Self::Outcome(outcome) => {
                let body = result(outcome, call);
                Written::xml(StatusCode::OK, xml::envelope(&body))
            }
        }
    }
}

/// The result of an ERP operation, in the shape of its request.
fn result(outcome: &Outcome, call: &Call) -> String {
    let Some(Called::Erp(operation)) = call.called else {
        return String::new();
    };
    let mut out = Writer::default();
    let namespaces = [("xmlns", erp::NAMESPACE), ("xmlns:i", XSI)];
    if call.names.wrapped {
        let response = format!("{}Response", operation.name());
        let result = format!("{}Result", operation.name());
        out.open(&response, &namespaces[..1]);
        out.open(&result, &namespaces[1..]);
        erp::members(&mut out, outcome);
        out.close(&result);
        out.close(&response);
    } else {
        out.open(operation.result_class(), &namespaces);
        erp::members(&mut out, outcome);
        out.close(operation.result_class());
    }
    out.finish()
}
