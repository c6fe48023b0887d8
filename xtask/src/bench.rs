//! `cargo xtask bench`: builds `quire` and measures it with `bench/bench.py`, beside the programs that are installed. With
//! `--system`, measures the whole service instead and simulates it on AWS.

use crate::build::{Build, SERVICE};
use crate::stack::{self, UpOptions};
use crate::{program, setup, workspace};
use anyhow::Result;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What AWS charges.
const PRICES: &str = "layers/domain/src/prices.rs";

/// Small, so that ranges of several sizes are measured with few pages.
const RANGE_PAGES: &str = "12";

/// Runs the script with the arguments of the task.
pub fn run(arguments: &[OsString]) -> Result<()> {
    let (system, others): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| *argument == "--system");
    if system.is_empty() { engine(arguments) } else { service(&others) }
}

/// Sends volumes through a stack of its own, and simulates a large volume from what that took.
fn service(arguments: &[&OsString]) -> Result<()> {
    let script = |name: &str| {
        let mut script = Command::new("python3");
        script.arg(workspace::root().join("xtask/bench").join(name));
        script
    };
    if arguments.iter().any(|argument| *argument == "--help" || *argument == "-h") {
        return program::run(script("system.py").arg("--help"));
    }
    let mut options = UpOptions { state: workspace::target().join("bench-stack"), ..UpOptions::standard() };
    options.parameters.push(("RangePages".to_owned(), RANGE_PAGES.to_owned()));
    let environment = stack::up(&options)?;
    let measurements = workspace::root().join("docs/measurements.json");
    let mut system = script("system.py");
    system.arg("--quire").arg(workspace::built("quire")).arg("--sample").arg(sample());
    system.arg("--processes").arg(environment.value("QUIRE_STACK_PROCESSES")).arg("--report").arg(&measurements);
    let measured = program::run(system.args(arguments).envs(environment.variables()));
    stack::down(&options.state, true)?;
    measured?;
    let mut simulation = script("simulation.py");
    simulation.arg("--measurements").arg(&measurements).arg("--prices").arg(workspace::root().join(PRICES));
    program::run(simulation.arg("--output").arg(workspace::root().join("docs")))
}

fn engine(arguments: &[OsString]) -> Result<()> {
    let home = workspace::home()?;
    let wheels = workspace::files(&home.join("wheels")).unwrap_or_default();
    let weights = wheels.into_iter().find(|wheel| wheel.to_string_lossy().contains("blackletter"));
    let mut bench = Command::new("python3");
    bench.arg(workspace::root().join("xtask/bench/bench.py")).arg("--quire").arg(workspace::built("quire"));
    bench.arg("--weights").arg(weights.unwrap_or_default()).arg("--sample").arg(sample());
    bench.arg("--report").arg(workspace::target().join("bench.json")).args(arguments);
    if !arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        let build = Build::start(SERVICE)?;
        setup::install()?;
        build.wait()?;
        setup::import_models()?;
    }
    program::run(&mut bench)
}

/// The 20-page sample in the shared data beside the workspace, or the sample of the repository.
fn sample() -> PathBuf {
    let shared = std::env::var_os("QUIRE_SHARED").map_or_else(|| workspace::root().join("../shared"), PathBuf::from);
    let sample = shared.join("data/sample20/a3d.217.101.120.original.pdf");
    if sample.is_file() { sample } else { workspace::sample() }
}
