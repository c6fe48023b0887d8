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
    let listing = listing(output)?;
    let width = listing.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    println!("\nWhere to look, below {}:", shown(output));
    for (name, meaning) in listing {
        println!("  {name:<width$}  {meaning}");
    }
    println!(
        "\nEvery box drawn on its page: {} inspect {} -o out/inspect",
        shown(&workspace::quire()),
        shown(&workspace::sample())
    );
    Ok(())
}

/// The files of the output with what they are.
fn listing(output: &Path) -> Result<Vec<(String, &'static str)>, Error> {
    let files = workspace::files(output)?;
    let relative = |file: &PathBuf| file.strip_prefix(output).unwrap_or(file).to_owned();
    Ok(files.iter().map(relative).map(|file| (file.display().to_string(), meaning(&file))).collect())
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
    fn every_file_is_listed_with_what_it_is() {
        let output = tempfile::tempdir().unwrap();
        let volume = output.path().join("arc/12/201");
        fs::create_dir_all(volume.join("redacted")).unwrap();
        for file in ["arc.12.201.207.pdf", "arc.12.201.207.redacted.pdf", "redacted/arc.12.0201-0202.pdf"] {
            fs::write(volume.join(file), "").unwrap();
        }
        let listing = listing(output.path()).unwrap();
        let words = ["searchable", "whole volume, redacted", "one opinion"];
        assert_eq!(listing.len(), words.len());
        for ((name, meaning), word) in listing.iter().zip(words) {
            assert!(name.starts_with("arc/12/201/") && meaning.contains(word), "{name}: {meaning}");
        }
    }
}
