//! What the models find on a page, in the reference's vocabulary and its `detections.json` schema
//! (specification, sections 1 and 11).

use crate::geometry::Rect;
use serde::{Deserialize, Serialize};

/// The classes of the blackletter models; the discriminant is the class id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[repr(u8)]
pub enum Label {
    /// The publisher's key icon that closes an opinion.
    KeyIcon = 0,
    /// The ornament between head matter and opinion.
    Divider,
    /// Running head.
    PageHeader,
    /// From the parties' names down to the date of decision.
    CaseCaption,
    /// Footnotes of the page.
    Footnotes,
    /// `[3]`: where a headnote points into the opinion.
    HeadnoteBracket,
    /// Counsel and judges after the divider.
    CaseMetadata,
    /// Serial number above a caption.
    CaseSequence,
    /// Printed page number.
    PageNumber,
    /// State abbreviation in the running head.
    StateAbbreviation,
    /// A picture.
    Image,
    /// Heading line of a headnote.
    Headnote,
    /// The publisher's synopsis.
    Background,
    /// Syllabus (`small.pt` stops here).
    Syllabus,
    /// Editorial matter.
    Editorial,
    /// Names of the judges.
    Judges,
    /// A column of text (`medium.pt` stops here).
    TextColumn,
    /// Docket number.
    Docket,
    /// Date.
    Date,
    /// Name of the court.
    Court,
    /// Citation.
    Citation,
    /// Heading inside an opinion (0.4.4, bl-warm).
    Heading,
    /// Block quotation (0.4.4, bl-warm).
    Blockquote,
}

impl Label {
    /// Every label, in the order of the class ids.
    pub const ALL: [Self; 23] = [
        Self::KeyIcon,
        Self::Divider,
        Self::PageHeader,
        Self::CaseCaption,
        Self::Footnotes,
        Self::HeadnoteBracket,
        Self::CaseMetadata,
        Self::CaseSequence,
        Self::PageNumber,
        Self::StateAbbreviation,
        Self::Image,
        Self::Headnote,
        Self::Background,
        Self::Syllabus,
        Self::Editorial,
        Self::Judges,
        Self::TextColumn,
        Self::Docket,
        Self::Date,
        Self::Court,
        Self::Citation,
        Self::Heading,
        Self::Blockquote,
    ];

    /// The label of a class id of the models.
    #[must_use]
    pub fn from_id(id: usize) -> Option<Self> {
        Self::ALL.get(id).copied()
    }

    /// The name in the sidecars: `KEY_ICON`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyIcon => "KEY_ICON",
            Self::Divider => "DIVIDER",
            Self::PageHeader => "PAGE_HEADER",
            Self::CaseCaption => "CASE_CAPTION",
            Self::Footnotes => "FOOTNOTES",
            Self::HeadnoteBracket => "HEADNOTE_BRACKET",
            Self::CaseMetadata => "CASE_METADATA",
            Self::CaseSequence => "CASE_SEQUENCE",
            Self::PageNumber => "PAGE_NUMBER",
            Self::StateAbbreviation => "STATE_ABBREVIATION",
            Self::Image => "IMAGE",
            Self::Headnote => "HEADNOTE",
            Self::Background => "BACKGROUND",
            Self::Syllabus => "SYLLABUS",
            Self::Editorial => "EDITORIAL",
            Self::Judges => "JUDGES",
            Self::TextColumn => "TEXT_COLUMN",
            Self::Docket => "DOCKET",
            Self::Date => "DATE",
            Self::Court => "COURT",
            Self::Citation => "CITATION",
            Self::Heading => "HEADING",
            Self::Blockquote => "BLOCKQUOTE",
        }
    }

    /// The class id.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The confidence from which a box of this label counts (specification, section 1).
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

/// Below this confidence the detector reports nothing.
pub const DETECTOR_FLOOR: f64 = 0.20;

/// One model's vote for a merged box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundBy {
    /// Name of the model: `small` or `medium`.
    pub model: String,
    /// Its confidence, 0 to 1.
    pub confidence: f64,
}

/// One box on one page: an entry of `detections.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Page, from 0.
    pub page_index: usize,
    /// What it is.
    pub label: Label,
    /// The label's class id.
    pub label_id: u8,
    /// 0 to 1; exactly 1 means that a person drew the box.
    pub confidence: f64,
    /// `[x1, y1, x2, y2]` in pixels at 200 dpi.
    pub bbox: [f64; 4],
    /// Number printed on the page; absent means index + first page (specification, section 11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u32>,
    /// Last number of a page that carries a range of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_number_end: Option<u32>,
    /// Width of the page rendered at 200 dpi.
    pub img_width: u32,
    /// Height of the page rendered at 200 dpi.
    pub img_height: u32,
    /// Which models found it, after a merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_by: Vec<FoundBy>,
    /// How many models found it, after a merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_count: Option<usize>,
}

impl Detection {
    /// The box as a rectangle in pixels.
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
