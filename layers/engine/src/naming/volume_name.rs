//! The identity of a volume, and how it is read from a file name.

use super::NamingError;
use std::path::{Path, PathBuf};

/// Longest reporter or volume, in bytes.
const MAX_COMPONENT_BYTES: usize = 64;

/// Words that tools append to a file name and that say nothing about the volume (specification, section 6).
const PROCESSING_WORDS: [&str; 8] = ["redacted", "ocr", "compressed", "dupes", "bitonal", "copy", "fixed", "original"];

/// Which volume this is: reporter, volume and, where known, its printed pages. Reporter and volume are safe as
/// directory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeName {
    reporter: String,
    volume: String,
    first_page: Option<u32>,
    last_page: Option<u32>,
}

impl VolumeName {
    /// A name from its parts.
    ///
    /// # Errors
    /// [`NamingError::Component`] when reporter or volume could not be a directory name,
    /// [`NamingError::PagesReversed`] when the last page lies before the first.
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
        Ok(Self { reporter: reporter.to_owned(), volume: volume.to_owned(), first_page, last_page })
    }

    /// Reads `reporter.volume.first.last.pdf`, also without the last or both page numbers, and with any of the
    /// words that processing appends (`_ocr`, `.original`, …), in upper or lower case (specification, section 6).
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

    /// Reads the last component of a path; see [`VolumeName::parse`].
    ///
    /// # Errors
    /// As [`VolumeName::parse`]; a name that is no UTF-8 is unrecognised.
    pub fn from_path(path: &Path) -> Result<Self, NamingError> {
        path.file_name()
            .and_then(|name| name.to_str())
            .map_or_else(|| Err(NamingError::Unrecognised { name: path.to_string_lossy().into_owned() }), Self::parse)
    }

    /// The reporter, such as `a3d`.
    #[must_use]
    pub fn reporter(&self) -> &str {
        &self.reporter
    }

    /// The volume, such as `217`.
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

    /// Where the outputs belong, relative to the output directory: `<reporter>/<volume>/<first page>`.
    #[must_use]
    pub fn directory(&self, first_page: u32) -> PathBuf {
        [self.reporter.as_str(), self.volume.as_str(), &first_page.to_string()].iter().collect()
    }
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

/// A page number; `+7`, which `u32` would parse, is none.
fn page(part: &str) -> Option<u32> {
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
}

/// Holds what is safe as a directory name on every system, and refuses all else: separators, control
/// characters, leading dots and dashes, and characters that turn the direction of writing.
fn check_component(part: &'static str, value: &str, dots: bool) -> Result<(), NamingError> {
    let allowed =
        |character: char| character.is_alphanumeric() || "-_ &'".contains(character) || (dots && character == '.');
    let safe = (1..=MAX_COMPONENT_BYTES).contains(&value.len())
        && value.chars().all(allowed)
        && value.starts_with(char::is_alphanumeric)
        && !value.ends_with(['.', ' '])
        && !value.contains("..");
    if safe { Ok(()) } else { Err(NamingError::Component { part, value: value.to_owned() }) }
}
