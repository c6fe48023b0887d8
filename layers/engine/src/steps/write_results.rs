//! Puts volumes, opinions, pictures, previews and JSON files together in one directory.

use super::detected_page::DetectedPage;
use super::file_names;
use super::read_pages::PageWords;
use super::redact_pages::{Redacted, RedactedRange};
use super::run::Run;
use crate::error::EngineError;
use crate::external::qpdf::{self, Part};
use crate::output::{OutputError, Sidecars, create_directory, file_length, files_under, write_sidecars};
use crate::pairing::Opinion;
use crate::redact::{MarginPage, RedactionPage};
use crate::report::Summary;
use crate::volume::Page;
use domain::{Finding, FindingCounts, PREVIEWS, PageReader, VolumeName, image_file, opinion_files};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The directory of the results, in the directory of the run.
pub(crate) const RESULT: &str = "result";

/// The directories of the opinions in it.
pub(crate) const REDACTED: &str = "redacted";
const UNREDACTED: &str = "unredacted";

/// The directory of the single pages, under the name that the reference gives it.
const SINGLE_PAGES: &str = "llm";

/// The numbers printed on the first and last page.
fn volume_numbers(redacted: &Redacted) -> (u32, u32) {
    let number = |page: Option<&Page>| page.map(|page| page.number).unwrap_or_default();
    let (first, last) = (number(redacted.pages.first()), number(redacted.pages.last()));
    (first.first.unwrap_or(1), last.last.or(last.first).unwrap_or(1))
}

/// Writes all results.
pub(crate) fn assemble(
    run: &Run<'_>,
    name: &VolumeName,
    detected: &[DetectedPage],
    words: Option<&PageWords>,
    redacted: &Redacted,
    findings: &[Finding],
) -> Result<(), EngineError> {
    let (first, last) = volume_numbers(redacted);
    let result = run.subdirectory(RESULT)?;
    let mut documents = vec![
        (result.join(name.volume_file(first, last)), parts(redacted, |range| &range.searchable)),
        (result.join(name.redacted_file(first, last)), parts(redacted, |range| &range.redacted)),
    ];
    documents.extend(opinions(run, name, &result, redacted)?);
    if run.settings.single_pages {
        documents.extend(single_pages(&result, redacted)?);
    }
    documents.par_iter().with_max_len(1).try_for_each(|(path, parts)| {
        run.check_cancelled()?;
        qpdf::join(parts, path, run.cancellation).map_err(EngineError::from)
    })?;
    name_pictures(&result, run, detected, redacted)?;
    move_previews(&result, run)?;
    sidecars(&result, words, redacted, findings)?;
    run.pages_done(redacted.pages.len());
    Ok(())
}

fn parts(redacted: &Redacted, document: impl Fn(&RedactedRange) -> &PathBuf) -> Vec<Part> {
    let part = |range: &RedactedRange| Part { document: document(range).clone(), pages: 0..range.pages.len() };
    redacted.ranges.iter().map(part).collect()
}

pub(crate) fn opinion_names(name: &VolumeName, opinions: &[Opinion]) -> Vec<String> {
    let numbers: Vec<(u32, u32)> =
        opinions.iter().map(|opinion| (opinion.first_page_number, opinion.last_page_number)).collect();
    opinion_files(name, &numbers)
}

/// The PDFs of the opinions, and the parts from which each is joined.
fn opinions(
    run: &Run<'_>,
    name: &VolumeName,
    result: &Path,
    redacted: &Redacted,
) -> Result<Vec<(PathBuf, Vec<Part>)>, EngineError> {
    let names = opinion_names(name, &redacted.opinions);
    let directory = subdirectory(result, REDACTED)?;
    let redacted_parts = |(number, opinion)| opinion_parts(redacted, number, opinion, |range| &range.redacted, true);
    let mut documents: Vec<(PathBuf, Vec<Part>)> = names
        .iter()
        .map(|name| directory.join(name))
        .zip(redacted.opinions.iter().enumerate().map(redacted_parts))
        .collect();
    if run.settings.footnotes {
        let parts = (0..redacted.opinions.len()).map(|number| footnote_parts(redacted, number));
        let files = names.iter().map(|name| directory.join(name.replace(".pdf", "-footnotes.pdf")));
        documents.extend(files.zip(parts).filter(|(_, parts)| !parts.is_empty()));
    }
    if run.settings.unredacted {
        let directory = subdirectory(result, UNREDACTED)?;
        let whole = |(number, opinion)| opinion_parts(redacted, number, opinion, |range| &range.searchable, false);
        let paths = names.iter().map(|name| directory.join(name));
        documents.extend(paths.zip(redacted.opinions.iter().enumerate().map(whole)));
    }
    Ok(documents)
}

/// The pages of an opinion: shared pages from their own PDFs, the others from their range.
fn opinion_parts(
    redacted: &Redacted,
    number: usize,
    opinion: &Opinion,
    document: impl Fn(&RedactedRange) -> &PathBuf,
    is_shared: bool,
) -> Vec<Part> {
    (opinion.caption_page..=opinion.key_page)
        .filter_map(|page| {
            let range = redacted.ranges.iter().find(|range| range.pages.contains(&page))?;
            let shared = range.shared.get(&(number, page)).filter(|_| is_shared);
            let local = page - range.pages.start;
            let own = || Part { document: document(range).clone(), pages: local..local + 1 };
            Some(shared.map_or_else(own, |shared| Part { document: shared.clone(), pages: 0..1 }))
        })
        .collect()
}

/// The footnotes of an opinion, in the order of its pages.
fn footnote_parts(redacted: &Redacted, number: usize) -> Vec<Part> {
    let of_opinion = |range: &RedactedRange| {
        let parts = range.footnotes.range((number, 0)..=(number, usize::MAX));
        parts.map(|(_, part)| part.clone()).collect::<Vec<Part>>()
    };
    redacted.ranges.iter().flat_map(of_opinion).collect()
}

/// Every page of the redacted volume alone, by its place in the original, counted from 1.
fn single_pages(result: &Path, redacted: &Redacted) -> Result<Vec<(PathBuf, Vec<Part>)>, EngineError> {
    let directory = subdirectory(result, SINGLE_PAGES)?;
    let page = |range: &RedactedRange, page: usize| {
        let local = page - range.pages.start;
        let own = || Part { document: range.redacted.clone(), pages: local..local + 1 };
        let marked = |document: &PathBuf| Part { document: document.clone(), pages: 0..1 };
        let part = range.marked.get(&page).map_or_else(own, marked);
        (directory.join(format!("page_{:04}.pdf", page + 1)), vec![part])
    };
    let of_range = |range: &RedactedRange| range.pages.clone().map(|number| page(range, number)).collect::<Vec<_>>();
    Ok(redacted.ranges.iter().flat_map(of_range).collect())
}

fn subdirectory(result: &Path, name: &str) -> Result<PathBuf, OutputError> {
    let directory = result.join(name);
    create_directory(&directory)?;
    Ok(directory)
}

/// Moves the pictures to their final names, now that the pages have numbers.
fn name_pictures(
    result: &Path,
    run: &Run<'_>,
    detected: &[DetectedPage],
    redacted: &Redacted,
) -> Result<(), OutputError> {
    for (page, numbered) in detected.iter().zip(&redacted.pages) {
        for sequence in 1..=page.pictures().len() {
            let directory = subdirectory(result, "images")?;
            let target = directory.join(image_file(numbered.number.first.unwrap_or(0), sequence));
            let source = run.directory().join(file_names::picture(page.index, sequence));
            std::fs::rename(source, &target).map_err(|error| OutputError::io(&target, error))?;
        }
    }
    Ok(())
}

/// Moves the previews, which have their final names from the beginning. There are none unless the pages were detected
/// on with previews.
fn move_previews(result: &Path, run: &Run<'_>) -> Result<(), OutputError> {
    let (source, target) = (run.directory().join(PREVIEWS), result.join(PREVIEWS));
    if !source.is_dir() {
        return Ok(());
    }
    std::fs::rename(source, &target).map_err(|error| OutputError::io(&target, error))
}

fn sidecars(
    result: &Path,
    words: Option<&PageWords>,
    redacted: &Redacted,
    findings: &[Finding],
) -> Result<(), OutputError> {
    let covers: Vec<&RedactionPage> = redacted.ranges.iter().flat_map(|range| &range.covers).collect();
    let margins: Vec<&MarginPage> = redacted.ranges.iter().flat_map(|range| &range.margins).collect();
    let sidecars = Sidecars {
        pages: &redacted.pages,
        readers: &words.map(PageWords::readers).unwrap_or_default(),
        opinions: &redacted.opinions,
        covers: &covers,
        margins: &margins,
        findings,
    };
    write_sidecars(result, &sidecars)
}

/// Describes the results in the directory of the run.
pub(crate) fn summary(
    run: &Run<'_>,
    name: &VolumeName,
    words: Option<&PageWords>,
    redacted: &Redacted,
    findings: Vec<Finding>,
    input_bytes: u64,
) -> Result<Summary, EngineError> {
    let (first_page, last_page) = volume_numbers(redacted);
    let directory = run.subdirectory(RESULT)?;
    let readers = words.map(PageWords::readers).unwrap_or_default();
    let fell_back =
        |reader: &&PageReader| run.settings.reader == PageReader::Quire && **reader == PageReader::Tesseract;
    Ok(Summary {
        reporter: name.reporter().to_owned(),
        volume: name.volume().to_owned(),
        first_page,
        last_page,
        pages: redacted.pages.len(),
        opinions: redacted.opinions.len(),
        fallback_pages: readers.values().filter(fell_back).count(),
        input_bytes,
        output_bytes: file_length(&directory.join(name.volume_file(first_page, last_page)))?,
        files: files_under(&directory)?,
        directory,
        problems: run.problems(),
        finding_counts: FindingCounts::of(&findings),
        findings,
        steps: run.reports(),
    })
}
