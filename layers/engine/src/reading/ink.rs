//! The ink of a page: the pixels that are darker than the paper around them.

use crate::pixels::GreyImage;

/// Side of the square cells in which the level of the paper is estimated, in pixels.
const CELL: usize = 8;

/// The lightest of the cells within this distance is paper: letters are narrower.
const REACH: usize = 2;

/// Ink is at least so many grey levels darker than its paper.
const LEAST_CONTRAST: u8 = 38;

/// Ink has at least this share of the contrast of the darkest ink of the page.
const SHARE_OF_CONTRAST: f64 = 0.42;

/// This share of the pixels that differ from the paper is lighter than the darkest ink.
const DARKEST: f64 = 0.9;

/// Differences below this are the grain of the paper.
const GRAIN: usize = 16;

/// How much darker than its paper each pixel is, and from which difference it is ink.
pub(super) struct Ink {
    pub(super) width: usize,
    pub(super) depth: Vec<u8>,
    pub(super) threshold: u8,
}

impl Ink {
    /// The image must be whole.
    pub(super) fn of(image: &GreyImage) -> Self {
        let paper = Paper::of(image);
        let mut depth = Vec::with_capacity(image.pixels.len());
        let mut level = vec![0.0; image.width];
        for (y, row) in image.pixels.chunks_exact(image.width).enumerate() {
            paper.fill_row(y, &mut level);
            depth.extend(row.iter().zip(&level).map(|(sample, paper)| (*paper as u8).saturating_sub(*sample)));
        }
        let threshold = threshold(&depth);
        Self { width: image.width, depth, threshold }
    }

    /// The ink of an image in pure black and white.
    pub(super) fn of_bitonal(image: &GreyImage) -> Self {
        let depth = image.pixels.iter().map(|sample| 255 - sample).collect();
        Self { width: image.width, depth, threshold: 127 }
    }
}

fn threshold(depth: &[u8]) -> u8 {
    let mut counts = [0u64; 256];
    depth.iter().for_each(|depth| counts[usize::from(*depth)] += 1);
    let total: u64 = counts.iter().skip(GRAIN).sum();
    let mut lighter = 0;
    let darkest = (GRAIN..256).find(|depth| {
        lighter += counts[*depth];
        lighter as f64 >= DARKEST * total as f64
    });
    ((SHARE_OF_CONTRAST * darkest.unwrap_or(255) as f64) as u8).max(LEAST_CONTRAST)
}

/// The level of the paper in cells, rows from the top.
struct Paper {
    columns: usize,
    rows: usize,
    levels: Vec<u8>,
}

impl Paper {
    fn of(image: &GreyImage) -> Self {
        let (columns, rows) = (image.width.div_ceil(CELL), image.height.div_ceil(CELL));
        let mut levels = Vec::with_capacity(columns * rows);
        let mut sums = vec![0u32; columns];
        for block in image.pixels.chunks(image.width * CELL) {
            sums.fill(0);
            for row in block.chunks_exact(image.width) {
                let cells = row.chunks(CELL).map(|cell| cell.iter().map(|sample| u32::from(*sample)).sum::<u32>());
                sums.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += cell);
            }
            let height = block.len() / image.width;
            let count = |column: usize| (CELL.min(image.width - column * CELL) * height) as u32;
            levels.extend(sums.iter().enumerate().map(|(column, sum)| (sum / count(column)) as u8));
        }
        let lightest = |values: &mut [u8]| values.iter().copied().max().unwrap_or(255);
        // The median removes the corners that the maximum leaves where a shadow begins.
        let middle = |values: &mut [u8]| *values.select_nth_unstable(values.len() / 2).1;
        Self { columns, rows, levels }.filtered(lightest).filtered(middle)
    }

    /// Replaces each cell by a value of those around it.
    fn filtered(&self, value: impl Fn(&mut [u8]) -> u8) -> Self {
        let mut around = Vec::with_capacity((2 * REACH + 1).pow(2));
        let mut levels = Vec::with_capacity(self.levels.len());
        for row in 0..self.rows {
            for column in 0..self.columns {
                around.clear();
                for y in row.saturating_sub(REACH)..(row + REACH + 1).min(self.rows) {
                    let x = column.saturating_sub(REACH)..(column + REACH + 1).min(self.columns);
                    around.extend_from_slice(&self.levels[y * self.columns + x.start..y * self.columns + x.end]);
                }
                levels.push(value(&mut around));
            }
        }
        Self { levels, ..*self }
    }

    /// The paper along a row of pixels, interpolated between the centres of the cells. Beyond the outer ones it is level.
    fn fill_row(&self, y: usize, level: &mut [f32]) {
        let (top, bottom, share) = between(y, self.rows);
        let at = |column: usize| {
            let cell = |row: usize| f32::from(self.levels[row * self.columns + column]);
            cell(top) + (cell(bottom) - cell(top)) * share
        };
        let line: Vec<f32> = (0..self.columns).map(at).collect();
        level.fill(line[self.columns - 1]);
        let (outer, inner) = level.split_at_mut((CELL / 2).min(level.len()));
        outer.fill(line[0]);
        for (pixels, cells) in inner.chunks_mut(CELL).zip(line.windows(2)) {
            for (level, share) in pixels.iter_mut().zip(SHARES) {
                *level = cells[0] + (cells[1] - cells[0]) * share;
            }
        }
    }
}

/// How far the pixels between the centres of two cells are from the first, as shares of a cell.
const SHARES: [f32; CELL] = {
    let mut shares = [0.0; CELL];
    let mut pixel = 0;
    while pixel < CELL {
        shares[pixel] = (pixel as f32 + 0.5) / CELL as f32;
        pixel += 1;
    }
    shares
};

/// The cells between whose centres a row lies, and its distance from the first as a share of a cell.
fn between(row: usize, cells: usize) -> (usize, usize, f32) {
    let position = row as f32 - (CELL as f32 - 1.0) / 2.0;
    let position = (position / CELL as f32).clamp(0.0, (cells - 1) as f32);
    let first = position as usize;
    (first, (first + 1).min(cells - 1), position - first as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_in_a_shadow_is_told_from_its_paper() {
        let (width, height) = (400, 200);
        let light = |x: usize| 90.0 + 150.0 * x as f32 / width as f32;
        let is_stroke = |x: usize, y: usize| x % 20 < 3 && y % 30 < 20;
        let sample = |at: usize| {
            let (x, y) = (at % width, at / width);
            (light(x) * if is_stroke(x, y) { 0.3 } else { 1.0 }) as u8
        };
        let image = GreyImage { width, height, pixels: (0..width * height).map(sample).collect() };
        let ink = Ink::of(&image);
        let wrong = |at: &usize| (ink.depth[*at] > ink.threshold) != is_stroke(at % width, at / width);
        assert_eq!((0..width * height).filter(wrong).count(), 0);
    }

    /// One cell, cells that end within the page, cells that end with it.
    #[test]
    fn the_paper_is_interpolated_from_end_to_end() {
        for width in [3, 4, 8, 13, 33, 40] {
            let columns = usize::div_ceil(width, CELL);
            let levels: Vec<u8> = (0..columns).map(|column| 20 * column as u8 + 7).collect();
            let paper = Paper { columns, rows: 1, levels };
            let mut level = vec![-1.0; width];
            paper.fill_row(0, &mut level);
            let wanted = |x: usize| 7.0 + 20.0 * ((x as f32 - 3.5) / 8.0).clamp(0.0, (columns - 1) as f32);
            assert!(level.iter().enumerate().all(|(x, level)| *level == wanted(x)), "{width}: {level:?}");
        }
    }

    #[test]
    fn a_blank_page_has_no_ink() {
        let ink = Ink::of(&GreyImage::filled(33, 17, 200));
        assert!(ink.depth.iter().all(|depth| *depth <= ink.threshold));
    }
}
