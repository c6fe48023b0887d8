//! Access to objects by their number and to entries by their key, and streams that are unpacked up to a limit.

use super::cross_reference::{self, Directory, Place};
use super::file_bytes::Mapping;
use super::filters::{self, Fault};
use super::syntax::{self, Allowance, object_header};
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, ObjRef, Object};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes one object stream may unpack to. Writers put a few hundred objects into one.
const MAX_OBJECT_STREAM_BYTES: usize = 16 << 20;

/// The objects of a mapped file.
#[derive(Debug)]
pub(super) struct PdfObjects {
    mapping: Mapping,
    /// Where offsets count from: 0, or the header in a file with bytes before it.
    base: usize,
    directory: Directory,
    packed: Mutex<HashMap<u32, Option<Arc<PackedObjects>>>>,
    allowance: Allowance,
}

/// The bytes from the start of an object, wherever they are stored.
#[derive(Debug, Clone)]
pub(super) enum Raw<'f> {
    Mapped(&'f [u8]),
    Packed(Arc<[u8]>),
}

impl Raw<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Packed(bytes) => bytes,
        }
    }
}

impl PdfObjects {
    pub(super) fn new(mapping: Mapping, base: usize, directory: Directory, allowance: Allowance) -> Self {
        Self { mapping, base, directory, packed: Mutex::default(), allowance }
    }

    /// Adds the contents of object streams that a search of the file found.
    pub(super) fn add_packed(&mut self, streams: &[u32]) {
        for stream in streams {
            if let Some(packed) = self.packed_objects(*stream) {
                self.directory.add_packed(*stream, packed.places.keys().copied());
            }
        }
    }

    /// Returns the file for another attempt.
    pub(super) fn into_mapping(self) -> Mapping {
        self.mapping
    }

    pub(super) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(super) fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    fn bytes(&self) -> &[u8] {
        &self.mapping.bytes()[self.base..]
    }

    /// The bytes from the start of an object; `None` if it is not where the tables say.
    pub(super) fn raw(&self, reference: ObjRef) -> Option<Raw<'_>> {
        let number = reference.obj_number;
        match self.directory.place(self.bytes(), number)? {
            Place::Offset(offset) => self.raw_at(offset, number).map(Raw::Mapped),
            Place::Packed { stream } => self.packed_object(stream, number).map(Raw::Packed),
            Place::Free => None,
        }
    }

    fn raw_at(&self, offset: usize, number: u32) -> Option<&[u8]> {
        let (found, start) = object_header(self.bytes(), offset)?;
        (found == number).then(|| &self.bytes()[start..])
    }

    fn packed_object(&self, stream: u32, number: u32) -> Option<Arc<[u8]>> {
        let packed = self.packed_objects(stream)?;
        packed.data.get(packed.places.get(&number)?.clone()).map(Arc::from)
    }

    /// An object stream from the cache. While it is being unpacked it counts as damaged. Otherwise a stream whose
    /// dictionary refers to an object inside itself would cause endless recursion.
    fn packed_objects(&self, stream: u32) -> Option<Arc<PackedObjects>> {
        if let Some(known) = self.packed().get(&stream) {
            return known.clone();
        }
        self.packed().insert(stream, None);
        let unpacked = self.unpack_objects(stream).map(Arc::new);
        self.packed().insert(stream, unpacked.clone());
        unpacked
    }

    fn packed(&self) -> MutexGuard<'_, HashMap<u32, Option<Arc<PackedObjects>>>> {
        self.packed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unpacks an object stream. It cannot be inside another one, so its place is an offset.
    fn unpack_objects(&self, number: u32) -> Option<PackedObjects> {
        let Place::Offset(offset) = self.directory.place(self.bytes(), number)? else {
            return None;
        };
        let stream = self.direct_stream(self.raw_at(offset, number)?)?;
        let data = self.unpack(&stream, MAX_OBJECT_STREAM_BYTES).ok()?.into_owned();
        let count = syntax::unsigned(&stream.dict, "N")?;
        let first = syntax::unsigned(&stream.dict, "First")?;
        self.allowance.take(data.len()).then(|| PackedObjects::new(data, count, first)).flatten()
    }

    /// A stream. If its length is a reference, the end is searched for instead of following the reference.
    fn direct_stream<'f>(&'f self, bytes: &'f [u8]) -> Option<StoredStream<'f>> {
        let dict = syntax::dict(bytes, &self.allowance)?;
        let length = syntax::unsigned(&dict, "Length");
        self.stream_of(bytes, dict, length)
    }

    fn stream_of<'f>(&'f self, bytes: &'f [u8], dict: Dict<'f>, length: Option<usize>) -> Option<StoredStream<'f>> {
        let start = bytes.len() - syntax::skip_space(bytes).len();
        let end = start + dict.data().len();
        let data = syntax::stream_data(bytes, end, length, &self.allowance)?;
        Some(StoredStream { dict, data })
    }

    /// The position of a stream's stored bytes in the file.
    pub(super) fn place_of(&self, stream: &StoredStream<'_>) -> Range<usize> {
        let start = stream.data.as_ptr().addr() - self.mapping.bytes().as_ptr().addr();
        start..start + stream.data.len()
    }

    pub(super) fn stream(&self, reference: ObjRef) -> Option<StoredStream<'_>> {
        let Raw::Mapped(bytes) = self.raw(reference)? else {
            return None;
        };
        let dict = syntax::dict(bytes, &self.allowance)?;
        let length = self.number(&dict, "Length");
        let length = length.filter(|length| *length >= 0.0).map(|length| length as usize);
        self.stream_of(bytes, dict, length)
    }

    /// Parses the object at the start of raw bytes. For a stream, this is its dictionary.
    pub(super) fn parse<'r>(&self, raw: &'r Raw<'_>) -> Option<Object<'r>> {
        syntax::object(raw.bytes(), &self.allowance)
    }

    /// Calls `read` with the dictionary behind a reference.
    pub(super) fn with_dict<T>(&self, reference: ObjRef, read: impl FnOnce(&Dict<'_>) -> T) -> Option<T> {
        let raw = self.raw(reference)?;
        syntax::dict(raw.bytes(), &self.allowance).map(|dict| read(&dict))
    }

    /// Calls `read` with an entry. A reference is followed.
    pub(super) fn with_entry<T>(&self, dict: &Dict<'_>, key: &str, read: impl FnOnce(&Object<'_>) -> T) -> Option<T> {
        match dict.get_raw::<Object<'_>>(key)? {
            MaybeRef::NotRef(object) => Some(read(&object)),
            MaybeRef::Ref(reference) => {
                let raw = self.raw(reference)?;
                self.parse(&raw).map(|object| read(&object))
            }
        }
    }

    /// Calls `read` with an entry that is a dictionary. A reference is followed.
    pub(super) fn with_dict_entry<T>(
        &self,
        dict: &Dict<'_>,
        key: &str,
        read: impl FnOnce(&Dict<'_>) -> T,
    ) -> Option<T> {
        self.with_entry(dict, key, |object| match object {
            Object::Dict(dict) => Some(read(dict)),
            _ => None,
        })?
    }

    /// An entry that is a number. A reference is followed.
    pub(super) fn number(&self, dict: &Dict<'_>, key: &str) -> Option<f64> {
        self.with_entry(dict, key, number_of)?
    }

    /// An entry that is a name. A reference is followed.
    pub(super) fn name(&self, dict: &Dict<'_>, key: &str) -> Option<Vec<u8>> {
        self.with_entry(dict, key, |object| match object {
            Object::Name(name) => Some(name.as_ref().to_vec()),
            _ => None,
        })?
    }

    /// An entry that is an array of numbers. Each reference is followed.
    pub(super) fn numbers(&self, dict: &Dict<'_>, key: &str) -> Option<Vec<f64>> {
        self.with_entry(dict, key, |object| match object {
            Object::Array(array) => self.numbers_of(array),
            _ => None,
        })?
    }

    fn numbers_of(&self, array: &Array<'_>) -> Option<Vec<f64>> {
        let number = |item: MaybeRef<Object<'_>>| match item {
            MaybeRef::NotRef(object) => number_of(&object),
            MaybeRef::Ref(reference) => number_of(&self.parse(&self.raw(reference)?)?),
        };
        array.raw_iter().map(number).collect()
    }
}

pub(super) fn number_of(object: &Object<'_>) -> Option<f64> {
    match object {
        Object::Number(number) => Some(number.as_f64()).filter(|value| value.is_finite()),
        _ => None,
    }
}

/// The most filters on one stream.
const MAX_FILTERS: usize = 4;

/// A stream: its dictionary, and its bytes as they are stored.
#[derive(Debug, Clone)]
pub(super) struct StoredStream<'f> {
    pub(super) dict: Dict<'f>,
    pub(super) data: &'f [u8],
}

#[derive(Debug)]
struct PackedObjects {
    pub(super) data: Vec<u8>,
    /// The position of each object in the data.
    pub(super) places: HashMap<u32, Range<usize>>,
}

impl PackedObjects {
    /// Reads the `count` pairs of number and offset before `first`.
    pub(super) fn new(data: Vec<u8>, count: usize, first: usize) -> Option<Self> {
        let mut header = data.get(..first)?;
        let mut starts = Vec::new();
        for _ in 0..count {
            let number = u32::try_from(syntax::take_number(&mut header)?).ok()?;
            starts.push((syntax::take_number(&mut header)?.checked_add(first)?, number));
        }
        starts.sort_unstable();
        let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([data.len()]);
        let place = |((start, number), end): (&(usize, u32), usize)| (*number, *start..end);
        let places = starts.iter().zip(ends).map(place).collect();
        Some(Self { data, places })
    }
}

impl PdfObjects {
    /// The filters of a stream, in the order in which they are undone; `None` if they cannot be read.
    pub(super) fn filters(&self, dict: &Dict<'_>) -> Option<Vec<Vec<u8>>> {
        if !dict.contains_key("Filter") {
            return Some(Vec::new());
        }
        let names = self.with_entry(dict, "Filter", |object| match object {
            Object::Name(name) => Some(vec![name.as_ref().to_vec()]),
            Object::Array(array) => Some(array.iter::<Name<'_>>().map(|name| name.as_ref().to_vec()).collect()),
            Object::Null(_) => Some(Vec::new()),
            _ => None,
        })??;
        (names.len() <= MAX_FILTERS).then_some(names)
    }

    /// Undoes all filters of a stream. The result of each may have at most `limit` bytes.
    pub(super) fn unpack<'f>(&self, stream: &StoredStream<'f>, limit: usize) -> Result<Cow<'f, [u8]>, Fault> {
        let filters = self.filters(&stream.dict).ok_or(Fault::Unsupported)?;
        self.undo(stream, &filters, limit)
    }

    /// Undoes the given filters, which must be the first of the stream's.
    pub(super) fn undo<'f>(
        &self,
        stream: &StoredStream<'f>,
        filters: &[Vec<u8>],
        limit: usize,
    ) -> Result<Cow<'f, [u8]>, Fault> {
        let mut data = Cow::Borrowed(stream.data);
        for (index, filter) in filters.iter().enumerate() {
            if !matches!(filter.as_slice(), b"FlateDecode" | b"Fl") {
                return Err(Fault::Unsupported);
            }
            let inflated = filters::inflate(&data, limit)?;
            data = Cow::Owned(self.predictor(&stream.dict, index).undo(inflated)?);
        }
        if data.len() > limit { Err(Fault::TooLarge) } else { Ok(data) }
    }

    /// Calls `read` with the parameters of the filter at `index`.
    pub(super) fn with_parameters<T>(
        &self,
        dict: &Dict<'_>,
        index: usize,
        read: impl FnOnce(&Dict<'_>) -> T,
    ) -> Option<T> {
        self.with_entry(dict, "DecodeParms", |parameters| match parameters {
            Object::Dict(dict) => Some(read(dict)),
            Object::Array(array) => match array.raw_iter().nth(index)? {
                MaybeRef::NotRef(Object::Dict(dict)) => Some(read(&dict)),
                MaybeRef::Ref(reference) => self.with_dict(reference, read),
                MaybeRef::NotRef(_) => None,
            },
            _ => None,
        })?
    }

    /// The predictor of the filter at `index`; none if its parameters are missing.
    fn predictor(&self, dict: &Dict<'_>, index: usize) -> filters::Predictor {
        let found = self.with_parameters(dict, index, cross_reference::predictor);
        found.unwrap_or_else(|| cross_reference::predictor(&Dict::empty()))
    }
}
