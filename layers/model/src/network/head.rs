//! The detection head. Each level has two branches of convolutions. Their results are then decoded into boxes in
//! pixels and class probabilities.

use super::blocks::translate;
use super::builder::{Builder, Features};
use super::module::Module;
use crate::error::ModelError;
use crate::onnx::{Attribute, Dimension, Edge, Elements, OnnxOperator};

const OUTPUT: &str = "output0";
/// The largest number of bins for the distance of a side. YOLOv8 and YOLO11 have 16, YOLO26 has 1.
const BIN_LIMIT: usize = 64;
const FLOAT: i64 = 1;

/// The parameters of the head.
pub(super) struct Head {
    pub(super) classes: usize,
    bins: usize,
    /// Pixels per anchor, for each level.
    strides: Vec<f32>,
    /// The largest of the strides.
    pub(super) stride: u32,
    /// The branches of boxes and classes.
    branches: [&'static str; 2],
}

impl Head {
    pub(super) fn read(module: &Module) -> Result<Self, ModelError> {
        let (classes, bins) = (module.size("nc")?, module.size("reg_max")?);
        let strides = module.tensor_attribute("stride")?.values;
        if !(1..=BIN_LIMIT).contains(&bins) {
            return Err(module.incomplete("reg_max"));
        }
        let power = |stride: &f32| (0..=7).map(|power| 1_u8 << power).find(|power| f32::from(*power) == *stride);
        let powers: Option<Vec<u8>> = strides.iter().map(power).collect();
        let stride = powers.and_then(|powers| powers.into_iter().max()).ok_or_else(|| module.incomplete("stride"))?;
        // A second pair of branches finds each object once. It is used if ultralytics uses it.
        let once = matches!(module.boolean("_end2end"), Ok(true));
        let branches = if once { ["one2one_cv2", "one2one_cv3"] } else { ["cv2", "cv3"] };
        Ok(Self { classes, bins, strides, stride: stride.into(), branches })
    }

    /// Translates the head for the features of its levels, and adds the graph's output.
    pub(super) fn translate(
        &self,
        builder: &mut Builder,
        module: &Module,
        levels: &[Features],
    ) -> Result<(), ModelError> {
        if levels.len() != self.strides.len() {
            return Err(module.unsupported("it does not have one stride for each level"));
        }
        let (mut boxes, mut classes, mut grids) = (Vec::new(), Vec::new(), Vec::new());
        for (level, (features, stride)) in levels.iter().zip(&self.strides).enumerate() {
            let distances = branch(builder, module, self.branches[0], level, features, 4 * self.bins)?;
            let scores = branch(builder, module, self.branches[1], level, features, self.classes)?;
            grids.push(grid(builder, module, &distances, *stride));
            boxes.push(flatten(builder, module, &distances));
            classes.push(flatten(builder, module, &scores));
        }
        let boxes = self.decode(builder, module, &boxes, &grids);
        let classes = concatenate(builder, module, &classes, 2);
        let classes = builder.add(module, OnnxOperator::new("Sigmoid", &[&classes]));
        let output = OnnxOperator::new("Concat", &[&boxes, &classes]).with("axis", Attribute::Integer(1));
        let rows = Dimension::Fixed((4 + self.classes).try_into().unwrap_or(i64::MAX));
        builder.graph.output(OUTPUT, output, vec![Dimension::Dynamic("batch"), rows, Dimension::Dynamic("anchors")]);
        Ok(())
    }

    /// Centre, width and height in pixels, [batch, 4, anchors]. The distance of a side from the anchor is the mean of
    /// a distribution over bins, as trained by the distribution focal loss. A single bin is the distance itself.
    fn decode(&self, builder: &mut Builder, module: &Module, levels: &[Edge], grids: &[Grid]) -> Edge {
        let distances = self.distances(builder, module, levels);
        let two = builder.integers(&module.path, &[2, 2]);
        let split = OnnxOperator::new("Split", &[&distances, &two]).with("axis", Attribute::Integer(1));
        let [before, after] = builder.graph.add_outputs(&module.path, split);
        let anchors: Vec<Edge> = grids.iter().map(|grid| grid.anchors.clone()).collect();
        let strides: Vec<Edge> = grids.iter().map(|grid| grid.strides.clone()).collect();
        let (anchors, strides) = (concatenate(builder, module, &anchors, 2), concatenate(builder, module, &strides, 2));
        let low = builder.add(module, OnnxOperator::new("Sub", &[&anchors, &before]));
        let high = builder.add(module, OnnxOperator::new("Add", &[&anchors, &after]));
        let sum = builder.add(module, OnnxOperator::new("Add", &[&low, &high]));
        let half = builder.number(&module.path, 0.5);
        let centre = builder.add(module, OnnxOperator::new("Mul", &[&sum, &half]));
        let size = builder.add(module, OnnxOperator::new("Sub", &[&high, &low]));
        let boxes = concatenate(builder, module, &[centre, size], 1);
        builder.add(module, OnnxOperator::new("Mul", &[&boxes, &strides]))
    }

    /// The mean distance of each side in strides, [batch, 4, anchors].
    #[expect(clippy::cast_precision_loss, reason = "there are at most 64 bins")]
    fn distances(&self, builder: &mut Builder, module: &Module, levels: &[Edge]) -> Edge {
        let bins = i64::try_from(self.bins).unwrap_or(i64::MAX);
        let joined = concatenate(builder, module, levels, 2);
        if bins == 1 {
            return joined;
        }
        let shape = builder.integers(&module.path, &[0, 4, bins, -1]);
        let logits = builder.add(module, OnnxOperator::new("Reshape", &[&joined, &shape]));
        let weights = builder.add(module, OnnxOperator::new("Softmax", &[&logits]).with("axis", Attribute::Integer(2)));
        let values = Elements::Single((0..self.bins).map(|bin| bin as f32).collect());
        let values = builder.graph.constant(&module.path, vec![1, 1, bins, 1], values);
        let weighted = builder.add(module, OnnxOperator::new("Mul", &[&weights, &values]));
        let axis = builder.integers(&module.path, &[2]);
        builder.add(module, OnnxOperator::new("ReduceSum", &[&weighted, &axis]).with("keepdims", Attribute::Integer(0)))
    }
}

/// One branch of one level. Checks that it has the number of channels that the decoding needs.
fn branch(
    builder: &mut Builder,
    module: &Module,
    name: &str,
    level: usize,
    input: &Features,
    expected: usize,
) -> Result<Features, ModelError> {
    let branch = module.child(name)?.child(&level.to_string())?;
    let output = translate(builder, &branch, input)?;
    let found = output.channels;
    if found == expected { Ok(output) } else { Err(ModelError::Channels { module: branch.path, expected, found }) }
}

/// [batch, channels, height, width] → [batch, channels, anchors].
fn flatten(builder: &mut Builder, module: &Module, features: &Features) -> Edge {
    let shape = builder.integers(&module.path, &[0, features.channels.try_into().unwrap_or(i64::MAX), -1]);
    builder.add(module, OnnxOperator::new("Reshape", &[&features.edge, &shape]))
}

fn concatenate(builder: &mut Builder, module: &Module, parts: &[Edge], axis: i64) -> Edge {
    let parts: Vec<&Edge> = parts.iter().collect();
    builder.add(module, OnnxOperator::new("Concat", &parts).with("axis", Attribute::Integer(axis)))
}

/// The anchors of a level: their centres in strides, [1, 2, anchors], and the stride, [1, 1, anchors].
struct Grid {
    anchors: Edge,
    strides: Edge,
}

/// Computes the anchors from the size of the features in the graph, because the size of the image is not fixed.
fn grid(builder: &mut Builder, module: &Module, features: &Features, stride: f32) -> Grid {
    let shape = builder.add(module, OnnxOperator::new("Shape", &[&features.edge]));
    let (height, width) = (dimension(builder, module, &shape, 2), dimension(builder, module, &shape, 3));
    let (start, end) = (builder.integers(&module.path, &[2]), builder.integers(&module.path, &[4]));
    let extent = builder.add(module, OnnxOperator::new("Slice", &[&shape, &start, &end]));
    let (columns, rows) = (centres(builder, module, &width), centres(builder, module, &height));
    let x = spread(builder, module, &columns, 0, &extent);
    let y = spread(builder, module, &rows, 1, &extent);
    let (zero, stride) = (builder.number(&module.path, 0.0), builder.number(&module.path, stride));
    let zeros = builder.add(module, OnnxOperator::new("Mul", &[&x, &zero]));
    let strides = builder.add(module, OnnxOperator::new("Add", &[&zeros, &stride]));
    Grid { anchors: concatenate(builder, module, &[x, y], 1), strides }
}

fn dimension(builder: &mut Builder, module: &Module, shape: &Edge, index: i64) -> Edge {
    let index = builder.integer(&module.path, index);
    builder.add(module, OnnxOperator::new("Gather", &[shape, &index]).with("axis", Attribute::Integer(0)))
}

fn unsqueeze(builder: &mut Builder, module: &Module, input: &Edge, axis: i64) -> Edge {
    let axis = builder.integers(&module.path, &[axis]);
    builder.add(module, OnnxOperator::new("Unsqueeze", &[input, &axis]))
}

/// 0.5, 1.5, … below a size.
fn centres(builder: &mut Builder, module: &Module, size: &Edge) -> Edge {
    let (zero, one) = (builder.integer(&module.path, 0), builder.integer(&module.path, 1));
    let indices = builder.add(module, OnnxOperator::new("Range", &[&zero, size, &one]));
    let indices = builder.add(module, OnnxOperator::new("Cast", &[&indices]).with("to", Attribute::Integer(FLOAT)));
    let half = builder.number(&module.path, 0.5);
    builder.add(module, OnnxOperator::new("Add", &[&indices, &half]))
}

/// A row (`axis` 0) or column (`axis` 1) repeated over the extent, as [1, 1, anchors].
fn spread(builder: &mut Builder, module: &Module, line: &Edge, axis: i64, extent: &Edge) -> Edge {
    let line = unsqueeze(builder, module, line, axis);
    let plane = builder.add(module, OnnxOperator::new("Expand", &[&line, extent]));
    let shape = builder.integers(&module.path, &[1, 1, -1]);
    builder.add(module, OnnxOperator::new("Reshape", &[&plane, &shape]))
}
