//! The message between two stages.

use serde::{Deserialize, Serialize};

use crate::{Queue, QueueError};

/// What may be ready: a message's whole body. It carries no state, so that an old or doubled one harms nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Task {
    /// A new scan.
    Compress {
        /// The scan's id.
        scan: i64,
    },
    /// A page range of a compressed scan.
    Scan {
        /// The scan's id.
        scan: i64,
        /// The fan-out that the range belongs to.
        generation: i32,
        /// The range's number, from 0.
        range: i32,
        /// Whether it goes the way of the large volumes, so that these do not starve the small ones.
        is_large: bool,
    },
    /// A scan whose ranges are all finished.
    Split {
        /// The scan's id.
        scan: i64,
    },
}

impl Task {
    /// Reads the body of a message.
    ///
    /// # Errors
    /// [`QueueError::Malformed`] when it is no task.
    pub fn parse(body: &str) -> Result<Self, QueueError> {
        serde_json::from_str(body)
            .map_err(|error| QueueError::Malformed { what: "a task's message", reason: error.to_string() })
    }

    /// The scan that it is about.
    #[must_use]
    pub const fn scan(&self) -> i64 {
        match self {
            Self::Compress { scan } | Self::Scan { scan, .. } | Self::Split { scan } => *scan,
        }
    }

    /// The queue that it belongs on.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        match self {
            Self::Compress { .. } => Queue::Compress,
            Self::Scan { is_large: false, .. } => Queue::Scan,
            Self::Scan { is_large: true, .. } => Queue::ScanLarge,
            Self::Split { .. } => Queue::Split,
        }
    }

    pub(crate) fn body(&self) -> Result<String, QueueError> {
        serde_json::to_string(self).map_err(|error| QueueError::Malformed { what: "a task", reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_a_small_json_object() {
        let range = Task::Scan { scan: 7, generation: 2, range: 0, is_large: true };
        for (task, body, queue) in [
            (Task::Compress { scan: 7 }, r#"{"stage":"compress","scan":7}"#, Queue::Compress),
            (range, r#"{"stage":"scan","scan":7,"generation":2,"range":0,"is_large":true}"#, Queue::ScanLarge),
            (Task::Split { scan: i64::MAX }, r#"{"stage":"split","scan":9223372036854775807}"#, Queue::Split),
        ] {
            assert_eq!(task.body().unwrap(), body);
            assert_eq!(Task::parse(body).unwrap(), task);
            assert_eq!(task.queue(), queue);
        }
    }

    #[test]
    fn other_bodies_are_no_tasks() {
        for body in ["", "{}", r#"{"stage":"scan","scan":7}"#, r#"{"stage":"sleep","scan":7}"#, r#"{"Records":[]}"#] {
            assert_eq!(Task::parse(body).unwrap_err().code(), "queues.malformed", "{body}");
        }
    }
}
