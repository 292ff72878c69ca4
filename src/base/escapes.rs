//! Texts with their escapes undone, and the way back to where each part stood: what is
//! found in the plain text can be masked in the escaped one, whatever dialect wrote it.

/// How a text writes bytes or characters that it cannot hold as they are.
pub(super) struct Dialect {
    /// First byte of every escape.
    mark: u8,
    /// Reads the escape at the start of a text: its length, and what it stands for.
    read: fn(&[u8]) -> Option<(usize, Plain)>,
}

/// Percent-encoding, JSON strings, and the references of XML and HTML.
pub(super) const DIALECTS: [Dialect; 3] = [
    Dialect {
        mark: b'%',
        read: percent,
    },
    Dialect {
        mark: b'\\',
        read: json,
    },
    Dialect {
        mark: b'&',
        read: reference,
    },
];

/// What an escape stands for: a byte, or a character in UTF-8.
struct Plain {
    bytes: [u8; 4],
    length: usize,
}

impl Plain {
    fn byte(byte: u8) -> Self {
        Self {
            bytes: [byte, 0, 0, 0],
            length: 1,
        }
    }

    fn character(character: char) -> Self {
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len();
        Self { bytes, length }
    }
}

/// A text without the escapes of one dialect.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Where each escape ended: in the decoded bytes, and in the text.
    ends: Vec<(usize, usize)>,
}

impl Decoded {
    /// `None` when there is nothing to undo.
    pub(super) fn of(text: &[u8], dialect: &Dialect) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        // Up to here the text is in `bytes`.
        let mut from = 0;
        let mut at = 0;
        while let Some(offset) = text[at..].iter().position(|byte| *byte == dialect.mark) {
            let start = at + offset;
            let Some((length, plain)) = (dialect.read)(&text[start..]) else {
                at = start + 1;
                continue;
            };
            bytes.extend_from_slice(&text[from..start]);
            bytes.extend_from_slice(&plain.bytes[..plain.length]);
            at = start + length;
            from = at;
            ends.push((bytes.len(), at));
        }
        if ends.is_empty() {
            return None;
        }
        bytes.extend_from_slice(&text[from..]);
        Some(Self { bytes, ends })
    }

    /// Where a place of the decoded bytes stood in the text.
    pub(super) fn source(&self, place: usize) -> usize {
        let after = self.ends.partition_point(|(decoded, _)| *decoded <= place);
        match after.checked_sub(1).map(|last| self.ends[last]) {
            Some((decoded, source)) => source + (place - decoded),
            None => place,
        }
    }
}

/// `%2F`.
fn percent(text: &[u8]) -> Option<(usize, Plain)> {
    let byte = number(text.get(1..3)?, 16)?;
    Some((3, Plain::byte(u8::try_from(byte).ok()?)))
}

/// `\"`, `\u002F`, and two of the latter for characters beyond U+FFFF.
fn json(text: &[u8]) -> Option<(usize, Plain)> {
    let plain = match text.get(1)? {
        b'u' => return unicode(text),
        byte @ (b'"' | b'\\' | b'/') => *byte,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    };
    Some((2, Plain::byte(plain)))
}

fn unicode(text: &[u8]) -> Option<(usize, Plain)> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        number(digits, 16)
    };
    let high = unit(0)?;
    if let Some(character) = char::from_u32(high) {
        return Some((6, Plain::character(character)));
    }
    let units = [high, unit(6)?].map(|unit| u16::try_from(unit).unwrap_or_default());
    let character = char::decode_utf16(units).next()?.ok()?;
    Some((12, Plain::character(character)))
}

/// `&amp;`, `&#47;`, `&#x2F;`.
fn reference(text: &[u8]) -> Option<(usize, Plain)> {
    /// Length of the longest reference, zeros in front of its number included.
    const LONGEST: usize = 12;
    let end = text.iter().take(LONGEST).position(|byte| *byte == b';')?;
    let character = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((end + 1, Plain::character(character)))
}

/// A number that consists of digits alone.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    let whole = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    whole
        .then(|| u32::from_str_radix(text, radix).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;

    fn decoded(text: &str, dialect: usize) -> Option<String> {
        let decoded = Decoded::of(text.as_bytes(), &DIALECTS[dialect])?;
        Some(String::from_utf8(decoded.bytes).expect("UTF-8"))
    }

    #[rstest]
    #[case(0, "a%2Fb%c3%A4%", Some("a/bä%"))]
    #[case(0, "100% of %zz %+1", None)]
    #[case(1, r#"\"\\\/\n\u00e4\uD83E\uDED0"#, Some("\"\\/\nä🫐"))]
    #[case(1, r"\ud83e \x \u12 \", None)]
    #[case(2, "&lt;&amp;lt;&#228;&#xE4;&#x1FAD0;&#47;", Some("<&lt;ää🫐/"))]
    #[case(2, "a & b; &#xD800; &#; &nosuch; &#99999999999999;", None)]
    fn escapes_are_undone(#[case] dialect: usize, #[case] text: &str, #[case] plain: Option<&str>) {
        assert_eq!(decoded(text, dialect).as_deref(), plain);
    }

    #[test]
    fn every_place_leads_back() {
        let text = r"ab\u00e4c\nd";
        let decoded = Decoded::of(text.as_bytes(), &DIALECTS[1]).expect("escapes");
        assert_eq!(decoded.bytes, "abäc\nd".as_bytes());
        let places: Vec<usize> = [0, 2, 4, 5, 6, 7].map(|at| decoded.source(at)).into();
        assert_eq!(places, [0, 2, 8, 9, 11, 12]);
    }
}
