//! The blackletter models: they detect the objects on a page, on the CPU, through ONNX Runtime.

mod boxes;
mod letterbox;

pub use letterbox::PixelView;

use crate::detection::Detection;
use crate::installation::Installation;
use boxes::{DetectedBox, ModelKind, from_one_model, merge_models, suppressed};
use domain::{FailureCode, ModelChoice};
use enum_assoc::Assoc;
use letterbox::Letterbox;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many cores work on one page together. Two sessions with one core each were measured to be no faster than one
/// session with two, and they hold the weights twice.
const THREADS_PER_SESSION: usize = 2;

/// Why the models cannot be loaded or run.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum DetectError {
    #[error("ONNX Runtime cannot be loaded from {path}: {reason}.")]
    #[assoc(code = FailureCode::DetectLibraryMissing)]
    LibraryMissing { path: PathBuf, reason: String },
    #[error("The model {path} is missing.")]
    #[assoc(code = FailureCode::DetectModelMissing)]
    ModelMissing { path: PathBuf },
    #[error("The model {path} cannot be used: {reason}.")]
    #[assoc(code = FailureCode::DetectModelUnusable)]
    ModelUnusable { path: PathBuf, reason: String },
    #[error("ONNX Runtime failed on a page: {0}.")]
    #[assoc(code = FailureCode::DetectRuntime)]
    Runtime(String),
}

const fn kinds(choice: ModelChoice) -> &'static [ModelKind] {
    match choice {
        ModelChoice::Small => &[ModelKind::Small],
        ModelChoice::Medium => &[ModelKind::Medium],
        ModelChoice::Both => &[ModelKind::Small, ModelKind::Medium],
    }
}

/// The loaded models. Several threads can use them at once.
pub struct Detector {
    models: Vec<Model>,
}

struct Model {
    kind: ModelKind,
    sessions: Vec<Mutex<Session>>,
}

impl Detector {
    /// Loads the models for at most `workers` threads.
    ///
    /// # Errors
    /// When ONNX Runtime or a model is not installed or cannot be used.
    pub fn load(installation: &Installation, choice: ModelChoice, workers: usize) -> Result<Self, DetectError> {
        let environment = environment(&installation.onnx_runtime())?;
        // In parallel, because the cold start of a function waits for them.
        let models = kinds(choice).par_iter().map(|kind| Model::load(&environment, installation, *kind, workers));
        let models: Vec<Result<Model, DetectError>> = models.collect();
        Ok(Self { models: models.into_iter().collect::<Result<_, _>>()? })
    }

    /// Every box of a page, in the order of `detections.json` and without page numbers.
    ///
    /// # Errors
    /// When ONNX Runtime fails.
    pub fn detect(&self, page_index: usize, page: PixelView<'_>) -> Result<Vec<Detection>, DetectError> {
        let size = (page.width, page.height);
        let mut found = Vec::with_capacity(self.models.len());
        for model in &self.models {
            found.push((model.kind, model.boxes(page)?));
        }
        Ok(match found.as_slice() {
            [(_, boxes)] => from_one_model(page_index, size, boxes),
            several => merge_models(page_index, size, several),
        })
    }
}

impl Model {
    fn load(
        environment: &Environment,
        installation: &Installation,
        kind: ModelKind,
        workers: usize,
    ) -> Result<Self, DetectError> {
        let path = installation.model(kind.name());
        if !path.is_file() {
            return Err(DetectError::ModelMissing { path });
        }
        let threads = workers.clamp(1, THREADS_PER_SESSION);
        let sessions =
            (0..workers.div_ceil(threads).max(1)).map(|_| session(environment, &path, threads).map(Mutex::new));
        Ok(Self { kind, sessions: sessions.collect::<Result<_, _>>()? })
    }

    fn boxes(&self, page: PixelView<'_>) -> Result<Vec<DetectedBox>, DetectError> {
        let fit = Letterbox::new(page.width, page.height, self.kind.image_size());
        let input = fit.input(page);
        let mut boxes = self.run(&fit, &input)?;
        for found in &mut boxes {
            found.rect = fit.to_page(found.rect);
        }
        Ok(boxes)
    }

    fn run(&self, fit: &Letterbox, input: &[f32]) -> Result<Vec<DetectedBox>, DetectError> {
        let shape = [1, 3, i64::from(fit.input_height), i64::from(fit.input_width)];
        let tensor = TensorRef::from_array_view((shape, input)).map_err(runtime)?;
        let mut session = self.session().lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(ort::inputs![tensor]).map_err(runtime)?;
        let (shape, output) = outputs[0].try_extract_tensor::<f32>().map_err(runtime)?;
        let anchors = shape.last().copied().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        Ok(suppressed(output, anchors))
    }

    /// Neighbouring threads of a pool share a session: while one runs the model, the other prepares its page.
    fn session(&self) -> &Mutex<Session> {
        &self.sessions[rayon::current_thread_index().unwrap_or(0) / THREADS_PER_SESSION % self.sessions.len()]
    }
}

fn runtime(error: ort::Error) -> DetectError {
    DetectError::Runtime(error.to_string())
}

fn environment(library: &Path) -> Result<Environment, DetectError> {
    let missing = |reason: String| DetectError::LibraryMissing { path: library.to_owned(), reason };
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

fn session(environment: &Environment, path: &Path, threads: usize) -> Result<Session, DetectError> {
    let build = || -> ort::Result<Session> {
        Session::builder(environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(threads)?
            .with_intra_op_spinning(false)?
            .with_memory_pattern(false)?
            .commit_from_file(path)
    };
    build().map_err(|error| DetectError::ModelUnusable { path: path.to_owned(), reason: error.to_string() })
}
