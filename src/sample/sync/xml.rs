//! XML: a look into received envelopes, and text that is written.

use roxmltree::{Document, Node, ParsingOptions};

/// SOAP 1.1 envelopes.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// `xsi:nil` and `xsi:type`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Arrays and dictionaries of the data contract serializer.
pub const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/// Most nodes that one message may have.
const MOST_NODES: u32 = 500_000;

/// Deepest nesting that a message may have.
const DEEPEST: usize = 64;

/// Why a message is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("The message is not well-formed XML.")]
    NotWellFormed(#[from] roxmltree::Error),
    #[error("The message has a document type, which SOAP does not permit.")]
    DocumentType,
    #[error("The message is nested too deeply.")]
    TooDeep,
}

/// Parses a message; a document type is refused unless it is asked for.
pub fn parse(text: &str, allow_dtd: bool) -> Result<Document<'_>, Unreadable> {
    let options = ParsingOptions {
        allow_dtd,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)?;
    // The parser lets an empty document type pass.
    let prolog = &text[..document.root_element().range().start];
    if !allow_dtd && prolog.contains("<!DOCTYPE") {
        return Err(Unreadable::DocumentType);
    }
    if is_deep(&document) {
        return Err(Unreadable::TooDeep);
    }
    Ok(document)
}

/// Whether elements are nested deeper than any message needs.
fn is_deep(document: &Document<'_>) -> bool {
    let mut depth = 0;
    let mut node = document.root();
    loop {
        if let Some(first) = node.first_child() {
            node = first;
            depth += 1;
            if depth > DEEPEST {
                return true;
            }
            continue;
        }
        while node.next_sibling().is_none() {
            let Some(parent) = node.parent() else {
                return false;
            };
            node = parent;
            depth -= 1;
        }
        if let Some(next) = node.next_sibling() {
            node = next;
        }
    }
}

/// Whether an element has this namespace and local name.
pub fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.is_element()
        && node.tag_name().name() == name
        && node.tag_name().namespace().unwrap_or_default() == namespace
}

/// The first child element of this name.
pub fn child<'a, 'i>(node: Node<'a, 'i>, namespace: &str, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| is(*child, namespace, name))
}

/// Whether an element says that it has no value.
pub fn is_nil(node: Node<'_, '_>) -> bool {
    matches!(
        node.attribute((XSI, "nil")).map(str::trim),
        Some("true" | "1")
    )
}

/// The text of an element without child elements; comments do not count.
pub fn text(node: Node<'_, '_>) -> Option<String> {
    if is_nil(node) || node.children().any(|child| child.is_element()) {
        return None;
    }
    let parts = node.children().filter(|child| child.is_text());
    Some(parts.filter_map(|part| part.text()).collect())
}

/// The text of a child; absent and nil are the same.
pub fn child_text(node: Node<'_, '_>, namespace: &str, name: &str) -> Option<String> {
    child(node, namespace, name).and_then(text)
}

/// Text as it stands between two tags, or in a quoted attribute. What XML cannot hold
/// becomes a replacement character, and a carriage return stays one.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(sign),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(sign),
        }
    }
    out
}

/// XML in the making.
#[derive(Debug, Default)]
pub struct Writer(String);

impl Writer {
    /// What has been written.
    pub fn finish(self) -> String {
        self.0
    }

    /// Opens an element; attributes are given as they are written.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.0.push_str(&escaped(value));
            self.0.push('"');
        }
        self.0.push('>');
    }

    pub fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.open(name, &[]);
        self.0.push_str(&escaped(value));
        self.close(name);
    }

    /// An element with text, or a nil one; `i` is bound around it.
    pub fn nillable(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.nil(name),
        }
    }

    /// An element without a value; `i` is bound around it.
    pub fn nil(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push_str(" i:nil=\"true\"/>");
    }

    /// Text that is XML already.
    pub fn raw(&mut self, xml: &str) {
        self.0.push_str(xml);
    }
}

/// An envelope around the content of a body.
pub fn envelope(body: &str) -> String {
    format!("<s:Envelope xmlns:s=\"{SOAP}\"><s:Body>{body}</s:Body></s:Envelope>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(value: &str) -> Option<String> {
        let xml = format!("<a>{}</a>", escaped(value));
        let document = parse(&xml, false).unwrap_or_else(|error| panic!("{error}"));
        text(document.root_element())
    }

    #[test]
    fn text_survives_being_written_and_read() {
        for value in ["", " a ", "&<>\"']]>", "a\nb\r\nc\rd\te", "Łódź 東京 👩‍🚀"] {
            assert_eq!(round_trip(value).as_deref(), Some(value));
        }
        assert_eq!(round_trip("a\u{1}b").as_deref(), Some("a\u{fffd}b"));
    }

    #[test]
    fn comments_do_not_cut_text_and_elements_are_no_text() {
        let read = |xml: &str| {
            let document = parse(xml, false).unwrap_or_else(|error| panic!("{error}"));
            text(document.root_element())
        };
        assert_eq!(
            read("<a>b<!-- c --><![CDATA[d]]></a>").as_deref(),
            Some("bd")
        );
        assert_eq!(read("<a>b<c/></a>"), None);
        let nil = format!("<a xmlns:i=\"{XSI}\" i:nil=\"true\"/>");
        assert_eq!(read(&nil), None);
    }

    #[test]
    fn document_types_and_endless_nesting_are_refused() {
        assert!(parse("<!DOCTYPE a><a/>", false).is_err());
        assert!(parse("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", false).is_err());
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        assert!(parse(&deep, false).is_err());
    }
}
