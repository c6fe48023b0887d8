//! The first stage: every page's pixels are looked at once.

use super::error::ProcessError;
use super::numbers::{NumberCandidate, candidates, read_candidates};
use super::pictures;
use super::work::Work;
use crate::detect::{Detector, PixelView};
use crate::detection::Detection;
use crate::external::tesseract::Tesseract;
use crate::geometry::PageSize;
use crate::layout::find_columns;
use crate::numbering::Reading;
use crate::pixels::{PageImage, PixelError};
use crate::volume::ColumnBounds;
use rayon::prelude::*;
use std::ops::Range;

/// What was seen on a page.
#[derive(Debug, Clone)]
pub(super) struct ScannedPage {
    pub(super) index: usize,
    pub(super) size: PageSize,
    pub(super) columns: ColumnBounds,
    pub(super) detections: Vec<Detection>,
    pub(super) readings: Vec<Reading>,
    pub(super) is_damaged: bool,
}

/// Looks at every wanted page; the others come back empty.
pub(super) fn detect(
    work: &Work<'_>,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<ScannedPage>, ProcessError> {
    let request = work.request;
    let detector = Detector::load(&request.settings.installation, request.settings.model, request.settings.jobs)?;
    let tesseract = work.tesseract();
    let ranges: Result<Vec<Vec<ScannedPage>>, ProcessError> = work
        .ranges()
        .into_par_iter()
        .with_max_len(1)
        .map(|range| scan_range(work, &detector, &tesseract, range, is_wanted))
        .collect();
    let pages: Vec<ScannedPage> = ranges?.into_iter().flatten().collect();
    require_one(work, &pages)?;
    Ok(pages)
}

fn require_one(work: &Work<'_>, pages: &[ScannedPage]) -> Result<(), ProcessError> {
    if pages.iter().all(|page| page.is_damaged) {
        let reason = work.problems().into_iter().next().map(|problem| problem.reason).unwrap_or_default();
        return Err(ProcessError::NothingReadable { pages: pages.len(), reason });
    }
    Ok(())
}

fn scan_range(
    work: &Work<'_>,
    detector: &Detector,
    tesseract: &Tesseract,
    range: Range<usize>,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<ScannedPage>, ProcessError> {
    let mut pages = Vec::with_capacity(range.len());
    let mut numbers: Vec<Vec<NumberCandidate>> = Vec::with_capacity(range.len());
    for index in range {
        work.check()?;
        let (page, candidates) = if is_wanted(index) {
            scan_page(work, detector, index)?
        } else {
            (blank_page(index, work.volume().pages[index].size()), Vec::new())
        };
        pages.push(page);
        numbers.push(candidates);
        work.done(1);
    }
    let readings = read_candidates(tesseract, &numbers, |i| hint(work, pages[i].index))?;
    for (page, readings) in pages.iter_mut().zip(readings) {
        page.readings = readings;
    }
    Ok(pages)
}

/// The number that a page would bear if none were missing.
pub(super) fn hint(work: &Work<'_>, index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(work.first_page())
}

fn scan_page(
    work: &Work<'_>,
    detector: &Detector,
    index: usize,
) -> Result<(ScannedPage, Vec<NumberCandidate>), ProcessError> {
    let size = work.volume().pages[index].size();
    let image = match work.reader.read(index) {
        Ok(image) => image,
        Err(PixelError::Damaged { reason, .. }) => {
            work.problem(index, "page.damaged", reason);
            return Ok((blank_page(index, size), Vec::new()));
        }
        Err(error) => return Err(error.into()),
    };
    let page = look(detector, index, size, &image)?;
    pictures::cut(work, index, &image, &page)?;
    let numbers = candidates(&image, &page);
    Ok((page, numbers))
}

fn blank_page(index: usize, size: PageSize) -> ScannedPage {
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
