//! Leases: the right of one attempt to work on a row, and the check that every later write of the attempt makes.

use crate::connection::Transaction;
use crate::error::CatalogError;
use crate::state::ScanState;
use domain::{FailureCode, ScanId, Stage, Status};
use std::time::Duration;
use uuid::Uuid;

/// The right of one attempt to work on a scan or on a page range.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lease {
    pub scan: ScanId,
    /// The page range as (generation, number). None for compress and split.
    pub range: Option<(i32, i32)>,
    /// Fresh for every claim. Every later write of the attempt carries it.
    pub token: Uuid,
    pub stage: Stage,
}

impl Lease {
    /// [`CatalogError::Invalid`] if this is a lease of another stage, which is a mistake of the caller.
    pub(crate) fn expect_stage(&self, stage: Stage) -> Result<(), CatalogError> {
        if self.stage == stage && self.range.is_some() == (stage == Stage::Scan) {
            return Ok(());
        }
        Err(CatalogError::Invalid(format!("A lease of {stage} is needed, not one of {}.", self.stage)))
    }
}

/// When a lease is stale, and what happens to its row then.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LeaseRules {
    /// A lease is stale when its last heartbeat is older than this.
    pub stale_after: Duration,
    /// How often a row may be interrupted and tried again. The next interruption makes it FAILED.
    pub maximum_interruptions: i32,
    /// A message that was sent later than this after a `retries_exhausted` failure is a redrive and revives the scan. It
    /// covers the difference between the clocks of SQS and of the database.
    pub revival_grace: Duration,
}

/// The answer to a write that carries a lease.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Fenced<T> {
    Done(T),
    /// Another attempt has the row now, or it ended. Nothing was changed.
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

/// Locks the scan's row and says whether the lease is still valid: the row has the token, and is busy with the lease's
/// stage. For a range, the scan must also be SCANNING, in the lease's generation.
pub(crate) async fn lock_leased(transaction: &mut Transaction<'_>, lease: &Lease) -> Result<bool, CatalogError> {
    let Some(state) = ScanState::lock(transaction, lease.scan).await? else { return Ok(false) };
    match lease.range {
        None => holds_scan(transaction, lease, &state).await,
        Some((generation, number)) if state.status == Status::Scanning && state.generation == generation => {
            holds_range(transaction, lease, generation, number).await
        }
        Some(_) => Ok(false),
    }
}

async fn holds_scan(transaction: &mut Transaction<'_>, lease: &Lease, state: &ScanState) -> Result<bool, CatalogError> {
    let held = sqlx::query_scalar!("SELECT id FROM scans WHERE id = $1 AND lease = $2", lease.scan, lease.token)
        .fetch_optional(transaction.executor())
        .await?;
    Ok(held.is_some() && state.status == lease.stage.busy())
}

async fn holds_range(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    generation: i32,
    number: i32,
) -> Result<bool, CatalogError> {
    let held = sqlx::query_scalar!(
        "SELECT number FROM page_ranges
         WHERE scan_id = $1 AND generation = $2 AND number = $3 AND lease = $4 AND status = 'SCANNING'
         FOR NO KEY UPDATE",
        lease.scan,
        generation,
        number,
        lease.token,
    )
    .fetch_optional(transaction.executor())
    .await?;
    Ok(held.is_some())
}
