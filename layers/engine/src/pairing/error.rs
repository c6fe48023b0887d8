//! What can be wrong with a file of detections.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::PathBuf;

/// A file of detections that cannot be paired.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum PairingError {
    /// The file could not be read.
    #[error("{} cannot be read ({source}); check the path and its permissions", path.display())]
    #[assoc(code = FailureCode::PairingUnreadable)]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any volume's detections.
    #[error("{} is larger than {limit} bytes; give the detections.json of one volume", path.display())]
    #[assoc(code = FailureCode::PairingTooLarge)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is no list of detections.
    #[error("{} is no list of detections ({source}); mend it at that place or run the detection again", path.display())]
    #[assoc(code = FailureCode::PairingJson)]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// A page index beyond any volume.
    #[error("detection {place} is on page index {index}; the first page is 0 and the limit {limit}, correct it")]
    #[assoc(code = FailureCode::PairingPageIndex)]
    PageIndex {
        /// Place in the list, from 0.
        place: usize,
        /// The index as it was given.
        index: usize,
        /// The least index that is refused.
        limit: usize,
    },
    /// A page size of nothing, or of more than any page has.
    #[error("detection {place} says that its page has {width} × {height} pixels; each must lie in 1 to {limit}")]
    #[assoc(code = FailureCode::PairingPageSize)]
    PageSize {
        /// Place in the list, from 0.
        place: usize,
        /// Width as it was given, in pixels.
        width: u32,
        /// Height as it was given, in pixels.
        height: u32,
        /// Most pixels a side may have.
        limit: u32,
    },
    /// Detections of one page that give it different sizes.
    #[error(
        "detection {place} gives page index {index} another size than those before it; give all the same img_width and img_height"
    )]
    #[assoc(code = FailureCode::PairingSizesDiffer)]
    SizesDiffer {
        /// Place in the list, from 0.
        place: usize,
        /// The page.
        index: usize,
    },
    /// More boxes on a page than any detector finds.
    #[error("page index {index} has more than {limit} detections; remove those that are none")]
    #[assoc(code = FailureCode::PairingTooManyOnPage)]
    TooManyOnPage {
        /// The page.
        index: usize,
        /// Most detections a page may have.
        limit: usize,
    },
    /// A box that is inverted, not finite or far from its page.
    #[error("detection {place} has the box {bbox:?}; give it as [left, top, right, bottom] in pixels of its page")]
    #[assoc(code = FailureCode::PairingBox)]
    Box {
        /// Place in the list, from 0.
        place: usize,
        /// The box as it was given.
        bbox: [f64; 4],
    },
    /// A confidence outside 0 to 1.
    #[error("detection {place} has confidence {confidence}; it must lie in 0 to 1 (1 for a box drawn by a person)")]
    #[assoc(code = FailureCode::PairingConfidence)]
    Confidence {
        /// Place in the list, from 0.
        place: usize,
        /// The confidence as it was given.
        confidence: f64,
    },
}
