//! Which attempts in S3 still matter.

use crate::{Catalog, CatalogError};
use domain::ScanId;
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
        let prefixes: Vec<String> = attempts.iter().map(|attempt| attempt.prefix.clone()).collect();
        let scans: Vec<ScanId> = attempts.iter().map(|attempt| attempt.scan).collect();
        let tokens: Vec<Uuid> = attempts.iter().map(|attempt| attempt.token).collect();
        let mut work = self.begin().await?;
        let live = sqlx::query_scalar!(
            r#"SELECT prefix AS "prefix!"
               FROM unnest($1::text[], $2::bigint[], $3::uuid[]) AS attempt (prefix, scan, token)
               WHERE EXISTS (
                   SELECT FROM scans WHERE id = scan AND (work_prefix = prefix OR result_prefix = prefix OR lease = token)
               ) OR EXISTS (
                   SELECT FROM page_ranges WHERE scan_id = scan AND (lease = token OR starts_with(result_key, prefix))
               )"#,
            &prefixes,
            &scans,
            &tokens,
        )
        .fetch_all(work.on())
        .await?;
        work.commit().await?;
        Ok(live)
    }
}
