//! Tests which layers use minimal filtering, and what they become.

use super::{build, constant, kinds};
use crate::network::Network;
use crate::onnx::{Elements, OnnxOperator};
use crate::testing::network::{checkpoint_of, with_wide_layer};

fn wide(channels: i32, stride: i32) -> Network {
    build(&checkpoint_of(with_wide_layer(channels, stride))).unwrap()
}

fn in_layer<'a>(network: &'a Network, layer: &'a str, kind: &'a str) -> Vec<&'a OnnxOperator> {
    let prefix = format!("checkpoint.model.{layer}/");
    kinds(network, kind).filter(|operator| operator.name.starts_with(&prefix)).collect()
}

#[test]
fn layers_with_many_channels_multiply_transformed_tiles() {
    let network = wide(96, 2);
    let [product] = in_layer(&network, "1", "MatMul")[..] else { panic!("one product") };
    assert_eq!(constant(&network, &product.inputs[0]).0, [1, 36, 96, 96]);
    assert_eq!(in_layer(&network, "1", "Transpose").len(), 2);
    assert_eq!(in_layer(&network, "1", "ConvTranspose").len(), 1);
    // Layers with a stride are computed directly, however wide they are.
    assert_eq!(kinds(&network, "MatMul").count(), 1);
}

#[test]
fn the_corner_points_of_the_weights_are_the_corner_weights() {
    let network = wide(96, 2);
    let product = in_layer(&network, "1", "MatMul")[0];
    let (_, Elements::Single(points)) = constant(&network, &product.inputs[0]) else { panic!("numbers") };
    // The first and the last row of the transform are (1/4, 0, 0) and (0, 0, 1). So point 0 is a sixteenth of the
    // first weight of a kernel, and point 35 is its last weight, both with the normalisation folded in.
    for pair in [0_usize, 1, 97, 9_215] {
        let step = (pair / 96) as f32 / 4.0;
        let factor = (1.0 + step) / (2.0 + step + 0.001).sqrt();
        let weight = |tap: usize| ((pair * 9 + tap) % 17) as f32 / 8.0 - 1.0;
        assert!((points[pair] - weight(0) * factor / 16.0).abs() < 1e-6);
        assert!((points[35 * 96 * 96 + pair] - weight(8) * factor).abs() < 1e-6);
    }
}

#[test]
fn layers_with_few_channels_are_done_directly() {
    assert_eq!(kinds(&wide(64, 2), "MatMul").count(), 0);
}

#[test]
fn the_deepest_layers_are_done_directly() {
    assert_eq!(kinds(&wide(96, 16), "MatMul").count(), 1);
    assert_eq!(kinds(&wide(96, 32), "MatMul").count(), 0);
}

#[test]
fn results_are_cropped_only_where_sides_can_be_other_than_whole_tiles() {
    // A Slice of features has axes. A Slice of a shape does not.
    let crops =
        |network: &Network| in_layer(network, "1", "Slice").iter().filter(|slice| slice.inputs.len() == 4).count();
    assert_eq!(crops(&wide(96, 8)), 0);
    assert_eq!(crops(&wide(96, 16)), 1);
}
