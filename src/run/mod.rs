//! Plays the scenarios of a suite against a target and emits events.
//!
//! A run is a function of suite, target, seed and clock. It goes through four stages:
//! [`prepare`] reads keys and secrets, [`preflight`] looks whether the connector can
//! be talked to at all (one finding instead of hundreds when it cannot), discovery
//! scenarios learn what there is, and the other scenarios judge, several at a time.
//! Nothing leaves but events through a [`Sink`]; what is in them is redacted.

pub mod judge;
mod play;
pub mod preflight;
pub mod prepare;
mod session;
mod undo;
mod wire;
mod world;

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use crate::base::clock::Clock;
use crate::base::rng::Rng;
use crate::model::event::{CheckResult, RunEvent, RunStarted};
use crate::model::outcome::{Ending, FaultDomain, Outcome, Scope};
use crate::model::report::ToolInfo;
use crate::model::requirement::Level;
use crate::suite::{PlanEntry, Selection, Suite, plan};

pub use prepare::{PrepareError, Prepared};

/// Kind of the secrets that a connector makes: access tokens.
pub const TOKEN: &str = "token";

/// Version of the event format.
pub const EVENT_VERSION: u32 = 1;

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Options {
    pub scope: Scope,
    pub strict: bool,
    pub seed: u64,
    /// Scenarios at the same time.
    pub jobs: usize,
    /// How often scenarios that decide a MUST are played, each time from another seed
    /// and in another order. The first round is the whole plan.
    pub repeat: u32,
    pub selection: Selection,
    /// Command that repeats the run.
    pub command: String,
    /// What an earlier run has made and not taken back, oldest first.
    pub leftovers: Vec<Leftover>,
}

/// What was made behind a connector and not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The operation that takes it back.
    pub operation: String,
    /// The body with which it does.
    pub body: serde_json::Value,
    /// A secret in the body was masked: somebody has to take it back by hand.
    pub masked: bool,
}

/// What a recording says was made behind the connector at `url` and not taken back:
/// the run was killed, or the connector did not let it.
pub fn leftovers(events: &[RunEvent], url: &str) -> Vec<Leftover> {
    let mut left: Vec<Leftover> = Vec::new();
    let mut here = false;
    for event in events {
        match event {
            RunEvent::Started(head) => here = head.url == url,
            RunEvent::Made {
                operation,
                body,
                masked,
            } => left.push(Leftover {
                operation: operation.clone(),
                body: body.clone(),
                masked: *masked,
            }),
            RunEvent::TakenBack { operation, body } => {
                left.retain(|made| made.operation != *operation || made.body != *body);
            }
            _ => {}
        }
    }
    if here { left } else { Vec::new() }
}

/// Takes the events of a run, in the order in which they happen.
pub trait Sink: Send + Sync {
    fn emit(&self, event: RunEvent);
}

/// Resolves when the operator wants the run to end, with how.
pub type Cancel = std::pin::Pin<Box<dyn Future<Output = Ending> + Send>>;

/// Plays the whole run.
pub async fn run(
    suite: &Suite,
    prepared: &Prepared,
    options: &Options,
    clock: Arc<dyn Clock>,
    sink: &dyn Sink,
    cancel: Cancel,
) -> Ending {
    let entries = plan(suite, &prepared.modes, &options.selection);
    sink.emit(RunEvent::Started(Box::new(head(
        suite,
        prepared,
        options,
        &entries,
        clock.as_ref(),
    ))));
    let world = world::World::new(suite, prepared, options, Arc::clone(&clock), sink);
    let ending = tokio::select! {
        () = stages(&world, &entries) => Ending::Completed,
        ending = cancel => ending,
    };
    undo::all(&world).await;
    world.finish();
    sink.emit(RunEvent::Finished {
        ending,
        at: world.now(),
    });
    ending
}

/// Looks at the connector without judging it: for `assay doctor`.
pub async fn doctor(
    suite: &Suite,
    prepared: &Prepared,
    options: &Options,
    clock: Arc<dyn Clock>,
    sink: &dyn Sink,
) -> Vec<preflight::Finding> {
    let world = world::World::new(suite, prepared, options, clock, sink);
    preflight::examine(&world).await
}

async fn stages(world: &world::World<'_>, entries: &[PlanEntry<'_>]) {
    preflight::gate(world).await;
    undo::earlier(world).await;
    round(world, entries).await;
    for number in 1..world.options.repeat {
        // What every exchange shows is told round by round; the last one ends with the run.
        world.finish();
        world.begin_round(number);
        round(world, &again(world, entries, number)).await;
    }
}

/// The scenarios that decide a MUST, in an order of their own.
fn again<'e>(
    world: &world::World<'_>,
    entries: &[PlanEntry<'e>],
    number: u32,
) -> Vec<PlanEntry<'e>> {
    let is_must = |id: &String| {
        let row = world.suite.catalogue.get(id);
        row.is_some_and(|row| row.level == Level::Must)
    };
    let (discovery, mut rest): (Vec<PlanEntry>, Vec<PlanEntry>) = entries
        .iter()
        .filter(|entry| entry.scenario.requirements.iter().any(is_must))
        .map(|entry| PlanEntry {
            // Exchanges are numbered by the plan, and none may have the number of another.
            index: entry.index + entries.len() * number as usize,
            ..*entry
        })
        .partition(|entry| !entry.scenario.exports.is_empty());
    Rng::named(world.seed(), "order").shuffle(&mut rest);
    [discovery, rest].concat()
}

async fn round(world: &world::World<'_>, entries: &[PlanEntry<'_>]) {
    let (discovery, rest): (Vec<&PlanEntry>, Vec<&PlanEntry>) = entries
        .iter()
        .partition(|entry| !entry.scenario.exports.is_empty());
    for entry in discovery {
        play::play(world, entry).await;
    }
    world.discovered();
    let (alone, together): (Vec<&PlanEntry>, Vec<&PlanEntry>) =
        rest.into_iter().partition(|entry| entry.scenario.exclusive);
    for entry in alone {
        play::play(world, entry).await;
    }
    stream::iter(together)
        .map(|entry| play::play(world, entry))
        .buffer_unordered(world.jobs())
        .collect::<Vec<()>>()
        .await;
}

fn head(
    suite: &Suite,
    prepared: &Prepared,
    options: &Options,
    entries: &[PlanEntry<'_>],
    clock: &dyn Clock,
) -> RunStarted {
    let mut plan: Vec<String> = Vec::new();
    for entry in entries {
        if plan.last() != Some(&entry.scenario.id) {
            plan.push(entry.scenario.id.clone());
        }
    }
    RunStarted {
        schema_version: EVENT_VERSION,
        tool: ToolInfo::this(),
        profile: suite.profile.name.clone(),
        profile_title: suite.profile.title.clone(),
        revision: suite.catalogue.revision.clone(),
        suite_digest: suite.digest.clone(),
        proof: crate::suite::proof(&suite.profile.name),
        scope: options.scope,
        strict: options.strict,
        seed: options.seed,
        only: options.selection.0.clone(),
        connector: prepared.target.connector.clone(),
        url: prepared.url.to_string(),
        modes: prepared.modes.clone(),
        configuration: prepared.echo(suite),
        started: seconds(clock),
        requirements: suite.catalogue.requirements.clone(),
        command: options.command.clone(),
        plan,
        depending: suite.depending().map(str::to_owned).collect(),
    }
}

/// The present, RFC 3339 with whole seconds.
fn seconds(clock: &dyn Clock) -> String {
    let now = clock.now();
    jiff::Timestamp::from_second(now.as_second())
        .unwrap_or(now)
        .to_string()
}

/// A result for a check that was not played.
fn unplayed(
    entry: &PlanEntry<'_>,
    check: &crate::suite::CheckSpec,
    outcome: Outcome,
    reason: &str,
    domain: Option<FaultDomain>,
    cause: Option<String>,
) -> CheckResult {
    CheckResult {
        check: format!("{}/{}", entry.scenario.id, check.name),
        scenario: entry.scenario.id.clone(),
        scenario_title: entry.scenario.title.clone(),
        file: entry.scenario.file.clone(),
        line: check.line,
        mode: entry.mode.to_owned(),
        requirements: check.requirements.clone(),
        outcome,
        judged: 0,
        shares: std::collections::BTreeMap::new(),
        deviations: Vec::new(),
        deviation_count: 0,
        reason: Some(reason.to_owned()),
        domain,
        cause,
        by_scope: false,
        round: 0,
    }
}
