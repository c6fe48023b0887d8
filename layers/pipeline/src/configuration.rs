//! The settings of the functions, read once from the environment at the start.

use aws::SdkConfig;
use catalog::{DatabaseSettings, LeaseRules};
use clap::{Args, CommandFactory, Parser};
use domain::{ModelChoice, PageReader};
use engine::installation::Installation;
use engine::settings::Settings;
use objects::Objects;
use queues::QueueUrls;
use std::path::PathBuf;
use std::time::Duration;

/// All settings of a function. `docs/configuration.md` and `infra/template.yaml` name the same variables.
#[derive(Debug, Clone, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub struct Configuration {
    #[command(flatten)]
    pub database: DatabaseAddress,
    #[command(flatten)]
    pub addresses: Addresses,
    #[command(flatten)]
    pub recovery: Recovery,
    #[command(flatten)]
    pub volumes: Volumes,
    /// The memory of the function. Lambda sets it; none outside of Lambda.
    #[arg(long, env = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")]
    pub memory_megabytes: Option<i32>,
}

#[derive(Debug, thiserror::Error)]
#[error("{reason} [configuration.invalid]")]
pub struct ConfigurationError {
    reason: String,
}

/// Reads [`Configuration`] or [`MigrateConfiguration`] from the environment.
///
/// # Errors
/// When a variable is missing or cannot be read; the message names it.
pub fn from_environment<C: Parser>() -> Result<C, ConfigurationError> {
    C::try_parse_from::<_, String>([]).map_err(|error| ConfigurationError { reason: reason::<C>(&error) })
}

/// The settings of `migrate`, which needs nothing but the database.
#[derive(Debug, Clone, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub struct MigrateConfiguration {
    #[command(flatten)]
    pub database: DatabaseAddress,
}

impl Configuration {
    /// Reads settings from their variables' names and values instead of from the environment, which gives only the others.
    ///
    /// # Errors
    /// When a setting is missing or cannot be read; the message names it.
    pub fn of(settings: &[(&str, &str)]) -> Result<Self, ConfigurationError> {
        let option = |variable: &str| variable.trim_start_matches("QUIRE_").to_ascii_lowercase().replace('_', "-");
        let arguments = settings.iter().map(|(variable, value)| format!("--{}={value}", option(variable)));
        Self::try_parse_from(arguments).map_err(|error| ConfigurationError { reason: reason::<Self>(&error) })
    }

    /// What a function does not set is as `quire process` has it, so that the results are the same. Only the functions
    /// write previews: the people who use the service do not have the file at hand.
    #[must_use]
    pub fn engine_settings(&self) -> Settings {
        let Volumes { model, ocr, reader, home, .. } = &self.volumes;
        let defaults = Settings::new(Installation::new(home));
        Settings { model: model.clone(), ocr: *ocr, reader: *reader, previews: true, ..defaults }
    }
}

/// Names the variable that is wrong; clap would name an option, which nobody gives here.
fn reason<C: CommandFactory>(error: &clap::Error) -> String {
    let missing = match error.get(clap::error::ContextKind::InvalidArg) {
        Some(clap::error::ContextValue::Strings(options)) => options.clone(),
        Some(clap::error::ContextValue::String(option)) => vec![option.clone()],
        _ => return error.to_string(),
    };
    let command = C::command();
    let variable = |option: &String| {
        let name = option.trim_start_matches('-').split_whitespace().next().unwrap_or_default();
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(name));
        argument.and_then(clap::Arg::get_env).map_or_else(|| option.clone(), |env| env.to_string_lossy().into_owned())
    };
    let variables: Vec<String> = missing.iter().map(variable).collect();
    let is_missing = error.kind() == clap::error::ErrorKind::MissingRequiredArgument;
    let what = if is_missing { "are missing" } else { "have values that cannot be read" };
    format!("These settings {what}: {}.", variables.join(", "))
}

#[derive(Clone, Args)]
pub struct DatabaseAddress {
    /// postgres://user:password@host:port/database. User and password may come from a secret instead.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// The ARN of a secret of Secrets Manager: JSON with `username` and `password`, as RDS makes and rotates it.
    #[arg(long, env = "QUIRE_DATABASE_SECRET_ARN")]
    pub database_secret_arn: Option<String>,
    /// Logs in with a token that the function's role signs, instead of a password (IAM database authentication).
    #[arg(long, env = "QUIRE_DATABASE_IAM", action = clap::ArgAction::Set, default_value_t = false)]
    pub database_iam: bool,
}

impl std::fmt::Debug for DatabaseAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address contains a password.
        formatter.write_str("DatabaseAddress(…)")
    }
}

impl DatabaseAddress {
    #[must_use]
    pub fn settings(&self) -> DatabaseSettings {
        DatabaseSettings { url: self.database_url.clone() }
    }
}

#[derive(Debug, Clone, Args)]
pub struct Addresses {
    #[command(flatten)]
    pub buckets: Buckets,
    #[command(flatten)]
    pub queues: QueueUrls,
    /// The name of the deployment, a dimension of every metric.
    #[arg(long, env = "QUIRE_STACK_NAME", default_value = "quire")]
    pub stack: String,
    /// The bus on which the ends of scans are published.
    #[arg(long, env = "QUIRE_EVENT_BUS")]
    pub event_bus: String,
}

/// The arguments have names of their own because the queues have an `uploads` too, and clap takes equal names for one.
#[derive(Debug, Clone, Args)]
pub struct Buckets {
    /// The versioned bucket that people upload to.
    #[arg(id = "upload_bucket", long = "upload-bucket", env = "QUIRE_UPLOAD_BUCKET")]
    pub uploads: String,
    /// The bucket for intermediates and results.
    #[arg(id = "result_bucket", long = "result-bucket", env = "QUIRE_RESULT_BUCKET")]
    pub results: String,
}

impl Buckets {
    /// Opens no connection yet.
    #[must_use]
    pub fn objects(&self, sdk: &SdkConfig) -> Objects {
        Objects::new(sdk, self.uploads.clone(), self.results.clone())
    }
}

/// When leases end and messages are delivered again.
#[derive(Debug, Clone, Args)]
pub struct Recovery {
    /// Time between two heartbeats of a worker.
    #[arg(long, env = "QUIRE_HEARTBEAT_SECONDS", default_value_t = 15)]
    pub heartbeat_seconds: u64,
    /// A lease without a heartbeat for this long is stale and may be taken over.
    #[arg(long, env = "QUIRE_STALE_AFTER_SECONDS", default_value_t = 90)]
    pub stale_after_seconds: u64,
    /// Failed attempts at one stage after which the scan is FAILED(retries_exhausted).
    #[arg(long, env = "QUIRE_MAXIMUM_ATTEMPTS", default_value_t = 5)]
    pub maximum_attempts: i32,
    /// Lost workers that one stage survives; one more makes the scan FAILED(interrupted).
    #[arg(long, env = "QUIRE_MAXIMUM_INTERRUPTIONS", default_value_t = 3)]
    pub maximum_interruptions: i32,
    /// Upper bound of the pause after the first failure; it doubles with each further one.
    #[arg(long, env = "QUIRE_BACKOFF_BASE_SECONDS", default_value_t = 10)]
    pub backoff_base_seconds: u64,
    /// Upper bound of any pause after a failure.
    #[arg(long, env = "QUIRE_BACKOFF_CAP_SECONDS", default_value_t = 900)]
    pub backoff_cap_seconds: u64,
    /// A message that was sent later than this after FAILED(retries_exhausted) is a redrive and revives the scan.
    #[arg(long, env = "QUIRE_REVIVAL_GRACE_SECONDS", default_value_t = 30)]
    pub revival_grace_seconds: u64,
    /// The message of a waiting row counts as lost after this time, which doubles with each message.
    #[arg(long, env = "QUIRE_RESEND_AFTER_SECONDS", default_value_t = 600)]
    pub resend_after_seconds: u64,
    /// The event of an upload without a scan counts as lost after this time.
    #[arg(long, env = "QUIRE_UPLOAD_SWEEP_AGE_SECONDS", default_value_t = 900)]
    pub upload_sweep_age_seconds: u64,
    /// The files of an attempt that ended without publishing are removed after this time: no worker can still be writing
    /// them.
    #[arg(long, env = "QUIRE_RESULT_SWEEP_AGE_SECONDS", default_value_t = 86_400)]
    pub result_sweep_age_seconds: u64,
    /// Time limit of one attempt. With 0, it is the time limit of the function, less a margin.
    #[arg(long, env = "QUIRE_STAGE_LIMIT_SECONDS", default_value_t = 0)]
    pub stage_limit_seconds: u64,
}

impl Recovery {
    #[must_use]
    pub fn lease_rules(&self) -> LeaseRules {
        LeaseRules {
            stale_after: Duration::from_secs(self.stale_after_seconds),
            maximum_interruptions: self.maximum_interruptions,
            revival_grace: Duration::from_secs(self.revival_grace_seconds),
        }
    }

    #[must_use]
    pub const fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }
}

#[derive(Debug, Clone, Args)]
pub struct Volumes {
    /// A volume with more pages than this goes through the queue for large volumes.
    #[arg(long, env = "QUIRE_LARGE_VOLUME_PAGES", default_value_t = 100)]
    pub large_volume_pages: usize,
    /// A volume goes through the queue for bulk uploads if its uploader already has so many that wait for compress or are
    /// in it.
    #[arg(long, env = "QUIRE_BULK_UPLOAD_VOLUMES", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..))]
    pub bulk_upload_volumes: i64,
    /// Pages of one range.
    #[arg(long, env = "QUIRE_RANGE_PAGES", default_value_t = 50, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=500))]
    pub range_pages: usize,
    /// The models that detect boxes: `small`, `medium`, `both`, or the name of an imported model.
    #[arg(long, env = "QUIRE_MODEL", default_value_t)]
    pub model: ModelChoice,
    /// Whether pages are read (OCR).
    #[arg(long, env = "QUIRE_OCR", action = clap::ArgAction::Set, default_value_t = true)]
    pub ocr: bool,
    /// What reads the pages: `quire`, which leaves doubtful pages to Tesseract, or `tesseract`.
    #[arg(long, env = "QUIRE_READER", default_value_t)]
    pub reader: PageReader,
    /// The directory of models and native libraries.
    #[arg(long, env = "QUIRE_HOME", default_value = "/opt/quire")]
    pub home: PathBuf,
}
