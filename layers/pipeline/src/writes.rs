//! Every write of every function, by name.
//!
//! The list is what the tests iterate over: a write that is not in it cannot be made, because [`write`] asks for one.

use crate::failpoints;

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Takes uploads in.
    Intake,
    /// Checks, cuts and compresses.
    Compress,
    /// Looks at a range of pages.
    Scan,
    /// Puts volume and opinions together.
    Split,
    /// Puts right what nobody works on.
    Reconcile,
}

impl Function {
    /// The name in logs, metrics and failpoints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Compress => "compress",
            Self::Scan => "scan",
            Self::Split => "split",
            Self::Reconcile => "reconcile",
        }
    }
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// PostgreSQL: a new scan, and the supersession of the earlier one.
    Record,
    /// PostgreSQL: the lease.
    Claim,
    /// S3: one object of the attempt.
    Upload,
    /// PostgreSQL: the attempt's results become real.
    Finish,
    /// SQS: the next stage's messages.
    Send,
    /// PostgreSQL: the claim goes back after a failure.
    GiveBack,
    /// PostgreSQL: FAILED, because the input is at fault.
    Fail,
    /// PostgreSQL: back to compress, because intermediates are gone.
    ReturnToCompress,
    /// SQS: the message's visibility.
    BackOff,
    /// EventBridge: the end of a scan.
    Publish,
    /// PostgreSQL: that the end was published.
    MarkSent,
    /// PostgreSQL: stale leases taken back.
    Rescue,
    /// PostgreSQL: that messages of waiting rows are sent again.
    Resend,
    /// PostgreSQL: the counts for the console.
    Sample,
    /// SQS: an upload whose event was lost.
    Announce,
    /// PostgreSQL: where the sweep goes on.
    SaveCursor,
    /// S3: an attempt that no row names.
    Delete,
}

impl Effect {
    /// The name in failpoints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Claim => "claim",
            Self::Upload => "upload",
            Self::Finish => "finish",
            Self::Send => "send",
            Self::GiveBack => "give-back",
            Self::Fail => "fail",
            Self::ReturnToCompress => "return-to-compress",
            Self::BackOff => "back-off",
            Self::Publish => "publish",
            Self::MarkSent => "mark-sent",
            Self::Rescue => "rescue",
            Self::Resend => "resend",
            Self::Sample => "sample",
            Self::Announce => "announce",
            Self::SaveCursor => "save-cursor",
            Self::Delete => "delete",
        }
    }
}

/// All writes.
pub const WRITES: &[(Function, &[Effect])] = &[
    (Function::Intake, &[Effect::Record, Effect::Send, Effect::Publish, Effect::MarkSent]),
    (Function::Compress, &WORKER_WITHOUT_RETURN),
    (Function::Scan, &WORKER),
    (Function::Split, &WORKER),
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
        ],
    ),
];

const WORKER_WITHOUT_RETURN: [Effect; 9] = [
    Effect::Claim,
    Effect::Upload,
    Effect::Finish,
    Effect::Send,
    Effect::GiveBack,
    Effect::Fail,
    Effect::BackOff,
    Effect::Publish,
    Effect::MarkSent,
];

const WORKER: [Effect; 10] = [
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
];

/// Makes one write. In test builds a failpoint stands before and after it; `subject` is the upload's key, so that a
/// test harms its own scan alone.
pub async fn write<T>(function: Function, effect: Effect, subject: &str, operation: impl Future<Output = T>) -> T {
    failpoints::reach(&point(function, effect, "before"), subject).await;
    let result = operation.await;
    failpoints::reach(&point(function, effect, "after"), subject).await;
    result
}

/// The name of a failpoint: `scan.finish.before`.
#[must_use]
pub fn point(function: Function, effect: Effect, moment: &str) -> String {
    format!("{}.{}.{moment}", function.name(), effect.name())
}
