//! The file as memory that the kernel fills on demand.
//! The first and the last bytes of the file: is it a whole PDF at all?

use super::rejection::SourceError;
use memmap2::{Mmap, UncheckedAdvice};
use std::fs::File;
use std::io;
use std::path::Path;

/// How far around a touched byte the kernel maps pages that it has at hand.
const FAULT_AROUND: usize = 64 << 10;

/// A read-only mapping of the whole file.
#[derive(Debug)]
pub(super) struct Mapping {
    map: Mmap,
}

impl Mapping {
    /// Maps a file that is not empty.
    #[expect(unsafe_code, reason = "a mapping cannot stop others from writing to the file")]
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the mapping is private to this process and never written to. The input of a run
        // belongs to that run (a download, or a file that its owner leaves alone meanwhile); should
        // somebody rewrite it in place, bytes change under a parser that trusts none of them.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self { map })
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Gives the resident pages of a part back to the kernel, so that reading a volume page by page
    /// does not add up to its size. They come back from the page cache when touched again.
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
        // SAFETY: a read-only mapping of a file has no private pages to lose; whoever still reads the
        // range sees the same bytes again.
        let advised = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) };
        // Only advice: where the kernel refuses it, memory is used longer and nothing else differs.
        drop(advised);
    }
}

/// Readers accept a header anywhere in the first kibibyte, so some writers put bytes before it.
const HEADER_WINDOW: usize = 1024;

/// Where readers look for the end mark. Padding (zero bytes, white space) behind it does not count.
const TAIL_WINDOW: usize = 1024;

/// What the envelope says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Envelope {
    /// Offset of `%PDF-`; object offsets count from here in files with bytes before it.
    pub(super) header: usize,
    /// Offset of the cross-reference table, as the file gives it.
    pub(super) cross_reference: usize,
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

/// Checks the beginning alone.
pub(super) fn check_start(bytes: &[u8]) -> Result<(), SourceError> {
    if bytes.is_empty() {
        return Err(SourceError::Empty);
    }
    find_header(bytes).map(drop)
}

fn find_header(bytes: &[u8]) -> Result<usize, SourceError> {
    let window = &bytes[..bytes.len().min(HEADER_WINDOW)];
    // PostScript may carry `%PDF-` in a comment, and Ghostscript would execute it.
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

fn find_start_of_cross_reference(bytes: &[u8]) -> Result<usize, SourceError> {
    let padding = |byte: &&u8| matches!(**byte, 0 | b' ' | b'\t' | b'\r' | b'\n' | 0x0C | 0x1A);
    let end = bytes.len() - bytes.iter().rev().take_while(padding).count();
    let tail = &bytes[end.saturating_sub(TAIL_WINDOW)..end];
    let mark = find_last(tail, b"%%EOF").ok_or(SourceError::Truncated { missing: "its end mark is missing" })?;
    let keyword = find_last(&tail[..mark], b"startxref")
        .ok_or(SourceError::Truncated { missing: "its last line names no table of objects" })?;
    let offset = leading_number(&tail[keyword + b"startxref".len()..mark]).unwrap_or(usize::MAX);
    if offset < bytes.len() {
        return Ok(offset);
    }
    Err(SourceError::Truncated { missing: "its table of objects lies beyond its end" })
}

/// The decimal number after any white space; `None` when there is none or it is out of range.
pub(super) fn leading_number(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.trim_ascii_start();
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&digits[..length]).ok()?.parse().ok()
}

/// Offset of the first occurrence. Compares whole only where the first byte fits.
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

/// Offset of the last occurrence.
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
        assert_eq!(envelope, Envelope { header: 5, cross_reference: 9 });
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
        assert_eq!(code(b"%PDF-1.4\n%%EOF"), "source.truncated");
        assert_eq!(code(b"%PDF-1.4\nstartxref\n4000\n%%EOF"), "source.truncated");
        let cut = [b"%PDF-1.4\nstartxref\n0\n%%EOF\n", &[b'x'; 2000][..]].concat();
        assert_eq!(code(&cut), "source.truncated");
    }

    #[test]
    fn searches_find_the_first_and_the_last() {
        assert_eq!(find(b"aab aab", b"aab"), Some(0));
        assert_eq!(find(b"aaab", b"aab"), Some(1));
        assert_eq!(find_last(b"aab aab", b"aab"), Some(4));
        assert_eq!(find(b"", b"a"), None);
    }
}
