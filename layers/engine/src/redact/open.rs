//! Opinions that begin in the volume and do not end in it, or whose key icon was not found: their head matter is
//! covered like any other, though no file of their own is made.

use super::span::{OpinionSpan, Place};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;

/// One span for each caption outside the closed opinions, to the next caption or to the end of the volume.
#[must_use]
pub fn open_spans(pages: &[Page], closed: &[OpinionSpan]) -> Vec<OpinionSpan> {
    let mut captions: Vec<(Place, &Detection)> = pages.iter().flat_map(captions).collect();
    captions.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    let is_open =
        |(place, _): &&(Place, &Detection)| !closed.iter().any(|span| *place >= span.start && *place <= span.end);
    let end_of = |place: &Place| captions.iter().find(|(other, _)| other > place).map(|(_, found)| *found);
    captions.iter().filter(is_open).filter_map(|(place, found)| open_span(pages, found, end_of(place))).collect()
}

fn captions(page: &Page) -> impl Iterator<Item = (Place, &Detection)> {
    let is_caption = |found: &&Detection| found.label == Label::CaseCaption && found.passes_gate();
    page.detections.iter().filter(is_caption).map(move |found| (Place::of(page, &found.rect()), found))
}

/// From a caption to the next one, or to the foot of the last page.
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
