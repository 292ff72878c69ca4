//! The leak scan at the end of a run: nothing that it leaves holds a secret.
//!
//! Secrets are masked where they are captured, so what is found here is a fault of ours.
//! Two things look like one and are none: a word of the harness that somebody chose for a
//! secret, and a token that a connector makes of what stood in the recording before, such
//! as the id of its customer.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::base::redact::Redactor;
use crate::model::event::RunEvent;
use crate::model::exchange::{BodyText, Header};
use crate::model::report::{ConnectorFacts, Report};
use crate::model::target::ConnectorInfo;
use crate::report::{self, ReportKind};
use crate::run::TOKEN;

/// What is known of the secrets of a run.
pub(super) struct Scan<'a> {
    secrets: &'a Redactor,
    report: &'a Report,
    recording: &'a str,
    /// Labels of what the recording holds, and should not.
    leaked: BTreeSet<String>,
    /// Labels of tokens that are made of what was said before.
    public: BTreeSet<String>,
    /// Labels of secrets that are words of the harness.
    own: OnceCell<BTreeSet<String>>,
}

impl<'a> Scan<'a> {
    /// Scans a recording, the text of `events.ndjson`.
    pub(super) fn new(secrets: &'a Redactor, report: &'a Report, recording: &'a str) -> Self {
        let lines: Vec<&str> = recording.lines().collect();
        let (mut leaked, mut public) = (BTreeSet::new(), BTreeSet::new());
        for (number, line) in lines.iter().enumerate() {
            for label in secrets.labels(line) {
                // A token is masked from the line on that hands it out.
                let known = || lines[..=number].iter().any(|line| line.contains(&label));
                if is_of_connector(&label) && !known() {
                    public.insert(label);
                } else {
                    leaked.insert(label);
                }
            }
        }
        Self {
            secrets,
            report,
            recording,
            leaked,
            public,
            own: OnceCell::new(),
        }
    }

    /// The label of a secret that the recording holds.
    pub(super) fn recording(&self) -> Option<&str> {
        let mut leaked = self.leaked.iter().map(String::as_str);
        leaked.find(|label| !self.excused(label))
    }

    /// The label of a secret that another output holds.
    pub(super) fn find(&self, text: &str) -> Option<String> {
        let held = self.secrets.labels(text);
        held.into_iter().find(|label| !self.excused(label))
    }

    fn excused(&self, label: &str) -> bool {
        self.public.contains(label) || self.own().contains(label)
    }

    /// Secrets that the harness says by itself.
    fn own(&self) -> &BTreeSet<String> {
        self.own.get_or_init(|| {
            let report = bare_report(self.report);
            let reports = ReportKind::ALL.map(|kind| report::render(kind, &report));
            let (events, _) = report::read_events(self.recording.as_bytes());
            let events = events.into_iter().map(bare_event);
            let events = events.filter_map(|event| serde_json::to_string(&event).ok());
            let texts = reports.into_iter().chain(events);
            texts.flat_map(|text| self.secrets.labels(&text)).collect()
        })
    }
}

/// A secret that the connector made: an access token, or a signature that is shortened.
fn is_of_connector(label: &str) -> bool {
    match label.strip_prefix('«') {
        Some(kind) => kind.split(':').next() == Some(TOKEN),
        None => true,
    }
}

/// A report without anything that stems from the connector or the target file.
fn bare_report(report: &Report) -> Report {
    let mut bare = Report {
        connector: ConnectorInfo::default(),
        url: String::new(),
        facts: ConnectorFacts::default(),
        findings: Vec::new(),
        evidence: Vec::new(),
        conversation: Vec::new(),
        noted: Vec::new(),
        configuration: serde_json::Value::Null,
        command: String::new(),
        ..report.clone()
    };
    for check in &mut bare.checks {
        check.deviations.clear();
        check.reason = None;
        check.cause = None;
    }
    for row in &mut bare.requirements {
        row.reason = None;
        row.attestation = None;
    }
    bare
}

/// The same of an event.
fn bare_event(mut event: RunEvent) -> RunEvent {
    match &mut event {
        RunEvent::Started(head) => {
            head.connector = ConnectorInfo::default();
            head.url.clear();
            head.configuration = serde_json::Value::Null;
            head.command.clear();
        }
        RunEvent::Discovered(facts) => *facts = ConnectorFacts::default(),
        RunEvent::Exchanged(exchange) => {
            exchange.url.clear();
            exchange.request_body = BodyText::default();
            exchange.request_headers.iter_mut().for_each(bare_header);
            exchange.notes.clear();
            if let Some(response) = &mut exchange.response {
                response.version.clear();
                response.headers.clear();
                response.body = BodyText::default();
            }
            if let Some(fault) = &mut exchange.fault {
                fault.detail.clear();
            }
        }
        RunEvent::Judged(check) => {
            check.deviations.clear();
            check.reason = None;
            check.cause = None;
        }
        RunEvent::Made { body, .. } | RunEvent::TakenBack { body, .. } => {
            *body = serde_json::Value::Null;
        }
        RunEvent::ScenarioFinished { .. } | RunEvent::Finished { .. } => {}
    }
    event
}

fn bare_header(header: &mut Header) {
    header.value.clear();
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn started() -> Value {
        json!({
            "event": "started", "schema_version": 1, "tool": {"name": "assay", "version": "0"},
            "profile": "shop", "profile_title": "Shop", "revision": "1", "suite_digest": "00",
            "scope": "development", "strict": false, "seed": 1, "only": [],
            "connector": {"name": "corner shop", "version": "2.0"},
            "url": "https://shop.example/", "modes": ["secret"],
            "configuration": {"customers": {"first": {"id": "Cust12345"}}},
            "started": "2026-11-02T08:15:30Z", "requirements": [], "plan": ["keys"],
            "command": "assay run shop --target shop.yaml",
        })
    }

    fn exchanged(answer: &str) -> Value {
        let body = |text: &str| json!({"text": text, "bytes": text.len()});
        json!({
            "event": "exchanged", "id": "E-1", "origin": "keys/secret/1", "operation": "GetItem",
            "method": "POST", "url": "https://shop.example/x", "request_headers": [],
            "request_body": body("{}"), "sent": "2026-11-02T08:15:31Z", "elapsed_ms": 1.0,
            "attempt": 1, "response": {"status": 200, "version": "HTTP/1.1", "headers": [],
            "body": body(answer)},
        })
    }

    #[rstest]
    #[case::kept("secret", "of-the-operator", "«secret:1»", false)]
    #[case::told("secret", "of-the-operator", "of-the-operator", true)]
    // Whoever keeps it in the open has it in the open, but it stays a secret.
    #[case::in_the_configuration("secret", "Cust12345", "", true)]
    #[case::word_of_the_format("secret", "request_headers", "", false)]
    #[case::token_kept(TOKEN, "of-the-connector", "«token:1»", false)]
    #[case::token_masked_and_told(TOKEN, "of-the-connector", "«token:1» of-the-connector", true)]
    #[case::token_that_repeats(TOKEN, "Cust12345", "«token:1»", false)]
    fn a_secret_in_a_recording_is_found(
        #[case] kind: &str,
        #[case] secret: &str,
        #[case] answer: &str,
        #[case] leaks: bool,
    ) {
        let recording = format!("{}\n{}\n", started(), exchanged(answer));
        let (events, _) = report::read_events(recording.as_bytes());
        let report = report::fold(events).unwrap();
        let secrets = Redactor::new();
        let label = secrets.register(kind, secret);
        let scan = Scan::new(&secrets, &report, &recording);
        assert_eq!(scan.recording(), leaks.then_some(label.as_str()));
        // Other outputs are scanned by the same rules.
        let repeats = !leaks && recording.contains(secret);
        assert_eq!(scan.find(secret).is_none(), repeats);
        assert_eq!(scan.find("nothing"), None);
    }
}
