//! PDF files whose page images are damaged, or decode to far more than they should.

use crate::assembly::{Assembly, Sheet, image};
use crate::sample::{self, Grey};
use flate2::{Compress, Compression, FlushCompress};
use lopdf::Object;

/// Width and height that the image of [`huge_jpeg`] and of [`flate_bomb`] claims, in pixels.
pub const SIDE_OF_THE_HUGE_IMAGE: usize = 60_000;
/// What the image of [`flate_bomb`] and of [`nested_flate_bomb`] decodes to, at least.
pub const BOMB_BYTES: u64 = 3_600_000_000;

/// One page: a small JPEG whose header and dictionary say 60,000 by 60,000 pixels.
#[must_use]
pub fn huge_jpeg() -> Vec<u8> {
    let mut jpeg = sample::jpegs(1).remove(0);
    let frame = marker(&jpeg, 0xC0);
    let side = (SIDE_OF_THE_HUGE_IMAGE as u16).to_be_bytes();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[side, side].concat());
    let side = SIDE_OF_THE_HUGE_IMAGE;
    Assembly::of([Sheet::of_image(image(side, side, "DeviceGray", 8, "DCTDecode", jpeg))]).bytes()
}

/// One page: a Flate image of 60,000 by 60,000 pixels as its dictionary says, 3.6 GB decoded, some megabytes on disk.
#[must_use]
pub fn flate_bomb() -> Vec<u8> {
    let side = SIDE_OF_THE_HUGE_IMAGE;
    Assembly::of([Sheet::of_image(image(side, side, "DeviceGray", 8, "FlateDecode", deflated_zeros()))]).bytes()
}

/// One page: an image whose dictionary promises a usual page, but whose two nested Flate layers decode to 3.6 GB;
/// some kilobytes on disk.
#[must_use]
pub fn nested_flate_bomb() -> Vec<u8> {
    let mut bomb = image(1500, 2375, "DeviceGray", 8, "FlateDecode", deflated(&deflated_zeros()));
    let layer = Object::Name(b"FlateDecode".to_vec());
    bomb.dict.set("Filter", vec![layer.clone(), layer]);
    Assembly::of([Sheet::of_image(bomb)]).bytes()
}

/// Where a page image is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The header is gone: nothing can be decoded.
    Start,
    /// The upper half can be decoded, the rest is noise.
    Middle,
}

/// Five pages of the sample volume; the third one's JPEG is overwritten.
#[must_use]
pub fn damaged_page(damage: Damage) -> Vec<u8> {
    let mut jpegs = sample::jpegs(5);
    let Grey { width, height, .. } = sample::decoded(&jpegs[0]);
    overwrite(&mut jpegs[2], damage);
    let sheet = |jpeg| Sheet::of_image(image(width, height, "DeviceGray", 8, "DCTDecode", jpeg));
    Assembly::of(jpegs.into_iter().map(sheet)).bytes()
}

/// Five pages of the sample volume, of which the second is listed but not there.
#[must_use]
pub fn missing_page() -> Vec<u8> {
    let jpegs = sample::jpegs(5);
    let Grey { width, height, .. } = sample::decoded(&jpegs[0]);
    let sheet = |jpeg| Sheet::of_image(image(width, height, "DeviceGray", 8, "DCTDecode", jpeg));
    let mut assembly = Assembly::of(jpegs.into_iter().map(sheet));
    assembly.document.objects.remove(&assembly.pages[1]);
    assembly.bytes()
}

/// Noise always holds marker codes, which no image data may hold.
fn overwrite(jpeg: &mut [u8], damage: Damage) {
    let half = jpeg.len() / 2;
    let part = match damage {
        Damage::Start => 0..4096,
        Damage::Middle => half..jpeg.len(),
    };
    let mut state = 0x9E37_79B9_u32;
    for byte in &mut jpeg[part] {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *byte = state as u8;
    }
}

/// Where a marker stands in a JPEG's headers.
fn marker(jpeg: &[u8], code: u8) -> usize {
    let found = jpeg.windows(2).position(|pair| pair == [0xFF, code]);
    found.expect("the sample's JPEG files are baseline")
}

/// [`BOMB_BYTES`] zeros or a few more, as a zlib stream: one deflated block of 16 MiB over and over, which takes
/// milliseconds where honest compression would take seconds.
fn deflated_zeros() -> Vec<u8> {
    const BLOCK: usize = 16 << 20;
    let block = raw_block(&vec![0; BLOCK]);
    let repeats = BOMB_BYTES.div_ceil(BLOCK as u64);
    let mut stream = vec![0x78, 0xDA];
    (0..repeats).for_each(|_| stream.extend(&block));
    stream.extend([0x03, 0x00]);
    let checksum = (repeats * BLOCK as u64 % 65_521) << 16 | 1;
    stream.extend((checksum as u32).to_be_bytes());
    stream
}

/// Data as deflated blocks, none of them the last, which refer to nothing before themselves.
fn raw_block(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 500 + 1024);
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(data, &mut out, FlushCompress::Full).expect("memory suffices");
    assert_eq!(deflate.total_in(), data.len() as u64, "the block did not fit");
    out
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
    std::io::Write::write_all(&mut encoder, data).expect("memory suffices");
    encoder.finish().expect("memory suffices")
}
