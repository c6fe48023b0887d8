//! An inert machine for the pickle of a checkpoint. It executes the opcodes that such a pickle needs,
//! knows the names on one list, and builds plain data; nothing that a file says can run code. The
//! file is taken to be hostile: length, operands, nesting, containers and memo are bounded.

mod code;
mod error;
mod global;
mod machine;
mod opcode;
mod stack;
mod value;

#[cfg(test)]
mod tests;

pub use error::PickleError;
pub(crate) use global::{Class, ElementType};
pub(super) use machine::execute;
pub(crate) use value::{Heap, Node, TensorView, Value};
