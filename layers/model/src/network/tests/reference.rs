//! Computes what a network gives, in double precision and from the definitions of its modules, without the importer.

use crate::testing::Item;

#[derive(Clone)]
pub(super) struct Map {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Row by row, channel by channel.
    pub(super) values: Vec<f64>,
}

impl Map {
    fn new(channels: usize, height: usize, width: usize, value: impl FnMut(usize) -> f64) -> Self {
        Self { channels, height, width, values: (0..channels * height * width).map(value).collect() }
    }

    fn at(&self, channel: usize, y: isize, x: isize) -> Option<f64> {
        let (y, x) = (usize::try_from(y).ok()?, usize::try_from(x).ok()?);
        (y < self.height && x < self.width).then(|| self.values[(channel * self.height + y) * self.width + x])
    }

    fn plus(&self, other: &Self) -> Self {
        Self { values: self.values.iter().zip(&other.values).map(|(a, b)| a + b).collect(), ..self.clone() }
    }

    fn joined(maps: &[Self]) -> Self {
        let channels = maps.iter().map(|map| map.channels).sum();
        Self { channels, values: maps.iter().flat_map(|map| map.values.clone()).collect(), ..maps[0].clone() }
    }

    fn part(&self, from: usize, channels: usize) -> Self {
        let plane = self.height * self.width;
        Self { channels, values: self.values[from * plane..(from + channels) * plane].to_vec(), ..self.clone() }
    }
}

fn held<'a>(item: &'a Item, name: &str) -> Option<&'a Item> {
    let (Item::Object(_, _, entries) | Item::Dictionary(entries)) = item else { return None };
    entries.iter().find(|(key, _)| matches!(key, Item::Text(text) if text == name)).map(|(_, value)| value)
}

fn child<'a>(item: &'a Item, name: &str) -> &'a Item {
    held(held(item, "_modules").unwrap(), name).unwrap()
}

fn children(item: &Item) -> Vec<&Item> {
    let Some(Item::Dictionary(entries)) = held(item, "_modules") else { panic!("modules") };
    entries.iter().map(|(_, value)| value).collect()
}

fn tensor(item: &Item, name: &str) -> Option<(Vec<usize>, Vec<f64>)> {
    match held(held(item, "_parameters")?, name)? {
        Item::Tensor(shape, values) => {
            Some((shape.iter().map(|size| *size as usize).collect(), values.iter().copied().map(f64::from).collect()))
        }
        _ => None,
    }
}

fn size(item: &Item, name: &str) -> usize {
    match held(item, name) {
        Some(Item::Integer(size)) => *size as usize,
        Some(Item::Tuple(items)) => match items[..] {
            [Item::Integer(size), _] => size as usize,
            _ => panic!("{name}"),
        },
        _ => panic!("{name}"),
    }
}

fn is_set(item: &Item, name: &str) -> bool {
    matches!(held(item, name), Some(Item::Flag(true)))
}

pub(super) fn forward(item: &Item, input: &Map) -> Map {
    let Item::Object(_, class, _) = item else { panic!("a module") };
    let through = |name: &str, input: &Map| forward(child(item, name), input);
    let adding = |name: &str, input: &Map| input.plus(&through(name, input));
    match *class {
        "Sequential" => children(item).into_iter().fold(input.clone(), |map, inner| forward(inner, &map)),
        "Conv2d" => convolution(item, input),
        "Conv" | "DWConv" => unit(item, input),
        "Bottleneck" => {
            let output = through("cv2", &through("cv1", input));
            if is_set(item, "add") { input.plus(&output) } else { output }
        }
        "C3k2" => {
            let first = through("cv1", input);
            let half = first.channels / 2;
            let mut maps = vec![first.part(0, half), first.part(half, half)];
            for inner in children(child(item, "m")) {
                maps.push(forward(inner, &maps[maps.len() - 1]));
            }
            through("cv2", &Map::joined(&maps))
        }
        "C3k" => through("cv3", &Map::joined(&[through("m", &through("cv1", input)), through("cv2", input)])),
        "C2PSA" => {
            let first = through("cv1", input);
            let half = first.channels / 2;
            through("cv2", &Map::joined(&[first.part(0, half), through("m", &first.part(half, half))]))
        }
        "PSABlock" => adding("ffn", &adding("attn", input)),
        "ABlock" => adding("mlp", &adding("attn", input)),
        "Attention" => attention(item, input, size(item, "key_dim"), 1),
        "AAttn" => attention(item, input, size(item, "head_dim"), size(item, "area")),
        "A2C2f" => {
            let mut maps = vec![through("cv1", input)];
            for inner in children(child(item, "m")) {
                maps.push(forward(inner, &maps[maps.len() - 1]));
            }
            let output = through("cv2", &Map::joined(&maps));
            let (_, weights) = tensor(item, "gamma").unwrap();
            let plane = output.height * output.width;
            let weighted = output.values.iter().enumerate().map(|(place, value)| value * weights[place / plane]);
            input.plus(&Map { values: weighted.collect(), ..output.clone() })
        }
        "SPPF" => {
            let mut maps = vec![through("cv1", input)];
            for _ in 0..3 {
                maps.push(pooled(&maps[maps.len() - 1], size(child(item, "m"), "kernel_size")));
            }
            input.plus(&through("cv2", &Map::joined(&maps)))
        }
        _ => panic!("{class}"),
    }
}

fn convolution(item: &Item, input: &Map) -> Map {
    let ([stride, padding, groups], (shape, weight)) =
        (["stride", "padding", "groups"].map(|name| size(item, name)), tensor(item, "weight").unwrap());
    let [outputs, inputs, rows, columns] = shape[..] else { panic!("a kernel") };
    let bias = tensor(item, "bias").map_or_else(|| vec![0.0; outputs], |(_, bias)| bias);
    let sides = [(input.height, rows), (input.width, columns)];
    let [height, width] = sides.map(|(side, kernel)| (side + 2 * padding - kernel) / stride + 1);
    Map::new(outputs, height, width, |place| {
        let (output, y, x) = (place / (height * width), place / width % height, place % width);
        let first = output / (outputs / groups) * inputs;
        let taps = (0..inputs * rows * columns).map(|tap| {
            let (channel, row, column) = (tap / (rows * columns), tap / columns % rows, tap % columns);
            let place = |place: usize, step: usize| (place * stride + step) as isize - padding as isize;
            weight[output * inputs * rows * columns + tap]
                * input.at(first + channel, place(y, row), place(x, column)).unwrap_or(0.0)
        });
        bias[output] + taps.sum::<f64>()
    })
}

fn unit(item: &Item, input: &Map) -> Map {
    let (mut map, normalisation) = (convolution(child(item, "conv"), input), child(item, "bn"));
    let [scale, shift, mean, variance] =
        ["weight", "bias", "running_mean", "running_var"].map(|name| tensor(normalisation, name).unwrap().1);
    let is_activated = matches!(child(item, "act"), Item::Object(_, "SiLU", _));
    let plane = map.height * map.width;
    for (place, value) in map.values.iter_mut().enumerate() {
        let channel = place / plane;
        let normal = (*value - mean[channel]) / (variance[channel] + 0.001).sqrt() * scale[channel] + shift[channel];
        *value = if is_activated { normal / (1.0 + (-normal).exp()) } else { normal };
    }
    map
}

fn pooled(map: &Map, kernel: usize) -> Map {
    let reach = (kernel / 2) as isize;
    Map::new(map.channels, map.height, map.width, |place| {
        let (channel, y, x) = (place / (map.height * map.width), place / map.width % map.height, place % map.width);
        let near = (-reach..=reach).flat_map(|row| (-reach..=reach).map(move |column| (row, column)));
        let near = near.filter_map(|(row, column)| map.at(channel, y as isize + row, x as isize + column));
        near.fold(f64::NEG_INFINITY, f64::max)
    })
}

/// Every place looks at the places of its own area.
fn attention(item: &Item, input: &Map, key: usize, areas: usize) -> Map {
    let mixed = forward(child(item, "qkv"), input);
    let (heads, value) = (size(item, "num_heads"), size(item, "head_dim"));
    let places = mixed.height * mixed.width;
    let values = |head: usize| mixed.part(head * (2 * key + value) + 2 * key, value);
    let all_values = Map::joined(&(0..heads).map(values).collect::<Vec<_>>());
    let mut attended = Map::new(heads * value, mixed.height, mixed.width, |_| 0.0);
    for (head, place) in (0..heads).flat_map(|head| (0..places).map(move |place| (head, place))) {
        let first = head * (2 * key + value);
        let at = |channel: usize, place: usize| mixed.values[channel * places + place];
        let length = places / areas;
        let area = place / length * length..(place / length + 1) * length;
        let likeness = |other: usize| {
            let product = (0..key).map(|index| at(first + index, place) * at(first + key + index, other));
            (product.sum::<f64>() / (key as f64).sqrt()).exp()
        };
        let total: f64 = area.clone().map(likeness).sum();
        for channel in 0..value {
            let sum: f64 =
                area.clone().map(|other| likeness(other) / total * at(first + 2 * key + channel, other)).sum();
            attended.values[(head * value + channel) * places + place] = sum;
        }
    }
    forward(child(item, "proj"), &attended.plus(&forward(child(item, "pe"), &all_values)))
}

/// The boxes and probabilities of a head with one level, [4 + classes, anchors].
pub(super) fn detect(item: &Item, input: &Map) -> Vec<f64> {
    let branch = |name: &str| forward(child(child(item, name), "0"), input);
    let (distances, scores) = (branch("cv2"), branch("cv3"));
    let (bins, anchors) = (size(item, "reg_max"), input.height * input.width);
    let side = |side: usize, anchor: usize| {
        let logits: Vec<f64> = (0..bins).map(|bin| distances.values[(side * bins + bin) * anchors + anchor]).collect();
        if bins == 1 {
            return logits[0];
        }
        let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
        logits.iter().enumerate().map(|(bin, logit)| bin as f64 * logit.exp() / total).sum()
    };
    let row = |row: usize, anchor: usize| {
        let axis = row % 2;
        let centre = [anchor % input.width, anchor / input.width][axis] as f64 + 0.5;
        let (low, high) = (centre - side(axis, anchor), centre + side(axis + 2, anchor));
        16.0 * if row < 2 { (low + high) / 2.0 } else { high - low }
    };
    let boxes = (0..4).flat_map(|index| (0..anchors).map(move |anchor| row(index, anchor)));
    boxes.chain(scores.values.iter().map(|score| 1.0 / (1.0 + (-score).exp()))).collect()
}
