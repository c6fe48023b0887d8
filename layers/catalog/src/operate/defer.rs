//! A person wants it later.

use crate::{Catalog, CatalogError, Ready, ScanId};
use time::OffsetDateTime;

impl Catalog {
    /// No claim of the scan before `until`; what is running goes on. A time that has passed ends a deferral and
    /// returns what is ready now.
    pub async fn defer(&self, scan: ScanId, until: OffsetDateTime) -> Result<Vec<Ready>, CatalogError> {
        let _ = (scan, until);
        todo!()
    }
}
