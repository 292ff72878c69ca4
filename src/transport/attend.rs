//! How long something took, as far as this process could watch.
//!
//! On a busy machine the process stands still for seconds: an answer that came at once
//! is then read late. That time is not the connector's, so a stretch in which nothing of
//! this process ran counts as a short one.

use std::time::{Duration, Instant};

/// How often the watch looks up while it waits.
const TICK: Duration = Duration::from_millis(20);

/// The longest that two looks may be apart on a machine that lets the process run.
const LONGEST: Duration = Duration::from_millis(250);

/// The result of `work`, and how long the process waited for it while it was running.
pub(super) async fn attended<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begin = Instant::now();
    watched(work, || tokio::time::sleep(TICK), || begin.elapsed()).await
}

/// The same by any watch: `tick` resolves when it is time for a look, and `now` reads it.
async fn watched<T, Tick: Future<Output = ()>>(
    work: impl Future<Output = T>,
    tick: impl Fn() -> Tick,
    now: impl Fn() -> Duration,
) -> (T, Duration) {
    let mut work = std::pin::pin!(work);
    let (mut elapsed, mut seen) = (Duration::ZERO, now());
    loop {
        let result = tokio::select! {
            biased;
            result = &mut work => Some(result),
            () = tick() => None,
        };
        let looked = now();
        elapsed += (looked - seen).min(LONGEST);
        seen = looked;
        if let Some(result) = result {
            return (result, elapsed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::cell::Cell;

    use rstest::rstest;
    use tokio::task::yield_now;

    /// Milliseconds between one look and the next, and what they count as together.
    #[rstest]
    #[case::at_once(&[0], 0)]
    #[case::slow(&[20, 20, 21, 20, 7], 88)]
    #[case::stood_still(&[20, 60_000, 20], 290)]
    #[case::stood_still_at_the_end(&[20, 5_000], 270)]
    #[tokio::test]
    async fn standing_still_counts_as_a_short_stretch(#[case] gaps: &[u64], #[case] counted: u64) {
        let (now, looks) = (Cell::new(0), Cell::new(0));
        let pass = |look: usize| now.set(now.get() + gaps[look]);
        let work = async {
            while looks.get() + 1 < gaps.len() {
                yield_now().await;
            }
            pass(looks.get());
        };
        let tick = || async {
            pass(looks.get());
            looks.set(looks.get() + 1);
        };
        let read = || Duration::from_millis(now.get());
        let ((), elapsed) = watched(work, tick, read).await;
        assert_eq!(elapsed.as_millis(), u128::from(counted));
    }
}
