use super::{Checkpoint, ModelError, widen};
use crate::pickle::Node;
use crate::testing::{Item, PickleWriter, text, zip_of};

/// `{"weight": tensor}`.
fn with_tensor(shape: Vec<i32>, values: Vec<f32>) -> PickleWriter {
    PickleWriter::pickle(&Item::Dictionary(vec![(text("weight"), Item::Tensor(shape, values))]))
}

fn tensor(archive: &[u8]) -> Result<super::Tensor, ModelError> {
    let checkpoint = Checkpoint::read(archive)?;
    let value = checkpoint.entry("weight").unwrap();
    let Some(Node::Tensor(view)) = checkpoint.heap.node(value) else { panic!("a tensor") };
    checkpoint.tensor(view, "weight")
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let start = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    [&bytes[..start], to.as_bytes(), &bytes[start + from.len()..]].concat()
}

#[test]
fn tensors_come_in_row_major_order() {
    let read = tensor(&with_tensor(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).archive()).unwrap();
    assert_eq!((read.shape, read.values), (vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
}

#[test]
fn half_precision_is_widened() {
    let mut writer = with_tensor(vec![3], vec![0.0; 3]);
    writer.bytes = replaced(&writer.bytes, "FloatStorage", "HalfStorage");
    writer.storages[0] = [0x3c00_u16, 0xc100, 0x0001].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    assert_eq!(tensor(&writer.archive()).unwrap().values, [1.0, -2.5, 2_f32.powi(-24)]);
}

#[test]
fn a_tensor_that_does_not_fit_its_storage_is_unfit() {
    let mut short = with_tensor(vec![3], vec![0.0; 3]);
    short.storages[0].pop();
    let mut integers = with_tensor(vec![2], vec![0.0; 2]);
    integers.bytes = replaced(&integers.bytes, "FloatStorage", "LongStorage");
    integers.storages[0] = vec![0; 16];
    let infinite = with_tensor(vec![1], vec![f32::INFINITY]);
    let mut transposed = with_tensor(vec![2, 3], vec![0.0; 6]);
    let strides = b"(J\x03\0\0\0J\x01\0\0\0t";
    let start = transposed.bytes.windows(strides.len()).position(|window| window == strides).unwrap();
    transposed.bytes[start + 2] = 1;
    for writer in [short, integers, infinite, transposed] {
        assert_eq!(tensor(&writer.archive()).unwrap_err().code(), "model.tensor");
    }
}

#[test]
fn a_shape_whose_product_overflows_is_unfit() {
    let mut writer = with_tensor(vec![1, 1, 1, 1], vec![0.0]);
    let shape = b"(J\x01\0\0\0J\x01\0\0\0J\x01\0\0\0J\x01\0\0\0t";
    let start = writer.bytes.windows(shape.len()).position(|window| window == shape).unwrap();
    let huge = b"(J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7ft";
    writer.bytes[start..start + huge.len()].copy_from_slice(huge);
    assert_eq!(tensor(&writer.archive()).unwrap_err().code(), "model.tensor");
}

#[test]
fn an_archive_cut_anywhere_is_an_error() {
    let archive = with_tensor(vec![2], vec![1.0, 2.0]).archive();
    for length in 0..archive.len() {
        assert!(tensor(&archive[..length]).is_err(), "cut at {length} of {}", archive.len());
    }
    assert_eq!(tensor(&archive[..archive.len() / 2]).unwrap_err().code(), "model.archive");
}

#[test]
fn a_damaged_storage_fails_its_checksum() {
    let mut archive = zip_stored(&with_tensor(vec![2], vec![1.0, 2.0]));
    let storage = [1_f32.to_le_bytes(), 2_f32.to_le_bytes()].concat();
    let start = archive.windows(8).position(|window| window == storage).unwrap();
    archive[start] ^= 1;
    assert_eq!(tensor(&archive).unwrap_err().code(), "model.archive");
}

/// Even a writer that deflates stores short entries unchanged, so entries of eight bytes keep their bytes.
fn zip_stored(writer: &PickleWriter) -> Vec<u8> {
    use std::io::{Cursor, Write};
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("best/data.pkl", &writer.bytes), ("best/data/0", &writer.storages[0])] {
        zip.start_file(name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn missing_entries_are_named() {
    let empty = zip_of([("readme".to_owned(), Vec::new())]);
    let without_storage = zip_of([("best/data.pkl".to_owned(), with_tensor(vec![1], vec![1.0]).bytes)]);
    let names = [(empty, "/data.pkl"), (without_storage, "best/data/0")];
    for (archive, name) in names {
        match tensor(&archive).unwrap_err() {
            ModelError::EntryMissing { entry } => assert_eq!(entry, name),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_pickle_that_inflates_past_its_bound_is_not_read_to_its_end() {
    let bomb = zip_of([("best/data.pkl".to_owned(), vec![b'N'; 64 << 20])]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(tensor(&bomb).unwrap_err().code(), "model.entry-too-large");
}

#[test]
fn big_endian_weights_are_refused() {
    let pickle = PickleWriter::pickle(&Item::None).bytes;
    let archive = zip_of([("a/data.pkl".to_owned(), pickle), ("a/byteorder".to_owned(), b"big".to_vec())]);
    assert_eq!(Checkpoint::read(&archive).err().map(|error| error.code().as_str()), Some("model.byte-order"));
}

#[test]
fn every_finite_number_is_its_fraction_times_its_power_of_two() {
    for bits in 0..=u16::MAX {
        let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
        if exponent == 0x1f {
            continue;
        }
        let magnitude = match exponent {
            0 => fraction * 2_f64.powi(-24),
            _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
        };
        let expected = if bits & 0x8000 == 0 { magnitude } else { -magnitude };
        assert_eq!(f64::from(widen(bits)), expected, "{bits:#06x}");
    }
}

#[test]
fn infinities_and_not_a_number_stay_what_they_are() {
    assert_eq!(widen(0x7c00), f32::INFINITY);
    assert_eq!(widen(0xfc00), f32::NEG_INFINITY);
    assert!(widen(0x7e00).is_nan());
    assert!(widen(0x8000).is_sign_negative());
}
