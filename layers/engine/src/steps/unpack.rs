//! Unpacks the archives of the other stages and checks that they fit together.

use super::archive::{ArchiveReader, file_name};
use super::compress_pages::CompressedRange;
use super::detected_page::DetectedPage;
use super::file_names;
use super::manifest::{
    CutRange, MAX_MANIFEST, MAX_PAGE, MAX_WORDS, PageFacts, RangeManifest, ScanSettings, VolumeManifest, check_page,
};
use super::original::OriginalPages;
use super::read_pages::PageWords;
use super::run::Run;
use crate::error::{EngineError, IntermediateError};
use crate::output::MOST_PREVIEW_BYTES;
use crate::pixels::PageImage;
use domain::{PREVIEWS, preview_file};
use png::{BitDepth, ColorType, Decoder, Limits};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Most entries of an archive for each page: its description, its words, its preview and its pictures.
const MAX_ENTRIES_PER_PAGE: usize = 1000;

/// Most bytes of a pixel of a drawn page: red, green, blue.
const MAX_PIXEL_BYTES: u64 = 3;

/// A volume as the `split` stage gets it.
pub(crate) struct UnpackedVolume {
    pub(crate) detected: Vec<DetectedPage>,
    pub(crate) compressed: Vec<CompressedRange>,
    pub(crate) words: Option<PageWords>,
    pub(crate) original: UnpackedPages,
    /// The length of the original.
    pub(crate) input_bytes: u64,
}

/// Unpacks the archive of the `prepare` stage and those of the `scan` stage, which are in the order of the ranges. The
/// files then have the same places as if the steps had run here.
pub(crate) fn unpack(run: &Run<'_>, compressed: &Path, ranges: &[PathBuf]) -> Result<UnpackedVolume, EngineError> {
    let volume_file = file_name(compressed);
    let (manifest, compressed) = unpack_volume(run, compressed)?;
    if ranges.len() != manifest.ranges.len() {
        let reason = format!("there are {} scanned ranges instead of {}", ranges.len(), manifest.ranges.len());
        return Err(IntermediateError::foreign(&volume_file, reason).into());
    }
    run.keep_problems(manifest.problems.iter().cloned());
    let words = PageWords::of(run)?;
    let (mut detected, mut first): (_, Option<ScanSettings>) = (Vec::with_capacity(manifest.pages.len()), None);
    for (path, cut) in ranges.iter().zip(&manifest.ranges) {
        let range = RangeArchive::open(run, path, cut, &manifest.pages)?;
        let settings = first.get_or_insert_with(|| range.manifest.scanned_with.clone());
        if *settings != range.manifest.scanned_with {
            let reason = "it was scanned with other settings than the ranges before";
            return Err(IntermediateError::foreign(range.archive.file(), reason).into());
        }
        detected.extend(range.unpack(run, &words)?);
    }
    let words = first.is_some_and(|settings| settings.ocr).then_some(words);
    let original = UnpackedPages { facts: manifest.pages, file: volume_file };
    Ok(UnpackedVolume { detected, compressed, words, original, input_bytes: manifest.input_bytes })
}

fn unpack_volume(run: &Run<'_>, path: &Path) -> Result<(VolumeManifest, Vec<CompressedRange>), EngineError> {
    let limits = &run.settings.limits;
    let max_entries = limits.max_pages.saturating_mul(3).saturating_add(1);
    let mut archive = ArchiveReader::open(path, max_entries, run.cancellation)?;
    let manifest: VolumeManifest = archive.json(file_names::VOLUME, MAX_MANIFEST)?;
    manifest.check(archive.file(), limits.max_pages)?;
    run.subdirectory("compressed")?;
    run.subdirectory("drawn")?;
    let mut ranges = Vec::with_capacity(manifest.compressed.len());
    for pages in &manifest.compressed {
        let name = file_names::compressed(pages.start);
        let document = run.directory().join(&name);
        archive.extract(&name, limits.max_file_bytes, &document)?;
        let name = file_names::original(pages.start);
        let original = archive.has(&name).then(|| run.directory().join(&name));
        if let Some(original) = &original {
            archive.extract(&name, limits.max_file_bytes, original)?;
        }
        ranges.push(CompressedRange { pages: pages.clone(), document, original });
    }
    for (page, _) in manifest.pages.iter().enumerate().filter(|(_, facts)| facts.is_drawn) {
        let name = file_names::drawn(page);
        archive.extract(&name, limits.max_file_bytes, &run.directory().join(&name))?;
    }
    archive.finish()?;
    Ok((manifest, ranges))
}

struct RangeArchive<'a> {
    archive: ArchiveReader<'a>,
    manifest: RangeManifest,
    facts: &'a [PageFacts],
}

impl<'a> RangeArchive<'a> {
    fn open(run: &Run<'a>, path: &Path, cut: &CutRange, facts: &'a [PageFacts]) -> Result<Self, EngineError> {
        let max_entries = cut.pages.len().saturating_mul(MAX_ENTRIES_PER_PAGE).saturating_add(1);
        let mut archive = ArchiveReader::open(path, max_entries, run.cancellation)?;
        let manifest: RangeManifest = archive.json(file_names::RANGE, MAX_MANIFEST)?;
        manifest.check(archive.file(), cut)?;
        Ok(Self { archive, manifest, facts })
    }

    fn unpack(mut self, run: &Run<'_>, words: &PageWords) -> Result<Vec<DetectedPage>, EngineError> {
        let mut detected = Vec::with_capacity(self.manifest.pages.len());
        for index in self.manifest.pages.clone() {
            run.check_cancelled()?;
            detected.push(self.unpack_page(run, words, index)?);
            run.pages_done(1);
        }
        // A page that is damaged in the volume has its problem already, whatever happened to it in the range.
        let problems = std::mem::take(&mut self.manifest.problems).into_iter();
        run.keep_problems(problems.filter(|problem| !self.facts[problem.page_index].is_damaged));
        self.archive.finish()?;
        Ok(detected)
    }

    fn unpack_page(&mut self, run: &Run<'_>, words: &PageWords, index: usize) -> Result<DetectedPage, EngineError> {
        let facts = &self.facts[index];
        let page: DetectedPage = self.archive.json(&file_names::page(index), MAX_PAGE)?;
        check_page(self.archive.file(), &page, index, facts.size)?;
        if self.manifest.scanned_with.previews {
            run.subdirectory(PREVIEWS)?;
            let preview = preview_file(index);
            self.archive.extract(&preview, MOST_PREVIEW_BYTES as u64, &run.directory().join(&preview))?;
        }
        let pictures = (1..=page.pictures().len()).map(|sequence| file_names::picture(index, sequence));
        if facts.is_damaged {
            self.archive.skip(&file_names::words(index));
            pictures.for_each(|picture| self.archive.skip(&picture));
            return Ok(DetectedPage::damaged(index, facts.size));
        }
        if self.archive.has(&file_names::words(index)) {
            self.archive.extract(&file_names::words(index), MAX_WORDS, &words.file(index))?;
            words.accept(index).map_err(|error| IntermediateError::damaged(self.archive.file(), error.to_string()))?;
        }
        for picture in pictures {
            run.subdirectory("pictures")?;
            let target = run.directory().join(&picture);
            self.archive.extract(&picture, run.settings.limits.max_file_bytes, &target)?;
        }
        Ok(page)
    }
}

/// What the `prepare` stage wrote about the original pages.
pub(crate) struct UnpackedPages {
    facts: Vec<PageFacts>,
    /// The name of the archive, for messages.
    file: String,
}

impl OriginalPages for UnpackedPages {
    fn has_own_text(&self, index: usize) -> bool {
        self.facts[index].has_own_text
    }

    fn drawn(&self, run: &Run<'_>, index: usize) -> Result<Option<PageImage>, EngineError> {
        let unusable = |reason: String| {
            IntermediateError::damaged(&self.file, format!("the drawing of page {} {reason}", index + 1))
        };
        if !self.facts[index].is_drawn {
            return Err(unusable("is missing".to_owned()).into());
        }
        let (limits, resolution) = (run.settings.limits, run.settings.compression.resolution);
        let path = run.directory().join(file_names::drawn(index));
        let drawn = read_png(&path, limits.max_page_pixels).map_err(unusable)?;
        Ok(Some(PageImage { dpi: f64::from(resolution), ..drawn }))
    }
}

/// Reads a PNG of the kinds that [`write_png`](crate::output::write_png) writes. `Err` says what is wrong, as the end of
/// a sentence without its full stop.
fn read_png(path: &Path, max_pixels: u64) -> Result<PageImage, String> {
    let unreadable = |error: &dyn std::error::Error| format!("cannot be read ({error})");
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let bytes = usize::try_from(max_pixels.saturating_mul(MAX_PIXEL_BYTES)).unwrap_or(usize::MAX);
    let decoder = Decoder::new_with_limits(BufReader::new(file), Limits { bytes });
    let mut reader = decoder.read_info().map_err(|error| unreadable(&error))?;
    let channels = match reader.output_color_type() {
        (ColorType::Grayscale, BitDepth::Eight) => 1,
        (ColorType::Rgb, BitDepth::Eight) => 3,
        other => return Err(format!("is of a kind that no stage writes ({other:?})")),
    };
    let length = reader.output_buffer_size().filter(|length| *length <= bytes).ok_or("is too large")?;
    let mut pixels = vec![0; length];
    let frame = reader.next_frame(&mut pixels).map_err(|error| unreadable(&error))?;
    let (width, height) = (frame.width as usize, frame.height as usize);
    Ok(PageImage { width, height, channels, pixels, dpi: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::write_png;

    #[test]
    fn a_picture_comes_back_pixel_by_pixel() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.png");
        for channels in [1, 3] {
            let pixels: Vec<u8> = (0..7 * 5 * channels).map(|value| (value * 37 % 251) as u8).collect();
            write_png(&path, 7, 5, channels, &pixels).unwrap();
            let image = read_png(&path, 35).unwrap();
            assert_eq!((image.width, image.height, image.channels, image.pixels), (7, 5, channels, pixels));
        }
        assert!(read_png(&path, 34).is_err(), "larger than allowed");
    }

    #[test]
    fn what_is_no_picture_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.png");
        assert!(read_png(&path, 100).is_err());
        std::fs::write(&path, b"no picture").unwrap();
        assert!(read_png(&path, 100).is_err());
    }
}
