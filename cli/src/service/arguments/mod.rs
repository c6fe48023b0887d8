//! The command line of the commands that talk to the service.

mod settings;

pub use settings::{
    COMPRESS_BULK_QUEUE_URL, COMPRESS_QUEUE_URL, CONSOLE_URL, DATABASE_IAM, DATABASE_SECRET_ARN, DATABASE_URL,
    DatabaseArguments, ENDPOINT_URL, EVENT_BUS, LetterQueueArguments, QueueArguments, RESULT_BUCKET, ResultArguments,
    RuleArguments, SCAN_LARGE_QUEUE_URL, SCAN_QUEUE_URL, SPLIT_QUEUE_URL, STACK_LOGS, ServiceArguments, UPLOAD_BUCKET,
    UPLOADS_QUEUE_URL,
};

use super::dlq::DlqCommand;
use super::report::Ending;
use super::values;
use crate::failure;
use clap::{Args, Subcommand};
use domain::{Actor, FailureClass, Role, ScanId, Stage, Status};
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Upload volumes.
    Upload(Upload),
    /// List scans.
    Scans(Scans),
    /// Show one scan: status, page ranges, opinions, outputs, timeline.
    Show(Show),
    /// Watch one scan, or all unfinished scans, until they end.
    Watch(Watch),
    /// Retry a failed or cancelled scan, or all that failed in one way, keeping the page ranges that are finished.
    Retry(Retry),
    /// Skip pages that stop a scan each time, and start it again. Blank pages with a finding take their places.
    Skip(Skip),
    /// Download all results of a scan.
    Download(Download),
    /// Delete what a scan made, after asking. Its original is kept.
    Delete(Delete),
    /// Tell what a scan, or everything of the last days, cost.
    Cost(Cost),
    /// Print the lines about a scan from the logs of the functions.
    Logs(Logs),
    /// Cancel a scan.
    Cancel(Action),
    /// Postpone a scan.
    Defer(Defer),
    /// Name the volume of a scan whose file name does not.
    Describe(Describe),
    /// Confirm that a changed file replaces the approved scan with the same key.
    Confirm(SendingAction),
    /// Approve a reviewed scan. This is final.
    Approve(Action),
    /// Look at dead letters, and redrive, edit or discard them.
    #[command(subcommand)]
    Dlq(DlqCommand),
    /// Check the database, the buckets and the queues of a service, and say what to do about what is wrong.
    Doctor(Doctor),
    /// Recover lost leases, messages and events now, as the function reconcile does on its schedule.
    Reconcile(Reconcile),
    /// Invite a person to the console, or let one choose another password.
    Invite(Invite),
    /// Create or update the tables of the database.
    Migrate(Migrate),
    /// Restore the rows of all scans that have results, after the database was lost.
    Rebuild(Rebuild),
}

impl ServiceCommand {
    pub const fn is_json(&self) -> bool {
        match self {
            Self::Upload(arguments) => arguments.json,
            Self::Scans(arguments) => arguments.json,
            Self::Show(arguments) => arguments.json,
            Self::Watch(arguments) => arguments.json,
            Self::Retry(arguments) => arguments.acting.json,
            Self::Skip(arguments) => arguments.acting.json,
            Self::Confirm(arguments) => arguments.action.acting.json,
            Self::Cancel(arguments) | Self::Approve(arguments) => arguments.acting.json,
            Self::Defer(arguments) => arguments.sending.action.acting.json,
            Self::Describe(arguments) => arguments.sending.action.acting.json,
            Self::Dlq(command) => command.is_json(),
            Self::Doctor(arguments) => arguments.json,
            Self::Download(arguments) => arguments.json,
            Self::Delete(arguments) => arguments.acting.json,
            Self::Cost(arguments) => arguments.json,
            Self::Logs(arguments) => arguments.json,
            Self::Reconcile(arguments) => arguments.acting.json,
            Self::Invite(arguments) => arguments.acting.json,
            Self::Migrate(arguments) => arguments.json,
            Self::Rebuild(arguments) => arguments.acting.json,
        }
    }
}

pub fn exit_statuses() -> String {
    failure::exit_statuses(service_failures())
}

fn watch_exit_statuses() -> String {
    let endings = [Ending::Failed, Ending::Cancelled, Ending::Waits];
    let endings = endings.iter().map(|ending| (ending.exit_status(), ending.meaning()));
    failure::exit_statuses(service_failures().chain(endings))
}

fn service_failures() -> impl Iterator<Item = (u8, &'static str)> {
    let classes = [FailureClass::Unavailable, FailureClass::Refused];
    classes.into_iter().filter_map(|class| Some((class.exit_status()?, class.meaning())))
}

#[derive(Debug, Args)]
#[command(after_help = format!("{UPLOAD_EXAMPLES}\n\n{}", watch_exit_statuses()))]
pub struct Upload {
    /// The scanned volumes. A file name gives reporter, volume, first and last page: a3d.217.101.120.original.pdf.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub target: UploadTarget,
    /// Watch the scans until they end.
    #[arg(long, conflicts_with = "no_wait")]
    pub watch: bool,
    /// Do not wait until the service has recorded the scans. This needs no database.
    #[arg(long)]
    pub no_wait: bool,
    /// Print one JSON object for each upload, and with --watch for each change, on standard output.
    #[arg(long)]
    pub json: bool,
    /// The bucket to upload to.
    #[arg(long, env = UPLOAD_BUCKET, value_name = "BUCKET", help_heading = "Service")]
    pub upload_bucket: Option<String>,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

const UPLOAD_EXAMPLES: &str = "\
Examples:
  Upload a volume and watch it until its opinions are there:
    quire upload a3d.217.101.120.original.pdf --watch
  Name the volume when the file name does not:
    quire upload scan.pdf --reporter a3d --volume 217 --first-page 101 --last-page 120
  Upload now and name the volume later:
    quire upload scan.pdf --unnamed
    quire describe 7 --reporter a3d --volume 217 --first-page 101";

#[derive(Debug, Clone, Default, Args)]
pub struct UploadTarget {
    /// Use this key, which must begin with original_scans/. It needs a single FILE.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["reporter", "volume", "first_page", "last_page", "unnamed"])]
    pub key: Option<String>,
    /// Use this reporter instead of the one in the file name. It needs a single FILE.
    #[arg(long)]
    pub reporter: Option<String>,
    /// Use this volume instead of the one in the file name. It needs a single FILE.
    #[arg(long)]
    pub volume: Option<String>,
    /// The number printed on the first page, if the file name does not give it or is wrong. It needs a single FILE.
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// The number printed on the last page, if the file name does not give it or is wrong. It needs a single FILE.
    #[arg(long, value_name = "N")]
    pub last_page: Option<u32>,
    /// Upload files whose names do not say which volume they are to original_scans/unsorted/. Name them later with
    /// `quire describe`.
    #[arg(long)]
    pub unnamed: bool,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{SCANS_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Scans {
    /// List only scans with these statuses, such as failed,pending-review [default: all].
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = values::status)]
    pub status: Vec<Status>,
    /// List at most this many scans, newest first.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub limit: i64,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

const SCANS_EXAMPLES: &str = "\
Example:
  List what waits for a person:
    quire scans --status failed,pending-review";

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Show {
    /// The number of the scan.
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

#[derive(Debug, Args)]
#[command(after_help = format!("{DOWNLOAD_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Download {
    /// The number of the scan.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    /// Write the results to DIR/REPORTER/VOLUME/FIRST/.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub output: PathBuf,
    /// Replace files that exist.
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub results: ResultArguments,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

const DOWNLOAD_EXAMPLES: &str = "\
Example:
  quire download 7 --output archive";

#[derive(Debug, Args)]
#[command(after_help = format!("{DELETE_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Delete {
    /// The number of the scan. It must be PENDING_REVIEW, FAILED or CANCELLED, and becomes CANCELLED.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    /// Delete the uploaded file, too, for good.
    #[arg(long)]
    pub original: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub acting: Acting,
    #[command(flatten)]
    pub results: ResultArguments,
}

const DELETE_EXAMPLES: &str = "\
Examples:
  Delete the results of a scan, and make them again later:
    quire delete 7
    quire retry 7
  Delete a test upload altogether, in a script:
    quire delete 7 --original --yes";

#[derive(Debug, Args)]
#[command(after_help = format!("{COST_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Cost {
    /// The number of the scan [default: all scans that functions worked on in the last days].
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: Option<ScanId>,
    /// Without ID, count the attempts that ended in the last DAYS days.
    #[arg(long, value_name = "DAYS", default_value_t = super::cost::DAYS, value_parser = clap::value_parser!(i32).range(1..=3_650), conflicts_with = "scan")]
    pub days: i32,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

const COST_EXAMPLES: &str = "\
Examples:
  quire cost 7
  quire cost --days 7";

#[derive(Debug, Args)]
#[command(after_help = format!("{LOGS_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Logs {
    /// The number of the scan.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    /// Print new lines as they come, until the command is stopped.
    #[arg(short, long)]
    pub follow: bool,
    /// Begin this much time ago: 90s, 2h, 1h30m, 3d [default: 30d].
    #[arg(long, value_name = "LENGTH", value_parser = values::length)]
    pub since: Option<Duration>,
    /// Print one JSON object for each line: the function, and its line as it wrote it.
    #[arg(long)]
    pub json: bool,
    /// Read the log files of a local stack in this directory instead of CloudWatch Logs.
    #[arg(long, env = STACK_LOGS, value_name = "DIR", help_heading = "Service")]
    pub log_directory: Option<String>,
    #[command(flatten)]
    pub service: ServiceArguments,
}

const LOGS_EXAMPLES: &str = "\
Examples:
  quire logs 7 --since 2h
  quire --stack quire logs 7 --follow";

#[derive(Debug, Args)]
#[command(after_help = watch_exit_statuses())]
pub struct Watch {
    /// The number of the scan [default: all unfinished scans].
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: Option<ScanId>,
    /// Print one JSON object for each change on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Each setting may be missing: that is one of the things to report.
#[derive(Debug, Args)]
#[command(after_help = doctor_exit_statuses())]
pub struct Doctor {
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// The bucket that people upload to.
    #[arg(long, env = UPLOAD_BUCKET, value_name = "BUCKET", help_heading = "Service")]
    pub upload_bucket: Option<String>,
    #[command(flatten)]
    pub results: ResultArguments,
    #[command(flatten)]
    pub queues: LetterQueueArguments,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// Exit status of `quire doctor` if something is wrong.
pub const DOCTOR_FOUND_FAULTS: u8 = 13;

fn doctor_exit_statuses() -> String {
    let faults = (DOCTOR_FOUND_FAULTS, "At least one check failed.");
    failure::exit_statuses(service_failures().chain([faults]))
}

#[derive(Debug, Args)]
#[command(after_help = format!("{RECONCILE_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Reconcile {
    /// Say what a pass would do, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub acting: Acting,
    #[command(flatten)]
    pub queues: QueueArguments,
    /// The bus on which the ends of scans are published.
    #[arg(long, env = EVENT_BUS, value_name = "NAME", help_heading = "Service")]
    pub event_bus: Option<String>,
    #[command(flatten)]
    pub rules: RuleArguments,
    /// The setting of the functions with the same name [default: 600].
    #[arg(long, env = "QUIRE_RESEND_AFTER_SECONDS", value_name = "SECONDS", help_heading = "Service")]
    pub resend_after_seconds: Option<u64>,
}

const RECONCILE_EXAMPLES: &str = "\
Examples:
  See what is stuck, scan by scan:
    quire reconcile --dry-run
  Repair it now instead of in five minutes:
    quire reconcile";

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Rebuild {
    #[command(flatten)]
    pub acting: Acting,
    #[command(flatten)]
    pub results: ResultArguments,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{INVITE_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Invite {
    /// What the person signs in with: a name, or an e-mail address.
    pub name: Actor,
    /// viewer sees everything; reviewer also uploads, names and approves; operator also retries, skips pages, cancels,
    /// deletes and handles dead letters; admin also invites people.
    #[arg(long, default_value_t = Role::Viewer, value_parser = values::role)]
    pub role: Role,
    /// Do nothing if somebody can sign in already.
    #[arg(long)]
    pub first: bool,
    #[command(flatten)]
    pub acting: Acting,
    /// The address of the console, with which the link begins.
    #[arg(long, env = CONSOLE_URL, value_name = "URL", help_heading = "Service")]
    pub console_url: Option<String>,
}

const INVITE_EXAMPLES: &str = "\
Examples:
  Invite the first person of a new deployment:
    quire invite ada@example.org --role admin --stack quire
  Let somebody who forgot the password choose another one:
    quire invite ben@example.org --role reviewer";

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Migrate {
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// What every action of an operator has.
#[derive(Debug, Args)]
pub struct Acting {
    /// Record this name in the timeline of the scan [default: the user of the system].
    #[arg(long = "as", env = "QUIRE_ACTOR", value_name = "NAME")]
    pub actor: Option<Actor>,
    /// Print the result as one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub database: DatabaseArguments,
}

/// An action that sends no message.
#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Action {
    /// The number of the scan.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    #[command(flatten)]
    pub acting: Acting,
}

/// An action that sends messages.
#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct SendingAction {
    #[command(flatten)]
    pub action: Action,
    #[command(flatten)]
    pub queues: QueueArguments,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{RETRY_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Retry {
    /// The number of the scan.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..), required_unless_present = "all", conflicts_with = "all")]
    pub scan: Option<ScanId>,
    /// Retry every FAILED scan that --code and --stage choose, after saying how many they are and how long they take.
    #[arg(long)]
    pub all: bool,
    /// Only scans that failed with this code, also as the code of their last attempt, such as objects.unreachable.
    #[arg(long, value_name = "CODE", requires = "all")]
    pub code: Option<String>,
    /// Only scans that failed at this stage: compress, scan or split.
    #[arg(long, value_name = "STAGE", requires = "all", value_parser = values::stage)]
    pub stage: Option<Stage>,
    /// Do not ask.
    #[arg(long, requires = "all")]
    pub yes: bool,
    #[command(flatten)]
    pub acting: Acting,
    #[command(flatten)]
    pub queues: QueueArguments,
}

const RETRY_EXAMPLES: &str = "\
Examples:
  quire retry 7
  After S3 was away, retry everything that it made fail:
    quire retry --all --code objects.unreachable";

#[derive(Debug, Args)]
#[command(after_help = format!("{SKIP_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Skip {
    /// The number of the scan. It must be FAILED or CANCELLED.
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub scan: ScanId,
    /// The pages, counted from 1 in the file, not by their printed numbers: 17 20 or 17,20.
    #[arg(required = true, value_name = "PAGE", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(1..))]
    pub pages: Vec<i32>,
    /// Process these pages again, which are skipped.
    #[arg(long)]
    pub undo: bool,
    #[command(flatten)]
    pub acting: Acting,
    #[command(flatten)]
    pub queues: QueueArguments,
}

const SKIP_EXAMPLES: &str = "\
Examples:
  See which pages were being worked on when the workers of a scan were lost, and skip one of them:
    quire show 7
    quire skip 7 17
  Process it again after all, for example with another release of Quire:
    quire skip 7 17 --undo";

#[derive(Debug, Args)]
#[command(after_help = format!("{DEFER_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Defer {
    #[command(flatten)]
    pub time: DeferTime,
    #[command(flatten)]
    pub sending: SendingAction,
}

const DEFER_EXAMPLES: &str = "\
Examples:
  quire defer 7 --for 1h30m
  quire defer 7 --until \"2026-12-24 05:00\"";

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct DeferTime {
    /// Start the scan at this time: 2026-12-24T06:00:00+01:00, or "2026-12-24 05:00" for UTC. A time in the past ends an
    /// earlier deferral.
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub until: Option<OffsetDateTime>,
    /// Start the scan after this much time: 90s, 2h, 1h30m, 3d.
    #[arg(long = "for", value_name = "LENGTH", value_parser = values::length)]
    pub length: Option<Duration>,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{DESCRIBE_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Describe {
    /// The reporter, such as a3d.
    #[arg(long)]
    pub reporter: String,
    /// The volume, such as 217.
    #[arg(long)]
    pub volume: String,
    /// The number printed on the first page.
    #[arg(long, value_name = "N")]
    pub first_page: u32,
    #[command(flatten)]
    pub sending: SendingAction,
}

const DESCRIBE_EXAMPLES: &str = "\
Example:
  quire describe 7 --reporter a3d --volume 217 --first-page 101";
