//! The size of a page as it is displayed, and where an image lies on it.

use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH, PageSize};
use crate::source::page_tree::PageBox;

/// The box of a page that states none: US Letter, as PDFium and `MuPDF` assume.
const DEFAULT_BOX: PageBox = [0.0, 0.0, 612.0, 792.0];

/// How far an image may miss the edges of the page and still count as covering it, in points.
pub(super) const COVER_TOLERANCE: f64 = 1.0;

/// What a page's boxes come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageFrame {
    /// The part that is displayed, in the page's own space.
    pub(super) visible: PageBox,
    /// Degrees clockwise: 0, 90, 180 or 270.
    pub(super) rotation: u16,
    /// True when the crop box cuts nothing off.
    pub(super) uncropped: bool,
    /// Points a unit of the page's space.
    pub(super) unit: f64,
}

impl PageFrame {
    /// Puts the boxes right: corners in order, the crop box inside the media box, none empty.
    pub(super) fn new(media: Option<PageBox>, crop: Option<PageBox>, rotate: Option<f64>, unit: Option<f64>) -> Self {
        let media = media.and_then(ordered).unwrap_or(DEFAULT_BOX);
        let cropped = crop.and_then(ordered).and_then(|crop| intersection(crop, media));
        let visible = cropped.unwrap_or(media);
        let quarters = (rotate.unwrap_or(0.0) / 90.0).rem_euclid(4.0);
        Self {
            visible,
            rotation: if quarters.fract() == 0.0 { quarters as u16 * 90 } else { 0 },
            uncropped: distance(visible, media) < 0.01,
            unit: unit.filter(|unit| *unit > 0.0).unwrap_or(1.0),
        }
    }

    /// Width and height as displayed, in points.
    pub(super) fn displayed(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.visible;
        let (width, height) = ((right - left) * self.unit, (top - bottom) * self.unit);
        if self.rotation.is_multiple_of(180) { (width, height) } else { (height, width) }
    }

    /// True when a box meets the page on every side, within the tolerance.
    pub(super) fn is_met_by(&self, other: PageBox) -> bool {
        distance(self.visible, other) * self.unit <= COVER_TOLERANCE
    }

    /// True when a box leaves no part of the page out, within the tolerance.
    pub(super) fn is_covered_by(&self, other: PageBox) -> bool {
        let [left, bottom, right, top] = self.visible;
        let slack = COVER_TOLERANCE / self.unit;
        other[0] <= left + slack && other[1] <= bottom + slack && other[2] >= right - slack && other[3] >= top - slack
    }
}

fn ordered([x0, y0, x1, y1]: PageBox) -> Option<PageBox> {
    let ordered = [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)];
    (ordered[2] > ordered[0] && ordered[3] > ordered[1]).then_some(ordered)
}

fn intersection(one: PageBox, other: PageBox) -> Option<PageBox> {
    let [x0, y0] = [one[0].max(other[0]), one[1].max(other[1])];
    let [x1, y1] = [one[2].min(other[2]), one[3].min(other[3])];
    (x1 > x0 && y1 > y0).then_some([x0, y0, x1, y1])
}

/// The largest distance between corresponding edges.
fn distance(one: PageBox, other: PageBox) -> f64 {
    let apart = |index: usize| (one[index] - other[index]).abs();
    (0..4).map(apart).fold(0.0, f64::max)
}

/// A page's size in points and, at 200 dpi, in pixels.
#[must_use]
pub fn page_size(width_points: f64, height_points: f64) -> PageSize {
    PageSize {
        width_points,
        height_points,
        width_pixels: pixels_at(width_points, DETECTION_DPI),
        height_pixels: pixels_at(height_points, DETECTION_DPI),
    }
}

/// Pixels of a length at a resolution, as the reference's renderer counts them: rounded up, unless
/// the length exceeds a whole number of pixels by no more than a thousandth (434.4 pt at 200 dpi is
/// 1,206.67 and gives 1,207; 697.68 pt is 1,938 and gives that, whatever the last bit says).
#[must_use]
pub fn pixels_at(points: f64, dpi: f64) -> u32 {
    /// Fraction of a pixel that does not count.
    const FORGIVEN: f64 = 0.001;
    let pixels = (points * dpi / POINTS_PER_INCH - FORGIVEN).ceil();
    // The conversion saturates; zero pixels would be no image.
    (pixels as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_counted_as_the_reference_counts_them() {
        assert_eq!(pixels_at(434.4, 200.0), 1207);
        assert_eq!(pixels_at(697.68, 200.0), 1938);
        assert_eq!(pixels_at(0.0, 200.0), 1);
        assert_eq!(page_size(434.4, 697.68).height_pixels, 1938);
    }

    #[test]
    fn boxes_are_put_right() {
        let frame = PageFrame::new(Some([612.0, 792.0, 0.0, 0.0]), None, Some(-90.0), Some(2.0));
        assert_eq!(frame.visible, [0.0, 0.0, 612.0, 792.0]);
        assert_eq!((frame.rotation, frame.uncropped), (270, true));
        assert_eq!(frame.displayed(), (1584.0, 1224.0));
    }

    #[test]
    fn a_crop_box_counts_only_where_it_meets_the_media_box() {
        let media = Some([0.0, 0.0, 100.0, 100.0]);
        let inside = PageFrame::new(media, Some([10.0, 10.0, 300.0, 90.0]), Some(45.0), Some(-1.0));
        assert_eq!(inside.visible, [10.0, 10.0, 100.0, 90.0]);
        assert_eq!((inside.rotation, inside.uncropped), (0, false));
        let outside = PageFrame::new(media, Some([200.0, 200.0, 300.0, 300.0]), None, None);
        assert_eq!(outside.visible, [0.0, 0.0, 100.0, 100.0]);
        assert!(PageFrame::new(Some([0.0; 4]), None, None, None).uncropped);
    }
}
