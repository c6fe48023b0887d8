//! Convolutions with batch normalisation folded in.

use super::module::Module;
use crate::error::ModelError;
use crate::pickle::Class;
use std::ops::Range;

/// A convolution as it is written to the graph. The shape of `weight` is [outputs, inputs / groups, height, width].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Convolution {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) shape: [usize; 4],
    pub(super) strides: [i64; 2],
    pub(super) padding: [i64; 2],
    pub(super) dilations: [i64; 2],
    pub(super) groups: usize,
}

impl Convolution {
    /// Reads a `Conv2d` module.
    pub(super) fn read(module: &Module) -> Result<Self, ModelError> {
        check_kind(module)?;
        let weight = module.tensor("weight")?;
        let shape: [usize; 4] = weight.shape.as_slice().try_into().map_err(|_| module.incomplete("weight"))?;
        let bias = module.tensor_if_present("bias")?.map_or_else(|| vec![0.0; shape[0]], |bias| bias.values);
        if bias.len() != shape[0] {
            return Err(ModelError::Channels { module: module.path.clone(), expected: shape[0], found: bias.len() });
        }
        let [strides, padding, dilations] = [module.pair("stride")?, module.pair("padding")?, module.pair("dilation")?];
        let groups = module.size("groups")?;
        Ok(Self { weight: weight.values, bias, shape, strides, padding, dilations, groups })
    }

    /// Folds in the batch normalisation that follows: scales each output's weights and shifts its bias. The
    /// operations have the same order and precision as in the reference export, so that the results are identical to
    /// the bit.
    pub(super) fn fold(mut self, normalisation: &Module) -> Result<Self, ModelError> {
        let [scale, mean, variance, shift] =
            ["weight", "running_mean", "running_var", "bias"].map(|name| self.statistic(normalisation, name));
        let (scale, mean, variance, shift) = (scale?, mean?, variance?, shift?);
        #[expect(clippy::cast_possible_truncation, reason = "the network computes in single precision")]
        let epsilon = normalisation.number("eps")? as f32;
        let outputs = self.weight.len().checked_div(self.shape[0]).unwrap_or(0).max(1);
        for (output, weights) in self.weight.chunks_exact_mut(outputs).enumerate() {
            let factor = scale[output] / (variance[output] + epsilon).sqrt();
            weights.iter_mut().for_each(|weight| *weight *= factor);
            self.bias[output] = (self.bias[output] - mean[output]) * factor + shift[output];
        }
        let finite = self.weight.iter().chain(&self.bias).all(|number| number.is_finite());
        if finite {
            Ok(self)
        } else {
            Err(normalisation.unsupported("its variance leads to weights that are not finite"))
        }
    }

    /// The factor by which it reduces the features in each direction.
    pub(super) fn step(&self) -> usize {
        usize::try_from(self.strides[0]).unwrap_or(1).max(1)
    }

    /// The part that computes a range of the outputs.
    pub(super) fn outputs(&self, range: Range<usize>) -> Option<Self> {
        let per_output = self.shape[1..].iter().product::<usize>();
        let weight = self.weight.get(range.start * per_output..range.end * per_output)?.to_vec();
        let bias = self.bias.get(range.clone())?.to_vec();
        let shape = [range.len(), self.shape[1], self.shape[2], self.shape[3]];
        Some(Self { weight, bias, shape, ..*self })
    }

    fn statistic(&self, normalisation: &Module, name: &str) -> Result<Vec<f32>, ModelError> {
        let (values, expected) = (normalisation.tensor(name)?.values, self.shape[0]);
        let module = || format!("{}.{name}", normalisation.path);
        if values.len() == expected {
            Ok(values)
        } else {
            Err(ModelError::Channels { module: module(), expected, found: values.len() })
        }
    }
}

fn check_kind(module: &Module) -> Result<(), ModelError> {
    if module.class != Class::Convolution {
        return Err(module.unsupported("it is not a two-dimensional convolution"));
    }
    if module.text("padding_mode")? != "zeros" || module.boolean("transposed")? {
        return Err(module.unsupported("it is transposed, or its padding is not zero"));
    }
    Ok(())
}
