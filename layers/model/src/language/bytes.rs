//! Reads little-endian numbers from the bytes of a language file. No length in the file is trusted: a part that is not
//! there is an error, and nothing is allocated for it.

use crate::error::ModelError;

/// The longest name or description in a language file, in bytes. Tesseract's own have fewer than 100.
const TEXT_LIMIT: usize = 1 << 10;

pub(super) struct Bytes<'a> {
    /// What the bytes are, for error messages.
    part: &'static str,
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) const fn new(part: &'static str, bytes: &'a [u8]) -> Self {
        Self { part, rest: bytes }
    }

    pub(super) const fn damaged(&self, reason: &'static str) -> ModelError {
        ModelError::LanguageDamaged { part: self.part, reason }
    }

    pub(super) fn remaining(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(super) fn slice(&mut self, length: usize) -> Result<&'a [u8], ModelError> {
        let (slice, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.damaged("it ends early"))?;
        self.rest = rest;
        Ok(slice)
    }

    /// Reads `count` numbers of `N` bytes each.
    pub(super) fn chunks<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], ModelError> {
        let length = count.checked_mul(N).ok_or_else(|| self.damaged("it ends early"))?;
        Ok(self.slice(length)?.as_chunks().0)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        self.chunks(1)?.first().copied().ok_or_else(|| self.damaged("it ends early"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, ModelError> {
        self.chunk().map(u8::from_le_bytes)
    }

    pub(super) fn integer(&mut self) -> Result<i32, ModelError> {
        self.chunk().map(i32::from_le_bytes)
    }

    /// A length or another size.
    pub(super) fn size(&mut self) -> Result<usize, ModelError> {
        usize::try_from(self.integer()?).map_err(|_| self.damaged("a size is negative"))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, ModelError> {
        let length = self.size()?;
        if length > TEXT_LIMIT {
            return Err(self.damaged("a name is too long"));
        }
        std::str::from_utf8(self.slice(length)?).map_err(|_| self.damaged("a name is not text"))
    }
}
