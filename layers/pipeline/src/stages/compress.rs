//! COMPRESSING: checks the original, cuts it into page ranges and makes it smaller.

use crate::attempt::Attempt;
use crate::configuration::Configuration;
use crate::error::StageError;
use crate::metrics::Metric;
use crate::runner::Job;
use crate::scratch::Scratch;
use catalog::{Catalog, CatalogError, Claim, ClaimTerms, ClaimedScan, FanOut, Fenced, Lease, NewRange, SkippedPage};
use domain::{AttemptPrefix, Stage, Task, UploadKey, Work};
use engine::report::NoProgress;
use engine::settings::Settings;
use engine::source::SkippedPages;
use engine::stages::{Prepared, PreparedRange, VolumeToPrepare, prepare};
use serde_json::json;
use std::path::Path;

/// What compress writes beside the original, in sizes of the original: the ranges as they are, which are the original
/// again, and the compressed volume with what one range needs meanwhile.
const OUTPUT_SHARE: f64 = 1.3;

#[derive(Debug)]
pub struct Compress {
    settings: Settings,
}

impl Compress {
    pub fn new(configuration: &Configuration) -> Self {
        Self { settings: configuration.engine_settings() }
    }
}

impl Job for Compress {
    type Claimed = ClaimedScan;
    type Output = FanOut;

    async fn claim(catalog: &Catalog, task: &Task, terms: &ClaimTerms) -> Result<Claim<ClaimedScan>, StageError> {
        match task {
            Task::Compress { scan, .. } => Ok(catalog.claim_scan(Stage::Compress, *scan, terms).await?),
            _ => Err(StageError::Misplaced { task: *task }),
        }
    }

    async fn work(
        &self,
        attempt: &Attempt<'_>,
        claimed: &ClaimedScan,
        scratch: &Scratch,
    ) -> Result<FanOut, StageError> {
        scratch.require_space(claimed.size_bytes.cast_unsigned(), OUTPUT_SHARE)?;
        let original = scratch.file("original.pdf");
        fetch_original(attempt, claimed, &original).await?;
        let (settings, directory) = (self.settings.clone(), scratch.directory("prepared")?);
        let (volumes, cancellation) = (&attempt.context.configuration.volumes, attempt.cancellation.clone());
        let (range_pages, skipped) = (volumes.range_pages, skipped(&claimed.skipped));
        let prepare = move || {
            let volume = VolumeToPrepare { file: &original, range_pages, skipped: &skipped };
            prepare(&volume, &settings, &directory, &NoProgress, &cancellation)
        };
        let prepared = attempt.engine(prepare).await?;
        attempt.context.emit(&[(Metric::Pages, prepared.pages as f64)]);
        let prefix = AttemptPrefix::work(attempt.lease.scan, attempt.lease.token);
        upload(attempt, &prefix, &prepared).await?;
        fan_out(&prefix, &prepared, prepared.pages > volumes.large_volume_pages)
    }

    async fn publish(catalog: &Catalog, lease: &Lease, fan_out: &FanOut) -> Result<Fenced<Vec<Task>>, CatalogError> {
        catalog.finish_compress(lease, fan_out).await
    }
}

fn skipped(pages: &[SkippedPage]) -> SkippedPages {
    let mut skipped = SkippedPages::default();
    for page in pages {
        // The row counts from 1.
        skipped.insert((page.page - 1) as usize, page.actor.as_deref());
    }
    skipped
}

async fn fetch_original(attempt: &Attempt<'_>, claimed: &ClaimedScan, to: &Path) -> Result<(), StageError> {
    let key = UploadKey::new(claimed.key.clone());
    let download = attempt.context.objects.download_original(&key, &claimed.version_id, to);
    attempt.download(download, StageError::OriginalMissing).await
}

async fn upload(attempt: &Attempt<'_>, prefix: &AttemptPrefix<Work>, prepared: &Prepared) -> Result<(), StageError> {
    let ranges = prepared.ranges.iter().map(|range| range.file.as_path());
    for file in ranges.chain([prepared.compressed.as_path()]) {
        attempt.upload(file, &prefix.join(&name(file))?).await?;
    }
    Ok(())
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn fan_out(prefix: &AttemptPrefix<Work>, prepared: &Prepared, is_large: bool) -> Result<FanOut, StageError> {
    let range = |range: &PreparedRange| {
        Ok(NewRange {
            first_index: range.pages.start as i32,
            page_count: range.pages.len() as i32,
            input_key: prefix.join(&name(&range.file))?.to_string(),
        })
    };
    let ranges: Result<Vec<NewRange>, StageError> = prepared.ranges.iter().map(range).collect();
    Ok(FanOut {
        pages: prepared.pages as i32,
        is_large,
        work_prefix: prefix.to_string(),
        ranges: ranges?,
        details: json!({ "problems": prepared.problems }),
    })
}
