//! An attempt ends badly: the row waits for the next one, or fails.

use super::fence::hold;
use super::settle;
use crate::connection::Work;
use crate::{Catalog, CatalogError, Failure, Fenced, Lease};
use domain::{FailureCode, RangeStatus, Status};

/// What became of a row that was given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GivenBack {
    /// It waits for the next attempt.
    Waiting {
        /// Attempts that failed so far; the backoff comes from it.
        attempts: i32,
    },
    /// That was the last attempt: FAILED(retries_exhausted).
    Exhausted,
}

impl Catalog {
    /// Gives a claim back after an error that may pass. Attempt number `maximum_attempts` makes the row FAILED
    /// (retries_exhausted), with this error in its message.
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

    /// Ends the row because its input is at fault. Of a page range only the range ends; the scan fails when its last
    /// range ended, and its message names the ranges.
    pub async fn fail(&self, lease: &Lease, error: &Failure) -> Result<Fenced<()>, CatalogError> {
        match self.end(lease, |_| End::Failed(error)).await? {
            Fenced::Done(_) => Ok(Fenced::Done(())),
            Fenced::Lost => Ok(Fenced::Lost),
        }
    }

    /// `end` decides by the number of attempts that have failed, this one included.
    async fn end<'e>(&self, lease: &Lease, end: impl Fn(i32) -> End<'e>) -> Result<Fenced<GivenBack>, CatalogError> {
        let mut work = self.begin().await?;
        if !hold(&mut work, lease).await? {
            return Ok(Fenced::Lost);
        }
        let attempts = attempts(&mut work, lease).await? + 1;
        let end = end(attempts);
        write(&mut work, lease, &end, attempts).await?;
        if lease.range.is_some() && !matches!(end, End::Waits(_)) {
            // With a failed range the scan can only fail: nothing becomes ready.
            settle(&mut work, lease.scan).await?;
        }
        work.commit().await?;
        Ok(Fenced::Done(match end {
            End::Waits(_) => GivenBack::Waiting { attempts },
            End::Exhausted(_) | End::Failed(_) => GivenBack::Exhausted,
        }))
    }
}

/// How an attempt ends that has no result.
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

    /// What the row says after this many failed attempts.
    fn failure(&self, attempts: i32) -> Failure {
        match *self {
            Self::Waits(error) | Self::Failed(error) => error.clone(),
            Self::Exhausted(Failure { code, message }) => Failure {
                code: FailureCode::RetriesExhausted,
                message: format!("Attempt {attempts}, the last one, failed too: {message} [{code}]"),
            },
        }
    }
}

async fn attempts(work: &mut Work<'_>, lease: &Lease) -> Result<i32, CatalogError> {
    let attempts = match lease.range {
        None => sqlx::query_scalar!("SELECT attempts FROM scans WHERE id = $1", lease.scan).fetch_one(work.on()).await,
        Some((generation, number)) => {
            sqlx::query_scalar!(
                "SELECT attempts FROM page_ranges WHERE scan_id = $1 AND generation = $2 AND number = $3",
                lease.scan,
                generation,
                number,
            )
            .fetch_one(work.on())
            .await
        }
    };
    Ok(attempts?)
}

async fn write(work: &mut Work<'_>, lease: &Lease, end: &End<'_>, attempts: i32) -> Result<(), CatalogError> {
    match lease.range {
        None => write_scan(work, lease, end, attempts).await,
        Some(_) => write_range(work, lease, end, attempts).await,
    }
}

async fn write_scan(work: &mut Work<'_>, lease: &Lease, end: &End<'_>, attempts: i32) -> Result<(), CatalogError> {
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
    .execute(work.on())
    .await?;
    Ok(())
}

async fn write_range(work: &mut Work<'_>, lease: &Lease, end: &End<'_>, attempts: i32) -> Result<(), CatalogError> {
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
    .execute(work.on())
    .await?;
    Ok(())
}
