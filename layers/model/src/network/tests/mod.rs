mod blocks;
mod reference;
mod winograd;

use super::{ModelError, Network};
use crate::checkpoint::Checkpoint;
use crate::onnx::{Attribute, Dimension, Edge, Elements, OnnxOperator};
use crate::testing::network::{SEQUENTIAL, checkpoint_of, conv, conv2d, layers, pair};
use crate::testing::{Item, PickleWriter, module, text};
use std::collections::HashSet;

fn build(checkpoint: &Item) -> Result<Network, ModelError> {
    Network::build(&Checkpoint::read(&PickleWriter::pickle(checkpoint).archive()).unwrap())
}

fn kinds<'a>(network: &'a Network, kind: &'a str) -> impl Iterator<Item = &'a OnnxOperator> {
    network.graph.operators.iter().filter(move |operator| operator.kind == kind)
}

fn constant<'a>(network: &'a Network, edge: &Edge) -> (&'a [i64], &'a Elements) {
    let constant = network.graph.constants.iter().find(|constant| Edge::named(&constant.name) == *edge).unwrap();
    (&constant.dimensions, &constant.elements)
}

/// Replaces the attribute of that name in the object and everything below it.
fn set(item: &mut Item, name: &str, value: &Item) {
    match item {
        Item::Object(_, _, entries) | Item::Dictionary(entries) => {
            for (key, held) in entries {
                if matches!(key, Item::Text(text) if text == name) {
                    *held = value.clone()
                } else {
                    set(held, name, value)
                }
            }
        }
        Item::List(items) | Item::Tuple(items) => items.iter_mut().for_each(|item| set(item, name, value)),
        _ => {}
    }
}

#[test]
fn the_checkpoint_says_classes_and_size() {
    let network = build(&checkpoint_of(layers())).unwrap();
    assert_eq!(network.classes, ["Key Icon", "Divider"]);
    assert_eq!((network.image_size, network.stride), (64, 4));
}

#[test]
fn the_graph_has_one_input_and_one_output_of_dynamic_size() {
    let network = build(&checkpoint_of(layers())).unwrap();
    let [input] = &network.graph.inputs[..] else { panic!("one input") };
    let [output] = &network.graph.outputs[..] else { panic!("one output") };
    let dynamic = Dimension::Dynamic;
    assert_eq!(input.edge, Edge::named("images"));
    assert_eq!(input.dimensions, [dynamic("batch"), Dimension::Fixed(3), dynamic("height"), dynamic("width")]);
    assert_eq!(output.edge, Edge::named("output0"));
    assert_eq!(output.dimensions, [dynamic("batch"), Dimension::Fixed(6), dynamic("anchors")]);
}

#[test]
fn every_operator_reads_what_is_there_before_it() {
    let network = build(&checkpoint_of(layers())).unwrap();
    let constants = network.graph.constants.iter().map(|constant| Edge::named(&constant.name));
    let mut known: HashSet<Edge> = constants.chain([Edge::named("images"), Edge::absent()]).collect();
    assert_eq!(known.len(), network.graph.constants.len() + 2);
    for operator in &network.graph.operators {
        assert!(
            operator.inputs.iter().all(|edge| known.contains(edge)),
            "{} reads {:?}",
            operator.name,
            operator.inputs
        );
        assert!(operator.outputs.iter().all(|edge| known.insert(edge.clone())), "{} is made twice", operator.name);
    }
    assert!(known.contains(&Edge::named("output0")));
}

#[test]
fn the_operators_are_those_of_the_modules() {
    let network = build(&checkpoint_of(layers())).unwrap();
    // 2 convolutions, C2f 2 + 2 + 1, pyramid pooling 2, head 2 levels × 2 branches × 2.
    assert_eq!(kinds(&network, "Conv").count(), 17);
    // All but the last four of the head are activated. The head's classes add one more Sigmoid.
    assert_eq!(kinds(&network, "Sigmoid").count(), 13 + 1);
    assert_eq!(kinds(&network, "MaxPool").count(), 3);
    assert_eq!(kinds(&network, "Resize").count(), 1);
    // Only the head splits, and only four rows. A Split of features would force a change of the memory layout.
    assert_eq!(kinds(&network, "Split").count(), 1);
}

#[test]
fn layers_read_the_layers_that_they_name() {
    let network = build(&checkpoint_of(layers())).unwrap();
    let join = kinds(&network, "Concat").find(|operator| operator.name.starts_with("checkpoint.model.5/")).unwrap();
    let made_in = |edge: &Edge| {
        network.graph.operators.iter().find(|operator| operator.outputs.contains(edge)).unwrap().name.clone()
    };
    let sources: Vec<String> = join.inputs.iter().map(made_in).collect();
    assert!(sources[0].starts_with("checkpoint.model.4/Resize"), "{sources:?}");
    assert!(sources[1].starts_with("checkpoint.model.0/Mul"), "{sources:?}");
}

#[test]
fn batch_normalisation_is_folded_in() {
    let network = build(&checkpoint_of(layers())).unwrap();
    let first = kinds(&network, "Conv").next().unwrap();
    let (shape, Elements::Single(weights)) = constant(&network, &first.inputs[1]) else { panic!("weights") };
    let (_, Elements::Single(biases)) = constant(&network, &first.inputs[2]) else { panic!("biases") };
    assert_eq!(shape, [4, 3, 3, 3]);
    for output in 0..4_usize {
        // Follows the definition of batch normalisation in double precision, with the numbers of the test's own
        // network.
        let step = output as f64 / 4.0;
        let (scale, shift, mean, variance) = (1.0 + step, 0.5 + step, -0.25 + step, 2.0 + step);
        let factor = scale / (variance + 0.001_f64).sqrt();
        assert!((f64::from(biases[output]) - (shift - mean * factor)).abs() < 1e-6);
        for (inner, weight) in weights[output * 27..][..27].iter().enumerate() {
            let raw = ((output * 27 + inner) % 17) as f64 / 8.0 - 1.0;
            assert!((f64::from(*weight) - raw * factor).abs() < 1e-6, "output {output}, weight {inner}");
        }
    }
}

#[test]
fn the_halves_of_c2f_are_the_halves_of_its_convolution() {
    let network = build(&checkpoint_of(layers())).unwrap();
    let halves: Vec<&OnnxOperator> =
        kinds(&network, "Conv").filter(|conv| conv.name.starts_with("checkpoint.model.2.cv1/")).collect();
    let read = |operator: &OnnxOperator, input: usize| match constant(&network, &operator.inputs[input]) {
        (_, Elements::Single(values)) => values.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(halves.len(), 2);
    // The same convolution in a layer of its own serves as the comparison.
    let mut alone = layers();
    alone[1] = conv(4, 4, 1, 1);
    let alone = build(&checkpoint_of(alone)).unwrap();
    let whole = kinds(&alone, "Conv").nth(1).unwrap();
    for input in [1, 2] {
        let (_, Elements::Single(whole)) = constant(&alone, &whole.inputs[input]) else { panic!("numbers") };
        assert_eq!([read(halves[0], input), read(halves[1], input)].concat(), *whole);
    }
}

#[test]
fn strides_and_padding_are_those_of_the_module() {
    let network = build(&checkpoint_of(layers())).unwrap();
    let first = kinds(&network, "Conv").next().unwrap();
    let integers = |values: &[i64]| Attribute::Integers(values.to_vec());
    let expected = [
        ("kernel_shape", integers(&[3, 3])),
        ("strides", integers(&[2, 2])),
        ("pads", integers(&[1, 1, 1, 1])),
        ("dilations", integers(&[1, 1])),
        ("group", Attribute::Integer(1)),
    ];
    assert_eq!(first.attributes, expected);
}

#[test]
fn what_the_importer_does_not_translate_is_refused() {
    let changes = [
        ("padding_mode", text("reflect"), "model.network-unsupported"),
        ("transposed", Item::Flag(true), "model.network-unsupported"),
        ("scale_factor", Item::Number(1.5), "model.network-unsupported"),
        ("mode", text("bilinear"), "model.network-unsupported"),
        ("act", module(SEQUENTIAL, vec![], vec![], vec![]), "model.network-unsupported"),
        ("d", Item::Integer(2), "model.network-unsupported"),
        ("c", Item::Integer(1), "model.network-channels"),
        ("groups", Item::Integer(2), "model.network-channels"),
        ("reg_max", Item::Integer(3), "model.network-channels"),
        ("reg_max", Item::Integer(0), "model.network-incomplete"),
        ("nc", Item::Integer(3), "model.network-channels"),
        ("names", Item::Dictionary(vec![(Item::Integer(1), text("Divider"))]), "model.network-incomplete"),
        ("imgsz", Item::Integer(-1), "model.network-incomplete"),
        ("stride", pair(7), "model.network-incomplete"),
        ("f", Item::Integer(9), "model.network-incomplete"),
        ("cv2", Item::None, "model.network-incomplete"),
        ("running_var", Item::Tensor(vec![1], vec![1.0]), "model.network-channels"),
        ("running_var", Item::None, "model.network-incomplete"),
    ];
    for (name, value, code) in changes {
        let mut checkpoint = checkpoint_of(layers());
        set(&mut checkpoint, name, &value);
        assert_eq!(build(&checkpoint).err().map(|error| error.code().as_str()), Some(code), "{name}");
    }
}

#[test]
fn channels_that_do_not_fit_are_named() {
    let mut wrong = layers();
    wrong[1] = conv(5, 4, 3, 2);
    match build(&checkpoint_of(wrong)).err() {
        Some(ModelError::Channels { module, expected, found }) => {
            assert_eq!((module.as_str(), expected, found), ("checkpoint.model.1", 4, 5));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_network_without_a_head_is_refused() {
    let headless = layers()[..4].to_vec();
    assert_eq!(
        build(&checkpoint_of(headless)).err().map(|error| error.code().as_str()),
        Some("model.network-unsupported")
    );
}

#[test]
fn a_tree_that_multiplies_itself_is_refused_and_so_is_a_deep_one() {
    let nest = |width: usize, depth: usize| {
        (0..depth).fold(module(SEQUENTIAL, vec![], vec![], vec![]), |inner, _| {
            let children =
                ["0", "1", "2", "3", "4", "5", "6", "7"].into_iter().take(width).map(|name| (name, inner.clone()));
            module(SEQUENTIAL, vec![("f", Item::Integer(-1))], vec![], children.collect())
        })
    };
    for (width, depth, expected) in [(8, 4, "modules"), (1, 20, "nested modules")] {
        match build(&checkpoint_of(vec![nest(width, depth)])).err() {
            Some(ModelError::NetworkLimit { what, .. }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn a_bare_convolution_has_neither_normalisation_nor_activation() {
    let mut bare = conv2d(4, 4, 3, 2);
    let Item::Object(_, _, state) = &mut bare else { panic!("a module") };
    state.push((text("f"), Item::Integer(-1)));
    let mut changed = layers();
    changed[1] = bare;
    let network = build(&checkpoint_of(changed)).unwrap();
    assert_eq!(kinds(&network, "Sigmoid").count(), 12 + 1);
    let second = kinds(&network, "Conv").nth(1).unwrap();
    let zeros = Elements::Single(vec![0.0; 4]);
    assert_eq!(constant(&network, &second.inputs[2]).1, &zeros);
}
