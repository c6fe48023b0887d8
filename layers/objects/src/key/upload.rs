//! Keys of uploads, and what the archive's convention says with them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where uploads are.
pub(crate) const UPLOAD_ROOT: &str = "original_scans/";

/// The largest page number that is believed; beyond it a key does not follow the convention.
const LARGEST_PAGE: u32 = 9_999_999;

/// The key of an upload, in whatever form somebody chose it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadKey(String);

/// What a key of the archive's convention says about its volume.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct KeyIdentity {
    /// The reporter, as in `F.3d`.
    pub reporter: String,
    /// The volume; mostly a number.
    pub volume: String,
    /// The first printed page; at most 9,999,999.
    pub first_page: u32,
    /// The last printed page; not before the first, at most 9,999,999.
    pub last_page: u32,
}

impl UploadKey {
    /// Any text: hostile ones are keys too.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key as S3 knows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `original_scans/{reporter}/{volume}/{first}/{reporter}.{volume}.{first}.{last}.original.pdf`. `None`
    /// when the key does not follow that convention, or when its parts disagree. Reporters and volumes may
    /// contain dots; the case of `.pdf` does not matter.
    #[must_use]
    pub fn identity(&self) -> Option<KeyIdentity> {
        let mut parts = self.0.strip_prefix(UPLOAD_ROOT)?.split('/');
        let (reporter, volume, first, file) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !is_name(reporter) || !is_name(volume) {
            return None;
        }
        let pages = file.strip_prefix(reporter)?.strip_prefix('.')?.strip_prefix(volume)?.strip_prefix('.')?;
        let (first_again, rest) = pages.split_once('.')?;
        let (last, ending) = rest.split_once('.')?;
        let (first_page, last_page) = (page(first)?, page(last)?);
        let is_consistent = page(first_again)? == first_page && first_page <= last_page;
        let identity = KeyIdentity { reporter: reporter.to_owned(), volume: volume.to_owned(), first_page, last_page };
        (is_consistent && is_ending(ending)).then_some(identity)
    }
}

impl fmt::Display for UploadKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for UploadKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Names of reporters and volumes go on into file names: nothing in them may lead elsewhere.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && !text.contains(|char: char| char.is_control() || char == '\\')
}

fn is_ending(text: &str) -> bool {
    text.strip_prefix("original.").is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"))
}

/// Digits only: `parse` alone would take a sign.
fn page(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|page| is_number && *page <= LARGEST_PAGE)
}

#[cfg(test)]
mod tests;
