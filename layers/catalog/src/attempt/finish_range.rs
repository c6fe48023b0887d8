//! A page range ends well.

use crate::{Catalog, CatalogError, Fenced, Lease, Ready};

impl Catalog {
    /// Publishes the results of one page range. The last range of the scan to end makes it SCANNED and returns
    /// [`Ready::Split`] (unless it waits for metadata), or FAILED if any range gave up.
    pub async fn finish_range(&self, lease: &Lease, result_key: &str) -> Result<Fenced<Vec<Ready>>, CatalogError> {
        let _ = (lease, result_key);
        todo!()
    }
}
