//! What can go wrong with the local stack, with what to do about it.

use std::path::PathBuf;

/// Why the stack did not start or end.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// No Python for LocalStack.
    #[error(
        "LocalStack needs Python 3.13 or newer with venv and pip, and none was found ({looked}). Get one with \
         `uv python install 3.13` or `pyenv install 3.13`, or set QUIRE_PYTHON to one"
    )]
    Python {
        /// What was tried.
        looked: String,
    },
    /// Python packages could not be installed.
    #[error(
        "the packages of a virtual environment could not be installed: {said}; check the network and pip's settings"
    )]
    Installation {
        /// pip's last words.
        said: String,
    },
    /// A server did not become ready.
    #[error("{what} did not become ready ({reason}); its own words are in {log}")]
    NotReady {
        /// Which server.
        what: &'static str,
        /// Whether it ended or only took too long.
        reason: String,
        /// Its log.
        log: PathBuf,
    },
    /// A process did not end.
    #[error("{what} (process {id}) does not end; look at it and end it by hand")]
    Undead {
        /// Which server.
        what: &'static str,
        /// Its process id.
        id: i32,
    },
    /// No port.
    #[error("no port from {first} to {last} is free: choose another with --{option}")]
    Ports {
        /// The first that was tried.
        first: u16,
        /// The last that was tried.
        last: u16,
        /// The option that chooses another.
        option: &'static str,
    },
    /// Another `up` or `down` is at work.
    #[error("another `cargo xtask up` or `down` is working on {0}: wait for it, or use another --state")]
    Busy(PathBuf),
    /// The record of what runs cannot be read.
    #[error("{path} cannot be understood ({reason}): end what it names by hand, then remove it")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A program of PostgreSQL failed.
    #[error("`{program}` failed: {said}")]
    Database {
        /// The program.
        program: String,
        /// Its last words.
        said: String,
    },
    /// The tables are not up to date.
    #[error("`quire migrate` failed: {said}")]
    Migration {
        /// Its last words.
        said: String,
    },
    /// The template was not deployed.
    #[error("infra/template.yaml was not deployed: {said}")]
    Deployment {
        /// What the deployment said.
        said: String,
    },
    /// The template lacks an output.
    #[error("infra/template.yaml has no output {0}, which the stack's environment needs")]
    Output(&'static str),
}
