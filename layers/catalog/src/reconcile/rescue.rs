//! Busy rows whose worker is gone.

use crate::{Catalog, CatalogError, LeaseRules, Ready, ScanId, Stage};
use std::time::Duration;

/// A row that was busy and stale.
#[derive(Clone, PartialEq, Debug)]
pub struct Rescued {
    /// The scan.
    pub scan: ScanId,
    /// The page range as (generation, number).
    pub range: Option<(i32, i32)>,
    /// The stage that was interrupted.
    pub stage: Stage,
    /// What became of it.
    pub outcome: RescueOutcome,
    /// How long nobody had renewed it.
    pub idle: Duration,
}

/// What became of a row that was rescued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RescueOutcome {
    /// It waits again: send this.
    Resent(Ready),
    /// It was interrupted too often: FAILED(interrupted).
    Interrupted,
}

impl Catalog {
    /// Takes at most `limit` scans and the ranges of at most `limit` scans from workers that stopped renewing them.
    pub async fn rescue(&self, rules: &LeaseRules, limit: i64) -> Result<Vec<Rescued>, CatalogError> {
        let _ = (rules, limit);
        todo!()
    }
}
