//! A reader under a JPEG decoder that notices when the decoder has to look for the next marker.
//!
//! Bytes overwritten in the middle of a scan are mostly still valid Huffman codes: the decoder goes on,
//! fills its blocks too early, and then skips what is left of the scan byte by byte without a word. While
//! it decodes it reads four bytes at a time; a long run of single bytes is that search.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// Bytes under a decoder.
pub(super) struct WatchedReader<'b> {
    data: &'b [u8],
    position: usize,
    /// Where watching starts: headers are read byte by byte, too.
    watched_from: usize,
    /// Single bytes read since the last larger read or step back.
    run: usize,
    longest_run: usize,
}

impl<'b> WatchedReader<'b> {
    pub(super) const fn new(data: &'b [u8], watched_from: usize) -> Self {
        Self { data, position: 0, watched_from, run: 0, longest_run: 0 }
    }

    /// The longest run of single bytes among the watched.
    pub(super) const fn longest_run(&self) -> usize {
        self.longest_run
    }

    fn rest(&self) -> &'b [u8] {
        self.data.get(self.position..).unwrap_or_default()
    }
}

impl Read for WatchedReader<'_> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.rest();
        let length = buffer.len().min(rest.len());
        if let (1, [only, ..], [first, ..]) = (length, &mut *buffer, rest) {
            *only = *first;
            self.run += usize::from(self.position >= self.watched_from);
            self.longest_run = self.longest_run.max(self.run);
        } else {
            buffer[..length].copy_from_slice(&rest[..length]);
            self.run = 0;
        }
        self.position += length;
        Ok(length)
    }
}

impl BufRead for WatchedReader<'_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl Seek for WatchedReader<'_> {
    #[inline]
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let (start, distance) = match target {
            SeekFrom::Start(offset) => (0, i64::try_from(offset).unwrap_or(i64::MAX)),
            SeekFrom::End(distance) => (self.data.len(), distance),
            SeekFrom::Current(distance) => (self.position, distance),
        };
        let position = isize::try_from(distance).ok().and_then(|by| start.checked_add_signed(by));
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        if position != self.position {
            self.run = 0;
        }
        self.position = position;
        Ok(position as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unbroken_single_reads_add_up() {
        let mut reader = WatchedReader::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 1);
        let (mut one, mut two) = ([0], [0, 0]);
        (0..3).for_each(|_| reader.read_exact(&mut one).unwrap());
        assert_eq!(reader.longest_run(), 2);
        reader.read_exact(&mut two).unwrap();
        reader.read_exact(&mut one).unwrap();
        reader.seek(SeekFrom::Current(-1)).unwrap();
        reader.read_exact(&mut one).unwrap();
        assert_eq!((one, reader.longest_run()), ([6], 2));
        (0..3).for_each(|_| reader.read_exact(&mut one).unwrap());
        assert_eq!(reader.longest_run(), 4);
    }
}
