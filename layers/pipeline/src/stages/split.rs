//! SPLITTING: the ranges are gathered, and volume and opinions are written.

use super::{Offer, Worker, fetch, misplaced, settings, take_up};
use crate::attempt::{Attempt, Deadline, Finished, persist};
use crate::configuration::Configuration;
use crate::context::Context;
use crate::error::StageError;
use crate::metrics::{Metric, emit};
use crate::writes::{Effect, Function, write};
use catalog::{ClaimedScan, Fenced, NewOpinion, Publication};
use domain::{AttemptPrefix, Results, Stage, Task, VolumeName};
use engine::error::EngineError;
use engine::report::NoProgress;
use engine::settings::Settings;
use engine::stages::{SplitInputs, SplitOpinion, SplitResult, split};
use futures_util::{StreamExt, TryStreamExt, stream};
use queues::{Received, Verdict};
use std::path::Path;
use tracing::Instrument;

/// Files under way at once: opinions are small, and each costs a round trip.
const UPLOADS_AT_ONCE: usize = 8;

/// Puts volume and opinions together.
#[derive(Debug)]
pub struct Split {
    settings: Settings,
}

impl Worker for Split {
    const FUNCTION: Function = Function::Split;

    fn new(configuration: &Configuration) -> Result<Self, StageError> {
        Ok(Self { settings: settings(configuration) })
    }

    async fn handle(&self, context: &Context, message: &Received, deadline: Deadline) -> Result<Verdict, StageError> {
        match message.task()? {
            Task::Split { scan } => {
                let span = tracing::info_span!("split", scan, key = tracing::field::Empty);
                self.take(context, scan, deadline).instrument(span).await
            }
            other => Err(misplaced(&other)),
        }
    }
}

impl Split {
    async fn take(&self, context: &Context, scan: i64, deadline: Deadline) -> Result<Verdict, StageError> {
        let rules = context.configuration.recovery.lease_rules();
        let claim = context.catalog.claim_scan(Stage::Split, scan, &rules);
        let offer = Offer { context, function: Function::Split, scan, deadline };
        take_up(offer, claim, async |attempt, claimed| self.work(attempt, claimed).await).await
    }

    async fn work(&self, attempt: &Attempt<'_>, claimed: &ClaimedScan) -> Result<Finished, StageError> {
        let inputs = gather(attempt, claimed).await?;
        let (settings, directory) = (self.settings.clone(), attempt.scratch.directory("volume")?);
        let cancellation = attempt.cancellation.clone();
        let result = attempt.engine(move || split(&inputs, &settings, &directory, &NoProgress, &cancellation)).await?;
        emit(Function::Split, &[(Metric::Pages, result.summary.pages as f64)]);
        let prefix = AttemptPrefix::result(attempt.lease.scan, attempt.lease.token);
        upload(attempt, &prefix, &result).await?;
        let publication = publication(&prefix, &result)?;
        let finish = || attempt.context.catalog.finish_split(&attempt.lease, &publication);
        let fenced =
            write(Function::Split, Effect::Finish, &attempt.subject, persist(attempt.deadline, finish)).await?;
        Ok(match fenced {
            Fenced::Done(()) => Fenced::Done(Vec::new()),
            Fenced::Lost => Fenced::Lost,
        })
    }
}

/// Fetches what compress and scan left.
async fn gather(attempt: &Attempt<'_>, claimed: &ClaimedScan) -> Result<SplitInputs, StageError> {
    let gone = |what: &str| StageError::IntermediateMissing { key: what.to_owned() };
    let prefix = claimed.work_prefix.as_deref().ok_or_else(|| gone("compressed.zip"))?;
    let compressed = attempt.scratch.file("compressed.zip");
    fetch(attempt.context, &format!("{prefix}compressed.zip"), &compressed).await?;
    let mut ranges = Vec::with_capacity(claimed.ranges.len());
    for range in &claimed.ranges {
        let key = range.result_key.as_deref().ok_or_else(|| gone("a range's results"))?;
        let file = attempt.scratch.file(&format!("range-{:04}.zip", range.number));
        fetch(attempt.context, key, &file).await?;
        ranges.push(file);
    }
    Ok(SplitInputs { compressed, ranges, name: name(claimed)? })
}

fn name(claimed: &ClaimedScan) -> Result<VolumeName, StageError> {
    let reporter = claimed.reporter.as_deref().unwrap_or_default();
    let volume = claimed.volume.as_deref().unwrap_or_default();
    let first_page = claimed.first_page.and_then(|page| u32::try_from(page).ok());
    Ok(VolumeName::new(reporter, volume, first_page, None).map_err(EngineError::from)?)
}

async fn upload(
    attempt: &Attempt<'_>,
    prefix: &AttemptPrefix<Results>,
    result: &SplitResult,
) -> Result<(), StageError> {
    stream::iter(&result.summary.files)
        .map(|file| upload_one(attempt, prefix, &result.summary.directory, file))
        .buffer_unordered(UPLOADS_AT_ONCE)
        .try_collect()
        .await
}

async fn upload_one(
    attempt: &Attempt<'_>,
    prefix: &AttemptPrefix<Results>,
    root: &Path,
    file: &Path,
) -> Result<(), StageError> {
    if attempt.cancellation.is_cancelled() {
        return Err(EngineError::Cancelled.into());
    }
    let key = prefix.join(&file.to_string_lossy())?;
    let path = root.join(file);
    let upload = attempt.context.objects.upload(&path, &key);
    Ok(write(Function::Split, Effect::Upload, &attempt.subject, upload).await?)
}

fn publication(prefix: &AttemptPrefix<Results>, result: &SplitResult) -> Result<Publication, StageError> {
    let opinion = |opinion: &SplitOpinion| {
        Ok(NewOpinion {
            redacted_key: prefix.join(&opinion.redacted.to_string_lossy())?.as_str().to_owned(),
            file: opinion.file.clone(),
            first_page: opinion.first_page as i32,
            last_page: opinion.last_page as i32,
            caption_page_index: opinion.caption_page_index as i32,
            key_page_index: opinion.key_page_index as i32,
        })
    };
    let opinions: Result<Vec<NewOpinion>, StageError> = result.opinions.iter().map(opinion).collect();
    let summary =
        serde_json::to_value(&result.summary).map_err(|error| StageError::Panicked { reason: error.to_string() })?;
    Ok(Publication {
        result_prefix: prefix.to_string(),
        first_page: result.summary.first_page as i32,
        last_page: result.summary.last_page as i32,
        summary,
        opinions: opinions?,
    })
}
