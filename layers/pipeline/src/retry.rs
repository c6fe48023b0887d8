//! Pauses between attempts, and writes that are repeated while the database is away.

use crate::configuration::Recovery;
use crate::deadline::Deadline;
use backon::{ExponentialBuilder, Retryable};
use catalog::CatalogError;
use std::time::Duration;

/// SQS hides a message for twelve hours at most. In seconds.
const LONGEST_PAUSE: u64 = 43_200;

/// A database that fails over is back within a minute (AWS, "Failing over a Multi-AZ DB cluster": typically under 35 s).
const LONGEST_OUTAGE: Duration = Duration::from_secs(90);

/// The pause after the given number of failed attempts: exponential, with full jitter.
pub fn pause_after(recovery: &Recovery, attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let bound = recovery.backoff_base_seconds.saturating_mul(1 << doublings);
    let bound = bound.min(recovery.backoff_cap_seconds).min(LONGEST_PAUSE);
    // At least a second: what failed just now would fail again.
    Duration::from_secs(fastrand::u64(bound.min(1)..=bound))
}

/// The pause when no row counts the attempts.
pub fn first_pause(recovery: &Recovery) -> Duration {
    pause_after(recovery, 1)
}

/// Repeats a write on which the work of an attempt depends, until the database answers or the time is short. If only the
/// answer was lost, the repeated write finds its lease gone; `reconcile` then sends the messages that follow.
pub async fn persist<T, W, F>(deadline: Deadline, write: W) -> Result<T, CatalogError>
where
    W: FnMut() -> F,
    F: Future<Output = Result<T, CatalogError>>,
{
    let pauses = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(5))
        .with_total_delay(Some(LONGEST_OUTAGE.min(deadline.remaining() + Duration::from_secs(5))))
        .without_max_times();
    write
        .retry(pauses)
        .when(CatalogError::is_temporary)
        .notify(|error, pause| {
            let (code, seconds) = (error.code().as_str(), pause.as_secs_f64());
            tracing::warn!(code, %error, "the database does not answer; the write is repeated in {seconds:.1} s");
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::Recovery;
    use clap::Parser;

    #[derive(Parser)]
    #[command(no_binary_name = true)]
    struct Only {
        #[command(flatten)]
        recovery: Recovery,
    }

    #[test]
    fn pauses_grow_to_the_cap_and_differ() {
        let recovery =
            Only::try_parse_from(["--backoff-base-seconds=10", "--backoff-cap-seconds=60"]).unwrap().recovery;
        let longest = |attempts| (0..500).map(|_| pause_after(&recovery, attempts).as_secs()).max().unwrap();
        let bounds = [(1, 10), (2, 20), (3, 40), (4, 60), (5, 60), (i32::MAX, 60)];
        for (attempts, bound) in bounds {
            assert!(longest(attempts) <= bound, "{attempts}");
            assert!(longest(attempts) > bound / 2, "{attempts}");
        }
        assert!((0..500).all(|_| !pause_after(&recovery, 1).is_zero()));
    }
}
