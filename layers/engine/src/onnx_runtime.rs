//! ONNX Runtime, which runs the detection models and the recogniser of words on the CPU.

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why ONNX Runtime cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("ONNX Runtime cannot be loaded from {path}: {reason}.")]
pub struct LibraryMissing {
    pub path: PathBuf,
    pub reason: String,
}

pub(crate) fn environment(library: &Path) -> Result<Environment, LibraryMissing> {
    let missing = |reason: String| LibraryMissing { path: library.to_owned(), reason };
    if !library.is_file() {
        return Err(missing("there is no such file".to_owned()));
    }
    // ONNX Runtime allows one environment per process. Models can be loaded into it any number of times.
    static LOADED: Mutex<Option<Environment>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(library).map_err(|error| missing(error.to_string()))?;
    let environment = builder.with_telemetry(false).build().map_err(|error| missing(error.to_string()))?;
    *loaded = Some(environment.clone());
    Ok(environment)
}

/// A loaded model. Neighbouring threads of a pool share a session: while one runs the model, the other prepares its page.
pub(crate) struct Sessions {
    sessions: Vec<Mutex<Session>>,
    /// How many cores work in a session together, and how many threads of the pool share it.
    threads: usize,
}

impl Sessions {
    /// Loads a model for a pool of so many workers.
    pub(crate) fn load(environment: &Environment, model: &Path, workers: usize, threads: usize) -> ort::Result<Self> {
        let count = workers.div_ceil(threads).max(1);
        let sessions = (0..count).map(|_| session(environment, model, threads).map(Mutex::new));
        Ok(Self { sessions: sessions.collect::<ort::Result<_>>()?, threads })
    }

    /// The session of this thread, once nobody else uses it.
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        let place = rayon::current_thread_index().unwrap_or(0) / self.threads % self.sessions.len();
        self.sessions[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn session(environment: &Environment, model: &Path, threads: usize) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads)?
        .with_intra_op_spinning(false)?
        .with_memory_pattern(false)?
        .commit_from_file(model)
}
