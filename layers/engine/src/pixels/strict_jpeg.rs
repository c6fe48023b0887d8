//! Decoding the JPEG of a page strictly: a damaged image is an error.
//!
//! A forgiving decoder paints the damaged part grey. Such a page would be redacted wrongly or read as empty.

use super::image::PageImage;
use crate::source::SingleImage;
use crate::source::jpeg_header::{self, Coding, JpegHeader};
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The second byte of the end-of-image marker.
const END_MARK: u8 = 0xD9;

/// Longest side that a JPEG header can express, in pixels.
const MAX_SIDE: usize = 65_535;

/// How many single bytes in a row the decoder reads in an undamaged image: eight while it skips stuffed bytes, and
/// what an encoder may write before the end marker.
const FORGIVEN_BYTES: usize = 16;

/// How many bytes beside a hundredth of the image may be left after its last block.
const SPARE_BYTES: usize = 256;

/// From this width on, a row of blocks is longer than the decoder's read-ahead.
const MIN_CHECKED_WIDTH: u32 = 320;

/// Decodes the JPEG of a page. `Err` says what is wrong, as the end of a sentence without its full stop.
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

/// Checks that a JPEG is complete, for an image that another program will decode.
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
        return Err("its image is damaged: it has a marker in a wrong place".to_owned());
    }
    let mut reader = WatchedReader::new(data, header.data_start);
    let decoded = decode_strictly(&mut reader, colour)?;
    if reader.longest_run() > FORGIVEN_BYTES {
        return Err("its image is damaged: some of its data were not decoded".to_owned());
    }
    if data.len() < jpeg.len() && reader.rest().len() > SPARE_BYTES + data.len() / 100 {
        return Err("its image is damaged: it has more data than its size needs".to_owned());
    }
    Ok(decoded)
}

/// The colour space to decode to, and its channels. The decoder assumes that CMYK is inverted, as Adobe's programs
/// store it. CMYK that is not inverted is converted here.
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

/// The JPEG without its end marker, if the decoder then reports data that end too early. With the marker, it fills the
/// rest with zeros. A progressive image needs the marker.
fn checkable_part<'b>(jpeg: &'b [u8], header: &JpegHeader) -> &'b [u8] {
    let single_scan = header.scan_components == header.components;
    if header.coding != Coding::Sequential || !single_scan || header.width < MIN_CHECKED_WIDTH {
        return jpeg;
    }
    let scan = &jpeg[header.data_start..];
    let mark = scan.windows(2).position(|pair| pair == [0xFF, END_MARK]);
    mark.map_or(jpeg, |mark| &jpeg[..header.data_start + mark])
}

/// True if the scan of a sequential image has a marker other than the restart markers 0 to 7 in their cyclic order.
/// The decoder accepts restart markers in any order, and takes a stray one for the end of the image.
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

/// CMYK to RGB.
fn from_ink(ink: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| {
        let product = u32::from(255 - ink) * u32::from(255 - black);
        ((product + 127) / 255) as u8
    };
    ink.chunks_exact(4).flat_map(|pixel| [0, 1, 2].map(|channel| light(pixel[channel], pixel[3]))).collect()
}

/// A reader under a JPEG decoder that notices when the decoder searches for the next marker.
///
/// Bytes overwritten in the middle of a scan are usually still valid Huffman codes. The decoder goes on, fills its
/// blocks too early, and then skips the rest of the scan byte by byte without an error. While it decodes, it reads
/// four bytes at a time, so a long run of single bytes is that search.
struct WatchedReader<'b> {
    data: &'b [u8],
    position: usize,
    /// Where counting starts. Headers are read byte by byte, too.
    watched_from: usize,
    /// Single bytes read since the last larger read or seek.
    run: usize,
    longest_run: usize,
}

impl<'b> WatchedReader<'b> {
    const fn new(data: &'b [u8], watched_from: usize) -> Self {
        Self { data, position: 0, watched_from, run: 0, longest_run: 0 }
    }

    const fn longest_run(&self) -> usize {
        self.longest_run
    }

    fn rest(&self) -> &'b [u8] {
        self.data.get(self.position..).unwrap_or_default()
    }
}

impl Read for WatchedReader<'_> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.rest();
        let length = buffer.len().min(rest.len());
        if let (1, [only, ..], [first, ..]) = (length, &mut *buffer, rest) {
            *only = *first;
            self.run += usize::from(self.position >= self.watched_from);
            self.longest_run = self.longest_run.max(self.run);
        } else {
            buffer[..length].copy_from_slice(&rest[..length]);
            self.run = 0;
        }
        self.position += length;
        Ok(length)
    }
}

impl BufRead for WatchedReader<'_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl Seek for WatchedReader<'_> {
    #[inline]
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let (start, distance) = match target {
            SeekFrom::Start(offset) => (0, i64::try_from(offset).unwrap_or(i64::MAX)),
            SeekFrom::End(distance) => (self.data.len(), distance),
            SeekFrom::Current(distance) => (self.position, distance),
        };
        let position = isize::try_from(distance).ok().and_then(|by| start.checked_add_signed(by));
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        if position != self.position {
            self.run = 0;
        }
        self.position = position;
        Ok(position as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unbroken_single_reads_add_up() {
        let mut reader = WatchedReader::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 1);
        let (mut one, mut two) = ([0], [0, 0]);
        (0..3).for_each(|_| reader.read_exact(&mut one).unwrap());
        assert_eq!(reader.longest_run(), 2);
        reader.read_exact(&mut two).unwrap();
        reader.read_exact(&mut one).unwrap();
        reader.seek(SeekFrom::Current(-1)).unwrap();
        reader.read_exact(&mut one).unwrap();
        assert_eq!((one, reader.longest_run()), ([6], 2));
        (0..3).for_each(|_| reader.read_exact(&mut one).unwrap());
        assert_eq!(reader.longest_run(), 4);
    }
}
