//! Claims of scan.

use crate::{Catalog, CatalogError, Claim, ClaimedRange, LeaseRules, ScanId};

impl Catalog {
    /// Takes a page range for one attempt of scan; the first claim of a generation makes the scan SCANNING.
    pub async fn claim_range(
        &self,
        scan: ScanId,
        generation: i32,
        number: i32,
        rules: &LeaseRules,
    ) -> Result<Claim<ClaimedRange>, CatalogError> {
        let _ = (scan, generation, number, rules);
        todo!()
    }
}
