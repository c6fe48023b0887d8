//! What the clients of all AWS services share: settings, time-outs, retries and the meaning of their errors.
//!
//! This crate names no service: the client of S3 is in `objects`, those of SQS and EventBridge are in `queues`.

mod error;
mod settings;

pub use aws_config::SdkConfig;
pub use error::{CallError, Refusal, Unreachable};
pub use settings::{sdk_config, timeouts};
