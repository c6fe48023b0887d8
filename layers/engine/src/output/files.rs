//! Files and directories of results: JSON, PNG, and the move of a finished result to its final place.

use super::error::OutputError;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Every result contains this file. A directory with it may be replaced.
const MARK: &str = "detections.json";

/// Moves a finished result to `target` in one step and replaces an earlier result. Returns the files, relative to it.
///
/// # Errors
/// [`OutputError::NotOurs`] as in [`check_target`], and errors of the file system.
pub(crate) fn move_into_place(result: &Path, target: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let files = files_under(result)?;
    let parent = target.parent().unwrap_or(target);
    create_directory(parent)?;
    let failed = |error: rustix::io::Errno| OutputError::io(target, error.into());
    if !target.exists() {
        renameat_with(CWD, result, CWD, target, RenameFlags::NOREPLACE).map_err(failed)?;
        return Ok(files);
    }
    check_target(target)?;
    // The earlier result is now in the run's temporary directory and is deleted with it.
    renameat_with(CWD, result, CWD, target, RenameFlags::EXCHANGE).map_err(failed)?;
    Ok(files)
}

/// Checks, before any work is done, that the target is absent, empty or an earlier result.
///
/// # Errors
/// [`OutputError::NotOurs`], and errors of the file system.
pub(crate) fn check_target(target: &Path) -> Result<(), OutputError> {
    if !target.exists() || is_ours(target)? { Ok(()) } else { Err(OutputError::NotOurs { path: target.to_owned() }) }
}

fn is_ours(target: &Path) -> Result<bool, OutputError> {
    let mut entries = std::fs::read_dir(target).map_err(|error| OutputError::io(target, error))?;
    Ok(target.join(MARK).is_file() || entries.next().is_none())
}

/// Every file below a directory, relative to it, sorted.
pub(crate) fn files_under(directory: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let mut files = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| OutputError::io(&folder, error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(relative) = path.strip_prefix(directory) {
                files.push(relative.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Writes an image of one (grey) or three (RGB) channels as PNG.
pub(crate) fn write_png(
    path: &Path,
    width: usize,
    height: usize,
    channels: usize,
    pixels: &[u8],
) -> Result<(), OutputError> {
    let failed = |error: png::EncodingError| match error {
        png::EncodingError::IoError(error) => OutputError::io(path, error),
        other => OutputError::PageImage { reason: other.to_string() },
    };
    let file = std::fs::File::create(path).map_err(|error| OutputError::io(path, error))?;
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), side(width), side(height));
    encoder.set_color(if channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().map_err(failed)?.write_image_data(pixels).map_err(failed)
}

/// # Errors
/// If the value cannot be represented as JSON, or the file cannot be written.
pub fn write_json<T: Serialize + ?Sized>(path: &Path, value: &T) -> Result<(), OutputError> {
    let bytes = serde_json::to_vec(value).map_err(|error| OutputError::Document { reason: error.to_string() })?;
    std::fs::write(path, bytes).map_err(|error| OutputError::io(path, error))
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, OutputError> {
    let bytes = std::fs::read(path).map_err(|error| OutputError::io(path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| OutputError::Document { reason: error.to_string() })
}

/// The length of a file in bytes.
pub(crate) fn file_length(path: &Path) -> Result<u64, OutputError> {
    std::fs::metadata(path).map(|data| data.len()).map_err(|error| OutputError::io(path, error))
}

/// Creates the directory unless it exists, and its parents.
pub(crate) fn create_directory(path: &Path) -> Result<(), OutputError> {
    std::fs::create_dir_all(path).map_err(|error| OutputError::io(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(root: &Path, content: &str) -> PathBuf {
        let result = root.join("result");
        std::fs::create_dir_all(result.join("redacted")).unwrap();
        std::fs::write(result.join(MARK), content).unwrap();
        std::fs::write(result.join("redacted/a.pdf"), content).unwrap();
        result
    }

    #[test]
    fn a_result_takes_the_place_of_an_earlier_one() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out/a3d/217/101");
        for content in ["first", "second"] {
            let files = move_into_place(&result(root.path(), content), &target).unwrap();
            assert_eq!(files, [PathBuf::from(MARK), PathBuf::from("redacted/a.pdf")]);
            assert_eq!(std::fs::read_to_string(target.join(MARK)).unwrap(), content);
            let _ = std::fs::remove_dir_all(root.path().join("result"));
        }
    }

    #[test]
    fn somebody_elses_files_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("thesis");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("chapter-1.txt"), "mine").unwrap();
        let error = move_into_place(&result(root.path(), "x"), &target).unwrap_err();
        assert_eq!(error.code(), "output.not_ours");
        assert!(target.join("chapter-1.txt").exists());
    }
}
