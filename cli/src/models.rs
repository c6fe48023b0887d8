//! `quire model import`.

use crate::arguments::ModelImport;
use crate::failure::ReportedFailure;
use crate::terminal::print;
use domain::ModelName;
use engine::detection::Label;
use model::ConvertedModel;
use std::path::Path;

pub fn import(arguments: ModelImport) -> Result<(), ReportedFailure> {
    let ModelImport { checkpoint, name, home } = arguments;
    let name = name.map_or_else(|| name_of(&checkpoint), Ok)?;
    let converted =
        ConvertedModel::from_file(&checkpoint).map_err(|error| ReportedFailure::new(error.code(), &error, false))?;
    Label::of_classes(&converted.classes).map_err(|error| ReportedFailure::new(error.code(), &error, false))?;
    let path = home.installation().model(name.as_str());
    converted.write(&path).map_err(|error| ReportedFailure::new(error.code(), &error, false))?;
    print(&report(&name, &converted, &path))?;
    Ok(())
}

/// The name of the file without its ending.
fn name_of(checkpoint: &Path) -> Result<ModelName, ReportedFailure> {
    let stem = checkpoint.file_stem().unwrap_or_default().to_string_lossy();
    stem.parse().map_err(|error: domain::ModelNameError| ReportedFailure::new(error.code(), &error, false))
}

fn report(name: &ModelName, model: &ConvertedModel, path: &Path) -> String {
    let ConvertedModel { classes, image_size, stride, .. } = model;
    let name = name.as_str();
    format!(
        "{name}: {} classes, images of {image_size} pixels, stride {stride}\n{}\nUse it with --model {name}",
        classes.len(),
        path.display()
    )
}
