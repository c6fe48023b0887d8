//! The invisible text of a searchable page.
//!
//! Every word is drawn in render mode 3 with a font without ink ([`font`]), stretched to the width of
//! its ink. Extractors take the height of a word's box from the font's ascent and descent and the font
//! size; and `pdftotext` takes words of different size, or on different baselines, for different
//! paragraphs. So all words of a line share size and baseline, lines of about the usual size share
//! that too, and the height of the ink is met by choosing among fonts of different ascent and descent.

mod font;
mod geometry;
mod glyphless;
mod placement;
mod shape;
mod unicode;

#[cfg(test)]
mod tests;

pub use font::{TextLayerFont, add_font};
pub use geometry::PageGeometry;

use super::Line;
use placement::{Run, place};
use shape::Shape;
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
    let natural = font::ADVANCE * run.size * count(&run.text);
    let stretch = decimal(100.0 * run.width / natural);
    let mut operators = format!("{stretch} Tz\n1 0 0 1 {} {} Tm\n", decimal(run.x), decimal(run.y));
    for (plane, codes) in unicode::runs(&run.text) {
        let name = font::name(plane, run.shape);
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
