//! Do the numbers of the headnotes and of the brackets in the text agree? Each headnote summarises the passage that a
//! bracket with its number marks.

use super::super::remarks::Numbered;
use super::super::{PageResults, VolumeResults, finding, place_box};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::pairing::{Opinion, ReadingOrder, ReadingPosition};
use crate::redact::OpinionSpan;
use crate::volume::Page;
use domain::{FailureCode, Finding, Severity};
use std::collections::BTreeMap;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let pages: Vec<&Page> = results.pages.iter().map(|page| page.page).collect();
    let order = ReadingOrder::of(&pages);
    results.spans.iter().flat_map(|span| Numbers::of(results, &Inside::of(&order, span)).findings()).collect()
}

/// A place with a number: the page and the box.
type Place = (usize, Rect);

/// A higher number than the headnotes and so many more was misread.
const MOST_MISSED: usize = 5;

/// The numbers in an opinion, each where it was first read.
struct Numbers {
    headings: BTreeMap<usize, Place>,
    brackets: BTreeMap<usize, Place>,
    /// How many brackets were found whose number was not read.
    unread: usize,
    /// How many headnotes were found.
    boxes: usize,
    /// The opinion does not end in the volume, and neither do its brackets.
    is_open: bool,
}

/// The part of the volume between a caption and a key icon.
struct Inside<'a> {
    span: &'a OpinionSpan,
    order: &'a ReadingOrder,
    start: ReadingPosition,
    end: ReadingPosition,
}

impl<'a> Inside<'a> {
    fn of(order: &'a ReadingOrder, span: &'a OpinionSpan) -> Self {
        let start = order.position_of(span.caption_page, &span.caption);
        let end = order.position_of(span.key_page, &span.key);
        Self { span, order, start, end }
    }

    fn touches(&self, page: usize) -> bool {
        (self.span.caption_page..=self.span.key_page).contains(&page)
    }

    fn holds(&self, page: usize, rect: &Rect) -> bool {
        let position = self.order.position_of(page, rect);
        position > self.start && position < self.end
    }

    fn is_open(&self, opinions: &[Opinion]) -> bool {
        let is_of_span = |opinion: &Opinion| {
            opinion.caption_page == self.span.caption_page && Rect::from(opinion.caption_bbox) == self.span.caption
        };
        !opinions.iter().any(is_of_span)
    }

    /// How many headnotes were found.
    fn headnotes(&self, pages: &[PageResults<'_>]) -> usize {
        let boxes = pages.iter().filter(|page| self.touches(page.page.index)).flat_map(|page| &page.page.detections);
        let is_headnote = |found: &&Detection| found.label == Label::Headnote && found.passes_gate();
        boxes.filter(is_headnote).filter(|found| self.holds(found.page_index, &found.rect())).count()
    }
}

impl Numbers {
    fn of(results: &VolumeResults<'_>, inside: &Inside<'_>) -> Self {
        let (boxes, is_open) = (inside.headnotes(results.pages), inside.is_open(results.opinions));
        let mut found = Self { headings: BTreeMap::new(), brackets: BTreeMap::new(), unread: 0, boxes, is_open };
        for page in results.remarks.iter().filter(|page| inside.touches(page.page_index)) {
            let index = page.page_index;
            let add = |to: &mut BTreeMap<usize, Place>, from: &[Numbered]| {
                for Numbered { number, rect } in from.iter().filter(|one| inside.holds(index, &one.rect)) {
                    to.entry(*number).or_insert((index, *rect));
                }
            };
            add(&mut found.headings, &page.headings);
            add(&mut found.brackets, &page.brackets);
            found.unread += page.unread_brackets.iter().filter(|rect| inside.holds(index, rect)).count();
        }
        found
    }

    /// At most one finding of each kind, on the page of the first number.
    fn findings(&self) -> Vec<Finding> {
        // A number among the headnotes that was not read is a misreading, not a missing headnote.
        let highest = self.headings.last_key_value().map_or(0, |(number, _)| *number).max(self.boxes);
        let (beyond, misread): (Vec<_>, Vec<_>) = self
            .brackets
            .iter()
            .filter(|(number, _)| **number > highest)
            .partition(|(number, _)| **number <= highest + MOST_MISSED);
        let without_headnote = of_numbers(FailureCode::FindingBracketWithoutHeadnote, &beyond);
        let unmarked: Vec<_> = self.headings.iter().filter(|(number, _)| !self.brackets.contains_key(number)).collect();
        let is_explained = self.is_open || unmarked.len() <= self.unread + misread.len();
        let without_bracket =
            (!is_explained).then(|| of_numbers(FailureCode::FindingHeadnoteWithoutBracket, &unmarked));
        without_headnote.into_iter().chain(without_bracket.flatten()).collect()
    }
}

fn of_numbers(code: FailureCode, numbers: &[(&usize, &Place)]) -> Option<Finding> {
    let (_, (page, _)) = numbers.first()?;
    let severity = match code {
        FailureCode::FindingBracketWithoutHeadnote => Severity::ShouldLook,
        _ => Severity::Note,
    };
    let mut found = finding(code, severity, Some(*page), code.meaning());
    found.evidence.readings = numbers.iter().map(|(number, _)| number.to_string()).collect();
    let here = numbers.iter().filter(|(_, (other, _))| other == page);
    found.evidence.boxes = here.map(|(_, (_, rect))| place_box("number", rect)).collect();
    found.evidence.neighbours = numbers.iter().map(|(_, (other, _))| *other).filter(|other| other != page).collect();
    found.evidence.neighbours.dedup();
    Some(found)
}
