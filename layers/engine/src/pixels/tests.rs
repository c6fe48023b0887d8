//! Pixels of good, odd and damaged pages.

use super::{PageImage, PdfiumLibrary, PixelError, PixelReader};
use crate::cancellation::Cancellation;
use crate::installation::Installation;
use crate::source::testing::{GREY_SCAN, PdfBuilder, channels, file, jpeg, picture, shared};
use crate::source::{Limits, PageKind, SourceVolume, open};
use domain::FailureClass;
use jpeg_encoder::{ColorType, Encoder};
use rustix::process::{Signal, kill_process};
use std::time::Duration;
use tempfile::NamedTempFile;

fn pdfium() -> PdfiumLibrary {
    PdfiumLibrary::load(&Installation::of_user().unwrap().pdfium()).unwrap()
}

fn volume(pdf: PdfBuilder) -> (NamedTempFile, SourceVolume) {
    let file = file(&pdf.bytes());
    let volume = open(file.path(), &Limits::default()).unwrap();
    (file, volume)
}

/// A page of one JPEG.
fn scan_of(jpeg: &[u8], width: u16, height: u16, space: &str) -> Result<PageImage, PixelError> {
    let mut pdf = PdfBuilder::new();
    let dict = format!("/Width {width}/Height {height}/BitsPerComponent 8/ColorSpace/Device{space}/Filter/DCTDecode");
    pdf.scan(&dict, jpeg);
    let (_file, volume) = volume(pdf);
    assert!(matches!(volume.pages[0].kind, PageKind::SingleImage(_)), "{:?}", volume.pages[0]);
    PixelReader::new(&volume, None).read(0)
}

fn mean_difference(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let apart = one.iter().zip(other).map(|(one, other)| u64::from(one.abs_diff(*other)));
    apart.sum::<u64>() as f64 / one.len() as f64
}

#[test]
fn scans_are_decoded_as_they_are_stored() {
    for (colour, space, expected) in [(ColorType::Luma, "Gray", 1), (ColorType::Rgb, "RGB", 3)] {
        let image = scan_of(&jpeg(200, 400, colour), 200, 400, space).unwrap();
        assert_eq!((image.width, image.height, image.channels), (200, 400, expected));
        assert!((image.dpi - 200.0).abs() < 0.01);
        let difference = mean_difference(&image.pixels, &picture(200, 400, channels(colour)));
        assert!(difference < 25.0, "{difference}");
    }
}

/// A page of one CMYK JPEG, its four inks one after the other from top to bottom.
fn inks(colour: ColorType, decode: &str) -> PageImage {
    let pixels: Vec<u8> =
        (0..4).flat_map(|ink| [0, 1, 2, 3].map(|at| if at == ink { 255 } else { 0 }).repeat(64 * 16)).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 100).encode(&pixels, 64, 64, colour).unwrap();
    let mut pdf = PdfBuilder::new();
    let dict = format!("/Width 64/Height 64/BitsPerComponent 8/ColorSpace/DeviceCMYK/Filter/DCTDecode{decode}");
    pdf.scan(&dict, &jpeg);
    let (_file, volume) = volume(pdf);
    PixelReader::new(&volume, Some(pdfium())).read(0).unwrap()
}

#[test]
fn inverted_ink_becomes_light() {
    for colour in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let image = inks(colour, "/Decode[1 0 1 0 1 0 1 0]");
        let band = |index: usize| {
            let start = (index * 16 + 8) * 64 * 3 + 32 * 3;
            [0, 1, 2].map(|channel| image.pixels[start + channel] > 128)
        };
        let bands = [0, 1, 2, 3].map(band);
        let expected = [[false, true, true], [true, false, true], [true, true, false], [false; 3]];
        assert_eq!(bands, expected, "{colour:?}");
    }
}

/// Six ways to lose a part of a JPEG from `at` on.
fn damaged(jpeg: &[u8], at: usize) -> [Vec<u8>; 6] {
    let overwritten = |value: fn(usize) -> u8| {
        let mut copy = jpeg.to_vec();
        (at..at + 4096).for_each(|index| copy[index] = value(index));
        copy
    };
    let end = [&jpeg[..at], b"\xFF\xD9"].concat();
    let gap = [&jpeg[..at], &jpeg[at + 4096..]].concat();
    let scatter = |index: usize| (index * index * 31 / 7 % 251) as u8;
    [jpeg[..at].to_vec(), end, gap, overwritten(|_| 0), overwritten(|_| 0xFF), overwritten(scatter)]
}

#[test]
fn a_jpeg_that_lost_a_part_is_no_page() {
    let encode = |restart: u16| {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 90);
        if restart > 0 {
            encoder.set_restart_interval(restart);
        }
        encoder.encode(&picture(800, 1600, 1), 800, 1600, ColorType::Luma).unwrap();
        bytes
    };
    for restart in [0, 100] {
        let whole = encode(restart);
        assert!(scan_of(&whole, 800, 1600, "Gray").is_ok());
        for eighth in 1..7 {
            for (way, bytes) in damaged(&whole, whole.len() * eighth / 8).iter().enumerate() {
                let error = scan_of(bytes, 800, 1600, "Gray").expect_err(&format!("{restart} {eighth} {way}"));
                assert_eq!((error.code().as_str(), error.code().class()), ("pixels.damaged", FailureClass::Input));
            }
        }
    }
}

#[test]
fn a_jpeg_whose_header_lies_about_its_size_is_no_page() {
    let whole = jpeg(800, 1600, ColorType::Luma);
    let frame = whole.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    for (width, height) in [(800, 800), (800, 3200), (400, 1600), (1600, 1600), (808, 1600)] {
        let mut lying = whole.clone();
        lying[frame + 5..frame + 7].copy_from_slice(&u16::to_be_bytes(height));
        lying[frame + 7..frame + 9].copy_from_slice(&u16::to_be_bytes(width));
        let read = scan_of(&lying, width, height, "Gray");
        assert!(matches!(read, Err(PixelError::Damaged { .. })), "{width} by {height}");
    }
}

#[test]
fn a_progressive_jpeg_that_is_cut_is_no_page() {
    let mut whole = Vec::new();
    let mut encoder = Encoder::new(&mut whole, 90);
    encoder.set_progressive(true);
    encoder.encode(&picture(800, 800, 1), 800, 800, ColorType::Luma).unwrap();
    assert!(scan_of(&whole, 800, 800, "Gray").is_ok());
    assert!(scan_of(&whole[..whole.len() / 2], 800, 800, "Gray").is_err());
}

#[test]
fn other_pages_are_drawn_at_the_wanted_resolution() {
    let mut pdf = PdfBuilder::new();
    pdf.page("/MediaBox[0 0 72 144]", "0 0 36 144 re f");
    pdf.page("/MediaBox[0 0 72 144]", "1 0 0 rg 0 0 36 144 re f");
    pdf.page("/MediaBox[0 0 72 144]/Rotate 90", "0 0 36 144 re f");
    let (_file, volume) = volume(pdf);
    let reader = PixelReader::new(&volume, Some(pdfium())).drawing_at(300.0);
    let grey = reader.read(0).unwrap();
    assert_eq!((grey.width, grey.height, grey.channels, grey.dpi), (300, 600, 1, 300.0));
    assert_eq!((grey.pixels[0], grey.pixels[148], grey.pixels[151], grey.pixels[599 * 300]), (0, 0, 255, 0));
    let red = reader.read(1).unwrap();
    assert_eq!((red.channels, &red.pixels[..3], &red.pixels[897..900]), (3, &[255, 0, 0][..], &[255; 3][..]));
    let turned = reader.read(2).unwrap();
    assert_eq!((turned.width, turned.height), (600, 300));
    assert_eq!((turned.pixels[0], turned.pixels[299 * 600]), (0, 255));
}

#[test]
fn a_drawn_page_stays_within_the_limit_of_pixels() {
    let mut pdf = PdfBuilder::new();
    pdf.page("/MediaBox[0 0 72 144]", "");
    let file = file(&pdf.bytes());
    let limits = Limits { max_page_pixels: 90_000, ..Limits::default() };
    let volume = open(file.path(), &limits).unwrap();
    let image = PixelReader::new(&volume, Some(pdfium())).drawing_at(600.0).read(0).unwrap();
    assert!(image.width * image.height <= 91_000 && image.width > 200, "{}", image.width);
}

#[test]
fn drawing_and_decoding_agree() {
    // PDFium may smooth; slopes stay what they are.
    let slopes: Vec<u8> = (0..200 * 400).map(|index| ((index % 200) / 2 + index / 800) as u8).collect();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 95).encode(&slopes, 200, 400, ColorType::Luma).unwrap();
    let mut pdf = PdfBuilder::new();
    pdf.scan(GREY_SCAN, &bytes);
    let (_file, mut volume) = volume(pdf);
    let decoded = PixelReader::new(&volume, None).read(0).unwrap();
    volume.pages[0].kind = PageKind::Other;
    let drawn = PixelReader::new(&volume, Some(pdfium())).read(0).unwrap();
    let difference = mean_difference(&decoded.pixels, &drawn.pixels);
    assert!(difference < 1.0, "{difference}");
}

#[test]
fn broken_images_on_drawn_pages_are_noticed() {
    let whole = jpeg(800, 800, ColorType::Luma);
    let dict = "/Width 800/Height 800/BitsPerComponent 8/ColorSpace/DeviceGray/Filter";
    for (filter, data) in [("/DCTDecode", &whole[..whole.len() / 2]), ("/FlateDecode", b"no deflate")] {
        let mut pdf = PdfBuilder::new();
        pdf.root = "/Rotate 90".to_owned();
        pdf.scan(&format!("{dict}{filter}"), data);
        let (_file, volume) = volume(pdf);
        let error = PixelReader::new(&volume, Some(pdfium())).read(0).unwrap_err();
        assert_eq!(error.code(), "pixels.damaged", "{filter}");
    }
}

#[test]
fn images_that_are_drawn_in_part_raise_a_doubt() {
    let doubt = |dict: &str, data: &[u8]| {
        let mut pdf = PdfBuilder::new();
        pdf.scan(dict, data);
        let (_file, volume) = volume(pdf);
        let reader = PixelReader::new(&volume, Some(pdfium()));
        assert!(reader.read(0).is_ok(), "{dict}");
        reader.doubt(0)
    };
    let fax = "/Width 64/Height 64/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode";
    let parameters = "/DecodeParms<</K -1/Columns 64>>";
    assert!(doubt(&format!("{fax}{parameters}"), b"\x26\xA0\x12").unwrap().contains("of its 64 rows"));
    let other_size = GREY_SCAN.replace("400", "390");
    assert!(doubt(&other_size, &jpeg(200, 400, ColorType::Luma)).unwrap().contains("another size"));
    assert_eq!(doubt(GREY_SCAN, &jpeg(200, 400, ColorType::Luma)), None);
}

#[test]
fn a_large_page_is_drawn_at_a_lower_resolution() {
    let mut pdf = PdfBuilder::new();
    pdf.page("/MediaBox[0 0 2384 3370]", "");
    let (_file, volume) = volume(pdf);
    let image = PixelReader::new(&volume, Some(pdfium())).drawing_at(300.0).read(0).unwrap();
    assert!((39_000_000..40_100_000).contains(&(image.width * image.height)), "{} {}", image.width, image.height);
}

#[test]
fn what_is_missing_is_named() {
    let mut pdf = PdfBuilder::new();
    pdf.root = "/Count 7/MediaBox[0 0 72 144]".to_owned();
    pdf.page("", "");
    pdf.kid(900);
    let (_file, volume) = volume(pdf);
    let code = |library, page| PixelReader::new(&volume, library).read(page).unwrap_err().code();
    assert_eq!(code(None, 0), "pixels.no_renderer");
    assert_eq!(code(None, 1), "pixels.damaged");
    assert_eq!(code(None, 2), "pixels.no_such_page");
    assert_eq!(code(Some(pdfium()), 0), "pixels.page_count");
}

#[test]
fn pages_are_read_from_several_threads() {
    let mut pdf = PdfBuilder::new();
    for _ in 0..6 {
        pdf.scan(GREY_SCAN, &jpeg(200, 400, ColorType::Luma));
        pdf.page("/MediaBox[0 0 72 144]", "0 0 36 144 re f");
    }
    let (_file, volume) = volume(pdf);
    let reader = PixelReader::new(&volume, Some(pdfium()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..12).for_each(|page| assert_eq!(reader.read(page).unwrap().width, 200)));
        }
    });
}

#[test]
fn every_page_of_the_sample_is_whole() {
    let Some(path) = shared("data/sample20/a3d.217.101.120.original.pdf") else {
        return;
    };
    let volume = open(&path, &Limits::default()).unwrap();
    let reader = PixelReader::new(&volume, None);
    for page in &volume.pages {
        let image = reader.read(page.index).unwrap();
        assert_eq!((image.width, image.height, image.channels), (1810, 2907, 1));
        assert!((image.dpi - 300.0).abs() < 0.1);
    }
}

#[test]
fn drawn_pages_have_the_exact_size_asked_for() {
    for (width, height) in [(434.4, 697.68), (612.0, 792.0), (419.53, 595.28), (333.333, 777.777)] {
        let mut pdf = PdfBuilder::new();
        pdf.page(&format!("/MediaBox[0 0 {width} {height}]"), "");
        let (_file, volume) = volume(pdf);
        let image = PixelReader::new(&volume, Some(pdfium())).read(0).unwrap();
        let size = volume.pages[0].size();
        assert_eq!((image.width, image.height), (size.width_pixels as usize, size.height_pixels as usize));
    }
}

/// A volume of three pages that PDFium has to draw.
fn drawn_pages() -> (NamedTempFile, SourceVolume) {
    let mut pdf = PdfBuilder::new();
    for _ in 0..3 {
        pdf.page("/MediaBox[0 0 72 144]", "0 0 36 144 re f");
    }
    volume(pdf)
}

#[test]
fn a_page_that_crashes_pdfium_is_damaged_and_the_next_one_is_drawn() {
    let (_file, volume) = drawn_pages();
    let reader = PixelReader::new(&volume, Some(pdfium()));
    reader.read(0).unwrap();
    for signal in [Signal::ABORT, Signal::KILL] {
        kill_process(reader.process_id().unwrap(), signal).unwrap();
        let error = reader.read(1).unwrap_err();
        assert_eq!(error.code(), "pixels.damaged");
        assert!(error.to_string().contains("PDFium crashes"), "{error}");
        assert_eq!(reader.read(2).unwrap().width, 200);
    }
}

#[test]
fn a_page_on_which_pdfium_hangs_is_damaged_and_the_next_one_is_drawn() {
    let (_file, volume) = drawn_pages();
    let reader = PixelReader::new(&volume, Some(pdfium().time_limit(Duration::from_secs(2))));
    reader.read(0).unwrap();
    let stuck = reader.process_id().unwrap();
    kill_process(stuck, Signal::STOP).unwrap();
    let error = reader.read(1).unwrap_err();
    assert_eq!(error.code(), "pixels.damaged");
    assert!(error.to_string().contains("PDFium takes too long"), "{error}");
    assert!(rustix::process::test_kill_process(stuck).is_err(), "it is killed");
    assert_eq!(reader.read(2).unwrap().width, 200);
}

/// Forms that paint each other: ten times ten times ten … squares.
#[test]
fn a_page_that_never_ends_is_damaged_and_its_process_is_killed() {
    let mut pdf = PdfBuilder::new();
    let squares = "0 0 1 1 re f ".repeat(20_000);
    let blend = "/Group<</S/Transparency>>";
    let mut form = pdf.stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 72 144]{blend}"), squares.as_bytes());
    for _ in 0..9 {
        let paint = "/F Do ".repeat(10);
        let dict = format!("/Type/XObject/Subtype/Form/BBox[0 0 72 144]{blend}/Resources<</XObject<</F {form} 0 R>>>>");
        form = pdf.stream(&dict, paint.as_bytes());
    }
    pdf.page(&format!("/MediaBox[0 0 72 144]/Resources<</XObject<</F {form} 0 R>>>>"), "/F Do");
    pdf.page("/MediaBox[0 0 72 144]", "0 0 36 144 re f");
    let (_file, volume) = volume(pdf);
    assert_eq!(volume.pages[0].kind, PageKind::Other, "PDFium has to draw it");
    let reader = PixelReader::new(&volume, Some(pdfium().time_limit(Duration::from_secs(2))));
    let error = reader.read(0).unwrap_err();
    assert!(error.to_string().contains("PDFium takes too long"), "{error}");
    assert_eq!(reader.read(1).unwrap().width, 200);
}

#[test]
fn pdfium_is_not_started_for_ever() {
    let (_file, volume) = drawn_pages();
    let reader = PixelReader::new(&volume, Some(pdfium()));
    for _ in 0..super::pdfium::MOST_LOST {
        reader.read(0).unwrap();
        kill_process(reader.process_id().unwrap(), Signal::KILL).unwrap();
        reader.read(1).unwrap_err();
    }
    let error = reader.read(0).unwrap_err();
    assert!(error.to_string().contains("was not asked again"), "{error}");
}

#[test]
fn cancelling_stops_a_drawing() {
    let (_file, volume) = drawn_pages();
    let cancellation = Cancellation::new();
    let reader = PixelReader::new(&volume, Some(pdfium().cancelled_by(cancellation.clone())));
    reader.read(0).unwrap();
    kill_process(reader.process_id().unwrap(), Signal::STOP).unwrap();
    cancellation.cancel();
    assert_eq!(reader.read(1).unwrap_err().code().class(), FailureClass::Interrupted);
}

/// What holds credentials stays with the starter.
#[test]
fn pdfium_has_no_environment_and_no_files_of_its_starter() {
    let (_file, volume) = drawn_pages();
    let reader = PixelReader::new(&volume, Some(pdfium()));
    reader.read(0).unwrap();
    let process = std::path::PathBuf::from(format!("/proc/{}", reader.process_id().unwrap().as_raw_nonzero()));
    let environment = std::fs::read_to_string(process.join("environ")).unwrap();
    let mut names: Vec<_> = environment.split_terminator('\0').filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["LANG", "OMP_THREAD_LIMIT", "PATH", "TMPDIR"]);
    let status = std::fs::read_to_string(process.join("status")).unwrap();
    assert!(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"), "{status}");
}
