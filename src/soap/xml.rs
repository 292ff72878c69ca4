//! XML of strangers, read with bounds, and XML of our own.

use roxmltree::{Document, Node, ParsingOptions};

use super::decode::{Issue, IssueKind};

/// Nesting that is read; carriers nest six deep.
const DEPTH: usize = 200;

/// Elements, texts and attributes that are read.
const NODES: u32 = 2_000_000;

/// The text of a message without its byte order mark.
pub(super) fn text_of(body: &[u8]) -> Result<&str, Issue> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| {
        Issue::new(
            IssueKind::NotWellFormed,
            "",
            "XML in UTF-8",
            format!("bytes that are not UTF-8, at {}", error.valid_up_to()),
        )
    })
}

/// Parses a message. DTDs are refused and never read; depth is bounded.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Issue> {
    if deeper_than(text, DEPTH) {
        return Err(Issue::new(
            IssueKind::NotWellFormed,
            "",
            format!("elements nested at most {DEPTH} deep"),
            "a deeper document, which was not read",
        ));
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    let declared = || {
        Issue::new(
            IssueKind::Dtd,
            "",
            "a message without a document type declaration",
            "a document type declaration; it was not read",
        )
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => declared(),
        other => Issue::new(
            IssueKind::NotWellFormed,
            "",
            "well-formed XML",
            other.to_string(),
        ),
    })?;
    // The parser lets a declaration without content pass.
    let prolog = &text[..document.root_element().range().start];
    match has_declaration(prolog) {
        true => Err(declared()),
        false => Ok(document),
    }
}

/// Whether a document type declaration stands in a prolog, outside its comments.
fn has_declaration(prolog: &str) -> bool {
    let mut rest = prolog;
    while let Some(start) = rest.find("<!") {
        rest = &rest[start..];
        if !rest.starts_with("<!--") {
            return true;
        }
        rest = &rest[after(rest, "<!--", "-->")..];
    }
    false
}

/// Whether tags nest deeper than `limit`; comments and character data are skipped.
fn deeper_than(text: &str, limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        let end = if rest.starts_with("<!--") {
            after(rest, "<!--", "-->")
        } else if rest.starts_with("<![CDATA[") {
            after(rest, "<![CDATA[", "]]>")
        } else if rest.starts_with("<?") {
            after(rest, "<?", "?>")
        } else if rest.starts_with("</") {
            depth = depth.saturating_sub(1);
            after(rest, "</", ">")
        } else {
            let end = tag_end(rest);
            if !rest[..end].ends_with("/>") && !rest.starts_with("<!") {
                depth += 1;
            }
            end
        };
        if depth > limit {
            return true;
        }
        rest = &rest[end..];
    }
    false
}

/// End of the tag at the start of `text`; `>` inside quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Local name of the first element of a document that was not parsed; empty without one.
pub(super) fn root_name(text: &str) -> &str {
    let mut rest = text;
    loop {
        let Some(start) = rest.find('<') else {
            return "";
        };
        rest = &rest[start..];
        let end = if rest.starts_with("<!--") {
            after(rest, "<!--", "-->")
        } else if rest.starts_with("<?") {
            after(rest, "<?", "?>")
        } else if rest.starts_with("<!") {
            declaration_end(rest)
        } else {
            break;
        };
        rest = &rest[end..];
    }
    let name = rest[1..]
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/'))
        .next()
        .unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name)
}

/// End of the declaration at the start of `text`; brackets hold declarations of their own.
fn declaration_end(text: &str) -> usize {
    let mut quote = None;
    let mut inside = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'[') => inside = true,
            (None, b']') => inside = false,
            (None, b'>') if !inside => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Where `end` ends that comes after the opening mark: `<!-->` does not end a comment.
fn after(text: &str, start: &str, end: &str) -> usize {
    text[start.len()..]
        .find(end)
        .map_or(text.len(), |at| start.len() + at + end.len())
}

/// Elements below a node.
pub(super) fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

pub(super) fn local<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

/// Namespace of an element; empty for none.
pub(super) fn namespace<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().namespace().unwrap_or_default()
}

/// All text of an element, comments and processing instructions left out.
pub(super) fn text(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|part| part.text())
        .collect()
}

pub(super) fn is_nil(node: Node<'_, '_>) -> bool {
    node.attribute((super::INSTANCE, "nil"))
        .is_some_and(|value| matches!(value.trim(), "true" | "1"))
}

/// Escapes text for element content and for attributes in double quotes. Characters
/// that XML cannot carry become U+FFFD; a carriage return must be written as a
/// reference, or parsers make a line feed of it.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Path of an element by local names, with positions among siblings of the same name.
pub(super) fn path(node: Node<'_, '_>) -> String {
    let mut parts: Vec<String> = node
        .ancestors()
        .filter(Node::is_element)
        .map(|element| {
            let name = local(element);
            let twins = |sibling: &Node<'_, '_>| sibling.is_element() && local(*sibling) == name;
            let before = element.prev_siblings().skip(1).filter(twins).count();
            let after = element.next_siblings().skip(1).any(|next| twins(&next));
            match before > 0 || after {
                true => format!("{name}[{}]", before + 1),
                false => name.to_owned(),
            }
        })
        .collect();
    parts.reverse();
    format!("/{}", parts.join("/"))
}
