//! Opinions from a file of detections alone. A person may have edited it: everything in it is checked.

use super::{Opinion, PairingError, pages_from_detections, pair};
use crate::detection::Detection;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Largest file: about ten times the detections of a volume of 2,000 pages.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Page indices from here on are refused.
const MAX_PAGES: usize = 20_000;

/// Most boxes on a page: three models of at most 300 each, and room for a person's.
const MAX_BOXES_ON_PAGE: usize = 1_000;

/// Most pixels a side of a page may have: 12.7 m at 200 dpi.
const MAX_SIDE: u32 = 100_000;

/// Pairs the opinions of a `detections.json`.
///
/// Page numbers in the file are used; pages without one get index + `first_page`. Without `first_page` it
/// follows from the first number in the file, or is 1.
///
/// # Errors
/// [`PairingError`] when the file cannot be read, is too large, is no list of detections, or holds a page,
/// size, box or confidence that cannot be.
pub fn pair_file(detections: &Path, first_page: Option<u32>) -> Result<Vec<Opinion>, PairingError> {
    let found = parse(detections, &read(detections, MAX_FILE_BYTES)?)?;
    check(&found)?;
    let first_page = first_page.or_else(|| infer_first_page(&found)).unwrap_or(1);
    Ok(pair(&pages_from_detections(found, None, first_page), first_page))
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, PairingError> {
    let unreadable = |source| PairingError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // A device or a growing file has no length to trust: stop one byte past the limit.
    File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(PairingError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Detection>, PairingError> {
    serde_json::from_slice(bytes).map_err(|source| PairingError::Json { path: path.to_owned(), source })
}

fn check(detections: &[Detection]) -> Result<(), PairingError> {
    let mut pages: HashMap<usize, ((u32, u32), usize)> = HashMap::new();
    for (place, found) in detections.iter().enumerate() {
        check_one(place, found)?;
        let (index, size) = (found.page_index, (found.img_width, found.img_height));
        let (first_size, count) = pages.entry(index).or_insert((size, 0));
        *count += 1;
        if *first_size != size {
            return Err(PairingError::SizesDiffer { place, index });
        }
        if *count > MAX_BOXES_ON_PAGE {
            return Err(PairingError::TooManyOnPage { index, limit: MAX_BOXES_ON_PAGE });
        }
    }
    Ok(())
}

fn check_one(place: usize, found: &Detection) -> Result<(), PairingError> {
    let (width, height, bbox) = (found.img_width, found.img_height, found.bbox);
    if found.page_index >= MAX_PAGES {
        return Err(PairingError::PageIndex { place, index: found.page_index, limit: MAX_PAGES });
    }
    if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
        return Err(PairingError::PageSize { place, width, height, limit: MAX_SIDE });
    }
    if !is_box(bbox) {
        return Err(PairingError::Box { place, bbox });
    }
    if !(0.0..=1.0).contains(&found.confidence) {
        return Err(PairingError::Confidence { place, confidence: found.confidence });
    }
    Ok(())
}

/// A box may stick out of its page a little, as hand-drawn ones do, but has an inside and an end.
fn is_box([x0, y0, x1, y1]: [f64; 4]) -> bool {
    let near = |value: f64| value.abs() <= 2.0 * f64::from(MAX_SIDE);
    [x0, y0, x1, y1].into_iter().all(near) && x0 < x1 && y0 < y1
}

/// The number that the first numbered page lets expect on page 0.
fn infer_first_page(detections: &[Detection]) -> Option<u32> {
    let numbered = detections.iter().filter_map(|found| Some((found.page_index, found.page_number?)));
    let (index, number) = numbered.min()?;
    number.checked_sub(u32::try_from(index).ok()?)
}
