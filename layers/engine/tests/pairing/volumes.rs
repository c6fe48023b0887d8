//! Volumes that are made for the tests: boxes on pages of 1700 × 2200 pixels with two columns.

use engine::detection::{Detection, Label};
use engine::pairing::{Opinion, pages_from_detections, pair};

pub const WIDTH: u32 = 1700;
pub const HEIGHT: u32 = 2200;

/// The left edges of the columns, and their width.
pub const COLUMNS: [f64; 2] = [250.0, 910.0];
pub const COLUMN_WIDTH: f64 = 540.0;

pub fn found(page_index: usize, label: Label, bbox: [f64; 4], confidence: f64) -> Detection {
    Detection {
        page_index,
        label,
        label_id: label.id(),
        confidence,
        bbox,
        page_number: None,
        page_number_end: None,
        img_width: WIDTH,
        img_height: HEIGHT,
        found_by: Vec::new(),
        model_count: None,
    }
}

/// A box over the full width of a column.
pub fn block(page: usize, label: Label, column: usize, top: f64, height: f64) -> Detection {
    let left = COLUMNS[column];
    found(page, label, [left, top, left + COLUMN_WIDTH, top + height], 0.95)
}

pub fn caption(page: usize, column: usize, top: f64) -> Detection {
    block(page, Label::CaseCaption, column, top, 300.0)
}

/// A key icon of the usual size in the middle of a column.
pub fn key(page: usize, column: usize, top: f64) -> Detection {
    let left = COLUMNS[column] + 170.0;
    found(page, Label::KeyIcon, [left, top, left + 200.0, top + 80.0], 0.95)
}

pub fn with_confidence(confidence: f64, detection: Detection) -> Detection {
    Detection { confidence, ..detection }
}

pub fn columns(pages: usize) -> Vec<Detection> {
    let page = |page| [0, 1].map(|column| block(page, Label::TextColumn, column, 200.0, 1800.0));
    (0..pages).flat_map(page).collect()
}

pub fn paired(detections: Vec<Detection>) -> Vec<Opinion> {
    pair(&pages_from_detections(detections, None, 1), 1)
}

/// `[caption page, caption top, key page, key top]` of each opinion of a volume with columns.
pub fn ends(detections: Vec<Detection>) -> Vec<[f64; 4]> {
    let pages = detections.iter().map(|found| found.page_index + 1).max().unwrap_or(0);
    paired([columns(pages), detections].concat())
        .iter()
        .map(|opinion| {
            [opinion.caption_page as f64, opinion.caption_bbox[1], opinion.key_page as f64, opinion.key_bbox[1]]
        })
        .collect()
}
