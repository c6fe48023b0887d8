//! Pages whose reading the decided numbers contradict: out of place, doubled, from another volume, or misread.

use super::evidence::{describe, with_evidence};
use super::jumps::{is_filled, pages_missing, repeated};
use super::printed::{FAR, PrintedPage, PrintedVolume, Standing, first, last};
use crate::detection::{Detection, Label};
use crate::findings::finding;
use domain::{FailureCode, Finding, Severity, VolumeName};
use std::collections::{BTreeMap, BTreeSet};

/// A page that belongs at most this far away is out of place even if no number was read on the page in its place.
const NEAR: usize = 3;

/// A page that repeats the number of a page at most this far away was scanned twice, rather than misread.
const NEAR_COPY: usize = 2;

pub(super) fn findings(name: &VolumeName, volume: &PrintedVolume<'_>, moved: &Moved) -> Vec<Finding> {
    let is_open =
        |page: &PrintedPage<'_>| matches!(page.standing, Standing::Contradicted(_)) && !moved.contains(page.index);
    let in_sequence = |a: &PrintedPage<'_>, b: &PrintedPage<'_>| is_open(a) && is_open(b) && a.distance(b) == 0;
    let runs = volume.pages.chunk_by(in_sequence).filter(|run| is_open(&run[0]));
    runs.filter_map(|run| contradiction(name, volume, run)).collect()
}

/// The pages that carry the number of another place.
pub(super) struct Moved {
    /// Page, and the page in whose place it belongs. None if that place is a gap.
    places: BTreeMap<usize, Option<usize>>,
}

impl Moved {
    pub(super) fn new(volume: &PrintedVolume<'_>) -> Self {
        let open = volume.pages.iter().filter(|page| page.standing != Standing::Read);
        let holes: BTreeMap<i64, &PrintedPage<'_>> = open.map(|page| (first(page.number), page)).collect();
        let place = |page: &PrintedPage<'_>| {
            let Standing::Contradicted(read) = page.standing else { return None };
            match holes.get(&first(read)) {
                Some(hole) => is_place(volume, page, hole).then_some((page.index, Some(hole.index))),
                None => is_in_gap(volume, first(read)).then_some((page.index, None)),
            }
        };
        let candidates: BTreeMap<usize, Option<usize>> = volume.pages.iter().filter_map(place).collect();
        let fits = |page: &usize| {
            let chain = Chain::of(volume, &candidates, *page);
            chain == Chain::Circle || (chain == Chain::FreePlace && !is_filled_at_end(volume, &volume.pages[*page]))
        };
        let places = candidates.iter().filter(|(page, _)| fits(page)).map(|(page, place)| (*page, *place)).collect();
        Self { places }
    }

    pub(super) fn contains(&self, page: usize) -> bool {
        self.places.contains_key(&page)
    }

    /// One finding for each group of pages that changed places among themselves.
    pub(super) fn findings(&self, volume: &PrintedVolume<'_>) -> Vec<Finding> {
        let mut told = BTreeSet::new();
        let mut findings = Vec::new();
        for start in self.places.keys() {
            let mut group = BTreeSet::new();
            let mut next = Some(*start);
            while let Some(page) = next.filter(|page| self.places.contains_key(page) && told.insert(*page)) {
                group.insert(page);
                next = self.places.get(&page).copied().flatten();
            }
            let group: Vec<&PrintedPage<'_>> = group.iter().map(|index| &volume.pages[*index]).collect();
            if !group.is_empty() {
                findings.push(out_of_order(volume, &group));
            }
        }
        findings
    }
}

/// True if the place of another page may be that of this one.
fn is_place(volume: &PrintedVolume<'_>, page: &PrintedPage<'_>, hole: &PrintedPage<'_>) -> bool {
    let (low, high) = (page.index.min(hole.index), page.index.max(hole.index));
    let is_enclosed = || volume.reliable_before(low).is_some() && volume.reliable_after(high).is_some();
    hole.standing != Standing::Unread || (high - low <= NEAR && is_enclosed())
}

/// Where it ends if each page goes to its place, and the page in that place to its own.
#[derive(PartialEq, Eq)]
enum Chain {
    /// With the page that it began with: these pages changed places.
    Circle,
    /// In a gap, or on a page without a reading.
    FreePlace,
    /// On a page that has no place.
    Nowhere,
}

impl Chain {
    fn of(volume: &PrintedVolume<'_>, places: &BTreeMap<usize, Option<usize>>, start: usize) -> Self {
        let mut seen = BTreeSet::from([start]);
        let mut next = places.get(&start).copied().flatten();
        while let Some(page) = next {
            if page == start {
                return Self::Circle;
            }
            match places.get(&page) {
                Some(place) if seen.insert(page) => next = *place,
                None if volume.pages[page].standing == Standing::Unread => return Self::FreePlace,
                _ => return Self::Nowhere,
            }
        }
        Self::FreePlace
    }
}

/// True if a page near an end is in sequence with the others, apart from pages between them that are not.
fn is_filled_at_end(volume: &PrintedVolume<'_>, page: &PrintedPage<'_>) -> bool {
    match (volume.reliable_before(page.index), volume.reliable_after(page.index)) {
        (Some(before), None) => is_filled(before, page, before.distance(page)),
        (None, Some(after)) => is_filled(page, after, page.distance(after)),
        _ => false,
    }
}

/// True if the number is one of those that are missing between two pages whose numbers were read.
fn is_in_gap(volume: &PrintedVolume<'_>, number: i64) -> bool {
    let before = volume.read().rev().find(|page| last(page.number) < number);
    let after = volume.read().find(|page| first(page.number) > number);
    let is_read = volume.read().any(|page| (first(page.number)..=last(page.number)).contains(&number));
    !is_read && before.zip(after).is_some_and(|(before, after)| before.index < after.index)
}

fn out_of_order(volume: &PrintedVolume<'_>, group: &[&PrintedPage<'_>]) -> Finding {
    let stays = longest_ascent(group);
    let page = group.iter().find(|page| !stays.contains(&page.index)).unwrap_or(&group[0]);
    let others: Vec<usize> = group.iter().map(|other| other.index).filter(|index| *index != page.index).collect();
    let message = match group {
        [one, other] => format!("Pages {} and {} are swapped.", describe(other.carried()), describe(one.carried())),
        _ => match page.index.checked_sub(1).map(|before| &volume.pages[before]) {
            Some(before) => {
                let (number, before) = (describe(page.carried()), describe(before.carried()));
                format!("Page {number} is out of order: it follows {before}.")
            }
            None => format!("Page {} is out of order.", describe(page.carried())),
        },
    };
    with_evidence(finding(FailureCode::FindingOutOfOrder, Severity::MustLook, Some(page.index), message), page, &others)
}

/// The pages of the longest part whose numbers ascend: all others were moved. Of equally long parts, the last.
fn longest_ascent(group: &[&PrintedPage<'_>]) -> BTreeSet<usize> {
    // For each page: the length of the longest part that ends with it, and the page before it in that part.
    let mut ends: Vec<(usize, Option<usize>)> = Vec::with_capacity(group.len());
    for (place, page) in group.iter().enumerate() {
        let before = (0..place).filter(|before| first(group[*before].carried()) < first(page.carried()));
        let best = before.max_by_key(|before| ends[*before].0);
        ends.push((best.map_or(1, |best| ends[best].0 + 1), best));
    }
    let mut next = (0..group.len()).max_by_key(|place| ends[*place].0);
    let mut stays = BTreeSet::new();
    while let Some(place) = next {
        stays.insert(group[place].index);
        next = ends[place].1;
    }
    stays
}

/// Consecutive pages that contradict the others, but not each other. None if a finding about other pages explains it.
fn contradiction(name: &VolumeName, volume: &PrintedVolume<'_>, run: &[PrintedPage<'_>]) -> Option<Finding> {
    let (page, end) = (&run[0], &run[run.len() - 1]);
    let number = first(page.carried());
    let copy = volume.page_that_reads(number, page.index).filter(|copy| copy.index.abs_diff(page.index) <= NEAR_COPY);
    if let Some(copy) = copy {
        return Some(if copy.index < page.index { repeated(volume, copy, page) } else { repeated(volume, page, copy) });
    }
    // Near an end, the decided numbers follow a jump only if several pages confirm it.
    let (before, after, is_named) = match (volume.reliable_before(page.index), volume.reliable_after(end.index)) {
        (Some(before), None) => (before, page, name.last_page() == end.number.first),
        (None, Some(after)) => (end, after, name.first_page() == page.number.first),
        _ => return Some(doubtful(name, volume, run)),
    };
    let distance = before.distance(after);
    match usize::try_from(distance) {
        Err(_) if is_filled(before, after, distance) => None,
        Ok(missing) if distance <= FAR && !is_named => pages_missing(before, after, missing),
        _ => Some(doubtful(name, volume, run)),
    }
}

fn doubtful(name: &VolumeName, volume: &PrintedVolume<'_>, run: &[PrintedPage<'_>]) -> Finding {
    let page = &run[0];
    let others: Vec<usize> = run[1..].iter().map(|page| page.index).collect();
    let (read, expected) = (describe(page.carried()), describe(page.number));
    let is_sure = !others.is_empty() || (is_confident(page) && !is_misreading(&read, &expected));
    let is_foreign = is_sure && is_far(name, volume, first(page.carried()));
    let code = if is_foreign { FailureCode::FindingWrongVolume } else { FailureCode::FindingNumberDoubtful };
    let severity = if is_sure { Severity::MustLook } else { Severity::ShouldLook };
    let message = if is_foreign {
        format!("The page carries {read} where {expected} should be. It may be from another volume.")
    } else {
        format!("{read} was read where {expected} should be.")
    };
    with_evidence(finding(code, severity, Some(page.index), message), page, &others)
}

/// True if the model is sure that the number stands where it was read.
fn is_confident(page: &PrintedPage<'_>) -> bool {
    let passes = |bbox: [f64; 4]| {
        let is_box = |found: &&Detection| found.label == Label::PageNumber && found.bbox == bbox;
        page.detections.iter().find(is_box).is_some_and(Detection::passes_gate)
    };
    page.readings.iter().any(|reading| passes(reading.bbox))
}

/// True if one number becomes the other by misreading a digit, or by losing digits at an end.
fn is_misreading(read: &str, expected: &str) -> bool {
    let differing = read.bytes().zip(expected.bytes()).filter(|(a, b)| a != b).count();
    (read.len() == expected.len() && differing <= 1) || expected.contains(read) || read.contains(expected)
}

/// True if a number is far from all numbers of the volume.
fn is_far(name: &VolumeName, volume: &PrintedVolume<'_>, number: i64) -> bool {
    let named = [name.first_page(), name.last_page()].into_iter().flatten().map(i64::from);
    let printed = volume.read().flat_map(|page| [first(page.number), last(page.number)]);
    let numbers: Vec<i64> = named.chain(printed).collect();
    let (low, high) = (numbers.iter().min(), numbers.iter().max());
    low.is_some_and(|low| number < low - FAR) || high.is_some_and(|high| number > high + FAR)
}
