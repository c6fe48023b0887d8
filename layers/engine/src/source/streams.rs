//! Streams, unpacked within bounds.

use crate::source::directory;
use crate::source::filters::{self, Fault};
use crate::source::objects::Objects;
use crate::source::syntax;
use hayro_syntax::object::{Dict, MaybeRef, Name, Object};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Filters that one stream may pile up.
const MAX_FILTERS: usize = 4;

/// A stream: its dictionary and its bytes as they are stored.
#[derive(Debug, Clone)]
pub(super) struct StoredStream<'f> {
    pub(super) dict: Dict<'f>,
    pub(super) data: &'f [u8],
}

/// An unpacked object stream.
#[derive(Debug)]
pub(super) struct PackedObjects {
    pub(super) data: Vec<u8>,
    /// Where each object lies in the data.
    pub(super) places: HashMap<u32, Range<usize>>,
}

impl PackedObjects {
    /// Reads the `count` pairs of number and offset that stand before `first`.
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

impl Objects {
    /// The filters of a stream, first to be undone first. `None` when they cannot be read.
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

    /// Undoes all filters of a stream, to at most `limit` bytes after each.
    pub(super) fn unpack<'f>(&self, stream: &StoredStream<'f>, limit: usize) -> Result<Cow<'f, [u8]>, Fault> {
        let filters = self.filters(&stream.dict).ok_or(Fault::Unsupported)?;
        self.undo(stream, &filters, limit)
    }

    /// Undoes the given filters, which are the first of the stream's.
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

    /// The predictor of the filter at `index`; none when its parameters are missing.
    fn predictor(&self, dict: &Dict<'_>, index: usize) -> filters::Predictor {
        let of = |parameters: &Object<'_>| match parameters {
            Object::Dict(dict) => Some(directory::predictor(dict)),
            Object::Array(array) => match array.raw_iter().nth(index)? {
                MaybeRef::NotRef(Object::Dict(dict)) => Some(directory::predictor(&dict)),
                MaybeRef::Ref(reference) => self.with_dict(reference, directory::predictor),
                MaybeRef::NotRef(_) => None,
            },
            _ => None,
        };
        let found = self.with_entry(dict, "DecodeParms", of).flatten();
        found.unwrap_or_else(|| directory::predictor(&Dict::empty()))
    }
}
