//! ONNX: a graph in memory, and its bytes.

mod encode;
mod graph;
mod protobuf;

pub(crate) use encode::encode;
pub(crate) use graph::{Attribute, Dimension, Edge, Elements, Graph, Operator};
