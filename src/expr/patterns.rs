//! Regular expressions of scenarios, compiled once: a rule on every exchange asks for
//! the same ones thousands of times in a run, and compiling costs more than matching.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use regex::Regex;

/// Patterns that are kept. A scenario may build patterns from answers, which never end.
const KEPT: usize = 512;

static KNOWN: LazyLock<RwLock<HashMap<String, Regex>>> = LazyLock::new(RwLock::default);

/// The compiled pattern, or why it is none.
pub(super) fn compiled(pattern: &str) -> Result<Regex, minijinja::Error> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known.get(pattern) {
        return Ok(regex.clone());
    }
    drop(known);
    let regex = Regex::new(pattern).map_err(|error| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, error.to_string())
    })?;
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() == KEPT {
        known.clear();
    }
    known.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_without_end_do_not_fill_the_memory() {
        for number in 0..2 * KEPT {
            let regex = compiled(&format!("^{number}$")).expect("a pattern");
            assert!(regex.is_match(&number.to_string()));
            assert!(!regex.is_match("none"));
        }
        assert!(KNOWN.read().expect("patterns").len() <= KEPT);
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        assert!(compiled("(").is_err());
    }
}
