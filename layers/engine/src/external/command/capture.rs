//! What a child writes, kept within bounds.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};

/// Bytes read at a time: what a pipe holds by default.
const CHUNK: usize = 64 << 10;

/// Bytes of standard error that are kept: the last ones.
const TAIL: usize = 64 << 10;

/// Lines and characters that an error message quotes.
const QUOTED_LINES: usize = 8;
const QUOTED_CHARACTERS: usize = 2000;

/// What came of one attempt to read a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Some bytes came.
    Read,
    /// Nothing there for now.
    Empty,
    /// The other side has closed it.
    Closed,
}

/// Reads at most one chunk and hands it on.
pub(super) fn read_chunk(source: &mut impl Read, mut keep: impl FnMut(&[u8])) -> std::io::Result<Progress> {
    let mut chunk = [0; CHUNK];
    match source.read(&mut chunk) {
        Ok(0) => Ok(Progress::Closed),
        Ok(count) => {
            keep(chunk.get(..count).unwrap_or_default());
            Ok(Progress::Read)
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(Progress::Empty),
        Err(error) => Err(error),
    }
}

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub(super) struct Tail(VecDeque<u8>);

impl Tail {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        self.0.drain(..self.0.len().saturating_sub(TAIL));
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into()
    }
}

/// The last lines of what a program wrote, fit to be quoted: Ghostscript complains on its standard
/// output, the others on standard error.
pub(super) fn last_lines(stdout: &[u8], stderr: &[u8]) -> String {
    let mut lines = quotable_lines(stdout);
    lines.extend(quotable_lines(stderr));
    let text = lines.split_off(lines.len().saturating_sub(QUOTED_LINES)).join("\n");
    let surplus = text.chars().count().saturating_sub(QUOTED_CHARACTERS);
    text.chars().skip(surplus).collect()
}

fn quotable_lines(bytes: &[u8]) -> Vec<String> {
    let tail = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default();
    String::from_utf8_lossy(tail)
        .lines()
        .map(|line| line.chars().filter(|character| !character.is_control()).collect::<String>())
        .filter(|line| !line.trim().is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_keeps_the_last_bytes() {
        let mut tail = Tail::default();
        tail.push(&[b'a'; TAIL]);
        tail.push(b"end");
        let bytes = tail.into_bytes();
        assert_eq!(bytes.len(), TAIL);
        assert!(bytes.ends_with(b"aend"));
    }

    #[test]
    fn quoted_lines_are_the_last_ones_of_both_streams() {
        let stdout = (0..20).map(|line| format!("out {line}\n")).collect::<String>();
        let quoted = last_lines(stdout.as_bytes(), b"one\n\n\x1b[31mtwo\xff\n");
        assert!(quoted.starts_with("out 14\n"), "{quoted}");
        assert!(quoted.ends_with("one\n[31mtwo\u{fffd}"), "{quoted}");
    }

    #[test]
    fn a_quoted_line_has_a_bounded_length() {
        assert_eq!(last_lines(&[b'x'; 100_000], b"").chars().count(), QUOTED_CHARACTERS);
    }
}
