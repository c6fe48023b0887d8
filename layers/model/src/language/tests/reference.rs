//! Computes what a network gives for one line, in double precision and from the definitions of its layers, without the
//! importer.

use crate::testing::language::{Gates, Layer, Weights};

/// Features by column and row of the image.
type Image = Vec<Vec<Vec<f64>>>;

/// The probability of each class at each time step.
pub(super) fn probabilities(layers: &[Layer], line: &Image) -> Vec<Vec<f64>> {
    let image = layers.iter().fold(line.clone(), |image, layer| forward(layer, image));
    image.into_iter().map(|mut column| column.remove(0)).collect()
}

fn forward(layer: &Layer, image: Image) -> Image {
    match layer {
        Layer::Input { .. } | Layer::Other(_) => image,
        Layer::Series(layers) => layers.iter().fold(image, |image, layer| forward(layer, image)),
        Layer::Convolve { half } => convolve(&image, *half as isize),
        Layer::Tanh(weights) => each(&image, |features| weighted(weights, features).map(f64::tanh).collect()),
        Layer::Maxpool { side } => pooled(&image, *side),
        Layer::ColumnSummary(gates) => image.iter().map(|column| vec![lstm(gates, column).pop().unwrap()]).collect(),
        Layer::Forward(gates) => along(&image, |line| lstm(gates, line)),
        Layer::Backward(gates) => along(&image, |line| {
            let backwards: Vec<_> = line.iter().rev().cloned().collect();
            lstm(gates, &backwards).into_iter().rev().collect()
        }),
        Layer::Softmax(weights) => each(&image, |features| {
            let powers: Vec<f64> = weighted(weights, features).map(f64::exp).collect();
            powers.iter().map(|power| power / powers.iter().sum::<f64>()).collect()
        }),
    }
}

fn each(image: &Image, compute: impl Fn(&[f64]) -> Vec<f64>) -> Image {
    image.iter().map(|column| column.iter().map(|features| compute(features)).collect()).collect()
}

fn along(image: &Image, compute: impl Fn(&[Vec<f64>]) -> Vec<Vec<f64>>) -> Image {
    let line: Vec<Vec<f64>> = image.iter().map(|column| column[0].clone()).collect();
    compute(&line).into_iter().map(|features| vec![features]).collect()
}

fn convolve(image: &Image, half: isize) -> Image {
    let channels = image[0][0].len();
    let at = |x: usize, y: usize, right: isize, down: isize| {
        let pixel = x.checked_add_signed(right).and_then(|x| image.get(x)?.get(y.checked_add_signed(down)?));
        pixel.cloned().unwrap_or_else(|| vec![0.0; channels])
    };
    // Column after column, as Tesseract orders the neighbourhood.
    let places: Vec<_> = (-half..=half).flat_map(|right| (-half..=half).map(move |down| (right, down))).collect();
    let around = |x, y| places.iter().flat_map(|&(right, down)| at(x, y, right, down)).collect();
    let column = |x: usize| (0..image[x].len()).map(|y| around(x, y)).collect();
    (0..image.len()).map(column).collect()
}

fn pooled(image: &Image, side: usize) -> Image {
    let largest = |x: usize, y: usize, channel: usize| {
        let pixels = image[x * side..(x + 1) * side].iter().flat_map(|column| &column[y * side..(y + 1) * side]);
        pixels.map(|features| features[channel]).fold(f64::MIN, f64::max)
    };
    let features = |x, y| (0..image[0][0].len()).map(|channel| largest(x, y, channel)).collect();
    let column = |x| (0..image[0].len() / side).map(|y| features(x, y)).collect();
    (0..image.len() / side).map(column).collect()
}

fn weighted(weights: &Weights, features: &[f64]) -> impl Iterator<Item = f64> {
    weights.values.chunks(weights.columns).map(move |row| {
        let (bias, row) = row.split_last().unwrap();
        bias + row.iter().zip(features).map(|(weight, feature)| weight * feature).sum::<f64>()
    })
}

fn lstm([cell, input, forget, output]: &Gates, line: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let sigmoid = |value: f64| 1.0 / (1.0 + (-value).exp());
    let (mut state, mut result) = (vec![0.0; cell.rows], vec![0.0; cell.rows]);
    let step = |features: &Vec<f64>| {
        let both = [features.clone(), result.clone()].concat();
        let gates = weighted(cell, &both).zip(weighted(input, &both)).zip(weighted(forget, &both));
        let next = gates
            .zip(&state)
            .map(|(((cell, input), forget), state)| sigmoid(forget) * state + sigmoid(input) * cell.tanh());
        state = next.collect();
        result = weighted(output, &both).zip(&state).map(|(gate, state)| sigmoid(gate) * state.tanh()).collect();
        result.clone()
    };
    line.iter().map(step).collect()
}
