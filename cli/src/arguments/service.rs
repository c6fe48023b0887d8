//! Arguments of the commands that talk to the service.

use super::EXIT_STATUS;
use super::values::{self, Secret};
use clap::{Args, Subcommand};
use domain::{ScanId, Status};
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;

/// What to do in the service.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Hand volumes to the service.
    Upload(Upload),
    /// List the scans of the service.
    Scans(Scans),
    /// Tell everything about a scan: status, ranges, opinions, outputs, what happened.
    Show(Show),
    /// Follow a scan, or all unfinished ones, until they come to their ends.
    Watch(Watch),
    /// Send a scan that failed or was cancelled on its way again; what is finished is kept.
    Retry(Sending),
    /// Stop a scan.
    Cancel(Quiet),
    /// Put a scan off.
    Defer(Defer),
    /// Say which volume a scan is, where its name did not.
    Describe(Describe),
    /// Let a changed file replace the approved scan of its key.
    Confirm(Sending),
    /// Approve a scan that was reviewed, for good.
    Approve(Quiet),
    /// Bring the tables of the database up to date.
    Migrate(Migrate),
}

impl ServiceCommand {
    /// Whether the result is wanted as JSON.
    pub const fn is_json(&self) -> bool {
        match self {
            Self::Upload(arguments) => arguments.json,
            Self::Scans(arguments) => arguments.json,
            Self::Show(arguments) => arguments.json,
            Self::Watch(arguments) => arguments.json,
            Self::Retry(arguments) | Self::Confirm(arguments) => arguments.common.json,
            Self::Cancel(arguments) | Self::Approve(arguments) => arguments.json,
            Self::Defer(arguments) => arguments.action.common.json,
            Self::Describe(arguments) => arguments.action.common.json,
            Self::Migrate(_) => false,
        }
    }
}

/// Where settings come from that are given neither here nor by the environment.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub struct FileArguments {
    /// File of KEY=VALUE lines for settings that neither an option nor the environment gives
    /// [default: target/stack/environment, where `cargo xtask up` writes it].
    #[arg(long, env = "QUIRE_ENVIRONMENT_FILE", value_name = "FILE")]
    pub environment_file: Option<PathBuf>,
}

/// The database.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub struct DatabaseArguments {
    /// The database: postgres://user:password@host/name. Other users of the machine can see options; the environment
    /// is the better place.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    #[command(flatten)]
    pub file: FileArguments,
}

/// AWS; region, profile and credentials come from the usual environment.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub struct AwsArguments {
    /// Talk to this address instead of AWS.
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// The bucket that results are in.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub struct ResultArguments {
    /// The bucket of the results.
    #[arg(long, env = "QUIRE_RESULT_BUCKET", value_name = "BUCKET")]
    pub result_bucket: Option<String>,
}

/// The queues that an operator's action may send to.
#[derive(Debug, Args)]
#[command(next_help_heading = "The service")]
pub struct QueueArguments {
    /// The queue of volumes to compress.
    #[arg(long, env = "QUIRE_COMPRESS_QUEUE_URL", value_name = "URL")]
    pub compress_queue_url: Option<String>,
    /// The queue of page ranges.
    #[arg(long, env = "QUIRE_SCAN_QUEUE_URL", value_name = "URL")]
    pub scan_queue_url: Option<String>,
    /// The queue of page ranges of large volumes.
    #[arg(long, env = "QUIRE_SCAN_LARGE_QUEUE_URL", value_name = "URL")]
    pub scan_large_queue_url: Option<String>,
    /// The queue of volumes to split.
    #[arg(long, env = "QUIRE_SPLIT_QUEUE_URL", value_name = "URL")]
    pub split_queue_url: Option<String>,
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// Arguments of `quire upload`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Upload {
    /// Scanned volumes; a name says reporter, volume, first and last page: a3d.217.101.120.original.pdf.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub target: UploadTarget,
    /// Follow the scans until they come to their ends.
    #[arg(long, conflicts_with = "no_wait")]
    pub watch: bool,
    /// Do not wait for the scans to be recorded; needs no database.
    #[arg(long)]
    pub no_wait: bool,
    /// Print one JSON object an upload, and with --watch one a change, on standard output.
    #[arg(long)]
    pub json: bool,
    /// The bucket that people upload to.
    #[arg(long, env = "QUIRE_UPLOAD_BUCKET", value_name = "BUCKET", help_heading = "The service")]
    pub upload_bucket: Option<String>,
    #[command(flatten)]
    pub aws: AwsArguments,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Where in the upload bucket a file goes, if its name does not say it.
#[derive(Debug, Clone, Default, Args)]
pub struct UploadTarget {
    /// The whole key, below original_scans/; for one FILE.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["reporter", "volume", "first_page", "last_page", "unnamed"])]
    pub key: Option<String>,
    /// Reporter, instead of the one in the file's name; for one FILE.
    #[arg(long)]
    pub reporter: Option<String>,
    /// Volume, instead of the one in the file's name; for one FILE.
    #[arg(long)]
    pub volume: Option<String>,
    /// Number printed on the first page, instead of the one in the file's name; for one FILE.
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// Number printed on the last page, instead of the one in the file's name; for one FILE.
    #[arg(long, value_name = "N")]
    pub last_page: Option<u32>,
    /// Upload a file whose name does not say which volume it is below original_scans/unsorted/; `quire describe` says
    /// it later.
    #[arg(long)]
    pub unnamed: bool,
}

/// Arguments of `quire scans`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Scans {
    /// Only these statuses, such as failed,pending-review [default: all].
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = values::status)]
    pub status: Vec<Status>,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub limit: i64,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Arguments of `quire show`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Show {
    /// The scan.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub results: ResultArguments,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Arguments of `quire watch`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Watch {
    /// The scan [default: all that have not come to their ends].
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: Option<ScanId>,
    /// Print one JSON object a change on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Arguments of an action that needs nothing but the scan and sends no message.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Quiet {
    /// The scan.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    /// Print the scan as one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Arguments of `quire migrate`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Migrate {
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Arguments of an action that needs nothing but the scan and sends messages.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Sending {
    #[command(flatten)]
    pub common: Quiet,
    #[command(flatten)]
    pub queues: QueueArguments,
}

/// Arguments of `quire defer`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Defer {
    #[command(flatten)]
    pub time: DeferTime,
    #[command(flatten)]
    pub action: Sending,
}

/// Until when.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct DeferTime {
    /// Not before this time: 2026-12-24T06:00:00+01:00, or "2026-12-24 05:00" for UTC. A time that has passed ends an
    /// earlier deferral.
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub until: Option<OffsetDateTime>,
    /// Not before this has passed: 90s, 2h, 1h30m, 3d.
    #[arg(long = "for", value_name = "LENGTH", value_parser = values::length)]
    pub length: Option<Duration>,
}

/// Arguments of `quire describe`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Describe {
    /// Reporter, such as a3d.
    #[arg(long)]
    pub reporter: String,
    /// Volume, such as 217.
    #[arg(long)]
    pub volume: String,
    /// Number printed on the first page.
    #[arg(long, value_name = "N")]
    pub first_page: u32,
    #[command(flatten)]
    pub action: Sending,
}
