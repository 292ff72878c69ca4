//! Judgements about one exchange: transport, media type, errors, leaks.

use serde_json::Value;

use super::{Arguments, Facts, Judged, Judgement, Observed, Parameter};
use crate::base::json::{brief, cut};

const NONE: &[Parameter] = &[];

/// `content-type`
pub struct ContentType;

impl Judgement for ContentType {
    fn name(&self) -> &'static str {
        "content-type"
    }

    fn summary(&self) -> &'static str {
        "An answer with a body says that it is application/json; parameters are allowed."
    }

    fn parameters(&self) -> &'static [Parameter] {
        NONE
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let response = arguments.facts()?.response;
        let mut judged = Judged::default();
        if !response.body.is_empty() {
            let header = response.header("content-type").unwrap_or_default();
            let media = header.split(';').next().unwrap_or_default().trim();
            judged.value(media.eq_ignore_ascii_case("application/json"), || {
                let actual = match header {
                    "" => "no Content-Type header".to_owned(),
                    _ => format!("Content-Type: {}", cut(header, 80)),
                };
                Observed::new("Content-Type: application/json", actual)
            });
        }
        Ok(judged)
    }
}

/// `utf-8`
pub struct Utf8;

impl Judgement for Utf8 {
    fn name(&self) -> &'static str {
        "utf-8"
    }

    fn summary(&self) -> &'static str {
        "A body is UTF-8 and has no byte order mark."
    }

    fn parameters(&self) -> &'static [Parameter] {
        NONE
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let response = arguments.facts()?.response;
        let mut judged = Judged::default();
        // A body that was cut at the limit may end inside a character.
        if !response.body.is_empty() && !response.truncated {
            let body = &response.body;
            let marked = body.starts_with(&[0xEF, 0xBB, 0xBF])
                || body.starts_with(&[0xFE, 0xFF])
                || body.starts_with(&[0xFF, 0xFE]);
            let invalid = std::str::from_utf8(body).err();
            judged.value(!marked && invalid.is_none(), || {
                let actual = match invalid {
                    Some(error) if !marked => {
                        format!("byte {} does not belong to UTF-8 text", error.valid_up_to())
                    }
                    _ => "a byte order mark at the start".to_owned(),
                };
                Observed::new("UTF-8 without byte order mark", actual)
            });
        }
        Ok(judged)
    }
}

/// `well-formed`
pub struct WellFormed;

impl Judgement for WellFormed {
    fn name(&self) -> &'static str {
        "well-formed"
    }

    fn summary(&self) -> &'static str {
        "A successful answer with a body is well-formed JSON, and 200 has a body where the operation has a result."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "no_result",
            required: false,
            meaning: "operations without a result: an empty body and any body are fine",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        let free = arguments.texts("no_result")?.contains(&facts.operation);
        if facts.response.status == 200
            && !free
            && arguments.api.operation(facts.operation).is_some()
        {
            judged.value(facts.answer.is_some(), || {
                let actual = if facts.response.truncated {
                    format!(
                        "a body longer than the limit of {} bytes",
                        facts.response.body.len()
                    )
                } else if facts.response.body.is_empty() {
                    "an empty body".to_owned()
                } else {
                    format!(
                        "not JSON: {}",
                        cut(&String::from_utf8_lossy(&facts.response.body), 60)
                    )
                };
                Observed::new("a well-formed JSON body", actual)
            });
        }
        Ok(judged)
    }
}

/// `no-redirect`
pub struct NoRedirect;

impl Judgement for NoRedirect {
    fn name(&self) -> &'static str {
        "no-redirect"
    }

    fn summary(&self) -> &'static str {
        "The answer is not a redirect."
    }

    fn parameters(&self) -> &'static [Parameter] {
        NONE
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let response = arguments.facts()?.response;
        let mut judged = Judged::default();
        judged.value(!(300..400).contains(&response.status), || {
            let to = response.header("location").unwrap_or("nowhere");
            Observed::new(
                "an answer, not a redirect",
                format!("{} to {}", response.status, cut(to, 80)),
            )
        });
        Ok(judged)
    }
}

/// `error-body`
pub struct ErrorBody;

impl Judgement for ErrorBody {
    fn name(&self) -> &'static str {
        "error-body"
    }

    fn summary(&self) -> &'static str {
        "An error answer has a JSON body that satisfies a component schema and holds given members."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "component",
                required: true,
                meaning: "component schema of the body",
            },
            Parameter {
                name: "members",
                required: true,
                meaning: "members with the values they must have",
            },
            Parameter {
                name: "statuses",
                required: false,
                meaning: "statuses judged, such as [401]; every 4xx and 5xx when absent",
            },
            Parameter {
                name: "optional",
                required: false,
                meaning: "statuses whose body may be absent or of any kind",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let status = facts.response.status;
        let listed = |name: &str| -> Result<bool, String> {
            match arguments.get(name) {
                Value::Null => Ok(false),
                Value::Array(items) => Ok(items
                    .iter()
                    .any(|item| item.as_u64() == Some(status.into()))),
                _ => Err(format!("`{name}` takes a list of statuses")),
            }
        };
        let mut judged = Judged::default();
        let wanted = match arguments.get("statuses") {
            Value::Null => (400..600).contains(&status),
            _ => listed("statuses")?,
        };
        if !wanted || listed("optional")? {
            return Ok(judged);
        }
        let component = arguments
            .get("component")
            .as_str()
            .ok_or("`component` takes a name")?;
        let expected = || {
            let members = arguments.get("members").as_object().into_iter().flatten();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            format!("a {component} body with {}", members.join(" and "))
        };
        let Some(answer) = facts.answer.filter(|answer| answer.is_object()) else {
            let text = String::from_utf8_lossy(&facts.response.body);
            let actual = if text.is_empty() {
                "an empty body".to_owned()
            } else {
                cut(&text, 80)
            };
            judged.value(false, || {
                Observed::new(expected(), format!("{status} with {actual}"))
            });
            return Ok(judged);
        };
        let errors = arguments
            .api
            .judge_component(component, answer)
            .ok_or_else(|| {
                format!("component `{component}` does not exist in the OpenAPI document")
            })?;
        let members = arguments
            .get("members")
            .as_object()
            .ok_or("`members` takes an object")?;
        let wrong = members
            .iter()
            .find(|(name, value)| answer.get(name.as_str()) != Some(value));
        judged.value(errors.is_empty() && wrong.is_none(), || {
            match (errors.first(), wrong) {
                (Some(error), _) => Observed::new(
                    format!("a {component} body: {}", error.expected),
                    format!("{status} with {}", error.actual),
                )
                .at(error.instance.clone()),
                (None, Some((name, _))) => Observed::new(
                    expected(),
                    format!(
                        "{status} with {name} {}",
                        brief(answer.get(name.as_str()).unwrap_or(&Value::Null), 60)
                    ),
                )
                .at(format!("/{name}")),
                (None, None) => Observed::default(),
            }
        });
        Ok(judged)
    }
}

/// `no-server-error`
pub struct NoServerError;

impl Judgement for NoServerError {
    fn name(&self) -> &'static str {
        "no-server-error"
    }

    fn summary(&self) -> &'static str {
        "The answer is not a 5xx."
    }

    fn parameters(&self) -> &'static [Parameter] {
        NONE
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        let status = facts.response.status;
        // 503 and 429 are ways to say "later", which says nothing about the input.
        judged.value(!(500..600).contains(&status) || status == 503, || {
            Observed::new(
                "no server error",
                format!("{status} from {}", facts.operation),
            )
        });
        Ok(judged)
    }
}

/// `latency`
pub struct Latency;

impl Judgement for Latency {
    fn name(&self) -> &'static str {
        "latency"
    }

    fn summary(&self) -> &'static str {
        "The answer came within a time."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "limit_ms",
                required: true,
                meaning: "longest time in milliseconds",
            },
            Parameter {
                name: "light_bytes",
                required: false,
                meaning: "largest request that counts as light load; larger ones are not judged",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let limit = arguments
            .get("limit_ms")
            .as_f64()
            .ok_or("`limit_ms` takes a number")?;
        let mut judged = Judged::default();
        let light = arguments.get("light_bytes").as_u64();
        if light.is_some_and(|light| facts.request_bytes as u64 > light) {
            return Ok(judged);
        }
        judged.value(facts.elapsed_ms <= limit, || {
            Observed::new(
                format!("an answer within {limit:.0} ms"),
                format!("{} took {:.0} ms", facts.operation, facts.elapsed_ms),
            )
        });
        Ok(judged)
    }
}

/// `no-credentials`
pub struct NoCredentials;

impl Judgement for NoCredentials {
    fn name(&self) -> &'static str {
        "no-credentials"
    }

    fn summary(&self) -> &'static str {
        "No header and no body holds a secret, a signed token or an access token in use, in any encoding; answers that hand out tokens aside."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "members",
            required: false,
            meaning: "names of members: only their texts are looked at",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let mut judged = Judged::default();
        if facts.authenticating && (200..300).contains(&facts.response.status) {
            return Ok(judged);
        }
        let members = arguments.texts("members")?;
        if !members.is_empty() {
            judge_members(arguments, facts, &members, &mut judged);
            return Ok(judged);
        }
        let body = String::from_utf8_lossy(&facts.response.body);
        let places = facts
            .response
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let texts = places.chain(std::iter::once(("body", body.as_ref())));
        for (place, text) in texts.filter(|(_, text)| !text.is_empty()) {
            let leak = arguments.secrets.find_credential(text);
            judged.value(leak.is_none(), || {
                let label = leak.unwrap_or_default();
                let place = if place == "body" {
                    "the body".to_owned()
                } else {
                    format!("header {place}")
                };
                Observed::new(
                    "no credential in the answer",
                    format!("{place} holds {label}"),
                )
            });
        }
        Ok(judged)
    }
}

/// Looks at the texts of some members, wherever they are in the answer.
fn judge_members(
    arguments: &Arguments<'_>,
    facts: &Facts<'_>,
    members: &[&str],
    judged: &mut Judged,
) {
    let Some(answer) = facts.answer else { return };
    super::walk(answer, &mut |pointer, value| {
        let named = pointer
            .rsplit('/')
            .next()
            .is_some_and(|name| members.contains(&name));
        if let Some(text) = value.as_str().filter(|text| named && !text.is_empty()) {
            let leak = arguments.secrets.find_credential(text);
            judged.value(leak.is_none(), || {
                let label = leak.unwrap_or_default();
                Observed::new("no credential in this text", format!("it holds {label}")).at(pointer)
            });
        }
    });
}
