//! From a JSON carrier to an envelope, as WCF's client writes it, and with the changes
//! that a test needs.

use std::fmt::Write as _;

use serde_json::Value;

use super::xml::escape;
use super::{
    ARRAYS, ENVELOPE, INSTANCE, KEY_VALUE, Kind, Member, Operation, Shape, Soap, WireNames,
};

/// How namespaces are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// A default namespace on the operation's element, as WCF writes it.
    #[default]
    Default,
    /// Every element with a prefix, declared where it is first needed.
    Prefixed,
    /// Every element with a prefix, all declared on the envelope.
    Root,
}

impl Style {
    pub const ALL: [(&'static str, Self); 3] = [
        ("default", Self::Default),
        ("prefixed", Self::Prefixed),
        ("root", Self::Root),
    ];
}

/// What stands before the envelope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Declaration {
    #[default]
    None,
    /// An XML declaration.
    Plain,
    /// A byte order mark and an XML declaration.
    Bom,
}

impl Declaration {
    pub const ALL: [(&'static str, Self); 3] = [
        ("none", Self::None),
        ("plain", Self::Plain),
        ("bom", Self::Bom),
    ];
}

/// How null members are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nulls {
    #[default]
    Nil,
    Omit,
}

impl Nulls {
    pub const ALL: [(&'static str, Self); 2] = [("nil", Self::Nil), ("omit", Self::Omit)];
}

/// Changes to the message that a client would send.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub style: Style,
    pub declaration: Declaration,
    pub nulls: Nulls,
    /// Whole SOAPAction header in place of the right one in quotes.
    pub action: Option<String>,
    /// XML before the envelope.
    pub prolog: Option<String>,
    /// XML inside the header.
    pub header: Option<String>,
    /// XML at the end of the request carrier.
    pub extra: Option<String>,
    /// Namespace of the operation's element.
    pub namespace: Option<String>,
    /// Content of the body in place of the carrier.
    pub body: Option<String>,
    /// Texts, as they stand escaped in the message, and the XML put in their place.
    pub replace: Vec<(String, String)>,
    /// Bytes that the message shall have at least; white space before the body fills it up.
    pub pad: usize,
}

/// The envelope of a call. `request` is the carrier as its schema describes it; null
/// stands for a nil carrier, `None` for an absent one.
pub fn envelope(
    soap: &Soap,
    names: &WireNames,
    operation: &Operation,
    request: Option<&Value>,
    changes: &Changes,
) -> Vec<u8> {
    let mut writer = Writer {
        soap,
        names,
        changes,
        out: String::new(),
        padding: None,
    };
    writer.message(operation, request);
    let Writer {
        mut out, padding, ..
    } = writer;
    if let Some(at) = padding.filter(|_| changes.pad > out.len()) {
        // Lines of blanks, so that no single run of white space is huge.
        let missing = changes.pad - out.len();
        let mut filling = String::with_capacity(missing + 80);
        while filling.len() < missing {
            filling.push('\n');
            filling.push_str(&" ".repeat(79));
        }
        out.insert_str(at, &filling);
    }
    for (from, to) in &changes.replace {
        if !from.is_empty() {
            out = out.replace(&escape(from), to);
        }
    }
    let mut bytes = Vec::with_capacity(out.len() + 60);
    if changes.declaration == Declaration::Bom {
        bytes.extend_from_slice(b"\xEF\xBB\xBF");
    }
    if changes.declaration != Declaration::None {
        bytes.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    }
    bytes.extend_from_slice(changes.prolog.as_deref().unwrap_or_default().as_bytes());
    bytes.extend_from_slice(out.as_bytes());
    bytes
}

/// The SOAPAction header of a call.
pub fn action(names: &WireNames, operation: &Operation, changes: &Changes) -> String {
    match &changes.action {
        Some(action) => action.clone(),
        None => format!("\"{}\"", names.action(&operation.name)),
    }
}

/// The namespaces of a message; each has a prefix where prefixes are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Service,
    /// That of the element around a wrapped carrier.
    Parameter,
    Data,
    Arrays,
}

struct Writer<'w> {
    soap: &'w Soap,
    names: &'w WireNames,
    changes: &'w Changes,
    out: String,
    /// Where white space may be put in.
    padding: Option<usize>,
}

impl Writer<'_> {
    fn uri(&self, space: Space) -> &str {
        let changed = self.changes.namespace.as_deref();
        match space {
            Space::Service => changed.unwrap_or(&self.names.namespace),
            Space::Parameter => self
                .names
                .parameter_namespace
                .as_deref()
                .or(changed)
                .unwrap_or(&self.names.namespace),
            Space::Data => &self.names.data_namespace,
            Space::Arrays => ARRAYS,
        }
    }

    /// Whether some elements have no namespace: then no other may be the default one.
    fn bare_names(&self) -> bool {
        [Space::Parameter, Space::Data]
            .into_iter()
            .any(|space| self.uri(space).is_empty())
    }

    /// The first space with the same namespace: it has the prefix.
    fn same(&self, space: Space) -> Space {
        [Space::Service, Space::Parameter, Space::Data]
            .into_iter()
            .find(|other| self.uri(*other) == self.uri(space))
            .unwrap_or(space)
    }

    /// The prefix of a namespace with its colon; empty for the default namespace.
    fn prefix(&self, space: Space) -> &'static str {
        if self.uri(space).is_empty() {
            return "";
        }
        match (self.changes.style, self.same(space)) {
            (Style::Default, Space::Service) if !self.bare_names() => "",
            (Style::Default, Space::Parameter) => "p:",
            (Style::Default, Space::Data) => "d:",
            (Style::Default, Space::Arrays) => "b:",
            (_, Space::Service) => "ns0:",
            (_, Space::Data) => "ns1:",
            (_, Space::Arrays) => "ns2:",
            (_, Space::Parameter) => "ns3:",
        }
    }

    /// The declaration of a namespace, as an attribute.
    fn declaration(&self, space: Space) -> String {
        let uri = escape(self.uri(space));
        match self.prefix(space).trim_end_matches(':') {
            "" if uri.is_empty() => String::new(),
            "" => format!(" xmlns=\"{uri}\""),
            name => format!(" xmlns:{name}=\"{uri}\""),
        }
    }

    /// The declaration at the place of first use; nothing where the root has it.
    fn local(&self, space: Space) -> String {
        match self.changes.style {
            Style::Root => String::new(),
            _ => self.declaration(space),
        }
    }

    /// The declaration of a namespace that none of the outer spaces has declared.
    fn undeclared(&self, space: Space) -> String {
        match self.same(space) == space {
            true => self.local(space),
            false => String::new(),
        }
    }

    fn instance(&self) -> String {
        match self.changes.style {
            Style::Root => String::new(),
            _ => format!(" xmlns:i=\"{INSTANCE}\""),
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn message(&mut self, operation: &Operation, request: Option<&Value>) {
        let mut root = format!("<s:Envelope xmlns:s=\"{ENVELOPE}\"");
        if self.changes.style == Style::Root {
            let spaces = [Space::Service, Space::Parameter, Space::Data, Space::Arrays];
            for space in spaces {
                if self.same(space) == space {
                    root.push_str(&self.declaration(space));
                }
            }
            let _ = write!(root, " xmlns:i=\"{INSTANCE}\"");
        }
        self.push(&root);
        self.push(">");
        self.header(operation, request);
        // White space between members would be text to some readers once it is long.
        self.padding = Some(self.out.len());
        self.push("<s:Body>");
        match &self.changes.body {
            Some(body) => {
                let body = body.clone();
                self.push(&body);
            }
            None => self.operation(operation, request),
        }
        self.push("</s:Body></s:Envelope>");
    }

    fn header(&mut self, operation: &Operation, request: Option<&Value>) {
        let mut header = String::new();
        let carrier = operation.request.as_deref().unwrap_or_default();
        for member in self.soap.members(carrier) {
            let value = request.and_then(|request| request.get(&member.name));
            if let (true, Some(value)) = (member.header, value.filter(|value| !value.is_null())) {
                let _ = write!(
                    header,
                    "<h:{name} s:mustUnderstand=\"1\" xmlns:h=\"{space}\">{value}</h:{name}>",
                    name = member.name,
                    space = escape(&self.names.namespace),
                    value = escape(&plain(value)),
                );
            }
        }
        header.push_str(self.changes.header.as_deref().unwrap_or_default());
        if !header.is_empty() {
            self.push("<s:Header>");
            self.push(&header);
            self.push("</s:Header>");
        }
    }

    fn operation(&mut self, operation: &Operation, request: Option<&Value>) {
        let service = self.prefix(Space::Service);
        match self.names.shape {
            Shape::Wrapped => {
                let name = self.names.request_body(operation);
                let open = format!("<{service}{name}{}>", self.local(Space::Service));
                self.push(&open);
                if let (Some(carrier), Some(request)) = (&operation.request, request) {
                    let parameter = self.prefix(Space::Parameter);
                    let element = self.names.request_element(operation);
                    self.carrier_element(&format!("{parameter}{element}"), carrier, request);
                } else {
                    let extra = self.changes.extra.clone().unwrap_or_default();
                    self.push(&extra);
                }
                let close = format!("</{service}{name}>");
                self.push(&close);
            }
            Shape::Bare => {
                let name = self.names.request_body(operation);
                let open = format!(
                    "<{service}{name}{}{}",
                    self.local(Space::Service),
                    self.instance()
                );
                self.push(&open);
                let nil = request.is_some_and(Value::is_null);
                if nil {
                    self.push(" i:nil=\"true\"/>");
                    return;
                }
                let declared = self.undeclared(Space::Data);
                self.push(&declared);
                self.push(">");
                if let (Some(carrier), Some(request)) = (&operation.request, request) {
                    self.members(carrier, request);
                }
                let extra = self.changes.extra.clone().unwrap_or_default();
                self.push(&extra);
                let close = format!("</{service}{name}>");
                self.push(&close);
            }
        }
    }

    /// The element of a request carrier.
    fn carrier_element(&mut self, element: &str, carrier: &str, value: &Value) {
        let open = format!(
            "<{element}{}{}",
            self.undeclared(Space::Parameter),
            self.instance()
        );
        self.push(&open);
        if value.is_null() {
            self.push(" i:nil=\"true\"/>");
            return;
        }
        let declared = self.undeclared(Space::Data);
        self.push(&declared);
        self.push(">");
        self.members(carrier, value);
        let extra = self.changes.extra.clone().unwrap_or_default();
        self.push(&extra);
        let close = format!("</{element}>");
        self.push(&close);
    }

    fn members(&mut self, carrier: &str, value: &Value) {
        let soap = self.soap;
        let mut members = soap.members(carrier);
        if let Some(order) = self.names.order.get(carrier) {
            let place = |member: &&Member| order.iter().position(|name| *name == member.name);
            members.sort_by_key(|member| place(member).unwrap_or(usize::MAX));
        }
        for member in members.into_iter().filter(|member| !member.header) {
            match value.get(&member.name) {
                None => {}
                Some(Value::Null) => self.null(&member.name),
                Some(value) => self.member(member, value),
            }
        }
        // A member that the description does not have is written as it is given.
        let known = soap.members(carrier);
        for (name, value) in value.as_object().into_iter().flatten() {
            if !known.iter().any(|member| member.name == *name) {
                self.leaf(name, value);
            }
        }
    }

    fn null(&mut self, name: &str) {
        if self.changes.nulls == Nulls::Omit {
            return;
        }
        let element = format!("<{}{name} i:nil=\"true\"/>", self.prefix(Space::Data));
        self.push(&element);
    }

    fn leaf(&mut self, name: &str, value: &Value) {
        let data = self.prefix(Space::Data);
        let element = format!("<{data}{name}>{}</{data}{name}>", escape(&plain(value)));
        self.push(&element);
    }

    fn member(&mut self, member: &Member, value: &Value) {
        let data = self.prefix(Space::Data);
        let name = &member.name;
        match (&member.kind, value) {
            (Kind::Texts, Value::Array(items)) => {
                let open = format!("<{data}{name}{}>", self.local(Space::Arrays));
                self.push(&open);
                let array = self.prefix(Space::Arrays);
                for item in items {
                    let item = match item {
                        Value::Null => format!("<{array}string i:nil=\"true\"/>"),
                        item => format!("<{array}string>{}</{array}string>", escape(&plain(item))),
                    };
                    self.push(&item);
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                let open = format!("<{data}{name}{}>", self.local(Space::Arrays));
                self.push(&open);
                let array = self.prefix(Space::Arrays);
                for (key, value) in entries {
                    let value = match value {
                        Value::Null => format!("<{array}Value i:nil=\"true\"/>"),
                        value => format!("<{array}Value>{}</{array}Value>", escape(&plain(value))),
                    };
                    let item = format!(
                        "<{array}{KEY_VALUE}><{array}Key>{}</{array}Key>{value}</{array}{KEY_VALUE}>",
                        escape(key)
                    );
                    self.push(&item);
                }
            }
            (Kind::Carriers(item), Value::Array(items)) => {
                let open = format!("<{data}{name}>");
                self.push(&open);
                for entry in items {
                    if entry.is_null() {
                        let nil = format!("<{data}{item} i:nil=\"true\"/>");
                        self.push(&nil);
                        continue;
                    }
                    let open = format!("<{data}{item}>");
                    self.push(&open);
                    self.members(item, entry);
                    let close = format!("</{data}{item}>");
                    self.push(&close);
                }
            }
            (Kind::Carrier(carrier), Value::Object(_)) => {
                let open = format!("<{data}{name}>");
                self.push(&open);
                self.members(carrier, value);
            }
            (_, value) => {
                self.leaf(name, value);
                return;
            }
        }
        let close = format!("</{data}{name}>");
        self.push(&close);
    }
}

/// A value as text: texts as they are, the rest as JSON writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
