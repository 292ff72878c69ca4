//! JSON helpers: comparison by value, pointers, short renderings.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Equal as values: order of members does not count, and 1 equals 1.0.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// The value with every text and every name changed, and each other scalar that `change`
/// makes another text of.
pub fn map_texts(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            let changed = members
                .iter()
                .map(|(name, inner)| (change(name), map_texts(inner, change)));
            Value::Object(changed.collect())
        }
        Value::Array(items) => items.iter().map(|item| map_texts(item, change)).collect(),
        Value::String(text) => Value::String(change(text)),
        scalar => {
            let text = scalar.to_string();
            let changed = change(&text);
            if changed == text {
                scalar.clone()
            } else {
                Value::String(changed)
            }
        }
    }
}

/// First place at which two values differ, absent members counting as null.
pub fn first_difference(
    a: &Value,
    b: &Value,
    ignore: &dyn Fn(&str) -> bool,
) -> Option<(String, Value, Value)> {
    difference_at(String::new(), a, b, ignore)
}

fn difference_at(
    pointer: String,
    a: &Value,
    b: &Value,
    ignore: &dyn Fn(&str) -> bool,
) -> Option<(String, Value, Value)> {
    if ignore(&pointer) {
        return None;
    }
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => x
            .keys()
            .chain(y.keys().filter(|name| !x.contains_key(*name)))
            .find_map(|name| {
                let (a, b) = (
                    x.get(name).unwrap_or(&Value::Null),
                    y.get(name).unwrap_or(&Value::Null),
                );
                difference_at(format!("{pointer}/{}", escape(name)), a, b, ignore)
            }),
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().find_map(|(index, (a, b))| {
                difference_at(format!("{pointer}/{index}"), a, b, ignore)
            })
        }
        _ if same(a, b) => None,
        _ => Some((pointer, a.clone(), b.clone())),
    }
}

/// A member name as part of a JSON Pointer.
pub fn escape(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        true => Cow::Owned(name.replace('~', "~0").replace('/', "~1")),
        false => Cow::Borrowed(name),
    }
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Puts `value` at `pointer`; objects on the way are made, `-` adds to an array.
/// Returns whether the place could be reached.
pub fn set(tree: &mut Value, pointer: &str, value: Value) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        *tree = value;
        return true;
    };
    let mut here = tree;
    for token in parent.split('/').skip(1) {
        if here.is_null() {
            *here = Value::Object(Map::new());
        }
        here = match here {
            Value::Object(members) => members.entry(unescape(token)).or_insert(Value::Null),
            Value::Array(items) => match token
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
            {
                Some(item) => item,
                None => return false,
            },
            _ => return false,
        };
    }
    if here.is_null() {
        *here = Value::Object(Map::new());
    }
    match here {
        Value::Object(members) => {
            members.insert(unescape(last), value);
            true
        }
        Value::Array(items) if last == "-" => {
            items.push(value);
            true
        }
        Value::Array(items) => match last
            .parse::<usize>()
            .ok()
            .and_then(|index| items.get_mut(index))
        {
            Some(item) => {
                *item = value;
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// Takes away what is at `pointer`; nothing there is no error.
pub fn remove(tree: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    match tree.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&unescape(last));
        }
        Some(Value::Array(items)) => {
            if let Some(index) = last
                .parse::<usize>()
                .ok()
                .filter(|index| *index < items.len())
            {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// A value in at most `limit` characters, for people.
pub fn brief(value: &Value, limit: usize) -> String {
    cut(&value.to_string(), limit)
}

/// A text in at most `limit` characters.
pub fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn set_makes_its_way_and_remove_forgives() {
        let mut tree = json!({"a": [1, 2]});
        assert!(set(&mut tree, "/b/c~1d", json!(3)));
        assert!(set(&mut tree, "/a/-", json!(4)));
        assert!(!set(&mut tree, "/a/9", json!(5)));
        remove(&mut tree, "/a/0");
        remove(&mut tree, "/nowhere/at/all");
        assert_eq!(tree, json!({"a": [2, 4], "b": {"c/d": 3}}));
    }

    #[test]
    fn texts_are_changed_wherever_they_stand() {
        let change = |text: &str| text.replace("12", "«1»");
        let value = json!({"a12": ["b12", {"c": 12.5}], "d": 3, "e": [null, true]});
        let changed = json!({"a«1»": ["b«1»", {"c": "«1».5"}], "d": 3, "e": [null, true]});
        assert_eq!(map_texts(&value, &change), changed);
    }

    #[test]
    fn a_difference_has_a_place() {
        let (pointer, a, b) = first_difference(
            &json!({"x": [{"y": 1}]}),
            &json!({"x": [{"y": 2}]}),
            &|_| false,
        )
        .unwrap();
        assert_eq!((pointer.as_str(), a, b), ("/x/0/y", json!(1), json!(2)));
        assert_eq!(
            first_difference(&json!({"x": null}), &json!({}), &|_| false),
            None
        );
    }
}
