//! How a page looks from afar. It tells whether a copy of a page still shows the page: Ghostscript reports success on
//! pages that it turned into blanks, and a program may take the wrong page from a damaged file.

/// The cells of the grid. One is about the size of two letters.
const COLUMNS: usize = 48;
const ROWS: usize = 72;

const CELLS: usize = COLUMNS * ROWS;

/// Two cells differ clearly from this difference on. Compression changes a cell by 4 at most, drawing at another
/// resolution by 15.
const CLEAR_DIFFERENCE: u8 = 32;

/// How many cells may differ clearly. A lost line of text has more than twenty.
const MAX_CLEAR_DIFFERENCES: usize = 8;

/// The share of the ink by which two looks may differ altogether, in percent. Faithful copies differ by less than 20,
/// pages of similar text by more than 65.
const MAX_DIFFERENCE_PERCENT: u64 = 35;

/// The mean darkness of each cell, 0 white to 255 black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look(Box<[u8]>);

impl Look {
    /// The look of an image with one (grey) or three (RGB) channels.
    pub(crate) fn of(width: usize, height: usize, channels: usize, pixels: &[u8]) -> Self {
        let mut cells = Vec::with_capacity(CELLS);
        for row in 0..ROWS {
            let rows = part(height, row, ROWS);
            for column in 0..COLUMNS {
                let columns = part(width, column, COLUMNS);
                let (from, to) = (columns.start * channels, columns.end * channels);
                let line = |y: usize| pixels.get(y * width * channels + from..y * width * channels + to);
                let light: u64 = rows.clone().filter_map(line).map(|line| lightness(line, channels)).sum();
                let count = (rows.len() * columns.len()).max(1) as u64;
                cells.push(255 - u8::try_from(light / count).unwrap_or(u8::MAX));
            }
        }
        Self(cells.into())
    }

    /// True if nothing can be seen.
    pub(crate) fn is_white(&self) -> bool {
        self.0.iter().all(|cell| *cell == 0)
    }

    /// True if the other image shows the same, as far as that can be told from afar.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        let differences = || self.0.iter().zip(&other.0).map(|(one, other)| one.abs_diff(*other));
        let clear = differences().filter(|difference| *difference > CLEAR_DIFFERENCE).count();
        let difference: u64 = differences().map(u64::from).sum();
        // Two shades a cell are the noise of compression.
        let noise = 2 * CELLS as u64;
        clear <= MAX_CLEAR_DIFFERENCES && difference <= self.ink() * MAX_DIFFERENCE_PERCENT / 100 + noise
    }

    /// What stands out from the paper: the sum of the distances from the usual darkness.
    fn ink(&self) -> u64 {
        let mut sorted = self.0.to_vec();
        sorted.sort_unstable();
        let paper = sorted[sorted.len() / 2];
        sorted.iter().map(|cell| u64::from(cell.abs_diff(paper))).sum()
    }
}

/// The part of a length that belongs to a cell: never empty, unless the length is zero.
fn part(length: usize, cell: usize, cells: usize) -> std::ops::Range<usize> {
    let start = (cell * length / cells).min(length.saturating_sub(1));
    start..((cell + 1) * length / cells).max(start + 1).min(length)
}

/// The sum of the lightness of the pixels.
fn lightness(line: &[u8], channels: usize) -> u64 {
    let sum = |channel: usize| -> u64 {
        let values = line.iter().skip(channel).step_by(channels);
        u64::from(values.map(|value| u32::from(*value)).sum::<u32>())
    };
    match channels {
        1 => u64::from(line.iter().map(|value| u32::from(*value)).sum::<u32>()),
        _ => (299 * sum(0) + 587 * sum(1) + 114 * sum(2)) / 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::PageImage;

    /// Lines of words whose lengths depend on a seed.
    fn text(seed: usize) -> PageImage {
        let (width, height) = (960, 1440);
        let is_ink = |x: usize, y: usize| {
            let (line, word) = (y / 24, x / 40);
            y % 24 < 12 && x % 4 < 2 && !(line * 31 + word * 17 + seed * 7 + line * word * seed).is_multiple_of(5)
        };
        let shade = |at: usize| if is_ink(at % width, at / width) { 20 } else { 240 };
        PageImage { width, height, channels: 1, pixels: (0..width * height).map(shade).collect(), dpi: 200.0 }
    }

    fn look(image: &PageImage) -> Look {
        Look::of(image.width, image.height, image.channels, &image.pixels)
    }

    #[test]
    fn the_same_page_at_another_size_agrees() {
        let page = text(1);
        assert!(look(&page).agrees_with(&look(&page.resized(640, 960))));
        assert!(look(&page).agrees_with(&look(&page.resized(1000, 1500))));
        let colour = page.pixels.iter().flat_map(|grey| [*grey; 3]).collect();
        let colour = PageImage { channels: 3, pixels: colour, ..page.clone() };
        assert!(look(&page).agrees_with(&look(&colour)));
    }

    #[test]
    fn other_pages_and_lost_parts_do_not() {
        let page = text(1);
        let white = Look::of(100, 200, 1, &vec![255; 20_000]);
        assert!(white.is_white() && !look(&page).is_white());
        assert!(!look(&page).agrees_with(&white) && !white.agrees_with(&look(&page)));
        assert!(!look(&page).agrees_with(&look(&text(2))));
        let mut lost = page.clone();
        lost.pixels[960 * 480..960 * 504].fill(240);
        assert!(!look(&page).agrees_with(&look(&lost)), "a line is missing");
    }

    #[test]
    fn no_size_is_too_small() {
        assert!(Look::of(0, 0, 1, &[]).agrees_with(&Look::of(0, 0, 3, &[])));
        assert!(Look::of(1, 1, 1, &[255]).is_white());
    }
}
