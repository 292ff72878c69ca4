//! Self-contained JSON Schemas, for those who validate without OpenAPI tools.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::grammar::{subschemas, subschemas_mut};
use super::refs::{component_of, follow, fragment_of, join, pointer_of};
use super::{Api, Operation};
use crate::base::json::escape;

/// File that tells which schema is for what.
const INDEX: &str = "index.json";
/// Longest line that holds more than a scalar.
const WIDTH: usize = 120;

/// Writes the schemas of all operations.
pub(super) fn derive(api: &Api) -> BTreeMap<String, String> {
    let mut deriver = Deriver {
        document: api.document(),
        files: BTreeMap::new(),
    };
    let mut index = Map::new();
    for operation in api.operations() {
        index.insert(operation.name.clone(), deriver.operation(operation));
    }
    deriver
        .files
        .insert(INDEX.to_owned(), pretty(&Value::Object(index)));
    deriver.files
}

struct Deriver<'a> {
    document: &'a Value,
    files: BTreeMap<String, String>,
}

impl Deriver<'_> {
    /// Derives what an operation takes and gives; returns its part of the index.
    fn operation(&mut self, operation: &Operation) -> Value {
        let stem = slug(&operation.name);
        let mut parts = Map::new();
        if !operation.request.is_empty() {
            let title = format!("{} request", operation.name);
            let files = self.content(&operation.request, &format!("{stem}.request"), &title);
            parts.insert("request".to_owned(), files);
        }
        for (status, response) in &operation.responses {
            let (stem, title) = match &response.shared {
                Some(name) => (
                    format!("responses/{}", slug(name)),
                    format!("{name} response"),
                ),
                None => (
                    format!("{stem}.{status}"),
                    format!("{} response {status}", operation.name),
                ),
            };
            let files = self.content(&response.content, &stem, &title);
            parts.insert(status.clone(), files);
        }
        Value::Object(parts)
    }

    /// One file for each media type that has a schema.
    fn content(
        &mut self,
        content: &BTreeMap<String, Option<String>>,
        stem: &str,
        title: &str,
    ) -> Value {
        let mut files = Map::new();
        for (media_type, schema) in content {
            let Some(pointer) = schema else { continue };
            let file = match content.len() {
                1 => format!("{stem}.json"),
                _ => format!("{stem}.{}.json", slug(media_type)),
            };
            if !self.files.contains_key(&file) {
                let text = pretty(&self.schema(pointer, &file, title));
                self.files.insert(file.clone(), text);
            }
            files.insert(media_type.clone(), Value::String(file));
        }
        Value::Object(files)
    }

    /// The schema at `pointer` with everything it refers to under `$defs`.
    fn schema(&self, pointer: &str, file: &str, title: &str) -> Value {
        let names = self.closure(pointer);
        let mut schema = self.rewritten(pointer, &names);
        let mut derived = Map::new();
        derived.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        derived.insert("$id".to_owned(), Value::String(self.urn(file)));
        derived.insert("title".to_owned(), json!(title));
        match schema.as_object_mut() {
            Some(members) => {
                members.shift_remove("title");
                derived.append(members);
            }
            None => {
                derived.insert("allOf".to_owned(), json!([schema]));
            }
        }
        let definitions: BTreeMap<&String, Value> = names
            .iter()
            .map(|(pointer, name)| {
                let mut schema = self.rewritten(pointer, &names);
                undescribe(&mut schema);
                (name, schema)
            })
            .collect();
        if !definitions.is_empty() {
            derived.insert("$defs".to_owned(), json!(definitions));
        }
        Value::Object(derived)
    }

    /// Pointers of all schemas that are referred to from `start`, with their new names.
    fn closure(&self, start: &str) -> BTreeMap<String, String> {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut pending = vec![start.to_owned()];
        while let Some(pointer) = pending.pop() {
            let Some(schema) = self.document.pointer(&pointer) else {
                continue;
            };
            for target in references(&pointer, schema) {
                if !names.contains_key(&target) {
                    let name = match component_of(&target) {
                        Some(name) if target == join("/components/schemas", &name) => name,
                        _ => target.trim_start_matches('/').replace('/', "."),
                    };
                    names.insert(target.clone(), name);
                    pending.push(target);
                }
            }
        }
        names
    }

    fn rewritten(&self, pointer: &str, names: &BTreeMap<String, String>) -> Value {
        let mut schema = self.document.pointer(pointer).cloned().unwrap_or_default();
        rewrite(&mut schema, names);
        schema
    }

    /// Name of a file in the world: title and version of the document make it unique.
    fn urn(&self, file: &str) -> String {
        let info = |field: &str| self.document.pointer(&format!("/info/{field}"));
        let text = |field: &str| slug(info(field).and_then(Value::as_str).unwrap_or("untitled"));
        let name = file.strip_suffix(".json").unwrap_or(file).replace('/', ":");
        format!(
            "urn:assay:{}:{}:{name}",
            text("title").to_lowercase(),
            text("version")
        )
    }
}

/// Targets of the references in a schema and below.
fn references(pointer: &str, schema: &Value) -> Vec<String> {
    let own = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(pointer_of);
    own.into_iter()
        .chain(
            subschemas(pointer, schema)
                .into_iter()
                .flat_map(|(pointer, inner)| references(&pointer, inner)),
        )
        .collect()
}

/// Points references at `$defs` and drops what only fills space: examples stand in the
/// document, and `discriminator`, `xml` and `externalDocs` mean nothing outside of it.
fn rewrite(schema: &mut Value, names: &BTreeMap<String, String>) {
    subschemas_mut(schema, &mut |inner| rewrite(inner, names));
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    for keyword in [
        "example",
        "examples",
        "discriminator",
        "xml",
        "externalDocs",
    ] {
        members.shift_remove(keyword);
    }
    if let Some(Value::String(reference)) = members.get_mut("$ref")
        && let Some(name) = pointer_of(reference).and_then(|pointer| names.get(&pointer))
    {
        *reference = format!("#/$defs/{}", fragment_of(&escape(name)));
    }
}

/// Takes the descriptions out: the document has them once, the files would have them a
/// hundred times.
fn undescribe(schema: &mut Value) {
    subschemas_mut(schema, &mut undescribe);
    if let Some(members) = schema.as_object_mut() {
        members.shift_remove("description");
    }
}

/// Letters, digits and `._-` only, for file names and URNs.
fn slug(text: &str) -> String {
    let plain = text.chars().map(|letter| {
        let keep = letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        if keep { letter } else { '-' }
    });
    plain
        .collect::<String>()
        .trim_matches(['-', '.'])
        .to_owned()
}

/// JSON with two blanks of indentation and a line end; what fits in a line stays there.
fn pretty(value: &Value) -> String {
    let mut text = String::new();
    lines(value, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes a value that begins at column `used` of a line indented by `depth`.
fn lines(value: &Value, depth: usize, used: usize, text: &mut String) {
    let line = in_line(value);
    let empty = matches!(line.as_str(), "{}" | "[]");
    if empty || 2 * depth + used + line.len() <= WIDTH {
        text.push_str(&line);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let mut first = true;
    let mut next = |text: &mut String| {
        text.push_str(if std::mem::take(&mut first) {
            "\n"
        } else {
            ",\n"
        });
        text.push_str(&indent);
    };
    match value {
        Value::Object(members) => {
            text.push('{');
            for (name, value) in members {
                next(text);
                let name = format!("{}: ", Value::from(name.as_str()));
                text.push_str(&name);
                lines(value, depth + 1, name.len(), text);
            }
            text.push_str(&format!("\n{}}}", "  ".repeat(depth)));
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                next(text);
                lines(item, depth + 1, 0, text);
            }
            text.push_str(&format!("\n{}]", "  ".repeat(depth)));
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// JSON in one line, with blanks.
fn in_line(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), in_line(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(in_line).collect::<Vec<_>>();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The response component that a response is a reference to.
pub(super) fn shared_name(document: &Value, pointer: &str) -> Option<String> {
    let (target, _) = follow(document, pointer.to_owned())?;
    let token = target.strip_prefix("/components/responses/")?;
    Some(token.replace("~1", "/").replace("~0", "~"))
}
