//! Is exactly the right matter covered?

mod boxes;
mod covers;
mod numbers;
mod words;

use super::VolumeResults;
use domain::Finding;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut findings = boxes::findings(results);
    findings.extend(covers::findings(results));
    findings.extend(numbers::findings(results));
    findings.extend(words::findings(results));
    findings
}
