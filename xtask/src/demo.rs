//! `cargo xtask demo`: the sample volume through the whole system, as a user would send it, then where to look.

use crate::error::Error;
use crate::stack::{self, Environment, UpOptions};
use crate::{program, workspace};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Brings the stack up, uploads the sample, follows it to its end and fetches what came out.
pub fn run() -> Result<(), Error> {
    let volume = workspace::sample();
    if !volume.is_file() {
        return Err(Error::VolumeMissing { path: volume, advice: "restore it from the repository" });
    }
    let environment = stack::up(&UpOptions::standard())?;
    println!("\ndemo: quire upload {} --watch", shown(&volume));
    program::run(quire(&environment).arg("upload").arg(&volume).arg("--watch"))?;
    let scan = scan_of(&environment, &volume)?;
    let output = workspace::root().join("out/demo");
    clear(&output)?;
    fetch(&environment, &scan, &output)?;
    tell(&environment, &scan, &output)
}

/// The command, told where the stack is.
fn quire(environment: &Environment) -> Command {
    let mut quire = Command::new(workspace::quire());
    quire.current_dir(workspace::root()).envs(environment.variables());
    quire
}

/// Everything about the sample's scan: a developer's stack may have newer ones.
fn scan_of(environment: &Environment, volume: &Path) -> Result<Value, Error> {
    let name = volume.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let list = json(quire(environment).args(["scans", "--json"]))?;
    let is_the_sample = |scan: &&Value| scan["key"].as_str().is_some_and(|key| key.ends_with(&name));
    let scan = list["scans"].as_array().and_then(|scans| scans.iter().find(is_the_sample));
    let id = scan.map(|scan| scan["id"].to_string()).unwrap_or_default();
    json(quire(environment).args(["show", &id, "--json"]))
}

fn json(command: &mut Command) -> Result<Value, Error> {
    let output = program::capture(command)?;
    let line = program::line(command);
    if !output.status.success() {
        return Err(Error::Failed { command: line, status: program::last_words(&output.stderr) });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| Error::Output { command: line, reason: error.to_string() })
}

/// Copies the outputs out of the bucket, as the AWS command line does.
fn fetch(environment: &Environment, scan: &Value, output: &Path) -> Result<(), Error> {
    let value = |name: &str| environment.variables().get(name).cloned().unwrap_or_default();
    let prefix = scan["scan"]["result_prefix"].as_str().unwrap_or_default();
    let from = format!("s3://{}/{prefix}", value("QUIRE_RESULT_BUCKET"));
    let home = PathBuf::from(value("QUIRE_HOME"));
    let mut aws = Command::new(home.join("localstack/bin/python"));
    aws.arg(home.join("localstack/bin/aws")).args(["s3", "cp", "--recursive", "--only-show-errors"]);
    program::run(aws.arg(from).arg(output).envs(environment.variables()))
}

/// Builds the command in the release profile.
pub fn build_quire() -> Result<(), Error> {
    println!("building quire (release)");
    program::run(cargo().args(["build", "--release", "--package", "cli"]))
}

/// The Cargo that runs this, without what it told this package: build scripts look at these variables, and would run
/// again, with all that hangs on them, for a Cargo that a person starts.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    let of_this_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| of_this_package(name))
    {
        command.env_remove(name);
    }
    command
}

/// Removes an earlier demonstration, so that what is shown is of this run.
fn clear(output: &Path) -> Result<(), Error> {
    if output.exists() { fs::remove_dir_all(output).map_err(Error::file("removing", output)) } else { Ok(()) }
}

fn tell(environment: &Environment, scan: &Value, output: &Path) -> Result<(), Error> {
    let listing = listing(output)?;
    let width = listing.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    println!("\nWhere to look, below {}:", shown(output));
    for (name, meaning) in listing {
        println!("  {name:<width$}  {meaning}");
    }
    let logs = environment.variables().get("QUIRE_STACK_LOGS").cloned().unwrap_or_default();
    println!("\nThe functions' logs:        {}", shown(Path::new(&logs)));
    println!("All that happened to it:    {} show {}", shown(&workspace::quire()), scan["scan"]["id"]);
    println!("The stack stays; it ends with: cargo xtask down");
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
