//! `cargo xtask bench`: builds `quire` and measures it with `bench/bench.py`, beside the programs that are installed.

use crate::build::Build;
use crate::{program, setup, workspace};
use anyhow::Result;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Runs the script with the arguments of the task.
pub fn run(arguments: &[OsString]) -> Result<()> {
    let home = workspace::home()?;
    let wheels = workspace::files(&home.join("wheels")).unwrap_or_default();
    let weights = wheels.into_iter().find(|wheel| wheel.to_string_lossy().contains("blackletter"));
    let mut bench = Command::new("python3");
    bench.arg(workspace::root().join("xtask/bench/bench.py")).arg("--quire").arg(workspace::built("quire"));
    bench.arg("--weights").arg(weights.unwrap_or_default()).arg("--sample").arg(sample());
    bench.arg("--report").arg(workspace::target().join("bench.json")).args(arguments);
    if !arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        let build = Build::start(&["--package", "cli", "--package", "model"])?;
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
