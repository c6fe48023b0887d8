//! The image that a page consists of: it is read from the PDF, painted on, and stored again in the same colour space.

use super::error::OutputError;
use super::jpeg_coding::{self, JpegTables, Samples};
use crate::geometry::Rect;
use crate::pixels::Look;
use crate::redact::Fill;
use fax::{Color, VecWriter};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

#[derive(Debug, Clone)]
pub(crate) struct StoredImage {
    samples: Samples,
    storage: Storage,
}

#[derive(Debug, Clone)]
enum Storage {
    /// `inverted` is for CMYK: the `/Decode` array inverts the samples.
    Jpeg { tables: JpegTables, inverted: bool },
    /// One bit per pixel with CCITT group 4. In memory one byte per pixel, 0 or 255.
    Bitonal,
    /// 8-bit samples with Flate.
    Flate,
}

impl StoredImage {
    /// A new image, which will be stored as JPEG. `channels` is 1 or 3.
    pub fn from_pixels(width: usize, height: usize, channels: usize, bytes: Vec<u8>) -> Self {
        let samples = Samples { width, height, channels, bytes };
        Self { samples, storage: Storage::Jpeg { tables: JpegTables::default(), inverted: false } }
    }

    /// Reads an image stream; `None` if it is of a kind that Quire does not rewrite.
    pub(super) fn read(document: &Document, stream: &Stream) -> Result<Option<Self>, OutputError> {
        let shape = ImageShape::of(document, &stream.dict);
        let Some(shape) = shape.filter(|_| is_simple(&stream.dict)) else { return Ok(None) };
        match (shape.filter.as_slice(), shape.bits) {
            // The decoder gets CMYK wrong if some inks are stored at half the resolution.
            (b"DCTDecode", 8) if shape.channels == 4 && !JpegTables::of(&stream.content).is_evenly_sampled() => {
                Ok(None)
            }
            (b"DCTDecode", 8) => Self::read_jpeg(stream, &shape).map(Some),
            (b"CCITTFaxDecode", 1) => Ok(Self::read_ccitt(document, stream, &shape)),
            (b"FlateDecode" | b"", 1 | 8) => Self::read_flate(stream, &shape),
            _ => Ok(None),
        }
    }

    fn read_jpeg(stream: &Stream, shape: &ImageShape) -> Result<Self, OutputError> {
        let samples = jpeg_coding::decode(&stream.content)?;
        if samples.channels != shape.channels {
            return Err(OutputError::PageImage {
                reason: "the JPEG has other channels than its dictionary says".to_owned(),
            });
        }
        let tables = JpegTables::of(&stream.content);
        Ok(Self { samples, storage: Storage::Jpeg { tables, inverted: shape.inverted } })
    }

    fn read_ccitt(document: &Document, stream: &Stream, shape: &ImageShape) -> Option<Self> {
        let parameters = stream.dict.get_deref(b"DecodeParms", document).ok()?.as_dict().ok()?;
        let integer = |key: &[u8]| parameters.get(key).and_then(Object::as_i64).ok();
        let flag = |key: &[u8]| parameters.get(key).and_then(Object::as_bool).unwrap_or(false);
        if integer(b"K")? >= 0 || flag(b"EncodedByteAlign") || integer(b"Columns") != i64::try_from(shape.width).ok() {
            return None;
        }
        let (width, height) = (u32::try_from(shape.width).ok()?, u32::try_from(shape.height).ok()?);
        let black = if flag(b"BlackIs1") == shape.inverted { 0 } else { 255 };
        let mut bytes = Vec::with_capacity(shape.width * shape.height);
        let colour = |pixel: Color| if pixel == Color::Black { black } else { 255 - black };
        fax::decoder::decode_g4(stream.content.iter().copied(), width, Some(height), |transitions| {
            bytes.extend(fax::decoder::pels(transitions, width).map(colour));
        })?;
        let samples = Samples { width: shape.width, height: shape.height, channels: 1, bytes };
        Some(Self { samples, storage: Storage::Bitonal })
    }

    fn read_flate(stream: &Stream, shape: &ImageShape) -> Result<Option<Self>, OutputError> {
        let row = (shape.width * shape.channels * shape.bits).div_ceil(8);
        let packed = if shape.filter.is_empty() {
            stream.content.clone()
        } else {
            let unreadable = |error: lopdf::Error| OutputError::PageImage { reason: error.to_string() };
            stream.decompressed_content_with_limit(row * shape.height + 1).map_err(unreadable)?
        };
        if packed.len() < row * shape.height || shape.channels == 4 || (shape.bits == 1 && shape.channels != 1) {
            return Ok(None);
        }
        let flip = if shape.inverted { 255 } else { 0 };
        let bytes: Vec<u8> = if shape.bits == 1 {
            packed.chunks_exact(row).flat_map(|line| unpack(line, shape.width)).map(|sample| sample ^ flip).collect()
        } else {
            packed[..row * shape.height].iter().map(|sample| sample ^ flip).collect()
        };
        let samples = Samples { width: shape.width, height: shape.height, channels: shape.channels, bytes };
        Ok(Some(Self { samples, storage: if shape.bits == 1 { Storage::Bitonal } else { Storage::Flate } }))
    }

    pub const fn width(&self) -> usize {
        self.samples.width
    }

    pub const fn height(&self) -> usize {
        self.samples.height
    }

    /// The image in grey, one byte per pixel.
    pub fn grey(&self) -> Vec<u8> {
        let inverted = matches!(self.storage, Storage::Jpeg { inverted: true, .. });
        let cmyk = |pixel: &[u8]| {
            let ink = |sample: u8| u32::from(if inverted { 255 - sample } else { sample });
            let black = 255 - ink(pixel[3]);
            let light = 299 * (255 - ink(pixel[0])) + 587 * (255 - ink(pixel[1])) + 114 * (255 - ink(pixel[2]));
            u8::try_from(light * black / 255_000).unwrap_or(u8::MAX)
        };
        let rgb = |pixel: &[u8]| {
            let light = 299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]);
            u8::try_from(light / 1000).unwrap_or(u8::MAX)
        };
        match self.samples.channels {
            1 => self.samples.bytes.clone(),
            3 => self.samples.bytes.chunks_exact(3).map(rgb).collect(),
            _ => self.samples.bytes.chunks_exact(4).map(cmyk).collect(),
        }
    }

    /// How the image looks from afar.
    pub fn look(&self) -> Look {
        Look::of(self.width(), self.height(), 1, &self.grey())
    }

    /// The part inside a rectangle, in the same colour space. The rectangle is in pixels of this image.
    pub fn cut(&self, rect: &Rect) -> Self {
        let (x0, x1) = span(rect.x0, rect.x1, self.samples.width);
        let (y0, y1) = span(rect.y0, rect.y1, self.samples.height);
        let channels = self.samples.channels;
        let rows = self.samples.bytes.chunks_exact((self.samples.width * channels).max(1)).take(y1).skip(y0);
        let bytes = rows.flat_map(|row| &row[x0 * channels..x1 * channels]).copied().collect();
        let samples = Samples { width: x1 - x0, height: y1 - y0, channels, bytes };
        Self { samples, storage: self.storage.clone() }
    }

    /// Overwrites every pixel that the rectangle touches. The rectangle is in pixels of this image.
    pub fn paint(&mut self, rect: &Rect, fill: Fill) {
        let (x0, x1) = span(rect.x0, rect.x1, self.samples.width);
        let (y0, y1) = span(rect.y0, rect.y1, self.samples.height);
        let pixel = self.pixel(fill);
        let channels = self.samples.channels;
        let row_length = self.samples.width * channels;
        for row in self.samples.bytes.chunks_exact_mut(row_length.max(1)).take(y1).skip(y0) {
            for cell in row[x0 * channels..x1 * channels].chunks_exact_mut(channels) {
                cell.copy_from_slice(&pixel[..channels]);
            }
        }
    }

    /// Black or white in the stored colour space.
    fn pixel(&self, fill: Fill) -> [u8; 4] {
        let inverted = matches!(self.storage, Storage::Jpeg { inverted: true, .. });
        match (self.samples.channels, fill) {
            (4, Fill::White) => [if inverted { 255 } else { 0 }; 4],
            (4, Fill::Black) if inverted => [255, 255, 255, 0],
            (4, Fill::Black) => [0, 0, 0, 255],
            (_, Fill::White) => [255; 4],
            (_, Fill::Black) => [0; 4],
        }
    }

    pub(super) fn to_stream(&self) -> Result<Stream, OutputError> {
        let Samples { width, height, channels, .. } = self.samples;
        let size = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let space = ["DeviceGray", "DeviceRGB", "DeviceCMYK"][(channels / 2).min(2)];
        let mut dictionary = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => size(width), "Height" => size(height),
            "ColorSpace" => space, "BitsPerComponent" => 8,
        };
        let content = match &self.storage {
            Storage::Jpeg { tables, inverted } => {
                dictionary.set("Filter", "DCTDecode");
                if *inverted {
                    let decode: Vec<Object> =
                        (0..2 * channels).map(|i| Object::Integer(i64::from(i % 2 == 0))).collect();
                    dictionary.set("Decode", decode);
                }
                jpeg_coding::encode(&self.samples, tables)?
            }
            Storage::Bitonal => {
                dictionary.set("BitsPerComponent", 1);
                dictionary.set("Filter", "CCITTFaxDecode");
                dictionary
                    .set("DecodeParms", dictionary! { "K" => -1, "Columns" => size(width), "Rows" => size(height) });
                self.ccitt()?
            }
            Storage::Flate => return self.flate(dictionary),
        };
        Ok(Stream::new(dictionary, content).with_compression(false))
    }

    fn ccitt(&self) -> Result<Vec<u8>, OutputError> {
        let width =
            u32::try_from(self.samples.width).map_err(|error| OutputError::PageImage { reason: error.to_string() })?;
        let mut encoder = fax::encoder::Encoder::new(VecWriter::new());
        for row in self.samples.bytes.chunks_exact(self.samples.width.max(1)) {
            let pixels = row.iter().map(|sample| if *sample < 128 { Color::Black } else { Color::White });
            let Ok(()) = encoder.encode_line(pixels, width);
        }
        let Ok(writer) = encoder.finish();
        Ok(writer.finish())
    }

    fn flate(&self, dictionary: Dictionary) -> Result<Stream, OutputError> {
        let mut stream = Stream::new(dictionary, self.samples.bytes.clone());
        stream.compress().map_err(|error| OutputError::PageImage { reason: error.to_string() })?;
        Ok(stream)
    }
}

/// The whole pixels of an axis that a range touches.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the image before the cast")]
fn span(from: f64, to: f64, length: usize) -> (usize, usize) {
    let start = from.floor().clamp(0.0, length as f64) as usize;
    let end = to.ceil().clamp(0.0, length as f64) as usize;
    (start, end.max(start))
}

fn unpack(line: &[u8], width: usize) -> impl Iterator<Item = u8> + '_ {
    (0..width).map(|x| if line[x / 8] >> (7 - x % 8) & 1 == 1 { 255 } else { 0 })
}

/// True if the image has no mask, so that it shows exactly what it stores.
fn is_simple(dictionary: &Dictionary) -> bool {
    let is_mask = dictionary.get(b"ImageMask").and_then(Object::as_bool).unwrap_or(false);
    !is_mask && !dictionary.has(b"SMask") && !dictionary.has(b"Mask")
}

/// The properties in an image dictionary.
struct ImageShape {
    width: usize,
    height: usize,
    bits: usize,
    channels: usize,
    filter: Vec<u8>,
    inverted: bool,
}

impl ImageShape {
    fn of(document: &Document, dictionary: &Dictionary) -> Option<Self> {
        let integer = |key: &[u8]| {
            let value = dictionary.get_deref(key, document).and_then(Object::as_i64).ok()?;
            usize::try_from(value).ok()
        };
        Some(Self {
            width: integer(b"Width")?,
            height: integer(b"Height")?,
            bits: integer(b"BitsPerComponent")?,
            channels: channels(document, dictionary.get_deref(b"ColorSpace", document).ok()?)?,
            filter: filter(document, dictionary)?,
            inverted: is_inverted(document, dictionary)?,
        })
    }
}

fn filter(document: &Document, dictionary: &Dictionary) -> Option<Vec<u8>> {
    match dictionary.get_deref(b"Filter", document) {
        Err(_) => Some(Vec::new()),
        Ok(Object::Name(name)) => Some(name.clone()),
        Ok(Object::Array(names)) if names.len() == 1 => names[0].as_name().ok().map(<[u8]>::to_vec),
        Ok(_) => None,
    }
}

/// The number of components of a colour space that shows its values directly.
fn channels(document: &Document, space: &Object) -> Option<usize> {
    let array = match space {
        Object::Name(name) => return device_channels(name),
        Object::Array(array) => array,
        _ => return None,
    };
    match array.first()?.as_name().ok()? {
        b"ICCBased" => {
            let (_, profile) = document.dereference(array.get(1)?).ok()?;
            usize::try_from(profile.as_stream().ok()?.dict.get(b"N").and_then(Object::as_i64).ok()?).ok()
        }
        b"CalGray" => Some(1),
        b"CalRGB" => Some(3),
        name => device_channels(name),
    }
}

fn device_channels(name: &[u8]) -> Option<usize> {
    match name {
        b"DeviceGray" | b"G" => Some(1),
        b"DeviceRGB" | b"RGB" => Some(3),
        b"DeviceCMYK" | b"CMYK" => Some(4),
        _ => None,
    }
}

/// `Some(true)` for `[1 0 …]`, `Some(false)` for the default, `None` for anything else.
fn is_inverted(document: &Document, dictionary: &Dictionary) -> Option<bool> {
    let Ok(decode) = dictionary.get_deref(b"Decode", document).and_then(Object::as_array) else { return Some(false) };
    let values: Option<Vec<f32>> = decode.iter().map(|value| value.as_float().ok()).collect();
    let values = values?;
    let is = |even: f32, odd: f32| values.chunks(2).all(|pair| pair == [even, odd]);
    if is(0.0, 1.0) { Some(false) } else { is(1.0, 0.0).then_some(true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitonal() -> StoredImage {
        let bytes = (0..37 * 20).map(|i| if i % 5 == 0 { 0 } else { 255 }).collect();
        StoredImage { samples: Samples { width: 37, height: 20, channels: 1, bytes }, storage: Storage::Bitonal }
    }

    #[test]
    fn one_bit_pages_come_back_bit_for_bit() {
        let image = bitonal();
        let back = StoredImage::read(&Document::new(), &image.to_stream().unwrap()).unwrap().unwrap();
        assert_eq!(back.samples.bytes, image.samples.bytes);
    }

    #[test]
    fn a_painted_rectangle_has_no_old_pixels_left() {
        let mut image = bitonal();
        image.paint(&Rect::new(3.2, 4.0, 20.0, 9.5), Fill::Black);
        image.paint(&Rect::new(30.0, 0.0, 99.0, 99.0), Fill::White);
        let at = |x: usize, y: usize| image.samples.bytes[y * 37 + x];
        assert!((3..20).all(|x| (4..10).all(|y| at(x, y) == 0)));
        assert!((30..37).all(|x| (0..20).all(|y| at(x, y) == 255)));
    }

    #[test]
    fn flate_grey_comes_back() {
        let bytes = (0..50 * 20).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let image =
            StoredImage { samples: Samples { width: 50, height: 20, channels: 1, bytes }, storage: Storage::Flate };
        let back = StoredImage::read(&Document::new(), &image.to_stream().unwrap()).unwrap().unwrap();
        assert_eq!(back.samples.bytes, image.samples.bytes);
    }

    #[test]
    fn black_in_inverted_cmyk_is_black() {
        let storage = Storage::Jpeg { tables: JpegTables::default(), inverted: true };
        let samples = Samples { width: 8, height: 8, channels: 4, bytes: vec![255; 8 * 8 * 4] };
        let mut image = StoredImage { samples, storage };
        assert!(image.grey().iter().all(|sample| *sample == 255));
        image.paint(&Rect::new(0.0, 0.0, 8.0, 8.0), Fill::Black);
        assert!(image.grey().iter().all(|sample| *sample == 0));
    }
}
