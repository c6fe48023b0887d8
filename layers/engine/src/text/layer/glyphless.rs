//! A TrueType font whose glyphs have width and no ink: what an embedded font needs and nothing more.
//! Numbers are big-endian; the tables are those of the OpenType specification.

/// Units of the em, as PDF counts widths.
const UNITS: u16 = 1000;

/// Glyphs: the missing one, and the one that stands for every character.
const GLYPHS: u16 = 2;

/// The glyph that stands for every character.
pub(super) const GLYPH: u16 = 1;

/// The version of a TrueType file and of its tables.
const VERSION: [u16; 2] = [1, 0];

/// Bytes of the header, and of each table's entry after it.
const HEADER: usize = 12;
const ENTRY: usize = 16;

/// What the words of a whole file must sum up to; `checkSumAdjustment` makes up for the difference.
const SUM_OF_FILE: u32 = 0xb1b0_afba;

type Table = (&'static [u8; 4], Vec<u8>);

/// The font file; both glyphs are `advance` thousandths of the em wide.
pub(super) fn font_file(advance: u16) -> Vec<u8> {
    let unadjusted = assembled(&tables(advance, 0));
    let adjustment = SUM_OF_FILE.wrapping_sub(sum(&unadjusted));
    // The entry of the head table keeps the sum that the table has without the adjustment.
    [directory(&tables(advance, 0)), bodies(&tables(advance, adjustment))].concat()
}

fn assembled(tables: &[Table]) -> Vec<u8> {
    [directory(tables), bodies(tables)].concat()
}

/// The tables, in the order of their names.
fn tables(advance: u16, adjustment: u32) -> [Table; 6] {
    [
        // Glyphs without outline take no bytes, but readers miss a table of none.
        (b"glyf", vec![0; 4]),
        (b"head", head(adjustment)),
        (b"hhea", hhea(advance)),
        (b"hmtx", words(&[advance, 0, advance, 0])),
        (b"loca", words(&[0; GLYPHS as usize + 1])),
        (b"maxp", maxp()),
    ]
}

/// Header and entries: name, sum, place and length of each table.
fn directory(tables: &[Table]) -> Vec<u8> {
    // The last three say how to search six entries in halves.
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

/// The tables, each filled up to a multiple of four bytes.
fn bodies(tables: &[Table]) -> Vec<u8> {
    let mut bodies = Vec::new();
    for (_, body) in tables {
        bodies.extend_from_slice(body);
        bodies.resize(bodies.len().next_multiple_of(4), 0);
    }
    bodies
}

fn head(adjustment: u32) -> Vec<u8> {
    let [high, low] = halves(adjustment);
    let magic = [0x5f0f, 0x3cf5];
    let flags = 0b11;
    let dates = [0; 8];
    // An empty box for all glyphs, no style, smallest readable size 8, mixed direction, short places.
    let rest = [0, 0, 0, 0, 0, 8, 2, 0, 0];
    words(&[&VERSION, &VERSION, &[high, low], &magic, &[flags, UNITS], &dates[..], &rest].concat())
}

fn hhea(advance: u16) -> Vec<u8> {
    // As far as the most common letters reach; the fonts' descriptors are more exact.
    let (ascender, descender, gap) = (800, 0_u16.wrapping_sub(120), 0);
    let bearings_and_extent = [0; 3];
    let upright_caret = [1, 0, 0];
    let reserved_and_format = [0; 5];
    let start = [VERSION[0], VERSION[1], ascender, descender, gap, advance];
    words(&[&start[..], &bearings_and_extent, &upright_caret, &reserved_and_format, &[GLYPHS]].concat())
}

fn maxp() -> Vec<u8> {
    // No points, contours, composites or instructions; one zone.
    words(&[&VERSION[..], &[GLYPHS], &[0; 4], &[1], &[0; 8]].concat())
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

const fn halves(value: u32) -> [u16; 2] {
    let [a, b, c, d] = value.to_be_bytes();
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}

/// A place or length; the file has a few hundred bytes.
fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

/// The sum of the four-byte words of a table or file.
fn sum(bytes: &[u8]) -> u32 {
    let word =
        |chunk: &[u8]| chunk.iter().fold(0_u32, |word, &byte| (word << 8) | u32::from(byte)) << (8 * (4 - chunk.len()));
    bytes.chunks(4).map(word).fold(0, u32::wrapping_add)
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
        let lengths = [4, 54, 36, 8, 6, 32];
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
}
