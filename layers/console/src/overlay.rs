//! What is drawn over a page: the boxes that the models found, and what is covered. It comes from the JSON files among the
//! results of a scan, which docs/using.md describes.

use crate::error::ConsoleError;
use catalog::ScanDetail;
use domain::{AttemptPrefix, Results};
use objects::{ObjectError, Objects};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Boxes are in pixels at 200 dpi, margins in points.
const PIXELS_PER_POINT: f64 = 200.0 / 72.0;

/// Some 4 kB a page, for the largest volume.
const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// A rectangle in pixels at 200 dpi, with the class of its colour in the style sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub class: &'static str,
    pub label: String,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageOverlay {
    /// Printed on it, as far as it is known.
    pub number: Option<u32>,
    /// In pixels at 200 dpi.
    pub width: f64,
    pub height: f64,
    /// What the models found, and where opinions begin and end.
    pub boxes: Vec<Shape>,
    /// What is covered in the redacted volume.
    pub covers: Vec<Shape>,
}

/// The pages of a volume by their index. A page on which nothing was found is missing.
pub type VolumeOverlay = BTreeMap<usize, PageOverlay>;

/// Keeps the volume that was looked at last. Results never change, so what was read stays right.
#[derive(Debug, Default)]
pub struct Overlays(Mutex<Option<(String, Arc<VolumeOverlay>)>>);

impl Overlays {
    /// # Errors
    /// When there are no results, S3 does not answer, or a file cannot be read.
    pub async fn of(&self, objects: &Objects, scan: &ScanDetail) -> Result<Arc<VolumeOverlay>, ConsoleError> {
        let prefix = scan.scan.result_prefix.as_deref().ok_or(ConsoleError::NotFound)?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, overlay)) = kept.filter(|(kept, _)| kept == prefix) {
            return Ok(overlay);
        }
        let overlay = Arc::new(read_all(objects, &prefix.parse().map_err(ObjectError::Key)?).await?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((prefix.to_owned(), Arc::clone(&overlay)));
        Ok(overlay)
    }
}

async fn read_all(objects: &Objects, prefix: &AttemptPrefix<Results>) -> Result<VolumeOverlay, ConsoleError> {
    let (detections, redactions, margins, opinions) = tokio::try_join!(
        read(objects, prefix, "detections.json"),
        read(objects, prefix, "redaction_rects.json"),
        read(objects, prefix, "margin_rects.json"),
        read(objects, prefix, "opinions.json"),
    )?;
    Ok(assemble(detections, redactions, margins, opinions))
}

async fn read<T: DeserializeOwned>(
    objects: &Objects,
    prefix: &AttemptPrefix<Results>,
    file: &'static str,
) -> Result<Vec<T>, ConsoleError> {
    let key = prefix.join(file).map_err(ObjectError::Key)?;
    let content = objects.read(&key, LARGEST_FILE).await?;
    serde_json::from_slice(&content).map_err(|cause| ConsoleError::Sidecar { file, cause })
}

#[derive(Debug, Deserialize)]
struct Detection {
    page_index: usize,
    label: String,
    /// `[x1, y1, x2, y2]`
    bbox: [f64; 4],
    page_number: Option<u32>,
    img_width: f64,
    img_height: f64,
}

#[derive(Debug, Deserialize)]
struct Covers {
    page_index: usize,
    rects: Vec<Cover>,
    /// Points. Only margins have them.
    page_width: Option<f64>,
    page_height: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Cover {
    x0: f64,
    y0: f64,
    x1: f64,
    y1: f64,
    /// White if it is missing, as in the margins.
    fill: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Opinion {
    caption_page: usize,
    caption_bbox: [f64; 4],
    key_page: usize,
    key_bbox: [f64; 4],
}

fn assemble(
    detections: Vec<Detection>,
    redactions: Vec<Covers>,
    margins: Vec<Covers>,
    opinions: Vec<Opinion>,
) -> VolumeOverlay {
    let mut pages = VolumeOverlay::new();
    for found in detections {
        let page = pages.entry(found.page_index).or_default();
        (page.number, page.width, page.height) = (page.number.or(found.page_number), found.img_width, found.img_height);
        let label = found.label.to_lowercase().replace('_', " ");
        page.boxes.push(shape(found.bbox, "box", &label));
    }
    for of_page in margins {
        let page = pages.entry(of_page.page_index).or_default();
        if page.width == 0.0 {
            let pixels = |points: Option<f64>| points.unwrap_or_default() * PIXELS_PER_POINT;
            (page.width, page.height) = (pixels(of_page.page_width), pixels(of_page.page_height));
        }
        let scaled = |cover: &Cover| [cover.x0, cover.y0, cover.x1, cover.y1].map(|points| points * PIXELS_PER_POINT);
        page.covers.extend(of_page.rects.iter().map(|cover| shape(scaled(cover), "white", "margin")));
    }
    for of_page in redactions {
        let page = pages.entry(of_page.page_index).or_default();
        for Cover { x0, y0, x1, y1, fill } in of_page.rects {
            let class = if fill.as_deref() == Some("black") { "black" } else { "white" };
            page.covers.push(shape([x0, y0, x1, y1], class, "covered"));
        }
    }
    for (place, opinion) in opinions.iter().enumerate() {
        let ends =
            [(opinion.caption_page, opinion.caption_bbox, "begins"), (opinion.key_page, opinion.key_bbox, "ends")];
        for (page, bbox, what) in ends {
            let label = format!("opinion {} {what}", place + 1);
            pages.entry(page).or_default().boxes.push(shape(bbox, "boundary", &label));
        }
    }
    pages
}

/// A box `[x1, y1, x2, y2]`.
pub fn shape([x1, y1, x2, y2]: [f64; 4], class: &'static str, label: &str) -> Shape {
    let (width, height) = ((x2 - x1).max(0.0), (y2 - y1).max(0.0));
    Shape { x: x1, y: y1, width, height, class, label: label.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed<T: DeserializeOwned>(text: &str) -> Vec<T> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn boxes_covers_and_margins_share_one_scale() {
        let detections = r#"[{"page_index": 0, "label": "CASE_CAPTION", "bbox": [81.3, 168.7, 574.6, 589.9], "page_number": 201,
            "img_width": 1200, "img_height": 1900, "confidence": 0.9}]"#;
        let redactions = r#"[{"page_index": 0, "rects": [
            {"x0": 73.0, "y0": 594.0, "x1": 591.0, "y1": 1182.1, "fill": "black", "type": "headnote"},
            {"x0": 404.1, "y0": 94.6, "x1": 802.0, "y1": 152.9, "fill": "white", "type": "PAGE_HEADER"}]}]"#;
        let margins = r#"[{"page_index": 0, "rects": [{"x0": 0.0, "y0": 0.0, "x1": 432.0, "y1": 21.6}], "page_width": 432.0,
            "page_height": 684.0}, {"page_index": 1, "rects": [], "page_width": 432.0, "page_height": 684.0}]"#;
        let opinions = r#"[{"caption_page": 0, "caption_bbox": [81.3, 168.7, 574.6, 589.9], "key_page": 1,
            "key_bbox": [231.7, 1059.4, 434.3, 1126.6]}]"#;
        let pages = assemble(parsed(detections), parsed(redactions), parsed(margins), parsed(opinions));
        let first = &pages[&0];
        assert_eq!((first.number, first.width, first.height), (Some(201), 1200.0, 1900.0));
        let classes: Vec<&str> = first.covers.iter().map(|cover| cover.class).collect();
        assert_eq!(classes, ["white", "black", "white"]);
        assert!((first.covers[0].width - 1200.0).abs() < 1e-9 && (first.covers[0].height - 60.0).abs() < 1e-9);
        let labels: Vec<&str> = first.boxes.iter().map(|found| found.label.as_str()).collect();
        assert_eq!(labels, ["case caption", "opinion 1 begins"]);
        assert_eq!((pages[&1].number, pages[&1].width.round()), (None, 1200.0));
        assert_eq!(pages[&1].boxes[0].label, "opinion 1 ends");
    }
}
