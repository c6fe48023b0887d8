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
    /// The name in settings and results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

impl FromStr for PageReader {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::VARIANTS.iter().copied().find(|reader| reader.as_str() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::VARIANTS.iter().map(|reader| reader.as_str()).collect();
            format!("{name} is not one of the readers {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_the_reader_that_it_names() {
        for reader in PageReader::VARIANTS {
            assert_eq!(reader.to_string().parse(), Ok(*reader));
            assert_eq!(serde_json::to_value(reader).unwrap(), reader.as_str());
        }
        let refused = "abbyy".parse::<PageReader>();
        assert_eq!(refused, Err("abbyy is not one of the readers quire, tesseract".to_owned()));
    }
}
