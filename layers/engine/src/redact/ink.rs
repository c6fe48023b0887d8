//! The dark pixels of a page, and functions that fit rectangles to them.

use crate::geometry::Rect;
use crate::layout::otsu_threshold;

/// The highest threshold: lighter pixels are never ink, however pale the page.
const LIGHTEST_INK: u8 = 200;

/// The lowest threshold: darker pixels are always ink, however dark the page.
const DARKEST_THRESHOLD: u8 = 100;

/// The dark pixels of a page at 200 dpi.
#[derive(Debug, Clone)]
pub struct Ink {
    width: usize,
    height: usize,
    dark: Vec<bool>,
}

impl Ink {
    /// Takes grey pixels, rows from the top, `width * height` samples. Missing rows count as paper.
    #[must_use]
    pub fn new(width: usize, height: usize, grey: &[u8]) -> Self {
        let threshold = otsu_threshold(grey).clamp(DARKEST_THRESHOLD, LIGHTEST_INK);
        let mut dark: Vec<bool> = grey.iter().map(|sample| *sample <= threshold).collect();
        dark.resize(width * height, false);
        Self { width, height, dark }
    }

    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The pixels that a rectangle touches: left, top, right and bottom, where right and bottom are exclusive.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the page before")]
    pub(super) fn cells(&self, rect: &Rect) -> (usize, usize, usize, usize) {
        let clamp = |value: f64, end: usize| value.clamp(0.0, end as f64) as usize;
        (
            clamp(rect.x0.floor(), self.width),
            clamp(rect.y0.floor(), self.height),
            clamp(rect.x1.ceil(), self.width),
            clamp(rect.y1.ceil(), self.height),
        )
    }

    /// Dark pixels of one row between two columns.
    #[must_use]
    pub fn count_in_row(&self, y: usize, x0: usize, x1: usize) -> usize {
        let row = self.dark.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        row.get(x0..x1.min(self.width)).map_or(0, |cells| cells.iter().filter(|dark| **dark).count())
    }

    /// Adds a row's dark pixels to the count of each column.
    pub(super) fn add_row(&self, y: usize, columns: &mut [usize]) {
        let row = self.dark.get(y * self.width..(y + 1) * self.width).unwrap_or_default();
        for (count, dark) in columns.iter_mut().zip(row) {
            *count += usize::from(*dark);
        }
    }

    fn is_blank_row(&self, y: usize, rect: &Rect) -> bool {
        let (x0, _, x1, _) = self.cells(rect);
        self.count_in_row(y, x0, x1) == 0
    }

    /// The nearest row at or above `y`, within `reach` pixels, that is blank over the rectangle's width.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a row of the page")]
    pub fn blank_above(&self, y: f64, rect: &Rect, reach: usize) -> Option<f64> {
        let start = y.clamp(0.0, self.height as f64) as usize;
        (start.saturating_sub(reach)..=start).rev().find(|row| self.is_blank_row(*row, rect)).map(|row| row as f64)
    }

    /// The nearest row at or below `y`, within `reach` pixels, that is blank over the rectangle's width.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a row of the page")]
    pub fn blank_below(&self, y: f64, rect: &Rect, reach: usize) -> Option<f64> {
        let start = y.clamp(0.0, self.height as f64) as usize;
        (start..=start + reach).find(|row| self.is_blank_row(*row, rect)).map(|row| row as f64)
    }

    /// The smallest rectangle that contains all ink inside `rect`; `None` if there is no ink.
    #[must_use]
    pub fn bounds(&self, rect: &Rect) -> Option<Rect> {
        let (x0, y0, x1, y1) = self.cells(rect);
        let mut found: Option<(usize, usize, usize, usize)> = None;
        for y in y0..y1 {
            let row = &self.dark[y * self.width + x0..y * self.width + x1.max(x0)];
            let Some(first) = row.iter().position(|dark| *dark) else { continue };
            let last = row.iter().rposition(|dark| *dark).unwrap_or(first);
            let (left, right) = (x0 + first, x0 + last + 1);
            found = Some(found.map_or((left, y, right, y + 1), |(l, t, r, _)| (l.min(left), t, r.max(right), y + 1)));
        }
        found.map(|(l, t, r, b)| Rect::new(l as f64, t as f64, r as f64, b as f64))
    }

    /// `rect` grown over the ink that belongs to it; see [`Ink::touching`].
    #[must_use]
    pub fn grown_over_touching(&self, rect: &Rect, reach: f64) -> Rect {
        self.touching(rect, reach).map_or(*rect, |bounds| bounds.union(rect))
    }

    /// The bounds of every connected piece of ink of which at least half lies inside `rect`, up to `reach` pixels
    /// beyond each side. A piece that extends further is left out: it is a rule, a frame or neighbouring text.
    #[must_use]
    pub fn touching(&self, rect: &Rect, reach: f64) -> Option<Rect> {
        let window = self.cells(&rect.grown(reach));
        let mut seen = vec![false; (window.2 - window.0) * (window.3 - window.1)];
        let mut bounds: Option<Rect> = None;
        for y in window.1..window.3 {
            for x in window.0..window.2 {
                if let Some(piece) = self.piece(x, y, window, &mut seen, rect) {
                    bounds = Some(bounds.map_or(piece, |so_far| so_far.union(&piece)));
                }
            }
        }
        bounds
    }

    /// `rect` extended over paper by at most `above` pixels at the top and `below` pixels at the bottom, but no further
    /// than the last row of the line above, in which its descenders fade out, and not onto the line below.
    #[must_use]
    pub fn extended_over_paper(&self, rect: &Rect, above: usize, below: usize) -> Rect {
        let (_, y0, _, y1) = self.cells(rect);
        let is_inked = |row: &usize| !self.is_blank_row(*row, rect);
        let (highest, lowest) = (y0.saturating_sub(above), (y1 + below).min(self.height));
        let top = (highest..y0).rev().find(is_inked).unwrap_or(highest);
        let bottom = (y1..lowest).find(is_inked).unwrap_or(lowest);
        Rect::new(rect.x0, top as f64, rect.x1, bottom as f64)
    }

    /// The box of the connected ink at a pixel when it belongs to `rect`.
    fn piece(
        &self,
        x: usize,
        y: usize,
        window: (usize, usize, usize, usize),
        seen: &mut [bool],
        rect: &Rect,
    ) -> Option<Rect> {
        let (mut stack, mut total, mut inside) = (vec![(x, y)], 0usize, 0usize);
        let mut bounds: Option<Rect> = None;
        while let Some((x, y)) = stack.pop() {
            let index = (y - window.1) * (window.2 - window.0) + (x - window.0);
            if seen[index] || !self.dark[y * self.width + x] {
                continue;
            }
            seen[index] = true;
            let cell = Rect::new(x as f64, y as f64, x as f64 + 1.0, y as f64 + 1.0);
            total += 1;
            inside += usize::from(rect.contains(&cell));
            bounds = Some(bounds.map_or(cell, |so_far| so_far.union(&cell)));
            for (nx, ny) in neighbours(x, y) {
                if (window.0..window.2).contains(&nx) && (window.1..window.3).contains(&ny) {
                    stack.push((nx, ny));
                }
            }
        }
        bounds.filter(|piece| 2 * inside >= total && !touches_edge(piece, window, rect))
    }
}

fn neighbours(x: usize, y: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..9).filter(|i| *i != 4).filter_map(move |i| Some(((x + i % 3).checked_sub(1)?, (y + i / 3).checked_sub(1)?)))
}

/// True when a piece reaches the edge of the window outside the rectangle, which is too far to grow.
fn touches_edge(piece: &Rect, window: (usize, usize, usize, usize), rect: &Rect) -> bool {
    (piece.x0 <= window.0 as f64 && piece.x0 < rect.x0)
        || (piece.y0 <= window.1 as f64 && piece.y0 < rect.y0)
        || (piece.x1 >= window.2 as f64 && piece.x1 > rect.x1)
        || (piece.y1 >= window.3 as f64 && piece.y1 > rect.y1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 by 40 with black blocks.
    fn ink(blocks: &[Rect]) -> Ink {
        let grey: Vec<u8> = (0..1600)
            .map(|i| {
                let cell = Rect::new((i % 40) as f64, (i / 40) as f64, (i % 40) as f64 + 1.0, (i / 40) as f64 + 1.0);
                if blocks.iter().any(|block| block.contains(&cell)) { 10 } else { 245 }
            })
            .collect();
        Ink::new(40, 40, &grey)
    }

    #[test]
    fn bounds_are_those_of_the_ink_inside() {
        let page = ink(&[Rect::new(5.0, 6.0, 9.0, 10.0), Rect::new(20.0, 20.0, 30.0, 22.0)]);
        assert_eq!(page.bounds(&Rect::new(0.0, 0.0, 15.0, 15.0)), Some(Rect::new(5.0, 6.0, 9.0, 10.0)));
        assert_eq!(page.bounds(&Rect::new(10.0, 0.0, 15.0, 15.0)), None);
    }

    #[test]
    fn a_glyph_cut_by_the_edge_is_covered_and_its_neighbour_is_not() {
        let page = ink(&[Rect::new(5.0, 5.0, 12.0, 10.0), Rect::new(14.0, 5.0, 20.0, 10.0)]);
        let grown = page.grown_over_touching(&Rect::new(4.0, 4.0, 10.0, 12.0), 8.0);
        assert_eq!(grown, Rect::new(4.0, 4.0, 12.0, 12.0));
    }

    #[test]
    fn paper_is_covered_up_to_the_lines_above_and_below() {
        let page =
            ink(&[Rect::new(5.0, 2.0, 12.0, 10.0), Rect::new(5.0, 24.0, 12.0, 28.0), Rect::new(5.0, 31.0, 9.0, 35.0)]);
        let strokes = Rect::new(4.0, 24.0, 13.0, 28.0);
        assert_eq!(page.extended_over_paper(&strokes, 16, 5), Rect::new(4.0, 9.0, 13.0, 31.0));
        assert_eq!(page.extended_over_paper(&strokes, 6, 2), Rect::new(4.0, 18.0, 13.0, 30.0));
    }

    #[test]
    fn growth_that_uses_the_whole_reach_is_refused() {
        let page = ink(&[Rect::new(5.0, 5.0, 35.0, 7.0)]);
        let rect = Rect::new(4.0, 4.0, 20.5, 12.0);
        assert_eq!(page.grown_over_touching(&rect, 6.0), rect);
    }

    #[test]
    fn blank_rows_are_found_in_both_directions() {
        let page = ink(&[Rect::new(0.0, 10.0, 40.0, 20.0)]);
        let rect = Rect::new(0.0, 0.0, 40.0, 40.0);
        assert_eq!(page.blank_above(15.0, &rect, 10), Some(9.0));
        assert_eq!(page.blank_below(15.0, &rect, 10), Some(20.0));
        assert_eq!(page.blank_below(15.0, &rect, 2), None);
    }
}
