//! A person says which volume it is.

use crate::{Catalog, CatalogError, Ready, ScanId};

impl Catalog {
    /// Gives a scan its reporter, volume and first page; one that waited for them is ready for split. Refused once
    /// split has begun, for its results carry the names.
    pub async fn describe(
        &self,
        scan: ScanId,
        reporter: &str,
        volume: &str,
        first_page: i32,
    ) -> Result<Vec<Ready>, CatalogError> {
        let _ = (scan, reporter, volume, first_page);
        todo!()
    }
}
