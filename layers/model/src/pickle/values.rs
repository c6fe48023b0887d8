//! The data that a pickle builds, in one arena. Containers refer to each other by index, so that neither a cycle nor
//! deep nesting can overflow the stack when they are dropped. The classes and functions that a pickle may name stand
//! for data here, never for code.

use crate::error::PickleError;
use std::rc::Rc;

/// The most containers in one pickle. The real checkpoints make about 15,000.
const NODE_LIMIT: usize = 131_072;

/// The index of a container in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(usize);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    None,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(Rc<str>),
    Global(Global),
    Node(NodeId),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Node {
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dictionary(Vec<(Value, Value)>),
    Object { class: Class, state: Option<Value> },
    Storage(Storage),
    Tensor(TensorView),
}

/// A file of the archive that contains the elements of tensors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Storage {
    pub(crate) element: ElementType,
    pub(crate) key: Rc<str>,
}

/// A tensor whose elements have not been read yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TensorView {
    pub(crate) storage: Storage,
    pub(crate) offset: i64,
    pub(crate) shape: Vec<i64>,
    pub(crate) strides: Vec<i64>,
}

/// The arena of one pickle's containers.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    nodes: Vec<Node>,
}

impl Heap {
    pub(super) fn add(&mut self, node: Node) -> Result<Value, PickleError> {
        if self.nodes.len() >= NODE_LIMIT {
            return Err(PickleError::Limit { what: "containers", limit: NODE_LIMIT });
        }
        self.nodes.push(node);
        Ok(Value::Node(NodeId(self.nodes.len() - 1)))
    }

    pub(crate) fn node(&self, value: &Value) -> Option<&Node> {
        let Value::Node(NodeId(index)) = value else {
            return None;
        };
        self.nodes.get(*index)
    }

    pub(super) fn node_mut(&mut self, value: &Value) -> Option<&mut Node> {
        let Value::Node(NodeId(index)) = value else {
            return None;
        };
        self.nodes.get_mut(*index)
    }

    /// The items of a list or a tuple.
    pub(crate) fn sequence(&self, value: &Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::List(items) | Node::Tuple(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn tuple(&self, value: &Value) -> Option<&[Value]> {
        match self.node(value)? {
            Node::Tuple(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn dictionary(&self, value: &Value) -> Option<&[(Value, Value)]> {
        match self.node(value)? {
            Node::Dictionary(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a text key. If a key occurs twice, the later one counts, as in Python.
    pub(crate) fn entry(&self, dictionary: &Value, key: &str) -> Option<&Value> {
        let has_key = |candidate: &Value| matches!(candidate, Value::Text(text) if &**text == key);
        let entries = self.dictionary(dictionary)?;
        entries.iter().rev().find(|(candidate, _)| has_key(candidate)).map(|(_, value)| value)
    }

    pub(crate) fn integers(&self, value: &Value) -> Option<Vec<i64>> {
        let items = self.sequence(value)?;
        items.iter().map(Value::integer).collect()
    }
}

impl Value {
    pub(crate) const fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The classes of the network's modules that the importer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    DetectionModel,
    Sequential,
    ModuleList,
    ConvolutionBlock,
    Convolution,
    BatchNormalisation,
    SiLU,
    Identity,
    /// C2f and C3k2, which differ only in the blocks inside.
    C2f,
    /// C3 and C3k, likewise.
    C3,
    Bottleneck,
    PyramidPooling,
    /// C2PSA.
    SplitAttention,
    /// PSABlock.
    AttentionBlock,
    Attention,
    /// A2C2f.
    AreaStage,
    /// ABlock.
    AreaBlock,
    /// AAttn.
    AreaAttention,
    MaximumPooling,
    Upsample,
    Concatenation,
    Detect,
    DistributionFocalLoss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementType {
    Half,
    Single,
    Integer64,
}

impl ElementType {
    /// Bytes per element.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Half => 2,
            Self::Single => 4,
            Self::Integer64 => 8,
        }
    }
}

/// What a name in a pickle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Global {
    OrderedDictionary,
    Set,
    Size,
    RebuildTensor,
    RebuildParameter,
    Storage(ElementType),
    Class(Class),
}

const ALLOWED: [(&str, &str, Global); 34] = [
    ("collections", "OrderedDict", Global::OrderedDictionary),
    ("__builtin__", "set", Global::Set),
    ("torch", "Size", Global::Size),
    ("torch._utils", "_rebuild_tensor_v2", Global::RebuildTensor),
    ("torch._utils", "_rebuild_parameter", Global::RebuildParameter),
    ("torch", "HalfStorage", Global::Storage(ElementType::Half)),
    ("torch", "FloatStorage", Global::Storage(ElementType::Single)),
    ("torch", "LongStorage", Global::Storage(ElementType::Integer64)),
    ("ultralytics.nn.tasks", "DetectionModel", Global::Class(Class::DetectionModel)),
    ("torch.nn.modules.container", "Sequential", Global::Class(Class::Sequential)),
    ("torch.nn.modules.container", "ModuleList", Global::Class(Class::ModuleList)),
    ("ultralytics.nn.modules.conv", "Conv", Global::Class(Class::ConvolutionBlock)),
    ("torch.nn.modules.conv", "Conv2d", Global::Class(Class::Convolution)),
    ("torch.nn.modules.batchnorm", "BatchNorm2d", Global::Class(Class::BatchNormalisation)),
    ("torch.nn.modules.activation", "SiLU", Global::Class(Class::SiLU)),
    ("torch.nn.modules.linear", "Identity", Global::Class(Class::Identity)),
    ("ultralytics.nn.modules.block", "C2f", Global::Class(Class::C2f)),
    ("ultralytics.nn.modules.conv", "DWConv", Global::Class(Class::ConvolutionBlock)),
    ("ultralytics.nn.modules.block", "C3k2", Global::Class(Class::C2f)),
    ("ultralytics.nn.modules.block", "C3", Global::Class(Class::C3)),
    ("ultralytics.nn.modules.block", "C3k", Global::Class(Class::C3)),
    ("ultralytics.nn.modules.block", "C2PSA", Global::Class(Class::SplitAttention)),
    ("ultralytics.nn.modules.block", "PSABlock", Global::Class(Class::AttentionBlock)),
    ("ultralytics.nn.modules.block", "Attention", Global::Class(Class::Attention)),
    ("ultralytics.nn.modules.block", "A2C2f", Global::Class(Class::AreaStage)),
    ("ultralytics.nn.modules.block", "ABlock", Global::Class(Class::AreaBlock)),
    ("ultralytics.nn.modules.block", "AAttn", Global::Class(Class::AreaAttention)),
    ("ultralytics.nn.modules.block", "Bottleneck", Global::Class(Class::Bottleneck)),
    ("ultralytics.nn.modules.block", "SPPF", Global::Class(Class::PyramidPooling)),
    ("torch.nn.modules.pooling", "MaxPool2d", Global::Class(Class::MaximumPooling)),
    ("torch.nn.modules.upsampling", "Upsample", Global::Class(Class::Upsample)),
    ("ultralytics.nn.modules.conv", "Concat", Global::Class(Class::Concatenation)),
    ("ultralytics.nn.modules.head", "Detect", Global::Class(Class::Detect)),
    ("ultralytics.nn.modules.block", "DFL", Global::Class(Class::DistributionFocalLoss)),
];

/// Where PyTorch and ultralytics keep the classes of networks.
const HOMES_OF_BLOCKS: [&str; 2] = ["torch.nn.", "ultralytics.nn."];

/// What `module.name` stands for. What is not on the list is refused.
pub(super) fn find(module: &str, name: &str) -> Result<Global, PickleError> {
    let found = ALLOWED.iter().find(|(home, own, _)| *home == module && *own == name);
    found.map(|(_, _, global)| *global).ok_or_else(|| {
        if HOMES_OF_BLOCKS.iter().any(|home| module.starts_with(home)) {
            PickleError::Block { name: name.to_owned() }
        } else {
            PickleError::Global { name: format!("{module}.{name}") }
        }
    })
}
