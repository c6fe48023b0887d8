//! How volumes are worked on, whichever volume it is.

use crate::external::ghostscript::CompressionOptions;
use crate::installation::Installation;
use crate::source::Limits;
use domain::ModelChoice;

/// How volumes are worked on: the part of a request that is not about one volume.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which models look at the pages.
    pub model: ModelChoice,
    /// Whether the pages are read by Tesseract.
    pub ocr: bool,
    /// Finer pages are reduced to this resolution before they are read, in dots an inch.
    pub reading_resolution: u32,
    /// Tesseract's language.
    pub language: String,
    /// Whether opinions are also written without redaction.
    pub unredacted: bool,
    /// How many pages are worked on at once.
    pub jobs: usize,
    /// What the intake checks allow.
    pub limits: Limits,
    /// How page images are made smaller.
    pub compression: CompressionOptions,
    /// Where models and native libraries are.
    pub installation: Installation,
}

impl Settings {
    /// The settings of `quire process` without any option: both models, words at 200 dpi in English, one page a core.
    #[must_use]
    pub fn new(installation: Installation) -> Self {
        Self {
            model: ModelChoice::default(),
            ocr: true,
            reading_resolution: DEFAULT_READING_RESOLUTION,
            language: DEFAULT_LANGUAGE.to_owned(),
            unredacted: false,
            jobs: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            limits: Limits::default(),
            compression: CompressionOptions::default(),
            installation,
        }
    }
}

/// What finer pages are reduced to before they are read, in dots an inch.
pub const DEFAULT_READING_RESOLUTION: u32 = 200;

/// English, as Tesseract names it.
pub const DEFAULT_LANGUAGE: &str = "eng";
