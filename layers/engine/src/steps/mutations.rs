//! A thousand damaged copies of the sample volume. Each is refused as bad input, or its pages are those that qpdf finds
//! and can be read or are damaged. Nothing panics or runs forever.

use super::agreement::require_agreement;
use super::original::Original;
use super::run::Run;
use crate::cancellation::Cancellation;
use crate::error::EngineError;
use crate::installation::Installation;
use crate::pixels::PixelError;
use crate::report::NoProgress;
use crate::settings::Settings;
use crate::source;
use domain::FailureClass;
use std::path::Path;

#[path = "../../tests/support/mutations.rs"]
mod generator;

const SEED: u64 = 8_000_000;
const FILES: u64 = 1000;

/// How a damaged file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Refused,
    /// The page that was read.
    Damaged,
    Read,
}

#[test]
fn damaged_files_end_in_a_verdict() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sample/arc.12.201.207.original.pdf");
    let sample = std::fs::read(sample).unwrap();
    let mutations = generator::Mutations::of(&sample);
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(Installation::of_user().unwrap());
    let cancellation = Cancellation::new();
    let run = Run::new(&settings, folder.path(), &NoProgress, &cancellation).unwrap();
    let file = folder.path().join("volume.pdf");
    println!("seeds {SEED} to {}", SEED + FILES - 1);
    let ending = |seed| {
        std::fs::write(&file, mutations.file(seed)).unwrap();
        let ended = ending(&run, &file, seed);
        ended.unwrap_or_else(|error| {
            assert_eq!(error.code().class(), FailureClass::Input, "seed {seed}: {error} [{}]", error.code());
            Ending::Refused
        })
    };
    let endings: Vec<Ending> = (SEED..SEED + FILES).map(ending).collect();
    let count = |wanted| endings.iter().filter(|ending| **ending == wanted).count();
    let counts = [Ending::Refused, Ending::Damaged, Ending::Read].map(count);
    println!("refused, damaged, read: {counts:?}");
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}

/// Opens the file, compares its pages with those that qpdf finds, and reads one of them.
fn ending(run: &Run<'_>, file: &Path, seed: u64) -> Result<Ending, EngineError> {
    let volume = source::open(file, &run.settings.limits)?;
    let original = Original::new(&volume, 0, run)?.remembering();
    require_agreement(run, &original)?;
    let page = generator::Random::new(seed).below(volume.pages.len());
    match original.read(page) {
        Ok(image) => {
            assert_eq!(image.pixels.len(), image.width * image.height * image.channels, "seed {seed}");
            assert!(original.seen(page)?.is_some(), "seed {seed}");
            Ok(Ending::Read)
        }
        Err(PixelError::Damaged { .. }) => Ok(Ending::Damaged),
        Err(error) => Err(error.into()),
    }
}
