//! The machine, with one function for each kind of instruction.

use super::program::{Code, Stack, opcode};
use super::values::{self, Global, Heap, Node, Storage, TensorView, Value};
use crate::error::PickleError;
use std::collections::HashMap;

/// The size limit of a pickle in bytes. The real checkpoints have 130,000.
const LENGTH_LIMIT: usize = 1 << 20;
/// The most values in the memo. The real checkpoints have about 10,500.
const MEMO_LIMIT: usize = 131_072;
/// The most dimensions of a tensor. A convolution's weight has 4.
const DIMENSION_LIMIT: usize = 8;

/// Runs a pickle to its end. Returns its value and the arena that the value refers to.
pub(crate) fn execute(pickle: &[u8]) -> Result<(Value, Heap), PickleError> {
    if pickle.len() > LENGTH_LIMIT {
        return Err(PickleError::Limit { what: "bytes", limit: LENGTH_LIMIT });
    }
    let mut machine =
        Machine { code: Code::new(pickle), heap: Heap::default(), stack: Stack::default(), memo: HashMap::new() };
    loop {
        match machine.code.byte()? {
            opcode::STOP => return Ok((machine.pop()?, machine.heap)),
            opcode => machine.step(opcode)?,
        }
    }
}

struct Machine<'a> {
    code: Code<'a>,
    heap: Heap,
    stack: Stack,
    memo: HashMap<u32, Value>,
}

impl Machine<'_> {
    fn step(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            opcode::PROTOCOL => self.protocol(),
            opcode::MARK => self.stack.mark(),
            opcode::APPEND | opcode::APPEND_MANY => self.append(opcode),
            opcode::SET_ITEM | opcode::SET_MANY => self.set(opcode),
            opcode::BUILD => self.build(),
            opcode::PUT_8 | opcode::PUT_32 => self.remember(opcode),
            _ => {
                let value = self.value(opcode)?;
                self.stack.push(value)
            }
        }
    }

    /// Executes an instruction that pushes a result.
    fn value(&mut self, opcode: u8) -> Result<Value, PickleError> {
        match opcode {
            opcode::GLOBAL => self.global(),
            opcode::CALL => self.call(),
            opcode::NEW_OBJECT => self.new_object(),
            opcode::PERSISTENT => self.persistent(),
            opcode::GET_8 | opcode::GET_32 => self.recall(opcode),
            opcode::EMPTY_LIST => self.heap.add(Node::List(Vec::new())),
            opcode::EMPTY_DICTIONARY => self.heap.add(Node::Dictionary(Vec::new())),
            opcode::EMPTY_TUPLE | opcode::TUPLE | opcode::TUPLE_1 | opcode::TUPLE_2 | opcode::TUPLE_3 => {
                self.tuple(opcode)
            }
            _ => self.literal(opcode),
        }
    }

    fn literal(&mut self, opcode: u8) -> Result<Value, PickleError> {
        Ok(match opcode {
            opcode::NONE => Value::None,
            opcode::TRUE => Value::Boolean(true),
            opcode::FALSE => Value::Boolean(false),
            opcode::INTEGER_8 => Value::Integer(self.code.byte()?.into()),
            opcode::INTEGER_16 => Value::Integer(u16::from_le_bytes(self.code.array()?).into()),
            opcode::INTEGER_32 => Value::Integer(i32::from_le_bytes(self.code.array()?).into()),
            opcode::FLOAT_64 => Value::Float(f64::from_be_bytes(self.code.array()?)),
            opcode::TEXT => Value::Text(self.code.text()?.into()),
            _ => {
                return Err(PickleError::Opcode { opcode, at: self.code.position() - 1 });
            }
        })
    }

    fn protocol(&mut self) -> Result<(), PickleError> {
        match self.code.byte()? {
            2 => Ok(()),
            _ => Err(self.malformed("the protocol is not 2")),
        }
    }

    fn tuple(&mut self, opcode: u8) -> Result<Value, PickleError> {
        let items = match opcode {
            opcode::EMPTY_TUPLE => Some(Vec::new()),
            opcode::TUPLE_1 => self.stack.pop_many(1),
            opcode::TUPLE_2 => self.stack.pop_many(2),
            opcode::TUPLE_3 => self.stack.pop_many(3),
            _ => self.stack.pop_to_mark(),
        };
        let items = items.ok_or_else(|| self.malformed("operands are missing"))?;
        self.heap.add(Node::Tuple(items))
    }

    /// One operand, or all operands above the mark.
    fn operands(&mut self, many: bool, single: usize) -> Result<Vec<Value>, PickleError> {
        let operands = if many { self.stack.pop_to_mark() } else { self.stack.pop_many(single) };
        operands.ok_or_else(|| self.malformed("operands are missing"))
    }

    fn append(&mut self, opcode: u8) -> Result<(), PickleError> {
        let mut operands = self.operands(opcode == opcode::APPEND_MANY, 1)?;
        match self.stack.top().and_then(|top| self.heap.node_mut(top)) {
            Some(Node::List(items)) => items.append(&mut operands),
            _ => return Err(self.malformed("it appends to a value that is not a list")),
        }
        Ok(())
    }

    fn set(&mut self, opcode: u8) -> Result<(), PickleError> {
        let operands = self.operands(opcode == opcode::SET_MANY, 2)?;
        let (pairs, rest) = operands.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.malformed("a key has no value"));
        }
        match self.stack.top().and_then(|top| self.heap.node_mut(top)) {
            Some(Node::Dictionary(entries)) => {
                entries.extend(pairs.iter().map(|[key, value]| (key.clone(), value.clone())))
            }
            _ => return Err(self.malformed("it adds an entry to a value that is not a dictionary")),
        }
        Ok(())
    }

    fn global(&mut self) -> Result<Value, PickleError> {
        let (module, name) = (self.code.line()?, self.code.line()?);
        values::find(module, name).map(Value::Global)
    }

    /// "Calls" one of the few functions on the list. Each of them only rearranges its arguments.
    fn call(&mut self) -> Result<Value, PickleError> {
        let arguments = self.pop()?;
        let Value::Global(function) = self.pop()? else {
            return Err(self.malformed("it calls a value that is not a function"));
        };
        let made = match (function, self.heap.tuple(&arguments).unwrap_or_default()) {
            (Global::OrderedDictionary, []) => Some(Node::Dictionary(Vec::new())),
            // The argument itself, not a copy. Copies of a long list would let a short pickle use a lot of memory.
            (Global::Set | Global::Size | Global::RebuildParameter, [argument, ..]) => {
                return Ok(argument.clone());
            }
            (Global::RebuildTensor, [storage, offset, shape, strides, ..]) => {
                self.tensor(storage, offset, shape, strides).map(Node::Tensor)
            }
            _ => None,
        };
        let made = made.ok_or_else(|| self.malformed("it calls a function with unsuitable arguments"))?;
        self.heap.add(made)
    }

    fn tensor(&self, storage: &Value, offset: &Value, shape: &Value, strides: &Value) -> Option<TensorView> {
        let Node::Storage(storage) = self.heap.node(storage)? else {
            return None;
        };
        let dimensions = |value| self.heap.integers(value).filter(|dimensions| dimensions.len() <= DIMENSION_LIMIT);
        Some(TensorView {
            storage: storage.clone(),
            offset: offset.integer()?,
            shape: dimensions(shape)?,
            strides: dimensions(strides)?,
        })
    }

    /// A reference to a storage: `("storage", type, key, device, elements)`.
    fn persistent(&mut self) -> Result<Value, PickleError> {
        let identity = self.pop()?;
        let storage = match self.heap.tuple(&identity) {
            Some([Value::Text(kind), Value::Global(Global::Storage(element)), Value::Text(key), _, _])
                if &**kind == "storage" =>
            {
                Some(Storage { element: *element, key: key.clone() })
            }
            _ => None,
        };
        let storage = storage.ok_or_else(|| self.malformed("a reference does not name a storage"))?;
        self.heap.add(Node::Storage(storage))
    }

    fn new_object(&mut self) -> Result<Value, PickleError> {
        let arguments = self.pop()?;
        match (self.pop()?, self.heap.tuple(&arguments)) {
            (Value::Global(Global::Class(class)), Some([])) => self.heap.add(Node::Object { class, state: None }),
            _ => Err(self.malformed("it creates an object of a class that is not a module class")),
        }
    }

    fn build(&mut self) -> Result<(), PickleError> {
        let attributes = self.pop()?;
        let is_dictionary = self.heap.dictionary(&attributes).is_some();
        match self.stack.top().and_then(|top| self.heap.node_mut(top)) {
            Some(Node::Object { state, .. }) if is_dictionary => *state = Some(attributes),
            _ => return Err(self.malformed("it sets the state of a value that is not an object")),
        }
        Ok(())
    }

    fn remember(&mut self, opcode: u8) -> Result<(), PickleError> {
        let key = self.memo_key(opcode == opcode::PUT_32)?;
        let value = self.stack.top().cloned().ok_or_else(|| self.malformed("there is no value to remember"))?;
        if self.memo.len() >= MEMO_LIMIT {
            return Err(PickleError::Limit { what: "remembered values", limit: MEMO_LIMIT });
        }
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<Value, PickleError> {
        let key = self.memo_key(opcode == opcode::GET_32)?;
        let value = self.memo.get(&key).cloned();
        value.ok_or_else(|| self.malformed("it recalls a value that it never remembered"))
    }

    fn memo_key(&mut self, wide: bool) -> Result<u32, PickleError> {
        if wide { self.code.unsigned() } else { self.code.byte().map(u32::from) }
    }

    fn pop(&mut self) -> Result<Value, PickleError> {
        self.stack.pop().ok_or_else(|| self.malformed("operands are missing"))
    }

    const fn malformed(&self, reason: &'static str) -> PickleError {
        PickleError::Malformed { reason, at: self.code.position() }
    }
}
