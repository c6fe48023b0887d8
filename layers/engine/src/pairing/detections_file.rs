//! Pairs opinions from a `detections.json` alone. A person may have edited the file, so everything in it is checked.

use super::opinions::{Opinion, pair};
use crate::detection::{Detection, Label};
use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH, PageSize, Rect};
use crate::volume::{ColumnBounds, Page, PageNumber, expected_number};
use domain::FailureCode;
use enum_assoc::Assoc;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The size limit of the file: about ten times the detections of a volume of 2,000 pages.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The lowest page index that is refused.
const MAX_PAGES: usize = 20_000;

/// The most boxes on a page: three models with at most 300 each, and room for a person's.
const MAX_BOXES_ON_PAGE: usize = 1_000;

/// The longest side of a page, in pixels: 12.7 m at 200 dpi.
const MAX_SIDE: u32 = 100_000;

/// Pairs the opinions of a `detections.json`.
///
/// Page numbers in the file are used; a page without one gets index + `first_page`. If `first_page` is `None`, it is
/// derived from the first number in the file, or is 1 if there is none.
///
/// # Errors
/// [`PairingError`] when the file cannot be read, is too large, is not a list of detections, or contains an impossible
/// page, size, box or confidence.
pub fn pair_file(detections: &Path, first_page: Option<u32>) -> Result<Vec<Opinion>, PairingError> {
    let found = parse(detections, &read(detections, MAX_FILE_BYTES)?)?;
    check(&found)?;
    let first_page = first_page.or_else(|| infer_first_page(&found)).unwrap_or(1);
    Ok(pair(&pages_from_detections(found, None, first_page), first_page))
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, PairingError> {
    let unreadable = |source| PairingError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // The length of a device or of a growing file cannot be trusted, so stop one byte past the limit.
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

/// A box may extend a little beyond its page, as hand-drawn ones do, but it must be finite and not empty.
fn is_box([x0, y0, x1, y1]: [f64; 4]) -> bool {
    let near = |value: f64| value.abs() <= 2.0 * f64::from(MAX_SIDE);
    [x0, y0, x1, y1].into_iter().all(near) && x0 < x1 && y0 < y1
}

/// The number of page 0, derived from the first page that has a number.
fn infer_first_page(detections: &[Detection]) -> Option<u32> {
    let numbered = detections.iter().filter_map(|found| Some((found.page_index, found.page_number?)));
    let (index, number) = numbered.min()?;
    number.checked_sub(u32::try_from(index).ok()?)
}

/// `pages_meta.json`: the columns of each page, by page index.
pub type PagesMeta = BTreeMap<usize, ColumnBounds>;

/// Rebuilds the pages of a volume from its boxes, sorted by index. Pages without boxes are missing from the result.
///
/// Sizes are derived from the pixels at 200 dpi. Columns come from `pages_meta`. Without it only their midpoint is
/// known, from the TEXT_COLUMN boxes or as the middle of the page. A page whose boxes carry no number gets
/// index + `first_page`. See docs/reference-behaviour.md, "Outputs".
#[must_use]
pub fn pages_from_detections(detections: Vec<Detection>, pages_meta: Option<&PagesMeta>, first_page: u32) -> Vec<Page> {
    let mut by_page: BTreeMap<usize, Vec<Detection>> = BTreeMap::new();
    for detection in detections {
        by_page.entry(detection.page_index).or_default().push(detection);
    }
    let columns = |index: usize| pages_meta.and_then(|meta| meta.get(&index)).copied();
    by_page.into_iter().map(|(index, detections)| page(index, detections, columns(index), first_page)).collect()
}

fn page(index: usize, detections: Vec<Detection>, columns: Option<ColumnBounds>, first_page: u32) -> Page {
    let size = size(&detections);
    let expected = || PageNumber { first: Some(expected_number(index, first_page)), last: None };
    let number = number(&detections).unwrap_or_else(expected);
    let columns =
        columns.unwrap_or_else(|| ColumnBounds { midpoint: midpoint(&detections, &size), ..Default::default() });
    Page { index, size, columns, number, detections }
}

fn size(detections: &[Detection]) -> PageSize {
    let largest = |side: fn(&Detection) -> u32| detections.iter().map(side).max().unwrap_or_default();
    let (width_pixels, height_pixels) = (largest(|found| found.img_width), largest(|found| found.img_height));
    let points = |pixels: u32| f64::from(pixels) * POINTS_PER_INCH / DETECTION_DPI;
    PageSize { width_points: points(width_pixels), height_points: points(height_pixels), width_pixels, height_pixels }
}

/// The number that most boxes of a page carry.
fn number(detections: &[Detection]) -> Option<PageNumber> {
    let mut votes: BTreeMap<(u32, Option<u32>), usize> = BTreeMap::new();
    for found in detections {
        if let Some(first) = found.page_number {
            *votes.entry((first, found.page_number_end)).or_default() += 1;
        }
    }
    let most = votes.into_iter().max_by_key(|(number, votes)| (*votes, Reverse(*number)));
    most.map(|((first, last), _)| PageNumber { first: Some(first), last })
}

/// The middle between the outermost TEXT_COLUMN boxes, or the middle of the page; in pixels.
fn midpoint(detections: &[Detection], size: &PageSize) -> f64 {
    let columns = || detections.iter().filter(|found| found.label == Label::TextColumn).map(Detection::rect);
    let by_centre = |a: &Rect, b: &Rect| a.centre_x().total_cmp(&b.centre_x());
    let middle = f64::from(size.width_pixels) / 2.0;
    match (columns().min_by(by_centre), columns().max_by(by_centre)) {
        (Some(left), Some(right)) if left.x1 <= right.centre_x() && left.centre_x() <= right.x0 => {
            f64::midpoint(left.x1, right.x0)
        }
        _ => middle,
    }
}

/// Why the opinions of a `detections.json` cannot be paired. `place` is the index of a detection in the file's list.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum PairingError {
    #[error("{} cannot be read: {source}.", path.display())]
    #[assoc(code = FailureCode::PairingUnreadable)]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is larger than {limit} bytes.", path.display())]
    #[assoc(code = FailureCode::PairingTooLarge)]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("{} is not a list of detections: {source}.", path.display())]
    #[assoc(code = FailureCode::PairingJson)]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("Detection {place} is on page index {index}. Page indices start at 0 and must be below {limit}.")]
    #[assoc(code = FailureCode::PairingPageIndex)]
    PageIndex { place: usize, index: usize, limit: usize },
    #[error("The page of detection {place} has {width} by {height} pixels. Each side must have 1 to {limit} pixels.")]
    #[assoc(code = FailureCode::PairingPageSize)]
    PageSize { place: usize, width: u32, height: u32, limit: u32 },
    #[error(
        "Detection {place} and an earlier one on page index {index} have different values of img_width and img_height."
    )]
    #[assoc(code = FailureCode::PairingSizesDiffer)]
    SizesDiffer { place: usize, index: usize },
    #[error("Page index {index} has more than {limit} detections.")]
    #[assoc(code = FailureCode::PairingTooManyOnPage)]
    TooManyOnPage { index: usize, limit: usize },
    /// The box is inverted, not finite or far from its page.
    #[error("The box {bbox:?} of detection {place} is not valid.")]
    #[assoc(code = FailureCode::PairingBox)]
    Box { place: usize, bbox: [f64; 4] },
    #[error("Detection {place} has confidence {confidence}. A confidence is 0 to 1, and 1 if a person drew the box.")]
    #[assoc(code = FailureCode::PairingConfidence)]
    Confidence { place: usize, confidence: f64 },
}
