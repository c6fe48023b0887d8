//! Why an image could not be read.

use crate::external::command::CommandError;
use crate::text::hocr::HocrError;
use domain::FailureCode;
use enum_assoc::Assoc;

/// Why an image could not be read.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum RecognitionError {
    /// Tesseract is missing, failed or was stopped.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Command(CommandError),
    /// Tesseract is there, its language is not.
    #[error("Tesseract does not know the language {language}; install it with: apt-get install {package}")]
    #[assoc(code = FailureCode::TesseractLanguageMissing)]
    LanguageMissing {
        /// The language, as Tesseract calls it.
        language: String,
        /// The Debian package that holds it.
        package: String,
    },
    /// Tesseract's answer could not be understood.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Hocr(#[from] HocrError),
    /// An image whose bytes do not fit its size.
    #[error(
        "an image of {width} x {height} pixels with {bytes} bytes cannot be read; this is a fault of Quire, please report it"
    )]
    #[assoc(code = FailureCode::TesseractImage)]
    Image {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Bytes of the image.
        bytes: usize,
    },
    /// The crops could not be stored for Tesseract to read.
    #[error("could not store the crops of page numbers ({0}); free some space or set TMPDIR to another disk")]
    #[assoc(code = FailureCode::TesseractScratch)]
    Scratch(#[from] std::io::Error),
    /// Tesseract did not answer for every crop.
    #[error(
        "Tesseract answered for {found} of {expected} page numbers; run again, and report it if that does not help"
    )]
    #[assoc(code = FailureCode::TesseractCount)]
    Count {
        /// Crops that were given.
        expected: usize,
        /// Answers that came.
        found: usize,
    },
}

impl RecognitionError {
    pub(super) fn language_missing(language: &str) -> Self {
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

/// The language that Tesseract complains about: `Failed loading language 'xyz'`.
pub(super) fn missing_language(complaints: &str) -> Option<String> {
    let (_, rest) = complaints.split_once("Failed loading language '")?;
    rest.split_once('\'').map(|(language, _)| language.to_owned())
}
