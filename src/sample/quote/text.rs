//! Texts for users: every one is a multi-language text (contract B.8), so that
//! the same answer suits every user of a customer.

use std::borrow::Cow;
use std::fmt;

/// One text in the languages that the sample speaks, English and Norwegian.
#[derive(Debug, Clone)]
pub struct Text {
    english: Cow<'static, str>,
    norwegian: Cow<'static, str>,
}

impl Text {
    /// A fixed text.
    pub const fn new(english: &'static str, norwegian: &'static str) -> Self {
        Self {
            english: Cow::Borrowed(english),
            norwegian: Cow::Borrowed(norwegian),
        }
    }

    /// A text made at run time; quotes and line breaks, which the format does not
    /// allow inside, are replaced.
    pub fn made(english: String, norwegian: String) -> Self {
        Self {
            english: Cow::Owned(tidy(&english)),
            norwegian: Cow::Owned(tidy(&norwegian)),
        }
    }

    /// Both texts, one after the other.
    pub fn and(self, other: &Self) -> Self {
        Self {
            english: Cow::Owned(format!("{} {}", self.english, other.english)),
            norwegian: Cow::Owned(format!("{} {}", self.norwegian, other.norwegian)),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "US:\"{}\";NO:\"{}\"", self.english, self.norwegian)
    }
}

/// Cuts a text from a request to what may be quoted in an answer.
pub fn quoted(input: &str) -> String {
    tidy(&input.chars().take(60).collect::<String>())
}

fn tidy(text: &str) -> String {
    text.chars()
        .map(|sign| match sign {
            '"' => '\'',
            sign if sign.is_control() => ' ',
            sign => sign,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_follows_the_grammar_whatever_is_quoted_in_it() {
        let text = Text::made(format!("No {}.", quoted("a\"b\nc")), "Nei.".to_owned());
        assert_eq!(text.to_string(), "US:\"No a'b c.\";NO:\"Nei.\"");
    }
}
