//! XML Schemas of carriers and messages, as the DataContractSerializer would publish
//! them, and the validation of answers against them.
//!
//! [`schemas`] gives the documents that partners read, one for each namespace.
//! [`Validator`] judges the content of bodies by the same definitions.

mod model;
mod validator;
mod write;

use std::collections::BTreeMap;

use super::{Soap, WireNames};

pub use self::validator::Validator;

pub(super) use self::model::Model;
pub(super) use self::write::schema;

/// Namespace of XML Schema.
pub const NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema";

/// An XML Schema document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its target namespace.
    pub namespace: String,
    /// The document.
    pub text: String,
}

/// The schemas of all messages of the bindings that have names: wrapper elements or
/// body elements, carriers, lists and enums. A carrier lives in the data namespace of
/// the binding whose operations reach it. Where two bindings put different carriers of
/// one name into one namespace, the binding that comes first by name defines it.
pub fn schemas(soap: &Soap, names: &BTreeMap<String, WireNames>) -> Vec<Schema> {
    let model = Model::new(soap, names);
    model
        .parts
        .keys()
        .map(|namespace| Schema {
            namespace: namespace.clone(),
            text: format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}",
                schema(&model, namespace, 0)
            ),
        })
        .collect()
}
