//! What can be wrong with a name.

use crate::error::ErrorClass;

/// A name that no volume can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    /// The file name does not follow the archive's convention.
    #[error(
        "the file name {name:?} does not say which volume this is; rename it to reporter.volume.first.last.pdf \
         or give reporter, volume and first page yourself"
    )]
    Unrecognised {
        /// The name as it was given.
        name: String,
    },
    /// A reporter or volume that could not be a directory name.
    #[error(
        "{value:?} cannot be a {part}; use 1 to 64 bytes of letters, digits, spaces and -_&', beginning with a letter \
         or digit (a reporter may hold single dots too)"
    )]
    Component {
        /// `reporter` or `volume`.
        part: &'static str,
        /// The value as it was given.
        value: String,
    },
    /// A last page below the first.
    #[error("the last page {last} lies before the first page {first}; give the pages in order")]
    PagesReversed {
        /// Number of the first page.
        first: u32,
        /// Number of the last page.
        last: u32,
    },
}

impl NamingError {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unrecognised { .. } => "naming.unrecognised",
            Self::Component { .. } => "naming.component",
            Self::PagesReversed { .. } => "naming.pages_reversed",
        }
    }

    /// Who can mend it.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        ErrorClass::Input
    }
}
