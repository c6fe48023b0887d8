//! The other ends of an attempt: the row waits for another attempt, fails, or goes back to compress.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::lease::{Failure, Fenced, Lease, lock_leased};
use crate::state::{ready, release_ranges, settle};
use domain::{FailureCode, RangeStatus, Stage, Status, Task};

/// How often a scan may return to compress. A retry, and the end of split, reset the count.
const MAXIMUM_RETURNS: i32 = 3;

/// The outcome of [`Catalog::give_back`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GivenBack {
    /// The row waits for the next attempt.
    Waiting {
        /// Attempts that failed so far, which determine the backoff.
        attempts: i32,
    },
    /// That was the last attempt, and the row is FAILED(retries_exhausted).
    Exhausted,
}

impl Catalog {
    /// Gives a claim back after an error that may be temporary. Attempt number `maximum_attempts` makes the row
    /// FAILED(retries_exhausted), with this error in its message.
    pub async fn give_back(
        &self,
        lease: &Lease,
        error: &Failure,
        maximum_attempts: i32,
    ) -> Result<Fenced<GivenBack>, CatalogError> {
        self.end(lease, |attempts| match attempts >= maximum_attempts {
            true => End::Exhausted(error),
            false => End::Waits(error),
        })
        .await
    }

    /// Makes the row FAILED because its input is at fault. A page range fails alone: the scan fails when its last range
    /// has ended, and its message names the failed ranges.
    pub async fn fail(&self, lease: &Lease, error: &Failure) -> Result<Fenced<()>, CatalogError> {
        match self.end(lease, |_| End::Failed(error)).await? {
            Fenced::Done(_) => Ok(Fenced::Done(())),
            Fenced::Lost => Ok(Fenced::Lost),
        }
    }

    /// `end` receives the number of failed attempts, including this one.
    async fn end<'e>(&self, lease: &Lease, end: impl Fn(i32) -> End<'e>) -> Result<Fenced<GivenBack>, CatalogError> {
        let mut transaction = self.begin().await?;
        if !lock_leased(&mut transaction, lease).await? {
            return Ok(Fenced::Lost);
        }
        let attempts = failed_attempts(&mut transaction, lease).await? + 1;
        let end = end(attempts);
        write(&mut transaction, lease, &end, attempts).await?;
        if lease.range.is_some() && !matches!(end, End::Waits(_)) {
            // A scan with a failed range can only fail, so no task becomes ready.
            settle(&mut transaction, lease.scan).await?;
        }
        transaction.commit().await?;
        Ok(Fenced::Done(match end {
            End::Waits(_) => GivenBack::Waiting { attempts },
            End::Exhausted(_) | End::Failed(_) => GivenBack::Exhausted,
        }))
    }
}

/// How an attempt without a result ends.
enum End<'e> {
    Waits(&'e Failure),
    Exhausted(&'e Failure),
    Failed(&'e Failure),
}

impl End<'_> {
    fn status(&self, lease: &Lease) -> &'static str {
        match (self, lease.range) {
            (Self::Waits(_), None) => lease.stage.waiting().as_str(),
            (Self::Waits(_), Some(_)) => RangeStatus::Waiting.as_str(),
            (Self::Exhausted(_) | Self::Failed(_), None) => Status::Failed.as_str(),
            (Self::Exhausted(_) | Self::Failed(_), Some(_)) => RangeStatus::Failed.as_str(),
        }
    }

    /// What the row holds after this many failed attempts.
    fn failure(&self, attempts: i32) -> Failure {
        match *self {
            Self::Waits(error) | Self::Failed(error) => error.clone(),
            Self::Exhausted(Failure { code, message }) => Failure {
                code: FailureCode::RetriesExhausted,
                message: format!("The last attempt, number {attempts}, failed: {message} [{code}]"),
            },
        }
    }
}

async fn failed_attempts(transaction: &mut Transaction<'_>, lease: &Lease) -> Result<i32, CatalogError> {
    let attempts = match lease.range {
        None => {
            sqlx::query_scalar!("SELECT attempts FROM scans WHERE id = $1", lease.scan)
                .fetch_one(transaction.executor())
                .await
        }
        Some((generation, number)) => {
            sqlx::query_scalar!(
                "SELECT attempts FROM page_ranges WHERE scan_id = $1 AND generation = $2 AND number = $3",
                lease.scan,
                generation,
                number,
            )
            .fetch_one(transaction.executor())
            .await
        }
    };
    Ok(attempts?)
}

async fn write(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    end: &End<'_>,
    attempts: i32,
) -> Result<(), CatalogError> {
    match lease.range {
        None => write_scan(transaction, lease, end, attempts).await,
        Some(_) => write_range(transaction, lease, end, attempts).await,
    }
}

async fn write_scan(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    end: &End<'_>,
    attempts: i32,
) -> Result<(), CatalogError> {
    let failure = end.failure(attempts);
    sqlx::query!(
        "UPDATE scans SET status = $4, attempts = $5, error_code = $6, error_message = $7
         WHERE id = $1 AND lease = $2 AND status = $3",
        lease.scan,
        lease.token,
        lease.stage.busy().as_str(),
        end.status(lease),
        attempts,
        failure.code.as_str(),
        failure.message,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

async fn write_range(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    end: &End<'_>,
    attempts: i32,
) -> Result<(), CatalogError> {
    let failure = end.failure(attempts);
    sqlx::query!(
        "UPDATE page_ranges SET status = $3, attempts = $4, error_code = $5, error_message = $6
         WHERE scan_id = $1 AND lease = $2 AND status = 'SCANNING'",
        lease.scan,
        lease.token,
        end.status(lease),
        attempts,
        failure.code.as_str(),
        failure.message,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

impl Catalog {
    /// Sends the scan back to compress because intermediate files are missing: it becomes UPLOADED, and its other ranges
    /// lose their leases. The fourth time makes it FAILED(intermediates_missing), and no task is ready.
    pub async fn return_to_compress(&self, lease: &Lease, reason: &str) -> Result<Fenced<Vec<Task>>, CatalogError> {
        if lease.stage == Stage::Compress {
            return Err(CatalogError::Invalid("Compress reads the original, not intermediate files.".to_owned()));
        }
        let mut transaction = self.begin().await?;
        if !lock_leased(&mut transaction, lease).await? {
            return Ok(Fenced::Lost);
        }
        release_ranges(&mut transaction, &[lease.scan]).await?;
        sqlx::query!(
            "UPDATE scans SET status = CASE WHEN returns >= $2 THEN 'FAILED' ELSE 'UPLOADED' END,
                 returns = returns + 1, attempts = 0, interruptions = 0,
                 error_code = $5, error_message = $3
             WHERE id = $1 AND status = $4",
            lease.scan,
            MAXIMUM_RETURNS,
            reason,
            lease.stage.busy().as_str(),
            FailureCode::IntermediatesMissing.as_str(),
        )
        .execute(transaction.executor())
        .await?;
        let ready = ready(&mut transaction, lease.scan).await?;
        transaction.commit().await?;
        Ok(Fenced::Done(ready))
    }
}
