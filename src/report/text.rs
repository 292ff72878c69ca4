//! Text that others wrote, made fit to be shown: control characters become visible,
//! lines are folded, long values are cut. A connector's answer reaches a terminal, an
//! HTML page or an XML file only through this module.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that steer a terminal, a parser or the reading direction and therefore
/// never reach a reader as they are. Line feed and tab are text.
fn steers(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// Shows every steering character as its escape, such as `\x1b` or `\u{202e}`;
/// CR LF becomes LF.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek() == Some(&'\n') {
            continue;
        }
        if !steers(c) {
            out.push(c);
        } else if u32::from(c) < 0x100 {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    Cow::Owned(out)
}

/// The text on one line, white space collapsed, at most `max` characters.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    // Bounds the work on a hostile megabyte: escapes only make text longer.
    let (head, cut) = clip(text, max.saturating_mul(8));
    let shown = visible(head);
    let mut out = String::with_capacity(shown.len().min(max + 4));
    let mut count = 0;
    for word in shown.split_whitespace() {
        let gap = usize::from(count > 0);
        let length = word.chars().count();
        if count + gap + length > max {
            let room = max.saturating_sub(count + gap + 1);
            if gap == 1 && room > 0 {
                out.push(' ');
            }
            out.extend(word.chars().take(room));
            out.push('…');
            return out;
        }
        if gap == 1 {
            out.push(' ');
        }
        out.push_str(word);
        count += gap + length;
    }
    if cut {
        out.push('…');
    }
    out
}

/// The first `max` bytes at a character boundary, and whether something is missing.
pub(crate) fn clip(text: &str, max: usize) -> (&str, bool) {
    if text.len() <= max {
        return (text, false);
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], true)
}

/// Columns that a character takes on a terminal.
fn columns(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200c..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns that a line takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Folds text into lines of at most `room` columns; longer words are broken.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = width(word);
        if used > 0 && used + 1 + length > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if length <= room {
            line.push_str(word);
            used += length;
            continue;
        }
        for c in word.chars() {
            if used + columns(c) > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += columns(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// `1 check`, `2 checks`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Size in bytes for people.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
        _ => format!(
            "{}.{} MiB",
            bytes / 1_048_576,
            bytes % 1_048_576 * 10 / 1_048_576
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain ä text", "plain ä text")]
    #[case("a\x1b[31mred", "a\\x1b[31mred")]
    #[case("one\r\ntwo\rthree", "one\ntwo\\x0dthree")]
    #[case("pass\u{202e}liaf", "pass\\u{202e}liaf")]
    #[case("\u{9b}2J", "\\x9b2J")]
    fn steering_characters_become_visible(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[rstest]
    #[case("a  b\n c", 10, "a b c")]
    #[case("abcdef", 6, "abcdef")]
    #[case("abcdefg", 6, "abcde…")]
    #[case("ab cdefg", 6, "ab cd…")]
    fn one_line_collapses_and_cuts(#[case] text: &str, #[case] max: usize, #[case] expected: &str) {
        assert_eq!(one_line(text, max), expected);
    }

    #[test]
    fn a_megabyte_on_one_line_is_cut() {
        let long = "x".repeat(1_000_000);
        assert_eq!(one_line(&long, 80).chars().count(), 80);
        let spaces = " ".repeat(1_000_000);
        assert_eq!(one_line(&spaces, 80), "…");
    }

    #[rstest]
    #[case("one two three", 8, &["one two", "three"])]
    #[case("abcdefghij", 8, &["abcdefgh", "ij"])]
    #[case("", 8, &[""])]
    #[case("日本語日本語", 8, &["日本語日", "本語"])]
    fn lines_are_folded(#[case] text: &str, #[case] room: usize, #[case] expected: &[&str]) {
        assert_eq!(wrap(text, room), expected);
    }

    #[test]
    fn a_cut_keeps_characters_whole() {
        assert_eq!(clip("aä", 2), ("a", true));
        assert_eq!(clip("aä", 3), ("aä", false));
    }
}
