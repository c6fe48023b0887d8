//! Messages, batches and events: all the SQS and EventBridge.
//!
//! A message says only which scan may be ready for which stage ([`Task`]); the truth is in the database.
//! [`Queues`] sends messages and puts received ones back, [`process_batch`] runs a function's records one
//! after another and answers for each of them alone, [`uploads`] reads what S3 tells about new objects,
//! [`Bus`] publishes what became of a scan.
//!
//! The HTTP client and the credentials come from outside, in the `SdkConfig`. This crate logs nothing
//! above `tracing`'s debug level: what goes wrong is returned.

mod batch;
mod bus;
mod error;
mod queue;
mod received;
mod repeat;
mod sdk;
mod upload;

pub use batch::{Fault, FaultReason, Processed, Verdict, process_batch};
pub use bus::{Bus, Published};
pub use error::{QueueError, RefusedEntry};
pub use queue::{Queue, QueueUrls, Queues};
pub use received::Received;
pub use upload::{Upload, uploads};
