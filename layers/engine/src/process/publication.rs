//! Volumes, opinions, pictures and sidecars, put together in one folder.

use super::detection::ScannedPage;
use super::error::ProcessError;
use super::pictures;
use super::redaction::{Redacted, RedactedRange};
use super::summary::Summary;
use super::work::Work;
use crate::external::qpdf::{self, Part};
use crate::output::{OutputError, Sidecars, files_under, write_sidecars};
use crate::pairing::Opinion;
use crate::redact::{MarginPage, RedactionPage};
use domain::{VolumeName, image_file, opinion_files};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The folder of what is delivered, in the directory under way.
pub(crate) const RESULT: &str = "result";

/// The folders of the opinions in it.
pub(crate) const REDACTED: &str = "redacted";
const UNREDACTED: &str = "unredacted";

/// First and last number of the volume.
fn volume_numbers(redacted: &Redacted) -> (u32, u32) {
    let number = |page: Option<&crate::volume::Page>| page.map(|page| page.number).unwrap_or_default();
    let (first, last) = (number(redacted.pages.first()), number(redacted.pages.last()));
    (first.first.unwrap_or(1), last.last.or(last.first).unwrap_or(1))
}

/// Writes everything under `result/` in the directory under way.
pub(crate) fn assemble(
    work: &Work<'_>,
    name: &VolumeName,
    scanned: &[ScannedPage],
    redacted: &Redacted,
) -> Result<(), ProcessError> {
    let (first, last) = volume_numbers(redacted);
    let result = result_folder(work)?;
    let mut documents = vec![
        (result.join(name.volume_file(first, last)), parts(redacted, |range| &range.searchable)),
        (result.join(name.redacted_file(first, last)), parts(redacted, |range| &range.redacted)),
    ];
    documents.extend(opinions(work, name, &result, redacted)?);
    documents.par_iter().with_max_len(1).try_for_each(|(path, parts)| {
        work.check()?;
        qpdf::join(parts, path, work.cancellation).map_err(ProcessError::from)
    })?;
    name_pictures(&result, work.root(), scanned, redacted)?;
    sidecars(&result, redacted)?;
    work.done(redacted.pages.len());
    Ok(())
}

fn parts(redacted: &Redacted, document: impl Fn(&RedactedRange) -> &PathBuf) -> Vec<Part> {
    let part = |range: &RedactedRange| Part { document: document(range).clone(), pages: 0..range.pages.len() };
    redacted.ranges.iter().map(part).collect()
}

/// Names of the opinions' files.
pub(crate) fn opinion_names(name: &VolumeName, opinions: &[Opinion]) -> Vec<String> {
    let numbers: Vec<(u32, u32)> =
        opinions.iter().map(|opinion| (opinion.first_page_number, opinion.last_page_number)).collect();
    opinion_files(name, &numbers)
}

/// The documents of the opinions.
fn opinions(
    work: &Work<'_>,
    name: &VolumeName,
    result: &Path,
    redacted: &Redacted,
) -> Result<Vec<(PathBuf, Vec<Part>)>, ProcessError> {
    let names = opinion_names(name, &redacted.opinions);
    let folder = subfolder(result, REDACTED)?;
    let redacted_parts = |(number, opinion)| opinion_parts(redacted, number, opinion, |range| &range.redacted, true);
    let mut documents: Vec<(PathBuf, Vec<Part>)> = names
        .iter()
        .map(|name| folder.join(name))
        .zip(redacted.opinions.iter().enumerate().map(redacted_parts))
        .collect();
    if work.settings.unredacted {
        let folder = subfolder(result, UNREDACTED)?;
        let whole = |(number, opinion)| opinion_parts(redacted, number, opinion, |range| &range.searchable, false);
        let paths = names.iter().map(|name| folder.join(name));
        documents.extend(paths.zip(redacted.opinions.iter().enumerate().map(whole)));
    }
    Ok(documents)
}

/// Where an opinion's pages lie: shared pages by themselves, the others in their range.
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

fn subfolder(result: &Path, name: &str) -> Result<PathBuf, OutputError> {
    let folder = result.join(name);
    std::fs::create_dir_all(&folder).map_err(|error| OutputError::io(&folder, error))?;
    Ok(folder)
}

fn name_pictures(result: &Path, root: &Path, scanned: &[ScannedPage], redacted: &Redacted) -> Result<(), OutputError> {
    let folder = result.join("images");
    for (page, numbered) in scanned.iter().zip(&redacted.pages) {
        for sequence in 1..=pictures::on_page(page).len() {
            std::fs::create_dir_all(&folder).map_err(|error| OutputError::io(&folder, error))?;
            let target = folder.join(image_file(numbered.number.first.unwrap_or(0), sequence));
            let source = pictures::provisional(root, page.index, sequence);
            std::fs::rename(source, &target).map_err(|error| OutputError::io(&target, error))?;
        }
    }
    Ok(())
}

fn sidecars(result: &Path, redacted: &Redacted) -> Result<(), OutputError> {
    let covers: Vec<&RedactionPage> = redacted.ranges.iter().flat_map(|range| &range.covers).collect();
    let margins: Vec<&MarginPage> = redacted.ranges.iter().flat_map(|range| &range.margins).collect();
    let sidecars =
        Sidecars { pages: &redacted.pages, opinions: &redacted.opinions, covers: &covers, margins: &margins };
    write_sidecars(result, &sidecars)
}

/// Says what is there before it is moved anywhere.
pub(crate) fn summary(
    work: &Work<'_>,
    name: &VolumeName,
    redacted: &Redacted,
    input_bytes: u64,
) -> Result<Summary, ProcessError> {
    let (first_page, last_page) = volume_numbers(redacted);
    let directory = result_folder(work)?;
    Ok(Summary {
        reporter: name.reporter().to_owned(),
        volume: name.volume().to_owned(),
        first_page,
        last_page,
        pages: redacted.pages.len(),
        opinions: redacted.opinions.len(),
        input_bytes,
        output_bytes: length(&directory.join(name.volume_file(first_page, last_page)))?,
        files: files_under(&directory)?,
        directory,
        problems: work.problems(),
        stages: work.reports(),
    })
}

/// Bytes of a file.
pub(crate) fn length(path: &Path) -> Result<u64, OutputError> {
    std::fs::metadata(path).map(|data| data.len()).map_err(|error| OutputError::io(path, error))
}

/// Where everything that is delivered lies until it is moved.
fn result_folder(work: &Work<'_>) -> Result<PathBuf, ProcessError> {
    work.folder(RESULT)
}
