//! Finding a Python that LocalStack runs on. Debian 12 has 3.11; newer ones lie where their own tools put them.

use super::error::StackError;
use crate::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// LocalStack 4.14 starts on 3.12 and then answers every request with an error.
const OLDEST: (u32, u32) = (3, 13);

/// What LocalStack's dependencies were tested with, then what is likely to have their wheels.
const NAMES: [&str; 4] = ["python3.13", "python3.14", "python3", "python"];

/// Prints the version, and fails without what a virtual environment needs.
const PROBE: &str = "import sys, venv, ensurepip; print(*sys.version_info[:2])";

/// The first Python that is new enough and can make a virtual environment.
pub fn find() -> Result<PathBuf, StackError> {
    let candidates = candidates(|name| std::env::var_os(name).map(PathBuf::from));
    let found = candidates.iter().find(|path| version(path).is_some_and(|version| version >= OLDEST));
    found.cloned().ok_or_else(|| StackError::Python { looked: looked(&candidates) })
}

/// Where a Python may be, by preference.
fn candidates(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let home = |rest: &str| variable("HOME").map(|home| home.join(rest));
    let named = variable("QUIRE_PYTHON").into_iter();
    let in_path = NAMES.iter().filter_map(|name| program::find(name));
    let pyenv = variable("PYENV_ROOT").or_else(|| home(".pyenv")).map(|root| root.join("versions"));
    let uv = variable("UV_PYTHON_INSTALL_DIR")
        .or_else(|| variable("XDG_DATA_HOME").map(|data| data.join("uv/python")))
        .or_else(|| home(".local/share/uv/python"));
    let managed = [pyenv, uv].into_iter().flatten().flat_map(|directory| installed(&directory));
    named.chain(in_path).chain(managed).collect()
}

/// The Pythons below a directory with one directory for each, 3.13 before 3.14 before later ones.
fn installed(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path().join("bin/python3")).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found
}

/// The version, when it runs (a shim of pyenv may not) and can make a virtual environment.
fn version(python: &Path) -> Option<(u32, u32)> {
    let output = program::capture(Command::new(python).args(["-c", PROBE])).ok()?;
    parse(&String::from_utf8_lossy(&output.stdout)).filter(|_| output.status.success())
}

fn parse(printed: &str) -> Option<(u32, u32)> {
    let (major, minor) = printed.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn looked(candidates: &[PathBuf]) -> String {
    let tried = |path: &PathBuf| match version(path) {
        Some((major, minor)) => format!("{} is {major}.{minor}", path.display()),
        None => format!("{} does not run, or lacks venv", path.display()),
    };
    let tried: Vec<String> = candidates.iter().map(tried).collect();
    if tried.is_empty() { "there is no Python in PATH".to_owned() } else { tried.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_python_comes_first_and_managed_ones_are_found() {
        let home = tempfile::tempdir().unwrap();
        for version in [".pyenv/versions/3.13.0", ".local/share/uv/python/cpython-3.14.2-linux-x86_64-gnu"] {
            let bin = home.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("python3"), "").unwrap();
        }
        let variable = |name: &str| match name {
            "HOME" => Some(home.path().to_owned()),
            "QUIRE_PYTHON" => Some("/a/python".into()),
            _ => None,
        };
        let found = candidates(variable);
        assert_eq!(found.first().unwrap(), Path::new("/a/python"));
        let managed: Vec<_> = found.iter().filter_map(|path| path.strip_prefix(home.path()).ok()).collect();
        assert_eq!(managed.len(), 2);
        assert!(managed[0].starts_with(".pyenv"));
    }

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert_eq!(parse("3 13\n"), Some((3, 13)));
        assert!(parse("3 9").unwrap() < OLDEST);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn what_is_no_python_has_no_version() {
        assert_eq!(version(Path::new("true")), None);
    }
}
