//! The right to work on a row, and what it is worth once somebody else has taken the row.

use crate::CatalogError;
use domain::{FailureCode, ScanId, Stage};
use std::time::Duration;
use uuid::Uuid;

/// The right of one attempt to work on a scan or on a page range.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lease {
    /// The scan.
    pub scan: ScanId,
    /// The page range as (generation, number); none for compress and split.
    pub range: Option<(i32, i32)>,
    /// Fresh for every claim; every later write of the attempt must carry it.
    pub token: Uuid,
    /// The stage that was claimed.
    pub stage: Stage,
}

impl Lease {
    /// Whether this is a lease of the given stage; another one is the caller's mistake.
    pub(crate) fn expect_stage(&self, stage: Stage) -> Result<(), CatalogError> {
        if self.stage == stage && self.range.is_some() == (stage == Stage::Scan) {
            return Ok(());
        }
        Err(CatalogError::Invalid(format!("a lease of {} where one of {stage} belongs", self.stage)))
    }
}

/// When a lease counts as abandoned, and what follows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LeaseRules {
    /// A heartbeat older than this: nobody works on the row any more.
    pub stale_after: Duration,
    /// How often a row may be interrupted and tried again; the next interruption ends it.
    pub maximum_interruptions: i32,
    /// A scan that failed with `retries_exhausted` less than this ago is not revived by a message: its own last
    /// message is still on its way to the dead-letter queue.
    pub revival_grace: Duration,
}

/// The answer to a write that carries a lease.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Fenced<T> {
    /// The write was made.
    Done(T),
    /// The lease is not ours any more: nothing was changed.
    Lost,
}

/// Why an attempt or a scan failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    pub code: FailureCode,
    /// Sentences for the person who uploaded the file.
    pub message: String,
}

/// The message of a row whose worker did not renew its lease. Its code is [`FailureCode::Interrupted`].
pub(crate) const WORKER_STOPPED: &str = "The worker stopped without reporting.";
