#![doc = include_str!("../README.md")]

mod error;
mod logs;
mod stack;

pub use error::DeploymentError;
pub use logs::Logs;
pub use stack::outputs;
