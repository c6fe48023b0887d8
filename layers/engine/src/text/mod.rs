//! The words of a page: what Tesseract read, what remains of it after a redaction, and the invisible layer that makes
//! a PDF searchable.

pub mod hocr;
pub mod layer;
pub mod words;

use crate::geometry::Rect;
use serde::{Deserialize, Serialize};

/// A word and the position of its ink.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word with its punctuation; never empty, never with white space.
    pub text: String,
    /// The box of its ink, in pixels of the recognised image until [`Line::scaled`] converts it to another unit.
    pub rect: Rect,
    /// Tesseract's confidence, 0 to 1.
    pub confidence: f64,
}

/// The baseline of a text line: `y = offset + slope * (x - left edge of the text line)`, downwards.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The vertical position at the left edge of the text line, in the unit of the words' boxes.
    pub offset: f64,
    /// The change of the vertical position per unit to the right.
    pub slope: f64,
}

/// A line of text with its words from left to right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub words: Vec<Word>,
    /// The box of the line's ink, in the unit of the words.
    pub rect: Rect,
    pub baseline: Baseline,
    /// The height of the letters from the lowest descender to the highest ascender, in the same unit.
    pub size: f64,
}

impl Line {
    /// Converts to another unit, given how many new units one present unit is.
    #[must_use]
    pub fn scaled(&self, x: f64, y: f64) -> Self {
        let word = |word: &Word| Word { rect: word.rect.scaled(x, y), ..word.clone() };
        let slope = if x > 0.0 { self.baseline.slope * y / x } else { 0.0 };
        Self {
            words: self.words.iter().map(word).collect(),
            rect: self.rect.scaled(x, y),
            baseline: Baseline { offset: self.baseline.offset * y, slope },
            size: self.size * y,
        }
    }

    /// Moved to the right and down.
    #[must_use]
    pub fn moved(&self, x: f64, y: f64) -> Self {
        let word = |word: &Word| Word { rect: word.rect.moved(x, y), ..word.clone() };
        let baseline = Baseline { offset: self.baseline.offset + y, ..self.baseline };
        Self { words: self.words.iter().map(word).collect(), rect: self.rect.moved(x, y), baseline, size: self.size }
    }

    #[must_use]
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_line_scales_all_of_itself() {
        let word = Word { text: "court".into(), rect: Rect::new(10.0, 20.0, 30.0, 40.0), confidence: 0.9 };
        let line =
            Line { rect: word.rect, words: vec![word], baseline: Baseline { offset: 38.0, slope: 0.5 }, size: 20.0 };
        let scaled = line.scaled(0.5, 0.25);
        assert_eq!(scaled.rect, Rect::new(5.0, 5.0, 15.0, 10.0));
        assert_eq!(scaled.words[0].rect, scaled.rect);
        assert_eq!(scaled.baseline, Baseline { offset: 9.5, slope: 0.25 });
        assert_eq!((scaled.size, scaled.text().as_str()), (5.0, "court"));
    }
}
