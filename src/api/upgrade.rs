//! Rewriting of schemas: OpenAPI 3.0 to 3.1, and number formats to ranges.

use serde_json::{Map, Value, json};

use super::grammar::subschemas_mut;

/// Rewrites a schema of OpenAPI 3.0, with everything inside, to JSON Schema 2020-12.
pub(super) fn to_31(schema: &mut Value) {
    subschemas_mut(schema, &mut to_31);
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    let nullable = members.shift_remove("nullable") == Some(Value::Bool(true));
    if let Some(reference) = members.get("$ref").cloned() {
        // 3.0 ignores what stands beside a reference; `nullable` is honoured all the same,
        // because authors mean it.
        *schema = json!({ "$ref": reference });
        if nullable {
            *schema = or_null(schema.take());
        }
        return;
    }
    if let Some(example) = members.shift_remove("example") {
        members
            .entry("examples")
            .or_insert_with(|| Value::Array(vec![example]));
    }
    bound(members, "exclusiveMinimum", "minimum");
    bound(members, "exclusiveMaximum", "maximum");
    if nullable {
        make_nullable(schema);
    }
}

/// `minimum: 1, exclusiveMinimum: true` becomes `exclusiveMinimum: 1`.
fn bound(members: &mut Map<String, Value>, exclusive: &str, inclusive: &str) {
    match members.get(exclusive) {
        Some(Value::Bool(true)) => match members.shift_remove(inclusive) {
            Some(limit) => {
                members.insert(exclusive.to_owned(), limit);
            }
            None => {
                members.shift_remove(exclusive);
            }
        },
        Some(Value::Bool(false)) => {
            members.shift_remove(exclusive);
        }
        _ => {}
    }
}

fn make_nullable(schema: &mut Value) {
    let composed = ["allOf", "anyOf", "oneOf"]
        .iter()
        .any(|keyword| schema.get(*keyword).is_some());
    if composed {
        *schema = or_null(schema.take());
        return;
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = match kind.take() {
            Value::Array(mut kinds) => {
                kinds.push(json!("null"));
                Value::Array(kinds)
            }
            single => json!([single, "null"]),
        };
    }
    if let Some(Value::Array(options)) = schema.get_mut("enum")
        && !options.contains(&Value::Null)
    {
        options.push(Value::Null);
    }
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// Gives a schema with an integer format the range of that format, where the schema has
/// no limits of its own: validators take the format for an annotation.
pub(super) fn integer_ranges(schema: &mut Value) {
    subschemas_mut(schema, &mut integer_ranges);
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    let Some((low, high)) = members
        .get("format")
        .and_then(Value::as_str)
        .and_then(range_of)
    else {
        return;
    };
    if !members.contains_key("minimum") && !members.contains_key("exclusiveMinimum") {
        members.insert("minimum".to_owned(), low);
    }
    if !members.contains_key("maximum") && !members.contains_key("exclusiveMaximum") {
        members.insert("maximum".to_owned(), high);
    }
}

/// The numbers that an integer format can hold.
pub(super) fn range_of(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(0), json!(u8::MAX)),
        "uint16" => (json!(0), json!(u16::MAX)),
        "uint32" => (json!(0), json!(u32::MAX)),
        "uint64" => (json!(0), json!(u64::MAX)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nullable(json!({"type": "string", "nullable": true}), json!({"type": ["string", "null"]}))]
    #[case::not_nullable(json!({"type": "string", "nullable": false}), json!({"type": "string"}))]
    #[case::nullable_enum(
        json!({"type": "string", "enum": ["A"], "nullable": true}),
        json!({"type": ["string", "null"], "enum": ["A", null]})
    )]
    #[case::nullable_reference(
        json!({"$ref": "#/a", "nullable": true, "description": "dropped"}),
        json!({"anyOf": [{"$ref": "#/a"}, {"type": "null"}]})
    )]
    #[case::reference_with_siblings(json!({"$ref": "#/a", "maxLength": 3}), json!({"$ref": "#/a"}))]
    #[case::nullable_composition(
        json!({"type": "object", "nullable": true, "allOf": [{"$ref": "#/a"}]}),
        json!({"anyOf": [{"type": "object", "allOf": [{"$ref": "#/a"}]}, {"type": "null"}]})
    )]
    #[case::exclusive(
        json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}),
        json!({"exclusiveMinimum": 1, "maximum": 9})
    )]
    #[case::example(json!({"type": "string", "example": "x"}), json!({"type": "string", "examples": ["x"]}))]
    #[case::inside(
        json!({"properties": {"nullable": {"items": {"type": "string", "nullable": true}}}}),
        json!({"properties": {"nullable": {"items": {"type": ["string", "null"]}}}})
    )]
    fn keywords_of_30_become_those_of_31(#[case] mut old: Value, #[case] new: Value) {
        to_31(&mut old);
        assert_eq!(old, new);
    }

    #[rstest]
    #[case(json!({"format": "int16"}), json!({"format": "int16", "minimum": -32768, "maximum": 32767}))]
    #[case(
        json!({"format": "int32", "exclusiveMinimum": 0, "maximum": 9}),
        json!({"format": "int32", "exclusiveMinimum": 0, "maximum": 9})
    )]
    #[case(json!({"format": "double"}), json!({"format": "double"}))]
    fn integer_formats_become_ranges(#[case] mut schema: Value, #[case] ranged: Value) {
        integer_ranges(&mut schema);
        assert_eq!(schema, ranged);
    }
}
