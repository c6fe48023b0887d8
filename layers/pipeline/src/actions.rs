//! The actions of operators that send messages: retry, skip, defer, describe and confirm.
//!
//! Each is one commit, followed by its messages. If a message is lost, `reconcile` sends it again.

use crate::error::StageError;
use catalog::{Catalog, Restart};
use domain::{ScanId, Task, VolumeName};
use queues::Queues;
use time::OffsetDateTime;

#[derive(Debug, Clone, Copy)]
pub struct Operator<'a> {
    pub catalog: &'a Catalog,
    pub queues: &'a Queues,
}

impl Operator<'_> {
    /// Returns a failed or cancelled scan to the stage in which it ended, and returns the tasks that were sent. Finished
    /// ranges are kept.
    ///
    /// # Errors
    /// When there is no such scan, its status does not allow the action, or the database or a queue does not answer.
    pub async fn retry(&self, scan: ScanId) -> Result<Vec<Task>, StageError> {
        let ready = self.catalog.retry(scan).await?;
        self.send(&ready).await?;
        Ok(ready)
    }

    /// Skips pages of a failed or cancelled scan, given by their places from 1, and starts it again with compress. Each
    /// becomes a blank page with a finding. Finished ranges without such a page are kept.
    ///
    /// # Errors
    /// As [`Operator::retry`], and when the scan has no such pages or nothing changes.
    pub async fn skip(&self, scan: ScanId, pages: &[i32]) -> Result<Restart, StageError> {
        let restart = self.catalog.skip_pages(scan, pages).await?;
        self.send(&restart.ready).await?;
        Ok(restart)
    }

    /// As [`Operator::skip`], for pages that shall not be skipped any more.
    ///
    /// # Errors
    /// As [`Operator::skip`].
    pub async fn unskip(&self, scan: ScanId, pages: &[i32]) -> Result<Restart, StageError> {
        let restart = self.catalog.unskip_pages(scan, pages).await?;
        self.send(&restart.ready).await?;
        Ok(restart)
    }

    /// Defers a waiting scan. `reconcile` sends its message when it is due.
    ///
    /// # Errors
    /// As [`Operator::retry`].
    pub async fn defer(&self, scan: ScanId, until: OffsetDateTime) -> Result<(), StageError> {
        self.send(&self.catalog.defer(scan, until).await?).await
    }

    /// Names the volume of a scan whose key did not. A scan that waited only for its name continues.
    ///
    /// # Errors
    /// As [`Operator::retry`], and when the name has no first page.
    pub async fn describe(&self, scan: ScanId, name: &VolumeName) -> Result<(), StageError> {
        self.send(&self.catalog.describe(scan, name).await?).await
    }

    /// Lets a scan supersede the approved scan of the same key.
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
