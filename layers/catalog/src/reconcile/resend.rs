//! Waiting rows whose message may be lost.

use crate::{Catalog, CatalogError, Ready};
use std::time::Duration;

impl Catalog {
    /// At most `limit` scans and `limit` ranges that wait, are due, and got their last message longer ago than
    /// `after`, doubled for every message so far (six times at most). Stamps them; send what it returns.
    pub async fn resend(&self, after: Duration, limit: i64) -> Result<Vec<Ready>, CatalogError> {
        let _ = (after, limit);
        todo!()
    }
}
