//! Headnote brackets that the models miss and the words show: `[3]` or `[3, 4]` that opens a line of the opinion,
//! with numbers that its own headnotes bear (specification, section 13; the redaction figure).

use super::column_of;
use super::headnotes::is_head_matter;
use super::plan::OpinionSpan;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;

/// A line of words in reading order: text and box in pixels at 200 dpi.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TokenLine {
    /// The words.
    pub tokens: Vec<(String, Rect)>,
}

/// A bracket names at most this many headnotes.
const MOST_TOKENS: usize = 6;

/// The boxes of brackets that open a line of an opinion on this page.
#[must_use]
pub fn find_brackets(pages: &[Page], page: &Page, opinions: &[OpinionSpan], lines: &[TokenLine]) -> Vec<Rect> {
    lines
        .iter()
        .filter_map(|line| {
            let (numbers, rect) = opening_bracket(line)?;
            let span = opinions.iter().find(|span| holds(pages, span, page, &rect))?;
            let are_borne = numbers.iter().all(|number| (1..=span.highest_headnote).contains(number));
            are_borne.then_some(rect)
        })
        .collect()
}

/// The numbers and the box of a bracket at the start of a line; `[sic]`, `[T]he` and `[1990]s` are none.
fn opening_bracket(line: &TokenLine) -> Option<(Vec<usize>, Rect)> {
    let mut text = String::new();
    let mut bounds: Option<Rect> = None;
    for (token, rect) in line.tokens.iter().take(MOST_TOKENS) {
        text.push_str(token);
        bounds = Some(bounds.map_or(*rect, |so_far| so_far.union(rect)));
        if !text.starts_with('[') {
            return None;
        }
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Some((numbers(inner)?, bounds?));
        }
    }
    None
}

/// `3`, `3, 4` or `3-5`.
fn numbers(text: &str) -> Option<Vec<usize>> {
    let parts = text.split([',', '-', '\u{2013}']).map(str::trim).filter(|part| !part.is_empty());
    let numbers: Option<Vec<usize>> = parts.map(|part| part.parse().ok()).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

/// True when the box lies between an opinion's caption and its key.
fn holds(pages: &[Page], span: &OpinionSpan, page: &Page, rect: &Rect) -> bool {
    let place = |page: &Page, rect: &Rect| (page.index, column_of(page, rect.centre_x()), rect.y0);
    let ends = pages.get(span.caption_page).zip(pages.get(span.key_page));
    ends.is_some_and(|(first, last)| {
        let here = place(page, rect);
        here > place(first, &span.caption) && here < place(last, &span.key)
    })
}

/// The highest number that an opinion's headnotes bear. Their headings count from 1: the words say how far, and
/// where they say nothing the boxes do, of which even the small model finds half.
#[must_use]
pub fn highest_headnote(pages: &[Page], span: &OpinionSpan, lines: impl Fn(usize) -> Vec<TokenLine>) -> usize {
    let inside = || pages.iter().take(span.key_page + 1).skip(span.caption_page);
    let is_headnote = |found: &&Detection| found.label == Label::Headnote && found.passes_gate();
    let boxes = |page: &Page| {
        page.detections.iter().filter(is_headnote).filter(|found| holds(pages, span, page, &found.rect())).count()
    };
    let numbers: Vec<usize> = inside().flat_map(|page| headings(pages, span, page, &lines(page.index))).collect();
    let counted = (1..).take_while(|number| numbers.contains(number)).last().unwrap_or(0);
    counted.max(2 * inside().map(boxes).sum::<usize>())
}

/// Numbers at the start of lines of the head matter, `3.` before a topic.
fn headings(pages: &[Page], span: &OpinionSpan, page: &Page, lines: &[TokenLine]) -> Vec<usize> {
    let number = |line: &TokenLine| {
        let (token, rect) = line.tokens.first()?;
        is_head_matter(pages, span, page, rect).then_some(())?;
        token.strip_suffix('.')?.parse().ok()
    };
    lines.iter().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> TokenLine {
        let token = |(i, word): (usize, &&str)| {
            ((*word).to_owned(), Rect::new(i as f64 * 10.0, 0.0, i as f64 * 10.0 + 9.0, 9.0))
        };
        TokenLine { tokens: words.iter().enumerate().map(token).collect() }
    }

    #[test]
    fn brackets_of_numbers_are_seen() {
        assert_eq!(opening_bracket(&line(&["[3]", "The"])).map(|found| found.0), Some(vec![3]));
        assert_eq!(opening_bracket(&line(&["[3,", "4]", "The"])), Some((vec![3, 4], Rect::new(0.0, 0.0, 19.0, 9.0))));
    }

    #[test]
    fn other_brackets_are_text() {
        for words in [&["[sic]"][..], &["[T]he"], &["[3]rd"], &["see", "[3]"], &["[", "]"], &["[1990]s"]] {
            assert_eq!(opening_bracket(&line(words)), None, "{words:?}");
        }
    }
}
