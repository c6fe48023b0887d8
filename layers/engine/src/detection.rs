//! What the models find on a page, in the reference's vocabulary and in its `detections.json` schema. See
//! docs/reference-behaviour.md, "Labels" and "Outputs".

use crate::geometry::Rect;
use domain::FailureCode;
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
    /// The label of a class of a model. The names of the labels count in any case, with spaces or hyphens too; the
    /// other names are those of bl-warm. See docs/reference-behaviour.md, "Labels".
    #[must_use]
    pub fn of_class(name: &str) -> Option<Self> {
        match name {
            "caption" => return Some(Self::CaseCaption),
            "footnote_block" => return Some(Self::Footnotes),
            "keycite" => return Some(Self::Headnote),
            "body" => return Some(Self::TextColumn),
            _ => {}
        }
        name.trim().replace([' ', '-'], "_").parse().ok()
    }

    /// The labels of all classes of a model, in the order of the class ids.
    ///
    /// # Errors
    /// When a class has no label.
    pub fn of_classes(classes: &[String]) -> Result<Vec<Self>, UnknownClass> {
        let label = |class: &String| Self::of_class(class).ok_or_else(|| UnknownClass { class: class.clone() });
        classes.iter().map(label).collect()
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

    /// The lowest confidence at which a box of this label counts, unless the model has a gate of its own. See
    /// docs/reference-behaviour.md, "Labels".
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
        Self::VARIANTS
            .iter()
            .find(is_named)
            .copied()
            .ok_or_else(|| format!("{name} is not one of the labels {}", label_names()))
    }
}

/// A class of a model for which there is no label. A model made it up, so only its beginning is shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The class {:?} is not known. The known classes are {}.", class.chars().take(60).collect::<String>(), known_classes())]
pub struct UnknownClass {
    class: String,
}

impl UnknownClass {
    #[must_use]
    pub const fn code(&self) -> FailureCode {
        FailureCode::ModelClasses
    }
}

fn label_names() -> String {
    let names: Vec<&str> = Label::VARIANTS.iter().map(|label| label.name()).collect();
    names.join(", ")
}

fn known_classes() -> String {
    format!("{}, and bl-warm's caption, footnote_block, keycite and body", label_names())
}

/// The name of the bl-warm models of release 0.4.4 in `detections.json`, whatever their file is called. Readers choose
/// the gates by it.
pub(crate) const BL_WARM: &str = "bl_warm";

/// True if these are the classes of a bl-warm model. Only such models have these two.
#[must_use]
pub(crate) fn is_bl_warm(classes: &[String]) -> bool {
    ["keycite", "body"].iter().all(|name| classes.iter().any(|class| class == name))
}

/// The detector reports no box with a lower confidence.
pub const DETECTOR_FLOOR: f64 = 0.20;

/// One model's vote for a merged box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundBy {
    /// `small`, `medium` or `bl_warm`.
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
    /// The models that found it. Empty if one model looked at the pages, unless it has gates of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_by: Vec<FoundBy>,
    /// How many models found it. `None` if `found_by` is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_count: Option<usize>,
}

impl Detection {
    /// The box in pixels at 200 dpi.
    #[must_use]
    pub fn rect(&self) -> Rect {
        Rect::from(self.bbox)
    }

    /// True when the confidence reaches the gate of the label and of the model.
    #[must_use]
    pub fn passes_gate(&self) -> bool {
        self.confidence >= self.gate()
    }

    fn gate(&self) -> f64 {
        let is_of_bl_warm = !self.found_by.is_empty() && self.found_by.iter().all(|vote| vote.model == BL_WARM);
        match self.label {
            Label::PageHeader | Label::HeadnoteBracket if is_of_bl_warm => 0.30,
            Label::Editorial if is_of_bl_warm => 0.50,
            label => label.gate(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_names_of_the_files_and_the_ids_of_the_models() {
        for (id, label) in Label::VARIANTS.iter().enumerate() {
            assert_eq!(serde_json::to_value(label).unwrap(), label.name());
            assert_eq!(label.name().to_lowercase().parse(), Ok(*label));
            assert_eq!(usize::from(label.id()), id);
        }
    }

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn classes_are_known_by_their_names_and_not_by_their_places() {
        let published = classes(&["Key Icon", "divider", "PAGE_HEADER", "Case-Caption", "Text Column", "Citation"]);
        let expected =
            [Label::KeyIcon, Label::Divider, Label::PageHeader, Label::CaseCaption, Label::TextColumn, Label::Citation];
        assert_eq!(Label::of_classes(&published).unwrap(), expected);
        assert!(!is_bl_warm(&published));
        let warm = classes(&["heading", "blockquote", "keycite", "body", "caption", "footnote_block"]);
        let expected = [
            Label::Heading,
            Label::Blockquote,
            Label::Headnote,
            Label::TextColumn,
            Label::CaseCaption,
            Label::Footnotes,
        ];
        assert_eq!(Label::of_classes(&warm).unwrap(), expected);
        assert!(is_bl_warm(&warm));
    }

    #[test]
    fn an_unknown_class_is_named_with_all_known_ones() {
        let error = Label::of_classes(&classes(&["Key Icon", &"zebra".repeat(1_000)])).unwrap_err().to_string();
        assert!(error.contains("zebra") && error.contains("BLOCKQUOTE") && error.contains("keycite"), "{error}");
        assert!(error.len() < 600, "{error}");
    }

    #[test]
    fn bl_warm_has_gates_of_its_own() {
        let found = |label: Label, confidence: f64, model: Option<&str>| {
            let found_by = model.map(|model| FoundBy { model: model.to_owned(), confidence });
            Detection {
                page_index: 0,
                label,
                label_id: label.id(),
                confidence,
                bbox: [0.0, 0.0, 1.0, 1.0],
                page_number: None,
                page_number_end: None,
                img_width: 1,
                img_height: 1,
                found_by: found_by.into_iter().collect(),
                model_count: None,
            }
        };
        let cases = [
            (Label::PageHeader, 0.30, true, false),
            (Label::HeadnoteBracket, 0.30, true, false),
            (Label::HeadnoteBracket, 0.29, false, false),
            (Label::Editorial, 0.49, false, true),
            (Label::Editorial, 0.50, true, true),
            (Label::Headnote, 0.49, false, false),
        ];
        for (label, confidence, warm, other) in cases {
            assert_eq!(found(label, confidence, Some(BL_WARM)).passes_gate(), warm, "{label:?} {confidence}");
            for model in [None, Some("medium")] {
                assert_eq!(found(label, confidence, model).passes_gate(), other, "{label:?} {confidence}");
            }
        }
    }
}
