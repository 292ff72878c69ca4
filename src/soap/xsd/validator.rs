//! Validation of the content of bodies.
//!
//! The validator of the XSD library composes schemas of several namespaces only from
//! files. This module does no I/O, so it compiles one schema without a namespace, in
//! which every name carries a mark for its namespace, and validates a copy of the
//! message with the same marks. The copy leaves out what is no mistake:
//!
//! * elements that the description does not know, and attributes: both are additions,
//!   which readers skip;
//! * members that the connector's own WSDL does not have;
//! * a type that is named in the message, once it is the declared one or extends it.
//!
//! The copy is validated in pieces, cut between the items of lists, because the library
//! counts lines from the start of the document for every error.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use roxmltree::Node;
use uppsala::{Parser, XsdValidator};

use super::model::{Element, Model, Name, Of, Type};
use crate::base::json::cut;
use crate::soap::xml::{elements, is_nil, local, namespace, parse, path, text};
use crate::soap::{ARRAYS, ENVELOPE, INSTANCE, KEY_VALUE, Soap, WireNames, escape};

/// Errors that are told of one message.
const TOLD: usize = 50;

/// Nesting of a copy: messages are read only 200 deep.
const DEPTH: u32 = 200;

/// Bytes of a piece, as far as items allow.
const PIECE: usize = 1 << 16;

/// Marks that stand between a name and the number of its namespace.
const MARK: char = '\u{b7}';

/// Types that are derived from a type of XML Schema.
const DERIVED: &[(&str, &[&str])] = &[
    (
        "string",
        &[
            "normalizedString",
            "token",
            "language",
            "NMTOKEN",
            "Name",
            "NCName",
            "ID",
            "IDREF",
            "ENTITY",
        ],
    ),
    ("int", &["short", "byte"]),
];

/// Validates messages of the bindings that have names.
pub struct Validator {
    model: Model,
    namespaces: Vec<String>,
    schema: XsdValidator,
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator")
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}

impl Validator {
    /// Compiles the schemas. `Err` says why they cannot be compiled, which is a mistake
    /// in the description.
    pub fn new(soap: &Soap, names: &BTreeMap<String, WireNames>) -> Result<Self, String> {
        let model = Model::new(soap, names);
        let namespaces: Vec<String> = model.parts.keys().cloned().collect();
        let text = marked_schema(&model, &namespaces);
        let document = uppsala::parse(&text).map_err(|error| error.to_string())?;
        let schema = XsdValidator::from_schema(&document).map_err(|error| error.to_string())?;
        Ok(Self {
            model,
            namespaces,
            schema,
        })
    }

    /// What the schemas refuse in the first element of the body, with the place of each
    /// mistake; at most 50. Elements and attributes that the description does not know
    /// are no mistakes. Faults are not validated, and a message without a body has
    /// nothing to validate. A text that cannot be read, or has a document type
    /// declaration, is refused before the schemas see it.
    pub fn errors(&self, message: &str) -> Vec<String> {
        let message = message.strip_prefix('\u{feff}').unwrap_or(message);
        let document = match parse(message) {
            Ok(document) => document,
            Err(issue) => {
                return vec![format!("{} is due, not {}", issue.expected, issue.actual)];
            }
        };
        let body = elements(document.root_element()).find(|child| local(*child) == "Body");
        let Some(first) = body.and_then(|body| elements(body).next()) else {
            return Vec::new();
        };
        if local(first) == "Fault" && matches!(namespace(first), ENVELOPE | "") {
            return Vec::new();
        }
        let mut copy = Copy {
            validator: self,
            out: String::new(),
            lines: Vec::new(),
            open: Vec::new(),
            errors: Vec::new(),
        };
        match self.model.element(namespace(first), local(first)) {
            Some(declared) => copy.element(first, declared),
            None => copy.stranger(first),
        }
        copy.validate();
        copy.errors.truncate(TOLD);
        copy.errors
    }

    /// A message of the library with names as they are written, and with their
    /// namespaces where an element is not due at all.
    fn readable(&self, message: &str) -> String {
        let whole = ["Unexpected element", "No element declaration"]
            .iter()
            .any(|start| message.starts_with(start));
        let mut readable = String::with_capacity(message.len());
        let mut parts = message.split(MARK);
        readable.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number = part[..digits].parse::<usize>().ok();
            if whole {
                let known = number.and_then(|number| self.namespaces.get(number));
                match known.map(String::as_str) {
                    Some("") => readable.push_str(" in no namespace"),
                    Some(known) => {
                        let _ = write!(readable, " in namespace {known}");
                    }
                    None => readable.push_str(" in a foreign namespace"),
                }
            }
            readable.push_str(&part[digits..]);
        }
        readable
    }
}

/// A name with the number of its namespace; namespaces of strangers share one number.
fn marked(namespaces: &[String], namespace: &str, local: &str) -> String {
    let number = namespaces.iter().position(|known| known == namespace);
    format!("{local}{MARK}{}", number.unwrap_or(namespaces.len()))
}

/// All definitions in one schema without a namespace, with no bases.
fn marked_schema(model: &Model, namespaces: &[String]) -> String {
    let mut out = format!("<xs:schema xmlns:xs=\"{}\">", super::NAMESPACE);
    let mark = |name: &Name| escape(&marked(namespaces, &name.namespace, &name.local));
    for (namespace, part) in &model.parts {
        for (local, defined) in &part.types {
            let name = Name::new(namespace.as_str(), local);
            match defined {
                Type::Members { .. } => {
                    let _ = write!(out, "<xs:complexType name=\"{}\">", mark(&name));
                    let members = model.members(&name);
                    write_members(&mut out, members.into_iter(), &mark);
                    out.push_str("</xs:complexType>");
                }
                Type::Names(names) => {
                    let _ = write!(out, "<xs:simpleType name=\"{}\">", mark(&name));
                    write_names(&mut out, names);
                    out.push_str("</xs:simpleType>");
                }
            }
        }
        for element in &part.elements {
            write_element(&mut out, element, &mark, true);
        }
    }
    out.push_str("</xs:schema>");
    out
}

fn write_members<'m>(
    out: &mut String,
    members: impl Iterator<Item = &'m Element>,
    mark: &dyn Fn(&Name) -> String,
) {
    out.push_str("<xs:sequence>");
    for member in members {
        write_element(out, member, mark, false);
    }
    out.push_str("</xs:sequence>");
}

fn write_names(out: &mut String, names: &[String]) {
    out.push_str("<xs:restriction base=\"xs:string\">");
    for name in names {
        let _ = write!(out, "<xs:enumeration value=\"{}\"/>", escape(name));
    }
    out.push_str("</xs:restriction>");
}

fn write_element(
    out: &mut String,
    element: &Element,
    mark: &dyn Fn(&Name) -> String,
    global: bool,
) {
    let _ = write!(
        out,
        "<xs:element name=\"{}\" nillable=\"{}\"",
        mark(&element.name),
        element.nillable
    );
    if !global {
        let _ = write!(
            out,
            " minOccurs=\"{}\" maxOccurs=\"{}\"",
            u8::from(element.required),
            if element.many { "unbounded" } else { "1" }
        );
    }
    match &element.of {
        Of::Xs(name) => {
            let _ = write!(out, " type=\"xs:{name}\"/>");
        }
        Of::Named(name) => {
            let _ = write!(out, " type=\"{}\"/>", mark(name));
        }
        Of::Members(members) => {
            out.push_str("><xs:complexType>");
            write_members(out, members.iter(), mark);
            out.push_str("</xs:complexType></xs:element>");
        }
        Of::Names(names) => {
            out.push_str("><xs:simpleType>");
            write_names(out, names);
            out.push_str("</xs:simpleType></xs:element>");
        }
    }
}

/// Writes the marked copy of a message, one element a line, and validates it in pieces.
struct Copy<'v, 'd> {
    validator: &'v Validator,
    out: String,
    /// The element that each line begins with.
    lines: Vec<Node<'d, 'd>>,
    /// Elements around the one that is written: start tag, name, node.
    open: Vec<(String, String, Node<'d, 'd>)>,
    errors: Vec<String>,
}

impl<'v, 'd> Copy<'v, 'd> {
    fn full(&self) -> bool {
        self.errors.len() >= TOLD
    }

    fn line(&mut self, node: Node<'d, 'd>, text: &str) {
        if !self.lines.is_empty() {
            self.out.push('\n');
        }
        self.lines.push(node);
        self.out.push_str(text);
    }

    /// An element that is not due where it stands; its content does not matter.
    fn stranger(&mut self, node: Node<'d, 'd>) {
        let name = marked(&self.validator.namespaces, namespace(node), local(node));
        self.line(node, &format!("<{name}/>"));
    }

    fn element(&mut self, node: Node<'d, 'd>, declared: &'v Element) {
        if self.full() {
            return;
        }
        self.named_type(node, declared);
        let name = marked(&self.validator.namespaces, namespace(node), local(node));
        let nil = match is_nil(node) {
            true => format!(" xmlns:i=\"{INSTANCE}\" i:nil=\"true\""),
            false => String::new(),
        };
        let tag = format!("<{name}{nil}>");
        self.line(node, &tag);
        let model = &self.validator.model;
        let members: Vec<&'v Element> = match &declared.of {
            Of::Named(of) if matches!(model.named(of), Some(Type::Members { .. })) => {
                model.members(of)
            }
            Of::Members(members) => members.iter().collect(),
            Of::Named(_) | Of::Xs(_) | Of::Names(_) => {
                if let Some(child) = elements(node).next() {
                    self.stranger(child);
                }
                let written = text(node);
                self.names(node, declared, &written);
                self.text(&written);
                let _ = write!(self.out, "</{name}>");
                return;
            }
        };
        self.open.push((tag, name, node));
        match members.as_slice() {
            [item] if item.many => self.items(node, item),
            _ => self.members(node, &members),
        }
        if let Some((_, name, _)) = self.open.pop() {
            let _ = write!(self.out, "</{name}>");
        }
    }

    /// The library does not see blanks around the names of an enum, which are part of
    /// the value.
    fn names(&mut self, node: Node<'d, 'd>, declared: &Element, written: &str) {
        let names = match &declared.of {
            Of::Names(names) => Some(names),
            Of::Named(of) => match self.validator.model.named(of) {
                Some(Type::Names(names)) => Some(names),
                _ => None,
            },
            Of::Xs(_) | Of::Members(_) => None,
        };
        let trimmed = written.trim();
        if trimmed != written && names.is_some_and(|names| names.iter().any(|name| name == trimmed))
        {
            self.errors.push(format!(
                "{}: `{trimmed}` has white space around it, which is part of the name",
                path(node)
            ));
        }
    }

    /// Line breaks become references, so that a line is an element.
    fn text(&mut self, text: &str) {
        let escaped = escape(text).replace('\n', "&#10;");
        self.out.push_str(&escaped);
    }

    /// Text between elements.
    fn stray(&mut self, node: Node<'d, 'd>) {
        let stray = node
            .children()
            .filter(Node::is_text)
            .filter_map(|part| part.text())
            .find(|text| !text.trim().is_empty());
        if let Some(stray) = stray {
            self.text(cut(stray, 60).as_ref());
        }
    }

    fn items(&mut self, node: Node<'d, 'd>, item: &'v Element) {
        self.stray(node);
        for child in elements(node) {
            if self.full() {
                return;
            }
            match local(child) == item.name.local {
                true => self.element(child, item),
                false => self.stranger(child),
            }
            if self.out.len() > PIECE {
                self.validate();
            }
        }
    }

    fn members(&mut self, node: Node<'d, 'd>, members: &[&'v Element]) {
        self.stray(node);
        let mut seen = vec![0_u8; members.len()];
        for child in elements(node) {
            let place = members
                .iter()
                .position(|member| member.name.local == local(child));
            // What stands there a third time is no other mistake than the second.
            if let Some(place) = place.filter(|place| seen[*place] < 2) {
                seen[place] += 1;
                self.element(child, members[place]);
            }
        }
        // Around a carrier there is nothing to add: an element of another name stands in
        // place of it.
        let around = self.open.len() == 1 && matches!(members, [one] if !one.many);
        if around
            && seen == [0]
            && self.wrapper(node)
            && let Some(child) = elements(node).next()
        {
            self.stranger(child);
        }
    }

    /// Whether an element is declared to be around a carrier.
    fn wrapper(&self, node: Node<'d, 'd>) -> bool {
        let model = &self.validator.model;
        model
            .element(namespace(node), local(node))
            .is_some_and(|declared| matches!(declared.of, Of::Members(_)))
    }

    /// Judges the attributes of the schema instance, which the copy does not take over.
    fn named_type(&mut self, node: Node<'d, 'd>, declared: &Element) {
        if let Some(nil) = node.attribute((INSTANCE, "nil"))
            && !matches!(nil.trim(), "true" | "1" | "false" | "0")
        {
            self.errors.push(format!(
                "{}: nil is `{}`, which is not true or false",
                path(node),
                cut(nil, 40)
            ));
        }
        let Some(written) = node.attribute((INSTANCE, "type")) else {
            return;
        };
        let written = written.trim();
        let (prefix, name) = match written.split_once(':') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, written),
        };
        let space = node.lookup_namespace_uri(prefix);
        let due = match &declared.of {
            Of::Xs(due) => {
                let derived = DERIVED
                    .iter()
                    .any(|(base, types)| base == due && types.contains(&name));
                if space == Some(super::NAMESPACE) && (name == *due || derived) {
                    return;
                }
                format!("xs:{due}")
            }
            Of::Named(due) => {
                let found = Name::new(space.unwrap_or_default(), name);
                if self.validator.model.is_a(&found, due) {
                    return;
                }
                format!("{} in namespace {}", due.local, due.namespace)
            }
            // The serializer has a name for the items of a dictionary.
            Of::Members(_) if (space, name) == (Some(ARRAYS), KEY_VALUE) => return,
            Of::Members(_) | Of::Names(_) if space != Some(super::NAMESPACE) => return,
            Of::Members(_) | Of::Names(_) => "the declared type".to_owned(),
        };
        self.errors.push(format!(
            "{}: type {due}, or one derived from it, is due, not `{}`",
            path(node),
            cut(written, 80)
        ));
    }

    /// Validates what is written so far, and begins a piece with the same elements
    /// around. All members are optional, so that a piece is valid by itself.
    fn validate(&mut self) {
        for (_, name, _) in self.open.iter().rev() {
            let _ = write!(self.out, "</{name}>");
        }
        let parser = Parser::new().with_max_depth(DEPTH + 10);
        // The copy is well-formed. Should the library think otherwise, then that is no
        // mistake of the message.
        if let Ok(document) = parser.parse(&self.out) {
            let room = TOLD.saturating_sub(self.errors.len());
            for error in self.validator.schema.validate(&document).iter().take(room) {
                let line = error.line.unwrap_or(1).saturating_sub(1);
                let place = self.lines.get(line).map(|node| path(*node));
                self.errors.push(format!(
                    "{}: {}",
                    place.unwrap_or_default(),
                    self.validator.readable(&error.message)
                ));
            }
        }
        self.out.clear();
        self.lines.clear();
        for (tag, _, node) in self.open.clone() {
            self.line(node, &tag);
        }
    }
}
