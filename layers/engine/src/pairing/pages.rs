//! Pages made from boxes alone (specification, section 11, "Reloading").

use crate::detection::{Detection, Label};
use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH, PageSize, Rect};
use crate::volume::{ColumnBounds, Page, PageNumber};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// `pages_meta.json`: the columns of each page, by its index.
pub type PagesMeta = BTreeMap<usize, ColumnBounds>;

/// The pages of a volume from its boxes, by ascending index; pages without boxes are not among them.
///
/// Sizes follow from the pixels at 200 dpi. Columns come from `pages_meta`; without it only their midpoint is
/// known, from the TEXT_COLUMN boxes or as the middle of the page. A page whose boxes carry no number gets
/// index + `first_page`.
#[must_use]
pub fn pages_from_detections(detections: Vec<Detection>, pages_meta: Option<&PagesMeta>, first_page: u32) -> Vec<Page> {
    let mut by_page: BTreeMap<usize, Vec<Detection>> = BTreeMap::new();
    for detection in detections {
        by_page.entry(detection.page_index).or_default().push(detection);
    }
    let columns = |index: usize| pages_meta.and_then(|meta| meta.get(&index)).copied();
    by_page.into_iter().map(|(index, detections)| page(index, detections, columns(index), first_page)).collect()
}

/// The number expected on a page from its index alone.
pub(super) fn number_from_index(index: usize, first_page: u32) -> u32 {
    first_page.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
}

fn page(index: usize, detections: Vec<Detection>, columns: Option<ColumnBounds>, first_page: u32) -> Page {
    let size = size(&detections);
    let expected = || PageNumber { first: Some(number_from_index(index, first_page)), last: None };
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

/// Middle between the outermost TEXT_COLUMN boxes, or of the page; in pixels.
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
