//! Field values: what they are, and how they are written as text.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Checkbox,
    Text,
    Password,
    Integer,
    Double,
    List,
    Datetime,
    Label,
}

impl Kind {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkbox => "Checkbox",
            Self::Text => "Text",
            Self::Password => "Password",
            Self::Integer => "Integer",
            Self::Double => "Double",
            Self::List => "List",
            Self::Datetime => "Datetime",
            Self::Label => "Label",
        }
    }
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    Whole(i64),
    Fraction(Decimal),
    Flag(bool),
    Moment(DateTime),
    Item(String),
}

impl Cell {
    /// Reads a value, with its marker or bare; `None` when it is not of the type.
    pub fn read(kind: Kind, text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Empty);
        }
        match kind {
            Kind::Text | Kind::Password | Kind::Label => Some(Self::Text(text.to_owned())),
            Kind::List => Some(Self::Item(text.to_owned())),
            Kind::Integer => number(text)
                .filter(Decimal::is_integer)?
                .to_i64()
                .map(Self::Whole),
            Kind::Double => number(text).map(Self::Fraction),
            Kind::Checkbox => flag(text).map(Self::Flag),
            Kind::Datetime => moment(text).map(Self::Moment),
        }
    }

    /// The value as the contract writes it.
    pub fn write(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Item(text) => text.clone(),
            Self::Whole(number) => format!("[I:{number}]"),
            Self::Fraction(number) => format!("[F:{}]", number.normalize()),
            Self::Flag(flag) => format!("[I:{}]", u8::from(*flag)),
            Self::Moment(moment) => {
                format!("[DT:{}]", moment.strftime("%m/%d/%Y %H:%M:%S%.7f"))
            }
        }
    }

    /// How two values of one type compare; none when one of them is empty.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(right)),
            (Self::Fraction(left), Self::Fraction(right)) => Some(left.cmp(right)),
            (Self::Flag(left), Self::Flag(right)) => Some(left.cmp(right)),
            (Self::Moment(left), Self::Moment(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) | (Self::Item(left), Self::Item(right)) => {
                Some(left.cmp(right))
            }
            _ => None,
        }
    }
}

/// What stands between `[MARKER:` and `]`.
fn marked<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.strip_prefix(marker)?.strip_prefix(':')
}

fn number(text: &str) -> Option<Decimal> {
    let digits = ["I", "F", "M"]
        .iter()
        .find_map(|marker| marked(text, marker))
        .unwrap_or(text)
        .trim();
    digits
        .parse()
        .ok()
        .or_else(|| Decimal::from_scientific(digits).ok())
}

fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        "true" => Some(true),
        "false" => Some(false),
        other => match number(other)?.to_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

fn moment(text: &str) -> Option<DateTime> {
    let inner = ["DT", "D"]
        .iter()
        .find_map(|marker| marked(text, marker))
        .unwrap_or(text)
        .trim();
    let day = |format| Date::strptime(format, inner).ok().map(DateTime::from);
    DateTime::strptime("%m/%d/%Y %H:%M:%S%.f", inner)
        .ok()
        .or_else(|| day("%m/%d/%Y"))
        .or_else(|| inner.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_marker_and_bare_and_written_with() {
        for (kind, given, written) in [
            (Kind::Integer, "[I:12345]", "[I:12345]"),
            (Kind::Integer, "-3", "[I:-3]"),
            (Kind::Double, "[F:12345.6789]", "[F:12345.6789]"),
            (Kind::Double, "0.50", "[F:0.5]"),
            (Kind::Checkbox, "[I:1]", "[I:1]"),
            (Kind::Checkbox, "0", "[I:0]"),
            (
                Kind::Datetime,
                "[DT:12/31/2013 23:59:59.0000000]",
                "[DT:12/31/2013 23:59:59.0000000]",
            ),
            (
                Kind::Datetime,
                "12/31/2013 23:59:59",
                "[DT:12/31/2013 23:59:59.0000000]",
            ),
            (
                Kind::Datetime,
                "[D:01/02/2020]",
                "[DT:01/02/2020 00:00:00.0000000]",
            ),
            (Kind::List, "G4", "G4"),
            (Kind::Text, "[I:5]", "[I:5]"),
            (Kind::Datetime, "", ""),
        ] {
            let read = Cell::read(kind, given).map(|cell| cell.write());
            assert_eq!(read.as_deref(), Some(written), "{given}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_is_not_read() {
        for (kind, given) in [
            (Kind::Integer, "[I:x]"),
            (Kind::Integer, "1.5"),
            (Kind::Double, "1,5"),
            (Kind::Double, "[D:0.0]"),
            (Kind::Checkbox, "2"),
            (Kind::Datetime, "31/12/2013 00:00:00"),
            (Kind::Datetime, "yesterday"),
        ] {
            assert_eq!(Cell::read(kind, given), None, "{given}");
        }
    }
}
