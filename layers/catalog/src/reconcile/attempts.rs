//! Which attempts in S3 still matter.

use crate::{Catalog, CatalogError, ScanId};
use uuid::Uuid;

/// The outputs of one attempt, as their S3 prefix names it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Attempt {
    /// The S3 prefix, ending in a slash.
    pub prefix: String,
    /// The scan in it.
    pub scan: ScanId,
    /// The lease token in it.
    pub token: Uuid,
}

impl Catalog {
    /// Those prefixes that a row names (published by compress or split, or holding a finished range's results), or
    /// whose token is a lease that nobody has taken away. Every other one may be deleted.
    pub async fn live_attempts(&self, attempts: &[Attempt]) -> Result<Vec<String>, CatalogError> {
        let _ = attempts;
        todo!()
    }
}
