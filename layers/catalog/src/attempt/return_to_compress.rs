//! The intermediates are gone: the scan starts again at compress.

use crate::{Catalog, CatalogError, Fenced, Lease, Ready};

impl Catalog {
    /// Sends the scan back to compress because intermediates are missing: UPLOADED, other ranges lose their leases.
    /// A scan that comes back here too often fails with the code `intermediates_missing`; nothing is ready then.
    pub async fn return_to_compress(&self, lease: &Lease, reason: &str) -> Result<Fenced<Vec<Ready>>, CatalogError> {
        let _ = (lease, reason);
        todo!()
    }
}
