//! From an envelope to the JSON value that its carrier describes.
//!
//! Reading is lenient and remembers everything that is not as it should be: a member
//! is found by its local name in any order and namespace, so that one mistake does not
//! hide all others, and each mistake is an [`Issue`] that judgements charge.

use std::collections::BTreeMap;

use roxmltree::Node;
use serde_json::{Map, Value};

use super::xml::{elements, is_nil, local, namespace, parse, text, text_of};
use super::{ARRAYS, ENVELOPE, KEY_VALUE, Kind, Member, Operation, Shape, Soap, WireNames};

/// Namespace of XInclude.
const XINCLUDE: &str = "http://www.w3.org/2001/XInclude";

/// Issues kept of one message.
const KEPT: usize = 100;

/// What an answer says.
#[derive(Debug, Clone, Default)]
pub struct Decoded {
    /// The result, as its schema describes it; `None` when there is no result.
    pub answer: Option<Value>,
    pub fault: Option<Fault>,
    /// The body is an envelope of SOAP, of whatever version.
    pub envelope: bool,
    pub issues: Vec<Issue>,
    /// Values looked at, by kind of issue: what a judgement of that kind judged.
    pub judged: BTreeMap<&'static str, u64>,
}

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Local part of the code, such as `Client` or `ActionNotSupported`.
    pub code: String,
    pub string: String,
    /// XML of the detail; empty without one.
    pub detail: String,
}

/// Something in a message that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub kind: IssueKind,
    /// Path of elements, such as `/Envelope/Body/AddResponse/AddResult`.
    pub at: String,
    pub expected: String,
    pub actual: String,
}

impl Issue {
    pub fn new(
        kind: IssueKind,
        at: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            at: at.into(),
            expected: expected.into(),
            actual: actual.into(),
        }
    }
}

/// Kinds of issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueKind {
    /// Not XML, or not UTF-8.
    NotWellFormed,
    /// A document type declaration, an entity, or an inclusion.
    Dtd,
    /// Not an envelope of SOAP 1.1.
    Envelope,
    /// The elements around the carrier are not those of the operation.
    Wrapper,
    /// A forward-only reader loses a member that stands too late.
    Order,
    /// A member in a foreign namespace, which a reader by full names does not see.
    Namespace,
    /// Items of a list or dictionary.
    Items,
    /// A key that a dictionary holds twice.
    DuplicateKey,
    /// A truth value in no spelling of xs:boolean.
    Boolean,
    /// A whole number in no spelling of xs:int.
    Integer,
    /// The schema refuses the document for a reason that no other kind names.
    Schema,
}

impl IssueKind {
    pub const ALL: &'static [Self] = &[
        Self::NotWellFormed,
        Self::Dtd,
        Self::Envelope,
        Self::Wrapper,
        Self::Order,
        Self::Namespace,
        Self::Items,
        Self::DuplicateKey,
        Self::Boolean,
        Self::Integer,
        Self::Schema,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::NotWellFormed => "not-well-formed",
            Self::Dtd => "dtd",
            Self::Envelope => "envelope",
            Self::Wrapper => "wrapper",
            Self::Order => "order",
            Self::Namespace => "namespace",
            Self::Items => "items",
            Self::DuplicateKey => "duplicate-key",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Schema => "schema",
        }
    }
}

/// Reads the answer to an operation. Without an operation only envelope and fault are
/// read, and an answer that fits one of the description's operations.
pub fn decode(
    soap: &Soap,
    names: Option<&WireNames>,
    operation: Option<&Operation>,
    body: &[u8],
) -> Decoded {
    let mut reader = Reader {
        soap,
        names,
        decoded: Decoded::default(),
    };
    reader
        .decoded
        .judged
        .insert(IssueKind::NotWellFormed.name(), 1);
    reader.decoded.judged.insert(IssueKind::Dtd.name(), 1);
    let document = text_of(body).and_then(parse);
    match document {
        Ok(document) => reader.envelope(document.root_element(), operation),
        Err(issue) => {
            reader.decoded.envelope = issue.kind == IssueKind::Dtd;
            reader.decoded.issues.push(issue);
        }
    }
    reader.decoded
}

struct Reader<'s> {
    soap: &'s Soap,
    names: Option<&'s WireNames>,
    decoded: Decoded,
}

impl Reader<'_> {
    fn issue(
        &mut self,
        kind: IssueKind,
        at: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        if self.decoded.issues.len() < KEPT {
            self.decoded
                .issues
                .push(Issue::new(kind, at, expected, actual));
        }
    }

    /// An issue at an element; its path is written only when the issue is kept.
    fn note(
        &mut self,
        kind: IssueKind,
        node: Node<'_, '_>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        if self.decoded.issues.len() < KEPT {
            self.issue(kind, &path(node), expected, actual);
        }
    }

    fn judged(&mut self, kind: IssueKind) {
        *self.decoded.judged.entry(kind.name()).or_default() += 1;
    }

    fn envelope(&mut self, root: Node<'_, '_>, operation: Option<&Operation>) {
        if let Some(include) = root
            .descendants()
            .find(|node| node.is_element() && namespace(*node) == XINCLUDE)
        {
            self.note(
                IssueKind::Dtd,
                include,
                "no inclusions",
                "an XInclude element; it was not followed",
            );
        }
        self.judged(IssueKind::Envelope);
        if local(root) != "Envelope" {
            self.note(
                IssueKind::Envelope,
                root,
                "an envelope of SOAP 1.1",
                format!("element {} in {}", local(root), shown(namespace(root))),
            );
            return;
        }
        self.decoded.envelope = true;
        if namespace(root) != ENVELOPE {
            self.issue(
                IssueKind::Envelope,
                "/Envelope",
                format!("namespace {ENVELOPE}"),
                shown(namespace(root)),
            );
        }
        let Some(body) = elements(root).find(|child| local(*child) == "Body") else {
            self.issue(IssueKind::Envelope, "/Envelope", "a Body", "no Body");
            return;
        };
        if namespace(body) != namespace(root) {
            self.issue(
                IssueKind::Envelope,
                "/Envelope/Body",
                "the namespace of the envelope",
                shown(namespace(body)),
            );
        }
        let Some(first) = elements(body).next() else {
            if operation.is_some() {
                self.issue(
                    IssueKind::Wrapper,
                    "/Envelope/Body",
                    "an element with the answer",
                    "an empty body",
                );
            }
            return;
        };
        if local(first) == "Fault" {
            self.decoded.fault = Some(fault(first));
            return;
        }
        let named = |operation: &&Operation| {
            let name = local(first);
            name == operation.response
                || name.strip_suffix("Response") == Some(operation.name.as_str())
        };
        let operation = operation.or_else(|| self.soap.operations().find(named));
        if let Some(operation) = operation {
            self.answer(first, operation);
        }
    }

    fn answer(&mut self, first: Node<'_, '_>, operation: &Operation) {
        self.judged(IssueKind::Wrapper);
        let shape = self.names.map_or(Shape::Wrapped, |names| names.shape);
        let wrapped = format!("{}Response", operation.name);
        let wanted = match shape {
            Shape::Wrapped => &wrapped,
            Shape::Bare => &operation.response,
        };
        self.wrapper(first, wanted);
        // In either shape the carrier is found where it stands.
        let mut inner = elements(first);
        let result = format!("{}Result", operation.name);
        let carrier = match (inner.next(), inner.next()) {
            _ if shape == Shape::Bare && local(first) == operation.response => first,
            (None, _) if shape == Shape::Wrapped => {
                // A null result: nothing was lost, there is nothing.
                self.decoded.answer = None;
                return;
            }
            (Some(only), _) if local(only) == result => {
                self.wrapper(only, &result);
                only
            }
            (Some(only), None) if !self.is_member(&operation.response, local(only)) => {
                self.wrapper(only, &result);
                only
            }
            _ => {
                if shape == Shape::Wrapped {
                    self.note(
                        IssueKind::Wrapper,
                        first,
                        format!("an element {result} around the members"),
                        "the members themselves",
                    );
                }
                first
            }
        };
        if is_nil(carrier) {
            return;
        }
        self.decoded.answer = Some(self.carrier(carrier, &operation.response, 0));
    }

    fn is_member(&self, carrier: &str, name: &str) -> bool {
        self.soap
            .members(carrier)
            .iter()
            .any(|member| member.name == name)
    }

    fn wrapper(&mut self, node: Node<'_, '_>, wanted: &str) {
        let space = self.names.map(|names| names.namespace.clone());
        if local(node) != wanted {
            self.note(
                IssueKind::Wrapper,
                node,
                format!("element {wanted}"),
                format!("element {}", local(node)),
            );
        }
        if let Some(space) = space.filter(|space| namespace(node) != space) {
            self.note(
                IssueKind::Wrapper,
                node,
                format!("{} in namespace {space}", local(node)),
                shown(namespace(node)),
            );
        }
    }

    /// Names of members in wire order: those of the connector's WSDL where it has
    /// them, else those of the description.
    fn order(&self, carrier: &str, members: &[&Member]) -> Vec<String> {
        let own = self.names.and_then(|names| names.order.get(carrier));
        match own {
            Some(order) => order.clone(),
            None => members.iter().map(|member| member.name.clone()).collect(),
        }
    }

    fn carrier(&mut self, node: Node<'_, '_>, name: &str, depth: usize) -> Value {
        let soap = self.soap;
        let members = soap.members(name);
        let mut read = Map::new();
        if depth > 20 {
            return Value::Object(read);
        }
        for child in elements(node) {
            let Some(member) = members.iter().find(|member| member.name == local(child)) else {
                // What the contract does not know is an addition, and skipped.
                continue;
            };
            if read.contains_key(&member.name) {
                self.note(
                    IssueKind::Order,
                    child,
                    "each member once",
                    format!("{} again", member.name),
                );
                continue;
            }
            let value = self.member(child, member, depth);
            read.insert(member.name.clone(), value);
        }
        self.forward_only(node, name, &members);
        Value::Object(read)
    }

    /// Reads as WCF does: once, forward, by full names. A member that comes after one
    /// that should follow it is skipped without an error.
    fn forward_only(&mut self, node: Node<'_, '_>, carrier: &str, members: &[&Member]) {
        let order = self.order(carrier, members);
        let space = self.names.map(|names| names.data_namespace.clone());
        let mut next = 0;
        for child in elements(node) {
            if !members.iter().any(|member| member.name == local(child)) {
                continue;
            }
            self.judged(IssueKind::Order);
            self.judged(IssueKind::Namespace);
            if let Some(space) = space.as_deref().filter(|space| namespace(child) != *space) {
                self.note(
                    IssueKind::Namespace,
                    child,
                    format!("{} in namespace {space}", local(child)),
                    shown(namespace(child)),
                );
                continue;
            }
            let Some(place) = order.iter().position(|name| name == local(child)) else {
                continue;
            };
            if place < next {
                self.note(
                    IssueKind::Order,
                    child,
                    format!("the members in the order {}", order.join(", ")),
                    format!(
                        "{} after {}: a forward-only reader loses it",
                        local(child),
                        order[next - 1]
                    ),
                );
            } else {
                next = place + 1;
            }
        }
    }

    fn member(&mut self, node: Node<'_, '_>, member: &Member, depth: usize) -> Value {
        if is_nil(node) {
            if !member.nillable {
                let kind = match member.kind {
                    Kind::Boolean => IssueKind::Boolean,
                    Kind::Int => IssueKind::Integer,
                    _ => IssueKind::Schema,
                };
                self.judged(kind);
                self.note(kind, node, "a value: it is never nil", "nil");
            }
            return Value::Null;
        }
        match &member.kind {
            Kind::Text => Value::String(text(node)),
            Kind::Enum { .. } => Value::String(text(node).trim().to_owned()),
            Kind::Boolean => self.boolean(node),
            Kind::Int => self.integer(node),
            Kind::Texts => self.texts(node),
            Kind::Map => self.map(node),
            Kind::Carriers(item) => self.items(node, item, depth),
            Kind::Carrier(name) => self.carrier(node, name, depth + 1),
        }
    }

    fn boolean(&mut self, node: Node<'_, '_>) -> Value {
        self.judged(IssueKind::Boolean);
        let written = text(node);
        match written.trim() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            other => {
                self.note(
                    IssueKind::Boolean,
                    node,
                    "true or false",
                    format!("`{}`", crate::base::json::cut(other, 40)),
                );
                // What was meant is plain; judgements of other rows can go on.
                match other.to_ascii_lowercase().as_str() {
                    "true" | "yes" => Value::Bool(true),
                    "false" | "no" => Value::Bool(false),
                    _ => Value::Null,
                }
            }
        }
    }

    fn integer(&mut self, node: Node<'_, '_>) -> Value {
        self.judged(IssueKind::Integer);
        let written = text(node);
        let trimmed = written.trim();
        let digits = trimmed.strip_prefix('+').unwrap_or(trimmed);
        match digits.parse::<i32>() {
            Ok(number) if !digits.starts_with('+') => Value::from(number),
            _ => {
                self.note(
                    IssueKind::Integer,
                    node,
                    "a whole number of 32 bits",
                    format!("`{}`", crate::base::json::cut(trimmed, 40)),
                );
                let number = trimmed.parse::<f64>().ok();
                number
                    .filter(|number| number.is_finite() && number.fract() == 0.0)
                    .map_or(Value::Null, |number| Value::from(number as i64))
            }
        }
    }

    /// Notes an item with another name or namespace than the serializer's.
    fn item(&mut self, node: Node<'_, '_>, name: &str, space: &str) {
        self.judged(IssueKind::Items);
        if local(node) != name || namespace(node) != space {
            self.note(
                IssueKind::Items,
                node,
                format!("{name} in namespace {space}"),
                format!("{} in {}", local(node), shown(namespace(node))),
            );
        }
    }

    fn texts(&mut self, node: Node<'_, '_>) -> Value {
        let mut items = Vec::new();
        for child in elements(node) {
            self.item(child, "string", ARRAYS);
            items.push(match is_nil(child) {
                true => Value::Null,
                false => Value::String(text(child)),
            });
        }
        self.bare_text(node);
        Value::Array(items)
    }

    fn items(&mut self, node: Node<'_, '_>, item: &str, depth: usize) -> Value {
        let space = self.names.map(|names| names.data_namespace.clone());
        let mut items = Vec::new();
        for child in elements(node) {
            self.judged(IssueKind::Items);
            let foreign = space
                .as_deref()
                .is_some_and(|space| namespace(child) != space);
            if local(child) != item || foreign {
                self.note(
                    IssueKind::Items,
                    child,
                    match &space {
                        Some(space) => format!("{item} in namespace {space}"),
                        None => item.to_owned(),
                    },
                    format!("{} in {}", local(child), shown(namespace(child))),
                );
            }
            items.push(match is_nil(child) {
                true => Value::Null,
                false => self.carrier(child, item, depth + 1),
            });
        }
        self.bare_text(node);
        Value::Array(items)
    }

    fn map(&mut self, node: Node<'_, '_>) -> Value {
        let mut entries = Map::new();
        for child in elements(node) {
            self.item(child, KEY_VALUE, ARRAYS);
            self.judged(IssueKind::DuplicateKey);
            let parts: Vec<Node<'_, '_>> = elements(child).collect();
            let part = |name: &str| parts.iter().copied().find(|part| local(*part) == name);
            let (Some(key), Some(value)) = (part("Key"), part("Value")) else {
                self.note(
                    IssueKind::Items,
                    child,
                    "Key and Value",
                    parts
                        .iter()
                        .map(|part| local(*part))
                        .collect::<Vec<_>>()
                        .join(", "),
                );
                continue;
            };
            if parts.first().is_some_and(|first| local(*first) == "Value") {
                self.note(
                    IssueKind::Items,
                    child,
                    "Key before Value",
                    "Value before Key",
                );
            }
            for part in [key, value] {
                if namespace(part) != ARRAYS {
                    self.note(
                        IssueKind::Items,
                        part,
                        format!("{} in namespace {ARRAYS}", local(part)),
                        shown(namespace(part)),
                    );
                }
            }
            let name = text(key);
            let value = match is_nil(value) {
                true => Value::Null,
                false => Value::String(text(value)),
            };
            if entries.contains_key(&name) {
                self.note(
                    IssueKind::DuplicateKey,
                    child,
                    "each key once",
                    format!("`{}` again", crate::base::json::cut(&name, 80)),
                );
                continue;
            }
            entries.insert(name, value);
        }
        self.bare_text(node);
        Value::Object(entries)
    }

    /// A list holds elements and nothing else.
    fn bare_text(&mut self, node: Node<'_, '_>) {
        let stray = node
            .children()
            .filter(Node::is_text)
            .find_map(|part| part.text().filter(|text| !text.trim().is_empty()));
        if let Some(stray) = stray {
            self.note(
                IssueKind::Items,
                node,
                "elements",
                format!("the text `{}`", crate::base::json::cut(stray.trim(), 60)),
            );
        }
    }
}

fn fault(node: Node<'_, '_>) -> Fault {
    let part = |names: &[&str]| elements(node).find(|child| names.contains(&local(*child)));
    let code = part(&["faultcode", "Code"]).map(text).unwrap_or_default();
    let code = code.trim();
    let detail = part(&["detail", "Detail"]).map(|detail| {
        let range = detail.range();
        detail.document().input_text()[range].to_owned()
    });
    Fault {
        code: code.rsplit(':').next().unwrap_or(code).to_owned(),
        string: part(&["faultstring", "Reason"])
            .map(text)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        detail: detail.unwrap_or_default(),
    }
}

fn shown(namespace: &str) -> String {
    match namespace {
        "" => "no namespace".to_owned(),
        other => format!("namespace {other}"),
    }
}

/// Path of an element by local names, with positions among siblings of the same name.
fn path(node: Node<'_, '_>) -> String {
    let mut parts: Vec<String> = node
        .ancestors()
        .filter(Node::is_element)
        .map(|element| {
            let name = local(element);
            let twins = |sibling: &Node<'_, '_>| sibling.is_element() && local(*sibling) == name;
            let before = element.prev_siblings().skip(1).filter(twins).count();
            let after = element.next_siblings().skip(1).any(|next| twins(&next));
            match before > 0 || after {
                true => format!("{name}[{}]", before + 1),
                false => name.to_owned(),
            }
        })
        .collect();
    parts.reverse();
    format!("/{}", parts.join("/"))
}
