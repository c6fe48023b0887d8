//! What on an opinion's first and last page belongs to its neighbours (specification, section 8).

use super::columns::{ColumnEdges, TextColumns};
use super::margins::MarginBounds;
use super::opinion::OutsideRect;
use super::spans::Span;
use crate::geometry::Rect;
use crate::volume::Page;

/// The rectangles of one page, in points rounded to tenths; none on a page without two columns.
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

    /// On a page that holds both ends, whether the columns of this page agree that one comes before the other.
    /// Where they do not, nothing on it can be told to lie outside.
    fn in_order(&self, start: Option<&Rect>, end: Option<&Rect>) -> bool {
        let (Some(start), Some(end)) = (start, end) else {
            return true;
        };
        (self.is_right(start), start.y0) <= (self.is_right(end), end.y0)
    }

    /// Everything in front of the beginning.
    fn before(&self, start: &Rect) -> Vec<Rect> {
        let TextColumns { left, right, .. } = self.columns;
        if self.is_right(start) {
            vec![self.strip(left, self.top, self.bottom), self.strip(right, self.top, start.y0)]
        } else {
            vec![self.strip(left, self.top, start.y0)]
        }
    }

    /// Everything behind the end.
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

/// The largest part of a rectangle that leaves `kept` alone. A caption may reach across the gutter.
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
