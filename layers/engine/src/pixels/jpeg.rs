//! Decoding a page's JPEG, strictly: an image that is not whole is no image. What a decoder forgives by
//! painting the rest of the page grey would be redacted wrongly or read as an empty page.

use crate::pixels::page_image::PageImage;
use crate::pixels::watched::WatchedReader;
use crate::source::SingleImage;
use crate::source::jpeg_header::{self, Coding, JpegHeader};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Longest side of a JPEG, in pixels: what its header can say.
const MAX_SIDE: usize = 65_535;

/// Bytes that may lie between the last block and the end mark, or before a restart marker: the decoder
/// reads ahead by eight, and some encoders pad.
const FORGIVEN_BYTES: usize = 32;

/// From this width on a row of blocks is longer than what the decoder reads ahead.
const MIN_CHECKED_WIDTH: u32 = 320;

/// Decodes the JPEG of a page. `Err` says what is wrong, as the end of a sentence.
pub(super) fn decode(jpeg: &[u8], single: &SingleImage, dpi: f64) -> Result<PageImage, String> {
    let header = jpeg_header::read(jpeg).ok_or("its image has no JPEG header")?;
    if (header.width, header.height) != (single.width, single.height) {
        return Err("its image changed while it was read".to_owned());
    }
    let (colour, channels) = output(single);
    let data = checkable_part(jpeg, &header);
    if is_out_of_step(&data[header.data_start..], &header) {
        return Err("its image has lost a part in the middle".to_owned());
    }
    let mut reader = WatchedReader::new(data, header.data_start);
    let decoded = decode_strictly(&mut reader, colour)?;
    if reader.longest_run() > FORGIVEN_BYTES {
        return Err("its image is damaged in the middle".to_owned());
    }
    let pixels = if colour == ColorSpace::CMYK { from_ink(&decoded) } else { decoded };
    let (width, height) = (single.width as usize, single.height as usize);
    if pixels.len() != width * height * channels {
        return Err("its image decodes to another size than it states".to_owned());
    }
    Ok(PageImage { width, height, channels, pixels, dpi })
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
    let mark = jpeg.windows(2).rposition(|pair| pair == b"\xFF\xD9");
    mark.filter(|mark| *mark >= header.data_start).map_or(jpeg, |mark| &jpeg[..mark])
}

/// True when the restart markers, which count from 0 to 7 over and over, leave one out: the decoder
/// takes any for any.
fn is_out_of_step(scan: &[u8], header: &JpegHeader) -> bool {
    if header.restart_interval == 0 || header.coding != Coding::Sequential {
        return false;
    }
    let pairs = scan.windows(2).filter(|pair| pair[0] == 0xFF);
    let restarts = pairs.map(|pair| pair[1]).filter(|marker| (0xD0..=0xD7).contains(marker));
    restarts.enumerate().any(|(index, marker)| usize::from(marker - 0xD0) != index % 8)
}

/// Cyan, magenta, yellow and black ink to red, green and blue light.
fn from_ink(ink: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| {
        let product = u32::from(255 - ink) * u32::from(255 - black);
        ((product + 127) / 255) as u8
    };
    ink.chunks_exact(4).flat_map(|pixel| [0, 1, 2].map(|channel| light(pixel[channel], pixel[3]))).collect()
}
