//! Which models look at the pages.

use serde::{Deserialize, Serialize};

/// Which of the reference's models detect the objects on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::Display, Serialize, Deserialize)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum ModelChoice {
    /// The small model alone: fast, but it misses objects.
    Small,
    /// The medium model alone.
    Medium,
    /// Both models, with their boxes merged.
    #[default]
    Both,
}
