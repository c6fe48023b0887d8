//! Builds language files of Tesseract, with small networks.

use super::noise;

/// Weights row after row; the last column is the bias.
#[derive(Clone)]
pub(crate) struct Weights {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Vec<f64>,
    /// The scale of whole numbers. Without it, the file has the values themselves.
    scale: Option<f64>,
}

impl Weights {
    /// Whole numbers of one byte times a scale, or numbers of any size.
    pub(crate) fn noise(rows: usize, inputs: usize, is_quantised: bool) -> Self {
        let columns = inputs + 1;
        let scale = is_quantised.then_some(1.0 / 100.0);
        let value = |noise: f64| scale.map_or(noise, |scale| (noise * 100.0).round() * scale);
        Self { rows, columns, values: (0..rows * columns).map(|_| value(noise())).collect(), scale }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![if self.scale.is_some() { 0x81 } else { 0x80 }];
        bytes.extend([self.rows, self.columns].map(number).concat());
        if let Some(scale) = self.scale {
            bytes.push(0);
            bytes.extend(self.values.iter().map(|value| ((value / scale).round() as i8).cast_unsigned()));
            // Tesseract writes more scales than rows.
            bytes.extend(number(self.rows + 3));
            bytes.extend([scale.to_le_bytes()].repeat(self.rows + 3).concat());
        } else {
            bytes.extend([0; 8]);
            bytes.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes
    }
}

/// The gates of an LSTM in the order of the file: cell, input, forget, output.
pub(crate) type Gates = [Weights; 4];

#[derive(Clone)]
pub(crate) enum Layer {
    Input {
        height: usize,
    },
    Series(Vec<Layer>),
    Convolve {
        half: usize,
    },
    Tanh(Weights),
    Maxpool {
        side: usize,
    },
    ColumnSummary(Gates),
    Forward(Gates),
    Backward(Gates),
    Softmax(Weights),
    /// A layer without content.
    Other(&'static str),
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_le_bytes()
}

fn text(text: &str) -> Vec<u8> {
    [&number(text.len()), text.as_bytes()].concat()
}

fn header(kind: &str, inputs: usize, outputs: usize) -> Vec<u8> {
    let sizes = [0, inputs, outputs, 0].map(number).concat();
    [vec![0], text(kind), vec![0, 0], sizes, text("a layer")].concat()
}

fn lstm(kind: &str, gates: &Gates) -> Vec<u8> {
    let (outputs, both) = (gates[0].rows, gates[0].columns - 1);
    let weights = gates.iter().flat_map(Weights::bytes).collect();
    [header(kind, both - outputs, outputs), number(both).to_vec(), weights].concat()
}

fn around(kind: &str, inner: &str, gates: &Gates) -> Vec<u8> {
    let (outputs, both) = (gates[0].rows, gates[0].columns - 1);
    [header(kind, both - outputs, outputs), number(1).to_vec(), lstm(inner, gates)].concat()
}

impl Layer {
    /// Channels after each layer are counted from `inputs`.
    fn bytes(&self, inputs: usize) -> (Vec<u8>, usize) {
        let dense = |kind: &str, weights: &Weights| {
            ([header(kind, weights.columns - 1, weights.rows), weights.bytes()].concat(), weights.rows)
        };
        match self {
            Self::Input { height } => {
                let shape = [1, *height, 0, 1, 0].map(number).concat();
                ([header("Input", *height, 1), shape].concat(), 1)
            }
            Self::Series(layers) => series(layers, inputs),
            Self::Convolve { half } => {
                let outputs = inputs * (2 * half + 1) * (2 * half + 1);
                ([header("Convolve", inputs, outputs), [*half, *half].map(number).concat()].concat(), outputs)
            }
            Self::Maxpool { side } => {
                ([header("Maxpool", inputs, inputs), [*side, *side].map(number).concat()].concat(), inputs)
            }
            Self::Tanh(weights) => dense("Tanh", weights),
            Self::Softmax(weights) => dense("Softmax", weights),
            Self::ColumnSummary(gates) => (around("XYTranspose", "SummLSTM", gates), gates[0].rows),
            Self::Forward(gates) => (lstm("LSTM", gates), gates[0].rows),
            Self::Backward(gates) => (around("RTLReversed", "LSTM", gates), gates[0].rows),
            Self::Other(kind) => (header(kind, inputs, inputs), inputs),
        }
    }
}

fn series(layers: &[Layer], inputs: usize) -> (Vec<u8>, usize) {
    let (mut bytes, mut channels) = (Vec::new(), inputs);
    for layer in layers {
        let (layer, outputs) = layer.bytes(channels);
        bytes.extend(layer);
        channels = outputs;
    }
    ([header("Series", inputs, channels), number(layers.len()).to_vec(), bytes].concat(), channels)
}

/// A language file in parts that tests can change.
#[derive(Clone)]
pub(crate) struct LanguageFile {
    pub(crate) layers: Vec<Layer>,
    pub(crate) list: String,
    pub(crate) codes: Vec<Vec<usize>>,
    pub(crate) blank: usize,
}

pub(crate) const HEIGHT: usize = 12;

impl LanguageFile {
    /// Every known layer, with few channels, and five classes: space, none, é, fi and the blank.
    pub(crate) fn tiny(is_quantised: bool) -> Self {
        let weights = |rows, inputs| Weights::noise(rows, inputs, is_quantised);
        let gates = |outputs, inputs| [(); 4].map(|()| weights(outputs, inputs + outputs));
        let layers = vec![
            Layer::Input { height: HEIGHT },
            Layer::Series(vec![Layer::Convolve { half: 1 }, Layer::Tanh(weights(3, 9))]),
            Layer::Maxpool { side: 3 },
            Layer::ColumnSummary(gates(4, 3)),
            Layer::Forward(gates(5, 4)),
            Layer::Backward(gates(6, 5)),
            Layer::Forward(gates(3, 6)),
            Layer::Softmax(weights(5, 3)),
        ];
        let list = "5\nNULL 0 Common 0\nJoined 7 0,255,0,255 Latin 1 0 1 Joined\t# Joined\n|Broken|0|1 15 \
                    0,255,0,255 Common 2 10 2 |Broken|0|1\t# Broken\né 3 Latin\nfi 3 Latin\n";
        Self { layers, list: list.to_owned(), codes: vec![vec![0], vec![1], vec![4], vec![2], vec![3]], blank: 4 }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let end = [0, 0, 0, self.blank].map(number).concat();
        let network = [series(&self.layers, HEIGHT).0, text("[1,12,0,1 ...]"), end, vec![0; 12]].concat();
        let code = |code: &Vec<usize>| {
            let classes: Vec<u8> = code.iter().flat_map(|&class| number(class)).collect();
            [vec![0], number(code.len()).to_vec(), classes].concat()
        };
        let codes = [number(self.codes.len()).to_vec(), self.codes.iter().flat_map(code).collect()].concat();
        container(&[(17, &network), (20, b"a dictionary"), (21, self.list.as_bytes()), (22, &codes)])
    }
}

/// A file with components at these places of its table.
pub(crate) fn container(components: &[(usize, &[u8])]) -> Vec<u8> {
    const ENTRIES: usize = 24;
    let (mut offsets, mut content) = ([-1_i64; ENTRIES], Vec::new());
    for (place, bytes) in components {
        offsets[*place] = (4 + 8 * ENTRIES + content.len()) as i64;
        content.extend_from_slice(bytes);
    }
    [number(ENTRIES).to_vec(), offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect(), content].concat()
}
