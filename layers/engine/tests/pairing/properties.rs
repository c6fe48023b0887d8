//! Properties of every volume: orderly ones, as a printer makes them, and random boxes.

use crate::volumes::*;
use domain::{VolumeName, opinion_files};
use engine::detection::{Detection, Label};
use engine::geometry::Rect;
use engine::pairing::{Opinion, pages_from_detections, pair};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Rounding to tenths of a point moves an edge by at most this much.
const ROUNDING: f64 = 0.05 + 1e-9;

const POINTS_PER_PIXEL: f64 = 0.36;

/// One opinion of an orderly volume: the heights of its head matter and text, and offsets that make its boxes
/// unequal.
#[derive(Debug, Clone)]
struct Plan {
    matter: bool,
    text: f64,
    jitter: [f64; 3],
    picture: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let jitter = [0.0..15.0f64, 0.0..15.0, 0.5..0.99];
    (any::<bool>(), 0.0..4000.0f64, jitter, any::<bool>()).prop_map(|(matter, text, jitter, picture)| Plan {
        matter,
        text,
        jitter,
        picture,
    })
}

/// A position that moves down the columns, page after page.
struct Cursor {
    column: usize,
    top: f64,
}

impl Cursor {
    const BODY: std::ops::Range<f64> = 220.0..1980.0;

    /// Takes a space of this height in one column. Returns its page, column and top.
    fn room(&mut self, height: f64) -> (usize, usize, f64) {
        if self.top + height > Self::BODY.end {
            *self = Self { column: self.column + 1, top: Self::BODY.start };
        }
        let place = (self.column / 2, self.column % 2, self.top);
        self.top += height + 20.0;
        place
    }

    /// Takes the space of a text that continues over as many columns as it needs.
    fn text(&mut self, mut height: f64) {
        while self.top + height > Self::BODY.end {
            height -= (Self::BODY.end - self.top).max(0.0);
            *self = Self { column: self.column + 1, top: Self::BODY.start };
        }
        self.top += height;
    }
}

/// The boxes of each opinion, and the boxes of the pages.
fn orderly(plans: &[Plan]) -> (Vec<Vec<Detection>>, Vec<Detection>) {
    let mut cursor = Cursor { column: 0, top: Cursor::BODY.start };
    let opinions: Vec<Vec<Detection>> = plans.iter().map(|plan| opinion(plan, &mut cursor)).collect();
    (opinions, columns(cursor.column / 2 + 1))
}

fn opinion(plan: &Plan, cursor: &mut Cursor) -> Vec<Detection> {
    let mut boxes = Vec::new();
    let (page, column, top) = cursor.room(300.0);
    boxes.push(with_confidence(plan.jitter[2], block(page, Label::CaseCaption, column, top + plan.jitter[0], 270.0)));
    if plan.matter {
        let (page, column, top) = cursor.room(60.0);
        boxes.push(block(page, Label::Headnote, column, top, 50.0));
    }
    if plan.picture {
        let (page, column, top) = cursor.room(200.0);
        boxes.push(block(page, Label::Image, column, top, 190.0));
    }
    cursor.text(plan.text);
    let (page, column, top) = cursor.room(100.0);
    let mut icon = with_confidence(plan.jitter[2], key(page, column, top));
    icon.bbox[2] += plan.jitter[1];
    icon.bbox[3] += plan.jitter[0] / 3.0;
    boxes.push(icon);
    boxes
}

/// Random boxes, also outside of their page, on so few pages that they overlap.
fn any_boxes() -> impl Strategy<Value = Vec<Detection>> {
    let labels = prop::sample::select(vec![
        Label::KeyIcon,
        Label::KeyIcon,
        Label::CaseCaption,
        Label::CaseCaption,
        Label::TextColumn,
        Label::Headnote,
        Label::Image,
        Label::PageHeader,
        Label::Footnotes,
        Label::PageNumber,
    ]);
    // On a coarse grid, boxes often share an edge or are identical.
    let edge =
        |most: i32| prop_oneof![-50.0..f64::from(most), (0..most / 100).prop_map(|step| f64::from(step) * 100.0)];
    let place = (edge(1700), edge(2200), 1.0..600.0f64, 1.0..400.0f64);
    let confidence = prop_oneof![Just(1.0), 0.2..1.0f64];
    let boxes = (0usize..4, labels, place, confidence, any::<bool>()).prop_map(
        |(page, label, (x, y, width, height), confidence, shaped)| {
            let height = if shaped && label == Label::KeyIcon { width / 2.5 } else { height };
            found(page, label, [x, y, x + width, y + height], confidence)
        },
    );
    let boxes = prop::collection::vec(boxes, 0..40);
    (boxes, any::<bool>()).prop_map(|(boxes, regular)| if regular { [columns(4), boxes].concat() } else { boxes })
}

/// The page, column and top of a box, computed without the code under test. The midpoint is that of pages built from
/// boxes alone.
fn place(page: usize, [x0, y0, x1, _]: [f64; 4], midpoint: f64) -> (usize, bool, f64) {
    (page, f64::midpoint(x0, x1) >= midpoint, y0)
}

fn ends_are_in_order_and_used_once(opinions: &[Opinion], midpoint: f64) -> Result<(), TestCaseError> {
    let mut before = None;
    let mut keys = BTreeSet::new();
    for opinion in opinions {
        let start = place(opinion.caption_page, opinion.caption_bbox, midpoint);
        let end = place(opinion.key_page, opinion.key_bbox, midpoint);
        prop_assert!(start <= end, "{opinion:?}");
        prop_assert!(before.is_none_or(|before| before <= start), "{opinion:?} overlaps the one before it");
        prop_assert!(keys.insert((opinion.key_page, opinion.key_bbox.map(f64::to_bits))));
        prop_assert_eq!(opinion.page_count, opinion.end_page - opinion.caption_page + 1);
        before = Some(end);
    }
    Ok(())
}

fn rectangles_are_sound(opinions: &[Opinion]) -> Result<(), TestCaseError> {
    for opinion in opinions {
        let ends = [(opinion.caption_page, opinion.caption_bbox), (opinion.key_page, opinion.key_bbox)];
        let kept = ends.map(|(page, [x0, y0, x1, y1])| {
            (page, Rect::new(x0, y0, x1, y1).scaled(POINTS_PER_PIXEL, POINTS_PER_PIXEL).grown(-ROUNDING))
        });
        for (place, outside) in opinion.outside_rects.iter().enumerate() {
            let rect = outside.rect();
            prop_assert!(!rect.is_empty());
            prop_assert!(Rect::new(0.0, 0.0, 612.0, 792.0).contains(&rect), "{rect:?} leaves the page");
            prop_assert!([opinion.caption_page, opinion.key_page].contains(&outside.page_index));
            for (page, kept) in &kept {
                let meets = *page == outside.page_index && !kept.is_empty() && rect.intersects(kept);
                prop_assert!(!meets, "{rect:?} covers {kept:?}");
            }
            for other in
                opinion.outside_rects[place + 1..].iter().filter(|other| other.page_index == outside.page_index)
            {
                let shared = rect.intersection(&other.rect()).grown(-ROUNDING);
                prop_assert!(shared.is_empty(), "{rect:?} meets {other:?}");
            }
        }
    }
    Ok(())
}

fn file_names_are_unique(opinions: &[Opinion]) -> Result<(), TestCaseError> {
    let name = VolumeName::new("a3d", "217", None, None).unwrap();
    let pages: Vec<_> = opinions.iter().map(|opinion| (opinion.first_page_number, opinion.last_page_number)).collect();
    let names: BTreeSet<String> = opinion_files(&name, &pages).into_iter().collect();
    prop_assert_eq!(names.len(), opinions.len());
    Ok(())
}

/// The midpoint of the first page, as documented for `pages_from_detections`.
fn midpoint(boxes: &[Detection]) -> f64 {
    pages_from_detections(boxes.to_vec(), None, 1).first().map_or(0.0, |page| page.columns.midpoint)
}

proptest! {
    #[test]
    fn every_opinion_of_an_orderly_volume_is_found(plans in prop::collection::vec(plan(), 0..12)) {
        let (opinions, pages) = orderly(&plans);
        let paired = paired([pages, opinions.concat()].concat());
        prop_assert_eq!(paired.len(), plans.len());
        for ((found, boxes), plan) in paired.iter().zip(&opinions).zip(&plans) {
            prop_assert_eq!(found.caption_bbox, boxes[0].bbox);
            prop_assert_eq!(found.key_bbox, boxes[boxes.len() - 1].bbox);
            prop_assert_eq!(found.has_image, plan.picture);
        }
        ends_are_in_order_and_used_once(&paired, 850.0)?;
        rectangles_are_sound(&paired)?;
        file_names_are_unique(&paired)?;
    }

    #[test]
    fn removing_one_opinion_leaves_the_others(plans in prop::collection::vec(plan(), 1..10), gone in any::<prop::sample::Index>()) {
        let (mut opinions, pages) = orderly(&plans);
        let mut expected = paired([pages.clone(), opinions.concat()].concat());
        let gone = gone.index(plans.len());
        opinions.remove(gone);
        expected.remove(gone);
        prop_assert_eq!(paired([pages, opinions.concat()].concat()), expected);
    }

    #[test]
    fn any_boxes_give_sound_opinions(boxes in any_boxes()) {
        let midpoint = midpoint(&boxes);
        let paired = paired(boxes);
        ends_are_in_order_and_used_once(&paired, midpoint)?;
        rectangles_are_sound(&paired)?;
        file_names_are_unique(&paired)?;
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (boxes, shuffled) in any_boxes().prop_flat_map(|boxes| (Just(boxes.clone()), Just(boxes).prop_shuffle())),
    ) {
        let mut pages = pages_from_detections(shuffled, None, 1);
        pages.reverse();
        prop_assert_eq!(pair(&pages, 1), paired(boxes));
    }
}
