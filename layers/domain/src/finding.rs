//! What a person should look at before a volume is published.

use crate::FailureCode;
use enum_assoc::Assoc;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// How much a finding matters, the worst first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Assoc,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(const_into_str, serialize_all = "snake_case")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(feature = "sqlx", sqlx(type_name = "text", rename_all = "snake_case"))]
#[func(pub const fn label(self) -> &'static str)]
pub enum Severity {
    /// What is published would probably be wrong.
    #[assoc(label = "must look")]
    MustLook,
    /// What is published may be wrong.
    #[assoc(label = "should look")]
    ShouldLook,
    /// Unusual, and probably right.
    #[assoc(label = "note")]
    Note,
}

impl Severity {
    /// The severity in rows and JSON, such as `must_look`.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// One thing that the machine doubts: an entry of `findings.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// A code of class [`Finding`](crate::FailureClass::Finding) or [`Page`](crate::FailureClass::Page).
    pub code: FailureCode,
    pub severity: Severity,
    /// The page's place in the original, from 0. None if the finding is about the whole volume.
    pub page_index: Option<usize>,
    /// A sentence for the person who looks.
    pub message: String,
    #[serde(default)]
    pub evidence: Evidence,
}

/// What decided a finding.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<EvidenceBox>,
    /// What was read, such as the numbers on the page or the words under a cover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<String>,
    /// Other pages that the finding is about, by their place in the original, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neighbours: Vec<usize>,
}

/// A place on the page of a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceBox {
    /// A label of the models, or what else the box stands for, such as `word`.
    pub label: String,
    /// 0 to 1. None for a box that no model found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// `[x1, y1, x2, y2]` in pixels at 200 dpi.
    pub bbox: [f64; 4],
}

/// How many findings of each severity a volume has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FindingCounts {
    pub must_look: usize,
    pub should_look: usize,
    pub note: usize,
}

/// A JSON object in the catalog.
#[cfg(feature = "sqlx")]
impl sqlx::Type<sqlx::Postgres> for FindingCounts {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        sqlx::types::Json::<Self>::type_info()
    }
}

#[cfg(feature = "sqlx")]
impl<'r> sqlx::Decode<'r, sqlx::Postgres> for FindingCounts {
    fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(sqlx::types::Json::<Self>::decode(value)?.0)
    }
}

impl FindingCounts {
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        Self {
            must_look: count(Severity::MustLook),
            should_look: count(Severity::ShouldLook),
            note: count(Severity::Note),
        }
    }
}
