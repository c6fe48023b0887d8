//! From the characters of a line to words with the boxes of their ink.

use super::blank;
use super::line_picture::LinePicture;
use super::network::Character;
use super::text_line::TextLine;
use crate::geometry::Rect;
use crate::text::{Baseline, Line, Word};

/// Where a line has no ink, the network sees one of these in a wide gap.
const DASHES: [&str; 4] = ["_", "—", "-", "~"];

/// How far around its middle a dash must have ink, in pixels of the picture.
const DASH: f64 = 3.0;

/// How far from the middle of the first or last character its outer edge is looked for, in pixels of the picture.
const OUTER: f64 = 4.0;

/// The line with its words; `None` if it has none.
pub(super) fn line(line: &TextLine, picture: &LinePicture, characters: &[Character<'_>]) -> Option<Line> {
    let ink = LineInk::of(line);
    let letters = letters(&ink, picture, characters);
    let words: Vec<&[Letter<'_>]> =
        letters.split(|letter| letter.text.trim().is_empty()).filter(|word| !word.is_empty()).collect();
    let cuts: Vec<f64> = words.windows(2).map(|pair| ink.cut(pair[0], pair[1])).collect();
    let words: Vec<Word> =
        words.iter().enumerate().map(|(number, letters)| word(line, letters, number, &cuts)).collect();
    let rect = words.iter().map(|word| word.rect).reduce(|all, rect| all.union(&rect))?;
    let baseline = Baseline { offset: line.foot(rect.x0), slope: line.slope };
    Some(Line { words, rect, baseline, size: line.height() })
}

struct Letter<'a> {
    text: &'a str,
    /// Where its middle is on the page.
    x: f64,
    confidence: f64,
}

/// The characters with their places. A dash without ink becomes a space.
fn letters<'a>(ink: &LineInk, picture: &LinePicture, characters: &[Character<'a>]) -> Vec<Letter<'a>> {
    let place = |character: &Character<'_>| {
        picture.columns.get(character.column).or(picture.columns.last()).copied().unwrap_or_default()
    };
    let places: Vec<f64> = characters.iter().map(place).collect();
    let is_printed = |number: usize| {
        let (x, outer) = (places[number], OUTER * picture.step);
        let before = number.checked_sub(1).map_or(x - outer, |before| f64::midpoint(places[before], x));
        let after = places.get(number + 1).map_or(x + outer, |after| f64::midpoint(*after, x));
        let reach = DASH * picture.step;
        ink.is_between(before.max(x - reach), after.min(x + reach))
    };
    let letter = |(number, character): (usize, &Character<'a>)| {
        let is_gap = DASHES.contains(&character.text) && !is_printed(number);
        Letter { text: if is_gap { " " } else { character.text }, x: places[number], confidence: character.confidence }
    };
    characters.iter().enumerate().map(letter).filter(|letter| !letter.text.is_empty()).collect()
}

/// The columns of the page in which a line has ink.
struct LineInk {
    left: f64,
    inked: Vec<bool>,
}

impl LineInk {
    fn of(line: &TextLine) -> Self {
        let rect = line.rect();
        let (left, size) = (rect.x0.floor(), (rect.x1.ceil() - rect.x0.floor()) as usize + 1);
        let mut inked = vec![false; size];
        for piece in &line.pieces {
            let (start, end) = ((piece.rect.x0 - left) as usize, (piece.rect.x1 - left) as usize);
            inked[start.min(size)..end.min(size)].fill(true);
        }
        Self { left, inked }
    }

    fn columns(&self, from: f64, to: f64) -> (usize, usize) {
        let (start, end) = ((from - self.left).max(0.0) as usize, (to - self.left + 1.0).max(0.0) as usize);
        let end = end.min(self.inked.len());
        (start.min(end), end)
    }

    fn is_between(&self, from: f64, to: f64) -> bool {
        let (start, end) = self.columns(from, to);
        self.inked[start..end].iter().any(|inked| *inked)
    }

    /// Where one word ends and the next begins: in the middle of the widest gap between their nearest letters.
    fn cut(&self, word: &[Letter<'_>], next: &[Letter<'_>]) -> f64 {
        let from = word.last().map_or(0.0, |letter| letter.x);
        let to = next.first().map_or(from, |letter| letter.x);
        let (start, end) = self.columns(from, to);
        let widest = blank::widest(self.inked[start..end].iter().map(|inked| !inked));
        if widest.is_empty() {
            return f64::midpoint(from, to);
        }
        self.left + start as f64 + (widest.start + widest.end) as f64 / 2.0
    }
}

/// The word between two cuts, with the box of its ink.
fn word(line: &TextLine, letters: &[Letter<'_>], number: usize, cuts: &[f64]) -> Word {
    let whole = line.rect();
    let left = number.checked_sub(1).and_then(|before| cuts.get(before)).copied();
    let right = cuts.get(number).copied();
    let is_inside = |rect: &Rect| {
        let x = rect.centre_x();
        left.is_none_or(|left| x > left) && right.is_none_or(|right| x <= right)
    };
    let ink = line.pieces.iter().map(|piece| piece.rect).filter(is_inside).reduce(|all, rect| all.union(&rect));
    let (left, right) = (left.unwrap_or(whole.x0), right.unwrap_or(whole.x1));
    // The letters of two words may touch. Then the time steps say where the word is.
    let rect = ink.unwrap_or_else(|| Rect::new(left, line.foot(left) - line.above, right, line.foot(left)));
    let text: String = letters.iter().map(|letter| letter.text).collect();
    let confidence = letters.iter().map(|letter| letter.confidence).sum::<f64>() / letters.len().max(1) as f64;
    Word { text, rect, confidence: confidence.clamp(0.0, 1.0) }
}
