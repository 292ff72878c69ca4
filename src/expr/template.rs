//! Templates: JSON trees with expressions in their texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Object;
use serde_json::{Map, Value as Json};

use super::{Expr, ExprError, from_json, to_json};

/// Variables that expressions see. Clones share them until one of them changes.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    variables: Arc<Variables>,
}

/// What an expression is given: a view, so that evaluating copies nothing.
#[derive(Debug, Default, Clone)]
struct Variables(BTreeMap<String, Value>);

impl Object for Variables {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).cloned()
    }
}

impl Scope {
    pub fn set(&mut self, name: &str, value: Value) {
        Arc::make_mut(&mut self.variables)
            .0
            .insert(name.to_owned(), value);
    }

    pub fn set_json(&mut self, name: &str, value: &Json) {
        self.set(name, from_json(value));
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.0.get(name)
    }

    /// Adds `value` to the list `name`, which is made if need be.
    pub fn push(&mut self, name: &str, value: Value) {
        let mut list: Vec<Value> = self
            .get(name)
            .and_then(|list| list.try_iter().ok())
            .map(Iterator::collect)
            .unwrap_or_default();
        list.push(value);
        self.set(name, Value::from(list));
    }

    pub(super) fn value(&self) -> Value {
        Value::from_dyn_object(Arc::clone(&self.variables))
    }
}

/// A compiled template.
#[derive(Debug)]
pub enum Template {
    /// A value without expressions.
    Literal(Json),
    /// A text that is one expression: keeps the type of the value.
    Value(Expr),
    /// A text with expressions in it.
    Text(Vec<Part>),
    Array(Vec<Template>),
    /// Members whose expression is undefined are left out.
    Object(Vec<(String, Template)>),
}

/// A piece of a text template.
#[derive(Debug)]
pub enum Part {
    Text(String),
    Expr(Expr),
}

/// Why a template is not understood.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("expression `{source_text}`: {error}")]
    Expression {
        source_text: String,
        error: ExprError,
    },
    #[error("`{{{{` without `}}}}` in \"{0}\"")]
    Unclosed(String),
    #[error("template `{name}` does not exist{}", suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
    Unknown {
        name: String,
        suggestion: Option<String>,
    },
    #[error("template `{0}` uses itself")]
    Circular(String),
    #[error("`$use` takes the name of a template")]
    Use,
}

/// Named template sources, for `$use`.
pub type Library = BTreeMap<String, Json>;

impl Template {
    /// Compiles a tree. `{"$use": "name", …}` stands for the named tree of `library`
    /// with the other members put over it.
    pub fn compile(tree: &Json, library: &Library) -> Result<Self, TemplateError> {
        Self::compile_at(tree, library, &mut Vec::new())
    }

    fn compile_at(
        tree: &Json,
        library: &Library,
        using: &mut Vec<String>,
    ) -> Result<Self, TemplateError> {
        match tree {
            Json::String(text) => Self::text(text),
            Json::Array(items) => {
                let items: Vec<Self> = items
                    .iter()
                    .map(|item| Self::compile_at(item, library, using))
                    .collect::<Result<_, _>>()?;
                Ok(Self::Array(items))
            }
            Json::Object(members) => {
                let mut compiled: Vec<(String, Self)> = Vec::new();
                if let Some(name) = members.get("$use") {
                    let name = name.as_str().ok_or(TemplateError::Use)?;
                    if using.iter().any(|used| used == name) {
                        return Err(TemplateError::Circular(name.to_owned()));
                    }
                    let base = library.get(name).ok_or_else(|| TemplateError::Unknown {
                        name: name.to_owned(),
                        suggestion: crate::base::diag::did_you_mean(
                            name,
                            library.keys().map(String::as_str),
                        )
                        .map(str::to_owned),
                    })?;
                    using.push(name.to_owned());
                    match Self::compile_at(base, library, using)? {
                        Self::Object(base) => compiled = base,
                        other if members.len() == 1 => {
                            using.pop();
                            return Ok(other);
                        }
                        _ => return Err(TemplateError::Use),
                    }
                    using.pop();
                }
                for (name, member) in members.iter().filter(|(name, _)| *name != "$use") {
                    let member = Self::compile_at(member, library, using)?;
                    match compiled.iter_mut().find(|(existing, _)| existing == name) {
                        Some(slot) => slot.1 = member,
                        None => compiled.push((name.clone(), member)),
                    }
                }
                Ok(Self::Object(compiled))
            }
            _ => Ok(Self::Literal(tree.clone())),
        }
    }

    /// Compiles a text.
    pub fn text(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let (before, open) = rest.split_at(start);
            let end = open
                .find("}}")
                .ok_or_else(|| TemplateError::Unclosed(text.to_owned()))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let source = open[2..end].trim();
            parts.push(Part::Expr(Expr::compile(source).map_err(|error| {
                TemplateError::Expression {
                    source_text: source.to_owned(),
                    error,
                }
            })?));
            rest = &open[end + 2..];
        }
        if parts.is_empty() {
            return Ok(Self::Literal(Json::String(text.to_owned())));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(match <[Part; 1]>::try_from(parts) {
            Ok([Part::Expr(expr)]) => Self::Value(expr),
            Ok(parts) => Self::Text(parts.into()),
            Err(parts) => Self::Text(parts),
        })
    }

    /// Builds the value; `None` when it is one expression that is undefined.
    pub fn render(&self, scope: &Scope) -> Result<Option<Json>, ExprError> {
        Ok(Some(match self {
            Self::Literal(value) => value.clone(),
            Self::Value(expr) => {
                let value = expr.eval(scope)?;
                if value.is_undefined() {
                    return Ok(None);
                }
                to_json(&value)
            }
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(piece) => text.push_str(piece),
                        Part::Expr(expr) => text.push_str(&expr.eval(scope)?.to_string()),
                    }
                }
                Json::String(text)
            }
            Self::Array(items) => Json::Array(
                items
                    .iter()
                    .map(|item| Ok(item.render(scope)?.unwrap_or(Json::Null)))
                    .collect::<Result<_, ExprError>>()?,
            ),
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    if let Some(value) = member.render(scope)? {
                        object.insert(name.clone(), value);
                    }
                }
                Json::Object(object)
            }
        }))
    }

    /// Builds a text.
    pub fn render_text(&self, scope: &Scope) -> Result<String, ExprError> {
        Ok(match self.render(scope)? {
            Some(Json::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        })
    }

    /// Names its expressions read.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Value(expr) => expr.names(),
            Self::Text(parts) => parts
                .iter()
                .flat_map(|part| match part {
                    Part::Text(_) => Vec::new(),
                    Part::Expr(expr) => expr.names(),
                })
                .collect(),
            Self::Array(items) => items.iter().flat_map(Self::names).collect(),
            Self::Object(members) => members
                .iter()
                .flat_map(|(_, member)| member.names())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(tree: &Json, library: &Library) -> Json {
        let mut scope = Scope::default();
        scope.set_json("n", &json!(2.5));
        scope.set_json("list", &json!([1, 2]));
        Template::compile(tree, library)
            .unwrap()
            .render(&scope)
            .unwrap()
            .unwrap()
    }

    #[test]
    fn one_expression_keeps_its_type_and_undefined_members_are_left_out() {
        let tree = json!({"a": "{{ n }}", "b": "n is {{ n }}", "c": "{{ missing.deeper }}", "d": ["{{ list }}"]});
        assert_eq!(
            render(&tree, &Library::new()),
            json!({"a": 2.5, "b": "n is 2.5", "d": [[1, 2]]})
        );
    }

    #[test]
    fn use_puts_members_over_the_named_tree() {
        let library = Library::from([("base".to_owned(), json!({"x": 1, "y": 2}))]);
        assert_eq!(
            render(&json!({"$use": "base", "y": "{{ n }}"}), &library),
            json!({"x": 1, "y": 2.5})
        );
    }

    #[test]
    fn mistakes_are_named() {
        let circular = Library::from([("a".to_owned(), json!({"z": {"$use": "a"}}))]);
        let error = Template::compile(&json!({"$use": "a"}), &circular).unwrap_err();
        assert_eq!(error.to_string(), "template `a` uses itself");
        let error = Template::compile(&json!({"$use": "b"}), &circular).unwrap_err();
        assert_eq!(
            error.to_string(),
            "template `b` does not exist; did you mean `a`?"
        );
        assert!(
            Template::text("{{ 1 +")
                .unwrap_err()
                .to_string()
                .contains("without")
        );
        assert!(
            Template::text("{{ 1 + }}")
                .unwrap_err()
                .to_string()
                .contains("expression `1 +`")
        );
    }
}
