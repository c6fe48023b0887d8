//! The opcodes, the pickle's bytes, and the operand stack.

use super::values::Value;
use crate::error::PickleError;

/// The opcodes of pickle protocol 2 that a checkpoint uses. Every other opcode is refused, including all that offer
/// a second way to reach code (INST, OBJ, `STACK_GLOBAL`, the extension registry).
pub(super) mod opcode {
    pub(in crate::pickle) const PROTOCOL: u8 = 0x80;
    pub(in crate::pickle) const STOP: u8 = b'.';

    pub(in crate::pickle) const NONE: u8 = b'N';
    pub(in crate::pickle) const TRUE: u8 = 0x88;
    pub(in crate::pickle) const FALSE: u8 = 0x89;
    pub(in crate::pickle) const INTEGER_32: u8 = b'J';
    pub(in crate::pickle) const INTEGER_8: u8 = b'K';
    pub(in crate::pickle) const INTEGER_16: u8 = b'M';
    pub(in crate::pickle) const FLOAT_64: u8 = b'G';
    pub(in crate::pickle) const TEXT: u8 = b'X';

    pub(in crate::pickle) const MARK: u8 = b'(';
    pub(in crate::pickle) const EMPTY_TUPLE: u8 = b')';
    pub(in crate::pickle) const TUPLE: u8 = b't';
    pub(in crate::pickle) const TUPLE_1: u8 = 0x85;
    pub(in crate::pickle) const TUPLE_2: u8 = 0x86;
    pub(in crate::pickle) const TUPLE_3: u8 = 0x87;
    pub(in crate::pickle) const EMPTY_LIST: u8 = b']';
    pub(in crate::pickle) const APPEND: u8 = b'a';
    pub(in crate::pickle) const APPEND_MANY: u8 = b'e';
    pub(in crate::pickle) const EMPTY_DICTIONARY: u8 = b'}';
    pub(in crate::pickle) const SET_ITEM: u8 = b's';
    pub(in crate::pickle) const SET_MANY: u8 = b'u';

    pub(in crate::pickle) const GLOBAL: u8 = b'c';
    pub(in crate::pickle) const CALL: u8 = b'R';
    pub(in crate::pickle) const NEW_OBJECT: u8 = 0x81;
    pub(in crate::pickle) const BUILD: u8 = b'b';
    pub(in crate::pickle) const PERSISTENT: u8 = b'Q';

    pub(in crate::pickle) const PUT_8: u8 = b'q';
    pub(in crate::pickle) const PUT_32: u8 = b'r';
    pub(in crate::pickle) const GET_8: u8 = b'h';
    pub(in crate::pickle) const GET_32: u8 = b'j';
}

/// The pickle's bytes and the current position in them.
pub(super) struct Code<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Code<'a> {
    pub(in crate::pickle) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(in crate::pickle) const fn position(&self) -> usize {
        self.position
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
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

    /// UTF-8 text, preceded by its length in bytes.
    pub(super) fn text(&mut self) -> Result<&'a str, PickleError> {
        let length = self.unsigned()?;
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.utf8(bytes)
    }

    /// Text up to a line feed. The line feed is consumed.
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

/// The most operands on the stack. The real checkpoints need a few dozen.
const OPERAND_LIMIT: usize = 65_536;
/// The most marks on the stack, which is how deep containers nest.
const MARK_LIMIT: usize = 256;

#[derive(Default)]
pub(super) struct Stack {
    values: Vec<Value>,
    marks: Vec<usize>,
}

impl Stack {
    pub(super) fn push(&mut self, value: Value) -> Result<(), PickleError> {
        if self.values.len() >= OPERAND_LIMIT {
            return Err(PickleError::Limit { what: "operands", limit: OPERAND_LIMIT });
        }
        self.values.push(value);
        Ok(())
    }

    /// The top operand, but never one below the last mark.
    pub(super) fn pop(&mut self) -> Option<Value> {
        if self.values.len() > self.floor() { self.values.pop() } else { None }
    }

    pub(super) fn top(&self) -> Option<&Value> {
        self.values.get(self.floor()..)?.last()
    }

    pub(super) fn mark(&mut self) -> Result<(), PickleError> {
        if self.marks.len() >= MARK_LIMIT {
            return Err(PickleError::Limit { what: "nested containers", limit: MARK_LIMIT });
        }
        self.marks.push(self.values.len());
        Ok(())
    }

    /// Takes the operands above the last mark, and the mark itself.
    pub(super) fn pop_to_mark(&mut self) -> Option<Vec<Value>> {
        self.marks.pop().map(|mark| self.values.split_off(mark))
    }

    /// The top `count` operands, in the order in which they were pushed.
    pub(super) fn pop_many(&mut self, count: usize) -> Option<Vec<Value>> {
        let start = self.values.len().checked_sub(count)?;
        (start >= self.floor()).then(|| self.values.split_off(start))
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }
}
