//! Text to normalised document: syntax, version, lint, rewriting.

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::error::{ApiError, Problem};
use super::{lint, upgrade};

/// The dialect a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V30,
    V31,
}

/// A document whose schemas are JSON Schema 2020-12.
pub(super) struct Loaded {
    pub(super) document: Value,
    /// Pointers of the schemas that are not inside another schema.
    pub(super) roots: Vec<String>,
}

/// Reads a document and finds everything that is wrong with it.
pub(super) fn load(text: &str, origin: &str) -> Result<Loaded, ApiError> {
    let fail = |problems: Vec<Problem>| ApiError::new(text, origin, problems);
    let mut document = parse(text).map_err(|problem| fail(vec![problem]))?;
    let version = version_of(&document).map_err(|problem| fail(vec![problem]))?;
    let survey = lint::survey(&document, version);
    if !survey.problems.is_empty() {
        return Err(fail(survey.problems));
    }
    for pointer in &survey.roots {
        if let Some(schema) = document.pointer_mut(pointer) {
            if version == Version::V30 {
                upgrade::to_31(schema);
            }
            upgrade::integer_ranges(schema);
        }
    }
    if version == Version::V30
        && let Some(version) = document.get_mut("openapi")
    {
        *version = Value::from("3.1.0");
    }
    let problems = lint::keyword_values(&document, &survey.roots);
    if !problems.is_empty() {
        return Err(fail(problems));
    }
    Ok(Loaded {
        document,
        roots: survey.roots,
    })
}

/// Reads YAML, or JSON when the text begins like an object of it: escapes of JSON are not
/// all escapes of YAML.
fn parse(text: &str) -> Result<Value, Problem> {
    let json = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
        .then(|| serde_json::from_str(text));
    if let Some(Ok(document)) = json {
        return Ok(document);
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let (line, column, message) = match json {
            Some(Err(error)) => (position_of(error.line()), position_of(error.column()), {
                let message = error.to_string();
                message
                    .split(" at line ")
                    .next()
                    .unwrap_or(&message)
                    .to_owned()
            }),
            _ => {
                let error = error.without_snippet();
                let (line, column) = error
                    .location()
                    .map_or((0, 0), |place| (place.line(), place.column()));
                (line, column, error.to_string())
            }
        };
        Problem {
            line,
            column,
            ..Problem::at("", format!("not readable as YAML or JSON: {message}"))
        }
        .help("correct the syntax at this place")
    })
}

fn position_of(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn version_of(document: &Value) -> Result<Version, Problem> {
    let help = "Assay reads OpenAPI 3.0 and 3.1; write `openapi: \"3.1.0\"` at the top";
    if !document.is_object() {
        return Err(Problem::at("", "expected an object with the field `openapi`").help(help));
    }
    let Some(version) = document.get("openapi") else {
        let message = match document.get("swagger") {
            Some(_) => "Swagger 2.0 is not OpenAPI 3",
            None => "the field `openapi` is missing",
        };
        return Err(Problem::at("", message).help(help));
    };
    match version.as_str() {
        Some(text) if text == "3.0" || text.starts_with("3.0.") => Ok(Version::V30),
        Some(text) if text == "3.1" || text.starts_with("3.1.") => Ok(Version::V31),
        Some(text) => {
            let message = format!("OpenAPI version {text} is not supported");
            Err(Problem::at("/openapi", message).help(help))
        }
        None => Err(Problem::at("/openapi", "expected the version as a text").help(help)),
    }
}

/// Adds line and column to problems that have a pointer. The text is read once more,
/// with positions: errors may be slow, the normal way may not.
pub(super) fn located(text: &str, mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.iter().any(|problem| problem.line == 0)
        && let Ok(tree) = serde_saphyr::from_str_with_options::<Spanned<Tree>>(text, options())
    {
        for problem in problems.iter_mut().filter(|problem| problem.line == 0) {
            (problem.line, problem.column) = position(&tree, &problem.pointer);
        }
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

/// A document with the positions of its parts.
enum Tree {
    Leaf,
    List(Vec<Spanned<Tree>>),
    Map(Vec<(Spanned<String>, Spanned<Tree>)>),
}

/// Where the part at `pointer` stands; the nearest part around it when it is not there.
fn position(tree: &Spanned<Tree>, pointer: &str) -> (u64, u64) {
    let mut here = tree;
    let mut place = tree.referenced;
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let next = match &here.value {
            Tree::Map(members) => members
                .iter()
                .find(|(key, _)| key.value == name)
                .map(|(key, value)| (key.referenced, value)),
            Tree::List(items) => name
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index))
                .map(|item| (item.referenced, item)),
            Tree::Leaf => None,
        };
        match next {
            Some((found, inner)) => (place, here) = (found, inner),
            None => break,
        }
    }
    (place.line(), place.column())
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, inner: D) -> Result<Tree, D::Error> {
        Tree::deserialize(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Tree::Map(map))
    }
}
