#![doc = include_str!("../README.md")]

mod error;
mod stack;

pub use error::DeploymentError;
pub use stack::outputs;
