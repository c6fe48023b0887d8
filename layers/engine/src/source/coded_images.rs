//! The images of a page that PDFium decodes: CCITT, JBIG2, JPEG 2000, and JPEGs that are not the whole page. PDFium
//! draws what it can of a damaged one and does not report it, so they are handed out for a check.

use super::objects::{PdfObjects, StoredStream};
use hayro_syntax::object::{Dict, ObjRef, Object};
use std::borrow::Cow;

/// How many bytes the filters before the last one may unpack to.
const MAX_BYTES: usize = 256 << 20;

/// An image as it is coded.
pub(crate) enum CodedImage<'v> {
    Fax { data: Cow<'v, [u8]>, parameters: FaxParameters },
    Jbig2 { data: Cow<'v, [u8]>, globals: Option<Vec<u8>> },
    Jpeg2000 { data: Cow<'v, [u8]> },
    Jpeg { data: Cow<'v, [u8]>, width: f64, height: f64 },
}

/// The parameters of `CCITTFaxDecode`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaxParameters {
    /// Negative for group 4, 0 for group 3 in one dimension, positive for group 3 in two.
    pub(crate) k: f64,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) end_of_line: bool,
    pub(crate) end_of_block: bool,
    pub(crate) is_byte_aligned: bool,
}

/// The coded image in an object; `None` for any other, and for one that is inside a filter that is not undone here.
pub(super) fn coded_image(objects: &PdfObjects, number: u32) -> Option<CodedImage<'_>> {
    let stream = objects.stream(ObjRef::new(number, 0))?;
    let filters = objects.filters(&stream.dict)?;
    let (last, outer) = filters.split_last()?;
    let data = || objects.undo(&stream, outer, MAX_BYTES).ok();
    let side = |key| objects.number(&stream.dict, key);
    match last.as_slice() {
        b"CCITTFaxDecode" | b"CCF" => {
            let parameters = fax_parameters(objects, &stream, outer.len())?;
            Some(CodedImage::Fax { data: data()?, parameters })
        }
        b"JBIG2Decode" => Some(CodedImage::Jbig2 { data: data()?, globals: globals(objects, &stream, outer.len()) }),
        b"JPXDecode" => Some(CodedImage::Jpeg2000 { data: data()? }),
        b"DCTDecode" | b"DCT" => {
            Some(CodedImage::Jpeg { data: data()?, width: side("Width")?, height: side("Height")? })
        }
        _ => None,
    }
}

fn fax_parameters(objects: &PdfObjects, stream: &StoredStream<'_>, index: usize) -> Option<FaxParameters> {
    let height = objects.number(&stream.dict, "Height")?;
    let of = |parameters: &Dict<'_>| {
        let flag = |key, default| {
            let value = |object: &Object<'_>| matches!(object, Object::Boolean(true));
            objects.with_entry(parameters, key, value).unwrap_or(default)
        };
        FaxParameters {
            k: objects.number(parameters, "K").unwrap_or(0.0),
            columns: objects.number(parameters, "Columns").unwrap_or(1728.0) as u32,
            rows: height as u32,
            end_of_line: flag("EndOfLine", false),
            end_of_block: flag("EndOfBlock", true),
            is_byte_aligned: flag("EncodedByteAlign", false),
        }
    };
    Some(objects.with_parameters(&stream.dict, index, of).unwrap_or_else(|| of(&Dict::empty())))
}

fn globals(objects: &PdfObjects, stream: &StoredStream<'_>, index: usize) -> Option<Vec<u8>> {
    let reference = objects.with_parameters(&stream.dict, index, |parameters| parameters.get_ref("JBIG2Globals"))??;
    objects.unpack(&objects.stream(reference)?, MAX_BYTES).ok().map(Cow::into_owned)
}

/// The largest page or region in a JBIG2 stream: width and height (ITU-T T.88, 7.2 and 7.4). A decoder reserves memory
/// for each.
pub(super) fn largest_jbig2_region(data: &[u8]) -> Option<(u64, u64)> {
    let (mut rest, mut largest) = (data, None::<(u64, u64)>);
    while let Some((is_sized, body, after)) = jbig2_segment(rest) {
        let side = |at: usize| Some(u64::from(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?)));
        if is_sized && let (Some(width), Some(height)) = (side(0), side(4)) {
            // A page of unknown height grows by stripes.
            let height = if height == u64::from(u32::MAX) { 0 } else { height };
            largest = largest.into_iter().chain([(width, height)]).max_by_key(|(w, h)| w.saturating_mul(*h));
        }
        rest = after;
    }
    largest
}

/// A segment: whether its data begin with a width and a height, its data, and the bytes after it.
fn jbig2_segment(bytes: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let number = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    let flags = *bytes.get(4)?;
    let short_count = usize::from(bytes.get(5)? >> 5);
    let (count, mut at) = if short_count < 7 {
        (short_count, 6)
    } else {
        let count = (u32::from_be_bytes(bytes.get(5..9)?.try_into().ok()?) & 0x1FFF_FFFF) as usize;
        // One flag for each segment that is referred to, and one for this segment.
        (count, count.checked_add(1)?.div_ceil(8).checked_add(9)?)
    };
    let reference_bytes = if number <= 256 {
        1
    } else if number <= 65_536 {
        2
    } else {
        4
    };
    at = at.checked_add(count.checked_mul(reference_bytes)?)?;
    at = at.checked_add(if flags & 0x40 == 0 { 1 } else { 4 })?;
    let length = u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize;
    let body = bytes.get(at + 4..)?;
    let (body, after) = body.split_at(length.min(body.len()));
    Some((matches!(flags & 0x3F, 4..=7 | 20..=23 | 36..=43 | 48), body, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(number: u32, kind: u8, data: &[u8]) -> Vec<u8> {
        [&number.to_be_bytes(), &[kind, 0, 1][..], &(data.len() as u32).to_be_bytes(), data].concat()
    }

    fn size(width: u32, height: u32) -> Vec<u8> {
        [width, height].map(u32::to_be_bytes).concat()
    }

    #[test]
    fn the_largest_region_counts() {
        let stream = [
            segment(0, 48, &size(100, u32::MAX)),
            segment(1, 0, &size(9000, 9000)),
            segment(2, 38, &size(300, 200)),
            segment(3, 42, &size(70_000, 1)),
        ];
        assert_eq!(largest_jbig2_region(&stream.concat()), Some((70_000, 1)));
        assert_eq!(largest_jbig2_region(&stream[..2].concat()), Some((100, 0)));
        let many = [&9u32.to_be_bytes()[..], &[6, 0xE0, 0, 0, 5, 0], &[1, 2, 3, 4, 5], &[1, 0, 0, 0, 8]].concat();
        assert_eq!(largest_jbig2_region(&[many, size(300, 200)].concat()), Some((300, 200)));
        assert_eq!(largest_jbig2_region(b"no segment"), None);
        assert_eq!(largest_jbig2_region(&[0xFF; 40]), None);
    }
}
