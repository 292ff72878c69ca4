//! What an author of a document can get wrong: structure, references, keywords, formats.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::error::Problem;
use super::grammar::{Kind, METHODS, SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_SINGLES, subschemas};
use super::load::Version;
use super::refs::{follow, join, pointer_of};
use super::validate::pattern_error;
use crate::base::diag::did_you_mean;

/// Nesting of objects beyond which a document is refused.
const DEPTH: usize = 128;

/// Keywords without schemas inside, in OpenAPI 3.1 (JSON Schema 2020-12).
const PLAIN: [&str; 37] = [
    "$ref",
    "$comment",
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "format",
    "contentEncoding",
    "contentMediaType",
    "discriminator",
    "xml",
    "externalDocs",
    "example",
    "$schema",
];

/// Keywords of JSON Schema with which a reference could lead elsewhere than its JSON
/// Pointer says.
const RELOCATING: [&str; 6] = [
    "$id",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$vocabulary",
    "definitions",
];

/// Keywords of OpenAPI 3.0.
const OLD: [&str; 38] = [
    "$ref",
    "title",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
    "type",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "items",
    "properties",
    "additionalProperties",
    "description",
    "format",
    "default",
    "nullable",
    "discriminator",
    "readOnly",
    "writeOnly",
    "xml",
    "externalDocs",
    "example",
    "deprecated",
    "examples",
    "$comment",
];

/// Formats that JSON Schema 2020-12 and the OpenAPI format registry define.
const FORMATS: [&str; 49] = [
    "base64url",
    "binary",
    "byte",
    "char",
    "commonmark",
    "date",
    "date-time",
    "date-time-local",
    "decimal",
    "decimal128",
    "double",
    "double-int",
    "duration",
    "email",
    "float",
    "hostname",
    "html",
    "http-date",
    "idn-email",
    "idn-hostname",
    "int16",
    "int32",
    "int64",
    "int8",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "media-range",
    "password",
    "regex",
    "relative-json-pointer",
    "sf-binary",
    "sf-boolean",
    "sf-decimal",
    "sf-integer",
    "sf-string",
    "sf-token",
    "time",
    "time-local",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// What one pass over a document finds.
pub(super) struct Survey {
    pub(super) problems: Vec<Problem>,
    /// Pointers of the schemas that are not inside another schema.
    pub(super) roots: Vec<String>,
}

/// Checks the structure of a document before anything is rewritten.
pub(super) fn survey(root: &Value, version: Version) -> Survey {
    let mut surveyor = Surveyor {
        root,
        version,
        problems: Vec::new(),
        roots: Vec::new(),
        schemas: BTreeSet::new(),
        references: Vec::new(),
    };
    surveyor.object(Kind::Document, "", root, 0);
    surveyor.operations();
    surveyor.resolve();
    if surveyor.problems.is_empty() {
        surveyor.circles();
    }
    Survey {
        problems: surveyor.problems,
        roots: surveyor.roots,
    }
}

struct Surveyor<'a> {
    root: &'a Value,
    version: Version,
    problems: Vec<Problem>,
    roots: Vec<String>,
    /// Pointers of all schemas.
    schemas: BTreeSet<String>,
    /// Pointer of the object with the reference, the reference, what it must lead to.
    references: Vec<(String, &'a str, Kind)>,
}

impl<'a> Surveyor<'a> {
    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn object(&mut self, kind: Kind, pointer: &str, node: &'a Value, depth: usize) {
        if depth > DEPTH {
            return self.problem(Problem::at(pointer, "nested too deep"));
        }
        match kind {
            Kind::Free => return,
            Kind::Schema => {
                self.roots.push(pointer.to_owned());
                return self.schema(pointer, node, depth);
            }
            Kind::List(inner) => {
                let Some(items) = node.as_array() else {
                    return self.problem(Problem::at(pointer, "expected an array"));
                };
                for (index, item) in items.iter().enumerate() {
                    self.object(*inner, &format!("{pointer}/{index}"), item, depth + 1);
                }
                return;
            }
            _ => {}
        }
        let Some(members) = node.as_object() else {
            let message = format!("expected an object: {}", kind.label());
            return self.problem(Problem::at(pointer, message));
        };
        if kind.referable()
            && let Some(reference) = members.get("$ref")
        {
            self.reference(pointer, reference, kind);
            if kind != Kind::PathItem {
                return;
            }
        }
        match kind {
            Kind::Map(inner) => {
                for (name, value) in members.iter().filter(|(name, _)| !name.starts_with("x-")) {
                    self.object(*inner, &join(pointer, name), value, depth + 1);
                }
            }
            _ => self.fields(kind, pointer, members, depth),
        }
    }

    fn fields(&mut self, kind: Kind, pointer: &str, members: &'a Map<String, Value>, depth: usize) {
        let fields = kind.fields();
        for (name, value) in members {
            if let Some((_, inner)) = fields.iter().find(|(field, _)| field == name) {
                self.object(*inner, &join(pointer, name), value, depth + 1);
            } else if !name.starts_with("x-") {
                let names = fields.iter().map(|(field, _)| *field);
                let problem = Problem::at(
                    join(pointer, name),
                    format!("unknown field `{name}` in the {}", kind.label()),
                );
                let help = match did_you_mean(name, names.clone()) {
                    Some(field) => format!("did you mean `{field}`?"),
                    None => format!(
                        "expected one of {}, or a name that begins with x-",
                        names.collect::<Vec<_>>().join(", ")
                    ),
                };
                self.problem(problem.help(help));
            }
        }
        if kind == Kind::PathItem
            && !members.contains_key("$ref")
            && !METHODS.iter().any(|method| members.contains_key(*method))
        {
            let problem = Problem::at(pointer, "path without operation");
            self.problem(problem.help("add a method such as `post`, or take the path out"));
        }
    }

    fn reference(&mut self, pointer: &str, reference: &'a Value, kind: Kind) {
        match reference.as_str() {
            Some(reference) => self.references.push((pointer.to_owned(), reference, kind)),
            None => self.problem(Problem::at(
                join(pointer, "$ref"),
                "expected a text such as #/components/schemas/Name",
            )),
        }
    }

    fn schema(&mut self, pointer: &str, schema: &'a Value, depth: usize) {
        if depth > DEPTH {
            return self.problem(Problem::at(pointer, "nested too deep"));
        }
        if !self.schemas.insert(pointer.to_owned()) {
            return;
        }
        let members = match schema {
            Value::Bool(_) if self.version == Version::V31 => return,
            Value::Bool(_) if pointer.ends_with("/additionalProperties") => return,
            Value::Object(members) => members,
            _ => {
                let problem = Problem::at(pointer, "expected a schema");
                return self.problem(problem.help("write an object with keywords such as `type`"));
            }
        };
        for (keyword, value) in members {
            self.keyword(pointer, keyword);
            if keyword == "$ref" {
                self.reference(pointer, value, Kind::Schema);
            } else if keyword == "format" {
                self.format(pointer, value);
            } else if SCHEMA_MAPS.contains(&keyword.as_str()) && !value.is_object() {
                let message = format!("expected an object of schemas in `{keyword}`");
                self.problem(Problem::at(join(pointer, keyword), message));
            } else if SCHEMA_LISTS.contains(&keyword.as_str())
                && value.as_array().is_none_or(Vec::is_empty)
            {
                let message = format!("expected a list of schemas in `{keyword}`");
                self.problem(Problem::at(join(pointer, keyword), message));
            }
        }
        for (inner, schema) in subschemas(pointer, schema) {
            self.schema(&inner, schema, depth + 1);
        }
    }

    fn keyword(&mut self, pointer: &str, keyword: &str) {
        let known: Vec<&str> = match self.version {
            Version::V30 => OLD.to_vec(),
            Version::V31 => [
                &PLAIN[..],
                &SCHEMA_MAPS[..],
                &SCHEMA_LISTS[..],
                &SCHEMA_SINGLES[..],
            ]
            .concat(),
        };
        if keyword.starts_with("x-") || known.contains(&keyword) {
            return;
        }
        let at = join(pointer, keyword);
        let problem = if RELOCATING.contains(&keyword) {
            Problem::at(at, format!("schema keyword `{keyword}` is not supported")).help(
                "put shared schemas under components/schemas and refer to them by JSON Pointer",
            )
        } else if keyword == "nullable" {
            Problem::at(at, "`nullable` is a keyword of OpenAPI 3.0, not of 3.1")
                .help("write `type: [string, \"null\"]`, or `anyOf` with `type: \"null\"`")
        } else {
            let problem = Problem::at(at, format!("unknown schema keyword `{keyword}`"));
            match did_you_mean(keyword, known) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None if self.version == Version::V30 && PLAIN.contains(&keyword) => {
                    problem.help("it exists from OpenAPI 3.1 on: raise the `openapi` field")
                }
                None => problem.help("take it out, or give it a name that begins with x-"),
            }
        };
        self.problem(problem);
    }

    fn format(&mut self, pointer: &str, value: &Value) {
        let at = join(pointer, "format");
        let Some(format) = value.as_str() else {
            return self.problem(Problem::at(at, "expected a text in `format`"));
        };
        if !FORMATS.contains(&format) {
            let problem = Problem::at(at, format!("unknown format `{format}`"));
            let help = match did_you_mean(format, FORMATS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "take it out, or say it with `pattern`".to_owned(),
            };
            self.problem(problem.help(help));
        }
    }

    /// Operations: unique ids, statuses that are statuses, paths that begin with a slash.
    fn operations(&mut self) {
        let empty = ["paths", "components", "webhooks"]
            .iter()
            .all(|field| self.root.get(*field).is_none());
        if empty && self.problems.is_empty() {
            let problem = Problem::at("/paths", "the document has no `paths`");
            self.problem(problem.help("an operation stands under paths, by URL and method"));
        }
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        for (path, item) in members(self.root.get("paths")) {
            let at = join("/paths", path);
            if !path.starts_with('/') && !path.starts_with("x-") {
                let problem = Problem::at(at.clone(), format!("path `{path}` without slash"));
                self.problem(problem.help(format!("write `/{path}`")));
            }
            for (method, operation) in members(Some(item)) {
                if !METHODS.contains(&method.as_str()) {
                    continue;
                }
                let at = join(&at, method);
                for (status, _) in members(operation.get("responses")) {
                    if !is_status(status) {
                        let at = join(&join(&at, "responses"), status);
                        let problem = Problem::at(at, format!("`{status}` is not a status"));
                        self.problem(problem.help("write 200, 4XX or default"));
                    }
                }
                let Some(id) = operation.get("operationId") else {
                    continue;
                };
                let at = join(&at, "operationId");
                match id.as_str() {
                    None => self.problem(Problem::at(at, "expected a text in `operationId`")),
                    Some(id) => {
                        if let Some(first) = seen.get(id) {
                            let message = format!("operationId `{id}` stands already at {first}");
                            let problem = Problem::at(at, message);
                            self.problem(problem.help("give each operation a name of its own"));
                        } else {
                            seen.insert(id, at);
                        }
                    }
                }
            }
        }
    }

    /// Every reference must lead to an object of the right kind in this document.
    fn resolve(&mut self) {
        for (pointer, reference, kind) in std::mem::take(&mut self.references) {
            let at = join(&pointer, "$ref");
            let Some(target) = pointer_of(reference) else {
                let message = format!("reference `{reference}` leads out of the document");
                self.problem(
                    Problem::at(at, message).help("write #/components/… with its JSON Pointer"),
                );
                continue;
            };
            let found = match kind {
                Kind::Schema => self.schemas.contains(&target),
                _ => self.root.pointer(&target).is_some_and(Value::is_object),
            };
            if found {
                if kind != Kind::Schema && follow(self.root, target).is_none() {
                    let message = format!("reference `{reference}` leads round in a circle");
                    self.problem(Problem::at(at, message));
                }
                continue;
            }
            let message = if self.root.pointer(&target).is_some() {
                format!(
                    "reference `{reference}` leads to something else than a {}",
                    kind.label()
                )
            } else {
                format!(
                    "reference `{reference}` leads nowhere: expected a {}",
                    kind.label()
                )
            };
            let (parent, last) = target.rsplit_once('/').unwrap_or(("", &target));
            let names = members(self.root.pointer(parent)).map(|(name, _)| name.as_str());
            let problem = match did_you_mean(last, names) {
                Some(near) if near != last => Problem::at(at, message)
                    .help(format!("did you mean `#{}`?", join(parent, near))),
                _ => Problem::at(at, message).help("add what it names, or correct the reference"),
            };
            self.problem(problem);
        }
    }

    /// A schema that applies itself to the same value again would never come to an end.
    fn circles(&mut self) {
        let mut done: BTreeSet<String> = BTreeSet::new();
        for start in self.schemas.clone() {
            // Depth first, without recursion: (schema, those it applies in place).
            let mut path: Vec<(String, Vec<String>)> = Vec::new();
            if done.contains(&start) {
                continue;
            }
            path.push((start.clone(), self.in_place(&start)));
            while let Some((_, next)) = path.last_mut() {
                let Some(inner) = next.pop() else {
                    if let Some((finished, _)) = path.pop() {
                        done.insert(finished);
                    }
                    continue;
                };
                if path.iter().any(|(pointer, _)| *pointer == inner) {
                    let problem = Problem::at(inner, "schema refers to itself without an end")
                        .help("refer to it from a property or from items");
                    self.problem(problem);
                    return;
                }
                if !done.contains(&inner) {
                    let following = self.in_place(&inner);
                    path.push((inner, following));
                }
            }
        }
    }

    fn in_place(&self, pointer: &str) -> Vec<String> {
        let Some(schema) = self.root.pointer(pointer) else {
            return Vec::new();
        };
        let mut found: Vec<String> = in_place(pointer, schema)
            .into_iter()
            .map(|(inner, _)| inner)
            .collect();
        if schema.get("not").is_some_and(Value::is_object) {
            found.push(join(pointer, "not"));
        }
        found.extend(
            schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(pointer_of),
        );
        found
    }
}

/// Subschemas that judge the same value as the schema itself, negation aside.
pub(super) fn in_place<'a>(pointer: &str, schema: &'a Value) -> Vec<(String, &'a Value)> {
    const SINGLES: [&str; 3] = ["if", "then", "else"];
    const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
    let mut found = Vec::new();
    for keyword in LISTS {
        for (index, inner) in schema
            .get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            found.push((format!("{pointer}/{keyword}/{index}"), inner));
        }
    }
    for keyword in SINGLES {
        if let Some(inner) = schema.get(keyword) {
            found.push((join(pointer, keyword), inner));
        }
    }
    for (name, inner) in members(schema.get("dependentSchemas")) {
        found.push((join(&join(pointer, "dependentSchemas"), name), inner));
    }
    found
}

fn members(node: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    node.and_then(Value::as_object).into_iter().flatten()
}

fn is_status(status: &str) -> bool {
    let bytes = status.as_bytes();
    status == "default"
        || status.starts_with("x-")
        || matches!(bytes, [b'1'..=b'5', b'X', b'X'])
        || matches!(bytes, [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'])
}

/// Checks the values of keywords against the meta-schema, after rewriting to 3.1, and
/// whether the validators can read the patterns.
pub(super) fn keyword_values(root: &Value, roots: &[String]) -> Vec<Problem> {
    let meta = jsonschema::draft202012::meta::validator();
    let mut problems = Vec::new();
    let mut patterns = BTreeMap::new();
    for pointer in roots {
        let Some(schema) = root.pointer(pointer) else {
            continue;
        };
        for error in meta.iter_errors(schema) {
            let at = format!("{pointer}{}", error.instance_path());
            problems.push(Problem::at(
                at,
                format!("wrong value of a keyword: {error}"),
            ));
        }
    }
    problems.dedup();
    if problems.is_empty() {
        for pointer in roots {
            if let Some(schema) = root.pointer(pointer) {
                find_patterns(pointer, schema, &mut patterns);
            }
        }
        for (pattern, at) in patterns {
            if let Some(message) = pattern_error(pattern) {
                let problem =
                    Problem::at(at, format!("pattern `{pattern}` cannot be read: {message}"));
                problems.push(problem.help("write a regular expression of ECMA-262"));
            }
        }
    }
    problems
}

/// Every pattern with the first place at which it stands.
fn find_patterns<'a>(pointer: &str, schema: &'a Value, patterns: &mut BTreeMap<&'a str, String>) {
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        patterns
            .entry(pattern)
            .or_insert_with(|| join(pointer, "pattern"));
    }
    for (pattern, _) in members(schema.get("patternProperties")) {
        let at = join(&join(pointer, "patternProperties"), pattern);
        patterns.entry(pattern).or_insert(at);
    }
    for (pointer, inner) in subschemas(pointer, schema) {
        find_patterns(&pointer, inner, patterns);
    }
}
