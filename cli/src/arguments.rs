//! The command line. It is the whole configuration of the commands that need only a file; the commands of the service
//! also take settings from the environment.

#[cfg(feature = "service")]
use crate::service::ServiceCommand;

use crate::failure::exit_statuses;
use crate::findings::{ALWAYS_MUST_LOOK_MEANING, MUST_LOOK, MUST_LOOK_MEANING};
use clap::{Args, Parser, Subcommand};
use domain::{ModelChoice, ModelName, PageReader};
use engine::detection::Label;
use engine::external::ghostscript::CompressionOptions;
use engine::installation::Installation;
use engine::settings::{DEFAULT_LANGUAGE, DEFAULT_READING_RESOLUTION, Request, Settings};
use engine::source::Limits;
use std::path::PathBuf;

/// Turn a scanned law volume into redacted opinions, on this machine or in the service.
#[derive(Debug, Parser)]
#[command(name = "quire", version, after_help = after_help(), propagate_version = true)]
pub struct Arguments {
    /// The commands of the service have this option, too. Here it may also stand before the command.
    #[cfg(feature = "service")]
    #[arg(long, global = true, hide = true, value_name = "NAME")]
    pub stack: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

fn after_help() -> &'static str {
    if cfg!(feature = "service") {
        "`quire COMMAND --help` shows the options and exit statuses of a command.\n\
         `quire --stack NAME COMMAND` takes the settings of the service from a CloudFormation stack."
    } else {
        "`quire COMMAND --help` shows the options and exit statuses of a command.\n\
         This build has no commands for the service (upload, scans, show, watch and others); the full build has them: \
         cargo build --release --package cli"
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compress, read, redact and split a volume on this machine.
    Process(Process),
    /// Check whether the pages of a volume are complete, in order and usable.
    Validate(Validate),
    /// Compute the opinions again from a file of detections, which you may have edited.
    Pair(Pair),
    /// Draw the detected objects, and what will be covered, on a picture of each page.
    Inspect(Inspect),
    /// Install a detection model of your own.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Print a script that completes commands and options in a shell.
    Completions(Completions),
    /// Write the pages for man.
    Man(Manual),
    #[cfg(feature = "service")]
    #[command(flatten)]
    Service(Box<ServiceCommand>),
}

#[derive(Debug, Args)]
#[command(after_help = format!("{PROCESS_EXAMPLES}\n\n{}", exit_statuses([(MUST_LOOK, MUST_LOOK_MEANING)])))]
pub struct Process {
    /// The scanned volume. Its name gives reporter, volume and pages: a3d.217.101.120.original.pdf.
    pub volume: PathBuf,
    /// Write the results to OUT/REPORTER/VOLUME/FIRST/.
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// Write the opinions without redaction, too.
    #[arg(long)]
    pub unredacted: bool,
    /// Write the footnotes of each opinion to a PDF of their own, too.
    #[arg(long)]
    pub footnotes: bool,
    /// Write every redacted page to a PDF of its own, too, with an invisible mark where an opinion ends.
    #[arg(long = "pages")]
    pub single_pages: bool,
    /// Put blank pages in the places of these pages, which no program opens. They count from 1 in the file: 17,20.
    #[arg(long, value_name = "PAGES", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub skip_pages: Vec<u32>,
    /// Exit with status 12 if there is a finding that a person must look at.
    #[arg(long)]
    pub strict: bool,
    /// Print the result as one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub scan: ScanOptions,
    #[command(flatten)]
    pub compression: CompressionArguments,
}

const PROCESS_EXAMPLES: &str = "\
Examples:
  Process pages 101 to 120 of volume 217 of the reporter a3d:
    quire process a3d.217.101.120.original.pdf -o out
  Name the volume when the file name does not:
    quire process scan.pdf -o out --reporter a3d --volume 217 --first-page 101
  Skip text recognition for a quick look at the redactions:
    quire process a3d.217.101.120.original.pdf -o out --no-ocr --model small";

#[derive(Debug, Args)]
#[command(after_help = format!("{VALIDATE_EXAMPLES}\n\n{}", exit_statuses([(MUST_LOOK, ALWAYS_MUST_LOOK_MEANING)])))]
pub struct Validate {
    /// The scanned volume. Its name may give the pages: a3d.217.101.120.original.pdf.
    pub volume: PathBuf,
    /// The number printed on the first page, if the file name does not give it or is wrong.
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// The number printed on the last page, if the file name does not give it or is wrong.
    #[arg(long, value_name = "N")]
    pub last_page: Option<u32>,
    /// Print the result as one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Detect the page numbers with these models: small, medium, both, or the name of an imported one.
    #[arg(long, value_name = "NAME", default_value = "small")]
    pub model: ModelChoice,
    #[command(flatten)]
    pub machine: Machine,
}

const VALIDATE_EXAMPLES: &str = "\
Examples:
  Check a volume whose name gives its pages:
    quire validate a3d.217.101.120.original.pdf
  Say which numbers it should have:
    quire validate scan.pdf --first-page 101 --last-page 120";

#[derive(Debug, Args)]
#[command(after_help = format!("{PAIR_EXAMPLES}\n\n{}", exit_statuses([])))]
pub struct Pair {
    /// The file of detections that `quire process` wrote.
    pub detections: PathBuf,
    /// The number printed on the first page, for pages without a number of their own [default: 1].
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// Write the opinions to this file [default: standard output].
    #[arg(short, long, value_name = "OPINIONS.json")]
    pub output: Option<PathBuf>,
}

const PAIR_EXAMPLES: &str = "\
Example:
  quire pair out/a3d/217/101/detections.json --first-page 101 -o opinions.json";

#[derive(Debug, Args)]
#[command(after_help = format!("{INSPECT_EXAMPLES}\n\n{}", exit_statuses([])))]
pub struct Inspect {
    /// The scanned volume.
    pub volume: PathBuf,
    /// Draw only these pages, counted from 1: 1-4,7 [default: all pages].
    #[arg(long, value_name = "PAGES")]
    pub pages: Option<engine::inspect::PageSelection>,
    /// Draw only boxes with these labels, such as CASE_CAPTION,KEY_ICON [default: all boxes].
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    pub labels: Option<Vec<Label>>,
    /// Write one PDF of all pages instead of a picture for each.
    #[arg(long)]
    pub pdf: bool,
    /// Write the pictures to this directory.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub scan: ScanOptions,
}

const INSPECT_EXAMPLES: &str = "\
Examples:
  quire inspect a3d.217.101.120.original.pdf --pages 1-4,7 -o pictures
  quire inspect a3d.217.101.120.original.pdf --pdf --labels CASE_CAPTION,KEY_ICON -o pictures";

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Convert and install a checkpoint of ultralytics for `--model NAME`, or a language of Tesseract for `--language
    /// NAME`.
    Import(ModelImport),
}

#[derive(Debug, Args)]
#[command(after_help = format!("{MODEL_IMPORT_EXAMPLES}\n\n{}", exit_statuses([])))]
pub struct ModelImport {
    /// The checkpoint of a YOLO detection model, such as best.pt, or a .traineddata file of Tesseract 4 or 5. It is read
    /// as data and never executed.
    pub file: PathBuf,
    /// Install the model or language under this name: letters, digits, - and _ [default: the file's name].
    #[arg(long)]
    pub name: Option<ModelName>,
    #[command(flatten)]
    pub home: Home,
}

const MODEL_IMPORT_EXAMPLES: &str = "\
Examples:
  Use a detection model of your own:
    quire model import runs/detect/train/weights/best.pt --name mine
    quire process a3d.217.101.120.original.pdf -o out --model mine
  Read pages in another language:
    quire model import /usr/share/tesseract-ocr/5/tessdata/deu.traineddata
    quire process scan.pdf -o out --language deu";

#[derive(Debug, Args)]
#[command(after_help = format!("{COMPLETIONS_EXAMPLES}\n\n{}", exit_statuses([])))]
pub struct Completions {
    /// The shell.
    pub shell: clap_complete::Shell,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  quire completions bash > ~/.local/share/bash-completion/completions/quire
  quire completions fish > ~/.config/fish/completions/quire.fish";

#[derive(Debug, Args)]
#[command(after_help = format!("{MANUAL_EXAMPLES}\n\n{}", exit_statuses([])))]
pub struct Manual {
    /// Write the pages to this directory.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

const MANUAL_EXAMPLES: &str = "\
Example:
  quire man --output ~/.local/share/man/man1
  man quire-upload";

/// Where the installation is.
#[derive(Debug, Args)]
pub struct Home {
    /// Find models and libraries in this directory [default: $XDG_DATA_HOME/quire or ~/.local/share/quire].
    #[arg(long, env = "QUIRE_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
}

impl Home {
    pub fn installation(self) -> Installation {
        let named = self.home.map(Installation::new).or_else(Installation::of_user);
        named.unwrap_or_else(|| Installation::new("quire"))
    }
}

/// The options that `process` and `inspect` share.
#[derive(Debug, Args)]
pub struct ScanOptions {
    /// Use this reporter instead of the one in the file name.
    #[arg(long)]
    pub reporter: Option<String>,
    /// Use this volume instead of the one in the file name.
    #[arg(long = "volume", id = "volume-number", value_name = "VOLUME")]
    pub volume_number: Option<String>,
    /// The number printed on the first page, if the file name does not give it or is wrong.
    #[arg(long, value_name = "N")]
    pub first_page: Option<u32>,
    /// Detect objects with these models: small, medium, both, or the name of an imported one.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub model: ModelChoice,
    /// Skip text recognition. It is faster, but the results have no words.
    #[arg(long)]
    pub no_ocr: bool,
    /// Read the words with this reader: quire or tesseract. Quire leaves doubtful pages to Tesseract.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub reader: PageReader,
    /// The language of the pages, as Tesseract names it.
    #[arg(long, value_name = "LANGUAGE", default_value = DEFAULT_LANGUAGE)]
    pub language: String,
    /// Reduce finer pages to this resolution before text recognition. Raise it for type smaller than 7 points.
    #[arg(long, value_name = "DPI", default_value_t = DEFAULT_READING_RESOLUTION,
          value_parser = clap::value_parser!(u32).range(100..=600))]
    pub reading_resolution: u32,
    #[command(flatten)]
    pub machine: Machine,
}

/// What a command that works on pages may use of this machine.
#[derive(Debug, Args)]
pub struct Machine {
    /// Work on this many pages at once [default: one for each core].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub home: Home,
    #[command(flatten)]
    pub limits: SourceLimits,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct SourceLimits {
    /// Refuse a volume with more pages.
    #[arg(long, value_name = "N", default_value_t = engine::source::DEFAULT_MAX_PAGES)]
    pub max_pages: usize,
    /// Refuse a volume with a page whose longer side has more points.
    #[arg(long, value_name = "POINTS", default_value_t = engine::source::DEFAULT_MAX_PAGE_POINTS)]
    pub max_page_points: f64,
    /// Refuse a volume with a page whose image has more pixels.
    #[arg(long, value_name = "N", default_value_t = engine::source::DEFAULT_MAX_PAGE_PIXELS)]
    pub max_page_pixels: u64,
    /// Refuse a larger file.
    #[arg(long, value_name = "BYTES", default_value_t = engine::source::DEFAULT_MAX_FILE_BYTES)]
    pub max_file_bytes: u64,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Compression")]
pub struct CompressionArguments {
    /// Reduce finer page images to this resolution.
    #[arg(long, value_name = "DPI", default_value_t = CompressionOptions::default().resolution,
          value_parser = clap::value_parser!(u32).range(72..=1200))]
    pub resolution: u32,
    /// Scale the JPEG quantisation tables. 1 means quality 50; a larger factor makes smaller and coarser files.
    #[arg(long, value_name = "FACTOR", default_value_t = CompressionOptions::default().quantisation,
          value_parser = quantisation)]
    pub quantisation: f64,
}

fn quantisation(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if (0.05..=20.0).contains(&factor) { Ok(factor) } else { Err("it must be between 0.05 and 20".to_owned()) }
}

impl ScanOptions {
    /// The engine's request for a volume.
    pub fn request(self, input: PathBuf, output: PathBuf) -> Request {
        let Machine { jobs, home, limits } = self.machine;
        let settings = Settings {
            model: self.model,
            ocr: !self.no_ocr,
            reader: self.reader,
            reading_resolution: self.reading_resolution,
            language: self.language,
            jobs: jobs.map_or_else(cores, usize::from),
            limits: Limits {
                max_pages: limits.max_pages,
                max_page_points: limits.max_page_points,
                max_page_pixels: limits.max_page_pixels,
                max_file_bytes: limits.max_file_bytes,
            },
            ..Settings::new(home.installation())
        };
        Request {
            reporter: self.reporter,
            volume: self.volume_number,
            first_page: self.first_page,
            ..Request::new(input, output, settings)
        }
    }
}

impl Validate {
    /// The engine's request. Words are not read, and nothing is written.
    pub fn request(self) -> Request {
        let scan = ScanOptions {
            reporter: None,
            volume_number: None,
            first_page: self.first_page,
            model: self.model,
            no_ocr: true,
            reader: PageReader::default(),
            language: DEFAULT_LANGUAGE.to_owned(),
            reading_resolution: DEFAULT_READING_RESOLUTION,
            machine: self.machine,
        };
        Request { last_page: self.last_page, ..scan.request(self.volume, PathBuf::new()) }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
