//! SOAP 1.1 as WCF's BasicHttpBinding speaks it: messages built from JSON and read
//! into JSON, by a description.
//!
//! The description is an OpenAPI document whose schemas describe the carriers, with an
//! `x-soap` extension for what JSON does not know: interfaces, shapes and namespaces
//! ([`Soap::read`]). From it come the messages ([`encode`], [`decode`]), and the XSD and
//! WSDL that partners get ([`xsd`], [`wsdl`]). An answer becomes the JSON value that its
//! schema describes, so that judgements and captures need not know where it came from.
//!
//! Carriers are those of the DataContractSerializer: members in the order base class
//! first, then by ordinal name; lists and dictionaries in the namespace of its arrays;
//! absent and nil members alike. An answer is read twice, by name and forward-only:
//! what the second pass loses is what WCF loses without an error.
//!
//! The module knows nothing about any particular contract, and does no I/O.

pub mod decode;
pub mod encode;
mod names;
pub mod wsdl;
mod xml;
pub mod xsd;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::Api;

pub use self::names::{Origin, WireNames, WireOverrides};
pub use self::xml::escape;

/// Namespace of SOAP 1.1 envelopes.
pub const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of `nil` and `type`.
pub const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Namespace of lists and dictionaries of the DataContractSerializer.
pub const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
/// Element of a dictionary item from text to text.
pub const KEY_VALUE: &str = "KeyValueOfstringstring";

/// Interfaces, operations and carriers of a description.
#[derive(Debug, Clone)]
pub struct Soap {
    bindings: BTreeMap<String, Binding>,
    operations: Vec<Operation>,
    carriers: BTreeMap<String, Carrier>,
}

/// An interface, with the wire profiles under which it may be spoken.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Name in the description and in target files.
    pub name: String,
    /// Name of the service contract, such as `ICalculator`.
    pub interface: String,
    /// In the order in which they are tried.
    pub wires: Vec<WireProfile>,
}

/// Names that are assumed when nobody says otherwise.
#[derive(Debug, Clone)]
pub struct WireProfile {
    pub name: String,
    pub shape: Shape,
    /// Namespace of operations.
    pub namespace: String,
    /// Namespace of the members of carriers.
    pub data_namespace: String,
}

/// How carriers stand in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `Op/request/…` and `OpResponse/OpResult/…`.
    Wrapped,
    /// The carrier itself, as element of its own name.
    Bare,
}

impl Shape {
    pub fn name(self) -> &'static str {
        match self {
            Self::Wrapped => "wrapped",
            Self::Bare => "bare",
        }
    }

    /// Reads `wrapped` or `bare`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Wrapped, Self::Bare]
            .into_iter()
            .find(|shape| shape.name() == text)
    }
}

/// An operation of an interface.
#[derive(Debug, Clone)]
pub struct Operation {
    pub name: String,
    /// Name of its binding.
    pub binding: String,
    /// Carrier of the request; none for an operation without parameter.
    pub request: Option<String>,
    /// Carrier of the result.
    pub response: String,
}

/// A class of members.
#[derive(Debug, Clone)]
pub struct Carrier {
    pub name: String,
    /// Carrier whose members come first.
    pub base: Option<String>,
    /// Its own members, in wire order.
    pub members: Vec<Member>,
}

/// A member of a carrier.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    pub kind: Kind,
    /// A reference type: may be nil.
    pub nillable: bool,
    /// Travels in the SOAP header.
    pub header: bool,
}

/// Type of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Text,
    Boolean,
    Int,
    /// Names of an enum, with the name of its type.
    Enum {
        name: String,
        values: Vec<String>,
    },
    /// A list of texts.
    Texts,
    /// A list of carriers.
    Carriers(String),
    /// A dictionary from text to text.
    Map,
    /// A carrier.
    Carrier(String),
}

impl Soap {
    /// The SOAP part of a description; `None` when it has none. `Err` lists what is
    /// wrong with it.
    pub fn read(api: &Api) -> Result<Option<Self>, Vec<String>> {
        let document = api.document();
        let Some(extension) = document.get("x-soap") else {
            return Ok(None);
        };
        let mut reader = Reader {
            document,
            problems: Vec::new(),
        };
        let bindings = reader.bindings(extension);
        let operations: Vec<Operation> = api
            .operations()
            .filter_map(|operation| reader.operation(operation, &bindings))
            .collect();
        let carriers = reader.carriers();
        let soap = Self {
            bindings,
            operations,
            carriers,
        };
        for operation in &soap.operations {
            for name in operation.request.iter().chain([&operation.response]) {
                if !soap.carriers.contains_key(name) {
                    reader.problems.push(format!(
                        "{}: carrier {name} is not an object schema",
                        operation.name
                    ));
                }
            }
        }
        match reader.problems.is_empty() {
            true => Ok(Some(soap)),
            false => Err(reader.problems),
        }
    }

    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.values()
    }

    pub fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)
    }

    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
    }

    pub fn carriers(&self) -> impl Iterator<Item = &Carrier> {
        self.carriers.values()
    }

    pub fn carrier(&self, name: &str) -> Option<&Carrier> {
        self.carriers.get(name)
    }

    /// All members of a carrier in wire order: those of its base classes first.
    pub fn members(&self, carrier: &str) -> Vec<&Member> {
        let mut lineage = Vec::new();
        let mut next = self.carriers.get(carrier);
        while let Some(carrier) = next {
            // A circle of base classes was refused when the description was read.
            lineage.push(carrier);
            next = carrier
                .base
                .as_ref()
                .and_then(|base| self.carriers.get(base))
                .filter(|base| !lineage.iter().any(|known| known.name == base.name));
        }
        lineage
            .into_iter()
            .rev()
            .flat_map(|carrier| &carrier.members)
            .collect()
    }
}

/// Reads the extension and the schemas, and collects what is wrong.
struct Reader<'a> {
    document: &'a Value,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn bindings(&mut self, extension: &Value) -> BTreeMap<String, Binding> {
        let mut bindings = BTreeMap::new();
        let listed = extension.get("bindings").and_then(Value::as_object);
        for (name, node) in listed.into_iter().flatten() {
            let interface = node.get("interface").and_then(Value::as_str);
            let wires: Vec<WireProfile> = node
                .get("wires")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(wire_profile)
                .collect();
            match interface {
                Some(interface) if !wires.is_empty() => {
                    let binding = Binding {
                        name: name.clone(),
                        interface: interface.to_owned(),
                        wires,
                    };
                    bindings.insert(name.clone(), binding);
                }
                _ => self.problems.push(format!(
                    "x-soap: binding {name} needs `interface`, and `wires` with name, shape, namespace and data_namespace"
                )),
            }
        }
        if bindings.is_empty() && self.problems.is_empty() {
            self.problems
                .push("x-soap needs `bindings` with at least one interface".to_owned());
        }
        bindings
    }

    fn operation(
        &mut self,
        operation: &crate::api::Operation,
        bindings: &BTreeMap<String, Binding>,
    ) -> Option<Operation> {
        let name = operation.name.clone();
        let binding = operation
            .extensions
            .get("x-soap")
            .and_then(|extension| extension.get("binding"))
            .and_then(Value::as_str)
            .filter(|binding| bindings.contains_key(*binding));
        let Some(binding) = binding else {
            self.problems.push(format!(
                "{name}: `x-soap: {{ binding: … }}` names one of the bindings"
            ));
            return None;
        };
        let node = self.document.pointer(&operation.pointer)?;
        let request = node
            .get("requestBody")
            .map(|body| self.resolve(body))
            .and_then(content_schema);
        let answer = node
            .pointer("/responses/200")
            .map(|response| self.resolve(response))
            .and_then(content_schema);
        let Some(response) = answer.and_then(component) else {
            self.problems.push(format!(
                "{name}: the response 200 needs a carrier of components/schemas"
            ));
            return None;
        };
        Some(Operation {
            name,
            binding: binding.to_owned(),
            request: request.and_then(component),
            response,
        })
    }

    fn carriers(&mut self) -> BTreeMap<String, Carrier> {
        let document = self.document;
        let schemas = document
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        let mut carriers = BTreeMap::new();
        for (name, schema) in schemas.into_iter().flatten() {
            if schema.get("properties").is_none() && schema.get("allOf").is_none() {
                continue;
            }
            let mut base = None;
            let mut members = Vec::new();
            let parts = match schema.get("allOf").and_then(Value::as_array) {
                Some(parts) => parts.iter().collect(),
                None => vec![schema],
            };
            for part in parts {
                if let Some(other) = component(part) {
                    base = Some(other);
                    continue;
                }
                let properties = part.get("properties").and_then(Value::as_object);
                for (member, node) in properties.into_iter().flatten() {
                    members.extend(self.member(name, member, node));
                }
            }
            let carrier = Carrier {
                name: name.clone(),
                base,
                members,
            };
            carriers.insert(name.clone(), carrier);
        }
        for carrier in carriers.values() {
            let mut seen = vec![&carrier.name];
            let mut next = carrier.base.as_ref();
            while let Some(name) = next {
                if seen.contains(&name) || !carriers.contains_key(name) {
                    self.problems.push(format!(
                        "{}: its base {name} is no carrier, or the bases run in a circle",
                        carrier.name
                    ));
                    break;
                }
                seen.push(name);
                next = carriers.get(name).and_then(|base| base.base.as_ref());
            }
        }
        carriers
    }

    fn member(&mut self, carrier: &str, name: &str, node: &'a Value) -> Option<Member> {
        let kind = self.kind(node);
        let Some(kind) = kind else {
            self.problems.push(format!(
                "{carrier}.{name}: its schema is none that a carrier can have"
            ));
            return None;
        };
        let nillable = !matches!(kind, Kind::Boolean | Kind::Int | Kind::Enum { .. });
        Some(Member {
            name: name.to_owned(),
            kind,
            nillable,
            header: node.get("x-soap-header") == Some(&Value::Bool(true)),
        })
    }

    fn kind(&self, node: &'a Value) -> Option<Kind> {
        if let Some(name) = component(node) {
            return self.named(name);
        }
        // `anyOf: [{$ref}, {type: null}]` is how a nillable carrier is written.
        for word in ["anyOf", "oneOf"] {
            if let Some(parts) = node.get(word).and_then(Value::as_array) {
                return parts
                    .iter()
                    .find_map(component)
                    .and_then(|name| self.named(name));
            }
        }
        if let Some(values) = node.get("enum").and_then(Value::as_array) {
            return Some(Kind::Enum {
                name: String::new(),
                values: texts(values),
            });
        }
        match self.types(node).as_slice() {
            ["string"] => Some(Kind::Text),
            ["boolean"] => Some(Kind::Boolean),
            ["integer"] => Some(Kind::Int),
            ["array"] => {
                let items = node.get("items")?;
                match component(items) {
                    Some(name) => match self.named(name)? {
                        Kind::Carrier(name) => Some(Kind::Carriers(name)),
                        Kind::Text => Some(Kind::Texts),
                        _ => None,
                    },
                    None => (self.types(items) == ["string"]).then_some(Kind::Texts),
                }
            }
            ["object"] => node.get("additionalProperties").map(|_| Kind::Map),
            _ => None,
        }
    }

    fn named(&self, name: String) -> Option<Kind> {
        let schema = self
            .document
            .pointer(&format!("/components/schemas/{name}"))?;
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Some(Kind::Enum {
                name,
                values: texts(values),
            });
        }
        if schema.get("properties").is_some() || schema.get("allOf").is_some() {
            return Some(Kind::Carrier(name));
        }
        self.kind(schema)
    }

    /// Types of a schema without null.
    fn types(&self, node: &'a Value) -> Vec<&'a str> {
        let all: Vec<&str> = match node.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        all.into_iter().filter(|kind| *kind != "null").collect()
    }

    fn resolve(&self, node: &'a Value) -> &'a Value {
        node.get("$ref")
            .and_then(Value::as_str)
            .and_then(|target| self.document.pointer(target.strip_prefix('#')?))
            .unwrap_or(node)
    }
}

fn wire_profile(node: &Value) -> Option<WireProfile> {
    let text = |name: &str| node.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(WireProfile {
        name: text("name")?,
        shape: Shape::parse(&text("shape")?)?,
        namespace: text("namespace")?,
        data_namespace: text("data_namespace")?,
    })
}

/// The schema of the first media type.
fn content_schema(node: &Value) -> Option<&Value> {
    let content = node.get("content")?.as_object()?;
    content.values().next()?.get("schema")
}

/// Name of the component that a schema refers to.
fn component(node: &Value) -> Option<String> {
    node.get("$ref")?
        .as_str()?
        .strip_prefix("#/components/schemas/")
        .map(str::to_owned)
}

fn texts(values: &[Value]) -> Vec<String> {
    let texts = values.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
