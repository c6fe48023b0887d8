//! Examines one page: its size, what it draws, and whether it can be read.

use super::content_stream::ContentReader;
use super::filters::Fault;
use super::graphics_state::{Drawing, TextPresence};
use super::image_xobjects::{self, ImageFinding, SingleImage, SizeCheck};
use super::objects::PdfObjects;
use super::page_tree::{DictPlace, Inherited, Leaf, PageFrame, page_size, pixels_at};
use super::rejection::{Limits, MAX_CONTENT_BYTES, MIN_PAGE_POINTS, SourceError};
use super::syntax;
use crate::geometry::{DETECTION_DPI, PageSize};
use hayro_syntax::object::{Array, Dict, FromBytes, MaybeRef, ObjRef, Object};

/// The most streams that a page's content may consist of.
const MAX_CONTENT_STREAMS: usize = 4096;

/// The most annotations that are examined. A page with more is left to PDFium.
const MAX_ANNOTATIONS: usize = 256;

/// A page of the source volume.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePage {
    /// From 0.
    pub index: usize,
    /// The displayed width (after /Rotate, inside the `CropBox`), in points.
    pub width_points: f64,
    /// The displayed height, in points.
    pub height_points: f64,
    pub kind: PageKind,
    pub text: TextPresence,
    /// The object numbers of the images that it draws.
    pub(crate) drawn_images: Vec<u32>,
    /// `None` for a page without an object of its own.
    pub(crate) object_number: Option<u32>,
    /// True for a damaged page that exceeds a limit or is skipped. No program may open it, and its size may be a
    /// substitute.
    pub(crate) is_refused: bool,
    /// A person wants the page to be skipped. It is damaged only in name.
    pub(crate) is_skipped: bool,
    /// Form fields are not drawn, because the file is not trusted.
    pub(crate) has_form_fields: bool,
}

impl SourcePage {
    /// The page's size in points and, at 200 dpi, in pixels.
    #[must_use]
    pub fn size(&self) -> PageSize {
        page_size(self.width_points, self.height_points)
    }
}

/// How the pixels of a page are obtained.
#[derive(Debug, Clone, PartialEq)]
pub enum PageKind {
    /// A single upright JPEG fills the page. It is decoded directly.
    SingleImage(SingleImage),
    /// PDFium draws the page.
    Other,
    /// The page cannot be drawn. It becomes a blank page with its number.
    Damaged {
        /// The end of the sentence "page 5: …".
        reason: String,
    },
}

/// Examines the pages of one file.
pub(super) struct Examiner<'f> {
    objects: &'f PdfObjects,
    limits: &'f Limits,
    sizes: SizeCheck<'f>,
}

/// Why the examination of a page stopped.
enum Stop {
    /// Only this page is lost.
    Damaged(&'static str),
    /// The volume is rejected.
    Refused(SourceError),
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Refused(error)
    }
}

impl<'f> Examiner<'f> {
    pub(super) fn new(objects: &'f PdfObjects, limits: &'f Limits) -> Self {
        Self { objects, limits, sizes: SizeCheck::new(objects, limits.max_page_pixels) }
    }

    /// Examines a page. If it exceeds a limit, the error is returned beside the page, which is damaged then: one bad page
    /// does not spoil a volume.
    pub(super) fn examine(&mut self, index: usize, leaf: &Leaf) -> (SourcePage, Option<SourceError>) {
        let objects = self.objects;
        let examine = |page: &Dict<'_>| self.examine_object(index, page, &leaf.inherited);
        let found = leaf.page.as_ref().and_then(|page| page.with_dict(objects, examine));
        let examined = found.unwrap_or_else(|| {
            let frame = frame_of(&leaf.inherited, None);
            self.check_size(index, &frame)?;
            Ok(damaged_page(index, &frame, NO_OBJECT))
        });
        let object_number = object_number(leaf);
        match examined {
            Ok(page) => (SourcePage { object_number, ..page }, None),
            Err(error) => {
                let reason = error.to_string();
                let page = self.refused_page(index, leaf, reason.trim_end_matches('.'));
                (SourcePage { object_number, ..page }, Some(error))
            }
        }
    }

    /// A page of whose object only the size is read.
    pub(super) fn skip(&self, index: usize, leaf: &Leaf, reason: &str) -> SourcePage {
        SourcePage { object_number: object_number(leaf), is_skipped: true, ..self.refused_page(index, leaf, reason) }
    }

    /// A page that no program may open. It keeps its size, if that does not exceed a limit.
    fn refused_page(&self, index: usize, leaf: &Leaf, reason: &str) -> SourcePage {
        let of_page = |page: &Dict<'_>| {
            frame_of(&leaf.inherited.overridden(self.objects, page), self.objects.number(page, "UserUnit"))
        };
        let own = leaf.page.as_ref().and_then(|page| page.with_dict(self.objects, of_page));
        let frame = own
            .filter(|frame| self.check_size(index, frame).is_ok())
            .unwrap_or_else(|| frame_of(&Inherited::default(), None));
        let page = damaged_page(index, &frame, reason);
        // Eighths of a point are written and read again without a difference.
        let rounded = |points: f64| (points * 8.0).round() / 8.0;
        SourcePage {
            width_points: rounded(page.width_points),
            height_points: rounded(page.height_points),
            is_refused: true,
            ..page
        }
    }

    fn examine_object(
        &mut self,
        index: usize,
        dict: &Dict<'_>,
        inherited: &Inherited,
    ) -> Result<SourcePage, SourceError> {
        let values = inherited.overridden(self.objects, dict);
        let frame = frame_of(&values, self.objects.number(dict, "UserUnit"));
        self.check_size(index, &frame)?;
        let looked = self.with_resources(&values, |examiner, resources, new| {
            if new {
                examiner.check_images(index, resources)?;
            }
            examiner.look(index, dict, resources, &frame)
        });
        match looked {
            Ok((kind, drawing)) => Ok(SourcePage {
                kind,
                text: drawing.text,
                drawn_images: drawing.objects,
                has_form_fields: self
                    .has_annotation(dict, |annotation| syntax::is_name(annotation, "Subtype", b"Widget")),
                ..damaged_page(index, &frame, NO_OBJECT)
            }),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::Damaged(reason)) => Ok(damaged_page(index, &frame, reason)),
        }
    }

    fn check_size(&self, index: usize, frame: &PageFrame) -> Result<(), SourceError> {
        let (width, height) = frame.displayed();
        let pixels = |points| u64::from(pixels_at(points, DETECTION_DPI));
        let page = index + 1;
        if width.max(height) > self.limits.max_page_points
            || pixels(width).saturating_mul(pixels(height)) > self.limits.max_page_pixels
        {
            return Err(SourceError::PageTooLarge { page, width, height });
        }
        if width.min(height) < MIN_PAGE_POINTS {
            return Err(SourceError::PageTooSmall { page, width, height });
        }
        Ok(())
    }

    /// Calls `read` with the page's resources, and with true if they are seen for the first time.
    fn with_resources<T>(&mut self, values: &Inherited, read: impl FnOnce(&mut Self, &Dict<'_>, bool) -> T) -> T {
        let objects = self.objects;
        match &values.resources {
            Some(DictPlace::Object(reference)) => {
                let new = self.sizes.is_new(*reference);
                let raw = objects.raw(*reference);
                let dict = raw.as_ref().and_then(|raw| objects.parse(raw)).and_then(Object::into_dict);
                read(self, &dict.unwrap_or_default(), new)
            }
            Some(DictPlace::Inline(text)) => read(self, &Dict::from_bytes(text).unwrap_or_default(), true),
            None => read(self, &Dict::empty(), false),
        }
    }

    fn check_images(&mut self, index: usize, resources: &Dict<'_>) -> Result<(), SourceError> {
        let oversized = self.sizes.oversized(resources);
        oversized.map_or(Ok(()), |size| Err(self.image_too_large(index, size)))
    }

    fn image_too_large(&self, index: usize, (width, height): (u64, u64)) -> SourceError {
        let limit = self.limits.max_page_pixels;
        SourceError::ImageTooLarge { page: index + 1, width, height, limit }
    }

    /// Reads the content, and judges what it draws.
    fn look(
        &self,
        index: usize,
        page: &Dict<'_>,
        resources: &Dict<'_>,
        frame: &PageFrame,
    ) -> Result<(PageKind, Drawing), Stop> {
        let Some(content) = self.content(index, page)? else {
            let unread = Drawing { text: TextPresence::Unknown, ..Drawing::default() };
            return Ok((PageKind::Other, unread));
        };
        let reader = ContentReader::new(self.objects, frame, self.limits.max_page_pixels);
        let drawing = reader.read(content, resources);
        if let Some(size) = drawing.oversized {
            return Err(self.image_too_large(index, size).into());
        }
        Ok((self.kind(page, &drawing, frame)?, drawing))
    }

    fn kind(&self, page: &Dict<'_>, drawing: &Drawing, frame: &PageFrame) -> Result<PageKind, Stop> {
        let only = drawing.image.filter(|_| drawing.images == 1);
        let Some(placed) = only else {
            return Ok(PageKind::Other);
        };
        match image_xobjects::judge(self.objects, placed, frame) {
            ImageFinding::Damaged(reason) => Err(Stop::Damaged(reason)),
            ImageFinding::Jpeg(image) if !drawing.otherwise && !self.has_visible_annotations(page) => {
                Ok(PageKind::SingleImage(image))
            }
            ImageFinding::Jpeg(_) | ImageFinding::Other => Ok(PageKind::Other),
        }
    }

    /// The page's content with its streams joined; `None` if a filter is left to PDFium.
    fn content(&self, index: usize, page: &Dict<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let mut content = Vec::new();
        for reference in self.content_streams(page) {
            let stream = self.objects.stream(reference).ok_or(Stop::Damaged(NO_CONTENT))?;
            let room = MAX_CONTENT_BYTES.saturating_sub(content.len());
            match self.objects.unpack(&stream, room) {
                Ok(unpacked) => content.extend_from_slice(&unpacked),
                Err(Fault::Unsupported) => return Ok(None),
                Err(Fault::Corrupt) => return Err(Stop::Damaged(BROKEN_CONTENT)),
                Err(Fault::TooLarge) => {
                    let limit = MAX_CONTENT_BYTES;
                    return Err(SourceError::ContentTooLarge { page: index + 1, limit }.into());
                }
            }
            content.push(b'\n');
        }
        Ok(Some(content))
    }

    fn content_streams(&self, page: &Dict<'_>) -> Vec<ObjRef> {
        let list = |array: &Array<'_>| syntax::references(array, MAX_CONTENT_STREAMS);
        let listed = match page.get_raw::<Object<'_>>("Contents") {
            Some(MaybeRef::NotRef(Object::Array(array))) => list(&array),
            Some(MaybeRef::Ref(reference)) => {
                let array = self.objects.with_entry(page, "Contents", |entry| match entry {
                    Object::Array(array) => Some(list(array)),
                    _ => None,
                });
                array.flatten().unwrap_or_else(|| vec![Some(reference)])
            }
            _ => Vec::new(),
        };
        listed.into_iter().flatten().collect()
    }

    /// True when the page has an annotation other than a link.
    fn has_visible_annotations(&self, page: &Dict<'_>) -> bool {
        self.has_annotation(page, |annotation| !syntax::is_name(annotation, "Subtype", b"Link"))
    }

    /// True when an annotation of the page is of this kind, cannot be read, or is one of too many.
    fn has_annotation(&self, page: &Dict<'_>, is_of_kind: impl Fn(&Dict<'_>) -> bool) -> bool {
        let judge = |item: MaybeRef<Object<'_>>| match item {
            MaybeRef::Ref(reference) => Err(reference),
            MaybeRef::NotRef(Object::Dict(annotation)) => Ok(is_of_kind(&annotation)),
            MaybeRef::NotRef(_) => Ok(true),
        };
        let listed = self.objects.with_entry(page, "Annots", |entry| match entry {
            Object::Array(array) => array.raw_iter().take(MAX_ANNOTATIONS + 1).map(judge).collect(),
            _ => Vec::new(),
        });
        let listed: Vec<Result<bool, ObjRef>> = listed.unwrap_or_default();
        let is_of_kind = |reference| self.objects.with_dict(reference, &is_of_kind).unwrap_or(true);
        listed.len() > MAX_ANNOTATIONS || listed.into_iter().any(|item| item.unwrap_or_else(is_of_kind))
    }
}

const NO_OBJECT: &str = "its object cannot be read";
const NO_CONTENT: &str = "its content cannot be read";
const BROKEN_CONTENT: &str = "its content cannot be unpacked";

fn object_number(leaf: &Leaf) -> Option<u32> {
    leaf.page.as_ref().and_then(DictPlace::reference).map(|reference| reference.obj_number)
}

fn frame_of(values: &Inherited, unit: Option<f64>) -> PageFrame {
    PageFrame::new(values.media_box, values.crop_box, values.rotate, unit)
}

fn damaged_page(index: usize, frame: &PageFrame, reason: &str) -> SourcePage {
    let (width_points, height_points) = frame.displayed();
    SourcePage {
        index,
        width_points,
        height_points,
        kind: PageKind::Damaged { reason: reason.to_owned() },
        text: TextPresence::Unknown,
        drawn_images: Vec::new(),
        object_number: None,
        is_refused: false,
        is_skipped: false,
        has_form_fields: false,
    }
}
