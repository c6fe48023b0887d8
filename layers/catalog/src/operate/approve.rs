//! A person accepts the results.

use crate::{Catalog, CatalogError, ScanId};

impl Catalog {
    /// Approves a scan that is PENDING_REVIEW; a superseded one is refused.
    pub async fn approve(&self, scan: ScanId) -> Result<(), CatalogError> {
        let _ = scan;
        todo!()
    }
}
