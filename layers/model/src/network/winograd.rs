//! 3 × 3 convolutions by Winograd's minimal filtering, F(4 × 4, 3 × 3), written in standard operators.
//!
//! Sixteen neighbouring results share their inputs. After the transform they take 36 multiplications per pair of
//! channels, where the direct form takes 144. ONNX Runtime's own convolution is direct and runs near the processor's
//! peak, so only fewer multiplications make it faster.
//!
//! The transforms cost time for each channel, the transformed weights take four times the memory, and the points take
//! twice the memory of the features. So not every layer gains. `medium` takes 17 % less time alone on a machine and 8
//! % less where two runs share a cache, for 75 MB more at rest and up to 90 MB more in each run. The results differ
//! from the direct form's by rounding: at most 0.001 pixels and 0.00001 of confidence on real pages.
//!
//! The method is described in A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016.

use super::builder::{Builder, Features};
use super::convolution::Convolution;
use super::module::Module;
use crate::onnx::{Attribute, Edge, Elements, OnnxOperator};

/// The side of a tile of inputs, and of its results.
const INPUT_TILE: usize = 6;
const OUTPUT_TILE: usize = 4;
const POINTS: usize = INPUT_TILE * INPUT_TILE;

/// The transform is used from this ratio: the product of inputs and outputs (multiplications saved) over their sum
/// (channels transformed). Measured with ONNX Runtime 1.31 on one core: 32 (64 to 64) is slower, 48 (96 to 96) is a
/// sixth faster, 96 is 45 % faster.
const CHANNEL_FLOOR: usize = 44;
/// The transform is used while a feature covers at most this many pixels of the image. Deeper layers have the largest
/// weights (122 MB more in `medium`) and few results (3 % faster).
const SCALE_LIMIT: usize = 16;
/// Swaps points and channels.
const SWAP: [i64; 4] = [0, 2, 1, 3];
/// The sides of the image are multiples of this, in pixels.
pub(super) const IMAGE_MULTIPLE: usize = 32;

/// The transforms of a row of inputs (Bᵀ), of a row of weights (G) and of a row of results (Aᵀ), for the points 0,
/// ±1, ±2 and infinity.
const INPUTS: [[f64; 6]; 6] = [
    [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
    [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
    [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
    [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
    [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
    [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
];
const WEIGHTS: [[f64; 3]; 6] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];
const RESULTS: [[f64; 6]; 4] = [
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
    [0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
    [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
];

/// True when the transform can be used for a convolution of these features and makes it faster.
pub(super) fn pays(convolution: &Convolution, input: &Features) -> bool {
    let [outputs, inputs, height, width] = convolution.shape;
    let is_plain = convolution.groups == 1 && convolution.dilations == [1, 1];
    let keeps_size = convolution.strides == [1, 1] && convolution.padding == [1, 1];
    let is_wide = outputs.saturating_mul(inputs) >= CHANNEL_FLOOR.saturating_mul(outputs.saturating_add(inputs));
    is_plain && keeps_size && (height, width) == (3, 3) && is_wide && input.scale <= SCALE_LIMIT
}

/// The convolution's operators. Comments give the shape of each result. `tiles` is the grid of tiles.
pub(super) fn convolve(builder: &mut Builder, module: &Module, input: &Features, convolution: Convolution) -> Edge {
    let outputs = integer(convolution.shape[0]);
    let (points, tiles) = transform_inputs(builder, module, input);
    let weights = transform_weights(&convolution);
    let dimensions = vec![1, integer(POINTS), outputs, integer(convolution.shape[1])];
    let weights = builder.graph.constant(&module.path, dimensions, Elements::Single(weights));
    // [batch, points, outputs, tiles]
    let products = builder.add(module, OnnxOperator::new("MatMul", &[&weights, &points]));
    let results = transform_results(builder, module, &products, &tiles, outputs);
    let results = crop(builder, module, results, input);
    let bias = builder.graph.constant(&module.path, vec![1, outputs, 1, 1], Elements::Single(convolution.bias));
    builder.add(module, OnnxOperator::new("Add", &[&results, &bias]))
}

/// The points of each tile, [batch, points, channels, tiles], and the grid's height and width. The transform is a
/// convolution of each channel alone, whose kernels are the outer products of Bᵀ.
fn transform_inputs(builder: &mut Builder, module: &Module, input: &Features) -> (Edge, Edge) {
    let planes = builder.reshape(module, &input.edge, &[-1, 1, 0, 0]);
    let kernels = outer_products::<INPUT_TILE>(|(y, x), (row, column)| INPUTS[y][row] * INPUTS[x][column]);
    let size = integer(INPUT_TILE);
    let kernels = builder.graph.constant(&module.path, vec![integer(POINTS), 1, size, size], Elements::Single(kernels));
    // A padding of 4 at the far sides completes the last tile, whatever the size.
    let transform = OnnxOperator::new("Conv", &[&planes, &kernels])
        .with("kernel_shape", Attribute::Integers(vec![size; 2]))
        .with("strides", Attribute::Integers(vec![integer(OUTPUT_TILE); 2]))
        .with("pads", Attribute::Integers(vec![1, 1, 4, 4]));
    // [batch × channels, points, grid height, grid width]
    let points = builder.add(module, transform);
    let tiles = builder.sides(module, &points);
    let points = builder.reshape(module, &points, &[0, 0, 1, -1]);
    let points = builder.reshape(module, &points, &[-1, integer(input.channels), integer(POINTS), 0]);
    (builder.transpose(module, &points, SWAP), tiles)
}

/// Transforms points back to results, [batch, outputs, 4 × grid height, 4 × grid width].
fn transform_results(builder: &mut Builder, module: &Module, products: &Edge, tiles: &Edge, outputs: i64) -> Edge {
    let products = builder.transpose(module, products, SWAP);
    let planes = builder.integers(&module.path, &[-1, integer(POINTS)]);
    let shape = OnnxOperator::new("Concat", &[&planes, tiles]).with("axis", Attribute::Integer(0));
    let shape = builder.add(module, shape);
    let products = builder.add(module, OnnxOperator::new("Reshape", &[&products, &shape]));
    let kernels = outer_products::<OUTPUT_TILE>(|(y, x), (row, column)| RESULTS[row][y] * RESULTS[column][x]);
    let size = integer(OUTPUT_TILE);
    let kernels = builder.graph.constant(&module.path, vec![integer(POINTS), 1, size, size], Elements::Single(kernels));
    let transform = OnnxOperator::new("ConvTranspose", &[&products, &kernels])
        .with("kernel_shape", Attribute::Integers(vec![size; 2]))
        .with("strides", Attribute::Integers(vec![size; 2]));
    let planes = builder.add(module, transform);
    builder.reshape(module, &planes, &[-1, outputs, 0, 0])
}

/// Removes the surplus of the last tiles, if the features' sides may not be multiples of the tile.
fn crop(builder: &mut Builder, module: &Module, results: Edge, input: &Features) -> Edge {
    if IMAGE_MULTIPLE.is_multiple_of(input.scale * OUTPUT_TILE) {
        return results;
    }
    let end = builder.sides(module, &input.edge);
    let [start, axes] = [[0, 0], [2, 3]].map(|values| builder.integers(&module.path, &values));
    builder.add(module, OnnxOperator::new("Slice", &[&results, &start, &end, &axes]))
}

/// G · kernel · Gᵀ for each pair of channels, [points, outputs, inputs].
fn transform_weights(convolution: &Convolution) -> Vec<f32> {
    let (kernels, _) = convolution.weight.as_chunks::<9>();
    let point = |y: usize, x: usize, kernel: &[f32; 9]| {
        let terms = kernel
            .iter()
            .enumerate()
            .map(|(index, weight)| WEIGHTS[y][index / 3] * WEIGHTS[x][index % 3] * f64::from(*weight));
        single(terms.sum())
    };
    let points = (0..POINTS).map(|point| (point / INPUT_TILE, point % INPUT_TILE));
    points.flat_map(|(y, x)| kernels.iter().map(move |kernel| point(y, x, kernel))).collect()
}

/// One kernel for each point, [points, rows, columns], with the sides of the transform.
fn outer_products<const SIDE: usize>(value: impl Fn((usize, usize), (usize, usize)) -> f64) -> Vec<f32> {
    let points = (0..POINTS).map(|point| (point / INPUT_TILE, point % INPUT_TILE));
    let places = || (0..SIDE * SIDE).map(|place| (place / SIDE, place % SIDE));
    points.flat_map(|point| places().map(|place| single(value(point, place))).collect::<Vec<_>>()).collect()
}

fn integer(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "the network computes in single precision")]
const fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convolution(weight: Vec<f32>) -> Convolution {
        let bias = vec![0.0];
        Convolution {
            weight,
            bias,
            shape: [1, 1, 3, 3],
            strides: [1; 2],
            padding: [1; 2],
            dilations: [1; 2],
            groups: 1,
        }
    }

    /// One tile in double precision: every result must be what the convolution's definition says.
    #[test]
    fn a_tile_gives_what_the_direct_form_gives() {
        let input: Vec<f64> = (0..36).map(|index| f64::from(index * index % 23) - 11.0).collect();
        let kernel: Vec<f32> = (0..9_u8).map(|index| f32::from(index * index % 7) - 3.0).collect();
        let weights = transform_weights(&convolution(kernel.clone()));
        let product = |y: usize, x: usize| {
            let sum: f64 = (0..36).map(|place| INPUTS[y][place / 6] * INPUTS[x][place % 6] * input[place]).sum();
            sum * f64::from(weights[y * 6 + x])
        };
        for (row, column) in (0..16).map(|place| (place / 4, place % 4)) {
            let terms = (0..36)
                .map(|point| RESULTS[row][point / 6] * RESULTS[column][point % 6] * product(point / 6, point % 6));
            let direct = (0..9).map(|tap| f64::from(kernel[tap]) * input[(row + tap / 3) * 6 + column + tap % 3]);
            let (result, expected): (f64, f64) = (terms.sum(), direct.sum());
            assert!((result - expected).abs() < 1e-3, "{row}, {column}: {result} for {expected}");
        }
    }
}
