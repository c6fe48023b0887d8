use std::time::{Duration, Instant, SystemTime};

/// The end of the function's time is kept for giving the claim back and answering.
const LONGEST_MARGIN: Duration = Duration::from_secs(30);

/// When the attempt must be over.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// `function_ends` is when Lambda ends the function. A `stage_limit` of zero means none.
    #[must_use]
    pub fn new(function_ends: SystemTime, stage_limit: Duration) -> Self {
        let remaining = function_ends.duration_since(SystemTime::now()).unwrap_or_default();
        let usable = remaining.saturating_sub((remaining / 8).min(LONGEST_MARGIN));
        let limit = if stage_limit.is_zero() { usable } else { usable.min(stage_limit) };
        Self(Instant::now() + limit)
    }

    #[must_use]
    pub const fn instant(self) -> Instant {
        self.0
    }

    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(function: u64, stage: u64) -> u64 {
        let deadline = Deadline::new(SystemTime::now() + Duration::from_secs(function), Duration::from_secs(stage));
        deadline.remaining().as_secs_f64().round() as u64
    }

    #[test]
    fn a_margin_is_kept_and_the_stage_may_have_less() {
        assert_eq!(seconds(900, 0), 870);
        assert_eq!(seconds(40, 0), 35);
        assert_eq!(seconds(900, 60), 60);
        assert_eq!(seconds(0, 60), 0);
    }
}
