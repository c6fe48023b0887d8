//! Decoding a page's JPEG, strictly: an image that is not whole is no image. What a decoder forgives by
//! painting the rest of the page grey would be redacted wrongly or read as an empty page.

use crate::pixels::page_image::PageImage;
use crate::pixels::watched::WatchedReader;
use crate::source::SingleImage;
use crate::source::jpeg_header::{self, Coding, JpegHeader};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The second byte of the mark that ends an image.
const END_MARK: u8 = 0xD9;

/// Longest side of a JPEG, in pixels: what its header can say.
const MAX_SIDE: usize = 65_535;

/// Single bytes that the decoder reads in a row although nothing is wrong: eight while it passes stuffed
/// bytes, and what an encoder may put before the end mark.
const FORGIVEN_BYTES: usize = 16;

/// From this width on a row of blocks is longer than what the decoder reads ahead.
const MIN_CHECKED_WIDTH: u32 = 320;

/// Decodes the JPEG of a page. `Err` says what is wrong, as the end of a sentence.
pub(super) fn decode(jpeg: &[u8], single: &SingleImage, dpi: f64) -> Result<PageImage, String> {
    let header = jpeg_header::read(jpeg).ok_or("its image has no JPEG header")?;
    if (header.width, header.height) != (single.width, single.height) {
        return Err("its image changed while it was read".to_owned());
    }
    let (colour, channels) = output(single);
    let decoded = decode_whole(jpeg, &header, colour)?;
    let pixels = if colour == ColorSpace::CMYK { from_ink(&decoded) } else { decoded };
    let (width, height) = (single.width as usize, single.height as usize);
    if pixels.len() != width * height * channels {
        return Err("its image decodes to another size than it states".to_owned());
    }
    Ok(PageImage { width, height, channels, pixels, dpi })
}

/// Tells whether a JPEG is whole, for an image that another program is going to decode.
pub(super) fn check(jpeg: &[u8]) -> Result<(), String> {
    let header = jpeg_header::read(jpeg).ok_or("an image has no JPEG header")?;
    if header.coding == Coding::Other || header.bits != 8 {
        return Ok(());
    }
    let colour = if header.components == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    decode_whole(jpeg, &header, colour).map(drop)
}

fn decode_whole(jpeg: &[u8], header: &JpegHeader, colour: ColorSpace) -> Result<Vec<u8>, String> {
    let data = checkable_part(jpeg, header);
    if has_stray_marker(&data[header.data_start..], header) {
        return Err("its image is damaged: a marker stands where none may".to_owned());
    }
    let mut reader = WatchedReader::new(data, header.data_start);
    let decoded = decode_strictly(&mut reader, colour)?;
    if reader.longest_run() > FORGIVEN_BYTES {
        return Err("its image is damaged: data are left over".to_owned());
    }
    Ok(decoded)
}

/// What to ask the decoder for. It takes CMYK for inverted, as Adobe's programs store it; plain ink is
/// turned into light here.
fn output(single: &SingleImage) -> (ColorSpace, usize) {
    match (single.components, single.inverted) {
        (1, _) => (ColorSpace::Luma, 1),
        (4, false) => (ColorSpace::CMYK, 3),
        _ => (ColorSpace::RGB, 3),
    }
}

fn decode_strictly(reader: &mut WatchedReader<'_>, colour: ColorSpace) -> Result<Vec<u8>, String> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_out_colorspace(colour);
    let mut decoder = JpegDecoder::new_with_options(reader, options);
    decoder.decode().map_err(|error| format!("its image is damaged ({error:?})"))
}

/// The JPEG without its end mark, where the decoder then tells when the data end too early. With the mark
/// it fills the rest with zeros. A progressive image needs the mark.
fn checkable_part<'b>(jpeg: &'b [u8], header: &JpegHeader) -> &'b [u8] {
    let single_scan = header.scan_components == header.components;
    if header.coding != Coding::Sequential || !single_scan || header.width < MIN_CHECKED_WIDTH {
        return jpeg;
    }
    let scan = &jpeg[header.data_start..];
    let mark = scan.windows(2).position(|pair| pair == [0xFF, END_MARK]);
    mark.map_or(jpeg, |mark| &jpeg[..header.data_start + mark])
}

/// True when the scan of a sequential image holds a marker other than the restart markers in their order,
/// 0 to 7 over and over. The decoder takes any of them for any, and one where none belongs for the end.
fn has_stray_marker(scan: &[u8], header: &JpegHeader) -> bool {
    if header.coding != Coding::Sequential || header.scan_components != header.components {
        return false;
    }
    let after = scan.split(|byte| *byte == 0xFF).skip(1).filter_map(|part| part.first());
    let mut markers = after.filter(|byte| **byte != 0).take_while(|byte| **byte != END_MARK);
    let restarts = (0xD0..=0xD7).cycle();
    if header.restart_interval == 0 {
        return markers.next().is_some();
    }
    markers.zip(restarts).any(|(found, expected)| *found != expected)
}

/// Cyan, magenta, yellow and black ink to red, green and blue light.
fn from_ink(ink: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| {
        let product = u32::from(255 - ink) * u32::from(255 - black);
        ((product + 127) / 255) as u8
    };
    ink.chunks_exact(4).flat_map(|pixel| [0, 1, 2].map(|channel| light(pixel[channel], pixel[3]))).collect()
}
