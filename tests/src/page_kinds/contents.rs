//! Pages with more, or other, content than a scan: real text, hidden text, and all that can hang on a PDF.

use super::PAGES;
use super::encodings::grey_jpeg;
use crate::assembly::{Assembly, Sheet, rectangle};
use crate::sample::{self, HEIGHT, Line, WIDTH};
use lopdf::{Dictionary, Object, Stream, dictionary};

/// A word that [`hidden_text`] holds on every line of headnote matter.
pub const HIDDEN_WORD: &str = "SECRETHEADNOTE";

/// Words of the source that must not travel, each in the place it names; no two the same. All of them stand in the
/// file of [`furnished`] as plain bytes.
pub const FURNITURE: [&str; 14] = [
    "SECRETTITLE",
    "SECRETMETADATA",
    "SECRETOUTLINE",
    "SECRETANNOTATION",
    "SECRETAPPEARANCE",
    "SECRETLINK",
    "SECRETFIELD",
    "SECRETATTACHMENT",
    "secret-attachment.txt",
    "SECRETTHUMBNAIL",
    "SECRETSCRIPT",
    "SECRETPIECE",
    "SECRETDESTINATION",
    "SECRETLAYER",
];

/// Pages without an image: the sample's lines as real, visible text in Times.
#[must_use]
pub fn vector() -> Vec<u8> {
    let sheet = |page: usize| {
        let mut sheet = Sheet::new(WIDTH, HEIGHT);
        sheet.content = text_object(0, sample::lines(page).iter().map(|line| (line.clone(), line.text.clone())));
        sheet
    };
    Assembly::of((0..PAGES).map(sheet)).bytes()
}

/// The sample's pages under an invisible text layer (render mode 3), as another program's OCR may have left it; every
/// line of headnote matter starts with [`HIDDEN_WORD`].
#[must_use]
pub fn hidden_text() -> Vec<u8> {
    let sheet = |(index, page): (usize, &sample::Grey)| {
        let mut sheet = Sheet::of_image(grey_jpeg(page));
        let lines = sample::lines(index).into_iter().map(|line| {
            let text = if line.role == "matter" { format!("{HIDDEN_WORD} {}", line.text) } else { line.text.clone() };
            (line, text)
        });
        sheet.content = text_object(3, lines);
        sheet
    };
    Assembly::of(sample::greys(PAGES).iter().enumerate().map(sheet)).bytes()
}

/// Lines of text where the sample has them, in a render mode (ISO 32000-1, section 9.3.6).
fn text_object(mode: u8, lines: impl Iterator<Item = (Line, String)>) -> Vec<u8> {
    let mut content = format!("BT {mode} Tr /F0 9.4 Tf\n").into_bytes();
    for (line, text) in lines {
        let [left, _, _, bottom] = line.points;
        content.extend(format!("1 0 0 1 {left} {} Tm (", HEIGHT - bottom + 2.0).bytes());
        content.extend(text.chars().flat_map(win_ansi));
        content.extend(b") Tj\n");
    }
    content.extend(b"ET\n");
    content
}

/// A character of a literal string in `WinAnsiEncoding`; the sample has few beside ASCII.
fn win_ansi(character: char) -> Vec<u8> {
    match character {
        '(' | ')' | '\\' => vec![b'\\', character as u8],
        '\u{2019}' => vec![0x92],
        '\u{2013}' => vec![0x96],
        '\u{a0}' => vec![0xA0],
        other => vec![u8::try_from(other).unwrap_or(b'?')],
    }
}

/// The sample's pages with everything that a redacted copy must leave behind: document information, XMP, outline,
/// annotations with appearances, a form field, an attachment, a thumbnail, a script, private data, a named
/// destination and a layer. [`FURNITURE`] lists the words.
#[must_use]
pub fn furnished() -> Vec<u8> {
    let mut assembly = Assembly::default();
    for page in sample::greys(PAGES) {
        let mut sheet = Sheet::of_image(grey_jpeg(&page));
        furnish_page(&mut assembly, &mut sheet);
        assembly.add(sheet);
    }
    add_information(&mut assembly);
    add_outline(&mut assembly);
    add_names(&mut assembly);
    add_layer(&mut assembly);
    let fields = vec![Object::Reference(field(&mut assembly))];
    assembly.catalog.set("AcroForm", dictionary! { "Fields" => fields });
    assembly.bytes()
}

/// The sample's pages under a black sheet in a layer that the document says is hidden: it does not show.
#[must_use]
pub fn layered() -> Vec<u8> {
    let mut assembly = Assembly::default();
    let layer = assembly.document.add_object(dictionary! { "Type" => "OCG", "Name" => text("black") });
    for page in sample::greys(PAGES) {
        let mut sheet = Sheet::of_image(grey_jpeg(&page));
        sheet.content = format!("/OC /Layer BDC 0 0 0 rg 0 0 {WIDTH} {HEIGHT} re f EMC\n").into_bytes();
        let id = assembly.add(sheet);
        let page = assembly.document.get_dictionary_mut(id).unwrap();
        let resources = page.get_mut(b"Resources").unwrap().as_dict_mut().unwrap();
        resources.set("Properties", dictionary! { "Layer" => layer });
    }
    let layers = vec![Object::Reference(layer)];
    let hidden = dictionary! { "BaseState" => "ON", "OFF" => layers.clone() };
    assembly.catalog.set("OCProperties", dictionary! { "OCGs" => layers, "D" => hidden });
    assembly.bytes()
}

fn text(words: &str) -> Object {
    Object::string_literal(words)
}

fn plain_stream(entries: Dictionary, data: &str) -> Stream {
    Stream::new(entries, data.as_bytes().to_vec()).with_compression(false)
}

/// Annotations, a thumbnail whose pixels spell a word, and private data.
fn furnish_page(assembly: &mut Assembly, sheet: &mut Sheet) {
    let document = &mut assembly.document;
    let form = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => rectangle(0.0, 0.0, 200.0, 20.0) };
    let appearance = document.add_object(plain_stream(form, "% SECRETAPPEARANCE\n1 0 0 rg 0 0 3 3 re f\n"));
    let note = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "FreeText", "Rect" => rectangle(30.0, 20.0, 230.0, 40.0), "F" => 4,
        "Contents" => text("SECRETANNOTATION"), "DA" => text("/F0 9 Tf"), "AP" => dictionary! { "N" => appearance },
    });
    let action = dictionary! { "S" => "URI", "URI" => text("https://example.invalid/SECRETLINK") };
    let link = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Link", "Rect" => rectangle(30.0, 600.0, 200.0, 620.0), "A" => action,
        "Border" => vec![Object::Integer(0); 3],
    });
    let thumbnail = dictionary! { "Width" => 15, "Height" => 1, "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8 };
    let thumbnail = document.add_object(plain_stream(thumbnail, "SECRETTHUMBNAIL"));
    let private = dictionary! { "LastModified" => text("D:19310608120000Z"), "Private" => text("SECRETPIECE") };
    sheet.entries.set("Annots", vec![Object::Reference(note), Object::Reference(link)]);
    sheet.entries.set("Thumb", thumbnail);
    sheet.entries.set("PieceInfo", dictionary! { "Scanner" => private });
}

fn add_information(assembly: &mut Assembly) {
    let information = assembly.document.add_object(dictionary! { "Title" => text("SECRETTITLE") });
    assembly.document.trailer.set("Info", information);
    let packet = concat!(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>",
        "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>",
        "<dc:source>SECRETMETADATA</dc:source></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    );
    let metadata = plain_stream(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, packet);
    let metadata = assembly.document.add_object(metadata);
    assembly.catalog.set("Metadata", metadata);
}

fn add_outline(assembly: &mut Assembly) {
    let outlines = assembly.document.new_object_id();
    let target = vec![Object::Reference(assembly.pages[0]), Object::Name(b"Fit".to_vec())];
    let entry = dictionary! { "Title" => text("SECRETOUTLINE"), "Parent" => outlines, "Dest" => target };
    let entry = assembly.document.add_object(entry);
    let root = dictionary! { "Type" => "Outlines", "First" => entry, "Last" => entry, "Count" => 1 };
    assembly.document.set_object(outlines, root);
    assembly.catalog.set("Outlines", outlines);
}

/// An attachment, a named destination, and a script that runs when the file is opened.
fn add_names(assembly: &mut Assembly) {
    let attached = plain_stream(dictionary! { "Type" => "EmbeddedFile" }, "SECRETATTACHMENT\n");
    let attached = assembly.document.add_object(attached);
    let name = text("secret-attachment.txt");
    let file = dictionary! { "Type" => "Filespec", "F" => name.clone(), "EF" => dictionary! { "F" => attached } };
    let file = assembly.document.add_object(file);
    let target = vec![Object::Reference(assembly.pages[1]), Object::Name(b"Fit".to_vec())];
    let script = dictionary! { "S" => "JavaScript", "JS" => text("var word = 'SECRETSCRIPT';") };
    assembly.catalog.set("OpenAction", script);
    let tree = |key: Object, value: Object| dictionary! { "Names" => vec![key, value] };
    assembly.catalog.set(
        "Names",
        dictionary! {
            "EmbeddedFiles" => tree(name, Object::Reference(file)),
            "Dests" => tree(text("SECRETDESTINATION"), Object::Array(target)),
        },
    );
}

fn add_layer(assembly: &mut Assembly) {
    let layer = assembly.document.add_object(dictionary! { "Type" => "OCG", "Name" => text("SECRETLAYER") });
    let layers = vec![Object::Reference(layer)];
    let usual = dictionary! { "ON" => layers.clone() };
    assembly.catalog.set("OCProperties", dictionary! { "OCGs" => layers, "D" => usual });
}

/// A form field that a program filled in, off the page.
fn field(assembly: &mut Assembly) -> lopdf::ObjectId {
    assembly.document.add_object(dictionary! {
        "FT" => "Tx", "T" => text("shelf"), "V" => text("SECRETFIELD"), "DA" => text("/F0 9 Tf"),
    })
}
