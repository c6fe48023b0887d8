//! SPLITTING: gathers the ranges and writes the volume and its opinions.

use crate::attempt::Attempt;
use crate::configuration::Configuration;
use crate::error::StageError;
use crate::metrics::Metric;
use crate::rebuild::RECORD;
use crate::runner::Job;
use crate::scratch::Scratch;
use catalog::{
    Catalog, CatalogError, Claim, ClaimTerms, ClaimedScan, Fenced, Lease, NewOpinion, Publication, ScanRecord,
};
use domain::{AttemptPrefix, Results, Stage, Task, UploadKey, VolumeName};
use engine::error::EngineError;
use engine::report::{NoProgress, Summary};
use engine::settings::Settings;
use engine::stages::{SplitInputs, SplitOpinion, SplitResult, split};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::Path;

/// Opinions are small files, and each upload waits for a round trip.
const UPLOADS_AT_ONCE: usize = 8;

#[derive(Debug)]
pub struct Split {
    settings: Settings,
}

impl Split {
    pub fn new(configuration: &Configuration) -> Self {
        Self { settings: configuration.engine_settings() }
    }
}

impl Job for Split {
    type Claimed = ClaimedScan;
    type Output = Publication;

    async fn claim(catalog: &Catalog, task: &Task, terms: &ClaimTerms) -> Result<Claim<ClaimedScan>, StageError> {
        match task {
            Task::Split { scan } => Ok(catalog.claim_scan(Stage::Split, *scan, terms).await?),
            _ => Err(StageError::Misplaced { task: *task }),
        }
    }

    async fn work(
        &self,
        attempt: &Attempt<'_>,
        claimed: &ClaimedScan,
        scratch: &Scratch,
    ) -> Result<Publication, StageError> {
        let inputs = gather(attempt, claimed, scratch).await?;
        let (settings, directory) = (self.settings.clone(), scratch.directory("volume")?);
        let cancellation = attempt.cancellation.clone();
        let result = attempt.engine(move || split(&inputs, &settings, &directory, &NoProgress, &cancellation)).await?;
        attempt.context.emit(&[(Metric::Pages, result.summary.pages as f64)]);
        let prefix = AttemptPrefix::result(attempt.lease.scan, attempt.lease.token);
        stream::iter(&result.summary.files)
            .map(|file| upload(attempt, &prefix, &result.summary.directory, file))
            .buffer_unordered(UPLOADS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        let (pages, publication) = (result.summary.pages as i32, publication(&prefix, result)?);
        let record = record(attempt, claimed, pages, &publication);
        upload_record(attempt, &prefix, &record, scratch).await?;
        Ok(publication)
    }

    async fn publish(
        catalog: &Catalog,
        lease: &Lease,
        publication: &Publication,
    ) -> Result<Fenced<Vec<Task>>, CatalogError> {
        Ok(match catalog.finish_split(lease, publication).await? {
            Fenced::Done(()) => Fenced::Done(Vec::new()),
            Fenced::Lost => Fenced::Lost,
        })
    }
}

/// Fetches what compress and scan made.
async fn gather(attempt: &Attempt<'_>, claimed: &ClaimedScan, scratch: &Scratch) -> Result<SplitInputs, StageError> {
    let missing = |key: &str| StageError::IntermediateMissing { key: key.to_owned() };
    let prefix = claimed.work_prefix.as_deref().ok_or_else(|| missing("compressed.zip"))?;
    let compressed = scratch.file("compressed.zip");
    attempt.fetch(&format!("{prefix}compressed.zip"), &compressed).await?;
    let mut ranges = Vec::with_capacity(claimed.ranges.len());
    for range in &claimed.ranges {
        let file = scratch.file(&format!("range-{:04}.zip", range.number));
        attempt.fetch(range.result_key.as_deref().ok_or_else(|| missing("a range's results"))?, &file).await?;
        ranges.push(file);
    }
    Ok(SplitInputs { compressed, ranges, name: name(claimed)? })
}

fn name(claimed: &ClaimedScan) -> Result<VolumeName, StageError> {
    let reporter = claimed.reporter.as_deref().unwrap_or_default();
    let volume = claimed.volume.as_deref().unwrap_or_default();
    let first_page = claimed.first_page.and_then(|page| u32::try_from(page).ok());
    // The key says it. The row says what an earlier split read.
    let last_page = UploadKey::new(&claimed.key)
        .volume_name()
        .filter(|named| named.reporter() == reporter && named.volume() == volume)
        .and_then(|named| named.last_page())
        .filter(|last| first_page.is_none_or(|first| first <= *last));
    Ok(VolumeName::new(reporter, volume, first_page, last_page).map_err(EngineError::from)?)
}

async fn upload(
    attempt: &Attempt<'_>,
    prefix: &AttemptPrefix<Results>,
    root: &Path,
    file: &Path,
) -> Result<(), StageError> {
    attempt.upload(&root.join(file), &prefix.join(&file.to_string_lossy())?).await
}

fn record(attempt: &Attempt<'_>, claimed: &ClaimedScan, pages: i32, publication: &Publication) -> ScanRecord {
    ScanRecord {
        scan: attempt.lease.scan,
        bucket: attempt.context.configuration.addresses.buckets.uploads.clone(),
        key: claimed.key.clone(),
        version_id: claimed.version_id.clone(),
        etag: claimed.etag.clone(),
        size_bytes: claimed.size_bytes,
        reporter: claimed.reporter.clone().unwrap_or_default(),
        volume: claimed.volume.clone().unwrap_or_default(),
        pages,
        token: attempt.lease.token,
        publication: publication.clone(),
    }
}

/// Comes last, so that results with a record are complete.
async fn upload_record(
    attempt: &Attempt<'_>,
    prefix: &AttemptPrefix<Results>,
    record: &ScanRecord,
    scratch: &Scratch,
) -> Result<(), StageError> {
    let file = scratch.file(RECORD);
    let written = std::fs::File::create(&file).and_then(|file| Ok(serde_json::to_writer(file, record)?));
    written.map_err(|source| StageError::Scratch { source })?;
    attempt.upload(&file, &prefix.join(RECORD)?).await
}

fn publication(prefix: &AttemptPrefix<Results>, result: SplitResult) -> Result<Publication, StageError> {
    let opinion = |opinion: &SplitOpinion| {
        Ok(NewOpinion {
            redacted_key: prefix.join(&opinion.redacted.to_string_lossy())?.to_string(),
            file: opinion.file.clone(),
            first_page: opinion.first_page as i32,
            last_page: opinion.last_page as i32,
            caption_page_index: opinion.caption_page_index as i32,
            key_page_index: opinion.key_page_index as i32,
        })
    };
    let opinions: Result<Vec<NewOpinion>, StageError> = result.opinions.iter().map(opinion).collect();
    Ok(Publication {
        result_prefix: prefix.to_string(),
        first_page: result.summary.first_page as i32,
        last_page: result.summary.last_page as i32,
        summary: stored_summary(&result.summary)?,
        opinions: opinions?,
        findings: result.summary.findings,
    })
}

/// Without the findings, which become rows.
fn stored_summary(summary: &Summary) -> Result<serde_json::Value, StageError> {
    let mut stored =
        serde_json::to_value(summary).map_err(|error| StageError::Panicked { reason: error.to_string() })?;
    if let Some(fields) = stored.as_object_mut() {
        fields.remove("findings");
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ScanId;
    use uuid::Uuid;

    const SCAN: ScanId = 17;

    fn last_page(key: &str, volume: &str, first_page: i32) -> Option<u32> {
        let claimed = ClaimedScan {
            lease: Lease { scan: SCAN, range: None, token: Uuid::new_v4(), stage: Stage::Split },
            key: key.to_owned(),
            version_id: "version".to_owned(),
            etag: "etag".to_owned(),
            size_bytes: 1_000,
            reporter: Some("arc".to_owned()),
            volume: Some(volume.to_owned()),
            first_page: Some(first_page),
            work_prefix: None,
            ranges: Vec::new(),
            skipped: Vec::new(),
        };
        name(&claimed).unwrap().last_page()
    }

    #[test]
    fn the_last_page_is_that_of_the_key_unless_a_person_described_another_volume() {
        let key = "original_scans/arc/12/201/arc.12.201.207.original.pdf";
        assert_eq!(last_page(key, "12", 201), Some(207));
        assert_eq!(last_page(key, "13", 201), None);
        assert_eq!(last_page(key, "12", 301), None);
        assert_eq!(last_page("original_scans/unsorted/scan.pdf", "12", 201), None);
    }
}
