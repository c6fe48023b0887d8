//! Finds where opinions begin and end. See docs/reference-behaviour.md, "Pairing".
//!
//! A key icon ends the opinion that the first caption since the previous key began. Keys without a caption are then
//! handled as in release 0.4.4: such a key ends an opinion that begins at an uncertain caption, or else extends the
//! opinion before it.

use super::key_icons::{in_band, key_icons};
use super::reading_order::{ReadingOrder, ReadingPosition};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;

/// The beginning and end of an opinion.
pub(super) struct Span<'a> {
    start: Start<'a>,
    pub(super) key: &'a Detection,
}

#[derive(Clone, Copy)]
enum Start<'a> {
    Caption(&'a Detection),
    /// Right below the key of the opinion before it, because its own caption is uncertain.
    Below(&'a Detection),
}

impl Span<'_> {
    pub(super) fn start_page(&self) -> usize {
        match self.start {
            Start::Caption(found) | Start::Below(found) => found.page_index,
        }
    }

    pub(super) fn start_label(&self) -> Label {
        Label::CaseCaption
    }

    /// In pixels.
    pub(super) fn start_bbox(&self) -> [f64; 4] {
        match self.start {
            Start::Caption(caption) => caption.bbox,
            Start::Below(Detection { bbox: [x0, _, x1, y1], .. }) => [*x0, y1 + 1.0, *x1, y1 + 2.0],
        }
    }

    /// In pixels.
    pub(super) fn start_rect(&self) -> Rect {
        Rect::from(self.start_bbox())
    }
}

/// The spans of all opinions of a volume. `pages` must be sorted by index.
pub(super) fn find<'a>(pages: &[&'a Page], order: &ReadingOrder) -> Vec<Span<'a>> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    let mut previous: Option<&'a Detection> = None;
    for (caption, key) in first_pass(pages, order) {
        if let Some(caption) = caption {
            spans.push(Span { start: Start::Caption(caption), key });
        } else if !previous.is_some_and(|previous| repeats(previous, key, order)) {
            settle(&mut spans, previous, key, uncertain_caption(pages, order, previous, key));
        }
        previous = Some(key);
    }
    spans
}

/// Every key in reading order, with the first caption since the last key that had one.
fn first_pass<'a>(pages: &[&'a Page], order: &ReadingOrder) -> Vec<(Option<&'a Detection>, &'a Detection)> {
    let captions = all(pages, Label::CaseCaption).filter(|caption| caption.passes_gate());
    let mut markers: Vec<&'a Detection> = captions.chain(key_icons(pages)).collect();
    markers.sort_by(|a, b| order.compare(a, b));
    let mut pending = None;
    let mut keys = Vec::new();
    for marker in markers {
        match marker.label {
            Label::KeyIcon => keys.push((pending.take(), marker)),
            _ => pending = pending.or(Some(marker)),
        }
    }
    keys
}

/// Second pass: handles a key without a caption.
fn settle<'a>(
    spans: &mut Vec<Span<'a>>,
    previous: Option<&'a Detection>,
    key: &'a Detection,
    caption: Option<&'a Detection>,
) {
    if let Some(caption) = caption {
        let start = previous.map_or(Start::Caption(caption), Start::Below);
        spans.push(Span { start, key });
    } else if let Some(last) = spans.last_mut() {
        last.key = key;
    }
}

/// True when a key is so close below another that both are the same icon.
fn repeats(previous: &Detection, key: &Detection, order: &ReadingOrder) -> bool {
    let (before, after) = (order.position(previous), order.position(key));
    let height = key.rect().height().max(MARKER_ROOM);
    (before.page, before.right) == (after.page, after.right) && after.top < previous.rect().y1 + height
}

/// The strip below a key takes two pixels, and the next key must leave room for it.
const MARKER_ROOM: f64 = 2.0;

/// A caption of any confidence between two keys, in a text column and before all head matter. A box after head matter
/// cannot be the caption of that head matter.
fn uncertain_caption<'a>(
    pages: &[&'a Page],
    order: &ReadingOrder,
    previous: Option<&Detection>,
    key: &Detection,
) -> Option<&'a Detection> {
    let after = previous.map(|previous| order.position(previous));
    let lies = |found: &&Detection, before: ReadingPosition| {
        let position = order.position(found);
        after.is_none_or(|after| position > after) && position < before
    };
    let end = order.position(key);
    let first = previous.map_or(0, |previous| previous.page_index);
    let near = between(pages, first, key.page_index);
    let head_matter = near.iter().flat_map(|page| &page.detections).filter(|found| is_head_matter(found));
    let limit = head_matter.filter(|found| lies(found, end)).map(|found| order.position(found)).min();
    near.iter()
        .flat_map(|page| page.detections.iter().map(move |found| (page, found)))
        .filter(|(page, found)| found.label == Label::CaseCaption && in_text_column(page, found))
        .map(|(_, found)| found)
        .filter(|found| lies(found, limit.unwrap_or(end)))
        .min_by(|a, b| order.compare(a, b))
}

/// The pages from one index to another. `pages` must be sorted by index.
pub(super) fn between<'a, 'b>(pages: &'b [&'a Page], first: usize, last: usize) -> &'b [&'a Page] {
    let from = pages.partition_point(|page| page.index < first);
    let to = pages.partition_point(|page| page.index <= last);
    pages.get(from..to).unwrap_or_default()
}

/// Synopsis, headnotes, divider or counsel: what is printed between a caption and the text of the opinion.
fn is_head_matter(found: &Detection) -> bool {
    let label = matches!(
        found.label,
        Label::Background | Label::Syllabus | Label::Headnote | Label::Divider | Label::CaseMetadata
    );
    label && found.passes_gate() && !(found.label == Label::Headnote && in_band(found))
}

/// True when a box is centred in a text column, or when its page has no text columns.
fn in_text_column(page: &Page, found: &Detection) -> bool {
    let rect = found.rect();
    let centre = Rect::new(rect.centre_x(), rect.centre_y(), rect.centre_x(), rect.centre_y());
    let mut columns = page.detections.iter().filter(|found| found.label == Label::TextColumn).peekable();
    columns.peek().is_none() || columns.any(|column| column.rect().contains(&centre))
}

fn all<'a>(pages: &[&'a Page], label: Label) -> impl Iterator<Item = &'a Detection> {
    pages.iter().flat_map(|page| &page.detections).filter(move |found| found.label == label)
}
