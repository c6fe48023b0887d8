//! `cargo xtask demo`: the sample volume through the real command, then where to look.

use crate::error::Error;
use crate::{program, setup, workspace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sets up, builds, processes the sample and says where to look.
pub fn run() -> Result<(), Error> {
    let home = setup::run()?;
    let volume = workspace::sample();
    if !volume.is_file() {
        return Err(Error::VolumeMissing { path: volume, advice: "restore it from the repository" });
    }
    build_quire()?;
    let output = workspace::root().join("out/demo");
    clear(&output)?;
    let mut quire = Command::new(workspace::quire());
    quire.arg("process").arg(&volume).arg("-o").arg(&output).env("QUIRE_HOME", home.directory());
    println!("demo: quire process {} -o {}", shown(&volume), shown(&output));
    program::run(&mut quire)?;
    tell(&output)
}

/// Builds the command in the release profile.
pub fn build_quire() -> Result<(), Error> {
    println!("building quire (release)");
    program::run(cargo().args(["build", "--release", "--package", "cli"]))
}

/// The Cargo that runs this.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    command
}

/// Removes an earlier demonstration, so that what is shown is of this run.
fn clear(output: &Path) -> Result<(), Error> {
    if output.exists() { fs::remove_dir_all(output).map_err(Error::file("removing", output)) } else { Ok(()) }
}

fn tell(output: &Path) -> Result<(), Error> {
    let mut files = Vec::new();
    collect(output, &mut files)?;
    files.sort();
    println!("\nWhere to look, below {}:", shown(output));
    let names: Vec<_> =
        files.iter().map(|file| file.strip_prefix(output).unwrap_or(file).display().to_string()).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    for name in &names {
        println!("  {name:<width$}  {}", meaning(Path::new(name)));
    }
    println!("\nEvery box drawn on its page: quire inspect {} -o out/inspect", shown(&workspace::sample()));
    println!("(the command is {})", shown(&workspace::quire()));
    Ok(())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(directory).map_err(Error::file("reading", directory))? {
        let path = entry.map_err(Error::file("reading", directory))?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// What a file of the output is, in a line.
fn meaning(file: &Path) -> &'static str {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (name, directory) = (text(file.file_name()), text(file.parent().and_then(Path::file_name)));
    match (directory.as_str(), name.as_str()) {
        ("redacted", _) => "one opinion, what is not the court's removed",
        ("unredacted", _) => "one opinion, untouched",
        ("images", _) => "a picture found in an opinion",
        (_, "detections.json") => "every box the models found",
        (_, "pages_meta.json") => "the text columns of every page",
        (_, "opinions.json") => "the opinions: pages, numbers, what lies outside",
        (_, "redaction_rects.json") => "what is blacked or whited out, by page",
        (_, "margin_rects.json") => "the margins that are whited out, by page",
        (_, name) if name.ends_with(".redacted.pdf") => "the whole volume, redacted",
        (_, name) if name.ends_with(".pdf") => "the whole volume, compressed and searchable",
        _ => "",
    }
}

/// A path as a person would type it from the workspace's root.
fn shown(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_and_opinions_are_told_apart() {
        assert!(meaning(Path::new("arc/12/201/arc.12.201.207.pdf")).contains("searchable"));
        assert!(meaning(Path::new("arc/12/201/arc.12.201.207.redacted.pdf")).contains("volume, redacted"));
        assert!(meaning(Path::new("arc/12/201/redacted/arc.12.0201-0202.pdf")).contains("one opinion"));
        assert!(meaning(Path::new("arc/12/201/opinions.json")).contains("opinions"));
    }
}
