//! Keys, file names and messages come from outside. Printed as they are, they could move the cursor, rename the
//! window, or read backwards.

/// A text on one line in which nothing acts: control characters, and those that turn the direction of writing or are
/// not seen at all, are written as escapes.
pub fn visible(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same, but lines stay lines.
pub fn visible_lines(text: &str) -> String {
    escaped(text, |character| character == '\n')
}

/// A visible text of at most `width` characters; its middle goes first, for both ends of a key say something.
pub fn shortened(text: &str, width: usize) -> String {
    let text = visible(text);
    let length = text.chars().count();
    if length <= width {
        return text;
    }
    let (head, tail) = (width.saturating_sub(1) / 2, width.saturating_sub(1).div_ceil(2));
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) && !is_kept(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a terminal does something with a character other than showing it.
pub(super) fn acts(character: char) -> bool {
    // Soft hyphen, Arabic letter mark, zero-width and direction marks, separators of lines and paragraphs,
    // embeddings, overrides, isolates, byte order mark, interlinear annotations, tags.
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(character, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_any_more() {
        assert_eq!(visible("a\u{1b}[2Jb\u{9b}c\r\n\t"), r"a\u{1b}[2Jb\u{9b}c\r\n\t");
        assert_eq!(visible("fdp.\u{202e}exe"), r"fdp.\u{202e}exe");
        assert_eq!(visible_lines("a\nb\u{7f}"), "a\nb\\u{7f}");
        for character in (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|character| acts(*character)) {
            assert!(visible(&character.to_string()).is_ascii(), "{character:?}");
        }
    }

    #[test]
    fn what_only_shows_stays() {
        let text = "Größe § 12 — 判例 “x” \u{e9}\\";
        assert_eq!(visible(text), text);
    }

    #[test]
    fn the_middle_of_a_long_text_goes() {
        assert_eq!(shortened("abcdefgh", 8), "abcdefgh");
        assert_eq!(shortened("abcdefghi", 8), "abc…fghi");
        assert_eq!(shortened("\u{1b}\u{1b}", 8), r"\u{…{1b}");
        assert_eq!(shortened("abc", 1), "…");
    }
}
