//! The models, loaded once, used by every worker.

use super::error::DetectError;
use super::letterbox::{Letterbox, PixelView};
use super::merge::{from_one_model, merge_models};
use super::suppression;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::installation::Installation;
use domain::ModelChoice;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use rayon::prelude::*;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Cores that work on one page together. Measured: two sessions of one core each are no faster than one of two, and
/// hold the weights twice.
const THREADS_A_SESSION: usize = 2;

/// A box that a model found, in pixels at 200 dpi.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectedBox {
    /// What it is.
    pub label: Label,
    /// 0 to 1.
    pub confidence: f64,
    /// Where it is.
    pub rect: Rect,
}

/// One of the reference's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// 14 classes, fast.
    Small,
    /// 17 classes, text columns among them.
    Medium,
}

impl ModelKind {
    /// The name under which it is stored and reported.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
        }
    }

    /// Longer side of the input in pixels: `imgsz` of the checkpoint (specification, section 2).
    #[must_use]
    pub const fn image_size(self) -> u32 {
        match self {
            Self::Small => 640,
            Self::Medium => 1024,
        }
    }
}

const fn kinds(choice: ModelChoice) -> &'static [ModelKind] {
    match choice {
        ModelChoice::Small => &[ModelKind::Small],
        ModelChoice::Medium => &[ModelKind::Medium],
        ModelChoice::Both => &[ModelKind::Small, ModelKind::Medium],
    }
}

/// The chosen models, ready to run from several threads.
pub struct Detector {
    models: Vec<Model>,
}

struct Model {
    kind: ModelKind,
    sessions: Vec<Mutex<Session>>,
}

impl Detector {
    /// Loads the models; up to `workers` pages can be looked at at once, each on one core.
    ///
    /// # Errors
    /// When ONNX Runtime or a model is not installed or cannot be used.
    pub fn load(installation: &Installation, choice: ModelChoice, workers: usize) -> Result<Self, DetectError> {
        let environment = environment(&installation.onnx_runtime())?;
        // One beside the other: a function's cold start waits for them.
        let models = kinds(choice).par_iter().map(|kind| Model::load(&environment, installation, *kind, workers));
        let models: Vec<Result<Model, DetectError>> = models.collect();
        Ok(Self { models: models.into_iter().collect::<Result<_, _>>()? })
    }

    /// Every box of a page, as `detections.json` holds them, without page numbers.
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
        let threads = workers.clamp(1, THREADS_A_SESSION);
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
        Ok(suppression::boxes(output, anchors))
    }

    /// Neighbouring workers of a pool share a session: while one has the model, the other prepares its page.
    fn session(&self) -> &Mutex<Session> {
        &self.sessions[rayon::current_thread_index().unwrap_or(0) / THREADS_A_SESSION % self.sessions.len()]
    }
}

fn runtime(error: ort::Error) -> DetectError {
    DetectError::Runtime(error.to_string())
}

fn environment(library: &Path) -> Result<Environment, DetectError> {
    let missing = |reason: String| DetectError::LibraryMissing { path: library.to_owned(), reason };
    if !library.is_file() {
        return Err(missing("no such file".to_owned()));
    }
    // ONNX Runtime allows one environment in the life of a process, in which models may be loaded again and again.
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
