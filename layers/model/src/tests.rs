use crate::error::ModelError;
use crate::import::ConvertedModel;
use crate::testing::network::{checkpoint_of, layers};
use crate::testing::{Item, PickleWriter, text};

fn import_checkpoint(archive: &[u8]) -> Result<Vec<u8>, ModelError> {
    ConvertedModel::from_bytes(archive).map(|model| model.onnx().to_vec())
}

fn tiny() -> PickleWriter {
    PickleWriter::pickle(&checkpoint_of(layers()))
}

/// Reads protobuf messages into fields and their payloads, so that the writer is not checked with its own code.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let payload = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                let (payload, rest) = bytes.split_at(length);
                bytes = rest;
                payload.to_vec()
            }
            kind => panic!("wire type {kind}"),
        };
        fields.push((key >> 3, payload));
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let (own, rest) = bytes.split_at(length);
    *bytes = rest;
    own.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}

fn only(fields: &[(u64, Vec<u8>)], number: u64) -> Vec<u8> {
    let found: Vec<&Vec<u8>> =
        fields.iter().filter(|(field, _)| *field == number).map(|(_, payload)| payload).collect();
    let [payload] = found[..] else { panic!("{} times field {number}", found.len()) };
    payload.clone()
}

#[test]
fn the_model_is_onnx_of_operator_set_17_with_its_metadata() {
    let model = fields(&import_checkpoint(&tiny().archive()).unwrap());
    assert_eq!(only(&model, 1), 8_u64.to_le_bytes());
    assert_eq!(only(&fields(&only(&model, 8)), 2), 17_u64.to_le_bytes());
    let entries = model.iter().filter(|(field, _)| *field == 14).map(|(_, entry)| fields(entry));
    let read = |bytes| String::from_utf8(bytes).unwrap();
    let metadata: Vec<(String, String)> = entries.map(|entry| (read(only(&entry, 1)), read(only(&entry, 2)))).collect();
    let expected = [("names", r#"["Key Icon","Divider"]"#), ("image_size", "64"), ("stride", "4")];
    assert_eq!(metadata, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
fn the_graph_is_written_whole() {
    let model = fields(&import_checkpoint(&tiny().archive()).unwrap());
    let graph = fields(&only(&model, 7));
    let read = |field| graph.iter().filter(move |(number, _)| *number == field).map(|(_, payload)| fields(payload));
    assert_eq!(read(1).filter(|operator| only(operator, 4) == b"Conv").count(), 17);
    assert_eq!(
        (only(&fields(&only(&graph, 11)), 1), only(&fields(&only(&graph, 12)), 1)),
        (b"images".to_vec(), b"output0".to_vec())
    );
    for tensor in read(5) {
        let elements: u64 = tensor
            .iter()
            .filter(|(field, _)| *field == 1)
            .map(|(_, size)| u64::from_le_bytes(size[..8].try_into().unwrap()))
            .product();
        let width = if only(&tensor, 2) == 1_u64.to_le_bytes() { 4 } else { 8 };
        assert_eq!(only(&tensor, 9).len() as u64, elements * width, "{:?}", String::from_utf8(only(&tensor, 8)));
    }
}

#[test]
fn the_same_checkpoint_makes_the_same_model() {
    let archive = tiny().archive();
    assert_eq!(import_checkpoint(&archive).unwrap(), import_checkpoint(&archive).unwrap());
}

#[test]
fn the_averaged_model_is_preferred() {
    let Item::Dictionary(mut entries) = checkpoint_of(layers()) else { panic!("a dictionary") };
    let model = entries[1].1.clone();
    entries[0].1 = model;
    entries[1].1 = text("never looked at");
    let archive = PickleWriter::pickle(&Item::Dictionary(entries)).archive();
    assert_eq!(ConvertedModel::from_bytes(&archive).unwrap().image_size, 64);
}

#[test]
fn a_damaged_pickle_is_an_error_or_a_model_but_never_a_panic() {
    let writer = tiny();
    let mut refused = 0;
    for position in (0..writer.bytes.len()).step_by(11) {
        let mut damaged = PickleWriter { bytes: writer.bytes.clone(), storages: writer.storages.clone() };
        damaged.bytes[position] ^= 0x41;
        refused += usize::from(import_checkpoint(&damaged.archive()).is_err());
    }
    assert!(refused > writer.bytes.len() / 11 / 2, "{refused} of {}", writer.bytes.len() / 11);
}

#[test]
fn errors_carry_codes_of_this_crate() {
    let cut = import_checkpoint(&tiny().archive()[..100]).unwrap_err();
    let mut evil = tiny();
    evil.bytes = b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.".to_vec();
    let evil = import_checkpoint(&evil.archive()).unwrap_err();
    assert_eq!([cut.code(), evil.code()], ["model.archive", "model.pickle-global"]);
    assert!(evil.to_string().contains("os.system"), "{evil}");
}
