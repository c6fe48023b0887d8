//! `cargo xtask engine`, the engine alone, and `cargo xtask demo`, the sample volume through the whole service.

use crate::build::{Build, ENGINE};
use crate::stack::{self, Environment, UpOptions};
use crate::{program, setup, workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Installs what the engine needs and builds `quire` without the service.
pub fn engine() -> Result<()> {
    let begun = Instant::now();
    let build = Build::start(ENGINE)?;
    setup::install()?;
    build.wait()?;
    setup::import_models()?;
    let (quire, sample) = (shown(&workspace::built("quire")), shown(&workspace::sample()));
    println!("\nReady after {:.0} s. Try:\n  {quire} process {sample} -o out", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Starts the stack, uploads the sample as a user would, waits until it is processed, and downloads the results.
pub fn run() -> Result<()> {
    let environment = stack::up(&UpOptions::standard())?;
    let volume = workspace::sample();
    println!("\ndemo: quire upload {} --watch", shown(&volume));
    program::run(quire(&environment).arg("upload").arg(&volume).arg("--watch"))?;
    let scan = scan_of(&environment, &volume)?;
    let output = workspace::root().join("out/demo");
    workspace::remove_directory(&output)?;
    program::run(quire(&environment).args(["download", &scan["scan"]["id"].to_string(), "--output"]).arg(&output))?;
    print_results(&environment, &scan, &output)
}

/// The command, with the variables of the stack.
fn quire(environment: &Environment) -> Command {
    let mut quire = Command::new(workspace::built("quire"));
    quire.current_dir(workspace::root()).envs(environment.variables());
    quire
}

/// What `quire show` knows about the scan of the sample. A developer's stack may have newer scans.
fn scan_of(environment: &Environment, volume: &Path) -> Result<Value> {
    let name = volume.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let list = json(quire(environment).args(["scans", "--json"]))?;
    let is_of_sample = |scan: &&Value| scan["key"].as_str().is_some_and(|key| key.ends_with(&name));
    let scan = list["scans"].as_array().and_then(|scans| scans.iter().find(is_of_sample));
    let scan = scan.with_context(|| format!("`quire scans` lists no scan of {name}."))?;
    json(quire(environment).args(["show", &scan["id"].to_string(), "--json"]))
}

fn json(command: &mut Command) -> Result<Value> {
    let output = program::output(command)?;
    serde_json::from_slice(&output).with_context(|| format!("`{}` printed no JSON", program::line(command)))
}

fn print_results(environment: &Environment, scan: &Value, output: &Path) -> Result<()> {
    let listing = listing(output)?;
    let width = listing.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    println!("\nThe results, below {}:", shown(output));
    for (name, meaning) in listing {
        println!("  {name:<width$}  {meaning}");
    }
    println!("\nLogs of the functions:  {}", shown(Path::new(environment.value("QUIRE_STACK_LOGS"))));
    println!("History of the scan:    {} show {}", shown(&workspace::built("quire")), scan["scan"]["id"]);
    println!("The stack keeps running. To stop it: cargo xtask down");
    stack::print_console(environment)
}

/// The files of the output, each with what it is.
fn listing(output: &Path) -> Result<Vec<(String, &'static str)>> {
    let files = workspace::files(output)?;
    let relative = |file: &PathBuf| file.strip_prefix(output).unwrap_or(file).to_owned();
    Ok(files.iter().map(relative).map(|file| (file.display().to_string(), meaning(&file))).collect())
}

fn meaning(file: &Path) -> &'static str {
    let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (name, directory) = (text(file.file_name()), text(file.parent().and_then(Path::file_name)));
    match (directory.as_str(), name.as_str()) {
        ("redacted", _) => "one opinion, redacted",
        ("unredacted", _) => "one opinion, not redacted",
        ("images", _) => "a picture found in an opinion",
        ("previews", _) => "a page as it was uploaded, small and grey",
        (_, "detections.json") => "every box that the models found",
        (_, "pages_meta.json") => "the text columns of every page",
        (_, "opinions.json") => "the opinions: pages, numbers, and what lies outside them",
        (_, "findings.json") => "what a person should look at, the worst first",
        (_, "redaction_rects.json") => "what is covered in black or white, by page",
        (_, "margin_rects.json") => "the margins that are covered in white, by page",
        (_, name) if name.ends_with(".redacted.pdf") => "the whole volume, redacted",
        (_, name) if name.ends_with(".pdf") => "the whole volume, compressed and searchable",
        _ => "",
    }
}

/// A path as a person would type it in the workspace's root.
fn shown(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
