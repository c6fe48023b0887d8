//! An attempt ends badly: the row waits for the next one, or fails.

use crate::{Catalog, CatalogError, Failure, Fenced, Lease};

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
        let _ = (lease, error, maximum_attempts);
        todo!()
    }

    /// Ends the row because its input is at fault. Of a page range only the range ends; the scan fails when its last
    /// range ended, and its message names the ranges.
    pub async fn fail(&self, lease: &Lease, error: &Failure) -> Result<Fenced<()>, CatalogError> {
        let _ = (lease, error);
        todo!()
    }
}
