//! Taking one file out of a wheel, which is a zip archive.

use super::pins::hexadecimal;
use crate::error::Error;
use sha2::{Digest, Sha256};
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Writes an entry of a wheel to a file, which appears whole and with the pinned digest or not at all.
/// Hands back its size in bytes.
pub fn extract(wheel: &Path, entry: &str, sha256: &str, file: &Path) -> Result<u64, Error> {
    let directory = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(Error::file("making", directory))?;
    let mut temporary = NamedTempFile::new_in(directory).map_err(Error::file("writing in", directory))?;
    let found = copy(wheel, entry, temporary.as_file_mut())?;
    if found != sha256 {
        return Err(Error::Digest { file: entry.to_owned(), expected: sha256.to_owned(), found });
    }
    publish(temporary, file)
}

/// Copies the entry and hands back its digest.
fn copy(wheel: &Path, entry: &str, mut output: &File) -> Result<String, Error> {
    let unusable = |error: &dyn ToString| Error::Wheel { wheel: wheel.to_owned(), reason: error.to_string() };
    let archive = File::open(wheel).map_err(Error::file("opening", wheel))?;
    let mut archive = zip::ZipArchive::new(archive).map_err(|error| unusable(&error))?;
    let mut content = archive.by_name(entry).map_err(|error| unusable(&format!("{entry}: {error}")))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match content.read(&mut buffer).map_err(|error| unusable(&error))? {
            0 => return Ok(hexadecimal(&digest.finalize())),
            read => {
                digest.update(&buffer[..read]);
                output.write_all(&buffer[..read]).map_err(Error::file("unpacking", wheel))?;
            }
        }
    }
}

/// Readable by everybody, on disk, then under its name.
fn publish(temporary: NamedTempFile, file: &Path) -> Result<u64, Error> {
    let failed = |source: io::Error| Error::File { action: "writing", path: file.to_owned(), source };
    temporary.as_file().set_permissions(Permissions::from_mode(0o755)).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    let written = temporary.persist(file).map_err(|error| failed(error.error))?;
    Ok(written.metadata().map_err(failed)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use zip::write::SimpleFileOptions;

    const CONTENT: &[u8] = b"a library";

    fn wheel(directory: &Path) -> PathBuf {
        let path = directory.join("p-1-py3-none-any.whl");
        let mut writer = zip::ZipWriter::new(File::create(&path).unwrap());
        writer.start_file("p/lib.so", SimpleFileOptions::default()).unwrap();
        writer.write_all(CONTENT).unwrap();
        writer.finish().unwrap();
        path
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_entry_is_written_when_its_digest_is_the_pinned_one() {
        let directory = tempfile::tempdir().unwrap();
        let digest = hexadecimal(&Sha256::digest(CONTENT));
        let file = directory.path().join("lib/lib.so");
        assert_eq!(extract(&wheel(directory.path()), "p/lib.so", &digest, &file).unwrap(), 9);
        assert_eq!(fs::read(&file).unwrap(), CONTENT);
        assert_eq!(names(&directory.path().join("lib")), ["lib.so"]);
    }

    #[test]
    fn another_digest_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("lib/lib.so");
        let error = extract(&wheel(directory.path()), "p/lib.so", "00", &file).unwrap_err();
        assert!(matches!(error, Error::Digest { .. }), "{error}");
        assert!(names(&directory.path().join("lib")).is_empty());
    }

    #[test]
    fn a_missing_entry_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = extract(&wheel(directory.path()), "p/other.so", "00", &directory.path().join("x")).unwrap_err();
        assert!(error.to_string().contains("p/other.so"), "{error}");
    }
}
