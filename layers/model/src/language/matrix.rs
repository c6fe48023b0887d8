//! The weights of a layer.

use super::bytes::Bytes;
use crate::error::ModelError;

/// Bits of a matrix's first byte.
const IS_QUANTISED: u8 = 1;
const IS_CURRENT_FORMAT: u8 = 128;

/// Weights by output, row after row. The last column is the bias.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matrix {
    pub(super) outputs: usize,
    /// Without the bias.
    pub(super) inputs: usize,
    /// The weights of the inputs, row after row.
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Matrix {
    /// Reads a matrix of the given size. Quantised weights are whole numbers with one scale for each row.
    pub(super) fn read(bytes: &mut Bytes, outputs: usize, inputs: usize) -> Result<Self, ModelError> {
        let format = bytes.byte()?;
        if format & IS_CURRENT_FORMAT == 0 {
            return Err(bytes.damaged("its weights have the format of Tesseract before 4.0"));
        }
        let size = (bytes.size()?, bytes.size()?);
        if size != (outputs, inputs.saturating_add(1)) || outputs == 0 {
            return Err(bytes.damaged("the weights of a layer do not fit its inputs and outputs"));
        }
        let count = size.0.saturating_mul(size.1);
        let values = if format & IS_QUANTISED == 0 { real(bytes, count)? } else { quantised(bytes, count, size.1)? };
        if values.iter().all(|value| value.is_finite()) {
            Ok(Self::split(&values, outputs, inputs))
        } else {
            Err(bytes.damaged("a weight is not a finite number"))
        }
    }

    fn split(values: &[f32], outputs: usize, inputs: usize) -> Self {
        let rows = || values.chunks_exact(inputs + 1);
        let weights = rows().flat_map(|row| &row[..inputs]).copied().collect();
        Self { outputs, inputs, weights, bias: rows().map(|row| row[inputs]).collect() }
    }

    /// The weights by input, row after row, as a product of matrices takes them.
    pub(super) fn transposed(&self) -> Vec<f32> {
        let column = |input| self.weights.iter().skip(input).step_by(self.inputs.max(1)).copied();
        (0..self.inputs).flat_map(column).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the network computes in single precision")]
fn real(bytes: &mut Bytes, count: usize) -> Result<Vec<f32>, ModelError> {
    // The value of empty cells.
    bytes.slice(size_of::<f64>())?;
    Ok(bytes.chunks(count)?.iter().map(|&weight| f64::from_le_bytes(weight) as f32).collect())
}

#[expect(clippy::cast_possible_truncation, reason = "the network computes in single precision")]
fn quantised(bytes: &mut Bytes, count: usize, columns: usize) -> Result<Vec<f32>, ModelError> {
    // The value of empty cells.
    bytes.slice(size_of::<i8>())?;
    let weights = bytes.slice(count)?;
    // Tesseract may write more scales than rows, because it computes several rows at once.
    let number_of_scales = bytes.size()?;
    let scales = bytes.chunks(number_of_scales)?.iter().map(|&scale| f64::from_le_bytes(scale));
    let rows = weights.chunks_exact(columns);
    if number_of_scales < rows.len() {
        return Err(bytes.damaged("a row of weights has no scale"));
    }
    let row = |(row, scale): (&[u8], f64)| {
        row.iter().map(|weight| (f64::from(weight.cast_signed()) * scale) as f32).collect::<Vec<_>>()
    };
    Ok(rows.zip(scales).flat_map(row).collect())
}
