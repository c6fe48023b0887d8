//! Readings of one page, and which of them is likely its number (specification, section 4).

use crate::volume::PageNumber;
use serde::{Deserialize, Serialize};

/// How far a number may lie from what the page's index lets expect.
const MAX_DISTANCE: u64 = 20;

/// How many numbers a printed range may span beyond its first.
const MAX_SPAN: u32 = 2;

/// Text of one candidate box, from the text layer or from OCR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What was read, such as `744` or `733-734`.
    pub text: String,
}

impl Reading {
    /// A reading of this text.
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

/// A page number that is no range.
pub(super) const fn single(number: u32) -> PageNumber {
    PageNumber { first: Some(number), last: None }
}

/// Whether `number` can be printed on the page of which `hint` = index + first page is expected: not zero, not
/// too many digits, and within 20 of the hint (when there is one).
#[must_use]
pub fn plausible(number: u32, hint: u32) -> bool {
    let digits = |value: u32| value.checked_ilog10().map_or(1, |log| log + 1);
    let most = if hint > 0 { (digits(hint) + 1).max(4) } else { 5 };
    let near = hint == 0 || u64::from(number.abs_diff(hint)) <= MAX_DISTANCE;
    number > 0 && digits(number) <= most && near
}

/// The likeliest of a page's readings, which come by descending confidence of detection: the first plausible
/// one, or else the one nearest to the hint. `None` when no reading holds a number.
#[must_use]
pub fn choose(readings: &[Reading], hint: u32) -> Option<PageNumber> {
    let candidates: Vec<PageNumber> = readings.iter().flat_map(Reading::candidates).collect();
    choose_candidate(&candidates, hint).map(|place| candidates[place])
}

/// Place of the likeliest candidate.
pub(super) fn choose_candidate(candidates: &[PageNumber], hint: u32) -> Option<usize> {
    let distance = |number: &PageNumber| number.first.map_or(u32::MAX, |first| first.abs_diff(hint));
    let nearest = || (0..candidates.len()).min_by_key(|&place| distance(&candidates[place]));
    candidates.iter().position(|number| is_plausible(number, hint)).or_else(nearest)
}

/// A range is plausible when either end is.
pub(super) fn is_plausible(number: &PageNumber, hint: u32) -> bool {
    [number.first, number.last].into_iter().flatten().any(|end| plausible(end, hint))
}

fn is_span(span: u32) -> bool {
    (1..=MAX_SPAN).contains(&span)
}

fn is_range_separator(separator: &str) -> bool {
    matches!(separator.trim(), "-" | "–" | "—" | ",")
}

/// Runs of digits with the text before each. A number too long for any book is skipped.
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
