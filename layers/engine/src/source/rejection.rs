//! The limits on a source volume, and the reasons to reject one.

use domain::FailureCode;
use enum_assoc::Assoc;

/// The longest law volumes have about 1,600 pages.
pub const DEFAULT_MAX_PAGES: usize = 2_000;

/// The longest side of a page, in points: 200 inches, the limit of PDF 1.7 itself.
pub const DEFAULT_MAX_PAGE_POINTS: f64 = 14_400.0;

/// The most pixels of one image, and of one page at 200 dpi.
pub const DEFAULT_MAX_PAGE_PIXELS: u64 = 200_000_000;

/// The largest file. Scratch space and uploads are not sized for more.
pub const DEFAULT_MAX_FILE_BYTES: u64 = 8 << 30;

/// The shortest side of a page, in points: half an inch. Nothing that is printed is smaller.
pub const MIN_PAGE_POINTS: f64 = 36.0;

/// How many bytes the content of one page may unpack to. A page of dense vector art has a few million.
pub const MAX_CONTENT_BYTES: usize = 64 << 20;

/// The limits on a source volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub max_pages: usize,
    /// The longest side of a page, in points.
    pub max_page_points: f64,
    /// For an image, and for a page at 200 dpi.
    pub max_page_pixels: u64,
    pub max_file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pages: DEFAULT_MAX_PAGES,
            max_page_points: DEFAULT_MAX_PAGE_POINTS,
            max_page_pixels: DEFAULT_MAX_PAGE_PIXELS,
            max_file_bytes: DEFAULT_MAX_FILE_BYTES,
        }
    }
}

/// Why a file is rejected. Page numbers in the messages count from 1.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum SourceError {
    #[error("{path} cannot be read: {cause}.")]
    #[assoc(code = FailureCode::SourceUnreadable)]
    Unreadable { path: String, cause: std::io::Error },
    #[error("The file is empty (0 bytes).")]
    #[assoc(code = FailureCode::SourceEmpty)]
    Empty,
    #[error("The file is {found}, not a PDF.")]
    #[assoc(code = FailureCode::SourceNotPdf)]
    NotPdf {
        /// What the first bytes look like.
        found: &'static str,
    },
    #[error("The file is cut off: {missing}.")]
    #[assoc(code = FailureCode::SourceTruncated)]
    Truncated { missing: &'static str },
    /// A password is set, even if it is empty.
    #[error("The file is encrypted.")]
    #[assoc(code = FailureCode::SourceEncrypted)]
    Encrypted,
    /// The structure cannot be followed, even after a search of the whole file.
    #[error("The PDF is damaged: {what}.")]
    #[assoc(code = FailureCode::SourceDamaged)]
    Damaged { what: &'static str },
    #[error("The file has {bytes} bytes. The limit is {limit} bytes.")]
    #[assoc(code = FailureCode::SourceFileTooLarge)]
    FileTooLarge { bytes: u64, limit: u64 },
    #[error("The PDF has no pages.")]
    #[assoc(code = FailureCode::SourceNoPages)]
    NoPages,
    /// The count stops at the limit.
    #[error("The PDF has more than {limit} pages.")]
    #[assoc(code = FailureCode::SourceTooManyPages)]
    TooManyPages { limit: usize },
    /// A side is too long, or the page has too many pixels at 200 dpi.
    #[error("Page {page} measures {width:.0} by {height:.0} points, which is more than the limit.")]
    #[assoc(code = FailureCode::SourcePageTooLarge)]
    PageTooLarge { page: usize, width: f64, height: f64 },
    #[error(
        "Page {page} measures {width:.0} by {height:.0} points. Each side of a page must be at least {MIN_PAGE_POINTS} points long."
    )]
    #[assoc(code = FailureCode::SourcePageTooSmall)]
    PageTooSmall { page: usize, width: f64, height: f64 },
    #[error("An image of page {page} has {width} by {height} pixels. The limit is {limit} pixels.")]
    #[assoc(code = FailureCode::SourceImageTooLarge)]
    ImageTooLarge { page: usize, width: u64, height: u64, limit: u64 },
    #[error("The content of page {page} unpacks to more than {limit} bytes.")]
    #[assoc(code = FailureCode::SourceContentTooLarge)]
    ContentTooLarge { page: usize, limit: usize },
}
