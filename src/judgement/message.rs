//! Judgements on SOAP messages: the envelope and how it travels, the wire format of
//! the carrier, and faults where a result is due.

use super::{Arguments, Facts, Judged, Judgement, Observed, Parameter};
use crate::base::json::cut;
use crate::soap::ENVELOPE;
use crate::soap::decode::{Decoded, Issue, IssueKind};

fn message<'a>(facts: &Facts<'a>) -> Result<&'a Decoded, String> {
    facts
        .message
        .ok_or_else(|| "this judgement needs an API that speaks SOAP".to_owned())
}

fn observed(issue: &Issue) -> Observed {
    let observed = Observed::new(issue.expected.clone(), issue.actual.clone());
    match issue.at.is_empty() {
        true => observed,
        false => observed.at(issue.at.clone()),
    }
}

/// An answer is a SOAP 1.1 envelope over HTTP.
pub struct SoapEnvelope;

impl Judgement for SoapEnvelope {
    fn name(&self) -> &'static str {
        "soap-envelope"
    }

    fn summary(&self) -> &'static str {
        "A result or fault is a SOAP 1.1 envelope without DTD, sent as text/xml, a result with 200 and a fault with 500."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let message = message(facts)?;
        let mut judged = Judged::default();
        // Only operations are answered by messages; a page about the service is none.
        if !message.expected {
            return Ok(judged);
        }
        let status = facts.response.status;
        // Other errors may have any body: a proxy's page is no message.
        if status != 200 && !message.envelope {
            return Ok(judged);
        }
        let kind = facts.response.header("content-type").unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        judged.value(essence.eq_ignore_ascii_case("text/xml"), || {
            let actual = match kind {
                "" => "no Content-Type".to_owned(),
                kind => format!("Content-Type: {}", cut(kind, 80)),
            };
            Observed::new("Content-Type text/xml", actual)
        });
        for issue in &message.issues {
            if matches!(issue.kind, IssueKind::Envelope | IssueKind::Dtd) {
                judged.deviations.push(observed(issue));
            }
        }
        if let Some(fault) = &message.fault {
            judged.value(status == 500, || {
                Observed::new(
                    "a fault with status 500",
                    format!("{status} with the fault {}", cut(&fault.string, 80)),
                )
            });
        } else if message.answer.is_some() {
            judged.value(status == 200, || {
                Observed::new(
                    "a result with status 200",
                    format!("{status} with a result"),
                )
            });
        } else if !message.envelope && !message.unreadable() {
            judged.value(false, || {
                Observed::new(
                    format!("an envelope in namespace {ENVELOPE}"),
                    match facts.response.body.is_empty() {
                        true => "an empty body".to_owned(),
                        false => cut(&String::from_utf8_lossy(&facts.response.body), 80),
                    },
                )
            });
        }
        Ok(judged)
    }
}

/// The wire format of an answer.
pub struct SoapMessage;

impl Judgement for SoapMessage {
    fn name(&self) -> &'static str {
        "soap-message"
    }

    fn summary(&self) -> &'static str {
        "Nothing of some kinds is wrong with the message: what readers by name, or forward-only readers such as WCF, trip over."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "kinds",
            required: true,
            meaning: "kinds of issues: not-well-formed, dtd, envelope, wrapper, order, namespace, items, duplicate-key, boolean, integer, enum, addition, schema",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let facts = arguments.facts()?;
        let message = message(facts)?;
        let kinds = arguments.texts("kinds")?;
        if let Some(unknown) = kinds
            .iter()
            .find(|kind| !IssueKind::ALL.iter().any(|known| known.name() == **kind))
        {
            return Err(format!("`kinds`: there is no kind `{unknown}`"));
        }
        let mut judged = Judged::default();
        // An error page of another kind than SOAP is not judged as a message.
        if facts.response.status != 200 && !message.envelope {
            return Ok(judged);
        }
        for kind in kinds {
            judged.values += message.judged.get(kind).copied().unwrap_or_default();
            let issues = message
                .issues
                .iter()
                .filter(|issue| issue.kind.name() == kind);
            judged.deviations.extend(issues.map(observed));
        }
        judged.values = judged.values.max(judged.deviations.len() as u64);
        Ok(judged)
    }
}

/// No fault where the message is in order.
pub struct NoFault;

impl Judgement for NoFault {
    fn name(&self) -> &'static str {
        "no-fault"
    }

    fn summary(&self) -> &'static str {
        "The answer to a well-formed message is a result, not a SOAP fault."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "except_codes",
            required: false,
            meaning: "fault codes that other requirements are about",
        }]
    }

    fn judge(&self, arguments: &Arguments<'_>) -> Result<Judged, String> {
        let message = message(arguments.facts()?)?;
        let except = arguments.texts("except_codes")?;
        let mut judged = Judged::default();
        match &message.fault {
            Some(fault) if except.iter().any(|code| fault.is(code)) => {}
            Some(fault) => judged.value(false, || {
                Observed::new(
                    "a result",
                    format!("fault {}: {}", fault.code, cut(&fault.string, 120)),
                )
            }),
            // What is no message at all is no result either: other judgements tell.
            None if message.envelope => judged.value(true, Observed::default),
            None => {}
        }
        Ok(judged)
    }
}
