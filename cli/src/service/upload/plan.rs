//! Decides which file gets which key, and checks every file before anything is sent.

use crate::service::arguments::UploadTarget;
use crate::service::error::ServiceError;
use domain::{FailureCode, LONGEST_KEY, NameParts, NamingError, UploadKey, VolumeName};
use engine::source::{Limits, SourceError};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A file that may be uploaded.
#[derive(Debug)]
pub struct Planned {
    pub path: PathBuf,
    pub key: UploadKey,
    pub bytes: u64,
    /// Whether the key contains nothing but the file name, so that another volume may have the same key.
    pub is_unsorted: bool,
}

pub fn plan(files: &[PathBuf], target: &UploadTarget) -> Result<Vec<Planned>, ServiceError> {
    if files.len() > 1 && names_one_volume(target) {
        let reason = "--key, --reporter, --volume, --first-page and --last-page need a single FILE.".to_owned();
        return Err(ServiceError::Arguments { reason });
    }
    // A missing file is reported before any complaint about its name.
    let sizes = files.iter().map(|path| size(path)).collect::<Result<Vec<_>, _>>()?;
    let keys = files.iter().map(|path| key(path, target)).collect::<Result<Vec<_>, _>>()?;
    refuse_same_key(files, &keys)?;
    files.iter().try_for_each(|path| check(path))?;
    let planned = files.iter().zip(keys).zip(sizes);
    Ok(planned
        .map(|((path, Key { key, is_unsorted }), bytes)| Planned { path: path.clone(), key, bytes, is_unsorted })
        .collect())
}

fn size(path: &Path) -> Result<u64, ServiceError> {
    let unreadable = |cause| SourceError::Unreadable { path: path.display().to_string(), cause };
    let metadata = std::fs::metadata(path).map_err(unreadable);
    Ok(metadata.map_err(|error| ServiceError::not_uploaded(path, error))?.len())
}

const fn names_one_volume(target: &UploadTarget) -> bool {
    let UploadTarget { key, reporter, volume, first_page, last_page, unnamed: _ } = target;
    key.is_some() || reporter.is_some() || volume.is_some() || first_page.is_some() || last_page.is_some()
}

struct Key {
    key: UploadKey,
    is_unsorted: bool,
}

fn key(path: &Path, target: &UploadTarget) -> Result<Key, ServiceError> {
    if let Some(key) = &target.key {
        return Ok(Key { key: chosen(key)?, is_unsorted: false });
    }
    match named(path, target) {
        Ok(key) => Ok(Key { key, is_unsorted: false }),
        Err(_) if target.unnamed => Ok(Key { key: unsorted(path)?, is_unsorted: true }),
        Err(error) => Err(error),
    }
}

fn named(path: &Path, target: &UploadTarget) -> Result<UploadKey, ServiceError> {
    let name = volume_name(path, target)?;
    UploadKey::of_volume(&name).ok_or_else(|| refusal(path, FailureCode::UploadUnnamed))
}

/// Options override the file name.
fn volume_name(path: &Path, target: &UploadTarget) -> Result<VolumeName, ServiceError> {
    let UploadTarget { reporter, volume, first_page, last_page, .. } = target;
    let (reporter, volume) = (reporter.as_deref(), volume.as_deref());
    let said = NameParts { reporter, volume, first_page: *first_page, last_page: *last_page };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    VolumeName::completed(&file, &said).map_err(|error| match error {
        NamingError::Unrecognised { .. } => refusal(path, FailureCode::UploadUnnamed),
        error => ServiceError::not_uploaded(path, error),
    })
}

/// S3 notifies `intake` only of keys below the root.
fn chosen(key: &str) -> Result<UploadKey, ServiceError> {
    let invalid = || ServiceError::Arguments {
        reason: format!(
            "--key must begin with {}, name a file, and have at most {LONGEST_KEY} bytes without control characters.",
            UploadKey::ROOT
        ),
    };
    UploadKey::chosen(key).ok_or_else(invalid)
}

fn unsorted(path: &Path) -> Result<UploadKey, ServiceError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    UploadKey::unsorted(name).ok_or_else(|| refusal(path, FailureCode::UploadFileName))
}

fn refuse_same_key(files: &[PathBuf], keys: &[Key]) -> Result<(), ServiceError> {
    let mut seen: HashMap<&UploadKey, &Path> = HashMap::new();
    for (path, key) in files.iter().zip(keys) {
        if let Some(other) = seen.insert(&key.key, path) {
            let reason = format!("{} would have the same key, {}.", other.display(), key.key);
            return Err(ServiceError::NotUploaded { path: path.clone(), code: FailureCode::UploadSameKey, reason });
        }
    }
    Ok(())
}

/// The checks that `compress` makes of every upload. Here they come before the transfer.
fn check(path: &Path) -> Result<(), ServiceError> {
    let opened = engine::source::open(path, &Limits::default());
    opened.map(drop).map_err(|error| ServiceError::not_uploaded(path, error))
}

fn refusal(path: &Path, code: FailureCode) -> ServiceError {
    ServiceError::NotUploaded { path: path.to_owned(), code, reason: code.meaning().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(file: &str, target: &UploadTarget) -> Result<String, &'static str> {
        key(Path::new(file), target).map(|key| key.key.to_string()).map_err(|error| error.code().as_str())
    }

    #[test]
    fn the_file_name_makes_the_key() {
        let key = Ok("original_scans/a3d/217/101/a3d.217.101.120.original.pdf".to_owned());
        for file in ["a3d.217.101.120.pdf", "scans/a3d.217.101.120.original.pdf", "a3d.217.0101.120.original.PDF"] {
            assert_eq!(planned(file, &UploadTarget::default()), key, "{file}");
        }
        let key = "original_scans/cal.app.5th/12/1/cal.app.5th.12.1.900.original.pdf";
        assert_eq!(planned("cal.app.5th.12.1.900.pdf", &UploadTarget::default()), Ok(key.to_owned()));
    }

    #[test]
    fn options_override_and_complete_the_name() {
        let target = UploadTarget { last_page: Some(120), ..UploadTarget::default() };
        let key = Ok("original_scans/a3d/217/101/a3d.217.101.120.original.pdf".to_owned());
        assert_eq!(planned("a3d.217.101.pdf", &target), key);
        let target = UploadTarget {
            reporter: Some("a3d".to_owned()),
            volume: Some("217".to_owned()),
            first_page: Some(101),
            ..target
        };
        assert_eq!(planned("scan.pdf", &target), key);
        assert_eq!(planned("b2d.1.1.9.pdf", &target), key);
    }

    #[test]
    fn an_incomplete_name_is_refused() {
        for file in ["scan.pdf", "a3d.217.pdf", "a3d.217.101.pdf", "a3d.217.1.99999999.pdf"] {
            assert_eq!(planned(file, &UploadTarget::default()), Err("upload.unnamed"), "{file}");
        }
        assert_eq!(planned("a3d.217.120.101.pdf", &UploadTarget::default()), Err("naming.pages_reversed"));
        let target = UploadTarget { reporter: Some("../x".to_owned()), ..UploadTarget::default() };
        assert_eq!(planned("a3d.217.101.120.pdf", &target), Err("naming.component"));
    }

    #[test]
    fn only_unnamed_files_are_unsorted() {
        let target = UploadTarget { unnamed: true, ..UploadTarget::default() };
        assert_eq!(planned("box/scan 12.pdf", &target), Ok("original_scans/unsorted/scan 12.pdf".to_owned()));
        let key = "original_scans/a3d/217/101/a3d.217.101.120.original.pdf";
        assert_eq!(planned("a3d.217.101.120.pdf", &target), Ok(key.to_owned()));
        assert_eq!(planned("a\u{1b}.pdf", &target), Err("upload.file_name"));
    }

    #[test]
    fn a_chosen_key_is_below_the_root() {
        let chosen =
            |key: &str| planned("scan.pdf", &UploadTarget { key: Some(key.to_owned()), ..UploadTarget::default() });
        assert_eq!(chosen("original_scans/b/c.pdf"), Ok("original_scans/b/c.pdf".to_owned()));
        for wrong in ["scan.pdf", "original_scans/", "original_scans/a/", "original_scans/a\n", "/original_scans/a"] {
            assert_eq!(chosen(wrong), Err("command.arguments"), "{wrong:?}");
        }
        assert_eq!(chosen(&format!("original_scans/{}", "a".repeat(1010))), Err("command.arguments"));
    }

    #[test]
    fn the_options_of_a_volume_need_a_single_file() {
        let files = ["a.pdf".into(), "b.pdf".into()];
        let target = UploadTarget { key: Some("original_scans/a".to_owned()), ..UploadTarget::default() };
        assert_eq!(plan(&files, &target).unwrap_err().code(), "command.arguments");
    }

    #[test]
    fn two_files_never_share_a_key() {
        let directory = tempfile::tempdir().unwrap();
        let files = ["a3d.217.101.120.pdf", "a3d.217.101.120.original.pdf"].map(|name| directory.path().join(name));
        files.iter().for_each(|file| std::fs::write(file, "%PDF-").unwrap());
        let error = plan(&files, &UploadTarget::default()).unwrap_err();
        assert_eq!(error.code(), "upload.same_key");
        assert!(error.to_string().contains("a3d.217.101.120.pdf would have the same key"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_a_pdf_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a3d.217.101.120.pdf");
        assert_eq!(
            plan(std::slice::from_ref(&file), &UploadTarget::default()).unwrap_err().code(),
            "source.unreadable"
        );
        std::fs::write(&file, "%!PS").unwrap();
        assert_eq!(plan(&[file], &UploadTarget::default()).unwrap_err().code(), "source.not_pdf");
    }
}
