//! Image XObjects: how large they are when they are decoded, and whether one can be read as a plain JPEG.

use super::coded_images::largest_jbig2_region;
use super::filters::Fault;
use super::graphics_state::{PlacedImage, transformed};
use super::jpeg_header::{self, Coding, JpegHeader};
use super::objects::{PdfObjects, StoredStream};
use super::page_tree::PageFrame;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, ObjRef, Object};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// How deep forms are searched for images.
const MAX_DEPTH: usize = 8;

/// How far a JPEG 2000 image is searched for its size, in bytes.
const JPEG_2000_HEADER_BYTES: usize = 16 << 10;

/// How many bytes a deflated JPEG may unpack to.
const MAX_JPEG_BYTES: usize = 256 << 20;

/// The JPEG that fills a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleImage {
    /// The number of the image's object in the file.
    pub object_number: u32,
    pub width: u32,
    pub height: u32,
    /// Components per pixel: 1 for grey, 3 for RGB, 4 for CMYK.
    pub components: u8,
    /// True for CMYK whose stored values count down from full ink (`/Decode [1 0 …]`).
    pub inverted: bool,
    /// The position of the stored bytes in the file.
    pub(crate) place: Range<usize>,
    /// True when the JPEG is additionally deflated.
    pub(crate) packed: bool,
}

impl SingleImage {
    /// True if the other image, of another file, appears to be the same. The bytes are not compared.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let shape = |image: &Self| (image.width, image.height, image.components, image.inverted, image.packed);
        shape(self) == shape(other) && self.place.len() == other.place.len()
    }
}

/// What an image object means for its page.
pub(super) enum ImageFinding {
    /// A JPEG that can be decoded directly.
    Jpeg(SingleImage),
    /// PDFium must draw it.
    Other,
    /// Nothing can decode it.
    Damaged(&'static str),
}

/// Judges the only image of a page.
pub(super) fn judge(objects: &PdfObjects, placed: PlacedImage, frame: &PageFrame) -> ImageFinding {
    let Some(stream) = objects.stream(placed.reference) else {
        return ImageFinding::Damaged("its image cannot be read");
    };
    let filters = objects.filters(&stream.dict).unwrap_or_default();
    if !matches!(filters.last().map(Vec::as_slice), Some(b"DCTDecode" | b"DCT")) {
        return ImageFinding::Other;
    }
    let jpeg = match jpeg_bytes(objects, &stream) {
        Ok(jpeg) => jpeg,
        Err(Fault::Unsupported) => return ImageFinding::Other,
        Err(_) => return ImageFinding::Damaged("its image cannot be unpacked"),
    };
    let Some(header) = jpeg_header::read(&jpeg) else {
        return ImageFinding::Damaged("its image has no JPEG header");
    };
    let Some(inverted) = plain_ink(objects, &stream.dict, &header) else {
        return ImageFinding::Other;
    };
    if !fills(placed, frame) {
        return ImageFinding::Other;
    }
    ImageFinding::Jpeg(SingleImage {
        object_number: placed.reference.obj_number,
        width: header.width,
        height: header.height,
        components: header.components,
        inverted,
        place: objects.place_of(&stream),
        packed: filters.len() > 1,
    })
}

/// The JPEG in a stream, after the filters before it are undone.
pub(super) fn jpeg_bytes<'f>(objects: &PdfObjects, stream: &StoredStream<'f>) -> Result<Cow<'f, [u8]>, Fault> {
    let filters = objects.filters(&stream.dict).ok_or(Fault::Unsupported)?;
    let outer = &filters[..filters.len().saturating_sub(1)];
    objects.undo(stream, outer, MAX_JPEG_BYTES)
}

/// True when the image is upright and reaches every edge of the page.
fn fills(placed: PlacedImage, frame: &PageFrame) -> bool {
    let upright = placed.matrix[0] > 0.0 && placed.matrix[3] > 0.0;
    let on_page = transformed([0.0, 0.0, 1.0, 1.0], placed.matrix);
    upright && frame.rotation == 0 && frame.uncropped && on_page.is_some_and(|on_page| frame.is_met_by(on_page))
}

/// Whether the samples must be inverted; `None` if they are not plain grey, RGB or CMYK.
fn plain_ink(objects: &PdfObjects, dict: &Dict<'_>, header: &JpegHeader) -> Option<bool> {
    let side = |key| objects.number(dict, key);
    let agrees = side("Width") == Some(f64::from(header.width))
        && side("Height") == Some(f64::from(header.height))
        && header.bits == 8
        && header.coding != Coding::Other;
    let is_set = |key: &&str| {
        let present = |entry: &Object<'_>| !matches!(entry, Object::Null(_) | Object::Boolean(false));
        dict.contains_key(key) && objects.with_entry(dict, key, present).unwrap_or(true)
    };
    let masked = ["SMask", "Mask", "ImageMask", "OC"].iter().any(is_set);
    if !agrees || masked || colour_components(objects, dict)? != header.components {
        return None;
    }
    let inverted = is_inverted(objects, dict, header.components)?;
    match (header.components, header.adobe_transform) {
        (1 | 3, _) => (!inverted).then_some(false),
        // The decoder upsamples the components of such an image wrongly: every other band of rows comes out black.
        (4, _) if !header.evenly_sampled => None,
        // Without Adobe's marker the values are ink. With it they are commonly the opposite, so a file that does not
        // say so in /Decode is left to PDFium.
        (4, None) => Some(inverted),
        (4, Some(_)) => inverted.then_some(true),
        _ => None,
    }
}

/// The number of components of a plain colour space; `None` for any other.
fn colour_components(objects: &PdfObjects, dict: &Dict<'_>) -> Option<u8> {
    objects.with_entry(dict, "ColorSpace", |space| match space {
        Object::Name(name) => components_of_name(name),
        Object::Array(array) => components_of_array(objects, array),
        _ => None,
    })?
}

fn components_of_name(name: &Name<'_>) -> Option<u8> {
    match name.as_ref() as &[u8] {
        b"DeviceGray" | b"CalGray" | b"G" => Some(1),
        b"DeviceRGB" | b"CalRGB" | b"RGB" => Some(3),
        b"DeviceCMYK" | b"CMYK" => Some(4),
        _ => None,
    }
}

fn components_of_array(objects: &PdfObjects, array: &Array<'_>) -> Option<u8> {
    let mut items = array.raw_iter();
    let MaybeRef::NotRef(Object::Name(family)) = items.next()? else {
        return None;
    };
    if family.as_ref() != b"ICCBased" {
        return components_of_name(&family);
    }
    let profile = items.next()?.as_obj_ref()?;
    let components = objects.with_dict(profile, |profile| objects.number(profile, "N"))??;
    [1, 3, 4].into_iter().find(|number| f64::from(*number) == components)
}

/// True when `/Decode` inverts every component; `None` if it does anything else.
fn is_inverted(objects: &PdfObjects, dict: &Dict<'_>, components: u8) -> Option<bool> {
    if !dict.contains_key("Decode") {
        return Some(false);
    }
    let decode = objects.numbers(dict, "Decode")?;
    if decode.len() != 2 * usize::from(components) {
        return None;
    }
    let all = |pair: [f64; 2]| decode.chunks_exact(2).all(|found| found == pair);
    if all([0.0, 1.0]) {
        return Some(false);
    }
    all([1.0, 0.0]).then_some(true)
}

/// Searches for images that would decode to more pixels than allowed. Each object is checked once, however many pages
/// share it.
#[derive(Debug)]
pub(super) struct SizeCheck<'f> {
    objects: &'f PdfObjects,
    max_pixels: u64,
    seen: HashSet<u32>,
}

impl<'f> SizeCheck<'f> {
    pub(super) fn new(objects: &'f PdfObjects, max_pixels: u64) -> Self {
        Self { objects, max_pixels, seen: HashSet::new() }
    }

    /// Records an object. Returns false if it was recorded before.
    pub(super) fn is_new(&mut self, reference: ObjRef) -> bool {
        self.seen.insert(reference.obj_number)
    }

    /// Width and height of the first image among the resources that is too large.
    pub(super) fn oversized(&mut self, resources: &Dict<'_>) -> Option<(u64, u64)> {
        self.oversized_at(resources, 0)
    }

    fn oversized_at(&mut self, resources: &Dict<'_>, depth: usize) -> Option<(u64, u64)> {
        let objects = self.objects;
        let references = objects.with_dict_entry(resources, "XObject", |entries| {
            entries.keys().filter_map(|key| entries.get_ref(key.as_ref())).collect::<Vec<_>>()
        })?;
        references.into_iter().find_map(|reference| self.oversized_object(reference, depth))
    }

    fn oversized_object(&mut self, reference: ObjRef, depth: usize) -> Option<(u64, u64)> {
        if depth > MAX_DEPTH || !self.is_new(reference) {
            return None;
        }
        let objects = self.objects;
        let raw = objects.raw(reference)?;
        let Object::Dict(dict) = objects.parse(&raw)? else {
            return None;
        };
        let masks = ["SMask", "Mask"].map(|key| dict.get_ref(key));
        let stated = self.stated_size(&dict).filter(|size| self.is_too_large(*size));
        stated
            .or_else(|| self.coded_size(reference, &dict).filter(|size| self.is_too_large(*size)))
            .or_else(|| masks.into_iter().flatten().find_map(|mask| self.oversized_object(mask, depth + 1)))
            .or_else(|| self.oversized_form(&dict, depth))
    }

    fn oversized_form(&mut self, form: &Dict<'_>, depth: usize) -> Option<(u64, u64)> {
        let objects = self.objects;
        objects.with_dict_entry(form, "Resources", |inner| self.oversized_at(inner, depth + 1))?
    }

    fn is_too_large(&self, (width, height): (u64, u64)) -> bool {
        width.saturating_mul(height) > self.max_pixels
    }

    /// The size in the image's dictionary.
    fn stated_size(&self, dict: &Dict<'_>) -> Option<(u64, u64)> {
        let side = |key| self.objects.number(dict, key).map(|side| side as u64);
        Some((side("Width")?, side("Height")?))
    }

    /// The size in the image's own header, which is the one that a decoder uses.
    fn coded_size(&self, reference: ObjRef, dict: &Dict<'_>) -> Option<(u64, u64)> {
        match self.objects.filters(dict)?.as_slice() {
            [only] if matches!(only.as_slice(), b"DCTDecode" | b"DCT") => {
                let header = jpeg_header::read(self.objects.stream(reference)?.data)?;
                Some((u64::from(header.width), u64::from(header.height)))
            }
            [only] if only.as_slice() == b"JPXDecode" => jpeg_2000_size(self.objects.stream(reference)?.data),
            [only] if only.as_slice() == b"JBIG2Decode" => largest_jbig2_region(self.objects.stream(reference)?.data),
            _ => None,
        }
    }
}

/// The size in the `SIZ` marker, which is the first of a JPEG 2000 code stream.
fn jpeg_2000_size(data: &[u8]) -> Option<(u64, u64)> {
    let window = &data[..data.len().min(JPEG_2000_HEADER_BYTES)];
    let start = window.windows(4).position(|bytes| bytes == b"\xFF\x4F\xFF\x51")? + 8;
    let side = |offset: usize| {
        let bytes = window.get(start + offset..start + offset + 4)?;
        Some(u64::from(u32::from_be_bytes(bytes.try_into().ok()?)))
    };
    Some((side(0)?, side(4)?))
}
