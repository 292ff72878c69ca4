//! From an envelope to the JSON value that its carrier describes.
//!
//! Reading is lenient and remembers everything that is not as it should be: a member
//! is found by its local name in any order and namespace, so that one mistake does not
//! hide all others, and each mistake is an [`Issue`] that judgements charge.

mod carrier;

use std::collections::BTreeMap;

use roxmltree::Node;
use serde_json::Value;

use super::xml::{elements, is_nil, local, namespace, parse, path, root_name, text, text_of};
use super::{ENVELOPE, Operation, Shape, Soap, WireNames};

/// Namespace of XInclude.
const XINCLUDE: &str = "http://www.w3.org/2001/XInclude";

/// Issues kept of one kind. Many of one kind must not hide another: judgements charge
/// each kind to a requirement of its own.
const KEPT: usize = 25;

/// What an answer says.
#[derive(Debug, Clone, Default)]
pub struct Decoded {
    /// The result, as its schema describes it; `None` when there is no result.
    pub answer: Option<Value>,
    pub fault: Option<Fault>,
    /// A message was asked for: what came was read as one.
    pub expected: bool,
    /// The body is an envelope of SOAP, of whatever version.
    pub envelope: bool,
    pub issues: Vec<Issue>,
    /// Values looked at, by kind of issue: what a judgement of that kind judged.
    pub judged: BTreeMap<&'static str, u64>,
}

impl Fault {
    /// Whether a code, or one that it refines (`Client.Authentication`), has this name.
    pub fn is(&self, name: &str) -> bool {
        self.code.split('.').any(|part| part == name)
    }
}

impl Decoded {
    /// The body could not be read at all.
    pub fn unreadable(&self) -> bool {
        let kinds = self.issues.iter().map(|issue| issue.kind);
        kinds
            .into_iter()
            .any(|kind| kind == IssueKind::NotWellFormed)
    }

    /// Adds what the schema refuses.
    pub fn schema_errors(&mut self, errors: &[String]) {
        *self.judged.entry(IssueKind::Schema.name()).or_default() += 1;
        self.issues.extend(errors.iter().map(|error| {
            let (at, what) = match error.split_once(": ") {
                Some((at, what)) if at.starts_with('/') => (at, what),
                _ => ("", error.as_str()),
            };
            Issue::new(
                IssueKind::Schema,
                at,
                "a message that its schema accepts",
                what,
            )
        }));
    }
}

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Local part of the code, such as `Client` or `ActionNotSupported`.
    pub code: String,
    pub string: String,
    /// Who found it; empty when that is not said.
    pub actor: String,
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
    /// A document type declaration, or an inclusion.
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
    /// A name that its enum does not have.
    Enum,
    /// A member that the description does not know; readers skip it.
    Addition,
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
        Self::Enum,
        Self::Addition,
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
            Self::Enum => "enum",
            Self::Addition => "addition",
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
    reader.decoded.expected = true;
    reader
        .decoded
        .judged
        .insert(IssueKind::NotWellFormed.name(), 1);
    reader.decoded.judged.insert(IssueKind::Dtd.name(), 1);
    match text_of(body).map(|text| (text, parse(text))) {
        Ok((_, Ok(document))) => reader.envelope(document.root_element(), operation),
        Ok((text, Err(issue))) if issue.kind == IssueKind::Dtd => {
            reader.declared(root_name(text), issue);
        }
        Ok((_, Err(issue))) | Err(issue) => reader.decoded.issues.push(issue),
    }
    reader.decoded
}

struct Reader<'s> {
    soap: &'s Soap,
    names: Option<&'s WireNames>,
    decoded: Decoded,
}

impl<'s> Reader<'s> {
    fn issue(
        &mut self,
        kind: IssueKind,
        at: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        if self.room(kind) {
            self.decoded
                .issues
                .push(Issue::new(kind, at, expected, actual));
        }
    }

    fn room(&self, kind: IssueKind) -> bool {
        let issues = self.decoded.issues.iter();
        issues.filter(|issue| issue.kind == kind).count() < KEPT
    }

    /// An issue at an element; its path is written only when the issue is kept.
    fn note(
        &mut self,
        kind: IssueKind,
        node: Node<'_, '_>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        if self.room(kind) {
            self.issue(kind, &path(node), expected, actual);
        }
    }

    fn judged(&mut self, kind: IssueKind) {
        *self.decoded.judged.entry(kind.name()).or_default() += 1;
    }

    /// A document that was not read because it declares its type. Pages of servers do
    /// so as well, and they are no envelopes.
    fn declared(&mut self, root: &str, issue: Issue) {
        self.judged(IssueKind::Envelope);
        if root == "Envelope" {
            self.decoded.envelope = true;
            self.decoded.issues.push(issue);
            return;
        }
        self.issue(
            IssueKind::Envelope,
            "",
            "an envelope of SOAP 1.1",
            format!("a document {}", crate::base::json::cut(root, 60)),
        );
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
            if namespace(first) != namespace(root) {
                self.issue(
                    IssueKind::Envelope,
                    "/Envelope/Body/Fault",
                    "the namespace of the envelope",
                    shown(namespace(first)),
                );
            }
            self.decoded.fault = Some(fault(first));
            return;
        }
        let names = self.names;
        let named = |operation: &&Operation| {
            let name = local(first);
            name == operation.response
                || name.strip_suffix("Response") == Some(operation.name.as_str())
                || names.is_some_and(|names| names.response_body(operation) == name)
        };
        let operation = operation.or_else(|| self.soap.operations().find(named));
        if let Some(operation) = operation {
            self.answer(first, operation);
        }
    }

    fn answer(&mut self, first: Node<'_, '_>, operation: &Operation) {
        self.judged(IssueKind::Wrapper);
        let shape = self.names.map_or(Shape::Wrapped, |names| names.shape);
        let wanted = match self.names {
            Some(names) => names.response_body(operation),
            None => format!("{}Response", operation.name),
        };
        let space = self.names.map(|names| names.namespace.as_str());
        self.wrapper(first, &wanted, space);
        // In either shape the carrier is found where it stands.
        let mut inner = elements(first);
        let result = match self.names {
            Some(names) => names.result_element(operation),
            None => format!("{}Result", operation.name),
        };
        let space = self.names.map(WireNames::parameter_namespace);
        let carrier = match (inner.next(), inner.next()) {
            _ if shape == Shape::Bare && local(first) == wanted => first,
            (None, _) if shape == Shape::Wrapped => {
                // A null result: nothing was lost, there is nothing.
                self.decoded.answer = None;
                return;
            }
            (Some(only), _) if local(only) == result => {
                self.wrapper(only, &result, space);
                only
            }
            (Some(only), None) if !self.is_member(&operation.response, local(only)) => {
                self.wrapper(only, &result, space);
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
        self.decoded.answer = Some(self.carrier(carrier, &operation.response));
    }

    fn is_member(&self, carrier: &str, name: &str) -> bool {
        self.soap
            .members(carrier)
            .iter()
            .any(|member| member.name == name)
    }

    fn wrapper(&mut self, node: Node<'_, '_>, wanted: &str, space: Option<&str>) {
        if local(node) != wanted {
            self.note(
                IssueKind::Wrapper,
                node,
                format!("element {wanted}"),
                format!("element {}", local(node)),
            );
        }
        if let Some(space) = space.filter(|space| namespace(node) != *space) {
            self.note(
                IssueKind::Wrapper,
                node,
                format!("{} in {}", local(node), shown(space)),
                shown(namespace(node)),
            );
        }
    }
}

fn fault(node: Node<'_, '_>) -> Fault {
    let part = |names: &[&str]| elements(node).find(|child| names.contains(&local(*child)));
    // SOAP 1.2 has the code in an element of its own, beside finer codes.
    let code = part(&["faultcode", "Code"]).map(|code| {
        let value = elements(code).find(|child| local(*child) == "Value");
        text(value.unwrap_or(code))
    });
    let code = code.unwrap_or_default();
    let code = code.trim();
    let said = |names: &[&str]| {
        let text = part(names).map(text).unwrap_or_default();
        text.trim().to_owned()
    };
    let detail = part(&["detail", "Detail"]).map(|detail| {
        let range = detail.range();
        detail.document().input_text()[range].to_owned()
    });
    Fault {
        code: code.rsplit(':').next().unwrap_or(code).to_owned(),
        string: said(&["faultstring", "Reason"]),
        actor: said(&["faultactor", "Role"]),
        detail: detail.unwrap_or_default(),
    }
}

fn shown(namespace: &str) -> String {
    match namespace {
        "" => "no namespace".to_owned(),
        other => format!("namespace {other}"),
    }
}
