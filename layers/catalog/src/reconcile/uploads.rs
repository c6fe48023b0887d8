//! Uploads whose event was lost.

use crate::{Catalog, CatalogError};

/// An upload as a listing of the bucket shows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SeenUpload {
    /// The key.
    pub key: String,
    /// The ETag, with or without quotes.
    pub etag: String,
}

impl Catalog {
    /// The keys whose newest scan is not of this ETag, or that have no scan at all.
    pub async fn unrecorded_uploads(&self, bucket: &str, seen: &[SeenUpload]) -> Result<Vec<String>, CatalogError> {
        let _ = (bucket, seen);
        todo!()
    }
}
