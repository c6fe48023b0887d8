//! A line of text: its pieces of ink and its baseline.

use super::pieces::Piece;
use crate::geometry::{Rect, median};

/// Shorter lines lean as the page does: too few letters say how.
const LETTERS_FOR_A_SLOPE: usize = 12;

/// A line shorter than so many heights of a letter leans as the page does.
const HEIGHTS_FOR_A_SLOPE: f64 = 6.0;

/// Pieces that are lower than this share of the usual height are marks, not letters.
const LETTER: f64 = 0.55;

/// Descenders reach at least this share of the height above the baseline below it, in whatever line.
const LEAST_DESCENT: f64 = 0.24;

/// How often the slope is fitted again without the letters that are off the baseline.
const FITS: usize = 4;

#[derive(Debug, Clone)]
pub(super) struct TextLine {
    pub(super) pieces: Vec<Piece>,
    /// The baseline is `y = at + slope * x`.
    pub(super) at: f64,
    pub(super) slope: f64,
    /// How far the letters reach above and below the baseline.
    pub(super) above: f64,
    pub(super) below: f64,
}

impl TextLine {
    /// `slope` is that of the page. There must be at least one piece.
    pub(super) fn new(pieces: Vec<Piece>, slope: f64) -> Self {
        let mut line = Self { pieces, at: 0.0, slope, above: 1.0, below: 0.0 };
        line.fit(slope);
        line
    }

    pub(super) fn foot(&self, x: f64) -> f64 {
        self.at + self.slope * x
    }

    pub(super) fn height(&self) -> f64 {
        self.above + self.below
    }

    /// The box of its ink.
    pub(super) fn rect(&self) -> Rect {
        let rects = self.pieces.iter().map(|piece| piece.rect);
        rects.reduce(|all, rect| all.union(&rect)).unwrap_or_default()
    }

    /// Fits the baseline to the feet of the letters.
    pub(super) fn fit(&mut self, slope: f64) {
        let usual = percentile(self.pieces.iter().map(|piece| piece.rect.height()), 0.6);
        let letters: Vec<Rect> =
            self.pieces.iter().map(|piece| piece.rect).filter(|rect| rect.height() > LETTER * usual).collect();
        let feet: Vec<(f64, f64)> = letters.iter().map(|rect| (rect.centre_x(), rect.y1)).collect();
        if feet.is_empty() {
            return;
        }
        let height = median(letters.iter().map(Rect::height).collect());
        (self.at, self.slope) = baseline(&feet, height, slope);
        let foot = |rect: &Rect| self.at + self.slope * rect.centre_x();
        let above = percentile(letters.iter().map(|rect| foot(rect) - rect.y0), 0.93);
        let below = percentile(letters.iter().map(|rect| rect.y1 - foot(rect)), 0.95);
        self.above = above.max(1.0);
        self.below = below.max(LEAST_DESCENT * self.above);
    }
}

/// Offset and slope of the line through the feet of letters of this height.
fn baseline(feet: &[(f64, f64)], height: f64, usual: f64) -> (f64, f64) {
    let level = |slope: f64| median(feet.iter().map(|(x, y)| y - slope * x).collect());
    let (first, last) = feet.iter().fold((f64::MAX, f64::MIN), |(first, last), (x, _)| (first.min(*x), last.max(*x)));
    if feet.len() < LETTERS_FOR_A_SLOPE || last - first <= HEIGHTS_FOR_A_SLOPE * height {
        return (level(usual), usual);
    }
    let near = (0.12 * height).max(1.5);
    let mut kept = feet.to_vec();
    let (mut at, mut slope) = (level(usual), usual);
    for _ in 0..FITS {
        let Some(fitted) = least_squares(&kept) else { break };
        (at, slope) = fitted;
        let off = |(x, y): &(f64, f64)| y - (at + slope * x);
        let middle = median(kept.iter().map(off).collect());
        kept = feet.iter().filter(|foot| (off(foot) - middle).abs() < near).copied().collect();
    }
    (at, slope)
}

/// Offset and slope; `None` of too few points.
fn least_squares(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < 4 {
        return None;
    }
    let count = points.len() as f64;
    let (mean_x, mean_y) = (
        points.iter().map(|point| point.0).sum::<f64>() / count,
        points.iter().map(|point| point.1).sum::<f64>() / count,
    );
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let shared: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (spread > 0.0).then(|| (mean_y - shared / spread * mean_x, shared / spread))
}

/// The value below which a share of the values lies, interpolated between two of them; 0 without values.
pub(super) fn percentile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let place = share * values.len().saturating_sub(1) as f64;
    let first = place as usize;
    match (values.get(first), values.get(first + 1)) {
        (Some(low), Some(high)) => low + (high - low) * (place - first as f64),
        (low, _) => low.copied().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_percentile_lies_between_two_values() {
        assert!((percentile([4.0, 1.0, 2.0, 3.0].into_iter(), 0.5) - 2.5).abs() < 1e-9);
        assert!((percentile([7.0].into_iter(), 0.93) - 7.0).abs() < 1e-9);
        assert!(percentile(std::iter::empty(), 0.5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn descenders_do_not_pull_the_baseline(slope in -0.02f64..0.02, at in 100.0f64..900.0, every in 4usize..9) {
            let piece = |number: usize| {
                let x = number as f64 * 14.0;
                let foot = at + slope * (x + 5.0) + if number.is_multiple_of(every) { 6.0 } else { 0.0 };
                Piece::new(Rect::new(x, foot - 16.0, x + 10.0, foot), 100)
            };
            let line = TextLine::new((0..50).map(piece).collect(), 0.0);
            prop_assert!((line.foot(0.0) - at).abs() < 1.0 && (line.foot(700.0) - at - slope * 700.0).abs() < 1.0);
        }
    }
}
