//! Judgements by the OpenAPI document.

use serde_json::Value;

use super::{Arguments, Judged, Judgement, Observed, Parameter};
use crate::api::SchemaError;
use crate::base::json::{brief, cut, escape};

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
        for error in verdict
            .errors
            .iter()
            .filter(|error| !is_wrong_result(error))
        {
            let charge = charge(arguments.get("rules"), facts.operation, error)?;
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

/// The requirement that the first fitting rule names; `None` without a rule.
fn charge(rules: &Value, operation: &str, error: &SchemaError) -> Result<Option<Value>, String> {
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
            && fits("component", &|wanted| {
                error.component.as_deref() == Some(wanted)
            })
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
                .at(format!("/{name}")),
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
