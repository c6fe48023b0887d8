//! Rectangles and page sizes. The field that holds one says its unit: *pixels* are pixels of the page rendered at
//! 200 dpi, *points* are PDF points. Both have their origin at the top left.

use serde::{Deserialize, Serialize};

/// Resolution of the pixels in which every detection is expressed. See docs/reference-behaviour.md, "Units".
pub const DETECTION_DPI: f64 = 200.0;

/// PDF points in an inch.
pub const POINTS_PER_INCH: f64 = 72.0;

/// An axis-aligned rectangle, origin top left.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rect {
    pub x0: f64,
    pub y0: f64,
    pub x1: f64,
    pub y1: f64,
}

impl Rect {
    #[must_use]
    pub const fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// Width; negative for an inverted rectangle.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// Height; negative for an inverted rectangle.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// Area; zero for an empty or inverted rectangle.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.width() <= 0.0 || self.height() <= 0.0
    }

    #[must_use]
    pub fn centre_x(&self) -> f64 {
        f64::midpoint(self.x0, self.x1)
    }

    #[must_use]
    pub fn centre_y(&self) -> f64 {
        f64::midpoint(self.y0, self.y1)
    }

    /// The area that both rectangles cover; empty, possibly inverted, when they do not meet.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::new(self.x0.max(other.x0), self.y0.max(other.y0), self.x1.min(other.x1), self.y1.min(other.y1))
    }

    /// The smallest rectangle that contains both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::new(self.x0.min(other.x0), self.y0.min(other.y0), self.x1.max(other.x1), self.y1.max(other.y1))
    }

    /// True when the two share some area.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// True when `other` lies completely inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.x0 <= other.x0 && self.y0 <= other.y0 && self.x1 >= other.x1 && self.y1 >= other.y1
    }

    #[must_use]
    pub fn intersection_over_union(&self, other: &Self) -> f64 {
        let shared = self.intersection(other).area();
        let all = self.area() + other.area() - shared;
        if all > 0.0 { shared / all } else { 0.0 }
    }

    /// The rectangle with every edge moved outwards (inwards when negative).
    #[must_use]
    pub fn grown(&self, by: f64) -> Self {
        Self::new(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)
    }

    /// Left, top, right and bottom, as the output files hold them.
    #[must_use]
    pub const fn edges(&self) -> [f64; 4] {
        [self.x0, self.y0, self.x1, self.y1]
    }

    /// True if the middle of the other rectangle lies inside.
    #[must_use]
    pub fn holds_centre_of(&self, other: &Self) -> bool {
        (self.x0..self.x1).contains(&other.centre_x()) && (self.y0..self.y1).contains(&other.centre_y())
    }

    /// Moved to the right and down.
    #[must_use]
    pub fn moved(&self, x: f64, y: f64) -> Self {
        Self::new(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)
    }

    /// Converts to another unit, given how many new units one present unit is.
    #[must_use]
    pub fn scaled(&self, x: f64, y: f64) -> Self {
        Self::new(self.x0 * x, self.y0 * y, self.x1 * x, self.y1 * y)
    }

    /// Every edge rounded to tenths, as the output files hold them.
    #[must_use]
    pub fn rounded_to_tenths(&self) -> Self {
        Self::new(tenths(self.x0), tenths(self.y0), tenths(self.x1), tenths(self.y1))
    }
}

impl From<[f64; 4]> for Rect {
    /// From left, top, right and bottom.
    fn from([x0, y0, x1, y1]: [f64; 4]) -> Self {
        Self::new(x0, y0, x1, y1)
    }
}

/// Rounds to one decimal place.
#[must_use]
pub fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The middle value; of an even number of values, the mean of the two in the middle. There must be at least one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// A page's size in both units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PageSize {
    /// Width as displayed (after /Rotate, inside the CropBox), in points.
    pub width_points: f64,
    /// Height as displayed, in points.
    pub height_points: f64,
    /// Width of the page rendered at 200 dpi, in pixels.
    pub width_pixels: u32,
    /// Height of the page rendered at 200 dpi, in pixels.
    pub height_pixels: u32,
}

impl PageSize {
    /// Converts a rectangle from points to pixels at 200 dpi.
    #[must_use]
    pub fn to_pixels(&self, rect: &Rect) -> Rect {
        let (x, y) = self.points_per_pixel();
        rect.scaled(1.0 / x, 1.0 / y)
    }

    /// How many pixels of an image of this page one pixel at 200 dpi is, horizontally and vertically.
    #[must_use]
    pub fn scale_to(&self, image_width: usize, image_height: usize) -> (f64, f64) {
        let scale = |image: usize, page: u32| image as f64 / f64::from(page.max(1));
        (scale(image_width, self.width_pixels), scale(image_height, self.height_pixels))
    }

    /// Points per pixel, horizontally and vertically.
    #[must_use]
    pub fn points_per_pixel(&self) -> (f64, f64) {
        (
            self.width_points / f64::from(self.width_pixels.max(1)),
            self.height_points / f64::from(self.height_pixels.max(1)),
        )
    }
}
