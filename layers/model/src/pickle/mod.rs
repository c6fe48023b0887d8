//! An inert machine for the pickle of a checkpoint. It executes only the opcodes that such a pickle needs, knows only
//! the names on one list, and builds plain data. Nothing in a file can make it run code. The file is assumed to be
//! hostile: the length, operands, nesting, containers and memo are bounded.

mod machine;
mod program;
mod values;

#[cfg(test)]
mod tests;

pub(crate) use machine::execute;
pub(crate) use values::{Class, ElementType, Heap, Node, TensorView, Value};
