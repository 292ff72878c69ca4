//! Types and elements of all messages, before they are written as a schema.

use std::collections::BTreeMap;

use crate::soap::{ARRAYS, KEY_VALUE, Kind, Member, Operation, Shape, Soap, WireNames};

/// A name with its namespace; empty for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub namespace: String,
    pub local: String,
}

impl Name {
    pub fn new(namespace: impl Into<String>, local: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            local: local.into(),
        }
    }
}

/// All definitions, by target namespace.
#[derive(Debug, Default)]
pub struct Model {
    pub parts: BTreeMap<String, Part>,
}

/// Definitions of one namespace, in the order of operations.
#[derive(Debug, Default)]
pub struct Part {
    pub types: Vec<(String, Type)>,
    pub elements: Vec<Element>,
}

/// A named type.
#[derive(Debug, Clone)]
pub enum Type {
    /// A class, or a list of one repeated element.
    Members {
        base: Option<Name>,
        own: Vec<Element>,
    },
    /// The names of an enum.
    Names(Vec<String>),
}

/// An element, on its own or in a sequence.
#[derive(Debug, Clone)]
pub struct Element {
    pub name: Name,
    pub of: Of,
    pub required: bool,
    pub many: bool,
    pub nillable: bool,
}

/// What an element holds.
#[derive(Debug, Clone)]
pub enum Of {
    /// A type of XML Schema.
    Xs(&'static str),
    Named(Name),
    /// An anonymous class.
    Members(Vec<Element>),
    /// An anonymous enum.
    Names(Vec<String>),
}

impl Model {
    pub fn new(soap: &Soap, names: &BTreeMap<String, WireNames>) -> Self {
        let mut model = Self::default();
        for binding in soap.bindings() {
            let Some(names) = names.get(&binding.name) else {
                continue;
            };
            let mut builder = Builder {
                soap,
                names,
                model: &mut model,
            };
            for operation in soap.operations() {
                if operation.binding == binding.name {
                    builder.operation(operation);
                }
            }
        }
        model
    }

    pub fn element(&self, namespace: &str, local: &str) -> Option<&Element> {
        let part = self.parts.get(namespace)?;
        part.elements
            .iter()
            .find(|element| element.name.local == local)
    }

    pub fn named(&self, name: &Name) -> Option<&Type> {
        let part = self.parts.get(&name.namespace)?;
        part.types
            .iter()
            .find_map(|(local, found)| (*local == name.local).then_some(found))
    }

    /// All members of a class, base class first.
    pub fn members(&self, name: &Name) -> Vec<&Element> {
        match self.named(name) {
            Some(Type::Members { base, own }) => {
                let mut members = base
                    .as_ref()
                    .map(|base| self.members(base))
                    .unwrap_or_default();
                members.extend(own);
                members
            }
            _ => Vec::new(),
        }
    }

    /// Whether a type is another one or extends it.
    pub fn is_a(&self, name: &Name, other: &Name) -> bool {
        if name == other {
            return true;
        }
        match self.named(name) {
            Some(Type::Members {
                base: Some(base), ..
            }) => self.is_a(base, other),
            _ => false,
        }
    }
}

struct Builder<'b> {
    soap: &'b Soap,
    names: &'b WireNames,
    model: &'b mut Model,
}

impl<'b> Builder<'b> {
    fn operation(&mut self, operation: &Operation) {
        let names = self.names;
        let request = operation.request.as_deref();
        self.message(names.request_body(operation), request, || {
            names.request_element(operation).to_owned()
        });
        self.message(
            &names.response_body(operation),
            Some(&operation.response),
            || names.result_element(operation),
        );
        for member in request
            .map(|carrier| self.soap.members(carrier))
            .unwrap_or_default()
        {
            if member.header {
                let mut element = self.member(member);
                element.name.namespace.clone_from(&names.namespace);
                self.global(element);
            }
        }
    }

    /// The element of the body, with the carrier around or in it.
    fn message(&mut self, body: &str, carrier: Option<&str>, inner: impl Fn() -> String) {
        let names = self.names;
        let of = carrier.map(|carrier| Of::Named(self.carrier(carrier)));
        let (of, nillable) = match (names.shape, of) {
            (Shape::Bare, Some(of)) => (of, true),
            (Shape::Wrapped, Some(of)) => {
                let space = names.parameter_namespace();
                let inner = optional(Name::new(space, inner()), of, true);
                if !space.is_empty() && space != names.namespace {
                    self.global(inner.clone());
                }
                (Of::Members(vec![inner]), false)
            }
            (_, None) => (Of::Members(Vec::new()), false),
        };
        self.global(optional(Name::new(&names.namespace, body), of, nillable));
    }

    fn global(&mut self, element: Element) {
        let part = self
            .model
            .parts
            .entry(element.name.namespace.clone())
            .or_default();
        if !part.elements.iter().any(|known| known.name == element.name) {
            part.elements.push(element);
        }
    }

    /// Schemas need a namespace for their types; members without one stand in the
    /// schema of the operations as unqualified elements.
    fn type_namespace(&self) -> String {
        match self.names.data_namespace.as_str() {
            "" => self.names.namespace.clone(),
            data => data.to_owned(),
        }
    }

    /// Adds a type under its name, unless it is there; what it holds is made after its
    /// place is taken, so that classes may hold themselves.
    fn named(&mut self, name: &Name, make: impl FnOnce(&mut Self) -> Type) {
        let types = &mut self
            .model
            .parts
            .entry(name.namespace.clone())
            .or_default()
            .types;
        if types.iter().any(|(known, _)| *known == name.local) {
            return;
        }
        let place = types.len();
        types.push((name.local.clone(), Type::Names(Vec::new())));
        let made = make(self);
        if let Some(part) = self.model.parts.get_mut(&name.namespace)
            && let Some((_, slot)) = part.types.get_mut(place)
        {
            *slot = made;
        }
    }

    fn carrier(&mut self, carrier: &str) -> Name {
        let name = Name::new(self.type_namespace(), carrier);
        self.named(&name, |builder| {
            let mut own = builder.in_order(carrier);
            let base = builder
                .soap
                .carrier(carrier)
                .and_then(|carrier| carrier.base.clone());
            // Members that the connector's WSDL orders otherwise cannot be inherited.
            let base = base.filter(|base| {
                let inherited = builder.in_order(base);
                let same = inherited.len() <= own.len()
                    && inherited
                        .iter()
                        .zip(&own)
                        .all(|(one, other)| one.name == other.name);
                if same {
                    own.drain(..inherited.len());
                }
                same
            });
            Type::Members {
                base: base.map(|base| builder.carrier(&base)),
                own: own
                    .into_iter()
                    .map(|member| builder.member(member))
                    .collect(),
            }
        });
        name
    }

    /// The members of a carrier that stand in the body, in the order in force.
    fn in_order(&self, carrier: &str) -> Vec<&'b Member> {
        let members: Vec<&'b Member> = self
            .soap
            .members(carrier)
            .into_iter()
            .filter(|member| !member.header)
            .collect();
        match self.names.order.get(carrier) {
            Some(order) => order
                .iter()
                .filter_map(|name| members.iter().find(|member| member.name == *name).copied())
                .collect(),
            None => members,
        }
    }

    fn member(&mut self, member: &Member) -> Element {
        let data = self.names.data_namespace.clone();
        let space = self.type_namespace();
        let of = match &member.kind {
            Kind::Text => Of::Xs("string"),
            Kind::Boolean => Of::Xs("boolean"),
            Kind::Int => Of::Xs("int"),
            Kind::Enum { name, values } if name.is_empty() => Of::Names(values.clone()),
            Kind::Enum { name, values } => {
                let name = Name::new(space, name);
                self.named(&name, |_| Type::Names(values.clone()));
                Of::Named(name)
            }
            Kind::Texts => {
                let item = optional(Name::new(ARRAYS, "string"), Of::Xs("string"), true);
                Of::Named(self.list(Name::new(ARRAYS, "ArrayOfstring"), |_| item))
            }
            Kind::Map => {
                let list = Name::new(ARRAYS, format!("ArrayOf{KEY_VALUE}"));
                Of::Named(self.list(list, |_| {
                    let part = |name| Element {
                        required: true,
                        ..optional(Name::new(ARRAYS, name), Of::Xs("string"), true)
                    };
                    let parts = Of::Members(vec![part("Key"), part("Value")]);
                    optional(Name::new(ARRAYS, KEY_VALUE), parts, false)
                }))
            }
            Kind::Carriers(item) => {
                let list = Name::new(space, format!("ArrayOf{item}"));
                Of::Named(self.list(list, |builder| {
                    let of = Of::Named(builder.carrier(item));
                    optional(Name::new(data.as_str(), item), of, true)
                }))
            }
            Kind::Carrier(carrier) => Of::Named(self.carrier(carrier)),
        };
        optional(Name::new(data, &member.name), of, member.nillable)
    }

    fn list(&mut self, name: Name, item: impl FnOnce(&mut Self) -> Element) -> Name {
        self.named(&name, |builder| Type::Members {
            base: None,
            own: vec![Element {
                many: true,
                ..item(builder)
            }],
        });
        name
    }
}

fn optional(name: Name, of: Of, nillable: bool) -> Element {
    Element {
        name,
        of,
        required: false,
        many: false,
        nillable,
    }
}
