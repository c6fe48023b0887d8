//! What a volume may ask of this machine.
//! Why a file is not taken in.

use crate::error::ErrorClass;

/// Pages of the largest volume taken in. The longest law volumes bind some 1,600 pages.
pub const DEFAULT_MAX_PAGES: usize = 2_000;

/// Longest side of a page, in points: 200 inches, the limit of PDF 1.7 itself.
pub const DEFAULT_MAX_PAGE_POINTS: f64 = 14_400.0;

/// Pixels of one image, and of one page at the resolution of detection.
pub const DEFAULT_MAX_PAGE_PIXELS: u64 = 200_000_000;

/// Bytes of the file: beyond this the rest of the machine (scratch space, upload) is not sized for it.
pub const DEFAULT_MAX_FILE_BYTES: u64 = 8 << 30;

/// Shortest side of a page, in points: half an inch. Nothing that was printed is smaller.
pub const MIN_PAGE_POINTS: f64 = 36.0;

/// Bytes to which one content stream may unpack. A page of dense vector art has a few million.
pub const MAX_CONTENT_BYTES: usize = 64 << 20;

/// Limits of the intake check; every field has a named default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub max_pages: usize,
    /// Longest side of a page, in points.
    pub max_page_points: f64,
    /// Pixels of an image, and of a page at 200 dpi, at most.
    pub max_page_pixels: u64,
    /// Bytes of the file, at most.
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

/// A file that cannot be worked on. Pages in messages count from 1, as readers do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened or mapped.
    #[error("{path} cannot be read: {cause}. Check that the file is there and that you may read it.")]
    Unreadable {
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Zero bytes.
    #[error("The file is empty. Copy or upload it again.")]
    Empty,
    /// The first bytes are not those of a PDF.
    #[error("The file is {found}, not a PDF. Bring the volume as a PDF.")]
    NotPdf {
        /// What the first bytes look like.
        found: &'static str,
    },
    /// The end is missing.
    #[error("The file is cut off: {missing}. Copy or upload it again, whole.")]
    Truncated {
        /// What was expected at the end.
        missing: &'static str,
    },
    /// A password, even an empty one, is set.
    #[error("The file is encrypted. Save it without a password (`qpdf --decrypt`) and bring that.")]
    Encrypted,
    /// Structure that cannot be followed, even after a search of the whole file.
    #[error("The PDF is damaged: {what}. Scan or export it again, or try `qpdf IN.pdf OUT.pdf` to mend it.")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// Bigger than the limit.
    #[error("The file has {bytes} bytes, the limit is {limit}. Cut the volume or raise the limit.")]
    FileTooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// No page.
    #[error("The PDF has no pages. Export it again.")]
    NoPages,
    /// More pages than the limit; the count stops there.
    #[error("The PDF has more than {limit} pages. Cut the volume or raise the limit.")]
    TooManyPages {
        /// The limit.
        limit: usize,
    },
    /// A side is too long, or the page has too many pixels at 200 dpi.
    #[error(
        "Page {page} measures {width:.0} by {height:.0} points, which is beyond the limit. Scan it at its true size or raise the limit."
    )]
    PageTooLarge {
        /// The page, from 1.
        page: usize,
        /// Width in points.
        width: f64,
        /// Height in points.
        height: f64,
    },
    /// A side is too short to be a page.
    #[error(
        "Page {page} measures {width:.0} by {height:.0} points; a page has at least {MIN_PAGE_POINTS} on each side. Scan it at its true size."
    )]
    PageTooSmall {
        /// The page, from 1.
        page: usize,
        /// Width in points.
        width: f64,
        /// Height in points.
        height: f64,
    },
    /// An image would decode to more pixels than the limit.
    #[error(
        "An image of page {page} has {width} by {height} pixels; the limit is {limit} pixels. Scan it at a lower resolution or raise the limit."
    )]
    ImageTooLarge {
        /// The page, from 1.
        page: usize,
        width: u64,
        height: u64,
        /// The limit.
        limit: u64,
    },
    /// A content stream unpacks to more than any page needs.
    #[error("The content of page {page} unpacks to more than {limit} bytes. Export the page again as a plain scan.")]
    ContentTooLarge {
        /// The page, from 1.
        page: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

impl SourceError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "source.unreadable",
            Self::Empty => "source.empty",
            Self::NotPdf { .. } => "source.not_pdf",
            Self::Truncated { .. } => "source.truncated",
            Self::Encrypted => "source.encrypted",
            Self::Damaged { .. } => "source.damaged",
            Self::FileTooLarge { .. } => "source.file_too_large",
            Self::NoPages => "source.no_pages",
            Self::TooManyPages { .. } => "source.too_many_pages",
            Self::PageTooLarge { .. } => "source.page_too_large",
            Self::PageTooSmall { .. } => "source.page_too_small",
            Self::ImageTooLarge { .. } => "source.image_too_large",
            Self::ContentTooLarge { .. } => "source.content_too_large",
        }
    }

    /// Who can mend it: the person who brought the file, in every case.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        ErrorClass::Input
    }
}
