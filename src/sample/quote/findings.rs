//! Remarks on lines, alternatives and versions: what becomes Status and Reason.

use serde_json::Value;

use super::text::Text;
use super::wire::{Object, put};

/// Levels of QuoteStatusInfo; they rise in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    #[default]
    Ok,
    OkWithInfo,
    Warning,
    Error,
}

impl Level {
    /// Name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "Ok",
            Self::OkWithInfo => "OkWithInfo",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }
}

/// The remarks on one carrier.
#[derive(Debug, Default)]
pub struct Findings {
    /// The highest level among the remarks.
    pub level: Level,
    text: Option<Text>,
}

impl Findings {
    /// Adds a remark.
    pub fn report(&mut self, level: Level, text: &Text) {
        self.level = self.level.max(level);
        self.text = Some(match self.text.take() {
            Some(earlier) => earlier.and(text),
            None => text.clone(),
        });
    }

    /// Adds a remark if it applies.
    pub fn report_if(&mut self, applies: bool, level: Level, text: &Text) {
        if applies {
            self.report(level, text);
        }
    }

    /// Sets Status and Reason; whatever an earlier call left there is replaced.
    pub fn write(self, carrier: &mut Object) -> Level {
        put(carrier, "Status", self.level.name());
        put(
            carrier,
            "Reason",
            Value::String(self.text.map(|t| t.to_string()).unwrap_or_default()),
        );
        self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_level_wins_and_all_reasons_are_told() {
        let mut findings = Findings::default();
        findings.report(Level::Error, &Text::new("One.", "En."));
        findings.report(Level::OkWithInfo, &Text::new("Two.", "To."));
        let mut line = Object::new();
        assert_eq!(findings.write(&mut line), Level::Error);
        assert_eq!(line["Status"], "Error");
        assert_eq!(line["Reason"], "US:\"One. Two.\";NO:\"En. To.\"");
    }
}
