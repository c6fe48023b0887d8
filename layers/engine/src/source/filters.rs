//! Undoes `FlateDecode` with a limit on the result. A few bytes of deflate, or of deflate inside deflate, can unpack
//! to gigabytes, and none of the PDF libraries that we use stops at a limit.

use flate2::read::{DeflateDecoder, ZlibDecoder};
use std::io::{self, Read};

/// Why bytes cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The result is larger than the limit.
    TooLarge,
    /// The compressed data are damaged.
    Corrupt,
    /// PDFium must handle this filter or predictor.
    Unsupported,
}

/// Unpacks a zlib stream to at most `limit` bytes.
///
/// No bytes unpack to none: some writers store an empty stream like that.
pub(super) fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    if data.is_empty() {
        return Ok(Vec::new());
    }
    match read_at_most(&mut ZlibDecoder::new(data), limit)? {
        Ok(unpacked) => Ok(unpacked),
        Err(_) => inflate_without_checksum(data.get(2..).unwrap_or_default(), limit),
    }
}

/// Some writers omit the four bytes of the checksum. Everything else must be complete.
fn inflate_without_checksum(data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut decoder = DeflateDecoder::new(data);
    let unpacked = read_at_most(&mut decoder, limit)?.map_err(|_| Fault::Corrupt)?;
    let left = (data.len() as u64).saturating_sub(decoder.total_in());
    if left < 4 { Ok(unpacked) } else { Err(Fault::Corrupt) }
}

fn read_at_most(reader: &mut impl Read, limit: usize) -> Result<io::Result<Vec<u8>>, Fault> {
    let mut unpacked = Vec::new();
    let outcome = reader.take(limit as u64 + 1).read_to_end(&mut unpacked);
    if unpacked.len() > limit {
        return Err(Fault::TooLarge);
    }
    Ok(outcome.map(|_| unpacked))
}

/// True when a zlib stream, or `layers` of them inside each other, is complete and unpacks to at most `limit` bytes.
/// The result is discarded.
pub(super) fn is_whole(data: &[u8], layers: usize, limit: u64) -> bool {
    let checked = fits(Box::new(ZlibDecoder::new(data)), layers, limit);
    let unchecked = || fits(Box::new(DeflateDecoder::new(data.get(2..).unwrap_or_default())), layers, limit);
    checked.or_else(|_| unchecked()).unwrap_or(false)
}

/// True when the output of the last layer stays within the limit. `outer` is the first layer.
fn fits<'d>(outer: Box<dyn Read + 'd>, layers: usize, limit: u64) -> io::Result<bool> {
    let inner = (1..layers).fold(outer, |reader, _| Box::new(ZlibDecoder::new(reader)) as Box<dyn Read + 'd>);
    Ok(io::copy(&mut inner.take(limit + 1), &mut io::sink())? <= limit)
}

/// How the bytes were transformed before compression (ISO 32000-1, 7.4.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Predictor {
    /// 1 for none, 10 to 15 for PNG's predictors.
    pub(super) kind: i64,
    /// Samples per row.
    pub(super) columns: usize,
    /// Components per sample.
    pub(super) colours: usize,
    /// Bits per component.
    pub(super) bits: usize,
}

impl Predictor {
    /// Turns differences back into bytes.
    pub(super) fn undo(self, data: Vec<u8>) -> Result<Vec<u8>, Fault> {
        match self.kind {
            1 => Ok(data),
            10..=15 => self.undo_png(&data).ok_or(Fault::Corrupt),
            _ => Err(Fault::Unsupported),
        }
    }

    fn undo_png(self, data: &[u8]) -> Option<Vec<u8>> {
        let sample_bits = self.colours.checked_mul(self.bits)?;
        let row_length = sample_bits.checked_mul(self.columns)?.div_ceil(8);
        if row_length > data.len() {
            return None;
        }
        let back = sample_bits.div_ceil(8).max(1);
        let mut rows = Vec::with_capacity(data.len());
        let mut above = vec![0; row_length];
        for line in data.chunks(row_length.checked_add(1)?) {
            let (kind, differences) = line.split_first()?;
            let row = undo_png_row(*kind, differences, &above, back)?;
            rows.extend_from_slice(&row);
            above[..row.len()].copy_from_slice(&row);
        }
        Some(rows)
    }
}

fn undo_png_row(kind: u8, differences: &[u8], above: &[u8], back: usize) -> Option<Vec<u8>> {
    let mut row = differences.to_vec();
    for index in 0..row.len() {
        let before = index.checked_sub(back);
        let left = before.map_or(0, |at| row[at]);
        let corner = before.map_or(0, |at| above[at]);
        let predicted = match kind {
            0 => 0,
            1 => left,
            2 => above[index],
            3 => u8::midpoint(left, above[index]),
            4 => paeth(left, above[index], corner),
            _ => return None,
        };
        row[index] = row[index].wrapping_add(predicted);
    }
    Some(row)
}

/// The one of the three that is nearest to `left + above - corner` (PNG specification, 9.4).
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(above) - i16::from(corner);
    let [left_off, above_off, corner_off] = [left, above, corner].map(|value| (estimate - i16::from(value)).abs());
    if left_off <= above_off && left_off <= corner_off {
        left
    } else if above_off <= corner_off {
        above
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_up_to_the_limit_and_no_further() {
        let packed = deflate(&[7; 1000]);
        assert_eq!(inflate(&packed, 1000), Ok(vec![7; 1000]));
        assert_eq!(inflate(&packed, 999), Err(Fault::TooLarge));
    }

    #[test]
    fn a_missing_checksum_is_forgiven_a_missing_end_is_not() {
        let text: Vec<u8> = (0..4000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        let packed = deflate(&text);
        assert_eq!(inflate(&packed[..packed.len() - 4], 1 << 20), Ok(text));
        assert_eq!(inflate(&packed[..packed.len() / 2], 1 << 20), Err(Fault::Corrupt));
        assert_eq!(inflate(b"", 10), Ok(Vec::new()));
        assert!(is_whole(&packed, 1, 1 << 20) && is_whole(&packed[..packed.len() - 4], 1, 1 << 20));
        assert!(!is_whole(&packed[..packed.len() / 2], 1, 1 << 20));
    }

    #[test]
    fn layers_are_counted_by_what_comes_out_of_the_last() {
        let nested = deflate(&deflate(&[7; 100_000]));
        assert!(is_whole(&nested, 2, 100_000) && !is_whole(&nested, 2, 99_999));
        assert!(!is_whole(&nested, 3, 1 << 20));
    }

    #[test]
    fn every_png_row_filter_is_undone() {
        let predictor = Predictor { kind: 15, columns: 3, colours: 1, bits: 8 };
        let lines = [[0, 1, 2, 3], [1, 5, 1, 1], [2, 1, 1, 1], [3, 3, 3, 3], [4, 1, 1, 1]].concat();
        let rows = [[1, 2, 3], [5, 6, 7], [6, 7, 8], [6, 9, 11], [7, 10, 12]].concat();
        assert_eq!(predictor.undo(lines), Ok(rows));
        assert_eq!(predictor.undo(vec![9, 0, 0, 0]), Err(Fault::Corrupt));
        assert_eq!(Predictor { kind: 2, ..predictor }.undo(vec![]), Err(Fault::Unsupported));
    }
}
