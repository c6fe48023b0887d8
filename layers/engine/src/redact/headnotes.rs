//! Head matter of an opinion: from below its caption to the ornament before the opinion
//! (specification, section 7).

use super::ink::Ink;
use super::margins::{footer_top, header_bottom};
use super::span::{OpinionSpan, Place};
use super::{column_bounds, column_of};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;
use std::ops::RangeInclusive;

/// Edges move at most this far to find paper between two lines: 8 points.
const EDGE_REACH: usize = 22;

/// Text may stand out of its column by this much and still be covered with it: 20 points.
const SIDE_REACH: f64 = 55.0;

/// Paper covered around the ink, in pixels.
const PAPER: f64 = 3.0;

/// From this confidence a headnote heading is trusted to contradict the ornament's place.
const SURE_HEADNOTE: f64 = 0.75;

/// A synopsis that begins within this distance of the caption begins right below it: two lines.
const ADJACENT: f64 = 60.0;

/// An opinion's head matter, in reading order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HeadMatter {
    start: Place,
    end: Place,
    /// The end is the foot of its column, not a marker.
    to_column_foot: bool,
}

impl HeadMatter {
    /// Finds it by the boxes between caption and key.
    pub(super) fn find(pages: &[Page], span: &OpinionSpan) -> Option<Self> {
        let inside = detections_inside(pages, span);
        let caption_end = Place { y: span.caption.y1, ..span.start };
        let synopsis = inside.iter().find(|(_, found)| found.label == Label::Background && found.passes_gate());
        let start = synopsis.map_or(caption_end, |(top, _)| start_at(caption_end, *top));
        if let Some((end, _)) = end_marker(&inside) {
            return (*end > start).then_some(Self { start, end: *end, to_column_foot: false });
        }
        let last = inside.iter().rfind(|(_, found)| is_headnote(found, SURE_HEADNOTE))?;
        Some(Self { start: caption_end, end: last.0, to_column_foot: true })
    }

    /// The pages that it touches, from 0.
    pub(super) fn pages(&self) -> RangeInclusive<usize> {
        self.start.page..=self.end.page
    }

    pub(super) fn holds(&self, place: Place) -> bool {
        place > self.start && place < self.end
    }
}

/// The parts of an opinion's head matter on one page, in pixels.
pub(super) fn headnote_rects(page: &Page, span: &OpinionSpan, ink: &Ink) -> Vec<Rect> {
    let Some(head_matter) = &span.head_matter else { return Vec::new() };
    (0..2).filter_map(|column| column_part(page, column, head_matter, span, ink)).flatten().collect()
}

/// Right below the caption when the synopsis begins there, so that its first line cannot escape.
fn start_at(caption_end: Place, synopsis: Place) -> Place {
    let is_below = (synopsis.page, synopsis.column) == (caption_end.page, caption_end.column);
    if is_below && synopsis.y - caption_end.y < ADJACENT { caption_end } else { synopsis }
}

/// Boxes after the caption and before the key, with the place of their top, in reading order.
fn detections_inside<'a>(pages: &'a [Page], span: &OpinionSpan) -> Vec<(Place, &'a Detection)> {
    let boxes = |page: &'a Page| page.detections.iter().map(|found| (Place::of(page, &found.rect()), found));
    let touched = pages.iter().take(span.key_page + 1).skip(span.caption_page);
    let mut inside: Vec<_> = touched.flat_map(boxes).filter(|(place, _)| span.holds(*place)).collect();
    inside.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    inside
}

fn is_headnote(found: &Detection, confidence: f64) -> bool {
    found.label == Label::Headnote && found.confidence >= confidence
}

/// The ornament; where an ornament was seen among the headnotes, the first one after the last sure headnote.
/// Without any, where there is head matter at all, the counsel block.
fn end_marker<'a>(inside: &'a [(Place, &'a Detection)]) -> Option<&'a (Place, &'a Detection)> {
    let is = |label: Label| move |(_, found): &&(Place, &Detection)| found.label == label && found.passes_gate();
    let dividers: Vec<_> = inside.iter().filter(is(Label::Divider)).collect();
    let last_headnote = inside.iter().rfind(|(_, found)| is_headnote(found, SURE_HEADNOTE)).map(|(place, _)| *place);
    let after_headnotes = dividers.iter().find(|(place, _)| last_headnote.is_none_or(|last| *place > last));
    if let Some(divider) = after_headnotes.or(dividers.first()) {
        return Some(*divider);
    }
    inside.iter().find(|found| is(Label::Headnote)(found) || is(Label::Background)(found))?;
    inside.iter().find(is(Label::CaseMetadata))
}

/// The head matter's part in one column of a page, cut at each headnote's heading so that a reader sees their number.
fn column_part(
    page: &Page,
    column: usize,
    head_matter: &HeadMatter,
    span: &OpinionSpan,
    ink: &Ink,
) -> Option<Vec<Rect>> {
    let here = (page.index, column);
    let (start, end) =
        ((head_matter.start.page, head_matter.start.column), (head_matter.end.page, head_matter.end.column));
    if here < start || here > end {
        return None;
    }
    let (x0, x1) = column_bounds(page, column);
    let mut part = Rect::new(x0, header_bottom(page), x1, footer_top(page, column));
    if here == start {
        part.y0 = ink.blank_below(head_matter.start.y, &part, EDGE_REACH).unwrap_or(head_matter.start.y);
    }
    if here == end && !head_matter.to_column_foot {
        part.y1 = ink.blank_above(head_matter.end.y, &part, EDGE_REACH).unwrap_or(head_matter.end.y);
    }
    if here == (span.key_page, column_of(page, span.key.centre_x())) {
        part.y1 = part.y1.min(span.key.y0);
    }
    let fitted = fit_to_ink(part, page, column, ink)?;
    Some(split_at_headings(page, fitted))
}

/// The part fitted to its ink, kept out of the gutter; nothing where there is no ink.
fn fit_to_ink(part: Rect, page: &Page, column: usize, ink: &Ink) -> Option<Rect> {
    let middle = super::page_middle(page);
    let (left, right) =
        if column == 0 { (0.0, middle - 1.0) } else { (middle + 1.0, f64::from(page.size.width_pixels)) };
    let reach = Rect::new((part.x0 - SIDE_REACH).max(left), part.y0, (part.x1 + SIDE_REACH).min(right), part.y1);
    let found = ink.bounds(&reach)?;
    let fitted = found.grown(PAPER);
    Some(Rect::new(fitted.x0.max(left), fitted.y0.max(part.y0), fitted.x1.min(right), fitted.y1.min(part.y1)))
        .filter(|fitted| !fitted.is_empty())
}

fn split_at_headings(page: &Page, part: Rect) -> Vec<Rect> {
    let mut tops: Vec<f64> = page
        .detections
        .iter()
        .filter(|found| is_headnote(found, Label::Headnote.gate()) && found.rect().intersects(&part))
        .map(|found| found.rect().y0)
        .filter(|top| *top > part.y0 + 1.0 && *top < part.y1 - 1.0)
        .collect();
    tops.sort_by(f64::total_cmp);
    tops.dedup_by(|a, b| (*a - *b).abs() < 1.0);
    let edges: Vec<f64> = [part.y0].into_iter().chain(tops).chain([part.y1]).collect();
    edges.windows(2).map(|edge| Rect::new(part.x0, edge[0], part.x1, edge[1])).collect()
}
