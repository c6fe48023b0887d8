//! The numbers in the texts that were read on one page, and which of them is likely its number. See
//! docs/reference-behaviour.md, "Page numbers".

use crate::volume::PageNumber;
use serde::{Deserialize, Serialize};

/// How far a number may differ from the number expected from the page's index.
const MAX_DISTANCE: u64 = 20;

/// How many numbers a printed range may span beyond its first without any other page confirming it.
const NARROW_SPAN: u32 = 2;

/// How many numbers a printed range may span at most. Dockets and years have dashes, too.
const WIDEST_SPAN: u32 = 30;

/// What was read in one box that may hold the printed number of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Such as `744` or `733-734`.
    pub text: String,
    /// The box, `[x1, y1, x2, y2]` in pixels at 200 dpi.
    pub bbox: [f64; 4],
}

impl Reading {
    /// The numbers in the text, in order. `a-b` and `a–b` with 0 < b − a ≤ 30, and `a,b` with 0 < b − a ≤ 2, are one
    /// range. The numbers of a wide range follow it, because only other pages can tell whether it is one.
    pub(crate) fn candidates(&self) -> Vec<PageNumber> {
        let numbers = digit_groups(&self.text);
        let singles = numbers.iter().map(|(number, _)| single(*number));
        match range(&numbers) {
            Some(range) if is_wide(&range) => std::iter::once(range).chain(singles).collect(),
            Some(range) => vec![range],
            None => singles.collect(),
        }
    }
}

/// The range that a text consists of.
fn range(numbers: &[(u32, &str)]) -> Option<PageNumber> {
    let [(first, _), (last, separator)] = numbers else { return None };
    let range = PageNumber { first: Some(*first), last: Some(*last) };
    let is_joined = match separator.trim() {
        "-" | "–" | "—" => true,
        "," => !is_wide(&range),
        _ => false,
    };
    (is_joined && (1..=WIDEST_SPAN).contains(&last.checked_sub(*first)?)).then_some(range)
}

/// True for a range that only the number of a following page can confirm.
pub(super) fn is_wide(number: &PageNumber) -> bool {
    number.first.zip(number.last).is_some_and(|(first, last)| last.saturating_sub(first) > NARROW_SPAN)
}

pub(super) const fn single(number: u32) -> PageNumber {
    PageNumber { first: Some(number), last: None }
}

/// True when `number` may be printed on a page whose expected number is `hint` (index + first page): it is not zero, does
/// not have too many digits, and differs from the hint by at most 20. A hint of 0 means that no number is expected.
#[must_use]
pub fn plausible(number: u32, hint: u32) -> bool {
    let digits = |value: u32| value.checked_ilog10().map_or(1, |log| log + 1);
    let most = if hint > 0 { (digits(hint) + 1).max(4) } else { 5 };
    let near = hint == 0 || u64::from(number.abs_diff(hint)) <= MAX_DISTANCE;
    number > 0 && digits(number) <= most && near
}

/// The likeliest number of a page: the first plausible one, or else the one nearest to the hint. `readings` are in
/// the order of their rank. `None` if no reading contains a number.
#[must_use]
pub fn choose(readings: &[Reading], hint: u32) -> Option<PageNumber> {
    let candidates: Vec<PageNumber> = readings.iter().flat_map(Reading::candidates).collect();
    choose_candidate(&candidates, hint).map(|place| candidates[place])
}

/// True if a decided number was really read on the page, rather than following from other pages.
#[must_use]
pub fn is_read(readings: &[Reading], number: PageNumber) -> bool {
    let agrees = |read: PageNumber| match number.last {
        Some(_) => read == number,
        None => read.first == number.first || read.last == number.first,
    };
    readings.iter().flat_map(Reading::candidates).any(agrees)
}

/// The index of the likeliest candidate.
pub(super) fn choose_candidate(candidates: &[PageNumber], hint: u32) -> Option<usize> {
    let distance = |number: &PageNumber| number.first.map_or(u32::MAX, |first| first.abs_diff(hint));
    let nearest = || (0..candidates.len()).min_by_key(|&place| distance(&candidates[place]));
    candidates.iter().position(|number| is_plausible(number, hint)).or_else(nearest)
}

/// A range is plausible if either end is.
pub(super) fn is_plausible(number: &PageNumber, hint: u32) -> bool {
    [number.first, number.last].into_iter().flatten().any(|end| plausible(end, hint))
}

/// The runs of digits, each with the text before it. A number that is too long for any book is skipped.
fn digit_groups(text: &str) -> Vec<(u32, &str)> {
    let mut groups = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|character: char| !character.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, after) = tail.split_at(end);
        if let Some(number) = digits.parse().ok().filter(|number| *number > 0) {
            groups.push((number, before));
        }
        rest = after;
    }
    groups
}
