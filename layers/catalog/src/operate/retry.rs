//! A person wants another try.

use crate::{Catalog, CatalogError, Ready, ScanId};

impl Catalog {
    /// Puts a scan that FAILED or was CANCELLED back to where its stage waits, with fresh counts. Finished ranges are
    /// kept; every other range is ready. A superseded scan is refused: its file is not the key's any more.
    pub async fn retry(&self, scan: ScanId) -> Result<Vec<Ready>, CatalogError> {
        let _ = scan;
        todo!()
    }
}
