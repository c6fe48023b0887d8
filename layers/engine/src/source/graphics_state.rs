//! The part of the graphics state that decides whether a page is one image, and the record of what was drawn.

use super::page_tree::PageBox;
use hayro_syntax::object::ObjRef;

/// How many images of one page are recorded. A scan in strips has a few dozen.
const MAX_NOTED_IMAGES: usize = 64;

/// A transformation `[a b c d e f]`, as in the operator `cm`.
pub(super) type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// Applies `first`, then `second`.
pub(super) fn multiply(first: Matrix, second: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = first;
    let [a2, b2, c2, d2, e2, f2] = second;
    [a * a2 + b * c2, a * b2 + b * d2, c * a2 + d * c2, c * b2 + d * d2, e * a2 + f * c2 + e2, e * b2 + f * d2 + f2]
}

/// Transforms a box; `None` if it is rotated or sheared.
pub(super) fn transformed(page_box: PageBox, matrix: Matrix) -> Option<PageBox> {
    let [a, b, c, d, e, f] = matrix;
    let extent = |value: f64| value.abs().max(1e-9);
    if b.abs() > extent(a) * 1e-6 || c.abs() > extent(d) * 1e-6 {
        return None;
    }
    let (x0, x1) = (page_box[0] * a + e, page_box[2] * a + e);
    let (y0, y1) = (page_box[1] * d + f, page_box[3] * d + f);
    Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum CurrentPath {
    #[default]
    Empty,
    /// A single upright rectangle, in the page's space.
    Rectangle(PageBox),
    Other,
}

impl CurrentPath {
    /// Adds the rectangle of `x y width height re`.
    pub(super) fn add_rectangle(&mut self, operands: &[f64], matrix: Matrix) {
        let rectangle = match (*self, operands) {
            (Self::Empty, &[x, y, width, height]) => {
                let corners = [x.min(x + width), y.min(y + height), x.max(x + width), y.max(y + height)];
                transformed(corners, matrix)
            }
            _ => None,
        };
        *self = rectangle.map_or(Self::Other, Self::Rectangle);
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct GraphicsState {
    pub(super) matrix: Matrix,
    /// Text rendering mode; 3 is invisible.
    pub(super) render_mode: i64,
}

impl Default for GraphicsState {
    fn default() -> Self {
        Self { matrix: IDENTITY, render_mode: 0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TextPresence {
    #[default]
    None,
    /// Only invisible text: the text layer of an earlier OCR run.
    Invisible,
    Visible,
    /// The content was not read to its end.
    Unknown,
}

/// An image, and the matrix that places its unit square on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PlacedImage {
    pub(super) reference: ObjRef,
    pub(super) matrix: Matrix,
}

/// What a page draws.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// The first image.
    pub(super) image: Option<PlacedImage>,
    pub(super) images: usize,
    /// The object numbers of those images, up to a limit that no scan reaches.
    pub(super) objects: Vec<u32>,
    /// True if anything is visible other than images drawn in a plain state.
    pub(super) otherwise: bool,
    /// The size of an inline image that is larger than the limit.
    pub(super) oversized: Option<(u64, u64)>,
    pub(super) text: TextPresence,
}

impl Drawing {
    /// Records that the content was not, or not completely, understood.
    pub(super) fn leave_unread(&mut self) {
        self.otherwise = true;
        self.text = TextPresence::Unknown;
    }

    pub(super) fn add_image(&mut self, reference: ObjRef, matrix: Matrix) {
        self.images += 1;
        if self.objects.len() < MAX_NOTED_IMAGES && !self.objects.contains(&reference.obj_number) {
            self.objects.push(reference.obj_number);
        }
        self.image.get_or_insert(PlacedImage { reference, matrix });
    }

    pub(super) fn add_text(&mut self, text: TextPresence) {
        self.text = self.text.max(text);
        self.otherwise |= text > TextPresence::Invisible;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_apply_from_the_inside_out() {
        let scaled = multiply([2.0, 0.0, 0.0, 2.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 5.0, 6.0]);
        assert_eq!(scaled, [2.0, 0.0, 0.0, 2.0, 5.0, 6.0]);
        assert_eq!(transformed([0.0, 0.0, 1.0, 1.0], scaled), Some([5.0, 6.0, 7.0, 8.0]));
        assert_eq!(transformed([0.0, 0.0, 1.0, 1.0], [0.0, 1.0, -1.0, 0.0, 0.0, 0.0]), None);
    }

    #[test]
    fn only_a_lone_upright_rectangle_is_kept() {
        let mut path = CurrentPath::default();
        path.add_rectangle(&[10.0, 10.0, -5.0, 5.0], IDENTITY);
        assert_eq!(path, CurrentPath::Rectangle([5.0, 10.0, 10.0, 15.0]));
        path.add_rectangle(&[0.0, 0.0, 1.0, 1.0], IDENTITY);
        assert_eq!(path, CurrentPath::Other);
    }
}
