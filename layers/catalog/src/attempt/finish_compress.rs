//! Compress ends well: the page ranges exist from here on.

use crate::{Catalog, CatalogError, Fenced, Lease, Ready};

/// What compress published.
#[derive(Clone, PartialEq, Debug)]
pub struct FanOut {
    /// Pages of the volume.
    pub pages: i32,
    /// Whether the volume takes the lane for large ones.
    pub is_large: bool,
    /// The S3 prefix of the attempt that published.
    pub work_prefix: String,
    /// The ranges in order; together they are all the pages.
    pub ranges: Vec<NewRange>,
    /// What compress has to say to split and to readers.
    pub details: serde_json::Value,
}

/// A page range to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRange {
    /// Index of its first page in the volume, from 0.
    pub first_index: i32,
    /// Pages in it.
    pub page_count: i32,
    /// The S3 key of its pages.
    pub input_key: String,
}

impl Catalog {
    /// Publishes what compress made: a new generation of page ranges, all waiting. Ranges of earlier generations go.
    /// A lease of another stage, or ranges that do not follow one another from the first page to the last, are
    /// [`CatalogError::Invalid`].
    pub async fn finish_compress(&self, lease: &Lease, fan_out: &FanOut) -> Result<Fenced<Vec<Ready>>, CatalogError> {
        let _ = (lease, fan_out);
        todo!()
    }
}
