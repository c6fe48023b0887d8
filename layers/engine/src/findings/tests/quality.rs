use super::*;
use crate::measures::Touching;
use domain::Severity::{MustLook, ShouldLook};

/// A volume of one opinion.
fn volume() -> Volume {
    Volume::of(8).caption(0, 200.0).key(7, 900.0)
}

fn on_third(change: impl FnOnce(&mut PageMeasures)) -> Vec<(FailureCode, Severity, Option<usize>)> {
    volume().measured(3, change).found()
}

#[test]
fn a_turned_page_says_how_to_turn_it() {
    for (level, upright, words) in
        [(0.25, -0.5, "90 degrees to the left"), (0.74, -0.5, "180 degrees"), (0.25, 0.5, "90 degrees to the right")]
    {
        let volume = volume().measured(3, |measures| (measures.level, measures.upright) = (level, upright));
        let found = volume.findings();
        assert_eq!(volume.found(), [(FailureCode::FindingPageTurned, MustLook, Some(3))]);
        assert!(found[0].message.contains(words), "{}", found[0].message);
    }
    assert_eq!(on_third(|measures| (measures.level, measures.upright) = (0.5, -0.05)), [], "a page of a table");
    assert_eq!(on_third(|measures| (measures.level, measures.text) = (0.2, 0.02)), [], "hardly any text");
}

#[test]
fn a_page_can_be_blank_nearly_blank_or_dark() {
    assert_eq!(on_third(|found| found.ink = 0.0), [(FailureCode::FindingPageBlank, ShouldLook, Some(3))]);
    assert_eq!(on_third(|found| found.ink = 0.002), [(FailureCode::FindingPageNearlyBlank, ShouldLook, Some(3))]);
    assert_eq!(on_third(|found| found.paper = 0.1), [(FailureCode::FindingPageDark, MustLook, Some(3))]);
    assert_eq!(on_third(|found| found.darkest_paper = 0.3), [(FailureCode::FindingPageDark, MustLook, Some(3))]);
    assert_eq!(on_third(|found| found.darkest_paper = 0.5), [], "light is often uneven");
    assert_eq!(on_third(|found| found.paper = 0.35), [(FailureCode::FindingPageDark, ShouldLook, Some(3))]);
    assert_eq!(on_third(|found| (found.paper, found.ink) = (0.1, 0.0)).len(), 1, "black is not blank as well");
}

#[test]
fn a_page_is_blurred_if_its_edges_are_soft_and_its_ink_is_pale() {
    let blurred = |sharpness, contrast| on_third(|found| (found.sharpness, found.contrast) = (sharpness, contrast));
    assert_eq!(blurred(0.02, 0.35), [(FailureCode::FindingPageBlurred, MustLook, Some(3))]);
    assert_eq!(blurred(0.04, 0.5), [(FailureCode::FindingPageBlurred, ShouldLook, Some(3))]);
    assert_eq!(blurred(0.15, 0.3), [], "faded print is sharp");
}

#[test]
fn text_at_an_edge_is_cut_off_unless_the_whole_volume_is_like_that() {
    let cut = Touching { left: 40, top: 0, right: 0, bottom: 20 };
    let volume = volume().measured(3, |found| found.touching = cut);
    assert_eq!(volume.found(), [(FailureCode::FindingPageCutOff, MustLook, Some(3))]);
    assert!(volume.findings()[0].message.contains("left and bottom"));
    let all = (0..8).fold(volume, |volume, page| volume.measured(page, |found| found.touching = cut));
    assert_eq!(all.found(), [(FailureCode::FindingPageCutOff, ShouldLook, None)]);
}

#[test]
fn a_page_of_another_size_is_unlike_the_others() {
    let with_size = |width: f64, height: f64, pages: &[usize]| {
        let mut volume = volume();
        for page in pages {
            (volume.pages[*page].size.width_points, volume.pages[*page].size.height_points) = (width, height);
        }
        volume
    };
    assert_eq!(with_size(360.0, 400.0, &[3]).found(), [(FailureCode::FindingPageUnlike, ShouldLook, Some(3))]);
    assert_eq!(with_size(370.0, 560.0, &[3]).found(), [], "scanners are not exact");
    let many = with_size(360.0, 400.0, &[1, 3, 5]);
    assert_eq!(many.found().len(), 3);
    let turned = with_size(576.0, 360.0, &[3]).measured(3, |found| (found.level, found.upright) = (0.25, 0.5));
    assert_eq!(turned.found(), [(FailureCode::FindingPageTurned, MustLook, Some(3))], "one cause, one finding");
}

#[test]
fn what_many_pages_have_in_common_is_told_once_unless_it_must_be_looked_at() {
    let all = |paper: f64| (0..8).fold(volume(), |volume, page| volume.measured(page, |found| found.paper = paper));
    assert_eq!(all(0.35).found(), [(FailureCode::FindingPageDark, ShouldLook, None)]);
    assert_eq!(all(0.35).findings()[0].evidence.neighbours.len(), 8);
    assert_eq!(all(0.1).found().len(), 8);
}

#[test]
fn a_damaged_page_has_only_its_problem() {
    let mut volume = volume().measured(3, |found| *found = PageMeasures::default());
    volume.damaged = vec![3];
    assert_eq!(volume.found(), []);
}
