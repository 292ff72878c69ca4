//! The names under which an interface is spoken, and where they come from.

use std::collections::BTreeMap;

use super::{Binding, Operation, Shape, WireProfile};

/// Wire names in force for one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireNames {
    pub origin: Origin,
    pub shape: Shape,
    /// Namespace of operations.
    pub namespace: String,
    /// Namespace of the members of carriers.
    pub data_namespace: String,
    /// Name of the interface in actions.
    pub interface: String,
    /// SOAPAction of operations, where it is not the usual one.
    pub actions: BTreeMap<String, String>,
    /// Members of carriers in the order of the connector's WSDL, base class first, for
    /// carriers with another order than the description's. A member that the WSDL does
    /// not have is not in the list.
    pub order: BTreeMap<String, Vec<String>>,
    /// Namespace of the element around a wrapped carrier, where it is not `namespace`;
    /// empty for schemas with unqualified local elements.
    pub parameter_namespace: Option<String>,
    /// Elements in the body of requests, by operation, where they are not the usual ones.
    pub request_bodies: BTreeMap<String, String>,
    /// Elements in the body of answers, by operation, where they are not the usual ones.
    pub response_bodies: BTreeMap<String, String>,
    /// Elements around wrapped request carriers, by operation, in place of `request`.
    pub request_elements: BTreeMap<String, String>,
    /// Elements around wrapped result carriers, by operation, in place of the operation's
    /// name with `Result`.
    pub result_elements: BTreeMap<String, String>,
}

/// Who says what the names are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The connector's own WSDL, with where it was read.
    Wsdl(String),
    /// The target file.
    Settings,
    /// A wire profile of the description.
    Profile(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wsdl(place) => write!(f, "the connector's WSDL ({place})"),
            Self::Settings => f.write_str("the target file"),
            Self::Profile(name) => write!(f, "profile {name}"),
        }
    }
}

/// Names that an operator sets; what is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct WireOverrides {
    pub namespace: Option<String>,
    pub data_namespace: Option<String>,
    /// Whole SOAPAction, for an interface with one operation.
    pub action: Option<String>,
    /// SOAPAction without the operation's name.
    pub action_prefix: Option<String>,
    pub shape: Option<Shape>,
}

impl WireNames {
    /// The names of a wire profile.
    pub fn of_profile(binding: &Binding, profile: &WireProfile) -> Self {
        Self {
            origin: Origin::Profile(profile.name.clone()),
            shape: profile.shape,
            namespace: profile.namespace.clone(),
            data_namespace: profile.data_namespace.clone(),
            interface: binding.interface.clone(),
            actions: BTreeMap::new(),
            order: BTreeMap::new(),
            parameter_namespace: None,
            request_bodies: BTreeMap::new(),
            response_bodies: BTreeMap::new(),
            request_elements: BTreeMap::new(),
            result_elements: BTreeMap::new(),
        }
    }

    /// These names with those of an operator over them.
    #[must_use]
    pub fn with(mut self, overrides: &WireOverrides, operations: &[&Operation]) -> Self {
        self.origin = Origin::Settings;
        if let Some(namespace) = &overrides.namespace {
            // A data namespace that was the same stays the same.
            if self.data_namespace == self.namespace {
                self.data_namespace.clone_from(namespace);
            }
            self.namespace.clone_from(namespace);
        }
        if let Some(namespace) = &overrides.data_namespace {
            self.data_namespace.clone_from(namespace);
        }
        if let Some(shape) = overrides.shape {
            self.shape = shape;
        }
        for operation in operations {
            let action = match (&overrides.action, &overrides.action_prefix) {
                (Some(action), _) => action.clone(),
                (None, Some(prefix)) => format!("{prefix}{}", operation.name),
                (None, None) => continue,
            };
            self.actions.insert(operation.name.clone(), action);
        }
        self
    }

    /// The SOAPAction of an operation, without quotes. WCF's rule: namespace,
    /// interface and operation, with slashes between.
    pub fn action(&self, operation: &str) -> String {
        if let Some(action) = self.actions.get(operation) {
            return action.clone();
        }
        let slash = if self.namespace.ends_with('/') {
            ""
        } else {
            "/"
        };
        format!("{}{slash}{}/{operation}", self.namespace, self.interface)
    }

    /// The element that a request has in the body.
    pub fn request_body<'a>(&'a self, operation: &'a Operation) -> &'a str {
        let usual = match (self.shape, &operation.request) {
            (Shape::Bare, Some(carrier)) => carrier,
            _ => &operation.name,
        };
        self.request_bodies.get(&operation.name).unwrap_or(usual)
    }

    /// The element that an answer has in the body.
    pub fn response_body(&self, operation: &Operation) -> String {
        let own = self.response_bodies.get(&operation.name).cloned();
        own.unwrap_or_else(|| match self.shape {
            Shape::Wrapped => format!("{}Response", operation.name),
            Shape::Bare => operation.response.clone(),
        })
    }

    /// The element around the request carrier, in the wrapped shape.
    pub fn request_element(&self, operation: &Operation) -> &str {
        self.request_elements
            .get(&operation.name)
            .map_or("request", String::as_str)
    }

    /// The element around the result carrier, in the wrapped shape.
    pub fn result_element(&self, operation: &Operation) -> String {
        let own = self.result_elements.get(&operation.name).cloned();
        own.unwrap_or_else(|| format!("{}Result", operation.name))
    }

    /// Namespace of the element around a wrapped carrier.
    pub fn parameter_namespace(&self) -> &str {
        self.parameter_namespace
            .as_deref()
            .unwrap_or(&self.namespace)
    }

    /// For people: which names, and who says so.
    pub fn describe(&self) -> String {
        let data = match self.data_namespace == self.namespace {
            true => String::new(),
            false => format!(", members in {}", self.data_namespace),
        };
        format!(
            "{}: {}, namespace {}{data}",
            self.origin,
            self.shape.name(),
            self.namespace
        )
    }
}
