//! COMPRESSING: the original is checked, cut into ranges and made smaller.

use super::{Offer, Worker, misplaced, settings, take_up};
use crate::attempt::{Attempt, Deadline, Finished, persist};
use crate::configuration::Configuration;
use crate::context::Context;
use crate::error::StageError;
use crate::metrics::{Metric, emit};
use crate::writes::{Effect, Function, write};
use catalog::{ClaimedScan, FanOut, NewRange};
use domain::{AttemptPrefix, Stage, Task, UploadKey, Work};
use engine::report::NoProgress;
use engine::settings::Settings;
use engine::stages::{Prepared, PreparedRange, prepare};
use queues::{Received, Verdict};
use serde_json::json;
use std::path::Path;
use tracing::Instrument;

/// Checks, cuts and compresses.
#[derive(Debug)]
pub struct Compress {
    settings: Settings,
}

impl Worker for Compress {
    const FUNCTION: Function = Function::Compress;

    fn new(configuration: &Configuration) -> Result<Self, StageError> {
        Ok(Self { settings: settings(configuration) })
    }

    async fn handle(&self, context: &Context, message: &Received, deadline: Deadline) -> Result<Verdict, StageError> {
        match message.task()? {
            Task::Compress { scan } => {
                let span = tracing::info_span!("compress", scan, key = tracing::field::Empty);
                self.take(context, scan, deadline).instrument(span).await
            }
            other => Err(misplaced(&other)),
        }
    }
}

impl Compress {
    async fn take(&self, context: &Context, scan: i64, deadline: Deadline) -> Result<Verdict, StageError> {
        let rules = context.configuration.recovery.lease_rules();
        let claim = context.catalog.claim_scan(Stage::Compress, scan, &rules);
        let offer = Offer { context, function: Function::Compress, scan, deadline };
        take_up(offer, claim, async |attempt, claimed| self.work(attempt, claimed).await).await
    }

    async fn work(&self, attempt: &Attempt<'_>, claimed: &ClaimedScan) -> Result<Finished, StageError> {
        let original = attempt.scratch.file("original.pdf");
        fetch_original(attempt.context, claimed, &original).await?;
        let prepared = self.prepare(attempt, &original).await?;
        emit(Function::Compress, &[(Metric::Pages, prepared.pages as f64)]);
        let prefix = AttemptPrefix::work(attempt.lease.scan, attempt.lease.token);
        upload(attempt, &prefix, &prepared).await?;
        let volumes = &attempt.context.configuration.volumes;
        let fan_out = fan_out(&prefix, &prepared, prepared.pages > volumes.large_volume_pages)?;
        let finish = || attempt.context.catalog.finish_compress(&attempt.lease, &fan_out);
        Ok(write(Function::Compress, Effect::Finish, &attempt.subject, persist(attempt.deadline, finish)).await?)
    }

    async fn prepare(&self, attempt: &Attempt<'_>, original: &Path) -> Result<Prepared, StageError> {
        let (original, settings) = (original.to_owned(), self.settings.clone());
        let (directory, cancellation) = (attempt.scratch.directory("prepared")?, attempt.cancellation.clone());
        let range_pages = attempt.context.configuration.volumes.range_pages;
        attempt.engine(move || prepare(&original, &settings, range_pages, &directory, &NoProgress, &cancellation)).await
    }
}

async fn fetch_original(context: &Context, claimed: &ClaimedScan, to: &Path) -> Result<(), StageError> {
    let key = UploadKey::new(claimed.key.clone());
    match context.objects.download_original(&key, &claimed.version_id, to).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_missing() => Err(StageError::OriginalMissing),
        Err(error) => Err(error.into()),
    }
}

async fn upload(attempt: &Attempt<'_>, prefix: &AttemptPrefix<Work>, prepared: &Prepared) -> Result<(), StageError> {
    let ranges = prepared.ranges.iter().map(|range| range.file.as_path());
    for file in ranges.chain([prepared.compressed.as_path()]) {
        let key = prefix.join(&name(file))?;
        let upload = attempt.context.objects.upload(file, &key);
        write(Function::Compress, Effect::Upload, &attempt.subject, upload).await?;
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
            input_key: prefix.join(&name(&range.file))?.as_str().to_owned(),
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
