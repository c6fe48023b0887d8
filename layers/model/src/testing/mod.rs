//! Builds checkpoints for tests: the data of a pickle as a tree, and a writer for it. [`language`] builds language files.

pub(crate) mod blocks;
pub(crate) mod language;
pub(crate) mod network;

use ort::environment::Environment;
use std::cell::Cell;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[derive(Clone)]
pub(crate) enum Item {
    None,
    Flag(bool),
    Integer(i32),
    Number(f64),
    Text(String),
    Tuple(Vec<Item>),
    List(Vec<Item>),
    Dictionary(Vec<(Item, Item)>),
    Object(&'static str, &'static str, Vec<(Item, Item)>),
    Tensor(Vec<i32>, Vec<f32>),
}

pub(crate) fn text(value: &str) -> Item {
    Item::Text(value.to_owned())
}

/// A module with attributes, tensors and children, as PyTorch pickles it.
pub(crate) fn module(
    class: (&'static str, &'static str),
    attributes: Vec<(&str, Item)>,
    tensors: Vec<(&str, Item)>,
    children: Vec<(&str, Item)>,
) -> Item {
    let named = |entries: Vec<(&str, Item)>| entries.into_iter().map(|(name, item)| (text(name), item)).collect();
    let mut state: Vec<(Item, Item)> = named(attributes);
    state.push((text("_parameters"), Item::Dictionary(named(tensors))));
    state.push((text("_modules"), Item::Dictionary(named(children))));
    Item::Object(class.0, class.1, state)
}

#[derive(Default)]
pub(crate) struct PickleWriter {
    pub(crate) bytes: Vec<u8>,
    pub(crate) storages: Vec<Vec<u8>>,
}

impl PickleWriter {
    pub(crate) fn pickle(item: &Item) -> Self {
        let mut writer = Self { bytes: vec![0x80, 2], storages: Vec::new() };
        writer.item(item);
        writer.bytes.push(b'.');
        writer
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::None => self.bytes.push(b'N'),
            Item::Flag(flag) => self.bytes.push(if *flag { 0x88 } else { 0x89 }),
            Item::Integer(integer) => self.operand(b'J', &integer.to_le_bytes()),
            Item::Number(number) => self.operand(b'G', &number.to_be_bytes()),
            Item::Text(text) => self.text(text),
            Item::Tuple(items) => self.marked(b"(", items, b't'),
            Item::List(items) => self.marked(b"](", items, b'e'),
            Item::Dictionary(entries) => self.dictionary(entries),
            Item::Object(home, name, state) => self.object(home, name, state),
            Item::Tensor(shape, values) => self.tensor(shape, values),
        }
    }

    fn operand(&mut self, opcode: u8, operand: &[u8]) {
        self.bytes.push(opcode);
        self.bytes.extend_from_slice(operand);
    }

    fn text(&mut self, text: &str) {
        self.operand(b'X', &u32::try_from(text.len()).unwrap().to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn marked(&mut self, open: &[u8], items: &[Item], close: u8) {
        self.bytes.extend_from_slice(open);
        items.iter().for_each(|item| self.item(item));
        self.bytes.push(close);
    }

    fn dictionary(&mut self, entries: &[(Item, Item)]) {
        let flat: Vec<Item> = entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
        self.marked(b"}(", &flat, b'u');
    }

    fn global(&mut self, home: &str, name: &str) {
        self.operand(b'c', format!("{home}\n{name}\n").as_bytes());
    }

    fn object(&mut self, home: &str, name: &str, state: &[(Item, Item)]) {
        self.global(home, name);
        self.bytes.extend_from_slice(b")\x81");
        self.dictionary(state);
        self.bytes.push(b'b');
    }

    fn tensor(&mut self, shape: &[i32], values: &[f32]) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.bytes.push(b'(');
        self.bytes.push(b'(');
        self.text("storage");
        self.global("torch", "FloatStorage");
        self.text(&self.storages.len().to_string());
        self.text("cpu");
        self.operand(b'J', &i32::try_from(values.len()).unwrap().to_le_bytes());
        self.bytes.extend_from_slice(b"tQ");
        self.operand(b'K', &[0]);
        let mut stride = values.len().max(1);
        let strides = shape.iter().map(|&size| {
            stride /= usize::try_from(size).unwrap();
            Item::Integer(stride.try_into().unwrap())
        });
        let strides = Item::Tuple(strides.collect());
        self.item(&Item::Tuple(shape.iter().copied().map(Item::Integer).collect()));
        self.item(&strides);
        self.bytes.extend_from_slice(b"\x89}tR");
        self.storages.push(values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    pub(crate) fn archive(&self) -> Vec<u8> {
        let storages = self.storages.iter().enumerate().map(|(key, bytes)| (format!("best/data/{key}"), bytes.clone()));
        let fixed =
            [("best/data.pkl".to_owned(), self.bytes.clone()), ("best/byteorder".to_owned(), b"little".to_vec())];
        zip_of(fixed.into_iter().chain(storages))
    }
}

pub(crate) fn zip_of(entries: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A number from -1 to 1. They do not repeat within a test.
pub(crate) fn noise() -> f64 {
    thread_local!(static STATE: Cell<u32> = const { Cell::new(1) });
    let state = STATE.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    STATE.set(state);
    f64::from(state >> 8) / f64::from(1 << 23) - 1.0
}

/// ONNX Runtime, where `cargo xtask setup` installs it.
pub(crate) fn environment() -> &'static Environment {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let set = |name| std::env::var_os(name).map(PathBuf::from);
        let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
        let home = set("QUIRE_HOME").or_else(|| data.map(|data| data.join("quire"))).unwrap();
        ort::init_from(home.join("lib/libonnxruntime.so")).unwrap().with_telemetry(false).build().unwrap()
    })
}
