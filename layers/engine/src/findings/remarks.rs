//! What the words of a page say about its covers. Collected while the page is redacted: afterwards the words under the
//! covers are gone, and so is the ink.

use crate::geometry::Rect;
use crate::redact::{Fill, Ink, Redaction, bracket_numbers, opening_bracket};
use crate::text::{Line, Word};

/// Most remarks of each kind on a page. Three columns of lines have fewer.
const MOST: usize = 300;

/// Covers hide between this share of a word's ink and the rest of it if they cut the word.
const CUT: std::ops::RangeInclusive<f64> = 0.2..=0.8;

/// Headings of headnotes have no higher number.
const HIGHEST: usize = 500;

/// What was noticed on a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageRemarks {
    pub(super) page_index: usize,
    /// The numbers of headnotes, where a covered line begins with one.
    pub(super) headings: Vec<Numbered>,
    /// The numbers in brackets in the text of the court.
    pub(super) brackets: Vec<Numbered>,
    /// Brackets whose number was not read.
    pub(super) unread_brackets: Vec<Rect>,
    pub(super) cut_words: Vec<CutWord>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbered {
    pub(super) number: usize,
    pub(super) rect: Rect,
}

/// A word of which covers hide a part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CutWord {
    pub(super) text: String,
    pub(super) rect: Rect,
    /// The share of its ink that is hidden.
    pub(super) hidden: f64,
}

/// `lines` are in pixels at 200 dpi, with the words under the covers.
pub(crate) fn remarks(page_index: usize, lines: &[Line], covers: &[Redaction], ink: &Ink) -> PageRemarks {
    let headnotes: Vec<&Rect> = of_kind(covers, HEADNOTE);
    let headings = lines.iter().filter_map(heading).filter(|found| holds_centre(&headnotes, &found.rect));
    let mut remarks = PageRemarks { page_index, headings: headings.take(MOST).collect(), ..PageRemarks::default() };
    let words = || lines.iter().flat_map(|line| &line.words);
    let marks: Vec<&Rect> = of_kind(covers, crate::detection::Label::HeadnoteBracket.name());
    for mark in marks.iter().take(MOST) {
        let text: String = words().filter(|word| is_under(mark, word)).map(|word| word.text.as_str()).collect();
        remarks.add_bracket(&text, mark);
    }
    let standing = lines.iter().filter_map(opening_bracket);
    let standing = standing.filter(|(_, rect)| !holds_centre(&headnotes, rect) && !holds_centre(&marks, rect));
    for (numbers, rect) in standing.take(MOST) {
        remarks.brackets.extend(numbers.into_iter().map(|number| Numbered { number, rect }));
    }
    let black: Vec<Rect> = covers.iter().filter(|cover| cover.fill == Fill::Black).map(|cover| cover.rect).collect();
    remarks.cut_words = words().filter_map(|word| cut_word(word, &black, ink)).take(MOST).collect();
    remarks
}

/// The kind of the covers of head matter.
pub(super) const HEADNOTE: &str = "headnote";

fn of_kind<'a>(covers: &'a [Redaction], kind: &str) -> Vec<&'a Rect> {
    covers.iter().filter(|cover| cover.kind == kind).map(|cover| &cover.rect).collect()
}

fn holds_centre(covers: &[&Rect], rect: &Rect) -> bool {
    covers.iter().any(|cover| cover.holds_centre_of(rect))
}

fn is_under(cover: &Rect, word: &Word) -> bool {
    let shared = cover.intersection(&word.rect).area();
    shared >= 0.5 * word.rect.area() || word.rect.holds_centre_of(cover)
}

/// `3.` at the beginning of a line.
fn heading(line: &Line) -> Option<Numbered> {
    let word = line.words.first()?;
    let number = word.text.strip_suffix('.')?.parse().ok().filter(|number| (1..=HIGHEST).contains(number))?;
    Some(Numbered { number, rect: word.rect })
}

impl PageRemarks {
    fn add_bracket(&mut self, text: &str, rect: &Rect) {
        let inner = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(inner, _)| inner);
        match inner.and_then(bracket_numbers) {
            Some(numbers) => {
                self.brackets.extend(numbers.into_iter().map(|number| Numbered { number, rect: *rect }));
            }
            None => self.unread_brackets.push(*rect),
        }
    }
}

/// Half hidden words are rare, so ink is only counted where a cover reaches well into the box of a word.
fn cut_word(word: &Word, covers: &[Rect], ink: &Ink) -> Option<CutWord> {
    let over: Vec<&Rect> = covers.iter().filter(|cover| cover.intersects(&word.rect)).collect();
    if over.is_empty() || over.iter().any(|cover| cover.contains(&word.rect)) {
        return None;
    }
    // A bracket and the word after it are often read as one word.
    if word.text.starts_with('[') {
        return None;
    }
    let (mut all, mut hidden) = (0, 0);
    for y in pixels(word.rect.y0, word.rect.y1) {
        let middle = y as f64 + 0.5;
        all += ink.count_in_row(y, start(word.rect.x0), start(word.rect.x1));
        let here = over.iter().filter(|cover| (cover.y0..cover.y1).contains(&middle));
        let bounds = here.map(|cover| (start(cover.x0.max(word.rect.x0)), start(cover.x1.min(word.rect.x1))));
        hidden += bounds.map(|(x0, x1)| ink.count_in_row(y, x0, x1.max(x0))).max().unwrap_or(0);
    }
    let hidden = hidden as f64 / all.max(1) as f64;
    (all > 0 && CUT.contains(&hidden)).then(|| CutWord { text: word.text.clone(), rect: word.rect, hidden })
}

fn pixels(from: f64, to: f64) -> std::ops::Range<usize> {
    start(from)..start(to)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large becomes the largest"
)]
fn start(position: f64) -> usize {
    position.round().max(0.0) as usize
}
