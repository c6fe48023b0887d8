//! The layers of a network, as Tesseract writes them.

use super::bytes::Bytes;
use super::matrix::Matrix;
use crate::error::ModelError;

/// How deep layers may nest, and how many there may be. Tesseract's own networks have three levels and fifteen layers.
const DEPTH_LIMIT: usize = 8;
const LAYER_LIMIT: usize = 64;
/// The most channels of a layer. The largest of Tesseract's own have about 4,000 classes.
const CHANNEL_LIMIT: usize = 1 << 14;

/// A flag of a layer that contains others: a learning rate for each of them follows.
const HAS_LEARNING_RATES: i32 = 64;
/// The state of a layer that is still in training. More than its weights is written then.
const IN_TRAINING: u8 = 1;

#[derive(Debug)]
pub(super) struct Layer {
    /// As in the file, such as `Lfx96`.
    pub(super) name: String,
    pub(super) inputs: usize,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Grey lines of this height, in pixels.
    Input {
        height: usize,
    },
    /// Collects the neighbourhood of each pixel. The layer after it has the weights.
    Convolve {
        half_width: usize,
        half_height: usize,
    },
    Tanh(Matrix),
    Maxpool {
        width: usize,
        height: usize,
    },
    /// An LSTM over the columns that gives only its last result.
    ColumnSummary(Gates),
    Forward(Gates),
    Backward(Gates),
    Softmax(Matrix),
}

/// The gates of an LSTM. Each has a row for each output and a column for each input and each output.
#[derive(Debug)]
pub(super) struct Gates {
    pub(super) cell: Matrix,
    pub(super) input: Matrix,
    pub(super) forget: Matrix,
    pub(super) output: Matrix,
}

/// Reads the network. The layers come in the order in which they are computed.
pub(super) fn read(bytes: &mut Bytes) -> Result<Vec<Layer>, ModelError> {
    let mut layers = Vec::new();
    let outermost = header(bytes)?;
    series(bytes, &outermost, &mut layers, 0)?;
    Ok(layers)
}

/// What every layer begins with.
struct Header {
    kind: String,
    name: String,
    inputs: usize,
    outputs: usize,
    flags: i32,
}

impl Header {
    fn unsupported(&self, reason: &'static str) -> ModelError {
        ModelError::LanguageLayer { layer: self.kind.clone(), reason }
    }

    fn layer(self, kind: Kind) -> Layer {
        Layer { name: self.name, inputs: self.inputs, kind }
    }
}

fn header(bytes: &mut Bytes) -> Result<Header, ModelError> {
    if bytes.byte()? != 0 {
        return Err(bytes.damaged("its layers have the format of Tesseract before 4.0"));
    }
    let kind = bytes.text()?.to_owned();
    if bytes.byte()? == IN_TRAINING {
        return Err(bytes.damaged("the training of the network is not finished"));
    }
    let _propagates_back = bytes.byte()?;
    let flags = bytes.integer()?;
    let (inputs, outputs, _weights) = (bytes.size()?, bytes.size()?, bytes.integer()?);
    let header = Header { kind, name: bytes.text()?.to_owned(), inputs, outputs, flags };
    if inputs.max(outputs) > CHANNEL_LIMIT { Err(header.unsupported("it is too large")) } else { Ok(header) }
}

fn series(bytes: &mut Bytes, header: &Header, layers: &mut Vec<Layer>, depth: usize) -> Result<(), ModelError> {
    if header.kind != "Series" {
        return Err(header.unsupported("a network begins with `Series`"));
    }
    if depth > DEPTH_LIMIT {
        return Err(header.unsupported("the layers are nested too deeply"));
    }
    for _ in 0..bytes.size()? {
        let inner = self::header(bytes)?;
        if inner.kind == "Series" {
            series(bytes, &inner, layers, depth + 1)?;
        } else {
            layers.push(layer(bytes, inner)?);
        }
        if layers.len() > LAYER_LIMIT {
            return Err(header.unsupported("the network has too many layers"));
        }
    }
    learning_rates(bytes, header)
}

fn learning_rates(bytes: &mut Bytes, header: &Header) -> Result<(), ModelError> {
    if header.flags & HAS_LEARNING_RATES != 0 {
        let count = bytes.size()?;
        bytes.chunks::<{ size_of::<f32>() }>(count)?;
    }
    Ok(())
}

fn layer(bytes: &mut Bytes, header: Header) -> Result<Layer, ModelError> {
    let (outputs, inputs) = (header.outputs, header.inputs);
    let kind = match header.kind.as_str() {
        "Input" => input(bytes, &header)?,
        "Convolve" => Kind::Convolve { half_width: bytes.size()?, half_height: bytes.size()? },
        "Tanh" => Kind::Tanh(Matrix::read(bytes, outputs, inputs)?),
        "Maxpool" => Kind::Maxpool { width: bytes.size()?, height: bytes.size()? },
        "XYTranspose" => Kind::ColumnSummary(enclosed(bytes, &header, "SummLSTM")?),
        "RTLReversed" => Kind::Backward(enclosed(bytes, &header, "LSTM")?),
        "LSTM" => Kind::Forward(gates(bytes, &header)?),
        "Softmax" => Kind::Softmax(Matrix::read(bytes, outputs, inputs)?),
        _ => return Err(header.unsupported("Quire does not know this kind of layer")),
    };
    Ok(header.layer(kind))
}

fn input(bytes: &mut Bytes, header: &Header) -> Result<Kind, ModelError> {
    let (_batch, height, width, depth, _loss) =
        (bytes.integer()?, bytes.size()?, bytes.size()?, bytes.size()?, bytes.integer()?);
    if (width, depth) == (0, 1) {
        Ok(Kind::Input { height })
    } else {
        Err(header.unsupported("it does not take grey lines of any width"))
    }
}

/// The LSTM inside a layer that changes its direction.
fn enclosed(bytes: &mut Bytes, outer: &Header, expected: &str) -> Result<Gates, ModelError> {
    let count = bytes.size()?;
    let inner = header(bytes)?;
    if count != 1 || inner.kind != expected {
        return Err(ModelError::LanguageLayer {
            layer: format!("{} of {}", outer.kind, inner.kind),
            reason: "Quire does not know this combination of layers",
        });
    }
    if (inner.inputs, inner.outputs) != (outer.inputs, outer.outputs) {
        return Err(outer.unsupported("its size is not that of the layer inside"));
    }
    let gates = gates(bytes, &inner)?;
    learning_rates(bytes, outer)?;
    Ok(gates)
}

fn gates(bytes: &mut Bytes, header: &Header) -> Result<Gates, ModelError> {
    let (inputs, outputs) = (header.inputs, header.outputs);
    // A two-dimensional LSTM also reads the results of the row above.
    if bytes.size()? != inputs + outputs {
        return Err(header.unsupported("it is two-dimensional"));
    }
    let mut gate = || Matrix::read(bytes, outputs, inputs + outputs);
    Ok(Gates { cell: gate()?, input: gate()?, forget: gate()?, output: gate()? })
}
