//! The graph of a network under construction.

use super::NetworkError;
use super::convolution::Convolution;
use super::module::Module;
use super::winograd;
use crate::checkpoint::Class;
use crate::onnx::{Attribute, Edge, Elements, Graph, Operator};

/// Modules translated, one that is shared counted each time; the largest YOLOv8 has about 600.
const MODULE_LIMIT: usize = 4_096;
/// Weights of one network; the largest YOLOv8 has 68 million.
const WEIGHT_LIMIT: usize = 128 << 20;

/// A map of features.
#[derive(Debug, Clone)]
pub(super) struct Features {
    pub(super) edge: Edge,
    pub(super) channels: usize,
    /// Pixels of the image that one feature stands for, each way.
    pub(super) scale: usize,
}

#[derive(Default)]
pub(super) struct Builder {
    pub(super) graph: Graph,
    modules: usize,
    weights: usize,
}

impl Builder {
    /// Counts a module against the bound: a crafted tree can share one module in exponentially many places.
    pub(super) fn visit(&mut self) -> Result<(), NetworkError> {
        self.modules += 1;
        if self.modules > MODULE_LIMIT {
            return Err(NetworkError::Limit { what: "modules", limit: MODULE_LIMIT });
        }
        Ok(())
    }

    pub(super) fn integers(&mut self, scope: &str, values: &[i64]) -> Edge {
        let dimensions = vec![values.len().try_into().unwrap_or(i64::MAX)];
        self.graph.constant(scope, dimensions, Elements::Integer(values.to_vec()))
    }

    pub(super) fn integer(&mut self, scope: &str, value: i64) -> Edge {
        self.graph.constant(scope, Vec::new(), Elements::Integer(vec![value]))
    }

    pub(super) fn number(&mut self, scope: &str, value: f32) -> Edge {
        self.graph.constant(scope, Vec::new(), Elements::Single(vec![value]))
    }

    pub(super) fn add(&mut self, module: &Module, operator: Operator) -> Edge {
        self.graph.add(&module.path, operator)
    }

    pub(super) fn concatenate(&mut self, module: &Module, parts: &[Features]) -> Features {
        let edges: Vec<&Edge> = parts.iter().map(|part| &part.edge).collect();
        let operator = Operator::new("Concat", &edges).with("axis", Attribute::Integer(1));
        Features {
            edge: self.add(module, operator),
            channels: parts.iter().map(|part| part.channels).sum(),
            scale: parts.first().map_or(1, |part| part.scale),
        }
    }

    /// A convolution and, where the module has one, its activation. `x · sigmoid(x)` in two operators is
    /// the form that ONNX Runtime recognises and fuses.
    pub(super) fn convolve(
        &mut self,
        module: &Module,
        input: &Features,
        convolution: Convolution,
    ) -> Result<Features, NetworkError> {
        let features = self.convolve_linear(module, input, convolution)?;
        let activation = module.child_if_present("act")?.map_or(Class::Identity, |activation| activation.class);
        match activation {
            Class::Identity => Ok(features),
            Class::SiLU => {
                let gate = self.add(module, Operator::new("Sigmoid", &[&features.edge]));
                let edge = self.add(module, Operator::new("Mul", &[&features.edge, &gate]));
                Ok(Features { edge, ..features })
            }
            _ => Err(module.unsupported("its activation is not SiLU")),
        }
    }

    pub(super) fn convolve_linear(
        &mut self,
        module: &Module,
        input: &Features,
        convolution: Convolution,
    ) -> Result<Features, NetworkError> {
        let [channels, inputs, _, _] = convolution.shape;
        let (found, expected) = (inputs.saturating_mul(convolution.groups), input.channels);
        if found != expected {
            return Err(NetworkError::Channels { module: module.path.clone(), expected, found });
        }
        self.count_weights(convolution.weight.len())?;
        let scale = input.scale.saturating_mul(convolution.step());
        let edge = if winograd::pays(&convolution, input) {
            winograd::convolve(self, module, input, convolution)
        } else {
            self.convolve_directly(module, input, convolution)
        };
        Ok(Features { edge, channels, scale })
    }

    fn convolve_directly(&mut self, module: &Module, input: &Features, convolution: Convolution) -> Edge {
        let dimensions = convolution.shape.map(|size| i64::try_from(size).unwrap_or(i64::MAX)).to_vec();
        let (outputs, kernel) = (vec![dimensions[0]], dimensions[2..].to_vec());
        let weight = self.graph.constant(&module.path, dimensions, Elements::Single(convolution.weight));
        let bias = self.graph.constant(&module.path, outputs, Elements::Single(convolution.bias));
        let padding = [convolution.padding, convolution.padding].concat();
        let groups = convolution.groups.try_into().unwrap_or(i64::MAX);
        let operator = Operator::new("Conv", &[&input.edge, &weight, &bias])
            .with("kernel_shape", Attribute::Integers(kernel))
            .with("strides", Attribute::Integers(convolution.strides.to_vec()))
            .with("pads", Attribute::Integers(padding))
            .with("dilations", Attribute::Integers(convolution.dilations.to_vec()))
            .with("group", Attribute::Integer(groups));
        self.add(module, operator)
    }

    fn count_weights(&mut self, count: usize) -> Result<(), NetworkError> {
        self.weights = self.weights.saturating_add(count);
        if self.weights > WEIGHT_LIMIT {
            return Err(NetworkError::Limit { what: "weights", limit: WEIGHT_LIMIT });
        }
        Ok(())
    }
}
