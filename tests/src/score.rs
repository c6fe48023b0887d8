//! How well a redacted document matches the truth of the sample: what must go is gone from the pixels and from the
//! words, what must stay is whole. Pages are compared as poppler draws them at 200 dpi, the unit of the truth.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a document that cannot be looked at should stop the test where it stands"
)]

use crate::look;
use crate::sample::{self, Grey};
use serde_json::Value;
use std::path::Path;

/// Darker pixels of the source are ink.
const INK: u8 = 128;
/// Lighter pixels are paper again.
const PAPER: u8 = 190;
/// Darker pixels are a black cover, when most of the pixels around them are dark as well.
const COVER: u8 = 90;
/// Half the side of the square around a pixel that tells a cover from a letter.
const AROUND: usize = 5;
/// Pixels that a box is made smaller by on every side before words are looked for in it.
const INSET: f64 = 7.0;
/// At least this share of the ink must be gone from what must go.
const GONE: f64 = 0.97;
/// At most this share may be gone from what must stay.
const WHOLE: f64 = 0.03;

/// Labels of the truth that a redacted volume must not show.
const MUST_GO: [&str; 4] = ["HEADNOTE", "HEADNOTE_BRACKET", "KEY_ICON", "DIVIDER"];

/// A box of the truth: a line of type or an object.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Page, from 0.
    pub page: usize,
    /// A line's role or an object's label.
    pub role: String,
    /// Left, top, right, bottom in pixels at 200 dpi.
    pub bbox: [f64; 4],
    /// A line's words.
    pub text: String,
}

fn marks(list: &str, role: &str) -> Vec<Mark> {
    let truth = sample::truth();
    let mark = |entry: &Value| Mark {
        page: usize::try_from(entry["page_index"].as_u64().unwrap()).unwrap(),
        role: entry[role].as_str().unwrap().to_owned(),
        bbox: [0, 1, 2, 3].map(|edge| entry["bbox"][edge].as_f64().unwrap()),
        text: entry["text"].as_str().unwrap_or_default().to_owned(),
    };
    truth[list].as_array().unwrap().iter().map(mark).collect()
}

/// Every line of the sample.
#[must_use]
pub fn lines() -> Vec<Mark> {
    marks("lines", "role")
}

/// Every object of the sample.
#[must_use]
pub fn objects() -> Vec<Mark> {
    marks("objects", "label")
}

/// Everything that redaction must remove.
#[must_use]
pub fn must_go() -> Vec<Mark> {
    let matter = lines().into_iter().filter(|line| line.role == "matter");
    objects().into_iter().filter(|object| MUST_GO.contains(&object.role.as_str())).chain(matter).collect()
}

/// Lines of the court's own; those that hold a headnote's bracket lose that.
#[must_use]
pub fn must_stay() -> Vec<Mark> {
    lines().into_iter().filter(|line| line.role == "body" && !line.text.contains('[')).collect()
}

/// A document beside its source, some of whose pages it shows.
#[derive(Debug)]
pub struct Comparison {
    first: usize,
    source: Vec<Grey>,
    pages: Vec<Grey>,
    words: Vec<Vec<Word>>,
}

/// A word and the middle of its box, in pixels at 200 dpi.
#[derive(Debug, Clone)]
struct Word {
    middle: (f64, f64),
    text: String,
}

impl Comparison {
    /// Draws the sample and a document whose first page is the sample's page `first`.
    #[must_use]
    pub fn with_sample(document: &Path, first: usize) -> Self {
        let (source, pages) = (look::drawn(&sample::path(), 200), look::drawn(document, 200));
        Self { first, source, pages, words: words(document) }
    }

    /// Whether the document has the page of a mark.
    #[must_use]
    pub fn shows(&self, mark: &Mark) -> bool {
        (self.first..self.first + self.pages.len()).contains(&mark.page)
    }

    /// True when the mark's ink is gone, and no word is left under it.
    #[must_use]
    pub fn is_gone(&self, mark: &Mark) -> bool {
        self.lost(mark) > GONE && self.words_under(mark).is_empty()
    }

    /// True when the mark's ink is all there.
    #[must_use]
    pub fn is_whole(&self, mark: &Mark) -> bool {
        self.lost(mark) < WHOLE
    }

    /// Words whose middle lies well inside the mark.
    #[must_use]
    pub fn words_under(&self, mark: &Mark) -> Vec<String> {
        let [x0, y0, x1, y1] = mark.bbox;
        let inside = |(x, y): (f64, f64)| x > x0 + INSET && x < x1 - INSET && y > y0 + INSET && y < y1 - INSET;
        let found = self.words[mark.page - self.first].iter().filter(|word| inside(word.middle));
        found.map(|word| word.text.clone()).collect()
    }

    /// The share of the mark's ink that is gone: paper now, or under a cover.
    fn lost(&self, mark: &Mark) -> f64 {
        let (source, page) = (&self.source[mark.page], &self.pages[mark.page - self.first]);
        let [x0, y0, x1, y1] = mark.bbox.map(|edge| edge.max(0.0) as usize);
        let (x1, y1) = (x1.min(page.width).min(source.width), y1.min(page.height).min(source.height));
        let ink: Vec<(usize, usize)> =
            (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))).filter(|(x, y)| source.at(*x, *y) < INK).collect();
        assert!(!ink.is_empty(), "the truth says ink where there is none: {mark:?}");
        let lost = ink.iter().filter(|(x, y)| page.at(*x, *y) > PAPER || is_covered(page, *x, *y)).count();
        lost as f64 / ink.len() as f64
    }
}

/// Dark, with three fifths of its surroundings dark: no letter is that black.
fn is_covered(page: &Grey, x: usize, y: usize) -> bool {
    let range = |at: usize, end: usize| at.saturating_sub(AROUND)..(at + AROUND + 1).min(end);
    let around = range(y, page.height).flat_map(|y| range(x, page.width).map(move |x| (x, y)));
    let (dark, all) = around.fold((0, 0), |(dark, all), (x, y)| (dark + usize::from(page.at(x, y) < 60), all + 1));
    page.at(x, y) < COVER && dark * 5 >= all * 3
}

/// The words of each page, as `pdftotext -bbox` places them.
fn words(document: &Path) -> Vec<Vec<Word>> {
    let told = look::told_text("pdftotext", &["-bbox"], document, &["-"]);
    told.split("<page ").skip(1).map(|page| page.lines().filter_map(word).collect()).collect()
}

fn word(line: &str) -> Option<Word> {
    let (_, rest) = line.split_once("<word ")?;
    let (box_, text) = rest.split_once('>')?;
    let edges: Vec<f64> = box_.split('"').filter_map(|part| part.parse().ok()).collect();
    let [x0, y0, x1, y1] = *edges.as_slice() else { panic!("not a word's box: {line}") };
    let middle = |from: f64, to: f64| (from + to) / 2.0 * 200.0 / 72.0;
    let text = text.trim_end_matches("</word>").to_owned();
    Some(Word { middle: (middle(x0, x1), middle(y0, y1)), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The measure itself: of the sample as it came nothing is gone, and all is whole.
    #[test]
    fn the_sample_beside_itself_has_lost_nothing() {
        let comparison = Comparison::with_sample(&sample::path(), 0);
        assert!(must_go().iter().all(|mark| !comparison.is_gone(mark)));
        assert!(must_stay().iter().all(|mark| comparison.is_whole(mark)));
    }
}
