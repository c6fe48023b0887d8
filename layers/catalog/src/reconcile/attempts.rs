//! Which attempts in S3 still matter.

use crate::{Catalog, CatalogError};
use domain::{AttemptKind, AttemptPrefix, ScanId};
use uuid::Uuid;

impl Catalog {
    /// Those attempts whose prefix a row names (published by compress or split, or holding a finished range's
    /// results), or whose token is a lease that is still held. Every other one may be deleted.
    pub async fn live_attempts<K: AttemptKind>(
        &self,
        attempts: &[AttemptPrefix<K>],
    ) -> Result<Vec<AttemptPrefix<K>>, CatalogError> {
        let prefixes: Vec<String> = attempts.iter().map(ToString::to_string).collect();
        let scans: Vec<ScanId> = attempts.iter().map(AttemptPrefix::scan).collect();
        let tokens: Vec<Uuid> = attempts.iter().map(AttemptPrefix::token).collect();
        let mut work = self.begin().await?;
        let live = sqlx::query_scalar!(
            r#"SELECT place AS "place!"
               FROM unnest($1::text[], $2::bigint[], $3::uuid[]) WITH ORDINALITY AS attempt (prefix, scan, token, place)
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
        Ok(live.into_iter().filter_map(|place| attempts.get(place as usize - 1).copied()).collect())
    }
}
