//! Where things are.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The workspace's root. Cargo sets the package's directory at run time, so a checkout that was moved with its `target/`
/// still finds itself.
pub fn root() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// Where Cargo writes what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program that the workspace builds.
pub fn built(name: &str) -> PathBuf {
    target().join("release").join(name)
}

/// The sample volume of the repository.
pub fn sample() -> PathBuf {
    root().join("tests/sample/arc.12.201.207.original.pdf")
}

/// The directory of the models and native libraries, where the engine also looks for them: `$QUIRE_HOME`, or
/// `$XDG_DATA_HOME/quire`, or `~/.local/share/quire`.
pub fn home() -> Result<PathBuf> {
    let home = home_among(|name| std::env::var_os(name)).context(
        "None of QUIRE_HOME, XDG_DATA_HOME and HOME is set. Set QUIRE_HOME to a directory for models and libraries.",
    )?;
    // Absolute, because the tests run in other directories.
    std::path::absolute(&home).with_context(|| format!("{} could not be resolved", home.display()))
}

fn home_among(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("QUIRE_HOME")
        .or_else(|| set("XDG_DATA_HOME").map(|data| data.join("quire")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/quire")))
}

/// Every file below a directory, sorted.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("{} could not be read", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} could not be read", file.display()))
}

pub fn write(file: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    fs::write(file, content).with_context(|| format!("{} could not be written", file.display()))
}

pub fn create_directory(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("{} could not be created", directory.display()))
}

pub fn remove_directory(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("{} could not be removed", directory.display()))?;
    }
    Ok(())
}

/// Copies a file and creates the directories above the copy.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    create_directory(to.parent().unwrap_or(Path::new(".")))?;
    fs::copy(from, to).map(drop).with_context(|| format!("{} could not be copied to {}", from.display(), to.display()))
}

/// Changes when the content or the name of one of the files changes. It detects changes and protects against nothing.
pub fn fingerprint(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        read(file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Like [`fingerprint`], of a text.
pub fn text_fingerprint(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(variables: &[(&str, &str)]) -> Option<PathBuf> {
        home_among(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn the_more_particular_variable_wins() {
        let all = [("QUIRE_HOME", "/q"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(located(&all), Some("/q".into()));
        assert_eq!(located(&all[1..]), Some("/x/quire".into()));
        assert_eq!(located(&all[2..]), Some("/h/.local/share/quire".into()));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(located(&[("QUIRE_HOME", ""), ("HOME", "/h")]), Some("/h/.local/share/quire".into()));
        assert_eq!(located(&[("HOME", "")]), None);
    }

    #[test]
    fn the_fingerprint_follows_content_and_name() {
        let directory = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
        fs::write(&one, "same").unwrap();
        fs::write(&two, "same").unwrap();
        assert_ne!(fingerprint(std::slice::from_ref(&one)).unwrap(), fingerprint(&[two]).unwrap());
        let before = fingerprint(std::slice::from_ref(&one)).unwrap();
        fs::write(&one, "other").unwrap();
        assert_ne!(fingerprint(&[one]).unwrap(), before);
    }
}
