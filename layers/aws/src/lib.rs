#![doc = include_str!("../README.md")]

mod database_token;
mod error;
mod secrets;
mod settings;

pub use aws_config::SdkConfig;
pub use database_token::{DatabaseToken, TokenError};
pub use error::{CallError, Refusal, Unreachable};
pub use secrets::Secrets;
pub use settings::{config_loader, sdk_config, timeouts};
