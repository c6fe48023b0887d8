//! Page images in other colour spaces and encodings than the sample's grey JPEG.

use super::PAGES;
use crate::assembly::{Assembly, Sheet, image};
use crate::sample::{self, Grey, HEIGHT, WIDTH};
use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use jpeg_encoder::ColorType;
use lopdf::{Object, Stream, dictionary};
use std::io::Write;

/// Quality of every JPEG made here.
const QUALITY: u8 = 85;
/// Pixels darker than this are ink in the 1-bit kinds.
const INK: u8 = 140;

/// RGB JPEG on slightly yellow paper.
#[must_use]
pub fn rgb_jpeg() -> Vec<u8> {
    volume(|page| {
        let yellow = |grey: &u8| [*grey, *grey, grey - grey / 12];
        let pixels: Vec<u8> = page.pixels.iter().flat_map(yellow).collect();
        image(page.width, page.height, "DeviceRGB", 8, "DCTDecode", jpeg(page, &pixels, ColorType::Rgb))
    })
}

/// CMYK JPEG as Adobe's programs write it: inverted, with a `/Decode` that says so. All ink is black ink.
#[must_use]
pub fn cmyk_jpeg() -> Vec<u8> {
    volume(|page| {
        let pixels: Vec<u8> = page.pixels.iter().flat_map(|grey| [0, 0, 0, 255 - grey]).collect();
        let data = jpeg(page, &pixels, ColorType::Cmyk);
        let mut stream = image(page.width, page.height, "DeviceCMYK", 8, "DCTDecode", data);
        stream.dict.set("Decode", [1, 0, 1, 0, 1, 0, 1, 0].map(Object::Integer).to_vec());
        stream
    })
}

/// 1-bit CCITT Group 4, 0 is black.
#[must_use]
pub fn ccitt_g4() -> Vec<u8> {
    volume(in_group_4)
}

fn in_group_4(page: &Grey) -> Stream {
    let mut stream = image(page.width, page.height, "DeviceGray", 1, "CCITTFaxDecode", group_4(page));
    let columns = page.width as i64;
    stream.dict.set("DecodeParms", dictionary! { "K" => -1, "Columns" => columns, "Rows" => page.height as i64 });
    stream
}

/// 1-bit Flate, 0 is black.
#[must_use]
pub fn one_bit_flate() -> Vec<u8> {
    volume(in_flate)
}

fn in_flate(page: &Grey) -> Stream {
    let rows = page.pixels.chunks(page.width).flat_map(|row| row.chunks(8).map(packed));
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&rows.collect::<Vec<u8>>()).expect("memory suffices");
    let data = encoder.finish().expect("memory suffices");
    image(page.width, page.height, "DeviceGray", 1, "FlateDecode", data)
}

/// 1-bit CCITT Group 4 above a strip of a fine screen, which is smaller in Flate than in Group 4.
#[must_use]
pub fn screened() -> Vec<u8> {
    const ROWS: usize = 64;
    let sheet = |page: &Grey| {
        let text = page.rows(0, page.height - ROWS);
        let screen = Grey::from_pixels(page.width, ROWS, |x, y| if (x + y) % 2 == 0 { 0 } else { 255 });
        let points = HEIGHT / page.height as f32;
        let below = ROWS as f32 * points;
        let mut sheet = Sheet::new(WIDTH, HEIGHT);
        sheet.images.push((in_group_4(&text), [WIDTH, 0.0, 0.0, HEIGHT - below, 0.0, below]));
        sheet.images.push((in_flate(&screen), [WIDTH, 0.0, 0.0, below, 0.0, 0.0]));
        sheet
    };
    Assembly::of(sample::greys(PAGES).iter().map(sheet)).bytes()
}

/// JBIG2: one generic region, coded as Group 4 (ITU-T T.88, sections 7.4.6 and 7.4.8).
#[must_use]
pub fn jbig2() -> Vec<u8> {
    volume(|page| {
        let size = [page.width as u32, page.height as u32].map(u32::to_be_bytes).concat();
        let about_the_page = [size.as_slice(), &[0; 8], &[0], &[0; 2]].concat();
        let region = [size.as_slice(), &[0; 8], &[0], &[1], &group_4(page)].concat();
        let data = [segment(0, 48, &about_the_page), segment(1, 38, &region)].concat();
        image(page.width, page.height, "DeviceGray", 1, "JBIG2Decode", data)
    })
}

/// The pages of [`jbig2`] with a corner of eight by eight pixels that refines an intermediate region. Ghostscript does not
/// know intermediate regions: it makes such a page blank and reports success.
#[must_use]
pub fn refined_jbig2() -> Vec<u8> {
    volume(|page| {
        let size = [page.width as u32, page.height as u32].map(u32::to_be_bytes).concat();
        let about_the_page = [size.as_slice(), &[0; 8], &[0], &[0; 2]].concat();
        let region = [size.as_slice(), &[0; 8], &[0], &[1], &group_4(page)].concat();
        let corner = [8_u32, 8].map(u32::to_be_bytes).concat();
        let white = group_4(&Grey::from_pixels(8, 8, |_, _| 255));
        let intermediate = [corner.as_slice(), &[0; 8], &[0], &[1], &white].concat();
        // No data but the end mark of the arithmetic coder: every pixel is the likely one.
        let refinement = [corner.as_slice(), &[0; 8], &[0], &[1], &[0xFF, 0xAC]].concat();
        let referring =
            [&3_u32.to_be_bytes()[..], &[42, 1 << 5, 2, 1], &(refinement.len() as u32).to_be_bytes()].concat();
        let segments =
            [segment(0, 48, &about_the_page), segment(1, 38, &region), segment(2, 36, &intermediate)].concat();
        let data = [segments, referring, refinement].concat();
        image(page.width, page.height, "DeviceGray", 1, "JBIG2Decode", data)
    })
}

/// A JBIG2 segment of page 1 that refers to no other (ITU-T T.88, section 7.2).
fn segment(number: u32, kind: u8, data: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), &[kind, 0, 1], &(data.len() as u32).to_be_bytes(), data].concat()
}

/// A volume of the sample's pages, each encoded by `encode`.
fn volume(encode: impl Fn(&Grey) -> Stream) -> Vec<u8> {
    Assembly::of(sample::greys(PAGES).iter().map(|page| Sheet::of_image(encode(page)))).bytes()
}

/// A page as a grey JPEG.
///
/// # Panics
/// When a side has more than 65,535 pixels.
#[must_use]
pub fn grey_jpeg(page: &Grey) -> Stream {
    let data = jpeg(page, &page.pixels, ColorType::Luma);
    image(page.width, page.height, "DeviceGray", 8, "DCTDecode", data)
}

fn jpeg(page: &Grey, pixels: &[u8], colour: ColorType) -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, QUALITY);
    encoder.encode(pixels, page.width as u16, page.height as u16, colour).expect("a page fits in a JPEG");
    out
}

fn group_4(page: &Grey) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    for row in page.pixels.chunks(page.width) {
        let colours = row.iter().map(|grey| if *grey < INK { Color::Black } else { Color::White });
        encoder.encode_line(colours, page.width as u32).expect("memory suffices");
    }
    encoder.finish().expect("memory suffices").finish()
}

/// Up to eight pixels as the bits of a byte, paper 1.
fn packed(pixels: &[u8]) -> u8 {
    pixels.iter().enumerate().fold(0, |byte, (at, grey)| byte | u8::from(*grey >= INK) << (7 - at))
}
