//! Measuring one run. The system adds up what a process's children used, so every run gets a process of
//! its own between the bench and the program: this command again, as `xtask measure`.

use crate::error::Error;
use crate::program;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What the measuring process is asked.
#[derive(Debug, clap::Args)]
pub struct Request {
    /// Takes the program's standard output.
    #[arg(long)]
    pub output: PathBuf,
    /// Takes its standard error.
    #[arg(long)]
    pub error: PathBuf,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    pub command: Vec<String>,
}

/// What one run used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// True when it ended with status 0.
    pub succeeded: bool,
    /// Seconds from start to end.
    pub wall_seconds: f64,
    /// Processor seconds, user and system, of the program and all that it ran and waited for.
    pub cpu_seconds: f64,
    /// Peak memory of the largest single process among them.
    pub peak_bytes: u64,
}

/// Runs the program and prints what it used as JSON.
pub fn report(request: &Request) -> Result<(), Error> {
    let usage = measured(request)?;
    println!("{}", serde_json::json!(usage));
    Ok(())
}

fn measured(request: &Request) -> Result<Usage, Error> {
    let mut command = Command::new(&request.command[0]);
    command.args(&request.command[1..]).stdin(Stdio::null());
    command.stdout(File::create(&request.output).map_err(Error::file("writing", &request.output))?);
    command.stderr(File::create(&request.error).map_err(Error::file("writing", &request.error))?);
    let begun = Instant::now();
    let status = command.status().map_err(|source| Error::Start { command: program::line(&command), source })?;
    let wall_seconds = begun.elapsed().as_secs_f64();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| Error::Output { command: "getrusage".into(), reason: error.to_string() })?;
    let cpu_microseconds = (used.user_time() + used.system_time()).num_microseconds();
    // Linux counts the resident set in KiB.
    let peak_bytes = u64::try_from(used.max_rss()).unwrap_or(0) * 1024;
    Ok(Usage { succeeded: status.success(), wall_seconds, cpu_seconds: cpu_microseconds as f64 / 1e6, peak_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn run(script: &str) -> (Usage, String) {
        let directory = tempfile::tempdir().unwrap();
        let (output, error) = (directory.path().join("out"), directory.path().join("err"));
        let command = ["sh", "-c", script].map(str::to_owned).into();
        let usage = measured(&Request { output: output.clone(), error, command }).unwrap();
        (usage, fs::read_to_string(output).unwrap())
    }

    #[test]
    fn the_program_s_output_and_end_are_kept() {
        let (usage, output) = run("echo said; exit 5");
        assert!(!usage.succeeded);
        assert_eq!(output, "said\n");
    }

    #[test]
    fn memory_and_processor_of_grandchildren_count() {
        let (usage, _) = run("sh -c 'head -c 50000000 /dev/zero | tail -c 40000000 > /dev/null'");
        assert!(usage.succeeded);
        assert!(usage.peak_bytes > 40_000_000, "{usage:?}");
        assert!(usage.cpu_seconds > 0.0, "{usage:?}");
    }
}
