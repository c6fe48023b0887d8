//! The two columns of a page as rectangles can use them (specification, section 8).

use crate::detection::Label;
use crate::geometry::Rect;
use crate::volume::Page;

/// How far a column grows beyond its box, at most, in points: 0.4.4 grows to the ink by no more.
const MAX_GROWTH: f64 = 20.0;

/// Left and right edge of a column, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnEdges {
    /// Left edge.
    pub x0: f64,
    /// Right edge.
    pub x1: f64,
}

/// The two columns of a page, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextColumns {
    /// The left column.
    pub left: ColumnEdges,
    /// The right column.
    pub right: ColumnEdges,
    /// Between the two.
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
        // Two boxes over one column are no two columns.
        let apart = left.x1 <= right.centre_x() && left.centre_x() <= right.x0;
        let edges = |rect: &Rect| ColumnEdges { x0: rect.x0, x1: rect.x1 };
        (boxes.len() >= 2 && apart).then(|| Self::new(edges(left), edges(right)))
    }

    /// Columns by projection of the ink, with half of the gutter added to either side: the projection ends
    /// where lines become few, not where the longest ends.
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

    /// Grows each column to the ink, never across the middle of the gutter. Ink that lies elsewhere altogether
    /// is not this page's columns.
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

    /// Holds both columns inside the page, and apart where their boxes overlap.
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
