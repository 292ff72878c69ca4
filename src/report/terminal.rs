//! The report for a terminal: verdict, ledger, findings with their consequences, what
//! was not judged, where the files are, why the program exits as it does.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Paint};

use crate::model::outcome::{Outcome, Verdict};
use crate::model::report::{Finding, Report};
use crate::model::requirement::Level;

use super::digest::{self, Open};
use super::{ReportKind, text};

/// How many findings are shown in full; the files have all.
const MAX_FINDINGS: usize = 20;

/// How many groups of open rows are shown.
const MAX_GROUPS: usize = 12;

/// Head of the ledger.
const LEDGER: &str = "        applicable = satisfied + violated + unverified    n/a  not testable";

/// How to write for the terminal at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Characters beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Default for Style {
    /// Plain text of 80 columns.
    fn default() -> Self {
        Self {
            colour: false,
            unicode: true,
            width: 80,
        }
    }
}

/// Renders the report; `files` are the reports that were written, as the user names
/// them.
pub fn write(report: &Report, style: Style, files: &[(ReportKind, String)]) -> String {
    let mut page = Page {
        style,
        out: String::new(),
    };
    page.head(report);
    page.verdict(report);
    page.ledger(report);
    if let Some(repeats) = digest::repeats(report) {
        page.folded(0, &format!("Repeated: {repeats}."));
        page.blank();
    }
    page.findings(report, files);
    page.open(report);
    page.painted(
        Paint::new().dimmed(),
        &format!("Self-test: {}.", digest::proof(report)),
    );
    page.blank();
    page.files(files);
    let colour = verdict_paint(report.verdict);
    let reason = digest::exit_reason(report);
    page.line(&page.paint(colour, &reason));
    page.out
}

/// What a page without colours shows of the totals.
pub(super) struct Shown {
    pub(super) statement: String,
    /// Applicable, satisfied, violated, unverified, not applicable, not testable.
    pub(super) ledger: Vec<Vec<u32>>,
    pub(super) findings: usize,
    pub(super) exit_code: Option<u8>,
}

/// Reads a page without colours; `None` when it has no ledger.
pub(super) fn shown(page: &str) -> Option<Shown> {
    let (before, after) = page.split_once(LEDGER)?;
    let statement = before.trim_end().rsplit("\n\n").next()?;
    let numbers = |line: &str| {
        line.split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect()
    };
    let findings = after.lines().find_map(|line| {
        line.strip_prefix("Findings (")?
            .strip_suffix(')')?
            .parse()
            .ok()
    });
    let exit_code = after.lines().last().and_then(|line| {
        let (code, _) = line.strip_prefix("exit ")?.split_once(':')?;
        code.parse().ok()
    });
    Some(Shown {
        // Each line begins with a mark or a blank in its place.
        statement: statement
            .lines()
            .map(|line| line.chars().skip(1).collect::<String>())
            .collect::<Vec<_>>()
            .join(" "),
        ledger: after
            .lines()
            .skip(1)
            .take(Level::ALL.len())
            .map(numbers)
            .collect(),
        findings: findings.unwrap_or(0),
        exit_code,
    })
}

fn verdict_paint(verdict: Verdict) -> Paint {
    let colour = match verdict {
        Verdict::Conformant => AnsiColor::Green,
        Verdict::NonConformant => AnsiColor::Red,
        Verdict::Incomplete => AnsiColor::Yellow,
        Verdict::Invalid => AnsiColor::Magenta,
    };
    Paint::new().bold().fg_color(Some(colour.into()))
}

fn finding_paint(finding: &Finding) -> Paint {
    let colour = match (finding.outcome, finding.level) {
        (Outcome::Error, _) => AnsiColor::Magenta,
        (Outcome::Fail, Some(Level::Must)) => AnsiColor::Red,
        (Outcome::Fail, Some(Level::May)) => AnsiColor::Cyan,
        _ => AnsiColor::Yellow,
    };
    Paint::new().bold().fg_color(Some(colour.into()))
}

/// Text under construction.
struct Page {
    style: Style,
    out: String,
}

impl Page {
    fn paint(&self, paint: Paint, text: &str) -> String {
        if self.style.colour {
            format!("{paint}{text}{paint:#}")
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, text: &str) -> String {
        self.paint(Paint::new().bold(), text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint(Paint::new().dimmed(), text)
    }

    /// Appends a line that holds nothing of a connector but what `text` has cleaned.
    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if self.style.unicode {
            self.out.push_str(line);
        } else {
            for c in line.chars() {
                match c {
                    '…' => self.out.push_str("..."),
                    '·' | '•' => self.out.push('|'),
                    '–' | '—' => self.out.push('-'),
                    '✓' => self.out.push('+'),
                    '✗' => self.out.push('x'),
                    '«' => self.out.push_str("<<"),
                    '»' => self.out.push_str(">>"),
                    c if c.is_ascii() => self.out.push(c),
                    _ => self.out.push('?'),
                }
            }
        }
        self.out.push('\n');
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A label and a folded value below each other.
    fn field(&mut self, label: &str, value: &str) {
        const INDENT: usize = 15;
        let room = self.style.width.saturating_sub(INDENT);
        for (at, line) in text::wrap(value, room).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let label = self.dim(&format!("{label:<10}"));
            self.line(&format!("     {label}{line}"));
        }
    }

    /// Folded text behind an indent.
    fn folded(&mut self, indent: usize, value: &str) {
        let room = self.style.width.saturating_sub(indent);
        for line in text::wrap(value, room) {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    /// Folded text in one colour.
    fn painted(&mut self, paint: Paint, value: &str) {
        for line in text::wrap(value, self.style.width) {
            let line = self.paint(paint, &line);
            self.line(&line);
        }
    }

    fn head(&mut self, report: &Report) {
        let name = digest::connector_name(report);
        let vendor = text::one_line(&report.connector.vendor, 80);
        let by = if vendor.is_empty() { "" } else { " by " };
        self.painted(Paint::new().bold(), &format!("{name}{by}{vendor}"));
        let url = text::one_line(&report.url, 200);
        if url != name {
            self.painted(Paint::new(), &url);
        }
        let modes = match report.modes.as_slice() {
            [] => String::new(),
            modes => format!(" · {}", modes.join(", ")),
        };
        let tool = format!(
            "{} {} · {} {} · {} scope{modes} · seed {}",
            report.tool.name,
            report.tool.version,
            report.profile,
            report.revision,
            report.scope,
            report.seed
        );
        self.painted(Paint::new().dimmed(), &text::one_line(&tool, 200));
        if !report.only.is_empty() {
            let only = format!("only {}", report.only.join(", "));
            self.painted(Paint::new().dimmed(), &text::one_line(&only, 200));
        }
        self.blank();
    }

    fn verdict(&mut self, report: &Report) {
        let mark = match report.verdict {
            Verdict::Conformant => '✓',
            Verdict::NonConformant => '✗',
            Verdict::Incomplete | Verdict::Invalid => '!',
        };
        let paint = verdict_paint(report.verdict);
        let room = self.style.width.saturating_sub(2);
        for (at, line) in text::wrap(&report.statement, room).iter().enumerate() {
            let mark = if at == 0 { mark } else { ' ' };
            let painted = self.paint(paint, &format!("{mark} {line}"));
            self.line(&painted);
        }
        self.blank();
    }

    fn ledger(&mut self, report: &Report) {
        self.line(&self.dim(LEDGER));
        for level in Level::ALL {
            let ledger = report.ledgers.of(level);
            self.line(&format!(
                "{level:<8}{:>10} = {:>9} + {:>8} + {:>10} {:>6}  {:>12}",
                ledger.applicable,
                ledger.satisfied,
                ledger.violated,
                ledger.unverified,
                ledger.not_applicable,
                ledger.not_testable
            ));
        }
        let left_out: Vec<String> = Level::ALL
            .iter()
            .filter_map(|level| match report.ledgers.of(*level).left_out_by_scope {
                0 => None,
                n => Some(format!("{n} {level}")),
            })
            .collect();
        if !left_out.is_empty() {
            let note = format!(
                "Of the unverified, the {} scope leaves out {}.",
                report.scope,
                left_out.join(", ")
            );
            self.folded(0, &note);
        }
        self.blank();
    }

    fn findings(&mut self, report: &Report, files: &[(ReportKind, String)]) {
        if report.findings.is_empty() {
            return;
        }
        let title = format!("Findings ({})", report.findings.len());
        self.line(&self.bold(&title));
        self.blank();
        for finding in report.findings.iter().take(MAX_FINDINGS) {
            self.finding(finding);
            self.blank();
        }
        let more = report.findings.len().saturating_sub(MAX_FINDINGS);
        if more > 0 {
            let place = files
                .first()
                .map_or("the reports", |(_, path)| path.as_str());
            self.line(&format!("     and {more} more in {place}"));
            self.blank();
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let severity = digest::severity(finding);
        let mut facts = vec![severity.to_owned()];
        facts.extend(finding.level.map(|level| level.to_string()));
        facts.push(finding.domain.to_string());
        if !finding.violates.is_empty() {
            facts.push(digest::some_ids(&finding.violates, 4));
        }
        let id = self.bold(&format!("{:<5}", finding.id));
        let head = self.paint(finding_paint(finding), &facts.join(" · "));
        self.line(&format!("{id}{head}"));
        self.folded(5, &text::one_line(&finding.title, 400));
        if let Some(first) = finding.deviations.first() {
            let mut place = Vec::new();
            if !first.operation.is_empty() {
                place.push(text::one_line(&first.operation, 80));
            }
            place.extend(first.exchanges.last().map(|id| text::one_line(id, 40)));
            if let Some(pointer) = &first.pointer {
                place.push(format!("at {}", text::one_line(pointer, 160)));
            }
            if !place.is_empty() {
                self.field("where", &place.join(", "));
            }
            if finding.outcome == Outcome::Fail {
                if let Some(situation) = &first.situation {
                    self.field("situation", &text::one_line(situation, 300));
                }
                self.field("expected", &text::one_line(&first.expected, 400));
                self.field("actual", &text::one_line(&first.actual, 400));
            } else {
                self.field("reason", &text::one_line(&first.actual, 400));
            }
        }
        let more = finding.deviation_count.saturating_sub(1);
        if more > 0 && finding.outcome == Outcome::Fail {
            let others = digest::other_operations(&finding.deviations);
            let others = if others.is_empty() {
                String::new()
            } else {
                format!(", also at {}", text::one_line(&others.join(", "), 200))
            };
            let times = match more {
                1 => "once more".to_owned(),
                n => format!("{n} more times"),
            };
            self.field("more", &format!("seen {times}{others}"));
        }
        if !finding.blocks.is_empty() {
            let blocked = format!(
                "{}: {}",
                text::count(finding.blocks.len(), "requirement"),
                digest::some_ids(&finding.blocks, 6)
            );
            self.field("blocks", &blocked);
        }
        self.field("fix", &text::one_line(&finding.remedy, 600));
        self.field("again", &text::one_line(&finding.reproduce, 400));
    }

    fn open(&mut self, report: &Report) {
        let groups = digest::open_rows(report);
        if groups.is_empty() {
            return;
        }
        let (scope, open): (Vec<Open<'_>>, Vec<Open<'_>>) =
            groups.into_iter().partition(|group| group.by_scope);
        self.open_groups("Open", &open);
        let title = format!("Left out by the {} scope", report.scope);
        self.open_groups(&title, &scope);
    }

    fn open_groups(&mut self, title: &str, groups: &[Open<'_>]) {
        if groups.is_empty() {
            return;
        }
        let rows = groups.iter().map(|group| group.rows.len()).sum();
        let title = format!("{title} ({})", text::count(rows, "requirement"));
        self.line(&self.bold(&title));
        for group in groups.iter().take(MAX_GROUPS) {
            let ids: Vec<String> = group
                .rows
                .iter()
                .map(|r| r.requirement.id.clone())
                .collect();
            let finding = group.rows.iter().find_map(|r| r.finding.as_deref());
            let see = finding.map_or_else(String::new, |id| format!(" (see {id})"));
            let label = if group.by_scope {
                group.levels()
            } else {
                format!("{}, {}", group.label(), group.levels())
            };
            let line = format!(
                "{label}: {}{see}: {}",
                text::one_line(group.reason, 300),
                digest::some_ids(&ids, 6)
            );
            self.bullet(&line);
        }
        let more = groups.len().saturating_sub(MAX_GROUPS);
        if more > 0 {
            self.line(&format!("  … and {} more", text::count(more, "reason")));
        }
        self.blank();
    }

    fn bullet(&mut self, value: &str) {
        let room = self.style.width.saturating_sub(4);
        for (at, line) in text::wrap(value, room).iter().enumerate() {
            let mark = if at == 0 { '-' } else { ' ' };
            self.line(&format!("  {mark} {line}"));
        }
    }

    fn files(&mut self, files: &[(ReportKind, String)]) {
        if files.is_empty() {
            return;
        }
        self.line(&self.bold("Reports"));
        for (kind, path) in files {
            let mut line = String::new();
            let _ = write!(line, "  {kind:<10}{}", text::visible(path));
            self.line(&line);
        }
        self.blank();
    }
}
