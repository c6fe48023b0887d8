//! SCANNING: detects and reads one page range.

use crate::attempt::Attempt;
use crate::configuration::Configuration;
use crate::error::StageError;
use crate::metrics::Metric;
use crate::runner::Job;
use crate::scratch::Scratch;
use catalog::{Catalog, CatalogError, Claim, ClaimTerms, ClaimedRange, Fenced, Lease};
use domain::{AttemptPrefix, Task, WorkKey};
use engine::detector::Detector;
use engine::settings::Settings;
use engine::stages::{RangeToScan, load_models};
use std::sync::Arc;

pub struct Scan {
    settings: Settings,
    detector: Arc<Detector>,
}

impl Scan {
    /// Loads the models, once for all ranges.
    ///
    /// # Errors
    /// When they cannot be loaded.
    pub fn new(configuration: &Configuration) -> Result<Self, StageError> {
        let settings = configuration.engine_settings();
        Ok(Self { detector: Arc::new(load_models(&settings)?), settings })
    }
}

impl Job for Scan {
    type Claimed = ClaimedRange;
    type Output = WorkKey;

    async fn claim(catalog: &Catalog, task: &Task, terms: &ClaimTerms) -> Result<Claim<ClaimedRange>, StageError> {
        match *task {
            Task::Scan { scan, generation, range, .. } => {
                Ok(catalog.claim_range(scan, generation, range, terms).await?)
            }
            _ => Err(StageError::Misplaced { task: *task }),
        }
    }

    async fn work(
        &self,
        attempt: &Attempt<'_>,
        claimed: &ClaimedRange,
        scratch: &Scratch,
    ) -> Result<WorkKey, StageError> {
        let input = scratch.file("range.pdf");
        attempt.fetch(&claimed.input_key, &input).await?;
        let (settings, detector) = (self.settings.clone(), Arc::clone(&self.detector));
        let (directory, cancellation) = (scratch.directory("results")?, attempt.cancellation.clone());
        let progress = Arc::clone(&attempt.pages);
        let first = claimed.first_index as usize;
        let pages = first..first + claimed.page_count as usize;
        let first_page = claimed.first_page.and_then(|page| u32::try_from(page).ok());
        let scan = move || {
            let range = RangeToScan { file: &input, pages, first_page };
            engine::stages::scan(&range, &detector, &settings, &directory, progress.as_ref(), &cancellation)
        };
        let results = attempt.engine(scan).await?;
        attempt.context.emit(&[(Metric::Pages, f64::from(claimed.page_count))]);
        let prefix = AttemptPrefix::work(attempt.lease.scan, attempt.lease.token);
        let key = prefix.join(&format!("range-{:04}.zip", claimed.number))?;
        attempt.upload(&results.file, &key).await?;
        Ok(key)
    }

    async fn publish(catalog: &Catalog, lease: &Lease, key: &WorkKey) -> Result<Fenced<Vec<Task>>, CatalogError> {
        catalog.finish_range(lease, key.as_str()).await
    }
}
