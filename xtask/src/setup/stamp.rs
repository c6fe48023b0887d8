//! The stamp: which versions are installed, so that a later pin installs anew and nothing else does.

use super::pins::Pin;
use crate::error::Error;
use crate::home::QuireHome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

const FILE: &str = "installed.json";

/// Installed files below the directory of installed things, with their sizes in bytes.
pub type Files = BTreeMap<String, u64>;

/// What is installed, by package.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Stamp {
    packages: BTreeMap<String, Installed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Installed {
    version: String,
    recipe: String,
    files: Files,
}

impl Stamp {
    /// The stamp of a directory. One that is absent or cannot be read vouches for nothing: all is
    /// installed anew, which is always right.
    pub fn read(home: &QuireHome) -> Self {
        let bytes = fs::read(home.directory().join(FILE)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// True when the pinned version is installed and its files still have their sizes.
    pub fn vouches_for(&self, pin: &Pin, home: &QuireHome) -> bool {
        let same_size = |(file, size): (&String, &u64)| {
            fs::metadata(home.directory().join(file)).is_ok_and(|found| found.is_file() && found.len() == *size)
        };
        self.packages.get(pin.package).is_some_and(|installed| {
            installed.version == pin.version
                && installed.recipe == pin.recipe()
                && installed.files.iter().all(same_size)
        })
    }

    /// Notes what was installed.
    pub fn record(&mut self, pin: &Pin, files: Files) {
        let installed = Installed { version: pin.version.to_owned(), recipe: pin.recipe().to_owned(), files };
        self.packages.insert(pin.package.to_owned(), installed);
    }

    /// Writes the stamp, whole or not at all.
    pub fn write(&self, home: &QuireHome) -> Result<(), Error> {
        let path = home.directory().join(FILE);
        let failed = |source| Error::File { action: "writing", path: path.clone(), source };
        let mut file = tempfile::NamedTempFile::new_in(home.directory()).map_err(failed)?;
        serde_json::to_writer_pretty(&mut file, self).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n").map_err(failed)?;
        // Whoever shares the directory may read what is installed.
        file.as_file().set_permissions(Permissions::from_mode(0o644)).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::pins::Contents;
    use super::*;

    fn pin(version: &'static str, sha256: &'static str) -> Pin {
        let contents = Contents::Library { entry: "e", file: "lib/x.so", sha256 };
        Pin { package: "p", version, purpose: "x.so", contents }
    }

    fn installed() -> (tempfile::TempDir, QuireHome) {
        let directory = tempfile::tempdir().unwrap();
        let home = QuireHome::at(directory.path());
        fs::create_dir(directory.path().join("lib")).unwrap();
        fs::write(directory.path().join("lib/x.so"), "four").unwrap();
        let mut stamp = Stamp::read(&home);
        stamp.record(&pin("1", "a"), [("lib/x.so".to_owned(), 4)].into());
        stamp.write(&home).unwrap();
        (directory, home)
    }

    #[test]
    fn what_was_recorded_is_vouched_for_by_the_next_run() {
        let (_directory, home) = installed();
        assert!(Stamp::read(&home).vouches_for(&pin("1", "a"), &home));
    }

    #[test]
    fn another_version_or_recipe_is_not_vouched_for() {
        let (_directory, home) = installed();
        let stamp = Stamp::read(&home);
        assert!(!stamp.vouches_for(&pin("2", "a"), &home));
        assert!(!stamp.vouches_for(&pin("1", "b"), &home));
    }

    #[test]
    fn a_lost_or_shortened_file_is_not_vouched_for() {
        let (directory, home) = installed();
        fs::write(directory.path().join("lib/x.so"), "fou").unwrap();
        assert!(!Stamp::read(&home).vouches_for(&pin("1", "a"), &home));
        fs::remove_file(directory.path().join("lib/x.so")).unwrap();
        assert!(!Stamp::read(&home).vouches_for(&pin("1", "a"), &home));
    }

    #[test]
    fn a_damaged_stamp_vouches_for_nothing() {
        let (directory, home) = installed();
        fs::write(directory.path().join(FILE), "{").unwrap();
        assert!(!Stamp::read(&home).vouches_for(&pin("1", "a"), &home));
    }
}
