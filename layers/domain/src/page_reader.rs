//! What reads the words of the pages.

use serde::{Deserialize, Serialize};
use std::str::FromStr;
use strum::{Display, IntoStaticStr, VariantArray};

/// What reads the words of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Display, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum PageReader {
    /// Quire itself, with the network of the language. Tesseract reads the pages that Quire cannot read with
    /// certainty, and all pages of a language whose network is not installed.
    #[default]
    Quire,
    /// The program Tesseract.
    Tesseract,
}

impl PageReader {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in settings and results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// A name that no reader has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} reads no pages; the readers are quire and tesseract")]
pub struct PageReaderError(String);

impl FromStr for PageReader {
    type Err = PageReaderError;

    fn from_str(text: &str) -> Result<Self, PageReaderError> {
        let found = Self::ALL.iter().copied().find(|reader| reader.as_str() == text);
        found.ok_or_else(|| PageReaderError(text.to_owned()))
    }
}
