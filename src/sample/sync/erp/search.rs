//! The search operators.

use std::cmp::Ordering;

use super::carriers::Refusal;
use super::values::{Cell, Kind};

/// Whether a value satisfies one restriction.
pub fn matches(
    kind: Kind,
    operator: &str,
    value: &Cell,
    arguments: &[String],
) -> Result<bool, Refusal> {
    match kind {
        Kind::Text | Kind::Password | Kind::Label => text(operator, value, arguments),
        Kind::Integer | Kind::Double => {
            ordered(
                kind,
                operator,
                value,
                arguments,
                |operator| match operator {
                    "=" => Some(Wanted::Equal),
                    "!=" => Some(Wanted::Unequal),
                    "<" => Some(Wanted::Less),
                    ">" => Some(Wanted::Greater),
                    "<=" => Some(Wanted::AtMost),
                    ">=" => Some(Wanted::AtLeast),
                    _ => None,
                },
            )
        }
        Kind::Datetime => ordered(
            kind,
            operator,
            value,
            arguments,
            |operator| match operator {
                "=" => Some(Wanted::Equal),
                "before" => Some(Wanted::Less),
                "after" => Some(Wanted::Greater),
                "beforeOrEqual" => Some(Wanted::AtMost),
                "afterOrEqual" => Some(Wanted::AtLeast),
                _ => None,
            },
        ),
        Kind::Checkbox => {
            let flag = |cell: &Cell| *cell == Cell::Flag(true);
            match operator {
                "=" => Ok(flag(value) == flag(&argument(kind, arguments)?)),
                _ => Err(unknown(kind, operator)),
            }
        }
        Kind::List => {
            let among = matches!(value, Cell::Item(item) if arguments.contains(item))
                || (*value == Cell::Empty && arguments.iter().any(String::is_empty));
            match operator {
                "oneof" => Ok(among),
                "notoneof" => Ok(!among),
                _ => Err(unknown(kind, operator)),
            }
        }
    }
}

/// What an ordering operator asks for.
#[derive(Clone, Copy)]
enum Wanted {
    Equal,
    Unequal,
    Less,
    Greater,
    AtMost,
    AtLeast,
}

fn text(operator: &str, value: &Cell, arguments: &[String]) -> Result<bool, Refusal> {
    let value = match value {
        Cell::Text(text) | Cell::Item(text) => text.to_lowercase(),
        _ => String::new(),
    };
    if operator == "between" {
        let [low, high] = arguments else {
            return Err(count("two values"));
        };
        return Ok(low.to_lowercase() <= value && value <= high.to_lowercase());
    }
    let [wanted] = arguments else {
        return Err(count("one value"));
    };
    let wanted = wanted.to_lowercase();
    Ok(match operator {
        "=" => value == wanted,
        "isnot" => value != wanted,
        "begins" => value.starts_with(&wanted),
        "notbegins" => !value.starts_with(&wanted),
        "contains" => value.contains(&wanted),
        "notcontains" => !value.contains(&wanted),
        "ends" => value.ends_with(&wanted),
        "notends" => !value.ends_with(&wanted),
        _ => return Err(unknown(Kind::Text, operator)),
    })
}

fn ordered(
    kind: Kind,
    operator: &str,
    value: &Cell,
    arguments: &[String],
    wanted: fn(&str) -> Option<Wanted>,
) -> Result<bool, Refusal> {
    if operator == "between" {
        let [low, high] = arguments else {
            return Err(count("two values"));
        };
        let order = |limit: &String| Ok(value.compare(&read(kind, limit)?));
        let (low, high) = (order(low)?, order(high)?);
        return Ok(low.is_some_and(Ordering::is_ge) && high.is_some_and(Ordering::is_le));
    }
    let wanted = wanted(operator).ok_or_else(|| unknown(kind, operator))?;
    let argument = argument(kind, arguments)?;
    let both_empty = *value == Cell::Empty && argument == Cell::Empty;
    let order = value.compare(&argument);
    let order = order.or(both_empty.then_some(Ordering::Equal));
    Ok(match wanted {
        Wanted::Equal => order.is_some_and(Ordering::is_eq),
        Wanted::Unequal => !order.is_some_and(Ordering::is_eq),
        Wanted::Less => order.is_some_and(Ordering::is_lt),
        Wanted::Greater => order.is_some_and(Ordering::is_gt),
        Wanted::AtMost => order.is_some_and(Ordering::is_le),
        Wanted::AtLeast => order.is_some_and(Ordering::is_ge),
    })
}

fn argument(kind: Kind, arguments: &[String]) -> Result<Cell, Refusal> {
    let [argument] = arguments else {
        return Err(count("one value"));
    };
    read(kind, argument)
}

fn read(kind: Kind, text: &str) -> Result<Cell, Refusal> {
    Cell::read(kind, text).ok_or_else(|| {
        Refusal::new(
            "The search has a value that does not fit its field.",
            "Søket har en verdi som ikke passer til feltet.",
            format!("An argument is no {} value.", kind.name()),
        )
    })
}

fn count(wanted: &str) -> Refusal {
    Refusal::new(
        "The search is not complete.",
        "Søket er ikke fullstendig.",
        format!("The operator takes {wanted}."),
    )
}

fn unknown(kind: Kind, operator: &str) -> Refusal {
    Refusal::new(
        "The search uses an operator that is not known.",
        "Søket bruker en ukjent operator.",
        format!("Operator {operator:?} is not defined for {}.", kind.name()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(kind: Kind, value: &str, operator: &str, arguments: &[&str]) -> Option<bool> {
        let cell = Cell::read(kind, value).unwrap_or(Cell::Empty);
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        matches(kind, operator, &cell, &arguments).ok()
    }

    #[test]
    fn text_is_compared_without_regard_to_case_and_complements_are_complements() {
        for (positive, negative, hit, miss) in [
            ("=", "isnot", "ORKDAL senter as", "Orkdal"),
            ("begins", "notbegins", "ork", "senter"),
            ("contains", "notcontains", "SENTER", "center"),
            ("ends", "notends", " AS", "Senter"),
        ] {
            for (argument, expected) in [(hit, true), (miss, false)] {
                let value = "Orkdal Senter AS";
                assert_eq!(
                    holds(Kind::Text, value, positive, &[argument]),
                    Some(expected)
                );
                assert_eq!(
                    holds(Kind::Text, value, negative, &[argument]),
                    Some(!expected)
                );
            }
        }
        assert_eq!(
            holds(Kind::Text, "beta", "between", &["BETA", "gamma"]),
            Some(true)
        );
        assert_eq!(
            holds(Kind::Text, "beta", "between", &["c", "d"]),
            Some(false)
        );
    }

    #[test]
    fn numbers_and_moments_are_compared_by_value() {
        for (operator, below, same, above) in [
            ("=", false, true, false),
            ("!=", true, false, true),
            (">", true, false, false),
            ("<", false, false, true),
            (">=", true, true, false),
            ("<=", false, true, true),
        ] {
            let holds = |argument| holds(Kind::Integer, "[I:5]", operator, &[argument]);
            assert_eq!(holds("4"), Some(below), "{operator}");
            assert_eq!(holds("[I:5]"), Some(same), "{operator}");
            assert_eq!(holds("[I:6]"), Some(above), "{operator}");
        }
        assert_eq!(
            holds(Kind::Double, "1.5", "between", &["[F:1.5]", "2"]),
            Some(true)
        );
        assert_eq!(holds(Kind::Double, "1.5", ">", &["1.49"]), Some(true));
        let day = |at: u8| format!("[DT:06/{at:02}/2020 12:00:00.0000000]");
        let (before, same, after) = (day(4), day(5), day(6));
        for (operator, expected) in [
            ("=", [false, true, false]),
            ("before", [false, false, true]),
            ("after", [true, false, false]),
            ("beforeOrEqual", [false, true, true]),
            ("afterOrEqual", [true, true, false]),
        ] {
            let found = [&before, &same, &after]
                .map(|argument| holds(Kind::Datetime, &same, operator, &[argument]));
            assert_eq!(found, expected.map(Some), "{operator}");
        }
        assert_eq!(
            holds(Kind::Datetime, &same, "between", &[&before, &same]),
            Some(true)
        );
    }

    #[test]
    fn boxes_and_lists_have_their_own_operators() {
        assert_eq!(holds(Kind::Checkbox, "[I:1]", "=", &["[I:1]"]), Some(true));
        assert_eq!(holds(Kind::Checkbox, "[I:1]", "=", &["0"]), Some(false));
        assert_eq!(holds(Kind::Checkbox, "[I:1]", "!=", &["0"]), None);
        assert_eq!(holds(Kind::List, "G4", "oneof", &["G1", "G4"]), Some(true));
        assert_eq!(holds(Kind::List, "G4", "notoneof", &["G1"]), Some(true));
        assert_eq!(holds(Kind::List, "G4", "=", &["G4"]), None);
        assert_eq!(holds(Kind::Text, "a", "like", &["a"]), None);
        assert_eq!(holds(Kind::Integer, "1", "=", &["x"]), None);
    }
}
