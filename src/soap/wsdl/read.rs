//! The names that a connector's WSDL has for the interfaces of a description.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};

use super::types::{Content, Declared, Schemas};
use super::{SOAP11, WSDL};
use crate::soap::decode::Issue;
use crate::soap::xml::{elements, local, namespace, parse};
use crate::soap::{Binding, Kind, Operation, Origin, Shape, Soap, WireNames, xsd};

/// The locations of other documents that a WSDL or a schema names, as they are written:
/// relative ones are relative to the document.
pub fn imports(text: &str) -> Result<Vec<String>, String> {
    let document = parse(plain(text)).map_err(|issue| refused(&issue))?;
    let mut found: Vec<String> = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        let attribute = match (namespace(node), local(node)) {
            (WSDL, "import") => "location",
            (xsd::NAMESPACE, "import" | "include" | "redefine") => "schemaLocation",
            _ => continue,
        };
        if let Some(location) = node.attribute(attribute).map(str::trim)
            && !location.is_empty()
            && !found.iter().any(|known| known == location)
        {
            found.push(location.to_owned());
        }
    }
    Ok(found)
}

/// The names that the documents have for the bindings of a description; `documents` are
/// locations and texts, the WSDL itself first.
///
/// An interface is the port type of its name, else the one that has most of its
/// operations, since connectors name services freely; a binding without a port type is
/// absent. Where a WSDL leaves something open, such as a binding to SOAP 1.1 or the
/// order of members, the names are the usual ones. Imported documents that cannot be
/// read are left out. `Err` says that the WSDL itself cannot be read, or that an
/// interface is bound in a style that the profile does not speak.
pub fn read(
    soap: &Soap,
    documents: &[(String, String)],
) -> Result<BTreeMap<String, WireNames>, String> {
    let mut parsed: Vec<Document<'_>> = Vec::with_capacity(documents.len());
    for (number, (location, text)) in documents.iter().enumerate() {
        match parse(plain(text)) {
            Ok(document) => parsed.push(document),
            Err(issue) if number == 0 => return Err(format!("{location}: {}", refused(&issue))),
            // Servers answer with pages where they have no such document.
            Err(_) => {}
        }
    }
    let roots: Vec<Node<'_, '_>> = parsed.iter().map(Document::root_element).collect();
    let wsdl = Wsdl {
        soap,
        schemas: Schemas::new(&roots),
        definitions: roots
            .into_iter()
            .filter(|root| is_wsdl(*root, "definitions"))
            .collect(),
    };
    let place = documents.first().map(|(location, _)| location.as_str());
    let mut names = BTreeMap::new();
    for binding in soap.bindings() {
        if let Some(found) = wsdl.binding(binding, place.unwrap_or_default())? {
            names.insert(binding.name.clone(), found);
        }
    }
    Ok(names)
}

fn plain(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn refused(issue: &Issue) -> String {
    format!("{} is due, not {}", issue.expected, issue.actual)
}

fn is_wsdl(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && local(node) == name && namespace(node) == WSDL
}

/// Children of WSDL's own namespace.
fn parts<'d>(node: Node<'d, 'd>, name: &'static str) -> impl Iterator<Item = Node<'d, 'd>> {
    elements(node).filter(move |child| is_wsdl(*child, name))
}

/// Children of SOAP 1.1's namespace.
fn soap_parts<'d>(node: Node<'d, 'd>, name: &'static str) -> impl Iterator<Item = Node<'d, 'd>> {
    elements(node).filter(move |child| local(*child) == name && namespace(*child) == SOAP11)
}

fn target<'d>(node: Node<'d, 'd>) -> &'d str {
    let root = node.document().root_element();
    root.attribute("targetNamespace").unwrap_or_default()
}

/// A qualified name that stands at a node.
fn qualified<'d>(at: Node<'d, 'd>, name: &'d str) -> (&'d str, &'d str) {
    let (prefix, name) = match name.trim().split_once(':') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, name.trim()),
    };
    (at.lookup_namespace_uri(prefix).unwrap_or_default(), name)
}

struct Wsdl<'s, 'd> {
    soap: &'s Soap,
    schemas: Schemas<'d>,
    definitions: Vec<Node<'d, 'd>>,
}

impl<'d> Wsdl<'_, 'd> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = Node<'d, 'd>> {
        self.definitions
            .iter()
            .flat_map(move |root| parts(*root, name))
    }

    /// A definition that a qualified name refers to. Some stacks write the name without
    /// a namespace: then the name alone decides.
    fn referred(
        &self,
        kind: &'static str,
        at: Node<'d, 'd>,
        name: &'d str,
    ) -> Option<Node<'d, 'd>> {
        let (space, name) = qualified(at, name);
        let named = |node: &Node<'d, 'd>| node.attribute("name") == Some(name);
        let mut candidates = self.all(kind).filter(named).collect::<Vec<_>>();
        candidates.sort_by_key(|node| target(*node) != space);
        candidates.into_iter().next()
    }

    fn port_type(&self, binding: &Binding) -> Option<Node<'d, 'd>> {
        let mine: BTreeSet<&str> = self
            .soap
            .operations()
            .filter(|operation| operation.binding == binding.name)
            .map(|operation| operation.name.as_str())
            .collect();
        let score = |node: &Node<'d, 'd>| {
            parts(*node, "operation")
                .filter_map(|operation| operation.attribute("name"))
                .filter(|name| mine.contains(name))
                .count()
        };
        let named = self
            .all("portType")
            .find(|node| node.attribute("name") == Some(&binding.interface) && score(node) > 0);
        named.or_else(|| {
            let candidates: Vec<Node<'d, 'd>> = self.all("portType").collect();
            // Of equals the first counts.
            candidates
                .into_iter()
                .rev()
                .max_by_key(score)
                .filter(|best| score(best) > 0)
        })
    }

    /// The binding of a port type to SOAP 1.1.
    fn soap_binding(&self, port_type: Node<'d, 'd>) -> Option<Node<'d, 'd>> {
        self.all("binding").find(|node| {
            let bound = node
                .attribute("type")
                .and_then(|name| self.referred("portType", *node, name));
            bound == Some(port_type) && soap_parts(*node, "binding").next().is_some()
        })
    }

    fn binding(&self, binding: &Binding, place: &str) -> Result<Option<WireNames>, String> {
        let Some(port_type) = self.port_type(binding) else {
            return Ok(None);
        };
        let bound = self.soap_binding(port_type);
        let mut found = Found::default();
        for operation in self.soap.operations() {
            if operation.binding != binding.name {
                continue;
            }
            let named = |node: &Node<'d, 'd>| node.attribute("name") == Some(&operation.name);
            let Some(abstract_one) = parts(port_type, "operation").find(named) else {
                continue;
            };
            let bound = bound.and_then(|bound| {
                let concrete = parts(bound, "operation").find(named)?;
                Some((bound, concrete))
            });
            if let Some((bound, concrete)) = bound {
                let style = literal(bound, concrete)
                    .map_err(|what| format!("{place}: {}: {what}", operation.name))?;
                if let Some(action) = style {
                    let name = operation.name.clone();
                    found.actions.insert(name, action.to_owned());
                }
            }
            let concrete = bound.map(|(_, concrete)| concrete);
            for way in ["input", "output"] {
                let element = self
                    .body(abstract_one, concrete, way)
                    .map_err(|what| format!("{place}: {}: {what}", operation.name))?;
                if let Some(element) = element {
                    self.message(operation, way, element, &mut found);
                }
            }
        }
        Ok(found.names(self.soap, binding, place))
    }

    /// The element in the body of a message.
    fn body(
        &self,
        operation: Node<'d, 'd>,
        concrete: Option<Node<'d, 'd>>,
        way: &'static str,
    ) -> Result<Option<Declared<'d>>, String> {
        let message = parts(operation, way).next().and_then(|node| {
            let name = node.attribute("message")?;
            self.referred("message", node, name)
        });
        let Some(message) = message else {
            return Ok(None);
        };
        let soap = concrete.and_then(|concrete| parts(concrete, way).next());
        let listed = soap
            .and_then(|soap| soap_parts(soap, "body").next()?.attribute("parts"))
            .map(|parts| parts.split_whitespace().collect::<Vec<_>>());
        // Parts of the same message may travel in the header.
        let headers: Vec<&str> = soap
            .into_iter()
            .flat_map(|soap| soap_parts(soap, "header"))
            .filter(|header| {
                header
                    .attribute("message")
                    .and_then(|name| self.referred("message", *header, name))
                    == Some(message)
            })
            .filter_map(|header| header.attribute("part"))
            .collect();
        let part = parts(message, "part").find(|part| {
            let name = part.attribute("name").unwrap_or_default();
            match &listed {
                Some(listed) => listed.contains(&name),
                None => !headers.contains(&name),
            }
        });
        let Some(part) = part else {
            return Ok(None);
        };
        match part.attribute("element") {
            Some(element) => Ok(self.schemas.element(part, element)),
            None => Err(
                "its message is described by a type and not by an element (style rpc); \
                 document/literal is due"
                    .to_owned(),
            ),
        }
    }

    fn message(&self, operation: &Operation, way: &str, element: Declared<'d>, found: &mut Found) {
        *found
            .namespaces
            .entry(element.namespace.to_owned())
            .or_default() += 1;
        let carrier = match way {
            "input" => operation.request.as_deref(),
            _ => Some(operation.response.as_str()),
        };
        let content = self.schemas.content(&element);
        let carried = self.carried(operation, carrier, &element, &content);
        let mut message = Message {
            body: element.name.to_owned(),
            shape: carried.as_ref().map(|(shape, _)| *shape),
            inner: None,
        };
        if let (Some(carrier), Some((shape, inner))) = (carrier, &carried) {
            match inner {
                Some(inner) if *shape == Shape::Wrapped => {
                    message.inner = Some((inner.name.to_owned(), inner.namespace.to_owned()));
                    self.carrier(carrier, &self.schemas.content(inner), found);
                }
                _ => self.carrier(carrier, &content, found),
            }
        }
        let messages = match way {
            "input" => &mut found.requests,
            _ => &mut found.responses,
        };
        messages.insert(operation.name.clone(), message);
    }

    /// Names of a carrier's members in the body.
    fn members(&self, carrier: &str) -> Vec<&str> {
        let members = self.soap.members(carrier).into_iter();
        members
            .filter(|member| !member.header)
            .map(|member| member.name.as_str())
            .collect()
    }

    /// The shape of a message, with the element around a wrapped carrier.
    fn carried(
        &self,
        operation: &Operation,
        carrier: Option<&str>,
        element: &Declared<'d>,
        content: &Content<'d>,
    ) -> Option<(Shape, Option<Declared<'d>>)> {
        let members = self.members(carrier?);
        let knows = |content: &Content<'d>| {
            let mut names = content.elements.iter().map(|element| element.name);
            names.any(|name| members.contains(&name))
        };
        if let [only] = content.elements.as_slice()
            && knows(&self.schemas.content(only))
        {
            return Some((Shape::Wrapped, Some(only.clone())));
        }
        if knows(content) {
            return Some((Shape::Bare, None));
        }
        match content.elements.as_slice() {
            // A carrier without members, or one whose members are all named otherwise.
            [only] if element.name.starts_with(operation.name.as_str()) => {
                Some((Shape::Wrapped, Some(only.clone())))
            }
            _ if Some(element.name) == carrier => Some((Shape::Bare, None)),
            _ => None,
        }
    }

    /// Order and namespace of a carrier's members, and of the carriers in it.
    fn carrier(&self, carrier: &str, content: &Content<'d>, found: &mut Found) {
        let members = self.soap.members(carrier);
        let due = self.members(carrier);
        let there: Vec<&Declared<'d>> = content
            .elements
            .iter()
            .filter(|element| due.contains(&element.name))
            .collect();
        if there.is_empty() || !found.visited.insert(carrier.to_owned()) {
            return;
        }
        for element in &there {
            let space = element.namespace.to_owned();
            *found.data_namespaces.entry(space).or_default() += 1;
        }
        let order: Vec<&str> = there.iter().map(|element| element.name).collect();
        if !content.unordered && order != due {
            let order = order.into_iter().map(str::to_owned).collect();
            found.order.insert(carrier.to_owned(), order);
        }
        for element in there {
            let kind = members
                .iter()
                .find(|member| member.name == element.name)
                .map(|member| &member.kind);
            match kind {
                Some(Kind::Carrier(inner)) => {
                    self.carrier(inner, &self.schemas.content(element), found);
                }
                Some(Kind::Carriers(item)) => {
                    let list = self.schemas.content(element);
                    // The member repeats by itself, or holds the element that does.
                    let items = match list.elements.as_slice() {
                        [only] if !element.many => self.schemas.content(only),
                        _ => list,
                    };
                    self.carrier(item, &items, found);
                }
                _ => {}
            }
        }
    }
}

/// The action of a bound operation, if it is document/literal.
fn literal<'d>(
    bound: Node<'d, 'd>,
    operation: Node<'d, 'd>,
) -> Result<Option<&'d str>, &'static str> {
    let soap = soap_parts(operation, "operation").next();
    let style = soap
        .and_then(|soap| soap.attribute("style"))
        .or_else(|| soap_parts(bound, "binding").next()?.attribute("style"));
    if style == Some("rpc") {
        return Err("it is bound in style rpc; document/literal is due");
    }
    let encoded = operation
        .descendants()
        .any(|node| namespace(node) == SOAP11 && node.attribute("use") == Some("encoded"));
    if encoded {
        return Err("its messages are encoded; document/literal is due");
    }
    Ok(soap.and_then(|soap| soap.attribute("soapAction")))
}

/// A message as the WSDL has it.
struct Message {
    body: String,
    shape: Option<Shape>,
    /// Name and namespace of the element around a wrapped carrier.
    inner: Option<(String, String)>,
}

/// What the operations of an interface say; where they do not agree, most decide.
#[derive(Default)]
struct Found {
    actions: BTreeMap<String, String>,
    namespaces: BTreeMap<String, usize>,
    data_namespaces: BTreeMap<String, usize>,
    order: BTreeMap<String, Vec<String>>,
    visited: BTreeSet<String>,
    requests: BTreeMap<String, Message>,
    responses: BTreeMap<String, Message>,
}

impl Found {
    fn names(self, soap: &Soap, binding: &Binding, place: &str) -> Option<WireNames> {
        let profile = binding.wires.first()?;
        let mut names = WireNames::of_profile(binding, profile);
        names.origin = Origin::Wsdl(place.to_owned());
        names.namespace = most(&self.namespaces)?.clone();
        // Answers decide: there is one for every operation.
        let mut shapes: BTreeMap<&str, usize> = BTreeMap::new();
        for messages in [&self.responses, &self.requests] {
            if shapes.is_empty() {
                for shape in messages.values().filter_map(|message| message.shape) {
                    *shapes.entry(shape.name()).or_default() += 1;
                }
            }
        }
        if let Some(shape) = most(&shapes).and_then(|name| Shape::parse(name)) {
            names.shape = shape;
        }
        let inner: BTreeMap<&str, usize> = self
            .responses
            .values()
            .chain(self.requests.values())
            .filter_map(|message| message.inner.as_ref())
            .fold(BTreeMap::new(), |mut count, (_, space)| {
                *count.entry(space.as_str()).or_default() += 1;
                count
            });
        names.parameter_namespace = most(&inner)
            .filter(|space| **space != names.namespace && names.shape == Shape::Wrapped)
            .map(|space| (*space).to_owned());
        names.data_namespace = match most(&self.data_namespaces) {
            Some(space) => space.clone(),
            None => names.namespace.clone(),
        };
        names.order = self.order;
        for operation in soap.operations() {
            let name = &operation.name;
            if let Some(action) = self.actions.get(name)
                && operation.binding == binding.name
                && *action != names.action(name)
            {
                names.actions.insert(name.clone(), action.clone());
            }
            if let Some(message) = self.requests.get(name) {
                if message.body != names.request_body(operation) {
                    let body = message.body.clone();
                    names.request_bodies.insert(name.clone(), body);
                }
                if let Some((inner, _)) = &message.inner
                    && inner != names.request_element(operation)
                {
                    names.request_elements.insert(name.clone(), inner.clone());
                }
            }
            if let Some(message) = self.responses.get(name) {
                if message.body != names.response_body(operation) {
                    let body = message.body.clone();
                    names.response_bodies.insert(name.clone(), body);
                }
                if let Some((inner, _)) = &message.inner
                    && *inner != names.result_element(operation)
                {
                    names.result_elements.insert(name.clone(), inner.clone());
                }
            }
        }
        Some(names)
    }
}

fn most<K: Ord>(votes: &BTreeMap<K, usize>) -> Option<&K> {
    let best = votes.iter().rev().max_by_key(|(_, count)| **count);
    best.map(|(key, _)| key)
}
