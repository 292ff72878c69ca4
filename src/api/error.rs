//! What is wrong with a document: every mistake at once, each with its place.

use std::fmt;

use super::load::located;
use crate::base::diag::{Diagnostic, Place};

/// One mistake in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON Pointer of the mistake; empty for a syntax error.
    pub pointer: String,
    /// Line in the text, from 1; 0 where it is not known.
    pub line: u64,
    /// Column in the text, from 1; 0 where it is not known.
    pub column: u64,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A mistake at a JSON Pointer; the text position is added when all are known.
    pub(super) fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            line: 0,
            column: 0,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why a text is not an OpenAPI document that Assay can judge with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ApiError {
    /// Name under which the text was given.
    pub origin: String,
    /// Every mistake found, at least one, in the order of the document.
    pub problems: Vec<Problem>,
}

impl ApiError {
    /// The problems of a text, with line and column where they are to be had.
    pub(super) fn new(text: &str, origin: &str, problems: Vec<Problem>) -> Self {
        Self {
            origin: origin.to_owned(),
            problems: located(text, problems),
        }
    }

    /// The mistakes as diagnostics, with the line of the text for the caret.
    pub fn diagnostics(&self, text: &str) -> Vec<Diagnostic> {
        self.problems
            .iter()
            .map(|problem| self.diagnostic(problem).in_text(text))
            .collect()
    }

    fn diagnostic(&self, problem: &Problem) -> Diagnostic {
        let place = Place {
            file: self.origin.clone(),
            line: problem.line,
            column: problem.column,
        };
        let message = match problem.pointer.as_str() {
            "" => problem.message.clone(),
            pointer => format!("{} (at {pointer})", problem.message),
        };
        let diagnostic = Diagnostic::new(place, message);
        match &problem.help {
            Some(help) => diagnostic.help(help.clone()),
            None => diagnostic,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", self.diagnostic(problem))?;
        }
        Ok(())
    }
}
