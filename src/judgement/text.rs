//! Judgements about texts: images, multi-language texts, numbers inside texts.

use std::sync::LazyLock;

use base64::Engine as _;
use regex::Regex;
use serde_json::Value;

use super::{Arguments, Judged, Judgement, Observed, Parameter, walk};
use crate::base::json::cut;

/// `image`
pub struct Image;

impl Judgement for Image {
    fn name(&self) -> &'static str {
        "image"
    }

    fn summary(&self) -> &'static str {
        "A text is base64 of PNG, JPG or GIF data without a data prefix, or an absolute http(s) URL."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "value",
                required: true,
                meaning: "the text, or a list of texts",
            },
            Parameter {
                name: "nullable",
                required: false,
                meaning: "true: null and blank are not judged",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let nullable = arguments.get("nullable") == &Value::Bool(true);
        let mut judged = Judged::default();
        let value = arguments.get("value");
        let values = match value {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        for value in values {
            let blank =
                value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
            if nullable && blank {
                continue;
            }
            let problem = image_problem(value);
            judged.value(problem.is_none(), || {
                Observed::new(
                    "base64 of PNG, JPG or GIF data, or an absolute http(s) URL",
                    problem.unwrap_or_default(),
                )
            });
        }
        Ok(judged)
    }
}

/// What keeps a value from being an image text.
fn image_problem(value: &Value) -> Option<String> {
    let Some(text) = value.as_str() else {
        return Some(cut(&value.to_string(), 60));
    };
    if text.starts_with("http://") || text.starts_with("https://") {
        let host = reqwest::Url::parse(text)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        return host
            .is_none()
            .then(|| format!("not a URL: {}", cut(text, 60)));
    }
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    match base64::engine::general_purpose::STANDARD.decode(&compact) {
        Ok(bytes) => {
            let known: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"];
            let fine = known.iter().any(|magic| bytes.starts_with(magic));
            (!fine).then(|| "base64 of data that is neither PNG, JPG nor GIF".to_owned())
        }
        Err(_) => Some(format!(
            "neither base64 nor an absolute URL: {}",
            cut(text, 60)
        )),
    }
}

/// `multi-language`
pub struct MultiLanguage;

static MULTI_LANGUAGE_START: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^[A-Z]{2}:""#).expect("a constant pattern"));
static MULTI_LANGUAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^[A-Z]{2}:"[^"]*"(;[A-Z]{2}:"[^"]*")*;?$"#).expect("a constant pattern")
});

impl Judgement for MultiLanguage {
    fn name(&self) -> &'static str {
        "multi-language"
    }

    fn summary(&self) -> &'static str {
        "Every text that starts like a multi-language text (two capitals, colon, quote) follows its grammar."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "members",
            required: true,
            meaning: "names of members that may hold such texts",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let members = arguments.texts("members")?;
        let mut judged = Judged::default();
        let Some(answer) = arguments.facts()?.answer else {
            return Ok(judged);
        };
        walk(answer, &mut |pointer, value| {
            let text = value.as_str().unwrap_or_default();
            let named = pointer
                .rsplit('/')
                .next()
                .is_some_and(|name| members.contains(&name));
            if named && MULTI_LANGUAGE_START.is_match(text) {
                judged.value(MULTI_LANGUAGE.is_match(text), || {
                    Observed::new(
                        r#"LL:"text" parts separated by semicolons, no quotes inside"#,
                        cut(text, 120),
                    )
                    .at(pointer)
                });
            }
        });
        Ok(judged)
    }
}

/// `numbers-in-texts`
pub struct NumbersInTexts;

static ENCODED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[(I|F|M):([^\]]*)\]").expect("a constant pattern"));
static INTEGER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^-?\d+$").expect("a constant pattern"));
static DECIMAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$").expect("a constant pattern"));

impl Judgement for NumbersInTexts {
    fn name(&self) -> &'static str {
        "numbers-in-texts"
    }

    fn summary(&self) -> &'static str {
        "Encoded numbers inside texts, such as [F:123.45], have a period as decimal separator and no grouping."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "plain",
            required: false,
            meaning: "list of {kind, value}: members `kind` Integer or Double whose text `value` must be such a number, plain or encoded",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let mut judged = Judged::default();
        let Some(answer) = arguments.facts()?.answer else {
            return Ok(judged);
        };
        walk(answer, &mut |pointer, value| {
            for found in ENCODED.captures_iter(value.as_str().unwrap_or_default()) {
                let pattern = if &found[1] == "I" { &INTEGER } else { &DECIMAL };
                judged.value(pattern.is_match(&found[2]), || {
                    Observed::new("a number with a period and no grouping", cut(&found[0], 60))
                        .at(pointer)
                });
            }
        });
        for rule in arguments.get("plain").as_array().into_iter().flatten() {
            let (Some(kind), Some(member)) = (
                rule.get("kind").and_then(Value::as_str),
                rule.get("value").and_then(Value::as_str),
            ) else {
                return Err("`plain` takes a list of {kind, value}".to_owned());
            };
            for (pointer, members) in super::objects(answer) {
                let numeric = members.get(kind).and_then(Value::as_str) == Some("Double");
                let text = members
                    .get(member)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .trim();
                if numeric && !text.is_empty() && !text.starts_with('[') {
                    judged.value(DECIMAL.is_match(text), || {
                        Observed::new("a number with a period and no grouping", cut(text, 60))
                            .at(format!("{pointer}/{member}"))
                    });
                }
            }
        }
        Ok(judged)
    }
}
