//! Messages, batches and events: all the SQS and EventBridge.
//!
//! A message says only which scan may be ready for which stage ([`domain::Task`]); the database holds the truth.
//! [`Queues`] sends messages and puts received ones back, [`process_batch`] runs a handler on each record that a
//! function receives, [`upload_events`] reads S3's notifications, and [`Bus`] publishes the end of a scan.
//!
//! Errors are returned. This crate logs only at the level `debug`.

mod batch;
mod bus;
mod entries;
mod error;
mod queue;
mod queues;
mod received;
mod upload_event;

pub use batch::{Fault, FaultReason, Processed, SqsBatchResponse, Verdict, process_batch};
pub use bus::{Bus, Published};
pub use error::{QueueError, RefusedEntry};
pub use queue::{Queue, QueueUrls};
pub use queues::Queues;
pub use received::{Received, SqsEvent, SqsRecord};
pub use upload_event::{UploadEvent, upload_events};
