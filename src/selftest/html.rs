//! The matrix as one page that asks the network for nothing: requirements down, faults
//! across, and what each fault was reported under.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::html;

use super::score::{CleanRun, FaultRun, LevelOrArea, ProfileScore, RequirementScore, SelfTest};

const TEMPLATE: &str = include_str!("html/template.html");
const STYLE: &str = include_str!("html/style.css");

/// Renders the page.
pub fn write(test: &SelfTest) -> String {
    let view = View {
        tool: format!("{} {}", test.tool.name, test.tool.version),
        deviations: test
            .profiles
            .iter()
            .map(|score| score.deviations().len())
            .sum(),
        profiles: test.profiles.iter().map(Profile::of).collect(),
    };
    html::page(TEMPLATE, STYLE, &view)
}

#[derive(Serialize)]
struct View<'a> {
    tool: String,
    deviations: usize,
    profiles: Vec<Profile<'a>>,
}

#[derive(Serialize)]
struct Profile<'a> {
    name: &'a str,
    title: &'a str,
    sentence: String,
    suite: &'a str,
    levels: Vec<Part<'a>>,
    areas: Vec<Part<'a>>,
    deviations: Vec<String>,
    matrix: Matrix,
    requirements: &'a [RequirementScore],
    faults: Vec<Fault<'a>>,
    clean: Vec<Clean<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    part: &'a LevelOrArea,
    /// Per cent, rounded down.
    share: u32,
}

#[derive(Serialize)]
struct Fault<'a> {
    run: &'a FaultRun,
    exact: bool,
}

#[derive(Serialize)]
struct Clean<'a> {
    run: &'a CleanRun,
    silent: bool,
    /// Outcome in words.
    verdict: String,
}

/// Cells of the picture; a unit is the side of one.
#[derive(Serialize)]
struct Matrix {
    width: usize,
    height: usize,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    x: usize,
    y: usize,
    /// Class of the cell.
    kind: &'static str,
    title: String,
}

impl<'a> Profile<'a> {
    fn of(score: &'a ProfileScore) -> Self {
        let parts = |parts: &'a [LevelOrArea]| {
            let share = |part: &LevelOrArea| 100 * part.proved / part.automated.max(1);
            let used = parts.iter().filter(|part| part.automated > 0);
            used.map(|part| Part {
                part,
                share: share(part),
            })
            .collect()
        };
        let fault = |run: &'a FaultRun| Fault {
            run,
            exact: run.exact(),
        };
        Self {
            name: &score.profile,
            title: &score.title,
            sentence: score.proof.sentence(&score.proof.suite_digest),
            suite: &score.proof.suite_digest,
            levels: parts(&score.levels),
            areas: parts(&score.areas),
            deviations: score.deviations(),
            matrix: Matrix::of(score),
            requirements: &score.requirements,
            faults: score.faults.iter().map(fault).collect(),
            clean: score.clean.iter().map(Clean::of).collect(),
        }
    }
}

impl<'a> Clean<'a> {
    fn of(run: &'a CleanRun) -> Self {
        let verdict = match (&run.trouble, run.verdict) {
            (Some(trouble), _) => trouble.clone(),
            (None, Some(verdict)) => verdict.to_string(),
            (None, None) => "no result".to_owned(),
        };
        Self {
            run,
            silent: run.silent(),
            verdict,
        }
    }
}

impl Matrix {
    fn of(score: &ProfileScore) -> Self {
        let rows: BTreeMap<&str, usize> = score
            .requirements
            .iter()
            .enumerate()
            .map(|(at, row)| (row.id.as_str(), at))
            .collect();
        // Faults stand in the order of what they break, so that the hits form a band.
        let first = |run: &FaultRun| run.violates.first().and_then(|id| rows.get(id.as_str()));
        let mut columns: Vec<&FaultRun> = score.faults.iter().collect();
        columns.sort_by_key(|run| first(run));
        let mut cells = Vec::new();
        for (x, run) in columns.iter().enumerate() {
            let mut put = |ids: &[String], kind, words: &str| {
                cells.extend(ids.iter().filter_map(|id| {
                    let y = *rows.get(id.as_str())?;
                    let title = format!("{}: {id} {words}", run.fault);
                    Some(Cell { x, y, kind, title })
                }));
            };
            let reported = |ids: &[String]| -> Vec<String> {
                ids.iter()
                    .filter(|id| run.reported.contains(id))
                    .cloned()
                    .collect()
            };
            put(&reported(&run.violates), "hit", "reported");
            put(
                &reported(&run.consequences),
                "also",
                "reported as a consequence",
            );
            put(&run.missed, "miss", "not reported");
            put(&run.undeclared, "over", "reported, and not declared");
        }
        Self {
            width: columns.len(),
            height: score.requirements.len(),
            cells,
        }
    }
}
