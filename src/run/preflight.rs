//! Can the connector be talked to at all? Looked at before anything is judged, so that
//! a wrong URL or secret is one finding in its fault domain and not hundreds.

use std::time::Duration;

use serde_json::Value;

use super::play::{authenticate_once, describe};
use super::wire;
use super::world::{Gate, Incoming, World};
use crate::expr::Scope;
use crate::model::exchange::{TransportFault, TransportFaultKind};
use crate::model::outcome::FaultDomain;
use crate::soap::Soap;

/// What one look found, in the order of looking.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was looked at, such as `name resolution`.
    pub subject: String,
    pub state: State,
    pub detail: String,
    /// What to do, when it is not fine.
    pub remedy: Option<String>,
    domain: FaultDomain,
    /// Mode it concerns; empty for all.
    mode: String,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Fine,
    /// Worth knowing, but nothing is blocked.
    Note,
    /// Scenarios cannot be played.
    Blocking,
}

impl Finding {
    fn fine(subject: &str, detail: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            state: State::Fine,
            detail: detail.into(),
            remedy: None,
            domain: FaultDomain::Environment,
            mode: String::new(),
        }
    }

    fn note(subject: &str, detail: impl Into<String>, remedy: &str) -> Self {
        Self {
            state: State::Note,
            remedy: Some(remedy.to_owned()),
            ..Self::fine(subject, detail)
        }
    }

    fn blocking(
        subject: &str,
        domain: FaultDomain,
        detail: impl Into<String>,
        remedy: &str,
    ) -> Self {
        Self {
            state: State::Blocking,
            domain,
            ..Self::note(subject, detail, remedy)
        }
    }
}

/// Examines and closes the gates of what is blocked.
pub(super) async fn gate(world: &World<'_>) {
    for finding in examine(world).await {
        if finding.state == State::Blocking {
            let reason = match &finding.remedy {
                Some(remedy) => format!("{}; {remedy}", finding.detail),
                None => finding.detail.clone(),
            };
            let gate = Gate {
                cause: finding.subject,
                reason,
                domain: finding.domain,
            };
            world.close_gate(&finding.mode, gate);
        }
    }
}

/// Looks at name resolution, connection, TLS, clock and credentials, in this order;
/// stops where looking further makes no sense.
pub(super) async fn examine(world: &World<'_>) -> Vec<Finding> {
    let mut findings = findings(world).await;
    for finding in &mut findings {
        // It may quote an answer, and an answer may quote a secret.
        finding.detail = world.prepared.redactor.redact_excerpt(&finding.detail);
    }
    findings
}

async fn findings(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let prepared = world.prepared;
    let limit = Duration::from_secs(prepared.target.limits.request_timeout_s.min(10));
    let host = prepared.url.host_str().unwrap_or_default().to_owned();
    if let Err(fault) = crate::transport::reachable(&prepared.url, limit).await {
        findings.push(unreachable(&host, &fault));
        return findings;
    }
    findings.push(Finding::fine(
        "connection",
        format!("{host} accepts connections"),
    ));
    if prepared.url.scheme() == "https" {
        match crate::transport::tls_facts(&prepared.url, &prepared.trust, limit).await {
            Ok(facts) => {
                let refused = facts.refused.clone();
                world.set_tls(facts.clone());
                findings.push(match refused {
                    None => Finding::fine(
                        "certificate",
                        format!("{}, {} accepts the certificate", facts.version, facts.trust),
                    ),
                    Some(reason) if prepared.target.tls.accept_invalid => Finding::note(
                        "certificate",
                        format!("refused: {reason}"),
                        "the run goes on because `tls.accept_invalid` is set; the finding stays",
                    ),
                    Some(reason) => Finding::blocking(
                        "certificate",
                        FaultDomain::Environment,
                        format!("the certificate is refused: {reason}"),
                        "install a certificate with its full chain; for a development CA set `tls.ca_file`, or `tls.accept_invalid: true` to go on all the same",
                    ),
                });
            }
            Err(fault) => {
                findings.push(Finding::blocking(
                    "certificate",
                    FaultDomain::Environment,
                    format!("the TLS handshake fails: {}", fault.detail),
                    "check that the port speaks TLS 1.2 or 1.3",
                ));
            }
        }
        if findings
            .iter()
            .any(|finding| finding.state == State::Blocking)
        {
            return findings;
        }
    }
    if let Some(soap) = &world.suite.soap {
        wire::resolve(world, soap).await;
        findings.extend(handshake(world, soap).await);
        return findings;
    }
    for (number, mode) in prepared.modes.iter().enumerate() {
        let finding = match authenticate_once(world, mode, number + 1).await {
            Ok((_, incoming)) => {
                findings.extend(clock_note(world, &incoming));
                credential(world, mode, &incoming)
            }
            Err(reason) => Finding::blocking(
                "credential",
                FaultDomain::Configuration,
                reason,
                "complete the target file",
            ),
        };
        findings.push(Finding {
            subject: format!("{} ({mode})", finding.subject),
            mode: mode.clone(),
            ..finding
        });
    }
    // A wrong base path shows in every mode alike: one cause, not one a mode.
    let blocked: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.state == State::Blocking)
        .collect();
    if blocked.len() > 1
        && blocked
            .iter()
            .all(|finding| finding.subject.starts_with("base path"))
    {
        let one = Finding {
            subject: "base path".to_owned(),
            mode: String::new(),
            ..blocked[0].clone()
        };
        findings.retain(|finding| finding.state != State::Blocking);
        findings.push(one);
    }
    findings
}

/// Whether a SOAP service answers, and what it says to a handshake.
async fn handshake(world: &World<'_>, soap: &Soap) -> Option<Finding> {
    let profile = &world.suite.profile;
    let operation = &profile.authentication.operation.value;
    let (asked, answer) = match (world.prepared.modes.first(), &profile.calls.probe) {
        (Some(mode), _) => (operation, wire::handshake(world, soap, mode).await),
        (None, Some(probe)) => (&probe.value, wire::look(world, &probe.value).await),
        (None, None) => return None,
    };
    let incoming = match answer {
        Ok(incoming) => incoming,
        Err(reason) => {
            let remedy = "complete the target file";
            let domain = FaultDomain::Configuration;
            return Some(Finding::blocking("handshake", domain, reason, remedy));
        }
    };
    let response = match &incoming.response {
        Ok(response) => response,
        Err(fault) => {
            return Some(Finding::blocking(
                "answer",
                FaultDomain::Connector,
                format!("{asked} gives no answer: {}", fault.detail),
                "look at the connector's log",
            ));
        }
    };
    let html = response
        .header("content-type")
        .is_some_and(|kind| kind.contains("html"));
    let envelope = incoming
        .message
        .as_ref()
        .is_some_and(|message| message.envelope);
    let judged_later = || {
        Finding::note(
            "handshake",
            format!("{asked} answers {}", describe(&incoming)),
            "the scenarios judge this answer",
        )
    };
    // An address where another operation answers is the right one.
    if !envelope
        && let Some(probe) = &profile.calls.probe
        && let Ok(looked) = wire::look(world, &probe.value).await
        && looked.message.is_some_and(|message| message.envelope)
    {
        return Some(judged_later());
    }
    Some(match response.status {
        _ if envelope && wire::recognised(world, &incoming) => {
            Finding::fine("handshake", format!("{asked} is answered"))
        }
        _ if envelope => judged_later(),
        404 | 405 => Finding::blocking(
            "base path",
            FaultDomain::Configuration,
            format!("{asked} answers {}", response.status),
            "check the path in `url`: it is the address of the service itself",
        ),
        status if html || (300..400).contains(&status) => Finding::blocking(
            "base path",
            FaultDomain::Configuration,
            format!("{asked} answers {status}, and no SOAP message"),
            "check the path in `url`: it is the address of the service itself",
        ),
        _ => judged_later(),
    })
}

fn unreachable(host: &str, fault: &TransportFault) -> Finding {
    let remedy = match fault.kind {
        TransportFaultKind::Dns => "check the host name in `url`",
        TransportFaultKind::Timeout => "check `url`, firewall and port: nothing answers",
        _ => "start the connector, or check host and port in `url`",
    };
    let domain = FaultDomain::Environment;
    Finding::blocking(
        "connection",
        domain,
        format!("{host} cannot be reached: {}", fault.detail),
        remedy,
    )
}

fn clock_note(world: &World<'_>, incoming: &Incoming) -> Option<Finding> {
    let date = incoming.response.as_ref().ok()?.header("date")?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let apart = theirs.as_second() - world.clock.now().as_second();
    (apart.abs() > 60).then(|| {
        Finding::note(
            "clock",
            format!(
                "the connector's clock is {} s {}",
                apart.abs(),
                if apart > 0 { "ahead" } else { "behind" }
            ),
            "set both clocks by NTP: token times are compared with at most 5 minutes tolerance",
        )
    })
}

/// What the first authentication says.
fn credential(world: &World<'_>, mode: &str, incoming: &Incoming) -> Finding {
    let operation = &world.suite.profile.authentication.operation.value;
    let response = match &incoming.response {
        Ok(response) => response,
        Err(fault) => {
            return Finding::blocking(
                "answer",
                FaultDomain::Connector,
                format!("{operation} gives no answer: {}", fault.detail),
                "look at the connector's log",
            );
        }
    };
    let html = response
        .header("content-type")
        .is_some_and(|kind| kind.contains("html"));
    match response.status {
        200 if !html => {
            let mut scope = Scope::default();
            scope.set_json("answer", incoming.answer.as_ref().unwrap_or(&Value::Null));
            let token = world
                .suite
                .access_token
                .as_ref()
                .and_then(|expr| expr.eval(&scope).ok());
            let given =
                token.is_some_and(|token| token.as_str().is_some_and(|text| !text.is_empty()));
            if given {
                return Finding::fine(
                    "credential",
                    format!("{operation} accepts the credential of mode {mode}"),
                );
            }
            // Left to the scenarios, which judge the answer.
            Finding::note(
                "credential",
                format!(
                    "{operation} answers {} without an access token",
                    describe(incoming)
                ),
                "the scenarios judge this answer",
            )
        }
        401 | 403 => Finding::blocking(
            "credential",
            FaultDomain::Configuration,
            format!(
                "{operation} refuses the credential of mode {mode} with {}",
                response.status
            ),
            "check the secret, or that the connector trusts the harness's key and application id (`assay keys show`)",
        ),
        404 | 405 => wrong_path(operation, response.status.to_string()),
        _ if html => wrong_path(operation, format!("{} with an HTML page", response.status)),
        300..=399 => wrong_path(
            operation,
            format!(
                "{} to {}",
                response.status,
                response.header("location").unwrap_or("nowhere")
            ),
        ),
        _ => Finding::note(
            "credential",
            format!("{operation} answers {}", describe(incoming)),
            "the scenarios judge this answer",
        ),
    }
}

fn wrong_path(operation: &str, answer: String) -> Finding {
    Finding::blocking(
        "base path",
        FaultDomain::Configuration,
        format!("{operation} answers {answer}"),
        "check the path in `url`: operations are expected directly below it",
    )
}
