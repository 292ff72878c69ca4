//! Judgements that compare two values.

use serde_json::{Map, Value};

use super::{Arguments, Judged, Judgement, Observed, Parameter};
use crate::base::json::{brief, escape, first_difference, same};

/// `same-as`
pub struct SameAs;

impl Judgement for SameAs {
    fn name(&self) -> &'static str {
        "same-as"
    }

    fn summary(&self) -> &'static str {
        "Two values are the same; order of members does not count, absent counts as null, 1 equals 1.0."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "left",
                required: true,
                meaning: "the value to judge",
            },
            Parameter {
                name: "right",
                required: true,
                meaning: "what it must be",
            },
            Parameter {
                name: "ignore",
                required: false,
                meaning: "member names that may differ, at any depth",
            },
            Parameter {
                name: "unordered",
                required: false,
                meaning: "true: lists at the top may differ in order",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let ignore = arguments.texts("ignore")?;
        // Null may be compared; two values that do not exist cannot.
        if !["left", "right"]
            .iter()
            .any(|side| arguments.with.contains_key(*side))
        {
            return Ok(Judged::default());
        }
        let (mut left, mut right) = (
            arguments.get("left").clone(),
            arguments.get("right").clone(),
        );
        if arguments.get("unordered") == &Value::Bool(true) {
            for value in [&mut left, &mut right] {
                if let Value::Array(items) = value {
                    items.sort_by_key(Value::to_string);
                }
            }
        }
        let mut judged = Judged::default();
        let skip = |pointer: &str| {
            ignore
                .iter()
                .any(|name| pointer.rsplit('/').next() == Some(*name))
        };
        let difference = first_difference(&left, &right, &skip);
        judged.value(difference.is_none(), || match difference {
            Some((pointer, is, should)) => {
                Observed::new(brief(&should, 120), brief(&is, 120)).at(pointer)
            }
            None => Observed::default(),
        });
        Ok(judged)
    }
}

/// `preserved`
pub struct Preserved;

impl Judgement for Preserved {
    fn name(&self) -> &'static str {
        "preserved"
    }

    fn summary(&self) -> &'static str {
        "Members that were sent come back with the same value: texts byte for byte, dates to the second; a list by position."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "sent",
                required: true,
                meaning: "object or list of objects as sent",
            },
            Parameter {
                name: "received",
                required: true,
                meaning: "the same as received",
            },
            Parameter {
                name: "only",
                required: false,
                meaning: "member names to look at; all of `sent` when absent",
            },
            Parameter {
                name: "except",
                required: false,
                meaning: "member names that may change",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let (only, except) = (arguments.texts("only")?, arguments.texts("except")?);
        let wanted =
            |name: &str| (only.is_empty() || only.contains(&name)) && !except.contains(&name);
        let mut judged = Judged::default();
        match (arguments.get("sent"), arguments.get("received")) {
            (Value::Object(sent), received) => preserved(sent, received, "", &wanted, &mut judged),
            (Value::Array(sent), received) => {
                for (index, sent) in sent.iter().enumerate() {
                    if let Value::Object(sent) = sent {
                        let item = received.get(index).unwrap_or(&Value::Null);
                        preserved(sent, item, &format!("/{index}"), &wanted, &mut judged);
                    }
                }
            }
            _ => return Err("`sent` takes an object or a list of objects".to_owned()),
        }
        Ok(judged)
    }
}

fn preserved(
    sent: &Map<String, Value>,
    received: &Value,
    at: &str,
    wanted: &dyn Fn(&str) -> bool,
    judged: &mut Judged,
) {
    for (name, was) in sent.iter().filter(|(name, _)| wanted(name)) {
        let is = received.get(name).unwrap_or(&Value::Null);
        judged.value(equal_as_carried(was, is), || {
            Observed::new(
                format!("{name} {}", brief(was, 120)),
                format!("{name} {}", brief(is, 120)),
            )
            .at(format!("{at}/{}", escape(name)))
        });
    }
}

/// Equal for a carrier that passes through: absent counts as the type's default, and
/// dates may lose or gain a fraction and an offset.
fn equal_as_carried(was: &Value, is: &Value) -> bool {
    let default = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.starts_with("0001-01-01T00:00:00"),
        _ => false,
    };
    match (was, is) {
        (Value::String(was), Value::String(is))
            if seconds(was).is_some() && seconds(is).is_some() =>
        {
            seconds(was) == seconds(is)
        }
        (was, Value::Null) => default(was),
        (Value::Null, is) => default(is),
        _ => same(was, is),
    }
}

/// The first 19 characters of a date-and-time text.
fn seconds(text: &str) -> Option<&str> {
    let head = text.get(..19)?;
    let shape = head.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    shape.then_some(head)
}

/// `returned-as-received`
pub struct ReturnedAsReceived;

impl Judgement for ReturnedAsReceived {
    fn name(&self) -> &'static str {
        "returned-as-received"
    }

    fn summary(&self) -> &'static str {
        "Members of carriers in the request come back unchanged in the same carriers of the answer, wherever both are there."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "pairs",
                required: true,
                meaning: "list of {operations, sent, received, key}: JSON Pointers of an object or list in request and answer, a `*` stands for each item; `key` names the member by which list items are matched",
            },
            Parameter {
                name: "fields",
                required: true,
                meaning: "member names that must not change",
            },
            Parameter {
                name: "unless_blank",
                required: false,
                meaning: "true: blank, null and 0 in the request say nothing",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        let (Some(request), Some(answer)) = (facts.request, facts.answer) else {
            return Ok(judged);
        };
        if facts.response.status != 200 {
            return Ok(judged);
        }
        let fields = arguments.texts("fields")?;
        let unless_blank = arguments.get("unless_blank") == &Value::Bool(true);
        let pairs = arguments
            .get("pairs")
            .as_array()
            .ok_or("`pairs` takes a list")?;
        for pair in pairs {
            let text = |name: &str| pair.get(name).and_then(Value::as_str);
            let operations = pair
                .get("operations")
                .and_then(Value::as_array)
                .ok_or("a pair needs `operations`")?;
            if !operations
                .iter()
                .any(|operation| operation == facts.operation)
            {
                continue;
            }
            let sent = text("sent").ok_or("a pair needs `sent`")?;
            let received = text("received").ok_or("a pair needs `received`")?;
            let key = text("key");
            for (at, sent, received) in matched(request, sent, answer, received, key) {
                for field in fields.iter().filter(|field| sent.contains_key(**field)) {
                    let was = &sent[*field];
                    let blank = matches!(was, Value::Null)
                        || was.as_str().is_some_and(|text| text.trim().is_empty())
                        || was.as_f64() == Some(0.0);
                    if unless_blank && blank {
                        continue;
                    }
                    let is = received.get(*field).unwrap_or(&Value::Null);
                    judged.value(equal_as_carried(was, is), || {
                        Observed::new(
                            format!("{field} {} as received", brief(was, 80)),
                            format!("{field} {}", brief(is, 80)),
                        )
                        .at(format!("{at}/{field}"))
                    });
                }
            }
        }
        Ok(judged)
    }
}

type Members = Map<String, Value>;

/// Objects that stand for the same thing in request and answer, with the pointer of
/// the one in the answer. Lists are matched by `key` where it is set, else by
/// position when both have the same length.
fn matched<'a>(
    request: &'a Value,
    sent: &str,
    answer: &'a Value,
    received: &str,
    key: Option<&str>,
) -> Vec<(String, &'a Members, &'a Members)> {
    let mut found = Vec::new();
    let sent = expand(request, sent);
    let received = expand(answer, received);
    let identity = |members: &Members| {
        key.and_then(|key| members.get(key))
            .filter(|value| value.as_f64() != Some(0.0) && !value.is_null())
            .cloned()
    };
    for (index, (_, was)) in sent.iter().enumerate() {
        let partner = match identity(was) {
            Some(id) => received
                .iter()
                .find(|(_, is)| identity(is).is_some_and(|other| same(&other, &id))),
            None => None,
        };
        // Without an identity, position is all there is.
        let partner = partner.or_else(|| {
            (sent.len() == received.len())
                .then(|| received.get(index))
                .flatten()
                .filter(|(_, is)| {
                    key.is_none()
                        || identity(was).is_none()
                        || identity(is).is_none()
                        || sent.len() == 1
                })
        });
        if let Some((at, is)) = partner {
            found.push((at.clone(), *was, *is));
        }
    }
    found
}

/// Objects at a pointer in which `*` stands for every item of a list.
fn expand<'a>(tree: &'a Value, pattern: &str) -> Vec<(String, &'a Members)> {
    let mut here = vec![(String::new(), tree)];
    for token in pattern.split('/').skip(1) {
        here = here
            .into_iter()
            .flat_map(|(at, value)| match (token, value) {
                ("*", Value::Array(items)) => items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| (format!("{at}/{index}"), item))
                    .collect(),
                (name, value) => value
                    .get(name)
                    .map(|member| (format!("{at}/{name}"), member))
                    .into_iter()
                    .collect::<Vec<_>>(),
            })
            .collect();
    }
    here.into_iter()
        .filter_map(|(at, value)| value.as_object().map(|members| (at, members)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn list_items_are_matched_by_identity_and_new_ones_by_position() {
        let request = json!({"Lines": [{"Id": 7, "Rank": 1}, {"Id": 8, "Rank": 2}]});
        let answer = json!([{"Id": 8, "Rank": 2}, {"Id": 7, "Rank": 3}, {"Id": 0}]);
        let found = matched(&request, "/Lines/*", &answer, "/*", Some("Id"));
        let places: Vec<&str> = found.iter().map(|(at, ..)| at.as_str()).collect();
        assert_eq!(places, ["/1", "/0"]);
    }

    #[test]
    fn carriers_pass_through_with_defaults_and_dates() {
        assert!(equal_as_carried(
            &json!("2026-01-01T00:00:00"),
            &json!("2026-01-01T00:00:00.000Z")
        ));
        assert!(equal_as_carried(&json!(0), &Value::Null));
        assert!(!equal_as_carried(&json!(""), &json!("x")));
        assert!(!equal_as_carried(&json!("a\r\nb"), &json!("a\nb")));
    }
}
