//! JSON Pointers and references inside one document.

use serde_json::Value;

use crate::base::json::escape;

/// Longest chain of references that is followed.
const CHAIN: usize = 64;

/// The JSON Pointer of an internal reference such as `#/components/schemas/A%20B`;
/// `None` for references to other documents, to anchors, and for broken encodings.
pub(super) fn pointer_of(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    let pointer = percent_decode(fragment)?;
    (pointer.is_empty() || pointer.starts_with('/')).then_some(pointer)
}

/// A JSON Pointer as fragment of a URI: what is not unreserved is percent-encoded.
pub(super) fn fragment_of(pointer: &str) -> String {
    let mut fragment = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                fragment.push(char::from(byte));
            }
            _ => fragment.push_str(&format!("%{byte:02X}")),
        }
    }
    fragment
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A pointer longer by one token.
pub(super) fn join(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escape(token))
}

/// Follows `$ref` from the object at `pointer` until an object without one.
/// `None` when a reference leads nowhere or round in a circle.
pub(super) fn follow(root: &Value, pointer: String) -> Option<(String, &Value)> {
    let mut pointer = pointer;
    for _ in 0..CHAIN {
        let node = root.pointer(&pointer)?;
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => pointer = pointer_of(reference)?,
            None => return Some((pointer, node)),
        }
    }
    None
}

/// Name of the entry of `components/schemas` that holds `pointer`.
pub(super) fn component_of(pointer: &str) -> Option<String> {
    let rest = pointer.strip_prefix("/components/schemas/")?;
    let token = rest.split('/').next()?;
    Some(token.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("#/a/b", Some("/a/b"))]
    #[case("#", Some(""))]
    #[case("#/paths/~1c~1%7Bid%7D", Some("/paths/~1c~1{id}"))]
    #[case("#/caf%C3%A9", Some("/café"))]
    #[case("#anchor", None)]
    #[case("other.yaml#/a", None)]
    #[case("#/a%2", None)]
    #[case("#/a%zz", None)]
    fn internal_references_become_pointers(#[case] reference: &str, #[case] pointer: Option<&str>) {
        assert_eq!(pointer_of(reference).as_deref(), pointer);
    }

    #[rstest]
    #[case("/paths/~1c~1{id}/get")]
    #[case("/a b/ü\"<>")]
    fn a_fragment_reads_back_as_its_pointer(#[case] pointer: &str) {
        let fragment = fragment_of(pointer);
        assert!(fragment.is_ascii());
        assert_eq!(
            pointer_of(&format!("#{fragment}")).as_deref(),
            Some(pointer)
        );
    }

    #[test]
    fn chains_are_followed_and_circles_given_up() {
        let root = json!({"a": {"$ref": "#/b"}, "b": {"x": 1}, "c": {"$ref": "#/c"}});
        let (pointer, node) = follow(&root, "/a".to_owned()).unwrap();
        assert_eq!((pointer.as_str(), &node["x"]), ("/b", &json!(1)));
        assert!(follow(&root, "/c".to_owned()).is_none());
    }

    #[test]
    fn a_component_is_named_by_its_pointer() {
        assert_eq!(
            component_of("/components/schemas/A~1B/properties/x").as_deref(),
            Some("A/B")
        );
        assert_eq!(component_of("/paths/~1a"), None);
    }
}
