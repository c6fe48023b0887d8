use super::*;
use domain::Severity::{MustLook, Note, ShouldLook};

#[test]
fn a_key_icon_without_a_caption_is_unmatched() {
    let volume = Volume::of(8).caption(0, 200.0).key(2, 700.0).key(5, 300.0);
    // The pairing lets the second key extend the opinion, so the first one ends nothing.
    assert_eq!(
        volume.found(),
        [(FailureCode::FindingKeyUnmatched, MustLook, Some(2)), (FailureCode::FindingPagesUncovered, Note, Some(6)),]
    );
}

#[test]
fn an_icon_that_was_found_twice_is_one() {
    let volume = Volume::of(4).caption(0, 200.0).key(3, 700.0).key(3, 720.0);
    assert_eq!(volume.found(), []);
}

#[test]
fn a_caption_inside_an_opinion_is_unmatched() {
    let volume =
        Volume::of(6).caption(0, 200.0).caption(2, 900.0).with(1, 0, 500.0, Label::CaseMetadata, 0.9).key(5, 700.0);
    assert_eq!(volume.found(), [(FailureCode::FindingCaptionUnmatched, MustLook, Some(2))]);
    let together = Volume::of(6).caption(0, 200.0).caption(0, 400.0).key(5, 700.0);
    assert_eq!(together.found(), [], "cases that were decided together");
}

#[test]
fn a_volume_may_be_cut_out_of_a_book() {
    let volume = Volume::of(9).key(1, 700.0).caption(2, 200.0).key(6, 700.0).caption(7, 300.0);
    assert_eq!(
        volume.found(),
        [(FailureCode::FindingKeyUnmatched, Note, Some(1)), (FailureCode::FindingCaptionUnmatched, Note, Some(7)),]
    );
    let missed = Volume::of(9).with(0, 0, 500.0, Label::Divider, 0.8).key(1, 700.0).caption(2, 200.0).key(8, 700.0);
    assert_eq!(missed.found(), [(FailureCode::FindingKeyUnmatched, MustLook, Some(1))], "its caption was missed");
}

#[test]
fn pages_without_an_opinion_are_one_finding() {
    let volume = Volume::of(12).caption(2, 200.0).key(4, 700.0).caption(8, 200.0).key(9, 700.0);
    assert_eq!(
        volume.found(),
        [
            (FailureCode::FindingPagesUncovered, MustLook, Some(5)),
            (FailureCode::FindingPagesUncovered, Note, Some(0)),
            (FailureCode::FindingPagesUncovered, Note, Some(10)),
        ]
    );
    assert_eq!(volume.findings()[0].evidence.neighbours, [6, 7]);
    let blank = (5..8).fold(volume, |volume, page| volume.measured(page, |found| found.ink = 0.0));
    assert!(
        !blank.found().iter().any(|(code, _, page)| *code == FailureCode::FindingPagesUncovered && *page == Some(5))
    );
}

#[test]
fn a_second_divider_shows_that_a_boundary_was_missed() {
    let divider = |volume: Volume, page, y| volume.with(page, 0, y, Label::Divider, 0.8);
    let volume = Volume::of(8).caption(0, 200.0).key(7, 700.0);
    let one = divider(volume, 1, 300.0);
    assert_eq!(one.found(), []);
    let again = divider(one, 1, 310.0);
    assert_eq!(again.found(), [], "one ornament, two boxes");
    assert_eq!(divider(again, 4, 300.0).found(), [(FailureCode::FindingBoundaryMissed, MustLook, Some(4))]);
}

#[test]
fn numbers_that_jump_inside_an_opinion_are_told_with_it() {
    let mut volume = Volume::of(8).caption(0, 200.0).key(7, 900.0);
    volume.pages[3].number.last = Some(FIRST + 5);
    for page in 4..8 {
        volume.pages[page].number.first = volume.pages[page].number.first.map(|number| number + 2);
    }
    assert_eq!(volume.found(), [], "a range of numbers is in sequence");
    volume.pages[3].number.last = None;
    assert_eq!(volume.found(), [(FailureCode::FindingOpinionOutOfSequence, ShouldLook, Some(4))]);
}
