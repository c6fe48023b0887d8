//! The actions of operators that send messages: retry, defer, describe and confirm.
//!
//! Each is one commit, followed by its messages. If a message is lost, `reconcile` sends it again.

use crate::error::StageError;
use catalog::Catalog;
use domain::{ScanId, Task, VolumeName};
use queues::Queues;
use time::OffsetDateTime;

/// An operator's ways to rows and messages.
#[derive(Debug, Clone, Copy)]
pub struct Operator<'a> {
    /// The rows.
    pub catalog: &'a Catalog,
    /// The messages.
    pub queues: &'a Queues,
}

impl Operator<'_> {
    /// Sends a failed or cancelled scan on its way again, from the stage that it ended in; finished ranges are kept.
    ///
    /// # Errors
    /// When the scan is in no such status, or the database or a queue does not answer.
    pub async fn retry(&self, scan: ScanId) -> Result<(), StageError> {
        self.send(&self.catalog.retry(scan).await?).await
    }

    /// Puts a waiting scan off; `reconcile` takes it up again.
    ///
    /// # Errors
    /// As [`Operator::retry`].
    pub async fn defer(&self, scan: ScanId, until: OffsetDateTime) -> Result<(), StageError> {
        self.send(&self.catalog.defer(scan, until).await?).await
    }

    /// Names a volume whose key did not; if it was only waiting for that, it goes on.
    ///
    /// # Errors
    /// As [`Operator::retry`], and when the name has no first page.
    pub async fn describe(&self, scan: ScanId, name: &VolumeName) -> Result<(), StageError> {
        self.send(&self.catalog.describe(scan, name).await?).await
    }

    /// Lets a scan supersede the approved one of its key.
    ///
    /// # Errors
    /// As [`Operator::retry`].
    pub async fn confirm(&self, scan: ScanId) -> Result<(), StageError> {
        self.send(&self.catalog.confirm(scan).await?).await
    }

    async fn send(&self, ready: &[Task]) -> Result<(), StageError> {
        Ok(self.queues.send(ready).await?)
    }
}
