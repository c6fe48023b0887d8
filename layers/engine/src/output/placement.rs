//! Results moved to their final place in one step.

use super::error::OutputError;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::path::{Path, PathBuf};

/// A file that every result holds: by it a directory is known to be ours.
const MARK: &str = "detections.json";

/// Moves a finished result to `target`, in place of an earlier result. Returns every file there, relative to it.
///
/// # Errors
/// When the target holds something that is no result, or the file system refuses.
pub fn move_into_place(result: &Path, target: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let files = files_under(result)?;
    let parent = target.parent().unwrap_or(target);
    std::fs::create_dir_all(parent).map_err(|error| OutputError::io(parent, error))?;
    let failed = |error: rustix::io::Errno| OutputError::io(target, error.into());
    if !target.exists() {
        renameat_with(CWD, result, CWD, target, RenameFlags::NOREPLACE).map_err(failed)?;
        return Ok(files);
    }
    check_target(target)?;
    // The earlier result now lies in the directory under way, and goes with it.
    renameat_with(CWD, result, CWD, target, RenameFlags::EXCHANGE).map_err(failed)?;
    Ok(files)
}

/// Fails when the target holds something that is no result: better before the work than after it.
///
/// # Errors
/// [`OutputError::NotOurs`], and what the file system says.
pub fn check_target(target: &Path) -> Result<(), OutputError> {
    if !target.exists() || is_ours(target)? { Ok(()) } else { Err(OutputError::NotOurs { path: target.to_owned() }) }
}

fn is_ours(target: &Path) -> Result<bool, OutputError> {
    let mut entries = std::fs::read_dir(target).map_err(|error| OutputError::io(target, error))?;
    Ok(target.join(MARK).is_file() || entries.next().is_none())
}

/// Every file below a directory, relative to it, sorted.
///
/// # Errors
/// What the file system says.
pub fn files_under(directory: &Path) -> Result<Vec<PathBuf>, OutputError> {
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
