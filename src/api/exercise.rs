//! Which keywords of the answers' schemas have judged anything.
//!
//! A keyword that no answer ever came to proves nothing: neither that a connector keeps
//! it, nor that its violation would be seen. [`Exercise`] goes through answers and their
//! schemas side by side and counts, for every keyword, the values that it judged.

use std::collections::{BTreeSet, HashMap};

use jsonschema::{Registry, Validator};
use regex::Regex;
use serde_json::{Map, Value};

use super::grammar::subschemas;
use super::refs::{join, pointer_of};
use super::upgrade::range_of;
use super::validate::{by_place, compile, out_of_bounds, registry};
use super::{Api, SchemaNode, schema_for};

/// A keyword at one place of the document, or one part of it: each value of `enum`, each
/// name of `required`, each member of `properties`, each branch of `anyOf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword {
    /// JSON Pointer of the keyword or of its part.
    pub pointer: String,
    /// JSON Pointer of the schema that it belongs to.
    pub schema: String,
    pub keyword: String,
    /// What it says, as JSON; empty where the pointer tells.
    pub says: String,
    /// Number of values that it judged.
    pub judged: u64,
    /// Why it judged none.
    pub gap: Option<Gap>,
}

/// Why a keyword judged nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// No value came to the schema.
    Unreached,
    /// Values came, none of the kind that the keyword judges.
    OtherKind,
    /// Objects came, none with the member.
    NoMember,
    /// Values came, none was this one.
    NoSuchValue,
    /// Arrays came, none with such an item.
    NoItem,
    /// Values came, none fitted this branch.
    NoBranch,
}

impl Gap {
    /// The reason in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreached => "no answer came to this schema",
            Self::OtherKind => "no value of the kind that it judges",
            Self::NoMember => "no answer had this member",
            Self::NoSuchValue => "no answer had this value",
            Self::NoItem => "no answer had such an item",
            Self::NoBranch => "no answer took this branch",
        }
    }
}

/// Whether a keyword of a schema judges a value of this kind.
pub(super) fn judges(keyword: &str, schema: &Value, value: &Value) -> bool {
    match keyword {
        "enum" => true,
        "required" => value.is_object(),
        "format" => schema
            .get("format")
            .is_some_and(|format| format_judges(format).takes(value)),
        _ => WHOLE
            .iter()
            .any(|(name, judges)| *name == keyword && judges.takes(value)),
    }
}

/// What a keyword judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judges {
    Anything,
    Texts,
    Numbers,
    Arrays,
    Objects,
}

/// Keywords that judge as a whole. Those with parts are not in the table, those that
/// only describe are nowhere.
const WHOLE: [(&str, Judges); 21] = [
    ("type", Judges::Anything),
    ("const", Judges::Anything),
    ("not", Judges::Anything),
    ("maxLength", Judges::Texts),
    ("minLength", Judges::Texts),
    ("pattern", Judges::Texts),
    ("maximum", Judges::Numbers),
    ("minimum", Judges::Numbers),
    ("exclusiveMaximum", Judges::Numbers),
    ("exclusiveMinimum", Judges::Numbers),
    ("multipleOf", Judges::Numbers),
    ("maxItems", Judges::Arrays),
    ("minItems", Judges::Arrays),
    ("uniqueItems", Judges::Arrays),
    ("contains", Judges::Arrays),
    ("maxContains", Judges::Arrays),
    ("minContains", Judges::Arrays),
    ("maxProperties", Judges::Objects),
    ("minProperties", Judges::Objects),
    ("propertyNames", Judges::Objects),
    ("unevaluatedProperties", Judges::Objects),
];

/// Formats of numbers; all others are formats of texts.
const NUMBER_FORMATS: [&str; 12] = [
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float",
    "double",
    "double-int",
    "decimal",
];

impl Judges {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Anything => true,
            Self::Texts => value.is_string(),
            Self::Numbers => value.is_number(),
            Self::Arrays => value.is_array(),
            Self::Objects => value.is_object(),
        }
    }
}

/// Counts what answers exercise.
pub struct Exercise<'a> {
    api: &'a Api,
    registry: Option<Registry<'a>>,
    places: Vec<Place<'a>>,
    /// Schemas by their address in the document.
    known: HashMap<*const Value, usize>,
    /// Validators of branches, compiled when a value first comes to them.
    branches: HashMap<*const Value, Option<Validator>>,
    patterns: HashMap<&'a str, Option<Regex>>,
}

/// A schema with its keywords.
struct Place<'a> {
    pointer: String,
    members: &'a Map<String, Value>,
    reached: u64,
    spots: Vec<Spot<'a>>,
}

/// A keyword or a part of it.
struct Spot<'a> {
    keyword: &'a str,
    part: Part<'a>,
    judges: Judges,
    judged: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Whole,
    At(usize),
    Name(&'a str),
}

impl Api {
    /// Nothing exercised yet.
    pub fn exercise(&self) -> Exercise<'_> {
        let mut exercise = Exercise {
            api: self,
            registry: registry(&self.document).ok(),
            places: Vec::new(),
            known: HashMap::new(),
            branches: HashMap::new(),
            patterns: HashMap::new(),
        };
        let responses = self.operations.iter().flat_map(|op| op.responses.values());
        let roots: BTreeSet<&String> = responses
            .flat_map(|response| response.content.values().flatten())
            .collect();
        for root in roots {
            exercise.survey(root);
        }
        exercise
    }
}

impl<'a> Exercise<'a> {
    /// Counts what an answer exercises; false when no schema is there for it, or it is
    /// too large to be judged.
    pub fn answer(&mut self, op: &str, status: u16, body: &Value) -> bool {
        let api = self.api;
        let root = api
            .response(op, status)
            .and_then(|response| schema_for(&response.content, None))
            .filter(|pointer| out_of_bounds(&api.document, pointer, body).is_none())
            .and_then(|pointer| api.document.pointer(pointer));
        if let Some(root) = root {
            self.visit(root, body);
        }
        root.is_some()
    }

    /// All keywords that answers can come to, by their place in the document.
    pub fn keywords(&self) -> Vec<Keyword> {
        let mut found: Vec<Keyword> = self
            .places
            .iter()
            .flat_map(|place| {
                let spots = place.spots.iter();
                spots.map(|spot| self.keyword(place, spot))
            })
            .collect();
        found.sort_by(|a, b| by_place(&a.pointer, &b.pointer));
        found
    }

    fn keyword(&self, place: &Place<'a>, spot: &Spot<'a>) -> Keyword {
        let whole = join(&place.pointer, spot.keyword);
        let pointer = match spot.part {
            Part::Whole => whole,
            Part::At(index) => format!("{whole}/{index}"),
            Part::Name(name) => join(&whole, name),
        };
        let says = match (spot.keyword, spot.part) {
            ("not" | "contains" | "propertyNames" | "items", _) => None,
            ("anyOf" | "oneOf" | "if" | "prefixItems", _) => None,
            (_, Part::Name(_)) => None,
            ("additionalProperties", _) => place.members[spot.keyword].as_bool().map(Value::Bool),
            _ => self.api.document.pointer(&pointer).cloned(),
        };
        Keyword {
            schema: place.pointer.clone(),
            keyword: spot.keyword.to_owned(),
            says: says.map(|value| value.to_string()).unwrap_or_default(),
            judged: spot.judged,
            gap: spot.gap(place.reached),
            pointer,
        }
    }

    /// Notes a schema and all that answers can reach from it.
    fn survey(&mut self, pointer: &str) {
        let Some(node) = self.api.document.pointer(pointer) else {
            return;
        };
        let Some(members) = node.as_object().filter(|_| !is_null(node)) else {
            return;
        };
        if self.known.contains_key(&std::ptr::from_ref(node)) {
            return;
        }
        self.known
            .insert(std::ptr::from_ref(node), self.places.len());
        self.places.push(Place {
            pointer: pointer.to_owned(),
            members,
            reached: 0,
            spots: spots(members),
        });
        for (inner, _) in subschemas(pointer, node) {
            if judges_answers(pointer, &inner) {
                self.survey(&inner);
            }
        }
        if let Some(target) = reference(members) {
            self.survey(&target);
        }
    }

    fn visit(&mut self, node: &'a Value, value: &Value) {
        let Some(&index) = self.known.get(&std::ptr::from_ref(node)) else {
            return;
        };
        let place = &mut self.places[index];
        let members = place.members;
        place.reached += 1;
        for spot in &mut place.spots {
            spot.judged += u64::from(spot.tried(members, value));
        }
        self.in_place(index, members, value);
        match value {
            Value::Object(inner) => self.object(index, members, inner),
            Value::Array(items) => self.array(members, items),
            _ => {}
        }
    }

    /// Schemas that judge the same value.
    fn in_place(&mut self, index: usize, members: &'a Map<String, Value>, value: &Value) {
        let document = &self.api.document;
        let target = reference(members).and_then(|pointer| document.pointer(&pointer));
        if let Some(target) = target {
            self.visit(target, value);
        }
        for branch in list(members, "allOf") {
            self.visit(branch, value);
        }
        for keyword in ["anyOf", "oneOf"] {
            for (number, branch) in list(members, keyword).enumerate() {
                let at = join(&self.places[index].pointer, keyword);
                if self.fits(&format!("{at}/{number}"), branch, value) {
                    self.count(index, keyword, Part::At(number));
                    self.visit(branch, value);
                }
            }
        }
        if let Some(condition) = members.get("if") {
            let at = join(&self.places[index].pointer, "if");
            let then = match self.fits(&at, condition, value) {
                true => "then",
                false => "else",
            };
            if let Some(branch) = members.get(then) {
                self.visit(branch, value);
            }
        }
    }

    fn object(
        &mut self,
        index: usize,
        members: &'a Map<String, Value>,
        object: &Map<String, Value>,
    ) {
        for (name, inner) in object {
            let mut declared = false;
            if let Some(schema) = map(members, "properties").and_then(|map| map.get(name)) {
                declared = true;
                self.visit(schema, inner);
            }
            for (pattern, schema) in map(members, "patternProperties").into_iter().flatten() {
                if self.matches(pattern, name) {
                    declared = true;
                    self.count(index, "patternProperties", Part::Name(pattern));
                    self.visit(schema, inner);
                }
            }
            let rest = members.get("additionalProperties");
            if let Some(schema) = rest.filter(|schema| schema.is_object() && !declared) {
                self.count(index, "additionalProperties", Part::Whole);
                self.visit(schema, inner);
            }
            if let Some(schema) = members.get("propertyNames") {
                self.visit(schema, &Value::String(name.clone()));
            }
        }
        for (name, schema) in map(members, "dependentSchemas").into_iter().flatten() {
            if object.contains_key(name) {
                self.visit(schema, &Value::Object(object.clone()));
            }
        }
    }

    fn array(&mut self, members: &'a Map<String, Value>, items: &[Value]) {
        let prefix: Vec<&Value> = list(members, "prefixItems").collect();
        for (number, item) in items.iter().enumerate() {
            let schema = prefix.get(number).copied().or(members.get("items"));
            for schema in schema.into_iter().chain(members.get("contains")) {
                self.visit(schema, item);
            }
        }
    }

    fn count(&mut self, index: usize, keyword: &str, part: Part<'_>) {
        let mut spots = self.places[index].spots.iter_mut();
        if let Some(spot) = spots.find(|spot| spot.keyword == keyword && spot.part == part) {
            spot.judged += 1;
        }
    }

    /// Whether a value fits the branch at a pointer.
    fn fits(&mut self, pointer: &str, branch: &'a Value, value: &Value) -> bool {
        let registry = self.registry.as_ref();
        let validator = self
            .branches
            .entry(std::ptr::from_ref(branch))
            .or_insert_with(|| registry.and_then(|registry| compile(registry, pointer).ok()));
        validator
            .as_ref()
            .is_some_and(|validator| validator.is_valid(value))
    }

    fn matches(&mut self, pattern: &'a str, name: &str) -> bool {
        let regex = self.patterns.entry(pattern);
        let regex = regex.or_insert_with(|| Regex::new(pattern).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(name))
    }
}

impl Spot<'_> {
    /// Whether a value that came to the schema is judged by this keyword. What only a
    /// visit can tell is counted there.
    fn tried(&self, members: &Map<String, Value>, value: &Value) -> bool {
        let part = || match self.part {
            Part::At(index) => members[self.keyword].get(index),
            _ => None,
        };
        match (self.keyword, self.part) {
            ("anyOf" | "oneOf" | "patternProperties", _) => false,
            ("additionalProperties", _) if members[self.keyword].is_object() => false,
            ("enum", _) => part() == Some(value),
            ("properties" | "dependentRequired" | "dependentSchemas", Part::Name(name)) => {
                value.get(name).is_some()
            }
            ("items", _) => {
                let prefix = list(members, "prefixItems").count();
                value.as_array().is_some_and(|items| items.len() > prefix)
            }
            ("prefixItems", Part::At(index)) => value.get(index).is_some(),
            _ => self.judges.takes(value),
        }
    }

    fn gap(&self, reached: u64) -> Option<Gap> {
        Some(match self.keyword {
            _ if self.judged > 0 => return None,
            _ if reached == 0 => Gap::Unreached,
            "enum" => Gap::NoSuchValue,
            "anyOf" | "oneOf" => Gap::NoBranch,
            "items" | "prefixItems" => Gap::NoItem,
            "properties" | "patternProperties" | "dependentRequired" | "dependentSchemas" => {
                Gap::NoMember
            }
            "additionalProperties" if self.judges == Judges::Anything => Gap::NoMember,
            _ => Gap::OtherKind,
        })
    }
}

/// The keywords of a schema, part by part.
fn spots<'a>(members: &'a Map<String, Value>) -> Vec<Spot<'a>> {
    let mut found = Vec::new();
    for (keyword, value) in members {
        let mut add = |part, judges| {
            found.push(Spot {
                keyword,
                part,
                judges,
                judged: 0,
            });
        };
        let parts = value.as_array().map_or(0, Vec::len);
        match keyword.as_str() {
            "enum" | "prefixItems" => {
                (0..parts).for_each(|index| add(Part::At(index), Judges::Anything));
            }
            "required" => (0..parts).for_each(|index| add(Part::At(index), Judges::Objects)),
            // That null is allowed is no branch of its own.
            "anyOf" | "oneOf" => (0..parts)
                .filter(|index| !is_null(&value[*index]))
                .for_each(|index| add(Part::At(index), Judges::Anything)),
            "properties" | "patternProperties" | "dependentRequired" | "dependentSchemas" => {
                let names = value.as_object().into_iter().flat_map(Map::keys);
                names.for_each(|name| add(Part::Name(name), Judges::Anything));
            }
            "items" => add(Part::Whole, Judges::Arrays),
            "additionalProperties" if value == &Value::Bool(false) => {
                add(Part::Whole, Judges::Objects);
            }
            "additionalProperties" if value.is_object() => add(Part::Whole, Judges::Anything),
            "format" => add(Part::Whole, format_judges(value)),
            "minimum" | "maximum" if is_range(members, keyword) => {}
            other => {
                if let Some((_, judges)) = WHOLE.iter().find(|(name, _)| *name == other) {
                    add(Part::Whole, *judges);
                }
            }
        }
    }
    found
}

fn format_judges(format: &Value) -> Judges {
    let number = format
        .as_str()
        .is_some_and(|name| NUMBER_FORMATS.contains(&name));
    if number {
        Judges::Numbers
    } else {
        Judges::Texts
    }
}

/// A limit that was made from an integer format: the format stands for it.
fn is_range(members: &Map<String, Value>, keyword: &str) -> bool {
    let format = members.get("format").and_then(Value::as_str);
    format.and_then(range_of).is_some_and(|(low, high)| {
        members.get(keyword) == Some(if keyword == "minimum" { &low } else { &high })
    })
}

/// A schema below which values of answers are judged: not one that only asks.
fn judges_answers(outer: &str, inner: &str) -> bool {
    let keyword = inner.strip_prefix(outer).unwrap_or(inner);
    let keyword = keyword.trim_start_matches('/').split('/').next();
    !matches!(
        keyword,
        Some("$defs" | "not" | "if" | "contentSchema" | "unevaluatedItems")
    )
}

fn is_null(node: &Value) -> bool {
    SchemaNode::new("", node).is_null()
}

/// Where a reference leads.
fn reference(members: &Map<String, Value>) -> Option<String> {
    pointer_of(members.get("$ref")?.as_str()?)
}

fn list<'a>(
    members: &'a Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    let items = members.get(keyword).and_then(Value::as_array);
    items.into_iter().flatten()
}

fn map<'a>(members: &'a Map<String, Value>, keyword: &str) -> Option<&'a Map<String, Value>> {
    members.get(keyword).and_then(Value::as_object)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    /// A document with one operation `Get`, whose 200 has `schema`.
    fn api(schema: &Value) -> Api {
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "paths": {"/Get": {"post": {"operationId": "Get", "responses": {"200": {
                "description": "d",
                "content": {"application/json": {"schema": schema}},
            }}}}},
            "components": {"schemas": {
                "Text": {"type": "string", "maxLength": 3},
                "Tree": {
                    "type": "object",
                    "properties": {"Inner": {"$ref": "#/components/schemas/Tree"}},
                },
            }},
        });
        Api::parse(&document.to_string(), "document").unwrap()
    }

    /// Keywords of the schema, without its place, with the counts after `bodies`.
    fn counts(schema: &Value, bodies: &[Value]) -> Vec<(String, u64)> {
        let api = api(schema);
        let mut exercise = api.exercise();
        for body in bodies {
            assert!(exercise.answer("Get", 200, body));
        }
        let keywords = exercise.keywords().into_iter();
        keywords
            .map(|found| {
                let at = found.pointer.rsplit_once("/schema/");
                let at = at.map_or(found.pointer.as_str(), |(_, at)| at);
                let at = at.trim_start_matches("/components/schemas/");
                (at.to_owned(), found.judged)
            })
            .collect()
    }

    #[rstest]
    #[case::types(json!({"type": ["string", "null"]}), &[json!("a"), json!(null)], &[("type", 2)])]
    #[case::constant(json!({"const": 1}), &[json!(1), json!(2)], &[("const", 2)])]
    #[case::members_of_enum(
        json!({"enum": ["A", "B", null]}),
        &[json!("A"), json!("A"), json!(null), json!("C")],
        &[("enum/0", 2), ("enum/1", 0), ("enum/2", 1)]
    )]
    #[case::texts(
        json!({"maxLength": 3, "minLength": 1, "pattern": "a", "format": "date"}),
        &[json!("a"), json!(7), json!(null)],
        &[("format", 1), ("maxLength", 1), ("minLength", 1), ("pattern", 1)]
    )]
    #[case::numbers(
        json!({"minimum": 0, "maximum": 9, "exclusiveMinimum": -1, "exclusiveMaximum": 10,
            "multipleOf": 2}),
        &[json!(4), json!("4")],
        &[("exclusiveMaximum", 1), ("exclusiveMinimum", 1), ("maximum", 1), ("minimum", 1),
            ("multipleOf", 1)]
    )]
    #[case::integer_format_without_its_range(
        json!({"format": "int32"}), &[json!(4), json!("4")], &[("format", 1)]
    )]
    #[case::limit_of_an_integer_format(
        json!({"format": "int32", "minimum": 0}), &[json!(4)], &[("format", 1), ("minimum", 1)]
    )]
    #[case::number_format(json!({"format": "double"}), &[json!(4.5)], &[("format", 1)])]
    #[case::arrays(
        json!({"minItems": 1, "maxItems": 2, "uniqueItems": true}),
        &[json!([]), json!({})],
        &[("maxItems", 1), ("minItems", 1), ("uniqueItems", 1)]
    )]
    #[case::items(
        json!({"items": {"type": "string"}}),
        &[json!([]), json!(["a", "b"])],
        &[("items", 1), ("items/type", 2)]
    )]
    #[case::tuples(
        json!({"prefixItems": [{"type": "string"}, {"type": "number"}], "items": false}),
        &[json!(["a"])],
        &[("items", 0), ("prefixItems/0", 1), ("prefixItems/0/type", 1), ("prefixItems/1", 0),
            ("prefixItems/1/type", 0)]
    )]
    #[case::contains(
        json!({"contains": {"const": 1}}),
        &[json!([1, 2])],
        &[("contains", 1), ("contains/const", 2)]
    )]
    #[case::required(
        json!({"required": ["A", "B"], "minProperties": 1, "maxProperties": 3}),
        &[json!({"A": 1}), json!([])],
        &[("maxProperties", 1), ("minProperties", 1), ("required/0", 1), ("required/1", 1)]
    )]
    #[case::properties(
        json!({"properties": {"A": {"type": "string"}, "B": {"type": "string"}}}),
        &[json!({"A": "x"})],
        &[("properties/A", 1), ("properties/A/type", 1), ("properties/B", 0),
            ("properties/B/type", 0)]
    )]
    #[case::patterns_of_names(
        json!({"patternProperties": {"^x": {"type": "string"}, "^y": true}}),
        &[json!({"x1": "a", "x2": "b"})],
        &[("patternProperties/^x", 2), ("patternProperties/^x/type", 2),
            ("patternProperties/^y", 0)]
    )]
    #[case::names(
        json!({"propertyNames": {"maxLength": 2}}),
        &[json!({"a": 1, "b": 1})],
        &[("propertyNames", 1), ("propertyNames/maxLength", 2)]
    )]
    #[case::closed(json!({"additionalProperties": false}), &[json!({})],
        &[("additionalProperties", 1)])]
    #[case::open(json!({"additionalProperties": true}), &[json!({"A": 1})], &[])]
    #[case::map(
        json!({"properties": {"A": true}, "additionalProperties": {"type": "string"}}),
        &[json!({"A": 1, "B": "x"})],
        &[("additionalProperties", 1), ("additionalProperties/type", 1), ("properties/A", 1)]
    )]
    #[case::empty_map(
        json!({"additionalProperties": {"type": "string"}}),
        &[json!({})],
        &[("additionalProperties", 0), ("additionalProperties/type", 0)]
    )]
    #[case::all_of(
        json!({"allOf": [{"type": "string"}, {"maxLength": 3}]}),
        &[json!("a")],
        &[("allOf/0/type", 1), ("allOf/1/maxLength", 1)]
    )]
    #[case::the_branch_that_fits(
        json!({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}),
        &[json!("a"), json!(null)],
        &[("anyOf/0", 1), ("anyOf/0/type", 1), ("anyOf/1", 0), ("anyOf/1/type", 0)]
    )]
    #[case::one_of(
        json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        &[json!(1)],
        &[("oneOf/0", 0), ("oneOf/0/type", 0), ("oneOf/1", 1), ("oneOf/1/type", 1)]
    )]
    #[case::conditions(
        json!({"if": {"type": "string"}, "then": {"maxLength": 3}, "else": {"minimum": 1}}),
        &[json!("a")],
        &[("else/minimum", 0), ("then/maxLength", 1)]
    )]
    #[case::negation(json!({"not": {"type": "string"}}), &[json!(1)], &[("not", 1)])]
    #[case::dependencies(
        json!({"dependentRequired": {"A": ["B"], "C": ["D"]},
            "dependentSchemas": {"A": {"minProperties": 1}}}),
        &[json!({"A": 1, "B": 2})],
        &[("dependentRequired/A", 1), ("dependentRequired/C", 0), ("dependentSchemas/A", 1),
            ("dependentSchemas/A/minProperties", 1)]
    )]
    #[case::references(
        json!({"type": "object", "properties": {"A": {"$ref": "#/components/schemas/Text"}}}),
        &[json!({"A": "x"})],
        &[("Text/maxLength", 1), ("Text/type", 1), ("properties/A", 1), ("type", 1)]
    )]
    #[case::recursion(
        json!({"$ref": "#/components/schemas/Tree"}),
        &[json!({"Inner": {"Inner": {}}})],
        &[("Tree/properties/Inner", 2), ("Tree/type", 3)]
    )]
    #[case::descriptions_do_not_count(
        json!({"title": "t", "description": "d", "default": 1, "examples": [1], "x-note": 1}),
        &[json!(1)],
        &[]
    )]
    fn each_keyword_counts_the_values_that_it_judged(
        #[case] schema: Value,
        #[case] bodies: &[Value],
        #[case] expected: &[(&str, u64)],
    ) {
        let found = counts(&schema, bodies);
        let found: Vec<(&str, u64)> = found.iter().map(|(at, n)| (at.as_str(), *n)).collect();
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case(json!({"type": "string"}), None, "type", Gap::Unreached)]
    #[case(json!({"enum": ["A"]}), Some(json!("B")), "enum/0", Gap::NoSuchValue)]
    #[case(json!({"properties": {"A": true}}), Some(json!({})), "properties/A", Gap::NoMember)]
    #[case(json!({"maxLength": 1}), Some(json!(1)), "maxLength", Gap::OtherKind)]
    #[case(json!({"items": {}}), Some(json!([])), "items", Gap::NoItem)]
    #[case(json!({"anyOf": [{"type": "string"}]}), Some(json!(1)), "anyOf/0", Gap::NoBranch)]
    fn what_judged_nothing_says_why(
        #[case] schema: Value,
        #[case] body: Option<Value>,
        #[case] at: &str,
        #[case] gap: Gap,
    ) {
        let api = api(&schema);
        let mut exercise = api.exercise();
        if let Some(body) = body {
            exercise.answer("Get", 200, &body);
        }
        let keywords = exercise.keywords();
        let found = keywords.iter().find(|found| found.pointer.ends_with(at));
        assert_eq!(found.unwrap().gap, Some(gap));
        assert!(!gap.words().is_empty());
    }

    #[test]
    fn answers_without_a_schema_and_huge_ones_exercise_nothing() {
        let api = api(&json!({"type": "array", "items": true}));
        let mut exercise = api.exercise();
        assert!(!exercise.answer("Get", 404, &json!([])));
        assert!(!exercise.answer("Other", 200, &json!([])));
        let mut deep = json!([]);
        for _ in 0..200 {
            deep = json!([deep]);
        }
        assert!(!exercise.answer("Get", 200, &deep));
        assert!(exercise.keywords().iter().all(|found| found.judged == 0));
    }
}
