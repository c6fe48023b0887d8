//! Standard output, and texts that cannot harm a terminal.
//!
//! Keys, file names and messages come from outside. Printed unchanged, they could move the cursor, rename the window or
//! read backwards.

use domain::FailureCode;
use serde::Serialize;
use std::io::{ErrorKind, Write};

#[derive(Debug, thiserror::Error)]
#[error("Standard output cannot be written: {0}.")]
pub struct StandardOutputError(std::io::Error);

impl StandardOutputError {
    pub const fn code(&self) -> FailureCode {
        FailureCode::CommandOutput
    }
}

/// Writes a text and a line break. A reader that closed the pipe, such as `head`, is not an error.
pub fn print(text: &str) -> Result<(), StandardOutputError> {
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(StandardOutputError(cause)),
        _ => Ok(()),
    }
}

/// Writes a value as JSON on one line.
pub fn print_json(value: &impl Serialize) -> Result<(), StandardOutputError> {
    print(&json(value)?)
}

/// JSON escapes only the first 32 control characters. The other characters that act upon a terminal can only be inside
/// a string, where an escape means the same.
fn json(value: &impl Serialize) -> Result<String, StandardOutputError> {
    let text = serde_json::to_string(value).map_err(|error| StandardOutputError(error.into()))?;
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            character if acts(character) => safe.extend(character.encode_utf16(&mut [0; 2]).iter().map(escape)),
            character => safe.push(character),
        }
    }
    Ok(safe)
}

fn escape(unit: &u16) -> String {
    format!("\\u{unit:04x}")
}

/// The text on one line, with every character that acts upon a terminal written as an escape.
pub fn visible(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same, but line breaks are kept.
pub fn visible_lines(text: &str) -> String {
    escaped(text, |character| character == '\n')
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

/// Whether a terminal does anything with a character but show it.
fn acts(character: char) -> bool {
    // Soft hyphen, Arabic letter mark, zero-width and direction marks, separators of lines and paragraphs,
    // embeddings, overrides, isolates, byte order mark, interlinear annotations, tags.
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(character, '\u{e0000}'..='\u{e007f}')
}

pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_escapes_change_only_the_spelling() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}\n\"\\é判";
        let json = json(&text).unwrap();
        assert_eq!(json, r#""a\u001b\u009b\u202e\udb40\udc41\n\"\\é判""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn no_character_acts_upon_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\u{9b}c\r\n\t"), r"a\u{1b}[2Jb\u{9b}c\r\n\t");
        assert_eq!(visible("fdp.\u{202e}exe"), r"fdp.\u{202e}exe");
        assert_eq!(visible_lines("a\nb\u{7f}"), "a\nb\\u{7f}");
        for character in (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|character| acts(*character)) {
            assert!(visible(&character.to_string()).is_ascii(), "{character:?}");
        }
    }

    #[test]
    fn harmless_text_is_unchanged() {
        let text = "Größe § 12 — 判例 “x” \u{e9}\\";
        assert_eq!(visible(text), text);
    }
}
