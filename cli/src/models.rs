//! `quire model import`.

use crate::arguments::ModelImport;
use crate::failure::ReportedFailure;
use crate::terminal::print;
use domain::ModelName;
use engine::detection::Label;
use engine::installation::Installation;
use model::{ConvertedLanguage, ConvertedModel, Imported, ModelError};
use std::path::Path;

pub fn import(arguments: ModelImport) -> Result<(), ReportedFailure> {
    let ModelImport { file, name, home } = arguments;
    let name = name.map_or_else(|| name_of(&file), Ok)?;
    let installation = home.installation();
    let report = match Imported::from_file(&file).map_err(failure)? {
        Imported::Model(model) => install_model(&installation, &name, &model)?,
        Imported::Language(language) => install_language(&installation, &name, &language)?,
    };
    print(&report)?;
    Ok(())
}

/// The name of the file without its ending.
fn name_of(file: &Path) -> Result<ModelName, ReportedFailure> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.parse().map_err(|error: domain::ModelNameError| ReportedFailure::new(error.code(), &error, false))
}

fn install_model(
    installation: &Installation,
    name: &ModelName,
    model: &ConvertedModel,
) -> Result<String, ReportedFailure> {
    Label::of_classes(&model.classes).map_err(|error| ReportedFailure::new(error.code(), &error, false))?;
    let (name, path) = (name.as_str(), installation.model(name.as_str()));
    model.write(&path).map_err(failure)?;
    let ConvertedModel { classes, image_size, stride, .. } = model;
    Ok(format!(
        "{name}: {} classes, images of {image_size} pixels, stride {stride}\n{}\nUse it with --model {name}",
        classes.len(),
        path.display()
    ))
}

fn install_language(
    installation: &Installation,
    name: &ModelName,
    language: &ConvertedLanguage,
) -> Result<String, ReportedFailure> {
    let (name, path) = (name.as_str(), installation.languages().join(name.as_str()).with_extension("onnx"));
    language.write(&path).map_err(failure)?;
    let characters = language.characters.iter().filter(|text| !text.is_empty()).count();
    Ok(format!(
        "{name}: a language of {characters} characters, lines of {} pixels\n{}\nUse it with --language {name}",
        language.height,
        path.display()
    ))
}

fn failure(error: ModelError) -> ReportedFailure {
    ReportedFailure::new(error.code(), &error, false)
}
