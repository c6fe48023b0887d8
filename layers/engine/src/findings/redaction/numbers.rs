//! Do the numbers of the headnotes and of the brackets in the text agree? Each headnote summarises the passage that a
//! bracket with its number marks.

use super::super::remarks::Numbered;
use super::super::{VolumeResults, finding};
use crate::geometry::Rect;
use crate::pairing::{ReadingOrder, ReadingPosition};
use crate::redact::OpinionSpan;
use crate::volume::Page;
use domain::{EvidenceBox, FailureCode, Finding, Severity};
use std::collections::BTreeMap;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let pages: Vec<&Page> = results.pages.iter().map(|page| page.page).collect();
    let order = ReadingOrder::of(&pages);
    results.spans.iter().flat_map(|span| Numbers::of(results, &order, span).findings()).collect()
}

/// A place with a number: the page and the box.
type Place = (usize, Rect);

/// The numbers in an opinion, each where it was first read.
struct Numbers {
    headings: BTreeMap<usize, Place>,
    brackets: BTreeMap<usize, Place>,
    /// How many brackets were found whose number was not read.
    unread: usize,
}

impl Numbers {
    fn of(results: &VolumeResults<'_>, order: &ReadingOrder, span: &OpinionSpan) -> Self {
        let start = order.position_of(span.caption_page, &span.caption);
        let end = order.position_of(span.key_page, &span.key);
        let holds = |position: ReadingPosition| position > start && position < end;
        let mut found = Self { headings: BTreeMap::new(), brackets: BTreeMap::new(), unread: 0 };
        let touched = span.caption_page..=span.key_page;
        for page in results.remarks.iter().filter(|page| touched.contains(&page.page_index)) {
            let index = page.page_index;
            let is_inside = |rect: &Rect| holds(order.position_of(index, rect));
            let add = |to: &mut BTreeMap<usize, Place>, from: &[Numbered]| {
                for Numbered { number, rect } in from.iter().filter(|one| is_inside(&one.rect)) {
                    to.entry(*number).or_insert((index, *rect));
                }
            };
            add(&mut found.headings, &page.headings);
            add(&mut found.brackets, &page.brackets);
            found.unread += page.unread_brackets.iter().filter(|rect| is_inside(rect)).count();
        }
        found
    }

    /// At most one finding of each kind, on the page of the first number.
    fn findings(&self) -> Vec<Finding> {
        // A number among the headnotes that was not read is a misreading, not a missing headnote.
        let highest = self.headings.last_key_value().map_or(0, |(number, _)| *number);
        let alone = self.brackets.iter().filter(|(number, _)| **number > highest);
        let without_headnote = of_numbers(FailureCode::FindingBracketWithoutHeadnote, alone);
        let unmarked: Vec<_> = self.headings.iter().filter(|(number, _)| !self.brackets.contains_key(number)).collect();
        let is_explained = unmarked.len() <= self.unread;
        let unmarked = unmarked.into_iter().filter(|_| !is_explained);
        let without_bracket = of_numbers(FailureCode::FindingHeadnoteWithoutBracket, unmarked);
        without_headnote.into_iter().chain(without_bracket).collect()
    }
}

fn of_numbers<'a>(code: FailureCode, numbers: impl Iterator<Item = (&'a usize, &'a Place)>) -> Option<Finding> {
    let numbers: Vec<(&usize, &Place)> = numbers.collect();
    let (_, (page, _)) = numbers.first()?;
    let severity = match code {
        FailureCode::FindingBracketWithoutHeadnote => Severity::ShouldLook,
        _ => Severity::Note,
    };
    let mut found = finding(code, severity, Some(*page), code.meaning());
    found.evidence.readings = numbers.iter().map(|(number, _)| number.to_string()).collect();
    let here = numbers.iter().filter(|(_, (other, _))| other == page);
    found.evidence.boxes = here.map(|(_, (_, rect))| number_box(rect)).collect();
    found.evidence.neighbours = numbers.iter().map(|(_, (other, _))| *other).filter(|other| other != page).collect();
    found.evidence.neighbours.dedup();
    Some(found)
}

fn number_box(rect: &Rect) -> EvidenceBox {
    let rect = rect.rounded_to_tenths();
    EvidenceBox { label: "number".to_owned(), confidence: None, bbox: [rect.x0, rect.y0, rect.x1, rect.y1] }
}
