//! Translates the blocks with attention, in which every place of the features looks at every other one.

use super::blocks::{halves, translate};
use super::builder::{Builder, Features};
use super::module::Module;
use super::winograd::IMAGE_MULTIPLE;
use crate::error::ModelError;
use crate::onnx::{Attribute, Edge, Elements, OnnxOperator};

/// The most heads of an attention. The largest YOLO11 has 12.
const HEAD_LIMIT: usize = 64;
/// A feature must cover this many pixels of the image in each direction: the weights of an attention grow with the fourth
/// power of the image's side. YOLO12 has attention from 16, YOLO11 from 32.
const SCALE_FLOOR: usize = 16;

/// Swaps two axes.
const SWAP_PLACES: [i64; 4] = [0, 1, 3, 2];
const SWAP_AREAS: [i64; 4] = [0, 2, 1, 3];

/// Half of the channels goes through attention, the other half goes past it.
pub(super) fn split_attention(
    builder: &mut Builder,
    module: &Module,
    input: &Features,
) -> Result<Features, ModelError> {
    let [past, through] = halves(builder, module, input)?;
    let through = translate(builder, &module.child("m")?, &through)?;
    let joined = builder.concatenate(module, &[past, through]);
    translate(builder, &module.child("cv2")?, &joined)
}

/// Attention, then two convolutions. Each may add its input.
pub(super) fn attention_block(
    builder: &mut Builder,
    module: &Module,
    input: &Features,
) -> Result<Features, ModelError> {
    let adds = module.boolean("add")?;
    in_turn(builder, module, input, ["attn", "ffn"], adds)
}

pub(super) fn area_block(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    in_turn(builder, module, input, ["attn", "mlp"], true)
}

fn in_turn(
    builder: &mut Builder,
    module: &Module,
    input: &Features,
    children: [&str; 2],
    adds: bool,
) -> Result<Features, ModelError> {
    children.into_iter().try_fold(input.clone(), |features, name| {
        let output = translate(builder, &module.child(name)?, &features)?;
        if adds { builder.sum(module, &features, &output) } else { Ok(output) }
    })
}

/// A chain of blocks, all of whose results are joined. It may add its input, weighting its result by channel.
pub(super) fn area_stage(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let mut features = translate(builder, &module.child("cv1")?, input)?;
    let mut branches = vec![features.clone()];
    for inner in module.child("m")?.children()? {
        features = translate(builder, &inner, &features)?;
        branches.push(features.clone());
    }
    let joined = builder.concatenate(module, &branches);
    let output = translate(builder, &module.child("cv2")?, &joined)?;
    let Some(weights) = module.tensor_if_present("gamma")? else { return Ok(output) };
    let (expected, found) = (output.channels, weights.values.len());
    if found != expected {
        return Err(ModelError::Channels { module: format!("{}.gamma", module.path), expected, found });
    }
    let dimensions = vec![1, integer(found), 1, 1];
    let weights = builder.graph.constant(&module.path, dimensions, Elements::Single(weights.values));
    let edge = builder.add(module, OnnxOperator::new("Mul", &[&output.edge, &weights]));
    builder.sum(module, input, &Features { edge, ..output })
}

/// The sizes of an attention, all from the module.
struct Sizes {
    heads: usize,
    /// Channels of a key and of a query, for each head.
    key: usize,
    /// Channels of a value, for each head.
    value: usize,
    areas: usize,
}

pub(super) fn attention(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let (heads, key, value) = (module.size("num_heads")?, module.size("key_dim")?, module.size("head_dim")?);
    attend(builder, module, input, &Sizes { heads, key, value, areas: 1 })
}

/// Attention within areas: each is a run of places in reading order.
pub(super) fn area_attention(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let (heads, head, areas) = (module.size("num_heads")?, module.size("head_dim")?, module.size("area")?);
    attend(builder, module, input, &Sizes { heads, key: head, value: head, areas })
}

/// softmax(query · key) · value, plus a convolution of the values, through a last convolution. Comments give the shapes;
/// places are those of one area.
fn attend(builder: &mut Builder, module: &Module, input: &Features, sizes: &Sizes) -> Result<Features, ModelError> {
    let Sizes { heads, key, value, areas } = *sizes;
    if !(1..=HEAD_LIMIT).contains(&heads) || key == 0 || value == 0 {
        return Err(module.unsupported("it has no heads, or too many"));
    }
    if input.scale < SCALE_FLOOR {
        return Err(module.unsupported("it looks at too many places at once"));
    }
    // Whatever the size of the image, the features have a multiple of this many places.
    let places = (IMAGE_MULTIPLE / input.scale).pow(2);
    if areas != 1 && (areas == 0 || places == 0 || !places.is_multiple_of(areas)) {
        return Err(module.unsupported("its areas do not divide the places of every image"));
    }
    let mixed = translate(builder, &module.child("qkv")?, input)?;
    let parts = key.saturating_mul(2).saturating_add(value);
    let (expected, found) = (heads.saturating_mul(parts), mixed.channels);
    if found != expected {
        return Err(ModelError::Channels { module: format!("{}.qkv", module.path), expected, found });
    }
    // [batch × areas, heads, parts, places]
    let mixed = divide(builder, module, &mixed.edge, sizes, parts);
    let lengths = builder.integers(&module.path, &[integer(key), integer(key), integer(value)]);
    let split = OnnxOperator::new("Split", &[&mixed, &lengths]).with("axis", Attribute::Integer(2));
    let [queries, keys, values] = builder.graph.add_outputs(&module.path, split);
    let attended = weigh(builder, module, [queries, keys, values.clone()], key);
    let sides = builder.sides(module, &input.edge);
    let [attended, values] = [attended, values].map(|edge| Features {
        edge: unite(builder, module, &edge, sizes, &sides),
        channels: heads.saturating_mul(value),
        scale: input.scale,
    });
    let encoded = translate(builder, &module.child("pe")?, &values)?;
    let sum = builder.sum(module, &attended, &encoded)?;
    translate(builder, &module.child("proj")?, &sum)
}

/// softmax(query · key / √size) · value, [batch × areas, heads, value, places].
fn weigh(builder: &mut Builder, module: &Module, [queries, keys, values]: [Edge; 3], key: usize) -> Edge {
    #[expect(clippy::cast_precision_loss, reason = "a size of a few dozen")]
    let scale = builder.number(&module.path, 1.0 / (key as f32).sqrt());
    let queries = builder.add(module, OnnxOperator::new("Mul", &[&queries, &scale]));
    let queries = builder.transpose(module, &queries, SWAP_PLACES);
    // [batch × areas, heads, places, places]
    let weights = builder.add(module, OnnxOperator::new("MatMul", &[&queries, &keys]));
    let weights = builder.add(module, OnnxOperator::new("Softmax", &[&weights]).with("axis", Attribute::Integer(3)));
    let weights = builder.transpose(module, &weights, SWAP_PLACES);
    builder.add(module, OnnxOperator::new("MatMul", &[&values, &weights]))
}

/// [batch, channels, height, width] → [batch × areas, heads, parts, places].
fn divide(builder: &mut Builder, module: &Module, features: &Edge, sizes: &Sizes, parts: usize) -> Edge {
    let (heads, parts) = (integer(sizes.heads), integer(parts));
    if sizes.areas == 1 {
        return builder.reshape(module, features, &[0, heads, parts, -1]);
    }
    let rows = builder.reshape(module, features, &[0, 0, integer(sizes.areas), -1]);
    let rows = builder.transpose(module, &rows, SWAP_AREAS);
    builder.reshape(module, &rows, &[-1, heads, parts, 0])
}

/// [batch × areas, heads, value, places] → [batch, channels, height, width].
fn unite(builder: &mut Builder, module: &Module, edge: &Edge, sizes: &Sizes, sides: &Edge) -> Edge {
    let channels = integer(sizes.heads.saturating_mul(sizes.value));
    let start = builder.integers(&module.path, &[0, channels]);
    let shape = OnnxOperator::new("Concat", &[&start, sides]).with("axis", Attribute::Integer(0));
    let shape = builder.add(module, shape);
    let edge = if sizes.areas == 1 {
        edge.clone()
    } else {
        let rows = builder.reshape(module, edge, &[-1, integer(sizes.areas), channels, 0]);
        builder.transpose(module, &rows, SWAP_AREAS)
    };
    builder.add(module, OnnxOperator::new("Reshape", &[&edge, &shape]))
}

fn integer(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
