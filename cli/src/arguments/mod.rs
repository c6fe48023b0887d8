//! The command line. For the engine's own commands it is the whole configuration; those that talk to the service take
//! settings from the environment, too.

mod service;
mod values;

use domain::ModelChoice;
pub use service::{
    AwsArguments, DatabaseArguments, Defer, DeferTime, Describe, FileArguments, Migrate, QueueArguments, Quiet, Scans,
    Sending, ServiceCommand, Show, Upload, UploadTarget, Watch,
};
pub use values::Secret;

use clap::{Args, Parser, Subcommand};
use engine::external::ghostscript::CompressionOptions;
use engine::installation::Installation;
use engine::settings::{DEFAULT_LANGUAGE, DEFAULT_READING_RESOLUTION, Request, Settings};
use engine::source::Limits;
use std::path::PathBuf;

const EXIT_STATUS: &str = "\
Exit status:
    0  done
    2  wrong arguments, or a setting is missing
    3  the input is at fault
    4  a program, library or model is missing
    5  disk, memory or time ran out
    6  a fault of quire or of a program that it runs
    7  the database, S3 or a queue does not answer or refuses
    8  there is no such scan, or its status does not allow it
    9  a scan that was watched is FAILED
   10  a scan that was watched is CANCELLED
   11  a scan that was watched waits for a person to describe or confirm it
  130  stopped";

/// A scanned law volume in, its opinions out.
#[derive(Debug, Parser)]
#[command(name = "quire", version, after_help = EXIT_STATUS, propagate_version = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compress, read, redact and split a volume.
    Process(Process),
    /// Compute the opinions anew from a file of detections, which a person may have edited.
    Pair(Pair),
    /// Draw what the models see, and what will be covered, onto a picture of each page.
    Inspect(Inspect),
    #[command(flatten)]
    Service(ServiceCommand),
}

/// Arguments of `quire process`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Process {
    /// The scanned volume; its name says reporter, volume and pages: a3d.217.101.120.original.pdf.
    pub volume: PathBuf,
    /// Where results go: OUT/<reporter>/<volume>/<first page>/.
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// Also write the opinions without redaction.
    #[arg(long)]
    pub unredacted: bool,
    /// Print one JSON object with the result on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub scan: Scan,
    #[command(flatten)]
    pub compression: Compression,
}

/// Arguments of `quire pair`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Pair {
    /// The file of detections.
    pub detections: PathBuf,
    /// Number printed on the first page, for pages that carry none [default: 1].
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// Where the opinions go [default: standard output].
    #[arg(short, long, value_name = "OPINIONS.json")]
    pub output: Option<PathBuf>,
}

/// Arguments of `quire inspect`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Inspect {
    /// The scanned volume.
    pub volume: PathBuf,
    /// Which pages, from 1: 1-4,7 [default: all].
    #[arg(long, value_name = "PAGES")]
    pub pages: Option<engine::inspect::PageSelection>,
    /// The directory for the pictures.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub scan: Scan,
}

/// What `process` and `inspect` share.
#[derive(Debug, Args)]
pub struct Scan {
    /// Reporter, instead of the one in the file's name.
    #[arg(long)]
    pub reporter: Option<String>,
    /// Volume, instead of the one in the file's name.
    #[arg(long = "volume", id = "volume-number", value_name = "VOLUME")]
    pub volume_number: Option<String>,
    /// Number printed on the first page, instead of the one in the file's name.
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// Which models look at the pages.
    #[arg(long, value_enum, default_value = "both")]
    pub model: ModelChoice,
    /// Do not read the pages: faster, no words in the results.
    #[arg(long)]
    pub no_ocr: bool,
    /// Language of the pages, as Tesseract names it.
    #[arg(long, value_name = "LANGUAGE", default_value = DEFAULT_LANGUAGE)]
    pub language: String,
    /// Finer pages are reduced to this before they are read; raise it for type below 7 points.
    #[arg(long, value_name = "DPI", default_value_t = DEFAULT_READING_RESOLUTION,
          value_parser = clap::value_parser!(u32).range(100..=600))]
    pub reading_resolution: u32,
    /// Pages worked on at once [default: one a core].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
    /// Where models and libraries are installed [default: $XDG_DATA_HOME/quire or ~/.local/share/quire].
    #[arg(long, env = "QUIRE_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    #[command(flatten)]
    pub limits: IntakeLimits,
}

/// What the intake checks allow.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct IntakeLimits {
    /// Pages of a volume.
    #[arg(long, value_name = "N", default_value_t = engine::source::DEFAULT_MAX_PAGES)]
    pub max_pages: usize,
    /// Longer side of a page in points.
    #[arg(long, value_name = "POINTS", default_value_t = engine::source::DEFAULT_MAX_PAGE_POINTS)]
    pub max_page_points: f64,
    /// Pixels of a page's image.
    #[arg(long, value_name = "N", default_value_t = engine::source::DEFAULT_MAX_PAGE_PIXELS)]
    pub max_page_pixels: u64,
    /// Bytes of the file.
    #[arg(long, value_name = "BYTES", default_value_t = engine::source::DEFAULT_MAX_FILE_BYTES)]
    pub max_file_bytes: u64,
}

/// How page images are made smaller.
#[derive(Debug, Args)]
#[command(next_help_heading = "Compression")]
pub struct Compression {
    /// Resolution that finer page images are reduced to, in dots an inch.
    #[arg(long, value_name = "DPI", default_value_t = CompressionOptions::default().resolution,
          value_parser = clap::value_parser!(u32).range(72..=1200))]
    pub resolution: u32,
    /// JPEG quantisation: 1 is quality 50, larger is smaller and coarser.
    #[arg(long, value_name = "FACTOR", default_value_t = CompressionOptions::default().quantisation,
          value_parser = quantisation)]
    pub quantisation: f64,
}

fn quantisation(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.05..=20.0).contains(&factor) { Ok(factor) } else { Err("it must lie between 0.05 and 20".to_owned()) }
}

impl Scan {
    /// The engine's request for a volume.
    pub fn request(self, input: PathBuf, output: PathBuf) -> Request {
        Request {
            input,
            output,
            reporter: self.reporter,
            volume: self.volume_number,
            first_page: self.first_page,
            settings: Settings {
                model: self.model,
                ocr: !self.no_ocr,
                reading_resolution: self.reading_resolution,
                language: self.language,
                unredacted: false,
                jobs: self.jobs.map_or_else(cores, usize::from),
                limits: Limits {
                    max_pages: self.limits.max_pages,
                    max_page_points: self.limits.max_page_points,
                    max_page_pixels: self.limits.max_page_pixels,
                    max_file_bytes: self.limits.max_file_bytes,
                },
                compression: CompressionOptions::default(),
                installation: Installation::new(self.home.unwrap_or_else(default_home)),
            },
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The directory that `cargo xtask setup` fills.
fn default_home() -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let data = data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")));
    data.unwrap_or_default().join("quire")
}
