//! Reads what a JPEG says about itself before its first scan, without decoding it.

/// The most bytes before the first scan. An ICC profile and a thumbnail fit.
const HEADER_BYTES: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Baseline or extended sequential, with Huffman coding.
    Sequential,
    Progressive,
    /// Lossless, hierarchical or arithmetic coding, which PDFium must handle.
    Other,
}

/// The frame header, and the markers that change its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JpegHeader {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: u8,
    pub(crate) components: u8,
    pub(crate) coding: Coding,
    /// The transform in Adobe's marker (0 none, 1 `YCbCr`, 2 YCCK); `None` without the marker.
    pub(crate) adobe_transform: Option<u8>,
    /// MCUs between restart markers; 0 if there are none.
    pub(crate) restart_interval: u16,
    pub(crate) scan_components: u8,
    /// True when all components have the same number of samples.
    pub(crate) evenly_sampled: bool,
    /// The offset of the entropy-coded data of the first scan.
    pub(crate) data_start: usize,
}

/// Reads the header; `None` if it is damaged or ends early.
pub(crate) fn read(jpeg: &[u8]) -> Option<JpegHeader> {
    let window = &jpeg[..jpeg.len().min(HEADER_BYTES)];
    let mut rest = window.strip_prefix(b"\xFF\xD8")?;
    let mut frame: Option<JpegHeader> = None;
    let (mut adobe_transform, mut restart_interval) = (None, 0);
    loop {
        let (marker, segment, after) = next_segment(rest)?;
        rest = after;
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => frame = Some(frame_header(marker, segment)?),
            0xDD => restart_interval = u16::from_be_bytes(segment.get(..2)?.try_into().ok()?),
            0xEE if segment.starts_with(b"Adobe") => adobe_transform = segment.get(11).copied(),
            0xDA => {
                let scan_components = *segment.first()?;
                let data_start = window.len() - rest.len();
                let markers = frame?;
                return Some(JpegHeader { adobe_transform, restart_interval, scan_components, data_start, ..markers });
            }
            _ => {}
        }
    }
}

/// The next marker, its segment without the length, and the bytes after it.
fn next_segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let mut rest = bytes.strip_prefix(b"\xFF")?;
    while let Some(shorter) = rest.strip_prefix(b"\xFF") {
        rest = shorter;
    }
    let (marker, rest) = rest.split_first()?;
    let (length, body) = rest.split_at_checked(2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?)).checked_sub(2)?;
    let (segment, after) = body.split_at_checked(length)?;
    Some((*marker, segment, after))
}

fn frame_header(marker: u8, segment: &[u8]) -> Option<JpegHeader> {
    let &[bits, high, low, wide, narrow, components, ref specifications @ ..] = segment else {
        return None;
    };
    let mut factors = specifications.chunks_exact(3).take(components.into()).map(|component| component[1]);
    let first = factors.next();
    Some(JpegHeader {
        width: u32::from(u16::from_be_bytes([wide, narrow])),
        height: u32::from(u16::from_be_bytes([high, low])),
        bits,
        components,
        coding: match marker {
            0xC0 | 0xC1 => Coding::Sequential,
            0xC2 => Coding::Progressive,
            _ => Coding::Other,
        },
        adobe_transform: None,
        restart_interval: 0,
        scan_components: 0,
        evenly_sampled: factors.all(|other| Some(other) == first),
        data_start: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType, Encoder};

    fn encode(colour: ColorType, progressive: bool, restart: u16) -> Vec<u8> {
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, 80);
        encoder.set_progressive(progressive);
        if restart > 0 {
            encoder.set_restart_interval(restart);
        }
        let channels = crate::source::testing::channels(colour);
        encoder.encode(&vec![90; 40 * 30 * channels], 40, 30, colour).unwrap();
        jpeg
    }

    #[test]
    fn sizes_and_codings_are_read() {
        let grey = read(&encode(ColorType::Luma, false, 4)).unwrap();
        assert_eq!((grey.width, grey.height, grey.components), (40, 30, 1));
        assert_eq!((grey.coding, grey.restart_interval), (Coding::Sequential, 4));
        let colour = read(&encode(ColorType::Rgb, true, 0)).unwrap();
        assert_eq!((colour.coding, colour.components), (Coding::Progressive, 3));
        let ink = read(&encode(ColorType::CmykAsYcck, false, 0)).unwrap();
        assert_eq!((ink.components, ink.adobe_transform), (4, Some(2)));
        assert!(grey.evenly_sampled && !colour.evenly_sampled);
    }

    #[test]
    fn broken_headers_are_refused() {
        let jpeg = encode(ColorType::Luma, false, 0);
        let header = read(&jpeg).unwrap();
        assert_eq!(read(&jpeg[..header.data_start - 1]), None);
        assert_eq!(read(b"\xFF\xD8\xFF\xD9"), None);
        assert_eq!(read(b"no"), None);
    }
}
