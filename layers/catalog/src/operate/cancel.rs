//! A person wants it to stop.

use crate::{Catalog, CatalogError, ScanId};

impl Catalog {
    /// Cancels a scan that waits or is being worked on; its workers lose their leases.
    pub async fn cancel(&self, scan: ScanId) -> Result<(), CatalogError> {
        let _ = scan;
        todo!()
    }
}
