//! A module of the checkpoint's tree: typed access to its attributes, children and tensors.

use crate::checkpoint::{Checkpoint, Tensor};
use crate::error::ModelError;
use crate::pickle::{Class, Node, Value};

/// How deep modules may nest. YOLOv8 needs 6 levels. In a crafted file a module can contain itself.
const DEPTH_LIMIT: usize = 16;

#[derive(Clone)]
pub(super) struct Module<'a> {
    checkpoint: &'a Checkpoint<'a>,
    state: &'a Value,
    pub(super) class: Class,
    pub(super) path: String,
    depth: usize,
}

impl<'a> Module<'a> {
    pub(super) fn root(checkpoint: &'a Checkpoint<'a>, value: &'a Value) -> Result<Self, ModelError> {
        Self::open(checkpoint, value, "checkpoint".to_owned(), 0)
    }

    fn open(checkpoint: &'a Checkpoint<'a>, value: &'a Value, path: String, depth: usize) -> Result<Self, ModelError> {
        if depth > DEPTH_LIMIT {
            return Err(ModelError::NetworkLimit { what: "nested modules", limit: DEPTH_LIMIT });
        }
        match checkpoint.heap.node(value) {
            Some(Node::Object { class, state: Some(state) }) => {
                Ok(Self { checkpoint, state, class: *class, path, depth })
            }
            _ => Err(ModelError::Incomplete { module: path, attribute: "module".to_owned() }),
        }
    }

    /// The error for an attribute that is missing or has another form.
    pub(super) fn incomplete(&self, attribute: &str) -> ModelError {
        ModelError::Incomplete { module: self.path.clone(), attribute: attribute.to_owned() }
    }

    pub(super) fn unsupported(&self, reason: &'static str) -> ModelError {
        ModelError::Unsupported { module: self.path.clone(), reason }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a Value> {
        self.checkpoint.heap.entry(self.state, name)
    }

    pub(super) fn child(&self, name: &str) -> Result<Self, ModelError> {
        self.child_if_present(name)?.ok_or_else(|| self.incomplete(name))
    }

    pub(super) fn child_if_present(&self, name: &str) -> Result<Option<Self>, ModelError> {
        let modules = self.attribute("_modules").ok_or_else(|| self.incomplete("_modules"))?;
        match self.checkpoint.heap.entry(modules, name) {
            None | Some(Value::None) => Ok(None),
            Some(value) => {
                Self::open(self.checkpoint, value, format!("{}.{name}", self.path), self.depth + 1).map(Some)
            }
        }
    }

    /// All children, in order.
    pub(super) fn children(&self) -> Result<Vec<Self>, ModelError> {
        let modules = self.attribute("_modules").and_then(|modules| self.checkpoint.heap.dictionary(modules));
        let modules = modules.ok_or_else(|| self.incomplete("_modules"))?;
        let names = modules.iter().map(|(name, _)| name.text().ok_or_else(|| self.incomplete("_modules")));
        names.map(|name| self.child(name?)).collect()
    }

    pub(super) fn integer(&self, name: &str) -> Result<i64, ModelError> {
        let value = self.attribute(name).and_then(Value::integer);
        value.ok_or_else(|| self.incomplete(name))
    }

    pub(super) fn size(&self, name: &str) -> Result<usize, ModelError> {
        usize::try_from(self.integer(name)?).map_err(|_| self.incomplete(name))
    }

    /// An integer or a pair of integers. One integer stands for both.
    pub(super) fn pair(&self, name: &str) -> Result<[i64; 2], ModelError> {
        match self.integers(name)?[..] {
            [both] => Ok([both, both]),
            [first, second] => Ok([first, second]),
            _ => Err(self.incomplete(name)),
        }
    }

    /// A list of integers, or a single integer.
    pub(super) fn integers(&self, name: &str) -> Result<Vec<i64>, ModelError> {
        let value = self.attribute(name).ok_or_else(|| self.incomplete(name))?;
        let integers = value.integer().map(|one| vec![one]).or_else(|| self.checkpoint.heap.integers(value));
        integers.ok_or_else(|| self.incomplete(name))
    }

    pub(super) fn number(&self, name: &str) -> Result<f64, ModelError> {
        match self.attribute(name) {
            Some(Value::Float(number)) => Ok(*number),
            _ => Err(self.incomplete(name)),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, ModelError> {
        match self.attribute(name) {
            Some(Value::Boolean(boolean)) => Ok(*boolean),
            _ => Err(self.incomplete(name)),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, ModelError> {
        self.attribute(name).and_then(Value::text).ok_or_else(|| self.incomplete(name))
    }

    /// The entries of a dictionary.
    pub(super) fn dictionary(&self, name: &str) -> Result<&'a [(Value, Value)], ModelError> {
        let entries = self.attribute(name).and_then(|value| self.checkpoint.heap.dictionary(value));
        entries.ok_or_else(|| self.incomplete(name))
    }

    /// A parameter or buffer; `None` if the module was created without it.
    pub(super) fn tensor_if_present(&self, name: &str) -> Result<Option<Tensor>, ModelError> {
        let heap = &self.checkpoint.heap;
        let find = |kind| self.attribute(kind).and_then(|tensors| heap.entry(tensors, name));
        match find("_parameters").or_else(|| find("_buffers")) {
            None | Some(Value::None) => Ok(None),
            Some(value) => self.read(value, name).map(Some),
        }
    }

    pub(super) fn tensor(&self, name: &str) -> Result<Tensor, ModelError> {
        self.tensor_if_present(name)?.ok_or_else(|| self.incomplete(name))
    }

    /// A tensor that is stored as an ordinary attribute.
    pub(super) fn tensor_attribute(&self, name: &str) -> Result<Tensor, ModelError> {
        let value = self.attribute(name).ok_or_else(|| self.incomplete(name))?;
        self.read(value, name)
    }

    fn read(&self, value: &Value, name: &str) -> Result<Tensor, ModelError> {
        let Some(Node::Tensor(view)) = self.checkpoint.heap.node(value) else {
            return Err(self.incomplete(name));
        };
        self.checkpoint.tensor(view, &format!("{}.{name}", self.path))
    }
}
