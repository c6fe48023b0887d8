//! Pictures as PNG.

use super::error::OutputError;
use std::path::Path;

/// Writes a picture of one (grey) or three (RGB) channels.
///
/// # Errors
/// When the file cannot be written.
pub fn write_png(path: &Path, width: usize, height: usize, channels: usize, pixels: &[u8]) -> Result<(), OutputError> {
    let failed = |error: png::EncodingError| match error {
        png::EncodingError::IoError(error) => OutputError::io(path, error),
        other => OutputError::PageImage { reason: other.to_string() },
    };
    let file = std::fs::File::create(path).map_err(|error| OutputError::io(path, error))?;
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), side(width), side(height));
    encoder.set_color(if channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().map_err(failed)?.write_image_data(pixels).map_err(failed)
}
