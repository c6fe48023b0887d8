//! From pixels of a page image to a page's own coordinates.

/// A page, and the image of it that was recognised. The image shows the page as displayed: after its
/// `/Rotate`, inside its CropBox.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageGeometry {
    width_points: f64,
    height_points: f64,
    points_per_pixel: (f64, f64),
    quarter_turns: u8,
    corner: (f64, f64),
}

impl PageGeometry {
    /// A page by its size as displayed, in points, and its image's size in pixels.
    #[must_use]
    pub fn new(width_points: f64, height_points: f64, image_width: u32, image_height: u32) -> Self {
        let scale = |points: f64, pixels: u32| points / f64::from(pixels.max(1));
        Self {
            width_points,
            height_points,
            points_per_pixel: (scale(width_points, image_width), scale(height_points, image_height)),
            quarter_turns: 0,
            corner: (0.0, 0.0),
        }
    }

    /// The same for a page with a `/Rotate` (degrees clockwise, a multiple of 90).
    #[must_use]
    pub const fn rotated(mut self, degrees: i64) -> Self {
        self.quarter_turns = match degrees.rem_euclid(360) / 90 {
            1 => 1,
            2 => 2,
            3 => 3,
            _ => 0,
        };
        self
    }

    /// The same for a page whose CropBox has its lower left corner at (left, bottom), in user space.
    #[must_use]
    pub const fn cornered(mut self, left: f64, bottom: f64) -> Self {
        self.corner = (left, bottom);
        self
    }

    /// Points a pixel, horizontally and vertically.
    pub(super) const fn points_per_pixel(&self) -> (f64, f64) {
        self.points_per_pixel
    }

    /// Height as displayed, in points.
    pub(super) const fn height(&self) -> f64 {
        self.height_points
    }

    /// The matrix from the displayed page (points, origin at its lower left corner) to user space.
    pub(super) fn to_user_space(self) -> [f64; 6] {
        let (width, height, (left, bottom)) = (self.width_points, self.height_points, self.corner);
        match self.quarter_turns {
            1 => [0.0, 1.0, -1.0, 0.0, left + height, bottom],
            2 => [-1.0, 0.0, 0.0, -1.0, left + width, bottom + height],
            3 => [0.0, -1.0, 1.0, 0.0, left, bottom + width],
            _ => [1.0, 0.0, 0.0, 1.0, left, bottom],
        }
    }
}
