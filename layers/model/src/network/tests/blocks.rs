//! Runs networks of few channels with ONNX Runtime, and compares them with a computation from the definitions.

use super::reference::{Map, detect, forward};
use crate::error::ModelError;
use crate::import::ConvertedModel;
use crate::testing::blocks::{a2c2f, attention_block, c2psa, c3k, c3k2, checkpoint_around, layers_around, sppf};
use crate::testing::network::{checkpoint_of, pair};
use crate::testing::{Item, PickleWriter, environment, text};
use ort::session::Session;
use ort::value::TensorRef;

const CHANNELS: i32 = 16;
const HEIGHT: usize = 64;
const WIDTH: usize = 96;

fn convert(checkpoint: &Item) -> Result<ConvertedModel, ModelError> {
    ConvertedModel::from_bytes(&PickleWriter::pickle(checkpoint).archive())
}

fn run(model: &ConvertedModel, image: &[f32]) -> Vec<f32> {
    let mut session = Session::builder(environment()).unwrap().commit_from_memory(model.onnx()).unwrap();
    let tensor = TensorRef::from_array_view(([1, 3, HEIGHT as i64, WIDTH as i64], image)).unwrap();
    let outputs = session.run(ort::inputs![tensor]).unwrap();
    outputs[0].try_extract_tensor::<f32>().unwrap().1.to_vec()
}

/// The largest difference of the imported layers to the reference of others, in pixels for boxes and of probabilities.
fn compare(layers: &[Item], imported: Vec<Item>) -> (f64, f64) {
    let image: Vec<f32> = (0..3 * HEIGHT * WIDTH).map(|place| (place * 7_919 % 1_009) as f32 / 1_009.0).collect();
    let input =
        Map { channels: 3, height: HEIGHT, width: WIDTH, values: image.iter().copied().map(f64::from).collect() };
    let (head, blocks) = layers.split_last().unwrap();
    let features = blocks.iter().fold(input, |map, layer| forward(layer, &map));
    let expected = detect(head, &features);
    let found = run(&convert(&checkpoint_of(imported)).unwrap(), &image);
    assert_eq!(found.len(), expected.len());
    let differences: Vec<f64> = found.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).collect();
    let spread = expected.iter().copied().fold(0.0, f64::max);
    assert!(spread > 20.0 && spread < 1_000.0, "{spread}");
    let (boxes, probabilities) = differences.split_at(differences.len() / 6 * 4);
    let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    (largest(boxes), largest(probabilities))
}

#[test]
fn blocks_give_what_their_definitions_say() {
    let networks = [
        ("nothing but the head", vec![], 16),
        ("one bin", vec![], 1),
        ("C3k", vec![c3k(CHANNELS)], 16),
        ("C3k2 of C3k", vec![c3k2(CHANNELS, c3k(CHANNELS / 2))], 16),
        ("C3k2 of attention", vec![c3k2(CHANNELS, attention_block(CHANNELS / 2, 2))], 1),
        ("C2PSA", vec![c2psa(CHANNELS, 2)], 16),
        ("SPPF that adds", vec![sppf(CHANNELS)], 16),
        ("A2C2f", vec![a2c2f(CHANNELS, 2, 1)], 16),
        ("A2C2f of areas", vec![a2c2f(CHANNELS, 2, 4)], 16),
        ("all in a row", vec![c3k2(CHANNELS, c3k(CHANNELS / 2)), sppf(CHANNELS), c2psa(CHANNELS, 4)], 16),
    ];
    for (name, blocks, bins) in networks {
        let layers = layers_around(CHANNELS, blocks, bins);
        let (pixels, probability) = compare(&layers, layers.clone());
        assert!(pixels < 1e-3 && probability < 1e-5, "{name}: {pixels} px, {probability}");
    }
}

/// A network that was trained to find each object once has another pair of branches, and an attribute says so.
#[test]
fn the_branches_that_ultralytics_uses_are_imported() {
    let layers = layers_around(CHANNELS, vec![], 1);
    let mut imported = layers.clone();
    let Some(Item::Object(_, "Detect", head)) = imported.last_mut() else { panic!("a head") };
    head.push((text("_end2end"), Item::Flag(true)));
    let is_modules = |(key, _): &&mut (Item, Item)| matches!(key, Item::Text(name) if name == "_modules");
    let Some((_, Item::Dictionary(branches))) = head.iter_mut().find(is_modules) else { panic!("branches") };
    for (key, _) in branches {
        let Item::Text(name) = key else { panic!("a name") };
        *name = format!("one2one_{name}");
    }
    let (pixels, probability) = compare(&layers, imported);
    assert!(pixels < 1e-3 && probability < 1e-5, "{pixels} px, {probability}");
}

/// Replaces an attribute wherever it is.
fn with(mut checkpoint: Item, name: &str, value: &Item) -> Item {
    super::set(&mut checkpoint, name, value);
    checkpoint
}

#[test]
fn attention_that_does_not_fit_is_refused() {
    let split = || checkpoint_around(CHANNELS, vec![c2psa(CHANNELS, 2)], 16);
    let areas = || checkpoint_around(CHANNELS, vec![a2c2f(CHANNELS, 2, 4)], 16);
    let cases = [
        (split(), "num_heads", Item::Integer(0), "model.network-unsupported"),
        (split(), "num_heads", Item::Integer(1_000), "model.network-unsupported"),
        (split(), "num_heads", Item::Integer(4), "model.network-channels"),
        (split(), "key_dim", Item::Integer(i32::MAX), "model.network-channels"),
        (split(), "head_dim", Item::Integer(-1), "model.network-incomplete"),
        (split(), "add", text("yes"), "model.network-incomplete"),
        (areas(), "area", Item::Integer(3), "model.network-unsupported"),
        (areas(), "area", Item::Integer(0), "model.network-unsupported"),
        (areas(), "gamma", Item::Tensor(vec![1], vec![1.0]), "model.network-channels"),
        (areas(), "qkv", Item::None, "model.network-incomplete"),
    ];
    for (checkpoint, name, value, code) in cases {
        let refused = convert(&with(checkpoint, name, &value)).unwrap_err();
        assert_eq!(refused.code(), code, "{name}: {refused}");
    }
}

/// The memory of an attention grows with the square of the number of places.
#[test]
fn attention_over_fine_features_is_refused() {
    let mut layers = layers_around(CHANNELS, vec![c2psa(CHANNELS, 2)], 16);
    super::set(&mut layers[0], "stride", &pair(8));
    assert_eq!(convert(&checkpoint_of(layers)).unwrap_err().code(), "model.network-unsupported");
}

#[test]
fn strides_are_powers_of_two() {
    for stride in [0.0, -16.0, 12.0, 0.5, 256.0, 1e30] {
        let mut layers = layers_around(CHANNELS, vec![], 16);
        let Item::Object(_, "Detect", head) = &mut layers[1] else { panic!("a head") };
        let held = head.iter_mut().find(|(key, _)| matches!(key, Item::Text(name) if name == "stride")).unwrap();
        held.1 = Item::Tensor(vec![1], vec![stride]);
        assert_eq!(convert(&checkpoint_of(layers)).unwrap_err().code(), "model.network-incomplete", "{stride}");
    }
}
