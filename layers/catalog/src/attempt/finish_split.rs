//! Split ends well: the opinions exist, a person may look.

use crate::{Catalog, CatalogError, Fenced, Lease};

/// What split published.
#[derive(Clone, PartialEq, Debug)]
pub struct Publication {
    /// The S3 prefix of the attempt that published.
    pub result_prefix: String,
    /// Printed number of the first page.
    pub first_page: i32,
    /// Printed number of the last page.
    pub last_page: i32,
    /// Counts and warnings for readers.
    pub summary: serde_json::Value,
    /// The opinions in order.
    pub opinions: Vec<NewOpinion>,
}

/// An opinion that was found in a volume.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOpinion {
    /// The name of its PDF below the result prefix.
    pub file: String,
    /// The S3 key of its redacted PDF.
    pub redacted_key: String,
    /// Printed number of its first page, as the results say it.
    pub first_page: i32,
    /// Printed number of its last page.
    pub last_page: i32,
    /// Index of the page with its caption, from 0.
    pub caption_page_index: i32,
    /// Index of the page with its key icon, from 0.
    pub key_page_index: i32,
}

impl Catalog {
    /// Publishes the results: the scan is PENDING_REVIEW, its opinions are exactly these, and the outbox has the news.
    pub async fn finish_split(&self, lease: &Lease, publication: &Publication) -> Result<Fenced<()>, CatalogError> {
        let _ = (lease, publication);
        todo!()
    }
}
