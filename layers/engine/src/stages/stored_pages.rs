//! What the last stage knows of the pages as they came, without the original.

use super::archive::damaged;
use super::manifest::{PageFacts, drawn_entry};
use super::{IntermediateError, ProcessError};
use crate::pixels::PageImage;
use crate::process::original::SourcePages;
use crate::process::work::Work;
use png::{BitDepth, ColorType, Decoder, Limits};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Bytes of a pixel, at most: red, green, blue.
const MAX_PIXEL_BYTES: u64 = 3;

/// The pages as `compressed.zip` tells of them, and the pictures of some that came out of it.
pub(super) struct StoredPages {
    facts: Vec<PageFacts>,
    /// Name of the archive, for messages.
    file: String,
}

impl StoredPages {
    pub(super) const fn new(facts: Vec<PageFacts>, file: String) -> Self {
        Self { facts, file }
    }
}

impl SourcePages for StoredPages {
    fn has_own_text(&self, index: usize) -> bool {
        self.facts[index].has_own_text
    }

    fn drawn(&self, work: &Work<'_>, index: usize) -> Result<Option<PageImage>, ProcessError> {
        let wrong = |reason| -> IntermediateError {
            damaged(&self.file, format!("the picture of page {} cannot be used: {reason}", index + 1))
        };
        if !self.facts[index].is_drawn {
            return Err(wrong("there is none".to_owned()).into());
        }
        let (limits, resolution) = (work.settings.limits, work.settings.compression.resolution);
        let drawn = read(&work.root().join(drawn_entry(index)), limits.max_page_pixels).map_err(wrong)?;
        Ok(Some(PageImage { dpi: f64::from(resolution), ..drawn }))
    }
}

/// Reads a picture as [`crate::output::write_png`] writes it, and no other.
fn read(path: &Path, max_pixels: u64) -> Result<PageImage, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let bytes = usize::try_from(max_pixels.saturating_mul(MAX_PIXEL_BYTES)).unwrap_or(usize::MAX);
    let decoder = Decoder::new_with_limits(BufReader::new(file), Limits { bytes });
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let channels = match reader.output_color_type() {
        (ColorType::Grayscale, BitDepth::Eight) => 1,
        (ColorType::Rgb, BitDepth::Eight) => 3,
        other => return Err(format!("it is of a kind that no stage writes ({other:?})")),
    };
    let length = reader.output_buffer_size().filter(|length| *length <= bytes).ok_or("it is too large")?;
    let mut pixels = vec![0; length];
    let frame = reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
    let (width, height) = (frame.width as usize, frame.height as usize);
    Ok(PageImage { width, height, channels, pixels, dpi: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::write_png;

    #[test]
    fn a_picture_comes_back_pixel_by_pixel() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.png");
        for channels in [1, 3] {
            let pixels: Vec<u8> = (0..7 * 5 * channels).map(|value| (value * 37 % 251) as u8).collect();
            write_png(&path, 7, 5, channels, &pixels).unwrap();
            let image = read(&path, 35).unwrap();
            assert_eq!((image.width, image.height, image.channels, image.pixels), (7, 5, channels, pixels));
        }
        assert!(read(&path, 34).is_err(), "larger than allowed");
    }

    #[test]
    fn what_is_no_picture_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.png");
        assert!(read(&path, 100).is_err());
        std::fs::write(&path, b"no picture").unwrap();
        assert!(read(&path, 100).is_err());
    }
}
