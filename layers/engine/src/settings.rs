//! What to do with a volume: the settings that hold for any volume, and the request for one.

use crate::error::EngineError;
use crate::external::ghostscript::CompressionOptions;
use crate::installation::Installation;
use crate::source::{Limits, SkippedPages};
use domain::{ModelChoice, PageReader, VolumeName};
use std::path::PathBuf;

/// The default of [`Settings::reading_resolution`], in dots per inch. On the pixels of a usual scan, Quire's reader makes a
/// third fewer errors than at 200 dpi and takes 15 % more time.
pub const DEFAULT_READING_RESOLUTION: u32 = 300;

/// English, by Tesseract's name.
pub const DEFAULT_LANGUAGE: &str = "eng";

/// The settings that do not depend on the volume.
#[derive(Debug, Clone)]
pub struct Settings {
    pub model: ModelChoice,
    /// Whether the words of the pages are read.
    pub ocr: bool,
    /// What reads the words of the pages.
    pub reader: PageReader,
    /// Finer pages are reduced to this resolution before they are read, in dots per inch.
    pub reading_resolution: u32,
    /// The language of the volume, by Tesseract's name.
    pub language: String,
    /// Whether the opinions are also written without redactions.
    pub unredacted: bool,
    /// Whether the footnotes of each opinion are also written to a file of their own.
    pub footnotes: bool,
    /// Whether every redacted page is also written to a file of its own, with an invisible mark where an opinion ends.
    pub single_pages: bool,
    /// Whether a small picture of every page is also written, for people who do not have the file at hand.
    pub previews: bool,
    /// How many pages are worked on at once.
    pub jobs: usize,
    pub limits: Limits,
    pub compression: CompressionOptions,
    pub installation: Installation,
}

impl Settings {
    /// The defaults of `quire process`: both models, English words at 300 dpi, one job per core.
    #[must_use]
    pub fn new(installation: Installation) -> Self {
        Self {
            model: ModelChoice::default(),
            ocr: true,
            reader: PageReader::default(),
            reading_resolution: DEFAULT_READING_RESOLUTION,
            language: DEFAULT_LANGUAGE.to_owned(),
            unredacted: false,
            footnotes: false,
            single_pages: false,
            previews: false,
            jobs: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            limits: Limits::default(),
            compression: CompressionOptions::default(),
            installation,
        }
    }
}

/// One volume, and what to make of it. Reporter, volume, first and last page replace what the name of the file says.
#[derive(Debug, Clone)]
pub struct Request {
    pub input: PathBuf,
    /// `process` writes to `<output>/<reporter>/<volume>/<first page>/`,
    /// `inspect` directly to `<output>`.
    pub output: PathBuf,
    pub reporter: Option<String>,
    pub volume: Option<String>,
    /// The number printed on the first page.
    pub first_page: Option<u32>,
    /// The number printed on the last page.
    pub last_page: Option<u32>,
    pub skipped: SkippedPages,
    pub settings: Settings,
}

impl Request {
    /// Takes reporter, volume and pages from the name of the file, and skips no page.
    #[must_use]
    pub fn new(input: PathBuf, output: PathBuf, settings: Settings) -> Self {
        Self {
            input,
            output,
            reporter: None,
            volume: None,
            first_page: None,
            last_page: None,
            skipped: SkippedPages::default(),
            settings,
        }
    }

    /// # Errors
    /// [`EngineError::Naming`] if neither the request nor the name of the file says the reporter and the volume.
    pub(crate) fn volume_name(&self) -> Result<VolumeName, EngineError> {
        let named = VolumeName::from_path(&self.input);
        let (Some(reporter), Some(volume)) = (&self.reporter, &self.volume) else {
            let named = named?;
            let reporter = self.reporter.as_deref().unwrap_or(named.reporter());
            let volume = self.volume.as_deref().unwrap_or(named.volume());
            let (first, last) = self.printed_pages(Some(&named));
            return Ok(VolumeName::new(reporter, volume, first, last)?);
        };
        let (first, last) = self.printed_pages(named.ok().as_ref());
        Ok(VolumeName::new(reporter, volume, first, last)?)
    }

    /// The numbers of the first and last page. The last one of the file name counts only if it fits the first.
    fn printed_pages(&self, named: Option<&VolumeName>) -> (Option<u32>, Option<u32>) {
        let first = self.first_page.or(named.and_then(VolumeName::first_page));
        let last = named.and_then(VolumeName::last_page);
        (first, self.last_page.or(last.filter(|last| first.is_none_or(|first| first <= *last))))
    }

    /// The name of the volume if no file is named after it, so that any name will do.
    pub(crate) fn volume_name_or_default(&self) -> Result<VolumeName, EngineError> {
        self.volume_name().or_else(|_| Ok(VolumeName::new("volume", "1", self.first_page, self.last_page)?))
    }
}
