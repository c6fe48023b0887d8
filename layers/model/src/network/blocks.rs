//! Translates the blocks of a network, which are modules of the tree, into operators.

use super::attention;
use super::builder::{Builder, Features};
use super::convolution::Convolution;
use super::module::Module;
use super::winograd;
use crate::error::ModelError;
use crate::onnx::{Attribute, Edge, Elements, OnnxOperator};
use crate::pickle::Class;

/// The number of pooling steps if the module does not give one.
const POOLING_STEPS: i64 = 3;
/// The largest plausible number of pooling steps, and the largest plausible upsampling factor.
const STEP_LIMIT: u8 = 8;

/// Translates a module that has one input and one output.
pub(super) fn translate(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    builder.visit()?;
    match module.class {
        Class::ConvolutionBlock => convolution_block(builder, module, input),
        Class::Convolution => builder.convolve_linear(module, input, Convolution::read(module)?),
        Class::C2f => c2f(builder, module, input),
        Class::C3 => c3(builder, module, input),
        Class::Bottleneck => bottleneck(builder, module, input),
        Class::SplitAttention => attention::split_attention(builder, module, input),
        Class::AttentionBlock => attention::attention_block(builder, module, input),
        Class::Attention => attention::attention(builder, module, input),
        Class::AreaStage => attention::area_stage(builder, module, input),
        Class::AreaBlock => attention::area_block(builder, module, input),
        Class::AreaAttention => attention::area_attention(builder, module, input),
        Class::PyramidPooling => pyramid_pooling(builder, module, input),
        Class::Upsample => upsample(builder, module, input),
        Class::Sequential | Class::ModuleList => {
            module.children()?.iter().try_fold(input.clone(), |features, child| translate(builder, child, &features))
        }
        _ => Err(module.unsupported("it is not a block of a backbone or head")),
    }
}

/// The convolution of a `Conv` module, with its batch normalisation folded in.
fn folded(module: &Module) -> Result<Convolution, ModelError> {
    let convolution = Convolution::read(&module.child("conv")?)?;
    match module.child_if_present("bn")? {
        Some(normalisation) => convolution.fold(&normalisation),
        None => Ok(convolution),
    }
}

fn convolution_block(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    builder.convolve(module, input, folded(module)?)
}

fn bottleneck(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let inner = translate(builder, &module.child("cv1")?, input)?;
    let output = translate(builder, &module.child("cv2")?, &inner)?;
    if module.boolean("add")? { builder.sum(module, input, &output) } else { Ok(output) }
}

fn c2f(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let mut branches = halves(builder, module, input)?.to_vec();
    let mut features = branches[1].clone();
    for inner in module.child("m")?.children()? {
        features = translate(builder, &inner, &features)?;
        branches.push(features.clone());
    }
    let joined = builder.concatenate(module, &branches);
    translate(builder, &module.child("cv2")?, &joined)
}

/// The two halves of the convolution `cv1`, which are used separately, as two convolutions. A Split between them would
/// make ONNX Runtime leave its blocked memory layout and return to it, which takes 2 % of the run time of `medium`.
pub(super) fn halves(builder: &mut Builder, module: &Module, input: &Features) -> Result<[Features; 2], ModelError> {
    let (first, width) = (module.child("cv1")?, module.size("c")?);
    let convolution = folded(&first)?;
    let channels = convolution.shape[0];
    if convolution.groups != 1 {
        return Err(first.unsupported("it is grouped, so its halves are not apart"));
    }
    if width == 0 || channels.checked_sub(width) != Some(width) {
        return Err(ModelError::Channels { module: first.path, expected: width.saturating_mul(2), found: channels });
    }
    let mut half = |range| {
        let half = convolution.outputs(range).ok_or_else(|| first.incomplete("weight"))?;
        builder.convolve(&first, input, half)
    };
    Ok([half(0..width)?, half(width..channels)?])
}

/// A chain of blocks beside a single convolution.
fn c3(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let chain = translate(builder, &module.child("cv1")?, input)?;
    let chain = translate(builder, &module.child("m")?, &chain)?;
    let beside = translate(builder, &module.child("cv2")?, input)?;
    let joined = builder.concatenate(module, &[chain, beside]);
    translate(builder, &module.child("cv3")?, &joined)
}

/// Spatial pyramid pooling in its fast form: applies the same pooling several times and joins all results. Older releases
/// of ultralytics do not store `n` and `add`.
fn pyramid_pooling(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let pooling = module.child("m")?;
    let [kernel, _] = pooling.pair("kernel_size")?;
    let steps = if module.attribute("n").is_some() { module.integer("n")? } else { POOLING_STEPS };
    if !(1..=i64::from(STEP_LIMIT)).contains(&steps) {
        return Err(module.unsupported("it pools too often"));
    }
    let mut levels = vec![translate(builder, &module.child("cv1")?, input)?];
    for _ in 0..steps {
        let last = &levels[levels.len() - 1];
        let operator = OnnxOperator::new("MaxPool", &[&last.edge])
            .with("kernel_shape", Attribute::Integers(vec![kernel; 2]))
            .with("strides", Attribute::Integers(vec![1; 2]))
            .with("pads", Attribute::Integers(vec![kernel / 2; 4]));
        let edge = builder.add(module, operator);
        levels.push(Features { edge, ..*last });
    }
    let joined = builder.concatenate(module, &levels);
    let output = translate(builder, &module.child("cv2")?, &joined)?;
    if matches!(module.boolean("add"), Ok(true)) { builder.sum(module, input, &output) } else { Ok(output) }
}

fn upsample(builder: &mut Builder, module: &Module, input: &Features) -> Result<Features, ModelError> {
    let factor = module.number("scale_factor")?;
    let step = (1..=STEP_LIMIT).find(|step| f64::from(*step) == factor);
    let (Some(step), "nearest") = (step, module.text("mode")?) else {
        return Err(module.unsupported("it does not upsample by a small integer to the nearest neighbour"));
    };
    let factor = f32::from(step);
    let scales = builder.graph.constant(&module.path, vec![4], Elements::Single(vec![1.0, 1.0, factor, factor]));
    let operator = OnnxOperator::new("Resize", &[&input.edge, &Edge::absent(), &scales])
        .with("mode", Attribute::Text("nearest"))
        .with("coordinate_transformation_mode", Attribute::Text("asymmetric"))
        .with("nearest_mode", Attribute::Text("floor"));
    Ok(Features {
        edge: builder.add(module, operator),
        channels: input.channels,
        scale: (input.scale / usize::from(step)).max(1),
    })
}

impl Builder {
    /// A convolution and, if the module has one, its activation. ONNX Runtime recognises and fuses `x · sigmoid(x)`
    /// when it is written as two operators.
    pub(super) fn convolve(
        &mut self,
        module: &Module,
        input: &Features,
        convolution: Convolution,
    ) -> Result<Features, ModelError> {
        let features = self.convolve_linear(module, input, convolution)?;
        let activation = module.child_if_present("act")?.map_or(Class::Identity, |activation| activation.class);
        match activation {
            Class::Identity => Ok(features),
            Class::SiLU => {
                let gate = self.add(module, OnnxOperator::new("Sigmoid", &[&features.edge]));
                let edge = self.add(module, OnnxOperator::new("Mul", &[&features.edge, &gate]));
                Ok(Features { edge, ..features })
            }
            _ => Err(module.unsupported("its activation is not SiLU")),
        }
    }

    fn convolve_linear(
        &mut self,
        module: &Module,
        input: &Features,
        convolution: Convolution,
    ) -> Result<Features, ModelError> {
        let [channels, inputs, _, _] = convolution.shape;
        let (found, expected) = (inputs.saturating_mul(convolution.groups), input.channels);
        if found != expected {
            return Err(ModelError::Channels { module: module.path.clone(), expected, found });
        }
        self.count_weights(convolution.weight.len())?;
        let scale = input.scale.saturating_mul(convolution.step());
        let edge = if winograd::pays(&convolution, input) {
            winograd::convolve(self, module, input, convolution)
        } else {
            self.convolve_directly(module, input, convolution)
        };
        Ok(Features { edge, channels, scale })
    }

    fn convolve_directly(&mut self, module: &Module, input: &Features, convolution: Convolution) -> Edge {
        let dimensions = convolution.shape.map(|size| i64::try_from(size).unwrap_or(i64::MAX)).to_vec();
        let (outputs, kernel) = (vec![dimensions[0]], dimensions[2..].to_vec());
        let weight = self.graph.constant(&module.path, dimensions, Elements::Single(convolution.weight));
        let bias = self.graph.constant(&module.path, outputs, Elements::Single(convolution.bias));
        let padding = [convolution.padding, convolution.padding].concat();
        let groups = convolution.groups.try_into().unwrap_or(i64::MAX);
        let operator = OnnxOperator::new("Conv", &[&input.edge, &weight, &bias])
            .with("kernel_shape", Attribute::Integers(kernel))
            .with("strides", Attribute::Integers(convolution.strides.to_vec()))
            .with("pads", Attribute::Integers(padding))
            .with("dilations", Attribute::Integers(convolution.dilations.to_vec()))
            .with("group", Attribute::Integer(groups));
        self.add(module, operator)
    }
}
