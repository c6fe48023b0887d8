//! The covers of an opinion's head matter. Their edges run between lines of type, level where the page is straight and
//! along the lines where it is turned or curved. See docs/reference-behaviour.md, "Redaction".

use super::ink::Ink;
use super::opinion_span::{HeadMatter, OpinionSpan, is_headnote};
use super::page_areas::{column_bounds, column_of, footer_top, header_bottom};
use super::seam::Seam;
use crate::detection::Label;
use crate::geometry::Rect;
use crate::volume::Page;

/// How far an edge may move to find paper between two lines: 8 points, in pixels.
const EDGE_REACH: usize = 22;

/// How far the gutter may be from the middle of the columns on a turned page: 2 degrees, in pixels.
const GUTTER_REACH: usize = 36;

/// Text may extend this far out of its column and is still covered with it: 20 points, in pixels.
const SIDE_REACH: f64 = 55.0;

/// The paper that is covered beside the ink, in pixels.
const PAPER: f64 = 3.0;

/// The paper that is covered above and below the ink as far as the edges allow, in pixels: a third of a line.
const LEADING: f64 = 12.0;

/// The parts of an opinion's head matter on one page, in pixels.
pub(super) fn headnote_rects(page: &Page, span: &OpinionSpan, ink: &Ink) -> Vec<Rect> {
    let Some(head_matter) = &span.head_matter else { return Vec::new() };
    let parts = (0..2).filter_map(|column| ColumnPart::find(page, column, head_matter, span, ink));
    parts.flat_map(|part| part.rects(page, ink)).collect()
}

/// The part of the head matter in one column of a page.
struct ColumnPart {
    column: usize,
    /// Its column, from the first to the last level that its edges have.
    bounds: Rect,
    top: Seam,
    bottom: Seam,
    gutter: Seam,
}

impl ColumnPart {
    /// `None` if the head matter does not reach this column.
    fn find(page: &Page, column: usize, head_matter: &HeadMatter, span: &OpinionSpan, ink: &Ink) -> Option<Self> {
        let here = (page.index, column);
        let (start, end) =
            ((head_matter.start.page, head_matter.start.column), (head_matter.end.page, head_matter.end.column));
        if here < start || here > end {
            return None;
        }
        let (x0, x1) = column_bounds(page, column);
        let whole = Rect::new(x0, header_bottom(page), x1, footer_top(page, column));
        let edge =
            |y: f64, level: Option<f64>| level.map_or_else(|| Seam::across(ink, &whole, y, EDGE_REACH), Seam::straight);
        let top = if here == start {
            edge(head_matter.start.y, ink.blank_below(head_matter.start.y, &whole, EDGE_REACH))
        } else {
            edge(whole.y0, ink.blank_below(whole.y0, &whole, 0))
        };
        let bottom = if here == (span.key_page, column_of(page, span.key.centre_x())) && span.key.y0 < whole.y1 {
            edge(span.key.y0, ink.blank_below(span.key.y0, &whole, 0))
        } else if here == end && !head_matter.to_column_foot {
            edge(head_matter.end.y, ink.blank_above(head_matter.end.y, &whole, EDGE_REACH))
        } else {
            edge(whole.y1, ink.blank_below(whole.y1, &whole, 0))
        };
        let bounds = Rect::new(x0, top.lowest(), x1, bottom.highest());
        let gutter = gutter(page, &bounds, ink);
        Some(Self { column, bounds, top, bottom, gutter })
    }

    /// The covers: what is inside the edges, fitted to the ink, and cut at each headnote's heading so that readers can
    /// count the headnotes.
    fn rects(&self, page: &Page, ink: &Ink) -> Vec<Rect> {
        let Some(fitted) = self.fitted(page, ink) else { return Vec::new() };
        let in_column = if self.column == 0 { self.gutter.left(&fitted) } else { self.gutter.right(&fitted) };
        let sections = in_column.into_iter().flat_map(|part| split_at_headings(page, part));
        sections.flat_map(|part| self.top.below(&part)).flat_map(|part| self.bottom.above(&part)).collect()
    }

    /// The bounds of the ink; `None` if there is none.
    fn fitted(&self, page: &Page, ink: &Ink) -> Option<Rect> {
        let (left, right) = if self.column == 0 {
            (0.0, self.gutter.highest() - 1.0)
        } else {
            (self.gutter.lowest() + 1.0, f64::from(page.size.width_pixels))
        };
        let (part, side) = (&self.bounds, SIDE_REACH);
        let reach = Rect::new((part.x0 - side).max(left), part.y0, (part.x1 + side).min(right), part.y1);
        let Rect { x0, y0, x1, y1 } = ink.bounds(&reach)?;
        let fitted = Rect::new(x0 - PAPER, y0 - LEADING, x1 + PAPER, y1 + LEADING);
        Some(fitted.intersection(&Rect::new(left, part.y0, right, part.y1))).filter(|fitted| !fitted.is_empty())
    }
}

/// The middle of the gutter beside a part of a column.
fn gutter(page: &Page, part: &Rect, ink: &Ink) -> Seam {
    let middle = page.middle();
    let around = Rect::new(middle - 1.0, part.y0, middle + 1.0, part.y1);
    if ink.bounds(&around).is_none() { Seam::straight(middle) } else { Seam::down(ink, part, middle, GUTTER_REACH) }
}

fn split_at_headings(page: &Page, part: Rect) -> Vec<Rect> {
    let mut tops: Vec<f64> = page
        .detections
        .iter()
        .filter(|found| is_headnote(found, Label::Headnote.gate()) && found.rect().intersects(&part))
        .map(|found| found.rect().y0)
        .filter(|top| *top > part.y0 + 1.0 && *top < part.y1 - 1.0)
        .collect();
    tops.sort_by(f64::total_cmp);
    tops.dedup_by(|a, b| (*a - *b).abs() < 1.0);
    let edges: Vec<f64> = [part.y0].into_iter().chain(tops).chain([part.y1]).collect();
    edges.windows(2).map(|edge| Rect::new(part.x0, edge[0], part.x1, edge[1])).collect()
}
