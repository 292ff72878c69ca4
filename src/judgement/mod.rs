//! Named judgements: rules that scenarios call by name with parameters.
//!
//! A judgement is a pure function of its arguments: no clock, no network, no state.
//! It tells how many values it judged, because a pass that judged nothing is
//! `vacuous`, and what deviates. It never fails on what a connector sent; a mistake
//! in its parameters is an author's error.
//!
//! [`ALL`] is the registry; `assay list checks` and the scenario reference are made
//! from it. A new judgement is a unit struct in the family it belongs to and a line
//! in the registry.

mod arithmetic;
mod compare;
mod exchange;
mod handshake;
mod message;
mod schema;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::api::Api;
use crate::base::redact::Redactor;
use crate::model::exchange::WireResponse;
use crate::model::requirement::RequirementId;
use crate::soap::decode::Decoded;

/// All judgements, by name.
pub const ALL: &[&dyn Judgement] = &[
    &arithmetic::AlternativeArithmetic,
    &arithmetic::LineArithmetic,
    &compare::Preserved,
    &compare::ReturnedAsReceived,
    &compare::SameAs,
    &exchange::ContentType,
    &exchange::ErrorBody,
    &exchange::Latency,
    &exchange::NoCredentials,
    &exchange::NoRedirect,
    &exchange::NoServerError,
    &exchange::Utf8,
    &exchange::WellFormed,
    &handshake::SignedAnswer,
    &message::NoFault,
    &message::SoapEnvelope,
    &message::SoapMessage,
    &schema::BareResult,
    &schema::PropertyNames,
    &schema::Schema,
    &text::Image,
    &text::MultiLanguage,
    &text::NumbersInTexts,
];

/// The judgement of that name.
pub fn find(name: &str) -> Option<&'static dyn Judgement> {
    ALL.iter()
        .copied()
        .find(|judgement| judgement.name() == name)
}

/// A rule that scenarios call by name.
pub trait Judgement: Sync {
    /// Name in scenarios, kebab-case.
    fn name(&self) -> &'static str;

    /// What it accepts, in one or two sentences.
    fn summary(&self) -> &'static str;

    /// Parameters with their meaning.
    fn parameters(&self) -> &'static [Parameter];

    /// Judges; an `Err` is a mistake in the parameters.
    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String>;
}

/// A parameter of a judgement.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub required: bool,
    pub meaning: &'static str,
}

/// An exchange as judgements see it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Operation called, or the path of a raw request.
    pub operation: &'a str,
    /// Body sent, where it is JSON.
    pub request: Option<&'a Value>,
    /// Size of the body sent, in bytes.
    pub request_bytes: usize,
    pub response: &'a WireResponse,
    /// Body received, where it is JSON.
    pub answer: Option<&'a Value>,
    pub elapsed_ms: f64,
    /// The operation hands out credentials.
    pub authenticating: bool,
    /// The SOAP message received, where the API speaks SOAP.
    pub message: Option<&'a Decoded>,
}

/// What a judgement is given.
pub struct Arguments<'a> {
    /// Rendered parameters.
    pub with: &'a Map<String, Value>,
    /// The exchange, for judgements about one.
    pub facts: Option<&'a Facts<'a>>,
    pub api: &'a Api,
    /// Knows all credentials in use.
    pub secrets: &'a Redactor,
}

impl<'a> Arguments<'a> {
    /// A parameter; null when absent.
    pub fn get(&self, name: &str) -> &'a Value {
        self.with.get(name).unwrap_or(&Value::Null)
    }

    /// A list parameter of texts; empty when absent.
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>, String> {
        match self.get(name) {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => items
                .iter()
                .map(|item| {
                    item.as_str()
                        .ok_or_else(|| format!("`{name}` takes a list of texts"))
                })
                .collect(),
            _ => Err(format!("`{name}` takes a list of texts")),
        }
    }

    fn facts(&self) -> Result<&'a Facts<'a>, String> {
        self.facts
            .ok_or_else(|| "this judgement needs an exchange: use it on a `call`".to_owned())
    }
}

/// What a judgement says.
#[derive(Debug, Default)]
pub struct Judged {
    /// Number of values judged.
    pub values: u64,
    /// Where values are judged for several requirements: how many for each. The empty id
    /// stands for the check's own.
    pub shares: BTreeMap<RequirementId, u64>,
    pub deviations: Vec<Observed>,
}

impl Judged {
    /// Counts a value and notes a deviation unless it is fine.
    pub fn value(&mut self, fine: bool, deviation: impl FnOnce() -> Observed) {
        self.values += 1;
        if !fine {
            self.deviations.push(deviation());
        }
    }
}

/// One value that deviates.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Requirement charged in place of the check's.
    pub requirement: Option<RequirementId>,
    /// JSON Pointer into the answer.
    pub pointer: Option<String>,
    /// JSON Pointer into the OpenAPI document.
    pub schema: Option<String>,
    pub expected: String,
    pub actual: String,
}

impl Observed {
    pub fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            actual: actual.into(),
            ..Self::default()
        }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Charges a requirement of its own.
    #[must_use]
    pub fn charged(mut self, requirement: Option<&str>) -> Self {
        self.requirement = requirement.map(str::to_owned);
        self
    }
}

/// Every object in `value` with its pointer, outermost first.
pub fn objects(value: &Value) -> Vec<(String, &Map<String, Value>)> {
    let mut found = Vec::new();
    walk(value, &mut |pointer, value| {
        if let Value::Object(members) = value {
            found.push((pointer.to_owned(), members));
        }
    });
    found
}

/// Visits every value below and including `value`, with its pointer.
fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    fn at<'a>(value: &'a Value, pointer: &mut String, visit: &mut impl FnMut(&str, &'a Value)) {
        visit(pointer, value);
        let here = pointer.len();
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    at(item, pointer, visit);
                    pointer.truncate(here);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    pointer.push('/');
                    pointer.push_str(&crate::base::json::escape(name));
                    at(member, pointer, visit);
                    pointer.truncate(here);
                }
            }
            _ => {}
        }
    }
    at(value, &mut String::new(), visit);
}
