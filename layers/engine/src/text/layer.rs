//! The invisible text of a searchable page.
//!
//! Every word is drawn in render mode 3 with a font without ink ([`fonts`]), stretched to the width of
//! its ink. Extractors take the height of a word's box from the font's ascent and descent and the font
//! size; and `pdftotext` takes words of different size, or on different baselines, for different
//! paragraphs. So all words of a line share size and baseline, lines of about the usual size share
//! that too, and the height of the ink is met by choosing among fonts of different ascent and descent.
//! Where the words of a page go, and in which font size.
//! From pixels of a page image to a page's own coordinates.

mod character_codes;
mod fonts;
mod glyphless;

#[cfg(test)]
mod tests;

use super::{Line, Word};
use crate::geometry::Rect;
pub use fonts::{TextLayerFont, add_font};
use glyphless::Shape;
use std::fmt::Write;

/// A content stream fragment that writes the lines onto a page, invisibly. Lines are in pixels of the
/// recognised image, in reading order; the fonts are those of [`add_font`]. Empty for no lines.
///
/// The fragment keeps the graphics state as it was, and expects it as it is at the start of a page.
#[must_use]
pub fn content(lines: &[Line], page: PageGeometry) -> Vec<u8> {
    let runs = place(lines, page);
    if runs.is_empty() {
        return Vec::new();
    }
    let [a, b, c, d, e, f] = page.to_user_space();
    let mut stream = format!("q\n{a} {b} {c} {d} {} {} cm\nBT\n3 Tr\n", decimal(e), decimal(f));
    for run in &runs {
        stream.push_str(&operators(run));
    }
    stream.push_str("ET\nQ\n");
    stream.into_bytes()
}

/// Moves to a run's place, stretches the font to its width, and shows its text.
fn operators(run: &Run) -> String {
    let natural = fonts::ADVANCE * run.size * count(&run.text);
    let stretch = decimal(100.0 * run.width / natural);
    let mut operators = format!("{stretch} Tz\n1 0 0 1 {} {} Tm\n", decimal(run.x), decimal(run.y));
    for (plane, codes) in character_codes::runs(&run.text) {
        let name = fonts::name(plane, run.shape);
        // Writing to a string cannot fail.
        let _ = writeln!(operators, "/{name} {} Tf\n<{codes}> Tj", decimal(run.size));
    }
    operators
}

fn count(text: &str) -> f64 {
    f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX))
}

/// A number in the shortest form that keeps thousandths.
fn decimal(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Font size as a share of a line's height from descender to ascender. Measured on two-column pages
/// with a gutter as narrow as the type is high: with 0.89 to 0.91 `pdftotext` reads column after
/// column, with more it joins the columns, with less it takes lines for paragraphs.
const SIZE: f64 = 0.9;

/// Lines whose height is within these shares of the page's median get the median: their height
/// differs for want of descenders, not for another size of type.
const USUAL: (f64, f64) = (0.8, 1.25);

/// A line whose baseline falls or rises by less than this share of its height gets a level one:
/// `pdftotext` reads words on a staircase in the wrong order. A steeper one is followed word by word.
const LEVEL: f64 = 0.5;

/// Width of the space after a word that the next one touches, as a share of the font size.
const NARROWEST_SPACE: f64 = 0.01;

/// A piece of text at its place, in points from the page's lower left corner as displayed.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) size: f64,
    pub(super) shape: Shape,
}

/// All words and the spaces between them.
fn place(lines: &[Line], page: PageGeometry) -> Vec<Run> {
    let (x, y) = page.points_per_pixel();
    let lines: Vec<Line> = lines.iter().map(|line| line.scaled(x, y)).collect();
    let usual = median(&lines);
    lines.iter().flat_map(|line| place_line(line, usual, page.height())).collect()
}

/// Median height of the page's words, each counted with its line's height.
fn median(lines: &[Line]) -> f64 {
    let mut sizes: Vec<f64> = lines.iter().flat_map(|line| line.words.iter().map(|_| line.size)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}

fn place_line(line: &Line, usual: f64, page_height: f64) -> Vec<Run> {
    let (low, high) = USUAL;
    let type_height = if (low * usual..=high * usual).contains(&line.size) { usual } else { line.size };
    let size = (SIZE * type_height).max(1.0);
    let followers = line.words.iter().skip(1).map(Some).chain(std::iter::once(None));
    let mut runs = Vec::new();
    for (word, next) in line.words.iter().zip(followers) {
        let baseline = baseline(line, word);
        let run = place_word(word, baseline, size, page_height);
        let space = next.map(|next| space_after(&run, word.rect, next.rect));
        runs.push(run);
        runs.extend(space);
    }
    runs
}

/// Vertical position of the baseline under a word, from the top of the page.
fn baseline(line: &Line, word: &Word) -> f64 {
    let slope = line.baseline.slope;
    let is_level = (slope * line.rect.width()).abs() < LEVEL * line.size;
    let x = if is_level { line.rect.centre_x() } else { word.rect.centre_x() };
    line.baseline.offset + slope * (x - line.rect.x0)
}

fn place_word(word: &Word, baseline: f64, size: f64, page_height: f64) -> Run {
    let rect = word.rect;
    Run {
        text: word.text.clone(),
        x: rect.x0,
        y: page_height - baseline,
        width: rect.width(),
        size,
        shape: Shape::nearest((baseline - rect.y0) / size, (rect.y1 - baseline) / size),
    }
}

/// The space that makes two words of an extracted text out of two boxes; it fills the gap.
fn space_after(run: &Run, word: Rect, next: Rect) -> Run {
    let width = (next.x0 - word.x1).max(NARROWEST_SPACE * run.size);
    Run { text: " ".into(), x: word.x1, width, ..run.clone() }
}

/// A page, and the image of it that was recognised. The image shows the page as displayed: after its
/// `/Rotate`, inside its CropBox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageGeometry {
    width_points: f64,
    height_points: f64,
    points_per_pixel: (f64, f64),
    quarter_turns: u8,
    corner: (f64, f64),
}

impl PageGeometry {
    /// A page by its size as displayed, in points, and its image's size in pixels.
    #[must_use]
    pub fn new(width_points: f64, height_points: f64, image_width: u32, image_height: u32) -> Self {
        let scale = |points: f64, pixels: u32| points / f64::from(pixels.max(1));
        Self {
            width_points,
            height_points,
            points_per_pixel: (scale(width_points, image_width), scale(height_points, image_height)),
            quarter_turns: 0,
            corner: (0.0, 0.0),
        }
    }

    /// The same for a page with a `/Rotate` (degrees clockwise, a multiple of 90).
    #[must_use]
    pub const fn rotated(mut self, degrees: i64) -> Self {
        self.quarter_turns = match degrees.rem_euclid(360) / 90 {
            1 => 1,
            2 => 2,
            3 => 3,
            _ => 0,
        };
        self
    }

    /// The same for a page whose CropBox has its lower left corner at (left, bottom), in user space.
    #[must_use]
    pub const fn cornered(mut self, left: f64, bottom: f64) -> Self {
        self.corner = (left, bottom);
        self
    }

    /// Points a pixel, horizontally and vertically.
    const fn points_per_pixel(&self) -> (f64, f64) {
        self.points_per_pixel
    }

    /// Height as displayed, in points.
    pub(super) const fn height(&self) -> f64 {
        self.height_points
    }

    /// The matrix from the displayed page (points, origin at its lower left corner) to user space.
    fn to_user_space(self) -> [f64; 6] {
        let (width, height, (left, bottom)) = (self.width_points, self.height_points, self.corner);
        match self.quarter_turns {
            1 => [0.0, 1.0, -1.0, 0.0, left + height, bottom],
            2 => [-1.0, 0.0, 0.0, -1.0, left + width, bottom + height],
            3 => [0.0, -1.0, 1.0, 0.0, left, bottom + width],
            _ => [1.0, 0.0, 0.0, 1.0, left, bottom],
        }
    }
}
