//! WSDL 1.1: written for partners, and read for the names that a connector has.
//!
//! [`document`] writes one document with everything inline, as WCF does for
//! `?singleWsdl`. [`read`] takes the documents that a connector publishes, of whatever
//! stack, and finds the names under which each interface is spoken; [`imports`] tells
//! which other documents have to be fetched first.

mod differences;
mod read;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::xsd::{Model, schema};
use super::{Binding, Operation, Soap, WireNames, escape};

pub use self::differences::differences;
pub use self::read::{imports, read};

/// Namespace of WSDL 1.1.
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// Namespace of its bindings to SOAP 1.1.
const SOAP11: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
/// Namespace of the actions that WCF notes at messages.
const ADDRESSING: &str = "http://www.w3.org/2006/05/addressing/wsdl";
/// Transport of bindings.
const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

/// A WSDL of the bindings that have names: schemas, messages, port types, bindings to
/// SOAP 1.1 (document/literal) and one service at `address` with a port for each.
///
/// The document has the namespace of the interface with the most operations; elements
/// and actions have their own.
pub fn document(soap: &Soap, names: &BTreeMap<String, WireNames>, address: &str) -> String {
    let spoken: Vec<Spoken<'_>> = soap
        .bindings()
        .filter_map(|binding| {
            Some(Spoken {
                binding,
                names: names.get(&binding.name)?,
                operations: soap
                    .operations()
                    .filter(|operation| operation.binding == binding.name)
                    .collect(),
            })
        })
        .collect();
    let main = spoken
        .iter()
        .rev()
        .max_by_key(|spoken| spoken.operations.len());
    let Some(main) = main else {
        return String::new();
    };
    let interface = &main.binding.interface;
    let mut writer = Writer {
        soap,
        service: interface.strip_prefix('I').unwrap_or(interface).to_owned(),
        target: main.names.namespace.clone(),
        spaces: BTreeSet::new(),
        out: String::new(),
    };
    for spoken in &spoken {
        writer.spaces.insert(spoken.names.namespace.clone());
    }
    writer.spaces.remove(&writer.target);
    writer.definitions(&spoken, &Model::new(soap, names), address);
    writer.out
}

/// An interface with the names that it has.
struct Spoken<'s> {
    binding: &'s Binding,
    names: &'s WireNames,
    operations: Vec<&'s Operation>,
}

struct Writer<'s> {
    soap: &'s Soap,
    service: String,
    target: String,
    /// Namespaces of operations other than the target namespace.
    spaces: BTreeSet<String>,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(indent));
    }

    fn prefix(&self, namespace: &str) -> String {
        let place = self.spaces.iter().position(|space| space == namespace);
        place.map_or("tns".to_owned(), |place| format!("i{place}"))
    }

    fn definitions(&mut self, all: &[Spoken<'_>], model: &Model, address: &str) {
        self.line(0, "<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        let target = escape(&self.target);
        let mut root = format!(
            "<wsdl:definitions name=\"{}\" targetNamespace=\"{target}\" xmlns:tns=\"{target}\" \
             xmlns:wsdl=\"{WSDL}\" xmlns:soap=\"{SOAP11}\" xmlns:wsaw=\"{ADDRESSING}\"",
            self.service
        );
        for space in &self.spaces {
            let _ = write!(root, " xmlns:{}=\"{}\"", self.prefix(space), escape(space));
        }
        root.push('>');
        self.line(0, &root);
        self.line(1, "<wsdl:types>");
        for namespace in model.parts.keys() {
            self.out.push_str(&schema(model, namespace, 2));
        }
        self.line(1, "</wsdl:types>");
        for spoken in all {
            self.messages(spoken);
        }
        for spoken in all {
            self.port_type(spoken);
        }
        for spoken in all {
            self.binding(spoken);
        }
        self.line(1, &format!("<wsdl:service name=\"{}\">", self.service));
        for spoken in all {
            let name = binding_name(spoken.binding);
            let port = format!("<wsdl:port name=\"{name}\" binding=\"tns:{name}\">");
            self.line(2, &port);
            let location = format!("<soap:address location=\"{}\"/>", escape(address));
            self.line(3, &location);
            self.line(2, "</wsdl:port>");
        }
        self.line(1, "</wsdl:service>");
        self.line(0, "</wsdl:definitions>");
    }

    /// Names of the members that an operation has in the header.
    fn headers(&self, operation: &Operation) -> Vec<String> {
        let carrier = operation.request.as_deref().unwrap_or_default();
        let members = self.soap.members(carrier).into_iter();
        members
            .filter(|member| member.header)
            .map(|member| member.name.clone())
            .collect()
    }

    fn messages(&mut self, spoken: &Spoken<'_>) {
        let prefix = self.prefix(&spoken.names.namespace);
        for operation in &spoken.operations {
            let bodies = [
                ("Input", spoken.names.request_body(operation).to_owned()),
                ("Output", spoken.names.response_body(operation)),
            ];
            for (way, element) in bodies {
                let name = message(spoken.binding, operation, way);
                let part = ("parameters".to_owned(), element);
                self.message(&name, &prefix, &[part]);
            }
            let parts: Vec<(String, String)> = self
                .headers(operation)
                .into_iter()
                .map(|name| (name.clone(), name))
                .collect();
            if !parts.is_empty() {
                let name = message(spoken.binding, operation, "Headers");
                self.message(&name, &prefix, &parts);
            }
        }
    }

    fn message(&mut self, name: &str, prefix: &str, parts: &[(String, String)]) {
        self.line(1, &format!("<wsdl:message name=\"{name}\">"));
        for (part, element) in parts {
            let part = format!("<wsdl:part name=\"{part}\" element=\"{prefix}:{element}\"/>");
            self.line(2, &part);
        }
        self.line(1, "</wsdl:message>");
    }

    fn port_type(&mut self, spoken: &Spoken<'_>) {
        let name = &spoken.binding.interface;
        self.line(1, &format!("<wsdl:portType name=\"{name}\">"));
        for operation in &spoken.operations {
            self.line(2, &format!("<wsdl:operation name=\"{}\">", operation.name));
            let action = escape(&spoken.names.action(&operation.name));
            for (tag, way, suffix) in [("input", "Input", ""), ("output", "Output", "Response")] {
                let message = message(spoken.binding, operation, way);
                // An operation without an action has none for its answer either.
                let action = match action.as_str() {
                    "" => String::new(),
                    action => format!(" wsaw:Action=\"{action}{suffix}\""),
                };
                let line = format!("<wsdl:{tag}{action} message=\"tns:{message}\"/>");
                self.line(3, &line);
            }
            self.line(2, "</wsdl:operation>");
        }
        self.line(1, "</wsdl:portType>");
    }

    fn binding(&mut self, spoken: &Spoken<'_>) {
        let open = format!(
            "<wsdl:binding name=\"{}\" type=\"tns:{}\">",
            binding_name(spoken.binding),
            spoken.binding.interface
        );
        self.line(1, &open);
        self.line(2, &format!("<soap:binding transport=\"{HTTP}\"/>"));
        for operation in &spoken.operations {
            self.line(2, &format!("<wsdl:operation name=\"{}\">", operation.name));
            let action = escape(&spoken.names.action(&operation.name));
            let line = format!("<soap:operation soapAction=\"{action}\" style=\"document\"/>");
            self.line(3, &line);
            self.line(3, "<wsdl:input>");
            for header in self.headers(operation) {
                let line = format!(
                    "<soap:header message=\"tns:{}\" part=\"{header}\" use=\"literal\"/>",
                    message(spoken.binding, operation, "Headers")
                );
                self.line(4, &line);
            }
            self.line(4, "<soap:body use=\"literal\"/>");
            self.line(3, "</wsdl:input>");
            self.line(3, "<wsdl:output>");
            self.line(4, "<soap:body use=\"literal\"/>");
            self.line(3, "</wsdl:output>");
            self.line(2, "</wsdl:operation>");
        }
        self.line(1, "</wsdl:binding>");
    }
}

fn message(binding: &Binding, operation: &Operation, way: &str) -> String {
    let kind = if way == "Headers" { "" } else { "Message" };
    format!("{}_{}_{way}{kind}", binding.interface, operation.name)
}

fn binding_name(binding: &Binding) -> String {
    format!("BasicHttpBinding_{}", binding.interface)
}
