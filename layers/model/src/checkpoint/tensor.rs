//! Tensors: a view of a storage, read into single precision.

use super::pickle::{ElementType, TensorView};
use super::{Checkpoint, CheckpointError, half};

/// A tensor of real numbers in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Checkpoint<'_> {
    /// Reads a tensor. `path` names it in the error.
    pub(crate) fn tensor(&self, view: &TensorView, path: &str) -> Result<Tensor, CheckpointError> {
        let unfit = |reason| CheckpointError::Tensor { tensor: path.to_owned(), reason };
        let shape: Option<Vec<usize>> = view.shape.iter().map(|&size| usize::try_from(size).ok()).collect();
        let shape = shape.ok_or_else(|| unfit("a dimension is negative"))?;
        if view.offset != 0 || !is_row_major(&view.shape, &view.strides) {
            return Err(unfit("its elements are not in row-major order from the storage's start"));
        }
        let bytes = self.storage(&view.storage.key)?;
        let elements = shape.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        if elements.and_then(|elements| elements.checked_mul(view.storage.element.size())) != Some(bytes.len()) {
            return Err(unfit("its shape and its storage differ in size"));
        }
        let values = decode(&bytes, view.storage.element).ok_or_else(|| unfit("it holds integers"))?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(Tensor { shape, values })
        } else {
            Err(unfit("a number is not finite"))
        }
    }
}

/// Whether the strides are those of row-major order; a dimension of size 1 may have any.
fn is_row_major(shape: &[i64], strides: &[i64]) -> bool {
    let mut expected = 1_i64;
    let fits = |(&size, &stride): (&i64, &i64)| {
        let fits = size == 1 || stride == expected;
        expected = expected.saturating_mul(size);
        fits
    };
    shape.len() == strides.len() && shape.iter().zip(strides).rev().all(fits)
}

fn decode(bytes: &[u8], element: ElementType) -> Option<Vec<f32>> {
    match element {
        ElementType::Half => {
            Some(bytes.as_chunks().0.iter().map(|&bytes| half::widen(u16::from_le_bytes(bytes))).collect())
        }
        ElementType::Single => Some(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()),
        ElementType::Integer64 => None,
    }
}
