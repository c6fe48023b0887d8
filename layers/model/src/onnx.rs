//! An ONNX graph in memory (operators, constants, and edges between them) and its bytes: ONNX's schema for operator
//! set 17, in the part of the protobuf wire format that it needs. A protobuf compiler would be larger than this code.
//! The numbers are the schema's field numbers.

/// A value that flows between operators, identified by its name in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Edge(String);

impl Edge {
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// An optional input that is omitted.
    pub(crate) const fn absent() -> Self {
        Self(String::new())
    }
}

/// An operator of ONNX's own domain.
#[derive(Debug)]
pub(crate) struct OnnxOperator {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) inputs: Vec<Edge>,
    pub(crate) outputs: Vec<Edge>,
    pub(crate) attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Attribute {
    Integer(i64),
    Integers(Vec<i64>),
    Text(&'static str),
}

impl OnnxOperator {
    pub(crate) fn new(kind: &'static str, inputs: &[&Edge]) -> Self {
        let inputs = inputs.iter().copied().cloned().collect();
        Self { kind, name: String::new(), inputs, outputs: Vec::new(), attributes: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: Attribute) -> Self {
        self.attributes.push((name, value));
        self
    }
}

/// A constant of the graph. Without dimensions it is a scalar.
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) name: String,
    pub(crate) dimensions: Vec<i64>,
    pub(crate) elements: Elements,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Elements {
    Single(Vec<f32>),
    Integer(Vec<i64>),
}

#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) operators: Vec<OnnxOperator>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

/// An input or output of the whole graph.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) edge: Edge,
    element: i64,
    pub(crate) dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dimension {
    Fixed(i64),
    Dynamic(&'static str),
}

impl Graph {
    /// Adds an input in single precision.
    pub(crate) fn input(&mut self, name: &str, dimensions: Vec<Dimension>) -> Edge {
        self.input_of(FLOAT, name, dimensions)
    }

    /// Adds an input of integers of 32 bits.
    pub(crate) fn integer_input(&mut self, name: &str, dimensions: Vec<Dimension>) -> Edge {
        self.input_of(INTEGER_32, name, dimensions)
    }

    fn input_of(&mut self, element: i64, name: &str, dimensions: Vec<Dimension>) -> Edge {
        let edge = Edge(name.to_owned());
        self.inputs.push(Port { edge: edge.clone(), element, dimensions });
        edge
    }

    /// Adds an operator with one output. `scope` is its place in the network. Together with the operator's kind and
    /// number it makes the name that a profile shows.
    pub(crate) fn add(&mut self, scope: &str, operator: OnnxOperator) -> Edge {
        let [output] = self.add_outputs(scope, operator);
        output
    }

    pub(crate) fn add_outputs<const N: usize>(&mut self, scope: &str, operator: OnnxOperator) -> [Edge; N] {
        let name = format!("{scope}/{}_{}", operator.kind, self.operators.len());
        let outputs = std::array::from_fn(|index| Edge(format!("{name}:{index}")));
        self.operators.push(OnnxOperator { name, outputs: outputs.to_vec(), ..operator });
        outputs
    }

    /// Adds an operator of which only one output is wanted: the one after `omitted` others.
    pub(crate) fn add_later_output(&mut self, scope: &str, operator: OnnxOperator, omitted: usize) -> Edge {
        let edge = self.add(scope, operator);
        if let Some(operator) = self.operators.last_mut() {
            operator.outputs.splice(0..0, std::iter::repeat_n(Edge::absent(), omitted));
        }
        edge
    }

    /// Adds the operator whose output is the graph's output, in single precision.
    pub(crate) fn output(&mut self, name: &str, operator: OnnxOperator, dimensions: Vec<Dimension>) {
        let edge = Edge(name.to_owned());
        self.outputs.push(Port { edge: edge.clone(), element: FLOAT, dimensions });
        self.operators.push(OnnxOperator { name: name.to_owned(), outputs: vec![edge], ..operator });
    }

    pub(crate) fn constant(&mut self, scope: &str, dimensions: Vec<i64>, elements: Elements) -> Edge {
        let name = format!("{scope}#{}", self.constants.len());
        self.constants.push(Constant { name: name.clone(), dimensions, elements });
        Edge(name)
    }

    /// A list of integers.
    pub(crate) fn integers(&mut self, scope: &str, values: Vec<i64>) -> Edge {
        let dimensions = vec![values.len().try_into().unwrap_or(i64::MAX)];
        self.constant(scope, dimensions, Elements::Integer(values))
    }
}

const FORMAT_VERSION: i64 = 8;
const OPERATOR_SET: i64 = 17;
const PRODUCER: &str = "quire";

const FLOAT: i64 = 1;
const INTEGER_32: i64 = 6;
const INTEGER_64: i64 = 7;

const ATTRIBUTE_INTEGER: i64 = 2;
const ATTRIBUTE_TEXT: i64 = 3;
const ATTRIBUTE_INTEGERS: i64 = 7;

/// The bytes of a model. `metadata` holds names and values that are stored beside the graph. This consumes the graph,
/// so that each constant is freed once it is written.
pub(crate) fn encode(name: &str, graph: Graph, metadata: &[(&str, String)]) -> Vec<u8> {
    let operator_set = Message::default().text(1, "").integer(2, OPERATOR_SET);
    let model = Message::default()
        .integer(1, FORMAT_VERSION)
        .text(2, PRODUCER)
        .text(3, env!("CARGO_PKG_VERSION"))
        .message(8, &operator_set);
    let model = metadata
        .iter()
        .fold(model, |model, (key, value)| model.message(14, &Message::default().text(1, key).text(2, value)));
    model.message(7, &encode_graph(name, graph)).into_bytes()
}

fn encode_graph(name: &str, graph: Graph) -> Message {
    let message = Message::default().text(2, name);
    let message =
        graph.operators.iter().fold(message, |message, operator| message.message(1, &encode_operator(operator)));
    let message = graph.inputs.iter().fold(message, |message, port| message.message(11, &encode_port(port)));
    let message = graph.outputs.iter().fold(message, |message, port| message.message(12, &encode_port(port)));
    graph.constants.into_iter().fold(message, |message, constant| message.message(5, &encode_constant(constant)))
}

fn encode_operator(operator: &OnnxOperator) -> Message {
    let message = Message::default().text(3, &operator.name).text(4, operator.kind);
    let message = operator.inputs.iter().fold(message, |message, edge| message.text(1, &edge.0));
    let message = operator.outputs.iter().fold(message, |message, edge| message.text(2, &edge.0));
    operator
        .attributes
        .iter()
        .fold(message, |message, (name, value)| message.message(5, &encode_attribute(name, value)))
}

fn encode_attribute(name: &str, value: &Attribute) -> Message {
    let message = Message::default().text(1, name);
    match value {
        Attribute::Integer(value) => message.integer(3, *value).integer(20, ATTRIBUTE_INTEGER),
        Attribute::Text(value) => message.text(4, value).integer(20, ATTRIBUTE_TEXT),
        Attribute::Integers(values) => {
            let message = message.integer(20, ATTRIBUTE_INTEGERS);
            values.iter().fold(message, |message, value| message.integer(8, *value))
        }
    }
}

fn encode_port(port: &Port) -> Message {
    let shape = port.dimensions.iter().fold(Message::default(), |shape, dimension| {
        let dimension = match dimension {
            Dimension::Fixed(size) => Message::default().integer(1, *size),
            Dimension::Dynamic(name) => Message::default().text(2, name),
        };
        shape.message(1, &dimension)
    });
    let tensor = Message::default().integer(1, port.element).message(2, &shape);
    Message::default().text(1, &port.edge.0).message(2, &Message::default().message(1, &tensor))
}

fn encode_constant(constant: Constant) -> Message {
    let (element, bytes): (_, Vec<u8>) = match constant.elements {
        Elements::Single(values) => (FLOAT, values.into_iter().flat_map(f32::to_le_bytes).collect()),
        Elements::Integer(values) => (INTEGER_64, values.into_iter().flat_map(i64::to_le_bytes).collect()),
    };
    let message = Message::default().text(8, &constant.name).integer(2, element);
    let message = constant.dimensions.iter().fold(message, |message, size| message.integer(1, *size));
    message.bytes(9, &bytes)
}

const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

/// A message while it is built. Fields may be added in any order.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    /// Adds an integer or enumeration. A negative value takes ten bytes, as the format requires.
    fn integer(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3 | VARINT);
        self.varint(value.cast_unsigned());
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | LENGTH_DELIMITED);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_little_endian_groups_of_seven_bits() {
        assert_eq!(Message::default().integer(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().integer(1, 0).into_bytes(), [0x08, 0x00]);
        let minus_one = Message::default().integer(20, -1).into_bytes();
        assert_eq!(minus_one, [0xa0, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    }

    #[test]
    fn nested_messages_carry_their_length() {
        let inner = Message::default().text(2, "ab");
        assert_eq!(Message::default().message(3, &inner).into_bytes(), [0x1a, 0x04, 0x12, 0x02, b'a', b'b']);
    }
}
