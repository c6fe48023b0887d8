//! The connected pieces of ink: letters, parts of letters, rules, pictures.

use super::ink::Ink;
use crate::geometry::Rect;

/// A connected piece of ink.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    /// In pixels of the page.
    pub(super) page: Rect,
    /// The same box while lines are found: turned so that the lines are level.
    pub(super) rect: Rect,
    /// Pixels of ink.
    pub(super) area: u32,
}

impl Piece {
    pub(super) fn new(page: Rect, area: u32) -> Self {
        Self { page, rect: page, area }
    }
}

/// Pixels of ink side by side.
struct Stretch {
    start: u32,
    end: u32,
    label: u32,
}

/// The pieces of a page; pixels that touch at a corner belong together.
pub(super) fn pieces(ink: &Ink) -> Vec<Piece> {
    let mut labels = Labels::default();
    let (mut above, mut row): (Vec<Stretch>, Vec<Stretch>) = (Vec::new(), Vec::new());
    for (y, samples) in ink.depth.chunks_exact(ink.width.max(1)).enumerate() {
        row.clear();
        let mut x = 0;
        while let Some(start) = samples[x..].iter().position(|depth| *depth > ink.threshold).map(|gap| x + gap) {
            let length = samples[start..].iter().position(|depth| *depth <= ink.threshold);
            x = length.map_or(samples.len(), |length| start + length);
            let label = labels.add(start as u32, x as u32, y as u32);
            row.push(Stretch { start: start as u32, end: x as u32, label });
        }
        labels.join(&above, &row);
        std::mem::swap(&mut above, &mut row);
    }
    labels.pieces()
}

#[derive(Clone, Copy)]
struct Extent {
    x0: u32,
    y0: u32,
    x1: u32,
    y1: u32,
    area: u32,
}

/// A disjoint-set forest: `parents` has a label with a smaller number, or the label itself.
#[derive(Default)]
struct Labels {
    parents: Vec<u32>,
    extents: Vec<Extent>,
}

impl Labels {
    fn add(&mut self, start: u32, end: u32, y: u32) -> u32 {
        let label = self.parents.len() as u32;
        self.parents.push(label);
        self.extents.push(Extent { x0: start, y0: y, x1: end, y1: y + 1, area: end - start });
        label
    }

    fn root(&mut self, mut label: u32) -> u32 {
        while self.parents[label as usize] != label {
            let parent = self.parents[label as usize];
            self.parents[label as usize] = self.parents[parent as usize];
            label = parent;
        }
        label
    }

    /// Joins the stretches of two rows that touch. Both are in order from left to right.
    fn join(&mut self, above: &[Stretch], row: &[Stretch]) {
        let mut first = 0;
        for below in row {
            while above.get(first).is_some_and(|upper| upper.end < below.start) {
                first += 1;
            }
            for upper in above[first..].iter().take_while(|upper| upper.start <= below.end) {
                let (a, b) = (self.root(upper.label), self.root(below.label));
                self.parents[a.max(b) as usize] = a.min(b);
            }
        }
    }

    fn pieces(mut self) -> Vec<Piece> {
        for label in (0..self.parents.len()).rev() {
            let root = self.root(label as u32) as usize;
            if root != label {
                let (part, whole) = (self.extents[label], &mut self.extents[root]);
                (whole.x0, whole.y0) = (whole.x0.min(part.x0), whole.y0.min(part.y0));
                (whole.x1, whole.y1) = (whole.x1.max(part.x1), whole.y1.max(part.y1));
                whole.area += part.area;
            }
        }
        let roots = self.parents.iter().zip(&self.extents).enumerate();
        let roots = roots.filter(|(label, (parent, _))| **parent as usize == *label);
        let rect = |extent: &Extent| Rect::new(extent.x0.into(), extent.y0.into(), extent.x1.into(), extent.y1.into());
        roots.map(|(_, (_, extent))| Piece::new(rect(extent), extent.area)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ink(width: usize, dark: &[bool]) -> Ink {
        Ink { width, depth: dark.iter().map(|dark| u8::from(*dark) * 200).collect(), threshold: 38 }
    }

    #[test]
    fn strokes_that_meet_below_are_one_piece() {
        let rows = ["#...#..", "#...#.#", "#.#.#..", ".#.#..#"];
        let dark: Vec<bool> = rows.iter().flat_map(|row| row.bytes().map(|byte| byte == b'#')).collect();
        let mut found = pieces(&ink(7, &dark));
        found.sort_by_key(|piece| std::cmp::Reverse(piece.area));
        let boxes: Vec<(Rect, u32)> = found.iter().map(|piece| (piece.page, piece.area)).collect();
        assert_eq!(boxes[0], (Rect::new(0.0, 0.0, 5.0, 4.0), 9));
        assert_eq!(boxes.len(), 3);
    }

    proptest! {
        #[test]
        fn every_dark_pixel_is_in_one_piece(dark in proptest::collection::vec(any::<bool>(), 1..400), width in 1usize..20) {
            let rows = dark.len() / width;
            let dark = &dark[..rows * width];
            let found = pieces(&ink(width, dark));
            let area: u32 = found.iter().map(|piece| piece.area).sum();
            prop_assert_eq!(area as usize, dark.iter().filter(|dark| **dark).count());
            for at in (0..dark.len()).filter(|at| dark[*at]) {
                let pixel = Rect::new((at % width) as f64, (at / width) as f64, (at % width + 1) as f64, (at / width + 1) as f64);
                prop_assert!(found.iter().any(|piece| piece.page.contains(&pixel)));
            }
        }
    }
}
