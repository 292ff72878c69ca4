//! `summary.md`: the report for the page of a pipeline.
//!
//! A step summary above one mebibyte is dropped without a word, so the text stays
//! below it whatever a connector answers. Values of a connector stand in code spans
//! only: there they can neither link nor mention nor close anything.

use std::fmt::Write as _;

use crate::model::outcome::{Outcome, Verdict};
use crate::model::report::{Finding, Report};
use crate::model::requirement::Level;

use super::digest;
use super::text;
use super::totals::Totals;

/// Longest summary in bytes.
pub const MAX_BYTES: usize = 900 * 1024;

const MARK: &str = "<!-- assay-totals ";

/// Renders the summary.
pub fn write(report: &Report) -> String {
    let mut out = format!("{MARK}{} -->\n\n", Totals::of(report).to_json());
    head(&mut out, report);
    ledger_table(&mut out, report);
    if let Some(repeats) = digest::repeats(report) {
        let _ = writeln!(out, "**Repeated** {}.\n", escape(&repeats));
    }
    let foot = foot(report);
    let mut left = report.findings.len();
    if left > 0 {
        let _ = writeln!(out, "## Findings ({left})\n");
    }
    for finding in &report.findings {
        let part = render(finding);
        if out.len() + part.len() + foot.len() + 64 * 1024 > MAX_BYTES {
            let _ = writeln!(
                out,
                "_{} not shown here; the HTML report has all of them._\n",
                text::count(left, "more finding")
            );
            break;
        }
        out.push_str(&part);
        left -= 1;
    }
    open(&mut out, report);
    out.push_str(&foot);
    out
}

/// The totals that a summary carries.
pub(super) fn totals(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(MARK)?;
    rest.split_once(" -->").map(|(totals, _)| totals)
}

/// The rows of the ledger that a summary shows.
pub(super) fn ledger(text: &str) -> Vec<Vec<u32>> {
    let row = |level: Level| {
        let row = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {level} | ")))?;
        row.trim_end_matches(" |")
            .split(" | ")
            .map(|cell| cell.parse().ok())
            .collect()
    };
    Level::ALL.into_iter().filter_map(row).collect()
}

fn head(out: &mut String, report: &Report) {
    let (mark, words) = match report.verdict {
        Verdict::Conformant => ("✅", "conformant"),
        Verdict::NonConformant => ("❌", "not conformant"),
        Verdict::Incomplete => ("⚠️", "incomplete"),
        Verdict::Invalid => ("⛔", "invalid"),
    };
    let _ = writeln!(
        out,
        "# {mark} {}: {words}\n\n**{}**\n",
        escape(&digest::connector_name(report)),
        escape(&report.statement)
    );
}

fn ledger_table(out: &mut String, report: &Report) {
    out.push_str(
        "| Level | Applicable | Satisfied | Violated | Unverified | of these left out by scope | Not applicable | Not testable |\n\
         | :-- | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for level in Level::ALL {
        let ledger = report.ledgers.of(level);
        let _ = writeln!(
            out,
            "| {level} | {} | {} | {} | {} | {} | {} | {} |",
            ledger.applicable,
            ledger.satisfied,
            ledger.violated,
            ledger.unverified,
            ledger.left_out_by_scope,
            ledger.not_applicable,
            ledger.not_testable
        );
    }
    out.push('\n');
}

fn render(finding: &Finding) -> String {
    let mut facts = vec![digest::severity(finding).to_owned()];
    facts.extend(finding.level.map(|level| level.to_string()));
    facts.push(finding.domain.to_string());
    let mut out = format!(
        "### {}: {}\n\n{}",
        finding.id,
        escape(&text::one_line(&finding.title, 300)),
        facts.join(" · ")
    );
    if !finding.violates.is_empty() {
        let _ = write!(
            out,
            " · {}",
            escape(&digest::some_ids(&finding.violates, 12))
        );
    }
    out.push_str("\n\n");
    for deviation in &finding.deviations {
        let mut place = Vec::new();
        if !deviation.operation.is_empty() {
            place.push(code(&deviation.operation, 100));
        }
        place.extend(deviation.exchanges.last().map(|id| code(id, 40)));
        if let Some(pointer) = &deviation.pointer {
            place.push(format!("at {}", code(pointer, 200)));
        }
        let place = if place.is_empty() {
            code(&deviation.requirement, 60)
        } else {
            place.join(", ")
        };
        let _ = writeln!(out, "- {place}");
        if finding.outcome != Outcome::Fail {
            let _ = writeln!(out, "  - reason: {}", code(&deviation.actual, 400));
            continue;
        }
        if let Some(situation) = &deviation.situation {
            let _ = writeln!(out, "  - situation: {}", code(situation, 300));
        }
        let _ = writeln!(out, "  - expected: {}", code(&deviation.expected, 400));
        let _ = writeln!(out, "  - actual: {}", code(&deviation.actual, 400));
    }
    let more = finding
        .deviation_count
        .saturating_sub(finding.deviations.len() as u64);
    if more > 0 && finding.outcome == Outcome::Fail {
        let _ = writeln!(out, "- and {more} more");
    }
    out.push('\n');
    if !finding.blocks.is_empty() {
        let _ = writeln!(
            out,
            "**Blocks** {}: {}\n",
            text::count(finding.blocks.len(), "requirement"),
            escape(&digest::some_ids(&finding.blocks, 12))
        );
    }
    let _ = writeln!(
        out,
        "**Fix** {}\n\n**Again** {}\n",
        escape(&text::one_line(&finding.remedy, 1000)),
        code(&finding.reproduce, 600)
    );
    out
}

fn open(out: &mut String, report: &Report) {
    let groups = digest::open_rows(report);
    if groups.is_empty() {
        return;
    }
    let rows = groups.iter().map(|group| group.rows.len()).sum();
    let _ = writeln!(
        out,
        "## Not judged ({})\n",
        text::count(rows, "requirement")
    );
    for (at, group) in groups.iter().enumerate() {
        if out.len() + 4 * 1024 > MAX_BYTES {
            let _ = writeln!(
                out,
                "- _{} not shown here_",
                text::count(groups.len() - at, "more reason")
            );
            break;
        }
        let ids: Vec<String> = group
            .rows
            .iter()
            .map(|r| r.requirement.id.clone())
            .collect();
        let finding = group.rows.iter().find_map(|r| r.finding.as_deref());
        let see = finding.map_or_else(String::new, |id| format!(", see {id}"));
        let _ = writeln!(
            out,
            "- **{}**, {}{see}: {} ({})",
            group.label(),
            group.levels(),
            escape(&text::one_line(group.reason, 300)),
            escape(&digest::some_ids(&ids, 12))
        );
    }
    out.push('\n');
}

fn foot(report: &Report) -> String {
    format!(
        "<sub>{}</sub>\n",
        escape(&text::one_line(
            &format!(
                "{} {}, profile {} {}, {} scope, seed {}, {} to {}, suite {}. Self-test: {}. {}.",
                report.tool.name,
                report.tool.version,
                report.profile,
                report.revision,
                report.scope,
                report.seed,
                report.started,
                report.finished,
                report.suite_digest,
                digest::proof(report),
                digest::exit_reason(report)
            ),
            1000
        ))
    )
}

/// Text in which no character means anything to Markdown or HTML.
fn escape(text: &str) -> String {
    let text = text::visible(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An address or a mention would become a link.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out.replace("://", ":&#47;&#47;")
}

/// A code span of one line that holds whatever the text holds.
fn code(value: &str, max: usize) -> String {
    let value = text::one_line(value, max);
    if value.is_empty() {
        return "_nothing_".to_owned();
    }
    let longest = value.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if value.starts_with('`') || value.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{gap}{value}{gap}{fence}")
}
