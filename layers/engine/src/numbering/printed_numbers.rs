//! The numbers in the texts that were read on one page, and which of them is likely its number. See
//! docs/reference-behaviour.md, "Page numbers".

use crate::volume::PageNumber;
use serde::{Deserialize, Serialize};

/// How far a number may differ from the number expected from the page's index.
const MAX_DISTANCE: u64 = 20;

/// How many numbers a printed range may span beyond its first.
const MAX_SPAN: u32 = 2;

/// The text of one candidate box, from the text layer or from OCR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Such as `744` or `733-734`.
    pub text: String,
}

impl Reading {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The numbers in the text, in order. `a-b`, `a–b` and `a,b` with 0 < b − a ≤ 2 are one range.
    pub(super) fn candidates(&self) -> Vec<PageNumber> {
        let numbers = digit_groups(&self.text);
        match numbers.as_slice() {
            [(first, _), (last, separator)]
                if is_range_separator(separator) && last.checked_sub(*first).is_some_and(is_span) =>
            {
                vec![PageNumber { first: Some(*first), last: Some(*last) }]
            }
            _ => numbers.iter().map(|(number, _)| single(*number)).collect(),
        }
    }
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

/// The likeliest number of a page: the first plausible one, or else the one nearest to the hint. `readings` are sorted by
/// descending confidence of detection. `None` if no reading contains a number.
#[must_use]
pub fn choose(readings: &[Reading], hint: u32) -> Option<PageNumber> {
    let candidates: Vec<PageNumber> = readings.iter().flat_map(Reading::candidates).collect();
    choose_candidate(&candidates, hint).map(|place| candidates[place])
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

fn is_span(span: u32) -> bool {
    (1..=MAX_SPAN).contains(&span)
}

fn is_range_separator(separator: &str) -> bool {
    matches!(separator.trim(), "-" | "–" | "—" | ",")
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
