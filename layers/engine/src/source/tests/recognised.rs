//! Files that are accepted, and the kind of each of their pages.

use super::{code, deflated, only_page, opened, packed_file};
use crate::source::testing::{GREY_SCAN, PdfBuilder, file, jpeg, one_scan, shared};
use crate::source::{Limits, MAX_CONTENT_BYTES, PageKind, SkippedPages, SourcePage, TextPresence, open, open_skipping};
use jpeg_encoder::ColorType;

fn damage(page: &SourcePage) -> Option<&str> {
    match &page.kind {
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
fn a_page_listed_twice_counts_twice() {
    let mut pdf = PdfBuilder::new();
    let page = pdf.page("/MediaBox[0 0 72 72]", "");
    pdf.kid(page);
    let volume = opened(&pdf.bytes()).unwrap();
    let indices: Vec<_> = volume.pages.iter().map(|page| page.index).collect();
    assert_eq!(indices, [0, 1]);
}

/// The widths of the pages of a file whose list of pages is `kids`. Objects 4 and 5 are pages of 50 and 60 points.
fn widths(kids: &str) -> Vec<f64> {
    let mut pdf = PdfBuilder::new();
    pdf.root = "/MediaBox[0 0 40 144]".to_owned();
    pdf.object("null");
    pdf.object("<</Type/Page/MediaBox[0 0 50 144]>>");
    pdf.object("<</Type/Page/MediaBox[0 0 60 144]>>");
    pdf.kid_as(kids);
    let volume = opened(&pdf.bytes()).unwrap();
    volume.pages.iter().map(|page| page.width_points).collect()
}

#[test]
fn lists_of_pages_are_read_as_pdf() {
    for kids in ["4 0 R%c 4 0 R\n5 0 R", "4 0 R\r%c\r\n5 0 R ", "%c 4 0 R\n4 0 R 5 0 R%]\n", "\x0c4\x000\tR 5 0 R"] {
        assert_eq!(widths(kids), [50.0, 60.0], "{kids:?}");
    }
    // As in qpdf and PDFium, whatever is listed is a page, and whatever has /Kids is a node.
    for (kids, second) in [
        ("null", 40.0),
        ("7", 40.0),
        ("[4 0 R 5 0 R]", 40.0),
        ("900 0 R", 40.0),
        ("3 0 R", 40.0),
        ("<</Type/Page/MediaBox[0 0 70 144]>>", 70.0),
        ("<</Type/Pages/MediaBox[0 0 70 144]/Count 1/Kids[<</Type/Page>>]>>", 70.0),
        ("<</Type/Page/Kids[<</MediaBox[0 0 70 144]>>]>>", 70.0),
        ("<</Type/Pages/Kids[]>>5 0 R", 60.0),
        ("<</Type/Page/MediaBox[0 0 70 144]/Kids null>>", 70.0),
    ] {
        assert_eq!(widths(&format!("4 0 R {kids} 5 0 R"))[..2], [50.0, second], "{kids}");
        assert_eq!(*widths(&format!("4 0 R {kids} 5 0 R")).last().unwrap(), 60.0, "{kids}");
    }
}

#[test]
fn pages_without_an_object_of_their_own_are_examined_one_by_one() {
    let page = |width: usize| format!("<</Type/Page/MediaBox[0 0 {width} 144]>>");
    assert_eq!(widths(&[page(50), page(60), page(70)].concat()), [50.0, 60.0, 70.0]);
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
fn a_page_beyond_a_limit_does_not_lose_the_volume() {
    let mut pdf = PdfBuilder::new();
    pdf.scan(GREY_SCAN, &jpeg(200, 400, ColorType::Luma));
    pdf.page("/MediaBox[0 0 72 9]", "");
    pdf.page("/MediaBox[0 0 99999 72]", "");
    pdf.scan("/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceGray", b"");
    let content = pdf.stream("/Filter/FlateDecode", &deflated(&vec![b' '; MAX_CONTENT_BYTES + 1]));
    let page = pdf.object(format!("<</Type/Page/MediaBox[0 0 72 90]/Contents {content} 0 R>>"));
    pdf.kid(page);
    let volume = opened(&pdf.bytes()).unwrap();
    assert_eq!(damage(&volume.pages[0]), None);
    assert!(volume.pages[1..].iter().all(|page| damage(page).is_some() && page.is_refused), "{:?}", volume.pages);
    let sizes: Vec<_> = volume.pages.iter().map(|page| (page.width_points, page.height_points)).collect();
    assert_eq!(sizes, [(72.0, 144.0), (612.0, 792.0), (612.0, 792.0), (72.0, 144.0), (72.0, 90.0)]);
}

/// Only its size is read, whatever else its object holds. The other pages of the same object are read.
#[test]
fn a_skipped_page_is_not_looked_at() {
    let mut pdf = PdfBuilder::new();
    let scan = pdf.scan(GREY_SCAN, &jpeg(200, 400, ColorType::Luma));
    pdf.kid(scan);
    pdf.kid(9000);
    let bomb = pdf.stream("/Filter/FlateDecode", &deflated(&vec![b' '; MAX_CONTENT_BYTES + 1]));
    let page = pdf.object(format!("<</Type/Page/MediaBox[0 0 72.06 90]/Contents {bomb} 0 R>>"));
    pdf.kid(page);
    pdf.page("/MediaBox[0 0 99999 72]", "");
    let mut skipped = SkippedPages::default();
    skipped.insert(0, Some("Ada"));
    (1..5).for_each(|index| skipped.insert(index, None));
    let file = file(&pdf.bytes());
    let volume = open_skipping(file.path(), &Limits::default(), &skipped).unwrap();
    let damages: Vec<_> = volume.pages.iter().map(damage).collect();
    let other = Some("it was skipped");
    assert_eq!(damages, [Some("it was skipped by Ada"), other, other, other, other]);
    assert!(volume.pages.iter().all(|page| page.is_skipped && page.is_refused));
    let sizes: Vec<_> = volume.pages.iter().map(|page| (page.width_points, page.height_points)).collect();
    assert_eq!(sizes, [(72.0, 144.0), (72.0, 144.0), (612.0, 792.0), (72.0, 90.0), (612.0, 792.0)]);

    let mut first = SkippedPages::default();
    first.insert(0, None);
    let volume = open_skipping(file.path(), &Limits::default(), &first).unwrap();
    assert_eq!((damage(&volume.pages[0]), damage(&volume.pages[1])), (other, None));
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
fn form_fields_are_told_from_other_annotations() {
    let has = |entries: &str| page_with_image("/I Do", GREY_SCAN, entries).has_form_fields;
    assert!(has("/Annots[<</Subtype/Link>><</Subtype/Widget/FT/Tx>>]"));
    assert!(!has("/Annots[<</Subtype/Link>><</Subtype/Stamp>>]") && !has(""));
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

fn page_with_image(content: &str, image: &str, entries: &str) -> SourcePage {
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
fn a_wrong_or_missing_pointer_to_the_table_is_no_reason_to_refuse() {
    let whole = one_scan();
    let at = whole.windows(9).rposition(|bytes| bytes == b"startxref").unwrap();
    for end in ["startxref\n99999999\n%%EOF", "startxref\n%%EOF", "%%EOF"] {
        let volume = opened(&[&whole[..at], end.as_bytes()].concat()).unwrap();
        assert!(matches!(volume.pages[0].kind, PageKind::SingleImage(_)), "{end}");
    }
}

#[test]
fn a_stream_may_begin_after_a_lone_carriage_return() {
    let whole = one_scan();
    let text = String::from_utf8_lossy(&whole).into_owned();
    assert!(text.contains("stream\n"));
    let mut changed = whole.clone();
    for at in 0..whole.len() - 7 {
        if whole[at..].starts_with(b"stream\n") {
            changed[at + 6] = b'\r';
        }
    }
    let volume = opened(&changed).unwrap();
    assert!(matches!(volume.pages[0].kind, PageKind::SingleImage(_)), "{:?}", volume.pages[0]);
}

#[test]
fn content_of_no_bytes_is_no_damage() {
    let mut pdf = PdfBuilder::new();
    let content = pdf.stream("/Filter/FlateDecode", b"");
    let page = pdf.object(format!("<</Type/Page/MediaBox[0 0 72 72]/Contents {content} 0 R>>"));
    pdf.kid(page);
    assert_eq!(only_page(pdf).kind, PageKind::Other);
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
