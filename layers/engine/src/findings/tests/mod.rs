//! Small invented volumes, and what is found in them.

mod boundaries;
mod quality;
mod redaction;

use super::remarks::PageRemarks;
use super::{PageResults, VolumeResults, derive};
use crate::detection::{Detection, Label};
use crate::geometry::{PageSize, Rect};
use crate::measures::PageMeasures;
use crate::pairing::{Opinion, pair};
use crate::redact::{Fill, OpinionSpan, Redaction, RedactionPage};
use crate::volume::{ColumnBounds, Page, PageNumber};
use domain::{FailureClass, FailureCode, Finding, Severity, VolumeName};

/// The number printed on the first page.
const FIRST: u32 = 101;

/// A volume of sound pages of two columns, 1,000 pixels wide and 1,600 high.
struct Volume {
    pages: Vec<Page>,
    measures: Vec<PageMeasures>,
    damaged: Vec<usize>,
    covers: Vec<RedactionPage>,
    remarks: Vec<PageRemarks>,
}

fn sound() -> PageMeasures {
    PageMeasures {
        ink: 0.14,
        paper: 0.95,
        darkest_paper: 0.92,
        contrast: 0.85,
        sharpness: 0.15,
        text: 0.9,
        level: 0.74,
        upright: 0.5,
        ..PageMeasures::default()
    }
}

impl Volume {
    fn of(pages: usize) -> Self {
        let size = PageSize { width_points: 360.0, height_points: 576.0, width_pixels: 1000, height_pixels: 1600 };
        let number = |index: usize| PageNumber { first: u32::try_from(index).ok().map(|i| FIRST + i), last: None };
        let page = |index: usize| Page {
            index,
            size,
            columns: ColumnBounds::default(),
            number: number(index),
            detections: Vec::new(),
        };
        Self {
            pages: (0..pages).map(page).collect(),
            measures: vec![sound(); pages],
            damaged: Vec::new(),
            covers: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Adds a box in a column: 400 pixels wide and 40 high, but a key icon is as small as an icon.
    fn with(mut self, page: usize, column: usize, y: f64, label: Label, confidence: f64) -> Self {
        let x = 60.0 + 480.0 * column as f64;
        let width = if label == Label::KeyIcon { 90.0 } else { 400.0 };
        self.pages[page].detections.push(Detection {
            page_index: page,
            label,
            label_id: label.id(),
            confidence,
            bbox: [x, y, x + width, y + 40.0],
            page_number: None,
            page_number_end: None,
            img_width: 1000,
            img_height: 1600,
            found_by: Vec::new(),
            model_count: None,
        });
        self
    }

    fn caption(self, page: usize, y: f64) -> Self {
        self.with(page, 0, y, Label::CaseCaption, 0.95)
    }

    fn key(self, page: usize, y: f64) -> Self {
        self.with(page, 1, y, Label::KeyIcon, 0.94)
    }

    fn measured(mut self, page: usize, change: impl FnOnce(&mut PageMeasures)) -> Self {
        change(&mut self.measures[page]);
        self
    }

    fn covered(mut self, page_index: usize, kind: &str, rect: Rect) -> Self {
        let cover = Redaction { rect, fill: Fill::Black, kind: kind.to_owned() };
        self.covers.push(RedactionPage { page_index, rects: vec![cover] });
        self
    }

    /// All findings but those of the sequence of the pages.
    fn findings(&self) -> Vec<Finding> {
        let opinions = pair(&self.pages, FIRST);
        let span = |opinion: &Opinion| {
            let caption = (opinion.caption_page, Rect::from(opinion.caption_bbox));
            OpinionSpan::new(&self.pages, caption, (opinion.key_page, Rect::from(opinion.key_bbox)))
        };
        let spans: Vec<OpinionSpan> = opinions.iter().filter_map(span).collect();
        let page = |(page, measures): (_, _)| results(page, measures, &self.damaged);
        let pages: Vec<PageResults<'_>> = self.pages.iter().zip(&self.measures).map(page).collect();
        let covers: Vec<&RedactionPage> = self.covers.iter().collect();
        let remarks: Vec<&PageRemarks> = self.remarks.iter().collect();
        let mut findings = derive(&VolumeResults {
            name: &VolumeName::new("a3d", "217", Some(FIRST), None).unwrap(),
            pages: &pages,
            opinions: &opinions,
            spans: &spans,
            covers: &covers,
            remarks: &remarks,
            problems: &[],
        });
        findings.retain(|finding| is_of_pages_and_opinions(finding.code));
        assert!(findings.iter().all(|finding| finding.code.class() == FailureClass::Finding));
        findings
    }

    /// Code, severity and page of each finding.
    fn found(&self) -> Vec<(FailureCode, Severity, Option<usize>)> {
        self.findings().into_iter().map(|finding| (finding.code, finding.severity, finding.page_index)).collect()
    }
}

fn results<'a>(page: &'a Page, measures: &'a PageMeasures, damaged: &[usize]) -> PageResults<'a> {
    PageResults { page, readings: &[], measures, is_damaged: damaged.contains(&page.index) }
}

/// False for findings about the sequence of pages, which have tests of their own.
fn is_of_pages_and_opinions(code: FailureCode) -> bool {
    let code = code.as_str();
    let kinds = ["page_", "key_", "caption_", "pages_uncovered", "opinion_", "boundary_", "headnote_", "bracket_"];
    let others = ["box_", "cover_", "word_"];
    let name = code.strip_prefix("finding.").unwrap_or(code);
    name != "page_count" && kinds.iter().chain(&others).any(|kind| name.starts_with(kind))
}

#[test]
fn a_sound_volume_has_no_findings() {
    let sound = Volume::of(8).caption(0, 200.0).key(3, 700.0).caption(4, 300.0).key(7, 900.0);
    assert_eq!(sound.found(), []);
}
