//! Judgements by the OpenAPI document.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Arguments, Facts, Judged, Judgement, Observed, Parameter};
use crate::api::{SchemaError, SchemaNode};
use crate::base::json::{brief, cut, escape};
use crate::model::requirement::RequirementId;

/// `schema`
pub struct Schema;

impl Judgement for Schema {
    fn name(&self) -> &'static str {
        "schema"
    }

    fn summary(&self) -> &'static str {
        "The answer satisfies the schema that the OpenAPI document gives for operation, status and media type. Rules send errors of some keywords to other requirements."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "rules",
            required: false,
            meaning: "list of {keyword, component, type, operation, requirement}: the first whose given members all fit names the requirement; requirement null drops the error",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        let Some(answer) = facts.answer else {
            return Ok(judged);
        };
        let status = facts.response.status;
        // Bodies of error answers are the business of `error-body`.
        if !(200..300).contains(&status) {
            return Ok(judged);
        }
        let media = facts
            .response
            .header("content-type")
            .unwrap_or("application/json");
        let media = if media.contains("json") {
            media
        } else {
            "application/json"
        };
        let verdict = arguments
            .api
            .judge_response(facts.operation, status, Some(media), answer);
        judged.values = verdict.values;
        judged.shares = shares(arguments, facts, answer)?;
        for error in verdict
            .errors
            .iter()
            .filter(|error| !is_wrong_result(error))
        {
            let component = error.component.as_deref();
            let found = Found {
                keyword: &error.keyword,
                component,
                node: &error.node,
            };
            let charge = charge(arguments.get("rules"), facts.operation, &found)?;
            if charge == Some(Value::Null) {
                continue;
            }
            let mut observed = Observed::new(error.expected.clone(), error.actual.clone())
                .at(error.instance.clone())
                .charged(charge.as_ref().and_then(Value::as_str));
            observed.schema = Some(error.schema.clone());
            judged.deviations.push(observed);
        }
        Ok(judged)
    }
}

/// The answer as a whole is of the wrong type: the business of `bare-result`.
fn is_wrong_result(error: &SchemaError) -> bool {
    error.instance.is_empty() && matches!(error.keyword.as_str(), "type" | "anyOf" | "oneOf")
}

/// A keyword of a schema that judges, or refuses, a value.
struct Found<'a> {
    keyword: &'a str,
    component: Option<&'a str>,
    node: &'a Value,
}

/// Values by the requirement that their errors would be charged to: what a rule speaks
/// of was judged only where its keywords met a value. Null meets none but the check's own.
fn shares(
    arguments: &Arguments<'_>,
    facts: &Facts<'_>,
    answer: &Value,
) -> Result<BTreeMap<RequirementId, u64>, String> {
    let mut shares = BTreeMap::new();
    let rules = arguments.get("rules");
    if rules.is_null() {
        return Ok(shares);
    }
    // Values of one kind in one schema are judged for the same requirements.
    let mut known: HashMap<(*const Value, &str), Option<RequirementId>> = HashMap::new();
    let mut trouble = None;
    let (mut last, mut named): (*const Value, Vec<RequirementId>) = (std::ptr::null(), Vec::new());
    let status = facts.response.status;
    let mut count = |value: &Value, schema: &SchemaNode<'_>, keyword| {
        let key = (std::ptr::from_ref(schema.node), keyword);
        let id = known.entry(key).or_insert_with(|| {
            let component = schema.component();
            let found = Found {
                keyword,
                component: component.as_deref(),
                node: schema.node,
            };
            match charge(rules, facts.operation, &found) {
                Ok(None) => Some(String::new()),
                Ok(Some(id)) => id.as_str().map(str::to_owned),
                Err(message) => {
                    trouble = Some(message);
                    None
                }
            }
        });
        let Some(id) = id.as_ref().filter(|id| id.is_empty() || !value.is_null()) else {
            return;
        };
        // A value counts once for a requirement, however many keywords judge it.
        if !std::ptr::eq(last, value) {
            last = std::ptr::from_ref(value);
            named.clear();
        }
        if !named.contains(id) {
            named.push(id.clone());
            *shares.entry(id.clone()).or_default() += 1;
        }
    };
    let api = arguments.api;
    api.judged(facts.operation, status, answer, &mut count);
    match trouble {
        Some(message) => Err(message),
        None => Ok(shares),
    }
}

/// The requirement that the first fitting rule names; `None` without a rule.
fn charge(rules: &Value, operation: &str, error: &Found<'_>) -> Result<Option<Value>, String> {
    let rules = match rules {
        Value::Null => return Ok(None),
        Value::Array(rules) => rules,
        _ => return Err("`rules` takes a list".to_owned()),
    };
    let has_type = |wanted: &str| match error.node.get("type") {
        Some(Value::String(kind)) => kind == wanted,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    };
    for rule in rules {
        let fits = |name: &str, test: &dyn Fn(&str) -> bool| {
            rule.get(name).and_then(Value::as_str).is_none_or(test)
        };
        if fits("keyword", &|wanted| wanted == error.keyword)
            && fits("component", &|wanted| error.component == Some(wanted))
            && fits("type", &has_type)
            && fits("operation", &|wanted| wanted == operation)
        {
            return Ok(Some(
                rule.get("requirement").cloned().unwrap_or(Value::Null),
            ));
        }
    }
    Ok(None)
}

/// `bare-result`
pub struct BareResult;

impl Judgement for BareResult {
    fn name(&self) -> &'static str {
        "bare-result"
    }

    fn summary(&self) -> &'static str {
        "The answer itself is of the type that the operation returns, not wrapped in another object."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "wrappers",
            required: false,
            meaning: "member names that give a wrapper away, compared without regard to case",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        // A null where a result is due says nothing about wrapping; the rows of the
        // operation judge what is missing then.
        let Some(answer) = facts
            .answer
            .filter(|answer| facts.response.status == 200 && !answer.is_null())
        else {
            return Ok(judged);
        };
        let verdict =
            arguments
                .api
                .judge_response(facts.operation, 200, Some("application/json"), answer);
        if !verdict.described || verdict.validator.is_none() {
            return Ok(judged);
        }
        let root = verdict.errors.iter().find(|error| is_wrong_result(error));
        let wrappers = arguments.texts("wrappers")?;
        let wrapped = answer
            .as_object()
            .filter(|members| members.len() <= 2)
            .and_then(|members| {
                let undeclared = arguments.api.undeclared(facts.operation, 200, answer);
                members
                    .keys()
                    .find(|name| {
                        wrappers
                            .iter()
                            .any(|wrapper| wrapper.eq_ignore_ascii_case(name))
                            && undeclared
                                .iter()
                                .any(|found| found.instance == format!("/{}", escape(name)))
                    })
                    .cloned()
            });
        judged.value(root.is_none() && wrapped.is_none(), || {
            match (root, wrapped) {
                (_, Some(name)) => Observed::new(
                    format!("the bare result of {}", facts.operation),
                    format!("an object that holds it as {name}"),
                )
                .at(format!("/{}", escape(&name))),
                (Some(error), None) => {
                    let mut observed =
                        Observed::new(error.expected.clone(), brief(answer, 80)).at(String::new());
                    observed.schema = Some(error.schema.clone());
                    observed
                }
                (None, None) => Observed::default(),
            }
        });
        Ok(judged)
    }
}

/// `property-names`
pub struct PropertyNames;

impl Judgement for PropertyNames {
    fn name(&self) -> &'static str {
        "property-names"
    }

    fn summary(&self) -> &'static str {
        "No property of the answer is a declared one in another spelling; properties that resemble none are additions and fine."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "misnomers",
            required: false,
            meaning: "object of wrong name to right name: former or wrong names that are deviations too",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        let status = facts.response.status;
        let Some(answer) = facts.answer.filter(|_| (200..300).contains(&status)) else {
            return Ok(judged);
        };
        judged.values = super::objects(answer)
            .iter()
            .map(|(_, members)| members.len() as u64)
            .sum();
        for found in arguments.api.undeclared(facts.operation, status, answer) {
            let known = arguments
                .get("misnomers")
                .get(&found.name)
                .and_then(Value::as_str);
            if let Some(right) = found.resembles.as_deref().or(known) {
                judged.deviations.push(
                    Observed::new(
                        format!("property {right}"),
                        format!("property {}", cut(&found.name, 80)),
                    )
                    .at(found.instance.clone()),
                );
            }
        }
        Ok(judged)
    }
}
