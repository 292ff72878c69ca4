//! Lays an XML message out for reading: indented, one element a line, signed tokens
//! over several lines, the places that findings point at marked.
//!
//! The text is taken as it was sent, tag by tag; nothing is parsed that could fail, so
//! broken messages are shown as far as they go.

use super::body::Line;

/// Blanks by which a child is indented.
const STEP: usize = 2;

/// A part of a message.
enum Part<'a> {
    /// `<name …>`, `</name>`, `<name …/>`, and what else stands in angle brackets.
    Tag(&'a str),
    Text(&'a str),
}

/// An open element: its local name, and its place among the children of its parent,
/// all and those of the same name, from 1.
struct Open {
    name: String,
    place: usize,
    twin: usize,
    /// Names of the children so far.
    children: Vec<String>,
}

/// Indents XML. `pointers` are element paths such as `/Envelope/Body/X[2]`, or JSON
/// Pointers into the decoded result. `None` for what does not look like XML.
pub(super) fn lines(body: &str, pointers: &[&str]) -> Option<Vec<Line>> {
    let body = body.trim_start_matches('\u{feff}').trim_start();
    if !body.starts_with('<') || body.to_ascii_lowercase().starts_with("<!doctype html") {
        return None;
    }
    let parts = parts(body);
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut children = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let indent = " ".repeat(STEP * open.len());
        match &parts[at] {
            Part::Text(text) => {
                let text = text.trim();
                if !text.is_empty() {
                    token_lines(&mut lines, &indent, text, false);
                }
            }
            Part::Tag(tag) if tag.starts_with("</") => {
                open.pop();
                lines.push((format!("{}{tag}", " ".repeat(STEP * open.len())), false));
            }
            Part::Tag(tag) if tag.starts_with("<?") || tag.starts_with("<!") => {
                lines.push((format!("{indent}{tag}"), false));
            }
            Part::Tag(tag) => {
                let siblings = open
                    .last_mut()
                    .map_or(&mut children, |open| &mut open.children);
                let name = local_name(tag);
                siblings.push(name.clone());
                let twin = siblings.iter().filter(|other| **other == name).count();
                let place = siblings.len();
                open.push(Open {
                    name,
                    place,
                    twin,
                    children: Vec::new(),
                });
                let marked = pointers.iter().any(|pointer| fits(&open, pointer));
                let empty = tag.ends_with("/>");
                // An element that holds a short text stands on one line.
                let short = match (parts.get(at + 1), parts.get(at + 2)) {
                    (Some(Part::Text(text)), Some(Part::Tag(end)))
                        if end.starts_with("</") && !is_token(text) =>
                    {
                        Some((text.trim(), *end, 2))
                    }
                    (Some(Part::Tag(end)), _) if end.starts_with("</") => Some(("", *end, 1)),
                    _ => None,
                };
                match short {
                    _ if empty => {
                        open.pop();
                        lines.push((format!("{indent}{tag}"), marked));
                    }
                    Some((text, end, consumed)) => {
                        open.pop();
                        lines.push((format!("{indent}{tag}{text}{end}"), marked));
                        at += consumed;
                    }
                    None => lines.push((format!("{indent}{tag}"), marked)),
                }
            }
        }
        at += 1;
    }
    Some(lines)
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if !rest.starts_with('<') {
            let end = rest.find('<').unwrap_or(rest.len());
            parts.push(Part::Text(&rest[..end]));
            rest = &rest[end..];
            continue;
        }
        let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
        let end = if rest.starts_with("<!--") {
            until("-->")
        } else if rest.starts_with("<![CDATA[") {
            until("]]>")
        } else if rest.starts_with("<?") {
            until("?>")
        } else {
            until(">")
        };
        parts.push(Part::Tag(&rest[..end]));
        rest = &rest[end..];
    }
    parts
}

fn local_name(tag: &str) -> String {
    let name: &str = tag
        .trim_start_matches('<')
        .split(|letter: char| letter.is_whitespace() || letter == '>' || letter == '/')
        .next()
        .unwrap_or_default();
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

/// A signed token: three parts with dots between them, of which the first is long.
fn is_token(text: &str) -> bool {
    // A shortened signature ends with dots of its own.
    let text = text.trim().trim_end_matches("...");
    let mut parts = text.split('.');
    let long = parts.next().is_some_and(|part| part.len() >= 20);
    long && parts.count() == 2 && !text.contains(char::is_whitespace)
}

/// A text on lines of its own; a token with each of its parts on one.
fn token_lines(lines: &mut Vec<Line>, indent: &str, text: &str, marked: bool) {
    if !is_token(text) {
        lines.push((format!("{indent}{text}"), marked));
        return;
    }
    for (number, part) in text.splitn(3, '.').enumerate() {
        let dot = if number == 0 { "" } else { "." };
        lines.push((format!("{indent}{dot}{part}"), marked));
    }
}

/// Whether a pointer means the innermost open element.
fn fits(open: &[Open], pointer: &str) -> bool {
    let wanted: Vec<&str> = pointer.split('/').skip(1).collect();
    if wanted.first() == Some(&"Envelope") {
        return wanted.len() == open.len()
            && wanted.iter().zip(open).all(|(wanted, open)| {
                match wanted
                    .strip_suffix(']')
                    .and_then(|text| text.split_once('['))
                {
                    Some((name, number)) => name == open.name && number.parse() == Ok(open.twin),
                    None => *wanted == open.name,
                }
            });
    }
    // A JSON Pointer starts at the result: below Envelope, Body and one or two wrappers.
    !wanted.is_empty()
        && [3, 4].iter().any(|outside| {
            open.len() == outside + wanted.len()
                && wanted.iter().zip(&open[*outside..]).all(|(wanted, open)| {
                    match wanted.parse::<usize>() {
                        Ok(index) => index + 1 == open.place,
                        Err(_) => *wanted == open.name,
                    }
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?><s:Envelope xmlns:s="urn:s"><s:Body><AddResponse><AddResult><Sums><Sum><Value>1</Value></Sum><Sum><Value>2</Value></Sum></Sums><Note i:nil="true"/><Token>eyJhbGciOiJSUzI1NiIsInR5.eyJub25jZSI6IkEifQ.QWxhZGRp...</Token></AddResult></AddResponse></s:Body></s:Envelope>"#;

    fn shown(pointers: &[&str]) -> String {
        let lines = lines(ANSWER, pointers).unwrap();
        lines
            .iter()
            .map(|(line, marked)| format!("{}{line}\n", if *marked { ">" } else { " " }))
            .collect()
    }

    #[test]
    fn elements_stand_on_lines_of_their_own() {
        insta::with_settings!({snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"), prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("report__envelope", shown(&["/Sums/1/Value", "/Envelope/Body/AddResponse/AddResult/Note"]));
        });
    }

    #[test]
    fn broken_messages_are_shown_as_far_as_they_go() {
        for text in [
            "<a><b",
            "<a></b></c>",
            "<",
            "<a>text",
            "<!-- open",
            "<a/><b/>",
        ] {
            assert!(lines(text, &[]).is_some(), "{text}");
        }
        assert!(lines("{}", &[]).is_none());
        assert!(lines("<!DOCTYPE html><html>", &[]).is_none());
    }
}
