//! Detects objects and columns, reads the printed page numbers, cuts out pictures, and makes previews: everything that
//! needs the pixels of a page, so that each page is decoded once.

use super::detected_page::DetectedPage;
use super::original::{Original, require_readable};
use super::page_numbers::{NumberCandidate, NumberReaders, candidates, read_candidates};
use super::pictures::cut_pictures;
use super::previews::write_preview;
use super::run::Run;
use crate::detector::{Detector, PixelView};
use crate::error::EngineError;
use crate::geometry::PageSize;
use crate::layout::find_columns;
use crate::measures::{PageLight, measure};
use crate::onnx_runtime::release_free_memory;
use crate::pixels::PageImage;
use crate::volume::expected_number;
use rayon::prelude::*;

/// Loads the models and detects on the wanted pages of a whole volume, of which at least one must be readable.
pub(crate) fn detect_volume(
    run: &Run<'_>,
    original: &Original<'_>,
    first_page: u32,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<DetectedPage>, EngineError> {
    let detector = Detector::load(&run.settings.installation, &run.settings.model)?;
    let detected = detect(run, original, &detector, first_page, is_wanted)?;
    drop(detector);
    release_free_memory();
    require_readable(run, detected.iter().map(|page| page.is_damaged))?;
    Ok(detected)
}

/// Detects on the wanted pages. The other pages come back empty.
pub(crate) fn detect(
    run: &Run<'_>,
    original: &Original<'_>,
    detector: &Detector,
    first_page: u32,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<DetectedPage>, EngineError> {
    let tesseract = run.tesseract();
    let readers = NumberReaders { reader: run.reader()?, tesseract: &tesseract };
    let detection = PageDetection { run, original, detector, readers, first_page, is_wanted };
    let indices: Vec<usize> = original.pages().collect();
    let batches: Result<Vec<Vec<DetectedPage>>, EngineError> =
        run.batches(&indices).par_bridge().map(|batch| detection.detect_batch(batch)).collect();
    let mut pages: Vec<DetectedPage> = batches?.into_iter().flatten().collect();
    pages.sort_by_key(|page| page.index);
    Ok(pages)
}

struct PageDetection<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    detector: &'a Detector,
    readers: NumberReaders<'a>,
    first_page: u32,
    is_wanted: &'a (dyn Fn(usize) -> bool + Sync),
}

impl PageDetection<'_> {
    /// The numbers of all pages of a batch are read together, because Tesseract may have to start for them.
    fn detect_batch(&self, batch: &[usize]) -> Result<Vec<DetectedPage>, EngineError> {
        let mut pages = Vec::with_capacity(batch.len());
        let mut numbers: Vec<Vec<NumberCandidate>> = Vec::with_capacity(batch.len());
        for &index in batch {
            self.run.check_cancelled()?;
            let (page, candidates) = if (self.is_wanted)(index) {
                self.detect_page(index)?
            } else {
                (DetectedPage::damaged(index, self.original.size(index)), Vec::new())
            };
            pages.push(page);
            numbers.push(candidates);
            self.run.pages_done(1);
        }
        let _at_work = self.run.at_work(pages.iter().map(|page| page.index).collect());
        let expected = |page: usize| expected_number(pages[page].index, self.first_page);
        let readings = read_candidates(&self.readers, &numbers, expected)?;
        for (page, readings) in pages.iter_mut().zip(readings) {
            page.readings = readings;
        }
        Ok(pages)
    }

    fn detect_page(&self, index: usize) -> Result<(DetectedPage, Vec<NumberCandidate>), EngineError> {
        let _at_work = self.run.at_work(vec![index]);
        let size = self.original.size(index);
        let Some(image) = self.original.read_or_report(self.run, index)? else {
            write_preview(self.run, index, size, None)?;
            return Ok((DetectedPage::damaged(index, size), Vec::new()));
        };
        let page = self.detect_objects(index, size, &image)?;
        cut_pictures(self.run, &image, &page)?;
        let numbers = candidates(&image, &page);
        Ok((page, numbers))
    }

    fn detect_objects(&self, index: usize, size: PageSize, image: &PageImage) -> Result<DetectedPage, EngineError> {
        let reduced = image.resized_for_detection(size.width_pixels as usize, size.height_pixels as usize);
        let grey = reduced.to_grey();
        let light = PageLight::of(&grey);
        write_preview(self.run, index, size, Some(grey))?;
        let reduced = reduced.flattened();
        let view = PixelView {
            width: size.width_pixels,
            height: size.height_pixels,
            channels: reduced.channels,
            pixels: &reduced.pixels,
        };
        let detections = self.detector.detect(index, view)?;
        let grey = reduced.into_grey();
        let columns = find_columns(grey.width, grey.height, &grey.pixels);
        let measures = measure(&grey, light);
        Ok(DetectedPage { index, size, columns, detections, readings: Vec::new(), measures, is_damaged: false })
    }
}
