#![doc = include_str!("../README.md")]

mod batch;
mod bus;
mod dead_letters;
mod entries;
mod error;
mod queue;
mod queues;
mod received;
mod trace;
mod upload_event;

pub use batch::{Fault, FaultReason, Processed, SqsBatchResponse, Verdict, process_batch};
pub use bus::{Bus, Published};
pub use dead_letters::{DeadLetters, Move, QueueState};
pub use error::{QueueError, RefusedEntry};
pub use queue::{Queue, QueueUrls};
pub use queues::Queues;
pub use received::{Received, SqsEvent, SqsRecord};
pub use upload_event::{UploadEvent, upload_events};
