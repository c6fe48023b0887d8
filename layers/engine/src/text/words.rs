//! Decides which words a redaction removes.
//!
//! Lines and rectangles must have the same unit and origin; see [`Line::scaled`].

use super::{Line, Word};
use crate::geometry::Rect;

/// How deep a rectangle may reach into a word from above or below, as a share of the word's height. The boxes of
/// neighbouring lines overlap by a pixel or two where descenders meet ascenders. A fifth of the height is more than
/// that, and too little to hide a letter.
const VERTICAL_SLIVER: f64 = 0.2;

/// How deep it may reach in from the side, as a share of the word's height: about a third of a letter.
const HORIZONTAL_SLIVER: f64 = 0.2;

/// The same for words that are narrower than high (`I`, `.`), as a share of their width.
const NARROW_SLIVER: f64 = 0.25;

/// The share of a word's area that several rectangles may cover together, if each of them covers less than a sliver.
const COVERED_SHARE: f64 = 0.25;

/// Removes every word whose ink overlaps one of the rectangles by more than a sliver, and every line that then has no
/// words. A word that crosses an edge is removed completely, because the visible half would reveal the rest.
pub fn remove_under(lines: &mut Vec<Line>, rects: &[Rect]) {
    for line in &mut *lines {
        line.words.retain(|word| !is_covered(word, rects));
    }
    lines.retain(|line| !line.words.is_empty());
}

/// True when the rectangles hide a readable part of the word.
#[must_use]
pub fn is_covered(word: &Word, rects: &[Rect]) -> bool {
    let shared: f64 = rects.iter().map(|rect| rect.intersection(&word.rect).area()).sum();
    shared > COVERED_SHARE * word.rect.area() || rects.iter().any(|rect| meets(&word.rect, rect))
}

fn meets(word: &Rect, rect: &Rect) -> bool {
    let shared = word.intersection(rect);
    let height = word.height();
    shared.width() > (HORIZONTAL_SLIVER * height).min(NARROW_SLIVER * word.width())
        && shared.height() > VERTICAL_SLIVER * height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Baseline;
    use proptest::prelude::*;

    fn word(rect: Rect) -> Word {
        Word { text: "word".into(), rect, confidence: 1.0 }
    }

    fn line(rects: &[Rect]) -> Line {
        Line {
            words: rects.iter().copied().map(word).collect(),
            rect: Rect::default(),
            baseline: Baseline { offset: 0.0, slope: 0.0 },
            size: 10.0,
        }
    }

    /// Three words of a line of ten-point type.
    fn three() -> Vec<Line> {
        vec![line(&[
            Rect::new(0.0, 0.0, 20.0, 10.0),
            Rect::new(25.0, 0.0, 50.0, 10.0),
            Rect::new(55.0, 0.0, 80.0, 10.0),
        ])]
    }

    #[test]
    fn a_word_that_crosses_the_edge_goes_whole() {
        let mut lines = three();
        remove_under(&mut lines, &[Rect::new(-5.0, -5.0, 30.0, 15.0)]);
        assert_eq!(lines[0].words.len(), 1);
        assert_eq!(lines[0].words[0].rect.x0, 55.0);
    }

    #[test]
    fn a_sliver_from_the_next_line_or_word_takes_nothing() {
        let mut lines = three();
        remove_under(&mut lines, &[Rect::new(0.0, 9.0, 80.0, 30.0), Rect::new(21.0, 0.0, 26.0, 10.0)]);
        assert_eq!(lines, three());
    }

    #[test]
    fn a_line_without_words_goes_too() {
        let mut lines = three();
        remove_under(&mut lines, &[Rect::new(0.0, 4.0, 80.0, 6.5)]);
        assert!(lines.is_empty());
    }

    #[test]
    fn thin_strips_that_together_hide_a_word_take_it() {
        let strips: Vec<Rect> = (0..3).map(|i| f64::from(i) * 3.0).map(|y| Rect::new(0.0, y, 80.0, y + 1.0)).collect();
        let mut lines = three();
        remove_under(&mut lines, &strips);
        assert!(lines.is_empty());
    }

    #[test]
    fn a_narrow_word_goes_when_half_of_it_is_hidden() {
        assert!(is_covered(&word(Rect::new(0.0, 0.0, 2.0, 10.0)), &[Rect::new(1.0, 0.0, 9.0, 10.0)]));
    }

    fn rects() -> impl Strategy<Value = Rect> {
        (0.0..100.0, 0.0..100.0, 0.5..60.0, 0.5..60.0)
            .prop_map(|(x, y, width, height): (f64, f64, f64, f64)| Rect::new(x, y, x + width, y + height))
    }

    proptest! {
        #[test]
        fn no_word_stays_that_is_half_covered(words in proptest::collection::vec(rects(), 1..20), cover in rects()) {
            let mut lines = vec![line(&words)];
            remove_under(&mut lines, &[cover]);
            for word in lines.iter().flat_map(|line| &line.words) {
                prop_assert!(word.rect.intersection(&cover).area() < 0.5 * word.rect.area());
            }
        }

        #[test]
        fn every_word_stays_that_no_rectangle_touches(
            words in proptest::collection::vec(rects(), 1..20),
            covers in proptest::collection::vec(rects(), 0..5),
        ) {
            let mut lines = vec![line(&words)];
            remove_under(&mut lines, &covers);
            let left: Vec<Rect> = lines.iter().flat_map(|line| &line.words).map(|word| word.rect).collect();
            for rect in words.iter().filter(|rect| !covers.iter().any(|cover| cover.intersects(rect))) {
                prop_assert!(left.contains(rect));
            }
        }

        #[test]
        fn a_larger_rectangle_never_takes_less(words in proptest::collection::vec(rects(), 1..20), cover in rects(), by in 0.0..20.0) {
            let (mut small, mut large) = (vec![line(&words)], vec![line(&words)]);
            remove_under(&mut small, &[cover]);
            remove_under(&mut large, &[cover.grown(by)]);
            let count = |lines: &[Line]| lines.iter().map(|line| line.words.len()).sum::<usize>();
            prop_assert!(count(&large) <= count(&small));
        }

        #[test]
        fn removing_twice_changes_nothing(words in proptest::collection::vec(rects(), 1..20), covers in proptest::collection::vec(rects(), 0..5)) {
            let mut once = vec![line(&words)];
            remove_under(&mut once, &covers);
            let mut twice = once.clone();
            remove_under(&mut twice, &covers);
            prop_assert_eq!(once, twice);
        }
    }
}
