//! What a person should look at, derived from the results of a volume alone.
//!
//! A finding says what the machine doubts, on which page, and what decided it. One module for each question that a
//! person asks of a volume: is it complete and in order ([`sequence`]), can every page be used ([`quality`]), were the
//! boundaries of the opinions found ([`boundaries`]), is exactly the right matter covered ([`redaction`])?

mod boundaries;
mod quality;
mod redaction;
mod sequence;

use crate::detection::Detection;
use crate::measures::PageMeasures;
use crate::numbering::Reading;
use crate::pairing::Opinion;
use crate::redact::{OpinionSpan, RedactionPage};
use crate::report::PageProblem;
use crate::volume::Page;
use domain::{Evidence, EvidenceBox, FailureCode, Finding, Severity, VolumeName};

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
    pub problems: &'a [PageProblem],
}

/// The results of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageResults<'a> {
    pub page: &'a Page,
    /// What was read as its printed number, the most confident box first.
    pub readings: &'a [Reading],
    pub measures: &'a PageMeasures,
    /// It cannot be read, and is a blank page in every result.
    pub is_damaged: bool,
}

/// All findings, the worst first, then by page.
#[must_use]
pub fn derive(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = results.problems.iter().filter_map(of_problem).collect();
    findings.extend(sequence::findings(results));
    findings.extend(quality::findings(results));
    findings.extend(boundaries::findings(results));
    findings.extend(redaction::findings(results));
    findings.sort_by_key(|finding| (finding.severity, finding.page_index, finding.code.as_str()));
    findings
}

/// A problem that a step reported while it worked.
fn of_problem(problem: &PageProblem) -> Option<Finding> {
    let code = FailureCode::parse(&problem.code)?;
    let severity = match code {
        FailureCode::PageNotCompressed => Severity::Note,
        _ => Severity::MustLook,
    };
    let evidence = Evidence { readings: vec![problem.reason.clone()], ..Evidence::default() };
    Some(Finding { evidence, ..finding(code, severity, Some(problem.page_index), code.meaning()) })
}

/// A finding without evidence.
fn finding(code: FailureCode, severity: Severity, page_index: Option<usize>, message: impl Into<String>) -> Finding {
    Finding { code, severity, page_index, message: message.into(), evidence: Evidence::default() }
}

fn evidence_box(found: &Detection) -> EvidenceBox {
    EvidenceBox { label: found.label.name().to_owned(), confidence: Some(found.confidence), bbox: found.bbox }
}
