//! Derives the findings of a volume from its results.

use super::detected_page::DetectedPage;
use super::redact_pages::Redacted;
use super::run::Run;
use crate::findings::{PageResults, VolumeResults, derive};
use crate::redact::RedactionPage;
use domain::{Finding, VolumeName};

pub(crate) fn review(run: &Run<'_>, name: &VolumeName, detected: &[DetectedPage], redacted: &Redacted) -> Vec<Finding> {
    let page = |(detected, page)| page_results(detected, page);
    let pages: Vec<PageResults<'_>> = detected.iter().zip(&redacted.pages).map(page).collect();
    let covers: Vec<&RedactionPage> = redacted.ranges.iter().flat_map(|range| &range.covers).collect();
    let findings = derive(&VolumeResults {
        name,
        pages: &pages,
        opinions: &redacted.opinions,
        spans: &redacted.spans,
        covers: &covers,
        problems: &run.problems(),
    });
    run.pages_done(pages.len());
    findings
}

fn page_results<'a>(detected: &'a DetectedPage, page: &'a crate::volume::Page) -> PageResults<'a> {
    PageResults { page, readings: &detected.readings, measures: &detected.measures, is_damaged: detected.is_damaged }
}
