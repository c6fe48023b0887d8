//! Bad files one by one, good files, and files that nobody thought of.

use super::testing::{GREY_SCAN, PdfBuilder, file, jpeg, one_scan, shared};
use super::{Limits, PageKind, SourceError, SourceVolume, TextPresence, open};
use jpeg_encoder::ColorType;
use proptest::prelude::*;
use std::io::Write;

fn opened(bytes: &[u8]) -> Result<SourceVolume, SourceError> {
    open(file(bytes).path(), &Limits::default())
}

fn code(bytes: &[u8]) -> &'static str {
    opened(bytes).map_or_else(|error| error.code(), |_| "opened")
}

fn only_page(pdf: PdfBuilder) -> super::SourcePage {
    opened(&pdf.bytes()).unwrap().pages.remove(0)
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn damage(page: &super::SourcePage) -> Option<&'static str> {
    match page.kind {
        PageKind::Damaged { reason } => Some(reason),
        _ => None,
    }
}

#[test]
fn a_scan_is_known_as_a_single_image() {
    let bytes = one_scan();
    let file = file(&bytes);
    let volume = open(file.path(), &Limits::default()).unwrap();
    let page = &volume.pages[0];
    assert_eq!((page.width_points, page.height_points), (72.0, 144.0));
    assert_eq!((page.size().width_pixels, page.size().height_pixels), (200, 400));
    assert_eq!(page.text, TextPresence::None);
    let PageKind::SingleImage(image) = &page.kind else { panic!("{:?}", page.kind) };
    assert_eq!((image.width, image.height, image.components), (200, 400, 1));
    assert_eq!(volume.image_bytes(page).unwrap(), jpeg(200, 400, ColorType::Luma));
    volume.release(page);
    assert_eq!(volume.image_bytes(page).unwrap(), jpeg(200, 400, ColorType::Luma));
}

#[test]
fn files_that_are_no_whole_pdf_are_refused() {
    let whole = one_scan();
    assert_eq!(code(b""), "source.empty");
    assert_eq!(code(b"hello"), "source.not_pdf");
    assert_eq!(code(b"%!PS-Adobe-3.0\nshowpage"), "source.not_pdf");
    for share in 1..8 {
        assert_eq!(code(&whole[..whole.len() * share / 8]), "source.truncated");
    }
    assert_eq!(code(&whole[..whole.len() - 8]), "source.truncated");
}

#[test]
fn a_file_that_is_not_there_or_too_large_is_refused() {
    let absent = open(std::path::Path::new("/nonexistent.pdf"), &Limits::default());
    assert_eq!(absent.unwrap_err().code(), "source.unreadable");
    let directory = open(&std::env::temp_dir(), &Limits::default());
    assert_eq!(directory.unwrap_err().code(), "source.unreadable");
    let limits = Limits { max_file_bytes: 100, ..Limits::default() };
    let large = open(file(&one_scan()).path(), &limits);
    assert_eq!(large.unwrap_err().code(), "source.file_too_large");
}

#[test]
fn encryption_is_refused_whatever_the_password() {
    let mut pdf = PdfBuilder::new();
    pdf.page("/MediaBox[0 0 72 72]", "");
    pdf.trailer = "/Encrypt<</Filter/Standard/V 1/R 2/O()/U()/P -4>>".to_owned();
    assert_eq!(code(&pdf.bytes()), "source.encrypted");
}

#[test]
fn pages_are_counted_not_believed() {
    let mut pdf = PdfBuilder::new();
    pdf.root = "/Count 1000000000/MediaBox[0 0 72 144]".to_owned();
    pdf.page("", "");
    pdf.page("", "");
    assert_eq!(opened(&pdf.bytes()).unwrap().pages.len(), 2);
    assert_eq!(code(&PdfBuilder::new().bytes()), "source.no_pages");
}

#[test]
fn a_million_references_to_one_page_are_too_many() {
    let mut pdf = PdfBuilder::new();
    let page = pdf.page("/MediaBox[0 0 72 72]", "");
    (0..1_000_000).for_each(|_| pdf.kid(page));
    assert_eq!(code(&pdf.bytes()), "source.too_many_pages");
}

#[test]
fn a_page_listed_twice_counts_twice() {
    let mut pdf = PdfBuilder::new();
    let page = pdf.page("/MediaBox[0 0 72 72]", "");
    pdf.kid(page);
    let volume = opened(&pdf.bytes()).unwrap();
    let indices: Vec<_> = volume.pages.iter().map(|page| page.index).collect();
    assert_eq!(indices, [0, 1]);
}

#[test]
fn trees_without_end_or_without_pages_are_refused() {
    let mut circle = PdfBuilder::new();
    circle.kid(2);
    assert_eq!(code(&circle.bytes()), "source.damaged");
    let mut hollow = PdfBuilder::new();
    let node = hollow.object("<</Type/Pages/Kids[]>>");
    (0..5000).for_each(|_| hollow.kid(node));
    assert_eq!(code(&hollow.bytes()), "source.too_many_pages");
    let mut deep = PdfBuilder::new();
    (3..100).for_each(|above| {
        deep.object(format!("<</Type/Pages/Kids[{} 0 R {} 0 R]>>", above + 1, above + 1));
    });
    deep.kid(3);
    assert_eq!(code(&deep.bytes()), "source.damaged");
}

#[test]
fn pages_out_of_measure_are_refused() {
    for (media_box, expected) in [
        ("0 0 9000000 72", "source.page_too_large"),
        ("0 0 14000 14000", "source.page_too_large"),
        ("0 0 14401 36", "source.page_too_large"),
        ("0 0 14400 36", "opened"),
        ("0 0 72 35", "source.page_too_small"),
    ] {
        let mut pdf = PdfBuilder::new();
        pdf.page(&format!("/MediaBox[{media_box}]"), "");
        assert_eq!(code(&pdf.bytes()), expected, "{media_box}");
    }
}

#[test]
fn sizes_heed_inheritance_rotation_crop_and_unit() {
    let mut pdf = PdfBuilder::new();
    pdf.root = "/MediaBox[0 0 300 400]/Rotate 90".to_owned();
    pdf.page("", "");
    pdf.page("/CropBox[10 10 110 210]/Rotate 0/UserUnit 2", "");
    let volume = opened(&pdf.bytes()).unwrap();
    let sizes: Vec<_> = volume.pages.iter().map(|page| (page.width_points, page.height_points)).collect();
    assert_eq!(sizes, [(400.0, 300.0), (200.0, 400.0)]);
}

#[test]
fn images_that_decode_to_gigabytes_are_refused() {
    let mut stated = PdfBuilder::new();
    stated.scan("/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceGray", b"");
    assert_eq!(code(&stated.bytes()), "source.image_too_large");

    let mut coded = jpeg(16, 16, ColorType::Luma);
    let frame = coded.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    coded[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    let mut lying = PdfBuilder::new();
    lying.scan("/Width 16/Height 16/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", &coded);
    assert_eq!(code(&lying.bytes()), "source.image_too_large");

    let mut inline = PdfBuilder::new();
    inline.page("/MediaBox[0 0 72 72]", "BI /W 90000 /H 90000 /BPC 8 ID x EI");
    assert_eq!(code(&inline.bytes()), "source.image_too_large");

    let mut wavelet = PdfBuilder::new();
    let header = [&b"\xFF\x4F\xFF\x51\0\x29\0\0"[..], &[0, 1, 0, 0, 0, 1, 0, 0]].concat();
    wavelet.scan("/Width 9/Height 9/Filter/JPXDecode", &header);
    assert_eq!(code(&wavelet.bytes()), "source.image_too_large");
}

#[test]
fn an_image_hidden_in_a_form_or_a_mask_is_found() {
    let mut pdf = PdfBuilder::new();
    let mask = pdf.stream("/Subtype/Image/Width 60000/Height 60000", b"");
    let image = pdf.stream(&format!("/Subtype/Image/Width 9/Height 9/SMask {mask} 0 R"), b"");
    let form = pdf.stream(&format!("/Subtype/Form/Resources<</XObject<</I {image} 0 R>>>>"), b"");
    pdf.root = format!("/Resources<</XObject<</F {form} 0 R>>>>");
    pdf.page("/MediaBox[0 0 72 72]", "");
    assert_eq!(code(&pdf.bytes()), "source.image_too_large");
}

#[test]
fn content_that_unpacks_without_end_is_refused() {
    let inner = deflated(&vec![b' '; super::MAX_CONTENT_BYTES + 1]);
    for (filters, data) in
        [("/Filter/FlateDecode", inner.clone()), ("/Filter[/FlateDecode/FlateDecode]", deflated(&inner))]
    {
        let mut pdf = PdfBuilder::new();
        let content = pdf.stream(filters, &data);
        let page = pdf.object(format!("<</Type/Page/MediaBox[0 0 72 72]/Contents {content} 0 R>>"));
        pdf.kid(page);
        assert_eq!(code(&pdf.bytes()), "source.content_too_large");
    }
}

#[test]
fn a_damaged_page_does_not_lose_the_volume() {
    let good = jpeg(200, 400, ColorType::Luma);
    let mut pdf = PdfBuilder::new();
    pdf.root = "/MediaBox[0 0 72 144]".to_owned();
    pdf.scan(GREY_SCAN, &good);
    pdf.kid(9000);
    pdf.scan(GREY_SCAN, b"no JPEG at all");
    let content = pdf.stream("/Filter/FlateDecode", b"no deflate");
    let page = pdf.object(format!("<</Type/Page/Contents {content} 0 R>>"));
    pdf.kid(page);
    let page = pdf.object("<</Type/Page/Contents 8000 0 R>>");
    pdf.kid(page);
    pdf.scan(GREY_SCAN, &good);
    let volume = opened(&pdf.bytes()).unwrap();
    let damaged: Vec<_> = volume.pages.iter().map(|page| damage(page).is_some()).collect();
    assert_eq!(damaged, [false, true, true, true, true, false]);
    assert_eq!(volume.pages[1].height_points, 144.0);
}

#[test]
fn an_earlier_text_layer_leaves_a_scan_a_scan() {
    for (content, expected) in [
        ("q 72 0 0 144 0 0 cm /I Do Q BT 3 Tr /F 8 Tf 1 0 0 1 5 5 Tm (BIG word) Tj ET", TextPresence::Invisible),
        ("0 0 72 144 re W n q 72 0 0 144 0 0 cm /I Do Q", TextPresence::None),
        ("q 36 0 0 72 0 0 cm 2 0 0 2 0 0 cm /I Do Q", TextPresence::None),
        ("/G gs q 72.9 0 0 144 0 0 cm /I Do Q", TextPresence::None),
        ("q 2 0 0 2 0 0 cm /F Do Q", TextPresence::None),
    ] {
        let page = page_with_image(content, GREY_SCAN, "");
        assert!(matches!(page.kind, PageKind::SingleImage(_)), "{content}: {:?}", page.kind);
        assert_eq!(page.text, expected);
    }
}

#[test]
fn whatever_is_not_one_upright_image_is_left_to_the_renderer() {
    for content in [
        "",
        "q 72 0 0 144 0 0 cm /I Do Q /I Do",
        "q 72 0 0 -144 0 144 cm /I Do Q",
        "q 0 72 -144 0 144 0 cm /I Do Q",
        "q 60 0 0 144 0 0 cm /I Do Q",
        "0 0 30 30 re W n q 72 0 0 144 0 0 cm /I Do Q",
        "q 72 0 0 144 0 0 cm /I Do Q 0 0 9 9 re f",
        "q 72 0 0 144 0 0 cm /I Do Q BT /F 8 Tf (seen) Tj ET",
        "q 72 0 0 144 0 0 cm /I Do Q /N gs",
        "q 72 0 0 144 0 0 cm /I Do Q (never closed",
        "/OC /L BDC q 72 0 0 144 0 0 cm /I Do Q EMC",
        "/S gs q 72 0 0 144 0 0 cm /I Do Q",
        "/Clipped Do",
    ] {
        let page = page_with_image(content, GREY_SCAN, "");
        assert_eq!(page.kind, PageKind::Other, "{content}");
    }
}

#[test]
fn images_that_are_more_than_their_samples_are_left_to_the_renderer() {
    let content = "q 72 0 0 144 0 0 cm /I Do Q";
    for change in ["/SMask 1 0 R", "/Mask[0 3]", "/Decode[1 0]", "/ImageMask true", "/OC 1 0 R"] {
        let page = page_with_image(content, &format!("{GREY_SCAN}{change}"), "");
        assert_eq!(page.kind, PageKind::Other, "{change}");
    }
    for change in ["/Decode[0 1]", "/SMask null", "/ImageMask false"] {
        let page = page_with_image(content, &format!("{GREY_SCAN}{change}"), "");
        assert!(matches!(page.kind, PageKind::SingleImage(_)), "{change}");
    }
    let other = "/Width 201/Height 400/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode";
    assert_eq!(page_with_image(content, other, "").kind, PageKind::Other);
    let separation = "/Width 200/Height 400/ColorSpace[/Separation/Black/DeviceGray 1 0 R]/Filter/DCTDecode";
    assert_eq!(page_with_image(content, separation, "").kind, PageKind::Other);
    for entries in ["/Rotate 90", "/CropBox[0 0 50 50]", "/Annots[<</Subtype/Stamp>>]"] {
        assert_eq!(page_with_image(content, GREY_SCAN, entries).kind, PageKind::Other, "{entries}");
    }
}

#[test]
fn a_type_3_font_is_seen_whatever_the_mode() {
    for (subtype, expected) in [("Type3", TextPresence::Visible), ("Type1", TextPresence::Invisible)] {
        let mut pdf = PdfBuilder::new();
        let font = pdf.object(format!("<</Type/Font/Subtype/{subtype}>>"));
        let entries = format!("/MediaBox[0 0 72 72]/Resources<</Font<</F {font} 0 R>>>>");
        pdf.page(&entries, "BT 3 Tr /F 8 Tf (word) Tj ET");
        assert_eq!(only_page(pdf).text, expected);
    }
}

fn page_with_image(content: &str, image: &str, entries: &str) -> super::SourcePage {
    let mut pdf = PdfBuilder::new();
    let image = pdf.stream(&format!("/Subtype/Image{image}"), &jpeg(200, 400, ColorType::Luma));
    let nested = format!("/Resources<</XObject<</I {image} 0 R>>>>");
    let form = format!("/Subtype/Form/BBox[0 0 36 72]{nested}");
    let form = pdf.stream(&form, b"q 36 0 0 72 0 0 cm /I Do Q");
    let clipped = format!("/Subtype/Form/BBox[0 0 36 36]{nested}");
    let clipped = pdf.stream(&clipped, b"q 72 0 0 144 0 0 cm /I Do Q");
    let plain = pdf.object("<</Type/ExtGState/ca 1/BM/Normal/SMask/None/OP true>>");
    let see_through = pdf.object("<</Type/ExtGState/ca 0.5>>");
    let entries = format!(
        "/MediaBox[0 0 72 144]{entries}/Resources<</XObject<</I {image} 0 R/F {form} 0 R/Clipped {clipped} 0 R>>/ExtGState<</G {plain} 0 R/S {see_through} 0 R>>>>"
    );
    pdf.page(&entries, content);
    only_page(pdf)
}

#[test]
fn a_jpeg_that_is_deflated_once_more_is_unpacked() {
    let plain = jpeg(200, 400, ColorType::Luma);
    let mut pdf = PdfBuilder::new();
    let dict = GREY_SCAN.replace("/DCTDecode", "[/FlateDecode/DCTDecode]");
    pdf.scan(&dict, &deflated(&plain));
    let file = file(&pdf.bytes());
    let volume = open(file.path(), &Limits::default()).unwrap();
    assert_eq!(volume.image_bytes(&volume.pages[0]).unwrap(), plain);
}

#[test]
fn a_file_whose_table_is_wrong_is_searched() {
    let whole = one_scan();
    let shifted = [b"%PDF-1.7\n% a line more\n", &whole[9..]].concat();
    let table = whole.windows(4).position(|bytes| bytes == b"xref").unwrap();
    let mut scratched = whole.clone();
    scratched[table..table + 4].copy_from_slice(b"XXXX");
    let behind_junk = [b"junk before the header\n", &whole[..]].concat();
    for bytes in [shifted, scratched, behind_junk] {
        let volume = opened(&bytes).unwrap();
        assert!(matches!(volume.pages[0].kind, PageKind::SingleImage(_)));
    }
}

#[test]
fn compressed_tables_and_objects_are_read_and_searched() {
    let packed = packed_file(b"");
    let volume = opened(&packed).unwrap();
    assert_eq!(volume.pages.len(), 2);
    assert_eq!(volume.pages[1].width_points, 90.0);
    let at = packed.windows(9).rposition(|bytes| bytes == b"startxref").unwrap();
    let lost = [&packed[..at], b"startxref\n3\n%%EOF"].concat();
    assert_eq!(opened(&lost).unwrap().pages.len(), 2);
    assert_eq!(code(&packed_file(b"/Filter 4 0 R")), "source.damaged");
}

/// A file whose pages lie in an object stream and whose table is a stream.
fn packed_file(entries: &[u8]) -> Vec<u8> {
    let bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Kids[3 0 R 4 0 R]/MediaBox[0 0 72 72]>>",
        "<</Type/Page>>",
        "<</Type/Page/MediaBox[0 0 90 90]>>",
    ];
    let mut header = String::new();
    let mut start = 0;
    for (index, body) in bodies.iter().enumerate() {
        header += &format!("{} {start} ", index + 1);
        start += body.len();
    }
    let text = header.clone() + &bodies.concat();
    let data = deflated(text.as_bytes());
    let mut file = b"%PDF-1.7\n".to_vec();
    let head = format!("5 0 obj<</Type/ObjStm/N 4/First {}/Filter/FlateDecode/Length {}", header.len(), data.len());
    file.extend([head.as_bytes(), entries, b">>stream\n", &data, b"\nendstream endobj\n"].concat());
    let at = file.len();
    let entries: Vec<u8> = (0..4).flat_map(|index| [2, 0, 5, index]).chain([1, 0, 9, 0]).collect();
    let rows: Vec<u8> = entries.chunks(4).flat_map(|row| [&[0], row].concat()).collect();
    let data = deflated(&rows);
    let head = format!(
        "6 0 obj<</Type/XRef/W[1 2 1]/Index[1 5]/Size 6/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>/Length {}>>stream\n",
        data.len()
    );
    file.extend([head.as_bytes(), &data, b"\nendstream endobj\n"].concat());
    file.extend(format!("startxref\n{at}\n%%EOF").bytes());
    file
}

#[test]
fn the_sample_volume_is_twenty_scans() {
    let Some(path) = shared("data/sample20/a3d.217.101.120.original.pdf") else {
        return;
    };
    let volume = open(&path, &Limits::default()).unwrap();
    assert_eq!(volume.pages.len(), 20);
    for page in &volume.pages {
        assert!(matches!(page.kind, PageKind::SingleImage(_)), "{page:?}");
        let size = page.size();
        assert_eq!((size.width_pixels, size.height_pixels), (1207, 1938));
        assert!(volume.image_bytes(page).unwrap().ends_with(b"\xFF\xD9"));
    }
}

fn survives(bytes: &[u8]) {
    let limits = Limits { max_pages: 20, ..Limits::default() };
    if let Ok(volume) = open(file(bytes).path(), &limits) {
        assert!((1..=20).contains(&volume.pages.len()));
        for page in &volume.pages {
            assert!(page.width_points >= 36.0 && page.height_points <= 14_400.0);
            let _ = volume.image_bytes(page);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_end_in_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        survives(&bytes);
        survives(&[b"%PDF-1.4\n", &bytes[..], b"\nstartxref\n9\n%%EOF"].concat());
        survives(&[b"%PDF-1.4\nxref\n0 3\n", &bytes[..], b"\nstartxref\n9\n%%EOF"].concat());
    }

    #[test]
    fn changed_bytes_end_in_a_verdict(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        packed in any::<bool>(),
    ) {
        let mut bytes = if packed { packed_file(b"") } else { one_scan() };
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        survives(&bytes);
    }

    #[test]
    fn swapped_tokens_end_in_a_verdict(
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
    ) {
        let mut pdf = PdfBuilder::new();
        pdf.root = "/MediaBox[0 0 72 144]/Rotate 0".to_owned();
        pdf.page("/Resources<</Font<</F 1 0 R>>/XObject<</X 3 0 R>>>>", "q 1 0 0 1 0 0 cm /X Do BT 3 Tr (a) Tj ET Q");
        pdf.page("/CropBox[0 0 50 50]", "0 0 9 9 re W n");
        let text = String::from_utf8(pdf.bytes()).unwrap();
        let mut tokens: Vec<&str> = text.split_inclusive([' ', '/', '\n', '[', ']']).collect();
        for (one, other) in swaps {
            let (one, other) = (one.index(tokens.len()), other.index(tokens.len()));
            tokens.swap(one, other);
        }
        survives(tokens.concat().as_bytes());
    }
}
