//! What a person may do in the console.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Each role may do what the ones before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(const_into_str, serialize_all = "snake_case")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(type_name = "text", rename_all = "snake_case"))]
pub enum Role {
    /// Sees everything.
    Viewer,
    /// Uploads volumes, names them, and approves results.
    Reviewer,
    /// Retries, cancels and deletes scans, and handles dead letters.
    Operator,
    /// Invites people, and revokes their access.
    Admin,
}

impl Role {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in the database, in commands and in forms.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// What the role is for, for the person who chooses one.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Viewer => "sees everything and changes nothing",
            Self::Reviewer => "uploads, names and approves volumes",
            Self::Operator => "also retries, cancels and deletes, and handles dead letters",
            Self::Admin => "also invites people and revokes their access",
        }
    }
}
