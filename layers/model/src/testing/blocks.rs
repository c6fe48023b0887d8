//! The blocks of YOLO11, YOLO12 and YOLO26 with weights that keep the features small, and a network around each.

use super::network::{checkpoint_of, conv2d};
use super::{Item, module, noise, text};

const BLOCK: &str = "ultralytics.nn.modules.block";
const CONVOLUTION: &str = "ultralytics.nn.modules.conv";
const CONTAINER: &str = "torch.nn.modules.container";

/// Numbers from -1 to 1, divided by the square root of `inputs`.
fn tensor(shape: &[i32], inputs: i32) -> Item {
    let count = shape.iter().product();
    Item::Tensor(shape.to_vec(), (0..count).map(|_| noise() as f32 / (inputs as f32).sqrt() * 1.7).collect())
}

fn above(channels: i32, floor: f32) -> Item {
    Item::Tensor(vec![channels], (0..channels).map(|index| floor + (index % 7) as f32 / 10.0).collect())
}

/// A `Conv` or `DWConv`.
fn unit(class: &'static str, [inputs, outputs, kernel, groups]: [i32; 4], is_activated: bool, stride: i32) -> Item {
    let mut convolution = conv2d(1, 1, kernel, stride);
    let Item::Object(_, _, state) = &mut convolution else { panic!("a module") };
    for (key, value) in state {
        match key {
            Item::Text(name) if name == "groups" => *value = Item::Integer(groups),
            Item::Text(name) if name == "_parameters" => {
                let weight = tensor(&[outputs, inputs / groups, kernel, kernel], inputs / groups * kernel * kernel);
                *value = Item::Dictionary(vec![(text("weight"), weight), (text("bias"), Item::None)]);
            }
            _ => {}
        }
    }
    let statistics = vec![
        ("weight", above(outputs, 0.8)),
        ("bias", above(outputs, -0.3)),
        ("running_mean", above(outputs, -0.2)),
        ("running_var", above(outputs, 0.7)),
    ];
    let normalisation = ("torch.nn.modules.batchnorm", "BatchNorm2d");
    let bn = module(normalisation, vec![("eps", Item::Number(0.001))], statistics, vec![]);
    let act =
        if is_activated { ("torch.nn.modules.activation", "SiLU") } else { ("torch.nn.modules.linear", "Identity") };
    let act = module(act, vec![], vec![], vec![]);
    module(
        (CONVOLUTION, class),
        vec![("f", Item::Integer(-1))],
        vec![],
        vec![("conv", convolution), ("bn", bn), ("act", act)],
    )
}

fn conv(inputs: i32, outputs: i32, kernel: i32) -> Item {
    unit("Conv", [inputs, outputs, kernel, 1], true, 1)
}

fn plain(inputs: i32, outputs: i32, kernel: i32, groups: i32) -> Item {
    unit("Conv", [inputs, outputs, kernel, groups], false, 1)
}

fn container(class: &'static str, items: Vec<Item>) -> Item {
    let names: Vec<String> = (0..items.len()).map(|number| number.to_string()).collect();
    let children = names.iter().map(String::as_str).zip(items).collect();
    module((CONTAINER, class), vec![], vec![], children)
}

fn block(class: &'static str, attributes: Vec<(&str, Item)>, children: Vec<(&str, Item)>) -> Item {
    let attributes = attributes.into_iter().chain([("f", Item::Integer(-1))]).collect();
    module((BLOCK, class), attributes, vec![], children)
}

fn bottleneck(channels: i32, add: bool) -> Item {
    let children = vec![("cv1", conv(channels, channels / 2, 3)), ("cv2", conv(channels / 2, channels, 3))];
    block("Bottleneck", vec![("add", Item::Flag(add))], children)
}

pub(crate) fn c3k(channels: i32) -> Item {
    let half = channels / 2;
    let chain = container("Sequential", vec![bottleneck(half, true), bottleneck(half, false)]);
    let beside = vec![("cv1", conv(channels, half, 1)), ("cv2", conv(channels, half, 1))];
    let children = beside.into_iter().chain([("cv3", conv(channels, channels, 1)), ("m", chain)]).collect();
    block("C3k", vec![], children)
}

/// `inner` is a block of half the channels.
pub(crate) fn c3k2(channels: i32, inner: Item) -> Item {
    let half = channels / 2;
    let children = vec![
        ("cv1", conv(channels, channels, 1)),
        ("cv2", conv(half * 3, channels, 1)),
        ("m", container("ModuleList", vec![inner])),
    ];
    block("C3k2", vec![("c", Item::Integer(half))], children)
}

fn attention(channels: i32, heads: i32) -> Item {
    let (head, key) = (channels / heads, channels / heads / 2);
    let attributes = vec![
        ("num_heads", Item::Integer(heads)),
        ("head_dim", Item::Integer(head)),
        ("key_dim", Item::Integer(key)),
        ("scale", Item::Number(f64::from(key).powf(-0.5))),
    ];
    let children = vec![
        ("qkv", plain(channels, channels + 2 * key * heads, 1, 1)),
        ("proj", plain(channels, channels, 1, 1)),
        ("pe", plain(channels, channels, 3, channels)),
    ];
    block("Attention", attributes, children)
}

pub(crate) fn attention_block(channels: i32, heads: i32) -> Item {
    let ffn = container("Sequential", vec![conv(channels, channels * 2, 1), plain(channels * 2, channels, 1, 1)]);
    block("PSABlock", vec![("add", Item::Flag(true))], vec![("attn", attention(channels, heads)), ("ffn", ffn)])
}

pub(crate) fn c2psa(channels: i32, heads: i32) -> Item {
    let half = channels / 2;
    let children = vec![
        ("cv1", conv(channels, channels, 1)),
        ("cv2", conv(channels, channels, 1)),
        ("m", container("Sequential", vec![attention_block(half, heads)])),
    ];
    block("C2PSA", vec![("c", Item::Integer(half))], children)
}

fn area_block(channels: i32, heads: i32, area: i32) -> Item {
    let attributes = vec![
        ("num_heads", Item::Integer(heads)),
        ("head_dim", Item::Integer(channels / heads)),
        ("area", Item::Integer(area)),
    ];
    let children = vec![
        ("qkv", plain(channels, channels * 3, 1, 1)),
        ("proj", plain(channels, channels, 1, 1)),
        ("pe", plain(channels, channels, 7, channels)),
    ];
    let mlp = container("Sequential", vec![conv(channels, channels * 2, 1), plain(channels * 2, channels, 1, 1)]);
    block("ABlock", vec![], vec![("attn", block("AAttn", attributes, children)), ("mlp", mlp)])
}

/// With a weight for each channel, as the larger networks have it.
pub(crate) fn a2c2f(channels: i32, heads: i32, area: i32) -> Item {
    let half = channels / 2;
    let inner = container("Sequential", vec![area_block(half, heads, area), area_block(half, heads, area)]);
    let children = vec![
        ("cv1", conv(channels, half, 1)),
        ("cv2", conv(channels, channels, 1)),
        ("m", container("ModuleList", vec![inner])),
    ];
    let gamma = vec![("gamma", above(channels, 0.01))];
    module((BLOCK, "A2C2f"), vec![("f", Item::Integer(-1))], gamma, children)
}

/// SPPF as today's ultralytics writes it: without an activation, and adding its input.
pub(crate) fn sppf(channels: i32) -> Item {
    let attributes = vec![("kernel_size", Item::Integer(5)), ("stride", Item::Integer(1))];
    let pooling = module(("torch.nn.modules.pooling", "MaxPool2d"), attributes, vec![], vec![]);
    let half = channels / 2;
    let children = vec![("cv1", plain(channels, half, 1, 1)), ("cv2", conv(half * 4, channels, 1)), ("m", pooling)];
    block("SPPF", vec![("n", Item::Integer(3)), ("add", Item::Flag(true))], children)
}

/// One level of YOLO11's head, with two classes. YOLO26 has one bin.
fn detect(channels: i32, bins: i32) -> Item {
    let last = |inputs: i32, outputs: i32| {
        let mut convolution = conv2d(inputs, outputs, 1, 1);
        let Item::Object(_, _, state) = &mut convolution else { panic!("a module") };
        let tensors =
            vec![(text("weight"), tensor(&[outputs, inputs, 1, 1], inputs)), (text("bias"), above(outputs, 0.1))];
        state.retain(|(key, _)| !matches!(key, Item::Text(name) if name == "_parameters"));
        state.push((text("_parameters"), Item::Dictionary(tensors)));
        convolution
    };
    let boxes = container("Sequential", vec![conv(channels, 16, 3), conv(16, 16, 3), last(16, 4 * bins)]);
    let depthwise = |inputs: i32, outputs: i32| {
        let apart = unit("DWConv", [inputs, inputs, 3, inputs], true, 1);
        container("Sequential", vec![apart, conv(inputs, outputs, 1)])
    };
    let classes = container("Sequential", vec![depthwise(channels, 8), depthwise(8, 8), last(8, 2)]);
    let attributes = vec![
        ("f", Item::List(vec![Item::Integer(-1)])),
        ("nc", Item::Integer(2)),
        ("reg_max", Item::Integer(bins)),
        ("stride", Item::Tensor(vec![1], vec![16.0])),
    ];
    let children = vec![("cv2", container("ModuleList", vec![boxes])), ("cv3", container("ModuleList", vec![classes]))];
    module(("ultralytics.nn.modules.head", "Detect"), attributes, vec![], children)
}

/// The layers of a network: a convolution that covers 16 pixels, the blocks, and the head.
pub(crate) fn layers_around(channels: i32, blocks: Vec<Item>, bins: i32) -> Vec<Item> {
    let first = unit("Conv", [3, channels, 3, 1], true, 16);
    [first].into_iter().chain(blocks).chain([detect(channels, bins)]).collect()
}

pub(crate) fn checkpoint_around(channels: i32, blocks: Vec<Item>, bins: i32) -> Item {
    checkpoint_of(layers_around(channels, blocks, bins))
}
