//! The graph of a network while it is built.

use super::module::Module;
use crate::error::ModelError;
use crate::onnx::{Attribute, Edge, Elements, Graph, OnnxOperator};

/// The most modules that are translated; a shared module counts each time. The largest network has about 1,000.
const MODULE_LIMIT: usize = 4_096;
/// The most weights in one network. The largest YOLOv8 has 68 million, the largest YOLO11 57.
const WEIGHT_LIMIT: usize = 128 << 20;

/// A feature map.
#[derive(Debug, Clone)]
pub(super) struct Features {
    pub(super) edge: Edge,
    pub(super) channels: usize,
    /// The number of pixels of the image, in each direction, that one feature covers.
    pub(super) scale: usize,
}

#[derive(Default)]
pub(super) struct Builder {
    pub(super) graph: Graph,
    modules: usize,
    weights: usize,
}

impl Builder {
    /// Counts a module towards the limit. A crafted tree can contain one shared module in exponentially many places.
    pub(super) fn visit(&mut self) -> Result<(), ModelError> {
        self.modules += 1;
        if self.modules > MODULE_LIMIT {
            return Err(ModelError::NetworkLimit { what: "modules", limit: MODULE_LIMIT });
        }
        Ok(())
    }

    pub(super) fn integers(&mut self, scope: &str, values: &[i64]) -> Edge {
        self.graph.integers(scope, values.to_vec())
    }

    pub(super) fn integer(&mut self, scope: &str, value: i64) -> Edge {
        self.graph.constant(scope, Vec::new(), Elements::Integer(vec![value]))
    }

    pub(super) fn number(&mut self, scope: &str, value: f32) -> Edge {
        self.graph.constant(scope, Vec::new(), Elements::Single(vec![value]))
    }

    pub(super) fn add(&mut self, module: &Module, operator: OnnxOperator) -> Edge {
        self.graph.add(&module.path, operator)
    }

    pub(super) fn concatenate(&mut self, module: &Module, parts: &[Features]) -> Features {
        let edges: Vec<&Edge> = parts.iter().map(|part| &part.edge).collect();
        let operator = OnnxOperator::new("Concat", &edges).with("axis", Attribute::Integer(1));
        Features {
            edge: self.add(module, operator),
            channels: parts.iter().map(|part| part.channels).sum(),
            scale: parts.first().map_or(1, |part| part.scale),
        }
    }

    /// Adds features of the same shape.
    pub(super) fn sum(&mut self, module: &Module, one: &Features, other: &Features) -> Result<Features, ModelError> {
        let (expected, found) = (one.channels, other.channels);
        if found != expected {
            return Err(ModelError::Channels { module: module.path.clone(), expected, found });
        }
        let edge = self.add(module, OnnxOperator::new("Add", &[&one.edge, &other.edge]));
        Ok(Features { edge, ..*other })
    }

    /// The height and width of features.
    pub(super) fn sides(&mut self, module: &Module, features: &Edge) -> Edge {
        let shape = self.add(module, OnnxOperator::new("Shape", &[features]));
        let [start, end] = [[2], [4]].map(|values| self.integers(&module.path, &values));
        self.add(module, OnnxOperator::new("Slice", &[&shape, &start, &end]))
    }

    pub(super) fn reshape(&mut self, module: &Module, input: &Edge, shape: &[i64]) -> Edge {
        let shape = self.integers(&module.path, shape);
        self.add(module, OnnxOperator::new("Reshape", &[input, &shape]))
    }

    pub(super) fn transpose(&mut self, module: &Module, input: &Edge, order: [i64; 4]) -> Edge {
        let order = Attribute::Integers(order.to_vec());
        self.add(module, OnnxOperator::new("Transpose", &[input]).with("perm", order))
    }

    pub(super) fn count_weights(&mut self, count: usize) -> Result<(), ModelError> {
        self.weights = self.weights.saturating_add(count);
        if self.weights > WEIGHT_LIMIT {
            return Err(ModelError::NetworkLimit { what: "weights", limit: WEIGHT_LIMIT });
        }
        Ok(())
    }
}
