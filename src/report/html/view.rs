//! What the page shows, in the order in which it shows it: the report turned into
//! words, links and bars. Nothing is decided here, and no total is computed.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::model::event::Deviation;
use crate::model::exchange::{BodyText, Exchange, Header, TlsFacts};
use crate::model::outcome::{Ending, Ledger, Outcome, Scope, Verdict};
use crate::model::report::{Finding, Report, RequirementResult};
use crate::model::requirement::{Basis, Decided, Level, Requirement, RequirementId};
use crate::report::totals::Totals;
use crate::report::{digest, fold, text};

use super::body::{self, Stretch};

/// Bytes of bodies that one page shows; what is more stays in the recording.
const BODY_BUDGET: usize = 3 * 1024 * 1024;

/// Longest text of one value.
const MAX_VALUE: usize = 4 * 1024;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct View {
    totals: String,
    name: String,
    vendor: String,
    tool: String,
    profile_title: String,
    verdict: Status,
    statement: String,
    exit_reason: String,
    identity: Vec<Fact>,
    ledger: Vec<LedgerRow>,
    blockers: Vec<Blocker>,
    checklist: Vec<Item>,
    matrix: Matrix,
    findings: Vec<FindingView>,
    open: Vec<OpenView>,
    open_count: usize,
    rows: Vec<RowView>,
    outcomes: Vec<Status>,
    areas: Vec<String>,
    evidence: Vec<EvidenceRow>,
    exchanges: u64,
    conversation: Vec<ExchangeView>,
    noted: Vec<NotedRow>,
    capabilities: Vec<Fact>,
    discovered: Vec<Fact>,
    tls: Option<TlsView>,
    configuration: String,
    provenance: Vec<Fact>,
    glossary: Vec<Fact>,
    bases: Vec<Fact>,
}

/// A word with the key of its icon and colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Status {
    key: &'static str,
    word: String,
}

/// A label and a value; `code` for values in code type.
#[derive(Debug, Serialize)]
struct Fact {
    label: String,
    value: String,
    code: bool,
}

#[derive(Debug, Serialize)]
struct LedgerRow {
    level: String,
    ledger: Ledger,
    bar: Vec<Bar>,
    words: String,
}

/// A stretch of a ledger bar, in thousandths of its length.
#[derive(Debug, Serialize)]
struct Bar {
    key: &'static str,
    x: u64,
    width: u64,
}

/// Something that keeps the verdict from being conformant.
#[derive(Debug, Serialize)]
struct Blocker {
    status: Status,
    href: String,
    id: String,
    title: String,
    note: String,
}

/// A line of the reviewer's checklist.
#[derive(Debug, Serialize)]
struct Item {
    status: Status,
    question: String,
    answer: String,
}

#[derive(Debug, Serialize)]
struct Matrix {
    areas: Vec<String>,
    rows: Vec<MatrixRow>,
}

#[derive(Debug, Serialize)]
struct MatrixRow {
    operation: String,
    state: String,
    /// Whether the operation is one; `false` for the row of rules about all.
    named: bool,
    cells: Vec<Option<Cell>>,
}

#[derive(Debug, Serialize)]
struct Cell {
    status: Status,
    count: usize,
    total: usize,
    href: String,
}

#[derive(Debug, Serialize)]
struct FindingView {
    id: String,
    title: String,
    status: Status,
    level: String,
    domain: String,
    open: bool,
    violates: Vec<Rule>,
    blocks: Vec<Link>,
    /// Something was judged; else something could not be.
    fail: bool,
    deviations: Vec<DeviationView>,
    more: String,
    remedy: String,
    exchanges: Vec<ExchangeView>,
    /// Exchanges that an earlier finding shows.
    elsewhere: Vec<Link>,
    curl: String,
    reproduce: String,
}

/// A requirement where a finding quotes it.
#[derive(Debug, Serialize)]
struct Rule {
    id: String,
    level: String,
    text: String,
    section: String,
    sources: String,
    basis: String,
    meaning: &'static str,
    remedy: String,
}

#[derive(Debug, Serialize)]
struct Link {
    id: String,
    href: String,
}

/// What was expected and what came, with every place where it was seen so.
#[derive(Debug, Serialize)]
struct DeviationView {
    requirement: String,
    expected: String,
    actual: String,
    schema: String,
    seen: Vec<Seen>,
}

#[derive(Debug, Serialize)]
struct Seen {
    operation: String,
    situation: String,
    pointer: String,
    exchanges: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct ExchangeView {
    id: String,
    operation: String,
    method: String,
    url: String,
    origin: String,
    sent: String,
    elapsed: String,
    attempt: u8,
    status: String,
    fault: String,
    notes: Vec<Fact>,
    request: MessageView,
    response: Option<MessageView>,
}

#[derive(Debug, Serialize)]
struct MessageView {
    headers: Vec<Fact>,
    body: Vec<Stretch>,
    note: String,
}

#[derive(Debug, Serialize)]
struct NotedRow {
    link: Link,
    operation: String,
    answer: String,
    elapsed: String,
    notes: Vec<Fact>,
}

#[derive(Debug, Serialize)]
struct OpenView {
    status: Status,
    reason: String,
    levels: String,
    finding: String,
    rows: Vec<OpenRow>,
}

#[derive(Debug, Serialize)]
struct OpenRow {
    id: String,
    title: String,
    level: String,
}

#[derive(Debug, Serialize)]
struct RowView {
    id: String,
    level: String,
    area: String,
    title: String,
    text: String,
    basis: String,
    meaning: &'static str,
    section: String,
    sources: String,
    observation: String,
    remedy: String,
    operations: String,
    key: &'static str,
    status: Status,
    attested: String,
    reason: String,
    judged: u64,
    /// How steady it is; empty when it was played once.
    repeats: String,
    checks: Vec<String>,
    finding: String,
}

#[derive(Debug, Serialize)]
struct EvidenceRow {
    id: String,
    href: String,
    operation: String,
    request: String,
    answer: String,
    elapsed: String,
    origin: String,
    findings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TlsView {
    facts: Vec<Fact>,
    chain: Vec<Vec<Fact>>,
}

impl View {
    pub(super) fn of(report: &Report) -> Self {
        let rules: HashMap<&str, &Requirement> = report
            .requirements
            .iter()
            .map(|row| (row.requirement.id.as_str(), &row.requirement))
            .collect();
        let mut pages = Pages::new(report);
        let findings = report
            .findings
            .iter()
            .map(|finding| finding_view(report, finding, &rules, &mut pages))
            .collect();
        let mut conversation = Vec::new();
        for exchange in &report.conversation {
            if pages.shown.insert(&exchange.id) {
                conversation.push(pages.exchange(exchange));
            }
        }
        let open: Vec<OpenView> = digest::open_rows(report)
            .into_iter()
            .map(open_view)
            .collect();
        let areas = areas(report);
        Self {
            totals: Totals::of(report).to_json(),
            name: digest::connector_name(report),
            vendor: text::one_line(&report.connector.vendor, 120),
            tool: format!("{} {}", report.tool.name, report.tool.version),
            profile_title: text::one_line(&report.profile_title, 200),
            verdict: verdict_status(report.verdict),
            statement: report.statement.clone(),
            exit_reason: digest::exit_reason(report),
            identity: identity(report),
            ledger: Level::ALL
                .iter()
                .map(|level| ledger_row(report, *level))
                .collect(),
            blockers: blockers(report),
            checklist: checklist(report),
            matrix: matrix(report, &areas),
            findings,
            open_count: open.iter().map(|group| group.rows.len()).sum(),
            open,
            outcomes: present_outcomes(report),
            rows: report.requirements.iter().map(row_view).collect(),
            areas,
            evidence: report
                .evidence
                .iter()
                .map(|exchange| evidence_row(report, exchange, &pages))
                .collect(),
            exchanges: report.exchanges,
            noted: report
                .noted
                .iter()
                .map(|noted| NotedRow {
                    link: pages.link(&noted.id),
                    operation: text::one_line(&noted.operation, 120),
                    answer: noted
                        .status
                        .map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
                    elapsed: format!("{:.0} ms", noted.elapsed_ms.max(0.0)),
                    notes: notes(&noted.notes),
                })
                .collect(),
            conversation,
            capabilities: report
                .facts
                .capabilities
                .iter()
                .map(|(name, claimed)| fact(name, if *claimed { "claimed" } else { "not claimed" }))
                .collect(),
            discovered: report
                .facts
                .discovered
                .iter()
                .map(|(name, value)| fact(name, value))
                .collect(),
            tls: report.facts.tls.as_ref().map(tls_view),
            configuration: configuration(&report.configuration),
            provenance: provenance(report),
            glossary: glossary(),
            bases: bases(),
        }
    }
}

fn fact(label: &str, value: &str) -> Fact {
    Fact {
        label: text::one_line(label, 120),
        value: text::one_line(value, 1000),
        code: false,
    }
}

fn code(label: &str, value: &str) -> Fact {
    Fact {
        code: true,
        ..fact(label, value)
    }
}

fn value(text: &str) -> String {
    let (head, cut) = text::clip(text, MAX_VALUE);
    if cut {
        format!(
            "{head}… ({} more)",
            text::size((text.len() - head.len()) as u64)
        )
    } else {
        text.to_owned()
    }
}

fn optional(text: Option<&String>) -> String {
    text.map(|text| value(text)).unwrap_or_default()
}

fn status(key: &'static str, word: impl Into<String>) -> Status {
    Status {
        key,
        word: word.into(),
    }
}

fn verdict_status(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Conformant => status("pass", "Conformant"),
        Verdict::NonConformant => status("fail", "Not conformant"),
        Verdict::Incomplete => status("blocked", "Incomplete"),
        Verdict::Invalid => status("error", "Invalid"),
    }
}

/// The word and icon of a row: severity follows from the level.
fn row_status(row: &RequirementResult) -> Status {
    if row.requirement.decided == Decided::NotTestable {
        return status("untestable", "Not testable");
    }
    match row.outcome {
        Outcome::Pass => status("pass", "Pass"),
        Outcome::Fail => level_status(row.requirement.level),
        Outcome::Blocked => status("blocked", "Blocked"),
        Outcome::Vacuous => status("vacuous", "Vacuous"),
        Outcome::Review => status("review", "Review"),
        Outcome::NotApplicable => status("na", "Not applicable"),
        Outcome::NotSelected if row.by_scope => status("skip", "Left out by scope"),
        Outcome::NotSelected => status("skip", "Not selected"),
        Outcome::Error => status("error", "Error"),
    }
}

fn level_status(level: Level) -> Status {
    match level {
        Level::Must => status("fail", level.finding()),
        Level::Should => status("warn", level.finding()),
        Level::May => status("note", level.finding()),
    }
}

fn finding_status(finding: &Finding) -> Status {
    match (finding.outcome, finding.level) {
        (Outcome::Fail, Some(level)) => level_status(level),
        (Outcome::Error, _) => status("error", digest::severity(finding)),
        (Outcome::Fail, None) => status("fail", digest::severity(finding)),
        _ => status("blocked", digest::severity(finding)),
    }
}

/// `2026-11-02 08:15:30 UTC`.
fn moment(at: &str) -> String {
    match at.parse::<jiff::Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => text::one_line(at, 40),
    }
}

fn duration(report: &Report) -> Option<String> {
    let started: jiff::Timestamp = report.started.parse().ok()?;
    let finished: jiff::Timestamp = report.finished.parse().ok()?;
    let seconds = finished.duration_since(started).as_secs().max(0);
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    })
}

fn identity(report: &Report) -> Vec<Fact> {
    let mut facts = vec![
        code("Address", &report.url),
        fact("Contract", &report.profile_title),
        fact(
            "Requirement set",
            &format!("{}, revision {}", report.profile, report.revision),
        ),
        fact("Scope", &{
            let mut scope = report.scope.to_string();
            if report.strict {
                scope.push_str(", strict");
            }
            scope
        }),
    ];
    if !report.modes.is_empty() {
        facts.push(fact("Authentication", &report.modes.join(", ")));
    }
    facts.push(fact("Started", &moment(&report.started)));
    facts.extend(duration(report).map(|duration| fact("Duration", &duration)));
    if !report.connector.contact.is_empty() {
        facts.push(fact("Contact", &report.connector.contact));
    }
    facts
}

fn ledger_row(report: &Report, level: Level) -> LedgerRow {
    let ledger = *report.ledgers.of(level);
    let parts = [
        ("pass", ledger.satisfied),
        ("fail", ledger.violated),
        ("blocked", ledger.open()),
        ("skip", ledger.left_out_by_scope),
    ];
    let bar = bar(&parts);
    LedgerRow {
        level: level.to_string(),
        words: format!(
            "{} of {} satisfied, {} violated, {} open, {} left out by scope",
            ledger.satisfied,
            ledger.applicable,
            ledger.violated,
            ledger.open(),
            ledger.left_out_by_scope
        ),
        ledger,
        bar,
    }
}

/// Widths of the stretches of a bar: in proportion, but none too thin to be seen.
fn bar(parts: &[(&'static str, u32)]) -> Vec<Bar> {
    const THINNEST: u64 = 12;
    let total = parts
        .iter()
        .map(|(_, count)| u64::from(*count))
        .sum::<u64>()
        .max(1);
    let mut widths: Vec<u64> = parts
        .iter()
        .map(|(_, count)| match u64::from(*count) {
            0 => 0,
            count => (count * 1000 / total).max(THINNEST),
        })
        .collect();
    if let Some(longest) = (0..widths.len()).max_by_key(|at| widths[*at]) {
        let others = widths.iter().sum::<u64>() - widths[longest];
        if widths[longest] > 0 {
            widths[longest] = 1000 - others;
        }
    }
    let mut x = 0;
    let mut bar = Vec::new();
    for ((key, _), width) in parts.iter().zip(widths) {
        if width > 0 {
            bar.push(Bar { key, x, width });
            x += width;
        }
    }
    bar
}

/// What stands between this run and a conformant one.
fn blockers(report: &Report) -> Vec<Blocker> {
    let level_of: HashMap<&str, Level> = report
        .requirements
        .iter()
        .map(|row| (row.requirement.id.as_str(), row.requirement.level))
        .collect();
    let counts = |level: Level| level == Level::Must || report.strict && level == Level::Should;
    let mut out = Vec::new();
    for finding in &report.findings {
        let blocked = finding
            .blocks
            .iter()
            .filter(|id| level_of.get(id.as_str()).is_some_and(|l| counts(*l)))
            .count();
        let counted = match finding.outcome {
            Outcome::Fail => finding.level.is_some_and(counts) || blocked > 0,
            Outcome::Error => true,
            _ => blocked > 0,
        };
        if !counted {
            continue;
        }
        let mut note = Vec::new();
        if !finding.violates.is_empty() {
            note.push(format!(
                "violates {}",
                digest::some_ids(&finding.violates, 6)
            ));
        }
        if !finding.blocks.is_empty() {
            note.push(format!(
                "blocks {}",
                text::count(finding.blocks.len(), "requirement")
            ));
        }
        out.push(Blocker {
            status: finding_status(finding),
            href: finding.id.clone(),
            id: finding.id.clone(),
            title: text::one_line(&finding.title, 300),
            note: note.join(", "),
        });
    }
    for group in digest::open_rows(report) {
        let rows: Vec<RequirementId> = group
            .rows
            .iter()
            .filter(|row| counts(row.requirement.level) && row.finding.is_none())
            .map(|row| row.requirement.id.clone())
            .collect();
        if group.by_scope || rows.is_empty() {
            continue;
        }
        out.push(Blocker {
            status: row_status(group.rows[0]),
            href: "not-judged".to_owned(),
            id: text::count(rows.len(), "requirement"),
            title: text::one_line(group.reason, 300),
            note: digest::some_ids(&rows, 6),
        });
    }
    out
}

/// The steps of a review that the report can answer itself.
fn checklist(report: &Report) -> Vec<Item> {
    let item = |good: bool, question: &str, yes: String, no: String| Item {
        status: if good {
            status("pass", "Yes")
        } else {
            status("blocked", "No")
        },
        question: question.to_owned(),
        answer: if good { yes } else { no },
    };
    let info = &report.connector;
    let missing: Vec<&str> = [
        ("name", &info.name),
        ("vendor", &info.vendor),
        ("version", &info.version),
        ("contact", &info.contact),
    ]
    .into_iter()
    .filter(|(_, value)| value.trim().is_empty())
    .map(|(name, _)| name)
    .collect();
    let must = &report.ledgers.must;
    let attested = report
        .requirements
        .iter()
        .filter(|row| row.attestation.is_some())
        .count();
    let mut items = vec![
        item(
            missing.is_empty(),
            "Is the connector identified?",
            "Name, vendor, version and contact are given.".to_owned(),
            format!("The target file does not give its {}.", missing.join(", ")),
        ),
        item(
            report.scope == Scope::Certification,
            "Is it a certification run?",
            "Nothing is left out by scope.".to_owned(),
            "The development scope may leave rows out; --certify leaves none out.".to_owned(),
        ),
        item(
            report.only.is_empty(),
            "Did the whole requirement set run?",
            "No selector was given.".to_owned(),
            format!("Only {} was selected.", report.only.join(", ")),
        ),
        item(
            report.ending == Ending::Completed,
            "Did the run end by itself?",
            format!("It ended at {}.", moment(&report.finished)),
            match report.ending {
                Ending::Interrupted => "It was interrupted.".to_owned(),
                Ending::Terminated => "It was terminated.".to_owned(),
                _ => "The recording stops in the middle.".to_owned(),
            },
        ),
    ];
    if let Some(tls) = &report.facts.tls {
        items.push(item(
            tls.refused.is_none(),
            "Is the certificate accepted?",
            format!("Accepted; trust in {}.", tls.trust),
            format!(
                "Refused: {}; trust in {}.",
                tls.refused.as_deref().unwrap_or_default(),
                tls.trust
            ),
        ));
    } else {
        items.push(item(
            false,
            "Is the certificate accepted?",
            String::new(),
            "No TLS handshake was recorded.".to_owned(),
        ));
    }
    items.push(if must.violated == 0 {
        Item {
            status: status("pass", "Yes"),
            question: "Is every judged MUST satisfied?".to_owned(),
            answer: format!("All {} are.", must.satisfied),
        }
    } else {
        Item {
            status: status("fail", "No"),
            question: "Is every judged MUST satisfied?".to_owned(),
            answer: format!(
                "Violated: {} of {}.",
                must.violated,
                must.satisfied + must.violated
            ),
        }
    });
    items.push(item(
        must.unverified == 0,
        "Is every applicable MUST judged?",
        format!("All {} are.", must.applicable),
        format!("Not judged: {} of {}.", must.unverified, must.applicable),
    ));
    items.push(if attested == 0 {
        Item {
            status: status("pass", "None"),
            question: "Which rows rest on a person's word?".to_owned(),
            answer: "No attestation was used.".to_owned(),
        }
    } else {
        Item {
            status: status("review", "Read"),
            question: "Which rows rest on a person's word?".to_owned(),
            answer: format!(
                "{}, marked attested in the requirements table.",
                text::count(attested, "row")
            ),
        }
    });
    items
}

/// The areas of the catalogue in its order.
fn areas(report: &Report) -> Vec<String> {
    let mut areas: Vec<String> = Vec::new();
    for row in &report.requirements {
        if !areas.contains(&row.requirement.area) {
            areas.push(row.requirement.area.clone());
        }
    }
    areas
}

/// How much a status weighs where a cell can show one only.
fn weight(key: &str) -> usize {
    [
        "fail", "error", "blocked", "warn", "review", "vacuous", "note", "skip", "pass", "na",
    ]
    .iter()
    .position(|k| *k == key)
    .unwrap_or(usize::MAX)
}

fn matrix(report: &Report, areas: &[String]) -> Matrix {
    let mut operations: Vec<&str> = Vec::new();
    for row in &report.requirements {
        for operation in &row.requirement.operations {
            if !operations.contains(&operation.as_str()) {
                operations.push(operation);
            }
        }
    }
    let cell = |operation: Option<&str>, area: &str| -> Option<Cell> {
        let rows: Vec<&RequirementResult> = report
            .requirements
            .iter()
            .filter(|row| row.requirement.area == area)
            .filter(|row| match operation {
                Some(name) => row.requirement.operations.iter().any(|o| o == name),
                None => row.requirement.operations.is_empty(),
            })
            .collect();
        let worst = rows.iter().min_by_key(|row| weight(row_status(row).key))?;
        let shown = row_status(worst);
        let count = rows
            .iter()
            .filter(|row| row_status(row).key == shown.key)
            .count();
        let href = match &worst.finding {
            Some(finding) => finding.clone(),
            None => format!("r-{}", worst.requirement.id),
        };
        Some(Cell {
            status: shown,
            count,
            total: rows.len(),
            href,
        })
    };
    let row = |operation: Option<&str>| MatrixRow {
        operation: operation.unwrap_or("Any operation").to_owned(),
        state: operation
            .and_then(|name| report.facts.operations.get(name))
            .map(|state| text::one_line(state, 40))
            .unwrap_or_default(),
        named: operation.is_some(),
        cells: areas.iter().map(|area| cell(operation, area)).collect(),
    };
    let mut rows: Vec<MatrixRow> = operations.iter().map(|name| row(Some(name))).collect();
    let any = row(None);
    if any.cells.iter().any(Option::is_some) {
        rows.insert(0, any);
    }
    Matrix {
        areas: areas.to_vec(),
        rows,
    }
}

/// Which finding shows which exchange, and how much room is left for bodies.
struct Pages<'a> {
    evidence: HashMap<&'a str, &'a Exchange>,
    /// Places that findings point at, by exchange.
    pointers: HashMap<&'a str, Vec<&'a str>>,
    shown: HashSet<&'a str>,
    budget: usize,
}

impl<'a> Pages<'a> {
    fn new(report: &'a Report) -> Self {
        let mut pointers: HashMap<&str, Vec<&str>> = HashMap::new();
        for deviation in report.findings.iter().flat_map(|f| &f.deviations) {
            if let (Some(id), Some(pointer)) = (deviation.exchanges.last(), &deviation.pointer) {
                pointers.entry(id).or_default().push(pointer);
            }
        }
        Self {
            evidence: report.evidence.iter().map(|e| (e.id.as_str(), e)).collect(),
            pointers,
            shown: HashSet::new(),
            budget: BODY_BUDGET,
        }
    }

    /// Link to an exchange, when the page has it.
    fn link(&self, id: &str) -> Link {
        Link {
            id: text::one_line(id, 60),
            href: if self.evidence.contains_key(id) || self.shown.contains(id) {
                text::one_line(id, 60)
            } else {
                String::new()
            },
        }
    }

    fn message(&mut self, headers: &[Header], body: &BodyText, pointers: &[&str]) -> MessageView {
        let mut note = Vec::new();
        let mut shown = Vec::new();
        if body.bytes > 0 || !body.text.is_empty() {
            note.push(text::size(body.bytes));
        } else {
            note.push("no body".to_owned());
        }
        if body.base64 {
            note.push("not UTF-8, shown in base64".to_owned());
        }
        if body.truncated {
            note.push("longer than the limit, cut".to_owned());
        }
        if body.text.len().min(64 * 1024) > self.budget {
            note.push("left out of this page; the recording has it".to_owned());
        } else {
            shown = body::layout(&body.text, pointers);
            let bytes: usize = shown.iter().map(|stretch| stretch.text.len()).sum();
            self.budget = self.budget.saturating_sub(bytes);
        }
        MessageView {
            headers: headers.iter().map(|h| code(&h.name, &h.value)).collect(),
            body: shown,
            note: note.join(", "),
        }
    }

    fn exchange(&mut self, exchange: &'a Exchange) -> ExchangeView {
        let pointers = self
            .pointers
            .get(exchange.id.as_str())
            .cloned()
            .unwrap_or_default();
        let request = self.message(&exchange.request_headers, &exchange.request_body, &[]);
        let response = exchange
            .response
            .as_ref()
            .map(|answer| self.message(&answer.headers, &answer.body, &pointers));
        ExchangeView {
            id: text::one_line(&exchange.id, 60),
            operation: text::one_line(&exchange.operation, 120),
            method: text::one_line(&exchange.method, 20),
            url: value(&exchange.url),
            origin: text::one_line(&exchange.origin, 200),
            sent: moment(&exchange.sent),
            elapsed: elapsed(exchange),
            attempt: exchange.attempt,
            status: exchange
                .response
                .as_ref()
                .map(|answer| format!("{} {}", answer.version, answer.status))
                .unwrap_or_default(),
            fault: exchange
                .fault
                .as_ref()
                .map(|fault| value(&fault.detail))
                .unwrap_or_default(),
            notes: notes(&exchange.notes),
            request,
            response,
        }
    }
}

fn notes(notes: &[(String, String)]) -> Vec<Fact> {
    notes
        .iter()
        .map(|(label, text)| fact(label, text))
        .collect()
}

fn elapsed(exchange: &Exchange) -> String {
    format!("{:.0} ms", exchange.elapsed_ms.max(0.0))
}

fn finding_view<'a>(
    report: &Report,
    finding: &'a Finding,
    rules: &HashMap<&str, &Requirement>,
    pages: &mut Pages<'a>,
) -> FindingView {
    let mut exchanges = Vec::new();
    let mut elsewhere: Vec<Link> = Vec::new();
    for id in finding.deviations.iter().flat_map(|d| &d.exchanges) {
        let Some(exchange) = pages.evidence.get(id.as_str()).copied() else {
            continue;
        };
        if pages.shown.insert(&exchange.id) {
            exchanges.push(pages.exchange(exchange));
        } else if exchanges.iter().all(|e| e.id != *id) && elsewhere.iter().all(|e| e.id != *id) {
            elsewhere.push(pages.link(id));
        }
    }
    FindingView {
        id: finding.id.clone(),
        title: text::one_line(&finding.title, 400),
        status: finding_status(finding),
        level: finding.level.map(|l| l.to_string()).unwrap_or_default(),
        domain: finding.domain.to_string(),
        open: !matches!(
            (finding.outcome, finding.level),
            (Outcome::Fail, Some(Level::Should | Level::May))
        ) || report.strict,
        violates: finding
            .violates
            .iter()
            .filter_map(|id| rules.get(id.as_str()).map(|r| rule(r)))
            .collect(),
        blocks: finding
            .blocks
            .iter()
            .map(|id| Link {
                id: id.clone(),
                href: format!("r-{id}"),
            })
            .collect(),
        deviations: deviation_views(&finding.deviations, pages),
        fail: finding.outcome == Outcome::Fail,
        more: more(finding),
        remedy: value(&finding.remedy),
        exchanges,
        elsewhere,
        curl: finding.curl.clone().unwrap_or_default(),
        reproduce: text::one_line(&finding.reproduce, 1000),
    }
}

/// What a finding has beyond the observations it shows.
fn more(finding: &Finding) -> String {
    if finding.outcome != Outcome::Fail {
        let checks = usize::try_from(finding.deviation_count).unwrap_or(usize::MAX);
        return format!("It concerns {}.", text::count(checks, "check"));
    }
    let kept = finding.deviations.len() as u64;
    match finding.deviation_count.saturating_sub(kept) {
        0 => String::new(),
        1 => "Seen once more; the JSON report and the recording tell where.".to_owned(),
        n => format!("Seen {n} more times; the JSON report and the recording tell where."),
    }
}

fn rule(requirement: &Requirement) -> Rule {
    Rule {
        id: requirement.id.clone(),
        level: requirement.level.to_string(),
        text: requirement.text.clone(),
        section: requirement.section.clone(),
        sources: requirement.sources.join(", "),
        basis: format!("{:?}", requirement.basis),
        meaning: requirement.basis.meaning(),
        remedy: requirement.remedy.clone(),
    }
}

/// Deviations with the same words are told once.
fn deviation_views(deviations: &[Deviation], pages: &Pages<'_>) -> Vec<DeviationView> {
    let mut views: Vec<(&Deviation, DeviationView)> = Vec::new();
    for deviation in deviations {
        let seen = Seen {
            operation: text::one_line(&deviation.operation, 120),
            situation: optional(deviation.situation.as_ref()),
            pointer: optional(deviation.pointer.as_ref()),
            exchanges: deviation
                .exchanges
                .iter()
                .map(|id| pages.link(id))
                .collect(),
        };
        let same = views.iter_mut().find(|(first, _)| {
            first.requirement == deviation.requirement
                && first.expected == deviation.expected
                && first.actual == deviation.actual
                && first.schema == deviation.schema
        });
        match same {
            Some((_, view)) => view.seen.push(seen),
            None => views.push((
                deviation,
                DeviationView {
                    requirement: deviation.requirement.clone(),
                    expected: value(&deviation.expected),
                    actual: value(&deviation.actual),
                    schema: optional(deviation.schema.as_ref()),
                    seen: vec![seen],
                },
            )),
        }
    }
    views.into_iter().map(|(_, view)| view).collect()
}

fn open_view(group: digest::Open<'_>) -> OpenView {
    OpenView {
        status: row_status(group.rows[0]),
        reason: value(group.reason),
        levels: group.levels(),
        finding: group
            .rows
            .iter()
            .find_map(|row| row.finding.clone())
            .unwrap_or_default(),
        rows: group
            .rows
            .iter()
            .map(|row| OpenRow {
                id: row.requirement.id.clone(),
                title: row.requirement.title.clone(),
                level: row.requirement.level.to_string(),
            })
            .collect(),
    }
}

fn row_view(row: &RequirementResult) -> RowView {
    let rule = &row.requirement;
    RowView {
        id: rule.id.clone(),
        level: rule.level.to_string(),
        area: rule.area.clone(),
        title: rule.title.clone(),
        text: rule.text.clone(),
        basis: format!("{:?}", rule.basis),
        meaning: rule.basis.meaning(),
        section: rule.section.clone(),
        sources: rule.sources.join(", "),
        observation: rule.observation.clone(),
        remedy: rule.remedy.clone(),
        operations: rule.operations.join(", "),
        key: fold::row_key(row),
        status: row_status(row),
        attested: row
            .attestation
            .as_ref()
            .map(|a| value(&format!("{}, {}: {}", a.by, a.date, a.statement)))
            .unwrap_or_default(),
        reason: optional(row.reason.as_ref()),
        judged: row.judged,
        repeats: row.repeats.map_or_else(String::new, |repeats| {
            format!("passed {} of {} rounds", repeats.passed, repeats.rounds)
        }),
        checks: row.checks.iter().map(|c| text::one_line(c, 200)).collect(),
        finding: row.finding.clone().unwrap_or_default(),
    }
}

/// The statuses that rows have, worst first: what the table can be filtered by.
fn present_outcomes(report: &Report) -> Vec<Status> {
    let mut present: Vec<Status> = Vec::new();
    for row in &report.requirements {
        let status = row_status(row);
        if !present.contains(&status) {
            present.push(status);
        }
    }
    present.sort_by_key(|status| (weight(status.key), status.word.clone()));
    present
}

fn evidence_row(report: &Report, exchange: &Exchange, pages: &Pages<'_>) -> EvidenceRow {
    let answer = match (&exchange.response, &exchange.fault) {
        (Some(answer), _) => answer.status.to_string(),
        (None, Some(fault)) => text::one_line(&fault.detail, 120),
        (None, None) => "no answer".to_owned(),
    };
    EvidenceRow {
        id: text::one_line(&exchange.id, 60),
        href: pages.link(&exchange.id).href,
        operation: text::one_line(&exchange.operation, 120),
        request: format!(
            "{}, {}",
            text::one_line(&exchange.method, 20),
            text::size(exchange.request_body.bytes)
        ),
        answer,
        elapsed: elapsed(exchange),
        origin: text::one_line(&exchange.origin, 200),
        findings: report
            .findings
            .iter()
            .filter(|f| {
                f.deviations
                    .iter()
                    .any(|d| d.exchanges.contains(&exchange.id))
            })
            .map(|f| f.id.clone())
            .collect(),
    }
}

fn tls_view(tls: &TlsFacts) -> TlsView {
    TlsView {
        facts: vec![
            fact("Version", &tls.version),
            fact("Cipher suite", &tls.cipher),
            fact("Trust", &tls.trust),
            fact(
                "Normal validation",
                &match &tls.refused {
                    None => "accepts the certificate".to_owned(),
                    Some(reason) => format!("refuses the certificate: {reason}"),
                },
            ),
        ],
        chain: tls
            .chain
            .iter()
            .map(|certificate| {
                vec![
                    fact("Subject", &certificate.subject),
                    fact("Issuer", &certificate.issuer),
                    fact("Names", &certificate.names.join(", ")),
                    fact(
                        "Valid",
                        &format!(
                            "{} to {}",
                            moment(&certificate.not_before),
                            moment(&certificate.not_after)
                        ),
                    ),
                    code("SHA-256", &certificate.fingerprint),
                ]
            })
            .collect(),
    }
}

fn configuration(configuration: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(configuration).unwrap_or_default();
    let (head, cut) = text::clip(&text, 64 * 1024);
    if cut {
        format!("{head}\n… cut; the JSON report has all of it")
    } else {
        text
    }
}

fn provenance(report: &Report) -> Vec<Fact> {
    vec![
        fact(
            "Tool",
            &format!("{} {}", report.tool.name, report.tool.version),
        ),
        fact(
            "Requirement set",
            &format!("{}, revision {}", report.profile, report.revision),
        ),
        code("Suite digest", &report.suite_digest),
        fact("Self-test of the suite", &digest::proof(report)),
        fact("Seed", &report.seed.to_string()),
        fact("Started", &moment(&report.started)),
        fact("Finished", &moment(&report.finished)),
        fact(
            "Exchanges",
            &format!(
                "{} recorded, {} shown here",
                report.exchanges,
                report.evidence.len()
            ),
        ),
        fact("Checks", &report.checks.len().to_string()),
        fact(
            "Repeated",
            &digest::repeats(report).unwrap_or_else(|| "no (--repeat N does)".to_owned()),
        ),
        fact("Exit code", &report.exit_code.to_string()),
        fact("Report format", &report.schema_version.to_string()),
        code("Command", &report.command),
    ]
}

fn glossary() -> Vec<Fact> {
    [
        ("Pass", "The behaviour was observed and accepted."),
        (
            "Fail, Warning, Note",
            "The behaviour was observed and not accepted; the word follows from the level of the requirement: MUST, SHOULD, MAY.",
        ),
        (
            "Blocked",
            "Could not be exercised: a prerequisite failed, or the connector could not be reached. Counts as unverified.",
        ),
        (
            "Vacuous",
            "The check ran, but there was nothing to judge, such as an empty list. Counts as unverified.",
        ),
        (
            "Review",
            "Needs a person. Counts as unverified until an attestation is given.",
        ),
        (
            "Left out by scope",
            "The development scope leaves out what the target file does not provide for. Counts as unverified, but does not make the run incomplete; a certification run leaves nothing out.",
        ),
        (
            "Not selected",
            "The operator filtered it out, or no check ran. Counts as unverified.",
        ),
        (
            "Not applicable",
            "The capability is not claimed, or the operation may be absent and is. Not counted as applicable.",
        ),
        ("Not testable", "No run can decide it; the row says why."),
        ("Error", "A fault of Assay. It says nothing about the connector and makes the run invalid."),
        (
            "Attested",
            "A person vouches for the row. An attestation never hides a violation.",
        ),
        (
            "Fault domain",
            "Where the cause lies: in the connector, in the target file (configuration), in network, certificates and clocks (environment), or in Assay (harness).",
        ),
    ]
    .into_iter()
    .map(|(label, value)| fact(label, value))
    .collect()
}

fn bases() -> Vec<Fact> {
    [Basis::S, Basis::M, Basis::P]
        .into_iter()
        .map(|basis| fact(&format!("Basis {basis:?}"), basis.meaning()))
        .collect()
}
