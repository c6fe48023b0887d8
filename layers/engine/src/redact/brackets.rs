//! Finds headnote brackets that the models miss: `[3]` or `[3, 4]` at the start of a line of the opinion, with numbers
//! that its own headnotes have. See docs/reference-behaviour.md, "Words on the pages".

use super::opinion_span::{OpinionSpan, Position};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::text::Line;
use crate::volume::Page;

/// How brackets begin and end. Poorly lit ones are read as braces or parentheses, but hardly ever on both sides.
const OPENING: [char; 3] = ['[', '{', '('];
const CLOSING: [char; 3] = [']', '}', ')'];

/// The most words that one bracket consists of.
const MOST_WORDS: usize = 6;

/// The boxes of the brackets at the start of a line of an opinion on this page.
#[must_use]
pub fn find_brackets(page: &Page, opinions: &[OpinionSpan], lines: &[Line]) -> Vec<Rect> {
    lines
        .iter()
        .filter_map(|line| {
            let (numbers, rect) = opening_bracket(line)?;
            let span = opinions.iter().find(|span| span.holds(Position::of(page, &rect)))?;
            let are_borne = numbers.iter().all(|number| (1..=span.highest_headnote).contains(number));
            are_borne.then_some(rect)
        })
        .collect()
}

/// The numbers and the box of a bracket at the start of a line. `[sic]`, `[T]he` and `[1990]s` do not count.
pub(crate) fn opening_bracket(line: &Line) -> Option<(Vec<usize>, Rect)> {
    let mut text = String::new();
    let mut bounds: Option<Rect> = None;
    for word in line.words.iter().take(MOST_WORDS) {
        text.push_str(&word.text);
        bounds = Some(bounds.map_or(word.rect, |so_far| so_far.union(&word.rect)));
        if !text.starts_with(OPENING) {
            return None;
        }
        let inner = text.strip_prefix(OPENING).and_then(|rest| rest.strip_suffix(CLOSING));
        if let Some(inner) = inner.filter(|_| text.contains(['[', ']'])) {
            return Some((numbers(inner)?, bounds?));
        }
    }
    None
}

/// `3`, `3, 4` or `3-5`.
pub(crate) fn numbers(text: &str) -> Option<Vec<usize>> {
    let parts = text.split([',', '-', '\u{2013}']).map(str::trim).filter(|part| !part.is_empty());
    let numbers: Option<Vec<usize>> = parts.map(|part| part.parse().ok()).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

/// The highest number of an opinion's headnotes. Their headings are numbered from 1, and the words show up to which
/// number. The boxes give a second bound: even the small model finds half of the headnotes, so twice the number of
/// boxes is enough. `lines` returns the words of a page in pixels at 200 dpi and is called for each page of the head
/// matter.
///
/// # Errors
/// The error of `lines`.
pub fn highest_headnote<E>(
    pages: &[Page],
    span: &OpinionSpan,
    lines: impl Fn(usize) -> Result<Vec<Line>, E>,
) -> Result<usize, E> {
    let mut numbers: Vec<usize> = Vec::new();
    for page in span.head_matter.iter().flat_map(|head_matter| &pages[head_matter.pages()]) {
        numbers.extend(headings(span, page, &lines(page.index)?));
    }
    let counted = (1..).take_while(|number| numbers.contains(number)).last().unwrap_or(0);
    let touched = pages.iter().take(span.key_page + 1).skip(span.caption_page);
    Ok(counted.max(2 * touched.map(|page| headnote_boxes(span, page)).sum::<usize>()))
}

fn headnote_boxes(span: &OpinionSpan, page: &Page) -> usize {
    let is_headnote = |found: &&Detection| found.label == Label::Headnote && found.passes_gate();
    let headnotes = page.detections.iter().filter(is_headnote);
    headnotes.filter(|found| span.holds(Position::of(page, &found.rect()))).count()
}

/// The numbers at the start of lines of the head matter, such as `3.` before a topic.
fn headings(span: &OpinionSpan, page: &Page, lines: &[Line]) -> Vec<usize> {
    let number = |line: &Line| {
        let word = line.words.first()?;
        span.head_matter?.holds(Position::of(page, &word.rect)).then_some(())?;
        word.text.strip_suffix('.')?.parse().ok()
    };
    lines.iter().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Baseline, Word};

    fn line(words: &[&str]) -> Line {
        let word = |(i, text): (usize, &&str)| Word {
            text: (*text).to_owned(),
            rect: Rect::new(i as f64 * 10.0, 0.0, i as f64 * 10.0 + 9.0, 9.0),
            confidence: 1.0,
        };
        let words: Vec<Word> = words.iter().enumerate().map(word).collect();
        Line { words, rect: Rect::default(), baseline: Baseline { offset: 9.0, slope: 0.0 }, size: 9.0 }
    }

    #[test]
    fn brackets_of_numbers_are_seen() {
        assert_eq!(opening_bracket(&line(&["[3]", "The"])).map(|found| found.0), Some(vec![3]));
        assert_eq!(opening_bracket(&line(&["[3,", "4]", "The"])), Some((vec![3, 4], Rect::new(0.0, 0.0, 19.0, 9.0))));
    }

    #[test]
    fn brackets_misread_on_one_side_are_seen() {
        for words in [&["{1]", "Here"][..], &["(1,", "2]", "Here"], &["[1}"]] {
            assert!(opening_bracket(&line(words)).is_some(), "{words:?}");
        }
    }

    #[test]
    fn other_brackets_are_text() {
        for words in [
            &["(1)", "the"][..],
            &["{2}"],
            &["[sic]"],
            &["[T]he"],
            &["[3]rd"],
            &["see", "[3]"],
            &["[", "]"],
            &["[1990]s"],
        ] {
            assert_eq!(opening_bracket(&line(words)), None, "{words:?}");
        }
    }
}
