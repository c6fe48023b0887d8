//! Walks over a network and turns its tree of modules into a graph.

mod attention;
mod blocks;
mod builder;
mod convolution;
mod head;
mod module;
mod winograd;

#[cfg(test)]
mod tests;

use crate::checkpoint::Checkpoint;
use crate::error::ModelError;
use crate::onnx::{Dimension, Graph};
use crate::pickle::{Class, Value};
use builder::{Builder, Features};
use head::Head;
use module::Module;

/// The name of the graph's input: RGB from 0 to 1, [batch, 3, height, width].
const INPUT: &str = "images";
const INPUT_CHANNELS: usize = 3;
/// The largest plausible side of the letterboxed image, in pixels. The memory of a run grows with its square, that of
/// attention with its fourth power. The largest that ultralytics publishes is 1280.
const IMAGE_SIZE_LIMIT: i64 = 2_048;

/// A network that is ready to be written.
pub(crate) struct Network {
    pub(crate) graph: Graph,
    /// The names of the classes, in the order of their ids.
    pub(crate) classes: Vec<String>,
    /// The longer side of the training images, in pixels.
    pub(crate) image_size: u32,
    /// The sides of an input image must be multiples of this, in pixels.
    pub(crate) stride: u32,
}

impl Network {
    pub(crate) fn build(checkpoint: &Checkpoint) -> Result<Self, ModelError> {
        let model = model(checkpoint)?;
        let mut builder = Builder::default();
        let head = walk(&mut builder, &model)?;
        let classes = classes(&model, head.classes)?;
        let image_size = image_size(checkpoint)?;
        Ok(Self { graph: builder.graph, classes, image_size, stride: head.stride })
    }
}

/// The model to export: the averaged one if the checkpoint has it, as in the reference.
fn model<'a>(checkpoint: &'a Checkpoint<'a>) -> Result<Module<'a>, ModelError> {
    let present = |name| checkpoint.entry(name).filter(|value| **value != Value::None);
    let value = present("ema").or_else(|| present("model"));
    let value =
        value.ok_or_else(|| ModelError::Incomplete { module: "checkpoint".into(), attribute: "model".into() })?;
    let model = Module::root(checkpoint, value)?;
    if model.class == Class::DetectionModel { Ok(model) } else { Err(model.unsupported("it is not a detection model")) }
}

/// Translates the layers in order. Each layer lists the layers that it reads; −1 is the previous one.
fn walk(builder: &mut Builder, model: &Module) -> Result<Head, ModelError> {
    let dimensions =
        [Dimension::Dynamic("batch"), Dimension::Fixed(3), Dimension::Dynamic("height"), Dimension::Dynamic("width")];
    let mut last =
        Features { edge: builder.graph.input(INPUT, dimensions.to_vec()), channels: INPUT_CHANNELS, scale: 1 };
    let mut outputs: Vec<Features> = Vec::new();
    for layer in model.child("model")?.children()? {
        let inputs = inputs(&layer, &last, &outputs)?;
        if layer.class == Class::Detect {
            let head = Head::read(&layer)?;
            head.translate(builder, &layer, &inputs)?;
            return Ok(head);
        }
        last = translate(builder, &layer, &inputs)?;
        outputs.push(last.clone());
    }
    Err(model.unsupported("it has no detection head"))
}

fn inputs(layer: &Module, last: &Features, outputs: &[Features]) -> Result<Vec<Features>, ModelError> {
    let find = |index: i64| match index {
        -1 => Some(last.clone()),
        _ => usize::try_from(index).ok().and_then(|index| outputs.get(index).cloned()),
    };
    let inputs: Option<Vec<Features>> = layer.integers("f")?.into_iter().map(find).collect();
    inputs.filter(|inputs| !inputs.is_empty()).ok_or_else(|| layer.incomplete("f"))
}

fn translate(builder: &mut Builder, layer: &Module, inputs: &[Features]) -> Result<Features, ModelError> {
    match (layer.class, inputs) {
        (Class::Concatenation, _) if layer.integer("d")? == 1 => Ok(builder.concatenate(layer, inputs)),
        (Class::Concatenation, _) => Err(layer.unsupported("it does not join along the channels")),
        (_, [input]) => blocks::translate(builder, layer, input),
        _ => Err(layer.unsupported("it reads several layers")),
    }
}

/// The names of the classes, from a dictionary of 0, 1, … to text.
fn classes(model: &Module, count: usize) -> Result<Vec<String>, ModelError> {
    let entries = model.dictionary("names")?;
    let name = |id: usize| {
        let is_id = |key: &Value| key.integer().is_some_and(|key| usize::try_from(key) == Ok(id));
        entries.iter().find(|(key, _)| is_id(key)).and_then(|(_, name)| name.text()).map(str::to_owned)
    };
    let names: Option<Vec<String>> = (0..entries.len()).map(name).collect();
    let names = names.ok_or_else(|| model.incomplete("names"))?;
    if names.len() == count { Ok(names) } else { Err(model.incomplete("names")) }
}

/// The value of `imgsz` that was stored during training. See docs/reference-behaviour.md, "Letterbox and
/// suppression".
fn image_size(checkpoint: &Checkpoint) -> Result<u32, ModelError> {
    let arguments = checkpoint.entry("train_args");
    let size = arguments.and_then(|arguments| checkpoint.heap.entry(arguments, "imgsz")).and_then(Value::integer);
    let size = size.filter(|size| (1..=IMAGE_SIZE_LIMIT).contains(size)).and_then(|size| u32::try_from(size).ok());
    size.ok_or_else(|| ModelError::Incomplete { module: "train_args".into(), attribute: "imgsz".into() })
}
