//! One cross-reference table, in text or as a stream, and how an entry is found in it.

use crate::source::syntax::{self, skip_space, take_number};
use hayro_syntax::object::{Array, Dict};

/// Pieces of one table.
const MAX_RANGES: usize = 100_000;

/// Bytes of one entry of a table in text form.
const ENTRY_BYTES: usize = 20;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At an offset of the file.
    Offset(usize),
    /// Inside an object stream.
    Packed {
        /// Number of that stream.
        stream: u32,
    },
    /// Deleted.
    Free,
}

/// Consecutive object numbers.
#[derive(Debug)]
pub(super) struct Range {
    first: usize,
    count: usize,
    /// Where the first entry starts, in the file or in the unpacked stream.
    start: usize,
}

/// A table.
#[derive(Debug)]
pub(super) enum Section {
    Table { ranges: Vec<Range> },
    Stream { ranges: Vec<Range>, widths: [usize; 3], data: Vec<u8> },
    Searched(Vec<(u32, Place)>),
}

impl Section {
    /// Where object `number` is; `None` when this table does not list it.
    pub(super) fn place(&self, bytes: &[u8], number: u32) -> Option<Place> {
        match self {
            Self::Table { ranges } => {
                let start = entry_start(ranges, number, ENTRY_BYTES)?;
                table_entry(bytes.get(start..start.checked_add(ENTRY_BYTES)?)?)
            }
            Self::Stream { ranges, widths, data } => {
                let length = widths.iter().sum::<usize>();
                let start = entry_start(ranges, number, length)?;
                stream_entry(data.get(start..start.checked_add(length)?)?, *widths)
            }
            Self::Searched(places) => {
                let at = places.binary_search_by_key(&number, |(number, _)| *number).ok()?;
                Some(places[at].1)
            }
        }
    }
}

fn entry_start(ranges: &[Range], number: u32, entry_length: usize) -> Option<usize> {
    let number = usize::try_from(number).ok()?;
    let after = ranges.partition_point(|range| range.first <= number);
    let range = &ranges[after.checked_sub(1)?];
    let index = number - range.first;
    let distance = (index < range.count).then(|| index.checked_mul(entry_length)).flatten()?;
    range.start.checked_add(distance)
}

/// `0000000017 00000 n`
fn table_entry(entry: &[u8]) -> Option<Place> {
    match entry.get(17)? {
        b'n' => syntax::take_number(&mut &entry[..10]).map(Place::Offset),
        b'f' => Some(Place::Free),
        _ => None,
    }
}

fn stream_entry(entry: &[u8], widths: [usize; 3]) -> Option<Place> {
    let (kind, rest) = entry.split_at_checked(widths[0])?;
    let (second, _) = rest.split_at_checked(widths[1])?;
    let kind = if kind.is_empty() { 1 } else { big_endian(kind)? };
    match kind {
        0 => Some(Place::Free),
        1 => Some(Place::Offset(big_endian(second)?)),
        2 => Some(Place::Packed { stream: u32::try_from(big_endian(second)?).ok()? }),
        _ => None,
    }
}

fn big_endian(bytes: &[u8]) -> Option<usize> {
    bytes.iter().try_fold(0_usize, |value, byte| value.checked_mul(256)?.checked_add(usize::from(*byte)))
}

/// The pieces of a table in text form, and what follows its `trailer`.
pub(super) fn table_ranges<'b>(bytes: &[u8], table: &'b [u8]) -> Option<(Vec<Range>, &'b [u8])> {
    let mut ranges = Vec::new();
    let mut rest = table;
    loop {
        rest = skip_space(rest);
        if let Some(trailer) = rest.strip_prefix(b"trailer") {
            ranges.sort_by_key(|range: &Range| range.first);
            return Some((ranges, trailer));
        }
        let (first, count) = (take_number(&mut rest)?, take_number(&mut rest)?);
        rest = skip_space(rest);
        ranges.push(Range { first, count, start: bytes.len() - rest.len() });
        rest = rest.get(count.checked_mul(ENTRY_BYTES)?..)?;
        if ranges.len() > MAX_RANGES {
            return None;
        }
    }
}

/// The pieces of a table that is a stream.
pub(super) fn stream_ranges(dict: &Dict<'_>, widths: [usize; 3]) -> Option<Vec<Range>> {
    if widths.iter().any(|width| *width > size_of::<u64>()) || widths[1] == 0 {
        return None;
    }
    let length = widths.iter().sum::<usize>();
    let pairs = match dict.get::<Array<'_>>("Index") {
        Some(_) => syntax::unsigned_array(dict, "Index")?,
        None => vec![0, syntax::unsigned(dict, "Size")?],
    };
    let mut start = 0_usize;
    let mut ranges = Vec::new();
    for pair in pairs.chunks_exact(2) {
        ranges.push(Range { first: pair[0], count: pair[1], start });
        start = start.checked_add(pair[1].checked_mul(length)?)?;
    }
    ranges.sort_by_key(|range| range.first);
    (ranges.len() <= MAX_RANGES).then_some(ranges)
}
