//! The carriers of the contract: requests as they are read, results as they are
//! written.

use roxmltree::Node;

use super::NAMESPACE as N;
use super::operation::Operation;
use super::values::Kind;
use crate::sample::sync::xml::{self, ARRAYS};

/// A dictionary in the order in which it travels.
pub type Pairs = Vec<(String, String)>;

/// The members of all request classes; nil and absent are the same.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub connection_guid: Option<String>,
    pub connection_info: Option<Pairs>,
    pub actor_type: Option<String>,
    pub erp_keys: Option<Vec<String>>,
    pub field_keys: Option<Vec<String>>,
    pub updated_on_or_after: Option<String>,
    pub search_text: Option<String>,
    pub restrictions: Option<Vec<Restriction>>,
    pub parent_actor_erp_key: Option<String>,
    pub parent_actor_type: Option<String>,
    pub actor: Option<Actor>,
    pub actors: Option<Vec<Actor>>,
    pub list_name: Option<String>,
    pub list_item_keys: Option<Vec<String>>,
}

/// One condition of an advanced search.
#[derive(Debug, Clone, Default)]
pub struct Restriction {
    pub field_key: String,
    pub operator: String,
    pub values: Vec<String>,
}

/// An actor as it travels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actor {
    pub actor_type: Option<String>,
    pub erp_key: Option<String>,
    pub field_values: Option<Pairs>,
    pub last_modified: Option<String>,
    pub parent_actor_type: Option<String>,
    pub parent_erp_key: Option<String>,
}

/// What may be done with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Normal,
    Mandatory,
    ReadOnly,
}

impl Access {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Mandatory => "Mandatory",
            Self::ReadOnly => "ReadOnly",
        }
    }
}

/// Description of a field.
#[derive(Debug, Clone)]
pub struct Field {
    pub access: Access,
    pub default_value: String,
    pub description: String,
    pub display_name: String,
    pub key: String,
    pub kind: Kind,
    pub list_name: String,
    pub max_length: i32,
    pub rank: i32,
}

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ok,
    OkWithInfo,
    Warning,
    Error,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "Ok",
            Self::OkWithInfo => "OkWithInfo",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }
}

/// What a result carries beside its base; `None` is nil.
#[derive(Debug, Clone)]
pub enum Payload {
    Nothing,
    Fields(Option<Vec<Field>>),
    Strings(Option<Vec<String>>),
    Actors(Option<Vec<Actor>>),
    Actor(Option<Actor>),
    Items(Option<Pairs>),
}

impl Payload {
    /// The nil payload of an operation.
    pub fn nil(operation: Operation) -> Self {
        match operation.result_class() {
            "FieldMetadataInfoArrayPluginResponseWS" => Self::Fields(None),
            "StringArrayPluginResponseWS" => Self::Strings(None),
            "ActorArrayPluginResponseWS" => Self::Actors(None),
            "ActorPluginResponseWS" => Self::Actor(None),
            "ListItemArrayPluginResponseWS" => Self::Items(None),
            _ => Self::Nothing,
        }
    }
}

/// The answer of an operation.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub error_code: Option<String>,
    pub is_ok: bool,
    pub state: State,
    pub tech: Option<String>,
    pub user: Option<String>,
    pub payload: Payload,
}

impl Outcome {
    /// Done, with nothing to remark.
    pub fn ok(payload: Payload) -> Self {
        Self {
            error_code: None,
            is_ok: true,
            state: State::Ok,
            tech: None,
            user: None,
            payload,
        }
    }

    /// Not done.
    pub fn refused(operation: Operation, refusal: Refusal) -> Self {
        Self {
            error_code: refusal.code.map(str::to_owned),
            is_ok: false,
            state: State::Error,
            tech: Some(refusal.tech),
            user: Some(refusal.user),
            payload: Payload::nil(operation),
        }
    }
}

/// Why a call is answered with an error result.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub code: Option<&'static str>,
    pub user: String,
    pub tech: String,
}

impl Refusal {
    /// A refusal with its texts for users, in English and Norwegian, and for support.
    pub fn new(english: &str, norwegian: &str, tech: impl Into<String>) -> Self {
        Self {
            code: None,
            user: format!("US:\"{english}\";NO:\"{norwegian}\""),
            tech: tech.into(),
        }
    }

    /// The same with an error code.
    pub fn with(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }
}

impl Request {
    /// Reads the members of a request carrier.
    pub fn read(carrier: Node<'_, '_>) -> Self {
        let text = |name| xml::child_text(carrier, N, name);
        let texts = |name| present(carrier, name).map(strings);
        Self {
            connection_guid: text("ConnectionGuid"),
            connection_info: present(carrier, "ConnectionInfo").map(pairs),
            actor_type: text("ActorType"),
            erp_keys: texts("ErpKeys"),
            field_keys: texts("FieldKeys"),
            updated_on_or_after: text("UpdatedOnOrAfter"),
            search_text: text("SearchText"),
            restrictions: present(carrier, "Restrictions").map(restrictions),
            parent_actor_erp_key: text("ParentActorErpKey"),
            parent_actor_type: text("ParentActorType"),
            actor: present(carrier, "Actor").map(actor),
            actors: present(carrier, "Actors").map(|node| items(node, "ErpActorWS", actor)),
            list_name: text("ListName"),
            list_item_keys: texts("ListItemKeys"),
        }
    }
}

/// A child that is there and not nil.
fn present<'a, 'i>(carrier: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    xml::child(carrier, N, name).filter(|node| !xml::is_nil(*node))
}

fn items<T>(node: Node<'_, '_>, name: &str, read: fn(Node<'_, '_>) -> T) -> Vec<T> {
    let items = node.children().filter(|item| xml::is(*item, N, name));
    items.filter(|item| !xml::is_nil(*item)).map(read).collect()
}

fn strings(node: Node<'_, '_>) -> Vec<String> {
    let items = node
        .children()
        .filter(|item| xml::is(*item, ARRAYS, "string"));
    items.filter_map(xml::text).collect()
}

fn pairs(node: Node<'_, '_>) -> Pairs {
    let items = node
        .children()
        .filter(|item| xml::is(*item, ARRAYS, "KeyValueOfstringstring"));
    let pair = |item| {
        let value = xml::child_text(item, ARRAYS, "Value").unwrap_or_default();
        Some((xml::child_text(item, ARRAYS, "Key")?, value))
    };
    items.filter_map(pair).collect()
}

fn restrictions(node: Node<'_, '_>) -> Vec<Restriction> {
    items(node, "SearchRestrictionInfoWS", |item| Restriction {
        field_key: xml::child_text(item, N, "FieldKey").unwrap_or_default(),
        operator: xml::child_text(item, N, "Operator").unwrap_or_default(),
        values: present(item, "Values").map(strings).unwrap_or_default(),
    })
}

fn actor(node: Node<'_, '_>) -> Actor {
    let text = |name| xml::child_text(node, N, name);
    Actor {
        actor_type: text("ActorType"),
        erp_key: text("ErpKey"),
        field_values: present(node, "FieldValues").map(pairs),
        last_modified: text("LastModified"),
        parent_actor_type: text("ParentActorType"),
        parent_erp_key: text("ParentErpKey"),
    }
}
