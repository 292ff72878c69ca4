//! Carriers and the values in them.

use roxmltree::Node;
use serde_json::{Map, Value};

use super::{IssueKind, Reader, shown};
use crate::base::json::cut;
use crate::soap::xml::{elements, is_nil, local, namespace, text};
use crate::soap::{ARRAYS, KEY_VALUE, Kind, Member};

impl Reader<'_> {
    /// Names of members in wire order: those of the connector's WSDL where it has
    /// them, else those of the description.
    fn order(&self, carrier: &str, members: &[&Member]) -> Vec<String> {
        let own = self.names.and_then(|names| names.order.get(carrier));
        match own {
            Some(order) => order.clone(),
            None => members.iter().map(|member| member.name.clone()).collect(),
        }
    }

    pub(super) fn carrier(&mut self, node: Node<'_, '_>, name: &str) -> Value {
        let soap = self.soap;
        let members = soap.members(name);
        let mut read = Map::new();
        for child in elements(node) {
            self.judged(IssueKind::Addition);
            let Some(member) = members.iter().find(|member| member.name == local(child)) else {
                // What the contract does not know is an addition, and skipped.
                self.note(
                    IssueKind::Addition,
                    child,
                    "members that the contract has",
                    local(child).to_owned(),
                );
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
            let value = self.member(child, member);
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
        let mut seen: Vec<&str> = Vec::with_capacity(members.len());
        for child in elements(node) {
            // What comes twice is noted once.
            if !members.iter().any(|member| member.name == local(child))
                || seen.contains(&local(child))
            {
                continue;
            }
            seen.push(local(child));
            self.judged(IssueKind::Order);
            self.judged(IssueKind::Namespace);
            if let Some(space) = space.as_deref().filter(|space| namespace(child) != *space) {
                self.note(
                    IssueKind::Namespace,
                    child,
                    format!("{} in {}", local(child), shown(space)),
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

    fn member(&mut self, node: Node<'_, '_>, member: &Member) -> Value {
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
            Kind::Enum { values, .. } => {
                self.judged(IssueKind::Enum);
                let name = text(node).trim().to_owned();
                if !values.contains(&name) {
                    self.note(
                        IssueKind::Enum,
                        node,
                        format!("one of {}", values.join(", ")),
                        format!("`{}`", crate::base::json::cut(&name, 40)),
                    );
                }
                Value::String(name)
            }
            Kind::Boolean => self.boolean(node),
            Kind::Int => self.integer(node),
            Kind::Texts => self.texts(node),
            Kind::Map => self.map(node),
            Kind::Carriers(item) => self.items(node, item),
            Kind::Carrier(name) => self.carrier(node, name),
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
                    format!("`{}`", cut(other, 40)),
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
                    format!("`{}`", cut(trimmed, 40)),
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

    fn items(&mut self, node: Node<'_, '_>, item: &str) -> Value {
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
                        Some(space) => format!("{item} in {}", shown(space)),
                        None => item.to_owned(),
                    },
                    format!("{} in {}", local(child), shown(namespace(child))),
                );
            }
            items.push(match is_nil(child) {
                true => Value::Null,
                false => self.carrier(child, item),
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
            if is_nil(key) {
                self.note(
                    IssueKind::Items,
                    child,
                    "a key: a dictionary has none that is nil",
                    "nil",
                );
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
                    format!("`{}` again", cut(&name, 80)),
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
                format!("the text `{}`", cut(stray.trim(), 60)),
            );
        }
    }
}
