//! Uploads without a scan: their event was lost.

use super::Report;
use crate::attempt::Deadline;
use crate::context::Context;
use crate::error::StageError;
use crate::metrics::{Metric, emit};
use crate::writes::{Effect, Function, write};
use domain::{ListedUpload, UploadKey};
use std::time::Duration;
use time::OffsetDateTime;

/// Where the sweep goes on.
const CURSOR: &str = "sweep_uploads";

/// S3 lists a thousand keys at once (AWS, ListObjectsV2).
const PAGE: usize = 1000;

/// Time that the last page may take.
const ENOUGH: Duration = Duration::from_secs(10);

/// Goes through the bucket from where the last sweep ended, as far as the time allows.
pub async fn run(context: &Context, deadline: Deadline) -> Result<Report, StageError> {
    let mut report = Report::default();
    loop {
        let after = context.catalog.cursor(CURSOR).await?;
        let page = context.objects.list_uploads(after.as_deref(), PAGE).await?;
        for key in lost(context, &page).await? {
            announce(context, &key).await?;
            report.announced += 1;
        }
        let next = if page.len() < PAGE { None } else { page.last().map(|listed| listed.key.as_str()) };
        let save = context.catalog.set_cursor(CURSOR, next);
        write(Function::Reconcile, Effect::SaveCursor, CURSOR, save).await?;
        if next.is_none() || deadline.remaining() < ENOUGH {
            emit(Function::Reconcile, &[(Metric::LostEvents, report.announced as f64)]);
            tracing::info!(?report, "swept the uploads");
            return Ok(report);
        }
    }
}

/// The uploads that are old enough to have a scan and have none.
async fn lost(context: &Context, page: &[ListedUpload]) -> Result<Vec<UploadKey>, StageError> {
    let age = Duration::from_secs(context.configuration.recovery.upload_sweep_age_seconds);
    let is_old = |listed: &&ListedUpload| OffsetDateTime::now_utc() - listed.last_modified >= age;
    let old: Vec<&ListedUpload> = page.iter().filter(is_old).collect();
    Ok(context.catalog.unrecorded_uploads(&context.configuration.addresses.upload_bucket, &old).await?)
}

async fn announce(context: &Context, key: &UploadKey) -> Result<(), StageError> {
    tracing::warn!(key = key.as_str(), code = "event.lost", "an upload has no scan; intake is told");
    let bucket = &context.configuration.addresses.upload_bucket;
    let announce = context.queues.announce_upload(bucket, key.as_str());
    Ok(write(Function::Reconcile, Effect::Announce, key.as_str(), announce).await?)
}
