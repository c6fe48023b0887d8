//! Every page's pixels are looked at once.

use super::error::ProcessError;
use super::numbers::{NumberCandidate, candidates, read_candidates};
use super::original::Original;
use super::pictures;
use super::work::Work;
use crate::detect::{Detector, PixelView};
use crate::detection::Detection;
use crate::external::tesseract::Tesseract;
use crate::geometry::PageSize;
use crate::layout::find_columns;
use crate::numbering::Reading;
use crate::pixels::PageImage;
use crate::volume::ColumnBounds;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What was seen on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScannedPage {
    pub(crate) index: usize,
    pub(crate) size: PageSize,
    pub(crate) columns: ColumnBounds,
    pub(crate) detections: Vec<Detection>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) is_damaged: bool,
}

/// Loads the models and looks at every wanted page of a whole volume, of which at least one must be readable.
pub(crate) fn detect_volume(
    work: &Work<'_>,
    original: &Original<'_>,
    first_page: u32,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<ScannedPage>, ProcessError> {
    let detector = Detector::load(&work.settings.installation, work.settings.model, work.settings.jobs)?;
    let scanned = detect(work, original, &detector, first_page, is_wanted)?;
    require_one(work, scanned.iter().map(|page| page.is_damaged))?;
    Ok(scanned)
}

/// Looks at every wanted page; the others come back empty.
pub(crate) fn detect(
    work: &Work<'_>,
    original: &Original<'_>,
    detector: &Detector,
    first_page: u32,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<ScannedPage>, ProcessError> {
    let tesseract = work.tesseract();
    let look = Look { work, original, detector, tesseract: &tesseract, first_page };
    let groups = work.groups(original.pages()).into_par_iter().with_max_len(1);
    let pages: Result<Vec<Vec<ScannedPage>>, ProcessError> =
        groups.map(|group| look.at_group(group, is_wanted)).collect();
    Ok(pages?.into_iter().flatten().collect())
}

/// Fails when every page of a volume is damaged.
pub(crate) fn require_one(work: &Work<'_>, damaged: impl ExactSizeIterator<Item = bool>) -> Result<(), ProcessError> {
    let pages = damaged.len();
    if damaged.into_iter().all(|is_damaged| is_damaged) {
        let reason = work.problems().into_iter().next().map(|problem| problem.reason).unwrap_or_default();
        return Err(ProcessError::NothingReadable { pages, reason });
    }
    Ok(())
}

struct Look<'a> {
    work: &'a Work<'a>,
    original: &'a Original<'a>,
    detector: &'a Detector,
    tesseract: &'a Tesseract,
    first_page: u32,
}

impl Look<'_> {
    fn at_group(
        &self,
        group: Range<usize>,
        is_wanted: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Vec<ScannedPage>, ProcessError> {
        let mut pages = Vec::with_capacity(group.len());
        let mut numbers: Vec<Vec<NumberCandidate>> = Vec::with_capacity(group.len());
        for index in group {
            self.work.check()?;
            let (page, candidates) = if is_wanted(index) {
                self.at_page(index)?
            } else {
                (blank_page(index, self.original.size(index)), Vec::new())
            };
            pages.push(page);
            numbers.push(candidates);
            self.work.done(1);
        }
        let readings = read_candidates(self.tesseract, &numbers, |i| hint(self.first_page, pages[i].index))?;
        for (page, readings) in pages.iter_mut().zip(readings) {
            page.readings = readings;
        }
        Ok(pages)
    }

    fn at_page(&self, index: usize) -> Result<(ScannedPage, Vec<NumberCandidate>), ProcessError> {
        let size = self.original.size(index);
        let Some(image) = self.original.read_or_report(self.work, index)? else {
            return Ok((blank_page(index, size), Vec::new()));
        };
        let page = look(self.detector, index, size, &image)?;
        pictures::cut(self.work, index, &image, &page)?;
        let numbers = candidates(&image, &page);
        Ok((page, numbers))
    }
}

/// The number that a page would bear if none were missing.
fn hint(first_page: u32, index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(first_page)
}

/// A page that nobody can read.
pub(crate) fn blank_page(index: usize, size: PageSize) -> ScannedPage {
    let (columns, detections, readings) = (ColumnBounds::default(), Vec::new(), Vec::new());
    ScannedPage { index, size, columns, detections, readings, is_damaged: true }
}

fn look(detector: &Detector, index: usize, size: PageSize, image: &PageImage) -> Result<ScannedPage, ProcessError> {
    let reduced = image.resized_for_detection(size.width_pixels as usize, size.height_pixels as usize);
    let view = PixelView {
        width: size.width_pixels,
        height: size.height_pixels,
        channels: reduced.channels,
        pixels: &reduced.pixels,
    };
    let detections = detector.detect(index, view)?;
    let grey = reduced.into_grey();
    let columns = find_columns(grey.width, grey.height, &grey.pixels);
    Ok(ScannedPage { index, size, columns, detections, readings: Vec::new(), is_damaged: false })
}
