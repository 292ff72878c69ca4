//! Compiled validators, and their errors in words.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::Location;
use jsonschema::{Draft, Registry, ValidationError, Validator};
use serde_json::{Value, json};

use super::SchemaError;
use super::error::Problem;
use super::refs::{component_of, follow, fragment_of, join, pointer_of};
use super::upgrade::range_of;
use crate::base::json::cut;

/// Name of the document inside the registry of the validators.
const URI: &str = "urn:assay:document";
/// Most errors that one body is reported with.
const ERRORS: usize = 200;
/// Most characters of a value in a report.
const SHOWN: usize = 80;
/// Most characters of a list of options in a report.
const LISTED: usize = 200;
/// Nesting beyond which a body is refused unseen.
pub(super) const DEPTH: usize = 128;
/// Number of values beyond which a body is refused unseen.
pub(super) const NODES: usize = 500_000;

/// The validators of one document, by JSON Pointer of their schema, each compiled once.
pub(super) struct Validators {
    compiled: BTreeMap<String, Validator>,
}

impl Validators {
    /// Compiles the schemas at `pointers`.
    pub(super) fn new(document: &Value, pointers: &[String]) -> Result<Self, Vec<Problem>> {
        let registry = registry(document).map_err(|problem| vec![problem])?;
        let mut compiled = BTreeMap::new();
        let mut problems = Vec::new();
        for pointer in pointers {
            let pointer = canonical(document, pointer);
            if compiled.contains_key(&pointer) {
                continue;
            }
            match compile(&registry, &pointer) {
                Ok(validator) => {
                    compiled.insert(pointer, validator);
                }
                Err(error) => problems.push(unusable(&pointer, &error)),
            }
        }
        if problems.is_empty() {
            Ok(Self { compiled })
        } else {
            Err(problems)
        }
    }

    /// Errors of `body` against the schema at `pointer`, at most 200, by place. Every
    /// schema of the document that is not inside another one has a validator; another
    /// pointer judges nothing.
    pub(super) fn judge(&self, document: &Value, pointer: &str, body: &Value) -> Vec<SchemaError> {
        let Some(validator) = self.compiled.get(&canonical(document, pointer)) else {
            return Vec::new();
        };
        if let Some(error) = out_of_bounds(document, pointer, body) {
            return vec![error];
        }
        if validator.is_valid(body) {
            return Vec::new();
        }
        let mut words = Words {
            document,
            errors: Vec::new(),
        };
        for error in validator.iter_errors(body) {
            words.leaves(&error, None);
        }
        let mut errors = words.errors;
        errors.sort_by(|a, b| {
            by_place(&a.instance, &b.instance).then_with(|| a.schema.cmp(&b.schema))
        });
        errors.dedup_by(|b, a| {
            a.instance == b.instance && a.keyword == b.keyword && a.expected == b.expected
        });
        errors.truncate(ERRORS);
        errors
    }
}

/// The document as the validators know it.
pub(super) fn registry(document: &Value) -> Result<Registry<'_>, Problem> {
    Registry::new()
        .draft(Draft::Draft202012)
        .add(URI, document)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .map_err(|error| unusable("", &error))
}

/// The validator of the schema at a pointer.
pub(super) fn compile(
    registry: &Registry<'_>,
    pointer: &str,
) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_registry(registry)
        .offline()
        .should_validate_formats(true)
        .build(&json!({ "$ref": format!("{URI}#{}", fragment_of(pointer)) }))
}

fn unusable(pointer: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::at(pointer, format!("not usable for validation: {error}"))
}

/// A schema that is a reference and nothing else shares the validator of its target.
fn canonical(document: &Value, pointer: &str) -> String {
    let bare = document
        .pointer(pointer)
        .and_then(Value::as_object)
        .is_some_and(|members| members.len() == 1 && members.contains_key("$ref"));
    match follow(document, pointer.to_owned()).filter(|_| bare) {
        Some((target, _)) => target,
        None => pointer.to_owned(),
    }
}

/// A pattern as the validators read it: the reason when they cannot.
pub(super) fn pattern_error(pattern: &str) -> Option<String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .build(&json!({ "pattern": pattern }))
        .err()
        .map(|error| error.to_string())
}

/// The error of a body too deep or too large to be judged; looks without recursion.
pub(super) fn out_of_bounds(document: &Value, pointer: &str, body: &Value) -> Option<SchemaError> {
    let mut pending = vec![(body, 1_usize)];
    let mut nodes = 0_usize;
    let mut expected = None;
    while let Some((value, depth)) = pending.pop() {
        nodes += 1;
        if nodes > NODES {
            expected = Some(format!("at most {NODES} values"));
            break;
        }
        if depth > DEPTH {
            expected = Some(format!("at most {DEPTH} levels"));
            break;
        }
        match value {
            Value::Array(items) => pending.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => {
                pending.extend(members.values().map(|value| (value, depth + 1)));
            }
            _ => {}
        }
    }
    expected.map(|expected| SchemaError {
        instance: String::new(),
        schema: pointer.to_owned(),
        keyword: "size".to_owned(),
        actual: "more".to_owned(),
        expected,
        component: component_of(pointer),
        node: document.pointer(pointer).cloned().unwrap_or_default(),
    })
}

/// Order of JSON Pointers in which `/2` comes before `/10`.
pub(super) fn by_place(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('/'), b.split('/'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let order = match (x.parse::<u64>(), y.parse::<u64>()) {
                    (Ok(x), Ok(y)) => x.cmp(&y),
                    _ => x.cmp(y),
                };
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

/// Turns errors of the validator into ours.
struct Words<'a> {
    document: &'a Value,
    errors: Vec<SchemaError>,
}

impl Words<'_> {
    /// Collects the errors that say something: those of the branch that was meant instead
    /// of "no branch fits". `nullable` is the place at which null would do as well.
    fn leaves(&mut self, error: &ValidationError<'_>, nullable: Option<&Location>) {
        let here = error.instance_path();
        match error.kind() {
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => {
                let is_null = |branch: &&Vec<ValidationError<'static>>| {
                    matches!(branch.as_slice(), [only] if only.instance_path() == here
                        && matches!(only.kind(), ValidationErrorKind::Type { kind: TypeKind::Single(kind) }
                            if kind.as_str() == "null"))
                };
                let nullable = nullable.filter(|place| *place == here).or_else(|| {
                    context
                        .iter()
                        .any(|branch| is_null(&branch))
                        .then_some(here)
                });
                let meant: Vec<_> = context.iter().filter(|branch| !is_null(branch)).collect();
                let fits_in_kind = |branch: &&&Vec<ValidationError<'static>>| {
                    !branch.iter().any(|error| {
                        error.instance_path() == here
                            && matches!(error.kind(), ValidationErrorKind::Type { .. })
                    })
                };
                let near: Vec<_> = meant.iter().filter(fits_in_kind).copied().collect();
                match (meant.as_slice(), near.as_slice()) {
                    ([only], _) | (_, [only]) => {
                        for error in *only {
                            self.leaves(error, nullable);
                        }
                    }
                    (_, []) => {
                        let kinds = meant.iter().flat_map(|branch| branch.iter());
                        let expected = kinds
                            .filter(|error| error.instance_path() == here)
                            .filter_map(|error| match error.kind() {
                                ValidationErrorKind::Type { kind } => Some(kind_name(kind)),
                                _ => None,
                            })
                            .fold(Vec::new(), |mut names: Vec<String>, name| {
                                if !names.contains(&name) {
                                    names.push(name);
                                }
                                names
                            })
                            .join(" or ");
                        self.add(error, or_null(expected, nullable.is_some()));
                    }
                    _ => {
                        let expected = format!("one of {}", self.alternatives(error));
                        self.add(error, or_null(expected, nullable.is_some()));
                    }
                }
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    self.add_at(error, Some(name), "no member of this name".to_owned());
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.add_at(error, Some(name), format!("member {name}"));
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let expected = format!("member names: {}", self.expected(inner));
                let name = inner.instance().as_str().unwrap_or_default().to_owned();
                self.add_at(error, Some(&name), expected);
            }
            _ => {
                let nullable = nullable == Some(here);
                let expected = self.expected(error);
                self.add(error, or_null(expected, nullable));
            }
        }
    }

    fn add(&mut self, error: &ValidationError<'_>, expected: String) {
        self.add_at(error, None, expected);
    }

    /// Adds an error at the instance of `error`, or at a member of it.
    fn add_at(&mut self, error: &ValidationError<'_>, member: Option<&str>, expected: String) {
        let schema = error.schema_path().as_str().to_owned();
        let here = error.instance_path().as_str();
        let (instance, actual) = match member {
            None => (here.to_owned(), shown(error.instance())),
            Some(name) => (
                join(here, name),
                error
                    .instance()
                    .get(name)
                    .map_or_else(|| "absent".to_owned(), shown),
            ),
        };
        let node = self.node(&schema).cloned().unwrap_or_default();
        self.errors.push(SchemaError {
            instance,
            keyword: error.kind().keyword().to_owned(),
            expected,
            actual,
            component: component_of(&schema),
            node,
            schema,
        });
    }

    /// The schema object that holds the keyword at `pointer`.
    fn node(&self, pointer: &str) -> Option<&Value> {
        let (parent, _) = pointer.rsplit_once('/')?;
        self.document.pointer(parent)
    }

    /// Names of the branches of an `anyOf` or `oneOf`.
    fn alternatives(&self, error: &ValidationError<'_>) -> String {
        let branches = self.document.pointer(error.schema_path().as_str());
        let names: Vec<String> = branches
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|branch| branch.get("type") != Some(&json!("null")))
            .map(|branch| {
                let text = |keyword: &str| branch.get(keyword).and_then(Value::as_str);
                text("$ref")
                    .and_then(pointer_of)
                    .and_then(|pointer| component_of(&pointer))
                    .or_else(|| text("title").map(str::to_owned))
                    .or_else(|| text("type").map(str::to_owned))
                    .unwrap_or_else(|| "another alternative".to_owned())
            })
            .collect();
        cut(&names.join(", "), LISTED)
    }

    /// What a keyword demands, in few words.
    fn expected(&self, error: &ValidationError<'_>) -> String {
        use ValidationErrorKind as Kind;
        match error.kind() {
            Kind::Type { kind } => kind_name(kind),
            Kind::Enum { options } => format!("one of {}", listed(options)),
            Kind::Constant { expected_value } => plain(expected_value),
            Kind::Format { format } => format!("text in the format {format}"),
            Kind::Pattern { pattern } => format!("text that matches {}", cut(pattern, LISTED)),
            Kind::MaxLength { limit } => format!("at most {}", counted(*limit, "character")),
            Kind::MinLength { limit } => format!("at least {}", counted(*limit, "character")),
            Kind::MaxItems { limit } => format!("at most {}", counted(*limit, "item")),
            Kind::MinItems { limit } => format!("at least {}", counted(*limit, "item")),
            Kind::MaxProperties { limit } => format!("at most {}", counted(*limit, "member")),
            Kind::MinProperties { limit } => format!("at least {}", counted(*limit, "member")),
            Kind::Minimum { limit } => self.range(error).unwrap_or(format!("at least {limit}")),
            Kind::Maximum { limit } => self.range(error).unwrap_or(format!("at most {limit}")),
            Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
            Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
            Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
            Kind::UniqueItems => "items that all differ".to_owned(),
            Kind::Contains => "an item of the kind that `contains` names".to_owned(),
            Kind::AdditionalItems { limit } => {
                format!(
                    "at most {}",
                    counted(u64::try_from(*limit).unwrap_or(u64::MAX), "item")
                )
            }
            Kind::UnevaluatedItems { .. } => "no further items".to_owned(),
            Kind::FalseSchema => "no value here".to_owned(),
            Kind::Not { .. } => "a value that `not` does not describe".to_owned(),
            Kind::OneOfMultipleValid { .. } => {
                format!("exactly one of {}", self.alternatives(error))
            }
            Kind::ContentEncoding { content_encoding } => format!("{content_encoding} text"),
            Kind::ContentMediaType { content_media_type } => content_media_type.clone(),
            Kind::FromUtf8 { .. } => "UTF-8 text".to_owned(),
            _ => format!("what `{}` demands", error.kind().keyword()),
        }
    }

    /// The range of an integer format, when the limit that was missed belongs to it.
    fn range(&self, error: &ValidationError<'_>) -> Option<String> {
        let node = self.node(error.schema_path().as_str())?;
        let format = node.get("format")?.as_str()?;
        let (low, high) = range_of(format)?;
        (node.get("minimum") == Some(&low) && node.get("maximum") == Some(&high))
            .then(|| format!("{format} ({low} to {high})"))
    }
}

fn kind_name(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            let (mut names, null): (Vec<_>, Vec<_>) = kinds
                .iter()
                .map(|kind| kind.as_str())
                .partition(|name| *name != "null");
            names.extend(null);
            names.join(" or ")
        }
    }
}

fn or_null(expected: String, nullable: bool) -> String {
    if nullable && !expected.ends_with("or null") {
        format!("{expected} or null")
    } else {
        expected
    }
}

fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

fn listed(options: &Value) -> String {
    let names: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    cut(&names.join(", "), LISTED)
}

/// A scalar without quotation marks.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => cut(text, SHOWN),
        other => shown(other),
    }
}

/// A value in at most 80 characters: scalars as JSON, containers by their size.
fn shown(value: &Value) -> String {
    let count = |length: usize, noun| counted(u64::try_from(length).unwrap_or(u64::MAX), noun);
    match value {
        Value::Array(items) if items.is_empty() => "empty array".to_owned(),
        Value::Array(items) => format!("array of {}", count(items.len(), "item")),
        Value::Object(members) if members.is_empty() => "empty object".to_owned(),
        Value::Object(members) => format!("object with {}", count(members.len(), "member")),
        Value::String(text) => {
            // Cut before quoting: a long text need not be copied.
            let head: String = text.chars().take(SHOWN).collect();
            cut(
                &Value::String(if head.len() < text.len() {
                    head + "…"
                } else {
                    head
                })
                .to_string(),
                SHOWN,
            )
        }
        scalar => scalar.to_string(),
    }
}
