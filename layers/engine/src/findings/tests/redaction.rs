use super::super::remarks::{CutWord, Numbered};
use super::*;
use crate::detection::FoundBy;
use domain::Severity::{MustLook, Note, ShouldLook};

/// A volume of one opinion.
fn volume() -> Volume {
    Volume::of(8).caption(0, 200.0).key(7, 900.0)
}

#[test]
fn a_headnote_without_a_cover_is_found() {
    let uncovered = volume().with(0, 0, 600.0, Label::Headnote, 0.8);
    assert_eq!(uncovered.found(), [(FailureCode::FindingHeadnoteUncovered, MustLook, Some(0))]);
    let covered = uncovered.covered(0, "headnote", Rect::new(50.0, 500.0, 470.0, 900.0));
    assert_eq!(covered.found(), []);
    let perhaps = volume().with(0, 0, 600.0, Label::Headnote, 0.4);
    assert_eq!(perhaps.found(), [(FailureCode::FindingBoxDoubtful, ShouldLook, Some(0))]);
    assert_eq!(volume().with(0, 0, 600.0, Label::Headnote, 0.25).found(), []);
}

#[test]
fn a_bracket_of_low_confidence_without_a_cover_is_doubtful() {
    let perhaps = |confidence| volume().with(3, 0, 600.0, Label::HeadnoteBracket, confidence);
    assert_eq!(perhaps(0.4).found(), [(FailureCode::FindingBoxDoubtful, ShouldLook, Some(3))]);
    assert_eq!(perhaps(0.25).found(), []);
    let covered = perhaps(0.4).covered(3, "headnote", Rect::new(50.0, 500.0, 470.0, 900.0));
    assert_eq!(covered.found(), []);
}

#[test]
fn a_box_that_decides_something_with_low_confidence_is_doubtful() {
    let volume = |caption, key| {
        Volume::of(8).with(0, 0, 200.0, Label::CaseCaption, caption).with(7, 1, 900.0, Label::KeyIcon, key)
    };
    assert_eq!(volume(0.55, 0.95).found(), [(FailureCode::FindingBoxDoubtful, ShouldLook, Some(0))]);
    assert_eq!(volume(0.95, 0.6).found(), [(FailureCode::FindingBoxDoubtful, ShouldLook, Some(7))]);
    assert_eq!(volume(0.95, 0.95).found(), []);
}

#[test]
fn a_boundary_that_only_the_small_model_found_is_told() {
    let mut volume = volume();
    let by = |model: &str| FoundBy { model: model.to_owned(), confidence: 0.95 };
    volume.pages[0].detections[0].found_by = vec![by("small"), by("medium")];
    assert_eq!(volume.found(), []);
    volume.pages[0].detections[0].found_by = vec![by("small")];
    assert_eq!(volume.found(), [(FailureCode::FindingBoxOfOneModel, ShouldLook, Some(0))]);
}

#[test]
fn a_cover_that_goes_on_and_on_is_found() {
    let column = |volume: Volume, page, x| volume.covered(page, "headnote", Rect::new(x, 100.0, x + 400.0, 1500.0));
    let short = |volume: Volume, y: f64| {
        let volume = volume.with(0, 0, y, Label::Headnote, 0.9);
        volume.covered(0, "headnote", Rect::new(50.0, y, 470.0, y + 200.0))
    };
    let usual = [400.0, 600.0, 800.0, 1000.0].into_iter().fold(volume(), short);
    assert_eq!(usual.found(), []);
    let long = column(usual, 0, 520.0);
    assert_eq!(long.found(), [(FailureCode::FindingCoverUnlike, ShouldLook, Some(0))]);
    let pages = [0, 1].map(|page| (FailureCode::FindingCoverUnlike, MustLook, Some(page)));
    assert_eq!(column(long, 1, 50.0).found(), pages);
}

#[test]
fn a_mark_with_a_cover_of_another_size_is_found() {
    let bracket = |volume: Volume, page, width| {
        volume.covered(page, "HEADNOTE_BRACKET", Rect::new(60.0, 300.0, 60.0 + width, 325.0))
    };
    let usual = (1..6).fold(volume(), |volume, page| bracket(volume, page, 40.0));
    assert_eq!(usual.found(), []);
    assert_eq!(bracket(usual, 6, 400.0).found(), [(FailureCode::FindingCoverUnlike, ShouldLook, Some(6))]);
}

fn numbered(numbers: &[usize]) -> Vec<Numbered> {
    let rect = Rect::new(60.0, 400.0, 100.0, 420.0);
    numbers.iter().map(|number| Numbered { number: *number, rect }).collect()
}

fn with_numbers(headings: &[usize], brackets: &[usize], unread: usize) -> Volume {
    let mut volume = volume();
    let headings = PageRemarks { headings: numbered(headings), ..PageRemarks::default() };
    let brackets = PageRemarks {
        page_index: 3,
        brackets: numbered(brackets),
        unread_brackets: vec![Rect::new(60.0, 700.0, 100.0, 720.0); unread],
        ..PageRemarks::default()
    };
    volume.remarks = vec![headings, brackets];
    volume
}

#[test]
fn numbers_of_headnotes_and_brackets_must_agree() {
    assert_eq!(with_numbers(&[1, 2, 3], &[1, 2, 3], 0).found(), []);
    let missing = with_numbers(&[1, 2], &[1, 2, 3, 4], 0);
    assert_eq!(missing.found(), [(FailureCode::FindingBracketWithoutHeadnote, ShouldLook, Some(3))]);
    assert_eq!(missing.findings()[0].evidence.readings, ["3", "4"]);
    let unmarked = with_numbers(&[1, 2, 3], &[1, 2], 0);
    assert_eq!(unmarked.found(), [(FailureCode::FindingHeadnoteWithoutBracket, Note, Some(0))]);
    assert_eq!(with_numbers(&[1, 2, 3], &[1, 2], 1).found(), [], "the bracket was found, but its number was not read");
    assert_eq!(with_numbers(&[1, 3], &[1, 2, 3], 0).found(), [], "the heading was not read");
    assert_eq!(with_numbers(&[1, 2, 3], &[1, 2, 38], 0).found(), [], "a bracket of which the number was misread");
    assert_eq!(with_numbers(&[], &[], 0).found(), [], "no words were read");
}

#[test]
fn words_that_are_cut_are_told_once_a_page() {
    let mut volume = volume();
    let word =
        |text: &str, hidden| CutWord { text: text.to_owned(), rect: Rect::new(60.0, 400.0, 120.0, 420.0), hidden };
    let cut_words = vec![word("Negligence", 0.7), word("court", 0.3), word("held", 0.25)];
    volume.remarks = vec![PageRemarks { page_index: 2, cut_words, ..PageRemarks::default() }];
    assert_eq!(
        volume.found(),
        [(FailureCode::FindingWordCut, ShouldLook, Some(2)), (FailureCode::FindingWordLeft, ShouldLook, Some(2)),]
    );
    assert_eq!(volume.findings()[0].evidence.readings, ["court", "held"]);
}

mod of_words {
    use super::super::super::remarks::remarks;
    use super::*;
    use crate::redact::Ink;
    use crate::text::{Baseline, Line, Word};

    fn line(words: &[(&str, Rect)]) -> Line {
        let word = |(text, rect): &(&str, Rect)| Word { text: (*text).to_owned(), rect: *rect, confidence: 0.9 };
        let words: Vec<Word> = words.iter().map(word).collect();
        Line { words, rect: Rect::default(), baseline: Baseline { offset: 0.0, slope: 0.0 }, size: 20.0 }
    }

    fn cover(kind: &str, rect: Rect) -> Redaction {
        Redaction { rect, fill: Fill::Black, kind: kind.to_owned() }
    }

    /// A page that is ink everywhere in the words.
    fn ink(lines: &[Line]) -> Ink {
        let mut grey = vec![255; 500 * 500];
        for word in lines.iter().flat_map(|line| &line.words) {
            for y in word.rect.y0 as usize..word.rect.y1 as usize {
                grey[y * 500 + word.rect.x0 as usize..y * 500 + word.rect.x1 as usize].fill(0);
            }
        }
        Ink::new(500, 500, &grey)
    }

    #[test]
    fn numbers_are_read_under_covers_and_in_the_text() {
        let lines = [
            line(&[("1.", Rect::new(20.0, 20.0, 40.0, 40.0)), ("Negligence", Rect::new(50.0, 20.0, 150.0, 40.0))]),
            line(&[("[1]", Rect::new(20.0, 200.0, 50.0, 220.0)), ("We", Rect::new(60.0, 200.0, 90.0, 220.0))]),
            line(&[("[2]", Rect::new(20.0, 300.0, 50.0, 320.0)), ("hold", Rect::new(60.0, 300.0, 99.0, 320.0))]),
            line(&[("1.", Rect::new(20.0, 400.0, 40.0, 420.0)), ("First", Rect::new(50.0, 400.0, 99.0, 420.0))]),
        ];
        let covers = [
            cover("headnote", Rect::new(10.0, 10.0, 200.0, 100.0)),
            cover("HEADNOTE_BRACKET", Rect::new(18.0, 190.0, 52.0, 224.0)),
            cover("HEADNOTE_BRACKET", Rect::new(300.0, 190.0, 330.0, 224.0)),
        ];
        let found = remarks(0, &lines, &covers, &ink(&lines));
        let read = |of: &[Numbered]| of.iter().map(|one| one.number).collect::<Vec<_>>();
        assert_eq!((read(&found.headings), read(&found.brackets)), (vec![1], vec![1, 2]));
        assert_eq!(found.unread_brackets.len(), 1);
        assert_eq!(found.cut_words, []);
    }

    #[test]
    fn a_word_is_cut_where_a_cover_ends_inside_it() {
        let lines = [line(&[
            ("half", Rect::new(20.0, 100.0, 120.0, 120.0)),
            ("most", Rect::new(20.0, 200.0, 120.0, 220.0)),
            ("edge", Rect::new(20.0, 300.0, 120.0, 320.0)),
        ])];
        let covers = [
            cover("headnote", Rect::new(0.0, 90.0, 60.0, 130.0)),
            cover("headnote", Rect::new(0.0, 190.0, 300.0, 214.0)),
            cover("headnote", Rect::new(0.0, 290.0, 25.0, 330.0)),
        ];
        let found = remarks(0, &lines, &covers, &ink(&lines)).cut_words;
        let told: Vec<_> = found.iter().map(|word| (word.text.as_str(), (10.0 * word.hidden).round())).collect();
        assert_eq!(told, [("half", 4.0), ("most", 7.0)]);
    }
}
