//! Claims of compress and split.

use crate::{Catalog, CatalogError, Claim, ClaimedScan, LeaseRules, ScanId, Stage};

impl Catalog {
    /// Takes a scan for one attempt of compress or split. [`Stage::Scan`] is [`CatalogError::Invalid`]: its leases are
    /// the ranges'.
    pub async fn claim_scan(
        &self,
        stage: Stage,
        scan: ScanId,
        rules: &LeaseRules,
    ) -> Result<Claim<ClaimedScan>, CatalogError> {
        let _ = (stage, scan, rules);
        todo!()
    }
}
