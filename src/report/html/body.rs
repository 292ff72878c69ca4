//! Lays out a body for reading: JSON indented without touching a token, the places
//! that findings point at marked, and no more of it than a page can bear.

use serde::Serialize;

use crate::report::text;

/// Most lines shown of one body.
const MAX_LINES: usize = 240;

/// Lines shown before a marked place that is far down.
const HEAD: usize = 24;

/// Longest line shown.
const MAX_LINE: usize = 1600;

/// Most bytes shown of one body.
const MAX_BYTES: usize = 24 * 1024;

/// A stretch of lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Stretch {
    /// `plain`, `mark` (a finding points here) or `gap` (left out).
    pub(super) kind: &'static str,
    /// Lines, each ended by a line feed.
    pub(super) text: String,
}

/// One line, and whether a finding points at it.
pub(super) type Line = (String, bool);

/// Lays a body out; `pointers` are JSON Pointers into it.
pub(super) fn layout(body: &str, pointers: &[&str]) -> Vec<Stretch> {
    let lines = json_lines(body, pointers).or_else(|| super::envelope::lines(body, pointers));
    let lines = match lines {
        Some(lines) => lines,
        None => body.lines().map(|line| (line.to_owned(), false)).collect(),
    };
    stretches(lines)
}

/// Joins lines to stretches, leaving out what is too much.
fn stretches(lines: Vec<Line>) -> Vec<Stretch> {
    let total = lines.len();
    let first_mark = lines.iter().position(|(_, marked)| *marked);
    let start = match first_mark {
        Some(mark) if mark >= MAX_LINES - HEAD => mark - HEAD / 2,
        _ => HEAD,
    };
    let end = start + MAX_LINES - HEAD;
    let mut out: Vec<Stretch> = Vec::new();
    let mut bytes = 0;
    let mut skipped = 0;
    let push = |kind: &'static str, line: &str, out: &mut Vec<Stretch>| match out.last_mut() {
        Some(last) if last.kind == kind => {
            last.text.push_str(line);
            last.text.push('\n');
        }
        _ => out.push(Stretch {
            kind,
            text: format!("{line}\n"),
        }),
    };
    let gap = |skipped: &mut usize, out: &mut Vec<Stretch>| {
        if *skipped > 0 {
            let note = format!("… {} left out …", text::count(*skipped, "line"));
            push("gap", &note, out);
            *skipped = 0;
        }
    };
    for (at, (line, marked)) in lines.into_iter().enumerate() {
        let wanted = at < HEAD || (start..end).contains(&at);
        if !wanted || bytes > MAX_BYTES {
            skipped += 1;
            continue;
        }
        gap(&mut skipped, &mut out);
        let (shown, cut) = text::clip(&line, MAX_LINE);
        bytes += shown.len();
        let kind = if marked { "mark" } else { "plain" };
        if cut {
            let more = text::size((line.len() - shown.len()) as u64);
            push(kind, &format!("{shown}… {more} more"), &mut out);
        } else {
            push(kind, shown, &mut out);
        }
    }
    if skipped == total && total > 0 {
        skipped = total;
    }
    gap(&mut skipped, &mut out);
    out
}

/// Where the reader of a JSON text stands.
#[derive(Debug)]
enum Level {
    /// In an object: the member being read.
    Object(String),
    /// In an array: the index being read.
    Array(usize),
}

/// Indents JSON, token by token as it was sent: numbers keep their digits, members
/// their order. `None` for what is no JSON.
fn json_lines(body: &str, pointers: &[&str]) -> Option<Vec<Line>> {
    let _: serde::de::IgnoredAny = serde_json::from_str(body).ok()?;
    let wanted: Vec<Vec<String>> = pointers.iter().map(|p| tokens(p)).collect();
    let mut writer = Writer {
        lines: Vec::new(),
        line: String::new(),
        stack: Vec::new(),
        wanted: &wanted,
        line_marked: false,
    };
    let mut rest = body.trim();
    let mut expects_name = false;
    while let Some(c) = rest.chars().next() {
        let token = match c {
            '"' => &rest[..string_end(rest)],
            '{' | '}' | '[' | ']' | ',' | ':' => &rest[..1],
            _ => {
                let end = rest
                    .find(|c: char| ",:{}[]\"".contains(c) || c.is_ascii_whitespace())
                    .unwrap_or(rest.len());
                &rest[..end.max(c.len_utf8())]
            }
        };
        rest = rest[token.len()..].trim_start();
        match c {
            '{' | '[' => {
                writer.value(token);
                let empty = rest.starts_with(['}', ']']);
                if empty {
                    writer.line.push_str(&rest[..1]);
                    rest = rest[1..].trim_start();
                } else {
                    writer.stack.push(match c {
                        '{' => Level::Object(String::new()),
                        _ => Level::Array(0),
                    });
                    writer.end_line();
                    expects_name = c == '{';
                }
            }
            '}' | ']' => {
                writer.end_line();
                writer.stack.pop();
                writer.value(token);
            }
            ',' => {
                writer.line.push(',');
                writer.end_line();
                if let Some(Level::Array(index)) = writer.stack.last_mut() {
                    *index += 1;
                } else {
                    expects_name = true;
                }
            }
            ':' => writer.line.push_str(": "),
            '"' if expects_name => {
                expects_name = false;
                let name = serde_json::from_str(token).unwrap_or_default();
                if let Some(Level::Object(member)) = writer.stack.last_mut() {
                    *member = name;
                }
                writer.value(token);
            }
            _ => writer.value(token),
        }
    }
    writer.end_line();
    Some(writer.lines)
}

/// Lines under construction.
struct Writer<'a> {
    lines: Vec<Line>,
    line: String,
    stack: Vec<Level>,
    wanted: &'a [Vec<String>],
    line_marked: bool,
}

impl Writer<'_> {
    /// Appends a token, indented where it starts a line.
    fn value(&mut self, token: &str) {
        if self.line.is_empty() {
            self.line.push_str(&"  ".repeat(self.stack.len()));
        }
        self.line.push_str(token);
        self.line_marked |= self.at_wanted();
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines
                .push((std::mem::take(&mut self.line), self.line_marked));
        }
        self.line_marked = false;
    }

    /// The place is a wanted one or inside of it.
    fn at_wanted(&self) -> bool {
        self.wanted.iter().any(|path| {
            path.len() <= self.stack.len()
                && path
                    .iter()
                    .zip(&self.stack)
                    .all(|(token, level)| match level {
                        Level::Object(member) => member == token,
                        Level::Array(index) => token.parse() == Ok(*index),
                    })
                && !path.is_empty()
        })
    }
}

/// Bytes of the string literal at the start of `text`.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The tokens of a JSON Pointer.
fn tokens(pointer: &str) -> Vec<String> {
    pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn shown(body: &str, pointers: &[&str]) -> String {
        layout(body, pointers)
            .into_iter()
            .map(|s| match s.kind {
                "mark" => s.text.lines().map(|l| format!(">{l}\n")).collect(),
                _ => s.text,
            })
            .collect()
    }

    #[rstest]
    #[case(r#"{"a":1.10,"b":[]}"#, &["/a"], "{\n>  \"a\": 1.10,\n  \"b\": []\n}\n")]
    #[case(r#"[ {"x" : "a,]\"{"} , 2 ]"#, &["/0/x"], "[\n  {\n>    \"x\": \"a,]\\\"{\"\n  },\n  2\n]\n")]
    #[case(r#"[{"x":1},{"x":2}]"#, &["/1"], "[\n  {\n    \"x\": 1\n  },\n>  {\n>    \"x\": 2\n>  }\n]\n")]
    #[case(r#"{"a/b":{"~":0}}"#, &["/a~1b/~0"], "{\n  \"a/b\": {\n>    \"~\": 0\n  }\n}\n")]
    #[case("\"text\"", &[""], "\"text\"\n")]
    #[case("{}", &["/missing"], "{}\n")]
    #[case("not\njson {", &["/a"], "not\njson {\n")]
    #[case("", &[], "")]
    fn bodies_are_laid_out(#[case] body: &str, #[case] pointers: &[&str], #[case] expected: &str) {
        assert_eq!(shown(body, pointers), expected);
    }

    #[test]
    fn a_place_far_down_is_shown_with_its_surroundings() {
        let rows: Vec<String> = (0..5000).map(|n| format!("{{\"n\":{n}}}")).collect();
        let shown = shown(&format!("[{}]", rows.join(",")), &["/4000/n"]);
        assert!(shown.contains(">    \"n\": 4000\n"), "{shown}");
        assert!(shown.contains("lines left out"));
        assert!(shown.lines().count() < 300);
    }

    #[test]
    fn a_megabyte_on_one_line_is_cut() {
        let shown = shown(&format!("\"{}\"", "x".repeat(1_000_000)), &[]);
        assert!(shown.len() < 2 * MAX_LINE, "{}", shown.len());
        assert!(shown.contains("KiB more"));
    }
}
