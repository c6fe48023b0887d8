//! Makes a directory by searching the whole file. This is for files that have an end mark but whose tables are
//! damaged or missing.

use super::cross_reference::{Directory, Place};
use super::file_bytes::{Mapping, find};
use super::syntax::{self, Allowance, object_header};
use hayro_syntax::object::ObjRef;
use std::collections::BTreeMap;

/// The most objects in one file. A volume of 2,000 pages has about 20,000.
const MAX_OBJECTS: usize = 2_000_000;

/// How many bytes are searched before their memory is given back to the kernel.
const STEP_BYTES: usize = 16 << 20;

/// How many bytes at the start of an object are searched for its type.
const TYPE_WINDOW: usize = 512;

#[derive(Debug, Default)]
struct Found {
    places: BTreeMap<u32, Place>,
    object_streams: Vec<u32>,
    catalogue: Option<u32>,
    trailers: Vec<usize>,
}

/// Searches the file for objects. Also returns the object streams among them; the caller must still add their
/// contents. `None` if there are too many objects for a volume.
pub(super) fn directory(mapping: &Mapping, allowance: &Allowance) -> Option<(Directory, Vec<u32>)> {
    let bytes = mapping.bytes();
    let mut found = Found::default();
    let mut from = 0;
    while from < bytes.len() {
        let end = bytes.len().min(from + STEP_BYTES);
        found.search(bytes, from, end);
        mapping.release(from, STEP_BYTES);
        from = end;
        if found.places.len() > MAX_OBJECTS {
            return None;
        }
    }
    Some(found.into_directory(bytes, allowance))
}

impl Found {
    /// Records every object whose keyword starts between two offsets.
    fn search(&mut self, bytes: &[u8], from: usize, end: usize) {
        let mut at = from;
        while let Some(step) = find(&bytes[at..bytes.len().min(end + 6)], b"obj") {
            self.note_object(bytes, at + step);
            at += step + 3;
        }
        at = from;
        while let Some(step) = find(&bytes[at..bytes.len().min(end + 6)], b"trailer") {
            self.trailers.push(at + step + 7);
            at += step + 7;
        }
    }

    fn note_object(&mut self, bytes: &[u8], keyword: usize) {
        let Some(offset) = header_before(bytes, keyword) else {
            return;
        };
        let Some((number, start)) = object_header(bytes, offset) else {
            return;
        };
        self.places.insert(number, Place::Offset(offset));
        let head = &bytes[start..bytes.len().min(start + TYPE_WINDOW)];
        if find(head, b"/ObjStm").is_some() {
            self.object_streams.push(number);
        }
        if find(head, b"/Catalog").is_some() {
            self.catalogue = Some(number);
        }
        if find(head, b"/XRef").is_some() {
            self.trailers.push(start);
        }
    }

    fn into_directory(self, bytes: &[u8], allowance: &Allowance) -> (Directory, Vec<u32>) {
        let mut directory = Directory::searched(self.places.into_iter().collect());
        for trailer in self.trailers.iter().rev() {
            if let Some(dict) = syntax::dict(&bytes[*trailer..], allowance) {
                directory.heed_trailer(&dict);
            }
        }
        directory.root = directory.root.or(self.catalogue.map(|number| ObjRef::new(number, 0)));
        (directory, self.object_streams)
    }
}

/// The offset of `12 0 ` before the keyword `obj`.
fn header_before(bytes: &[u8], keyword: usize) -> Option<usize> {
    let generation = digits_before(bytes, keyword)?;
    digits_before(bytes, generation)
}

/// Where the digits start that end, followed by white space, at `end`.
fn digits_before(bytes: &[u8], end: usize) -> Option<usize> {
    /// A longer run of digits is not an object number.
    const LONGEST: usize = 24;
    let window = &bytes[end.saturating_sub(LONGEST)..end];
    let trimmed = window.trim_ascii_end();
    let digits = trimmed.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let spaced = trimmed.len() < window.len();
    (spaced && (1..=10).contains(&digits)).then(|| end - window.len() + trimmed.len() - digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn objects_and_trailers_are_found_and_the_last_counts() {
        let text =
            b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n2 0 obj 5 endobj\n2 0 obj 6 endobj\ntrailer<</Root 1 0 R>>";
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let mapping = Mapping::open(file.path()).unwrap();
        let (directory, streams) = directory(&mapping, &Allowance::new(1 << 30)).unwrap();
        assert_eq!(directory.root.map(|root| root.obj_number), Some(1));
        assert_eq!(directory.place(text, 1), Some(Place::Offset(9)));
        assert_eq!(directory.place(text, 2), Some(Place::Offset(57)));
        assert_eq!(directory.place(text, 3), None);
        assert!(streams.is_empty());
    }
}
