//! Cuts that run between the lines of type. On a page that is turned or curved no straight cut leaves them whole, so a
//! seam has a level of its own for each step along its way.

use super::ink::Ink;
use crate::geometry::Rect;

/// The length of a step, in pixels: a few letters, so that no seam slips between two words.
const STEP: usize = 32;

/// How far the level may change from one step to the next, in pixels: a slope of 3.6 degrees.
const BEND: usize = 2;

/// What a pixel of ink costs, if a pixel off the wanted level costs 1.
const INK_COST: usize = 1000;

/// A cut along an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seam {
    /// Where the first step begins.
    start: f64,
    /// The level of each step. The first and the last step have no outer end.
    levels: Vec<f64>,
}

/// Consecutive steps of one level.
struct Stretch {
    from: f64,
    to: f64,
    level: f64,
}

impl Seam {
    pub(super) fn straight(level: f64) -> Self {
        Self { start: 0.0, levels: vec![level] }
    }

    /// The seam from left to right through `rect` that meets the least ink, at most `reach` pixels above or below `y`.
    pub(super) fn across(ink: &Ink, rect: &Rect, y: f64, reach: usize) -> Self {
        let (x0, _, x1, _) = ink.cells(rect);
        let (levels, wanted) = levels(y, reach, ink.height());
        let costs = (x0..x1).step_by(STEP).map(|x| {
            let end = (x + STEP).min(x1);
            levels.clone().map(|row| ink.count_in_row(row, x, end)).collect()
        });
        Self::cheapest(x0, costs.collect(), levels.start, wanted).unwrap_or_else(|| Self::straight(y))
    }

    /// The seam from top to bottom through `rect` that meets the least ink, at most `reach` pixels left or right of `x`.
    pub(super) fn down(ink: &Ink, rect: &Rect, x: f64, reach: usize) -> Self {
        let (_, y0, _, y1) = ink.cells(rect);
        let (levels, wanted) = levels(x, reach, ink.width());
        let costs = (y0..y1).step_by(STEP).map(|y| {
            let mut counts = vec![0; ink.width()];
            (y..(y + STEP).min(y1)).for_each(|row| ink.add_row(row, &mut counts));
            counts[levels.clone()].to_vec()
        });
        Self::cheapest(y0, costs.collect(), levels.start, wanted).unwrap_or_else(|| Self::straight(x))
    }

    /// The way through `ink`, the dark pixels by step and level, that costs least. `None` if there is no step or level.
    fn cheapest(start: usize, ink: Vec<Vec<usize>>, first: usize, wanted: usize) -> Option<Self> {
        let cost = |count: usize, level: usize| count * INK_COST + level.abs_diff(wanted);
        let mut totals: Vec<Vec<usize>> = Vec::with_capacity(ink.len());
        for counts in &ink {
            let before = totals.last();
            let total =
                |level: usize| cost(counts[level], level) + before.map_or(0, |before| before[best(before, level)]);
            let totals_here = (0..counts.len()).map(total).collect();
            totals.push(totals_here);
        }
        let mut level = (0..totals.last()?.len()).min_by_key(|level| totals.last().map(|last| last[*level]))?;
        let mut levels = vec![(first + level) as f64];
        for before in totals.iter().rev().skip(1) {
            level = best(before, level);
            levels.push((first + level) as f64);
        }
        levels.reverse();
        Some(Self { start: start as f64, levels })
    }

    pub(super) fn lowest(&self) -> f64 {
        self.levels.iter().copied().fold(f64::MAX, f64::min)
    }

    pub(super) fn highest(&self) -> f64 {
        self.levels.iter().copied().fold(f64::MIN, f64::max)
    }

    fn stretches(&self, from: f64, to: f64) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let last = self.levels.len() - 1;
        for (step, level) in self.levels.iter().enumerate() {
            let begin = if step == 0 { from } else { self.start + (step * STEP) as f64 };
            let end = if step == last { to } else { self.start + ((step + 1) * STEP) as f64 };
            let (begin, end) = (begin.max(from), end.min(to));
            match stretches.last_mut() {
                _ if begin >= end => {}
                Some(stretch) if stretch.level.total_cmp(level).is_eq() => stretch.to = end,
                _ => stretches.push(Stretch { from: begin, to: end, level: *level }),
            }
        }
        stretches
    }

    /// The part of a rectangle below a seam that runs across: one piece if the seam passes above it.
    pub(super) fn below(&self, rect: &Rect) -> Vec<Rect> {
        if rect.y0 >= self.highest() {
            return vec![*rect];
        }
        self.pieces(rect.x0, rect.x1, |of| Rect::new(of.from, rect.y0.max(of.level), of.to, rect.y1))
    }

    /// The part of a rectangle above a seam that runs across: one piece if the seam passes below it.
    pub(super) fn above(&self, rect: &Rect) -> Vec<Rect> {
        if rect.y1 <= self.lowest() {
            return vec![*rect];
        }
        self.pieces(rect.x0, rect.x1, |of| Rect::new(of.from, rect.y0, of.to, rect.y1.min(of.level)))
    }

    /// The part of a rectangle left of a seam that runs down.
    pub(super) fn left(&self, rect: &Rect) -> Vec<Rect> {
        if rect.x1 <= self.lowest() {
            return vec![*rect];
        }
        self.pieces(rect.y0, rect.y1, |of| Rect::new(rect.x0, of.from, rect.x1.min(of.level), of.to))
    }

    /// The part of a rectangle right of a seam that runs down.
    pub(super) fn right(&self, rect: &Rect) -> Vec<Rect> {
        if rect.x0 >= self.highest() {
            return vec![*rect];
        }
        self.pieces(rect.y0, rect.y1, |of| Rect::new(rect.x0.max(of.level), of.from, rect.x1, of.to))
    }

    fn pieces(&self, from: f64, to: f64, piece: impl Fn(&Stretch) -> Rect) -> Vec<Rect> {
        self.stretches(from, to).iter().map(piece).filter(|piece| !piece.is_empty()).collect()
    }
}

/// The levels that a seam may have, and which of them is wanted.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a row or column of the page")]
fn levels(wanted: f64, reach: usize, end: usize) -> (std::ops::Range<usize>, usize) {
    let wanted = (wanted.max(0.0) as usize).min(end);
    let first = wanted.saturating_sub(reach);
    (first..(wanted + reach + 1).min(end), wanted - first)
}

/// The cheapest level of the step before from which a level can be reached.
fn best(before: &[usize], level: usize) -> usize {
    let reachable = level.saturating_sub(BEND)..(level + BEND + 1).min(before.len());
    reachable.min_by_key(|level| (before[*level], *level)).unwrap_or(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIDE: usize = 320;

    /// A page with lines of type that fall by a pixel every `run` pixels.
    fn lines(run: usize) -> Ink {
        let dark = |i: usize| (i / SIDE + SIDE - i % SIDE / run) % 40 < 26;
        let grey: Vec<u8> = (0..SIDE * SIDE).map(|i| if dark(i) { 10 } else { 245 }).collect();
        Ink::new(SIDE, SIDE, &grey)
    }

    #[test]
    fn a_seam_follows_the_paper_between_lines_that_fall() {
        let ink = lines(16);
        let page = Rect::new(0.0, 0.0, SIDE as f64, SIDE as f64);
        assert!((130..190).all(|row| ink.count_in_row(row, 0, SIDE) > 0), "no straight cut would do");
        let seam = Seam::across(&ink, &page, 160.0, 30);
        assert!(seam.highest() - seam.lowest() >= 6.0, "{seam:?}");
        let cut: usize = seam.stretches(0.0, SIDE as f64).iter().map(|of| on(&ink, of)).sum();
        assert_eq!(cut, 0, "{seam:?}");
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of the page")]
    fn on(ink: &Ink, of: &Stretch) -> usize {
        ink.count_in_row(of.level as usize, of.from as usize, of.to as usize)
    }

    #[test]
    fn a_page_without_ink_is_cut_where_it_was_wanted() {
        let ink = Ink::new(SIDE, SIDE, &[255; SIDE * SIDE]);
        let page = Rect::new(0.0, 0.0, SIDE as f64, SIDE as f64);
        for seam in [Seam::across(&ink, &page, 100.0, 20), Seam::down(&ink, &page, 100.0, 20)] {
            assert_eq!((seam.lowest(), seam.highest()), (100.0, 100.0));
        }
        let outside = Seam::across(&ink, &Rect::new(400.0, 0.0, 500.0, 10.0), 100.0, 20);
        assert_eq!(outside, Seam::straight(100.0));
    }

    fn rect() -> impl Strategy<Value = Rect> {
        (0.0..300.0, 0.0..300.0, 0.1..300.0, 0.1..300.0).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
    }

    fn area(pieces: &[Rect]) -> f64 {
        pieces.iter().map(Rect::area).sum()
    }

    proptest! {
        #[test]
        fn the_two_sides_of_a_seam_are_the_rectangle(
            rect in rect(),
            start in 0.0..300.0,
            levels in prop::collection::vec(0.0..600.0, 1..12),
        ) {
            let seam = Seam { start, levels };
            for (one, other) in [(seam.above(&rect), seam.below(&rect)), (seam.left(&rect), seam.right(&rect))] {
                prop_assert!((area(&one) + area(&other) - rect.area()).abs() < 1e-6);
                prop_assert!(one.iter().chain(&other).all(|piece| rect.contains(piece)));
            }
        }
    }
}
