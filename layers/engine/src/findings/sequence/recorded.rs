//! Nothing that the page checks of blackletter 0.4.4 find is missed. `tests/data/blackletter-validate.json` holds sequences of
//! readings, and for each the places that its rules flag: its functions `build_analysis` and `build_issues` were run on
//! the readings, and the numbers in its issues were translated to places in the volume.

use super::tests::{BOX, all_findings};
use crate::numbering::Reading;
use domain::{Finding, Severity, VolumeName};
use serde::Deserialize;

const RECORDED: &str = include_str!("../../../tests/data/blackletter-validate.json");

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

fn findings(recorded: &Recorded) -> Vec<Finding> {
    let name = VolumeName::new("arc", "12", recorded.first_page, recorded.last_page).unwrap();
    let reading = |text: &String| Reading { text: text.clone(), bbox: BOX };
    let readings: Vec<Vec<Reading>> = recorded.readings.iter().map(|text| text.iter().map(reading).collect()).collect();
    all_findings(&name, &readings, &vec![None; readings.len()])
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
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
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
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
    let clean: Vec<&Recorded> = recorded.iter().filter(|recorded| recorded.name.starts_with("clean")).collect();
    assert_eq!(clean.len(), 2);
    assert!(clean.iter().all(|recorded| findings(recorded).is_empty()));
}
