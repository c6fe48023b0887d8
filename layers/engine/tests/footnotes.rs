//! The footnotes of an opinion as a file of their own, on the reference's sample.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

#[path = "support/shared_data.rs"]
mod shared_data;

use domain::ModelChoice;
use engine::cancellation::Cancellation;
use engine::external::qpdf::{Part, join};
use engine::installation::Installation;
use engine::process::process;
use engine::report::NoProgress;
use engine::settings::{Request, Settings};
use shared_data::shared;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first opinion of the volume, which has footnotes across both columns of its third page.
const PAGES: std::ops::Range<usize> = 0..5;
const FOOTNOTES: usize = 2;

fn words(document: &Path, page: Option<usize>) -> BTreeSet<String> {
    let mut command = Command::new("pdftotext");
    if let Some(page) = page {
        command.args(["-f", &(page + 1).to_string(), "-l", &(page + 1).to_string()]);
    }
    let output = command.arg(document).arg("-").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn footnotes_are_a_file_beside_their_opinion() {
    let Some(sample) = shared("data/sample20/a3d.217.101.120.original.pdf") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (input, output, cancellation) =
        (folder.path().join("a3d.217.101.105.pdf"), folder.path().join("out"), Cancellation::new());
    join(&[Part { document: sample, pages: PAGES }], &input, &cancellation).unwrap();
    let settings =
        Settings { model: ModelChoice::Medium, footnotes: true, ..Settings::new(Installation::of_user().unwrap()) };
    let request = Request::new(input, output, settings);
    let summary = process(&request, &NoProgress, &cancellation).unwrap();
    let is_footnotes = |file: &&PathBuf| file.to_string_lossy().ends_with("-footnotes.pdf");
    let found: Vec<&PathBuf> = summary.files.iter().filter(is_footnotes).collect();
    assert_eq!(found, [Path::new("redacted/a3d.217.0101-0104-footnotes.pdf")]);
    let document = summary.directory.join(found[0]);
    assert_eq!(lopdf::Document::load(&document).unwrap().get_pages().len(), 2, "one page for each column");
    let of_footnotes = words(&document, None);
    let of_page = words(&summary.directory.join("a3d.217.101.105.redacted.pdf"), Some(FOOTNOTES));
    assert!(of_footnotes.len() > 10, "{of_footnotes:?}");
    assert!(of_footnotes.is_subset(&of_page), "{:?}", of_footnotes.difference(&of_page));
    assert!(of_footnotes.len() * 3 < of_page.len(), "most of the page is no footnote: {of_footnotes:?}");
}
