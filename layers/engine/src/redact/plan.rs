//! Everything that is covered on one page, and what an opinion's head matter is made of.

use super::brackets::find_brackets;
use super::headnotes::headnote_rects;
use super::ink::Ink;
use super::marks::{bracket, mark_rects};
use super::protection::keep_page_numbers;
use super::span::OpinionSpan;
use crate::detection::Label;
use crate::geometry::Rect;
use crate::text::Line;
use crate::volume::Page;
use serde::{Deserialize, Serialize};

/// The colour of a cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Something was taken out here.
    Black,
    /// Paper: furniture of the page that nobody misses.
    White,
}

/// One cover: an entry of `redaction_rects.json` (specification, section 11). Pixels at 200 dpi.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redaction {
    /// Where.
    #[serde(flatten)]
    pub rect: Rect,
    /// In which colour.
    pub fill: Fill,
    /// `headnote` or the label's name.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Redaction {
    /// A cover for a box of a label.
    pub(super) fn of_label(rect: Rect, fill: Fill, label: Label) -> Self {
        Self { rect: rect.rounded_to_tenths(), fill, kind: label.name().to_owned() }
    }

    /// A cover for head matter.
    pub(super) fn of_headnotes(rect: Rect) -> Self {
        Self { rect: rect.rounded_to_tenths(), fill: Fill::Black, kind: "headnote".to_owned() }
    }
}

/// A page of `redaction_rects.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedactionPage {
    /// Page, from 0.
    pub page_index: usize,
    /// Its covers.
    pub rects: Vec<Redaction>,
}

/// The covers of one page. `lines` are the page's words in pixels at 200 dpi, when it was read.
#[must_use]
pub fn plan_page(page: &Page, opinions: &[OpinionSpan], ink: &Ink, lines: &[Line]) -> Vec<Redaction> {
    let here = opinions.iter().filter(|span| (span.caption_page..=span.key_page).contains(&page.index));
    let mut covers: Vec<Redaction> =
        here.flat_map(|span| headnote_rects(page, span, ink)).map(Redaction::of_headnotes).collect();
    covers.extend(mark_rects(page, ink));
    let standing = find_brackets(page, opinions, lines);
    let standing: Vec<Redaction> =
        standing.iter().map(|rect| bracket(rect, ink)).filter_map(|rect| uncovered(rect, &covers)).collect();
    covers.extend(standing);
    keep_page_numbers(page, ink, covers)
}

/// A bracket that only its words gave away, unless it is covered already.
fn uncovered(rect: Rect, covers: &[Redaction]) -> Option<Redaction> {
    let is_covered = covers.iter().any(|cover| cover.rect.contains(&rect));
    (!is_covered).then(|| Redaction::of_label(rect, Fill::Black, Label::HeadnoteBracket))
}
