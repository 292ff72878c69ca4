//! The published description: WSDL 1.1 with XML schemas, laid out as WCF does it.
//!
//! `?wsdl` refers to the schemas by address, `?singleWsdl` has everything in one
//! document.

use super::Role;
use super::erp;
use super::handshake;
use super::mirroring;
use super::xml::{ARRAYS, escaped};

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP_BINDING: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// The documents by the query that asks for them.
#[derive(Debug)]
pub struct Documents(Vec<(String, String)>);

impl Documents {
    /// The documents of an endpoint.
    pub fn new(role: Role, address: &str) -> Self {
        let description = match role {
            Role::ErpSync => erp_sync(),
            Role::Mirroring => mirroring(),
        };
        let mut documents = vec![
            ("wsdl".to_owned(), description.write(address, false)),
            ("singlewsdl".to_owned(), description.write(address, true)),
        ];
        for (at, schema) in description.schemas.iter().enumerate() {
            let text = schema.write(&description.schemas, Some(address));
            documents.push((format!("xsd=xsd{at}"), text));
        }
        Self(documents)
    }

    /// The document that a query asks for.
    pub fn named(&self, query: &str) -> Option<&str> {
        let query = query.to_ascii_lowercase();
        let found = self.0.iter().find(|(name, _)| *name == query);
        found.map(|(_, text)| text.as_str())
    }
}

/// What an endpoint offers.
struct Description {
    service: &'static str,
    namespace: &'static str,
    schemas: Vec<Schema>,
    contracts: Vec<Contract>,
}

/// The schema of one namespace.
struct Schema {
    namespace: &'static str,
    /// Namespaces that it refers to, by prefix.
    uses: Vec<(&'static str, &'static str)>,
    body: String,
}

/// A service contract with its operations.
struct Contract {
    interface: &'static str,
    namespace: &'static str,
    operations: Vec<Operation>,
}

struct Operation {
    name: String,
    /// Local names of the elements in the body, in the contract's namespace.
    input: String,
    output: String,
    /// Header element, if there is one.
    header: Option<&'static str>,
}

fn erp_sync() -> Description {
    let mut erp_body = include_str!("wsdl/erp-types.xml").to_owned();
    for operation in erp::Operation::ALL {
        let name = operation.name();
        let request = match operation.request_class() {
            "" => String::new(),
            class => member("request", &format!("n:{class}")),
        };
        erp_body.push_str(&element(&name, &request));
        let result = member(
            &format!("{name}Result"),
            &format!("n:{}", operation.result_class()),
        );
        erp_body.push_str(&element(&format!("{name}Response"), &result));
    }
    let carrier = |name: &str, members: &str| {
        format!(
            "<xs:complexType name=\"{name}\"><xs:sequence>{members}</xs:sequence></xs:complexType>"
        )
    };
    let request = carrier("AuthenticationRequest", &member("SignedToken", "xs:string"));
    let response = [
        member("Reason", "xs:string"),
        member("SignedApplicationToken", "xs:string"),
        "<xs:element minOccurs=\"0\" name=\"Succeeded\" type=\"xs:boolean\"/>".to_owned(),
    ];
    let response = carrier("AuthenticationResponse", &response.concat());
    let wrappers = [
        element(
            "Authenticate",
            &member("request", "d:AuthenticationRequest"),
        ),
        element(
            "AuthenticateResponse",
            &member("AuthenticateResult", "d:AuthenticationResponse"),
        ),
    ];
    Description {
        service: "ErpConnectorWS",
        namespace: erp::NAMESPACE,
        schemas: vec![
            Schema {
                namespace: erp::NAMESPACE,
                uses: vec![("n", erp::NAMESPACE), ("b", ARRAYS)],
                body: erp_body,
            },
            Schema {
                namespace: ARRAYS,
                uses: Vec::new(),
                body: include_str!("wsdl/arrays.xml").to_owned(),
            },
            Schema {
                namespace: handshake::NAMESPACE,
                uses: vec![("d", handshake::DATA_NAMESPACE)],
                body: wrappers.concat(),
            },
            Schema {
                namespace: handshake::DATA_NAMESPACE,
                uses: Vec::new(),
                body: request + &response,
            },
        ],
        contracts: vec![
            Contract {
                interface: erp::INTERFACE,
                namespace: erp::NAMESPACE,
                operations: erp::Operation::ALL
                    .iter()
                    .map(|operation| Operation::wrapped(operation.name()))
                    .collect(),
            },
            Contract {
                interface: handshake::INTERFACE,
                namespace: handshake::NAMESPACE,
                operations: vec![Operation::wrapped(handshake::OPERATION.to_owned())],
            },
        ],
    }
}

fn mirroring() -> Description {
    let flag = "<xs:element minOccurs=\"0\" name=\"IsSuccessful\" type=\"xs:boolean\"/>";
    let text = |name: &&str| member(name, "xs:string");
    let texts = |names: &[&str]| names.iter().map(text).collect::<String>();
    let mut body =
        "<xs:element name=\"SignedToken\" nillable=\"true\" type=\"xs:string\"/>".to_owned();
    let mut operations = Vec::new();
    for operation in mirroring::Operation::ALL {
        let name = operation.name();
        let input = format!("{name}Request");
        let output = format!("{name}Response");
        let (request, response) = match operation {
            mirroring::Operation::Authenticate => (
                texts(&["ClientState"]),
                texts(&[
                    "ErrorMessage",
                    "SignedApplicationToken",
                    "SupportedInterfaces",
                    "SuperOfficeMirroringBuild",
                    "ClientState",
                    "AdditionalInformationJson",
                ]),
            ),
            _ => (String::new(), texts(&["ErrorMessage"])),
        };
        body.push_str(&element(&input, &request));
        body.push_str(&element(&output, &format!("{flag}{response}")));
        operations.push(Operation {
            name: name.to_owned(),
            input,
            output,
            header: Some("SignedToken"),
        });
    }
    Description {
        service: "MirroringService",
        namespace: mirroring::NAMESPACE,
        schemas: vec![Schema {
            namespace: mirroring::NAMESPACE,
            uses: Vec::new(),
            body,
        }],
        contracts: vec![Contract {
            interface: mirroring::INTERFACE,
            namespace: mirroring::NAMESPACE,
            operations,
        }],
    }
}

/// A member of a sequence that may be absent or nil.
fn member(name: &str, kind: &str) -> String {
    format!("<xs:element minOccurs=\"0\" name=\"{name}\" nillable=\"true\" type=\"{kind}\"/>")
}

/// A global element with a sequence of members.
fn element(name: &str, members: &str) -> String {
    format!(
        "<xs:element name=\"{name}\"><xs:complexType><xs:sequence>{members}</xs:sequence>\
         </xs:complexType></xs:element>"
    )
}

impl Operation {
    /// An operation whose elements are named after it.
    fn wrapped(name: String) -> Self {
        Self {
            input: name.clone(),
            output: format!("{name}Response"),
            name,
            header: None,
        }
    }
}

impl Schema {
    /// The schema, with the addresses of the others when there is one to begin with.
    fn write(&self, others: &[Self], address: Option<&str>) -> String {
        let mut prefixes = String::new();
        let mut imports = String::new();
        for (prefix, namespace) in &self.uses {
            prefixes.push_str(&format!(" xmlns:{prefix}=\"{namespace}\""));
            if *namespace != self.namespace {
                let at = others
                    .iter()
                    .position(|other| other.namespace == *namespace);
                let location = address.zip(at).map(|(address, at)| {
                    format!(
                        " schemaLocation=\"{}\"",
                        escaped(&format!("{address}?xsd=xsd{at}"))
                    )
                });
                let location = location.unwrap_or_default();
                imports.push_str(&format!("<xs:import{location} namespace=\"{namespace}\"/>"));
            }
        }
        format!(
            "<xs:schema xmlns:xs=\"{XSD}\"{prefixes} targetNamespace=\"{}\" \
             elementFormDefault=\"qualified\">{imports}{}</xs:schema>",
            self.namespace, self.body
        )
    }
}

impl Description {
    fn write(&self, address: &str, single: bool) -> String {
        let types = if single {
            let schemas = self.schemas.iter();
            schemas
                .map(|schema| schema.write(&self.schemas, None))
                .collect()
        } else {
            let import = |(at, schema): (usize, &Schema)| {
                let location = escaped(&format!("{address}?xsd=xsd{at}"));
                format!(
                    "<xs:import schemaLocation=\"{location}\" namespace=\"{}\"/>",
                    schema.namespace
                )
            };
            let imports: String = self.schemas.iter().enumerate().map(import).collect();
            format!(
                "<xs:schema xmlns:xs=\"{XSD}\" targetNamespace=\"{}/Imports\">{imports}</xs:schema>",
                self.namespace
            )
        };
        let parts = [
            Contract::messages as fn(&Contract) -> String,
            Contract::port_type,
            Contract::binding,
        ];
        let contracts = parts.map(|part| self.contracts.iter().map(part).collect::<String>());
        let ports = self.contracts.iter().map(|contract| {
            format!(
                "<wsdl:port name=\"BasicHttpBinding_{0}\" binding=\"tns:BasicHttpBinding_{0}\">\
                 <soap:address location=\"{1}\"/></wsdl:port>",
                contract.interface,
                escaped(address)
            )
        });
        format!(
            "<wsdl:definitions name=\"{service}\" targetNamespace=\"{namespace}\" \
             xmlns:wsdl=\"{WSDL}\" xmlns:soap=\"{SOAP_BINDING}\" xmlns:tns=\"{namespace}\">\
             <wsdl:types>{types}</wsdl:types>{contracts}\
             <wsdl:service name=\"{service}\">{ports}</wsdl:service></wsdl:definitions>",
            service = self.service,
            namespace = self.namespace,
            contracts = contracts.concat(),
            ports = ports.collect::<String>(),
        )
    }
}

impl Contract {
    fn action(&self, operation: &Operation) -> String {
        let slash = if self.namespace.ends_with('/') {
            ""
        } else {
            "/"
        };
        format!(
            "{}{slash}{}/{}",
            self.namespace, self.interface, operation.name
        )
    }

    /// Name of a message, such as `IErpConnectorWS_WSGetActors_InputMessage`.
    fn message(&self, operation: &Operation, part: &str) -> String {
        format!("{}_{}_{part}", self.interface, operation.name)
    }

    fn messages(&self) -> String {
        let one = |name: String, part: &str, element: &str| {
            format!(
                "<wsdl:message name=\"{name}\"><wsdl:part xmlns:q=\"{}\" name=\"{part}\" \
                 element=\"q:{element}\"/></wsdl:message>",
                self.namespace
            )
        };
        let all = self.operations.iter().map(|operation| {
            let name = |part| self.message(operation, part);
            let mut text = one(name("InputMessage"), "parameters", &operation.input);
            if let Some(header) = operation.header {
                text.push_str(&one(name("InputMessage_Headers"), header, header));
            }
            text + &one(name("OutputMessage"), "parameters", &operation.output)
        });
        all.collect()
    }

    fn port_type(&self) -> String {
        const ADDRESSING: &str = "http://www.w3.org/2006/05/addressing/wsdl";
        let all = self.operations.iter().map(|operation| {
            let action = self.action(operation);
            format!(
                "<wsdl:operation name=\"{}\">\
                 <wsdl:input wsaw:Action=\"{action}\" message=\"tns:{}\"/>\
                 <wsdl:output wsaw:Action=\"{action}Response\" message=\"tns:{}\"/>\
                 </wsdl:operation>",
                operation.name,
                self.message(operation, "InputMessage"),
                self.message(operation, "OutputMessage"),
            )
        });
        format!(
            "<wsdl:portType name=\"{}\" xmlns:wsaw=\"{ADDRESSING}\">{}</wsdl:portType>",
            self.interface,
            all.collect::<String>()
        )
    }

    fn binding(&self) -> String {
        let all = self.operations.iter().map(|operation| {
            let header = operation.header.map(|part| {
                let message = self.message(operation, "InputMessage_Headers");
                format!("<soap:header message=\"tns:{message}\" part=\"{part}\" use=\"literal\"/>")
            });
            format!(
                "<wsdl:operation name=\"{}\">\
                 <soap:operation soapAction=\"{}\" style=\"document\"/>\
                 <wsdl:input>{}<soap:body use=\"literal\"/></wsdl:input>\
                 <wsdl:output><soap:body use=\"literal\"/></wsdl:output></wsdl:operation>",
                operation.name,
                self.action(operation),
                header.unwrap_or_default(),
            )
        });
        format!(
            "<wsdl:binding name=\"BasicHttpBinding_{0}\" type=\"tns:{0}\">\
             <soap:binding transport=\"{HTTP}\"/>{1}</wsdl:binding>",
            self.interface,
            all.collect::<String>()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::sync::xml;

    #[test]
    fn every_document_is_well_formed_and_every_reference_leads_somewhere() {
        for role in [Role::ErpSync, Role::Mirroring] {
            let documents = Documents::new(role, "https://127.0.0.1:1/x.svc");
            for (name, text) in &documents.0 {
                let document = xml::parse(text, false);
                let document = document.unwrap_or_else(|error| panic!("{name}: {error}"));
                let named = |kind: &str| -> Vec<String> {
                    let nodes = document.descendants().filter(|node| node.is_element());
                    nodes
                        .filter(|node| node.tag_name().name() == kind)
                        .filter_map(|node| node.attribute("name").map(str::to_owned))
                        .collect()
                };
                let messages = named("message");
                for node in document.descendants() {
                    if let Some(message) = node.attribute("message") {
                        let local = message.trim_start_matches("tns:").to_owned();
                        assert!(messages.contains(&local), "{name}: {message}");
                    }
                }
            }
            let single = documents.named("singleWsdl").unwrap_or_default();
            assert!(!single.contains("schemaLocation"));
        }
        let sync = Documents::new(Role::ErpSync, "https://127.0.0.1:1/x.svc");
        let single = sync.named("singlewsdl").unwrap_or_default();
        assert_eq!(single.matches("<soap:operation ").count(), 18);
        assert!(sync.named("xsd=xsd3").is_some() && sync.named("xsd=xsd4").is_none());
    }
}
