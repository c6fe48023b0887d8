//! The classes and functions that a pickle may name, and what each stands for here: data, never code.

/// Classes of the network's modules, as far as the importer knows them.
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
    C2f,
    Bottleneck,
    PyramidPooling,
    MaximumPooling,
    Upsample,
    Concatenation,
    Detect,
    DistributionFocalLoss,
}

/// Element types of storages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementType {
    Half,
    Single,
    Integer64,
}

impl ElementType {
    /// Bytes an element.
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

const ALLOWED: [(&str, &str, Global); 24] = [
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
    ("ultralytics.nn.modules.block", "Bottleneck", Global::Class(Class::Bottleneck)),
    ("ultralytics.nn.modules.block", "SPPF", Global::Class(Class::PyramidPooling)),
    ("torch.nn.modules.pooling", "MaxPool2d", Global::Class(Class::MaximumPooling)),
    ("torch.nn.modules.upsampling", "Upsample", Global::Class(Class::Upsample)),
    ("ultralytics.nn.modules.conv", "Concat", Global::Class(Class::Concatenation)),
    ("ultralytics.nn.modules.head", "Detect", Global::Class(Class::Detect)),
    ("ultralytics.nn.modules.block", "DFL", Global::Class(Class::DistributionFocalLoss)),
];

/// What `module.name` stands for; `None` when it is not on the list.
pub(super) fn find(module: &str, name: &str) -> Option<Global> {
    let found = ALLOWED.iter().find(|(home, own, _)| *home == module && *own == name);
    found.map(|(_, _, global)| *global)
}
