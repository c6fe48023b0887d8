//! The evidence for the offset of each page (printed number minus page index), and the cheapest way to explain it.

use super::printed_numbers::{Reading, choose_candidate, is_plausible, is_wide, single};
use crate::volume::{PageNumber, expected_number};
use std::collections::BTreeMap;

/// Determines the number of every page. `readings` holds the readings of each page, the likeliest box first.
///
/// Every page gets a number: a page without readings from its neighbours, and a volume without any reading from
/// `first_page`. Numbers that the rest of the volume contradicts are replaced. Gaps that at least two pages confirm
/// are kept.
#[must_use]
pub fn number_pages(readings: &[Vec<Reading>], first_page: u32) -> Vec<PageNumber> {
    let candidates: Vec<Vec<PageNumber>> =
        readings.iter().map(|page| page.iter().flat_map(Reading::candidates).collect()).collect();
    explain(&candidates, first_page)
}

/// The same for pages that already have one number or none. Correcting the result again does not change it.
#[must_use]
pub fn correct(numbers: &[PageNumber], first_page: u32) -> Vec<PageNumber> {
    let candidates: Vec<Vec<PageNumber>> =
        numbers.iter().map(|number| number.first.map(|_| *number).into_iter().collect()).collect();
    explain(&candidates, first_page)
}

fn explain(candidates: &[Vec<PageNumber>], first_page: u32) -> Vec<PageNumber> {
    let volume = VolumeEvidence::new(&confirmed(candidates), first_page);
    let offsets = volume.best_offsets();
    let interpolated = |index: usize| single(u32::try_from(printed(index, offsets[index])).unwrap_or(u32::MAX));
    let number = |index: usize| volume.agreeing(index, offsets[index]).unwrap_or_else(|| interpolated(index));
    let numbers: Vec<PageNumber> = (0..offsets.len()).map(number).collect();
    let is_continued = |index: usize| {
        let next = numbers.get(index + 1).and_then(|next| next.first);
        next.is_some() && next == numbers[index].last.and_then(|last| last.checked_add(1))
    };
    let is_settled = |index: usize| !is_wide(&numbers[index]) || is_continued(index);
    (0..numbers.len()).map(|index| if is_settled(index) { numbers[index] } else { interpolated(index) }).collect()
}

/// How many pages after a wide range may confirm it. The nearest ones may have no number.
const CONFIRMING_PAGES: usize = 3;

/// Replaces each wide range that no following page continues by its first number.
fn confirmed(candidates: &[Vec<PageNumber>]) -> Vec<Vec<PageNumber>> {
    let is_continued = |index: usize, last: u32| {
        (1..).zip(candidates.iter().skip(index + 1).take(CONFIRMING_PAGES)).any(|(ahead, page)| {
            page.iter().any(|number| number.first.is_some() && number.first == last.checked_add(ahead))
        })
    };
    let confirm = |index: usize, number: PageNumber| match number {
        PageNumber { first: Some(first), last: Some(last) } if is_wide(&number) && !is_continued(index, last) => {
            single(first)
        }
        _ => number,
    };
    let page = |(index, page): (usize, &Vec<PageNumber>)| page.iter().map(|number| confirm(index, *number)).collect();
    candidates.iter().enumerate().map(page).collect()
}

/// The most candidates that are considered on a page. A real page has two or three.
const MAX_CANDIDATES: usize = 8;

/// The most offsets that are compared with each other in a volume.
const MAX_OFFSETS: usize = 512;

/// The score for agreeing with the likeliest reading of a page, if that reading is plausible. The unit of all scores.
const PLAUSIBLE: i64 = 100;

/// The same for a reading that is far from the expected number. It takes three pages, not two, to confirm such a gap.
const IMPLAUSIBLE: i64 = 70;

/// Agreeing with another reading of the page scores this share, in percent.
const SECOND_CHOICE: i64 = 60;

/// A range that fits by its second number scores this much less than one that fits by its first.
const SECOND_END: i64 = 1;

/// The cost of numbers jumping ahead, as they do where pages are missing. More than one page must confirm it.
const GAP: i64 = 151;

/// The cost of numbers going back, which is rare (a page scanned twice, a second numbering). Four pages must confirm it.
const STEP_BACK: i64 = 353;

/// The score for beginning with the number that the volume is said to begin with.
const EXPECTED_START: i64 = 60;

/// The score of a page number below 1. It is far below every real score, and small enough that a sum over the pages of
/// any volume does not overflow.
const IMPOSSIBLE: i64 = -1_000_000_000_000;

/// A candidate number of a page and the score for agreeing with it.
struct Evidence {
    number: PageNumber,
    worth: i64,
}

pub(super) fn printed(index: usize, offset: i64) -> i64 {
    offset.saturating_add(i64::try_from(index).unwrap_or(i64::MAX))
}

/// Everything that was read in a volume.
struct VolumeEvidence {
    pages: Vec<Vec<Evidence>>,
    offsets: Vec<i64>,
    expected: i64,
}

impl VolumeEvidence {
    pub(super) fn new(candidates: &[Vec<PageNumber>], first_page: u32) -> Self {
        let pages: Vec<Vec<Evidence>> = candidates
            .iter()
            .enumerate()
            .map(|(index, page)| weigh(page, expected_number(index, first_page)))
            .collect();
        let expected = i64::from(first_page);
        let offsets = likely_offsets(&pages, expected);
        Self { pages, offsets, expected }
    }

    /// The best offset of every page, by Viterbi's algorithm over pages and offsets.
    fn best_offsets(&self) -> Vec<i64> {
        let mut scores: Vec<i64> = self.offsets.iter().map(|&offset| self.start(offset)).collect();
        let mut origins: Vec<Vec<usize>> = Vec::with_capacity(self.pages.len());
        for index in 0..self.pages.len() {
            let from = if index == 0 { stay(&scores) } else { self.step(index - 1, &scores) };
            scores = (0..scores.len())
                .map(|state| from[state].0.saturating_add(self.agreement(index, self.offsets[state]).0))
                .collect();
            origins.push(from.into_iter().map(|(_, origin)| origin).collect());
        }
        self.trace(&scores, &origins)
    }

    /// The candidate of a page that agrees with an offset.
    pub(super) fn agreeing(&self, index: usize, offset: i64) -> Option<PageNumber> {
        self.agreement(index, offset).1
    }

    fn start(&self, offset: i64) -> i64 {
        if offset == self.expected { EXPECTED_START } else { 0 }
    }

    /// The score of an offset on a page, with the candidate that agrees. Only the expected numbering may give a page
    /// a number below 1, because then a person asked for it.
    fn agreement(&self, index: usize, offset: i64) -> (i64, Option<PageNumber>) {
        let number = printed(index, offset);
        if number < 1 && offset != self.expected {
            return (IMPOSSIBLE, None);
        }
        let mut best = (0, None);
        for evidence in &self.pages[index] {
            let worth = if is(evidence.number.first, number) {
                evidence.worth
            } else if is(evidence.number.last, number) {
                evidence.worth - SECOND_END
            } else {
                continue;
            };
            if worth > best.0 {
                best = (worth, Some(evidence.number));
            }
        }
        best
    }

    /// For each offset of page `index` + 1, the best score up to page `index` and the offset that it comes from.
    fn step(&self, index: usize, scores: &[i64]) -> Vec<(i64, usize)> {
        let mut best = stay(scores);
        improve(&mut best, scores, 0..scores.len(), GAP);
        improve(&mut best, scores, (0..scores.len()).rev(), STEP_BACK);
        self.continue_ranges(index, scores, &mut best);
        best
    }

    /// After a printed range the numbers continue from its last, at no cost. A narrow one may overlap the next page.
    fn continue_ranges(&self, index: usize, scores: &[i64], best: &mut [(i64, usize)]) {
        for (state, &offset) in self.offsets.iter().enumerate() {
            let Some(range @ PageNumber { first: Some(first), last: Some(last) }) = self.agreeing(index, offset) else {
                continue;
            };
            if printed(index, offset) != i64::from(first) {
                continue;
            }
            let span = i64::from(last.saturating_sub(first));
            for ahead in if is_wide(&range) { span } else { 1 }..=span {
                if let Ok(next) = self.offsets.binary_search(&(offset + ahead))
                    && scores[state] > best[next].0
                {
                    best[next] = (scores[state], state);
                }
            }
        }
    }

    fn trace(&self, scores: &[i64], origins: &[Vec<usize>]) -> Vec<i64> {
        let mut state = (0..scores.len()).rev().max_by_key(|&state| scores[state]).unwrap_or_default();
        let mut path = Vec::with_capacity(origins.len());
        for origin in origins.iter().rev() {
            path.push(self.offsets[state]);
            state = origin[state];
        }
        path.reverse();
        path
    }
}

/// Each offset continues unchanged.
fn stay(scores: &[i64]) -> Vec<(i64, usize)> {
    scores.iter().copied().zip(0..).collect()
}

/// Lets each offset be reached from the best of those visited before it, at a cost. Of equal scores the later change
/// wins: an unread page before a gap continues its predecessor.
fn improve(best: &mut [(i64, usize)], scores: &[i64], order: impl Iterator<Item = usize>, cost: i64) {
    let mut source: Option<usize> = None;
    for state in order {
        if let Some(from) = source
            && scores[from] - cost >= best[state].0
        {
            best[state] = (scores[from] - cost, from);
        }
        if source.is_none_or(|from| scores[state] > scores[from]) {
            source = Some(state);
        }
    }
}

fn is(end: Option<u32>, number: i64) -> bool {
    end.is_some_and(|end| i64::from(end) == number)
}

fn weigh(candidates: &[PageNumber], hint: u32) -> Vec<Evidence> {
    let candidates = &candidates[..candidates.len().min(MAX_CANDIDATES)];
    let chosen = choose_candidate(candidates, hint);
    let worth = |place: usize, number: &PageNumber| {
        let full = if is_plausible(number, hint) { PLAUSIBLE } else { IMPLAUSIBLE };
        if Some(place) == chosen { full } else { full * SECOND_CHOICE / 100 }
    };
    candidates
        .iter()
        .enumerate()
        .map(|(place, number)| Evidence { number: *number, worth: worth(place, number) })
        .collect()
}

/// The offsets to compare, ascending: the expected one and those that any page supports. If there are too many, the most
/// frequent ones.
fn likely_offsets(pages: &[Vec<Evidence>], expected: i64) -> Vec<i64> {
    let mut support: BTreeMap<i64, u32> = BTreeMap::new();
    for (index, page) in pages.iter().enumerate() {
        for offset in offsets_of(index, page) {
            *support.entry(offset).or_default() += 1;
        }
    }
    let mut ranked: Vec<(i64, u32)> = support.into_iter().collect();
    ranked.sort_by_key(|(_, pages)| std::cmp::Reverse(*pages));
    let mut offsets: Vec<i64> = ranked.into_iter().take(MAX_OFFSETS).map(|(offset, _)| offset).collect();
    offsets.push(expected);
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

/// The distinct offsets that a page supports. Either end of a range counts.
fn offsets_of(index: usize, page: &[Evidence]) -> Vec<i64> {
    let base = i64::try_from(index).unwrap_or(i64::MAX);
    let ends = page.iter().flat_map(|evidence| [evidence.number.first, evidence.number.last]).flatten();
    let mut offsets: Vec<i64> = ends.map(|end| i64::from(end) - base).collect();
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}
