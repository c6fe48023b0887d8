//! How findings are told on the terminal.

use crate::terminal::visible;
use domain::{Finding, FindingCounts, Severity};

/// The most findings that are listed. `findings.json` holds all of them.
const MOST_LISTED: usize = 20;

/// Exit status of a command with `--strict` if a person must look at a finding.
pub const MUST_LOOK: u8 = 12;

/// Its line in the help of a command.
pub const MUST_LOOK_MEANING: &str =
    "With --strict: the work is done, and there is a finding that a person must look at.";

/// What a line says of a finding, which is one of the engine or a row of the service.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    severity: Severity,
    page_index: Option<usize>,
    message: &'a str,
    code: &'a str,
}

impl<'a> From<&'a Finding> for Line<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding { code, severity, page_index, message, .. } = finding;
        Self { severity: *severity, page_index: *page_index, message, code: code.as_str() }
    }
}

#[cfg(feature = "service")]
impl<'a> From<&'a catalog::FindingDetail> for Line<'a> {
    fn from(finding: &'a catalog::FindingDetail) -> Self {
        let catalog::FindingDetail { code, severity, page_index, message, .. } = finding;
        let page_index = page_index.and_then(|page| usize::try_from(page).ok());
        Self { severity: *severity, page_index, message, code }
    }
}

/// The counts, then the findings that matter, the worst first. Notes are only counted.
pub fn lines<'a, F>(counts: FindingCounts, findings: &'a [F]) -> Vec<String>
where
    Line<'a>: From<&'a F>,
{
    let matters = |finding: &Line<'_>| finding.severity != Severity::Note;
    let listed: Vec<String> = findings.iter().map(Line::from).filter(matters).map(line).collect();
    let more = listed.len().saturating_sub(MOST_LISTED);
    let mut lines = vec![format!("findings: {}", count(counts))];
    lines.extend(listed.into_iter().take(MOST_LISTED));
    if more > 0 {
        lines.push(format!("  and {more} more in findings.json"));
    }
    lines
}

/// `2 must look, 1 should look`, or `none`.
pub fn count(counts: FindingCounts) -> String {
    let FindingCounts { must_look, should_look, note } = counts;
    let counted = [(must_look, Severity::MustLook), (should_look, Severity::ShouldLook), (note, Severity::Note)];
    let parts: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{count} {}", severity.label()))
        .collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// One finding. Pages are counted from 1, as PDF viewers do.
pub fn line<'a>(finding: impl Into<Line<'a>>) -> String {
    let Line { severity, page_index, message, code } = finding.into();
    let place = page_index.map_or("volume".to_owned(), |page| format!("page {}", page + 1));
    format!("  {:<11}  {place:<9}  {} [{}]", severity.label(), visible(message), visible(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Evidence, FailureCode};

    fn finding(severity: Severity, page_index: Option<usize>) -> Finding {
        let code = FailureCode::FindingPagesMissing;
        Finding { code, severity, page_index, message: code.meaning().to_owned(), evidence: Evidence::default() }
    }

    #[test]
    fn what_matters_is_listed_and_notes_are_counted() {
        let findings = [
            finding(Severity::MustLook, Some(3)),
            finding(Severity::ShouldLook, None),
            finding(Severity::Note, Some(9)),
        ];
        insta::assert_snapshot!(lines(FindingCounts::of(&findings), &findings).join("\n"), @r"
        findings: 1 must look, 1 should look, 1 note
          must look    page 4     The printed numbers jump forward: pages are missing here. [finding.pages_missing]
          should look  volume     The printed numbers jump forward: pages are missing here. [finding.pages_missing]
        ");
        assert_eq!(lines::<Finding>(FindingCounts::default(), &[]), ["findings: none"]);
    }

    #[test]
    fn a_long_list_is_cut() {
        let findings = vec![finding(Severity::MustLook, Some(0)); MOST_LISTED + 5];
        let lines = lines(FindingCounts::of(&findings), &findings);
        assert_eq!((lines.len(), lines.last().unwrap().as_str()), (MOST_LISTED + 2, "  and 5 more in findings.json"));
    }
}
