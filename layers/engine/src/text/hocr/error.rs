//! Why a page of hOCR could not be read.

use domain::FailureCode;
use enum_assoc::Assoc;

/// Why a page of hOCR could not be read.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum HocrError {
    /// Not UTF-8.
    #[error("Tesseract's answer is not UTF-8 text; check that the tesseract on the PATH is the real one")]
    #[assoc(code = FailureCode::HocrEncoding)]
    Encoding,
    /// More or fewer pages than images.
    #[error(
        "Tesseract answered with {found} pages for {expected}; check that the tesseract on the PATH is the real one"
    )]
    #[assoc(code = FailureCode::HocrPageCount)]
    PageCount {
        /// Images that were given.
        expected: usize,
        /// Pages that came.
        found: usize,
    },
    /// Not well-formed XML.
    #[error("Tesseract's answer is not well-formed hOCR ({0}); check that the tesseract on the PATH is the real one")]
    #[assoc(code = FailureCode::HocrMalformed)]
    Malformed(String),
    /// A number that is none, or is out of bounds.
    #[error(
        "Tesseract's answer holds a position that makes no sense ({0:.60}); scan this page anew if it happens again"
    )]
    #[assoc(code = FailureCode::HocrPosition)]
    Position(String),
    /// More nesting, words or letters than a page can have.
    #[error("Tesseract's answer has too many {0} for one page; scan this page anew at a usual resolution")]
    #[assoc(code = FailureCode::HocrTooMuch)]
    TooMuch(&'static str),
}

impl From<quick_xml::Error> for HocrError {
    fn from(error: quick_xml::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<quick_xml::events::attributes::AttrError> for HocrError {
    fn from(error: quick_xml::events::attributes::AttrError) -> Self {
        Self::Malformed(error.to_string())
    }
}
