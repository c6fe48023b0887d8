//! `import-model WHEEL TRAINEDDATA HOME` writes the ONNX models of the blackletter wheel and of the English language.

use model::ModelError;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: import-model WHEEL TRAINEDDATA HOME\n\
    Writes models/small.onnx and models/medium.onnx from the wheel of blackletter 0.0.12\n\
    (pip download --no-deps --only-binary=:all: --python-version 3.12 blackletter==0.0.12),\n\
    and languages/eng.onnx from eng.traineddata of Debian's tesseract-ocr-eng.";

/// The usual exit status for a wrong command line.
const USAGE_STATUS: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [wheel, traineddata, home] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(USAGE_STATUS);
    };
    match import(Path::new(wheel), Path::new(traineddata), Path::new(home)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error [{}]: {error}", error.code());
            ExitCode::FAILURE
        }
    }
}

fn import(wheel: &Path, traineddata: &Path, home: &Path) -> Result<(), ModelError> {
    for model in model::import_wheel(wheel, &home.join("models"))? {
        println!("{}: {} classes, {} px, {}", model.name, model.classes.len(), model.image_size, model.path.display());
    }
    let language = model::import_english(traineddata, &home.join("languages"))?;
    println!(
        "{}: {} classes, lines of {} px, {}",
        language.name,
        language.classes,
        language.height,
        language.path.display()
    );
    Ok(())
}
