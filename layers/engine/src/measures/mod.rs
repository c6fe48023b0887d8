//! What the pixels of a page say about its quality. Measured once, when a page is decoded for detection, because later
//! stages do not have the pixels. The light is measured on the page as it came, everything else after the light was evened
//! out, so that a dark gutter does not count as ink.

mod block;
mod edges;
#[cfg(test)]
mod tests;

use crate::fingerprint::PictureFingerprint;
use crate::geometry::median;
use crate::pixels::GreyImage;
use block::{Block, blocks, papers};
pub use edges::Touching;
use serde::{Deserialize, Serialize};

/// What was measured on a page at 200 dpi. Everything but `touching` is about the page inside its margins, so that the
/// black frame of a scanner does not count.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PageMeasures {
    /// The share of the pixels that are ink, 0 to 1.
    pub ink: f64,
    /// How light the paper is, 0 to 1.
    pub paper: f64,
    /// How light the paper is in the darkest tenth of the page, 0 to 1.
    pub darkest_paper: f64,
    /// How much darker than the paper the ink is, 0 to 1. 0 if there is no text.
    pub contrast: f64,
    /// How steep the edges of the letters are, 0 to 1. It depends neither on the amount of ink nor on its darkness. 0 if
    /// there is no text.
    pub sharpness: f64,
    /// The share of the page that holds text, 0 to 1.
    pub text: f64,
    /// Near 1 if the lines of text are level, near 0 if they are vertical.
    pub level: f64,
    /// Above 0 if the letters stand upright (on level lines) or have their tops at the left (on vertical lines), below
    /// 0 if they stand on their heads or have their tops at the right.
    pub upright: f64,
    /// Pieces of ink that touch the edges of the picture.
    pub touching: Touching,
    /// What the page looks like.
    pub fingerprint: PictureFingerprint,
}

/// How light the paper of a page is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageLight {
    paper: f64,
    darkest_paper: f64,
}

/// A page has this share of its blocks darker than `darkest_paper`.
const DARKEST: f64 = 0.1;

impl PageLight {
    /// Measures a page at 200 dpi whose light was not evened out.
    #[must_use]
    pub fn of(grey: &GreyImage) -> Self {
        if !grey.is_whole() {
            return Self { paper: 0.0, darkest_paper: 0.0 };
        }
        let mut papers = papers(grey);
        papers.sort_by(f64::total_cmp);
        Self { paper: median(papers.clone()), darkest_paper: papers[share_of(papers.len(), DARKEST)] }
    }
}

impl PageMeasures {
    /// True if every value is one that [`measure`] can return.
    #[must_use]
    pub fn are_possible(&self) -> bool {
        let Self { ink, paper, darkest_paper, contrast, sharpness, text, level, upright, touching, fingerprint: _ } =
            *self;
        let shares = [ink, paper, darkest_paper, contrast, sharpness, text, level, upright.abs()];
        shares.iter().all(|share| (0.0..=1.0).contains(share)) && touching.are_possible()
    }
}

/// Measures a page at 200 dpi whose light was evened out and had been `light`.
#[must_use]
pub fn measure(grey: &GreyImage, light: PageLight) -> PageMeasures {
    if !grey.is_whole() {
        return PageMeasures::default();
    }
    let blocks = blocks(grey);
    let paper = median(blocks.iter().map(|block| block.paper).collect());
    let text: Vec<&Block> = blocks.iter().filter(|block| block.is_text()).collect();
    let middle = |value: fn(&Block) -> f64| median_or_zero(text.iter().map(|block| value(block)).collect());
    let level = middle(|block| block.level);
    let upright = if level >= 0.5 { middle(|block| block.skew_down) } else { middle(|block| block.skew_right) };
    PageMeasures {
        ink: blocks.iter().map(|block| block.ink).sum::<f64>() / blocks.len().max(1) as f64,
        paper: light.paper,
        darkest_paper: light.darkest_paper,
        contrast: middle(|block| block.contrast),
        sharpness: middle(|block| block.sharp_across).min(middle(|block| block.sharp_down)),
        text: text.len() as f64 / blocks.len().max(1) as f64,
        level,
        upright: upright.clamp(-1.0, 1.0),
        touching: edges::touching(grey, paper),
        fingerprint: PictureFingerprint::of(grey),
    }
}

fn median_or_zero(values: Vec<f64>) -> f64 {
    if values.is_empty() { 0.0 } else { median(values) }
}

/// A share of a length, rounded down.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
fn share_of(length: usize, share: f64) -> usize {
    (length as f64 * share) as usize
}
