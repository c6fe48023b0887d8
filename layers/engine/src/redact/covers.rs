//! Plans everything that is covered on one page. See docs/reference-behaviour.md, "Redaction".

use super::brackets::find_brackets;
use super::head_matter_covers::headnote_rects;
use super::ink::Ink;
use super::opinion_span::OpinionSpan;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::text::Line;
use crate::volume::Page;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Shows that something was removed.
    Black,
    /// The colour of paper, for running heads and the like.
    White,
}

/// One cover: an entry of `redaction_rects.json`, in pixels at 200 dpi.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redaction {
    #[serde(flatten)]
    pub rect: Rect,
    pub fill: Fill,
    /// `headnote` or the label's name.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Redaction {
    fn of_label(rect: Rect, fill: Fill, label: Label) -> Self {
        Self { rect: rect.rounded_to_tenths(), fill, kind: label.name().to_owned() }
    }

    fn of_headnotes(rect: Rect) -> Self {
        Self { rect: rect.rounded_to_tenths(), fill: Fill::Black, kind: "headnote".to_owned() }
    }
}

/// A page of `redaction_rects.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedactionPage {
    /// From 0.
    pub page_index: usize,
    pub rects: Vec<Redaction>,
}

/// The covers of one page. `lines` are the page's words in pixels at 200 dpi; empty if the page was not read.
#[must_use]
pub fn plan_page(page: &Page, opinions: &[OpinionSpan], ink: &Ink, lines: &[Line]) -> Vec<Redaction> {
    let here = opinions.iter().filter(|span| (span.caption_page..=span.key_page).contains(&page.index));
    let mut covers: Vec<Redaction> =
        here.flat_map(|span| headnote_rects(page, span, ink)).map(Redaction::of_headnotes).collect();
    covers.extend(mark_rects(page, ink));
    let standing = find_brackets(page, opinions, lines);
    let standing: Vec<Redaction> =
        standing.iter().map(|rect| bracket(rect, ink)).filter_map(|rect| uncovered(rect, &covers)).collect();
    covers.extend(standing);
    keep_page_numbers(page, ink, covers)
}

/// The cover of a bracket that was found only in the words, unless it is already covered.
fn uncovered(rect: Rect, covers: &[Redaction]) -> Option<Redaction> {
    let is_covered = covers.iter().any(|cover| cover.rect.contains(&rect));
    (!is_covered).then(|| Redaction::of_label(rect, Fill::Black, Label::HeadnoteBracket))
}

/// How far the ink of a mark may extend beyond its box: 4 points, in pixels.
const RIM: f64 = 11.0;

/// Added around a bracket's box, in pixels: a fifth of the space between words.
const BRACKET_SLACK: f64 = 2.0;

/// The width of a stroke's blurred edge at its sides, in pixels. It is that wide where a camera was out of focus.
const SOFT_EDGE: f64 = 4.0;

/// How far the JPEG halo of a stroke may reach, in pixels: the side of the block in which a colour JPEG is coded.
const HALO: usize = 16;

/// How much paper is covered below a bracket, in pixels: the blurred edge of its strokes.
const BELOW: usize = 3;

/// How much paper is covered above and below a key icon, in pixels: its box may be that much too low or too high.
const KEY_RIM: usize = 8;

/// If the strokes fill a smaller share of a bracket's box, some of its strokes are joined to other text.
const FEWEST_STROKES: f64 = 0.4;

/// The shortest and longest side of a case sequence's cover, in pixels, before the inset.
const SEQUENCE_SIDE: (f64, f64) = (40.0, 60.0);

/// A case sequence is covered 3 points inside its box.
const SEQUENCE_INSET: f64 = 3.0 * 200.0 / 72.0;

/// The covers of single boxes, which are covered wherever they are on the page.
fn mark_rects(page: &Page, ink: &Ink) -> Vec<Redaction> {
    let keys = crate::pairing::key_icons(&[page]);
    let boxes = page.detections.iter().filter(|found| found.passes_gate());
    let mut covers: Vec<Redaction> = boxes.filter_map(|found| cover(page, found, ink)).collect();
    covers.extend(
        keys.into_iter().map(|key| Redaction::of_label(key_icon(&key.rect(), ink), Fill::Black, Label::KeyIcon)),
    );
    covers
}

fn key_icon(rect: &Rect, ink: &Ink) -> Rect {
    ink.extended_over_paper(&ink.grown_over_touching(rect, RIM), KEY_RIM, KEY_RIM)
}

fn cover(page: &Page, found: &Detection, ink: &Ink) -> Option<Redaction> {
    let rect = found.rect();
    let (rect, fill) = match found.label {
        Label::PageHeader => (ink.grown_over_touching(&rect, RIM), Fill::White),
        Label::StateAbbreviation => (rect, Fill::White),
        Label::Divider => (ink.grown_over_touching(&rect, RIM), Fill::Black),
        Label::HeadnoteBracket => (bracket(&rect, ink), Fill::Black),
        Label::Editorial => (tightened(&rect, ink)?, Fill::Black),
        Label::CaseSequence => (case_sequence(page, &rect)?, Fill::Black),
        _ => return None,
    };
    Some(Redaction::of_label(rect, fill, found.label))
}

/// A bracket's cover: its strokes, even where its box cuts through them, and the paper around them: above, where JPEG
/// leaves a halo of the strokes, and at their blurred edges. It spares the descenders of the line above and the ascenders
/// of the line below.
pub(super) fn bracket(rect: &Rect, ink: &Ink) -> Rect {
    let strokes = ink.touching(&rect.grown(BRACKET_SLACK), RIM);
    let strokes = strokes.filter(|strokes| strokes.grown(SOFT_EDGE).area() >= FEWEST_STROKES * rect.area());
    let strokes = strokes.unwrap_or_else(|| below_line_above(rect, ink));
    let wide = Rect::new(strokes.x0 - SOFT_EDGE, strokes.y0, strokes.x1 + SOFT_EDGE, strokes.y1);
    ink.extended_over_paper(&wide, HALO, BELOW)
}

/// A box without the foot of the line above, if it reaches into that.
fn below_line_above(rect: &Rect, ink: &Ink) -> Rect {
    let reach = (rect.height() / 4.0).clamp(0.0, f64::from(u8::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    let top = ink.blank_below(rect.y0, rect, reach as usize);
    Rect { y0: top.unwrap_or(rect.y0), ..*rect }
}

fn tightened(rect: &Rect, ink: &Ink) -> Option<Rect> {
    ink.bounds(rect).map(|bounds| bounds.grown(2.0).intersection(rect))
}

/// A small square around the number's centre, above the caption that it belongs to.
fn case_sequence(page: &Page, rect: &Rect) -> Option<Rect> {
    let side = |length: f64| length.clamp(SEQUENCE_SIDE.0, SEQUENCE_SIDE.1) / 2.0 - SEQUENCE_INSET;
    let (half_width, half_height) = (side(rect.width()), side(rect.height()));
    let mut cover = Rect::new(
        rect.centre_x() - half_width,
        rect.centre_y() - half_height,
        rect.centre_x() + half_width,
        rect.centre_y() + half_height,
    );
    let captions = page.detections.iter().filter(|found| found.label == Label::CaseCaption && found.passes_gate());
    for caption in captions.map(Detection::rect).filter(|caption| caption.intersects(rect)) {
        cover.y1 = cover.y1.min(caption.y0);
    }
    (!cover.is_empty()).then_some(cover)
}

/// A page number is in this share of the height, at the top or at the bottom. A box elsewhere is a false detection and
/// must not leave a hole in the cover of a headnote.
const NUMBER_BAND: f64 = 0.15;

/// Cuts every cover around the page's printed number. The archive cites the printed number, so it is never covered.
fn keep_page_numbers(page: &Page, ink: &Ink, covers: Vec<Redaction>) -> Vec<Redaction> {
    let numbers: Vec<Rect> = page
        .detections
        .iter()
        .filter(|found| is_page_number(page, found))
        .map(|found| {
            let rect = found.rect();
            ink.bounds(&rect).map_or(rect, |bounds| bounds.grown(2.0))
        })
        .collect();
    covers.into_iter().flat_map(|cover| around(cover, &numbers)).collect()
}

fn is_page_number(page: &Page, found: &Detection) -> bool {
    let height = f64::from(page.size.height_pixels);
    let y = found.rect().centre_y();
    found.label == Label::PageNumber && (y < NUMBER_BAND * height || y > (1.0 - NUMBER_BAND) * height)
}

fn around(cover: Redaction, numbers: &[Rect]) -> Vec<Redaction> {
    numbers.iter().fold(vec![cover], |pieces, number| {
        pieces
            .into_iter()
            .flat_map(|piece| {
                let rects = without(&piece.rect, number);
                rects.into_iter().map(move |rect| Redaction { rect: rect.rounded_to_tenths(), ..piece.clone() })
            })
            .collect()
    })
}

/// `rect` without `hole`: up to four pieces that do not overlap.
fn without(rect: &Rect, hole: &Rect) -> Vec<Rect> {
    let hole = hole.intersection(rect);
    if hole.is_empty() {
        return vec![*rect];
    }
    let pieces = [
        Rect::new(rect.x0, rect.y0, rect.x1, hole.y0),
        Rect::new(rect.x0, hole.y1, rect.x1, rect.y1),
        Rect::new(rect.x0, hole.y0, hole.x0, hole.y1),
        Rect::new(hole.x1, hole.y0, rect.x1, hole.y1),
    ];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_cover_of_a_key_icon_ends_at_the_text_around_it() {
        let key = Rect::new(20.0, 40.0, 80.0, 60.0);
        let text = Rect::new(20.0, 20.0, 80.0, 35.0);
        let shade = |at: usize| {
            let pixel =
                Rect::new((at % 100) as f64, (at / 100) as f64, (at % 100) as f64 + 1.0, (at / 100) as f64 + 1.0);
            if key.contains(&pixel) || text.contains(&pixel) { 10 } else { 245 }
        };
        let ink = Ink::new(100, 100, &(0..10_000).map(shade).collect::<Vec<u8>>());
        // The box misses the head of the icon. Paper is covered up to the last row of the text above.
        assert_eq!(key_icon(&Rect { y0: 44.0, ..key }, &ink), Rect::new(20.0, 34.0, 80.0, 68.0));
    }

    fn rect() -> impl Strategy<Value = Rect> {
        (0.0..100.0, 0.0..100.0, 0.1..80.0, 0.1..80.0).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_rectangle_less_the_hole(rect in rect(), hole in rect()) {
            let pieces = without(&rect, &hole);
            let kept: f64 = pieces.iter().map(Rect::area).sum();
            prop_assert!((kept - (rect.area() - rect.intersection(&hole).area())).abs() < 1e-6);
            prop_assert!(pieces.iter().all(|piece| piece.intersection(&hole).area() < 1e-9 && rect.contains(piece)));
        }
    }
}
