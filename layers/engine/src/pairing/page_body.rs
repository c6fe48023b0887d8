//! The two columns of a page, and the parts of them that belong to an opinion's neighbours. See
//! docs/reference-behaviour.md, "Pairing".

use super::spans::Span;
use crate::detection::Label;
use crate::geometry::Rect;
use crate::volume::Page;
use serde::{Deserialize, Serialize};

/// The most that a column grows beyond its box, in points. Release 0.4.4 has the same limit.
const MAX_GROWTH: f64 = 20.0;

/// Left and right edge of a column, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnEdges {
    pub x0: f64,
    pub x1: f64,
}

/// The two columns of a page, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextColumns {
    pub left: ColumnEdges,
    pub right: ColumnEdges,
    /// The line between the two columns.
    pub boundary: f64,
}

impl TextColumns {
    /// The columns of a page: its outermost TEXT_COLUMN boxes, grown to the columns of ink where those were
    /// measured. A model without that class (small) leaves the columns of ink alone to go by. `None` without
    /// two columns.
    #[must_use]
    pub fn of(page: &Page) -> Option<Self> {
        let ink = Self::from_ink(page);
        let columns = match (Self::from_boxes(page), ink) {
            (Some(boxes), Some(ink)) => boxes.grown_to(&ink),
            (boxes, ink) => boxes.or(ink)?,
        };
        Some(columns.inside(page.size.width_points))
    }

    fn new(left: ColumnEdges, right: ColumnEdges) -> Self {
        Self { left, right, boundary: f64::midpoint(left.x1, right.x0) }
    }

    fn from_boxes(page: &Page) -> Option<Self> {
        let (scale, _) = page.size.points_per_pixel();
        let mut boxes: Vec<Rect> = page
            .detections
            .iter()
            .filter(|found| found.label == Label::TextColumn)
            .map(|found| found.rect().scaled(scale, 1.0))
            .collect();
        boxes.sort_by(|a, b| a.centre_x().total_cmp(&b.centre_x()).then(a.x0.total_cmp(&b.x0)));
        let (left, right) = (boxes.first()?, boxes.last()?);
        // Two boxes over the same column do not make two columns.
        let apart = left.x1 <= right.centre_x() && left.centre_x() <= right.x0;
        let edges = |rect: &Rect| ColumnEdges { x0: rect.x0, x1: rect.x1 };
        (boxes.len() >= 2 && apart).then(|| Self::new(edges(left), edges(right)))
    }

    /// Columns from the projection of the ink. Half of the gutter is added on either side, because the projection
    /// ends where lines become few, not where the longest line ends.
    fn from_ink(page: &Page) -> Option<Self> {
        let (scale, _) = page.size.points_per_pixel();
        let bounds = page.columns;
        let ascending = [bounds.col_left_x1, bounds.col_left_x2, bounds.col_right_x1, bounds.col_right_x2];
        if bounds.midpoint <= 0.0 || !ascending.is_sorted_by(|a, b| a < b) {
            return None;
        }
        let margin = (bounds.col_right_x1 - bounds.col_left_x2) / 2.0;
        let edges = |x0: f64, x1: f64| ColumnEdges { x0: (x0 - margin) * scale, x1: (x1 + margin) * scale };
        let [a, b, c, d] = ascending;
        Some(Self::new(edges(a, b), edges(c, d)))
    }

    /// Grows each column to the ink, but never across the middle of the gutter. If the ink's gutter is far from the
    /// boxes' gutter, the ink is not that of these columns and is ignored.
    fn grown_to(self, ink: &Self) -> Self {
        let gutter = ink.boundary;
        if gutter < self.left.x1 - MAX_GROWTH || gutter > self.right.x0 + MAX_GROWTH {
            return self;
        }
        let lower = |own: f64, ink: f64| own.min(ink).max(own - MAX_GROWTH);
        let upper = |own: f64, ink: f64| own.max(ink).min(own + MAX_GROWTH);
        let left =
            ColumnEdges { x0: lower(self.left.x0, ink.left.x0), x1: upper(self.left.x1, ink.left.x1.min(gutter)) };
        let right =
            ColumnEdges { x0: lower(self.right.x0, ink.right.x0.max(gutter)), x1: upper(self.right.x1, ink.right.x1) };
        Self { left, right, boundary: self.boundary }
    }

    /// Clips both columns to the page, and separates them where their boxes overlap.
    fn inside(self, width: f64) -> Self {
        let boundary = self.boundary.clamp(0.0, width);
        let overlap = self.left.x1 > self.right.x0;
        let (left_most, right_least) = if overlap { (boundary, boundary) } else { (width, 0.0) };
        let edges = |column: ColumnEdges, least: f64, most: f64| ColumnEdges {
            x0: column.x0.clamp(least, width),
            x1: column.x1.clamp(0.0, most),
        };
        Self { left: edges(self.left, 0.0, left_most), right: edges(self.right, right_least, width), boundary }
    }
}

/// The part of a page between its running head and its footnotes or foot, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginBounds {
    /// Lower edge of the running head; 0 if there is none.
    pub header_bottom: f64,
    /// Upper edge of the footnotes or of the running foot; the page's height if there is neither.
    pub footer_top: f64,
}

impl MarginBounds {
    /// The bounds of a page. Boxes of any confidence count.
    #[must_use]
    pub fn of(page: &Page) -> Self {
        let (_, scale) = page.size.points_per_pixel();
        let height = page.size.height_points;
        let mut bounds = Self { header_bottom: 0.0, footer_top: height };
        for found in &page.detections {
            let rect = found.rect().scaled(1.0, scale);
            if found.label == Label::Footnotes || (found.label.is_running() && rect.centre_y() >= height / 2.0) {
                bounds.footer_top = bounds.footer_top.min(rect.y0);
            } else if found.label.is_running() {
                bounds.header_bottom = bounds.header_bottom.max(rect.y1);
            }
        }
        bounds
    }
}

/// A rectangle on a page, in points rounded to tenths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutsideRect {
    /// Page, from 0.
    pub page_index: usize,
    pub x0: f64,
    pub y0: f64,
    pub x1: f64,
    pub y1: f64,
}

impl OutsideRect {
    #[must_use]
    pub fn new(page_index: usize, rect: &Rect) -> Self {
        let Rect { x0, y0, x1, y1 } = rect.rounded_to_tenths();
        Self { page_index, x0, y0, x1, y1 }
    }

    #[must_use]
    pub const fn rect(&self) -> Rect {
        Rect::new(self.x0, self.y0, self.x1, self.y1)
    }
}

/// The parts of one page that do not belong to the opinion; none on a page without two columns.
pub(super) fn outside_rects(page: &Page, span: &Span<'_>) -> Vec<OutsideRect> {
    let (x, y) = page.size.points_per_pixel();
    let start = (page.index == span.start_page()).then(|| span.start_rect().scaled(x, y));
    let end = (page.index == span.key.page_index).then(|| span.key.rect().scaled(x, y));
    let Some(body) = Body::of(page).filter(|body| body.in_order(start.as_ref(), end.as_ref())) else {
        return Vec::new();
    };
    let before = start.iter().flat_map(|start| body.before(start));
    let after = end.iter().flat_map(|end| body.after(end));
    before
        .chain(after)
        .map(|rect| [start, end].iter().flatten().fold(rect, without))
        .map(|rect| OutsideRect::new(page.index, &rect))
        .filter(|rect| !rect.rect().is_empty())
        .collect()
}

/// The two columns between running head and foot, in points.
struct Body {
    columns: TextColumns,
    top: f64,
    bottom: f64,
}

impl Body {
    fn of(page: &Page) -> Option<Self> {
        let columns = TextColumns::of(page)?;
        let MarginBounds { header_bottom, footer_top } = MarginBounds::of(page);
        let height = page.size.height_points;
        Some(Self { columns, top: header_bottom.max(0.0), bottom: footer_top.min(height) })
    }

    fn is_right(&self, rect: &Rect) -> bool {
        rect.centre_x() >= self.columns.boundary
    }

    /// For a page that holds both the beginning and the end: true when the columns of this page put them in order.
    /// If they do not, nothing on the page can be declared outside.
    fn in_order(&self, start: Option<&Rect>, end: Option<&Rect>) -> bool {
        let (Some(start), Some(end)) = (start, end) else {
            return true;
        };
        (self.is_right(start), start.y0) <= (self.is_right(end), end.y0)
    }

    /// Everything before the beginning.
    fn before(&self, start: &Rect) -> Vec<Rect> {
        let TextColumns { left, right, .. } = self.columns;
        if self.is_right(start) {
            vec![self.strip(left, self.top, self.bottom), self.strip(right, self.top, start.y0)]
        } else {
            vec![self.strip(left, self.top, start.y0)]
        }
    }

    /// Everything after the end.
    fn after(&self, end: &Rect) -> Vec<Rect> {
        let TextColumns { left, right, .. } = self.columns;
        if self.is_right(end) {
            vec![self.strip(right, end.y1, self.bottom)]
        } else {
            vec![self.strip(left, end.y1, self.bottom), self.strip(right, self.top, self.bottom)]
        }
    }

    fn strip(&self, column: ColumnEdges, top: f64, bottom: f64) -> Rect {
        Rect::new(column.x0, top.max(self.top), column.x1, bottom.min(self.bottom))
    }
}

/// The largest part of a rectangle that does not overlap `kept`. A caption may reach across the gutter.
fn without(rect: Rect, kept: &Rect) -> Rect {
    if !rect.intersects(kept) {
        return rect;
    }
    let parts = [
        Rect { y1: kept.y0, ..rect },
        Rect { y0: kept.y1, ..rect },
        Rect { x1: kept.x0, ..rect },
        Rect { x0: kept.x1, ..rect },
    ];
    parts.into_iter().max_by(|a, b| a.area().total_cmp(&b.area())).unwrap_or_default()
}
