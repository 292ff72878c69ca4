//! What was seen, rolled up into a score by requirement, level and area.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::outcome::{Outcome, Scope, Verdict};
use crate::model::proof::Proof;
use crate::model::report::{Report, ToolInfo};
use crate::model::requirement::{Decided, Level};
use crate::sample::{AnswerToken, Fault};
use crate::suite::Suite;

use super::matrix::{Case, Subject};

/// Version of `selftest.json`; raised when a reader would break.
pub const SCHEMA_VERSION: u32 = 1;

/// The self-test of one or more profiles.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SelfTest {
    pub schema_version: u32,
    pub tool: ToolInfo,
    pub profiles: Vec<ProfileScore>,
}

impl SelfTest {
    /// The scores alone, by profile.
    pub fn proofs(&self) -> BTreeMap<&str, &Proof> {
        let scores = self.profiles.iter();
        scores
            .map(|score| (score.profile.as_str(), &score.proof))
            .collect()
    }
}

/// The score of a profile.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileScore {
    pub profile: String,
    pub title: String,
    /// The score as reports carry it.
    pub proof: Proof,
    /// A part of the matrix was played: what is missing is not held against the suite.
    pub partial: bool,
    pub levels: Vec<LevelOrArea>,
    pub areas: Vec<LevelOrArea>,
    /// Automated requirements, in the order of the catalogue.
    pub requirements: Vec<RequirementScore>,
    pub faults: Vec<FaultRun>,
    pub clean: Vec<CleanRun>,
}

/// A part of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelOrArea {
    pub name: String,
    pub automated: u32,
    pub proved: u32,
    pub proved_twice: u32,
    /// Faults that should have been reported under a requirement and were not.
    pub survivors: u32,
}

/// What proves a requirement.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementScore {
    pub id: String,
    pub level: Level,
    pub area: String,
    pub title: String,
    /// How many faults that were played break it.
    pub planted: usize,
    /// Faults that break it and of which exactly the declared requirements were reported.
    pub caught: Vec<String>,
    /// Faults that break it and were not reported under it.
    pub survived: Vec<String>,
    /// Faults that were reported under it although they declare nothing of it.
    pub undeclared: Vec<String>,
    /// Why no fault can prove it, as the catalogue says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unproved: Option<String>,
}

impl RequirementScore {
    /// No fault proves it and the catalogue does not say why, or says so without need.
    fn deviates(&self) -> bool {
        self.caught.is_empty() == self.unproved.is_none()
    }
}

/// A sample with a fault.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultRun {
    pub fault: String,
    pub summary: String,
    pub violates: Vec<String>,
    pub consequences: Vec<String>,
    /// Requirements that were reported as violated.
    pub reported: Vec<String>,
    /// Requirements that it breaks and that were not reported.
    pub missed: Vec<String>,
    /// Requirements that were reported and are not declared.
    pub undeclared: Vec<String>,
    /// Why nothing was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl FaultRun {
    /// Exactly what is declared was reported.
    pub fn exact(&self) -> bool {
        self.missed.is_empty() && self.undeclared.is_empty() && self.trouble.is_none()
    }
}

/// A sample without fault.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CleanRun {
    pub sample: String,
    pub variant: String,
    /// Whether the connector answers a handshake with a JWT.
    pub web_token: bool,
    pub scope: Scope,
    pub seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What was reported against it: nothing should be.
    pub findings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl CleanRun {
    /// Nothing was reported, and the verdict says so.
    pub fn silent(&self) -> bool {
        self.findings.is_empty() && self.verdict == Some(Verdict::Conformant)
    }
}

/// What one run has shown.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub verdict: Option<Verdict>,
    /// Requirements reported as violated, in the order of the catalogue.
    pub failed: Vec<String>,
    pub findings: Vec<String>,
    /// Why there is no result, or none to trust.
    pub trouble: Option<String>,
}

impl Seen {
    pub fn of(report: &Report) -> Self {
        let with = |outcome: Outcome| {
            let rows = report.requirements.iter();
            rows.filter(move |row| row.outcome == outcome)
                .map(|row| row.requirement.id.clone())
        };
        let errors: Vec<String> = with(Outcome::Error).collect();
        Self {
            verdict: Some(report.verdict),
            failed: with(Outcome::Fail).collect(),
            findings: report
                .findings
                .iter()
                .map(|finding| format!("{}: {}", finding.violates.join(" "), finding.title))
                .collect(),
            trouble: (!errors.is_empty())
                .then(|| format!("fault of the harness at {}", errors.join(", "))),
        }
    }

    pub fn trouble(reason: String) -> Self {
        Self {
            trouble: Some(reason),
            ..Self::default()
        }
    }
}

impl ProfileScore {
    /// Everything that should not be, a line each.
    pub fn deviations(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for run in self.clean.iter().filter(|run| !run.silent()) {
            let found = match &run.trouble {
                Some(trouble) => trouble.clone(),
                None if run.findings.is_empty() => "not conformant, without a finding".to_owned(),
                None => run.findings.join("; "),
            };
            lines.push(format!(
                "false alarm: {} {}, {} scope, seed {}: {found}",
                run.sample, run.variant, run.scope, run.seed
            ));
        }
        for run in &self.faults {
            let name = &run.fault;
            if let Some(trouble) = &run.trouble {
                lines.push(format!("{name}: no result: {trouble}"));
            }
            if !run.missed.is_empty() {
                lines.push(format!("{name}: survived {}", run.missed.join(", ")));
            }
            if !run.undeclared.is_empty() {
                let ids = run.undeclared.join(", ");
                lines.push(format!("{name}: reported as well under {ids}"));
            }
        }
        if !self.partial {
            for row in self.requirements.iter().filter(|row| row.deviates()) {
                lines.push(match row.unproved {
                    None => format!("{} {}: no caught fault proves it", row.id, row.level),
                    Some(_) => format!(
                        "{}: proved, although the catalogue says it cannot be",
                        row.id
                    ),
                });
            }
        }
        lines
    }
}

/// Rolls up what was seen of a suite.
pub fn score(
    suite: &Suite,
    partial: bool,
    seen: impl IntoIterator<Item = (Case, Seen)>,
) -> ProfileScore {
    let mut clean = Vec::new();
    let mut faults = Vec::new();
    for (case, seen) in seen {
        match case.subject {
            Subject::Clean => clean.push(clean_run(&case, seen)),
            Subject::Fault(fault) => faults.push(fault_run(fault, seen)),
        }
    }
    let requirements = requirements(suite, &faults);
    let mut proof = Proof {
        suite_digest: suite.digest.clone(),
        faults: count(faults.iter()),
        caught: count(faults.iter().filter(|run| run.exact())),
        clean_runs: count(clean.iter()),
        false_alarms: count(clean.iter().filter(|run| !run.silent())),
        ..Proof::default()
    };
    for row in &requirements {
        let level = proof.of_mut(row.level);
        level.automated += 1;
        level.proved += u32::from(!row.caught.is_empty());
        level.proved_twice += u32::from(row.caught.len() > 1);
    }
    let levels = Level::ALL.map(|level| {
        part(
            level.to_string(),
            requirements.iter().filter(|row| row.level == level),
        )
    });
    let mut names: Vec<&str> = Vec::new();
    for row in &requirements {
        if !names.contains(&row.area.as_str()) {
            names.push(&row.area);
        }
    }
    let areas = names
        .into_iter()
        .map(|name| {
            part(
                name.to_owned(),
                requirements.iter().filter(|row| row.area == name),
            )
        })
        .collect();
    ProfileScore {
        profile: suite.profile.name.clone(),
        title: suite.profile.title.clone(),
        proof,
        partial,
        levels: levels.to_vec(),
        areas,
        requirements,
        faults,
        clean,
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn part<'a>(name: String, rows: impl Iterator<Item = &'a RequirementScore> + Clone) -> LevelOrArea {
    LevelOrArea {
        name,
        automated: count(rows.clone()),
        proved: count(rows.clone().filter(|row| !row.caught.is_empty())),
        proved_twice: count(rows.clone().filter(|row| row.caught.len() > 1)),
        survivors: count(rows.flat_map(|row| &row.survived)),
    }
}

fn clean_run(case: &Case, seen: Seen) -> CleanRun {
    CleanRun {
        sample: case.sample.name.to_owned(),
        variant: case.variant.to_string(),
        web_token: case.answer == AnswerToken::WebToken,
        scope: case.scope,
        seed: case.seed,
        verdict: seen.verdict,
        findings: seen.findings,
        trouble: seen.trouble,
    }
}

fn fault_run(fault: &Fault, seen: Seen) -> FaultRun {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let declared = |id: &str| fault.violates.contains(&id) || fault.consequences.contains(&id);
    let missed: Vec<&str> = fault
        .violates
        .iter()
        .copied()
        .filter(|id| !seen.failed.iter().any(|failed| failed == id))
        .collect();
    let undeclared = seen.failed.iter().filter(|id| !declared(id));
    FaultRun {
        fault: fault.name.to_owned(),
        summary: fault.summary.to_owned(),
        violates: owned(fault.violates),
        consequences: owned(fault.consequences),
        missed: owned(&missed),
        undeclared: undeclared.cloned().collect(),
        reported: seen.failed,
        trouble: seen.trouble,
    }
}

fn requirements(suite: &Suite, faults: &[FaultRun]) -> Vec<RequirementScore> {
    let mut caught: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut survived = caught.clone();
    let mut undeclared = caught.clone();
    let mut planted: BTreeMap<&str, usize> = BTreeMap::new();
    for run in faults {
        for id in &run.violates {
            *planted.entry(id).or_default() += 1;
        }
        if run.exact() {
            for id in &run.violates {
                caught.entry(id).or_default().insert(&run.fault);
            }
        }
        for id in &run.missed {
            survived.entry(id).or_default().insert(&run.fault);
        }
        for id in &run.undeclared {
            undeclared.entry(id).or_default().insert(&run.fault);
        }
    }
    let names = |of: &BTreeMap<&str, BTreeSet<&str>>, id: &str| {
        let names = of.get(id).into_iter().flatten();
        names.map(|name| (*name).to_owned()).collect()
    };
    let rows = suite.catalogue.requirements.iter();
    rows.filter(|row| row.decided == Decided::Automated)
        .map(|row| RequirementScore {
            id: row.id.clone(),
            level: row.level,
            area: row.area.clone(),
            title: row.title.clone(),
            planted: planted.get(row.id.as_str()).copied().unwrap_or(0),
            caught: names(&caught, &row.id),
            survived: names(&survived, &row.id),
            undeclared: names(&undeclared, &row.id),
            unproved: row.unproved.clone(),
        })
        .collect()
}
