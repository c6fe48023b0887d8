//! Reads the numbers printed on the pages and makes them one sequence (docs/reference-behaviour.md, "Page numbers").

use super::detected_page::DetectedPage;
use crate::detection::{Detection, Label};
use crate::error::EngineError;
use crate::external::tesseract::Tesseract;
use crate::geometry::{PageSize, Rect};
use crate::layout::otsu_threshold;
use crate::numbering::{Reading, choose, number_pages, plausible};
use crate::pixels::{GreyImage, PageImage};
use crate::reading::Reader;
use crate::volume::Page;
use domain::VolumeName;

/// A box with a shorter side, in pixels at 200 dpi, is not a page number.
const SMALLEST_SIDE: f64 = 40.0;

/// A box closer to the left or top edge, in pixels at 200 dpi, is the shadow of the scanner.
const EDGE: f64 = 5.0;

/// How far around the running head its line is searched for a number, in pixels at 200 dpi.
const CORNER_MARGIN: f64 = 25.0;

/// A corner with less contrast is blank, or only has the back of the leaf shining through.
const LEAST_CONTRAST: u8 = 100;

/// How many boxes of a page are read, those nearest to a corner first.
const MOST_CANDIDATES: usize = 3;

/// Tesseract's page segmentation modes in the order in which they are tried, and how many boxes are read with each: the
/// first box as a word, then all of them as a word, a line and a raw line.
const ATTEMPTS: [(u8, usize); 4] = [(8, 1), (8, MOST_CANDIDATES), (7, MOST_CANDIDATES), (13, MOST_CANDIDATES)];

/// White pixels around the digits, because Tesseract misses ink that touches the edge.
const QUIET_ZONE: usize = 12;

/// The image of a box that may hold the page number, in pure black and white.
pub(crate) struct NumberCandidate {
    image: GreyImage,
    /// In pixels at 200 dpi.
    bbox: [f64; 4],
}

/// The candidates of a page. The printed number stands at an outer corner, so the box nearest to a corner comes first.
/// The head of a page has other numbers, too: of the volume, of the same page in another reporter, in names of cases.
pub(crate) fn candidates(image: &PageImage, page: &DetectedPage) -> Vec<NumberCandidate> {
    let (scale_x, scale_y) = page.size.scale_to(image.width, image.height);
    let mut boxes: Vec<&Detection> = page.detections.iter().filter(|found| may_hold_number(found)).collect();
    boxes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    boxes.sort_by(|a, b| corner_distance(&a.rect(), page.size).total_cmp(&corner_distance(&b.rect(), page.size)));
    let crop = |rect: &Rect| image.cut(&rect.scaled(scale_x, scale_y)).into_grey();
    if boxes.is_empty() {
        let corners = corners(page).into_iter().map(|rect| (crop(&rect), rect));
        let printed = corners.filter(|(crop, _)| contrast(crop) >= LEAST_CONTRAST);
        return printed
            .map(|(crop, rect)| NumberCandidate { image: printed_part(&crop), bbox: rect.edges() })
            .collect();
    }
    let candidate = |found: &Detection| NumberCandidate { image: bitonal(&crop(&found.rect())), bbox: found.bbox };
    boxes.into_iter().take(MOST_CANDIDATES).map(candidate).collect()
}

/// Where the number stands if the models do not see it, as they do not see ranges: beside the running head, at either
/// end of the line.
fn corners(page: &DetectedPage) -> Vec<Rect> {
    let heads = page.detections.iter().filter(|found| found.label == Label::PageHeader && found.passes_gate());
    let Some(head) = heads.min_by(|a, b| a.rect().y0.total_cmp(&b.rect().y0)).map(Detection::rect) else {
        return Vec::new();
    };
    let (top, bottom) = ((head.y0 - CORNER_MARGIN).max(EDGE), head.y1 + CORNER_MARGIN);
    let right = f64::from(page.size.width_pixels) - EDGE;
    let sides = [(EDGE, head.x0 - CORNER_MARGIN), (head.x1 + CORNER_MARGIN, right)];
    let rect = |(x0, x1): (f64, f64)| Rect::new(x0, top, x1, bottom);
    sides.into_iter().map(rect).filter(|rect| rect.width() >= SMALLEST_SIDE).collect()
}

/// The difference between the lightest and the darkest pixel.
fn contrast(crop: &GreyImage) -> u8 {
    let (low, high) = crop.pixels.iter().fold((u8::MAX, 0), |(low, high), pixel| (low.min(*pixel), high.max(*pixel)));
    high.saturating_sub(low)
}

/// The part of a crop that has ink, in black and white: Tesseract reads a number badly amid much paper.
fn printed_part(crop: &GreyImage) -> GreyImage {
    let threshold = otsu_threshold(&crop.pixels);
    let is_ink = |x: usize, y: usize| crop.pixels[y * crop.width + x] <= threshold;
    let columns: Vec<usize> = (0..crop.width).filter(|x| (0..crop.height).any(|y| is_ink(*x, y))).collect();
    let rows: Vec<usize> = (0..crop.height).filter(|y| (0..crop.width).any(|x| is_ink(x, *y))).collect();
    let (Some(x0), Some(x1), Some(y0), Some(y1)) = (columns.first(), columns.last(), rows.first(), rows.last()) else {
        return bitonal(crop);
    };
    let pixels: Vec<u8> =
        (*y0..=*y1).flat_map(|y| &crop.pixels[y * crop.width + x0..=y * crop.width + x1]).copied().collect();
    bitonal(&GreyImage { width: x1 - x0 + 1, height: y1 - y0 + 1, pixels })
}

/// The distance from the middle of a box to the nearest corner of its page, in pixels.
fn corner_distance(rect: &Rect, page: PageSize) -> f64 {
    let to_edge = |middle: f64, length: u32| middle.min(f64::from(length) - middle);
    to_edge(rect.centre_x(), page.width_pixels).hypot(to_edge(rect.centre_y(), page.height_pixels))
}

fn may_hold_number(found: &Detection) -> bool {
    let Rect { x0, y0, .. } = found.rect();
    let is_large = found.rect().width() >= SMALLEST_SIDE && found.rect().height() >= SMALLEST_SIDE;
    found.label == Label::PageNumber && is_large && x0 >= EDGE && y0 >= EDGE
}

/// Black and white by Otsu's threshold, with a white border.
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

/// What reads the numbers of pages.
pub(crate) struct NumberReaders<'a> {
    /// Quire's own reader, if it can read the language.
    pub(crate) reader: Option<&'a Reader>,
    /// Reads the pages on which the other finds no plausible number.
    pub(crate) tesseract: &'a Tesseract,
}

/// Reads the candidates of several pages: with Quire's own reader, then with one process of Tesseract per mode. A page
/// drops out once it has a plausible number. `expected` gives the number that a page should have.
pub(crate) fn read_candidates(
    readers: &NumberReaders<'_>,
    pages: &[Vec<NumberCandidate>],
    expected: impl Fn(usize) -> u32,
) -> Result<Vec<Vec<Reading>>, EngineError> {
    let mut readings: Vec<Vec<Reading>> = pages.iter().map(|_| Vec::new()).collect();
    if let Some(reader) = readers.reader {
        for (page, candidates) in pages.iter().enumerate() {
            readings[page] = read_page(reader, candidates, expected(page))?;
        }
    }
    for (mode, most) in ATTEMPTS {
        let open: Vec<(usize, &NumberCandidate)> = pages
            .iter()
            .enumerate()
            .filter(|(page, _)| !has_number(&readings[*page], expected(*page)))
            .flat_map(|(page, candidates)| candidates.iter().take(most).map(move |candidate| (page, candidate)))
            .collect();
        if open.is_empty() {
            break;
        }
        let images: Vec<GreyImage> = open.iter().map(|(_, candidate)| candidate.image.clone()).collect();
        let texts = readers.tesseract.recognise_page_numbers(&images, mode)?;
        for ((page, candidate), text) in open.iter().zip(texts).filter(|(_, text)| !text.is_empty()) {
            readings[*page].push(Reading { text, bbox: candidate.bbox });
        }
    }
    Ok(readings)
}

/// Reads the candidates of a page until one is plausible.
fn read_page(reader: &Reader, candidates: &[NumberCandidate], expected: u32) -> Result<Vec<Reading>, EngineError> {
    let mut readings = Vec::new();
    for candidate in candidates {
        let text = reader.read_number(&candidate.image)?;
        if !text.is_empty() {
            readings.push(Reading { text, bbox: candidate.bbox });
        }
        if has_number(&readings, expected) {
            break;
        }
    }
    Ok(readings)
}

fn has_number(readings: &[Reading], expected: u32) -> bool {
    choose(readings, expected).and_then(|number| number.first).is_some_and(|number| plausible(number, expected))
}

/// The number printed on the first page. The reference assumes 1 if nothing says it.
pub(crate) fn first_page(name: &VolumeName) -> u32 {
    name.first_page().unwrap_or(1)
}

/// The pages of a whole volume with their numbers.
pub(crate) fn numbered_pages(detected: &[DetectedPage], first_page: u32) -> Vec<Page> {
    let readings: Vec<Vec<Reading>> = detected.iter().map(|page| page.readings.clone()).collect();
    let numbers = number_pages(&readings, first_page);
    detected.iter().zip(numbers).map(|(page, number)| page.with_number(number)).collect()
}
