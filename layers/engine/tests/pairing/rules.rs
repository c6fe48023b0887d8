//! Tests of the single rules. The expected results were obtained by running release 0.4.4 with these boxes.

use crate::volumes::*;
use engine::detection::Label;
use engine::pairing::{MarginBounds, PagesMeta, TextColumns, key_icons, pages_from_detections, pair, pictures};
use engine::volume::{ColumnBounds, PageNumber};

#[test]
fn a_key_ends_what_the_first_caption_since_the_last_pair_began() {
    assert_eq!(ends(vec![caption(0, 0, 300.0), key(0, 0, 900.0)]), [[0.0, 300.0, 0.0, 900.0]]);
    assert_eq!(ends(vec![caption(0, 0, 300.0), caption(0, 0, 700.0), key(0, 0, 1200.0)]), [[0.0, 300.0, 0.0, 1200.0]]);
    assert_eq!(ends(vec![caption(0, 1, 300.0), key(0, 0, 900.0)]), [[0.0; 4]; 0]);
    assert_eq!(ends(vec![caption(0, 0, 1500.0), key(0, 1, 300.0)]), [[0.0, 1500.0, 0.0, 300.0]]);
    assert_eq!(ends(vec![]), [[0.0; 4]; 0]);
}

#[test]
fn an_uncertain_caption_begins_an_opinion_below_the_key_before_it() {
    let uncertain = |page, column, top| with_confidence(0.3, caption(page, column, top));
    let begun = vec![caption(0, 0, 300.0), key(0, 0, 900.0), uncertain(0, 0, 1000.0), key(0, 0, 1700.0)];
    assert_eq!(ends(begun.clone()), [[0.0, 300.0, 0.0, 900.0], [0.0, 981.0, 0.0, 1700.0]]);
    let opinions = paired([columns(1), begun].concat());
    assert_eq!(opinions[1].caption_bbox, [420.0, 981.0, 620.0, 982.0]);
    assert_eq!(
        ends(vec![caption(0, 1, 300.0), key(0, 1, 1800.0), uncertain(1, 0, 300.0), key(1, 0, 1000.0)]),
        [[0.0, 300.0, 0.0, 1800.0], [0.0, 1881.0, 1.0, 1000.0]]
    );
    // There is no key before the first key of a volume.
    assert_eq!(ends(vec![uncertain(0, 0, 300.0), key(0, 0, 900.0)]), [[0.0, 300.0, 0.0, 900.0]]);
}

#[test]
fn a_key_without_any_caption_extends_the_opinion_before_it() {
    let first = [caption(0, 0, 300.0), key(0, 0, 900.0)];
    let extended = |more: Vec<_>| ends([first.to_vec(), more].concat());
    assert_eq!(extended(vec![key(1, 0, 1700.0)]), [[0.0, 300.0, 1.0, 1700.0]]);
    assert_eq!(extended(vec![key(1, 0, 900.0), key(1, 1, 900.0)]), [[0.0, 300.0, 1.0, 900.0]]);
    // A caption after head matter is not the caption of that opinion.
    let matter = block(0, Label::Headnote, 0, 1000.0, 60.0);
    let late = with_confidence(0.3, caption(0, 0, 1200.0));
    assert_eq!(extended(vec![matter, late, key(0, 0, 1700.0)]), [[0.0, 300.0, 0.0, 1700.0]]);
    // Neither is one outside the columns.
    let aside = found(0, Label::CaseCaption, [1520.0, 1000.0, 1600.0, 1300.0], 0.3);
    assert_eq!(extended(vec![aside, key(0, 0, 1700.0)]), [[0.0, 300.0, 0.0, 1700.0]]);
    assert_eq!(ends(vec![key(0, 0, 900.0)]), [[0.0; 4]; 0]);
}

#[test]
fn a_key_close_below_another_is_the_same_icon() {
    let pair = [caption(0, 0, 300.0), key(0, 0, 900.0)];
    for top in [900.0, 950.0, 1000.0, 1059.0] {
        assert_eq!(ends([pair.to_vec(), vec![key(0, 0, top)]].concat()), [[0.0, 300.0, 0.0, 900.0]]);
    }
    let apart = [pair.to_vec(), vec![key(0, 0, 1061.0)]].concat();
    assert_eq!(ends(apart), [[0.0, 300.0, 0.0, 1061.0]]);
}

/// The number of boxes that are accepted as key icons, of four ordinary icons and one other.
fn icons(other: engine::detection::Detection) -> usize {
    let ordinary = (0..4).map(|page| key(page, 0, 900.0));
    let pages = pages_from_detections([columns(4), ordinary.chain([other]).collect()].concat(), None, 1);
    key_icons(&pages.iter().collect::<Vec<_>>()).len()
}

fn icon(top: f64, width: f64, height: f64, confidence: f64) -> engine::detection::Detection {
    found(1, Label::KeyIcon, [1100.0, top, 1100.0 + width, top + height], confidence)
}

#[test]
fn icons_have_a_shape_and_a_size() {
    assert_eq!(icons(icon(500.0, 200.0, 80.0, 0.5)), 5);
    assert_eq!(icons(icon(500.0, 200.0, 80.0, 0.49)), 4);
    assert_eq!(icons(icon(500.0, 80.0, 80.0, 0.99)), 4);
    assert_eq!(icons(icon(500.0, 410.0, 100.0, 0.99)), 4);
    assert_eq!(icons(icon(500.0, 100.0, 40.0, 0.89)), 4);
    assert_eq!(icons(icon(500.0, 100.0, 40.0, 0.90)), 5);
    assert_eq!(icons(icon(500.0, 10.0, 40.0, 1.0)), 5);
}

#[test]
fn a_small_icon_in_the_head_or_foot_band_is_none() {
    assert_eq!(icons(icon(2100.0, 150.0, 60.0, 0.95)), 4);
    assert_eq!(icons(icon(20.0, 150.0, 60.0, 0.95)), 4);
    assert_eq!(icons(icon(2000.0, 150.0, 60.0, 0.95)), 5);
    assert_eq!(icons(icon(2100.0, 200.0, 80.0, 0.95)), 5);
    assert_eq!(icons(icon(2100.0, 150.0, 60.0, 1.0)), 5);
}

#[test]
fn an_icon_shining_through_from_the_facing_page_is_none() {
    let boxes = [columns(2), vec![key(1, 0, 900.0), found(2, Label::KeyIcon, [1080.0, 905.0, 1280.0, 985.0], 0.7)]];
    let count = |boxes: Vec<_>| {
        let pages = pages_from_detections(boxes, None, 1);
        key_icons(&pages.iter().collect::<Vec<_>>()).len()
    };
    assert_eq!(count(boxes.concat()), 1);
    // A page with columns of its own has icons of its own. Without any column nothing is known.
    assert_eq!(count([boxes.concat(), columns(3)].concat()), 2);
    assert_eq!(count(boxes[1].clone()), 2);
}

#[test]
fn numbers_come_from_the_pages_and_ranges_from_their_inner_ends() {
    let mut pages = pages_from_detections([columns(3), vec![caption(0, 0, 300.0), key(2, 0, 900.0)]].concat(), None, 7);
    let opinions = pair(&pages, 7);
    assert_eq!((opinions[0].first_page_number, opinions[0].last_page_number, opinions[0].page_count), (7, 9, 3));
    pages[0].number = PageNumber { first: Some(100), last: Some(101) };
    pages[2].number = PageNumber { first: Some(103), last: Some(104) };
    let opinions = pair(&pages, 7);
    assert_eq!((opinions[0].first_page_number, opinions[0].last_page_number), (101, 103));
    pages[0].number = PageNumber::default();
    assert_eq!(pair(&pages, 7)[0].first_page_number, 7);
}

#[test]
fn an_opinion_on_one_page_with_a_range_has_the_whole_range() {
    let mut pages = pages_from_detections([columns(1), vec![caption(0, 0, 300.0), key(0, 0, 900.0)]].concat(), None, 7);
    pages[0].number = PageNumber { first: Some(100), last: Some(101) };
    let opinions = pair(&pages, 7);
    assert_eq!((opinions[0].first_page_number, opinions[0].last_page_number), (100, 101));
}

#[test]
fn a_picture_counts_for_the_opinion_that_keeps_it() {
    let picture = |top: f64, confidence| found(0, Label::Image, [300.0, top, 500.0, top + 100.0], confidence);
    let has =
        |more: Vec<_>| paired([columns(1), vec![caption(0, 0, 300.0), key(0, 0, 900.0)], more].concat())[0].has_image;
    assert!(has(vec![picture(700.0, 0.2)]));
    assert!(!has(vec![picture(700.0, 0.19)]) && !has(vec![]));
    assert!(!has(vec![picture(1200.0, 0.9)]), "a neighbour's");
    let text = found(0, Label::Footnotes, [300.0, 700.0, 500.0, 790.0], 0.5);
    assert!(!has(vec![picture(700.0, 0.9), text.clone()]), "text taken for a picture");
    assert!(has(vec![picture(700.0, 1.0), text]), "drawn by a person");
}

#[test]
fn pictures_are_given_once() {
    let boxes = vec![found(0, Label::Image, [300.0, 700.0, 500.0, 800.0], 0.9)];
    let pages = pages_from_detections(boxes, None, 1);
    assert_eq!(pictures(&pages[0]).count(), 1);
}

#[test]
fn margins_lie_between_running_head_and_foot() {
    let boxes = vec![
        found(0, Label::PageHeader, [600.0, 100.0, 900.0, 150.0], 0.2),
        found(0, Label::PageNumber, [1400.0, 90.0, 1450.0, 160.0], 0.2),
        found(0, Label::PageNumber, [800.0, 2100.0, 850.0, 2150.0], 0.2),
    ];
    let bounds = |boxes| MarginBounds::of(&pages_from_detections(boxes, None, 1)[0]);
    assert!((bounds(boxes.clone()).header_bottom - 57.6).abs() < 1e-9);
    assert!((bounds(boxes.clone()).footer_top - 756.0).abs() < 1e-9);
    let footnotes = block(0, Label::Footnotes, 0, 1800.0, 200.0);
    assert!((bounds([boxes, vec![footnotes]].concat()).footer_top - 648.0).abs() < 1e-9);
    assert_eq!(bounds(columns(1)), MarginBounds { header_bottom: 0.0, footer_top: 792.0 });
}

fn meta(bounds: [f64; 5]) -> PagesMeta {
    let [col_left_x1, col_left_x2, col_right_x1, col_right_x2, midpoint] = bounds;
    PagesMeta::from([(0, ColumnBounds { col_left_x1, col_left_x2, col_right_x1, col_right_x2, midpoint })])
}

#[test]
fn columns_come_from_boxes_and_grow_to_the_ink() {
    let of = |boxes, meta: Option<&PagesMeta>| TextColumns::of(&pages_from_detections(boxes, meta, 1)[0]);
    let in_pixels = |columns: TextColumns| {
        [columns.left.x0, columns.left.x1, columns.right.x0, columns.right.x1].map(|edge| (edge / 0.36).round())
    };
    let head = vec![found(0, Label::PageHeader, [600.0, 100.0, 900.0, 150.0], 0.9)];
    assert_eq!(in_pixels(of(columns(1), None).unwrap()), [250.0, 790.0, 910.0, 1450.0]);
    assert_eq!(of(head.clone(), None), None);
    assert_eq!(of(columns(1)[..1].to_vec(), None), None);
    let twice = vec![columns(1)[0].clone(), columns(1)[0].clone()];
    assert_eq!(of(twice, None), None);
    // Half of the gutter of 80 pixels is added to the ink. Growth ends at 20 points and in the middle of the gutter.
    let ink = meta([240.0, 810.0, 890.0, 1540.0, 850.0]);
    assert_eq!(in_pixels(of(columns(1), Some(&ink)).unwrap()), [200.0, 846.0, 854.0, 1506.0]);
    assert_eq!(in_pixels(of(head.clone(), Some(&ink)).unwrap()), [200.0, 850.0, 850.0, 1580.0]);
    let elsewhere = meta([100.0, 300.0, 340.0, 1540.0, 320.0]);
    assert_eq!(of(columns(1), Some(&elsewhere)), of(columns(1), None));
    assert_eq!(of(head, Some(&meta([0.0; 5]))), None);
}

#[test]
fn a_page_of_another_width_is_measured_by_its_own_gutter() {
    let narrow = |found: engine::detection::Detection| {
        let bbox = found.bbox.map(|edge| edge / 2.0);
        engine::detection::Detection { bbox, img_width: WIDTH / 2, img_height: HEIGHT / 2, ..found }
    };
    let second: Vec<_> = columns(2).into_iter().filter(|found| found.page_index == 1).collect();
    let boxes = [vec![caption(1, 0, 300.0), key(1, 0, 900.0), caption(1, 1, 300.0), key(1, 1, 900.0)], second].concat();
    let boxes = [columns(1), boxes.into_iter().map(narrow).collect()].concat();
    assert_eq!(paired(boxes).len(), 2);
}
