//! The invisible text of a searchable page.
//!
//! Every word is drawn in render mode 3 with a font without ink (`fonts`), stretched to the width of its ink. Text
//! extractors compute the height of a word's box from the font's ascent, its descent and the font size. `pdftotext`
//! also treats words of different sizes, or on different baselines, as different paragraphs. So all words of a line
//! have the same size and baseline, lines of about the usual size have the same size, and fonts with different
//! ascents and descents match the height of the ink.

mod character_codes;
mod fonts;
mod glyphless;

#[cfg(test)]
mod tests;

use super::{Line, Word};
use crate::geometry::{PageSize, Rect};
pub use fonts::{TextLayerFont, add_font};
use glyphless::Shape;
use std::fmt::Write;

/// A content stream fragment that writes the lines invisibly onto a page; empty if there are no lines. The lines are
/// in pixels of the recognised image, in reading order. The fragment uses the fonts of [`add_font`].
///
/// The fragment expects the graphics state at the start of a page, and restores it.
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

/// Moves to a run's position, stretches the font to its width, and shows its text.
fn operators(run: &TextRun) -> String {
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

/// The shortest form of a number, rounded to thousandths.
fn decimal(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// The font size as a share of a line's height from descender to ascender. Measured on two-column pages whose gutter
/// is as narrow as the type is high: from 0.89 to 0.91 `pdftotext` reads one column after the other. With more it
/// joins the columns, and with less it treats lines as paragraphs.
const SIZE: f64 = 0.9;

/// Lines whose height is within these shares of the page's median get the median height. They differ because they
/// lack descenders, not because their type has another size.
const USUAL: (f64, f64) = (0.8, 1.25);

/// A line whose baseline rises or falls by less than this share of its height gets a level baseline, because
/// `pdftotext` reads words on a staircase in the wrong order. On a steeper line each word gets its own baseline.
const LEVEL: f64 = 0.5;

/// The width of the space between two words that touch, as a share of the font size.
const NARROWEST_SPACE: f64 = 0.01;

/// A piece of text and its position, in points from the lower left corner of the displayed page.
#[derive(Debug, Clone, PartialEq)]
struct TextRun {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) size: f64,
    pub(super) shape: Shape,
}

/// All words and the spaces between them.
fn place(lines: &[Line], page: PageGeometry) -> Vec<TextRun> {
    let (x, y) = page.points_per_pixel();
    let lines: Vec<Line> = lines.iter().map(|line| line.scaled(x, y)).collect();
    let usual = median(&lines);
    lines.iter().flat_map(|line| place_line(line, usual, page.height())).collect()
}

/// The median line height over the page's words.
fn median(lines: &[Line]) -> f64 {
    let mut sizes: Vec<f64> = lines.iter().flat_map(|line| line.words.iter().map(|_| line.size)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}

fn place_line(line: &Line, usual: f64, page_height: f64) -> Vec<TextRun> {
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

/// The vertical position of the baseline under a word, from the top of the page.
fn baseline(line: &Line, word: &Word) -> f64 {
    let slope = line.baseline.slope;
    let is_level = (slope * line.rect.width()).abs() < LEVEL * line.size;
    let x = if is_level { line.rect.centre_x() } else { word.rect.centre_x() };
    line.baseline.offset + slope * (x - line.rect.x0)
}

fn place_word(word: &Word, baseline: f64, size: f64, page_height: f64) -> TextRun {
    let rect = word.rect;
    TextRun {
        text: word.text.clone(),
        x: rect.x0,
        y: page_height - baseline,
        width: rect.width(),
        size,
        shape: Shape::nearest((baseline - rect.y0) / size, (rect.y1 - baseline) / size),
    }
}

/// The space that makes extractors separate two words. It fills the gap between them.
fn space_after(run: &TextRun, word: Rect, next: Rect) -> TextRun {
    let width = (next.x0 - word.x1).max(NARROWEST_SPACE * run.size);
    TextRun { text: " ".into(), x: word.x1, width, ..run.clone() }
}

/// A page, and the image of it that was recognised. The image shows the page as displayed: after its `/Rotate` and
/// inside its CropBox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageGeometry {
    width_points: f64,
    height_points: f64,
    points_per_pixel: (f64, f64),
    quarter_turns: u8,
    corner: (f64, f64),
}

impl PageGeometry {
    /// Takes the page's displayed size in points, and the image's size in pixels.
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

    /// For an image that fills the page and has the page's pixels.
    #[must_use]
    pub fn of(size: &PageSize) -> Self {
        Self::new(size.width_points, size.height_points, size.width_pixels, size.height_pixels)
    }

    /// Sets the page's `/Rotate`, in degrees clockwise. It must be a multiple of 90.
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

    /// Sets the lower left corner of the page's CropBox, in user space.
    #[must_use]
    pub const fn cornered(mut self, left: f64, bottom: f64) -> Self {
        self.corner = (left, bottom);
        self
    }

    /// Points per pixel, horizontally and vertically.
    const fn points_per_pixel(&self) -> (f64, f64) {
        self.points_per_pixel
    }

    /// The displayed height in points.
    pub(super) const fn height(&self) -> f64 {
        self.height_points
    }

    /// The matrix from the displayed page (in points, origin at the lower left corner) to user space.
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
