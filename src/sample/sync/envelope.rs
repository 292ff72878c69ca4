//! SOAP 1.1 envelopes: what a message asks for, and with which request.

use roxmltree::Node;

use super::connector::{Call, Called, Connector, fault};
use super::erp::{self, Request};
use super::handshake::{self, Names};
use super::mirroring;
use super::reply::{Reply, SoapFault};
use super::xml::{self, SOAP};

/// Header that names the operation.
const ACTION: &str = "soapaction";

impl Connector {
    /// Reads the message of a call.
    pub fn read_envelope(&self, call: &mut Call) -> Result<(), Reply> {
        let text = std::mem::take(&mut call.text);
        let read = self.read_text(call, &text);
        call.text = text;
        read
    }

    fn read_text(&self, call: &mut Call, text: &str) -> Result<(), Reply> {
        let document = xml::parse(text, self.policy.allow_dtd)
            .map_err(|error| fault(SoapFault::client(error.to_string())))?;
        let root = document.root_element();
        if root.tag_name().name() != "Envelope" {
            return Err(fault(SoapFault::client("The message has no envelope.")));
        }
        if root.tag_name().namespace() != Some(SOAP) {
            let text = "The envelope is not one of SOAP 1.1.";
            return Err(fault(SoapFault::new("s:VersionMismatch", text)));
        }
        let header = xml::child(root, SOAP, "Header");
        if !self.policy.ignores_headers
            && let Some(header) = header
            && header.children().any(|entry| self.must_refuse(entry))
        {
            let text = "A header that must be understood is not understood.";
            return Err(fault(SoapFault::new("s:MustUnderstand", text)));
        }
        let body = xml::child(root, SOAP, "Body")
            .ok_or_else(|| fault(SoapFault::client("The envelope has no body.")))?;
        let mut content = body.children().filter(Node::is_element);
        let (Some(element), None) = (content.next(), content.next()) else {
            let text = "The body has to have exactly one element.";
            return Err(fault(SoapFault::client(text)));
        };
        let action = call.headers.get(ACTION);
        let action = action.and_then(|value| value.to_str().ok());
        let action = action.and_then(self.policy.action).unwrap_or_default();
        let called = self.called(action, element);
        let called = called.or_else(|| {
            let by_body = self.policy.dispatch_by_body;
            by_body.then(|| self.named(element.tag_name().name()))?
        });
        let called = called.ok_or_else(|| fault(SoapFault::unknown_action()))?;
        call.called = Some(called);
        self.read_request(call, called, header, element);
        Ok(())
    }

    /// Whether a header entry is meant for this service, must be understood and is
    /// not.
    fn must_refuse(&self, entry: Node<'_, '_>) -> bool {
        const NEXT: &str = "http://schemas.xmlsoap.org/soap/actor/next";
        let must = entry
            .attribute((SOAP, "mustUnderstand"))
            .is_some_and(|must| matches!(must.trim(), "1" | "true"));
        let for_us = entry
            .attribute((SOAP, "actor"))
            .is_none_or(|actor| actor.is_empty() || actor == NEXT);
        let understood = entry.tag_name().name() == "SignedToken"
            && (self.erp.is_some() || xml::is(entry, mirroring::NAMESPACE, "SignedToken"));
        must && for_us && !understood
    }

    /// What an action asks for, if the body's element is the one that belongs to it.
    fn called(&self, action: &str, element: Node<'_, '_>) -> Option<Called> {
        let name = element.tag_name().name();
        let in_namespace = |namespace: &str| {
            self.policy.any_namespace
                || element.tag_name().namespace().unwrap_or_default() == namespace
        };
        let Some(_) = &self.erp else {
            let prefix = format!("{}/{}/", mirroring::NAMESPACE, mirroring::INTERFACE);
            let operation = mirroring::Operation::named(action.strip_prefix(&prefix)?)?;
            let belongs = in_namespace(mirroring::NAMESPACE) && name.starts_with(operation.name());
            return belongs.then_some(Called::Mirroring(operation));
        };
        // The names of this contract are not published, so its namespace is free.
        let mut segments = action.rsplit('/');
        let last = (segments.next(), segments.next());
        if last == (Some(handshake::OPERATION), Some(handshake::INTERFACE)) {
            let known = matches!(name, "Authenticate" | "AuthenticationRequest");
            return known.then_some(Called::Authenticate);
        }
        let prefix = format!("{}/{}/", erp::NAMESPACE, erp::INTERFACE);
        let operation = erp::Operation::named(action.strip_prefix(&prefix)?)?;
        let belongs = name == operation.name() || name == operation.request_class();
        (belongs && in_namespace(erp::NAMESPACE)).then_some(Called::Erp(operation))
    }

    /// The operation that an element's name stands for.
    fn named(&self, name: &str) -> Option<Called> {
        let stem = name.trim_end_matches("Request");
        match &self.erp {
            None => mirroring::Operation::named(stem).map(Called::Mirroring),
            Some(_) if matches!(stem, "Authenticate" | "Authentication") => {
                Some(Called::Authenticate)
            }
            Some(_) => erp::Operation::named(name).map(Called::Erp),
        }
    }

    fn read_request(
        &self,
        call: &mut Call,
        called: Called,
        header: Option<Node<'_, '_>>,
        element: Node<'_, '_>,
    ) {
        match called {
            Called::Authenticate => {
                let token = handshake::token_in(header, element);
                call.names = Names::of(element, token);
                call.token = token.and_then(self.policy.token_text);
            }
            Called::Mirroring(_) => {
                let entry =
                    header.and_then(|node| xml::child(node, mirroring::NAMESPACE, "SignedToken"));
                call.token = entry.and_then(self.policy.token_text);
            }
            Called::Erp(operation) => {
                call.names.wrapped = element.tag_name().name() == operation.name();
                let carrier = match call.names.wrapped {
                    true => xml::child(element, erp::NAMESPACE, "request")
                        .filter(|carrier| !xml::is_nil(*carrier)),
                    false => Some(element),
                };
                call.request = carrier.map(Request::read).unwrap_or_default();
            }
        }
    }
}
