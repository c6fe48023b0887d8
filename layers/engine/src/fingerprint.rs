//! Recognises a page that was photographed twice by its picture.

use crate::pixels::GreyImage;
use serde::{Deserialize, Serialize};

/// Cells of the grid in a row. One more is measured than there are bits, because each bit compares two neighbours.
const COLUMNS: usize = 16;
const ROWS: usize = 32;

/// Where each part of a page has more ink than the part to its left: 512 bits.
///
/// The ink of a part is measured against the lightest paper in that part. So neither the exposure nor uneven light
/// changes the fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PictureFingerprint([u64; COLUMNS * ROWS / 64]);

impl PictureFingerprint {
    /// The fingerprint of a page at any resolution.
    #[must_use]
    pub fn of(grey: &GreyImage) -> Self {
        let mut bits = [0; COLUMNS * ROWS / 64];
        for row in 0..ROWS {
            let darkness = darkness(grey, part(row, ROWS, grey.height));
            for (column, pair) in darkness.windows(2).enumerate() {
                let place = row * COLUMNS + column;
                bits[place / 64] |= u64::from(pair[1] > pair[0]) << (place % 64);
            }
        }
        Self(bits)
    }

    /// The share of the bits that differ, 0 to 1. Says nothing about pages without ink.
    ///
    /// Measured on 20 pages of one book: at most 0.21 if a page is photographed twice, with other light and slightly
    /// turned, and at least 0.33 for two different pages.
    #[must_use]
    pub fn difference(&self, other: &Self) -> f64 {
        let differing: u32 = self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum();
        f64::from(differing) / (COLUMNS * ROWS) as f64
    }
}

/// Where one of `count` equal parts of a length begins and ends.
const fn part(index: usize, count: usize, length: usize) -> std::ops::Range<usize> {
    index * length / count..(index + 1) * length / count
}

/// How dark each cell of a row of the grid is against its lightest pixel, 0 to 1.
fn darkness(grey: &GreyImage, rows: std::ops::Range<usize>) -> [f64; COLUMNS + 1] {
    let mut cells = [(0u64, 0u8, 0u64); COLUMNS + 1];
    for row in grey.pixels.chunks_exact(grey.width.max(1)).skip(rows.start).take(rows.len()) {
        for (column, (sum, lightest, count)) in cells.iter_mut().enumerate() {
            let cell = &row[part(column, COLUMNS + 1, grey.width)];
            *sum += cell.iter().map(|sample| u64::from(*sample)).sum::<u64>();
            *lightest = cell.iter().fold(*lightest, |lightest, sample| lightest.max(*sample));
            *count += cell.len() as u64;
        }
    }
    cells.map(|(sum, lightest, count)| match count * u64::from(lightest) {
        0 => 0.0,
        all_light => 1.0 - sum as f64 / all_light as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of lines whose words depend on the seed.
    fn page(seed: usize, dx: usize, light: impl Fn(usize) -> f64) -> GreyImage {
        let (width, height) = (340, 640);
        let ink = |x: usize, y: usize| {
            let (word, line) = ((x + 40 - dx) / 11, y / 12);
            let mut mixed = (word + 100 * line + 100_000 * seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            y % 12 < 7 && !(mixed ^ (mixed >> 27)).is_multiple_of(3)
        };
        let sample = |at: usize| {
            let (x, y) = (at % width, at / width);
            (if ink(x, y) { 40.0 } else { 240.0 } * light(x)) as u8
        };
        GreyImage { width, height, pixels: (0..width * height).map(sample).collect() }
    }

    #[test]
    fn light_and_small_shifts_change_little() {
        let first = PictureFingerprint::of(&page(1, 0, |_| 1.0));
        let darker = PictureFingerprint::of(&page(1, 0, |x| 0.5 + x as f64 / 800.0));
        let moved = PictureFingerprint::of(&page(1, 1, |_| 0.8));
        let differences = [first.difference(&darker), first.difference(&moved)];
        assert!(differences.iter().all(|difference| *difference < 0.2), "{differences:?}");
    }

    #[test]
    fn other_words_are_another_page() {
        let pages: Vec<_> = (0..8).map(|seed| PictureFingerprint::of(&page(seed, 0, |_| 1.0))).collect();
        for (index, page) in pages.iter().enumerate() {
            let nearest = pages[..index].iter().map(|other| page.difference(other)).fold(1.0, f64::min);
            assert!(nearest > 0.33, "{index}: {nearest}");
        }
    }

    #[test]
    fn any_size_has_a_fingerprint() {
        for (width, height) in [(0, 0), (1, 1), (3, 700), (700, 3)] {
            let grey = GreyImage::filled(width, height, 200);
            assert_eq!(PictureFingerprint::of(&grey), PictureFingerprint::default(), "{width} x {height}");
        }
    }
}
