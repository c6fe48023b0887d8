//! The graph of a language's network.

use super::layer::{Gates, Kind, Layer};
use super::matrix::Matrix;
use crate::error::ModelError;
use crate::onnx::{Attribute, Dimension, Edge, Elements, Graph, OnnxOperator};
use std::iter::repeat_n;
use std::ops::Range;

/// Lines, [batch, 1, height, width]: black is -1, white is 1, and 0 follows a line that is shorter than the others.
const IMAGE: &str = "image";
/// The number of time steps of each line of the batch.
const STEPS: &str = "steps";
/// The probability of each class, [time, batch, classes].
const PROBABILITIES: &str = "probs";

/// The largest plausible height of a line, and the largest plausible number of pixels that one step covers. Tesseract's
/// own are 48 and 3.
const HEIGHT_LIMIT: usize = 256;
const STEP_LIMIT: usize = 32;
/// The largest plausible distance from which a convolution reads pixels. Tesseract's own is 1.
const REACH_LIMIT: usize = 8;

/// A graph that is ready to be written.
pub(super) struct LineGraph {
    pub(super) graph: Graph,
    pub(super) classes: usize,
    /// The height of a line, in pixels.
    pub(super) height: usize,
    /// The width that one time step covers, in pixels.
    pub(super) step: usize,
}

/// What has been computed before a layer.
struct Image {
    /// [batch, channels, height, width].
    edge: Edge,
    channels: usize,
    height: usize,
    /// The width that one column covers, in pixels.
    step: usize,
}

struct Sequence {
    /// [time, batch, features].
    edge: Edge,
    features: usize,
}

pub(super) fn build(layers: &[Layer]) -> Result<LineGraph, ModelError> {
    let [Layer { kind: Kind::Input { height }, .. }, layers @ ..] = layers else {
        return Err(incomplete("does not begin with `Input`"));
    };
    let height = *height;
    if height == 0 || height > HEIGHT_LIMIT {
        return Err(incomplete("reads lines of an implausible height"));
    }
    let mut graph = Graph::default();
    let batch = Dimension::Dynamic("batch");
    let [depth, side] = [1, size(height)].map(Dimension::Fixed);
    let shape = vec![batch.clone(), depth, side, Dimension::Dynamic("width")];
    let edge = graph.input(IMAGE, shape);
    let steps = graph.integer_input(STEPS, vec![batch]);
    let (image, layers) = convolutions(&mut graph, Image { edge, channels: 1, height, step: 1 }, layers)?;
    let [Layer { name, inputs, kind: Kind::ColumnSummary(gates), .. }, layers @ ..] = layers else {
        return Err(incomplete("has no LSTM over its columns"));
    };
    expect(name, *inputs, image.channels)?;
    let sequence = columns(&mut graph, name, &image, gates);
    let (sequence, layers) = line(&mut graph, sequence, &steps, layers)?;
    let [Layer { name, inputs, kind: Kind::Softmax(weights), .. }] = layers else {
        return Err(incomplete("does not end with `Softmax`"));
    };
    expect(name, *inputs, sequence.features)?;
    probabilities(&mut graph, name, &sequence, weights);
    Ok(LineGraph { graph, classes: weights.outputs, height, step: image.step })
}

const fn incomplete(reason: &'static str) -> ModelError {
    ModelError::LanguageNetwork { reason }
}

fn expect(layer: &str, expected: usize, found: usize) -> Result<(), ModelError> {
    if expected == found {
        return Ok(());
    }
    Err(ModelError::LanguageLayer { layer: layer.to_owned(), reason: "it does not fit the layer before it" })
}

/// Translates the layers that see the line as an image. Returns the layers after them.
fn convolutions<'a>(
    graph: &mut Graph,
    mut image: Image,
    mut layers: &'a [Layer],
) -> Result<(Image, &'a [Layer]), ModelError> {
    loop {
        let (next, rest) = match layers {
            [
                Layer { name, inputs, kind: Kind::Convolve { half_width, half_height }, .. },
                Layer { kind: Kind::Tanh(weights), .. },
                rest @ ..,
            ] => {
                expect(name, *inputs, image.channels)?;
                let convolved = convolution(graph, name, &image, weights, (*half_width, *half_height))?;
                // tanh keeps the order of values, so it can follow the pooling, which leaves a ninth of them.
                let (pooled, rest) = match rest {
                    [Layer { name, kind: Kind::Maxpool { width, height }, .. }, rest @ ..] => {
                        (pool(graph, name, &convolved, (*width, *height))?, rest)
                    }
                    _ => (convolved, rest),
                };
                let edge = graph.add(name, OnnxOperator::new("Tanh", &[&pooled.edge]));
                (Image { edge, ..pooled }, rest)
            }
            [Layer { name, kind: Kind::Maxpool { width, height }, .. }, rest @ ..] => {
                (pool(graph, name, &image, (*width, *height))?, rest)
            }
            _ => return Ok((image, layers)),
        };
        (image, layers) = (next, rest);
    }
}

fn convolution(
    graph: &mut Graph,
    name: &str,
    image: &Image,
    weights: &Matrix,
    (half_width, half_height): (usize, usize),
) -> Result<Image, ModelError> {
    if half_width.max(half_height) > REACH_LIMIT {
        return Err(ModelError::LanguageLayer { layer: name.to_owned(), reason: "it is too large" });
    }
    let (width, height) = (2 * half_width + 1, 2 * half_height + 1);
    expect(name, image.channels * width * height, weights.inputs)?;
    // Tesseract orders the weights by column, row and channel; ONNX by channel, row and column.
    let places = (0..image.channels)
        .flat_map(|channel| (0..height).flat_map(move |y| (0..width).map(move |x| (channel, y, x))))
        .map(|(channel, y, x)| (x * height + y) * image.channels + channel);
    let places: Vec<usize> = places.collect();
    let kernel = weights.weights.chunks_exact(weights.inputs).flat_map(|row| places.iter().map(|&place| row[place]));
    let kernel = Elements::Single(kernel.collect());
    let kernel = graph.constant(name, dimensions([weights.outputs, image.channels, height, width]), kernel);
    let bias = graph.constant(name, dimensions([weights.outputs]), Elements::Single(weights.bias.clone()));
    let padding = dimensions([half_height, half_width, half_height, half_width]);
    let operator = OnnxOperator::new("Conv", &[&image.edge, &kernel, &bias]).with("pads", Attribute::Integers(padding));
    Ok(Image { edge: graph.add(name, operator), channels: weights.outputs, ..*image })
}

fn pool(graph: &mut Graph, name: &str, image: &Image, (width, height): (usize, usize)) -> Result<Image, ModelError> {
    let unsupported = |reason| ModelError::LanguageLayer { layer: name.to_owned(), reason };
    if width == 0 || height == 0 || width > STEP_LIMIT / image.step || height > image.height {
        return Err(unsupported("its size is implausible"));
    }
    let sides = || Attribute::Integers(dimensions([height, width]));
    let operator = OnnxOperator::new("MaxPool", &[&image.edge]).with("kernel_shape", sides()).with("strides", sides());
    Ok(Image {
        edge: graph.add(name, operator),
        channels: image.channels,
        height: image.height / height,
        step: image.step * width,
    })
}

/// Summarises each column of the image from top to bottom. The columns of all lines form one batch.
fn columns(graph: &mut Graph, name: &str, image: &Image, gates: &Gates) -> Sequence {
    let features = gates.cell.outputs;
    let order = Attribute::Integers(vec![2, 3, 0, 1]);
    // [height, time, batch, channels].
    let turned = graph.add(name, OnnxOperator::new("Transpose", &[&image.edge]).with("perm", order));
    let flat = graph.integers(name, vec![size(image.height), -1, size(image.channels)]);
    let flat = graph.add(name, OnnxOperator::new("Reshape", &[&turned, &flat]));
    let operator = lstm(graph, name, [&flat, &Edge::absent()], gates, "forward");
    let last = graph.add_later_output(name, operator, 1);
    let shape = OnnxOperator::new("Shape", &[&turned]);
    let shape = shape.with("start", Attribute::Integer(1)).with("end", Attribute::Integer(3));
    let shape = graph.add(name, shape);
    let rest = graph.integers(name, vec![size(features)]);
    let shape = graph.add(name, OnnxOperator::new("Concat", &[&shape, &rest]).with("axis", Attribute::Integer(0)));
    Sequence { edge: graph.add(name, OnnxOperator::new("Reshape", &[&last, &shape])), features }
}

/// Translates the LSTMs that run along the line. Returns the layers after them.
fn line<'a>(
    graph: &mut Graph,
    mut sequence: Sequence,
    steps: &Edge,
    mut layers: &'a [Layer],
) -> Result<(Sequence, &'a [Layer]), ModelError> {
    while let [Layer { name, inputs, kind, .. }, rest @ ..] = layers {
        let (gates, direction) = match kind {
            Kind::Forward(gates) => (gates, "forward"),
            Kind::Backward(gates) => (gates, "reverse"),
            _ => break,
        };
        expect(name, *inputs, sequence.features)?;
        let operator = lstm(graph, name, [&sequence.edge, steps], gates, direction);
        // [time, directions, batch, features].
        let every = graph.add(name, operator);
        let directions = graph.integers(name, vec![1]);
        let edge = graph.add(name, OnnxOperator::new("Squeeze", &[&every, &directions]));
        (sequence, layers) = (Sequence { edge, features: gates.cell.outputs }, rest);
    }
    Ok((sequence, layers))
}

/// An LSTM with ONNX's order of the gates: input, output, forget, cell. The second input has the lengths of the
/// sequences.
fn lstm(
    graph: &mut Graph,
    name: &str,
    [input, lengths]: [&Edge; 2],
    gates: &Gates,
    direction: &'static str,
) -> OnnxOperator {
    let features = gates.cell.outputs;
    let inputs = gates.cell.inputs - features;
    let stack = [&gates.input, &gates.output, &gates.forget, &gates.cell];
    let columns = |range: Range<usize>| {
        let rows = stack.iter().flat_map(|gate| gate.weights.chunks_exact(gate.inputs));
        Elements::Single(rows.flat_map(|row| &row[range.clone()]).copied().collect())
    };
    let of_input = graph.constant(name, dimensions([1, 4 * features, inputs]), columns(0..inputs));
    let of_output = columns(inputs..inputs + features);
    let of_output = graph.constant(name, dimensions([1, 4 * features, features]), of_output);
    // ONNX has a second bias, for the weights of the outputs.
    let bias = stack.iter().flat_map(|gate| gate.bias.iter().copied());
    let bias = Elements::Single(bias.chain(repeat_n(0.0, 4 * features)).collect());
    let bias = graph.constant(name, dimensions([1, 8 * features]), bias);
    OnnxOperator::new("LSTM", &[input, &of_input, &of_output, &bias, lengths])
        .with("hidden_size", Attribute::Integer(size(features)))
        .with("direction", Attribute::Text(direction))
}

fn probabilities(graph: &mut Graph, name: &str, sequence: &Sequence, weights: &Matrix) {
    let bias = graph.constant(name, dimensions([weights.outputs]), Elements::Single(weights.bias.clone()));
    let shape = dimensions([weights.inputs, weights.outputs]);
    let weight = graph.constant(name, shape, Elements::Single(weights.transposed()));
    let product = graph.add(name, OnnxOperator::new("MatMul", &[&sequence.edge, &weight]));
    let sum = graph.add(name, OnnxOperator::new("Add", &[&product, &bias]));
    let operator = OnnxOperator::new("Softmax", &[&sum]).with("axis", Attribute::Integer(-1));
    let [time, batch] = ["time", "batch"].map(Dimension::Dynamic);
    graph.output(PROBABILITIES, operator, vec![time, batch, Dimension::Fixed(size(weights.outputs))]);
}

fn dimensions<const N: usize>(sizes: [usize; N]) -> Vec<i64> {
    sizes.into_iter().map(size).collect()
}

/// A size in ONNX's type. Every size here is far below its limit.
fn size(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
