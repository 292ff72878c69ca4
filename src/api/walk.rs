//! A body and its schema side by side: which schemas apply to each value, and what they
//! declare.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use super::SchemaNode;
use super::lint::in_place;
use super::refs::{component_of, join, pointer_of};
use super::validate::{DEPTH, NODES};
use crate::base::json::escape;

/// Schemas that apply to one kind of value, in one place of the document.
pub(super) struct Slot<'a> {
    schemas: Vec<SchemaNode<'a>>,
    shape: OnceCell<usize>,
}

impl<'a> Slot<'a> {
    pub(super) fn new(schemas: Vec<SchemaNode<'a>>) -> Rc<Self> {
        Rc::new(Self {
            schemas,
            shape: OnceCell::new(),
        })
    }
}

/// What a set of schemas says together, references and compositions resolved.
pub(super) struct Shape<'a> {
    /// Every schema object that applies, outermost first.
    pub(super) facets: Vec<SchemaNode<'a>>,
    properties: BTreeMap<&'a str, Rc<Slot<'a>>>,
    patterns: Vec<(Option<Regex>, Rc<Slot<'a>>)>,
    /// Schema of the members that are not declared by name.
    rest: Option<Rc<Slot<'a>>>,
    items: Option<Rc<Slot<'a>>>,
    prefix: Vec<Rc<Slot<'a>>>,
    pub(super) required: BTreeSet<&'a str>,
    /// Some schema forbids members that it does not declare.
    pub(super) closed: bool,
    /// Null is allowed, and some schema says so.
    pub(super) nullable: bool,
}

impl<'a> Shape<'a> {
    /// Members are free names: the object is a map, or nothing is said about it.
    pub(super) fn is_map(&self) -> bool {
        self.rest.is_some() || self.properties.is_empty()
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }

    /// The name is declared, or fits the pattern of declared ones.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// Names of the declared properties, in alphabetical order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.properties.keys().copied()
    }

    fn member(&self, name: &str) -> Option<Rc<Slot<'a>>> {
        let declared = self.properties.get(name).or_else(|| {
            let fits = |pattern: &Option<Regex>| pattern.as_ref().is_none_or(|p| p.is_match(name));
            self.patterns
                .iter()
                .find_map(|(pattern, slot)| fits(pattern).then_some(slot))
        });
        declared.or(self.rest.as_ref()).cloned()
    }

    fn item(&self, index: usize) -> Option<Rc<Slot<'a>>> {
        self.prefix.get(index).or(self.items.as_ref()).cloned()
    }

    /// Whether the schemas say anything at all.
    pub(super) fn judges(&self) -> bool {
        self.facets
            .iter()
            .any(|facet| facet.node.as_object().is_some_and(|node| !node.is_empty()))
    }
}

/// One value of a body on the way through it.
pub(super) struct Visit<'v, 'w, 'a> {
    pub(super) value: &'v Value,
    pub(super) pointer: &'w str,
    /// Name of the nearest member around the value; empty at the root.
    pub(super) name: &'v str,
    /// Members on the way from the root; array items do not count.
    pub(super) level: usize,
    /// `None` when no schema applies.
    pub(super) shape: Option<&'w Shape<'a>>,
    /// Schema in which the nearest member is declared.
    pub(super) declared: Option<&'w SchemaNode<'a>>,
}

/// Goes through bodies along the schemas of one document.
pub(super) struct Walker<'a> {
    root: &'a Value,
    shapes: Vec<Rc<Shape<'a>>>,
    known: HashMap<Vec<*const Value>, usize>,
    left: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self {
            root,
            shapes: Vec::new(),
            known: HashMap::new(),
            left: NODES,
        }
    }

    /// The schema at a pointer, to start from.
    pub(super) fn start(&self, pointer: &str) -> Option<Rc<Slot<'a>>> {
        let node = self.root.pointer(pointer)?;
        Some(Slot::new(vec![SchemaNode::new(pointer, node)]))
    }

    /// Visits `body` and everything inside it, outside in, in the order of the body.
    /// Stops at 500,000 values and at 128 levels.
    pub(super) fn walk<'v>(
        &mut self,
        slot: &Rc<Slot<'a>>,
        body: &'v Value,
        visit: &mut dyn FnMut(&Visit<'v, '_, 'a>),
    ) {
        let step = Step {
            pointer: String::new(),
            name: "",
            level: 0,
            depth: 0,
        };
        self.step(Some(slot), body, &step, visit);
    }

    fn step<'v>(
        &mut self,
        slot: Option<&Rc<Slot<'a>>>,
        value: &'v Value,
        step: &Step<'v>,
        visit: &mut dyn FnMut(&Visit<'v, '_, 'a>),
    ) {
        if self.left == 0 || step.depth > DEPTH {
            return;
        }
        self.left -= 1;
        let shape = slot.map(|slot| self.shape(slot));
        visit(&Visit {
            value,
            pointer: &step.pointer,
            name: step.name,
            level: step.level,
            shape: shape.as_deref(),
            declared: slot.and_then(|slot| slot.schemas.first()),
        });
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    let slot = shape.as_ref().and_then(|shape| shape.member(name));
                    let step = Step {
                        pointer: format!("{}/{}", step.pointer, escape(name)),
                        name,
                        level: step.level + 1,
                        depth: step.depth + 1,
                    };
                    self.step(slot.as_ref(), inner, &step, visit);
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    let slot = shape.as_ref().and_then(|shape| shape.item(index));
                    let step = Step {
                        pointer: format!("{}/{index}", step.pointer),
                        name: step.name,
                        level: step.level,
                        depth: step.depth + 1,
                    };
                    self.step(slot.as_ref(), inner, &step, visit);
                }
            }
            _ => {}
        }
    }

    /// The shape of a slot, made once for each set of schemas.
    fn shape(&mut self, slot: &Slot<'a>) -> Rc<Shape<'a>> {
        let index = *slot.shape.get_or_init(|| {
            let key: Vec<*const Value> = slot
                .schemas
                .iter()
                .map(|schema| std::ptr::from_ref(schema.node))
                .collect();
            if let Some(index) = self.known.get(&key) {
                return *index;
            }
            let shape = Rc::new(self.make(&slot.schemas));
            self.shapes.push(shape);
            self.known.insert(key, self.shapes.len() - 1);
            self.shapes.len() - 1
        });
        Rc::clone(&self.shapes[index])
    }

    fn make(&self, schemas: &[SchemaNode<'a>]) -> Shape<'a> {
        let mut facets = Vec::new();
        for schema in schemas {
            self.flatten(schema, &mut facets);
        }
        let mut properties: BTreeMap<&'a str, Vec<SchemaNode<'a>>> = BTreeMap::new();
        let mut patterns: BTreeMap<&'a str, Vec<SchemaNode<'a>>> = BTreeMap::new();
        let (mut rest, mut items) = (Vec::new(), Vec::new());
        let mut prefix: Vec<Vec<SchemaNode<'a>>> = Vec::new();
        let mut required = BTreeSet::new();
        let mut closed = false;
        for facet in &facets {
            for (keyword, found) in [
                ("properties", &mut properties),
                ("patternProperties", &mut patterns),
            ] {
                for (name, node) in facet.object(keyword) {
                    let pointer = join(&join(&facet.pointer, keyword), name);
                    found
                        .entry(name)
                        .or_default()
                        .push(SchemaNode::new(&pointer, node));
                }
            }
            for keyword in ["additionalProperties", "unevaluatedProperties"] {
                match facet.node.get(keyword) {
                    Some(Value::Bool(false)) => closed = true,
                    Some(node @ Value::Object(members)) if !members.is_empty() => {
                        rest.push(SchemaNode::new(&join(&facet.pointer, keyword), node));
                    }
                    _ => {}
                }
            }
            if let Some(node) = facet.node.get("items") {
                items.push(SchemaNode::new(&join(&facet.pointer, "items"), node));
            }
            for (index, node) in facet.array("prefixItems").enumerate() {
                if prefix.len() == index {
                    prefix.push(Vec::new());
                }
                let pointer = format!("{}/prefixItems/{index}", facet.pointer);
                prefix[index].push(SchemaNode::new(&pointer, node));
            }
            required.extend(facet.array("required").filter_map(Value::as_str));
        }
        let nullable = schemas
            .iter()
            .all(|schema| self.accepts_null(schema.node, 0))
            && facets.iter().any(|facet| mentions_null(facet.node));
        let some = |schemas: Vec<SchemaNode<'a>>| (!schemas.is_empty()).then(|| Slot::new(schemas));
        Shape {
            facets,
            properties: properties
                .into_iter()
                .map(|(name, schemas)| (name, Slot::new(schemas)))
                .collect(),
            patterns: patterns
                .into_iter()
                .map(|(pattern, schemas)| (Regex::new(pattern).ok(), Slot::new(schemas)))
                .collect(),
            rest: some(rest),
            items: some(items),
            prefix: prefix.into_iter().map(Slot::new).collect(),
            required,
            closed,
            nullable,
        }
    }

    /// Adds a schema and all that applies with it to the same value. Branches that are
    /// nothing but null add nothing.
    fn flatten(&self, schema: &SchemaNode<'a>, facets: &mut Vec<SchemaNode<'a>>) {
        let seen = facets
            .iter()
            .any(|facet| std::ptr::eq(facet.node, schema.node));
        if seen || !schema.node.is_object() || schema.is_null() {
            return;
        }
        facets.push(schema.clone());
        if let Some(target) = schema
            .text("$ref")
            .and_then(pointer_of)
            .and_then(|pointer| Some(SchemaNode::new(&pointer, self.root.pointer(&pointer)?)))
        {
            self.flatten(&target, facets);
        }
        for (pointer, node) in in_place(&schema.pointer, schema.node) {
            if !pointer.ends_with("/if") {
                self.flatten(&SchemaNode::new(&pointer, node), facets);
            }
        }
    }

    fn accepts_null(&self, node: &Value, depth: usize) -> bool {
        let inner = |node: &Value| depth < DEPTH && self.accepts_null(node, depth + 1);
        let list = |keyword: &str| node.get(keyword).and_then(Value::as_array);
        node != &Value::Bool(false)
            && match node.get("type") {
                Some(Value::String(kind)) => kind == "null",
                Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
                _ => true,
            }
            && list("enum").is_none_or(|options| options.contains(&Value::Null))
            && node.get("const").is_none_or(Value::is_null)
            && node.get("not").is_none()
            && node
                .get("$ref")
                .and_then(Value::as_str)
                .is_none_or(|reference| {
                    pointer_of(reference)
                        .and_then(|pointer| self.root.pointer(&pointer))
                        .is_some_and(inner)
                })
            && list("allOf").is_none_or(|schemas| schemas.iter().all(inner))
            && list("anyOf").is_none_or(|schemas| schemas.iter().any(inner))
            && list("oneOf").is_none_or(|schemas| schemas.iter().filter(|s| inner(s)).count() == 1)
    }
}

struct Step<'s> {
    pointer: String,
    name: &'s str,
    level: usize,
    depth: usize,
}

fn mentions_null(node: &Value) -> bool {
    let list = |keyword: &str| {
        node.get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    node.get("type") == Some(&Value::from("null"))
        || list("type").any(|kind| kind == "null")
        || list("enum").any(Value::is_null)
        || list("anyOf").chain(list("oneOf")).any(mentions_null)
}

impl<'a> SchemaNode<'a> {
    pub(super) fn new(pointer: &str, node: &'a Value) -> Self {
        Self {
            pointer: Arc::from(pointer),
            node,
        }
    }

    /// Name of the component whose schema this is, not of one around it.
    pub(super) fn is_component(&self) -> Option<String> {
        let name = component_of(&self.pointer)?;
        (*self.pointer == join("/components/schemas", &name)).then_some(name)
    }

    pub(super) fn is_null(&self) -> bool {
        self.text("type") == Some("null")
    }

    fn text(&self, keyword: &str) -> Option<&'a str> {
        self.node.get(keyword).and_then(Value::as_str)
    }

    fn array(&self, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.node
            .get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    }

    fn object(&self, keyword: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        self.node
            .get(keyword)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, node)| (name.as_str(), node))
    }
}
