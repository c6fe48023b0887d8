//! Why a file is not taken in.

use crate::source::limits::MIN_PAGE_POINTS;
use domain::FailureCode;
use enum_assoc::Assoc;

/// A file that cannot be worked on. Pages in messages count from 1, as readers do.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum SourceError {
    /// The file cannot be opened or mapped.
    #[error("{path} cannot be read: {cause}. Check that the file is there and that you may read it.")]
    #[assoc(code = FailureCode::SourceUnreadable)]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Zero bytes.
    #[error("The file is empty. Copy or upload it again.")]
    #[assoc(code = FailureCode::SourceEmpty)]
    Empty,
    /// The first bytes are not those of a PDF.
    #[error("The file is {found}, not a PDF. Bring the volume as a PDF.")]
    #[assoc(code = FailureCode::SourceNotPdf)]
    NotPdf {
        /// What the first bytes look like.
        found: &'static str,
    },
    /// The end is missing.
    #[error("The file is cut off: {missing}. Copy or upload it again, whole.")]
    #[assoc(code = FailureCode::SourceTruncated)]
    Truncated {
        /// What was expected at the end.
        missing: &'static str,
    },
    /// A password, even an empty one, is set.
    #[error("The file is encrypted. Save it without a password (`qpdf --decrypt`) and bring that.")]
    #[assoc(code = FailureCode::SourceEncrypted)]
    Encrypted,
    /// Structure that cannot be followed, even after a search of the whole file.
    #[error("The PDF is damaged: {what}. Scan or export it again, or try `qpdf IN.pdf OUT.pdf` to mend it.")]
    #[assoc(code = FailureCode::SourceDamaged)]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// Bigger than the limit.
    #[error("The file has {bytes} bytes, the limit is {limit}. Cut the volume or raise the limit.")]
    #[assoc(code = FailureCode::SourceFileTooLarge)]
    FileTooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// No page.
    #[error("The PDF has no pages. Export it again.")]
    #[assoc(code = FailureCode::SourceNoPages)]
    NoPages,
    /// More pages than the limit; the count stops there.
    #[error("The PDF has more than {limit} pages. Cut the volume or raise the limit.")]
    #[assoc(code = FailureCode::SourceTooManyPages)]
    TooManyPages {
        /// The limit.
        limit: usize,
    },
    /// A side is too long, or the page has too many pixels at 200 dpi.
    #[error(
        "Page {page} measures {width:.0} by {height:.0} points, which is beyond the limit. Scan it at its true size or raise the limit."
    )]
    #[assoc(code = FailureCode::SourcePageTooLarge)]
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
    #[assoc(code = FailureCode::SourcePageTooSmall)]
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
    #[assoc(code = FailureCode::SourceImageTooLarge)]
    ImageTooLarge {
        /// The page, from 1.
        page: usize,
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
        /// The limit.
        limit: u64,
    },
    /// A content stream unpacks to more than any page needs.
    #[error("The content of page {page} unpacks to more than {limit} bytes. Export the page again as a plain scan.")]
    #[assoc(code = FailureCode::SourceContentTooLarge)]
    ContentTooLarge {
        /// The page, from 1.
        page: usize,
        /// The limit in bytes.
        limit: usize,
    },
}
