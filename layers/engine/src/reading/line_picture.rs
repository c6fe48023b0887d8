//! Cuts a line out of its page as the network was trained to see lines.

use super::text_line::TextLine;
use crate::pixels::GreyImage;

/// The height of the pictures, in pixels.
pub(super) const HEIGHT: usize = 36;

/// The widest picture. The longest line of a page of small type has 3,000 columns.
const MOST_COLUMNS: usize = 8_000;

/// The paper around a line, as a share of its height, and at least in pixels.
const MARGIN: f64 = 0.17;
const LEAST_MARGIN: f64 = 3.0;

/// Wider gaps, in heights of the line, are made so narrow: over a long white stretch the network sees dashes.
const WIDEST_GAP: f64 = 0.8;

/// Pictures whose scale is in this range are sharpened by this share, as Tesseract's scaling does.
const SHARPENED: std::ops::Range<f64> = 0.7..1.4;
const SHARPENING: f32 = 0.4;

/// The mean of the pixels up to this distance is taken away when a picture is sharpened.
const BLUR: usize = 2;

/// A line at the height that the network expects, level, from -1 (ink) to 1 (paper).
pub(super) struct LinePicture {
    /// Rows from the top.
    pub(super) samples: Vec<f32>,
    pub(super) width: usize,
    /// Where the middle of each column is on the page.
    pub(super) columns: Vec<f64>,
    /// Pixels of the page in a pixel of the picture.
    pub(super) step: f64,
}

impl LinePicture {
    /// `None` if the line is wider than any line of text.
    pub(super) fn of(page: &GreyImage, line: &TextLine) -> Option<Self> {
        let margin = (MARGIN * line.height()).max(LEAST_MARGIN);
        let rect = line.rect();
        let (left, right) = (rect.x0 - margin, rect.x1 + margin);
        let factor = HEIGHT as f64 / (line.height() + 2.0 * margin);
        let width = ((right - left) * factor).round().max(3.0) as usize;
        if width > MOST_COLUMNS {
            return None;
        }
        let step = 1.0 / factor;
        let top = line.foot(left) - line.above - margin;
        let mut pixels = levelled(page, (left, top), (step, line.slope), width);
        if SHARPENED.contains(&factor) {
            pixels = sharpened(&pixels, width);
        }
        let kept = kept_columns(line, left, factor, width);
        let row = |row: &[u8]| kept.iter().map(|column| row[*column]).collect::<Vec<u8>>();
        let pixels: Vec<u8> = pixels.chunks_exact(width).flat_map(row).collect();
        let columns: Vec<f64> = kept.iter().map(|column| left + (*column as f64 + 0.5) * step).collect();
        let width = columns.len();
        Some(Self { samples: normalised(&pixels, width), width, columns, step })
    }
}

/// Draws a strip of the page whose rows follow a slope, bilinearly. Beyond the page its edge is repeated.
fn levelled(page: &GreyImage, (left, top): (f64, f64), (step, slope): (f64, f64), width: usize) -> Vec<u8> {
    let (last_x, last_y) = ((page.width - 1) as f32, (page.height - 1) as f32);
    let mut pixels = Vec::with_capacity(width * HEIGHT);
    let columns: Vec<(usize, usize, f32, f32)> = (0..width)
        .map(|column| {
            let along = column as f64 * step;
            let x = ((left + along) as f32).clamp(0.0, last_x);
            (x as usize, (x as usize + 1).min(page.width - 1), x.fract(), (slope * along) as f32)
        })
        .collect();
    for row in 0..HEIGHT {
        let base = (top + row as f64 * step) as f32;
        for (first, second, share, rise) in &columns {
            let y = (base + rise).clamp(0.0, last_y);
            let upper = &page.pixels[y as usize * page.width..][..page.width];
            let lower = &page.pixels[(y as usize + 1).min(page.height - 1) * page.width..][..page.width];
            let blend = |row: &[u8]| {
                let (a, b) = (f32::from(row[*first]), f32::from(row[*second]));
                a + (b - a) * share
            };
            let (a, b) = (blend(upper), blend(lower));
            pixels.push((a + (b - a) * y.fract() + 0.5) as u8);
        }
    }
    pixels
}

/// Adds to each pixel a share of its difference from the pixels around it.
fn sharpened(pixels: &[u8], width: usize) -> Vec<u8> {
    let sums = |row: &[u8]| -> Vec<u16> {
        let at = |x: usize| u16::from(row[x.saturating_sub(BLUR).min(width - 1)]);
        let mut sum: u16 = (0..=2 * BLUR).map(at).sum();
        let next = |x: usize| {
            let now = sum;
            sum = sum + at(x + 2 * BLUR + 1) - at(x);
            now
        };
        (0..width).map(next).collect()
    };
    let rows: Vec<Vec<u16>> = pixels.chunks_exact(width).map(sums).collect();
    let count = ((2 * BLUR + 1) * (2 * BLUR + 1)) as f32;
    let mut sharp = Vec::with_capacity(pixels.len());
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        let near: [&Vec<u16>; 2 * BLUR + 1] =
            std::array::from_fn(|offset| &rows[(y + offset).saturating_sub(BLUR).min(HEIGHT - 1)]);
        for (x, sample) in row.iter().enumerate() {
            let mean = f32::from(near.iter().map(|row| row[x]).sum::<u16>()) / count;
            sharp.push((f32::from(*sample) * (1.0 + SHARPENING) - SHARPENING * mean + 0.5) as u8);
        }
    }
    sharp
}

/// The columns of the picture without the middle of wide gaps.
fn kept_columns(line: &TextLine, left: f64, factor: f64, width: usize) -> Vec<usize> {
    let mut edges: Vec<(f64, f64)> = line.pieces.iter().map(|piece| (piece.rect.x0, piece.rect.x1)).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let widest = WIDEST_GAP * line.height();
    let mut kept = vec![true; width];
    let mut reached = f64::MAX;
    for (start, end) in edges {
        if start - reached > widest {
            let spare = (start - reached - widest) * factor;
            let middle = (f64::midpoint(reached, start) - left) * factor;
            let (from, to) = ((middle - spare / 2.0) as usize, (middle + spare / 2.0) as usize);
            kept[from.min(width)..to.min(width)].fill(false);
        }
        reached = if reached == f64::MAX { end } else { reached.max(end) };
    }
    (0..width).filter(|column| kept[*column]).collect()
}

/// From -1 to 1 between the black and the white that the middle row shows, as Tesseract does it.
fn normalised(pixels: &[u8], width: usize) -> Vec<f32> {
    let row = &pixels[HEIGHT / 2 * width..][..width];
    let (mut low, mut high) = ([0usize; 256], [0usize; 256]);
    for around in row.windows(3) {
        let [before, here, after] = [around[0], around[1], around[2]];
        if (here < before && here <= after) || (here <= before && here < after) {
            low[usize::from(here)] += 1;
        }
        if (here > before && here >= after) || (here >= before && here > after) {
            high[usize::from(here)] += 1;
        }
    }
    let (black, white) = (fractile(&low, 0.25).unwrap_or(1.0), fractile(&high, 0.75).unwrap_or(256.0));
    let contrast = if white > black { ((white - black) / 2.0).max(1e-3) } else { 1.0 };
    pixels.iter().map(|sample| ((f32::from(*sample) - black) / contrast - 1.0).clamp(-1.0, 1.0)).collect()
}

/// The grey level below which a share of the counted pixels lies, interpolated; `None` without pixels.
fn fractile(counts: &[usize; 256], share: f32) -> Option<f32> {
    let total: usize = counts.iter().sum();
    let target = (share * total as f32).max(1.0);
    let mut sum = 0;
    let level = counts.iter().position(|count| {
        sum += count;
        *count > 0 && sum as f32 >= target
    })?;
    Some(level as f32 + 1.0 - (sum as f32 - target) / counts[level] as f32)
}

#[cfg(test)]
mod tests {
    use super::super::pieces::Piece;
    use super::*;
    use crate::geometry::Rect;

    fn page() -> GreyImage {
        let mut page = GreyImage::filled(800, 60, 240);
        for x in (20..120).chain(620..760) {
            if x % 10 < 4 {
                (20..40).for_each(|y| page.pixels[y * 800 + x] = 30);
            }
        }
        page
    }

    fn line() -> TextLine {
        let strokes = (20..120).chain(620..760).step_by(10).map(f64::from);
        let piece = |x: f64| Piece::new(Rect::new(x, 20.0, x + 4.0, 40.0), 80);
        TextLine::new(strokes.map(piece).collect(), 0.0)
    }

    #[test]
    fn a_wide_gap_is_narrowed_and_columns_know_their_place() {
        let picture = LinePicture::of(&page(), &line()).unwrap();
        assert_eq!((picture.samples.len(), picture.columns.len()), (HEIGHT * picture.width, picture.width));
        assert!(picture.width < 400, "{}", picture.width);
        assert!(picture.columns.is_sorted());
        let jump = picture.columns.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        assert!(jump > 400.0, "{jump}");
    }

    #[test]
    fn ink_is_minus_one_and_paper_is_one() {
        let picture = LinePicture::of(&page(), &line()).unwrap();
        let row = &picture.samples[HEIGHT / 2 * picture.width..][..picture.width];
        assert!(row.iter().any(|sample| *sample <= -0.99) && row.iter().any(|sample| *sample >= 0.99));
    }

    #[test]
    fn an_even_picture_stays_even_when_it_is_sharpened() {
        assert!(sharpened(&[77; HEIGHT * 9], 9).iter().all(|sample| *sample == 77));
    }

    #[test]
    fn a_line_at_the_edge_of_the_page_is_cut() {
        let piece = Piece::new(Rect::new(0.0, 0.0, 9.0, 12.0), 50);
        let picture = LinePicture::of(&GreyImage::filled(9, 12, 9), &TextLine::new(vec![piece], 0.0)).unwrap();
        assert!(picture.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
    }
}
