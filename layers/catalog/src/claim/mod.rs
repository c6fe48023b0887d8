//! Taking a row for one attempt.

mod claim_range;
mod claim_scan;
mod revive;

use crate::Lease;
use domain::Task;

/// The answer to a claim.
#[derive(Clone, PartialEq, Debug)]
#[must_use]
pub enum Claim<T> {
    /// Ours: work, and carry the lease.
    Claimed(T),
    /// Somebody works on it: delete the message, the lease and reconcile answer for the row.
    Busy,
    /// This stage is over. What may be next and still waits: send it (the sender may have died after its commit),
    /// then delete the message.
    Done(Vec<Task>),
    /// Deferred, or waits for a person: delete the message, another one comes when it is due.
    NotDue,
    /// The row became FAILED(retries_exhausted) moments ago, and this message is the one that is being retried: return
    /// it, so that SQS moves it to the dead-letter queue.
    JustExhausted,
    /// The row was stale and past the ceiling: FAILED(interrupted) was just written. Delete the message.
    Interrupted,
    /// Nothing to do for this message and never will be: another failure, cancelled, superseded, of another
    /// generation, not yet at this stage, unknown. Delete it.
    Gone,
}

/// A scan claimed for compress or split.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedScan {
    pub lease: Lease,
    /// The key of the upload.
    pub key: String,
    /// The version of the upload that this scan is.
    pub version_id: String,
    /// From the key or from a person.
    pub reporter: Option<String>,
    pub volume: Option<String>,
    /// Printed number of the first page.
    pub first_page: Option<i32>,
    /// The S3 prefix that compress published.
    pub work_prefix: Option<String>,
    /// The ranges of the current generation, in order.
    pub ranges: Vec<RangeResult>,
}

/// Where the results of a page range are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeResult {
    /// Number of the range, from 0.
    pub number: i32,
    /// None before the range finished.
    pub result_key: Option<String>,
}

/// A page range claimed for scan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedRange {
    pub lease: Lease,
    /// The key of the upload, for logs.
    pub key: String,
    /// Number of the range, from 0.
    pub number: i32,
    /// Index of its first page in the volume, from 0.
    pub first_index: i32,
    pub page_count: i32,
    /// The S3 key of its pages.
    pub input_key: String,
    /// Printed number of the volume's first page, if known.
    pub first_page: Option<i32>,
}
