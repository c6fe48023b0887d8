//! Where the words of a page go, and in which font size.

use super::{PageGeometry, Shape};
use crate::geometry::Rect;
use crate::text::{Line, Word};

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
pub(super) struct Run {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) size: f64,
    pub(super) shape: Shape,
}

/// All words and the spaces between them.
pub(super) fn place(lines: &[Line], page: PageGeometry) -> Vec<Run> {
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
