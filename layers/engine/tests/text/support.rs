//! Makes pages and reads them back.

use crate::ink::Gap;
use crate::shared_data::shared;
use engine::geometry::Rect;
use engine::pixels::GreyImage;
use engine::text::Line;
use engine::text::layer::{self, PageGeometry};
use lopdf::{Document, Object, ObjectId, Stream, dictionary};
use std::fs;
use std::process::Command;

/// The resolution of the drawn pages.
pub const DPI: f64 = 300.0;

pub const TEXT: [&str; 6] = [
    "The judgment of the Superior Court is affirmed in part,",
    "and the matter is remanded for further proceedings that",
    "are consistent with this opinion. See Oakes v. Garrow,",
    "740 A.2d 14, 405 \\(Arc. 1985\\). No reasonable officer",
    "would have concluded otherwise, and we agree with the",
    "parties that 28 U.S.C. 1291 gives us jurisdiction.",
];

pub fn sheet<'a>(lines: &'a [Line], image: &GreyImage) -> Sheet<'a> {
    Sheet { lines, width: image.width as u32, height: image.height as u32, dpi: DPI, rotate: 0 }
}

pub fn rects(words: &[(Rect, String)]) -> impl Iterator<Item = Rect> {
    words.iter().map(|(rect, _)| *rect)
}

pub fn read_jpeg(bytes: &[u8]) -> GreyImage {
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;
    use zune_jpeg::zune_core::colorspace::ColorSpace;
    use zune_jpeg::zune_core::options::DecoderOptions;
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    GreyImage { width, height, pixels }
}

fn read_pgm(file: &[u8]) -> GreyImage {
    let mut fields = file.splitn(4, |byte| byte.is_ascii_whitespace());
    assert_eq!(fields.next(), Some(&b"P5"[..]));
    let mut number = || std::str::from_utf8(fields.next().unwrap()).unwrap().parse::<u32>().unwrap();
    let (width, height) = (number(), number());
    let pixels = file[file.len() - (width * height) as usize..].to_vec();
    GreyImage { width: width as usize, height: height as usize, pixels }
}

/// A document of empty pages with the fonts of the text layer, and the ids of the pages.
fn blank(sizes: &[(f64, f64, i64)]) -> (Document, Vec<ObjectId>) {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let pages: Vec<ObjectId> = sizes
        .iter()
        .map(|&(width, height, rotate)| {
            let mediabox: Vec<Object> = vec![10.into(), 20.into(), (width + 10.0).into(), (height + 20.0).into()];
            document.add_object(dictionary! {
                "Type" => "Page", "Parent" => tree, "MediaBox" => mediabox, "Rotate" => rotate,
            })
        })
        .collect();
    let kids: Vec<Object> = pages.iter().map(|&page| page.into()).collect();
    let count = i64::try_from(kids.len()).unwrap();
    document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    (document, pages)
}

/// One page: its lines, its image's size and resolution, and its rotation.
pub struct Sheet<'a> {
    pub lines: &'a [Line],
    pub width: u32,
    pub height: u32,
    pub dpi: f64,
    pub rotate: i64,
}

/// A PDF whose pages contain only their text layer.
pub fn searchable(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let points = |pixels: u32, dpi: f64| f64::from(pixels) * 72.0 / dpi;
    let sizes: Vec<(f64, f64, i64)> = sheets
        .iter()
        .map(|sheet| {
            let (width, height) = (points(sheet.width, sheet.dpi), points(sheet.height, sheet.dpi));
            if sheet.rotate % 180 == 0 { (width, height, sheet.rotate) } else { (height, width, sheet.rotate) }
        })
        .collect();
    let (mut document, pages) = blank(&sizes);
    let font = layer::add_font(&mut document).unwrap();
    for (sheet, page) in sheets.iter().zip(pages) {
        let (width, height) = (points(sheet.width, sheet.dpi), points(sheet.height, sheet.dpi));
        let geometry =
            PageGeometry::new(width, height, sheet.width, sheet.height).rotated(sheet.rotate).cornered(10.0, 20.0);
        document.add_page_contents(page, layer::content(sheet.lines, geometry)).unwrap();
        font.attach(&mut document, page).unwrap();
    }
    let mut file = Vec::new();
    document.save_to(&mut file).unwrap();
    file
}

/// The output of a poppler program for a PDF.
fn poppler(program: &str, options: &[&str], pdf: &[u8]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("page.pdf");
    fs::write(&file, pdf).unwrap();
    let run = Command::new(program).args(options).arg(&file).args((program == "pdftotext").then_some("-")).output();
    let output = run.unwrap_or_else(|error| panic!("{program}: {error}; apt-get install poppler-utils"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The text of every page, with white space collapsed.
pub fn extracted(pdf: &[u8]) -> Vec<String> {
    let text = String::from_utf8(poppler("pdftotext", &[], pdf)).unwrap();
    let mut pages: Vec<String> = text.split('\u{c}').map(squeezed).collect();
    pages.pop();
    pages
}

/// The words of every page, with their boxes in points.
pub fn boxes(pdf: &[u8]) -> Vec<Vec<(Rect, String)>> {
    let text = String::from_utf8(poppler("pdftotext", &["-bbox"], pdf)).unwrap();
    let pages = text.split("<page ").skip(1);
    pages.map(|page| page.lines().filter(|line| line.contains("<word ")).map(word).collect()).collect()
}

fn word(line: &str) -> (Rect, String) {
    let value = |name: &str| {
        let rest = line.split_once(&format!("{name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let rect = Rect::new(value("xMin"), value("yMin"), value("xMax"), value("yMax"));
    (rect, line.split_once("\">").unwrap().1.trim_end_matches("</word>").to_owned())
}

/// A page of text in a base font, drawn by poppler at 300 dpi.
pub fn drawn(lines: &[&str]) -> GreyImage {
    let (mut document, pages) = blank(&[(400.0, 300.0, 0)]);
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Times-Roman", "Encoding" => "WinAnsiEncoding",
    });
    let page = document.get_dictionary_mut(pages[0]).unwrap();
    page.set("Resources", dictionary! { "Font" => dictionary! { "F1" => font } });
    let shown: String = lines.iter().map(|line| format!("({line}) Tj T*\n")).collect();
    let content = format!("BT /F1 12 Tf 16 TL 50 270 Td\n{shown}ET");
    let content = document.add_object(Stream::new(dictionary! {}, content.into_bytes()));
    document.get_dictionary_mut(pages[0]).unwrap().set("Contents", content);
    let mut file = Vec::new();
    document.save_to(&mut file).unwrap();
    read_pgm(&poppler("pdftoppm", &["-gray", "-r", "300"], &file))
}

pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The edit distance: how many letters must be inserted, removed or replaced to turn one text into the other.
pub fn distance(first: &str, second: &str) -> usize {
    let second: Vec<char> = second.chars().collect();
    let mut row: Vec<usize> = (0..=second.len()).collect();
    for (index, letter) in first.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in second.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[second.len()]
}

/// The image of a page of the sample, counted from 0.
fn sample_page(number: usize) -> Option<GreyImage> {
    let file = shared("data/sample20/a3d.217.101.120.original.pdf")?;
    let document = Document::load(file).unwrap();
    let page = document.page_iter().nth(number).unwrap();
    let images = document.get_page_images(page).unwrap();
    Some(read_jpeg(images[0].content))
}

/// What was read of [`TEXT`] is found again, at its ink.
pub fn check_drawn_page(image: &GreyImage, lines: &[Line]) {
    let pdf = searchable(&[sheet(lines, image)]);
    assert_eq!(extracted(&pdf)[0], TEXT.join(" ").replace('\\', ""));
    let mut gap = Gap::default();
    gap.add(image, rects(&boxes(&pdf)[0]), DPI);
    eprintln!("{gap:?}");
    assert!(gap.worst() <= 1.0, "{gap:?}");
}

/// Reads pages whose text is known, with at most so many errors in a thousand letters, and finds the words at their ink.
pub fn check_truth_pages(most_errors: usize, read: impl Fn(&GreyImage) -> Vec<Line>) {
    let Some(directory) = shared("data/ocr-truth") else {
        return;
    };
    let (mut errors, mut letters, mut gap) = (0, 0, Gap::default());
    for page in 0..5 {
        let image = read_jpeg(&fs::read(directory.join(format!("p{page:02}_g300.jpg"))).unwrap());
        let truth = squeezed(&fs::read_to_string(directory.join(format!("p{page:02}.txt"))).unwrap());
        let pdf = searchable(&[sheet(&read(&image), &image)]);
        errors += distance(&truth, &extracted(&pdf)[0]);
        letters += truth.chars().count();
        gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    }
    eprintln!("{errors} errors in {letters} letters; {gap:?}; worst {:.3} pt", gap.worst());
    assert!(1000 * errors <= most_errors * letters, "{errors} errors in {letters} letters");
    assert!(gap.worst() <= 1.0, "{gap:?}");
}

/// Reads a page of two columns, the left one before the right one.
pub fn check_columns(read: impl Fn(&GreyImage) -> Vec<Line>) {
    let Some(image) = sample_page(1) else {
        return;
    };
    let pdf = searchable(&[sheet(&read(&image), &image)]);
    let text = extracted(&pdf).remove(0);
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words:?} in {text}"));
    let order = [
        place("of claim was timely filed notwithstanding"),
        place("Here, the appellant concluded that the"),
        place("fact remained. Counsel for the appellee declined to consider"),
        place("Moreover, counsel for the appellee found"),
        place("that the easement was appurtenant to the land because"),
        place("officer held that the easement was appurtenant"),
        place("I. BACKGROUND"),
        place("appellant properly recognized that the easement was appurtenant"),
        place("was appurtenant to the land under the totality of the circumstances."),
    ];
    assert!(order.is_sorted(), "{order:?} in {text}");
    let mut gap = Gap::default();
    gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    eprintln!("{gap:?}; worst {:.3} pt", gap.worst());
    assert!(gap.worst() <= 1.0, "{gap:?}");
}
