#![doc = include_str!("../README.md")]

mod error;
mod settings;

pub use aws_config::SdkConfig;
pub use error::{CallError, Refusal, Unreachable};
pub use settings::{config_loader, sdk_config, timeouts};
