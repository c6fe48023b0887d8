//! The machine's operand stack, with pickle's marks and bounds of its own.

use super::{PickleError, Value};

/// Operands at once; the real checkpoints need a few dozen.
const OPERAND_LIMIT: usize = 65_536;
/// Marks at once, that is, how deep containers nest.
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

    /// The top operand, never one below the last mark.
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

    /// The operands above the last mark, which goes with them.
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
