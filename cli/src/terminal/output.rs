//! Standard output.

use super::visible::acts;
use crate::service::ServiceError;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Writes a text and the end of its line.
///
/// # Errors
/// When standard output does not take it. A reader that has gone away, such as `head`, has seen enough: that is none.
pub fn print(text: &str) -> Result<(), ServiceError> {
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(ServiceError::Output { cause }),
        _ => Ok(()),
    }
}

/// Writes a value as JSON on one line, which does not harm a terminal either.
///
/// # Errors
/// As [`print`].
pub fn print_json(value: &impl Serialize) -> Result<(), ServiceError> {
    print(&json(value)?)
}

fn json(value: &impl Serialize) -> Result<String, ServiceError> {
    let text = serde_json::to_string(value).map_err(|error| ServiceError::Output { cause: error.into() })?;
    // JSON escapes only the first 32 control characters. Whatever else acts stands inside a string, where an escape
    // means the same.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_change_nothing_but_the_spelling() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}\n\"\\é判";
        let json = json(&text).unwrap();
        assert_eq!(json, r#""a\u001b\u009b\u202e\udb40\udc41\n\"\\é判""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
