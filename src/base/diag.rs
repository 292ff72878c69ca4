//! Diagnostics about what an author wrote: where, what is wrong, what to do.

use std::fmt;

/// A place in a file; line and column count from 1, 0 means unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: u64,
    pub column: u64,
}

/// One mistake of an author, with its remedy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    pub place: Place,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line of the file, for the caret.
    pub source: Option<String>,
}

impl Diagnostic {
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            help: None,
            source: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Takes the line for the caret from the text of the file.
    #[must_use]
    pub fn in_text(mut self, text: &str) -> Self {
        let index = usize::try_from(self.place.line.saturating_sub(1)).unwrap_or(usize::MAX);
        self.source = (self.place.line > 0)
            .then(|| text.lines().nth(index))
            .flatten()
            .map(str::to_owned);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column } = &self.place;
        match line {
            0 => write!(f, "{file}: {}", self.message)?,
            _ => write!(f, "{file}:{line}:{column}: {}", self.message)?,
        }
        if let Some(source) = &self.source {
            let gutter = line.to_string();
            let blank = " ".repeat(gutter.len());
            let caret: String = source
                .chars()
                .take(usize::try_from(column.saturating_sub(1)).unwrap_or(0))
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            write!(f, "\n {gutter} | {source}\n {blank} | {caret}^")?;
        }
        match &self.help {
            Some(help) => write!(f, "\n   = {help}"),
            None => Ok(()),
        }
    }
}

/// The candidate that `word` was probably meant to be, if one is close enough.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                distance(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance of two words, by characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y))
                .min(above + 1)
                .min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_place_caret_and_remedy() {
        let place = Place {
            file: "a.yaml".to_owned(),
            line: 2,
            column: 3,
        };
        let shown = Diagnostic::new(place, "unknown step `cal`")
            .help("did you mean `call`?")
            .in_text("steps:\n  cal: X\n")
            .to_string();
        assert_eq!(
            shown,
            "a.yaml:2:3: unknown step `cal`\n 2 |   cal: X\n   |   ^\n   = did you mean `call`?"
        );
    }

    #[test]
    fn suggestions_are_near_or_absent() {
        assert_eq!(
            did_you_mean("FindProdukt", ["FindProduct", "GetProduct"]),
            Some("FindProduct")
        );
        assert_eq!(did_you_mean("zzz", ["FindProduct"]), None);
    }
}
