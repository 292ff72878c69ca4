//! Recordings for tests: a made-up profile of a library, so that nothing here leans
//! on a profile that ships.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::event::{CheckResult, Deviation, RunEvent, RunStarted};
use crate::model::exchange::{
    BodyText, Exchange, Header, ResponseEvidence, TlsFacts, TransportFault, TransportFaultKind,
};
use crate::model::outcome::{Ending, FaultDomain, Outcome, Scope};
use crate::model::proof::{Proof, ProofOfLevel};
use crate::model::report::{ConnectorFacts, Report, ToolInfo};
use crate::model::requirement::{Basis, Decided, Level, Requirement};
use crate::model::target::ConnectorInfo;

use super::fold::{FoldError, fold};

/// A recording under construction.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) head: RunStarted,
    pub(super) events: Vec<RunEvent>,
    pub(super) ending: Option<Ending>,
}

impl Run {
    pub(super) fn new() -> Self {
        Self {
            head: RunStarted {
                schema_version: 1,
                tool: ToolInfo {
                    name: "assay".to_owned(),
                    version: "0.0.0".to_owned(),
                },
                profile: "library-rest".to_owned(),
                profile_title: "Library REST API".to_owned(),
                revision: "2026-07".to_owned(),
                suite_digest: "00ff".repeat(16),
                proof: Some(proof()),
                scope: Scope::Development,
                strict: false,
                seed: 42,
                only: Vec::new(),
                connector: ConnectorInfo {
                    name: "Shelfmark".to_owned(),
                    vendor: "Reading Room AS".to_owned(),
                    version: "3.2.0".to_owned(),
                    contact: "books@reading.example".to_owned(),
                },
                url: "https://books.example/api/".to_owned(),
                modes: vec!["secret".to_owned(), "jwt".to_owned()],
                configuration: json!({"authentication_operation": "Login"}),
                started: "2026-11-02T08:15:30Z".to_owned(),
                requirements: Vec::new(),
                command: "assay run library-rest --target books.yaml".to_owned(),
                plan: vec!["login".to_owned(), "books".to_owned(), "loans".to_owned()],
                depending: vec!["Find".to_owned()],
            },
            events: Vec::new(),
            ending: Some(Ending::Completed),
        }
    }

    /// Adds a row to the catalogue.
    pub(super) fn rule(mut self, id: &str, level: Level) -> Self {
        self.head.requirements.push(rule(id, level));
        self
    }

    /// Changes the row added last.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Requirement)) -> Self {
        if let Some(last) = self.head.requirements.last_mut() {
            change(last);
        }
        self
    }

    pub(super) fn configure(mut self, change: impl FnOnce(&mut RunStarted)) -> Self {
        change(&mut self.head);
        self
    }

    pub(super) fn attest(mut self, id: &str, by: &str) -> Self {
        self.head.configuration["attestations"][id] =
            json!({"by": by, "date": "2026-11-01", "statement": "Looked at it."});
        self
    }

    pub(super) fn event(mut self, event: RunEvent) -> Self {
        self.events.push(event);
        self
    }

    pub(super) fn judged(self, check: CheckResult) -> Self {
        self.event(RunEvent::Judged(Box::new(check)))
    }

    /// Adds a check about one or more rules, separated by blanks.
    pub(super) fn check(self, name: &str, rules: &str, outcome: Outcome) -> Self {
        self.judged(check(name, rules, outcome))
    }

    pub(super) fn exchanged(self, exchange: Exchange) -> Self {
        self.event(RunEvent::Exchanged(Box::new(exchange)))
    }

    pub(super) fn ending(mut self, ending: Option<Ending>) -> Self {
        self.ending = ending;
        self
    }

    pub(super) fn events(self) -> Vec<RunEvent> {
        let mut events = vec![RunEvent::Started(Box::new(self.head))];
        events.extend(self.events);
        events.extend(self.ending.map(|ending| RunEvent::Finished {
            ending,
            at: "2026-11-02T08:16:44Z".to_owned(),
        }));
        events
    }

    pub(super) fn fold(self) -> Result<Report, FoldError> {
        fold(self.events())
    }

    pub(super) fn report(self) -> Report {
        self.fold().expect("the recording makes a report")
    }
}

/// The score of the suite of the fixtures.
fn proof() -> Proof {
    let level = |automated, proved, proved_twice| ProofOfLevel {
        automated,
        proved,
        proved_twice,
    };
    Proof {
        suite_digest: "00ff".repeat(16),
        faults: 7,
        caught: 6,
        must: level(4, 4, 3),
        should: level(2, 1, 0),
        may: level(0, 0, 0),
        clean_runs: 3,
        false_alarms: 0,
    }
}

pub(super) fn rule(id: &str, level: Level) -> Requirement {
    Requirement {
        id: id.to_owned(),
        level,
        area: "books".to_owned(),
        basis: Basis::S,
        title: format!("Title of {id}"),
        text: format!("The sentence of {id}."),
        section: "A.1".to_owned(),
        sources: vec!["DOC".to_owned()],
        operations: vec!["ListBooks".to_owned()],
        capability: None,
        observation: "List the books.".to_owned(),
        decided: Decided::Automated,
        reason: None,
        unproved: None,
        remedy: format!("Correct what {id} says."),
    }
}

/// A check of mode `secret`; scenario and name are `scenario/name`.
pub(super) fn check(name: &str, rules: &str, outcome: Outcome) -> CheckResult {
    let requirements: Vec<String> = rules.split_whitespace().map(str::to_owned).collect();
    let (scenario, _) = name.split_once('/').unwrap_or((name, ""));
    let seen = matches!(outcome, Outcome::Pass | Outcome::Fail);
    CheckResult {
        check: name.to_owned(),
        scenario: scenario.to_owned(),
        scenario_title: format!("Scenario {scenario}"),
        file: format!("scenarios/library-rest/{scenario}.yaml"),
        line: 12,
        mode: "secret".to_owned(),
        deviations: Vec::new(),
        deviation_count: 0,
        outcome,
        judged: if seen { 2 } else { 0 },
        shares: BTreeMap::new(),
        reason: (!seen).then(|| format!("{outcome} for a reason")),
        domain: (outcome != Outcome::Pass).then_some(match outcome {
            Outcome::Fail => FaultDomain::Connector,
            Outcome::Error => FaultDomain::Harness,
            Outcome::Blocked => FaultDomain::Environment,
            _ => FaultDomain::Configuration,
        }),
        requirements,
        cause: None,
        by_scope: false,
        round: 0,
    }
}

/// A failed check with one deviation for each rule.
pub(super) fn failed(
    name: &str,
    rules: &str,
    exchange: &str,
    pointer: Option<&str>,
) -> CheckResult {
    let mut check = check(name, rules, Outcome::Fail);
    check.deviations = check
        .requirements
        .iter()
        .map(|id| deviation(id, exchange, pointer))
        .collect();
    check.deviation_count = check.deviations.len() as u64;
    check
}

pub(super) fn deviation(rule: &str, exchange: &str, pointer: Option<&str>) -> Deviation {
    Deviation {
        requirement: rule.to_owned(),
        operation: "ListBooks".to_owned(),
        exchanges: vec![exchange.to_owned()],
        pointer: pointer.map(str::to_owned),
        schema: None,
        expected: "a number".to_owned(),
        actual: "the string \"12\"".to_owned(),
        situation: Some("asked for all books".to_owned()),
    }
}

pub(super) fn exchange(id: &str, operation: &str, request: &str, answer: &str) -> Exchange {
    let body = |text: &str| BodyText {
        text: text.to_owned(),
        bytes: text.len() as u64,
        ..BodyText::default()
    };
    let header = |name: &str, value: &str| Header {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let credential = match operation {
        "Login" => "Bearer «secret:1»",
        _ => "Bearer «token:1»",
    };
    Exchange {
        id: id.to_owned(),
        origin: "books/secret/all".to_owned(),
        operation: operation.to_owned(),
        method: "POST".to_owned(),
        url: format!("https://books.example/api/{operation}"),
        request_headers: vec![
            header("host", "books.example"),
            header("authorization", credential),
            header("content-type", "application/json"),
        ],
        request_body: body(request),
        response: Some(ResponseEvidence {
            status: 200,
            version: "HTTP/1.1".to_owned(),
            headers: vec![header("content-type", "application/json")],
            body: body(answer),
        }),
        fault: None,
        sent: "2026-11-02T08:15:31Z".to_owned(),
        elapsed_ms: 12.6,
        attempt: 1,
        notes: Vec::new(),
    }
}

/// A run in which every rule of `count` holds.
pub(super) fn all_pass(count: usize) -> Run {
    let mut run = Run::new().configure(|head| head.scope = Scope::Certification);
    for number in 1..=count {
        let id = format!("LIB-{number:03}");
        let level = if number % 3 == 0 {
            Level::Should
        } else {
            Level::Must
        };
        run = run.rule(&id, level).with(|rule| {
            rule.title = format!("Rule {number} says what a good library does in the end");
            rule.text = "Every answer to a well-formed question names the book, its shelf and its state, in the order of the question, and never twice.".to_owned();
            rule.observation = "Ask for a book that exists and for one that does not; compare the answers.".to_owned();
        });
        run = run.check(&format!("books/rule-{number:03}"), &id, Outcome::Pass);
    }
    run
}

/// A run with one of everything that a report has to tell.
pub(super) fn one_of_each() -> Run {
    let login = exchange(
        "E-0001",
        "Login",
        "",
        r#"{"AccessToken":"«token:1»","TokenType":"Bearer"}"#,
    );
    let list = exchange(
        "E-0002",
        "ListBooks",
        r#"{"Shelf":"it's <here>"}"#,
        r#"{"Books":[{"Title":"Emma","Pages":474},{"Title":"Ulysses","Pages":"730"}]}"#,
    );
    let read = exchange(
        "E-0003",
        "GetBook",
        r#"{"Title":"Ulysses"}"#,
        r#"{"Title":"Ulysses","Pages":"730"}"#,
    );
    let mut lend = exchange("E-0004", "LendBook", r#"{"Title":"Emma"}"#, "");
    lend.response = None;
    lend.fault = Some(TransportFault {
        kind: TransportFaultKind::Timeout,
        detail: "no answer within 30 s".to_owned(),
    });
    let sort = exchange("E-0005", "ListBooks", "{}", r#"{"Books":null}"#);

    let mut types = failed(
        "books/types",
        "LIB-001 LIB-002",
        "E-0002",
        Some("/Books/1/Pages"),
    );
    for deviation in &mut types.deviations {
        deviation.schema = Some("#/components/schemas/Book/properties/Pages/type".to_owned());
    }
    types.deviations.push(Deviation {
        operation: "GetBook".to_owned(),
        pointer: Some("/Pages".to_owned()),
        ..deviation("LIB-001", "E-0003", None)
    });
    types.deviation_count = 7;

    let mut shelves = check("books/shelves", "LIB-003", Outcome::Blocked);
    shelves.cause = Some("LIB-001".to_owned());
    shelves.reason = Some("LIB-001 must hold first".to_owned());
    shelves.domain = Some(FaultDomain::Connector);

    let lending = |name: &str, rules: &str| {
        let mut check = check(name, rules, Outcome::Blocked);
        check.cause = Some("LendBook does not answer".to_owned());
        check.reason = Some("LendBook gave no answer within 30 s".to_owned());
        check.deviations = vec![Deviation {
            operation: "LendBook".to_owned(),
            ..deviation("LIB-004", "E-0004", None)
        }];
        check
    };

    let mut order = failed("books/order", "LIB-006", "E-0005", Some("/Books"));
    order.deviations[0].expected = "an empty list".to_owned();
    order.deviations[0].actual = "null".to_owned();

    let mut empty = check("books/covers", "LIB-007", Outcome::Vacuous);
    empty.reason = Some("no book has a cover; add one to the fixtures".to_owned());

    let mut tls = check("login/certificate", "LIB-008", Outcome::NotSelected);
    tls.by_scope = true;
    tls.reason = Some("the target is plain http on loopback; serve https".to_owned());

    let mut film = check("books/films", "LIB-009", Outcome::NotApplicable);
    film.reason = Some("capability films is not claimed".to_owned());

    Run::new()
        .rule("LIB-001", Level::Must)
        .with(|rule| {
            rule.title = "Numbers are JSON numbers".to_owned();
            rule.text = "Every number in an answer is a JSON number.".to_owned();
            rule.operations = vec!["ListBooks".to_owned(), "GetBook".to_owned()];
            rule.remedy = "Serialise numbers as numbers, not as text.".to_owned();
        })
        .rule("LIB-002", Level::Should)
        .with(|rule| rule.title = "Books have pages".to_owned())
        .rule("LIB-003", Level::Must)
        .rule("LIB-004", Level::Must)
        .with(|rule| {
            rule.area = "loans".to_owned();
            rule.operations = vec!["LendBook".to_owned()];
        })
        .rule("LIB-005", Level::Should)
        .with(|rule| {
            rule.area = "loans".to_owned();
            rule.operations = vec!["LendBook".to_owned()];
        })
        .rule("LIB-006", Level::Should)
        .with(|rule| {
            rule.title = "Nothing is an empty list".to_owned();
            rule.basis = Basis::P;
        })
        .rule("LIB-007", Level::Must)
        .rule("LIB-008", Level::Must)
        .with(|rule| {
            rule.area = "transport".to_owned();
            rule.operations = Vec::new();
        })
        .rule("LIB-009", Level::Must)
        .rule("LIB-010", Level::Must)
        .with(|rule| {
            rule.decided = Decided::Attested;
            rule.reason = Some("the shelf can only be looked at".to_owned());
        })
        .rule("LIB-011", Level::Should)
        .with(|rule| {
            rule.decided = Decided::Attested;
            rule.reason = Some("the reader has to be asked".to_owned());
        })
        .rule("LIB-012", Level::May)
        .with(|rule| {
            rule.decided = Decided::NotTestable;
            rule.reason = Some("nobody can look into a closed book".to_owned());
        })
        .rule("LIB-013", Level::Must)
        .attest("LIB-010", "Kari Nordmann")
        .event(RunEvent::Discovered(ConnectorFacts {
            operations: [("ListBooks", "supported"), ("LendBook", "failing")]
                .into_iter()
                .map(|(name, state)| (name.to_owned(), state.to_owned()))
                .collect(),
            capabilities: [("films".to_owned(), false)].into_iter().collect(),
            tls: Some(TlsFacts {
                version: "TLSv1.3".to_owned(),
                cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
                trust: "public roots".to_owned(),
                ..TlsFacts::default()
            }),
            discovered: [("books".to_owned(), "2, first \"Emma\"".to_owned())]
                .into_iter()
                .collect(),
        }))
        .exchanged(login)
        .exchanged(list)
        .exchanged(read)
        .exchanged(lend)
        .exchanged(sort)
        .judged(types)
        .judged(shelves)
        .judged(lending("loans/lend", "LIB-004"))
        .judged(lending("loans/return", "LIB-005"))
        .judged(order)
        .judged(empty)
        .judged(tls)
        .judged(film)
        .check("books/titles", "LIB-013", Outcome::Pass)
}

/// Texts that have broken reports before.
pub(super) fn hostile() -> Vec<String> {
    vec![
        "<script>alert(1)</script><img src=x onerror=alert(1)>".to_owned(),
        "\" onmouseover=\"x\" data-totals=\"{}\" data-row=\"pass\"".to_owned(),
        "]]></failure><testcase name=\"x\"/><![CDATA[".to_owned(),
        "<!-- assay-totals {} --> --> `code` | [x](javascript:x) @team".to_owned(),
        "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\r\u{8}\0".to_owned(),
        "abc\u{202e}gpj.exe\u{2066}\u{200f}\u{feff}\u{fffe}\u{2028}".to_owned(),
        "{{ 7*7 }}{% raw %}{# x #}".to_owned(),
        "'; rm -rf / #$(id)`id`\nASSAY_BODY\n".to_owned(),
        "x".repeat(1_000_000),
        "[".repeat(10_000),
    ]
}

/// The run of [`one_of_each`] in which a connector answers with `text` everywhere.
pub(super) fn with_text(text: &str) -> Run {
    let mut run = one_of_each();
    run.head.connector.name = text.to_owned();
    run.head.connector.vendor = text.to_owned();
    run.head.url = text.to_owned();
    run.head.configuration["note"] = Value::from(text);
    for event in &mut run.events {
        match event {
            RunEvent::Started(_)
            | RunEvent::ScenarioFinished { .. }
            | RunEvent::Made { .. }
            | RunEvent::TakenBack { .. }
            | RunEvent::Finished { .. } => {}
            RunEvent::Discovered(facts) => {
                facts.discovered.insert(text.to_owned(), text.to_owned());
                facts
                    .operations
                    .insert("GetBook".to_owned(), text.to_owned());
            }
            RunEvent::Exchanged(exchange) => {
                exchange.url = text.to_owned();
                exchange.request_headers.push(Header {
                    name: "x-text".to_owned(),
                    value: text.to_owned(),
                });
                exchange.request_body.text = text.to_owned();
                if let Some(answer) = &mut exchange.response {
                    answer.body.text = text.to_owned();
                    answer.headers[0].value = text.to_owned();
                }
            }
            RunEvent::Judged(check) => {
                check.reason = check.reason.as_ref().map(|_| text.to_owned());
                for deviation in &mut check.deviations {
                    deviation.actual = text.to_owned();
                    deviation.expected = text.to_owned();
                    deviation.situation = Some(text.to_owned());
                    deviation.pointer = Some(text.to_owned());
                }
            }
        }
    }
    run
}
