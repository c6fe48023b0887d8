//! Tesseract reads pages, and many small crops that contain page numbers.

#[cfg(test)]
mod tests;

use crate::cancellation::Cancellation;
use crate::pixels::GreyImage;
use crate::programs::command::{Command, CommandError, Output, ResourceLimits};
use crate::text::Line;
use crate::text::hocr::{self, HocrError};
use domain::FailureCode;
use enum_assoc::Assoc;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The program, and the Debian package that contains it.
const PROGRAM: &str = "tesseract";
const PACKAGE: &str = "tesseract-ocr";

/// The name of the input file. Tesseract reads its standard input 6 % faster by this path than by the name `stdin`. A
/// file on the disk is not faster.
const INPUT: &str = "/proc/self/fd/0";

/// Fully automatic page segmentation. Treating the page as one block makes fifteen times as many errors.
const WHOLE_PAGE: &str = "3";

/// The characters of page numbers: digits, and the characters that join two of them to a range.
const NUMBER_CHARACTERS: &str = "0123456789-,";

/// The resolutions that Tesseract accepts as plausible.
const RESOLUTIONS: (f64, f64) = (70.0, 2400.0);

/// The resolution that Tesseract is told for crops, whose type may have any size.
const CROP_RESOLUTION: &str = "300";

/// A page takes a second or two. A page of noise may take a minute.
const TIME_LIMIT: Duration = Duration::from_secs(180);

/// Tesseract writes no files. It uses about 150 MB for a page at 300 dpi.
const LIMITS: ResourceLimits = ResourceLimits { processor_seconds: 180, address_space: 4 << 30, file_size: 1 << 30 };

/// A dense page makes 300 KB of hOCR.
const OUTPUT_LIMIT: usize = 16 << 20;

/// Tesseract with a language. Clones are cheap. Every call starts its own process, so a page that crashes it does not
/// affect other pages, and workers can run in parallel.
#[derive(Debug, Clone)]
pub struct Tesseract {
    language: String,
    cancellation: Cancellation,
    temporary_directory: PathBuf,
    time_limit: Duration,
}

impl Tesseract {
    /// Takes a language (`eng`, or several as `eng+deu`) and a cancellation that stops every call.
    #[must_use]
    pub fn new(language: impl Into<String>, cancellation: Cancellation) -> Self {
        Self {
            language: language.into(),
            cancellation,
            temporary_directory: std::env::temp_dir(),
            time_limit: TIME_LIMIT,
        }
    }

    /// Where crops are stored while they are read. The default is the system's temporary directory.
    #[must_use]
    pub fn temporary_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.temporary_directory = directory.into();
        self
    }

    /// How long one call may take. The default is three minutes.
    #[must_use]
    pub const fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Checks that Tesseract and the language are installed, so that a volume does not fail at its first page.
    ///
    /// # Errors
    /// [`RecognitionError::LanguageMissing`] and [`crate::programs::command::CommandError`].
    pub fn check(&self) -> Result<(), RecognitionError> {
        let output = self.command().argument("--list-langs").run(&self.cancellation)?;
        let listed = String::from_utf8_lossy(&output.stdout);
        let missing = self.language.split('+').find(|wanted| !listed.lines().any(|line| line.trim() == *wanted));
        missing.map_or(Ok(()), |language| Err(RecognitionError::language_missing(language)))
    }

    /// Reads a page. Returns its lines in reading order, in pixels of the image.
    ///
    /// # Errors
    /// [`RecognitionError`] when Tesseract is not installed, fails, is stopped, or returns an invalid result.
    pub fn recognise(&self, image: &GreyImage, dpi: f64) -> Result<Vec<Line>, RecognitionError> {
        whole(image)?;
        let (lowest, highest) = RESOLUTIONS;
        let dpi = dpi.clamp(lowest, highest).round().to_string();
        let output = self.read(
            [INPUT, "stdout", "--dpi", &dpi, "--psm", WHOLE_PAGE, "-l", &self.language, "hocr"],
            image.to_pgm(),
            None,
        )?;
        Ok(hocr::parse(&output.stdout, image.width, image.height)?)
    }

    /// Reads several pages with the same resolution in one process. Loading the language takes a twentieth of the
    /// time of a page.
    ///
    /// # Errors
    /// See [`Tesseract::recognise`], and [`RecognitionError::Scratch`] when the pages cannot be stored.
    pub fn recognise_pages(&self, images: &[GreyImage], dpi: f64) -> Result<Vec<Vec<Line>>, RecognitionError> {
        if let [image] = images {
            return Ok(vec![self.recognise(image, dpi)?]);
        }
        let scratch = tempfile::Builder::new().prefix("quire-pages-").tempdir_in(&self.temporary_directory)?;
        let list: OsString = store(scratch.path(), images.iter())?.into();
        let (lowest, highest) = RESOLUTIONS;
        let dpi = dpi.clamp(lowest, highest).round().to_string();
        let options = ["stdout", "--dpi", &dpi, "--psm", WHOLE_PAGE, "-l", &self.language, "hocr"];
        let pages = u32::try_from(images.len()).unwrap_or(u32::MAX);
        let patient = Self { time_limit: self.time_limit.saturating_mul(pages), ..self.clone() };
        let output =
            patient.read(std::iter::once(list).chain(options.map(OsString::from)), Vec::new(), Some(scratch.path()))?;
        let sizes: Vec<(usize, usize)> = images.iter().map(|image| (image.width, image.height)).collect();
        Ok(hocr::parse_pages(&output.stdout, &sizes)?)
    }

    /// Reads page numbers. Returns one text for each crop, empty where nothing was read. All crops share one process,
    /// because loading the language takes as long as reading seven of them.
    ///
    /// # Errors
    /// See [`Tesseract::recognise`], and [`RecognitionError::Scratch`] when the crops cannot be stored.
    pub fn recognise_page_numbers(
        &self,
        crops: &[GreyImage],
        page_segmentation_mode: u8,
    ) -> Result<Vec<String>, RecognitionError> {
        let filled: Vec<usize> = (0..crops.len()).filter(|&index| crops.get(index).is_some_and(has_area)).collect();
        let mut texts = vec![String::new(); crops.len()];
        if filled.is_empty() {
            return Ok(texts);
        }
        let scratch = tempfile::Builder::new().prefix("quire-numbers-").tempdir_in(&self.temporary_directory)?;
        let list = store(scratch.path(), filled.iter().filter_map(|&index| crops.get(index)))?;
        let output = self.read_numbers(&list, page_segmentation_mode)?;
        let read = page_texts(&output.stdout, filled.len())?;
        for (index, text) in filled.into_iter().zip(read) {
            if let Some(place) = texts.get_mut(index) {
                *place = text;
            }
        }
        Ok(texts)
    }

    fn read_numbers(&self, list: &Path, page_segmentation_mode: u8) -> Result<Output, RecognitionError> {
        let mode = page_segmentation_mode.to_string();
        let whitelist = format!("tessedit_char_whitelist={NUMBER_CHARACTERS}");
        let options = ["stdout", "--dpi", CROP_RESOLUTION, "--psm", &mode, "-l", &self.language, "-c", &whitelist];
        let directory = list.parent();
        let list: OsString = list.into();
        self.read(std::iter::once(list).chain(options.map(OsString::from)), Vec::new(), directory)
    }

    fn read<A: Into<OsString>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: Vec<u8>,
        directory: Option<&Path>,
    ) -> Result<Output, RecognitionError> {
        let mut command = self.command().arguments(arguments).input(input);
        if let Some(directory) = directory {
            command = command.reads(directory);
        }
        let output = command.run(&self.cancellation).map_err(RecognitionError::from)?;
        // If one of several languages is missing, Tesseract only prints a warning and continues without it.
        match missing_language(&String::from_utf8_lossy(&output.stderr)) {
            Some(language) => Err(RecognitionError::language_missing(&language)),
            None => Ok(output),
        }
    }

    fn command(&self) -> Command {
        let command =
            Command::new(PROGRAM, PACKAGE).limits(LIMITS).time_limit(self.time_limit).output_limit(OUTPUT_LIMIT);
        // The directory of languages that were not installed by a package.
        match std::env::var_os("TESSDATA_PREFIX") {
            Some(directory) => command.reads(&directory).environment("TESSDATA_PREFIX", directory),
            None => command,
        }
    }
}

const fn has_area(image: &GreyImage) -> bool {
    image.width > 0 && image.height > 0
}

fn whole(image: &GreyImage) -> Result<(), RecognitionError> {
    if image.is_whole() {
        return Ok(());
    }
    Err(RecognitionError::Image { width: image.width, height: image.height, bytes: image.pixels.len() })
}

/// Writes the crops, and a file that lists them.
fn store<'a>(directory: &Path, crops: impl Iterator<Item = &'a GreyImage>) -> Result<PathBuf, RecognitionError> {
    let mut list = Vec::new();
    for (number, crop) in crops.enumerate() {
        whole(crop)?;
        let file = directory.join(format!("{number}.pgm"));
        fs::write(&file, crop.to_pgm())?;
        list.extend_from_slice(file.as_os_str().as_bytes());
        list.push(b'\n');
    }
    let file = directory.join("list.txt");
    fs::write(&file, list)?;
    Ok(file)
}

/// The texts of Tesseract's pages. A form feed is printed between two pages (version 5) or after each page (version
/// 4). Digits and commas never contain one.
fn page_texts(stdout: &[u8], expected: usize) -> Result<Vec<String>, RecognitionError> {
    let text = String::from_utf8_lossy(stdout);
    let mut pages: Vec<String> = text.split('\u{c}').map(squeezed).collect();
    if pages.len() == expected + 1 && pages.last().is_some_and(String::is_empty) {
        pages.pop();
    }
    let found = pages.len();
    if found == expected { Ok(pages) } else { Err(RecognitionError::Count { expected, found }) }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why Tesseract could not read an image.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum RecognitionError {
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Command(CommandError),
    #[error("Tesseract has no data for the language `{language}`. `apt-get install {package}` installs it.")]
    #[assoc(code = FailureCode::TesseractLanguageMissing)]
    LanguageMissing { language: String, package: String },
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Hocr(#[from] HocrError),
    #[error("An image of {width} by {height} pixels has {bytes} bytes, which do not fit its size.")]
    #[assoc(code = FailureCode::TesseractImage)]
    Image { width: usize, height: usize, bytes: usize },
    #[error("The images for Tesseract could not be stored: {0}.")]
    #[assoc(code = FailureCode::TesseractScratch)]
    Scratch(#[from] std::io::Error),
    #[error("Tesseract answered for {found} of {expected} page numbers.")]
    #[assoc(code = FailureCode::TesseractCount)]
    Count { expected: usize, found: usize },
}

impl RecognitionError {
    fn language_missing(language: &str) -> Self {
        let package = format!("tesseract-ocr-{}", language.replace('_', "-"));
        Self::LanguageMissing { language: language.to_owned(), package }
    }
}

impl From<CommandError> for RecognitionError {
    fn from(error: CommandError) -> Self {
        let CommandError::Failed { last_lines, .. } = &error else {
            return Self::Command(error);
        };
        match missing_language(last_lines) {
            Some(language) => Self::language_missing(&language),
            None => Self::Command(error),
        }
    }
}

/// The language in Tesseract's message `Failed loading language 'xyz'`.
fn missing_language(complaints: &str) -> Option<String> {
    let (_, rest) = complaints.split_once("Failed loading language '")?;
    rest.split_once('\'').map(|(language, _)| language.to_owned())
}
