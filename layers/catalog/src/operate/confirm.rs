//! A person says that a new upload may replace an approved one.

use crate::{Catalog, CatalogError, Ready, ScanId};

impl Catalog {
    /// Lets a scan proceed that waits for confirmation; the approved scans of its key are superseded by it.
    pub async fn confirm(&self, scan: ScanId) -> Result<Vec<Ready>, CatalogError> {
        let _ = scan;
        todo!()
    }
}
