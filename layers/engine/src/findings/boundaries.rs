//! Were the boundaries of the opinions found?

use super::{PageResults, VolumeResults, evidence_box, finding};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::pairing::{Opinion, ReadingOrder, key_icons};
use crate::volume::Page;
use domain::{FailureCode, Finding, Severity};
use std::ops::RangeInclusive;

/// A page with a smaller share of ink holds no text that an opinion could lack.
const BLANK: f64 = 0.005;

/// Boxes of head matter with less confidence prove nothing.
const SURE: f64 = 0.5;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let boundaries = Boundaries::of(results);
    let mut findings = boundaries.unmatched_keys();
    findings.extend(boundaries.unmatched_captions());
    findings.extend(boundaries.uncovered_pages());
    findings.extend(results.opinions.iter().flat_map(|opinion| boundaries.missed_inside(opinion)));
    findings.extend(results.opinions.iter().filter_map(|opinion| out_of_sequence(results.pages, opinion)));
    findings
}

/// Captions and key icons in reading order.
struct Boundaries<'a> {
    results: &'a VolumeResults<'a>,
    order: ReadingOrder,
    keys: Vec<&'a Detection>,
    captions: Vec<&'a Detection>,
}

impl<'a> Boundaries<'a> {
    fn of(results: &'a VolumeResults<'a>) -> Self {
        let pages: Vec<&'a Page> = results.pages.iter().map(|page| page.page).collect();
        let order = ReadingOrder::of(&pages);
        let all = pages.iter().flat_map(|page| &page.detections);
        let mut captions: Vec<&'a Detection> =
            all.filter(|found| found.label == Label::CaseCaption && found.passes_gate()).collect();
        let mut keys = key_icons(&pages);
        keys.sort_by(|a, b| order.compare(a, b));
        captions.sort_by(|a, b| order.compare(a, b));
        Self { results, order, keys, captions }
    }

    fn is_before(&self, a: &Detection, b: &Detection) -> bool {
        self.order.compare(a, b).is_lt()
    }

    /// The key icons at which no opinion ends. The first of a volume may end an opinion that begins before it.
    fn unmatched_keys(&self) -> Vec<Finding> {
        let unmatched = self.keys.iter().filter(|key| !self.ends_opinion(key) && !self.is_repeated(key));
        unmatched
            .map(|key| {
                let (severity, message) = if self.is_leading(key) {
                    (Severity::Note, "The opinion that ends at this key icon begins before the volume.")
                } else {
                    (Severity::MustLook, FailureCode::FindingKeyUnmatched.meaning())
                };
                of_box(FailureCode::FindingKeyUnmatched, severity, key, message)
            })
            .collect()
    }

    fn ends_opinion(&self, key: &Detection) -> bool {
        self.results.opinions.iter().any(|opinion| is_key_of(opinion, key))
    }

    /// True if the same icon was found twice.
    fn is_repeated(&self, key: &Detection) -> bool {
        let others = self.keys.iter().filter(|other| other.page_index == key.page_index && self.ends_opinion(other));
        others.into_iter().any(|other| other.rect().grown(key.rect().height()).intersects(&key.rect()))
    }

    /// True if nothing begins before the key: neither a caption nor the head matter of an opinion whose caption was
    /// missed.
    fn is_leading(&self, key: &Detection) -> bool {
        let before = self.results.pages.iter().take_while(|page| page.page.index <= key.page_index);
        let mut boxes = before.flat_map(|page| &page.page.detections).filter(|found| found.confidence >= SURE);
        !boxes.any(|found| (found.label == Label::CaseCaption || separates(found.label)) && self.is_before(found, key))
    }

    /// The captions at which no opinion begins. The last of a volume may begin an opinion that ends after it.
    fn unmatched_captions(&self) -> Vec<Finding> {
        let mut before: Option<&Detection> = None;
        let mut findings = Vec::new();
        for caption in &self.captions {
            let goes_on = before.is_some_and(|before| self.are_one_heading(before, caption));
            before = Some(caption);
            if goes_on || self.begins_opinion(caption) {
                continue;
            }
            let (severity, message) = if self.is_trailing(caption) {
                (Severity::Note, "The opinion that begins at this caption ends after the volume.")
            } else {
                (Severity::MustLook, FailureCode::FindingCaptionUnmatched.meaning())
            };
            findings.push(of_box(FailureCode::FindingCaptionUnmatched, severity, caption, message));
        }
        findings
    }

    fn begins_opinion(&self, caption: &Detection) -> bool {
        self.results.opinions.iter().any(|opinion| begins_opinion(opinion, caption))
    }

    /// True if no key icon follows the caption.
    fn is_trailing(&self, caption: &Detection) -> bool {
        !self.keys.last().is_some_and(|key| self.is_before(caption, key))
    }

    /// Cases that were decided together have several captions and nothing between them.
    fn are_one_heading(&self, first: &Detection, second: &Detection) -> bool {
        let pages =
            self.results.pages.iter().filter(|page| (first.page_index..=second.page_index).contains(&page.page.index));
        let boxes = pages.flat_map(|page| &page.page.detections).filter(|found| found.confidence >= SURE);
        let mut between = boxes.filter(|found| self.is_before(first, found) && self.is_before(found, second));
        !between.any(|found| separates(found.label))
    }

    /// An opinion has one divider between its head matter and its text. Another one, further on, belongs to an opinion of
    /// which neither the caption nor the key icon before it was found.
    fn missed_inside(&self, opinion: &Opinion) -> Vec<Finding> {
        let inside = self.results.pages.get(opinion.caption_page..=opinion.end_page).unwrap_or_default();
        let is_divider = |found: &&Detection| found.label == Label::Divider && found.confidence >= SURE;
        let mut dividers: Vec<&Detection> =
            inside.iter().flat_map(|page| &page.page.detections).filter(is_divider).collect();
        dividers.retain(|found| !self.is_outside(opinion, found));
        dividers.sort_by(|a, b| self.order.compare(a, b));
        let far_apart = dividers.windows(2).filter(|pair| !are_near(pair[0], pair[1]));
        let code = FailureCode::FindingBoundaryMissed;
        far_apart.map(|pair| of_box(code, Severity::MustLook, pair[1], code.meaning())).collect()
    }

    fn is_outside(&self, opinion: &Opinion, found: &Detection) -> bool {
        let place = self.order.position(found);
        place < self.order.position_of(opinion.caption_page, &Rect::from(opinion.caption_bbox))
            || place > self.order.position_of(opinion.key_page, &Rect::from(opinion.key_bbox))
    }

    /// Runs of pages that no opinion contains.
    fn uncovered_pages(&self) -> Vec<Finding> {
        let covered: Vec<RangeInclusive<usize>> = self.covered().collect();
        let is_uncovered = |page: &&PageResults<'_>| {
            page.measures.ink >= BLANK && !covered.iter().any(|range| range.contains(&page.page.index))
        };
        let uncovered: Vec<usize> =
            self.results.pages.iter().filter(is_uncovered).map(|page| page.page.index).collect();
        let runs = uncovered.chunk_by(|page, next| page + 1 == *next);
        runs.filter_map(|run| self.uncovered(*run.first()?, *run.last()?)).collect()
    }

    /// The pages of the opinions, those before a key icon that ends an opinion of the book's pages before the volume, and
    /// those after a caption whose opinion ends after it.
    fn covered(&self) -> impl Iterator<Item = RangeInclusive<usize>> {
        let opinions = self.results.opinions.iter().map(|opinion| opinion.caption_page..=opinion.end_page);
        let leading = self.keys.first().filter(|key| self.is_leading(key)).map(|key| 0..=key.page_index);
        let trailing = self.captions.iter().find(|caption| self.is_trailing(caption));
        opinions.chain(leading).chain(trailing.map(|caption| caption.page_index..=usize::MAX))
    }

    /// Pages between opinions must be looked at; a book also has pages before its first and after its last opinion.
    fn uncovered(&self, first: usize, last: usize) -> Option<Finding> {
        let before = self.results.opinions.iter().any(|opinion| opinion.caption_page < first);
        let after = self.results.opinions.iter().any(|opinion| opinion.end_page > last);
        let severity = if before && after { Severity::MustLook } else { Severity::Note };
        let message = match last - first {
            0 => "No opinion contains this page.".to_owned(),
            more => format!("No opinion contains this page and the {more} after it."),
        };
        let mut found = finding(FailureCode::FindingPagesUncovered, severity, Some(first), message);
        found.evidence.neighbours = (first + 1..=last).collect();
        Some(found)
    }
}

/// True if two boxes may be parts of one ornament.
fn are_near(a: &Detection, b: &Detection) -> bool {
    let reach = 0.05 * f64::from(a.img_height);
    a.page_index == b.page_index && a.rect().grown(reach).intersects(&b.rect())
}

pub(super) fn is_key_of(opinion: &Opinion, key: &Detection) -> bool {
    opinion.key_page == key.page_index && opinion.key_bbox == key.bbox
}

pub(super) fn begins_opinion(opinion: &Opinion, caption: &Detection) -> bool {
    opinion.caption_page == caption.page_index && opinion.caption_bbox == caption.bbox
}

/// What is printed between the caption of one case and that of the next.
const fn separates(label: Label) -> bool {
    matches!(
        label,
        Label::KeyIcon | Label::Divider | Label::Headnote | Label::Background | Label::Syllabus | Label::CaseMetadata
    )
}

pub(super) fn of_box(code: FailureCode, severity: Severity, found: &Detection, message: &str) -> Finding {
    let mut finding = finding(code, severity, Some(found.page_index), message);
    finding.evidence.boxes = vec![evidence_box(found)];
    finding
}

/// The printed numbers jump or repeat inside an opinion. The pages have findings of their own, so this one only names
/// the opinion.
fn out_of_sequence(pages: &[PageResults<'_>], opinion: &Opinion) -> Option<Finding> {
    let inside: Vec<&Page> = pages
        .iter()
        .map(|page| page.page)
        .filter(|page| (opinion.caption_page..=opinion.end_page).contains(&page.index))
        .collect();
    let breaks: Vec<usize> =
        inside.windows(2).filter(|pair| !follows(pair[0], pair[1])).map(|pair| pair[1].index).collect();
    let first = *breaks.first()?;
    let message =
        format!("The pages of the opinion that begins on page {} are not in sequence.", opinion.first_page_number);
    let mut found = finding(FailureCode::FindingOpinionOutOfSequence, Severity::ShouldLook, Some(first), message);
    found.evidence.neighbours = breaks.into_iter().skip(1).collect();
    Some(found)
}

/// True if the numbers follow each other, or one of them is not known.
fn follows(page: &Page, next: &Page) -> bool {
    let last = page.number.last.or(page.number.first);
    match (last, next.number.first) {
        (Some(last), Some(first)) => first == last.saturating_add(1),
        _ => true,
    }
}
