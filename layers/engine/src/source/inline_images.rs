//! Images inside a content stream, found without reading the stream: looking for the end of an inline
//! image takes time that grows with the square of what a hostile file puts there.

use hayro_syntax::object::{Dict, FromBytes, Number};

/// Bytes that the dictionary of an inline image may take.
const DICTIONARY_BYTES: usize = 4096;

/// Width and height of the largest inline image; `None` when no operator in the bytes, not even inside
/// a string, could start one. An image whose size cannot be read counts as 0 by 0.
pub(super) fn largest(content: &[u8]) -> Option<(u64, u64)> {
    let starts = (0..content.len()).filter_map(|at| operator_end(content, at));
    starts.map(|start| size(&content[start..])).max_by_key(|(width, height)| width.saturating_mul(*height))
}

/// Where the operator `BI`, also in its escaped spellings, ends, if one is at `at`.
fn operator_end(content: &[u8], at: usize) -> Option<usize> {
    const SPELLINGS: [&[u8]; 6] = [b"BI", b"B#49", b"#42I", b"#42#49", b"#62I", b"B#69"];
    if !matches!(content[at], b'B' | b'#') || (at > 0 && is_regular(content[at - 1])) {
        return None;
    }
    let spelling = SPELLINGS.iter().find(|spelling| content[at..].starts_with(spelling))?;
    let end = at + spelling.len();
    content.get(end).is_none_or(|next| !is_regular(*next)).then_some(end)
}

const fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn size(content: &[u8]) -> (u64, u64) {
    let window = &content[..content.len().min(DICTIONARY_BYTES)];
    let end = window.windows(2).position(|pair| pair == b"ID").unwrap_or(window.len());
    let text = [b"<<", &window[..end], b">>"].concat();
    let Some(dict) = Dict::from_bytes(&text) else {
        return (0, 0);
    };
    let side = |short, long| {
        let number = dict.get::<Number>(short).or_else(|| dict.get::<Number>(long));
        number.map_or(0, |number| u64::try_from(number.as_i64()).unwrap_or(0))
    };
    (side("W", "Width"), side("H", "Height"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_either_spelling() {
        assert_eq!(largest(b"q BI /W 20 /H 30 ID xx EI Q"), Some((20, 30)));
        assert_eq!(largest(b"BI/Width 9/Height 4 ID EI BI/W 2/H 2 ID EI"), Some((9, 4)));
        assert_eq!(largest(b"q B#49 /W 20 /H 30 ID"), Some((20, 30)));
        assert_eq!(largest(b"(BI"), Some((0, 0)));
    }

    #[test]
    fn words_that_only_hold_the_letters_do_not_count() {
        assert_eq!(largest(b"/BIG Do ABI BIT B"), None);
    }
}
