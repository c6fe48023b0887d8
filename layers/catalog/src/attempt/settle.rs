//! What becomes of a scan when none of its ranges waits or runs.
pub(crate) fn settle() {}
