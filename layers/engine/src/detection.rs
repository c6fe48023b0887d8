//! What the models find on a page, in the reference's vocabulary and in its `detections.json` schema. See
//! docs/reference-behaviour.md, "Labels" and "Outputs".

use crate::geometry::Rect;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use strum::{IntoStaticStr, VariantArray};

/// The classes of the blackletter models; the discriminant is the class id.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(const_into_str, serialize_all = "SCREAMING_SNAKE_CASE")]
#[repr(u8)]
pub enum Label {
    /// The publisher's key icon at the end of an opinion.
    KeyIcon = 0,
    /// The ornament between head matter and opinion.
    Divider,
    /// Running head.
    PageHeader,
    /// From the parties' names down to the date of decision.
    CaseCaption,
    Footnotes,
    /// `[3]`: marks the passage of the opinion that headnote 3 summarises.
    HeadnoteBracket,
    /// Counsel and judges, after the divider.
    CaseMetadata,
    /// The serial number above a caption.
    CaseSequence,
    PageNumber,
    /// The abbreviation of the state in the running head.
    StateAbbreviation,
    Image,
    /// Heading line of a headnote.
    Headnote,
    /// The publisher's synopsis.
    Background,
    /// The last label of `small.pt`.
    Syllabus,
    Editorial,
    Judges,
    /// A column of text; the last label of `medium.pt`.
    TextColumn,
    Docket,
    Date,
    Court,
    Citation,
    /// A heading inside an opinion. Only the bl-warm model of release 0.4.4 has it and the next label.
    Heading,
    Blockquote,
}

impl Label {
    #[must_use]
    pub fn from_id(id: usize) -> Option<Self> {
        Self::VARIANTS.get(id).copied()
    }

    /// The name in the output files, such as `KEY_ICON`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    /// True for a part of a running head or foot.
    #[must_use]
    pub const fn is_running(self) -> bool {
        matches!(self, Self::PageHeader | Self::PageNumber | Self::StateAbbreviation)
    }

    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The lowest confidence at which a box of this label counts. See docs/reference-behaviour.md, "Labels".
    #[must_use]
    pub const fn gate(self) -> f64 {
        match self {
            Self::KeyIcon
            | Self::CaseCaption
            | Self::PageHeader
            | Self::Headnote
            | Self::HeadnoteBracket
            | Self::Background => 0.50,
            Self::PageNumber => 0.75,
            _ => DETECTOR_FLOOR,
        }
    }
}

/// A name of the output files, in upper or lower case.
impl FromStr for Label {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let is_named = |label: &&Self| label.name().eq_ignore_ascii_case(name.trim());
        Self::VARIANTS.iter().find(is_named).copied().ok_or_else(|| {
            let names: Vec<&str> = Self::VARIANTS.iter().map(|label| label.name()).collect();
            format!("{name} is not one of the labels {}", names.join(", "))
        })
    }
}

/// The detector reports no box with a lower confidence.
pub const DETECTOR_FLOOR: f64 = 0.20;

/// One model's vote for a merged box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundBy {
    /// `small` or `medium`.
    pub model: String,
    /// 0 to 1.
    pub confidence: f64,
}

/// One box on one page: an entry of `detections.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Page, from 0.
    pub page_index: usize,
    pub label: Label,
    pub label_id: u8,
    /// 0 to 1. Exactly 1 means that a person drew the box.
    pub confidence: f64,
    /// `[x1, y1, x2, y2]` in pixels at 200 dpi.
    pub bbox: [f64; 4],
    /// The number printed on the page. If it is absent, the number is the page's index + the volume's first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u32>,
    /// The last number of a page that carries a range of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_number_end: Option<u32>,
    /// Width of the page rendered at 200 dpi.
    pub img_width: u32,
    /// Height of the page rendered at 200 dpi.
    pub img_height: u32,
    /// The models that found it. Empty before a merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_by: Vec<FoundBy>,
    /// How many models found it. `None` before a merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_count: Option<usize>,
}

impl Detection {
    /// The box in pixels at 200 dpi.
    #[must_use]
    pub fn rect(&self) -> Rect {
        let [x0, y0, x1, y1] = self.bbox;
        Rect::new(x0, y0, x1, y1)
    }

    /// True when the confidence reaches the label's gate.
    #[must_use]
    pub fn passes_gate(&self) -> bool {
        self.confidence >= self.label.gate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_names_of_the_files_and_the_ids_of_the_models() {
        for (id, label) in Label::VARIANTS.iter().enumerate() {
            assert_eq!(serde_json::to_value(label).unwrap(), label.name());
            assert_eq!((usize::from(label.id()), Label::from_id(id)), (id, Some(*label)));
            assert_eq!(label.name().to_lowercase().parse(), Ok(*label));
        }
    }
}
