//! The time in an answer: twelve digits, and how far they are from the harness's clock.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Seconds by which a time may differ.
pub(super) const LIMIT: i64 = 15 * 60;

/// Largest distance from a whole offset at which a time is taken for local time.
const NEAR: i64 = 5 * 60;

const HALF_HOUR: i64 = 30 * 60;

/// Reads `yyyyMMddHHmm` in UTC. `None` when the digits name no real minute.
pub(super) fn read(digits: &str) -> Option<Timestamp> {
    if !has_form(digits) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i8>().ok();
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    if year == 0 {
        return None;
    }
    let (month, day) = (number(4..6)?, number(6..8)?);
    let (hour, minute) = (number(8..10)?, number(10..12)?);
    let time = DateTime::new(year, month, day, hour, minute, 0, 0).ok()?;
    // The last day of year 9999 is a real one, but no timestamp reaches it.
    Some(
        time.to_zoned(TimeZone::UTC)
            .map_or(Timestamp::MAX, |time| time.timestamp()),
    )
}

/// Whether the text is twelve ASCII digits.
pub(super) fn has_form(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a text that is not twelve digits may be.
pub(super) fn guess(text: &str) -> &'static str {
    if text.is_empty() {
        return "empty";
    }
    if text.trim() != text {
        return "with white space";
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 if digits => "8 digits, like a date without time",
        10 if digits => "10 digits, like a Unix time in seconds",
        13 if digits => "13 digits, like a Unix time in milliseconds",
        14 if digits => "14 digits, like a time with seconds",
        17 if digits => "17 digits, like a time with milliseconds",
        18 if digits => "18 digits, like .NET ticks",
        _ if digits => "digits of another number",
        _ if text.chars().all(char::is_numeric) => "digits of another script",
        _ if text.contains(['-', ':', 'T', 'Z', '/']) => "like a time of another form",
        _ => "not a time",
    }
}

/// How a time lies to the clock, in words: `3 min 20 s behind`.
pub(super) fn distance(time: Timestamp, now: Timestamp) -> String {
    let seconds = time.as_second().saturating_sub(now.as_second());
    let side = if seconds > 0 { "ahead" } else { "behind" };
    let size = seconds.unsigned_abs();
    let (days, hours) = (size / 86_400, size / 3600 % 24);
    let (minutes, rest) = (size / 60 % 60, size % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s {side}"),
        (0, 0, _) => format!("{minutes} min {rest} s {side}"),
        (0, _, _) => format!("{hours} h {minutes} min {side}"),
        _ => format!("{days} d {hours} h {side}"),
    }
}

/// The offset from UTC of a clock that shows this time now, when there is one: a
/// whole number of hours or half hours.
pub(super) fn local_offset(time: Timestamp, now: Timestamp) -> Option<String> {
    let difference = time.as_second().checked_sub(now.as_second())?;
    let halves = difference.checked_add(HALF_HOUR / 2)?.div_euclid(HALF_HOUR);
    let offset = halves * HALF_HOUR;
    // No place on earth is half an hour from UTC.
    let possible = (3600..=14 * 3600).contains(&offset.abs());
    (possible && (difference - offset).abs() <= NEAR).then(|| {
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.abs() / 60;
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_time_is_called_what_it_is_like() {
        for (digits, words) in [
            (8, "8 digits, like a date without time"),
            (10, "10 digits, like a Unix time in seconds"),
            (13, "13 digits, like a Unix time in milliseconds"),
            (14, "14 digits, like a time with seconds"),
            (17, "17 digits, like a time with milliseconds"),
            (18, "18 digits, like .NET ticks"),
        ] {
            assert_eq!(guess(&"1".repeat(digits)), words);
            // With as many bytes, but other characters among them.
            assert_eq!(guess(&"x".repeat(digits)), "not a time");
        }
        for (text, words) in [
            ("", "empty"),
            (" 202109161125", "with white space"),
            ("1", "digits of another number"),
            ("٢٠٢١", "digits of another script"),
            ("1T2", "like a time of another form"),
            ("1/2", "like a time of another form"),
            ("soon", "not a time"),
        ] {
            assert_eq!(guess(text), words);
        }
    }

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn a_distance_is_told_in_its_two_largest_units() {
        let now = moment(1_000_000_000);
        for (seconds, words) in [
            (0, "0 s behind"),
            (1, "1 s ahead"),
            (-59, "59 s behind"),
            (60, "1 min 0 s ahead"),
            (-3599, "59 min 59 s behind"),
            (3600, "1 h 0 min ahead"),
            (-86_399, "23 h 59 min behind"),
            (86_400, "1 d 0 h ahead"),
            (-180_000, "2 d 2 h behind"),
        ] {
            assert_eq!(distance(moment(now.as_second() + seconds), now), words);
        }
    }

    #[test]
    fn local_time_is_near_a_half_hour_that_is_on_the_map() {
        let now = moment(1_000_000_000);
        let offset = |seconds: i64| local_offset(moment(now.as_second() + seconds), now);
        for (seconds, expected) in [
            (3600, Some("UTC+01:00")),
            (3600 + 300, Some("UTC+01:00")),
            (3600 + 301, None),
            (3600 - 300, Some("UTC+01:00")),
            (3600 - 301, None),
            (5400, Some("UTC+01:30")),
            (-5400 - 299, Some("UTC-01:30")),
            (-3600, Some("UTC-01:00")),
            (1800, None),
            (-1800, None),
            (0, None),
            (14 * 3600, Some("UTC+14:00")),
            (14 * 3600 + 1800, None),
            (-14 * 3600, Some("UTC-14:00")),
        ] {
            assert_eq!(offset(seconds).as_deref(), expected, "{seconds}");
        }
    }

    #[test]
    fn only_real_minutes_are_read() {
        let read = |digits: &str| read(digits).map(|time| time.to_string());
        let leap = Some("2024-02-29T23:59:00Z".to_owned());
        assert_eq!(read("202402292359"), leap);
        assert_eq!(
            read("000101010000"),
            Some("0001-01-01T00:00:00Z".to_owned())
        );
        assert_eq!(read("999912312359"), Some(Timestamp::MAX.to_string()));
        for digits in [
            "000001010000",
            "202402302359",
            "202413012359",
            "202402292460",
            "2024",
        ] {
            assert_eq!(read(digits), None, "{digits}");
        }
    }
}
