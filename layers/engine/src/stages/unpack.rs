//! What the other stages made, taken out of their files and held against each other.

use super::archive::{ArchiveReader, damaged, file_name};
use super::manifest::{
    CutRange, MAX_MANIFEST, MAX_PAGE, MAX_WORDS, PageFacts, RANGE, RangeManifest, ScanSettings, VOLUME, VolumeManifest,
    check_page, compressed_entry, drawn_entry, foreign, page_entry, picture_entry, words_entry,
};
use super::stored_pages::StoredPages;
use super::{ProcessError, SplitInputs};
use crate::process::compression::StoredRange;
use crate::process::detection::{ScannedPage, blank_page};
use crate::process::pictures;
use crate::process::reading::PageWords;
use crate::process::work::Work;
use std::path::Path;

/// Entries of an archive for each page, at most: its description, its words and its pictures.
const ENTRIES_A_PAGE: usize = 1000;

/// A volume as the last stage finds it.
pub(super) struct Unpacked {
    pub(super) scanned: Vec<ScannedPage>,
    pub(super) ranges: Vec<StoredRange>,
    pub(super) words: Option<PageWords>,
    pub(super) pages: StoredPages,
    pub(super) input_bytes: u64,
}

/// Takes everything out, into the folders where the steps of `process` leave it.
pub(super) fn unpack(work: &Work<'_>, inputs: &SplitInputs) -> Result<Unpacked, ProcessError> {
    let (manifest, ranges) = volume(work, &inputs.compressed)?;
    if inputs.ranges.len() != manifest.ranges.len() {
        let reason = format!("there are {} scanned ranges instead of {}", inputs.ranges.len(), manifest.ranges.len());
        return Err(foreign(&file_name(&inputs.compressed), &reason).into());
    }
    work.known_problems(manifest.problems.iter().cloned());
    let words = PageWords::within(work)?;
    let (mut scanned, mut first): (_, Option<ScanSettings>) = (Vec::with_capacity(manifest.pages.len()), None);
    for (path, cut) in inputs.ranges.iter().zip(&manifest.ranges) {
        let range = ScannedArchive::open(work, path, cut, &manifest.pages)?;
        let settings = first.get_or_insert_with(|| range.manifest.scanned_with.clone());
        if *settings != range.manifest.scanned_with {
            return Err(
                foreign(range.archive.file(), "it was scanned with other settings than the ranges before").into()
            );
        }
        scanned.extend(range.unpack(work, &words)?);
    }
    let words = first.is_some_and(|settings| settings.ocr).then_some(words);
    let pages = StoredPages::new(manifest.pages, file_name(&inputs.compressed));
    Ok(Unpacked { scanned, ranges, words, pages, input_bytes: manifest.input_bytes })
}

/// What `compressed.zip` holds.
fn volume(work: &Work<'_>, path: &Path) -> Result<(VolumeManifest, Vec<StoredRange>), ProcessError> {
    let limits = &work.settings.limits;
    let mut archive =
        ArchiveReader::open(path, limits.max_pages.saturating_mul(2).saturating_add(1), work.cancellation)?;
    let manifest: VolumeManifest = archive.json(VOLUME, MAX_MANIFEST)?;
    manifest.check(archive.file(), limits.max_pages)?;
    let (folder, _) = (work.folder("compressed")?, work.folder("drawn")?);
    let mut ranges = Vec::with_capacity(manifest.compressed.len());
    for pages in &manifest.compressed {
        let document = folder.join(format!("{:05}.pdf", pages.start));
        archive.extract(&compressed_entry(pages.start), limits.max_file_bytes, &document)?;
        ranges.push(StoredRange { pages: pages.clone(), document });
    }
    for (page, _) in manifest.pages.iter().enumerate().filter(|(_, facts)| facts.is_drawn) {
        archive.extract(&drawn_entry(page), limits.max_file_bytes, &work.root().join(drawn_entry(page)))?;
    }
    archive.finish()?;
    Ok((manifest, ranges))
}

struct ScannedArchive<'a> {
    archive: ArchiveReader<'a>,
    manifest: RangeManifest,
    facts: &'a [PageFacts],
}

impl<'a> ScannedArchive<'a> {
    fn open(work: &Work<'a>, path: &Path, cut: &CutRange, facts: &'a [PageFacts]) -> Result<Self, ProcessError> {
        let most_entries = cut.pages.len().saturating_mul(ENTRIES_A_PAGE).saturating_add(1);
        let mut archive = ArchiveReader::open(path, most_entries, work.cancellation)?;
        let manifest: RangeManifest = archive.json(RANGE, MAX_MANIFEST)?;
        manifest.check(archive.file(), cut)?;
        Ok(Self { archive, manifest, facts })
    }

    fn unpack(mut self, work: &Work<'_>, words: &PageWords) -> Result<Vec<ScannedPage>, ProcessError> {
        let mut scanned = Vec::with_capacity(self.manifest.pages.len());
        for index in self.manifest.pages.clone() {
            work.check()?;
            scanned.push(self.page(work, words, index)?);
            work.done(1);
        }
        // Of a page that is a blank in the volume it does not matter what came of it in the range.
        let problems = std::mem::take(&mut self.manifest.problems).into_iter();
        work.known_problems(problems.filter(|problem| !self.facts[problem.page_index].is_damaged));
        self.archive.finish()?;
        Ok(scanned)
    }

    fn page(&mut self, work: &Work<'_>, words: &PageWords, index: usize) -> Result<ScannedPage, ProcessError> {
        let facts = &self.facts[index];
        let page: ScannedPage = self.archive.json(&page_entry(index), MAX_PAGE)?;
        check_page(self.archive.file(), &page, index, facts.size)?;
        if facts.is_damaged {
            self.pass_over(&page);
            return Ok(blank_page(index, facts.size));
        }
        if self.archive.has(&words_entry(index)) {
            self.archive.extract(&words_entry(index), MAX_WORDS, &words.file(index))?;
            words.load(index).map_err(|error| damaged(self.archive.file(), error.to_string()))?;
        }
        self.pictures(work, &page)?;
        Ok(page)
    }

    fn pictures(&mut self, work: &Work<'_>, page: &ScannedPage) -> Result<(), ProcessError> {
        for sequence in 1..=pictures::on_page(page).len() {
            work.folder("pictures")?;
            let target = pictures::provisional(work.root(), page.index, sequence);
            let limit = work.settings.limits.max_file_bytes;
            self.archive.extract(&picture_entry(page.index, sequence), limit, &target)?;
        }
        Ok(())
    }

    fn pass_over(&mut self, page: &ScannedPage) {
        self.archive.pass_over(&words_entry(page.index));
        for sequence in 1..=pictures::on_page(page).len() {
            self.archive.pass_over(&picture_entry(page.index, sequence));
        }
    }
}
