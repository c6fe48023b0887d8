//! The text layer's fonts as PDF objects.

use super::character_codes::Plane;
use super::glyphless::{self, Shape};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

/// The width of every character, as a share of the font size.
pub(super) const ADVANCE: f64 = 0.5;

/// The same in thousandths of the font size.
const ADVANCE_UNITS: u16 = 500;

/// The number of two-byte codes.
const CODES: usize = 1 << 16;

/// The name of the font in the PDF, and the beginning of its names in a page's resources.
const NAME: &str = "QuireText";

/// Flags of the font descriptor: fixed pitch, symbolic.
const FLAGS: i64 = 0b101;

/// The fonts of the text layer in a document: the id of a dictionary from names (`/QuireText…`) to fonts. It may be
/// used directly as a page's `/Font` resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLayerFont(pub ObjectId);

impl TextLayerFont {
    /// Adds the fonts to a page's own fonts.
    ///
    /// # Errors
    /// An error of lopdf if the object is not a page, or if its resources are not a dictionary.
    pub fn attach(self, document: &mut Document, page: ObjectId) -> lopdf::Result<()> {
        let names = document.get_dictionary(self.0)?.clone();
        let resources = document.get_or_create_resources(page)?.as_dict_mut()?;
        let fonts = match resources.get(b"Font") {
            Err(_) => {
                resources.set("Font", Object::Reference(self.0));
                return Ok(());
            }
            Ok(Object::Reference(id)) => *id,
            Ok(fonts) => {
                let mut fonts = fonts.as_dict()?.clone();
                fonts.extend(&names);
                resources.set("Font", fonts);
                return Ok(());
            }
        };
        document.get_object_mut(fonts)?.as_dict_mut()?.extend(&names);
        Ok(())
    }
}

/// Adds the fonts of the text layer to a document. Call it once for all pages.
///
/// # Errors
/// An error of lopdf if a stream cannot be compressed.
pub fn add_font(document: &mut Document) -> lopdf::Result<TextLayerFont> {
    let descendants = add_descendants(document)?;
    let mut names = Dictionary::new();
    for plane in Plane::all() {
        let map = add_stream(document, Dictionary::new(), plane.to_unicode().into_bytes())?;
        for (shape, descendant) in descendants.iter().filter(|(shape, _)| serves(plane, *shape)) {
            names.set(name(plane, *shape), add_composite(document, *descendant, map));
        }
    }
    Ok(TextLayerFont(document.add_object(names)))
}

/// The name of the font for a plane and a shape.
pub(super) fn name(plane: Plane, shape: Shape) -> String {
    match plane {
        Plane::BASIC => format!("{NAME}{}", shape.number()),
        _ => format!("{NAME}Plane{}", plane.number()),
    }
}

/// Only the basic plane has a font for every shape.
fn serves(plane: Plane, shape: Shape) -> bool {
    plane == Plane::BASIC || shape == Shape::COMMON
}

/// Adds one font by glyph for each shape. All of them use the same font file.
fn add_descendants(document: &mut Document) -> lopdf::Result<Vec<(Shape, ObjectId)>> {
    let file = glyphless::font_file(ADVANCE_UNITS);
    let length = i64::try_from(file.len()).unwrap_or(i64::MAX);
    let file = add_stream(document, dictionary! { "Length1" => length }, file)?;
    Shape::all().map(|shape| Ok((shape, add_descendant(document, shape, file)?))).collect()
}

/// A font that shows the same glyph, that of the shape, for every code.
fn add_descendant(document: &mut Document, shape: Shape, file: ObjectId) -> lopdf::Result<ObjectId> {
    let glyphs = glyphless::glyph(shape).to_be_bytes().repeat(CODES);
    let glyphs = add_stream(document, Dictionary::new(), glyphs)?;
    let descriptor = add_descriptor(document, shape, file);
    Ok(document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "CIDFontType2",
        "BaseFont" => NAME,
        "CIDSystemInfo" => dictionary! {
            "Registry" => Object::string_literal("Adobe"),
            "Ordering" => Object::string_literal("Identity"),
            "Supplement" => 0,
        },
        "FontDescriptor" => descriptor,
        "DW" => i64::from(ADVANCE_UNITS),
        "CIDToGIDMap" => glyphs,
    }))
}

fn add_descriptor(document: &mut Document, shape: Shape, file: ObjectId) -> ObjectId {
    let (ascent, descent) = (shape.ascent(), shape.descent());
    document.add_object(dictionary! {
        "Type" => "FontDescriptor",
        "FontName" => NAME,
        "Flags" => FLAGS,
        "FontBBox" => vec![0.into(), descent.into(), i64::from(ADVANCE_UNITS).into(), ascent.into()],
        "ItalicAngle" => 0,
        "Ascent" => ascent,
        "Descent" => descent,
        "CapHeight" => ascent,
        "StemV" => 80,
        "FontFile2" => file,
    })
}

fn add_composite(document: &mut Document, descendant: ObjectId, to_unicode: ObjectId) -> ObjectId {
    document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "Type0",
        "BaseFont" => NAME,
        "Encoding" => "Identity-H",
        "DescendantFonts" => vec![descendant.into()],
        "ToUnicode" => to_unicode,
    })
}

fn add_stream(document: &mut Document, dictionary: Dictionary, bytes: Vec<u8>) -> lopdf::Result<ObjectId> {
    let mut stream = Stream::new(dictionary, bytes);
    stream.compress()?;
    Ok(document.add_object(stream))
}
