//! The shape of an OpenAPI document as a table: which fields an object has, and where
//! the schemas are.

use serde_json::Value;

use super::refs::join;

/// What an object of the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Document,
    Info,
    Components,
    PathItem,
    Operation,
    Parameter,
    Header,
    RequestBody,
    Response,
    MediaType,
    Example,
    Schema,
    /// Object with free names.
    Map(&'static Kind),
    List(&'static Kind),
    /// Not looked into.
    Free,
}

use Kind::{Free, List, Map};

const SCHEMAS: Kind = Map(&Kind::Schema);
const RESPONSES: Kind = Map(&Kind::Response);
const PARAMETERS: Kind = List(&Kind::Parameter);
const HEADERS: Kind = Map(&Kind::Header);
const CONTENT: Kind = Map(&Kind::MediaType);
const EXAMPLES: Kind = Map(&Kind::Example);
const PATHS: Kind = Map(&Kind::PathItem);
const CALLBACK: Kind = Map(&Kind::PathItem);
const CALLBACKS: Kind = Map(&CALLBACK);

/// The methods that a path item may have.
pub(super) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

impl Kind {
    /// Name for people.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Document => "OpenAPI document",
            Self::Info => "info object",
            Self::Components => "components object",
            Self::PathItem => "path item",
            Self::Operation => "operation",
            Self::Parameter => "parameter",
            Self::Header => "header",
            Self::RequestBody => "request body",
            Self::Response => "response",
            Self::MediaType => "media type object",
            Self::Example => "example object",
            Self::Schema => "schema",
            Self::Map(_) => "object",
            Self::List(_) => "array",
            Self::Free => "value",
        }
    }

    /// Whether a `$ref` may stand in for the object.
    pub(super) fn referable(self) -> bool {
        matches!(
            self,
            Self::PathItem
                | Self::Parameter
                | Self::Header
                | Self::RequestBody
                | Self::Response
                | Self::Example
                | Map(&Self::PathItem)
        )
    }

    /// Fields of an object with fixed names.
    pub(super) fn fields(self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Document => &[
                ("openapi", Free),
                ("info", Self::Info),
                ("jsonSchemaDialect", Free),
                ("servers", Free),
                ("paths", PATHS),
                ("webhooks", PATHS),
                ("components", Self::Components),
                ("security", Free),
                ("tags", Free),
                ("externalDocs", Free),
            ],
            Self::Info => &[
                ("title", Free),
                ("summary", Free),
                ("description", Free),
                ("termsOfService", Free),
                ("contact", Free),
                ("license", Free),
                ("version", Free),
            ],
            Self::Components => &[
                ("schemas", SCHEMAS),
                ("responses", RESPONSES),
                ("parameters", Map(&Self::Parameter)),
                ("examples", EXAMPLES),
                ("requestBodies", Map(&Self::RequestBody)),
                ("headers", HEADERS),
                ("securitySchemes", Free),
                ("links", Free),
                ("callbacks", CALLBACKS),
                ("pathItems", PATHS),
            ],
            Self::PathItem => &[
                ("$ref", Free),
                ("summary", Free),
                ("description", Free),
                ("get", Self::Operation),
                ("put", Self::Operation),
                ("post", Self::Operation),
                ("delete", Self::Operation),
                ("options", Self::Operation),
                ("head", Self::Operation),
                ("patch", Self::Operation),
                ("trace", Self::Operation),
                ("servers", Free),
                ("parameters", PARAMETERS),
            ],
            Self::Operation => &[
                ("tags", Free),
                ("summary", Free),
                ("description", Free),
                ("externalDocs", Free),
                ("operationId", Free),
                ("parameters", PARAMETERS),
                ("requestBody", Self::RequestBody),
                ("responses", RESPONSES),
                ("callbacks", CALLBACKS),
                ("deprecated", Free),
                ("security", Free),
                ("servers", Free),
            ],
            Self::Parameter => &[
                ("name", Free),
                ("in", Free),
                ("description", Free),
                ("required", Free),
                ("deprecated", Free),
                ("allowEmptyValue", Free),
                ("style", Free),
                ("explode", Free),
                ("allowReserved", Free),
                ("schema", Self::Schema),
                ("example", Free),
                ("examples", EXAMPLES),
                ("content", CONTENT),
            ],
            Self::Header => &[
                ("description", Free),
                ("required", Free),
                ("deprecated", Free),
                ("allowEmptyValue", Free),
                ("style", Free),
                ("explode", Free),
                ("schema", Self::Schema),
                ("example", Free),
                ("examples", EXAMPLES),
                ("content", CONTENT),
            ],
            Self::RequestBody => &[
                ("description", Free),
                ("content", CONTENT),
                ("required", Free),
            ],
            Self::Response => &[
                ("description", Free),
                ("headers", HEADERS),
                ("content", CONTENT),
                ("links", Free),
            ],
            Self::MediaType => &[
                ("schema", Self::Schema),
                ("example", Free),
                ("examples", EXAMPLES),
                ("encoding", Free),
            ],
            Self::Example => &[
                ("summary", Free),
                ("description", Free),
                ("value", Free),
                ("externalValue", Free),
            ],
            Self::Schema | Map(_) | List(_) | Free => &[],
        }
    }
}

/// Keywords of a schema whose value is an object of schemas by name.
pub(super) const SCHEMA_MAPS: [&str; 4] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "$defs",
];
/// Keywords of a schema whose value is a list of schemas.
pub(super) const SCHEMA_LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords of a schema whose value is a schema.
pub(super) const SCHEMA_SINGLES: [&str; 11] = [
    "items",
    "additionalProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// The schemas directly inside a schema, with their pointers.
pub(super) fn subschemas<'a>(pointer: &str, schema: &'a Value) -> Vec<(String, &'a Value)> {
    let Some(members) = schema.as_object() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (keyword, value) in members {
        let name = keyword.as_str();
        if SCHEMA_SINGLES.contains(&name) {
            found.push((join(pointer, name), value));
        } else if SCHEMA_MAPS.contains(&name) {
            let inside = join(pointer, name);
            for (key, value) in value.as_object().into_iter().flatten() {
                found.push((join(&inside, key), value));
            }
        } else if SCHEMA_LISTS.contains(&name) {
            let inside = join(pointer, name);
            for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                found.push((format!("{inside}/{index}"), value));
            }
        }
    }
    found
}

/// Calls `visit` for the schemas directly inside a schema, to change them.
pub(super) fn subschemas_mut(schema: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    for (keyword, value) in members {
        let name = keyword.as_str();
        if SCHEMA_SINGLES.contains(&name) {
            visit(value);
        } else if SCHEMA_MAPS.contains(&name) {
            for (_, value) in value.as_object_mut().into_iter().flatten() {
                visit(value);
            }
        } else if SCHEMA_LISTS.contains(&name) {
            value
                .as_array_mut()
                .into_iter()
                .flatten()
                .for_each(&mut *visit);
        }
    }
}
