//! Functions of the expression language, beside MiniJinja's own filters.
//!
//! All are pure and none fails on a value of the wrong type: what a connector sends
//! must never turn into an error of the harness, so a wrong type reads as "no".

use minijinja::{Environment, Value};

use super::patterns::compiled;
use super::{codes, to_json};
use crate::base::decimal::{NOT_KNOWN, close};

/// Names of all functions, for lint and the documentation.
pub const FUNCTIONS: &[&str] = &[
    "blank",
    "close",
    "compare",
    "contains_text",
    "country_code",
    "currency_code",
    "day",
    "debug",
    "dict",
    "find_in",
    "fold",
    "guid",
    "has",
    "is_null",
    "is_number",
    "is_text",
    "json",
    "keys_of",
    "known",
    "mark_of",
    "matches",
    "member",
    "merge",
    "namespace",
    "num",
    "object",
    "parse_number",
    "parse_time",
    "range",
    "repeated",
    "same",
    "text",
    "text_class",
    "time_text",
    "unique",
    "unmarked",
    "values_of",
    "without",
    "xml",
];

/// Registers all functions.
pub(super) fn register(environment: &mut Environment<'static>) {
    // The engine's own test takes undefined for an empty sequence.
    environment.add_test("sequence", |value: Value| {
        value.kind() == minijinja::value::ValueKind::Seq
    });
    environment.add_function("blank", |value: Value| blank(&value));
    environment.add_function("is_null", |value: Value| {
        value.is_undefined() || value.is_none()
    });
    environment.add_function("is_text", |value: Value| value.as_str().is_some());
    environment.add_function("is_number", |value: Value| value.is_number());
    environment.add_function("num", |value: Value| number(&value).unwrap_or(0.0));
    environment.add_function("text", |value: Value| {
        value.as_str().unwrap_or_default().to_owned()
    });
    environment.add_function("fold", |value: Value| {
        value.as_str().unwrap_or_default().to_lowercase()
    });
    environment.add_function("known", |value: Value| {
        number(&value).is_some_and(|n| n > NOT_KNOWN)
    });
    environment.add_function("close", |a: Value, b: Value, tolerance: f64| {
        match (number(&a), number(&b)) {
            (Some(a), Some(b)) => close(a, b, tolerance),
            _ => false,
        }
    });
    environment.add_function("day", |value: Value| day(&value));
    environment.add_function("matches", |value: Value, pattern: String| {
        let pattern = compiled(&pattern)?;
        Ok::<bool, minijinja::Error>(value.as_str().is_some_and(|text| pattern.is_match(text)))
    });
    environment.add_function("contains_text", |value: Value, part: String| {
        value
            .as_str()
            .is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase()))
    });
    environment.add_function("unique", |list: Value| unique(&list));
    environment.add_function("has", |list: Value, item: Value| {
        items(&list).any(|other| other == item)
    });
    environment.add_function("member", |object: Value, name: String| {
        object.get_attr(&name).unwrap_or_default()
    });
    environment.add_function("keys_of", |object: Value| match to_json(&object) {
        serde_json::Value::Object(members) => members.keys().cloned().map(Value::from).collect(),
        _ => Value::from(Vec::<Value>::new()),
    });
    environment.add_function("values_of", |object: Value| match to_json(&object) {
        serde_json::Value::Object(members) => members.values().map(super::from_json).collect(),
        _ => Value::from(Vec::<Value>::new()),
    });
    environment.add_function("same", |a: Value, b: Value| {
        crate::base::json::same(&to_json(&a), &to_json(&b))
    });
    environment.add_function(
        "without",
        |object: Value, names: Vec<String>| match to_json(&object) {
            serde_json::Value::Object(mut members) => {
                members.retain(|name, _| !names.contains(name));
                super::from_json(&serde_json::Value::Object(members))
            }
            other => super::from_json(&other),
        },
    );
    environment.add_function("merge", |object: Value, over: Value| {
        match (to_json(&object), to_json(&over)) {
            (serde_json::Value::Object(mut members), serde_json::Value::Object(over)) => {
                members.extend(over);
                super::from_json(&serde_json::Value::Object(members))
            }
            (other, _) => super::from_json(&other),
        }
    });
    environment.add_function("object", |pairs: Value| {
        let mut members = serde_json::Map::new();
        for pair in items(&pairs) {
            let mut parts = items(&pair);
            if let (Some(name), Some(value)) = (parts.next(), parts.next())
                && let Some(name) = name.as_str()
            {
                members.insert(name.to_owned(), to_json(&value));
            }
        }
        super::from_json(&serde_json::Value::Object(members))
    });
    environment.add_function("country_code", |value: Value| {
        value.as_str().is_some_and(codes::is_country)
    });
    environment.add_function("currency_code", |value: Value| {
        value.as_str().is_some_and(codes::is_currency)
    });
    environment.add_function("json", |value: Value| to_json(&value).to_string());
    super::texts::register(environment);
}

fn items(list: &Value) -> impl Iterator<Item = Value> {
    let iterable = matches!(
        list.kind(),
        minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Iterable
    );
    iterable
        .then(|| list.try_iter().ok())
        .flatten()
        .into_iter()
        .flatten()
}

fn blank(value: &Value) -> bool {
    value.is_undefined()
        || value.is_none()
        || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn number(value: &Value) -> Option<f64> {
    value
        .is_number()
        .then(|| f64::try_from(value.clone()).ok())
        .flatten()
}

fn unique(list: &Value) -> bool {
    let mut seen: Vec<String> = items(list).map(|item| to_json(&item).to_string()).collect();
    let count = seen.len();
    seen.sort();
    seen.dedup();
    seen.len() == count
}

/// Date part of a date text as `YYYY-MM-DD`; undefined for anything else.
fn day(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match text.get(..10) {
        Some(day) if text.len() == 10 || text.as_bytes().get(10) == Some(&b'T') => Value::from(day),
        _ => Value::UNDEFINED,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{Expr, Scope};

    #[rstest]
    #[case("blank(none) and blank('  ') and not blank('a')", true)]
    #[case("close(0.1 + 0.2, 0.3, 0.0)", true)]
    #[case("close(1, 1.011, 0.01)", false)]
    #[case("known(-7.922816251426434e28)", false)]
    #[case("known(0)", true)]
    #[case("known('x')", false)]
    #[case("day('2026-11-22T10:00:00') == '2026-11-22'", true)]
    #[case("day('nonsense') is undefined", true)]
    #[case("unique(['a', 'b']) and not unique(['a', 'a'])", true)]
    #[case("has([1, 2], 2) and not has('text', 2)", true)]
    #[case("same({'a': 1, 'b': 2.0}, {'b': 2, 'a': 1.0})", true)]
    #[case("same(without({'a': 1, 'b': 2}, ['b']), {'a': 1})", true)]
    #[case("matches('QC-1', '^QC-[0-9]+$')", true)]
    #[case("missing.deeper.still is undefined", true)]
    #[case("missing is sequence or none is sequence or {} is sequence", false)]
    #[case("[] is sequence and [1] is sequence", true)]
    fn functions_take_any_value(#[case] source: &str, #[case] expected: bool) {
        let scope = Scope::default();
        assert_eq!(
            Expr::compile(source).unwrap().holds(&scope).unwrap(),
            expected,
            "{source}"
        );
    }
}
