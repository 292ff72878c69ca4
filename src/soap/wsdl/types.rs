//! Schemas of strangers: which elements stand in an element, in which namespace, and
//! whether in an order.

use std::collections::HashMap;

use roxmltree::Node;

use crate::soap::xml::{elements, local, namespace};
use crate::soap::xsd;

/// Nesting of bases, groups and sequences that is followed.
const DEPTH: usize = 40;

/// Declarations that are read of one type. Groups that hold each other could make any
/// number of them.
const STEPS: usize = 20_000;

/// Global definitions of all schemas.
pub struct Schemas<'d> {
    /// By kind, namespace and name; the first definition counts.
    globals: HashMap<(&'d str, &'d str, &'d str), Node<'d, 'd>>,
}

/// An element declaration that was found, with its content still to be read.
#[derive(Clone)]
pub struct Declared<'d> {
    pub name: &'d str,
    /// Namespace in which the element is written.
    pub namespace: &'d str,
    /// Repeated without a limit of one.
    pub many: bool,
    node: Node<'d, 'd>,
    /// Target namespace of the schema that holds the declaration.
    target: &'d str,
}

/// Elements in an element.
#[derive(Default)]
pub struct Content<'d> {
    pub elements: Vec<Declared<'d>>,
    /// They may come in any order, or only some of them.
    pub unordered: bool,
    steps: usize,
}

impl<'d> Schemas<'d> {
    /// The schemas below the given root elements, of WSDL or schema documents.
    pub fn new(roots: &[Node<'d, 'd>]) -> Self {
        let mut globals = HashMap::new();
        let schemas = roots
            .iter()
            .flat_map(|root| root.descendants())
            .filter(|node| is_xs(*node, "schema"));
        for schema in schemas {
            let target = schema.attribute("targetNamespace").unwrap_or_default();
            for node in elements(schema).filter(|node| namespace(*node) == xsd::NAMESPACE) {
                if let Some(name) = node.attribute("name") {
                    globals.entry((local(node), target, name)).or_insert(node);
                }
            }
        }
        Self { globals }
    }

    /// The global element of a qualified name that stands at a node.
    pub fn element(&self, at: Node<'d, 'd>, name: &'d str) -> Option<Declared<'d>> {
        let (node, target, name) = self.global("element", at, name, None)?;
        Some(Declared {
            name,
            namespace: target,
            many: false,
            node,
            target,
        })
    }

    /// A global definition by its qualified name. A schema without a namespace that is
    /// included has the namespace of the schema that includes it.
    fn global(
        &self,
        kind: &'static str,
        at: Node<'d, 'd>,
        name: &'d str,
        target: Option<&'d str>,
    ) -> Option<(Node<'d, 'd>, &'d str, &'d str)> {
        let (prefix, name) = match name.trim().split_once(':') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, name.trim()),
        };
        let space = at.lookup_namespace_uri(prefix).unwrap_or_default();
        // Without prefix and default namespace a name means the including schema.
        let included = target.filter(|_| prefix.is_none() && space.is_empty());
        let found = |space| self.globals.get(&(kind, space, name)).copied();
        if let Some(node) = found(space) {
            return Some((node, included.unwrap_or(space), name));
        }
        found("").map(|node| (node, included.unwrap_or(space), name))
    }

    /// What stands in an element, that of a base type first.
    pub fn content(&self, declared: &Declared<'d>) -> Content<'d> {
        let mut content = Content::default();
        let node = declared.node;
        let inline = elements(node).find(|child| is_xs(*child, "complexType"));
        let found = match (node.attribute("type"), inline) {
            (Some(name), _) => self
                .global("complexType", node, name, Some(declared.target))
                .map(|(node, target, _)| (node, target)),
            (None, inline) => inline.map(|inline| (inline, declared.target)),
        };
        if let Some((node, target)) = found {
            self.gather(node, target, 0, &mut content);
        }
        content
    }

    /// Adds the elements below a type, a group or a part of them.
    fn gather(&self, node: Node<'d, 'd>, target: &'d str, depth: usize, content: &mut Content<'d>) {
        if depth > DEPTH {
            return;
        }
        for child in elements(node).filter(|child| namespace(*child) == xsd::NAMESPACE) {
            content.steps += 1;
            if content.steps > STEPS {
                return;
            }
            match local(child) {
                "element" => content.elements.extend(self.local(child, target)),
                "extension" => {
                    let base = child
                        .attribute("base")
                        .and_then(|base| self.global("complexType", child, base, Some(target)));
                    if let Some((base, space, _)) = base {
                        self.gather(base, space, depth + 1, content);
                    }
                    self.gather(child, target, depth + 1, content);
                }
                "group" => {
                    let group = child
                        .attribute("ref")
                        .and_then(|group| self.global("group", child, group, Some(target)));
                    if let Some((group, space, _)) = group {
                        self.gather(group, space, depth + 1, content);
                    }
                }
                "all" | "choice" => {
                    content.unordered = true;
                    self.gather(child, target, depth + 1, content);
                }
                "sequence" => {
                    content.unordered |= repeats(child);
                    self.gather(child, target, depth + 1, content);
                }
                "complexContent" | "restriction" => {
                    self.gather(child, target, depth + 1, content);
                }
                _ => {}
            }
        }
    }

    /// A declaration inside a type.
    fn local(&self, node: Node<'d, 'd>, target: &'d str) -> Option<Declared<'d>> {
        let many = repeats(node);
        if let Some(name) = node.attribute("ref") {
            let (node, target, name) = self.global("element", node, name, Some(target))?;
            return Some(Declared {
                name,
                namespace: target,
                many,
                node,
                target,
            });
        }
        let form = node.attribute("form").or_else(|| {
            let schema = node.ancestors().find(|outer| is_xs(*outer, "schema"))?;
            schema.attribute("elementFormDefault")
        });
        Some(Declared {
            name: node.attribute("name")?,
            namespace: if form == Some("qualified") {
                target
            } else {
                ""
            },
            many,
            node,
            target,
        })
    }
}

fn repeats(node: Node<'_, '_>) -> bool {
    node.attribute("maxOccurs")
        .is_some_and(|most| !matches!(most.trim(), "0" | "1"))
}

fn is_xs(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && local(node) == name && namespace(node) == xsd::NAMESPACE
}
