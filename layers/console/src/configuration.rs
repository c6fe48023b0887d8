//! The settings of the console, read once from the environment at the start.

use crate::openid::OpenIdSettings;
use clap::{ArgAction, Args, Parser};
use deployment::{FUNCTION_LOGS, Logs, ScanLog};
use pipeline::configuration::{Buckets, DatabaseAddress, Recovery};
use queues::QueueUrls;
use std::net::SocketAddr;
use std::path::PathBuf;
use time::OffsetDateTime;

#[derive(Debug, Clone, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub struct Configuration {
    #[command(flatten)]
    pub database: DatabaseAddress,
    #[command(flatten)]
    pub buckets: Buckets,
    #[command(flatten)]
    pub queues: QueueUrls,
    #[command(flatten)]
    pub dead_letters: DeadLetterUrls,
    #[command(flatten)]
    pub logs: FunctionLogs,
    /// The rules of the functions, on which the forecasts depend.
    #[command(flatten)]
    pub recovery: Recovery,
    #[command(flatten)]
    pub openid: OpenIdSettings,
    /// Whether people may sign in with a password that they chose.
    #[arg(long, env = "QUIRE_LOCAL_ACCOUNTS", action = ArgAction::Set, default_value_t = true)]
    pub local_accounts: bool,
    /// Where the console listens when it does not run on Lambda.
    #[arg(long, env = "QUIRE_CONSOLE_ADDRESS", default_value = "127.0.0.1:8470")]
    pub address: SocketAddr,
}

/// Where the functions log: in files of the local stack, or in CloudWatch Logs.
#[derive(Debug, Clone, Args)]
pub struct FunctionLogs {
    /// The directory of the log files of the local stack.
    #[arg(long, env = "QUIRE_STACK_LOGS")]
    pub log_directory: Option<PathBuf>,
    /// What the names of the functions' logs in CloudWatch Logs begin with; the name of the function follows.
    #[arg(long, env = "QUIRE_LOG_PREFIX")]
    pub log_prefix: Option<String>,
}

impl FunctionLogs {
    /// The lines that were written since then.
    #[must_use]
    pub fn since(&self, since: OffsetDateTime, client: &Logs) -> ScanLog {
        if let Some(directory) = &self.log_directory {
            return ScanLog::in_directory(directory.clone(), since);
        }
        let named = self
            .log_prefix
            .iter()
            .flat_map(|prefix| FUNCTION_LOGS.map(|(function, _)| (function, format!("{prefix}{function}"))));
        ScanLog::in_cloudwatch(client.clone(), named.collect(), since)
    }
}

/// Where the dead-letter queues are.
#[derive(Debug, Clone, Args)]
pub struct DeadLetterUrls {
    /// The dead-letter queue of S3's events about uploads.
    #[arg(long, env = "QUIRE_UPLOADS_DEAD_LETTERS_URL")]
    pub uploads_dead_letters_url: String,
    /// The dead-letter queue of volumes to compress.
    #[arg(long, env = "QUIRE_COMPRESS_DEAD_LETTERS_URL")]
    pub compress_dead_letters_url: String,
    /// The dead-letter queue of volumes of bulk uploads to compress.
    #[arg(long, env = "QUIRE_COMPRESS_BULK_DEAD_LETTERS_URL")]
    pub compress_bulk_dead_letters_url: String,
    /// The dead-letter queue of page ranges.
    #[arg(long, env = "QUIRE_SCAN_DEAD_LETTERS_URL")]
    pub scan_dead_letters_url: String,
    /// The dead-letter queue of page ranges of large volumes.
    #[arg(long, env = "QUIRE_SCAN_LARGE_DEAD_LETTERS_URL")]
    pub scan_large_dead_letters_url: String,
    /// The dead-letter queue of volumes to split.
    #[arg(long, env = "QUIRE_SPLIT_DEAD_LETTERS_URL")]
    pub split_dead_letters_url: String,
}

impl DeadLetterUrls {
    #[must_use]
    pub fn urls(&self) -> QueueUrls {
        QueueUrls {
            uploads: self.uploads_dead_letters_url.clone(),
            compress: self.compress_dead_letters_url.clone(),
            compress_bulk: self.compress_bulk_dead_letters_url.clone(),
            scan: self.scan_dead_letters_url.clone(),
            scan_large: self.scan_large_dead_letters_url.clone(),
            split: self.split_dead_letters_url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::collections::HashSet;

    /// clap takes two arguments of one name for one argument, and a release build does not say so.
    #[test]
    fn every_setting_has_a_name_of_its_own() {
        for command in [Configuration::command(), pipeline::configuration::Configuration::command()] {
            let mut names = HashSet::new();
            for argument in command.get_arguments() {
                assert!(names.insert(argument.get_id().as_str()), "{} is there twice", argument.get_id());
            }
        }
    }
}
