//! Can every page be used?

use super::{PageResults, VolumeResults, finding};
use crate::geometry::{PageSize, median};
use crate::measures::{PageMeasures, Touching};
use domain::{FailureCode, Finding, Severity};
use std::collections::BTreeMap;

/// With a smaller share of ink a page is blank, or has hardly more than a running head.
const BLANK: f64 = 0.0005;
const NEARLY_BLANK: f64 = 0.005;

/// Letters have no strokes left on darker paper.
const UNREADABLE_PAPER: f64 = 0.2;
const DARK_PAPER: f64 = 0.4;

/// Where text has less of both, it is blurred. Faded print has little contrast and sharp edges.
const BLURRED: (f64, f64) = (0.07, 0.55);
const UNREADABLE: (f64, f64) = (0.03, 0.42);

/// Direction and sharpness are told from text on at least this share of a page.
const ENOUGH_TEXT: f64 = 0.1;

/// How clearly lines must be vertical, and letters upside down.
const VERTICAL: f64 = 0.4;
const LEVEL: f64 = 0.6;
const CLEARLY_UPRIGHT: f64 = 0.15;

/// Text that is cut off touches an edge with at least so many letters.
const CUT_LETTERS: u32 = 12;

/// What more than this share of the pages has in common is told once.
const FEW: f64 = 0.25;

/// How far the sides of a page may differ from those of the others.
const SIZE_TOLERANCE: f64 = 0.1;

/// With fewer pages, none is unlike the others.
const FEWEST_PAGES: usize = 4;

/// A tenth of the page is darker than this although the rest is light: the gutter, or the shadow of a hand. On such pages
/// of photographed volumes, covers miss a part of a bracket or of a line; on lighter ones hardly ever.
const DARK_PART: f64 = 0.4;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let pages: Vec<&PageResults<'_>> = results.pages.iter().filter(|page| !page.is_damaged).collect();
    let mut findings: Vec<Finding> = pages.iter().filter_map(|page| of_light(page)).collect();
    findings.extend(pages.iter().filter_map(|page| blurred(page)));
    findings.extend(pages.iter().filter_map(|page| turned(page)));
    findings.extend(cut_off(&pages));
    findings.extend(unlike(&pages));
    habits_told_once(findings, pages.len())
}

/// True for what so many pages have in common that it is a habit of the scanner or of the book.
fn is_habit(count: usize, pages: usize) -> bool {
    count >= FEWEST_PAGES && count as f64 > FEW * pages as f64
}

/// Tells once what a person should look at on many pages. What must be looked at stays with its page.
fn habits_told_once(findings: Vec<Finding>, pages: usize) -> Vec<Finding> {
    let (mut told, doubts): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.severity != Severity::ShouldLook);
    let mut by_code: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    doubts.into_iter().for_each(|doubt| by_code.entry(doubt.code.as_str()).or_default().push(doubt));
    for doubts in by_code.into_values() {
        if is_habit(doubts.len(), pages) {
            told.extend(doubts.first().map(|first| habit(first.code, &doubts, pages)));
        } else {
            told.extend(doubts);
        }
    }
    told
}

fn habit(code: FailureCode, doubts: &[Finding], pages: usize) -> Finding {
    let message = format!("{} This holds for {} of {pages} pages.", code.meaning(), doubts.len());
    let mut found = finding(code, Severity::ShouldLook, None, message);
    found.evidence.neighbours = doubts.iter().filter_map(|doubt| doubt.page_index).collect();
    found
}

/// Too dark, blank, or nearly blank.
fn of_light(page: &PageResults<'_>) -> Option<Finding> {
    let PageMeasures { ink, paper, darkest_paper, .. } = *page.measures;
    if paper < DARK_PAPER {
        let severity = if paper < UNREADABLE_PAPER { Severity::MustLook } else { Severity::ShouldLook };
        let message =
            format!("The page is very dark: its paper has {:.0} % of the light of white paper.", 100.0 * paper);
        return Some(finding(FailureCode::FindingPageDark, severity, Some(page.page.index), message));
    }
    if darkest_paper < DARK_PART {
        let message = "A part of the page is dark. Covers may leave something of what they should hide there.";
        return Some(finding(FailureCode::FindingPageDark, Severity::MustLook, Some(page.page.index), message));
    }
    let code = match ink {
        ink if ink < BLANK => FailureCode::FindingPageBlank,
        ink if ink < NEARLY_BLANK => FailureCode::FindingPageNearlyBlank,
        _ => return None,
    };
    Some(finding(code, Severity::ShouldLook, Some(page.page.index), code.meaning()))
}

fn has_text(page: &PageResults<'_>) -> bool {
    page.measures.text >= ENOUGH_TEXT
}

fn blurred(page: &PageResults<'_>) -> Option<Finding> {
    let PageMeasures { sharpness, contrast, .. } = *page.measures;
    let is_below = |(sharp, strong): (f64, f64)| has_text(page) && sharpness < sharp && contrast < strong;
    let (severity, message) = match () {
        () if is_below(UNREADABLE) => (Severity::MustLook, "The page is so blurred that it can hardly be read."),
        () if is_below(BLURRED) => (Severity::ShouldLook, "The page is blurred."),
        () => return None,
    };
    Some(finding(FailureCode::FindingPageBlurred, severity, Some(page.page.index), message))
}

/// Turned by a quarter or by half.
fn turned(page: &PageResults<'_>) -> Option<Finding> {
    let message = match turn(page)? {
        Turn::Clockwise => "The page lies on its side. Turn it by 90 degrees to the left.",
        Turn::Half => "The page is upside down. Turn it by 180 degrees.",
        Turn::Counterclockwise => "The page lies on its side. Turn it by 90 degrees to the right.",
    };
    Some(finding(FailureCode::FindingPageTurned, Severity::MustLook, Some(page.page.index), message))
}

/// How a page was turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Clockwise,
    Half,
    Counterclockwise,
}

fn turn(page: &PageResults<'_>) -> Option<Turn> {
    let PageMeasures { level, upright, .. } = *page.measures;
    if !has_text(page) || upright.abs() < CLEARLY_UPRIGHT {
        return None;
    }
    match (level, upright > 0.0) {
        (level, true) if level < VERTICAL => Some(Turn::Counterclockwise),
        (level, false) if level < VERTICAL => Some(Turn::Clockwise),
        (level, false) if level > LEVEL => Some(Turn::Half),
        _ => None,
    }
}

/// Text that touches an edge of the picture. If that is so on many pages, the book has hardly any margins.
fn cut_off(pages: &[&PageResults<'_>]) -> Vec<Finding> {
    let cut: Vec<(usize, String)> =
        pages.iter().filter_map(|page| Some((page.page.index, cut_edges(page.measures.touching)?))).collect();
    let severity = if is_habit(cut.len(), pages.len()) { Severity::ShouldLook } else { Severity::MustLook };
    let one = |(page, edges): (usize, String)| {
        let message = format!("The text reaches the {edges} edge of the picture.");
        finding(FailureCode::FindingPageCutOff, severity, Some(page), message)
    };
    cut.into_iter().map(one).collect()
}

/// `left`, or `left and top`.
fn cut_edges(Touching { left, top, right, bottom }: Touching) -> Option<String> {
    let edges = [(left, "left"), (top, "top"), (right, "right"), (bottom, "bottom")];
    let cut: Vec<&str> =
        edges.into_iter().filter(|(letters, _)| *letters >= CUT_LETTERS).map(|(_, edge)| edge).collect();
    (!cut.is_empty()).then(|| cut.join(" and "))
}

/// Pages of another size than the others. A page that lies on its side is told as that alone.
fn unlike(pages: &[&PageResults<'_>]) -> Vec<Finding> {
    if pages.len() < FEWEST_PAGES {
        return Vec::new();
    }
    let middle = |side: fn(&PageSize) -> f64| median(pages.iter().map(|page| side(&page.page.size)).collect());
    let (width, height) = (middle(|size| size.width_points), middle(|size| size.height_points));
    let is_near = |side: f64, usual: f64| (side - usual).abs() <= SIZE_TOLERANCE * usual;
    let is_alike = |size: &PageSize| is_near(size.width_points, width) && is_near(size.height_points, height);
    let unlike: Vec<_> = pages.iter().filter(|page| !is_alike(&page.page.size)).collect();
    let upright = unlike.into_iter().filter(|page| turn(page).is_none());
    upright.map(|page| of_another_size(page, width, height)).collect()
}

fn of_another_size(page: &PageResults<'_>, width: f64, height: f64) -> Finding {
    let inches = |points: f64| points / crate::geometry::POINTS_PER_INCH;
    let PageSize { width_points, height_points, .. } = page.page.size;
    let message = format!(
        "The page has {:.1} by {:.1} inches. Most pages have {:.1} by {:.1}.",
        inches(width_points),
        inches(height_points),
        inches(width),
        inches(height),
    );
    finding(FailureCode::FindingPageUnlike, Severity::ShouldLook, Some(page.page.index), message)
}
