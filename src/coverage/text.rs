//! The coverage for a terminal: rows, operations, what nothing exercised, and the sums.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Coverage, Keyword, Operation, Row, State, Status};
use crate::report::text::{count, one_line};

/// Columns that no line exceeds.
const WIDTH: usize = 100;

/// Renders the coverage as plain text.
pub fn write(coverage: &Coverage) -> String {
    let mut out = Text::default();
    out.head(coverage);
    out.requirements(coverage);
    out.scenarios(coverage);
    out.operations(coverage);
    out.keywords(coverage);
    out.sums(coverage);
    out.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// A line that is cut at the width; what others wrote is made visible.
    fn line(&mut self, indent: usize, text: &str) {
        let room = WIDTH - indent;
        let _ = writeln!(self.0, "{:indent$}{}", "", clipped(text, room));
    }

    fn title(&mut self, text: &str) {
        self.0.push('\n');
        self.line(0, text);
    }

    fn head(&mut self, coverage: &Coverage) {
        self.line(
            0,
            &format!("Coverage of {} {}", coverage.profile, coverage.revision),
        );
        for run in &coverage.runs {
            let older = if run.same_suite {
                ""
            } else {
                " (played with another suite)"
            };
            let name = format!("{} {}{older}", run.connector, run.version);
            self.line(2, &one_line(&name, WIDTH));
            self.line(4, &one_line(&run.command, WIDTH));
        }
    }

    fn requirements(&mut self, coverage: &Coverage) {
        self.title("Requirements × scenarios: values judged, and the checks that judge them");
        for row in &coverage.requirements {
            let values = match row.state {
                State::Attested | State::NotTestable => String::new(),
                _ => row.judged.to_string(),
            };
            let by = decided_by(row);
            self.line(
                2,
                &format!("{:<8} {:<6} {values:>8}  {by}", row.id, row.level),
            );
        }
    }

    fn scenarios(&mut self, coverage: &Coverage) {
        let silent = coverage.scenarios.iter().filter(|one| one.judged == 0);
        let silent: Vec<&str> = silent.map(|one| one.id.as_str()).collect();
        // Discovery judges nothing by design; what else is here deserves a look.
        if !silent.is_empty() {
            self.title("Scenarios that judged nothing");
            self.listed(2, &silent);
        }
    }

    fn operations(&mut self, coverage: &Coverage) {
        self.title("Operations × statuses: answers seen; ! is not declared");
        let names = coverage.operations.iter().map(|op| op.name.chars().count());
        let widest = names.max().unwrap_or_default().min(34);
        for operation in &coverage.operations {
            let seen: Vec<String> = operation.statuses.iter().filter_map(seen).collect();
            let name = format!("{:<widest$}", operation.name);
            let unanswered = match operation.unanswered {
                0 => String::new(),
                times => format!("  unanswered ×{times}"),
            };
            self.line(2, &format!("{name}  {}{unanswered}", seen.join("  ")));
            let never = operation.statuses.iter().filter(|status| status.seen == 0);
            let never: Vec<&str> = never.map(|status| status.status.as_str()).collect();
            if !never.is_empty() {
                self.line(widest + 4, &format!("never: {}", never.join(" ")));
            }
            if !operation.faults.is_empty() {
                self.line(widest + 4, &format!("faults: {}", faults(operation)));
            }
        }
        let others: u64 = coverage.others.values().flat_map(BTreeMap::values).sum();
        if others > 0 {
            let answers = count(usize::try_from(others).unwrap_or(usize::MAX), "answer");
            self.line(2, &format!("{answers} to requests that are no operation"));
        }
    }

    /// Keywords that judged nothing, below their component. What lies behind one of them
    /// is not told again.
    fn keywords(&mut self, coverage: &Coverage) {
        let gaps = coverage
            .keywords
            .iter()
            .filter(|keyword| keyword.judged == 0);
        let mut told: Vec<&str> = Vec::new();
        let mut component = "";
        let mut unreached = "";
        for keyword in gaps {
            let behind = |told: &&str| {
                let rest = keyword.schema.strip_prefix(told);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if told.iter().any(behind) {
                continue;
            }
            if component.is_empty() {
                self.title("Schema keywords that no answer exercised");
            }
            let around = component_of(&keyword.pointer);
            if around != component {
                component = around;
                self.line(2, around);
            }
            if keyword.gap == Some(crate::api::Gap::Unreached.words()) {
                if unreached != keyword.schema {
                    unreached = &keyword.schema;
                    told.push(unreached);
                    self.gap(keyword, unreached, component);
                }
                continue;
            }
            told.push(&keyword.pointer);
            self.gap(keyword, &keyword.pointer, component);
        }
    }

    fn gap(&mut self, keyword: &Keyword, pointer: &str, component: &str) {
        let place = pointer.strip_prefix(component).unwrap_or(pointer);
        let place = place.trim_start_matches('/');
        let says = match pointer == keyword.pointer {
            true => one_line(&keyword.says, 40),
            false => String::new(),
        };
        let place = [place, says.as_str()].join(" ");
        let reason = keyword.gap.unwrap_or_default();
        self.line(4, &format!("{:<44}  {reason}", clipped(place.trim(), 56)));
    }

    fn listed(&mut self, indent: usize, names: &[&str]) {
        let room = WIDTH - indent;
        for line in crate::report::text::wrap(&names.join(", "), room) {
            self.line(indent, &line);
        }
    }

    fn sums(&mut self, coverage: &Coverage) {
        self.0.push('\n');
        let (judged, rows) = coverage.rows();
        let open: Vec<&str> = coverage
            .requirements
            .iter()
            .filter(|row| matches!(row.state, State::NothingJudged | State::NoCheck))
            .map(|row| row.id.as_str())
            .collect();
        self.line(
            0,
            &format!("{judged} of {rows} automated requirements judged"),
        );
        if !open.is_empty() {
            self.listed(2, &[&["without: ", &open.join(", ")].concat()]);
        }
        let (seen, declared) = coverage.statuses();
        let statuses = coverage.operations.iter().flat_map(|op| &op.statuses);
        let foreign = statuses.filter(|status| !status.declared).count();
        let answered = coverage.operations.iter().filter(|op| op.exchanges > 0);
        self.line(
            0,
            &format!(
                "{} of {} called, {seen} of {declared} declared statuses seen, \
                 {foreign} not declared",
                answered.count(),
                count(coverage.operations.len(), "operation"),
            ),
        );
        let (exercised, keywords) = coverage.exercised();
        self.line(
            0,
            &format!("{exercised} of {keywords} schema keywords exercised"),
        );
    }
}

/// The checks of a row, as many as fit, or why it has none.
fn decided_by(row: &Row) -> String {
    const ROOM: usize = WIDTH - 28;
    let reason = |word: &str| match &row.reason {
        Some(reason) => format!("{word}: {}", one_line(reason, ROOM)),
        None => word.to_owned(),
    };
    match row.state {
        State::Attested => return reason("attested"),
        State::NotTestable => return reason("not testable"),
        State::NoCheck => return "NO CHECK".to_owned(),
        State::NothingJudged => return reason("NOTHING JUDGED"),
        State::Judged => {}
    }
    let mut names = String::new();
    for (number, check) in row.checks.iter().enumerate() {
        let more = row.checks.len() - number;
        let gap = if number > 0 { ", " } else { "" };
        if number > 0 && names.len() + check.check.len() + 12 > ROOM {
            let _ = write!(names, " and {more} more");
            break;
        }
        let _ = write!(names, "{gap}{}", check.check);
    }
    names
}

/// A status that came.
fn seen(status: &Status) -> Option<String> {
    let mark = if status.declared { "" } else { "!" };
    (status.seen > 0).then(|| format!("{mark}{} ×{}", status.status, status.seen))
}

fn faults(operation: &Operation) -> String {
    let faults = operation.faults.iter();
    let shown: Vec<String> = faults
        .map(|(code, seen)| format!("{} ×{seen}", one_line(code, 30)))
        .collect();
    shown.join("  ")
}

/// The component or operation that a pointer leads into, as the start of the pointer.
fn component_of(pointer: &str) -> &str {
    let parts = match pointer.starts_with("/components") {
        true => 3,
        // /paths/<path>/<method>/responses/<status>
        false => 5,
    };
    let mut ends = pointer.match_indices('/').map(|(at, _)| at);
    ends.nth(parts).map_or(pointer, |at| &pointer[..at])
}

fn clipped(text: &str, room: usize) -> String {
    let text = text.trim_end();
    match text.chars().count() > room {
        true => text.chars().take(room - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
