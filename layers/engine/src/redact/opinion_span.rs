//! Where an opinion begins and ends in reading order, and where its head matter is: from below its caption to the
//! ornament before the text of the opinion. See docs/reference-behaviour.md, "Redaction".

use super::page_areas::column_of;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;
use std::ops::RangeInclusive;

/// A position in reading order: page, column, height in pixels at 200 dpi.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Position {
    pub(super) page: usize,
    pub(super) column: usize,
    pub(super) y: f64,
}

impl Position {
    /// The position of a box's top.
    pub(super) fn of(page: &Page, rect: &Rect) -> Self {
        Self { page: page.index, column: column_of(page, rect.centre_x()), y: rect.y0 }
    }
}

/// Where an opinion begins and ends, and where its head matter is. Boxes are in pixels at 200 dpi.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpinionSpan {
    /// From 0.
    pub caption_page: usize,
    pub caption: Rect,
    /// From 0.
    pub key_page: usize,
    pub key: Rect,
    /// The highest number of its headnotes; see [`highest_headnote`](super::highest_headnote).
    pub highest_headnote: usize,
    pub(super) start: Position,
    pub(super) end: Position,
    /// Found once, because a span may cover the whole volume and every page of it needs this.
    pub(super) head_matter: Option<HeadMatter>,
}

impl OpinionSpan {
    /// The span from a caption to a key icon, each with its page; `None` when the volume has no such page.
    #[must_use]
    pub fn new(pages: &[Page], (caption_page, caption): (usize, Rect), (key_page, key): (usize, Rect)) -> Option<Self> {
        let start = Position::of(pages.get(caption_page)?, &caption);
        let end = Position::of(pages.get(key_page)?, &key);
        let span = Self { caption_page, caption, key_page, key, highest_headnote: 0, start, end, head_matter: None };
        Some(Self { head_matter: HeadMatter::find(pages, &span), ..span })
    }

    /// True when a position lies between the caption and the key.
    pub(super) fn holds(&self, place: Position) -> bool {
        place > self.start && place < self.end
    }
}

/// From this confidence a headnote heading overrules the position of the ornament.
const SURE_HEADNOTE: f64 = 0.75;

/// A synopsis that begins within this distance of the caption is treated as beginning right below it: two lines, in pixels.
const ADJACENT: f64 = 60.0;

/// An opinion's head matter, in reading order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HeadMatter {
    pub(super) start: Position,
    pub(super) end: Position,
    /// True when it ends at the foot of its column, not at a marker.
    pub(super) to_column_foot: bool,
}

impl HeadMatter {
    /// Finds the head matter from the boxes between caption and key.
    pub(super) fn find(pages: &[Page], span: &OpinionSpan) -> Option<Self> {
        let inside = detections_inside(pages, span);
        let caption_end = Position { y: span.caption.y1, ..span.start };
        let synopsis = inside.iter().find(|(_, found)| found.label == Label::Background && found.passes_gate());
        let start = synopsis.map_or(caption_end, |(top, _)| start_at(caption_end, *top));
        if let Some((end, _)) = end_marker(&inside) {
            return (*end > start).then_some(Self { start, end: *end, to_column_foot: false });
        }
        let last = inside.iter().rfind(|(_, found)| is_headnote(found, SURE_HEADNOTE))?;
        Some(Self { start: caption_end, end: last.0, to_column_foot: true })
    }

    /// The indices of the pages that it touches.
    pub(super) fn pages(&self) -> RangeInclusive<usize> {
        self.start.page..=self.end.page
    }

    pub(super) fn holds(&self, place: Position) -> bool {
        place > self.start && place < self.end
    }
}

/// Right below the caption if the synopsis begins there, so that its first line is always covered.
fn start_at(caption_end: Position, synopsis: Position) -> Position {
    let is_below = (synopsis.page, synopsis.column) == (caption_end.page, caption_end.column);
    if is_below && synopsis.y - caption_end.y < ADJACENT { caption_end } else { synopsis }
}

/// The boxes after the caption and before the key, with the position of their top, in reading order.
fn detections_inside<'a>(pages: &'a [Page], span: &OpinionSpan) -> Vec<(Position, &'a Detection)> {
    let boxes = |page: &'a Page| page.detections.iter().map(|found| (Position::of(page, &found.rect()), found));
    let touched = pages.iter().take(span.key_page + 1).skip(span.caption_page);
    let mut inside: Vec<_> = touched.flat_map(boxes).filter(|(place, _)| span.holds(*place)).collect();
    inside.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    inside
}

pub(super) fn is_headnote(found: &Detection, confidence: f64) -> bool {
    found.label == Label::Headnote && found.confidence >= confidence
}

/// The box that ends the head matter: the first ornament after the last sure headnote, or else the first ornament.
/// Without an ornament it is the counsel block, provided that there is a headnote or synopsis.
fn end_marker<'a>(inside: &'a [(Position, &'a Detection)]) -> Option<&'a (Position, &'a Detection)> {
    let is = |label: Label| move |(_, found): &&(Position, &Detection)| found.label == label && found.passes_gate();
    let dividers: Vec<_> = inside.iter().filter(is(Label::Divider)).collect();
    let last_headnote = inside.iter().rfind(|(_, found)| is_headnote(found, SURE_HEADNOTE)).map(|(place, _)| *place);
    let after_headnotes = dividers.iter().find(|(place, _)| last_headnote.is_none_or(|last| *place > last));
    if let Some(divider) = after_headnotes.or(dividers.first()) {
        return Some(*divider);
    }
    inside.iter().find(|found| is(Label::Headnote)(found) || is(Label::Background)(found))?;
    inside.iter().find(is(Label::CaseMetadata))
}

/// The spans of opinions that begin in the volume but do not end in it, or whose key icon was not found. Their head
/// matter is covered like any other, although no file of their own is made.
///
/// There is one span for each caption outside the closed opinions. It ends at the next caption, or at the end of the
/// volume.
#[must_use]
pub fn open_spans(pages: &[Page], closed: &[OpinionSpan]) -> Vec<OpinionSpan> {
    let mut captions: Vec<(Position, &Detection)> = pages.iter().flat_map(captions).collect();
    captions.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    let is_open =
        |(place, _): &&(Position, &Detection)| !closed.iter().any(|span| *place >= span.start && *place <= span.end);
    let end_of = |place: &Position| captions.iter().find(|(other, _)| other > place).map(|(_, found)| *found);
    captions.iter().filter(is_open).filter_map(|(place, found)| open_span(pages, found, end_of(place))).collect()
}

fn captions(page: &Page) -> impl Iterator<Item = (Position, &Detection)> {
    let is_caption = |found: &&Detection| found.label == Label::CaseCaption && found.passes_gate();
    page.detections.iter().filter(is_caption).map(move |found| (Position::of(page, &found.rect()), found))
}

/// The span from a caption to the next one, or to the foot of the last page.
fn open_span(pages: &[Page], caption: &Detection, next: Option<&Detection>) -> Option<OpinionSpan> {
    let last = pages.last()?;
    let (width, height) = (f64::from(last.size.width_pixels), f64::from(last.size.height_pixels));
    let foot = Rect::new(width - 1.0, height, width, height + 1.0);
    let end = next.map_or((last.index, foot), |next| (next.page_index, next.rect()));
    OpinionSpan::new(pages, (caption.page_index, caption.rect()), end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PageSize;
    use crate::volume::{ColumnBounds, PageNumber};

    fn page(index: usize, captions: &[f64]) -> Page {
        let size = PageSize { width_points: 360.0, height_points: 720.0, width_pixels: 1000, height_pixels: 2000 };
        let caption = |y: &f64| Detection {
            page_index: index,
            label: Label::CaseCaption,
            label_id: Label::CaseCaption.id(),
            confidence: 0.9,
            bbox: [50.0, *y, 450.0, y + 100.0],
            page_number: None,
            page_number_end: None,
            img_width: 1000,
            img_height: 2000,
            found_by: Vec::new(),
            model_count: None,
        };
        let detections = captions.iter().map(caption).collect();
        Page { index, size, columns: ColumnBounds::default(), number: PageNumber::default(), detections }
    }

    #[test]
    fn captions_without_a_key_open_a_span_to_the_next_caption_or_the_end() {
        let pages = [page(0, &[100.0]), page(1, &[500.0]), page(2, &[300.0])];
        let (caption, key) = (Rect::new(50.0, 100.0, 450.0, 200.0), Rect::new(50.0, 300.0, 200.0, 340.0));
        let closed = OpinionSpan::new(&pages, (0, caption), (1, key)).unwrap();
        let open = open_spans(&pages, &[closed]);
        let ends: Vec<_> = open.iter().map(|span| (span.caption_page, span.key_page, span.key.y0)).collect();
        assert_eq!(ends, [(1, 2, 300.0), (2, 2, 2000.0)]);
    }
}
