//! The descriptions in the archives between the stages: which files belong together, and what the `split` stage has to
//! know about the original.

use super::detected_page::DetectedPage;
use crate::detection::Detection;
use crate::error::IntermediateError;
use crate::geometry::PageSize;
use crate::numbering::Reading;
use crate::report::PageProblem;
use crate::settings::Settings;
use domain::{ModelChoice, PageReader};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The version of the format. It is part of every manifest, so that no program misreads files of another version.
pub(crate) const FORMAT: u32 = 5;

/// Largest manifest in bytes. That of 2,000 pages has about 300 KB.
pub(crate) const MAX_MANIFEST: u64 = 32 << 20;

/// Largest description of a page in bytes. That of a busy page has 20 KB.
pub(crate) const MAX_PAGE: u64 = 1 << 20;

/// Largest file of the words of a page in bytes. The output of Tesseract for a page may have half as many.
pub(crate) const MAX_WORDS: u64 = 32 << 20;

/// Most boxes on a page: two models report at most 300 each.
const MAX_DETECTIONS: usize = 600;

/// Most readings of a page number, three boxes in four modes, and their greatest length.
const MAX_READINGS: usize = 12;
const MAX_READING_BYTES: usize = 4096;

/// Largest coordinate in pixels at 200 dpi. 200 inches have 40,000.
const MAX_COORDINATE: f64 = 1e6;

/// Most problems of a page.
const MAX_PROBLEMS_PER_PAGE: usize = 4;

/// The description of the volume, in `compressed.zip`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VolumeManifest {
    pub(crate) format: u32,
    /// The length of the original.
    pub(crate) input_bytes: u64,
    pub(crate) pages: Vec<PageFacts>,
    /// The pages of each compressed document.
    pub(crate) compressed: Vec<Range<usize>>,
    /// The ranges for the `scan` stage.
    pub(crate) ranges: Vec<CutRange>,
    pub(crate) problems: Vec<PageProblem>,
}

/// What the `split` stage has to know about an original page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageFacts {
    pub(crate) size: PageSize,
    /// It cannot be read, and is a blank.
    pub(crate) is_damaged: bool,
    /// It has visible text.
    pub(crate) has_own_text: bool,
    /// It is not a single image, and the archive contains a drawing of it.
    pub(crate) is_drawn: bool,
}

/// A range that was cut from the original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CutRange {
    pub(crate) pages: Range<usize>,
    /// SHA-256 of its PDF.
    pub(crate) fingerprint: String,
}

/// The description of a range, in the archive that the `scan` stage writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeManifest {
    pub(crate) format: u32,
    pub(crate) pages: Range<usize>,
    /// SHA-256 of the PDF of the range.
    pub(crate) fingerprint: String,
    pub(crate) scanned_with: ScanSettings,
    pub(crate) problems: Vec<PageProblem>,
}

/// The settings of the `scan` stage that must be the same for all ranges of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScanSettings {
    model: ModelChoice,
    pub(crate) ocr: bool,
    pub(crate) previews: bool,
    reader: PageReader,
    reading_resolution: u32,
    language: String,
}

impl ScanSettings {
    pub(crate) fn of(settings: &Settings) -> Self {
        let Settings { model, language, .. } = settings;
        Self {
            model: model.clone(),
            ocr: settings.ocr,
            previews: settings.previews,
            reader: settings.reader,
            reading_resolution: settings.reading_resolution,
            language: language.clone(),
        }
    }
}

impl VolumeManifest {
    /// Checks that the manifest is consistent.
    pub(crate) fn check(&self, file: &str, max_pages: usize) -> Result<(), IntermediateError> {
        let pages = self.pages.len();
        if self.format != FORMAT {
            return Err(IntermediateError::foreign(file, "another version of Quire wrote it"));
        }
        if pages == 0 || pages > max_pages {
            return Err(IntermediateError::damaged(file, "it has no pages, or more than the limit"));
        }
        if !is_whole(self.compressed.iter(), pages) || !is_whole(self.ranges.iter().map(|range| &range.pages), pages) {
            return Err(IntermediateError::damaged(file, "its ranges are not exactly the pages of the volume"));
        }
        check_problems(file, &self.problems, &(0..pages))
    }
}

impl RangeManifest {
    /// Checks that the `scan` stage got the range that was cut.
    pub(crate) fn check(&self, file: &str, cut: &CutRange) -> Result<(), IntermediateError> {
        if self.format != FORMAT {
            return Err(IntermediateError::foreign(file, "another version of Quire wrote it"));
        }
        if self.pages != cut.pages {
            return Err(IntermediateError::foreign(file, "it is another range of pages"));
        }
        if self.fingerprint != cut.fingerprint {
            return Err(IntermediateError::foreign(file, "it was scanned from another file"));
        }
        check_problems(file, &self.problems, &cut.pages)
    }
}

/// Checks the description of a page before anything is computed from it.
pub(crate) fn check_page(
    file: &str,
    page: &DetectedPage,
    index: usize,
    size: PageSize,
) -> Result<(), IntermediateError> {
    if page.index != index || page.size != size {
        return Err(IntermediateError::foreign(file, "a page is not the one that was cut"));
    }
    let is_sound = |value: &f64| value.is_finite() && value.abs() <= MAX_COORDINATE;
    let is_box = |found: &Detection| {
        found.page_index == index && found.label_id == found.label.id() && found.bbox.iter().all(is_sound)
    };
    let is_reading = |reading: &Reading| reading.text.len() <= MAX_READING_BYTES && reading.bbox.iter().all(is_sound);
    let is_possible = page.detections.len() <= MAX_DETECTIONS
        && page.detections.iter().all(is_box)
        && page.readings.len() <= MAX_READINGS
        && page.readings.iter().all(is_reading)
        && page.measures.are_possible();
    if is_possible {
        return Ok(());
    }
    Err(IntermediateError::refused(file, format!("the description of page {} is impossible", index + 1)))
}

fn check_problems(file: &str, problems: &[PageProblem], pages: &Range<usize>) -> Result<(), IntermediateError> {
    let is_possible = problems.len() <= MAX_PROBLEMS_PER_PAGE * pages.len()
        && problems.iter().all(|problem| pages.contains(&problem.page_index));
    if is_possible {
        return Ok(());
    }
    Err(IntermediateError::refused(file, "it has too many problems, or problems of pages that it does not have"))
}

/// True if the ranges cover all pages, in order, and none is empty.
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
