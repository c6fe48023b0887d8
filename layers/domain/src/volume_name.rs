//! The name of a volume: how it is read from a file name, and the names of the files that come out of it.
//!
//! The rules are those of the reference (docs/reference-behaviour.md, "Naming"). Reporter and volume become directory
//! names and parts of S3 keys, so a name never holds anything that could leave its directory.

use crate::FailureCode;
use enum_assoc::Assoc;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Longest reporter or volume, in bytes.
const LONGEST_PART: usize = 64;

/// The largest page number that is believed.
const LARGEST_PAGE: u32 = 9_999_999;

/// Words that tools append to a file name and that say nothing about the volume.
const PROCESSING_WORDS: [&str; 8] = ["redacted", "ocr", "compressed", "dupes", "bitonal", "copy", "fixed", "original"];

/// Reporter, volume and, where known, the printed numbers of the first and last page.
///
/// Reporter and volume are safe as directory names. Page numbers are at most 9,999,999, and the last is not below the
/// first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VolumeName {
    reporter: String,
    volume: String,
    first_page: Option<u32>,
    last_page: Option<u32>,
}

/// What a person says about a file. It completes and overrides what the file's name says.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameParts<'a> {
    pub reporter: Option<&'a str>,
    pub volume: Option<&'a str>,
    pub first_page: Option<u32>,
    pub last_page: Option<u32>,
}

/// Why a text or its parts are not the name of a volume.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum NamingError {
    #[error("The file name {name:?} does not say which volume this is.")]
    #[assoc(code = FailureCode::NamingUnrecognised)]
    Unrecognised { name: String },
    /// `part` is "reporter" or "volume".
    #[error("{value:?} cannot be a {part}.")]
    #[assoc(code = FailureCode::NamingComponent)]
    Component { part: &'static str, value: String },
    #[error("The last page {last} is before the first page {first}.")]
    #[assoc(code = FailureCode::NamingPagesReversed)]
    PagesReversed { first: u32, last: u32 },
    #[error("{page} is too large for a page number; the largest is {LARGEST_PAGE}.")]
    #[assoc(code = FailureCode::NamingPageTooLarge)]
    PageTooLarge { page: u32 },
}

impl VolumeName {
    /// # Errors
    /// [`NamingError::Component`] when reporter or volume is not safe as a directory name,
    /// [`NamingError::PagesReversed`] when the last page is before the first, [`NamingError::PageTooLarge`].
    pub fn new(
        reporter: &str,
        volume: &str,
        first_page: Option<u32>,
        last_page: Option<u32>,
    ) -> Result<Self, NamingError> {
        check_component("reporter", reporter, true)?;
        check_component("volume", volume, false)?;
        match (first_page, last_page) {
            (Some(first), Some(last)) if last < first => {
                return Err(NamingError::PagesReversed { first, last });
            }
            _ => {}
        }
        if let Some(page) = first_page.max(last_page).filter(|page| *page > LARGEST_PAGE) {
            return Err(NamingError::PageTooLarge { page });
        }
        Ok(Self { reporter: reporter.to_owned(), volume: volume.to_owned(), first_page, last_page })
    }

    /// Reads `reporter.volume.first.last.pdf`, also without the last or both page numbers, and with any of the
    /// words that processing appends (`_ocr`, `.original`, …), in upper or lower case.
    ///
    /// # Errors
    /// [`NamingError::Unrecognised`] when the name has another form; otherwise as [`VolumeName::new`].
    pub fn parse(file_name: &str) -> Result<Self, NamingError> {
        let parts: Vec<&str> = stem(file_name).split('.').collect();
        let unrecognised = || NamingError::Unrecognised { name: file_name.to_owned() };
        let pages: Vec<u32> = trailing_pages(&parts);
        let Some((volume, reporter)) = parts[..parts.len() - pages.len()].split_last() else {
            return Err(unrecognised());
        };
        // Only the full form is unmistakable; a shorter one must look like `reporter.217`.
        let shortened = pages.len() < 2
            && (reporter.len() > 1 || !volume.starts_with(|character: char| character.is_ascii_digit()));
        if shortened || reporter.is_empty() || parts.iter().any(|part| part.is_empty()) {
            return Err(unrecognised());
        }
        Self::new(&reporter.join("."), volume, pages.first().copied(), pages.get(1).copied())
    }

    /// The name of a file, completed by what a person says about it.
    ///
    /// # Errors
    /// [`NamingError::Unrecognised`] when neither of them says the reporter and the volume; otherwise as
    /// [`VolumeName::new`].
    pub fn completed(file_name: &str, said: &NameParts<'_>) -> Result<Self, NamingError> {
        let parsed = Self::parse(file_name);
        let name = parsed.as_ref().ok();
        let reporter = said.reporter.or(name.map(Self::reporter));
        let volume = said.volume.or(name.map(Self::volume));
        let first_page = said.first_page.or(name.and_then(Self::first_page));
        let last_page = said.last_page.or(name.and_then(Self::last_page));
        match (reporter, volume) {
            (Some(reporter), Some(volume)) => Self::new(reporter, volume, first_page, last_page),
            _ => parsed,
        }
    }

    /// Reads the last component of a path; see [`VolumeName::parse`].
    ///
    /// # Errors
    /// As [`VolumeName::parse`]; a name that is not UTF-8 is unrecognised.
    pub fn from_path(path: &Path) -> Result<Self, NamingError> {
        path.file_name()
            .and_then(|name| name.to_str())
            .map_or_else(|| Err(NamingError::Unrecognised { name: path.to_string_lossy().into_owned() }), Self::parse)
    }

    /// Such as `a3d`.
    #[must_use]
    pub fn reporter(&self) -> &str {
        &self.reporter
    }

    /// Such as `217`.
    #[must_use]
    pub fn volume(&self) -> &str {
        &self.volume
    }

    /// Number printed on the first page, where the name says it.
    #[must_use]
    pub const fn first_page(&self) -> Option<u32> {
        self.first_page
    }

    /// Number printed on the last page, where the name says it.
    #[must_use]
    pub const fn last_page(&self) -> Option<u32> {
        self.last_page
    }

    /// The directory of the outputs, relative to the output directory: `{reporter}/{volume}/{first page}`.
    #[must_use]
    pub fn directory(&self, first_page: u32) -> PathBuf {
        [self.reporter.as_str(), self.volume.as_str(), &first_page.to_string()].iter().collect()
    }
    /// The whole volume, compressed and searchable: `{reporter}.{volume}.{first}.{last}.pdf`.
    #[must_use]
    pub fn volume_file(&self, first: u32, last: u32) -> String {
        format!("{}.{}.{first}.{last}.pdf", self.reporter, self.volume)
    }

    /// The whole volume, redacted: `{reporter}.{volume}.{first}.{last}.redacted.pdf`.
    #[must_use]
    pub fn redacted_file(&self, first: u32, last: u32) -> String {
        format!("{}.{}.{first}.{last}.redacted.pdf", self.reporter, self.volume)
    }
}

/// One file name for each opinion, given the first and last printed number of each, in order:
/// `{reporter}.{volume}.0101-0104.pdf`. Where several opinions have the same pages, each of them, the first included,
/// gets `-1`, `-2`, … in order.
#[must_use]
pub fn opinion_files(name: &VolumeName, pages: &[(u32, u32)]) -> Vec<String> {
    let mut seen: HashMap<(u32, u32), (usize, usize)> = HashMap::new();
    for range in pages {
        seen.entry(*range).or_default().0 += 1;
    }
    pages
        .iter()
        .map(|&(first, last)| {
            let base = format!("{}.{}.{first:04}-{last:04}", name.reporter, name.volume);
            let (total, used) = seen.entry((first, last)).or_default();
            *used += 1;
            if *total > 1 { format!("{base}-{used}.pdf") } else { format!("{base}.pdf") }
        })
        .collect()
}

/// A picture cut from a page: `{page number}-{its place on the page, from 1}.png`.
#[must_use]
pub fn image_file(page: u32, sequence: usize) -> String {
    format!("{page:04}-{sequence:03}.png")
}

/// The file name without `.pdf` and without the words that processing appended, in any order.
fn stem(file_name: &str) -> &str {
    let mut stem = strip_suffix_ignoring_case(file_name, ".pdf").unwrap_or(file_name);
    while let Some(shorter) = PROCESSING_WORDS
        .iter()
        .find_map(|word| strip_suffix_ignoring_case(stem, word)?.strip_suffix(['_', '-', '.', ' ']))
    {
        stem = shorter;
    }
    stem
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let start = text.len().checked_sub(suffix.len())?;
    let (head, tail) = text.split_at_checked(start)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

/// The page numbers at the end: at most two, leaving two parts for reporter and volume.
fn trailing_pages(parts: &[&str]) -> Vec<u32> {
    let candidates = parts.get(2..).unwrap_or_default();
    let last_two = &candidates[candidates.len().saturating_sub(2)..];
    let count = last_two.iter().rev().take_while(|part| page(part).is_some()).count();
    last_two[last_two.len() - count..].iter().filter_map(|part| page(part)).collect()
}

/// Digits only: `u32` would also parse `+7`.
pub(crate) fn page(part: &str) -> Option<u32> {
    let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
    part.parse().ok().filter(|page| is_number && *page <= LARGEST_PAGE)
}

/// Allows what is safe as a directory name on every system, and refuses everything else: separators, control
/// characters, leading dots and dashes, and characters that change the direction of writing.
fn check_component(part: &'static str, value: &str, dots: bool) -> Result<(), NamingError> {
    let allowed =
        |character: char| character.is_alphanumeric() || "-_ &'".contains(character) || (dots && character == '.');
    let safe = (1..=LONGEST_PART).contains(&value.len())
        && value.chars().all(allowed)
        && value.starts_with(char::is_alphanumeric)
        && !value.ends_with(['.', ' '])
        && !value.contains("..");
    if safe { Ok(()) } else { Err(NamingError::Component { part, value: value.to_owned() }) }
}

#[cfg(test)]
mod tests;
