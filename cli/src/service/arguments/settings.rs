//! The settings of the service commands as options and variables.

use crate::service::values::Secret;
use clap::Args;
use std::path::PathBuf;

// Each setting has one variable, which is also its name in the environment file. Its option has the same name without
// `QUIRE_`.
pub const DATABASE_URL: &str = "DATABASE_URL";
pub const DATABASE_SECRET_ARN: &str = "QUIRE_DATABASE_SECRET_ARN";
pub const DATABASE_IAM: &str = "QUIRE_DATABASE_IAM";
const STACK_NAME: &str = "QUIRE_STACK_NAME";
pub const STACK_LOGS: &str = "QUIRE_STACK_LOGS";
pub const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
pub const UPLOAD_BUCKET: &str = "QUIRE_UPLOAD_BUCKET";
pub const RESULT_BUCKET: &str = "QUIRE_RESULT_BUCKET";
pub const CONSOLE_URL: &str = "QUIRE_CONSOLE_URL";
pub const EVENT_BUS: &str = "QUIRE_EVENT_BUS";
pub const UPLOADS_QUEUE_URL: &str = "QUIRE_UPLOADS_QUEUE_URL";
pub const COMPRESS_QUEUE_URL: &str = "QUIRE_COMPRESS_QUEUE_URL";
pub const COMPRESS_BULK_QUEUE_URL: &str = "QUIRE_COMPRESS_BULK_QUEUE_URL";
pub const SCAN_QUEUE_URL: &str = "QUIRE_SCAN_QUEUE_URL";
pub const SCAN_LARGE_QUEUE_URL: &str = "QUIRE_SCAN_LARGE_QUEUE_URL";
pub const SPLIT_QUEUE_URL: &str = "QUIRE_SPLIT_QUEUE_URL";

/// Where the service is. Region, profile and credentials come from the usual variables and files of AWS.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Service")]
pub struct ServiceArguments {
    /// Read settings that neither an option nor the environment gives from the outputs of this CloudFormation stack. The
    /// environment file is not read then.
    #[arg(long, env = STACK_NAME, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub stack: Option<String>,
    /// Read settings that neither an option nor the environment gives from this file of KEY=VALUE lines
    /// [default: target/stack/environment, which `cargo xtask up` writes].
    #[arg(long, env = "QUIRE_ENVIRONMENT_FILE", value_name = "FILE")]
    pub environment_file: Option<PathBuf>,
    /// Send requests to this address instead of AWS.
    #[arg(long, env = ENDPOINT_URL, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct DatabaseArguments {
    /// Connect to this database: postgres://user:password@host/name. Prefer the environment: other users of this
    /// machine can see options.
    #[arg(long, env = DATABASE_URL, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    /// Read user and password from this secret of Secrets Manager. It belongs to --database-url.
    #[arg(long, env = DATABASE_SECRET_ARN, value_name = "ARN")]
    pub database_secret_arn: Option<String>,
    /// Log in with a token of IAM instead of a password. It belongs to --database-url.
    #[arg(long, env = DATABASE_IAM, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub database_iam: Option<bool>,
    #[command(flatten)]
    pub service: ServiceArguments,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct ResultArguments {
    /// The bucket with the results.
    #[arg(long, env = RESULT_BUCKET, value_name = "BUCKET")]
    pub result_bucket: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct QueueArguments {
    /// The queue of volumes to compress.
    #[arg(long, env = COMPRESS_QUEUE_URL, value_name = "URL")]
    pub compress_queue_url: Option<String>,
    /// The queue of volumes of bulk uploads to compress.
    #[arg(long, env = COMPRESS_BULK_QUEUE_URL, value_name = "URL")]
    pub compress_bulk_queue_url: Option<String>,
    /// The queue of page ranges to scan.
    #[arg(long, env = SCAN_QUEUE_URL, value_name = "URL")]
    pub scan_queue_url: Option<String>,
    /// The queue of page ranges of large volumes.
    #[arg(long, env = SCAN_LARGE_QUEUE_URL, value_name = "URL")]
    pub scan_large_queue_url: Option<String>,
    /// The queue of volumes to split.
    #[arg(long, env = SPLIT_QUEUE_URL, value_name = "URL")]
    pub split_queue_url: Option<String>,
}

/// The queues and their dead-letter queues.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct LetterQueueArguments {
    /// The queue of S3's events about uploads.
    #[arg(long, env = UPLOADS_QUEUE_URL, value_name = "URL")]
    pub uploads_queue_url: Option<String>,
    #[command(flatten)]
    pub queues: QueueArguments,
    /// The dead-letter queue of the uploads queue.
    #[arg(long, env = "QUIRE_UPLOADS_DEAD_LETTERS_URL", value_name = "URL")]
    pub uploads_dead_letters_url: Option<String>,
    /// The dead-letter queue of the compress queue.
    #[arg(long, env = "QUIRE_COMPRESS_DEAD_LETTERS_URL", value_name = "URL")]
    pub compress_dead_letters_url: Option<String>,
    /// The dead-letter queue of the compress queue of bulk uploads.
    #[arg(long, env = "QUIRE_COMPRESS_BULK_DEAD_LETTERS_URL", value_name = "URL")]
    pub compress_bulk_dead_letters_url: Option<String>,
    /// The dead-letter queue of the scan queue.
    #[arg(long, env = "QUIRE_SCAN_DEAD_LETTERS_URL", value_name = "URL")]
    pub scan_dead_letters_url: Option<String>,
    /// The dead-letter queue of the scan queue of large volumes.
    #[arg(long, env = "QUIRE_SCAN_LARGE_DEAD_LETTERS_URL", value_name = "URL")]
    pub scan_large_dead_letters_url: Option<String>,
    /// The dead-letter queue of the split queue.
    #[arg(long, env = "QUIRE_SPLIT_DEAD_LETTERS_URL", value_name = "URL")]
    pub split_dead_letters_url: Option<String>,
}

/// The rules of the functions, as far as commands depend on them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct RuleArguments {
    /// The setting of the functions with the same name [default: 90].
    #[arg(long, env = "QUIRE_STALE_AFTER_SECONDS", value_name = "SECONDS")]
    pub stale_after_seconds: Option<u64>,
    /// The setting of the functions with the same name [default: 3].
    #[arg(long, env = "QUIRE_MAXIMUM_INTERRUPTIONS", value_name = "N")]
    pub maximum_interruptions: Option<i32>,
    /// The setting of the functions with the same name [default: 30].
    #[arg(long, env = "QUIRE_REVIVAL_GRACE_SECONDS", value_name = "SECONDS")]
    pub revival_grace_seconds: Option<u64>,
}
