//! One number for every page of a volume.

use super::offsets::{Volume, printed};
use super::reading::{Reading, single};
use crate::volume::PageNumber;

/// The number of every page from all that was read on it; readings come by descending confidence of detection.
///
/// Every page gets a number: pages without a reading from their neighbours, a volume without any reading from
/// `first_page`. Numbers that the rest of the volume contradicts are replaced; gaps that at least two pages
/// confirm are kept.
#[must_use]
pub fn number_pages(readings: &[Vec<Reading>], first_page: u32) -> Vec<PageNumber> {
    let candidates: Vec<Vec<PageNumber>> =
        readings.iter().map(|page| page.iter().flat_map(Reading::candidates).collect()).collect();
    explain(&candidates, first_page)
}

/// The same for pages of which one number is already chosen, or none. Correcting twice changes nothing more.
#[must_use]
pub fn correct(numbers: &[PageNumber], first_page: u32) -> Vec<PageNumber> {
    let candidates: Vec<Vec<PageNumber>> =
        numbers.iter().map(|number| number.first.map(|_| *number).into_iter().collect()).collect();
    explain(&candidates, first_page)
}

fn explain(candidates: &[Vec<PageNumber>], first_page: u32) -> Vec<PageNumber> {
    let volume = Volume::new(candidates, first_page);
    let offsets = volume.best_offsets();
    let number = |(index, offset): (usize, i64)| {
        let interpolated = || single(u32::try_from(printed(index, offset)).unwrap_or(u32::MAX));
        volume.agreeing(index, offset).unwrap_or_else(interpolated)
    };
    offsets.into_iter().enumerate().map(number).collect()
}
