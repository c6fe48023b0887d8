//! A message for what gave up: somebody moved it out of the dead-letter queue.

use crate::connection::Work;
use crate::operate::restart;
use crate::state::ScanState;
use crate::{CatalogError, LeaseRules};

/// Puts a scan that exhausted its retries back to waiting, unless it failed so lately that the message is the one
/// that is just being dead-lettered. Returns whether it did.
pub(super) async fn revive(work: &mut Work<'_>, state: &ScanState, rules: &LeaseRules) -> Result<bool, CatalogError> {
    if !is_settled(state.seconds_since_end, rules) {
        return Ok(false);
    }
    restart(work, state).await?;
    Ok(true)
}

/// Whether the grace after a failure is over.
pub(super) fn is_settled(seconds_since_end: Option<f64>, rules: &LeaseRules) -> bool {
    seconds_since_end.is_none_or(|seconds| seconds >= rules.revival_grace.as_secs_f64())
}
