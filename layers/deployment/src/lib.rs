#![doc = include_str!("../README.md")]

mod error;
mod logs;
mod scan_log;
mod stack;

pub use error::DeploymentError;
pub use logs::Logs;
pub use scan_log::{FUNCTION_LOGS, LogLine, ScanLog};
pub use stack::outputs;
