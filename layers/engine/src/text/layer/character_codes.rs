//! Writes characters as two-byte codes. A code is the lower half of the character's number. The upper half is its
//! Unicode plane, and each plane has its own font. So every assigned character can be written without a table.

use std::fmt::Write;

/// The planes that contain assigned characters outside private use.
const PLANES: [u8; 5] = [0, 1, 2, 3, 14];

/// Replaces a character of any other plane.
const REPLACEMENT: char = '\u{fffd}';

/// A Unicode plane: 65,536 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plane(u8);

impl Plane {
    /// The plane that contains nearly all living scripts.
    pub(super) const BASIC: Self = Self(0);

    /// All planes that have a font.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        PLANES.into_iter().map(Self)
    }

    /// 0 to 16.
    pub(super) const fn number(self) -> u8 {
        self.0
    }

    /// The `ToUnicode` map of the plane's fonts. A range may vary only in its last byte, so there is one range for
    /// each 256 characters. Surrogates are not characters.
    pub(super) fn to_unicode(self) -> String {
        let rows: Vec<String> = (0..=0xff).filter_map(|high| self.row(high)).collect();
        let blocks = rows.chunks(100).fold(String::new(), |mut blocks, rows| {
            let _ = write!(blocks, "{} beginbfrange\n{}endbfrange\n", rows.len(), rows.concat());
            blocks
        });
        format!(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /QuireText-UCS-{} def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{blocks}\
             endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n",
            self.0
        )
    }

    fn row(self, high: u8) -> Option<String> {
        let first = char::from_u32((u32::from(self.0) << 16) | (u32::from(high) << 8))?;
        Some(format!("<{high:02X}00> <{high:02X}FF> <{}>\n", utf16(first)))
    }
}

fn utf16(character: char) -> String {
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("{unit:04X}")).collect()
}

/// Splits a text into runs of hexadecimal codes, each run within one plane.
pub(super) fn runs(text: &str) -> Vec<(Plane, String)> {
    let mut runs: Vec<(Plane, String)> = Vec::new();
    for character in text.chars() {
        let (plane, code) = encoded(character);
        match runs.last_mut() {
            Some((last, codes)) if *last == plane => codes.push_str(&code),
            _ => runs.push((plane, code)),
        }
    }
    runs
}

fn encoded(character: char) -> (Plane, String) {
    let number = u32::from(character);
    match u8::try_from(number >> 16).ok().filter(|plane| PLANES.contains(plane)) {
        Some(plane) => (Plane(plane), format!("{:04X}", number & 0xffff)),
        None => (Plane::BASIC, format!("{:04X}", u32::from(REPLACEMENT))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_codes_of_their_plane() {
        let expected = vec![
            (Plane(0), "00412014".to_owned()),
            (Plane(1), "D49CF600".to_owned()),
            (Plane(0), "0042FFFD".to_owned()),
        ];
        assert_eq!(runs("A\u{2014}\u{1d49c}\u{1f600}B\u{10ffff}"), expected);
    }

    #[test]
    fn a_map_covers_its_plane_and_no_surrogate() {
        let basic = Plane(0).to_unicode();
        assert_eq!(basic.matches("> <").count(), 2 * 248 + 1);
        assert!(basic.contains("<2000> <20FF> <2000>\n") && !basic.contains("<D800>"));
        assert!(basic.contains("100 beginbfrange\n") && basic.contains("48 beginbfrange\n"));
        let second = Plane(1).to_unicode();
        assert!(second.contains("<D400> <D4FF> <D835DC00>\n"), "{second}");
    }
}
