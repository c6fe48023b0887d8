//! Text that reaches the edge of the picture.

use crate::pixels::GreyImage;
use serde::{Deserialize, Serialize};

/// How many pieces of ink, each as long as a letter, touch each edge of the picture. A frame, a shadow or a dark gutter
/// is longer than a letter and does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Touching {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

/// Ink within this distance touches the edge, in pixels: 1.5 mm.
const DEPTH: usize = 12;

/// Ink has less than this share of the light of the paper beside it, which is looked for within this distance along the
/// edge: more than that of two lines. A shadow falls on both alike.
const INK: f64 = 0.6;
const BESIDE: usize = 40;

/// Paper is not darker than this share of the paper of the page. What is darker everywhere is a frame.
const DARKEST_PAPER: f64 = 0.3;

/// The length of a letter along the edge, in pixels.
const LETTER: std::ops::RangeInclusive<usize> = 2..=50;

/// More pieces than this are not possible: the longest side has 40,000 pixels.
const MOST: u32 = 20_000;

impl Touching {
    pub(super) fn are_possible(&self) -> bool {
        [self.left, self.top, self.right, self.bottom].iter().all(|count| *count <= MOST)
    }
}

/// `paper` is the light of the page's paper, 0 to 1.
pub(super) fn touching(grey: &GreyImage, paper: f64) -> Touching {
    let (width, height) = (grey.width, grey.height);
    if width <= 2 * DEPTH || height <= 2 * DEPTH {
        return Touching::default();
    }
    let rows = || grey.pixels.chunks_exact(width);
    let darkest = |samples: &[u8]| samples.iter().copied().min().unwrap_or(u8::MAX);
    let darkest_rows = |from: usize| {
        let mut darkest = vec![u8::MAX; width];
        for row in rows().skip(from).take(DEPTH) {
            darkest.iter_mut().zip(row).for_each(|(so_far, sample)| *so_far = (*so_far).min(*sample));
        }
        darkest
    };
    let darkest_paper = DARKEST_PAPER * paper * 255.0;
    let (left, right): (Vec<u8>, Vec<u8>) =
        rows().map(|row| (darkest(&row[..DEPTH]), darkest(&row[width - DEPTH..]))).unzip();
    Touching {
        left: letters(&left, darkest_paper),
        top: letters(&darkest_rows(0), darkest_paper),
        right: letters(&right, darkest_paper),
        bottom: letters(&darkest_rows(height - DEPTH), darkest_paper),
    }
}

/// The runs of ink that are as long as a letter.
fn letters(edge: &[u8], darkest_paper: f64) -> u32 {
    let lightest: Vec<u8> = edge.chunks(BESIDE).map(|part| part.iter().copied().max().unwrap_or(0)).collect();
    let paper = |at: usize| {
        let part = at / BESIDE;
        lightest[part.saturating_sub(1)..(part + 2).min(lightest.len())].iter().copied().max().unwrap_or(0)
    };
    let is_ink = |(at, sample): (usize, &u8)| {
        let paper = f64::from(paper(at));
        paper >= darkest_paper && f64::from(*sample) < INK * paper
    };
    let (mut count, mut run) = (0, 0);
    for is_ink in edge.iter().enumerate().map(is_ink).chain([false]) {
        if is_ink {
            run += 1;
        } else {
            count += u32::from(LETTER.contains(&run));
            run = 0;
        }
    }
    count.min(MOST)
}
