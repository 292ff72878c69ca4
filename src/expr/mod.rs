//! Expressions and templates of the scenario language; no I/O.
//!
//! An [`Expr`] is a MiniJinja expression (`price_lists | length > 1`). A [`Template`]
//! is a JSON tree whose texts may hold expressions in `{{ … }}`; a text that is one
//! expression and nothing else keeps the type of its value. Both are compiled when a
//! suite is loaded, so that a typo is a diagnostic and not a failed run.
//!
//! Absent members read as undefined and chain (`a.b.c` of an empty object is
//! undefined, not an error), because the contracts let absent count as null.

mod codes;
mod functions;
mod patterns;
mod template;
mod texts;

use std::fmt;
use std::sync::OnceLock;

use minijinja::{Environment, Expression, UndefinedBehavior};

pub use functions::FUNCTIONS;
pub use minijinja::Value;
pub use template::{Part, Scope, Template, TemplateError};

/// Steps an expression may take before it is given up.
const FUEL: u64 = 5_000_000;

/// A compiled expression with its source.
pub struct Expr {
    source: String,
    compiled: Expression<'static, 'static>,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.source)
    }
}

/// What is wrong with an expression, in the words of its engine.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    pub message: String,
    /// Offset of the mistake in the expression, in bytes.
    pub offset: Option<usize>,
}

impl Expr {
    /// Compiles an expression.
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        let compiled = environment()
            .compile_expression_owned(source.to_owned())
            .map_err(|error| explain(&error))?;
        Ok(Self {
            source: source.to_owned(),
            compiled,
        })
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Names it reads, functions aside.
    pub fn names(&self) -> Vec<String> {
        let unsliced = without_slices(&self.source)
            .and_then(|source| environment().compile_expression_owned(source).ok());
        let mut names: Vec<String> = unsliced
            .as_ref()
            .unwrap_or(&self.compiled)
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !FUNCTIONS.contains(&name.as_str()))
            .collect();
        names.sort();
        names
    }

    /// Evaluates it with the variables of `scope`.
    pub fn eval(&self, scope: &Scope) -> Result<Value, ExprError> {
        self.compiled
            .eval(scope.value())
            .map_err(|error| explain(&error))
    }

    /// Evaluates it and reads the result as a truth value.
    pub fn holds(&self, scope: &Scope) -> Result<bool, ExprError> {
        self.eval(scope).map(|value| value.is_true())
    }
}

/// The expression with every slice `[a:b]` as an index: MiniJinja does not tell the
/// names inside slices. `None` when there is no slice.
fn without_slices(source: &str) -> Option<String> {
    let mut quote = None;
    // Open brackets; a colon inside braces separates name and value.
    let mut open = Vec::new();
    let mut indexed = String::with_capacity(source.len());
    let mut sliced = false;
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (Some(_), '\\') => {
                indexed.push(letter);
                indexed.extend(letters.next());
                continue;
            }
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[' | '{' | '(') => open.push(letter),
            (None, ']' | '}' | ')') => {
                open.pop();
            }
            (None, ':') if open.last() == Some(&'[') => {
                sliced = true;
                if indexed.trim_end().ends_with('[') {
                    indexed.push('0');
                }
                // What follows is joined, unless nothing follows.
                while letters.peek().is_some_and(|next| next.is_whitespace()) {
                    letters.next();
                }
                if letters.peek() != Some(&']') {
                    indexed.push('~');
                }
                continue;
            }
            (None, _) => {}
        }
        indexed.push(letter);
    }
    sliced.then_some(indexed)
}

/// A value as JSON; undefined reads as null.
pub fn to_json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}

/// JSON as a value for expressions.
pub fn from_json(value: &serde_json::Value) -> Value {
    Value::from(minijinja::value::Serde(value))
}

fn explain(error: &minijinja::Error) -> ExprError {
    let mut message = error.kind().to_string();
    if let Some(detail) = error.detail() {
        message = format!("{message}: {detail}");
    }
    ExprError {
        message,
        offset: error.range().map(|range| range.start),
    }
}

/// The one environment: our functions are pure, so all expressions share it.
fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_fuel(Some(FUEL));
        functions::register(&mut environment);
        environment
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside_slices_are_seen() {
        for (source, names) in [
            ("list[:10]", vec!["list"]),
            ("(a + b)[low:high] | list", vec!["a", "b", "high", "low"]),
            ("{'k': x[1:]}['k:']", vec!["x"]),
            ("keys_of(items)[ : n ]", vec!["items", "n"]),
        ] {
            assert_eq!(Expr::compile(source).unwrap().names(), names, "{source}");
        }
    }
}
