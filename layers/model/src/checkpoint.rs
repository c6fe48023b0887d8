//! A PyTorch checkpoint: a zip archive with one pickle (the tree of modules) and one file of raw elements for each
//! storage. Tensors are read into single precision. The published weights are stored in half precision (IEEE 754).

use crate::archive::{Archive, EntryError};
use crate::error::ModelError;
use crate::pickle::{self, ElementType, Heap, TensorView, Value};

#[cfg(test)]
mod tests;

/// The size limits of the pickle and of one storage. The largest storage of the largest YOLOv8 model has 15 MB in
/// single precision.
const PICKLE_LIMIT: u64 = 1 << 20;
const STORAGE_LIMIT: u64 = 64 << 20;

const PICKLE: &str = "/data.pkl";

/// A checkpoint whose pickle was executed. Tensors are read on demand.
pub(crate) struct Checkpoint<'a> {
    archive: Archive<'a>,
    /// The folder of the archive's files. `torch.save` names it after the file that it wrote.
    folder: String,
    pub(crate) root: Value,
    pub(crate) heap: Heap,
}

impl<'a> Checkpoint<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let archive = Archive::open(bytes).map_err(|reason| ModelError::Archive { reason })?;
        let name = archive.name_ending(PICKLE);
        let name = name.ok_or_else(|| ModelError::EntryMissing { entry: PICKLE.to_owned() })?;
        let folder = name.trim_end_matches(PICKLE).to_owned();
        let (root, heap) = pickle::execute(&entry(&archive, &name, PICKLE_LIMIT)?)?;
        let checkpoint = Self { archive, folder, root, heap };
        checkpoint.check_byte_order()?;
        Ok(checkpoint)
    }

    /// An entry of the checkpoint's outermost dictionary.
    pub(crate) fn entry(&self, name: &str) -> Option<&Value> {
        self.heap.entry(&self.root, name)
    }

    /// Older writers do not record the byte order. They were little-endian.
    fn check_byte_order(&self) -> Result<(), ModelError> {
        match entry(&self.archive, &format!("{}/byteorder", self.folder), PICKLE_LIMIT) {
            Ok(order) if order != b"little" => Err(ModelError::ByteOrder),
            Ok(_) | Err(ModelError::EntryMissing { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn storage(&self, key: &str) -> Result<Vec<u8>, ModelError> {
        entry(&self.archive, &format!("{}/data/{key}", self.folder), STORAGE_LIMIT)
    }
}

fn entry(archive: &Archive, name: &str, limit: u64) -> Result<Vec<u8>, ModelError> {
    archive.read(name, limit).map_err(|error| match error {
        EntryError::Missing => ModelError::EntryMissing { entry: name.to_owned() },
        EntryError::TooLarge => ModelError::EntryTooLarge { entry: name.to_owned(), limit },
        EntryError::Damaged(reason) => ModelError::Archive { reason: format!("{name}: {reason}") },
    })
}

/// A tensor of real numbers in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Checkpoint<'_> {
    /// Reads a tensor. `path` names it in error messages.
    pub(crate) fn tensor(&self, view: &TensorView, path: &str) -> Result<Tensor, ModelError> {
        let unfit = |reason| ModelError::Tensor { tensor: path.to_owned(), reason };
        let shape: Option<Vec<usize>> = view.shape.iter().map(|&size| usize::try_from(size).ok()).collect();
        let shape = shape.ok_or_else(|| unfit("a dimension is negative"))?;
        if view.offset != 0 || !is_row_major(&view.shape, &view.strides) {
            return Err(unfit("its elements are not stored in row-major order from the start of the storage"));
        }
        let bytes = self.storage(&view.storage.key)?;
        let elements = shape.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        if elements.and_then(|elements| elements.checked_mul(view.storage.element.size())) != Some(bytes.len()) {
            return Err(unfit("its shape does not fit the size of its storage"));
        }
        let values = decode(&bytes, view.storage.element).ok_or_else(|| unfit("it holds integers"))?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(Tensor { shape, values })
        } else {
            Err(unfit("a number is not finite"))
        }
    }
}

/// True when the strides are those of row-major order. A dimension of size 1 may have any stride.
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
        ElementType::Half => Some(bytes.as_chunks().0.iter().map(|&bytes| widen(u16::from_le_bytes(bytes))).collect()),
        ElementType::Single => Some(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()),
        ElementType::Integer64 => None,
    }
}

/// Converts a half-precision number. Every value is exact in single precision.
pub(super) fn widen(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x3ff);
    match exponent {
        // Subnormal: a multiple of 2⁻²⁴. The fraction has 10 bits, so the product is exact.
        0 => f32::from_bits(sign | (f32::from(bits & 0x3ff) * 2_f32.powi(-24)).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}
