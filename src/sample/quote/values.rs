//! Encoded values (contract B.10): configuration values and search operands come
//! as `[I:5]` or plainly as `5`, and mean the same.

use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;

/// A day, or a moment when the time of day is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub day: Date,
    pub time: Option<Time>,
}

/// Kind and content of an encoded value, such as `("I", "5")`.
fn encoded(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')
}

/// The text itself, without an encoding of numbers and times around it.
pub fn plain(text: &str) -> &str {
    match encoded(text) {
        Some(("I" | "F" | "M" | "D" | "DT" | "T" | "TS", content)) => content,
        _ => text,
    }
}

/// A number: `[I:5]`, `[F:5.5]`, `[M:5.50]` or plain.
pub fn number(text: &str) -> Option<Decimal> {
    let digits = match encoded(text) {
        Some(("I" | "F" | "M", content)) => content,
        Some(_) => return None,
        None => text,
    };
    digits.trim().parse().ok()
}

/// A checkbox: `[I:1]`, `1` or `true`.
pub fn flag(text: &str) -> Option<bool> {
    match plain(text).trim() {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A date: `[D:12/31/2026]`, `[DT:12/31/2026 23:59:59]`, or plain in either that
/// form or ISO 8601.
pub fn moment(text: &str) -> Option<Moment> {
    let text = plain(text).trim();
    if let Ok(moment) = text.trim_end_matches('Z').parse::<DateTime>() {
        let time = text.contains('T').then(|| moment.time());
        return Some(Moment {
            day: moment.date(),
            time,
        });
    }
    let (day, time) = match text.split_once(' ') {
        Some((day, time)) => (day, Some(time.parse::<Time>().ok()?)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '/');
    let month = parts.next()?.parse().ok()?;
    let of_month = parts.next()?.parse().ok()?;
    let year = parts.next()?.parse().ok()?;
    Some(Moment {
        day: Date::new(year, month, of_month).ok()?,
        time,
    })
}

/// The operands of `in`, where `[A:3,4,5]` stands for three of them.
pub fn each<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let split = |text: &'a str| match encoded(text) {
        Some(("A", content)) => content.split(',').map(str::trim).collect::<Vec<_>>(),
        _ => vec![text],
    };
    texts.iter().flat_map(|text| split(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_and_plain_values_mean_the_same() {
        assert_eq!(number("[I:5]"), number("5"));
        assert_eq!(number("[F:5.50]"), number("5.5"));
        assert_eq!(flag("[I:1]"), Some(true));
        assert_eq!(plain("[I:100]"), "100");
        assert_eq!(plain("[x]"), "[x]");
        assert_eq!(each(&["[A:3,4]", "5"]), ["3", "4", "5"]);
    }

    #[test]
    fn dates_are_month_first() {
        let day = Date::constant(2026, 12, 31);
        assert_eq!(moment("[D:12/31/2026]"), Some(Moment { day, time: None }));
        assert_eq!(moment("2026-12-31"), Some(Moment { day, time: None }));
        let time = Time::constant(23, 59, 59, 0);
        for text in ["[DT:12/31/2026 23:59:59.0000000]", "2026-12-31T23:59:59"] {
            assert_eq!(
                moment(text),
                Some(Moment {
                    day,
                    time: Some(time)
                }),
                "{text}"
            );
        }
        assert_eq!(moment("31/12/2026"), None);
        assert_eq!(number("many"), None);
    }
}
