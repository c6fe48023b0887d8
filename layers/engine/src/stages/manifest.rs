//! What stands in the files between the stages beside pages: enough to know that files belong together, and what the
//! last stage has to know of the original.

use super::{IntermediateError, PageProblem, Settings};
use crate::geometry::PageSize;
use crate::process::detection::ScannedPage;
use domain::ModelChoice;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Written into every file: a file of another program version is not misread.
pub(super) const FORMAT: u32 = 1;

/// Largest manifest, in bytes: 2,000 pages have some 300 KB.
pub(super) const MAX_MANIFEST: u64 = 32 << 20;

/// Largest description of what was seen on a page, in bytes: a busy page has 20 KB.
pub(super) const MAX_PAGE: u64 = 1 << 20;

/// Largest file of a page's words, in bytes: Tesseract's own answer for a page is bounded by half of it.
pub(super) const MAX_WORDS: u64 = 32 << 20;

/// Boxes on a page: each of two models reports 300 at most.
const MAX_DETECTIONS: usize = 600;

/// Readings of a page's number, three boxes in four modes, and their length.
const MAX_READINGS: usize = 12;
const MAX_READING_BYTES: usize = 4096;

/// No coordinate is larger, in pixels at 200 dpi: 200 inches are 40,000.
const MAX_COORDINATE: f64 = 1e6;

/// Problems that a page may have.
const MAX_PROBLEMS_A_PAGE: usize = 4;

/// `volume.json` in `compressed.zip`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct VolumeManifest {
    pub(super) format: u32,
    /// Bytes of the original.
    pub(super) input_bytes: u64,
    pub(super) pages: Vec<PageFacts>,
    /// Pages of each document under `compressed/`.
    pub(super) compressed: Vec<Range<usize>>,
    /// The ranges that are scanned.
    pub(super) ranges: Vec<CutRange>,
    pub(super) problems: Vec<PageProblem>,
}

/// What the last stage has to know of a page as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PageFacts {
    pub(super) size: PageSize,
    /// Nobody can read it: it is a blank.
    pub(super) is_damaged: bool,
    /// It has text of its own that shows.
    pub(super) has_own_text: bool,
    /// It is no single image; its picture lies under `drawn/`.
    pub(super) is_drawn: bool,
}

/// A range that was cut from the original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CutRange {
    pub(super) pages: Range<usize>,
    /// SHA-256 of its PDF.
    pub(super) fingerprint: String,
}

/// `range.json` in the file of a scanned range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RangeManifest {
    pub(super) format: u32,
    pub(super) pages: Range<usize>,
    /// SHA-256 of the PDF that was scanned.
    pub(super) fingerprint: String,
    pub(super) scanned_with: ScanSettings,
    pub(super) problems: Vec<PageProblem>,
}

/// What all ranges of a volume must have been scanned with alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ScanSettings {
    model: ModelChoice,
    /// Whether there are words.
    pub(super) ocr: bool,
    reading_resolution: u32,
    language: String,
}

impl ScanSettings {
    pub(super) fn of(settings: &Settings) -> Self {
        let Settings { model, ocr, reading_resolution, ref language, .. } = *settings;
        Self { model, ocr, reading_resolution, language: language.clone() }
    }
}

/// Names of the entries.
pub(super) const VOLUME: &str = "volume.json";
pub(super) const RANGE: &str = "range.json";

pub(super) fn compressed_entry(first_page: usize) -> String {
    format!("compressed/{first_page:05}.pdf")
}

pub(super) fn drawn_entry(page: usize) -> String {
    format!("drawn/{page:05}.png")
}

pub(super) fn page_entry(page: usize) -> String {
    format!("pages/{page:05}.json")
}

pub(super) fn words_entry(page: usize) -> String {
    format!("words/{page:05}.json")
}

pub(super) fn picture_entry(page: usize, sequence: usize) -> String {
    format!("pictures/{page:05}-{sequence:03}.png")
}

impl VolumeManifest {
    /// Checks that the manifest describes a volume at all.
    pub(super) fn check(&self, file: &str, max_pages: usize) -> Result<(), IntermediateError> {
        let pages = self.pages.len();
        let damaged = |reason: &str| IntermediateError::Damaged { file: file.to_owned(), reason: reason.to_owned() };
        if self.format != FORMAT {
            return Err(foreign(file, "another version of the program wrote it"));
        }
        if pages == 0 || pages > max_pages {
            return Err(damaged("it has no pages, or more than a volume may have"));
        }
        if !is_whole(self.compressed.iter(), pages) || !is_whole(self.ranges.iter().map(|range| &range.pages), pages) {
            return Err(damaged("its ranges do not make up the volume"));
        }
        check_problems(file, &self.problems, &(0..pages))
    }
}

impl RangeManifest {
    /// Checks that a scanned range is the one that was cut.
    pub(super) fn check(&self, file: &str, cut: &CutRange) -> Result<(), IntermediateError> {
        if self.format != FORMAT {
            return Err(foreign(file, "another version of the program wrote it"));
        }
        if self.pages != cut.pages {
            return Err(foreign(file, "it is another range of pages"));
        }
        if self.fingerprint != cut.fingerprint {
            return Err(foreign(file, "it was scanned from another file"));
        }
        check_problems(file, &self.problems, &cut.pages)
    }
}

/// Checks what was seen on a page before anything is computed from it.
pub(super) fn check_page(
    file: &str,
    page: &ScannedPage,
    index: usize,
    size: PageSize,
) -> Result<(), IntermediateError> {
    if page.index != index || page.size != size {
        return Err(foreign(file, "a page is not the one that was cut"));
    }
    let is_sound = |value: &f64| value.is_finite() && value.abs() <= MAX_COORDINATE;
    let is_box = |found: &crate::detection::Detection| {
        found.page_index == index && found.label_id == found.label.id() && found.bbox.iter().all(is_sound)
    };
    let is_reading = |reading: &crate::numbering::Reading| reading.text.len() <= MAX_READING_BYTES;
    let is_possible = page.detections.len() <= MAX_DETECTIONS
        && page.detections.iter().all(is_box)
        && page.readings.len() <= MAX_READINGS
        && page.readings.iter().all(is_reading);
    if is_possible { Ok(()) } else { Err(refused(file, &format!("what page {} is said to show", index + 1))) }
}

fn check_problems(file: &str, problems: &[PageProblem], pages: &Range<usize>) -> Result<(), IntermediateError> {
    let is_possible = problems.len() <= MAX_PROBLEMS_A_PAGE * pages.len()
        && problems.iter().all(|problem| pages.contains(&problem.page_index));
    if is_possible { Ok(()) } else { Err(refused(file, "problems of pages that it does not have")) }
}

/// True when the ranges are all of the pages, in order, none of them empty.
fn is_whole<'r>(ranges: impl Iterator<Item = &'r Range<usize>>, pages: usize) -> bool {
    let mut next = 0;
    for range in ranges {
        if range.start != next || range.is_empty() {
            return false;
        }
        next = range.end;
    }
    next == pages
}

pub(super) fn foreign(file: &str, reason: &str) -> IntermediateError {
    IntermediateError::Foreign { file: file.to_owned(), reason: reason.to_owned() }
}

pub(super) fn refused(file: &str, reason: &str) -> IntermediateError {
    IntermediateError::Refused { file: file.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_make_up_a_volume_in_order_without_gaps() {
        let whole = |bounds: &[(usize, usize)]| {
            let ranges: Vec<Range<usize>> = bounds.iter().map(|(start, end)| *start..*end).collect();
            is_whole(ranges.iter(), 7)
        };
        assert!(whole(&[(0, 3), (3, 6), (6, 7)]));
        assert!(whole(&[(0, 7)]));
        for wrong in [&[(0, 3), (4, 7)][..], &[(0, 3), (2, 7)], &[(3, 7), (0, 3)], &[(0, 3)], &[(0, 8)], &[]] {
            assert!(!whole(wrong), "{wrong:?}");
        }
        assert!(!whole(&[(0, 3), (3, 3), (3, 7)]), "an empty range");
    }
}
