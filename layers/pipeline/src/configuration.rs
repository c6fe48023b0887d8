//! What the functions are told through their environment, read once at the start.

use catalog::{DatabaseSettings, LeaseRules};
use clap::{Args, CommandFactory, Parser};
use domain::ModelChoice;
use queues::QueueUrls;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that a function may be told. The README's table and `infra/template.yaml` name the same variables.
#[derive(Debug, Clone, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub struct Configuration {
    /// Where the rows are.
    #[command(flatten)]
    pub database: Database,
    /// Where files and messages are.
    #[command(flatten)]
    pub addresses: Addresses,
    /// When leases end and messages return.
    #[command(flatten)]
    pub recovery: Recovery,
    /// How volumes are worked on.
    #[command(flatten)]
    pub volumes: Volumes,
}

/// A setting is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("[configuration.invalid] {reason}")]
pub struct ConfigurationError {
    reason: String,
}

impl Configuration {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is missing or not of its kind; the message names it.
    pub fn from_environment() -> Result<Self, ConfigurationError> {
        Self::try_parse_from::<_, String>([]).map_err(|error| ConfigurationError { reason: reason(&error) })
    }
}

/// What is wrong, in the words of the environment: clap speaks of options, which nobody gives here.
fn reason(error: &clap::Error) -> String {
    let missing = match error.get(clap::error::ContextKind::InvalidArg) {
        Some(clap::error::ContextValue::Strings(options)) => options.clone(),
        Some(clap::error::ContextValue::String(option)) => vec![option.clone()],
        _ => return error.to_string(),
    };
    let command = Configuration::command();
    let variable = |option: &String| {
        let name = option.trim_start_matches('-').split_whitespace().next().unwrap_or_default();
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(name));
        argument.and_then(clap::Arg::get_env).map_or_else(|| option.clone(), |env| env.to_string_lossy().into_owned())
    };
    let variables: Vec<String> = missing.iter().map(variable).collect();
    let what = if error.kind() == clap::error::ErrorKind::MissingRequiredArgument { "missing" } else { "not valid" };
    format!("{what}: {}", variables.join(", "))
}

/// Where the rows are.
#[derive(Clone, Args)]
pub struct Database {
    /// postgres://user:password@host:port/database?sslmode=verify-full
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It carries a password.
        formatter.write_str("Database(…)")
    }
}

impl Database {
    /// The catalog's settings.
    #[must_use]
    pub fn settings(&self) -> DatabaseSettings {
        DatabaseSettings { url: self.database_url.clone() }
    }
}

/// Where files and messages are.
#[derive(Debug, Clone, Args)]
pub struct Addresses {
    /// The versioned bucket that people upload to.
    #[arg(long, env = "QUIRE_UPLOAD_BUCKET")]
    pub upload_bucket: String,
    /// The bucket for intermediates and results.
    #[arg(long, env = "QUIRE_RESULT_BUCKET")]
    pub result_bucket: String,
    /// The queue of S3's events.
    #[arg(long, env = "QUIRE_UPLOADS_QUEUE_URL")]
    pub uploads_queue_url: String,
    /// The queue of volumes to compress.
    #[arg(long, env = "QUIRE_COMPRESS_QUEUE_URL")]
    pub compress_queue_url: String,
    /// The queue of page ranges.
    #[arg(long, env = "QUIRE_SCAN_QUEUE_URL")]
    pub scan_queue_url: String,
    /// The queue of page ranges of large volumes.
    #[arg(long, env = "QUIRE_SCAN_LARGE_QUEUE_URL")]
    pub scan_large_queue_url: String,
    /// The queue of volumes to split.
    #[arg(long, env = "QUIRE_SPLIT_QUEUE_URL")]
    pub split_queue_url: String,
    /// The bus that hears of every scan's end.
    #[arg(long, env = "QUIRE_EVENT_BUS")]
    pub event_bus: String,
}

impl Addresses {
    /// The queues' addresses.
    #[must_use]
    pub fn queue_urls(&self) -> QueueUrls {
        QueueUrls {
            uploads: self.uploads_queue_url.clone(),
            compress: self.compress_queue_url.clone(),
            scan: self.scan_queue_url.clone(),
            scan_large: self.scan_large_queue_url.clone(),
            split: self.split_queue_url.clone(),
        }
    }
}

/// When leases end and messages return; everything in seconds unless it is a count.
#[derive(Debug, Clone, Args)]
pub struct Recovery {
    /// Between two signs of life of a worker.
    #[arg(long, env = "QUIRE_HEARTBEAT_SECONDS", default_value_t = 15)]
    pub heartbeat_seconds: u64,
    /// After this long without one its lease may be taken.
    #[arg(long, env = "QUIRE_STALE_AFTER_SECONDS", default_value_t = 90)]
    pub stale_after_seconds: u64,
    /// Failures of one stage before the scan has FAILED(retries_exhausted).
    #[arg(long, env = "QUIRE_MAXIMUM_ATTEMPTS", default_value_t = 5)]
    pub maximum_attempts: i32,
    /// Workers lost by one stage before the scan has FAILED(interrupted).
    #[arg(long, env = "QUIRE_MAXIMUM_INTERRUPTIONS", default_value_t = 3)]
    pub maximum_interruptions: i32,
    /// Upper bound of the first pause after a failure; it doubles with each one.
    #[arg(long, env = "QUIRE_BACKOFF_BASE_SECONDS", default_value_t = 10)]
    pub backoff_base_seconds: u64,
    /// Upper bound of any pause after a failure.
    #[arg(long, env = "QUIRE_BACKOFF_CAP_SECONDS", default_value_t = 900)]
    pub backoff_cap_seconds: u64,
    /// So long after FAILED(retries_exhausted) a message is on its way to the dead-letter queue; later it is a redriven one.
    #[arg(long, env = "QUIRE_REVIVAL_GRACE_SECONDS", default_value_t = 30)]
    pub revival_grace_seconds: u64,
    /// A waiting row's message counts as lost after this; it doubles with each message.
    #[arg(long, env = "QUIRE_RESEND_AFTER_SECONDS", default_value_t = 600)]
    pub resend_after_seconds: u64,
    /// An upload without a scan has lost its event after this.
    #[arg(long, env = "QUIRE_UPLOAD_SWEEP_AGE_SECONDS", default_value_t = 900)]
    pub upload_sweep_age_seconds: u64,
    /// Files of an attempt that no row names are removed after this: nobody can still be writing them.
    #[arg(long, env = "QUIRE_RESULT_SWEEP_AGE_SECONDS", default_value_t = 86_400)]
    pub result_sweep_age_seconds: u64,
    /// Most of one attempt; 0 for as long as the function may run, less a margin.
    #[arg(long, env = "QUIRE_STAGE_LIMIT_SECONDS", default_value_t = 0)]
    pub stage_limit_seconds: u64,
}

impl Recovery {
    /// The catalog's rules.
    #[must_use]
    pub fn lease_rules(&self) -> LeaseRules {
        LeaseRules {
            stale_after: Duration::from_secs(self.stale_after_seconds),
            maximum_interruptions: self.maximum_interruptions,
            revival_grace: Duration::from_secs(self.revival_grace_seconds),
        }
    }

    /// Between two signs of life.
    #[must_use]
    pub const fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }
}

/// How volumes are worked on.
#[derive(Debug, Clone, Args)]
pub struct Volumes {
    /// A volume of more pages takes the lane for large ones.
    #[arg(long, env = "QUIRE_LARGE_VOLUME_PAGES", default_value_t = 100)]
    pub large_volume_pages: usize,
    /// Pages of a range.
    #[arg(long, env = "QUIRE_RANGE_PAGES", default_value_t = 50, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=500))]
    pub range_pages: usize,
    /// Which models look at the pages.
    #[arg(long, env = "QUIRE_MODEL", value_enum, default_value = "both")]
    pub model: ModelChoice,
    /// Whether the pages are read.
    #[arg(long, env = "QUIRE_OCR", action = clap::ArgAction::Set, default_value_t = true)]
    pub ocr: bool,
    /// Where models and native libraries are.
    #[arg(long, env = "QUIRE_HOME", default_value = "/opt/quire")]
    pub home: PathBuf,
}
