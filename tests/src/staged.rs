//! A volume worked on in stages, as the functions do it, but in one process.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use domain::{ModelChoice, VolumeName};
use engine::cancellation::Cancellation;
use engine::error::EngineError;
use engine::installation::Installation;
use engine::report::NoProgress;
use engine::settings::Settings;
use engine::source::SkippedPages;
use engine::stages::{self, Prepared, RangeToScan, SplitInputs, SplitResult, VolumeToPrepare};
use std::path::{Path, PathBuf};

/// Settings of the thorough mode, opinions without redaction included.
///
/// # Panics
/// When nobody knows where the models are.
#[must_use]
pub fn thorough() -> Settings {
    Settings { unredacted: true, ..Settings::new(Installation::of_user().unwrap()) }
}

/// Settings of `--no-ocr --model small`.
#[must_use]
pub fn fast() -> Settings {
    Settings { ocr: false, unredacted: false, model: ModelChoice::Small, ..thorough() }
}

/// What the sample is called.
///
/// # Panics
/// Never: the name is sound.
#[must_use]
pub fn sample_name() -> VolumeName {
    VolumeName::new("arc", "12", Some(201), Some(207)).unwrap()
}

/// Prepares a volume in a folder.
///
/// # Errors
/// As [`stages::prepare`].
pub fn prepared(
    volume: &Path,
    settings: &Settings,
    range_pages: usize,
    folder: &Path,
) -> Result<Prepared, EngineError> {
    prepared_skipping(volume, &SkippedPages::default(), settings, range_pages, folder)
}

/// Prepares a volume in a folder, without some of its pages.
///
/// # Errors
/// As [`stages::prepare`].
pub fn prepared_skipping(
    volume: &Path,
    skipped: &SkippedPages,
    settings: &Settings,
    range_pages: usize,
    folder: &Path,
) -> Result<Prepared, EngineError> {
    let volume = VolumeToPrepare { file: volume, range_pages, skipped };
    stages::prepare(&volume, settings, &made(&folder.join("prepare")), &NoProgress, &Cancellation::new())
}

/// Scans every range of a prepared volume with models that are loaded once, each in a folder of its own.
///
/// # Errors
/// As [`stages::scan`].
pub fn scanned(prepared: &Prepared, settings: &Settings, folder: &Path) -> Result<SplitInputs, EngineError> {
    let detector = stages::load_models(settings)?;
    let scan = |range: &stages::PreparedRange| {
        let place = made(&folder.join(format!("scan-{}", range.pages.start)));
        let range = RangeToScan { file: &range.file, pages: range.pages.clone(), first_page: Some(201) };
        Ok(stages::scan(&range, &detector, settings, &place, &NoProgress, &Cancellation::new())?.file)
    };
    let ranges: Result<Vec<PathBuf>, EngineError> = prepared.ranges.iter().map(scan).collect();
    Ok(SplitInputs { compressed: prepared.compressed.clone(), ranges: ranges?, name: sample_name() })
}

/// Splits a scanned volume.
///
/// # Errors
/// As [`stages::split`].
pub fn split(inputs: &SplitInputs, settings: &Settings, folder: &Path) -> Result<SplitResult, EngineError> {
    stages::split(inputs, settings, &made(&folder.join("split")), &NoProgress, &Cancellation::new())
}

/// A folder, made anew.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn made(folder: &Path) -> PathBuf {
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
    std::fs::create_dir_all(folder).unwrap();
    folder.to_owned()
}
