//! A page is measured in blocks of an inch. The median of the blocks is not misled by pictures, stains and borders.

use super::share_of;
use crate::pixels::GreyImage;
use std::ops::Range;

/// The side of a block in pixels: six or seven lines of text.
const SIDE: usize = 200;

/// The share of the width and of the height, on each side, that is not measured: scanners leave a black frame there.
const MARGIN: f64 = 0.03;

/// The share of a block's samples that are lighter than its paper: the light of a lamp, the halo of a JPEG.
const LIGHTER: f64 = 0.1;

/// Ink has less than this share of the light of the paper around it. Print that shines through has more.
const INK: f64 = 0.8;

/// How dark the ink is, is told from the darkest hundredths of a block.
const DARKEST_INK: f64 = 0.02;

/// The share of a block that is ink if it holds lines of text.
const TEXT: std::ops::RangeInclusive<f64> = 0.03..=0.45;

/// Of the rows and of the samples in a row, one in so many is counted. Text has enough of both, and its lines are not so
/// many rows apart that only the same part of each would be counted.
const ROW_STEP: usize = 5;
const SAMPLE_STEP: usize = 2;

/// An edge is compared over one pixel and over this many: about half the width of a letter.
const FAR: usize = 8;

/// The step over which the profile of a line of text is compared, in pixels.
const PROFILE_STEP: usize = 2;

/// What was measured on a block.
pub(super) struct Block {
    pub(super) ink: f64,
    pub(super) paper: f64,
    pub(super) contrast: f64,
    pub(super) sharp_across: f64,
    pub(super) sharp_down: f64,
    /// The strength of level lines as a share of that of level and vertical lines.
    pub(super) level: f64,
    pub(super) skew_down: f64,
    pub(super) skew_right: f64,
}

impl Block {
    pub(super) fn is_text(&self) -> bool {
        TEXT.contains(&self.ink)
    }
}

/// The blocks of a page that is not empty; at least one.
pub(super) fn blocks(grey: &GreyImage) -> Vec<Block> {
    in_blocks(grey, |rows, columns| block(grey, rows, columns))
}

/// How light the paper of each block is, 0 to 1.
pub(super) fn papers(grey: &GreyImage) -> Vec<f64> {
    in_blocks(grey, |rows, columns| {
        let mut shades = Shades::default();
        let counted = rows.clone().filter(|y| y % ROW_STEP == 0);
        counted.for_each(|y| shades.add(&grey.pixels[y * grey.width + columns.start..y * grey.width + columns.end]));
        shades.paper() / 255.0
    })
}

fn in_blocks<T>(grey: &GreyImage, measure: impl Fn(&Range<usize>, &Range<usize>) -> T) -> Vec<T> {
    let columns = cuts(grey.width);
    cuts(grey.height).iter().flat_map(|rows| columns.iter().map(|columns| measure(rows, columns))).collect()
}

/// Divides a side without its margins into equal parts.
fn cuts(length: usize) -> Vec<Range<usize>> {
    let margin = share_of(length, MARGIN);
    let inner = length - 2 * margin;
    let count = ((inner + SIDE / 2) / SIDE).max(1);
    (0..count).map(|part| margin + inner * part / count..margin + inner * (part + 1) / count).collect()
}

fn block(grey: &GreyImage, rows: &Range<usize>, columns: &Range<usize>) -> Block {
    let row = |y: usize| &grey.pixels[y * grey.width + columns.start..y * grey.width + columns.end];
    let mut shades = Shades::default();
    let (mut across, mut down) = (Edges::default(), Edges::default());
    let mut row_sums: Vec<f64> = Vec::with_capacity(rows.len());
    let mut column_sums = vec![0u32; columns.len()];
    for y in rows.clone() {
        let here = row(y);
        row_sums.push(f64::from(here.iter().map(|sample| u32::from(*sample)).sum::<u32>()));
        column_sums.iter_mut().zip(here).for_each(|(sum, sample)| *sum += u32::from(*sample));
        if y % ROW_STEP == 0 {
            shades.add(here);
            across.add(here, &here[1.min(here.len())..], &here[FAR.min(here.len())..]);
            if y + FAR < rows.end {
                down.add(here, row(y + 1), row(y + FAR));
            }
        }
    }
    let column_sums: Vec<f64> = column_sums.into_iter().map(f64::from).collect();
    let (level_lines, skew_down) = profile(&row_sums, columns.len());
    let (vertical_lines, skew_right) = profile(&column_sums, rows.len());
    let paper = shades.paper();
    Block {
        ink: shades.share_below(INK * paper),
        paper: paper / 255.0,
        contrast: 1.0 - shades.below(DARKEST_INK) / paper.max(1.0),
        sharp_across: across.sharpness(),
        sharp_down: down.sharpness(),
        level: level_lines / (level_lines + vertical_lines).max(f64::MIN_POSITIVE),
        skew_down,
        skew_right,
    }
}

/// How many samples have each shade.
struct Shades {
    histogram: [u32; 256],
    total: u32,
}

impl Default for Shades {
    fn default() -> Self {
        Self { histogram: [0; 256], total: 0 }
    }
}

impl Shades {
    /// Counts a row of a block.
    fn add(&mut self, row: &[u8]) {
        for sample in row.iter().step_by(SAMPLE_STEP) {
            self.histogram[usize::from(*sample)] += 1;
            self.total += 1;
        }
    }

    /// The shade of the paper, 0 to 255.
    fn paper(&self) -> f64 {
        self.below(1.0 - LIGHTER)
    }

    /// The shade that this share of the samples does not exceed.
    fn below(&self, share: f64) -> f64 {
        let mut left = f64::from(self.total) * share;
        for (shade, count) in self.histogram.iter().enumerate() {
            left -= f64::from(*count);
            if left < 0.0 {
                return shade as f64;
            }
        }
        255.0
    }

    fn share_below(&self, limit: f64) -> f64 {
        let darker = self.histogram.iter().enumerate().take_while(|(shade, _)| (*shade as f64) < limit);
        f64::from(darker.map(|(_, count)| count).sum::<u32>()) / f64::from(self.total.max(1))
    }
}

/// Squared differences over one pixel and over half the width of a letter. A sharp edge rises within one or two pixels, so
/// both are alike; a blurred one rises slowly.
#[derive(Default)]
struct Edges {
    near: u64,
    far: u64,
}

impl Edges {
    fn add(&mut self, here: &[u8], near: &[u8], far: &[u8]) {
        let squares = |there: &[u8]| -> u64 {
            let square = |(a, b): (&u8, &u8)| u32::from(a.abs_diff(*b)).pow(2);
            u64::from(here.iter().zip(there).map(square).sum::<u32>())
        };
        self.near += squares(near);
        self.far += squares(far);
    }

    fn sharpness(&self) -> f64 {
        if self.far == 0 { 0.0 } else { (self.near as f64 / self.far as f64).min(1.0) }
    }
}

/// The strength of the lines in a profile, and the skew of its steps. Letters stand on the base line and reach
/// differently high, so the profile rises from ink to paper more sharply below a line than above it.
fn profile(sums: &[f64], samples: usize) -> (f64, f64) {
    let steps = sums.iter().zip(sums.iter().skip(PROFILE_STEP)).map(|(a, b)| (b - a) / samples.max(1) as f64);
    let (squares, cubes) =
        steps.fold((0.0, 0.0), |(squares, cubes), step| (squares + step * step, cubes + step * step * step));
    let count = sums.len().saturating_sub(PROFILE_STEP).max(1) as f64;
    let (variance, third) = (squares / count, cubes / count);
    let skew = if variance > 0.0 { third / variance.powf(1.5) } else { 0.0 };
    (variance, skew)
}
