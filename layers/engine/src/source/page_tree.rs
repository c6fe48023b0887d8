//! Walks the tree of pages and counts them, and computes the displayed size of a page. `/Count` is never trusted: it
//! may say a billion.

use super::objects::PdfObjects;
use super::rejection::SourceError;
use super::syntax;
use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH, PageSize};
use hayro_syntax::object::{Dict, MaybeRef, ObjRef, Object};
use std::rc::Rc;

/// The deepest nesting of nodes. A balanced tree of 2,000 pages needs five levels.
const MAX_DEPTH: usize = 64;

/// How many pages and nodes are visited before memory is given back to the kernel.
const VISITS_BETWEEN_RELEASES: usize = 32;

/// How many nodes a tree may have beyond one for each page.
const SPARE_NODES: usize = 64;

/// A box in the page's own space: left, bottom, right, top.
pub(super) type PageBox = [f64; 4];

/// Where a dictionary is: a page, a node of the page tree, or resources.
#[derive(Debug, Clone)]
pub(super) enum DictPlace {
    Object(ObjRef),
    /// The text of a dictionary inside another object.
    Inline(Rc<[u8]>),
}

impl DictPlace {
    /// `None` for a value that is neither a reference nor a dictionary.
    fn of(value: MaybeRef<Object<'_>>) -> Option<Self> {
        match value {
            MaybeRef::Ref(reference) => Some(Self::Object(reference)),
            MaybeRef::NotRef(Object::Dict(dict)) => Some(Self::Inline(dict.data().into())),
            MaybeRef::NotRef(_) => None,
        }
    }

    /// Calls `read` with the dictionary; `None` if there is none.
    pub(super) fn with_dict<T>(&self, objects: &PdfObjects, read: impl FnOnce(&Dict<'_>) -> T) -> Option<T> {
        match self {
            Self::Object(reference) => objects.with_dict(*reference, read),
            Self::Inline(text) => syntax::dict(text, objects.allowance()).map(|dict| read(&dict)),
        }
    }

    pub(super) const fn reference(&self) -> Option<ObjRef> {
        match self {
            Self::Object(reference) => Some(*reference),
            Self::Inline(_) => None,
        }
    }
}

/// What a page inherits from the nodes above it (ISO 32000-1, 7.7.3.4).
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited {
    pub(super) media_box: Option<PageBox>,
    pub(super) crop_box: Option<PageBox>,
    pub(super) rotate: Option<f64>,
    pub(super) resources: Option<DictPlace>,
}

impl Inherited {
    /// The values at a node: its own, or else the inherited ones.
    pub(super) fn overridden(&self, objects: &PdfObjects, node: &Dict<'_>) -> Self {
        let page_box = |key| objects.numbers(node, key)?.try_into().ok();
        let own = node.get_raw::<Object<'_>>("Resources").and_then(DictPlace::of);
        Self {
            media_box: page_box("MediaBox").or(self.media_box),
            crop_box: page_box("CropBox").or(self.crop_box),
            rotate: objects.number(node, "Rotate").or(self.rotate),
            resources: own.or_else(|| self.resources.clone()),
        }
    }
}

/// A page as the tree lists it.
#[derive(Debug)]
pub(super) struct Leaf {
    /// `None` if the entry is something that cannot be a page. Other programs count it as one, too.
    pub(super) page: Option<DictPlace>,
    pub(super) inherited: Rc<Inherited>,
}

/// A node on the path from the root.
struct OpenNode {
    /// `None` for a node that lies inside the list of the node above. Such a node cannot contain itself.
    reference: Option<ObjRef>,
    kids: std::vec::IntoIter<Option<DictPlace>>,
    inherited: Rc<Inherited>,
}

/// All pages in order. A page that is listed several times is repeated.
pub(super) fn leaves(objects: &PdfObjects, root: ObjRef, limit: usize) -> Result<Vec<Leaf>, SourceError> {
    let mut walk = Walk { objects, limit, nodes: 0, leaves: Vec::new() };
    let mut path = vec![walk.open_node(&DictPlace::Object(root), &Inherited::default()).ok_or(NO_TREE)?];
    while let Some(node) = path.last_mut() {
        let Some(kid) = node.kids.next() else {
            path.pop();
            continue;
        };
        let inherited = Rc::clone(&node.inherited);
        let Some(below) = walk.visit(kid, &inherited)? else {
            continue;
        };
        let is_above = |above: &OpenNode| below.reference.is_some() && above.reference == below.reference;
        if path.len() >= MAX_DEPTH || path.iter().any(is_above) {
            return Err(SourceError::Damaged { what: "its page tree contains a cycle" });
        }
        path.push(below);
    }
    if walk.leaves.is_empty() { Err(SourceError::NoPages) } else { Ok(walk.leaves) }
}

const NO_TREE: SourceError = SourceError::Damaged { what: "its page tree cannot be found" };

struct Walk<'f> {
    objects: &'f PdfObjects,
    limit: usize,
    nodes: usize,
    leaves: Vec<Leaf>,
}

impl Walk<'_> {
    /// Records a page, or returns the node to continue with.
    fn visit(&mut self, kid: Option<DictPlace>, inherited: &Rc<Inherited>) -> Result<Option<OpenNode>, SourceError> {
        let below = kid.as_ref().and_then(|kid| self.open_node(kid, inherited));
        if below.is_some() {
            self.nodes += 1;
        } else {
            self.leaves.push(Leaf { page: kid, inherited: Rc::clone(inherited) });
        }
        if (self.leaves.len() + self.nodes).is_multiple_of(VISITS_BETWEEN_RELEASES) {
            self.objects.mapping().release_all();
        }
        // Without this limit, a tree of nodes without pages could be walked forever.
        if self.leaves.len() > self.limit || self.nodes > self.limit.saturating_add(SPARE_NODES) {
            return Err(SourceError::TooManyPages { limit: self.limit });
        }
        Ok(below)
    }

    /// Opens a node; `None` for a page or anything else. As for qpdf and PDFium, whatever has `/Kids` is a node.
    fn open_node(&self, place: &DictPlace, inherited: &Inherited) -> Option<OpenNode> {
        let read = |node: &Dict<'_>| {
            let kids = self.kids(node)?;
            let inherited = Rc::new(inherited.overridden(self.objects, node));
            Some(OpenNode { reference: place.reference(), kids: kids.into_iter(), inherited })
        };
        place.with_dict(self.objects, read)?
    }

    /// The kids of a node, but only as many as are needed to decide that there are too many. A list that is no array
    /// is an empty one.
    fn kids(&self, node: &Dict<'_>) -> Option<Vec<Option<DictPlace>>> {
        let enough = self.limit.saturating_mul(2).saturating_add(SPARE_NODES).saturating_add(2);
        self.objects.with_entry(node, "Kids", |object| match object {
            // Nodes inside nodes are parsed once for every level, so their text counts as extra work.
            Object::Array(array) if self.objects.allowance().take(array.data().len()) => {
                Some(array.raw_iter().take(enough).map(DictPlace::of).collect())
            }
            Object::Null(_) => None,
            _ => Some(Vec::new()),
        })?
    }
}

/// The box of a page that has none: US Letter, as in PDFium and `MuPDF`.
pub(crate) const DEFAULT_BOX: PageBox = [0.0, 0.0, 612.0, 792.0];

/// How far an image may miss the edges of the page and still count as covering it, in points.
const COVER_TOLERANCE: f64 = 1.0;

/// The result of a page's boxes, rotation and unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageFrame {
    /// The displayed part, in the page's own space.
    visible: PageBox,
    /// Clockwise: 0, 90, 180 or 270 degrees.
    pub(super) rotation: u16,
    /// True when the crop box does not cut anything off.
    pub(super) uncropped: bool,
    /// Points per unit of the page's space.
    pub(super) unit: f64,
}

impl PageFrame {
    /// Normalises the boxes: corners in order, the crop box inside the media box, and neither empty.
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

    /// The displayed width and height, in points.
    pub(super) fn displayed(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.visible;
        let (width, height) = ((right - left) * self.unit, (top - bottom) * self.unit);
        if self.rotation.is_multiple_of(180) { (width, height) } else { (height, width) }
    }

    /// True when a box reaches every edge of the page and does not extend beyond it, within the tolerance.
    pub(super) fn is_met_by(&self, other: PageBox) -> bool {
        distance(self.visible, other) * self.unit <= COVER_TOLERANCE
    }

    /// True when a box covers the whole page, within the tolerance.
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

/// The number of pixels of a length at a resolution, counted as in the reference's renderer. It is rounded up, unless
/// the length exceeds a whole number of pixels by a thousandth or less: 434.4 pt at 200 dpi is 1,206.67 and gives
/// 1,207, and 697.68 pt gives exactly 1,938 whatever the rounding error.
#[must_use]
pub fn pixels_at(points: f64, dpi: f64) -> u32 {
    /// A fraction of a pixel that is ignored.
    const FORGIVEN: f64 = 0.001;
    let pixels = (points * dpi / POINTS_PER_INCH - FORGIVEN).ceil();
    // The conversion saturates. An image needs at least one pixel.
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
