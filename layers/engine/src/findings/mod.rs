//! What a person should look at, derived from the results of a volume alone.
//!
//! A finding says what the machine doubts, on which page, and what decided it. One module for each question that a
//! person asks of a volume: is it complete and in order (`sequence`), can every page be used (`quality`), were the
//! boundaries of the opinions found (`boundaries`), is exactly the right matter covered (`redaction`)?

mod boundaries;
mod quality;
mod redaction;
pub(crate) mod remarks;
mod sequence;
#[cfg(test)]
mod tests;

use crate::detection::Detection;
use crate::geometry::Rect;
use crate::measures::PageMeasures;
use crate::numbering::Reading;
use crate::pairing::Opinion;
use crate::redact::{OpinionSpan, RedactionPage};
use crate::report::PageProblem;
use crate::volume::Page;
use domain::{Evidence, EvidenceBox, FailureCode, Finding, Severity, VolumeName};
pub use remarks::PageRemarks;

/// The results of a volume.
#[derive(Debug, Clone, Copy)]
pub struct VolumeResults<'a> {
    /// What the volume is said to be.
    pub name: &'a VolumeName,
    pub pages: &'a [PageResults<'a>],
    pub opinions: &'a [Opinion],
    /// Where opinions begin and end, also of those without a file of their own.
    pub spans: &'a [OpinionSpan],
    /// Only pages that have covers.
    pub covers: &'a [&'a RedactionPage],
    /// What the words say about the covers; empty if no words were read.
    pub remarks: &'a [&'a PageRemarks],
    pub problems: &'a [PageProblem],
}

impl<'a> VolumeResults<'a> {
    /// Of a volume that has no results but its pages.
    #[must_use]
    pub const fn of_pages(name: &'a VolumeName, pages: &'a [PageResults<'a>], problems: &'a [PageProblem]) -> Self {
        Self { name, pages, opinions: &[], spans: &[], covers: &[], remarks: &[], problems }
    }
}

/// The results of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageResults<'a> {
    pub page: &'a Page,
    /// What was read as its printed number, the box nearest to a corner first.
    pub readings: &'a [Reading],
    pub measures: &'a PageMeasures,
    /// It cannot be read, and is a blank page in every result.
    pub is_damaged: bool,
}

/// All findings, the worst first, then by page.
#[must_use]
pub fn derive(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut findings = derive_completeness(results);
    findings.extend(boundaries::findings(results));
    findings.extend(redaction::findings(results));
    sort(&mut findings);
    findings
}

/// The findings that need no opinions and no covers: are the pages complete, in order and usable? In the same order.
#[must_use]
pub fn derive_completeness(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = results.problems.iter().filter_map(of_problem).collect();
    findings.extend(sequence::findings(results));
    findings.extend(quality::findings(results));
    sort(&mut findings);
    findings
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (finding.severity, finding.page_index, finding.code.as_str()));
}

/// A problem that a step reported while it worked.
fn of_problem(problem: &PageProblem) -> Option<Finding> {
    let code = FailureCode::parse(&problem.code)?;
    let severity = match code {
        FailureCode::PageNotCompressed => Severity::Note,
        // The book may have a blank page here; and a page that was drawn again looks as it did.
        FailureCode::PageDrawnBlank | FailureCode::PageRedrawn => Severity::ShouldLook,
        _ => Severity::MustLook,
    };
    let message = match code {
        // Who is answerable for it belongs into the sentence.
        FailureCode::PageSkipped => {
            format!("Page {} is blank in every result: {}.", problem.page_index + 1, problem.reason)
        }
        _ => code.meaning().to_owned(),
    };
    let evidence = Evidence { readings: vec![problem.reason.clone()], ..Evidence::default() };
    Some(Finding { evidence, ..finding(code, severity, Some(problem.page_index), message) })
}

/// A finding without evidence.
fn finding(code: FailureCode, severity: Severity, page_index: Option<usize>, message: impl Into<String>) -> Finding {
    Finding { code, severity, page_index, message: message.into(), evidence: Evidence::default() }
}

/// A box that no model found, in pixels at 200 dpi.
fn place_box(label: &str, rect: &Rect) -> EvidenceBox {
    EvidenceBox { label: label.to_owned(), confidence: None, bbox: rect.rounded_to_tenths().edges() }
}

fn evidence_box(found: &Detection) -> EvidenceBox {
    EvidenceBox { label: found.label.name().to_owned(), confidence: Some(found.confidence), bbox: found.bbox }
}
