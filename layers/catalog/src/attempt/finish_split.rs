//! Split ends well: the opinions exist, a person may look.

use super::fence::hold;
use crate::connection::Work;
use crate::{Catalog, CatalogError, Fenced, Lease};
use domain::{ScanId, Stage};

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
        lease.expect_stage(Stage::Split)?;
        let mut work = self.begin().await?;
        if !hold(&mut work, lease).await? {
            return Ok(Fenced::Lost);
        }
        // Before the status, whose trigger counts them for the outbox.
        replace_opinions(&mut work, lease.scan, &publication.opinions).await?;
        publish(&mut work, lease, publication).await?;
        work.commit().await?;
        Ok(Fenced::Done(()))
    }
}

async fn publish(work: &mut Work<'_>, lease: &Lease, publication: &Publication) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET status = 'PENDING_REVIEW', attempts = 0, interruptions = 0, returns = 0, error_code = NULL,
             error_message = NULL, result_prefix = $3, first_page = $4, last_page = $5, summary = $6
         WHERE id = $1 AND lease = $2 AND status = 'SPLITTING'",
        lease.scan,
        lease.token,
        publication.result_prefix,
        publication.first_page,
        publication.last_page,
        publication.summary,
    )
    .execute(work.on())
    .await?;
    Ok(())
}

async fn replace_opinions(work: &mut Work<'_>, scan: ScanId, opinions: &[NewOpinion]) -> Result<(), CatalogError> {
    sqlx::query!("DELETE FROM opinions WHERE scan_id = $1", scan).execute(work.on()).await?;
    let numbers = |of: fn(&NewOpinion) -> i32| opinions.iter().map(of).collect::<Vec<i32>>();
    let files: Vec<String> = opinions.iter().map(|opinion| opinion.file.clone()).collect();
    let keys: Vec<String> = opinions.iter().map(|opinion| opinion.redacted_key.clone()).collect();
    sqlx::query!(
        "INSERT INTO opinions (scan_id, sequence, file, redacted_key, first_page, last_page, caption_page_index,
             key_page_index)
         SELECT $1, place, file, redacted_key, first_page, last_page, caption_page_index, key_page_index
         FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[])
              WITH ORDINALITY
              AS new (file, redacted_key, first_page, last_page, caption_page_index, key_page_index, place)",
        scan,
        &files,
        &keys,
        &numbers(|opinion| opinion.first_page),
        &numbers(|opinion| opinion.last_page),
        &numbers(|opinion| opinion.caption_page_index),
        &numbers(|opinion| opinion.key_page_index),
    )
    .execute(work.on())
    .await?;
    Ok(())
}
