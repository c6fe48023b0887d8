//! The properties that hOCR keeps in an element's `title`: `bbox 1 2 3 4; x_wconf 96`.

use super::HocrError;
use crate::geometry::Rect;

/// Larger numbers than this (pixels, slopes) are nonsense on any page.
const LARGEST: f64 = 1e6;

/// The numbers after a property's name; none when the property is missing.
fn numbers(title: &str, property: &str) -> Result<Option<Vec<f64>>, HocrError> {
    let found = title.split(';').find_map(|part| {
        let mut fields = part.split_ascii_whitespace();
        (fields.next() == Some(property)).then_some(fields)
    });
    found.map(|fields| fields.map(number).collect()).transpose()
}

fn number(text: &str) -> Result<f64, HocrError> {
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && value.abs() <= LARGEST)
        .ok_or_else(|| HocrError::Position(text.to_owned()))
}

/// The element's box; every line and word must have one.
pub(super) fn bounding_box(title: &str) -> Result<Rect, HocrError> {
    match numbers(title, "bbox")?.as_deref() {
        Some(&[x0, y0, x1, y1]) => Ok(Rect::new(x0, y0, x1, y1)),
        _ => Err(HocrError::Position(title.to_owned())),
    }
}

/// Slope, and offset from the bottom left corner of the line's box.
pub(super) fn baseline(title: &str) -> Result<Option<(f64, f64)>, HocrError> {
    match numbers(title, "baseline")?.as_deref() {
        Some(&[slope, offset]) => Ok(Some((slope, offset))),
        Some(_) => Err(HocrError::Position(title.to_owned())),
        None => Ok(None),
    }
}

/// A property of one number.
pub(super) fn single(title: &str, property: &str) -> Result<Option<f64>, HocrError> {
    match numbers(title, property)?.as_deref() {
        Some(&[value]) => Ok(Some(value)),
        Some(_) => Err(HocrError::Position(title.to_owned())),
        None => Ok(None),
    }
}
