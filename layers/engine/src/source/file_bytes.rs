//! The file's bytes: mapped into memory that the kernel fills on demand, and the checks of its first and last bytes.

use super::rejection::SourceError;
use memmap2::{Mmap, UncheckedAdvice};
use std::fs::File;
use std::io;
use std::path::Path;

/// How far around a touched byte the kernel also maps pages that are already in its cache.
const FAULT_AROUND: usize = 64 << 10;

/// A read-only mapping of the whole file.
#[derive(Debug)]
pub(super) struct Mapping {
    map: Mmap,
}

impl Mapping {
    /// The file must not be empty.
    #[expect(unsafe_code, reason = "a mapping cannot stop others from writing to the file")]
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the mapping is private to this process and is never written to. The input of a run belongs to that
        // run: it is a download, or a file that its owner does not change meanwhile. If somebody overwrites it
        // anyway, bytes change under a parser that does not trust them.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self { map })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Gives the resident pages of a part of the file back to the kernel, so that reading a volume page by page does
    /// not add up to its size. They return from the page cache when they are touched again.
    pub(super) fn release(&self, offset: usize, length: usize) {
        let start = offset.saturating_sub(FAULT_AROUND);
        let end = offset.saturating_add(length).saturating_add(FAULT_AROUND).min(self.map.len());
        if start < end {
            self.drop_resident(start, end - start);
        }
    }

    /// Gives all resident pages back.
    pub(super) fn release_all(&self) {
        self.drop_resident(0, self.map.len());
    }

    #[expect(unsafe_code, reason = "the advice is harmless only on a mapping that is never written")]
    fn drop_resident(&self, offset: usize, length: usize) {
        // SAFETY: a read-only mapping of a file has no private pages to lose. Anybody who still reads the range sees
        // the same bytes again.
        let advised = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) };
        // This is only advice. If the kernel refuses it, the memory is kept longer and nothing else changes.
        drop(advised);
    }
}

/// Readers accept a header anywhere in the first kibibyte, so some writers put other bytes before it.
const HEADER_WINDOW: usize = 1024;

/// Readers search for the end mark in this many bytes. Padding after it (zero bytes, white space) does not count.
const TAIL_WINDOW: usize = 1024;

/// What the two ends of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The offset of `%PDF-`. In files with bytes before it, object offsets count from here.
    pub(super) header: usize,
    /// The offset of the cross-reference table, as the file gives it; `None` if that is not inside the file.
    pub(super) cross_reference: Option<usize>,
}

/// Checks both ends of the file.
pub(super) fn check(bytes: &[u8]) -> Result<Envelope, SourceError> {
    if bytes.is_empty() {
        return Err(SourceError::Empty);
    }
    let header = find_header(bytes)?;
    let cross_reference = find_start_of_cross_reference(bytes)?;
    Ok(Envelope { header, cross_reference })
}

/// Checks only the beginning.
pub(super) fn check_start(bytes: &[u8]) -> Result<(), SourceError> {
    if bytes.is_empty() {
        return Err(SourceError::Empty);
    }
    find_header(bytes).map(drop)
}

fn find_header(bytes: &[u8]) -> Result<usize, SourceError> {
    let window = &bytes[..bytes.len().min(HEADER_WINDOW)];
    // PostScript may contain `%PDF-` in a comment, and Ghostscript would execute it.
    if looks_like_postscript(window) {
        return Err(SourceError::NotPdf { found: "PostScript" });
    }
    find(window, b"%PDF-").ok_or_else(|| SourceError::NotPdf { found: kind_of(window) })
}

fn looks_like_postscript(window: &[u8]) -> bool {
    let pdf = find(window, b"%PDF-").unwrap_or(window.len());
    find(window, b"%!").is_some_and(|postscript| postscript < pdf) || window.starts_with(&[0xC5, 0xD0, 0xD3, 0xC6])
}

fn kind_of(window: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\xFF\xD8\xFF", "a JPEG image"),
        (b"\x89PNG", "a PNG image"),
        (b"II*\0", "a TIFF image"),
        (b"MM\0*", "a TIFF image"),
        (b"AT&T", "a DjVu document"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"<!", "a web page"),
        (b"<html", "a web page"),
    ];
    let known = KNOWN.iter().find(|(magic, _)| window.starts_with(magic));
    known.map_or("something else", |(_, name)| name)
}

/// A file with an end mark is not cut off. If it does not say where its table is, the objects are searched for.
fn find_start_of_cross_reference(bytes: &[u8]) -> Result<Option<usize>, SourceError> {
    let padding = |byte: &&u8| matches!(**byte, 0 | b' ' | b'\t' | b'\r' | b'\n' | 0x0C | 0x1A);
    let end = bytes.len() - bytes.iter().rev().take_while(padding).count();
    let tail = &bytes[end.saturating_sub(TAIL_WINDOW)..end];
    let mark = find_last(tail, b"%%EOF").ok_or(SourceError::Truncated { missing: "its end mark is missing" })?;
    let keyword = find_last(&tail[..mark], b"startxref");
    let offset = keyword.and_then(|keyword| leading_number(&tail[keyword + b"startxref".len()..mark]));
    Ok(offset.filter(|offset| *offset < bytes.len()))
}

/// The decimal number after any white space; `None` if there is none or it is out of range.
pub(super) fn leading_number(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.trim_ascii_start();
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&digits[..length]).ok()?.parse().ok()
}

/// The offset of the first occurrence. Only positions whose first byte matches are compared completely.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(step) = haystack.get(from..)?.iter().position(|byte| *byte == first) {
        if haystack[from + step..].starts_with(needle) {
            return Some(from + step);
        }
        from += step + 1;
    }
    None
}

/// The offset of the last occurrence.
fn find_last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).rposition(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        check(bytes).map_or_else(|error| error.code().as_str(), |_| "whole")
    }

    #[test]
    fn a_whole_file_gives_both_ends() {
        let envelope = check(b"junk\n%PDF-1.4\nbody\nstartxref\n9\n%%EOF\n\0\0\0").unwrap();
        assert_eq!(envelope, Envelope { header: 5, cross_reference: Some(9) });
    }

    #[test]
    fn other_files_are_named_for_what_they_are() {
        assert_eq!(code(b""), "source.empty");
        assert_eq!(code(b"%!PS-Adobe-3.0\n%PDF-1.4 startxref 1 %%EOF"), "source.not_pdf");
        assert_eq!(code(b"\xC5\xD0\xD3\xC6 %PDF-1.4"), "source.not_pdf");
        assert_eq!(code(b"PK\x03\x04"), "source.not_pdf");
        let late = [&[b' '; 1024][..], b"%PDF-1.4 startxref 1 %%EOF"].concat();
        assert_eq!(code(&late), "source.not_pdf");
    }

    #[test]
    fn the_beginning_alone_tells_a_pdf() {
        let code = |bytes: &[u8]| check_start(bytes).map_or_else(|error| error.code().as_str(), |()| "a PDF");
        assert_eq!(code(b"junk\n%PDF-1.4\nbody that goes on"), "a PDF");
        assert_eq!(code(b""), "source.empty");
        assert_eq!(code(b"%!PS-Adobe-3.0\n%PDF-1.4"), "source.not_pdf");
        assert_eq!(code(b"\x89PNG"), "source.not_pdf");
    }

    #[test]
    fn a_missing_end_is_noticed() {
        assert_eq!(code(b"%PDF-1.4\nbody"), "source.truncated");
        let cut = [b"%PDF-1.4\nstartxref\n0\n%%EOF\n", &[b'x'; 2000][..]].concat();
        assert_eq!(code(&cut), "source.truncated");
    }

    #[test]
    fn a_wrong_pointer_does_not_mean_that_the_end_is_missing() {
        for end in ["%%EOF", "startxref\n4000\n%%EOF", "startxref\n%%EOF"] {
            let envelope = check(format!("%PDF-1.4\n{end}").as_bytes()).unwrap();
            assert_eq!(envelope.cross_reference, None, "{end}");
        }
    }

    #[test]
    fn searches_find_the_first_and_the_last() {
        assert_eq!(find(b"aab aab", b"aab"), Some(0));
        assert_eq!(find(b"aaab", b"aab"), Some(1));
        assert_eq!(find_last(b"aab aab", b"aab"), Some(4));
        assert_eq!(find(b"", b"a"), None);
    }
}
