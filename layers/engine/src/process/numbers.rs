//! The numbers printed on the pages: cut out, read, and made one sequence (specification, section 4).

use super::detection::ScannedPage;
use super::error::ProcessError;
use crate::detection::{Detection, Label};
use crate::external::tesseract::Tesseract;
use crate::geometry::Rect;
use crate::layout::otsu_threshold;
use crate::numbering::{Reading, choose, number_pages, plausible};
use crate::pixels::{GreyImage, PageImage};
use crate::volume::{Page, PageNumber};

/// A box smaller than this, in pixels at 200 dpi, holds no page number.
const SMALLEST_SIDE: f64 = 40.0;

/// A box nearer to the page's edge than this is the scanner's shadow.
const EDGE: f64 = 5.0;

/// Boxes that are read on a page, the surest first.
const MOST_CANDIDATES: usize = 3;

/// Tesseract's page segmentation modes, tried one after another, and the boxes that are read with each: the surest
/// box as a word, then all of them as a word, a line, a raw line.
const ATTEMPTS: [(u8, usize); 4] = [(8, 1), (8, MOST_CANDIDATES), (7, MOST_CANDIDATES), (13, MOST_CANDIDATES)];

/// Paper around the digits: Tesseract misses ink that touches the edge. In pixels.
const QUIET_ZONE: usize = 12;

/// A box that may hold the page's number, black on white.
pub(crate) struct NumberCandidate {
    image: GreyImage,
}

/// The candidates of a page, by descending confidence.
pub(crate) fn candidates(image: &PageImage, page: &ScannedPage) -> Vec<NumberCandidate> {
    let (scale_x, scale_y) = page.size.scale_to(image.width, image.height);
    let mut boxes: Vec<&Detection> = page.detections.iter().filter(|found| may_hold_number(found)).collect();
    boxes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let crop = |found: &Detection| image.cut(&found.rect().scaled(scale_x, scale_y)).into_grey();
    boxes.iter().take(MOST_CANDIDATES).map(|found| NumberCandidate { image: bitonal(&crop(found)) }).collect()
}

fn may_hold_number(found: &Detection) -> bool {
    let Rect { x0, y0, .. } = found.rect();
    let is_large = found.rect().width() >= SMALLEST_SIDE && found.rect().height() >= SMALLEST_SIDE;
    found.label == Label::PageNumber && is_large && x0 >= EDGE && y0 >= EDGE
}

/// Ink and paper alone, with paper around.
fn bitonal(crop: &GreyImage) -> GreyImage {
    let threshold = otsu_threshold(&crop.pixels);
    let (width, height) = (crop.width + 2 * QUIET_ZONE, crop.height + 2 * QUIET_ZONE);
    let mut pixels = vec![255; width * height];
    let rows = pixels.chunks_exact_mut(width).skip(QUIET_ZONE);
    for (target, source) in rows.zip(crop.pixels.chunks_exact(crop.width.max(1))) {
        for (cell, sample) in target[QUIET_ZONE..].iter_mut().zip(source) {
            *cell = if *sample <= threshold { 0 } else { 255 };
        }
    }
    GreyImage { width, height, pixels }
}

/// Reads the candidates of several pages, one process a mode; a page that has a plausible number is left alone.
pub(crate) fn read_candidates(
    tesseract: &Tesseract,
    pages: &[Vec<NumberCandidate>],
    hint: impl Fn(usize) -> u32,
) -> Result<Vec<Vec<Reading>>, ProcessError> {
    let mut readings: Vec<Vec<Reading>> = pages.iter().map(|_| Vec::new()).collect();
    for (mode, most) in ATTEMPTS {
        let open: Vec<(usize, &NumberCandidate)> = pages
            .iter()
            .enumerate()
            .filter(|(page, _)| !has_number(&readings[*page], hint(*page)))
            .flat_map(|(page, candidates)| candidates.iter().take(most).map(move |candidate| (page, candidate)))
            .collect();
        if open.is_empty() {
            break;
        }
        let images: Vec<GreyImage> = open.iter().map(|(_, candidate)| candidate.image.clone()).collect();
        let texts = tesseract.recognise_page_numbers(&images, mode)?;
        for ((page, _), text) in open.iter().zip(texts).filter(|(_, text)| !text.is_empty()) {
            readings[*page].push(Reading::new(text));
        }
    }
    Ok(readings)
}

fn has_number(readings: &[Reading], hint: u32) -> bool {
    choose(readings, hint).and_then(|number| number.first).is_some_and(|number| plausible(number, hint))
}

/// A scanned page in the engine's vocabulary, not numbered yet.
pub(crate) fn plain_page(page: &ScannedPage) -> Page {
    let (size, columns, detections) = (page.size, page.columns, page.detections.clone());
    Page { index: page.index, size, columns, number: PageNumber::default(), detections }
}

/// The pages with their numbers, on themselves and on each of their boxes.
pub(crate) fn numbered_pages(scanned: &[ScannedPage], first_page: u32) -> Vec<Page> {
    let readings: Vec<Vec<Reading>> = scanned.iter().map(|page| page.readings.clone()).collect();
    let numbers = number_pages(&readings, first_page);
    let numbered = scanned.iter().zip(numbers);
    numbered
        .map(|(page, number)| {
            let mut page = Page { number, ..plain_page(page) };
            for found in &mut page.detections {
                (found.page_number, found.page_number_end) = (number.first, number.last);
            }
            page
        })
        .collect()
}
