//! Nothing that the page checks of blackletter 0.4.4 find is missed. `data/blackletter-validate.json` holds sequences of
//! readings, and for each the places that its rules flag: its functions `build_analysis` and `build_issues` were run on
//! the readings, and the numbers in its issues were translated to places in the volume.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use domain::{FailureCode, Finding, Severity, VolumeName};
use engine::detection::{Detection, Label};
use engine::findings::{PageResults, VolumeResults, derive_completeness};
use engine::geometry::PageSize;
use engine::measures::PageMeasures;
use engine::numbering::{Reading, number_pages};
use engine::volume::{ColumnBounds, Page};
use serde::Deserialize;

const BOX: [f64; 4] = [900.0, 60.0, 980.0, 105.0];

#[derive(Deserialize)]
struct Recorded {
    name: String,
    first_page: Option<u32>,
    last_page: Option<u32>,
    readings: Vec<Option<String>>,
    flagged: Vec<Flagged>,
}

#[derive(Debug, Deserialize)]
struct Flagged {
    check: String,
    /// Empty if it is about the whole volume.
    pages: Vec<usize>,
}

fn number_box(page_index: usize) -> Detection {
    let (label, label_id) = (Label::PageNumber, Label::PageNumber.id());
    let (img_width, img_height) = (1200, 1900);
    let (page_number, page_number_end, found_by, model_count) = (None, None, Vec::new(), None);
    let (confidence, bbox) = (0.9, BOX);
    Detection {
        page_index,
        label,
        label_id,
        confidence,
        bbox,
        page_number,
        page_number_end,
        img_width,
        img_height,
        found_by,
        model_count,
    }
}

fn findings(recorded: &Recorded) -> Vec<Finding> {
    let name = VolumeName::new("arc", "12", recorded.first_page, recorded.last_page).unwrap();
    let reading = |text: &String| Reading { text: text.clone(), bbox: BOX };
    let readings: Vec<Vec<Reading>> = recorded.readings.iter().map(|text| text.iter().map(reading).collect()).collect();
    let size = PageSize { width_points: 432.0, height_points: 684.0, width_pixels: 1200, height_pixels: 1900 };
    let page = |(index, number)| {
        let (columns, detections) = (ColumnBounds::default(), vec![number_box(index)]);
        Page { index, size, columns, number, detections }
    };
    let numbers = number_pages(&readings, recorded.first_page.unwrap_or(1));
    let pages: Vec<Page> = numbers.into_iter().enumerate().map(page).collect();
    let measures = PageMeasures::default();
    let results = |(page, readings)| PageResults { page, readings, measures: &measures, is_damaged: false };
    let readings = readings.iter().map(Vec::as_slice);
    let pages: Vec<PageResults<'_>> = pages.iter().zip(readings).map(results).collect();
    let findings = derive_completeness(&VolumeResults::of_pages(&name, &pages, &[]));
    findings.into_iter().filter(|finding| is_about_sequence(finding.code)).collect()
}

/// Pages without pixels have findings about their quality, too.
fn is_about_sequence(code: FailureCode) -> bool {
    !code.as_str().starts_with("finding.page_") || code == FailureCode::FindingPageCount
}

fn is_told(flagged: &Flagged, findings: &[Finding]) -> bool {
    let touches = |finding: &Finding| match finding.page_index {
        Some(page) => {
            flagged.pages.contains(&page)
                || finding.evidence.neighbours.iter().any(|other| flagged.pages.contains(other))
        }
        None => true,
    };
    let is_volume = flagged.pages.is_empty() && findings.iter().any(|finding| finding.severity == Severity::MustLook);
    is_volume || findings.iter().any(touches)
}

#[test]
fn nothing_that_blackletter_finds_is_missed() {
    let recorded: Vec<Recorded> = serde_json::from_str(include_str!("data/blackletter-validate.json")).unwrap();
    assert!(recorded.len() > 100 && recorded.iter().map(|recorded| recorded.flagged.len()).sum::<usize>() > 200);
    let mut missed = Vec::new();
    for recorded in &recorded {
        let found = findings(recorded);
        let unseen = recorded.flagged.iter().filter(|flagged| !is_told(flagged, &found));
        missed.extend(
            unseen.map(|flagged| format!("{}: {} on {:?}: {found:?}", recorded.name, flagged.check, flagged.pages)),
        );
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The clean sequences among them.
#[test]
fn a_clean_sequence_has_no_finding() {
    let recorded: Vec<Recorded> = serde_json::from_str(include_str!("data/blackletter-validate.json")).unwrap();
    let clean: Vec<&Recorded> = recorded.iter().filter(|recorded| recorded.name.starts_with("clean")).collect();
    assert_eq!(clean.len(), 2);
    assert!(clean.iter().all(|recorded| findings(recorded).is_empty()));
}
