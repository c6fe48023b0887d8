//! Whether an image that PDFium draws is whole. PDFium leaves out what it cannot decode and does not report it.

use crate::source::jpeg_header;
use crate::source::{CodedImage, FaxParameters};
use hayro_ccitt::EncodingMode;

/// How many bytes may be left after the last row of a fax: the end mark, padding, an end of line.
const SPARE_BYTES: usize = 16;

/// To which size a JPEG 2000 image is decoded to check it. All of its data are read for any size.
const CHECKED_SIZE: (u32, u32) = (256, 256);

/// What is wrong with an image, as the end of a sentence without its full stop; `None` if nothing is.
pub(super) fn doubt(image: &CodedImage<'_>) -> Option<String> {
    match image {
        CodedImage::Fax { data, parameters } => fax(data, parameters),
        CodedImage::Jbig2 { data, globals } => {
            let broken = jbig2(data, globals.as_deref()).is_err();
            broken.then(|| "the JBIG2 data of an image are damaged".to_owned())
        }
        CodedImage::Jpeg2000 { data } => {
            jpeg_2000(data).is_err().then(|| "the JPEG 2000 data of an image are damaged".to_owned())
        }
        CodedImage::Jpeg { data, width, height } => jpeg(data, *width, *height),
    }
}

/// Counts the rows.
struct Rows(u32);

impl hayro_ccitt::Decoder for Rows {
    fn push_row(&mut self, _changes: &[u32]) {
        self.0 += 1;
    }
}

fn fax(data: &[u8], parameters: &FaxParameters) -> Option<String> {
    let settings = hayro_ccitt::DecodeSettings {
        columns: parameters.columns,
        rows: parameters.rows,
        end_of_block: parameters.end_of_block,
        end_of_line: parameters.end_of_line,
        rows_are_byte_aligned: parameters.is_byte_aligned,
        encoding: match parameters.k {
            k if k < 0.0 => EncodingMode::Group4,
            k if k > 0.0 => EncodingMode::Group3_2D,
            _ => EncodingMode::Group3_1D,
        },
        // Group 3 is written with so many variations that only group 4 is held to its rules.
        strict: parameters.k < 0.0,
    };
    let mut rows = Rows(0);
    let read = hayro_ccitt::decode(data, &mut rows, &mut hayro_ccitt::DecoderContext::new(settings));
    if rows.0 < parameters.rows {
        return Some(format!("an image has only {} of its {} rows", rows.0, parameters.rows));
    }
    let is_whole = read.is_ok_and(|read| data.len() <= read.saturating_add(SPARE_BYTES));
    (!is_whole).then(|| "the CCITT data of an image are damaged".to_owned())
}

/// Takes the pixels and forgets them.
struct Ignored;

impl hayro_jbig2::Decoder for Ignored {
    fn push_pixel(&mut self, _black: bool) {}
    fn push_pixel_chunk(&mut self, _black: bool, _chunk_count: u32) {}
    fn next_line(&mut self) {}
}

fn jbig2(data: &[u8], globals: Option<&[u8]>) -> hayro_jbig2::Result<()> {
    let settings = hayro_jbig2::DecodeSettings { strict: true };
    let globals = globals.map(|globals| hayro_jbig2::Globals::new(globals, &settings)).transpose()?;
    hayro_jbig2::Page::new_embedded(data, globals.as_ref(), &settings)?.decode(&mut Ignored)
}

fn jpeg_2000(data: &[u8]) -> hayro_jpeg2000::Result<()> {
    let target_resolution = Some(CHECKED_SIZE);
    let settings = hayro_jpeg2000::DecodeSettings { strict: true, target_resolution, ..Default::default() };
    let image = hayro_jpeg2000::Image::new(data, &settings)?;
    let mut context = hayro_jpeg2000::DecoderContext::default();
    image.decode(&mut context).map(drop)
}

/// The data of a JPEG were checked before it was drawn. Programs disagree about its size if the page says another one.
fn jpeg(data: &[u8], width: f64, height: f64) -> Option<String> {
    let header = jpeg_header::read(data)?;
    let agrees = (f64::from(header.width), f64::from(header.height)) == (width, height);
    (!agrees).then(|| "an image has another size than the page says".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax::{Color, VecWriter, encoder::Encoder};
    use std::borrow::Cow;

    const WIDTH: u16 = 400;
    const ROWS: u32 = 300;

    fn group_4() -> Vec<u8> {
        let mut encoder = Encoder::new(VecWriter::new());
        for y in 0..ROWS {
            let ink = |x: u32| if (x * 7 + y * 13 + x * y / 50) % 23 < 6 { Color::Black } else { Color::White };
            let Ok(()) = encoder.encode_line((0..u32::from(WIDTH)).map(ink), u32::from(WIDTH));
        }
        let Ok(writer) = encoder.finish();
        writer.finish()
    }

    fn fax_doubt(data: &[u8]) -> Option<String> {
        let (k, columns, rows) = (-1.0, u32::from(WIDTH), ROWS);
        let flags = (false, true, false);
        let (end_of_line, end_of_block, is_byte_aligned) = flags;
        let parameters = FaxParameters { k, columns, rows, end_of_line, end_of_block, is_byte_aligned };
        doubt(&CodedImage::Fax { data: Cow::Borrowed(data), parameters })
    }

    fn jbig2_of(fax: &[u8]) -> Vec<u8> {
        let segment = |number: u32, kind: u8, data: &[u8]| {
            [&number.to_be_bytes(), &[kind, 0, 1][..], &(data.len() as u32).to_be_bytes(), data].concat()
        };
        let size = [u32::from(WIDTH), ROWS].map(u32::to_be_bytes).concat();
        let page = [&size[..], &[0; 8], &[0], &[0; 2]].concat();
        let region = [&size[..], &[0; 8], &[0], &[1], fax].concat();
        [segment(0, 48, &page), segment(1, 38, &region)].concat()
    }

    #[test]
    fn whole_images_raise_no_doubt() {
        let fax = group_4();
        assert_eq!(fax_doubt(&fax), None);
        assert_eq!(doubt(&CodedImage::Jbig2 { data: jbig2_of(&fax).into(), globals: None }), None);
    }

    #[test]
    fn cut_and_overwritten_images_do() {
        let fax = group_4();
        assert!(fax_doubt(&fax[..fax.len() / 2]).unwrap().contains("rows"));
        for eighth in 1..7 {
            let mut changed = fax.clone();
            let at = fax.len() * eighth / 8;
            changed[at..at + 40].fill(0x5A);
            assert!(fax_doubt(&changed).is_some(), "{eighth}");
        }
        let jbig2 = jbig2_of(&fax);
        let half = jbig2[..jbig2.len() / 2].to_vec();
        assert!(doubt(&CodedImage::Jbig2 { data: half.into(), globals: None }).is_some());
        assert!(doubt(&CodedImage::Jpeg2000 { data: b"\xFF\x4F\xFF\x51 no image".to_vec().into() }).is_some());
    }
}
