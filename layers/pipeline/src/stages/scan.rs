//! SCANNING: one range of pages is looked at and read.

use super::{Offer, Worker, fetch, misplaced, settings, take_up};
use crate::attempt::{Attempt, Deadline, Finished, persist};
use crate::configuration::Configuration;
use crate::context::Context;
use crate::error::StageError;
use crate::metrics::{Metric, emit};
use crate::writes::{Effect, Function, write};
use catalog::ClaimedRange;
use domain::{AttemptPrefix, Task};
use engine::detector::Detector;
use engine::report::NoProgress;
use engine::settings::Settings;
use engine::stages::{RangeToScan, ScannedRange, load_models};
use queues::{Received, Verdict};
use std::path::PathBuf;
use std::sync::Arc;
use tracing::Instrument;

/// Looks at ranges of pages. The models are loaded once.
pub struct Scan {
    settings: Settings,
    detector: Arc<Detector>,
}

impl Worker for Scan {
    const FUNCTION: Function = Function::Scan;

    fn new(configuration: &Configuration) -> Result<Self, StageError> {
        let settings = settings(configuration);
        Ok(Self { detector: Arc::new(load_models(&settings)?), settings })
    }

    async fn handle(&self, context: &Context, message: &Received, deadline: Deadline) -> Result<Verdict, StageError> {
        match message.task()? {
            Task::Scan { scan, generation, range, .. } => {
                let span = tracing::info_span!("scan", scan, generation, range, key = tracing::field::Empty);
                self.take(context, (scan, generation, range), deadline).instrument(span).await
            }
            other => Err(misplaced(&other)),
        }
    }
}

impl Scan {
    async fn take(
        &self,
        context: &Context,
        (scan, generation, number): (i64, i32, i32),
        deadline: Deadline,
    ) -> Result<Verdict, StageError> {
        let rules = context.configuration.recovery.lease_rules();
        let claim = context.catalog.claim_range(scan, generation, number, &rules);
        let offer = Offer { context, function: Function::Scan, scan, deadline };
        take_up(offer, claim, async |attempt, claimed| self.work(attempt, claimed).await).await
    }

    async fn work(&self, attempt: &Attempt<'_>, claimed: &ClaimedRange) -> Result<Finished, StageError> {
        let input = attempt.scratch.file("range.pdf");
        fetch(attempt.context, &claimed.input_key, &input).await?;
        let results = self.look(attempt, claimed, input).await?;
        emit(Function::Scan, &[(Metric::Pages, f64::from(claimed.page_count))]);
        let prefix = AttemptPrefix::work(attempt.lease.scan, attempt.lease.token);
        let key = prefix.join(&format!("range-{:04}.zip", claimed.number))?;
        let upload = attempt.context.objects.upload(&results.file, &key);
        write(Function::Scan, Effect::Upload, &attempt.subject, upload).await?;
        let finish = || attempt.context.catalog.finish_range(&attempt.lease, key.as_str());
        Ok(write(Function::Scan, Effect::Finish, &attempt.subject, persist(attempt.deadline, finish)).await?)
    }

    async fn look(
        &self,
        attempt: &Attempt<'_>,
        claimed: &ClaimedRange,
        input: PathBuf,
    ) -> Result<ScannedRange, StageError> {
        let (settings, detector) = (self.settings.clone(), Arc::clone(&self.detector));
        let (directory, cancellation) = (attempt.scratch.directory("results")?, attempt.cancellation.clone());
        let first = claimed.first_index as usize;
        let pages = first..first + claimed.page_count as usize;
        let first_page = claimed.first_page.and_then(|page| u32::try_from(page).ok());
        attempt
            .engine(move || {
                let range = RangeToScan { file: &input, pages, first_page };
                engine::stages::scan(&range, &detector, &settings, &directory, &NoProgress, &cancellation)
            })
            .await
    }
}
