//! The cross-reference tables say where the objects are. An entry is read only when its object is needed: a file can
//! contain a table of 65 million entries, so it is never turned into a map.

use super::filters::{self, Predictor};
use super::syntax::{self, Allowance, object_header, skip_space, take_number};
use hayro_syntax::object::{Array, Dict, ObjRef};
use std::collections::HashSet;

/// The most tables in one file. Every incremental update adds one.
const MAX_SECTIONS: usize = 1024;

/// How many bytes one cross-reference stream may unpack to: two million objects.
const MAX_STREAM_BYTES: usize = 16 << 20;

/// All tables of a file, the newest first, and the information in their trailers.
#[derive(Debug, Default)]
pub(super) struct Directory {
    sections: Vec<Section>,
    pub(super) root: Option<ObjRef>,
    /// True if any trailer names an encryption dictionary.
    pub(super) encrypted: bool,
}

impl Directory {
    /// Reads the chain of tables that starts at `offset`; `None` if it cannot be followed.
    pub(super) fn load(bytes: &[u8], offset: usize, allowance: &Allowance) -> Option<Self> {
        let mut directory = Self::default();
        let mut seen = HashSet::new();
        let mut next = Some(offset);
        while let Some(offset) = next {
            if !seen.insert(offset) || directory.sections.len() >= MAX_SECTIONS {
                return None;
            }
            next = directory.load_section(bytes, offset, allowance)?;
        }
        Some(directory)
    }

    /// Makes a directory from the result of a search. `places` must be sorted by object number.
    pub(super) fn searched(places: Vec<(u32, Place)>) -> Self {
        Self { sections: vec![Section::Searched(places)], ..Self::default() }
    }

    /// Adds the objects of an object stream, except those that the search found outside of one.
    pub(super) fn add_packed(&mut self, stream: u32, numbers: impl Iterator<Item = u32>) {
        for section in &mut self.sections {
            if let Section::Searched(places) = section {
                let known = places.len();
                let place = Place::Packed { stream };
                let is_new =
                    |number: &u32| places[..known].binary_search_by_key(number, |(number, _)| *number).is_err();
                let added: Vec<_> = numbers.filter(is_new).map(|number| (number, place)).collect();
                places.extend(added);
                places.sort_unstable_by_key(|(number, _)| *number);
                return;
            }
        }
    }

    /// Reads a trailer. The newest trailer is read first, and its root counts.
    pub(super) fn heed_trailer(&mut self, trailer: &Dict<'_>) {
        self.root = self.root.or_else(|| trailer.get_ref("Root"));
        self.encrypted |= trailer.contains_key("Encrypt");
    }

    /// Reads one section, and returns the offset of the previous one.
    fn load_section(&mut self, bytes: &[u8], offset: usize, allowance: &Allowance) -> Option<Option<usize>> {
        let body = skip_space(bytes.get(offset..)?);
        let Some(table) = body.strip_prefix(b"xref") else {
            return self.load_stream(bytes, offset, allowance);
        };
        let (ranges, trailer) = table_ranges(bytes, table)?;
        let trailer = syntax::dict(trailer, allowance)?;
        self.heed_trailer(&trailer);
        // A hybrid file hides objects from old readers: its stream lists objects that the table marks as free.
        if let Some(hidden) = syntax::unsigned(&trailer, "XRefStm") {
            self.load_stream(bytes, hidden, allowance)?;
        }
        self.sections.push(Section::Table { ranges });
        Some(syntax::unsigned(&trailer, "Prev"))
    }

    fn load_stream(&mut self, bytes: &[u8], offset: usize, allowance: &Allowance) -> Option<Option<usize>> {
        let (_, start) = object_header(bytes, offset)?;
        let start = bytes.len() - skip_space(&bytes[start..]).len();
        let dict = syntax::dict(&bytes[start..], allowance)?;
        let length = syntax::unsigned(&dict, "Length");
        let raw = syntax::stream_data(bytes, start + dict.data().len(), length, allowance)?;
        let data = unpack(&dict, raw, allowance)?;
        let widths: [usize; 3] = syntax::unsigned_array(&dict, "W")?.try_into().ok()?;
        let ranges = stream_ranges(&dict, widths)?;
        self.heed_trailer(&dict);
        self.sections.push(Section::Stream { ranges, widths, data });
        Some(syntax::unsigned(&dict, "Prev"))
    }

    /// The place of object `number`; `None` if no table lists it.
    pub(super) fn place(&self, bytes: &[u8], number: u32) -> Option<Place> {
        self.sections.iter().find_map(|section| section.place(bytes, number))
    }
}

/// Unpacks a cross-reference stream. It is either plain or uses `FlateDecode`; other filters do not occur.
fn unpack(dict: &Dict<'_>, raw: &[u8], allowance: &Allowance) -> Option<Vec<u8>> {
    if !dict.contains_key("Filter") {
        return Some(raw.get(..MAX_STREAM_BYTES.min(raw.len()))?.to_vec());
    }
    if !allowance.take(MAX_STREAM_BYTES) {
        return None;
    }
    let data = filters::inflate(raw, MAX_STREAM_BYTES).ok()?;
    let parameters = dict.get::<Dict<'_>>("DecodeParms").unwrap_or_default();
    predictor(&parameters).undo(data).ok()
}

/// The predictor in a `DecodeParms` dictionary whose entries are direct.
pub(super) fn predictor(parameters: &Dict<'_>) -> Predictor {
    let entry = |key, default| syntax::unsigned(parameters, key).unwrap_or(default);
    Predictor {
        kind: i64::try_from(entry("Predictor", 1)).unwrap_or(i64::MAX),
        columns: entry("Columns", 1),
        colours: entry("Colors", 1),
        bits: entry("BitsPerComponent", 8),
    }
}

/// The most ranges in one table.
const MAX_RANGES: usize = 100_000;

/// The length of one entry of a text table.
const ENTRY_BYTES: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An offset in the file.
    Offset(usize),
    Packed {
        /// The object number of the object stream that contains it.
        stream: u32,
    },
    Free,
}

/// A range of consecutive object numbers.
#[derive(Debug)]
pub(super) struct NumberRange {
    first: usize,
    count: usize,
    /// The offset of the first entry, in the file or in the unpacked stream.
    start: usize,
}

#[derive(Debug)]
enum Section {
    Table { ranges: Vec<NumberRange> },
    Stream { ranges: Vec<NumberRange>, widths: [usize; 3], data: Vec<u8> },
    Searched(Vec<(u32, Place)>),
}

impl Section {
    /// The place of object `number`; `None` if this table does not list it.
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

fn entry_start(ranges: &[NumberRange], number: u32, entry_length: usize) -> Option<usize> {
    let number = usize::try_from(number).ok()?;
    let after = ranges.partition_point(|range| range.first <= number);
    let range = &ranges[after.checked_sub(1)?];
    let index = number - range.first;
    let distance = (index < range.count).then(|| index.checked_mul(entry_length)).flatten()?;
    range.start.checked_add(distance)
}

/// Parses an entry such as `0000000017 00000 n`.
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

/// The ranges of a text table, and the bytes after the keyword `trailer`.
fn table_ranges<'b>(bytes: &[u8], table: &'b [u8]) -> Option<(Vec<NumberRange>, &'b [u8])> {
    let mut ranges = Vec::new();
    let mut rest = table;
    loop {
        rest = skip_space(rest);
        if let Some(trailer) = rest.strip_prefix(b"trailer") {
            ranges.sort_by_key(|range: &NumberRange| range.first);
            return Some((ranges, trailer));
        }
        let (first, count) = (take_number(&mut rest)?, take_number(&mut rest)?);
        rest = skip_space(rest);
        ranges.push(NumberRange { first, count, start: bytes.len() - rest.len() });
        rest = rest.get(count.checked_mul(ENTRY_BYTES)?..)?;
        if ranges.len() > MAX_RANGES {
            return None;
        }
    }
}

/// The ranges of a table that is a stream.
fn stream_ranges(dict: &Dict<'_>, widths: [usize; 3]) -> Option<Vec<NumberRange>> {
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
        ranges.push(NumberRange { first: pair[0], count: pair[1], start });
        start = start.checked_add(pair[1].checked_mul(length)?)?;
    }
    ranges.sort_by_key(|range| range.first);
    (ranges.len() <= MAX_RANGES).then_some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    static PLENTY: Allowance = Allowance::new(1 << 30);

    #[test]
    fn a_table_is_read_entry_by_entry() {
        let bytes =
            b"xref\n0 2\n0000000000 65535 f \n0000000017 00000 n \n7 1\n0000000099 00000 n \ntrailer\n<</Root 1 0 R>>";
        let directory = Directory::load(bytes, 0, &PLENTY).unwrap();
        assert_eq!(directory.place(bytes, 0), Some(Place::Free));
        assert_eq!(directory.place(bytes, 1), Some(Place::Offset(17)));
        assert_eq!(directory.place(bytes, 2), None);
        assert_eq!(directory.place(bytes, 7), Some(Place::Offset(99)));
        assert_eq!(directory.root.map(|root| root.obj_number), Some(1));
        assert!(!directory.encrypted);
    }

    #[test]
    fn a_stream_is_read_entry_by_entry() {
        let bytes = b"5 0 obj<</Type/XRef/W[1 2 1]/Index[3 2]/Size 5/Length 8/Root 3 0 R/Encrypt 4 0 R>>stream\n\x01\x01\x00\x00\x02\x00\x09\x01\nendstream";
        let directory = Directory::load(bytes, 0, &PLENTY).unwrap();
        assert_eq!(directory.place(bytes, 3), Some(Place::Offset(256)));
        assert_eq!(directory.place(bytes, 4), Some(Place::Packed { stream: 9 }));
        assert_eq!(directory.place(bytes, 5), None);
        assert!(directory.encrypted);
    }

    #[test]
    fn a_chain_that_bites_its_tail_is_refused() {
        let bytes = b"xref\n0 0\ntrailer\n<</Root 1 0 R/Prev 0>>";
        assert!(Directory::load(bytes, 0, &PLENTY).is_none());
    }

    #[test]
    fn numbers_beyond_reach_are_refused() {
        let bytes = b"xref\n0 99999999999999999999\ntrailer\n<<>>";
        assert!(Directory::load(bytes, 0, &PLENTY).is_none());
        let bytes = b"xref\n0 922337203685477580\ntrailer\n<<>>";
        assert!(Directory::load(bytes, 0, &PLENTY).is_none());
    }
}
