//! The pickle's bytes and a position in them.

use super::PickleError;

pub(super) struct Code<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Code<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) const fn position(&self) -> usize {
        self.position
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let truncated = PickleError::Truncated { at: self.bytes.len() };
        let end = self.position.checked_add(length).ok_or_else(|| truncated.clone())?;
        let taken = self.bytes.get(self.position..end).ok_or(truncated)?;
        self.position = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn unsigned(&mut self) -> Result<u32, PickleError> {
        self.array().map(u32::from_le_bytes)
    }

    /// UTF-8 text after its length in bytes.
    pub(super) fn text(&mut self) -> Result<&'a str, PickleError> {
        let length = self.unsigned()?;
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.utf8(bytes)
    }

    /// Text up to a line feed, which is consumed.
    pub(super) fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == b'\n');
        let length = length.ok_or(PickleError::Truncated { at: self.bytes.len() })?;
        let line = self.take(length)?;
        self.byte()?;
        self.utf8(line)
    }

    fn utf8(&self, bytes: &'a [u8]) -> Result<&'a str, PickleError> {
        std::str::from_utf8(bytes)
            .map_err(|_| PickleError::Malformed { reason: "text is not UTF-8", at: self.position })
    }
}
