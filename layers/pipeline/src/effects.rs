//! Everything that a function changes outside its process: rows, messages, events and objects. Each effect is one method
//! here, with a failpoint before and after it, so the rest of the crate reads as if there were no failpoints.

use crate::attempt::{Attempt, Claimed};
use crate::context::Context;
use crate::delete::delete_files;
use crate::error::StageError;
use crate::failpoints;
use crate::function::Function;
use crate::retry::persist;
use catalog::{
    AbandonedAttempt, CatalogError, Claim, Failure, Fenced, GivenBack, LeaseRules, Recorded, Rescued, Sample, Usage,
};
use domain::{AttemptKey, AttemptKind, ScanEnded, Task, UploadKey};
use objects::ObjectError;
use queues::{Published, QueueError, Received};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(const_into_str, serialize_all = "kebab-case")]
pub enum Effect {
    /// PostgreSQL: a new scan, and the supersession of the earlier one.
    Record,
    /// PostgreSQL: the lease.
    Claim,
    /// S3: one object of the attempt.
    Upload,
    /// PostgreSQL: the commit that makes the attempt's results real.
    Finish,
    /// SQS: the messages of tasks that are ready.
    Send,
    /// PostgreSQL: the claim goes back after a failure.
    GiveBack,
    /// PostgreSQL: FAILED, because the input is at fault.
    Fail,
    /// PostgreSQL: back to compress, because intermediates are missing.
    ReturnToCompress,
    /// PostgreSQL: what the attempt used.
    RecordUsage,
    /// SQS: the visibility of a message.
    BackOff,
    /// EventBridge: the ends of scans.
    Publish,
    /// PostgreSQL: that these ends were published.
    MarkSent,
    /// PostgreSQL: rows with a stale lease wait again.
    Rescue,
    /// PostgreSQL: that the messages of waiting rows are sent again.
    Resend,
    /// PostgreSQL: the counts for the console.
    Sample,
    /// SQS: an upload whose event was lost.
    Announce,
    /// PostgreSQL: where the sweep of the uploads continues.
    SaveCursor,
    /// S3: the objects of an abandoned attempt.
    Delete,
    /// PostgreSQL: that these objects are gone.
    MarkRemoved,
    /// PostgreSQL: rows that nobody looks at any more.
    Prune,
}

/// Every function's effects. The tests kill each function before and after each of these.
pub const EFFECTS: &[(Function, &[Effect])] = &[
    (Function::Intake, &[Effect::Record, Effect::Send, Effect::Publish, Effect::MarkSent]),
    (
        Function::Compress,
        &[
            Effect::Claim,
            Effect::Upload,
            Effect::Finish,
            Effect::Send,
            Effect::GiveBack,
            Effect::Fail,
            Effect::BackOff,
            Effect::Publish,
            Effect::MarkSent,
            Effect::RecordUsage,
        ],
    ),
    (Function::Scan, READERS_OF_INTERMEDIATES),
    (Function::Split, READERS_OF_INTERMEDIATES),
    (
        Function::Reconcile,
        &[
            Effect::Rescue,
            Effect::Resend,
            Effect::Send,
            Effect::Publish,
            Effect::MarkSent,
            Effect::Sample,
            Effect::Announce,
            Effect::SaveCursor,
            Effect::Delete,
            Effect::MarkRemoved,
            Effect::Prune,
        ],
    ),
];

const READERS_OF_INTERMEDIATES: &[Effect] = &[
    Effect::Claim,
    Effect::Upload,
    Effect::Finish,
    Effect::Send,
    Effect::GiveBack,
    Effect::Fail,
    Effect::ReturnToCompress,
    Effect::BackOff,
    Effect::Publish,
    Effect::MarkSent,
    Effect::RecordUsage,
];

/// The name of a failpoint, such as `scan.finish.before`.
#[must_use]
pub fn failpoint(function: Function, effect: Effect, moment: &str) -> String {
    format!("{}.{}.{moment}", function.name(), effect.into_str())
}

impl Context {
    async fn effect<T>(&self, effect: Effect, operation: impl Future<Output = T>) -> T {
        failpoints::reach(|| failpoint(self.function, effect, "before")).await;
        let result = operation.await;
        failpoints::reach(|| failpoint(self.function, effect, "after")).await;
        result
    }

    pub async fn record(
        &self,
        key: &UploadKey,
        record: impl Future<Output = Result<Option<Recorded>, StageError>>,
    ) -> Result<Option<Recorded>, StageError> {
        failpoints::subject_is(key);
        self.effect(Effect::Record, record).await
    }

    pub async fn claim<C: Claimed>(
        &self,
        task: &Task,
        claim: impl Future<Output = Result<Claim<C>, StageError>>,
    ) -> Result<Claim<C>, StageError> {
        failpoints::subject_is(task.scan());
        let claim = self.effect(Effect::Claim, claim).await?;
        if let Claim::Claimed(claimed) = &claim {
            failpoints::subject_is_also(claimed.key());
        }
        Ok(claim)
    }

    /// Sends a message for each task. Their rows are committed, so `reconcile` sends again what is lost here.
    pub async fn send(&self, tasks: &[Task]) -> Result<(), QueueError> {
        let Some(first) = tasks.first() else { return Ok(()) };
        self.effect(Effect::Send, self.queues.send(tasks)).await?;
        match tasks.len() {
            1 => tracing::info!("sent the message for {first}"),
            messages => tracing::info!(messages, "sent {messages} messages, the first for {first}"),
        }
        Ok(())
    }

    pub async fn back_off(&self, received: &Received, after: Duration) -> Result<(), QueueError> {
        self.effect(Effect::BackOff, self.queues.back_off(received, after)).await
    }

    pub async fn publish_events(&self, events: &[ScanEnded]) -> Published {
        self.effect(Effect::Publish, self.bus.publish(events)).await
    }

    pub async fn mark_sent(&self, events: &[Uuid]) -> Result<(), CatalogError> {
        self.effect(Effect::MarkSent, self.catalog.mark_sent(events)).await
    }

    pub async fn rescue(&self, rules: &LeaseRules, limit: i64) -> Result<Vec<Rescued>, CatalogError> {
        self.effect(Effect::Rescue, self.catalog.rescue(rules, limit)).await
    }

    pub async fn resend(&self, after: Duration, limit: i64) -> Result<Vec<Task>, CatalogError> {
        self.effect(Effect::Resend, self.catalog.resend(after, limit)).await
    }

    pub async fn record_sample(&self, rescued: i32, resent: i32) -> Result<Sample, CatalogError> {
        self.effect(Effect::Sample, self.catalog.record_sample(rescued, resent)).await
    }

    pub async fn announce_upload(&self, key: &UploadKey) -> Result<(), QueueError> {
        let bucket = &self.configuration.addresses.buckets.uploads;
        self.effect(Effect::Announce, self.queues.announce_upload(bucket, key.as_str())).await
    }

    pub async fn save_cursor(&self, name: &str, position: Option<&str>) -> Result<(), CatalogError> {
        self.effect(Effect::SaveCursor, self.catalog.set_cursor(name, position)).await
    }

    pub async fn delete_files(&self, attempt: &AbandonedAttempt) -> Result<u64, ObjectError> {
        self.effect(Effect::Delete, delete_files(&self.objects, attempt)).await
    }

    pub async fn mark_removed(&self, token: Uuid) -> Result<(), CatalogError> {
        self.effect(Effect::MarkRemoved, self.catalog.mark_removed(token)).await
    }

    pub async fn prune(&self) -> Result<i64, CatalogError> {
        self.effect(Effect::Prune, self.catalog.prune()).await
    }
}

impl Attempt<'_> {
    /// Runs the work of an attempt. Tests hold it or let it fail at the failpoint `{function}.work`.
    pub async fn work<T>(&self, work: impl Future<Output = Result<T, StageError>>) -> Result<T, StageError> {
        failpoints::reach(|| format!("{}.work", self.context.function.name())).await.into_result()?;
        work.await
    }

    pub async fn upload<K: AttemptKind>(&self, file: &Path, key: &AttemptKey<K>) -> Result<(), StageError> {
        let upload = self.context.effect(Effect::Upload, self.context.objects.upload(file, key));
        self.unless_stopped(async { Ok(upload.await?) }).await
    }

    pub async fn publish<T, F>(&self, publish: impl FnMut() -> F) -> Result<T, CatalogError>
    where
        F: Future<Output = Result<T, CatalogError>>,
    {
        self.context.effect(Effect::Finish, persist(self.deadline, publish)).await
    }

    pub async fn record_usage(&self, usage: &Usage) -> Result<(), CatalogError> {
        self.context.effect(Effect::RecordUsage, self.context.catalog.record_usage(self.lease.token, usage)).await
    }

    pub async fn fail(&self, failure: &Failure) -> Result<Fenced<()>, CatalogError> {
        let fail = || self.context.catalog.fail(&self.lease, failure);
        self.context.effect(Effect::Fail, persist(self.deadline, fail)).await
    }

    pub async fn return_to_compress(&self, reason: &str) -> Result<Fenced<Vec<Task>>, CatalogError> {
        let return_it = || self.context.catalog.return_to_compress(&self.lease, reason);
        self.context.effect(Effect::ReturnToCompress, persist(self.deadline, return_it)).await
    }

    pub async fn give_back(&self, failure: &Failure, maximum_attempts: i32) -> Result<Fenced<GivenBack>, CatalogError> {
        let give_back = || self.context.catalog.give_back(&self.lease, failure, maximum_attempts);
        self.context.effect(Effect::GiveBack, persist(self.deadline, give_back)).await
    }
}
