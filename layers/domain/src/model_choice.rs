//! Which models look at the pages.

use crate::FailureCode;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest name of a model, in bytes.
const LONGEST_NAME: usize = 64;

/// Which models of the installation detect the objects on every page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ModelChoice {
    /// The reference's small model alone: fast, but it misses objects.
    Small,
    /// The reference's medium model alone.
    Medium,
    /// Both models of the reference, with their boxes merged.
    #[default]
    Both,
    /// A model that `quire model import` installed.
    Named(ModelName),
}

/// The name of an imported model. It becomes a file name, so it has only letters, digits, `-` and `_`, and begins with a
/// letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelName(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelNameError {
    #[error(
        "{0:?} cannot be the name of a model. A name has 1 to 64 letters, digits, - and _, and begins with a letter or \
         digit."
    )]
    Form(String),
    #[error("The name `{0}` belongs to the published models.")]
    Reserved(String),
}

impl ModelNameError {
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        FailureCode::ModelName
    }
}

impl ModelName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, ModelNameError> {
        match text.parse()? {
            ModelChoice::Named(name) => Ok(name),
            _ => Err(ModelNameError::Reserved(text.to_owned())),
        }
    }
}

impl FromStr for ModelChoice {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, ModelNameError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        match text {
            "small" => Ok(Self::Small),
            "medium" => Ok(Self::Medium),
            "both" => Ok(Self::Both),
            _ if begins_well && text.len() <= LONGEST_NAME && text.bytes().all(is_plain) => {
                Ok(Self::Named(ModelName(text.to_owned())))
            }
            _ => Err(ModelNameError::Form(text.to_owned())),
        }
    }
}

impl TryFrom<String> for ModelChoice {
    type Error = ModelNameError;

    fn try_from(text: String) -> Result<Self, ModelNameError> {
        text.parse()
    }
}

impl From<ModelChoice> for String {
    fn from(choice: ModelChoice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for ModelChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Both => "both",
            Self::Named(name) => name.as_str(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_written_as_it_is_read() {
        for text in ["small", "medium", "both", "mine", "bl_warm", "yolo11n-2026"] {
            let choice: ModelChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<ModelChoice>(&json).unwrap(), choice);
        }
    }

    #[test]
    fn a_name_cannot_leave_the_directory_of_the_models() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for text in ["", ".", "..", "../small", "a/b", "a.onnx", "-mine", "_mine", "mïne", "a b", "a\0", long.as_str()]
        {
            assert!(text.parse::<ModelChoice>().is_err(), "{text:?}");
            assert!(serde_json::from_value::<ModelChoice>(text.into()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_names_of_the_published_models_are_reserved() {
        for text in ["small", "medium", "both"] {
            assert_eq!(text.parse::<ModelName>(), Err(ModelNameError::Reserved(text.to_owned())));
        }
        assert_eq!("mine".parse::<ModelName>().unwrap().as_str(), "mine");
    }
}
