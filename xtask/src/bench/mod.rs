//! `cargo xtask bench`: `quire process` beside the programs that it is compared with, in one run on one
//! machine. Nothing here asserts a time: the figures are for people.

mod contestant;
pub mod measure;
mod quire;
mod reference;
mod report;
mod result;
mod round;
mod volume;

use crate::error::Error;
use crate::{demo, program, setup, workspace};
use contestant::Contestant;
use result::Results;
use std::path::PathBuf;
use volume::Volume;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The volume; by default the shared 20-page sample where it is present, else the repository's own.
    #[arg(long, value_name = "PDF")]
    volume: Option<PathBuf>,
    /// Runs of every contestant; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Only the contestants whose name contains one of these, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    #[command(flatten)]
    references: reference::Programs,
}

/// Measures, prints tables and writes `target/bench.json`.
pub fn run(options: &Options) -> Result<(), Error> {
    setup::run()?;
    let volume = Volume::choose(options.volume.as_deref())?;
    let mut contestants = quire::contestants(&volume);
    contestants.extend(reference::contestants(&options.references, &volume)?);
    contestants.retain(|contestant| wanted(contestant, &options.only));
    if contestants.iter().any(|contestant| contestant.program == workspace::quire()) {
        demo::build_quire()?;
    }
    let results = measured(&volume, &contestants, options.runs)?;
    report::print(&results);
    let path = workspace::target().join("bench.json");
    report::write(&results, &path)?;
    println!("\nThe same, run by run: {}", path.display());
    results.verdict()
}

fn wanted(contestant: &Contestant, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|part| contestant.name.contains(part.as_str()))
}

/// Every contestant once, then every one again: what disturbs the machine for a while disturbs all.
fn measured(volume: &Volume, contestants: &[Contestant], runs: u32) -> Result<Results, Error> {
    let mut results = Results::new(volume, contestants);
    for run in 1..=runs {
        for (index, contestant) in contestants.iter().enumerate() {
            println!("bench: run {run} of {runs}, {}", contestant.name);
            results.add(index, round::run(contestant, volume)?);
        }
    }
    Ok(results)
}

/// The first line that a command prints, for versions.
fn first_line(command: &mut std::process::Command) -> Option<String> {
    let output = program::capture(command).ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}
