//! Evens out the light on a page: divides it by a local estimate of the paper, so that ink in a dark gutter is told from
//! paper by the same threshold as elsewhere. Only the analysis sees these pixels. What is delivered keeps its own look.

/// Side of the square cells in which the paper is estimated, in pixels.
const CELL: usize = 16;

/// Every pixel in this many is looked at, in both directions.
const STEP: usize = 2;

/// In a cell that holds text, at least this share of the pixels is ink or its edge. The paper is the level above it.
const INKED: f64 = 0.75;

/// Darker spots that are narrower or lower than twice this many cells are pictures or type, not shadow: a column.
const REACH: usize = 16;

/// The light is even if the darkest paper has at least this share of the lightest.
const EVEN: f64 = 0.88;

/// The share of cells that may be lighter or darker than the paper without counting as light or shadow.
const OUTLIERS: f64 = 0.02;

/// The level of paper in the result.
const PAPER: f32 = 250.0;

/// Paper is never taken for darker than this: there is only noise to be made visible.
const DARKEST_PAPER: f32 = 12.0;

/// The grey pixels of a page with the light evened out. Returns `None` if the light is even already, which is so on
/// nearly every page of a flatbed scanner, or if the pixels do not fit the size.
pub(super) fn flattened(width: usize, height: usize, pixels: &[u8]) -> Option<Vec<u8>> {
    if width < 2 * CELL || height < 2 * CELL || pixels.len() != width * height {
        return None;
    }
    let paper = Grid::of_paper(width, height, pixels);
    if paper.is_even() {
        return None;
    }
    let paper = paper.smoothed();
    let mut flat = Vec::with_capacity(pixels.len());
    let columns: Vec<Place> = (0..width).map(|x| Place::of(x, paper.width)).collect();
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        let line = paper.line(y);
        let paper = |place: &Place| place.between(line[place.first], line[place.first + 1]);
        flat.extend(columns.iter().zip(row).map(|(place, sample)| lit(*sample, paper(place))));
    }
    Some(flat)
}

/// A conversion from a float saturates.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a level, which saturates at 255")]
fn lit(sample: u8, paper: f32) -> u8 {
    (f32::from(sample) * PAPER / paper.max(DARKEST_PAPER) + 0.5) as u8
}

/// A pixel between the centres of two cells, along one axis; before the first and after the last, on the line through
/// the two outermost.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    share: f32,
}

impl Place {
    fn of(pixel: usize, cells: usize) -> Self {
        let first = (pixel.saturating_sub(CELL / 2) / CELL).min(cells - 2);
        let centre = (first * CELL) as f32 + (CELL as f32 - 1.0) / 2.0;
        Self { first, share: (pixel as f32 - centre) / CELL as f32 }
    }

    fn between(self, first: f32, second: f32) -> f32 {
        first + (second - first) * self.share
    }
}

/// The level of the paper in each cell, rows from the top.
struct Grid {
    width: usize,
    levels: Vec<f32>,
}

impl Grid {
    fn of_paper(width: usize, height: usize, pixels: &[u8]) -> Self {
        let (columns, rows) = (width / CELL, height / CELL);
        let mut samples: Vec<u8> = Vec::with_capacity((CELL / STEP) * (CELL / STEP));
        let mut levels = Vec::with_capacity(columns * rows);
        for cell in 0..columns * rows {
            let (left, top) = (cell % columns * CELL, cell / columns * CELL);
            samples.clear();
            for y in (top..top + CELL).step_by(STEP) {
                let row = &pixels[y * width + left..y * width + left + CELL];
                samples.extend(row.iter().step_by(STEP));
            }
            levels.push(f32::from(ranked(&mut samples, INKED)));
        }
        Self { width: columns, levels }.without_spots()
    }

    fn is_even(&self) -> bool {
        let mut levels = self.levels.clone();
        let (dark, light) = (ranked(&mut levels, OUTLIERS), ranked(&mut levels, 1.0 - OUTLIERS));
        f64::from(dark) >= EVEN * f64::from(light)
    }

    /// Removes dark spots, but no shadow that deepens towards an edge of the page: the lightest level around each cell,
    /// then the darkest of these.
    fn without_spots(self) -> Self {
        let closed = |grid: Self| grid.transposed(|line| darkest(&lightest(line)));
        closed(closed(self))
    }

    /// The mean of each cell and its neighbours, so that the light has no steps. The outermost cells stay: a shadow is
    /// steepest at the edge of a page.
    fn smoothed(self) -> Self {
        let mean = |line: &[f32]| -> Vec<f32> {
            let neighbours = |i: usize| if i == 0 || i + 1 == line.len() { i..i + 1 } else { i - 1..i + 2 };
            let mean = |of: &[f32]| of.iter().sum::<f32>() / of.len() as f32;
            (0..line.len()).map(|i| mean(&line[neighbours(i)])).collect()
        };
        self.transposed(mean).transposed(mean)
    }

    /// Applies a filter to each row, and makes rows of the columns.
    fn transposed(&self, filter: impl Fn(&[f32]) -> Vec<f32>) -> Self {
        let rows: Vec<Vec<f32>> = self.levels.chunks_exact(self.width).map(filter).collect();
        let levels = (0..self.width).flat_map(|x| rows.iter().map(move |row| row[x])).collect();
        Self { width: rows.len(), levels }
    }

    /// The paper along a row of pixels, at the centre of each cell.
    fn line(&self, y: usize) -> Vec<f32> {
        let rows: Vec<&[f32]> = self.levels.chunks_exact(self.width).collect();
        let place = Place::of(y, rows.len());
        rows[place.first].iter().zip(rows[place.first + 1]).map(|(a, b)| place.between(*a, *b)).collect()
    }
}

/// The value below which a share of the values lies.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
fn ranked<T: Copy + PartialOrd>(values: &mut [T], share: f64) -> T {
    let rank = ((values.len() - 1) as f64 * share) as usize;
    let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
    *values.select_nth_unstable_by(rank, order).1
}

/// The lightest level within reach, from [`REACH`] cells before the line to as many after it. Beyond its ends only what
/// is on the line counts, so that a shadow at an end stays a shadow.
fn lightest(line: &[f32]) -> Vec<f32> {
    let window = |i: usize| &line[i.saturating_sub(2 * REACH)..(i + 1).min(line.len())];
    (0..line.len() + 2 * REACH).map(|i| window(i).iter().copied().fold(0.0, f32::max)).collect()
}

/// The darkest level within reach of each cell of the line that [`lightest`] made longer.
fn darkest(line: &[f32]) -> Vec<f32> {
    line.windows(2 * REACH + 1).map(|window| window.iter().copied().fold(f32::MAX, f32::min)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: usize = 400;
    const HEIGHT: usize = 600;

    /// Lines of strokes on paper whose light is `light(x, y)`, from 0 to 1.
    fn page(light: impl Fn(f32, f32) -> f32) -> Vec<u8> {
        let sample = |i: usize| {
            let (x, y) = (i % WIDTH, i / WIDTH);
            let is_ink = y % 20 < 8 && x % 6 < 2 && (40..360).contains(&x);
            lit(
                if is_ink { 40 } else { 250 },
                PAPER / light(x as f32 / WIDTH as f32, y as f32 / HEIGHT as f32).max(0.01),
            )
        };
        (0..WIDTH * HEIGHT).map(sample).collect()
    }

    #[test]
    fn a_page_in_even_light_is_left_alone() {
        assert_eq!(flattened(WIDTH, HEIGHT, &page(|_, _| 1.0)), None);
        assert_eq!(flattened(WIDTH, HEIGHT, &page(|_, _| 0.6)), None);
    }

    #[test]
    fn a_picture_is_no_shadow() {
        let mut pixels = page(|_, _| 1.0);
        pixels.chunks_exact_mut(WIDTH).skip(200).take(150).for_each(|row| row[60..340].fill(30));
        assert_eq!(flattened(WIDTH, HEIGHT, &pixels), None);
    }

    #[test]
    fn pixels_that_are_no_page_are_left_alone() {
        assert_eq!(flattened(0, 0, &[]), None);
        assert_eq!(flattened(WIDTH, HEIGHT, &[0; 9]), None);
        assert_eq!(flattened(20, 20, &[9; 400]), None);
    }

    #[test]
    fn a_gutter_becomes_as_light_as_the_page() {
        // It fades over 60 pixels, as on a page of this resolution.
        let dark = page(|x, _| 1.0 - 0.5 * (-x / 0.15).exp());
        assert!(dark[0] < 130);
        let flat = flattened(WIDTH, HEIGHT, &dark).unwrap();
        let paper = flat.chunks_exact(WIDTH).skip(12).step_by(20).flatten();
        assert!(paper.clone().all(|level| *level > 200), "{:?}", paper.min());
    }

    proptest! {
        #[test]
        fn one_threshold_tells_ink_from_paper_in_any_light(
            x in -0.35f32..0.35, y in -0.35f32..0.35,
        ) {
            let even = page(|_, _| 1.0);
            let light = |at_x: f32, at_y: f32| 1.0 - x.abs() - y.abs() + x * (2.0 * at_x - 1.0) + y * (2.0 * at_y - 1.0);
            prop_assume!(1.0 - 2.0 * (x.abs() + y.abs()) > 0.15);
            let shaded = page(light);
            let flat = flattened(WIDTH, HEIGHT, &shaded).unwrap_or(shaded);
            let wrong = even.iter().zip(&flat).filter(|(even, flat)| (**even > 128) != (**flat > 128));
            prop_assert_eq!(wrong.count(), 0);
        }
    }
}
