//! Each bad file is as bad as it claims, and in no other way.

use super::*;
use crate::sample;
use flate2::read::ZlibDecoder;
use lopdf::{Document, Object, Stream};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The file in a folder of its own.
fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("volume.pdf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn run(program: &str, options: &[&str], path: &Path) -> Output {
    Command::new(program).args(options).arg(path).output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn page_images(bytes: &[u8]) -> Vec<Stream> {
    let document = Document::load_mem(bytes).unwrap();
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    streams.filter(|stream| stream.dict.get(b"Subtype").is_ok()).cloned().collect()
}

#[test]
fn files_that_are_no_pdf_open_as_what_they_are() {
    assert!(empty_file().is_empty());
    assert!(String::from_utf8(plain_text()).unwrap().starts_with("Dear archive"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip_archive())).unwrap();
    let mut text = Vec::new();
    archive.by_name("volume.txt").unwrap().read_to_end(&mut text).unwrap();
    assert_eq!(text, plain_text());
}

#[test]
fn postscript_writes_its_file_when_it_is_run() {
    for make in [postscript, postscript_with_a_pdf_header] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("written (by the program)");
        let program = folder.path().join("volume.pdf");
        std::fs::write(&program, make(&target)).unwrap();
        run("gs", &["-q", "-dNOSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=nullpage"], &program);
        assert_eq!(std::fs::read(target).unwrap(), b"executed");
    }
}

#[test]
fn a_truncated_volume_begins_like_the_sample_and_does_not_check() {
    assert!(sample::bytes().starts_with(&truncated()));
    let (_folder, path) = saved(&truncated());
    assert!(!run("qpdf", &["--check"], &path).status.success());
}

#[test]
fn a_protected_volume_opens_with_its_password_only() {
    let (_folder, path) = saved(&password_protected());
    assert!(run("qpdf", &["--requires-password"], &path).status.success());
    let password = format!("--password={PASSWORD}");
    assert_eq!(run("qpdf", &["--show-npages", &password], &path).stdout, b"7\n");
}

#[test]
fn a_volume_of_zero_pages_is_otherwise_sound() {
    let (_folder, path) = saved(&zero_pages());
    assert_eq!(run("qpdf", &["--show-npages"], &path).stdout, b"0\n");
    assert!(run("qpdf", &["--check"], &path).status.success());
}

fn page_tree(bytes: &[u8]) -> (Document, Vec<Object>, i64) {
    let document = Document::load_mem(bytes).unwrap();
    let root = document.catalog().unwrap().get(b"Pages").and_then(Object::as_reference).unwrap();
    let root = document.get_dictionary(root).unwrap();
    let kids = root.get(b"Kids").and_then(Object::as_array).unwrap().clone();
    let count = root.get(b"Count").and_then(Object::as_i64).unwrap();
    (document, kids, count)
}

#[test]
fn a_million_references_lead_to_one_page() {
    let (document, kids, _) = page_tree(&million_references());
    assert_eq!(kids.len(), A_MILLION);
    assert!(kids.iter().all(|kid| kid == &kids[0]));
    assert!(document.get_dictionary(kids[0].as_reference().unwrap()).unwrap().has_type(b"Page"));
}

#[test]
fn a_billion_pages_are_one() {
    let (_, kids, count) = page_tree(&untrue_count());
    assert_eq!((kids.len(), count), (1, A_BILLION));
}

#[test]
fn a_cyclic_page_tree_leads_back_to_its_root() {
    let (document, kids, _) = page_tree(&cyclic_page_tree());
    let branch = document.get_dictionary(kids[1].as_reference().unwrap()).unwrap();
    let root = document.catalog().unwrap().get(b"Pages").unwrap();
    assert_eq!(branch.get(b"Kids").unwrap(), &Object::Array(vec![root.clone()]));
}

#[test]
fn a_huge_page_is_as_large_as_it_claims() {
    let (_folder, path) = saved(&huge_page());
    let said = String::from_utf8(run("pdfinfo", &[], &path).stdout).unwrap();
    let size = said.lines().find(|line| line.starts_with("Page size")).unwrap();
    assert_eq!(size.split_whitespace().nth(2).unwrap().parse::<f32>().unwrap(), HUGE_SIDE);
}

#[test]
fn a_huge_jpeg_says_so_twice() {
    let stream = page_images(&huge_jpeg()).remove(0);
    assert_eq!(stream.dict.get(b"Width").unwrap(), &Object::Integer(SIDE_OF_THE_HUGE_IMAGE as i64));
    let options = zune_jpeg::zune_core::options::DecoderOptions::default().set_max_width(65_535).set_max_height(65_535);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(std::io::Cursor::new(&stream.content), options);
    decoder.decode_headers().unwrap();
    let info = decoder.info().unwrap();
    assert_eq!([info.width, info.height].map(usize::from), [SIDE_OF_THE_HUGE_IMAGE; 2]);
}

/// Bytes that come out, and that every one of them is zero.
fn decoded_zeros(mut reader: impl Read) -> u64 {
    let (mut buffer, mut total) = (vec![0; 1 << 20], 0);
    loop {
        let count = reader.read(&mut buffer).unwrap();
        if count == 0 {
            return total;
        }
        assert!(buffer[..count].iter().all(|byte| *byte == 0));
        total += count as u64;
    }
}

#[test]
fn bombs_are_small_and_decode_to_gigabytes() {
    let single = flate_bomb();
    assert!(single.len() < 6_000_000, "{} bytes", single.len());
    let data = page_images(&single).remove(0).content;
    assert!(decoded_zeros(ZlibDecoder::new(data.as_slice())) >= BOMB_BYTES);
    let nested = nested_flate_bomb();
    assert!(nested.len() < 100_000, "{} bytes", nested.len());
    let inner = ZlibDecoder::new(std::io::Cursor::new(page_images(&nested).remove(0).content));
    let decoded = decoded_zeros(ZlibDecoder::new(inner));
    assert!(decoded >= BOMB_BYTES);
}

#[test]
fn only_the_third_page_is_damaged() {
    let sound = sample::jpegs(5);
    for damage in [Damage::Start, Damage::Middle] {
        let bytes = damaged_page(damage);
        let found = sample::jpegs_of(&bytes, 5);
        let same: Vec<bool> = found.iter().zip(&sound).map(|(now, before)| now == before).collect();
        assert_eq!(same, [true, true, false, true, true], "{damage:?}");
        let (_folder, path) = saved(&bytes);
        let drawn = |page: &str| run("pdftoppm", &["-r", "20", "-gray", "-f", page, "-l", page], &path);
        assert!(drawn("2").stderr.is_empty());
        assert!(!drawn("3").stderr.is_empty(), "{damage:?}");
    }
}
