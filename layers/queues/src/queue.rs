use domain::Task;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// S3's notifications, read by `intake`.
    Uploads,
    /// New scans, read by `compress`.
    Compress,
    /// New scans of people who uploaded many volumes at once, also read by `compress`.
    CompressBulk,
    /// Page ranges of small volumes, read by `scan`.
    Scan,
    /// Page ranges of large volumes, also read by `scan`.
    ScanLarge,
    /// Scans whose ranges are finished, read by `split`.
    Split,
}

/// Where the queues are. With the feature `clap`, these are settings of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct QueueUrls {
    /// The queue of S3's events about uploads.
    #[cfg_attr(feature = "clap", arg(long = "uploads-queue-url", env = "QUIRE_UPLOADS_QUEUE_URL"))]
    pub uploads: String,
    /// The queue of volumes to compress.
    #[cfg_attr(feature = "clap", arg(long = "compress-queue-url", env = "QUIRE_COMPRESS_QUEUE_URL"))]
    pub compress: String,
    /// The queue of volumes of bulk uploads to compress.
    #[cfg_attr(feature = "clap", arg(long = "compress-bulk-queue-url", env = "QUIRE_COMPRESS_BULK_QUEUE_URL"))]
    pub compress_bulk: String,
    /// The queue of page ranges.
    #[cfg_attr(feature = "clap", arg(long = "scan-queue-url", env = "QUIRE_SCAN_QUEUE_URL"))]
    pub scan: String,
    /// The queue of page ranges of large volumes.
    #[cfg_attr(feature = "clap", arg(long = "scan-large-queue-url", env = "QUIRE_SCAN_LARGE_QUEUE_URL"))]
    pub scan_large: String,
    /// The queue of volumes to split.
    #[cfg_attr(feature = "clap", arg(long = "split-queue-url", env = "QUIRE_SPLIT_QUEUE_URL"))]
    pub split: String,
}

impl Queue {
    /// Its name in commands and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploads => "uploads",
            Self::Compress => "compress",
            Self::CompressBulk => "compress-bulk",
            Self::Scan => "scan",
            Self::ScanLarge => "scan-large",
            Self::Split => "split",
        }
    }

    pub const ALL: [Self; 6] =
        [Self::Uploads, Self::Compress, Self::CompressBulk, Self::Scan, Self::ScanLarge, Self::Split];

    /// The function that reads it.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Uploads => "intake",
            Self::Compress | Self::CompressBulk => "compress",
            Self::Scan | Self::ScanLarge => "scan",
            Self::Split => "split",
        }
    }

    #[must_use]
    pub const fn of(task: &Task) -> Self {
        match task {
            Task::Compress { is_bulk: false, .. } => Self::Compress,
            Task::Compress { is_bulk: true, .. } => Self::CompressBulk,
            Task::Scan { is_large: false, .. } => Self::Scan,
            Task::Scan { is_large: true, .. } => Self::ScanLarge,
            Task::Split { .. } => Self::Split,
        }
    }
}

impl QueueUrls {
    #[must_use]
    pub fn url(&self, queue: Queue) -> &str {
        match queue {
            Queue::Uploads => &self.uploads,
            Queue::Compress => &self.compress,
            Queue::CompressBulk => &self.compress_bulk,
            Queue::Scan => &self.scan,
            Queue::ScanLarge => &self.scan_large,
            Queue::Split => &self.split,
        }
    }

    /// The queue of an event source ARN (`arn:aws:sqs:region:account:name`). A queue's URL ends in its name, both on
    /// AWS and on LocalStack.
    pub(crate) fn by_arn(&self, arn: &str) -> Option<Queue> {
        let name = arn.rsplit_once(':')?.1;
        let is_named = |queue: &Queue| !name.is_empty() && self.url(*queue).rsplit('/').next() == Some(name);
        Queue::ALL.into_iter().find(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls() -> QueueUrls {
        let url = |name: &str| format!("http://127.0.0.1:4566/queue/us-east-1/000000000000/{name}");
        QueueUrls {
            uploads: url("uploads"),
            compress: url("compress"),
            compress_bulk: url("compress-bulk"),
            scan: url("scan"),
            scan_large: url("scan-large"),
            split: "https://sqs.eu-central-1.amazonaws.com/123456789012/split".to_owned(),
        }
    }

    #[test]
    fn a_queue_is_found_by_the_name_in_its_arn() {
        let by_arn = |name: &str| urls().by_arn(&format!("arn:aws:sqs:us-east-1:000000000000:{name}"));
        assert_eq!(by_arn("compress"), Some(Queue::Compress));
        assert_eq!(by_arn("compress-bulk"), Some(Queue::CompressBulk));
        assert_eq!(by_arn("scan"), Some(Queue::Scan));
        assert_eq!(by_arn("scan-large"), Some(Queue::ScanLarge));
        assert_eq!(by_arn("split"), Some(Queue::Split));
        assert_eq!(by_arn("large"), None);
        assert_eq!(by_arn(""), None);
        assert_eq!(urls().by_arn("split"), None);
    }

    #[test]
    fn the_ranges_of_large_volumes_have_a_queue_of_their_own() {
        let range = |is_large| Task::Scan { scan: 7, generation: 2, range: 0, is_large };
        assert_eq!((Queue::of(&range(false)), Queue::of(&range(true))), (Queue::Scan, Queue::ScanLarge));
        assert_eq!(Queue::of(&Task::Split { scan: 7 }), Queue::Split);
    }

    #[test]
    fn the_volumes_of_bulk_uploads_have_a_queue_of_their_own() {
        let volume = |is_bulk| Task::Compress { scan: 7, is_bulk };
        assert_eq!((Queue::of(&volume(false)), Queue::of(&volume(true))), (Queue::Compress, Queue::CompressBulk));
    }

    #[test]
    fn the_function_of_a_stage_reads_every_queue_of_its_tasks() {
        let tasks = [
            Task::Compress { scan: 7, is_bulk: false },
            Task::Compress { scan: 7, is_bulk: true },
            Task::Scan { scan: 7, generation: 1, range: 0, is_large: false },
            Task::Scan { scan: 7, generation: 1, range: 0, is_large: true },
            Task::Split { scan: 7 },
        ];
        for task in tasks {
            assert_eq!(Queue::of(&task).function(), task.stage().as_str());
        }
    }
}
