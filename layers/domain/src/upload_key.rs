//! The keys of uploads.

use crate::volume_name::page;
use crate::{LONGEST_KEY, VolumeName};
use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;

/// The key of an upload. Anybody who may upload chooses it, so it can be any text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadKey(String);

/// An upload in a listing of the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedUpload {
    pub key: UploadKey,
    /// The entity tag, without its quotes.
    pub etag: String,
    pub size_bytes: u64,
    /// When the current version was written.
    #[serde(with = "time::serde::rfc3339")]
    pub last_modified: OffsetDateTime,
}

impl UploadKey {
    /// S3 notifies the service only of uploads below this prefix.
    pub const ROOT: &str = "original_scans/";

    /// Where files go whose name does not say which volume they are.
    pub const UNSORTED: &str = "original_scans/unsorted/";

    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// `original_scans/{reporter}/{volume}/{first}/{reporter}.{volume}.{first}.{last}.original.pdf`. None if the name
    /// does not say the first and the last page.
    #[must_use]
    pub fn of_volume(name: &VolumeName) -> Option<Self> {
        let (reporter, volume) = (name.reporter(), name.volume());
        let (first, last) = (name.first_page()?, name.last_page()?);
        let file = format!("{reporter}.{volume}.{first}.{last}.original.pdf");
        Some(Self(format!("{}{reporter}/{volume}/{first}/{file}", Self::ROOT)))
    }

    /// `original_scans/unsorted/{file name}`. None if the file name cannot be part of a key.
    #[must_use]
    pub fn unsorted(file_name: &str) -> Option<Self> {
        let key = Self(format!("{}{file_name}", Self::UNSORTED));
        (!file_name.is_empty() && key.is_storable()).then_some(key)
    }

    /// A key that a person chose. None if it is not below [`UploadKey::ROOT`], names no file, is longer than S3
    /// accepts, or has control characters.
    #[must_use]
    pub fn chosen(key: &str) -> Option<Self> {
        let is_below = key.strip_prefix(Self::ROOT).is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/'));
        Some(Self::new(key)).filter(|key| is_below && key.is_storable())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what [`UploadKey::of_volume`] wrote. None if the key has another form, or if its parts disagree. Leading
    /// zeros of page numbers and the case of `.pdf` do not matter.
    #[must_use]
    pub fn volume_name(&self) -> Option<VolumeName> {
        let mut parts = self.0.strip_prefix(Self::ROOT)?.split('/');
        let (reporter, volume, first, file) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let pages = file.strip_prefix(reporter)?.strip_prefix('.')?.strip_prefix(volume)?.strip_prefix('.')?;
        let (first_again, rest) = pages.split_once('.')?;
        let (last, ending) = rest.split_once('.')?;
        let (first_page, last_page) = (page(first)?, page(last)?);
        let is_consistent = parts.next().is_none() && page(first_again)? == first_page;
        let name = VolumeName::new(reporter, volume, Some(first_page), Some(last_page)).ok()?;
        (is_consistent && is_ending(ending)).then_some(name)
    }

    fn is_storable(&self) -> bool {
        self.0.len() <= LONGEST_KEY && !self.0.contains(char::is_control)
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

fn is_ending(text: &str) -> bool {
    text.strip_prefix("original.").is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"))
}

#[cfg(test)]
mod tests;
