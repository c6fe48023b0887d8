//! Files that are rejected, each with its own code.

use super::{code, deflated, opened};
use crate::source::testing::{PdfBuilder, file, jpeg, one_scan};
use crate::source::{Limits, MAX_CONTENT_BYTES, open};
use jpeg_encoder::ColorType;

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
    let mut nested = PdfBuilder::new();
    nested.kid_as(&format!("{}{}", "<</Kids[".repeat(100), "]>>".repeat(100)));
    assert_eq!(code(&nested.bytes()), "source.damaged");
    let mut within = PdfBuilder::new();
    within.kid_as("<</Kids[2 0 R]>>");
    assert_eq!(code(&within.bytes()), "source.damaged");
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
    let inner = deflated(&vec![b' '; MAX_CONTENT_BYTES + 1]);
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
