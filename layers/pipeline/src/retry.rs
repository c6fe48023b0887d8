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

/// The pause of a message that could not be handled, because the database or a queue does not answer. No row counts this,
/// so the pause follows from how often SQS delivered the message: an eighth of the longest pause, doubling from there,
/// the upper half of it at random.
///
/// A queue gives up after five deliveries, so there are four pauses. By default they take 14 minutes at least. An outage
/// of ten minutes dead-letters nothing, not even a message that was delivered twice before.
pub fn pause_of_outage(recovery: &Recovery, receive_count: u32) -> Duration {
    let longest = recovery.backoff_cap_seconds.min(LONGEST_PAUSE);
    let bound = (longest >> 4_u32.saturating_sub(receive_count.max(1))).max(1);
    Duration::from_secs(fastrand::u64(bound.div_ceil(2)..=bound))
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

    /// Every queue of the template dead-letters a message after this many deliveries.
    const DELIVERIES: u32 = 5;

    #[test]
    fn an_outage_of_ten_minutes_dead_letters_nothing() {
        let recovery = Only::try_parse_from::<_, &str>([]).unwrap().recovery;
        let longest_outage = |deliveries_before: u32| -> u64 {
            let pauses = deliveries_before + 1..DELIVERIES;
            let shortest = |count| (0..500).map(|_| pause_of_outage(&recovery, count).as_secs()).min().unwrap();
            pauses.map(shortest).sum()
        };
        for deliveries_before in 0..=2 {
            assert!(longest_outage(deliveries_before) > 600, "{deliveries_before}");
        }
        let cap = Duration::from_secs(recovery.backoff_cap_seconds);
        assert!((0..=9).all(|count| pause_of_outage(&recovery, count) <= cap));
    }

    #[test]
    fn a_short_pause_is_a_second_at_least() {
        let recovery = Only::try_parse_from(["--backoff-cap-seconds=0"]).unwrap().recovery;
        assert!((0..=9).all(|count| pause_of_outage(&recovery, count) == Duration::from_secs(1)));
    }
}
