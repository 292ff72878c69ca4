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
    /// Members of carriers in the order of the connector's WSDL, base class first.
    pub order: BTreeMap<String, Vec<String>>,
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
