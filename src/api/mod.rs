//! OpenAPI documents: operations, validators, and what the schemas say about a body.
//!
//! [`Api::parse`] reads a document of OpenAPI 3.0 or 3.1 and finds every mistake in it;
//! what it returns can answer questions without ever failing. All schemas are JSON Schema
//! 2020-12 from then on, and every JSON Pointer that leaves this module points into
//! [`Api::document`].
//!
//! The module knows nothing about any particular contract, and does no I/O.

mod derive;
mod error;
mod exercise;
mod grammar;
mod lint;
mod load;
mod refs;
mod upgrade;
mod validate;
mod vary;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use self::grammar::METHODS;
use self::refs::{follow, join};
use self::validate::Validators;
use self::walk::Walker;

pub use self::error::{ApiError, Problem};
pub use self::exercise::{Exercise, Gap, Keyword};
pub use self::vary::{UnknownVariation, VariationKind};

/// The media type whose schemas judge bodies that are JSON.
const JSON: &str = "application/json";

/// An OpenAPI document, ready to judge with. Put it in an [`Arc`] to share it.
pub struct Api {
    document: Value,
    digest: String,
    operations: Vec<Operation>,
    validators: Validators,
}

/// An operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The operationId, or method and path where there is none.
    pub name: String,
    /// Path below the base URL, such as `/FindProduct`.
    pub path: String,
    /// In capitals, such as `POST`.
    pub method: String,
    pub summary: String,
    pub description: String,
    /// Documented statuses (`200`, `4XX`, `default`) with their media types; no media type
    /// means no content.
    pub statuses: BTreeMap<String, Vec<String>>,
    /// Fields whose name begins with `x-`.
    pub extensions: BTreeMap<String, Value>,
    /// The request must have a body.
    pub request_required: bool,
    /// Media types that a request may have; none means that there is no body.
    pub request_media_types: Vec<String>,
    /// JSON Pointer of the operation in the document.
    pub pointer: String,
    /// Media type to pointer of the schema.
    request: BTreeMap<String, Option<String>>,
    responses: BTreeMap<String, Response>,
}

/// A response of an operation.
#[derive(Debug, Clone)]
struct Response {
    /// Its name in components/responses.
    shared: Option<String>,
    /// Media type to pointer of the schema.
    content: BTreeMap<String, Option<String>>,
}

/// What the document says about an answer.
#[derive(Debug, Clone, Default)]
pub struct ResponseJudgement {
    /// The status is documented for the operation.
    pub described: bool,
    /// JSON Pointer of the schema that judged; `None` when the body was not judged.
    pub validator: Option<String>,
    /// At most 200, by place in the body.
    pub errors: Vec<SchemaError>,
    /// Number of values in the body about which the schema says something.
    pub values: u64,
}

/// One way in which a body misses its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaError {
    /// JSON Pointer in the body. For a missing member and for one too many this is the
    /// pointer of the member.
    pub instance: String,
    /// JSON Pointer of the failing keyword in the document, references resolved.
    pub schema: String,
    pub keyword: String,
    /// What the keyword demands, in few words: `at most 254 characters`.
    pub expected: String,
    /// The value in at most 80 characters; `absent` for a missing member.
    pub actual: String,
    /// Name in components/schemas of the nearest schema around the failing keyword.
    pub component: Option<String>,
    /// The schema object that holds the failing keyword.
    pub node: Value,
}

/// A member of an answer that its schema does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// JSON Pointer of the member in the body.
    pub instance: String,
    pub name: String,
    /// The declared name that is the same but for case, underscores and hyphens.
    pub resembles: Option<String>,
}

/// A schema that applies to a value.
#[derive(Debug, Clone)]
pub struct SchemaNode<'a> {
    /// JSON Pointer in the document.
    pub pointer: Arc<str>,
    pub node: &'a Value,
}

impl SchemaNode<'_> {
    /// Name in components/schemas of the nearest schema around.
    pub fn component(&self) -> Option<String> {
        refs::component_of(&self.pointer)
    }
}

/// A value without values inside: text, number, boolean or null.
#[derive(Debug, Clone)]
pub struct Scalar<'a> {
    /// JSON Pointer in the body.
    pub instance: String,
    /// Name of the property, of the array that holds the value, or key of a map.
    pub name: &'a str,
    pub value: &'a Value,
    /// Component that declares the property, such as the carrier it belongs to.
    pub owner: Option<String>,
    /// Every schema that applies, outermost first, references resolved; empty when the
    /// document says nothing about the value.
    pub schemas: Vec<SchemaNode<'a>>,
}

impl<'a> Scalar<'a> {
    /// The value of a keyword in the first schema that has it.
    pub fn keyword(&self, keyword: &str) -> Option<&'a Value> {
        self.schemas
            .iter()
            .find_map(|schema| schema.node.get(keyword))
    }

    /// The `format` of the value.
    pub fn format(&self) -> Option<&'a str> {
        self.keyword("format").and_then(Value::as_str)
    }

    /// The smallest `maxLength` that applies.
    pub fn max_length(&self) -> Option<u64> {
        self.schemas
            .iter()
            .filter_map(|schema| schema.node.get("maxLength")?.as_u64())
            .min()
    }

    /// Name of the component that is the type of the value, such as `Timestamp`.
    pub fn component(&self) -> Option<String> {
        self.schemas.iter().find_map(SchemaNode::is_component)
    }

    /// Whether the component `name` is among the schemas of the value.
    pub fn is(&self, name: &str) -> bool {
        self.schemas
            .iter()
            .any(|schema| schema.is_component().as_deref() == Some(name))
    }

    /// The document says something about the value.
    pub fn declared(&self) -> bool {
        !self.schemas.is_empty()
    }
}

/// A changed request body.
#[derive(Debug, Clone, PartialEq)]
pub struct Variation {
    /// What is different, such as `without /Context/CRMPerson`.
    pub label: String,
    pub body: Value,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("digest", &self.digest)
            .field("operations", &self.operations.len())
            .finish_non_exhaustive()
    }
}

impl Api {
    /// Reads a document, YAML or JSON. `origin` is its name in errors.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ApiError> {
        let load::Loaded { document, roots } = load::load(text, origin)?;
        let operations = operations(&document);
        let validators = Validators::new(&document, &roots)
            .map_err(|problems| ApiError::new(text, origin, problems))?;
        Ok(Self {
            digest: digest(&document),
            document,
            operations,
            validators,
        })
    }

    /// SHA-256 of the normalised document, hex; order of members and layout do not count.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The document with its schemas in the form of OpenAPI 3.1.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// All operations, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The operation of a name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
    }

    /// Every value of an answer, with each schema that applies to it and each keyword
    /// there that judges values of its kind.
    pub fn judged<'a>(
        &'a self,
        op: &str,
        status: u16,
        body: &'a Value,
        visit: &mut dyn FnMut(&'a Value, &SchemaNode<'a>, &'a str),
    ) {
        let Some(pointer) = self.response_schema(op, status) else {
            return;
        };
        self.walk(pointer, body, &mut |seen| {
            for facet in seen.shape.iter().flat_map(|shape| &shape.facets) {
                for keyword in facet.node.as_object().into_iter().flat_map(Map::keys) {
                    if exercise::judges(keyword, facet.node, seen.value) {
                        visit(seen.value, facet, keyword);
                    }
                }
            }
        });
    }

    /// Judges the JSON body of an answer. The media type is compared without its
    /// parameters; without one, or with one that is not documented, the schema for JSON
    /// judges: a wrong Content-Type is another mistake than a wrong body.
    pub fn judge_response(
        &self,
        op: &str,
        status: u16,
        media_type: Option<&str>,
        body: &Value,
    ) -> ResponseJudgement {
        let Some(response) = self.response(op, status) else {
            return ResponseJudgement::default();
        };
        let Some(pointer) = schema_for(&response.content, media_type) else {
            return ResponseJudgement {
                described: true,
                ..ResponseJudgement::default()
            };
        };
        let mut values = 0;
        self.walk(pointer, body, &mut |visit| {
            values += u64::from(visit.shape.is_some_and(walk::Shape::judges));
        });
        ResponseJudgement {
            described: true,
            validator: Some(pointer.to_owned()),
            errors: self.validators.judge(&self.document, pointer, body),
            values,
        }
    }

    /// Errors of a request body; none when the operation takes no JSON.
    pub fn judge_request(&self, op: &str, body: &Value) -> Vec<SchemaError> {
        match self.request_schema(op) {
            Some(pointer) => self.validators.judge(&self.document, pointer, body),
            None => Vec::new(),
        }
    }

    /// Errors of a body against the schema `name` of components/schemas; `None` when
    /// there is no such schema.
    pub fn judge_component(&self, name: &str, body: &Value) -> Option<Vec<SchemaError>> {
        let pointer = component_pointer(name);
        self.document.pointer(&pointer)?;
        Some(self.validators.judge(&self.document, &pointer, body))
    }

    /// Members of an answer that its schema does not declare, in the order of the body.
    /// Free maps declare every name; inside an undeclared member nothing is looked for.
    pub fn undeclared(&self, op: &str, status: u16, body: &Value) -> Vec<Undeclared> {
        let mut found = Vec::new();
        let Some(pointer) = self.response_schema(op, status) else {
            return found;
        };
        self.walk(pointer, body, &mut |visit| {
            let Some(shape) = visit.shape.filter(|shape| !shape.is_map()) else {
                return;
            };
            for name in visit.value.as_object().into_iter().flat_map(Map::keys) {
                if !shape.knows(name) {
                    found.push(Undeclared {
                        instance: join(visit.pointer, name),
                        name: name.clone(),
                        resembles: shape
                            .names()
                            .find(|declared| folded(declared) == folded(name))
                            .map(str::to_owned),
                    });
                }
            }
        });
        found
    }

    /// Every value of an answer that has no values inside, with the schemas that apply.
    pub fn scalars<'a>(&'a self, op: &str, status: u16, body: &'a Value) -> Vec<Scalar<'a>> {
        self.response_schema(op, status)
            .map(|pointer| self.scalars_at(pointer, body))
            .unwrap_or_default()
    }

    /// As [`Api::scalars`], for the body of a request.
    pub fn request_scalars<'a>(&'a self, op: &str, body: &'a Value) -> Vec<Scalar<'a>> {
        self.request_schema(op)
            .map(|pointer| self.scalars_at(pointer, body))
            .unwrap_or_default()
    }

    /// As [`Api::scalars`], for a value of a schema in components/schemas.
    pub fn component_scalars<'a>(&'a self, name: &str, body: &'a Value) -> Vec<Scalar<'a>> {
        self.scalars_at(&component_pointer(name), body)
    }

    /// Variations of a request body that fits its schema. All of them fit it as well, but
    /// those of [`VariationKind::CamelCaseNames`].
    pub fn variations(&self, op: &str, body: &Value, kind: VariationKind) -> Vec<Variation> {
        let Some(pointer) = self.request_schema(op) else {
            return Vec::new();
        };
        let mut walker = Walker::new(&self.document);
        let Some(slot) = walker.start(pointer) else {
            return Vec::new();
        };
        let errors = |body: &Value| self.validators.judge(&self.document, pointer, body).len();
        let mut variations = vary::variations(&mut walker, &slot, body, kind);
        if kind != VariationKind::CamelCaseNames {
            let before = errors(body);
            variations.retain(|variation| errors(&variation.body) <= before);
        }
        variations
    }

    /// Self-contained JSON Schemas of requests and answers: file name to text. The file
    /// `index.json` maps operation, status and media type to the others.
    pub fn derive(&self) -> BTreeMap<String, String> {
        derive::derive(self)
    }

    fn scalars_at<'a>(&'a self, pointer: &str, body: &'a Value) -> Vec<Scalar<'a>> {
        let mut found = Vec::new();
        self.walk(pointer, body, &mut |visit| {
            if visit.value.is_object() || visit.value.is_array() {
                return;
            }
            found.push(Scalar {
                instance: visit.pointer.to_owned(),
                name: visit.name,
                value: visit.value,
                owner: visit
                    .declared
                    .and_then(|schema| refs::component_of(&schema.pointer)),
                schemas: visit
                    .shape
                    .map(|shape| shape.facets.clone())
                    .unwrap_or_default(),
            });
        });
        found
    }

    fn walk<'a>(
        &'a self,
        pointer: &str,
        body: &'a Value,
        visit: &mut dyn FnMut(&walk::Visit<'a, '_, 'a>),
    ) {
        let mut walker = Walker::new(&self.document);
        if let Some(slot) = walker.start(pointer) {
            walker.walk(&slot, body, visit);
        }
    }

    /// The response for a status: exact, then its class, then the default.
    fn response(&self, op: &str, status: u16) -> Option<&Response> {
        let responses = &self.operation(op)?.responses;
        responses
            .get(&status.to_string())
            .or_else(|| responses.get(&format!("{}XX", status / 100)))
            .or_else(|| responses.get("default"))
    }

    fn response_schema(&self, op: &str, status: u16) -> Option<&str> {
        schema_for(&self.response(op, status)?.content, None)
    }

    fn request_schema(&self, op: &str) -> Option<&str> {
        schema_for(&self.operation(op)?.request, None)
    }
}

fn component_pointer(name: &str) -> String {
    join("/components/schemas", name)
}

/// A name without what spellings differ in.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The schema for a media type; that for JSON when the media type is not listed.
fn schema_for<'a>(
    content: &'a BTreeMap<String, Option<String>>,
    media_type: Option<&str>,
) -> Option<&'a str> {
    let wanted = media_type.map(essence);
    let is_json = |name: &str| name.ends_with("+json") || matches!(name, "*/*" | "application/*");
    let exact = |wanted: &str| content.iter().find(|(name, _)| essence(name) == wanted);
    wanted
        .as_deref()
        .and_then(exact)
        .or_else(|| exact(JSON))
        .or_else(|| content.iter().find(|(name, _)| is_json(&essence(name))))
        // A document about XML describes decoded values.
        .or_else(|| {
            content
                .iter()
                .find(|(name, _)| essence(name).ends_with("xml"))
        })
        .and_then(|(_, schema)| schema.as_deref())
}

/// A media type without parameters, in small letters.
fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, _) in members(document.get("paths")).filter(|(path, _)| !path.starts_with("x-")) {
        let Some((at, item)) = follow(document, join("/paths", path)) else {
            continue;
        };
        for (method, node) in members(Some(item)) {
            if METHODS.contains(&method.as_str()) {
                operations.push(operation(document, path, method, &join(&at, method), node));
            }
        }
    }
    operations
}

fn operation(document: &Value, path: &str, method: &str, pointer: &str, node: &Value) -> Operation {
    let text = |field: &str| node.get(field).and_then(Value::as_str).unwrap_or_default();
    let method = method.to_ascii_uppercase();
    let body = node
        .get("requestBody")
        .and_then(|_| follow(document, join(pointer, "requestBody")));
    let request = body
        .as_ref()
        .map(|(at, body)| content(at, body))
        .unwrap_or_default();
    let responses: BTreeMap<String, Response> = members(node.get("responses"))
        .filter(|(status, _)| !status.starts_with("x-"))
        .filter_map(|(status, _)| {
            let at = join(&join(pointer, "responses"), status);
            let shared = derive::shared_name(document, &at);
            let (pointer, response) = follow(document, at)?;
            let content = content(&pointer, response);
            Some((status.clone(), Response { shared, content }))
        })
        .collect();
    Operation {
        name: match text("operationId") {
            "" => format!("{method} {path}"),
            id => id.to_owned(),
        },
        path: path.to_owned(),
        method,
        summary: text("summary").to_owned(),
        description: text("description").to_owned(),
        statuses: responses
            .iter()
            .map(|(status, response)| (status.clone(), response.content.keys().cloned().collect()))
            .collect(),
        extensions: members(Some(node))
            .filter(|(name, _)| name.starts_with("x-"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        request_required: body
            .as_ref()
            .and_then(|(_, body)| body.get("required")?.as_bool())
            .unwrap_or_default(),
        request_media_types: request.keys().cloned().collect(),
        pointer: pointer.to_owned(),
        request,
        responses,
    }
}

/// Media types of a request body or response, with the pointers of their schemas.
fn content(pointer: &str, node: &Value) -> BTreeMap<String, Option<String>> {
    let at = join(pointer, "content");
    members(node.get("content"))
        .map(|(name, media_type)| {
            let schema = media_type.get("schema");
            let pointer = schema.map(|_| join(&join(&at, name), "schema"));
            (name.clone(), pointer)
        })
        .collect()
}

fn members(node: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    node.and_then(Value::as_object).into_iter().flatten()
}

fn digest(document: &Value) -> String {
    let mut canonical = document.clone();
    canonical.sort_all_objects();
    let hash = Sha256::digest(canonical.to_string());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
