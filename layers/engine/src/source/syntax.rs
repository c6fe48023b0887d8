//! Finds and parses objects in the file's bytes. hayro-syntax parses dictionaries, arrays and names. Where an object
//! starts and ends is determined here, because hayro's own document type unpacks streams without a limit, walks the
//! page tree without a way to stop it, and counts a page only once if it is listed several times.

use super::file_bytes::{find, leading_number};
use hayro_syntax::object::{Array, Dict, FromBytes, MaybeRef, Name, Number, ObjRef, Object};
use std::sync::atomic::{AtomicU64, Ordering};

/// Nearly every dictionary is shorter than this.
const USUAL_OBJECT_BYTES: usize = 64 << 10;

/// The size of the largest dictionary or array. A list of a million pages has nine million bytes.
const LARGEST_OBJECT_BYTES: usize = 16 << 20;

/// How far the end of a stream is searched for if its length is wrong.
const STREAM_SEARCH_BYTES: usize = 32 << 20;

/// The work that one file may cause beyond the usual, in bytes examined or unpacked.
#[derive(Debug)]
pub(super) struct Allowance(AtomicU64);

impl Allowance {
    pub(super) const fn new(bytes: u64) -> Self {
        Self(AtomicU64::new(bytes))
    }

    /// Takes `bytes` from the allowance. Returns false if fewer are left.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let take = |left: u64| left.checked_sub(bytes as u64);
        self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// The dictionary at the start of the bytes, after white space.
pub(super) fn dict<'b>(bytes: &'b [u8], allowance: &Allowance) -> Option<Dict<'b>> {
    let bytes = skip_space(bytes);
    if !bytes.starts_with(b"<<") {
        return None;
    }
    windowed(bytes, allowance, Dict::from_bytes)
}

/// The object at the start of the bytes. For a stream, this is its dictionary.
pub(super) fn object<'b>(bytes: &'b [u8], allowance: &Allowance) -> Option<Object<'b>> {
    let bytes = skip_space(bytes);
    if bytes.starts_with(b"<<") {
        return dict(bytes, allowance).map(Object::Dict);
    }
    windowed(bytes, allowance, Object::from_bytes)
}

/// Parses in a small window first, and in a large one only as often as the allowance permits. Thousands of objects
/// that never end must not each be searched to the end of the file.
fn windowed<'b, T>(bytes: &'b [u8], allowance: &Allowance, parse: impl Fn(&'b [u8]) -> Option<T>) -> Option<T> {
    let usual = &bytes[..bytes.len().min(USUAL_OBJECT_BYTES)];
    if let Some(parsed) = parse(usual) {
        return Some(parsed);
    }
    let large = &bytes[..bytes.len().min(LARGEST_OBJECT_BYTES)];
    (large.len() > usual.len() && allowance.take(large.len())).then(|| parse(large)).flatten()
}

/// Parses `12 0 obj` at `offset`. Returns the number, and where the object itself starts.
pub(super) fn object_header(bytes: &[u8], offset: usize) -> Option<(u32, usize)> {
    let mut rest = skip_space(bytes.get(offset..)?);
    let number = take_number(&mut rest)?;
    take_number(&mut rest)?;
    let body = skip_space(rest).strip_prefix(b"obj")?;
    Some((u32::try_from(number).ok()?, bytes.len() - body.len()))
}

/// The raw bytes of a stream whose dictionary ends at `offset`.
pub(super) fn stream_data<'b>(
    bytes: &'b [u8],
    offset: usize,
    length: Option<usize>,
    allowance: &Allowance,
) -> Option<&'b [u8]> {
    let body = skip_space(bytes.get(offset..)?).strip_prefix(b"stream")?;
    // A carriage return alone is not allowed, but readers accept it.
    let newlines: [&[u8]; 3] = [b"\r\n", b"\n", b"\r"];
    let body = newlines.iter().find_map(|newline| body.strip_prefix(*newline)).unwrap_or(body);
    if let Some(data) = length.and_then(|length| body.get(..length))
        && skip_space(&body[data.len()..]).starts_with(b"endstream")
    {
        return Some(data);
    }
    let searched = &body[..body.len().min(STREAM_SEARCH_BYTES)];
    let end = allowance.take(searched.len()).then(|| find(searched, b"endstream")).flatten()?;
    Some(searched[..end].trim_ascii_end())
}

pub(super) fn skip_space(mut bytes: &[u8]) -> &[u8] {
    loop {
        let space = bytes.iter().take_while(|byte| is_space(**byte)).count();
        bytes = &bytes[space..];
        if !bytes.starts_with(b"%") {
            return bytes;
        }
        let comment = bytes.iter().take_while(|byte| !matches!(byte, b'\r' | b'\n')).count();
        bytes = &bytes[comment..];
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// Takes an unsigned number from the front.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let start = skip_space(bytes);
    let digits = start.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = leading_number(&start[..digits])?;
    *bytes = &start[digits..];
    Some(number)
}

/// A direct entry that is a non-negative integer.
pub(super) fn unsigned(dict: &Dict<'_>, key: &str) -> Option<usize> {
    match dict.get_raw::<Number>(key)? {
        MaybeRef::NotRef(number) => usize::try_from(number.as_i64()).ok(),
        MaybeRef::Ref(_) => None,
    }
}

/// A direct entry that is an array of non-negative integers.
pub(super) fn unsigned_array(dict: &Dict<'_>, key: &str) -> Option<Vec<usize>> {
    let number = |item| match item {
        MaybeRef::NotRef(Object::Number(number)) => usize::try_from(number.as_i64()).ok(),
        _ => None,
    };
    dict.get::<Array<'_>>(key)?.raw_iter().map(number).collect()
}

/// True for a direct entry that is this name.
pub(super) fn is_name(dict: &Dict<'_>, key: &str, value: &[u8]) -> bool {
    dict.get::<Name<'_>>(key).is_some_and(|name| name.as_ref() == value)
}

/// The references in an array, at most `limit` of them. An item that is not a reference gives `None`.
pub(super) fn references(array: &Array<'_>, limit: usize) -> Vec<Option<ObjRef>> {
    array.raw_iter().take(limit).map(|item| item.as_obj_ref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    static PLENTY: Allowance = Allowance::new(1 << 30);

    #[test]
    fn headers_and_bodies_are_found() {
        let bytes = b"  %c\n12 0 obj << /A 1 >> endobj";
        let (number, body) = object_header(bytes, 0).unwrap();
        assert_eq!(number, 12);
        assert!(dict(&bytes[body..], &PLENTY).is_some());
        assert_eq!(object_header(b"12 0 R", 0), None);
        assert_eq!(object_header(b"12", 9), None);
    }

    #[test]
    fn a_wrong_length_is_mended_by_a_search() {
        let bytes = b" stream\r\nabc\nendstream";
        for length in [Some(3), Some(2), Some(9000), None] {
            assert_eq!(stream_data(bytes, 0, length, &PLENTY), Some(&b"abc"[..]));
        }
        assert_eq!(stream_data(bytes, 0, None, &Allowance::new(0)), None);
        assert_eq!(stream_data(b" stream\nabc", 0, Some(3), &PLENTY), None);
    }

    #[test]
    fn lists_of_references_keep_a_place_for_what_is_none() {
        let array = Array::from_bytes(b"[1 0 R%c 9 0 R\n2 0 R null[7 0 R]<</A 8 0 R>>3 0 R]").unwrap();
        let found = references(&array, 10);
        let numbers: Vec<_> = found.iter().map(|item| item.map(|it| it.obj_number)).collect();
        assert_eq!(numbers, [Some(1), Some(2), None, None, None, Some(3)]);
        assert_eq!(references(&array, 2).len(), 2);
    }

    #[test]
    fn an_allowance_is_spent_once() {
        let allowance = Allowance::new(10);
        assert!(allowance.take(7));
        assert!(!allowance.take(7));
        assert!(allowance.take(3));
    }
}
