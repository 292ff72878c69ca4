//! Functions for texts that stand for something else: numbers, times, identifiers,
//! values with a marker such as `[I:5]`.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use minijinja::{Environment, Value};
use sha2::{Digest as _, Sha256};

use super::patterns::compiled;

/// Longest text that `repeated` makes.
const LONGEST: usize = 8 * 1024 * 1024;

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function("guid", |text: String| guid(&text));
    environment.add_function("mark_of", |value: Value| {
        marked(text(&value)).map_or_else(String::new, |(marker, _)| marker.to_owned())
    });
    environment.add_function("unmarked", |value: Value| match marked(text(&value)) {
        Some((_, inner)) => Value::from(inner),
        None => value,
    });
    environment.add_function("parse_number", |value: Value| number(text(&value)));
    environment.add_function("parse_time", |value: Value| {
        time(text(&value)).map_or(Value::UNDEFINED, Value::from)
    });
    environment.add_function("time_text", |seconds: f64, format: String| {
        let time = Timestamp::from_millisecond((seconds * 1000.0) as i64).ok();
        time.and_then(|time| jiff::fmt::strtime::format(&format, time).ok())
            .map_or(Value::UNDEFINED, Value::from)
    });
    environment.add_function("repeated", |text: String, times: usize| {
        text.repeat(times.min(LONGEST / text.len().max(1)))
    });
    environment.add_function("find_in", |value: Value, pattern: String| {
        let pattern = compiled(&pattern)?;
        let found = pattern.captures(text(&value)).and_then(|captures| {
            let group = captures.get(1).or_else(|| captures.get(0));
            group.map(|group| group.as_str().to_owned())
        });
        Ok::<Value, minijinja::Error>(found.map_or(Value::UNDEFINED, Value::from))
    });
    environment.add_function("text_class", |value: Value| Class::of(text(&value)).name());
    environment.add_function("compare", |a: Value, b: Value| {
        match compare(text(&a), text(&b)) {
            Some(Ordering::Less) => Value::from(-1),
            Some(Ordering::Equal) => Value::from(0),
            Some(Ordering::Greater) => Value::from(1),
            None => Value::UNDEFINED,
        }
    });
    environment.add_function("xml", |value: Value| escape(text(&value)));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A GUID that is the same for the same text: 8-4-4-4-12 digits in small letters.
fn guid(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    // Version 8, made by its owner's own rules; variant of RFC 9562.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

/// Marker and content of a text such as `[I:5]`.
fn marked(text: &str) -> Option<(&str, &str)> {
    let (marker, content) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    let short = !marker.is_empty() && marker.len() <= 2;
    (short && marker.bytes().all(|byte| byte.is_ascii_uppercase())).then_some((marker, content))
}

/// A number in invariant spelling; undefined for anything else.
fn number(text: &str) -> Value {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Value::UNDEFINED;
    }
    match (plain.contains('.'), text.parse::<i64>()) {
        (false, Ok(number)) => Value::from(number),
        _ => text.parse::<f64>().map_or(Value::UNDEFINED, Value::from),
    }
}

/// Seconds since 1970 of a time in ISO 8601 or as `MM/dd/yyyy HH:mm:ss.fffffff`.
/// Without a zone it is taken as UTC.
fn time(text: &str) -> Option<f64> {
    let seconds = |time: Timestamp| time.as_nanosecond() as f64 / 1e9;
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(seconds(time));
    }
    let civil = |time: DateTime| {
        let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(seconds(zoned.timestamp()))
    };
    let iso = text.len() >= 10 && text.as_bytes().get(4) == Some(&b'-');
    if iso && let Ok(time) = text.parse::<DateTime>() {
        return civil(time);
    }
    ["%m/%d/%Y %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S"]
        .iter()
        .find_map(|format| DateTime::strptime(format, text).ok())
        .and_then(civil)
}

/// How texts of an increasing series can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Digits.
    Integer,
    /// A time in ISO 8601, whose texts sort as the times do.
    Time,
    /// A time behind a marker.
    MarkedTime,
    /// Any text, compared letter by letter.
    Other,
}

impl Class {
    fn of(text: &str) -> Self {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Integer;
        }
        match marked(text) {
            Some(("DT", inner)) if time(inner).is_some() => Self::MarkedTime,
            None if time(text).is_some() && text.as_bytes().get(4) == Some(&b'-') => Self::Time,
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Time => "time",
            Self::MarkedTime => "marked time",
            Self::Other => "other",
        }
    }
}

/// Which of two texts of one class comes first; `None` when the classes differ.
fn compare(a: &str, b: &str) -> Option<Ordering> {
    let class = Class::of(a);
    if class != Class::of(b) {
        return None;
    }
    let number = |text: &str| text.parse::<i128>().ok();
    match class {
        Class::Integer => match (number(a), number(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => Some(digits(a).cmp(&digits(b))),
        },
        Class::Time => nanoseconds(a).partial_cmp(&nanoseconds(b)),
        Class::MarkedTime => {
            let inner = |text| marked(text).map_or("", |(_, inner)| inner);
            nanoseconds(inner(a)).partial_cmp(&nanoseconds(inner(b)))
        }
        Class::Other => Some(a.cmp(b)),
    }
}

/// Digits too many for a number: the longer one is the greater one.
fn digits(text: &str) -> (usize, &str) {
    let digits = text.trim_start_matches('0');
    (digits.len(), digits)
}

/// A time to the last digit that is written: seconds, and the fraction as digits.
fn nanoseconds(text: &str) -> (Option<i64>, String) {
    let fraction: String = match text.split_once('.') {
        Some((_, rest)) => rest.chars().take_while(char::is_ascii_digit).collect(),
        None => String::new(),
    };
    let whole = time(text).map(|seconds| seconds.floor() as i64);
    (whole, format!("{fraction:0<12}"))
}

/// Text for XML content and attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{Expr, Scope};

    #[rstest]
    #[case("guid('a') == guid('a') and guid('a') != guid('b')")]
    #[case("matches(guid('x'), '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')")]
    #[case("mark_of('[I:5]') == 'I' and unmarked('[I:5]') == '5'")]
    #[case("mark_of('[note: x]') == '' and unmarked('plain') == 'plain'")]
    #[case("unmarked('[DT:12/31/2013 23:59:59.0000000]') == '12/31/2013 23:59:59.0000000'")]
    #[case("parse_number('12') == 12 and parse_number('-1.5') == -1.5")]
    #[case("parse_number('1,5') is undefined and parse_number('1e3') is undefined")]
    #[case("parse_time('01/02/1970 00:00:01.0000000') == 86401")]
    #[case("parse_time('1970-01-02T00:00:01') == parse_time('1970-01-02T00:00:01Z')")]
    #[case("parse_time('31/12/2013 10:00:00') is undefined and parse_time('12') is undefined")]
    #[case("time_text(86401, '%m/%d/%Y %H:%M:%S') == '01/02/1970 00:00:01'")]
    #[case("repeated('ab', 3) == 'ababab'")]
    #[case("find_in('key=4711;', '=([0-9]+)') == '4711' and find_in('x', 'y') is undefined")]
    #[case(
        "compare('9', '10') == -1 and compare('b', 'a') == 1 and compare('1', 'x') is undefined"
    )]
    #[case("compare('2026-01-01T10:00:00.5', '2026-01-01T10:00:00.49') == 1")]
    #[case("compare('2026-01-01T10:00:00.1234567', '2026-01-01T10:00:00.1234568') == -1")]
    #[case("text_class('17') == 'integer' and text_class('v17') == 'other'")]
    #[case("text_class('[DT:12/31/2013 23:59:59.0000000]') == 'marked time'")]
    #[case("text_class('2026-11-22T10:00:00Z') == 'time' and text_class('2026-11-22') == 'time'")]
    #[case("xml('<a & b>') == '&lt;a &amp; b&gt;'")]
    fn functions_read_texts(#[case] source: &str) {
        let scope = Scope::default();
        assert!(
            Expr::compile(source).unwrap().holds(&scope).unwrap(),
            "{source}"
        );
    }
}
