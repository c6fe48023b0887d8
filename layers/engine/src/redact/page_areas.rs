//! The areas of a page in pixels at 200 dpi: its columns, where its text begins and ends, and the margins around it.
//! See docs/reference-behaviour.md, "Columns" and "Redaction".

use super::ink::Ink;
use crate::detection::{Detection, Label};
use crate::geometry::{Rect, tenths};
use crate::volume::{ColumnBounds, Page};
use serde::{Deserialize, Serialize};

/// 0 for the left column, 1 for the right one.
#[must_use]
pub fn column_of(page: &Page, centre_x: f64) -> usize {
    usize::from(centre_x >= page.middle())
}

/// The horizontal bounds of a column in pixels: the projection of its ink, widened to the TEXT_COLUMN boxes but never
/// beyond the gutter. Without a projection the reference's paddings apply.
pub(super) fn column_bounds(page: &Page, column: usize) -> (f64, f64) {
    let (left, right) = projected(page, column);
    let of_column =
        |found: &&Detection| found.label == Label::TextColumn && column_of(page, found.rect().centre_x()) == column;
    let boxes = page.detections.iter().filter(of_column).map(Detection::rect);
    let (left, right) = boxes.fold((left, right), |(l, r), found| (l.min(found.x0), r.max(found.x1)));
    let middle = page.middle();
    if column == 0 { (left, right.min(middle - 1.0)) } else { (left.max(middle + 1.0), right) }
}

fn projected(page: &Page, column: usize) -> (f64, f64) {
    let ColumnBounds { col_left_x1, col_left_x2, col_right_x1, col_right_x2, midpoint } = page.columns;
    if midpoint > 0.0 {
        return if column == 0 { (col_left_x1, col_left_x2) } else { (col_right_x1, col_right_x2) };
    }
    let width = f64::from(page.size.width_pixels);
    let (side, gutter) = ((0.03 * width).max(20.0), (0.01 * width).max(10.0));
    if column == 0 { (side, width / 2.0 - gutter) } else { (width / 2.0 + gutter, width - side) }
}

/// Running heads and feet are in this share of the height, at the top and at the bottom.
const FURNITURE_BAND: f64 = 0.15;

/// The paper that is kept around the content, in points.
const FRAME: f64 = 5.0;

/// Content narrower than this share of the page does not determine the margins.
const NARROWEST_CONTENT: f64 = 0.40;

/// Runs of ink thinner than this many pixels are dirt.
const THINNEST_RUN: usize = 5;

/// A page of `margin_rects.json`: white strips in points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarginPage {
    /// From 0.
    pub page_index: usize,
    pub rects: Vec<Rect>,
    /// In points.
    pub page_width: f64,
    /// In points.
    pub page_height: f64,
}

/// The bottom of the running head in pixels; 0 if there is none.
pub(super) fn header_bottom(page: &Page) -> f64 {
    let limit = FURNITURE_BAND * f64::from(page.size.height_pixels);
    furniture(page).filter(|rect| rect.centre_y() < limit).map(|rect| rect.y1).fold(0.0, f64::max)
}

/// Where the body of a column ends in pixels: at the running foot or at the column's footnotes.
pub(super) fn footer_top(page: &Page, column: usize) -> f64 {
    let height = f64::from(page.size.height_pixels);
    let (x0, x1) = column_bounds(page, column);
    let is_below = |found: &&Detection| found.label == Label::Footnotes && found.rect().centre_y() > height / 2.0;
    let footnotes = page.detections.iter().filter(is_below).map(Detection::rect);
    let here = footnotes.filter(|rect| rect.x0 < x1 && rect.x1 > x0);
    let foot = furniture(page).filter(|rect| rect.centre_y() > (1.0 - FURNITURE_BAND) * height);
    foot.chain(here).map(|rect| rect.y0).fold(height, f64::min)
}

fn furniture(page: &Page) -> impl Iterator<Item = Rect> {
    page.detections.iter().filter(|found| found.label.is_running()).map(Detection::rect)
}

/// The strips of a page outside everything that is printed on it. `words` are the boxes of recognised words, in pixels.
#[must_use]
pub fn margin_rects(page: &Page, ink: &Ink, words: &[Rect]) -> MarginPage {
    let (width, height) = (page.size.width_points, page.size.height_points);
    let (sx, sy) = page.size.points_per_pixel();
    let content = content(page, ink, words).map(|rect| rect.scaled(sx, sy).grown(FRAME));
    let strips = content.map(|content| strips(&content, width, height)).unwrap_or_default();
    MarginPage { page_index: page.index, rects: strips, page_width: tenths(width), page_height: tenths(height) }
}

fn strips(content: &Rect, width: f64, height: f64) -> Vec<Rect> {
    let (top, bottom) = (content.y0.max(0.0), content.y1.min(height));
    let all = [
        Rect::new(0.0, top, content.x0, bottom),
        Rect::new(content.x1, top, width, bottom),
        Rect::new(0.0, 0.0, width, top),
        Rect::new(0.0, bottom, width, height),
    ];
    let is_wide = |strip: &Rect| strip.width() > 1.0 && strip.height() > 1.0;
    all.into_iter().filter(is_wide).map(|strip| strip.rounded_to_tenths()).collect()
}

/// The bounds of everything that is printed: body ink, every box and every word. Nothing that a model or the OCR found is
/// outside.
fn content(page: &Page, ink: &Ink, words: &[Rect]) -> Option<Rect> {
    let body = body_ink(ink)?;
    let boxes = page.detections.iter().map(Detection::rect).chain(words.iter().copied());
    Some(boxes.fold(body, |content, rect| content.union(&rect)))
        .filter(|content| content.width() >= NARROWEST_CONTENT * f64::from(page.size.width_pixels))
}

/// The bounds of the ink that is not dirt: runs of rows with ink that do not touch the page's edge, then the same for
/// columns.
fn body_ink(ink: &Ink) -> Option<Rect> {
    let rows: Vec<usize> = (0..ink.height()).map(|y| ink.count_in_row(y, 0, ink.width())).collect();
    let (y0, y1) = extent(&rows, ink.width())?;
    let mut columns = vec![0; ink.width()];
    for y in y0..y1 {
        ink.add_row(y, &mut columns);
    }
    let (x0, x1) = extent(&columns, y1 - y0)?;
    Some(Rect::new(x0 as f64, y0 as f64, x1 as f64, y1 as f64))
}

/// From the first to the last run of rows or columns that contain some ink but are not a solid bar.
fn extent(counts: &[usize], across: usize) -> Option<(usize, usize)> {
    let (least, most) = ((across / 250).max(2), across * 6 / 10);
    let is_inked = |count: &usize| (least..=most).contains(count);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, count) in counts.iter().enumerate().filter(|(_, count)| is_inked(count)) {
        match runs.last_mut() {
            Some((_, end)) if index - *end <= 2 => *end = index + usize::from(*count > 0),
            _ => runs.push((index, index + 1)),
        }
    }
    runs.retain(|(start, end)| end - start >= THINNEST_RUN && *start > 0 && *end < counts.len());
    Some((runs.first()?.0, runs.last()?.1))
}
