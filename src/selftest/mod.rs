//! The harness proves itself: samples without fault must be found compliant, and each
//! fault must be reported under exactly the requirements that it breaks.
//!
//! Data flows one way:
//!
//! | file | holds |
//! |---|---|
//! | `matrix.rs` | which samples are run, with which fault, against which scenarios |
//! | `play.rs` | one run of a sample inside this process, on a clock that never waits |
//! | `score.rs` | what was seen, rolled up into a score by requirement, level and area |
//! | `terminal.rs`, `html.rs` | the score for people |
//!
//! [`score()`](score::score) is a pure function of the matrix and what was seen; nothing
//! below it counts.

mod html;
mod matrix;
mod play;
mod score;
mod terminal;

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::runtime::Handle;

use crate::suite::Suite;

pub use html::write as html;
pub use matrix::{Case, Choice, MatrixError, Subject, cases};
pub use play::{Bench, PlayError};
pub use score::{
    CleanRun, FaultRun, LevelOrArea, ProfileScore, RequirementScore, SCHEMA_VERSION, Seen,
    SelfTest, score,
};
pub use terminal::write as terminal;

/// Plays all cases of a suite, several at a time, and scores them. `progress` hears of
/// each case that is over.
pub async fn test(
    suite: &Arc<Suite>,
    choice: &Choice,
    jobs: usize,
    progress: &(dyn Fn(&Case) + Sync),
) -> Result<ProfileScore, SelfTestError> {
    let cases = cases(suite, choice)?;
    let bench = Arc::new(Bench::new()?);
    let mut seen: Vec<(usize, Seen)> = stream::iter(cases.iter().enumerate())
        .map(|(at, case)| {
            // A thread of its own, so that runs use all processors.
            let (bench, suite, played) = (Arc::clone(&bench), Arc::clone(suite), case.clone());
            let runtime = Handle::current();
            let run = tokio::task::spawn_blocking(move || {
                runtime.block_on(play(&bench, &suite, &played))
            });
            async move {
                let seen = run
                    .await
                    .unwrap_or_else(|error| Seen::trouble(error.to_string()));
                progress(case);
                (at, seen)
            }
        })
        .buffer_unordered(jobs.max(1))
        .collect()
        .await;
    seen.sort_by_key(|(at, _)| *at);
    let seen = seen.into_iter().map(|(_, seen)| seen);
    Ok(score(suite, choice.partial(), cases.into_iter().zip(seen)))
}

async fn play(bench: &Bench, suite: &Suite, case: &Case) -> Seen {
    match bench.play(suite, case).await {
        Ok(report) => Seen::of(&report),
        Err(error) => Seen::trouble(error.to_string()),
    }
}

/// Why a self-test could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    #[error(transparent)]
    Bench(#[from] PlayError),
}
