//! Covers that hide much more, or much less, than others of their kind.

use super::super::remarks::HEADNOTE;
use super::super::{VolumeResults, finding, place_box};
use crate::detection::{Detection, Label};
use crate::geometry::{Rect, median};
use crate::pairing::{ReadingOrder, ReadingPosition};
use crate::redact::Redaction;
use crate::volume::Page;
use domain::{FailureCode, Finding, Severity};
use std::collections::BTreeMap;

/// The covers from one heading to the next hide at most this many times what they usually hide, or this share of the
/// height of a page, whichever is more.
const LONG: f64 = 4.0;
const LONG_SHARE: f64 = 0.5;

/// From this share of the height of a page, it is more than any headnote.
const TOO_LONG_SHARE: f64 = 1.2;

/// How many times larger or smaller than most of its kind a cover may be.
const FACTOR: f64 = 4.0;

/// What is left of a cover beside a page number may be as thin as this, in pixels.
const SLIVER: f64 = 4.0;

/// With fewer covers of a kind, none is unlike the others.
const FEWEST: usize = 4;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut findings = long_chains(results);
    findings.extend(of_another_size(results));
    findings
}

/// The covers from one heading to the next. They begin at a box of head matter, or below a caption.
struct Chain {
    /// Each with its page, in reading order.
    rects: Vec<(usize, Rect)>,
    height: f64,
}

/// One finding for each page of a chain that is too long.
fn long_chains(results: &VolumeResults<'_>) -> Vec<Finding> {
    let chains = chains(results);
    if chains.is_empty() {
        return Vec::new();
    }
    let usual = median(chains.iter().map(|chain| chain.height).collect());
    let page_height = results.pages.iter().map(|page| f64::from(page.page.size.height_pixels)).fold(0.0, f64::max);
    let long = chains.iter().filter(|chain| chain.height > (LONG * usual).max(LONG_SHARE * page_height));
    long.flat_map(|chain| chain.findings(chain.height > TOO_LONG_SHARE * page_height)).collect()
}

impl Chain {
    fn findings(&self, is_too_long: bool) -> impl Iterator<Item = Finding> {
        let severity = if is_too_long { Severity::MustLook } else { Severity::ShouldLook };
        let message = "Covers hide much more than a headnote here. The text of the court may be under them.";
        self.rects.chunk_by(|(page, _), (next, _)| page == next).map(move |here| {
            let mut found = finding(FailureCode::FindingCoverUnlike, severity, Some(here[0].0), message);
            found.evidence.boxes = here.iter().map(|(_, rect)| place_box(HEADNOTE, rect)).collect();
            found
        })
    }
}

fn chains(results: &VolumeResults<'_>) -> Vec<Chain> {
    let pages: Vec<&Page> = results.pages.iter().map(|page| page.page).collect();
    let order = ReadingOrder::of(&pages);
    let mut covers: Vec<(ReadingPosition, Rect)> = Vec::new();
    for page in results.covers {
        let here = page.rects.iter().filter(|cover| cover.kind == HEADNOTE);
        covers.extend(here.map(|cover| (order.position_of(page.page_index, &cover.rect), cover.rect)));
    }
    covers.sort_by_key(|(position, _)| *position);
    let starts: Vec<ReadingPosition> =
        results.spans.iter().map(|span| order.position_of(span.caption_page, &span.caption)).collect();
    let mut chains: Vec<Chain> = Vec::new();
    let mut before = None;
    for (position, rect) in covers {
        let opinion = starts.iter().filter(|start| **start <= position).max();
        let begins = pages.get(position.page).is_some_and(|page| has_head_matter(page, &rect));
        if begins || opinion != before || chains.is_empty() {
            chains.push(Chain { rects: Vec::new(), height: 0.0 });
        }
        if let Some(chain) = chains.last_mut() {
            chain.rects.push((position.page, rect));
            chain.height += rect.height();
        }
        before = opinion;
    }
    chains
}

fn has_head_matter(page: &Page, cover: &Rect) -> bool {
    let is_matter = |found: &&Detection| {
        matches!(found.label, Label::Headnote | Label::Background | Label::Syllabus) && found.passes_gate()
    };
    page.detections.iter().filter(is_matter).any(|found| found.rect().intersection(cover).height() > 1.0)
}

/// Covers of brackets, dividers and key icons, which all look alike in a volume.
fn of_another_size(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut kinds: BTreeMap<&str, Vec<(usize, &Redaction)>> = BTreeMap::new();
    for page in results.covers {
        for cover in &page.rects {
            kinds.entry(&cover.kind).or_default().push((page.page_index, cover));
        }
    }
    let alike = [Label::HeadnoteBracket, Label::Divider, Label::KeyIcon].map(Label::name);
    let of_kind = kinds.into_iter().filter(|(kind, covers)| alike.contains(kind) && covers.len() >= FEWEST);
    of_kind.flat_map(|(_, covers)| unlike(&covers)).collect()
}

fn unlike(covers: &[(usize, &Redaction)]) -> Vec<Finding> {
    let usual = median(covers.iter().map(|(_, cover)| cover.rect.area()).collect());
    let is_unlike = |(_, cover): &&(usize, &Redaction)| {
        let (area, side) = (cover.rect.area(), cover.rect.width().min(cover.rect.height()));
        area > FACTOR * usual || (area * FACTOR < usual && side > SLIVER)
    };
    let code = FailureCode::FindingCoverUnlike;
    let of = |(page, cover): &(usize, &Redaction)| {
        let size = if cover.rect.area() > usual { "larger" } else { "smaller" };
        let message = format!("This cover is much {size} than the others of its kind.");
        let mut found = finding(code, Severity::ShouldLook, Some(*page), message);
        found.evidence.boxes = vec![place_box(&cover.kind, &cover.rect)];
        found
    };
    covers.iter().filter(is_unlike).map(of).collect()
}
