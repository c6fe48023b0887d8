//! Compress ends well: the page ranges exist from here on.

use crate::connection::Work;
use crate::ready::ready;
use crate::state::ScanState;
use crate::{Catalog, CatalogError, Fenced, Lease};
use domain::{ScanId, Stage, Task};

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

impl FanOut {
    /// The ranges must follow one another from the first page to the last: a page in no range would be lost.
    fn check(&self) -> Result<(), CatalogError> {
        let mut next = 0;
        for range in &self.ranges {
            if range.first_index != next || range.page_count < 1 {
                return Err(CatalogError::Invalid(format!("a page range begins at {} not {next}", range.first_index)));
            }
            next += range.page_count;
        }
        if self.ranges.is_empty() || next != self.pages {
            return Err(CatalogError::Invalid(format!("the page ranges hold {next} pages of {}", self.pages)));
        }
        Ok(())
    }
}

impl Catalog {
    /// Publishes what compress made: a new generation of page ranges, all waiting. Ranges of earlier generations go.
    /// A lease of another stage, or ranges that do not follow one another from the first page to the last, are
    /// [`CatalogError::Invalid`].
    pub async fn finish_compress(&self, lease: &Lease, fan_out: &FanOut) -> Result<Fenced<Vec<Task>>, CatalogError> {
        lease.expect_stage(Stage::Compress)?;
        fan_out.check()?;
        let mut work = self.begin().await?;
        let Some(generation) = publish(&mut work, lease, fan_out).await? else { return Ok(Fenced::Lost) };
        replace_ranges(&mut work, lease.scan, generation, &fan_out.ranges).await?;
        let ready = match ScanState::lock(&mut work, lease.scan).await? {
            Some(state) => ready(&mut work, &state).await?,
            None => Vec::new(),
        };
        work.commit().await?;
        Ok(Fenced::Done(ready))
    }
}

async fn publish(work: &mut Work<'_>, lease: &Lease, fan_out: &FanOut) -> Result<Option<i32>, CatalogError> {
    Ok(sqlx::query_scalar!(
        "UPDATE scans SET status = 'COMPRESSED', generation = generation + 1, attempts = 0, interruptions = 0,
             error_code = NULL, error_message = NULL, pages = $3, is_large = $4, work_prefix = $5, details = $6
         WHERE id = $1 AND lease = $2 AND status = 'COMPRESSING'
         RETURNING generation",
        lease.scan,
        lease.token,
        fan_out.pages,
        fan_out.is_large,
        fan_out.work_prefix,
        fan_out.details,
    )
    .fetch_optional(work.on())
    .await?)
}

async fn replace_ranges(
    work: &mut Work<'_>,
    scan: ScanId,
    generation: i32,
    ranges: &[NewRange],
) -> Result<(), CatalogError> {
    sqlx::query!("DELETE FROM page_ranges WHERE scan_id = $1", scan).execute(work.on()).await?;
    let first_indexes: Vec<i32> = ranges.iter().map(|range| range.first_index).collect();
    let page_counts: Vec<i32> = ranges.iter().map(|range| range.page_count).collect();
    let input_keys: Vec<String> = ranges.iter().map(|range| range.input_key.clone()).collect();
    sqlx::query!(
        "INSERT INTO page_ranges (scan_id, generation, number, first_index, page_count, input_key)
         SELECT $1, $2, place - 1, first_index, page_count, input_key
         FROM unnest($3::integer[], $4::integer[], $5::text[])
              WITH ORDINALITY AS new (first_index, page_count, input_key, place)",
        scan,
        generation,
        &first_indexes,
        &page_counts,
        &input_keys,
    )
    .execute(work.on())
    .await?;
    Ok(())
}
