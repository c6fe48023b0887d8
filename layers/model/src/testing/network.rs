//! A minimal YOLOv8 network: two levels, two classes, a handful of channels.

use super::{Item, module, text};

const CONTAINER: &str = "torch.nn.modules.container";
const BLOCK: &str = "ultralytics.nn.modules.block";
const CONVOLUTION: &str = "ultralytics.nn.modules.conv";

pub(crate) const SEQUENTIAL: (&str, &str) = (CONTAINER, "Sequential");

pub(crate) fn pair(value: i32) -> Item {
    Item::Tuple(vec![Item::Integer(value); 2])
}

/// Numbers that differ from each other, so that a mix-up is noticed.
fn numbers(count: i32) -> Vec<f32> {
    (0..count).map(|index| (index % 17) as f32 / 8.0 - 1.0).collect()
}

fn vector(count: i32, start: f32) -> Item {
    Item::Tensor(vec![count], (0..count).map(|index| start + index as f32 / 4.0).collect())
}

/// A `Conv2d` with an odd kernel size and padding that keeps the size.
pub(crate) fn conv2d(inputs: i32, outputs: i32, kernel: i32, stride: i32) -> Item {
    let weight = Item::Tensor(vec![outputs, inputs, kernel, kernel], numbers(outputs * inputs * kernel * kernel));
    let attributes = vec![
        ("stride", pair(stride)),
        ("padding", pair(kernel / 2)),
        ("dilation", pair(1)),
        ("groups", Item::Integer(1)),
        ("padding_mode", text("zeros")),
        ("transposed", Item::Flag(false)),
    ];
    module(("torch.nn.modules.conv", "Conv2d"), attributes, vec![("weight", weight), ("bias", Item::None)], vec![])
}

pub(crate) fn batch_norm(channels: i32) -> Item {
    let tensors = vec![
        ("weight", vector(channels, 1.0)),
        ("bias", vector(channels, 0.5)),
        ("running_mean", vector(channels, -0.25)),
        ("running_var", vector(channels, 2.0)),
    ];
    module(("torch.nn.modules.batchnorm", "BatchNorm2d"), vec![("eps", Item::Number(0.001))], tensors, vec![])
}

pub(crate) fn conv(inputs: i32, outputs: i32, kernel: i32, stride: i32) -> Item {
    let act = module(("torch.nn.modules.activation", "SiLU"), vec![], vec![], vec![]);
    let children = vec![("conv", conv2d(inputs, outputs, kernel, stride)), ("bn", batch_norm(outputs)), ("act", act)];
    module((CONVOLUTION, "Conv"), vec![("f", Item::Integer(-1))], vec![], children)
}

fn c2f(channels: i32) -> Item {
    let half = channels / 2;
    let convolutions = vec![("cv1", conv(half, half, 3, 1)), ("cv2", conv(half, half, 3, 1))];
    let inner = module((BLOCK, "Bottleneck"), vec![("add", Item::Flag(true))], vec![], convolutions);
    let list = module((CONTAINER, "ModuleList"), vec![], vec![], vec![("0", inner)]);
    let children = vec![("cv1", conv(channels, channels, 1, 1)), ("cv2", conv(half * 3, channels, 1, 1)), ("m", list)];
    module((BLOCK, "C2f"), vec![("f", Item::Integer(-1)), ("c", Item::Integer(half))], vec![], children)
}

fn sppf(channels: i32) -> Item {
    let pooling =
        module(("torch.nn.modules.pooling", "MaxPool2d"), vec![("kernel_size", Item::Integer(5))], vec![], vec![]);
    let children = vec![("cv1", conv(channels, 2, 1, 1)), ("cv2", conv(8, channels, 1, 1)), ("m", pooling)];
    module((BLOCK, "SPPF"), vec![("f", Item::Integer(-1))], vec![], children)
}

fn upsample() -> Item {
    let attributes = vec![("f", Item::Integer(-1)), ("scale_factor", Item::Number(2.0)), ("mode", text("nearest"))];
    module(("torch.nn.modules.upsampling", "Upsample"), attributes, vec![], vec![])
}

fn concat(from: [i32; 2]) -> Item {
    let from = Item::List(from.map(Item::Integer).to_vec());
    module((CONVOLUTION, "Concat"), vec![("f", from), ("d", Item::Integer(1))], vec![], vec![])
}

fn branches(inputs: [i32; 2], outputs: i32) -> Item {
    let branch = |inputs| {
        let layers = vec![("0", conv(inputs, 2, 3, 1)), ("1", conv2d(2, outputs, 1, 1))];
        module(SEQUENTIAL, vec![], vec![], layers)
    };
    module((CONTAINER, "ModuleList"), vec![], vec![], vec![("0", branch(inputs[0])), ("1", branch(inputs[1]))])
}

/// The head over two layers with the given numbers of channels.
fn detect(from: [i32; 2], channels: [i32; 2]) -> Item {
    let attributes = vec![
        ("f", Item::List(from.map(Item::Integer).to_vec())),
        ("nc", Item::Integer(2)),
        ("reg_max", Item::Integer(2)),
        ("stride", Item::Tensor(vec![2], vec![2.0, 4.0])),
    ];
    let children = vec![("cv2", branches(channels, 8)), ("cv3", branches(channels, 2))];
    module(("ultralytics.nn.modules.head", "Detect"), attributes, vec![], children)
}

/// A checkpoint that contains a list of layers.
pub(crate) fn checkpoint_of(layers: Vec<Item>) -> Item {
    let numbers: Vec<String> = (0..layers.len()).map(|number| number.to_string()).collect();
    let layers = numbers.iter().map(String::as_str).zip(layers).collect();
    let names = vec![(Item::Integer(0), text("Key Icon")), (Item::Integer(1), text("Divider"))];
    let attributes = vec![("names", Item::Dictionary(names))];
    let network = module(SEQUENTIAL, vec![], vec![], layers);
    let model = module(("ultralytics.nn.tasks", "DetectionModel"), attributes, vec![], vec![("model", network)]);
    let arguments = Item::Dictionary(vec![(text("imgsz"), Item::Integer(64))]);
    Item::Dictionary(vec![(text("ema"), Item::None), (text("model"), model), (text("train_args"), arguments)])
}

/// The layers of the whole minimal network.
pub(crate) fn layers() -> Vec<Item> {
    vec![conv(3, 4, 3, 2), conv(4, 4, 3, 2), c2f(4), sppf(4), upsample(), concat([-1, 0]), detect([5, 3], [8, 4])]
}

/// A network with one 3 × 3 layer that keeps its size. It has the given number of channels, and follows a layer with
/// the given stride.
pub(crate) fn with_wide_layer(channels: i32, stride: i32) -> Vec<Item> {
    let first = [conv(3, channels, 3, stride), conv(channels, channels, 3, 1)];
    let rest = [conv(channels, 4, 3, 2), detect([1, 2], [channels, 4])];
    first.into_iter().chain(rest).collect()
}
