//! Derives the findings of a volume from its results.

use super::detected_page::DetectedPage;
use super::redact_pages::Redacted;
use super::run::Run;
use crate::findings::remarks::PageRemarks;
use crate::findings::{PageResults, VolumeResults, derive, derive_completeness};
use crate::redact::RedactionPage;
use crate::volume::Page;
use domain::{Finding, VolumeName};

pub(crate) fn review(run: &Run<'_>, name: &VolumeName, detected: &[DetectedPage], redacted: &Redacted) -> Vec<Finding> {
    let pages: Vec<PageResults<'_>> = detected.iter().zip(&redacted.pages).map(page_results).collect();
    let covers: Vec<&RedactionPage> = redacted.ranges.iter().flat_map(|range| &range.covers).collect();
    let remarks: Vec<&PageRemarks> = redacted.ranges.iter().flat_map(|range| &range.remarks).collect();
    let findings = derive(&VolumeResults {
        name,
        pages: &pages,
        opinions: &redacted.opinions,
        spans: &redacted.spans,
        covers: &covers,
        remarks: &remarks,
        problems: &run.problems(),
    });
    run.pages_done(pages.len());
    findings
}

/// The findings of a volume that has no results but its pages.
pub(crate) fn review_completeness(
    run: &Run<'_>,
    name: &VolumeName,
    detected: &[DetectedPage],
    pages: &[Page],
) -> Vec<Finding> {
    let pages: Vec<PageResults<'_>> = detected.iter().zip(pages).map(page_results).collect();
    let findings = derive_completeness(&VolumeResults::of_pages(name, &pages, &run.problems()));
    run.pages_done(pages.len());
    findings
}

fn page_results<'a>((detected, page): (&'a DetectedPage, &'a Page)) -> PageResults<'a> {
    PageResults { page, readings: &detected.readings, measures: &detected.measures, is_damaged: detected.is_damaged }
}
