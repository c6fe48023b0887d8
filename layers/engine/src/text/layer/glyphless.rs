//! A TrueType font that is never visible. It has one glyph for each shape: a plain box as wide as a letter and as
//! high as the shape. The boxes are needed because PDFium computes a letter's position from its glyph and loses
//! letters without one. Render mode 3 keeps them invisible. Numbers are big-endian, and the tables follow the
//! OpenType specification.

/// Units per em, as PDF counts widths.
const UNITS: u16 = 1000;

/// The version of a TrueType file and of its tables.
const VERSION: [u16; 2] = [1, 0];

/// The length in bytes of the header, and of each table's entry after it.
const HEADER: usize = 12;
const ENTRY: usize = 16;

/// What the four-byte words of a whole file must add up to. `checkSumAdjustment` compensates for the difference.
const SUM_OF_FILE: u32 = 0xb1b0_afba;

type Table = (&'static [u8; 4], Vec<u8>);

/// The index of a shape's glyph. Glyph 0 is the missing glyph.
pub(super) fn glyph(shape: Shape) -> u16 {
    u16::try_from(shape.number() + 1).unwrap_or_default()
}

/// The font file. All glyphs are `advance` thousandths of the em wide.
pub(super) fn font_file(advance: u16) -> Vec<u8> {
    let unadjusted = tables(advance, 0);
    let file = [directory(&unadjusted), bodies(&unadjusted)].concat();
    let adjustment = SUM_OF_FILE.wrapping_sub(sum(&file));
    // The entry of the head table keeps the checksum that the table has without the adjustment.
    [directory(&unadjusted), bodies(&tables(advance, adjustment))].concat()
}

/// The tables, sorted by name.
fn tables(advance: u16, adjustment: u32) -> [Table; 6] {
    let outlines: Vec<Vec<u8>> = Shape::all().map(|shape| outline(advance, shape)).collect();
    let glyphs = u16::try_from(outlines.len() + 1).unwrap_or_default();
    [
        (b"glyf", outlines.concat()),
        (b"head", head(advance, adjustment)),
        (b"hhea", hhea(advance, glyphs)),
        (b"hmtx", words(&[advance, 0].repeat(usize::from(glyphs)))),
        (b"loca", places(&outlines)),
        (b"maxp", maxp(glyphs)),
    ]
}

/// A box as a glyph: one contour of four points on the curve, each given by its distance from the previous one.
fn outline(advance: u16, shape: Shape) -> Vec<u8> {
    let (top, bottom) = (signed(shape.ascent()), signed(shape.descent()));
    let height = top.wrapping_sub(bottom);
    let (contours, last_point, instructions) = (1, 3, 0);
    let start = words(&[contours, 0, bottom, advance, top, last_point, instructions]);
    let flags = vec![1; 4];
    // Up, to the right, down.
    let points = words(&[0, 0, advance, 0, bottom, height, 0, bottom.wrapping_sub(top)]);
    let mut outline = [start, flags, points].concat();
    outline.resize(outline.len().next_multiple_of(4), 0);
    outline
}

/// The offsets where each glyph begins and the last one ends, in units of two bytes. The missing glyph is empty.
fn places(outlines: &[Vec<u8>]) -> Vec<u8> {
    let ends = outlines.iter().scan(0, |end, outline| {
        *end += outline.len() / 2;
        Some(u16::try_from(*end).unwrap_or_default())
    });
    words(&[0, 0].into_iter().chain(ends).collect::<Vec<u16>>())
}

/// The header and the entries: name, checksum, offset and length of each table.
fn directory(tables: &[Table]) -> Vec<u8> {
    // The last three numbers are the parameters of a binary search over six entries.
    let mut directory = words(&[VERSION[0], VERSION[1], 6, 64, 2, 32]);
    let mut place = HEADER + ENTRY * tables.len();
    for (name, body) in tables {
        directory.extend_from_slice(*name);
        directory.extend_from_slice(&sum(body).to_be_bytes());
        directory.extend_from_slice(&long(place));
        directory.extend_from_slice(&long(body.len()));
        place += body.len().next_multiple_of(4);
    }
    directory
}

/// The tables, each padded to a multiple of four bytes.
fn bodies(tables: &[Table]) -> Vec<u8> {
    let mut bodies = Vec::new();
    for (_, body) in tables {
        bodies.extend_from_slice(body);
        bodies.resize(bodies.len().next_multiple_of(4), 0);
    }
    bodies
}

fn head(advance: u16, adjustment: u32) -> Vec<u8> {
    let [high, low] = halves(adjustment);
    let (lowest, highest) = extent();
    let magic = [0x5f0f, 0x3cf5];
    let flags = 0b11;
    let dates = [0; 8];
    // No style, smallest readable size 8, mixed direction, short offsets.
    let rest = [0, 8, 2, 0, 0];
    let bounds = [0, lowest, advance, highest];
    let start = [VERSION, VERSION, [high, low], magic, [flags, UNITS]].concat();
    words(&[&start[..], &dates, &bounds, &rest].concat())
}

fn hhea(advance: u16, glyphs: u16) -> Vec<u8> {
    let (descender, ascender) = extent();
    let gap = 0;
    let bearings_and_extent = [0, 0, advance];
    let upright_caret = [1, 0, 0];
    let reserved_and_format = [0; 5];
    let start = [VERSION[0], VERSION[1], ascender, descender, gap, advance];
    words(&[&start[..], &bearings_and_extent, &upright_caret, &reserved_and_format, &[glyphs]].concat())
}

fn maxp(glyphs: u16) -> Vec<u8> {
    // Four points in one contour, no composites, no instructions, one zone.
    words(&[&VERSION[..], &[glyphs, 4, 1, 0, 0, 1], &[0; 8]].concat())
}

/// The lowest and the highest point of all glyphs.
fn extent() -> (u16, u16) {
    let lowest = Shape::all().map(Shape::descent).min().unwrap_or_default();
    let highest = Shape::all().map(Shape::ascent).max().unwrap_or_default();
    (signed(lowest), signed(highest))
}

/// A signed number as the 16 bits of its two's complement.
const fn signed(value: i32) -> u16 {
    let [.., high, low] = value.to_be_bytes();
    u16::from_be_bytes([high, low])
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

const fn halves(value: u32) -> [u16; 2] {
    let [a, b, c, d] = value.to_be_bytes();
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}

/// An offset or length. The file has about a thousand bytes, so it always fits.
fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

/// The sum of the four-byte words of a table or file.
fn sum(bytes: &[u8]) -> u32 {
    let word = |chunk: &[u8]| {
        let bytes = chunk.iter().fold(0_u32, |word, &byte| (word << 8) | u32::from(byte));
        bytes << (8 * (4 - chunk.len()))
    };
    bytes.chunks(4).map(word).fold(0, u32::wrapping_add)
}

/// The ascents of the fonts, in thousandths of their size: low letters, old-style figures, capitals, ascenders.
const ASCENTS: [i32; 4] = [600, 700, 800, 900];

/// The descents below the baseline. The smallest is 1, because extractors treat a descent of zero as missing.
const DESCENTS: [i32; 3] = [1, 120, 250];

/// How far the ink of one font reaches above and below the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    ascent: usize,
    descent: usize,
}

impl Shape {
    /// The shape for characters beyond the Basic Multilingual Plane, which have only one font per plane.
    pub(super) const COMMON: Self = Self { ascent: 2, descent: 1 };

    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..ASCENTS.len()).flat_map(|ascent| (0..DESCENTS.len()).map(move |descent| Self { ascent, descent }))
    }

    /// The shape nearest to an ascent and a descent. Both are positive shares of the font size.
    pub(super) fn nearest(ascent: f64, descent: f64) -> Self {
        Self { ascent: nearest(&ASCENTS, ascent), descent: nearest(&DESCENTS, descent) }
    }

    /// In thousandths of the font size.
    pub(super) fn ascent(self) -> i32 {
        ASCENTS.get(self.ascent).copied().unwrap_or_default()
    }

    /// In thousandths of the font size, and negative as PDF requires.
    pub(super) fn descent(self) -> i32 {
        -DESCENTS.get(self.descent).copied().unwrap_or_default()
    }

    /// Its index among all shapes.
    pub(super) const fn number(self) -> usize {
        self.ascent * DESCENTS.len() + self.descent
    }
}

fn nearest(choices: &[i32], share: f64) -> usize {
    let distance = |&choice: &i32| (f64::from(choice) - 1000.0 * share).abs();
    let best = choices.iter().enumerate().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
    best.map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(file: &[u8], place: usize) -> usize {
        u32::from_be_bytes(file[place..place + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn every_table_lies_where_the_directory_says_with_its_sum_and_length() {
        let file = font_file(500);
        let lengths = [12 * 36, 54, 36, 13 * 4, 14 * 2, 32];
        for (index, (name, _)) in tables(500, 0).iter().enumerate() {
            let entry = HEADER + ENTRY * index;
            let (place, length) = (number(&file, entry + 8), number(&file, entry + 12));
            assert_eq!(&&file[entry..entry + 4], &&name[..]);
            assert_eq!((length, place % 4), (lengths[index], 0), "{name:?}");
            if **name != *b"head" {
                assert_eq!(sum(&file[place..place + length]) as usize, number(&file, entry + 4));
            }
        }
    }

    #[test]
    fn the_whole_file_has_the_sum_that_is_asked_for() {
        let file = font_file(500);
        assert_eq!(sum(&file), SUM_OF_FILE);
        assert_eq!(file.len() % 4, 0);
    }

    #[test]
    fn the_nearest_shape_is_found_and_extremes_are_clamped() {
        let heights = |ascent, descent| {
            let shape = Shape::nearest(ascent, descent);
            (shape.ascent(), shape.descent())
        };
        assert_eq!(heights(0.74, 0.1), (700, -120));
        assert_eq!(heights(5.0, 5.0), (900, -250));
        assert_eq!(heights(-1.0, -1.0), (600, -1));
        assert_eq!(heights(f64::NAN, 0.0).1, -1);
    }

    #[test]
    fn numbers_count_the_shapes() {
        assert!(Shape::all().map(Shape::number).eq(0..12));
    }
}
