//! What can be wrong with a file of detections.

use crate::error::ErrorClass;
use std::path::PathBuf;

/// A file of detections that cannot be paired.
#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    /// The file could not be read.
    #[error("{} cannot be read ({source}); check the path and its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any volume's detections.
    #[error("{} is larger than {limit} bytes; give the detections.json of one volume", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is no list of detections.
    #[error("{} is no list of detections ({source}); mend it at that place or run the detection again", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// A page index beyond any volume.
    #[error("detection {place} is on page index {index}; the first page is 0 and the limit {limit}, correct it")]
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
    SizesDiffer {
        /// Place in the list, from 0.
        place: usize,
        /// The page.
        index: usize,
    },
    /// More boxes on a page than any detector finds.
    #[error("page index {index} has more than {limit} detections; remove those that are none")]
    TooManyOnPage {
        /// The page.
        index: usize,
        /// Most detections a page may have.
        limit: usize,
    },
    /// A box that is inverted, not finite or far from its page.
    #[error("detection {place} has the box {bbox:?}; give it as [left, top, right, bottom] in pixels of its page")]
    Box {
        /// Place in the list, from 0.
        place: usize,
        /// The box as it was given.
        bbox: [f64; 4],
    },
    /// A confidence outside 0 to 1.
    #[error("detection {place} has confidence {confidence}; it must lie in 0 to 1 (1 for a box drawn by a person)")]
    Confidence {
        /// Place in the list, from 0.
        place: usize,
        /// The confidence as it was given.
        confidence: f64,
    },
}

impl PairingError {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "pairing.unreadable",
            Self::TooLarge { .. } => "pairing.too_large",
            Self::Json { .. } => "pairing.json",
            Self::PageIndex { .. } => "pairing.page_index",
            Self::PageSize { .. } => "pairing.page_size",
            Self::SizesDiffer { .. } => "pairing.sizes_differ",
            Self::TooManyOnPage { .. } => "pairing.too_many_on_page",
            Self::Box { .. } => "pairing.box",
            Self::Confidence { .. } => "pairing.confidence",
        }
    }

    /// Who can mend it: always the person who brought the file.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        ErrorClass::Input
    }
}
