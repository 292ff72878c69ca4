//! Folds the events of a run into a report and writes it in every format.
//!
//! [`fold()`] is the only place that decides and counts; the writers are pure functions
//! of the finished [`Report`] and never compute a total of their own. Whatever stems
//! from a connector goes through `text` before it reaches a reader.

mod curl;
mod digest;
mod events;
mod findings;
pub mod fold;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod terminal;
pub(crate) mod text;
mod totals;
mod unmoved;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::model::report::Report;

pub use events::read_events;
pub use fold::{FoldError, fold};
pub use totals::{TotalsError, check_terminal, check_totals};

/// A format that a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportKind {
    /// One self-contained page for people.
    Html,
    /// JUnit XML for pipelines.
    Junit,
    /// The report as data.
    Json,
    /// Summary for a pipeline's page.
    Markdown,
}

impl ReportKind {
    /// All formats, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Html, Self::Junit, Self::Json, Self::Markdown];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Json => "json",
            Self::Markdown => "markdown",
        }
    }

    /// Name of the file in a run's folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Html => "report.html",
            Self::Junit => "junit.xml",
            Self::Json => "report.json",
            Self::Markdown => "summary.md",
        }
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown report kind `{0}`; known are html, junit, json, markdown (or summary)")]
pub struct UnknownKind(pub String);

impl FromStr for ReportKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "html" => Ok(Self::Html),
            "junit" => Ok(Self::Junit),
            "json" => Ok(Self::Json),
            "markdown" | "summary" => Ok(Self::Markdown),
            other => Err(UnknownKind(other.to_owned())),
        }
    }
}

/// Renders a report. The same report gives the same bytes.
pub fn render(kind: ReportKind, report: &Report) -> String {
    match kind {
        ReportKind::Html => html::write(report),
        ReportKind::Junit => junit::write(report),
        ReportKind::Json => json::write(report),
        ReportKind::Markdown => markdown::write(report),
    }
}
