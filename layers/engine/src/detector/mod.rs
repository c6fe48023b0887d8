//! The blackletter models: they detect the objects on a page, on the CPU, through ONNX Runtime.

mod boxes;
mod description;
mod letterbox;

pub use letterbox::PixelView;

use crate::detection::{BL_WARM, Detection, FoundBy};
use crate::installation::Installation;
use crate::onnx_runtime::{LibraryMissing, SharedSession, environment};
use boxes::{DetectedBox, ModelKind, from_one_model, halved_columns, merge_models, suppressed};
use description::ModelDescription;
use domain::{FailureCode, ModelChoice};
use enum_assoc::Assoc;
use letterbox::Letterbox;
use ort::environment::Environment;
use ort::value::TensorRef;
use std::path::PathBuf;

/// Why the models cannot be loaded or run.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum DetectError {
    #[error(transparent)]
    #[assoc(code = FailureCode::DetectLibraryMissing)]
    LibraryMissing(#[from] LibraryMissing),
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

/// The loaded models. Several threads can use them at once.
pub struct Detector(Models);

enum Models {
    One(Model),
    /// The two models of the reference, whose boxes are merged.
    Both {
        small: Model,
        medium: Model,
    },
}

struct Model {
    description: ModelDescription,
    session: SharedSession,
}

impl Detector {
    /// Loads the models.
    ///
    /// # Errors
    /// When ONNX Runtime or a model is not installed or cannot be used.
    pub fn load(installation: &Installation, choice: &ModelChoice) -> Result<Self, DetectError> {
        let environment = environment(&installation.onnx_runtime())?;
        let load = |name: &str| Model::load(&environment, installation.model(name));
        Ok(Self(match choice {
            ModelChoice::Both => {
                // In parallel, because the cold start of a function waits for them.
                let (small, medium) = rayon::join(|| load(ModelKind::Small.name()), || load(ModelKind::Medium.name()));
                Models::Both { small: small?, medium: medium? }
            }
            ModelChoice::Small | ModelChoice::Medium | ModelChoice::Named(_) => Models::One(load(&choice.to_string())?),
        }))
    }

    /// Every box of a page, in the order of `detections.json` and without page numbers.
    ///
    /// # Errors
    /// When ONNX Runtime fails.
    pub fn detect(&self, page_index: usize, page: PixelView<'_>) -> Result<Vec<Detection>, DetectError> {
        let size = (page.width, page.height);
        match &self.0 {
            Models::One(model) => {
                let mut detections = from_one_model(page_index, size, &model.boxes(page)?);
                if model.description.is_bl_warm {
                    detections.iter_mut().for_each(name_bl_warm);
                }
                Ok(detections)
            }
            Models::Both { small, medium } => {
                let found = [(ModelKind::Small, small.boxes(page)?), (ModelKind::Medium, medium.boxes(page)?)];
                Ok(merge_models(page_index, size, &found))
            }
        }
    }
}

/// Names the model with each box, because its gates are different.
fn name_bl_warm(found: &mut Detection) {
    found.found_by = vec![FoundBy { model: BL_WARM.to_owned(), confidence: found.confidence }];
    found.model_count = Some(1);
}

impl Model {
    fn load(environment: &Environment, path: PathBuf) -> Result<Self, DetectError> {
        if !path.is_file() {
            return Err(DetectError::ModelMissing { path });
        }
        let unusable = |reason: String| DetectError::ModelUnusable { path: path.clone(), reason };
        let session = SharedSession::load(environment, &path).map_err(|error| unusable(error.to_string()))?;
        let description = ModelDescription::of(&session).map_err(unusable)?;
        Ok(Self { description, session })
    }

    fn boxes(&self, page: PixelView<'_>) -> Result<Vec<DetectedBox>, DetectError> {
        let ModelDescription { image_size, stride, is_bl_warm, .. } = self.description;
        let fit = Letterbox::new(page.width, page.height, image_size, stride);
        let input = fit.input(page);
        let mut boxes = self.run(&fit, &input)?;
        for found in &mut boxes {
            found.rect = fit.to_page(found.rect);
        }
        Ok(if is_bl_warm { halved_columns(boxes) } else { boxes })
    }

    fn run(&self, fit: &Letterbox, input: &[f32]) -> Result<Vec<DetectedBox>, DetectError> {
        let shape = [1, 3, i64::from(fit.input_height), i64::from(fit.input_width)];
        let tensor = TensorRef::from_array_view((shape, input)).map_err(runtime)?;
        let output = self.session.run(&[tensor.into_dyn()]).map_err(runtime)?;
        let (shape, output) = output.try_extract_tensor::<f32>().map_err(runtime)?;
        let anchors = shape.last().copied().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        Ok(suppressed(output, anchors, &self.description.labels))
    }
}

fn runtime(error: ort::Error) -> DetectError {
    DetectError::Runtime(error.to_string())
}
