//! Findings on their way, and texts as reports show them.

use jiff::Timestamp;

use super::{Aspect, Finding, Ruling};

/// Characters of a part that reports show.
pub(super) const SHOWN: usize = 64;

/// Characters of a signature that reports show.
const SHOWN_OF_SIGNATURE: usize = 8;

/// Findings as they come; [`complete`](Self::complete) puts them in order.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(
        &mut self,
        aspect: Aspect,
        ruling: Ruling,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.0.push(Finding {
            aspect,
            ruling,
            expected: expected.into(),
            actual: actual.into(),
        });
    }

    pub(super) fn rule(
        &mut self,
        aspect: Aspect,
        holds: bool,
        expected: &str,
        actual: impl Into<String>,
    ) {
        let ruling = if holds { Ruling::Holds } else { Ruling::Fails };
        self.add(aspect, ruling, expected, actual);
    }

    pub(super) fn skip(&mut self, aspect: Aspect, expected: &str, reason: impl Into<String>) {
        self.add(aspect, Ruling::NotJudged, expected, reason);
    }

    /// Lets the signature fail for this reason, beside any other.
    pub(super) fn refuse_signature(&mut self, reason: &str) {
        for finding in &mut self.0 {
            if finding.aspect == Aspect::Signature {
                finding.actual = if finding.fails() {
                    format!("{reason}; {}", finding.actual)
                } else {
                    reason.to_owned()
                };
                finding.ruling = Ruling::Fails;
            }
        }
    }

    /// One finding for each aspect; what nothing was said about is not judged.
    pub(super) fn complete(self) -> Vec<Finding> {
        let mut found = self.0;
        Aspect::ALL
            .iter()
            .map(|aspect| {
                let at = found.iter().position(|finding| finding.aspect == *aspect);
                at.map(|at| found.swap_remove(at)).unwrap_or(Finding {
                    aspect: *aspect,
                    ruling: Ruling::NotJudged,
                    expected: String::new(),
                    actual: "there is nothing to judge it by".to_owned(),
                })
            })
            .collect()
    }
}

/// A moment without fractions of a second.
pub(super) fn second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The answer with each part cut, all after the second one to eight characters.
pub(super) fn shown_token(parts: &[&str]) -> String {
    const MOST: usize = 8;
    let mut texts: Vec<String> = parts
        .iter()
        .take(MOST)
        .enumerate()
        .map(|(index, part)| shown(part, if index < 2 { SHOWN } else { SHOWN_OF_SIGNATURE }))
        .collect();
    if parts.len() > MOST {
        texts.push("…".to_owned());
    }
    texts.join(".")
}

/// At most so many characters, those that do not print as escapes.
pub(super) fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(most) {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_without_the_most_of_its_signature() {
        let long = "x".repeat(65);
        let (text, signature) = (format!("{}…", "x".repeat(64)), "xxxxxxxx…");
        let parts = [long.as_str(); 3];
        assert_eq!(shown_token(&parts), format!("{text}.{text}.{signature}"));
        assert_eq!(shown_token(&["a", "b", "12345678"]), "a.b.12345678");
        assert_eq!(shown_token(&["a"; 8]), "a.a.a.a.a.a.a.a");
        assert_eq!(shown_token(&["a"; 9]), "a.a.a.a.a.a.a.a.…");
    }

    #[test]
    fn what_does_not_print_is_shown_as_escape() {
        assert_eq!(shown("\u{7}a\n\"'\\é", 9), "\\u{7}a\\n\"'\\é");
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("abcd", 3), "abc…");
    }

    #[test]
    fn a_refused_signature_fails_beside_other_reasons() {
        let refused = |ruling, actual: &str| {
            let mut findings = Findings::default();
            findings.add(Aspect::Nonce, Ruling::Holds, "due", "the nonce");
            findings.add(Aspect::Signature, ruling, "due", actual);
            findings.refuse_signature("refused");
            let found = findings.complete();
            let nonce = found.iter().find(|one| one.aspect == Aspect::Nonce);
            assert_eq!(nonce.expect("one").ruling, Ruling::Holds);
            let signature = found.iter().find(|one| one.aspect == Aspect::Signature);
            let signature = signature.expect("one");
            assert_eq!(signature.ruling, Ruling::Fails);
            signature.actual.clone()
        };
        assert_eq!(refused(Ruling::Holds, "it verifies"), "refused");
        assert_eq!(refused(Ruling::Fails, "no match"), "refused; no match");
    }
}
