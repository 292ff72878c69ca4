//! From what a step saw to the state of its checks: pure, apart from noting results.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::world::Gate;
use crate::api::Api;
use crate::base::json::{brief, cut, same};
use crate::base::redact::Redactor;
use crate::expr::{Expr, Scope, from_json, to_json};
use crate::judgement::{Arguments, Facts, Judged, Observed};
use crate::model::event::{CheckResult, Deviation};
use crate::model::outcome::{FaultDomain, Outcome};
use crate::model::requirement::RequirementId;
use crate::suite::{Expectation, Rule, StatusRule};

/// Deviations kept of one check; all are counted.
const KEPT: usize = 20;

/// What one check has seen so far.
#[derive(Debug, Default)]
pub(super) struct CheckState {
    pub judged: u64,
    /// Values by requirement, where the judgement tells them apart.
    pub shares: BTreeMap<RequirementId, u64>,
    pub deviations: Vec<Deviation>,
    pub deviation_count: u64,
    pub blocked: Option<Gate>,
    /// Why it does not apply after all.
    pub not_applicable: Option<String>,
    pub error: Option<String>,
}

impl CheckState {
    pub(super) fn deviate(&mut self, deviation: Deviation) {
        self.deviation_count += 1;
        // Every requirement keeps a deviation that names it: without one it would count
        // as not violated.
        let named = self
            .deviations
            .iter()
            .any(|kept| kept.requirement == deviation.requirement);
        if self.deviations.len() < KEPT || !named {
            self.deviations.push(deviation);
        }
    }

    /// The first reason stands.
    pub(super) fn block(&mut self, gate: Gate) {
        self.blocked.get_or_insert(gate);
    }

    /// The result that this state amounts to.
    pub(super) fn result(self, base: CheckResult) -> CheckResult {
        let (outcome, reason, domain, cause) = if let Some(error) = self.error {
            (
                Outcome::Error,
                Some(error),
                Some(FaultDomain::Harness),
                None,
            )
        } else if self.deviation_count > 0 {
            (Outcome::Fail, None, Some(FaultDomain::Connector), None)
        } else if let Some(gate) = self.blocked {
            (
                Outcome::Blocked,
                Some(gate.reason),
                Some(gate.domain),
                Some(gate.cause),
            )
        } else if self.judged > 0 {
            (Outcome::Pass, None, None, None)
        } else if let Some(reason) = self.not_applicable {
            (Outcome::NotApplicable, Some(reason), None, None)
        } else {
            let reason = "ran, but nothing that came could be judged".to_owned();
            (
                Outcome::Vacuous,
                Some(reason),
                Some(FaultDomain::Connector),
                None,
            )
        };
        CheckResult {
            outcome,
            judged: self.judged,
            shares: self.shares,
            deviations: self.deviations,
            deviation_count: self.deviation_count,
            reason,
            domain,
            cause,
            ..base
        }
    }
}

/// A result with nothing in it.
pub(super) fn blank_result() -> CheckResult {
    CheckResult {
        check: String::new(),
        scenario: String::new(),
        scenario_title: String::new(),
        file: String::new(),
        line: 0,
        mode: String::new(),
        requirements: Vec::new(),
        outcome: Outcome::Vacuous,
        judged: 0,
        shares: BTreeMap::new(),
        deviations: Vec::new(),
        deviation_count: 0,
        reason: None,
        domain: None,
        cause: None,
        by_scope: false,
        round: 0,
    }
}

/// What an expectation is judged on.
pub struct Situation<'a> {
    pub scope: &'a Scope,
    /// The step's exchange, when it made one and an answer came.
    pub facts: Option<&'a Facts<'a>>,
    pub api: &'a Api,
    pub secrets: &'a Redactor,
}

/// Why an expectation could not be judged.
#[derive(Debug)]
pub enum Trouble {
    /// The author's mistake.
    Author(String),
    /// The answer does not have the shape that the expression needs.
    Shape(String),
}

/// Judges one expectation.
pub fn judge(expectation: &Expectation, situation: &Situation<'_>) -> Result<Judged, Trouble> {
    let mut judged = Judged::default();
    let Some(each) = &expectation.each else {
        judge_one(expectation, situation, situation.scope, None, &mut judged)?;
        return Ok(judged);
    };
    let list = to_json(&evaluate(each, situation.scope)?);
    let items: Vec<(String, Value)> = match list {
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| (format!("/{index}"), item))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let at = format!("/{}", crate::base::json::escape(&name));
                let mut entry = Map::new();
                entry.insert("key".to_owned(), Value::String(name));
                entry.insert("value".to_owned(), member);
                (at, Value::Object(entry))
            })
            .collect(),
        // Absent and null lists have no items; other values are the schema's business.
        _ => Vec::new(),
    };
    for (at, item) in items {
        let mut scope = situation.scope.clone();
        scope.set(&expectation.item, from_json(&item));
        judge_one(
            expectation,
            situation,
            &scope,
            Some((at, &item)),
            &mut judged,
        )?;
    }
    Ok(judged)
}

fn judge_one(
    expectation: &Expectation,
    situation: &Situation<'_>,
    scope: &Scope,
    item: Option<(String, &Value)>,
    judged: &mut Judged,
) -> Result<(), Trouble> {
    if let Some(filter) = &expectation.filter
        && !evaluate(filter, scope)?.is_true()
    {
        return Ok(());
    }
    let before = judged.deviations.len();
    match &expectation.rule {
        Rule::Status(rule) => judge_status(expectation, rule, situation, judged),
        Rule::That(that) => {
            let fine = evaluate(that, scope)?.is_true();
            judged.value(fine, || {
                let actual = match (&item, situation.facts) {
                    (Some((_, item)), _) => brief(item, 160),
                    (None, Some(facts)) => match facts.answer {
                        Some(answer) => {
                            format!("{} with {}", facts.response.status, brief(answer, 120))
                        }
                        None => facts.response.status.to_string(),
                    },
                    (None, None) => values_read(that, scope),
                };
                Observed::new(that.source(), actual)
            });
        }
        Rule::Judge { judgement, with } => {
            let mut rendered = Map::new();
            for (name, template) in with {
                if let Some(value) = template
                    .render(scope)
                    .map_err(|error| Trouble::Shape(error.to_string()))?
                {
                    rendered.insert(name.clone(), value);
                }
            }
            let arguments = Arguments {
                with: &rendered,
                facts: situation.facts,
                api: situation.api,
                secrets: situation.secrets,
            };
            let mut found = judgement.judge(&arguments).map_err(|message| {
                // A parameter that is undefined is a hole in the answer, not a mistake.
                let missing = with
                    .iter()
                    .any(|(name, _)| rendered.get(name).is_none_or(Value::is_null));
                if missing {
                    Trouble::Shape(message)
                } else {
                    Trouble::Author(message)
                }
            })?;
            judged.values += found.values;
            judged.deviations.append(&mut found.deviations);
        }
        Rule::Header { name, matches } => {
            if let Some(facts) = situation.facts {
                let mut values = facts
                    .response
                    .headers
                    .iter()
                    .filter(|(known, _)| known == name)
                    .map(|(_, value)| value.as_str());
                let value = facts.response.header(name);
                let fine =
                    values.any(|value| matches.as_ref().is_none_or(|regex| regex.is_match(value)));
                judged.value(fine, || {
                    let expected = match matches {
                        Some(regex) => format!("header {name} that matches {regex}"),
                        None => format!("header {name}"),
                    };
                    let actual = value.map_or_else(
                        || format!("no header {name}"),
                        |value| format!("{name}: {value}"),
                    );
                    Observed::new(expected, format!("{} with {actual}", facts.response.status))
                });
            }
        }
        Rule::Json {
            at,
            equals,
            kind,
            matches,
        } => {
            if let Some(facts) = situation.facts {
                let value = facts.answer.and_then(|answer| answer.pointer(at));
                judge_json(
                    at,
                    value,
                    equals.as_ref(),
                    kind.as_deref(),
                    matches.as_ref(),
                    scope,
                    judged,
                )?;
            }
        }
        Rule::Schema { component, value } => {
            let value = match value {
                Some(value) => {
                    let value = evaluate(value, scope)?;
                    (!value.is_undefined()).then(|| to_json(&value))
                }
                None => situation.facts.and_then(|facts| facts.answer).cloned(),
            };
            let there = value.is_some();
            let value = value.unwrap_or_default();
            let errors = situation
                .api
                .judge_component(component, &value)
                .unwrap_or_default();
            // Nothing fits a schema that takes null, and shows nothing.
            if errors.is_empty() && !there {
                return Ok(());
            }
            judged.value(errors.is_empty(), || match errors.first() {
                Some(error) => {
                    let mut observed = Observed::new(
                        format!("a {component}: {}", error.expected),
                        error.actual.clone(),
                    )
                    .at(error.instance.clone());
                    observed.schema = Some(error.schema.clone());
                    observed
                }
                None => Observed::default(),
            });
        }
    }
    for observed in &mut judged.deviations[before..] {
        dress(
            expectation,
            scope,
            item.as_ref().map(|(at, _)| at.as_str()),
            observed,
        );
    }
    Ok(())
}

/// Puts the author's words over the engine's.
fn dress(expectation: &Expectation, scope: &Scope, item_at: Option<&str>, observed: &mut Observed) {
    if let Some(expected) = expectation
        .expected
        .as_ref()
        .and_then(|text| text.render_text(scope).ok())
    {
        // A judgement's own values say more than the author's sentence alone.
        observed.expected = match &expectation.rule {
            Rule::Judge { .. } => format!("{expected}: {}", observed.expected),
            _ => expected,
        };
    }
    if let Some(actual) = expectation
        .actual
        .as_ref()
        .and_then(|expr| expr.eval(scope).ok())
    {
        observed.actual = match actual.as_str() {
            Some(text) => cut(text, 300),
            None => brief(&to_json(&actual), 300),
        };
    }
    if let Some(at) = expectation
        .at
        .as_ref()
        .and_then(|text| text.render_text(scope).ok())
    {
        observed.pointer = Some(format!(
            "{at}{}",
            observed.pointer.as_deref().unwrap_or_default()
        ));
    } else if observed.pointer.is_none() {
        // Items of the answer itself have a place in it; items of a capture do not.
        observed.pointer = item_at
            .filter(|_| {
                expectation
                    .each
                    .as_ref()
                    .is_some_and(|each| each.source().trim() == "answer")
            })
            .map(str::to_owned);
    }
}

fn judge_status(
    expectation: &Expectation,
    rule: &StatusRule,
    situation: &Situation<'_>,
    judged: &mut Judged,
) {
    let Some(facts) = situation.facts else { return };
    let status = facts.response.status;
    if rule.accepts(status) {
        judged.values += 1;
        return;
    }
    let accepted: Vec<String> = rule.accept.iter().map(ToString::to_string).collect();
    let actual = match facts.answer {
        Some(answer) => format!("{status} with {}", brief(answer, 160)),
        None if facts.response.body.is_empty() => format!("{status} without a body"),
        None => format!(
            "{status} with {}",
            cut(&String::from_utf8_lossy(&facts.response.body), 80)
        ),
    };
    let observed = Observed::new(format!("status {}", accepted.join(" or ")), actual);
    let charged = rule
        .otherwise
        .iter()
        .find(|(pattern, _)| pattern.fits(status))
        .map(|(_, ids)| ids);
    let charged = charged.unwrap_or(&expectation.requirements);
    // A status that charges no one says nothing about this check either.
    judged.values += u64::from(!charged.is_empty());
    for id in charged {
        judged.deviations.push(observed.clone().charged(Some(id)));
    }
}

fn judge_json(
    at: &str,
    value: Option<&Value>,
    equals: Option<&crate::expr::Template>,
    kind: Option<&str>,
    matches: Option<&regex::Regex>,
    scope: &Scope,
    judged: &mut Judged,
) -> Result<(), Trouble> {
    let shown = value.map_or_else(|| "nothing there".to_owned(), |value| brief(value, 120));
    if let Some(equals) = equals {
        let wanted = equals
            .render(scope)
            .map_err(|error| Trouble::Shape(error.to_string()))?
            .unwrap_or(Value::Null);
        let fine = value.is_some_and(|value| same(value, &wanted));
        judged.value(fine, || {
            Observed::new(brief(&wanted, 120), shown.clone()).at(at)
        });
    }
    if let Some(kind) = kind {
        let is = match value {
            Some(Value::Null) => "null",
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(_)) => "number",
            Some(Value::String(_)) => "string",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
            None => "nothing",
        };
        judged.value(is == kind, || {
            Observed::new(format!("a value of type {kind}"), shown.clone()).at(at)
        });
    }
    if let Some(matches) = matches {
        let fine = value
            .and_then(Value::as_str)
            .is_some_and(|text| matches.is_match(text));
        judged.value(fine, || {
            Observed::new(format!("a text that matches {matches}"), shown.clone()).at(at)
        });
    }
    if equals.is_none() && kind.is_none() && matches.is_none() {
        judged.value(value.is_some(), || {
            Observed::new("a value", shown.clone()).at(at)
        });
    }
    Ok(())
}

/// Evaluates with run-time errors read as a matter of shape: all names were resolved
/// when the suite was loaded, so what is left is data of an unexpected kind.
pub(super) fn evaluate(expr: &Expr, scope: &Scope) -> Result<crate::expr::Value, Trouble> {
    expr.eval(scope)
        .map_err(|error| Trouble::Shape(format!("`{}`: {error}", expr.source())))
}

/// The values an expression reads, for people.
fn values_read(expr: &Expr, scope: &Scope) -> String {
    let shown: Vec<String> = expr
        .names()
        .iter()
        .filter_map(|name| {
            scope
                .get(name)
                .map(|value| format!("{name} {}", brief(&to_json(value), 80)))
        })
        .collect();
    match shown.is_empty() {
        true => "it does not hold".to_owned(),
        false => shown.join(", "),
    }
}

#[cfg(test)]
mod tests;
