//! A graph under construction: operators, constants, and edges between them.

/// A value that flows between operators, by its name in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Edge(pub(super) String);

impl Edge {
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// An optional input that is left out.
    pub(crate) const fn absent() -> Self {
        Self(String::new())
    }
}

/// An operator of ONNX's own domain.
#[derive(Debug)]
pub(crate) struct Operator {
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

impl Operator {
    pub(crate) fn new(kind: &'static str, inputs: &[&Edge]) -> Self {
        let inputs = inputs.iter().copied().cloned().collect();
        Self { kind, name: String::new(), inputs, outputs: Vec::new(), attributes: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: Attribute) -> Self {
        self.attributes.push((name, value));
        self
    }
}

/// A constant of the graph; no dimensions make a scalar.
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

/// A graph under construction.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) operators: Vec<Operator>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
}

/// An input or output of the whole graph: single-precision numbers.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) edge: Edge,
    pub(crate) dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dimension {
    Fixed(i64),
    Dynamic(&'static str),
}

impl Graph {
    pub(crate) fn input(&mut self, name: &str, dimensions: Vec<Dimension>) -> Edge {
        let edge = Edge(name.to_owned());
        self.inputs.push(Port { edge: edge.clone(), dimensions });
        edge
    }

    /// Adds an operator with one output. `scope` says where in the network it is; with the operator's
    /// kind and number it makes a name, which a profile then shows.
    pub(crate) fn add(&mut self, scope: &str, operator: Operator) -> Edge {
        let [output] = self.add_outputs(scope, operator);
        output
    }

    pub(crate) fn add_outputs<const N: usize>(&mut self, scope: &str, operator: Operator) -> [Edge; N] {
        let name = format!("{scope}/{}_{}", operator.kind, self.operators.len());
        let outputs = std::array::from_fn(|index| Edge(format!("{name}:{index}")));
        self.operators.push(Operator { name, outputs: outputs.to_vec(), ..operator });
        outputs
    }

    /// Adds the operator whose output is the graph's.
    pub(crate) fn output(&mut self, name: &str, operator: Operator, dimensions: Vec<Dimension>) {
        let edge = Edge(name.to_owned());
        self.outputs.push(Port { edge: edge.clone(), dimensions });
        self.operators.push(Operator { name: name.to_owned(), outputs: vec![edge], ..operator });
    }

    pub(crate) fn constant(&mut self, scope: &str, dimensions: Vec<i64>, elements: Elements) -> Edge {
        let name = format!("{scope}#{}", self.constants.len());
        self.constants.push(Constant { name: name.clone(), dimensions, elements });
        Edge(name)
    }
}
