//! Decoding a JPEG and encoding it again with the same quantisation and sampling. Blocks that were not painted on keep
//! their values, and the file keeps its size.

use super::error::OutputError;
use jpeg_encoder::{ColorType, Encoder, QuantizationTableType, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Quality if the tables of an image cannot be read or the page had no JPEG. It is the quality that Ghostscript gets.
const FALLBACK_QUALITY: u8 = 50;

/// The sampling factors if every component has the full resolution.
const EVEN: (u8, u8) = (1, 1);

/// The position in the block of each coefficient in the order of a JPEG (ITU-T T.81, figure A.6).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Decoded samples, interleaved, 8 bits each.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 1 grey, 3 RGB, 4 CMYK as stored.
    pub(super) channels: usize,
    pub(super) bytes: Vec<u8>,
}

/// The quantisation tables and the sampling of a JPEG.
#[derive(Debug, Clone, Default)]
pub(super) struct JpegTables {
    luma: Option<Box<[u16; 64]>>,
    chroma: Option<Box<[u16; 64]>>,
    sampling: Option<(u8, u8)>,
}

/// Decodes strictly: an image that ends early is an error.
pub(super) fn decode(bytes: &[u8]) -> Result<Samples, OutputError> {
    let failed = |error: String| OutputError::PageImage { reason: error };
    let mut decoder =
        JpegDecoder::new_with_options(ZCursor::new(bytes), DecoderOptions::default().set_strict_mode(true));
    decoder.decode_headers().map_err(|error| failed(format!("{error:?}")))?;
    let (target, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        Some(ColorSpace::CMYK) => (ColorSpace::CMYK, 4),
        Some(ColorSpace::YCCK) | None => return Err(failed("a JPEG of an unknown colour space".to_owned())),
        Some(_) => (ColorSpace::RGB, 3),
    };
    decoder.set_options(DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(target));
    let samples = decoder.decode().map_err(|error| failed(format!("{error:?}")))?;
    let info = decoder.info().ok_or_else(|| failed("no image header".to_owned()))?;
    Ok(Samples { width: info.width.into(), height: info.height.into(), channels, bytes: samples })
}

/// Encodes with given tables and sampling.
pub(super) fn encode(samples: &Samples, tables: &JpegTables) -> Result<Vec<u8>, OutputError> {
    let failed = |reason: String| OutputError::PageImage { reason };
    let mut bytes = Vec::with_capacity(samples.bytes.len() / 8);
    let mut encoder = Encoder::new(&mut bytes, FALLBACK_QUALITY);
    if let Some(luma) = &tables.luma {
        let chroma = tables.chroma.as_ref().unwrap_or(luma);
        encoder.set_quantization_tables(
            QuantizationTableType::Custom(luma.clone()),
            QuantizationTableType::Custom(chroma.clone()),
        );
    }
    let sampling = if samples.channels == 4 { Some(EVEN) } else { tables.sampling };
    if let Some(factor) = sampling.and_then(|(h, v)| SamplingFactor::from_factors(h, v)) {
        encoder.set_sampling_factor(factor);
    }
    let side =
        |length: usize| u16::try_from(length).map_err(|_| failed(format!("{length} pixels are too many for JPEG")));
    let (width, height) = (side(samples.width)?, side(samples.height)?);
    let colour = match samples.channels {
        1 => ColorType::Luma,
        3 => ColorType::Rgb,
        _ => ColorType::Cmyk,
    };
    // The encoder inverts CMYK, as Adobe does. The samples here are as the PDF stores them.
    let inverted: Vec<u8>;
    let input = if samples.channels == 4 {
        inverted = samples.bytes.iter().map(|sample| 255 - sample).collect();
        &inverted
    } else {
        &samples.bytes
    };
    encoder.encode(input, width, height, colour).map_err(|error| failed(error.to_string()))?;
    Ok(bytes)
}

impl JpegTables {
    pub(super) fn is_evenly_sampled(&self) -> bool {
        self.sampling.is_none_or(|factors| factors == EVEN)
    }

    /// Reads them from a JPEG. What cannot be read is left to the defaults of the encoder.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut tables: [Option<Box<[u16; 64]>>; 4] = Default::default();
        let mut coding = Self::default();
        for (marker, body) in segments(bytes) {
            match marker {
                0xDB => read_tables(body, &mut tables),
                0xC0..=0xC2 => coding.sampling = body.get(7).map(|factors| (factors >> 4, factors & 15)),
                _ => {}
            }
        }
        let [luma, chroma, ..] = tables;
        Self { luma, chroma, ..coding }
    }
}

/// The marker segments before the first scan: marker and body.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, after) = rest.split_at_checked(4)?;
        let [0xFF, marker, high, low] = *head else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).checked_sub(2)?;
        let (body, tail) = after.split_at_checked(length)?;
        rest = tail;
        (marker != 0xDA).then_some((marker, body))
    })
}

fn read_tables(mut body: &[u8], tables: &mut [Option<Box<[u16; 64]>>; 4]) {
    while let Some((head, rest)) = body.split_first() {
        let size = if head >> 4 == 0 { 1 } else { 2 };
        let Some((values, tail)) = rest.split_at_checked(64 * size) else { return };
        let mut table = Box::new([1u16; 64]);
        for (position, value) in ZIGZAG.iter().zip(values.chunks_exact(size)) {
            table[*position] = value.iter().fold(0, |sum, byte| (sum << 8) | u16::from(*byte));
        }
        if let Some(slot) = tables.get_mut(usize::from(head & 15)) {
            *slot = Some(table);
        }
        body = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Samples {
        let bytes = (0..64 * 48).map(|i| if (i / 7) % 3 == 0 { 30 } else { 230 }).collect();
        Samples { width: 64, height: 48, channels: 1, bytes }
    }

    #[test]
    fn a_second_encoding_with_the_same_tables_changes_next_to_nothing() {
        let first = encode(&picture(), &JpegTables::default()).unwrap();
        let decoded = decode(&first).unwrap();
        let second = decode(&encode(&decoded, &JpegTables::of(&first)).unwrap()).unwrap();
        let worst = decoded.bytes.iter().zip(&second.bytes).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(3), "{worst:?}");
    }

    #[test]
    fn cmyk_comes_back_as_it_was() {
        let bytes: Vec<u8> = (0..16 * 16).flat_map(|_| [10, 60, 120, 200]).collect();
        let samples = Samples { width: 16, height: 16, channels: 4, bytes };
        let back = decode(&encode(&samples, &JpegTables::default()).unwrap()).unwrap();
        assert_eq!(back.channels, 4);
        assert!(back.bytes.iter().zip(&samples.bytes).all(|(a, b)| a.abs_diff(*b) <= 6), "{:?}", &back.bytes[..4]);
    }

    #[test]
    fn a_truncated_jpeg_is_an_error() {
        let whole = encode(&picture(), &JpegTables::default()).unwrap();
        assert!(decode(&whole[..whole.len() / 2]).is_err());
    }
}
