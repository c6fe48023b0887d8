//! One run of one contestant.

use super::contestant::Contestant;
use super::measure::Usage;
use super::volume::Volume;
use crate::error::Error;
use crate::program;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a run came to.
#[derive(Debug, Clone, Serialize)]
pub struct Round {
    /// What it used.
    #[serde(flatten)]
    pub usage: Usage,
    /// Size of the volume before, divided by the size of the one that was written.
    pub compression: Option<f64>,
    /// Quire's stages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// One stage of Quire, as its result object tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Seconds from its start to its end.
    pub wall_seconds: f64,
    /// Processor seconds.
    pub cpu_seconds: f64,
    /// Pages that went through it.
    pub pages: u32,
}

/// The part of Quire's result object that matters here.
#[derive(Debug, Deserialize)]
struct QuireResult {
    stages: Vec<Stage>,
    input_bytes: u64,
    output_bytes: u64,
}

/// Runs a contestant into a temporary directory.
pub fn run(contestant: &Contestant, volume: &Volume) -> Result<Round, Error> {
    let scratch = tempfile::tempdir().map_err(Error::file("writing in", &std::env::temp_dir()))?;
    let directory = scratch.path().join("output");
    fs::create_dir(&directory).map_err(Error::file("making", &directory))?;
    let usage = measure(contestant, scratch.path(), &directory)?;
    if !usage.succeeded {
        return Ok(failed(usage, last_words(scratch.path())));
    }
    if contestant.prints_result {
        return Ok(with_result(usage, &scratch.path().join("stdout")));
    }
    Ok(match fs::metadata(contestant.volume_in(&directory)) {
        Ok(written) => Round { usage, compression: ratio(volume.bytes, written.len()), stages: vec![], failure: None },
        Err(_) => failed(usage, "it ended well but wrote no volume".to_owned()),
    })
}

fn measure(contestant: &Contestant, scratch: &Path, directory: &Path) -> Result<Usage, Error> {
    let this = std::env::current_exe().map_err(Error::file("finding", Path::new("xtask")))?;
    let mut command = Command::new(this);
    command.arg("measure").arg("--output").arg(scratch.join("stdout")).arg("--error").arg(scratch.join("stderr"));
    command.arg("--").arg(&contestant.program).args(contestant.arguments_for(directory));
    // Each as its users run it: a limit on threads would slow torch down, and whoever runs Tesseract sets it
    // for that alone. Nothing may install packages in the middle of a measurement.
    command.env_remove("OMP_THREAD_LIMIT").env("YOLO_AUTOINSTALL", "false").env("TMPDIR", scratch);
    let output = program::capture(&mut command)?;
    serde_json::from_slice(&output.stdout).map_err(|error| Error::Output {
        command: program::line(&command),
        reason: format!("{error}; {}", program::last_words(&output.stderr)),
    })
}

fn with_result(usage: Usage, output: &Path) -> Round {
    let parsed = fs::read(output).map_err(|error| error.to_string()).and_then(|bytes| {
        serde_json::from_slice::<QuireResult>(&bytes)
            .map_err(|error| format!("its result object is not understood: {error}"))
    });
    match parsed {
        Ok(QuireResult { stages, input_bytes, output_bytes }) => {
            Round { usage, compression: ratio(input_bytes, output_bytes), stages, failure: None }
        }
        Err(reason) => failed(usage, reason),
    }
}

fn failed(usage: Usage, reason: String) -> Round {
    println!("bench: failed: {reason}");
    Round { usage, compression: None, stages: Vec::new(), failure: Some(reason) }
}

fn ratio(before: u64, after: u64) -> Option<f64> {
    (after > 0).then(|| before as f64 / after as f64)
}

fn last_words(scratch: &Path) -> String {
    let read = |name| fs::read(scratch.join(name)).unwrap_or_default();
    let error = read("stderr");
    program::last_words(if error.trim_ascii().is_empty() { &[] } else { &error })
}
