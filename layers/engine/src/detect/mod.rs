//! Detection: the blackletter models on the CPU, through ONNX Runtime.

mod bilinear;
mod detector;
mod error;
mod letterbox;
mod merge;
mod suppression;

pub use detector::{DetectedBox, Detector, ModelKind};
pub use error::DetectError;
pub use letterbox::PixelView;
pub use merge::{from_one_model, merge_models};
