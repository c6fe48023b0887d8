//! What each function does with a message.

pub mod compress;
pub mod intake;
pub mod scan;
pub mod split;

use crate::attempt::{self, Attempt, Deadline, Finished};
use crate::configuration::Configuration;
use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};
use crate::{dispatch, hooks};
use catalog::{CatalogError, Claim, ClaimedRange, ClaimedScan, Lease};
use domain::{ScanId, Task, WorkKey};
use engine::installation::Installation;
use engine::settings::Settings;
use queues::{Received, Verdict};
use std::path::Path;
use std::time::Duration;

/// A function that lives on a queue.
pub trait Worker: Sized {
    /// Its name.
    const FUNCTION: Function;

    /// What is loaded once, before the first message.
    ///
    /// # Errors
    /// When it cannot be loaded.
    fn new(configuration: &Configuration) -> Result<Self, StageError>;

    /// Handles one message and says what is to become of it.
    ///
    /// # Errors
    /// What kept it from handling the message at all; the message comes back then.
    fn handle(
        &self,
        context: &Context,
        message: &Received,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Verdict, StageError>>;
}

/// A task on a queue that it does not belong to.
fn misplaced(task: &Task) -> StageError {
    StageError::Misplaced { task: format!("{task:?}") }
}

/// Fetches an intermediate.
async fn fetch(context: &Context, key: &str, to: &Path) -> Result<(), StageError> {
    let work: WorkKey = key.parse()?;
    match context.objects.download(&work, to).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_missing() => Err(StageError::IntermediateMissing { key: key.to_owned() }),
        Err(error) => Err(error.into()),
    }
}

/// What a claim gives, as far as every stage needs it: the lease, and the upload's key.
trait Claimed {
    fn holds(&self) -> (Lease, String);
}

impl Claimed for ClaimedScan {
    fn holds(&self) -> (Lease, String) {
        (self.lease, self.key.clone())
    }
}

impl Claimed for ClaimedRange {
    fn holds(&self) -> (Lease, String) {
        (self.lease, self.key.clone())
    }
}

/// What a function was asked to take up.
struct Offer<'a> {
    context: &'a Context,
    function: Function,
    scan: ScanId,
    deadline: Deadline,
}

/// Claims a row and works on it, if it could be had.
async fn take_up<C, W>(
    offer: Offer<'_>,
    claim: impl Future<Output = Result<Claim<C>, CatalogError>>,
    work: W,
) -> Result<Verdict, StageError>
where
    C: Claimed,
    W: AsyncFnOnce(&Attempt<'_>, &C) -> Result<Finished, StageError>,
{
    let Offer { context, function, scan, deadline } = offer;
    let subject = scan.to_string();
    match write(function, Effect::Claim, &subject, claim).await? {
        Claim::Claimed(claimed) => {
            let holds = claimed.holds();
            tracing::Span::current().record("key", &holds.1);
            let work = async |attempt: &Attempt<'_>| work(attempt, &claimed).await;
            Ok(attempt::run(context, function, holds, deadline, work).await)
        }
        other => unclaimed(context, function, &subject, other).await,
    }
}

/// What a claim leads to when there is nothing to work on.
async fn unclaimed<T>(
    context: &Context,
    function: Function,
    subject: &str,
    claim: Claim<T>,
) -> Result<Verdict, StageError> {
    let (verdict, why) = match claim {
        Claim::Done(ready) => {
            dispatch::send(context, function, subject, &ready).await?;
            (Verdict::Delete, "this stage is over")
        }
        Claim::Interrupted => {
            hooks::publish_or_leave(context, function, subject).await;
            (Verdict::Delete, "too many workers were lost; the scan has failed")
        }
        Claim::JustExhausted => (Verdict::Return { after: Duration::ZERO }, "on its way to the dead-letter queue"),
        Claim::Busy => (Verdict::Delete, "somebody works on it"),
        Claim::NotDue => (Verdict::Delete, "it is not due"),
        Claim::Gone | Claim::Claimed(_) => (Verdict::Delete, "nothing is to be done for it"),
    };
    tracing::info!(why, ?verdict, "not claimed");
    Ok(verdict)
}

/// The engine's settings from the function's. What a function does not set is as `quire process` has it, so that the
/// results are the same.
fn settings(configuration: &Configuration) -> Settings {
    let volumes = &configuration.volumes;
    let installation = Installation::new(&volumes.home);
    Settings { model: volumes.model, ocr: volumes.ocr, ..Settings::new(installation) }
}
