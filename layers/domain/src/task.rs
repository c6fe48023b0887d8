//! The message between two stages.

use crate::{ScanId, Stage};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says that a scan, or one of its page ranges, may be ready for a stage. It is the whole body of a message.
///
/// A task carries no state: PostgreSQL holds the truth, so an old or repeated task does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Task {
    /// A scan waits for `compress`.
    Compress {
        scan: ScanId,
        /// Whether the scan goes to the queue for bulk uploads, which cannot delay single ones. Messages of earlier
        /// releases do not say it.
        #[serde(default)]
        is_bulk: bool,
    },
    /// A page range waits for `scan`.
    Scan {
        scan: ScanId,
        /// The fan-out to which the range belongs. Tasks of an older generation change nothing.
        generation: i32,
        /// The number of the range, from 0.
        range: i32,
        /// Whether the range goes to the queue for large volumes, which cannot delay small ones.
        is_large: bool,
    },
    /// The ranges of a scan are finished, and it waits for `split`.
    Split { scan: ScanId },
}

impl Task {
    pub const fn scan(&self) -> ScanId {
        match self {
            Self::Compress { scan, .. } | Self::Scan { scan, .. } | Self::Split { scan } => *scan,
        }
    }

    pub const fn stage(&self) -> Stage {
        match self {
            Self::Compress { .. } => Stage::Compress,
            Self::Scan { .. } => Stage::Scan,
            Self::Split { .. } => Stage::Split,
        }
    }

    /// Reads the body of a message.
    ///
    /// # Errors
    /// When the body is not a task.
    pub fn parse(body: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(body)
    }

    /// The body of a message.
    ///
    /// # Errors
    /// None: every task has a JSON form.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// As logs and errors name the work: `compress of scan 17`, `range 3 of scan 17`.
impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan { scan, range, .. } => write!(formatter, "range {range} of scan {scan}"),
            Self::Compress { scan, .. } | Self::Split { scan } => write!(formatter, "{} of scan {scan}", self.stage()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_a_small_json_object() {
        let range = Task::Scan { scan: 7, generation: 2, range: 0, is_large: true };
        for (task, body) in [
            (Task::Compress { scan: 7, is_bulk: true }, r#"{"stage":"compress","scan":7,"is_bulk":true}"#),
            (range, r#"{"stage":"scan","scan":7,"generation":2,"range":0,"is_large":true}"#),
            (Task::Split { scan: i64::MAX }, r#"{"stage":"split","scan":9223372036854775807}"#),
        ] {
            assert_eq!(task.body().unwrap(), body);
            assert_eq!(Task::parse(body).unwrap(), task);
            assert!(body.contains(task.stage().as_str()));
        }
    }

    #[test]
    fn a_message_of_an_earlier_release_belongs_to_no_bulk_upload() {
        let task = Task::parse(r#"{"stage":"compress","scan":7}"#).unwrap();
        assert_eq!(task, Task::Compress { scan: 7, is_bulk: false });
    }

    #[test]
    fn other_bodies_are_not_tasks() {
        for body in ["", "{}", r#"{"stage":"scan","scan":7}"#, r#"{"stage":"sleep","scan":7}"#, r#"{"Records":[]}"#] {
            assert!(Task::parse(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_task_is_named_by_what_it_works_on() {
        let range = Task::Scan { scan: 17, generation: 2, range: 3, is_large: true };
        assert_eq!(range.to_string(), "range 3 of scan 17");
        assert_eq!(Task::Compress { scan: 17, is_bulk: true }.to_string(), "compress of scan 17");
        assert_eq!(Task::Split { scan: 17 }.to_string(), "split of scan 17");
    }
}
