//! What the pixels of a page say about its quality. Measured once, when a page is decoded for detection, because later
//! stages do not have the pixels.

use crate::layout::otsu_threshold;
use crate::pixels::GreyImage;
use serde::{Deserialize, Serialize};

/// What was measured on a page at 200 dpi.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PageMeasures {
    /// The share of the pixels that are ink, 0 to 1.
    pub ink: f64,
}

/// Darker pixels are ink on a page that is nearly blank, where no threshold separates ink from paper.
const LIGHTEST_INK: u8 = 160;

/// Measures a page at 200 dpi.
#[must_use]
pub fn measure(grey: &GreyImage) -> PageMeasures {
    let threshold = otsu_threshold(&grey.pixels).min(LIGHTEST_INK);
    let ink = grey.pixels.iter().filter(|sample| **sample <= threshold).count();
    PageMeasures { ink: ink as f64 / grey.pixels.len().max(1) as f64 }
}
