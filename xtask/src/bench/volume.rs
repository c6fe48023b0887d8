//! The volume that is processed.

use super::first_line;
use crate::error::Error;
use crate::workspace;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The volume that is processed.
#[derive(Debug, Clone, Serialize)]
pub struct Volume {
    /// The file.
    pub path: PathBuf,
    /// Its pages.
    pub pages: u32,
    /// Its size.
    pub bytes: u64,
    /// Reporter, volume, first and last page.
    #[serde(skip)]
    pub identity: Identity,
}

/// What the contestants are told about the volume, so that all do the same work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Abbreviation of the reporter.
    pub reporter: String,
    /// Number of the volume.
    pub volume: String,
    /// First printed page.
    pub first_page: u32,
    /// Last printed page.
    pub last_page: u32,
}

impl Volume {
    /// The given volume, else the shared 20-page sample where it is present, else the repository's sample.
    pub fn choose(given: Option<&Path>) -> Result<Self, Error> {
        let path = given.map(Path::to_owned).or_else(shared_sample).unwrap_or_else(workspace::sample);
        if !path.is_file() {
            return Err(Error::VolumeMissing { path, advice: "give another with --volume" });
        }
        let path = path.canonicalize().map_err(Error::file("finding", &path))?;
        let bytes = fs::metadata(&path).map_err(Error::file("reading", &path))?.len();
        let pages = pages(&path)?;
        let stem = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { identity: Identity::of(&stem, pages), path, pages, bytes })
    }

    /// Its path as an argument.
    pub fn argument(&self) -> String {
        self.path.display().to_string()
    }
}

/// The sample lies beside the workspace where the project keeps its shared data.
fn shared_sample() -> Option<PathBuf> {
    let shared = std::env::var_os("QUIRE_SHARED").map_or_else(|| workspace::root().join("../shared"), PathBuf::from);
    Some(shared.join("data/sample20/a3d.217.101.120.original.pdf")).filter(|path| path.is_file())
}

fn pages(path: &Path) -> Result<u32, Error> {
    let mut command = Command::new("qpdf");
    command.arg("--show-npages").arg(path);
    first_line(&mut command).and_then(|line| line.parse().ok()).ok_or_else(|| Error::Output {
        command: crate::program::line(&command),
        reason: "no number of pages".to_owned(),
    })
}

impl Identity {
    /// From `reporter.volume.first.last…`; a name of another kind gets a made-up identity.
    fn of(name: &str, pages: u32) -> Self {
        let mut parts = name.split('.');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (reporter, volume, first, last) = (part(), part(), part().parse(), part().parse());
        match (first, last) {
            (Ok(first_page), Ok(last_page)) => Self { reporter, volume, first_page, last_page },
            _ => Self { reporter: "bench".into(), volume: "1".into(), first_page: 1, last_page: pages },
        }
    }

    /// The options that Quire and blackletter share.
    pub fn options(&self) -> Vec<String> {
        let first = self.first_page.to_string();
        ["--reporter", &self.reporter, "--volume", &self.volume, "--first-page", &first].map(str::to_owned).into()
    }

    /// Where both put the whole volume below the output directory.
    pub fn volume_file(&self) -> PathBuf {
        let Self { reporter, volume, first_page, last_page } = self;
        format!("{reporter}/{volume}/{first_page}/{reporter}.{volume}.{first_page}.{last_page}.pdf").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_what_the_volume_is() {
        let identity = Identity::of("a3d.217.101.120.original.pdf", 20);
        assert_eq!(identity.volume_file(), Path::new("a3d/217/101/a3d.217.101.120.pdf"));
        assert_eq!(identity.options(), ["--reporter", "a3d", "--volume", "217", "--first-page", "101"]);
    }

    #[test]
    fn another_name_gets_a_made_up_identity() {
        assert_eq!(Identity::of("scan.pdf", 9).volume_file(), Path::new("bench/1/1/bench.1.1.9.pdf"));
    }
}
