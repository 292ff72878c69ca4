//! The score for a terminal of 80 columns.

use std::fmt::Write as _;

use super::score::{LevelOrArea, ProfileScore, RequirementScore};

/// How many deviations are shown; the files have all.
const MAX_DEVIATIONS: usize = 40;

/// Requirements on one line.
const PER_LINE: usize = 5;

/// The score of a profile in plain text.
pub fn write(score: &ProfileScore) -> String {
    let mut out = String::new();
    let proof = &score.proof;
    let _ = writeln!(
        out,
        "{}: {}",
        score.profile,
        proof.sentence(&proof.suite_digest)
    );
    let suite = proof.suite_digest.get(..12).unwrap_or(&proof.suite_digest);
    let _ = writeln!(out, "suite {suite}\n");
    let _ = writeln!(
        out,
        "{:<24}{:>10}{:>10}{:>8}{:>8}{:>12}",
        "", "automated", "proved", "", "twice", "survivors"
    );
    for part in score.levels.iter().filter(|part| part.automated > 0) {
        line(&mut out, part);
    }
    out.push('\n');
    for part in &score.areas {
        line(&mut out, part);
    }
    let _ = writeln!(
        out,
        "\nCaught, of the faults that break a requirement (- where none can)"
    );
    let rows = score.requirements.iter();
    let played = rows.filter(|row| !score.partial || row.planted > 0);
    let cells: Vec<String> = played.map(cell).collect();
    for cells in cells.chunks(PER_LINE) {
        let _ = writeln!(out, "{}", cells.concat().trim_end());
    }
    let deviations = score.deviations();
    if !deviations.is_empty() {
        let _ = writeln!(out, "\nDeviations ({})", deviations.len());
        for deviation in deviations.iter().take(MAX_DEVIATIONS) {
            let _ = writeln!(out, "  - {deviation}");
        }
        let more = deviations.len().saturating_sub(MAX_DEVIATIONS);
        if more > 0 {
            let _ = writeln!(out, "  and {more} more in selftest.html");
        }
    }
    out
}

fn cell(row: &RequirementScore) -> String {
    let score = match row.unproved {
        Some(_) => "-".to_owned(),
        None => format!("{}/{}", row.caught.len(), row.planted),
    };
    format!("{:<10}{score:<6}", row.id)
}

fn line(out: &mut String, part: &LevelOrArea) {
    // Rounded down: 100 % means all.
    let tenths = 1000 * part.proved / part.automated.max(1);
    let share = format!("{}.{} %", tenths / 10, tenths % 10);
    let _ = writeln!(
        out,
        "{:<24}{:>10}{:>10}{share:>8}{:>8}{:>12}",
        part.name, part.automated, part.proved, part.proved_twice, part.survivors
    );
}
