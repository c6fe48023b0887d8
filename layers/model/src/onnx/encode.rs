//! The bytes of a graph: ONNX's schema, operator set 17. Numbers are the schema's field numbers.

use super::graph::{Attribute, Constant, Dimension, Elements, Graph, Operator, Port};
use super::protobuf::Message;

const FORMAT_VERSION: i64 = 8;
const OPERATOR_SET: i64 = 17;
const PRODUCER: &str = "quire";

const FLOAT: i64 = 1;
const INTEGER_64: i64 = 7;

const ATTRIBUTE_INTEGER: i64 = 2;
const ATTRIBUTE_TEXT: i64 = 3;
const ATTRIBUTE_INTEGERS: i64 = 7;

/// The bytes of a model; `metadata` is what is noted beside the graph, names and values. Consumes the graph so that each constant is freed once it is written.
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

fn encode_operator(operator: &Operator) -> Message {
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
    let tensor = Message::default().integer(1, FLOAT).message(2, &shape);
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
