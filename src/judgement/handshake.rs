//! Judgement on the token with which a connector answers a handshake.

use jiff::Timestamp;

use super::{Arguments, Judged, Judgement, Observed, Parameter};
use crate::auth::{ApplicationKey, Aspect, Ruling, examine_answer};

/// The token that a connector has signed.
pub struct SignedAnswer;

impl Judgement for SignedAnswer {
    fn name(&self) -> &'static str {
        "signed-answer"
    }

    fn summary(&self) -> &'static str {
        "A token that answers a handshake holds the nonce, the time and the signature that it must; the aspects are charged one by one."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "token",
                required: true,
                meaning: "the token as it came; blank is not judged",
            },
            Parameter {
                name: "nonce",
                required: true,
                meaning: "the nonce that was sent",
            },
            Parameter {
                name: "key",
                required: true,
                meaning: "public half of the application's key: RSA XML, PEM or certificate",
            },
            Parameter {
                name: "at",
                required: true,
                meaning: "seconds since 1970 at which it came",
            },
            Parameter {
                name: "aspects",
                required: true,
                meaning: "aspects to judge: parts, nonce, timestamp, clock, alphabet, signature, key, length, white-space, format",
            },
        ]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let mut judged = Judged::default();
        let aspects = arguments.texts("aspects")?;
        if let Some(unknown) = aspects
            .iter()
            .find(|name| !Aspect::ALL.iter().any(|aspect| aspect.name() == **name))
        {
            return Err(format!("`aspects`: there is no aspect `{unknown}`"));
        }
        let text = |name: &str| arguments.get(name).as_str().unwrap_or_default();
        let (token, nonce) = (text("token"), text("nonce"));
        if token.trim().is_empty() {
            return Ok(judged);
        }
        let key = ApplicationKey::parse(text("key")).map_err(|error| format!("`key`: {error}"))?;
        let at = arguments
            .get("at")
            .as_i64()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or("`at` takes seconds since 1970")?;
        let examination = examine_answer(token, nonce, &key, at);
        for finding in &examination.findings {
            if !finding.judged() || !aspects.contains(&finding.aspect.name()) {
                continue;
            }
            // What only matches a description is tolerated (a fact for the report).
            let fine = matches!(finding.ruling, Ruling::Holds | Ruling::Tolerated);
            judged.value(fine, || {
                Observed::new(
                    finding.expected.clone(),
                    format!("{}; the token is {}", finding.actual, examination.shown),
                )
            });
        }
        Ok(judged)
    }
}
