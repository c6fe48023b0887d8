//! How long a message stays away after a failure: exponential, with full jitter, from the row's attempts.

use crate::configuration::Recovery;
use std::time::Duration;

/// SQS keeps a message invisible for at most twelve hours.
const LONGEST: u64 = 43_200;

/// The pause after the given number of failed attempts.
pub fn after(recovery: &Recovery, attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let bound = recovery.backoff_base_seconds.saturating_mul(1 << doublings);
    let bound = bound.min(recovery.backoff_cap_seconds).min(LONGEST);
    // Never at once, because what failed just now would fail again.
    Duration::from_secs(fastrand::u64(bound.min(1)..=bound))
}

/// The pause where no row could be asked.
pub fn first(recovery: &Recovery) -> Duration {
    after(recovery, 1)
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
        let longest = |attempts| (0..500).map(|_| after(&recovery, attempts).as_secs()).max().unwrap();
        let bounds = [(1, 10), (2, 20), (3, 40), (4, 60), (5, 60), (i32::MAX, 60)];
        for (attempts, bound) in bounds {
            assert!(longest(attempts) <= bound, "{attempts}");
            assert!(longest(attempts) > bound / 2, "{attempts}");
        }
        assert!((0..500).all(|_| !after(&recovery, 1).is_zero()));
    }
}
