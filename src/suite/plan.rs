//! The plan of a run: which scenarios, in which modes, in which order.

use super::{Scenario, Suite};
use crate::model::scenario::Modes;

/// One scenario in one mode.
#[derive(Debug, Clone, Copy)]
pub struct PlanEntry<'a> {
    /// Place in the plan; exchanges and reports are ordered by it.
    pub index: usize,
    pub scenario: &'a Scenario,
    /// Authentication mode; empty when none is configured.
    pub mode: &'a str,
    /// Chosen by `--only`, or by default.
    pub selected: bool,
}

/// What the operator wants to run: requirement ids, scenario ids, topics or areas;
/// empty for everything. A `*` at the end fits any rest.
#[derive(Debug, Clone, Default)]
pub struct Selection(pub Vec<String>);

impl Selection {
    /// Whether a word is selected.
    pub fn fits(&self, word: &str) -> bool {
        self.0
            .iter()
            .any(|selector| match selector.strip_suffix('*') {
                Some(prefix) => word.starts_with(prefix),
                None => selector.eq_ignore_ascii_case(word),
            })
    }

    /// Selectors that fit nothing in the suite.
    pub fn unknown<'s>(&'s self, suite: &Suite) -> Vec<&'s str> {
        let alone = |selector: &String| Self(vec![selector.clone()]);
        let known = |selector: &String| {
            let one = alone(selector);
            suite
                .catalogue
                .requirements
                .iter()
                .any(|row| one.fits(&row.id) || one.fits(&row.area))
                || suite
                    .scenarios
                    .iter()
                    .any(|scenario| one.fits(&scenario.id) || one.fits(&scenario.topic))
        };
        self.0
            .iter()
            .filter(|selector| !known(selector))
            .map(String::as_str)
            .collect()
    }

    fn selects(&self, suite: &Suite, scenario: &Scenario) -> bool {
        self.0.is_empty()
            // Discovery feeds all others.
            || !scenario.exports.is_empty()
            || self.fits(&scenario.id)
            || self.fits(&scenario.topic)
            || scenario.requirements.iter().chain(&scenario.provokes).any(|id| {
                self.fits(id) || suite.catalogue.get(id).is_some_and(|row| self.fits(&row.area))
            })
    }
}

/// Orders the scenarios: discovery first, then those that run alone, then the rest.
/// A scenario of `modes: each` stands once for each of the `modes`.
pub fn plan<'a>(
    suite: &'a Suite,
    modes: &'a [String],
    selection: &Selection,
) -> Vec<PlanEntry<'a>> {
    let rank = |scenario: &Scenario| match (scenario.exports.is_empty(), scenario.exclusive) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    };
    let mut scenarios: Vec<&Scenario> = suite.scenarios.iter().collect();
    scenarios.sort_by_key(|scenario| rank(scenario));
    let mut entries = Vec::new();
    for scenario in scenarios {
        let selected = selection.selects(suite, scenario);
        let in_modes: Vec<&str> = match (&scenario.needs.mode, scenario.modes) {
            (Some(mode), _) => vec![mode],
            (None, Modes::Each) if !modes.is_empty() => modes.iter().map(String::as_str).collect(),
            (None, _) => vec![modes.first().map_or("", String::as_str)],
        };
        for mode in in_modes {
            entries.push(PlanEntry {
                index: entries.len(),
                scenario,
                mode,
                selected,
            });
        }
    }
    entries
}
