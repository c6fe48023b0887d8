//! Why a page's pixels cannot be had.

use domain::FailureCode;
use enum_assoc::Assoc;

/// A page without pixels, or no program to draw it. Pages in messages count from 1, as readers do.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum PixelError {
    /// The page or its image is damaged.
    #[error("Page {page} cannot be read: {reason}. It stays a blank page; scan it again to have it.")]
    #[assoc(code = FailureCode::PixelsDamaged)]
    Damaged {
        /// The page, from 1.
        page: usize,
        /// What is wrong.
        reason: String,
    },
    /// The volume has no such page.
    #[error("There is no page {page}. This is a fault of Quire; please report it.")]
    #[assoc(code = FailureCode::PixelsNoSuchPage)]
    NoSuchPage {
        /// The page, from 1.
        page: usize,
    },
    /// The page needs PDFium and none was given.
    #[error("Page {page} is not a plain scan and needs PDFium to be drawn. Install it with `cargo xtask setup`.")]
    #[assoc(code = FailureCode::PixelsNoRenderer)]
    NoRenderer {
        /// The page, from 1.
        page: usize,
    },
    /// The library cannot be loaded.
    #[error("PDFium cannot be loaded from {path}: {cause}. Install it with `cargo xtask setup`.")]
    #[assoc(code = FailureCode::PixelsLibraryMissing)]
    LibraryMissing {
        /// Where it was looked for.
        path: String,
        /// What the loader said.
        cause: String,
    },
    /// PDFium does not open the file.
    #[error("PDFium cannot open the volume: {cause}. Mend the file with `qpdf IN.pdf OUT.pdf` and bring that.")]
    #[assoc(code = FailureCode::PixelsNotOpened)]
    NotOpened {
        /// What PDFium said.
        cause: String,
    },
    /// PDFium and the page tree differ about the number of pages, so that pages would be mixed up.
    #[error("The file claims {claimed} pages and has {counted}. Mend it with `qpdf IN.pdf OUT.pdf` and bring that.")]
    #[assoc(code = FailureCode::PixelsPageCount)]
    PageCount {
        /// Pages by the file's own word.
        claimed: usize,
        /// Pages counted.
        counted: usize,
    },
}
